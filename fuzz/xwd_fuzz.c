/* fuzz/xwd_fuzz.c: a screen's dump, which a VM may have written: what is taken can be read to its
 * last line. */
#include "core/xwd.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t cb);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t cb)
{
    struct fvm_picture picture;
    struct fvm_error err = {""};
    uint8_t *rgb;

    if (fvm_xwd_read(&picture, data, cb, &err) != FVM_OK) {
        if (!err.text[0])
            abort();
        return 0;
    }
    rgb = malloc((size_t)3 * picture.width);
    for (unsigned y = 0; rgb && y < picture.height; y++)
        fvm_xwd_line(&picture, y, rgb);
    free(rgb);
    return 0;
}
