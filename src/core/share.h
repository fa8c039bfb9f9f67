/* core/share.h: the shared folders among a VM's terms: which folders may be shared, at which places
 * of the VM, and which of them holds a path. Pure. */
#pragma once
#include "core/terms.h"
#include "core/text.h"

/** Is `inner` the folder `outer`, or below it? Both absolute, without links, "." or "..". */
bool fvm_path_within(const char *inner, const char *outer);
/**
 * Make a place what it is kept as: backslashes, a capital letter, no empty names.
 *
 * @param place [in,out] begins with a letter and a colon
 */
void fvm_share_place_fold(char *place);
/**
 * Do the shares' places make sense, each by itself and together?
 *
 * @return FVM_OK; FVM_INVALID with a sentence
 */
fvm_status fvm_shares_check(const struct fvm_terms *terms, struct fvm_error *err);
/**
 * May a folder be shared at all?
 *
 * @param share with its dir absolute and without links
 * @param store the store's folder
 * @return FVM_OK; FVM_INVALID: it holds the store, lies in it, or belongs to the host's own
 * workings; sentence
 */
fvm_status fvm_share_judge(const struct fvm_share *share, const char *store, struct fvm_error *err);
/**
 * The share in which a path is seen: the innermost one that holds it.
 *
 * @param path absolute, without links
 * @param rest [out] what of the path is behind the share's folder: "" or "/x/y"; may be NULL
 * @return NULL: none
 */
const struct fvm_share *fvm_share_of(const struct fvm_terms *terms, const char *path,
                                     const char **rest);
/** Write the Windows path of what a share with a place shows. @param rest from fvm_share_of() */
void fvm_share_windows_path(struct fvm_text *out, const struct fvm_share *share, const char *rest);
