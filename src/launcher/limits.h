/* launcher/limits.h: the limits of a VM's terms, for the commands. What keeps them is in cage.h. */
#pragma once
#include "core/error.h"
#include "core/terms.h"
#include "launcher/link.h"

/** Is an option that control groups keep offered to this user on this machine? @param which 0, 1,
 * ... @param option [out] its name @return 0; -ENOENT no such number; -errno: why not */
int fvm_limits_offered(unsigned which, const char **option, struct fvm_error *err);
/** Make the control group of the VM that is to be started, as whoever called. Nothing if the terms
 * want none. @return 0; -errno */
int fvm_limits_prepare(const struct fvm_terms *terms, struct fvm_error *err);
/** Remove it again, unless a VM was started with it. */
void fvm_limits_drop(void);
/** Remove control groups of VMs that were killed. */
void fvm_limits_sweep(void);

/**
 * The sentence for a limit that was hit.
 *
 * @param said FVM_SAID_* of link.h, or 0
 * @param vm   its name; NULL: a throw-away VM
 * @return false: none was
 */
bool fvm_limits_explain(char said, const char *vm, const struct fvm_terms *terms,
                        struct fvm_error *sentence);
