/* fuzz/hive_fuzz.c: Wine's hives: what was read, written and read again is the same. */
#include "core/reg.h"

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
    static const char root[] = "HKEY_LOCAL_MACHINE", relative[] = "REGISTRY\\\\Machine";
    FVM_CLEANUP(reg) struct fvm_reg *reg = fvm_reg_new();
    FVM_CLEANUP(reg) struct fvm_reg *back = fvm_reg_new();
    FVM_CLEANUP(reg) struct fvm_reg *delta = NULL;
    FVM_CLEANUP(text) struct fvm_text text = {0};
    FVM_CLEANUP(text) struct fvm_text again = {0};
    struct fvm_error err = {""};

    if (fvm_reg_add_hive(reg, root, (const char *)data, cb, &err) != FVM_OK) {
        must(err.text[0]);
        return 0;
    }
    must(fvm_reg_write_hive(reg, root, relative, &text) == FVM_OK);
    must(fvm_reg_add_hive(back, root, text.s, text.cb, NULL) == FVM_OK);
    must(fvm_reg_write_hive(back, root, relative, &again) == FVM_OK);
    must(text.cb == again.cb && memcmp(text.s, again.s, text.cb) == 0);
    must(fvm_reg_diff(&delta, reg, back) == FVM_OK && fvm_reg_key_count(delta) == 0);
    return 0;
}
