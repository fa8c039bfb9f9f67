/* core/fold_name.c: UTF-8 names without case; see fold.h. */
#include "core/fold.h"
#include "core/utf.h"

#include <string.h>

int fvm_name_cmp_n(const char *a, size_t a_cb, const char *b, size_t b_cb)
{
    const char *a_end = a + a_cb, *b_end = b + b_cb;

    while (a < a_end && b < b_end) {
        uint32_t x = (uint8_t)*a, y = (uint8_t)*b;

        if ((x | y) < 0x80) {
            a++;
            b++;
            if (x == y)
                continue;
        } else {
            x = fvm_utf8_next(&a, a_end);
            y = fvm_utf8_next(&b, b_end);
        }
        x = fvm_fold(x);
        y = fvm_fold(y);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return (a < a_end) - (b < b_end);
}

int fvm_name_cmp(const char *a, const char *b)
{
    return fvm_name_cmp_n(a, strlen(a), b, strlen(b));
}
