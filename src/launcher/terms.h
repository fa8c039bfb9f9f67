/* launcher/terms.h: the parts of a VM's terms (core/terms.h), one file each. Private to the
 * launcher.
 *
 * X_ready  in the command, before anything was made, as whoever called: is the package there, does
 *          the kernel offer it, is the folder there? 0; -errno with a sentence that says what to
 * do.
 */
#pragma once
#include "core/error.h"
#include "core/terms.h"
#include "launcher/launcher.h"

/* net.c */
int fvm_net_ready(const struct fvm_terms *terms, struct fvm_error *err);
/* display.c: display and sound */
int fvm_display_ready(const struct fvm_terms *terms, struct fvm_error *err);
/* limits.c: memory, procs, cpus, disk, timeout; what keeps them is in limits.h */
int fvm_limits_ready(const struct fvm_terms *terms, struct fvm_error *err);
/* shares.c */
int fvm_shares_ready(const struct fvm_terms *terms, struct fvm_error *err);
