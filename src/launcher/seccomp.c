/* launcher/seccomp.c: installs the system call filters that launcher/filter/rules.c made. */
#include "launcher/seal.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "filter.h" /* made: refused_filter, allowed_filter */

static int load(const struct sock_filter *code, size_t count)
{
    struct sock_fprog program = {.len = (unsigned short)count,
                                 .filter = (struct sock_filter *)(uintptr_t)code};

    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) ? -errno : 0;
}

int fvm_seal_filter(struct fvm_error *err)
{
    int result = load(refused_filter, ARRAY_LEN(refused_filter));

    if (!result)
        result = load(allowed_filter, ARRAY_LEN(allowed_filter));
    if (result)
        return fvm_fail(err, result, "cannot install the system call filter: %s",
                        strerror(-result));
    return 0;
}
