/* launcher/net_scope.c: keeps the processes of a VM from abstract sockets of others: X11's, D-Bus'.
 * These belong to a network namespace, and a VM may have another's. By Landlock, whose headers
 * Debian 12 has not. See net.h. */
#include "launcher/net.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SCOPE_ABSTRACT_UNIX_SOCKET 1ull

/* struct landlock_ruleset_attr of Linux 6.12 (ABI 6) */
struct ruleset {
    uint64_t handled_access_fs, handled_access_net, scoped;
};

int fvm_net_scope_make(const struct fvm_terms *terms)
{
    const struct ruleset ruleset = {.scoped = SCOPE_ABSTRACT_UNIX_SOCKET};
    int fd;

    if (!terms || (terms->net != FVM_NET_HOST && terms->net != FVM_NET_VM))
        return -1;
    fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, sizeof(ruleset), 0);
    if (fd < 0 && terms->net == FVM_NET_VM)
        return -1;
    return fd < 0 ? -ENOTSUP : fd;
}

int fvm_net_scope(int scope)
{
    if (scope < 0)
        return 0;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_landlock_restrict_self, scope, 0))
        return -errno;
    return 0;
}
