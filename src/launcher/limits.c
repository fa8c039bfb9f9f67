/* launcher/limits.c: how much a sealed VM may use. See terms.h. */
#include "launcher/terms.h"

#include <errno.h>

int fvm_limits_ready(const struct fvm_terms *terms, struct fvm_error *err)
{
    const char *option = terms->memory_cb     ? "memory"
                         : terms->procs       ? "procs"
                         : terms->cpu_percent ? "cpus"
                         : terms->disk_cb     ? "disk"
                         : terms->timeout_s   ? "timeout"
                                              : NULL;

    return option ? fvm_fail(err, -ENOTSUP, "--%s is not offered yet", option) : 0;
}
