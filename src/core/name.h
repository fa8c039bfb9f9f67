/* core/name.h: what a VM may be called. Pure. */
#pragma once
#include "core/error.h"
#include "core/status.h"

enum { FVM_NAME_MAX_CB = 64 };

/**
 * Check the name of a VM.
 *
 * Allowed: 1 to 64 of the ASCII letters, digits, `.`, `_` and `-`, the first a letter or digit, the
 * last not `.`; but no name that Windows keeps for devices (con, nul, com1, "aux.txt" ...). Names
 * are unique without case: the caller looks for that.
 *
 * @param err [out] a sentence that says what is allowed
 * @return FVM_OK, FVM_NAME_INVALID
 */
fvm_status fvm_name_check(const char *name, struct fvm_error *err);
/** Does Windows take a file of this name for a device (nul, com1, "aux.txt")? @param cb its bytes
 */
bool fvm_name_is_device(const char *name, size_t cb);
