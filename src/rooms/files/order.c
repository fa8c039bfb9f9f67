/* rooms/files/order.c: order of listings; see files.h. */
#include "engine/real.h"
#include "rooms/files/files.h"

static int rank(struct fvm_str name)
{
    if (fvm_str_eq(name, FVM_STR(u".")))
        return 0;
    return fvm_str_eq(name, FVM_STR(u"..")) ? 1 : 2;
}

/* By the capital letters: `_` stands behind `z`. */
static uint16_t capital(uint16_t unit)
{
    if (unit < 0x80)
        return unit >= 'a' && unit <= 'z' ? (uint16_t)(unit - 'a' + 'A') : unit;
    return real.RtlUpcaseUnicodeChar(unit);
}

int files_name_order(struct fvm_str a, struct fvm_str b)
{
    int left_rank = rank(a), right_rank = rank(b);
    uint32_t cch = a.cch < b.cch ? a.cch : b.cch;

    if (left_rank != right_rank)
        return left_rank - right_rank;
    for (uint32_t i = 0; i < cch; i++) {
        uint16_t left = a.s[i], right = b.s[i];

        if (left == right)
            continue;
        left = capital(left);
        right = capital(right);
        if (left != right)
            return left < right ? -1 : 1;
    }
    return a.cch == b.cch ? 0 : a.cch < b.cch ? -1 : 1;
}
