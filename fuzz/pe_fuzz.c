/* fuzz/pe_fuzz.c: a program file's beginning: any bytes get a kind, and only what says so is a
 * program. */
#include "core/pe.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t cb);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t cb)
{
    size_t head_cb = cb < FVM_PE_HEAD_CB ? cb : FVM_PE_HEAD_CB;
    enum fvm_pe_kind kind = fvm_pe_kind(data, head_cb);

    if (kind < FVM_PE_NONE || kind > FVM_PE_LIBRARY)
        abort();
    if (kind != FVM_PE_NONE && (head_cb < 2 || memcmp(data, "MZ", 2) != 0))
        abort();
    if ((kind == FVM_PE_X64 || kind == FVM_PE_I386) && fvm_pe_least_cb(data, head_cb) == 0)
        abort();
    return 0;
}
