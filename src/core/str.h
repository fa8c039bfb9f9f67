/* core/str.h: counted UTF-16 strings, as NT keeps names: any unit, no end mark. Pure; allocates
 * nothing, so that it serves inside a hooked call. */
#pragma once
#include "core/base.h"
#include "core/status.h"

/* Borrowed; length in UTF-16 units. */
struct fvm_str {
    const uint16_t *s;
    uint32_t cch;
};
/* Room of the caller's that text is added to. */
struct fvm_buf {
    uint16_t *s;
    uint32_t cch, cap_cch;
};
/* FVM_STR(u"text") */
#define FVM_STR(literal) ((struct fvm_str){(literal), (uint32_t)ARRAY_LEN(literal) - 1})

/** What a buffer holds so far, borrowed. */
static inline struct fvm_str fvm_buf_str(const struct fvm_buf *buf)
{
    return (struct fvm_str){buf->s, buf->cch};
}
/** A part; what lies behind the end is cut off. */
static inline struct fvm_str fvm_str_sub(struct fvm_str str, uint32_t from, uint32_t cch)
{
    if (from > str.cch)
        from = str.cch;
    if (cch > str.cch - from)
        cch = str.cch - from;
    return (struct fvm_str){str.s + from, cch};
}

/** Fold one unit's case as NT compares names (fold.h); halves of a pair stand for themselves. */
uint16_t fvm_unit_fold(uint16_t unit);
/** Equal, unit by unit. */
bool fvm_str_eq(struct fvm_str a, struct fvm_str b);
/** Equal without case. */
bool fvm_str_eq_fold(struct fvm_str a, struct fvm_str b);
/** Order without case, by folded units; a beginning of another is less. @return < 0, 0, > 0 */
int fvm_str_cmp_fold(struct fvm_str a, struct fvm_str b);
/** Does `str` begin with `prefix`, without case? */
bool fvm_str_begins_fold(struct fvm_str str, struct fvm_str prefix);
/** Hash without case: equal names, equal hashes. @param seed 0, or a hash to go on from */
uint32_t fvm_str_hash_fold(struct fvm_str str, uint32_t seed);
/** Index of the first such unit at or after `from`; str.cch if there is none. */
static inline uint32_t fvm_str_find(struct fvm_str str, uint16_t unit, uint32_t from)
{
    while (from < str.cch && str.s[from] != unit)
        from++;
    return from < str.cch ? from : str.cch;
}

/** Add a string. @return FVM_OK; FVM_NAME_TOO_LONG: it does not fit, nothing is added */
fvm_status fvm_buf_add(struct fvm_buf *buf, struct fvm_str str);
/** Add one unit. @return as fvm_buf_add() */
fvm_status fvm_buf_add_unit(struct fvm_buf *buf, uint16_t unit);
