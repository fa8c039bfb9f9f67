/* launcher/seal.c: capabilities, limits, descriptors. See seal.h. */
#include "launcher/seal.h"

#include "core/limits.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static int drop_capabilities(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};

    for (int cap = 0; cap <= 63; cap++)
        if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) && errno != EINVAL)
            return -errno;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) && errno != EINVAL)
        return -errno;
    if (syscall(SYS_capset, &head, none))
        return -errno;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}

int fvm_seal_process(bool wine32, const struct fvm_terms *terms, struct fvm_error *err)
{
    static const struct rlimit none = {0, 0};
    /* Not 0: only 1 keeps the kernel from starting a core_pattern program as the host's root. */
    struct rlimit core = {1, 1};
    /* Counted by the kernel per user namespace: a fork bomb stays small, whatever control groups
     * there are. */
    const rlim_t most = terms->procs ? terms->procs : FVM_TASKS_MAX;
    struct rlimit tasks = {most, most};
    struct rlimit now;
    int result;

    if (!getrlimit(RLIMIT_NPROC, &now) && now.rlim_max < tasks.rlim_max)
        tasks = now;
    if (!getrlimit(RLIMIT_CORE, &now) && now.rlim_max < core.rlim_max)
        core = now;
    if (setrlimit(RLIMIT_CORE, &core) || setrlimit(RLIMIT_NPROC, &tasks) ||
        setrlimit(RLIMIT_RTPRIO, &none) || setrlimit(RLIMIT_NICE, &none))
        return fvm_fail(err, -errno, "cannot set limits: %s", strerror(errno));
    result = drop_capabilities();
    if (result)
        return fvm_fail(err, result, "cannot drop capabilities: %s", strerror(-result));
    return fvm_seal_filter(wine32, err);
}

void fvm_seal_close(const int *keep, size_t count)
{
    unsigned from = 3;

    for (;;) {
        unsigned next = ~0u; /* the smallest descriptor to keep that is not below `from` */

        for (size_t i = 0; i < count; i++)
            if (keep[i] >= 0 && (unsigned)keep[i] >= from && (unsigned)keep[i] < next)
                next = (unsigned)keep[i];
        if (next == ~0u)
            break;
        if (next > from)
            syscall(SYS_close_range, from, next - 1, 0);
        from = next + 1;
    }
    syscall(SYS_close_range, from, ~0u, 0);
}
