/* fuzz/conf_fuzz.c: vm.conf: what was read, written and read again is the same. */
#include "core/conf.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t cb);

static void must(bool condition)
{
    if (!condition)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t cb)
{
    FVM_CLEANUP(conf) struct fvm_conf conf = {0};
    FVM_CLEANUP(conf) struct fvm_conf back = {0};
    FVM_CLEANUP(text) struct fvm_text text = {0};
    FVM_CLEANUP(text) struct fvm_text again = {0};
    struct fvm_error err = {""};

    if (fvm_conf_read(&conf, (const char *)data, cb, 2, &err) != FVM_OK) {
        must(err.text[0] && !conf.count);
        return 0;
    }
    must(fvm_conf_write(&conf, &text) == FVM_OK);
    must(fvm_conf_read(&back, text.s, text.cb, 2, NULL) == FVM_OK);
    must(conf.count == back.count && conf.format == back.format);
    for (size_t i = 0; i < conf.count; i++)
        must(strcmp(conf.lines[i].value, back.lines[i].value) == 0);
    must(fvm_conf_write(&back, &again) == FVM_OK);
    must(text.cb == again.cb && memcmp(text.s, again.s, text.cb) == 0);
    return 0;
}
