/* core/ntpath_fold.h: the spellings of an NT name folded into one, in place. Private to ntpath*.c.
 */
#pragma once
#include "core/ntpath.h"

/** Does a name begin with these whole components, without case? */
bool fvm_ntpath_has_head(struct fvm_str name, struct fvm_str head);

/** Can it name a drive? ASCII only: U+0130 folds to `i` and names none. */
static inline bool fvm_ntpath_is_letter(uint16_t unit)
{
    return (unit >= 'A' && unit <= 'Z') || (unit >= 'a' && unit <= 'z');
}

/**
 * Rewrite a whole NT name until no namespace and no alias of those in ntpath.h is left in it.
 *
 * @param name [in,out] begins with a backslash; then it does so still, as `\??\...` if it is a DOS
 *             name
 * @param env  [in] may be NULL
 * @return FVM_OK; FVM_NAME_TOO_LONG; FVM_REPARSE_LOOP, all as fvm_ntpath_parse()
 */
FVM_NODISCARD fvm_status fvm_ntpath_fold(struct fvm_buf *name, const struct fvm_ntpath_env *env);
