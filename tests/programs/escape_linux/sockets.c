/* tests/programs/escape_linux/sockets.c: tries to get out of a VM by sockets, shared memory, keys.
 */
#include "try.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

enum { KEY_ADD = 248, KEY_REQUEST = 249, KEY_CTL = 250, USER_KEYRING = -4, PROCESS_KEYRING = -2 };

static bool connects(int family, const void *address, socklen_t cb)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool worked = fd >= 0 && !connect(fd, address, cb);

    refused_errno(worked);
    close(fd);
    return worked;
}
static bool connect_path(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    return *path && connects(AF_UNIX, &address, sizeof(address));
}
static bool abstract_socket(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "%s", arg("abstract"));
    return connects(
        AF_UNIX, &address,
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(arg("abstract"))));
}
static bool socket_in_tmp(void)
{
    return connect_path(arg("socket-tmp"));
}
static bool socket_in_run(void)
{
    return connect_path(arg("socket-run"));
}
static bool socket_in_shown(void)
{
    return connect_path(arg("socket-shown"));
}
static bool control_socket(void)
{
    return connect_path(arg("control"));
}
static bool tcp_to(const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)atoi(port)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    return atoi(port) && connects(AF_INET, &address, sizeof(address));
}
static bool tcp(void)
{
    return tcp_to(arg("port"));
}
static bool tcp_other(void)
{
    return tcp_to(arg("other-port"));
}
static bool only_loopback(void)
{
    struct if_nameindex *all = if_nameindex();
    char list[200] = "";
    bool other = false;

    for (struct if_nameindex *at = all; at && at->if_index; at++) {
        other |= strcmp(at->if_name, "lo") != 0;
        if (strlen(list) + 20 < sizeof(list))
            sprintf(list + strlen(list), " %s", at->if_name);
    }
    return say(other || !all, "interfaces:%s", list);
}
static bool makes_socket(int family, int type, int protocol)
{
    int fd = socket(family, type | SOCK_CLOEXEC, protocol);

    if (fd >= 0)
        close(fd);
    return fd >= 0 ||
           (errno != ENOSYS && errno != EPERM); /* what the kernel itself says was reached */
}
static bool socket_families(void)
{
    for (int family = 0; family < 50; family++)
        if (family != AF_UNIX && family != AF_INET && family != AF_INET6 && family != AF_NETLINK &&
            makes_socket(family, SOCK_STREAM, 0))
            return say(true, "family %d: %s", family, strerror(errno));
    return say(false, "%s", strerror(errno));
}
static bool socket_family_wide(void)
{
    long fd = syscall(SYS_socket, AF_UNIX | 1L << 32, SOCK_STREAM, 0);
    long other = syscall(SYS_socket, 40 | 1L << 32, SOCK_STREAM, 0);

    return refused_errno(fd >= 0 || other >= 0 || errno != ENOSYS);
}
static bool netlink_families(void)
{
    for (int protocol = 1; protocol < 24; protocol++)
        if (makes_socket(AF_NETLINK, SOCK_RAW, protocol))
            return say(true, "netlink %d: %s", protocol, strerror(errno));
    return say(false, "%s", strerror(errno));
}
static bool pair_families(void)
{
    int pair[2];

    for (int family = 2; family < 50; family++)
        if (!socketpair(family, SOCK_STREAM, 0, pair) || (errno != ENOSYS && errno != EPERM))
            return say(true, "family %d: %s", family, strerror(errno));
    return say(false, "%s", strerror(errno));
}
static bool odd_protocols(void)
{
    static const int protocols[] = {33, 132, 136, 262, 2, 47, 115};

    for (size_t i = 0; i < COUNT(protocols); i++)
        for (int type = 1; type < 7; type++)
            if (makes_socket(AF_INET, type, protocols[i]) && errno != EPERM)
                return say(true, "protocol %d: %s", protocols[i], strerror(errno));
    return say(false, "%s", strerror(errno));
}
static bool raw_socket(void)
{
    int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);

    return refused_errno(fd >= 0 && !close(fd));
}

static bool shared_memory(void)
{
    return refused_errno(shmget((key_t)strtol(arg("shm"), NULL, 0), 0, 0) >= 0 && *arg("shm"));
}
static bool find_key(void)
{
    return refused_errno(
        syscall(KEY_CTL, 10 /* search */, (long)USER_KEYRING, "user", "fvmbait", 0) >= 0);
}
static bool make_key(void)
{
    return refused_errno(syscall(KEY_ADD, "user", "fvmtry", "x", 1, (long)PROCESS_KEYRING) >= 0 ||
                         syscall(KEY_REQUEST, "user", "fvmbait", NULL, (long)PROCESS_KEYRING) >= 0);
}

const struct row sockets_rows[] = {
    {"store: the VM's control socket", control_socket, ANYWHERE},
    {"sockets: abstract", abstract_socket, MUST},
    {"sockets: a path in /tmp", socket_in_tmp, MUST},
    {"sockets: a path in a folder like /run", socket_in_run, MUST},
    {"sockets: a path in a shown folder", socket_in_shown, MUST},
    {"sockets: TCP to 127.0.0.1", tcp, MUST},
    {"sockets: TCP to a listener in another VM", tcp_other, ANYWHERE},
    {"sockets: any network but loopback", only_loopback, ANYWHERE},
    {"sockets: raw", raw_socket, MUST_AS_ROOT},
    {"sockets: other families (vsock, packet, alg, ...)", socket_families, MUST},
    {"sockets: a family with a high half", socket_family_wide, MUST},
    {"sockets: other netlink protocols", netlink_families, MUST},
    {"sockets: pairs of other families", pair_families, MUST},
    {"sockets: other internet protocols", odd_protocols, MUST},
    {"memory: System V shared memory", shared_memory, MUST},
    {"keys: the user's", find_key, MUST},
    {"keys: any", make_key, MUST},
    {0},
};
