/* fuzz/reg_fuzz.c: .reg text: what was read, written and read again is the same, and the algebra
 * holds for it. */
#include "core/reg.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t cb);

static void must(bool condition)
{
    if (!condition)
        abort();
}

static void write_and_read(struct fvm_reg *delta, unsigned flags)
{
    FVM_CLEANUP(text) struct fvm_text text = {0};
    FVM_CLEANUP(text) struct fvm_text again = {0};
    FVM_CLEANUP(reg) struct fvm_reg *back = NULL;

    must(fvm_reg_write_delta(delta, flags, &text) == FVM_OK);
    must(fvm_reg_read_delta(&back, text.s, text.cb, flags & FVM_REG_END_MARK, NULL) == FVM_OK);
    must(fvm_reg_write_delta(back, flags, &again) == FVM_OK);
    must(text.cb == again.cb && memcmp(text.s, again.s, text.cb) == 0);
}

static void apply(struct fvm_reg *delta)
{
    FVM_CLEANUP(reg) struct fvm_reg *empty = fvm_reg_new();
    FVM_CLEANUP(reg) struct fvm_reg *made = fvm_reg_new();
    FVM_CLEANUP(reg) struct fvm_reg *twice = NULL;
    FVM_CLEANUP(reg) struct fvm_reg *difference = NULL;
    FVM_CLEANUP(reg) struct fvm_reg *none = NULL;

    must(fvm_reg_apply(made, delta) == FVM_OK);
    must(fvm_reg_diff(&difference, empty, made) == FVM_OK);
    must(fvm_reg_apply(empty, difference) == FVM_OK);
    must(fvm_reg_diff(&none, empty, made) == FVM_OK && fvm_reg_key_count(none) == 0);
    fvm_reg_free(none);
    none = NULL;
    must(fvm_reg_compose(&twice, delta, delta) == FVM_OK);
    must(fvm_reg_apply(empty, twice) == FVM_OK);
    must(fvm_reg_conflicts(&none, delta, delta) == FVM_OK && fvm_reg_key_count(none) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t cb)
{
    FVM_CLEANUP(reg) struct fvm_reg *delta = NULL;
    struct fvm_error err = {""};
    fvm_status status = fvm_reg_read_delta(&delta, (const char *)data, cb, false, &err);

    must((status == FVM_OK) == (delta != NULL) && (status == FVM_OK) == !err.text[0]);
    if (!delta)
        return 0;
    for (unsigned flags = 0; flags < 4; flags++)
        write_and_read(delta, flags);
    apply(delta);
    return 0;
}
