/* core/regwide.h: between a view's paths and names, UTF-16, and those of struct fvm_reg, UTF-8. For
 * the holder of a shared VM. Pure but for the memory that struct fvm_reg takes. */
#pragma once
#include "core/reg.h"
#include "core/str.h"

/**
 * `R\Machine\a` -> `HKEY_LOCAL_MACHINE\a`; `R\User\<user>\a` -> `HKEY_CURRENT_USER\a`.
 *
 * @param out  [in,out] what it had is gone; check out->failed
 * @param user [in] name of the key of the user whose hive it is: a SID
 * @return false: the path is in none of the three hives that are kept
 */
bool fvm_regwide_from_view(struct fvm_text *out, struct fvm_str path, struct fvm_str user);
/** The other way. @param out [out] @return FVM_OK; FVM_NAME_INVALID; FVM_NAME_TOO_LONG */
fvm_status fvm_regwide_to_view(struct fvm_buf *out, const char *path, struct fvm_str user);
/** A name as UTF-16. @return as above */
fvm_status fvm_regwide_name(struct fvm_buf *out, const char *name);

/**
 * Add a key to a whole registry, or begin it anew: it has no values then, and its subkeys stay.
 *
 * @param class_name cch 0: none
 * @return FVM_OK; FVM_NAME_INVALID; FVM_NO_MEMORY
 */
fvm_status fvm_regwide_add_key(struct fvm_reg *reg, const char *path, struct fvm_str class_name,
                               bool is_link);
/** fvm_reg_set() with a UTF-16 name. */
fvm_status fvm_regwide_set(struct fvm_reg *reg, const char *path, struct fvm_str name,
                           uint32_t type, const void *data, size_t data_cb);
