/* fuzz/rfb_fuzz.c: what a VM sends to a viewer: whatever comes through is whole, and comes through
 * again as it is. */
#include "core/rfb.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t cb);

/* @param part bytes at a time */
static fvm_status pass(const uint8_t *data, size_t cb, size_t part, struct fvm_text *out)
{
    FVM_CLEANUP(text) struct fvm_text back = {0};
    struct fvm_rfb rfb;
    struct fvm_error err = {""};
    fvm_status status = FVM_OK;

    fvm_rfb_begin(&rfb, "Name");
    /* The viewer's side must bear the same bytes. */
    fvm_rfb_from_viewer(&rfb, data, cb, &back, NULL);
    fvm_rfb_begin(&rfb, "Name");
    for (size_t at = 0; at < cb && !fvm_failed(status); at += part)
        status = fvm_rfb_from_vm(&rfb, data + at, cb - at < part ? cb - at : part, out, &err);
    if (fvm_failed(status) != (err.text[0] != 0))
        abort();
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t cb)
{
    FVM_CLEANUP(text) struct fvm_text once = {0};
    FVM_CLEANUP(text) struct fvm_text slowly = {0};
    FVM_CLEANUP(text) struct fvm_text again = {0};
    fvm_status status = pass(data, cb, cb ? cb : 1, &once);

    if (pass(data, cb, 1, &slowly) != status || once.cb != slowly.cb ||
        (once.cb && memcmp(once.s, slowly.s, once.cb) != 0))
        abort();
    if (once.cb && (fvm_failed(pass((const uint8_t *)once.s, once.cb, 7, &again)) ||
                    again.cb != once.cb || memcmp(again.s, once.s, again.cb) != 0))
        abort();
    return 0;
}
