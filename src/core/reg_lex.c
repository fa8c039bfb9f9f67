/* core/reg_lex.c: see reg_lex.h. */
#include "core/reg_lex.h"

fvm_status reg_lex_dword(struct fvm_reg *reg, const char *s, const char *end,
                         struct fvm_reg_value *value)
{
    uint8_t *le = reg_alloc(reg, 4);

    if (!le)
        return FVM_NO_MEMORY;
    if (!fvm_hive_dword(s, end, le))
        return FVM_CORRUPT;
    value->data = le;
    value->data_cb = 4;
    return FVM_OK;
}

fvm_status reg_lex_bytes(struct fvm_reg *reg, const char **at, const char *end,
                         struct fvm_reg_value *value)
{
    const char *list_end = fvm_hive_list_end(*at, end);
    uint8_t *bytes;
    ptrdiff_t cb;

    if (!list_end)
        return FVM_CORRUPT;
    bytes = reg_alloc(reg, (size_t)(list_end - *at) / 2 + 1);
    if (!bytes)
        return FVM_NO_MEMORY;
    cb = fvm_hive_bytes(*at, list_end, bytes);
    if (cb < 0)
        return FVM_CORRUPT;
    value->data = bytes;
    value->data_cb = (size_t)cb;
    reg_trim(reg, bytes, value->data_cb);
    *at = list_end;
    return FVM_OK;
}
