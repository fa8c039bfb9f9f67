/* rooms/files/match.c: masks and order of listings. Pure; see files.h.
 *
 * NT's masks: `*` any run; `?` one character; DOS_STAR `<` any run up to the last dot; DOS_QM `>`
 * one character, or nothing before a dot or the end; DOS_DOT `"` a dot, or the end. */
#include "rooms/files/files.h"

static bool same(uint16_t a, uint16_t b)
{
    return a == b || fvm_unit_fold(a) == fvm_unit_fold(b);
}

static bool has_dot(struct fvm_str name, uint32_t from)
{
    return fvm_str_find(name, '.', from) < name.cch;
}

/* Where one step of the mask can lead. @return 0 no; 1 mask and name move on; 2 the mask alone; 3
 * the name alone; 4 either alone */
static int step(uint16_t m, struct fvm_str name, uint32_t at)
{
    bool is_end = at == name.cch;

    switch (m) {
    case '*':
        return is_end ? 2 : 4;
    case '<':
        if (is_end)
            return 2;
        return name.s[at] == '.' && !has_dot(name, at + 1) ? 2 : 4;
    case '>':
        return is_end || name.s[at] == '.' ? 2 : 1;
    case '"':
        return is_end ? 2 : name.s[at] == '.';
    case '?':
        return !is_end;
    default:
        return !is_end && same(m, name.s[at]);
    }
}

bool files_mask_matches(struct fvm_str mask, struct fvm_str name)
{
    uint32_t m = 0, n = 0, back_m = 0, back_n = 0;
    bool can_back = false;

    if (fvm_str_eq(mask, FVM_STR(u"*.*")))
        return true;
    for (;;) {
        int way = m < mask.cch ? step(mask.s[m], name, n) : 0;

        if (m == mask.cch && n == name.cch)
            return true;
        if (way == 4) {
            /* A run: try the shortest first, come back for one more. */
            back_m = m++;
            back_n = n;
            can_back = true;
        } else if (way == 2) {
            m++;
        } else if (way == 1) {
            m++;
            n++;
        } else if (can_back && back_n < name.cch) {
            n = ++back_n;
            m = back_m;
            can_back = false; /* step() decides again whether the run may go on */
        } else {
            return false;
        }
    }
}

static int rank(struct fvm_str name)
{
    if (fvm_str_eq(name, FVM_STR(u".")))
        return 0;
    return fvm_str_eq(name, FVM_STR(u"..")) ? 1 : 2;
}

int files_name_order(struct fvm_str a, struct fvm_str b)
{
    int left = rank(a), right = rank(b);

    return left != right ? left - right : fvm_str_cmp_fold(a, b);
}
