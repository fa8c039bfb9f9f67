/* core/str.c: see str.h. */
#include "core/str.h"

#include "core/fold.h"

#include <string.h>

uint16_t fvm_unit_fold(uint16_t unit)
{
    if (unit < 0x80)
        return unit >= 'A' && unit <= 'Z' ? (uint16_t)(unit + 32) : unit;
    return (uint16_t)fvm_fold(unit);
}

bool fvm_str_eq(struct fvm_str a, struct fvm_str b)
{
    return a.cch == b.cch && (!a.cch || memcmp(a.s, b.s, a.cch * sizeof(*a.s)) == 0);
}

bool fvm_str_eq_fold(struct fvm_str a, struct fvm_str b)
{
    return a.cch == b.cch && fvm_str_begins_fold(a, b);
}

bool fvm_str_begins_fold(struct fvm_str str, struct fvm_str prefix)
{
    if (str.cch < prefix.cch)
        return false;
    for (uint32_t i = 0; i < prefix.cch; i++)
        if (str.s[i] != prefix.s[i] && fvm_unit_fold(str.s[i]) != fvm_unit_fold(prefix.s[i]))
            return false;
    return true;
}

int fvm_str_cmp_fold(struct fvm_str a, struct fvm_str b)
{
    uint32_t cch = a.cch < b.cch ? a.cch : b.cch;

    for (uint32_t i = 0; i < cch; i++) {
        uint16_t left = fvm_unit_fold(a.s[i]), right = fvm_unit_fold(b.s[i]);

        if (left != right)
            return left < right ? -1 : 1;
    }
    return a.cch == b.cch ? 0 : a.cch < b.cch ? -1 : 1;
}

uint32_t fvm_str_hash_fold(struct fvm_str str, uint32_t seed)
{
    uint32_t hash = seed ^ 2166136261U;

    for (uint32_t i = 0; i < str.cch; i++)
        hash = (hash ^ fvm_unit_fold(str.s[i])) * 16777619U;
    return hash ^ hash >> 15;
}

fvm_status fvm_buf_add(struct fvm_buf *buf, struct fvm_str str)
{
    if (str.cch > buf->cap_cch - buf->cch)
        return FVM_NAME_TOO_LONG;
    if (str.cch)
        memcpy(buf->s + buf->cch, str.s, str.cch * sizeof(*str.s));
    buf->cch += str.cch;
    return FVM_OK;
}

fvm_status fvm_buf_add_unit(struct fvm_buf *buf, uint16_t unit)
{
    return fvm_buf_add(buf, (struct fvm_str){&unit, 1});
}
