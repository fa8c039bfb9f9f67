/* launcher/net_nets.c: this machine's own addresses and its neighbours', by the kernel's routes.
 * See net.h. */
#include "launcher/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "store/file.h"

/* What no packet of a VM's may be for, whatever routes say: no place, this machine, many places. */
static const struct fvm_subnet never[] = {{0x00000000, 0xff000000},
                                          {0x7f000000, 0xff000000},
                                          {0xe0000000, 0xf0000000},
                                          {0xf0000000, 0xf0000000}};
/* Networks behind no router of the Internet's: somebody's own (RFC 1918, 6598, 3927). */
static const struct fvm_subnet nearby[] = {{0x0a000000, 0xff000000},
                                           {0xac100000, 0xfff00000},
                                           {0xc0a80000, 0xffff0000},
                                           {0x64400000, 0xffc00000},
                                           {0xa9fe0000, 0xffff0000}};
/* Half the world is no neighbour: such routes lead into a tunnel. */
enum { NEIGHBOURS_MIN_BITS = 8 };

/* @return false: there is no room */
static bool add(struct fvm_nets *nets, uint32_t address, uint32_t mask)
{
    for (size_t i = 0; i < nets->count; i++)
        if ((nets->nets[i].mask & mask) == nets->nets[i].mask &&
            (address & nets->nets[i].mask) == nets->nets[i].address)
            return true;
    if (nets->count == FVM_NETS_MAX)
        return false;
    nets->nets[nets->count++] = (struct fvm_subnet){address & mask, mask};
    return true;
}

/* A route to this machine itself, or one without a router. */
static bool add_route(struct fvm_nets *nets, struct nlmsghdr *head, bool neighbours)
{
    struct rtmsg *route = NLMSG_DATA(head);
    const char *at = (char *)RTM_RTA(route), *end = (char *)head + head->nlmsg_len;
    struct rtattr attribute;
    uint32_t mask = route->rtm_dst_len ? ~0u << (32 - route->rtm_dst_len) : 0;
    uint32_t address = 0;
    bool routed = false;

    if (head->nlmsg_type != RTM_NEWROUTE || route->rtm_family != AF_INET)
        return true;
    for (; end - at >= (ptrdiff_t)sizeof(attribute); at += RTA_ALIGN(attribute.rta_len)) {
        memcpy(&attribute, at, sizeof(attribute));
        if (attribute.rta_len < sizeof(attribute) || attribute.rta_len > end - at)
            break;
        if (attribute.rta_type == RTA_DST && attribute.rta_len >= RTA_LENGTH(sizeof(address)))
            memcpy(&address, at + RTA_LENGTH(0), sizeof(address));
        routed |= attribute.rta_type == RTA_GATEWAY || attribute.rta_type == RTA_VIA;
    }
    if (route->rtm_type == RTN_LOCAL || route->rtm_type == RTN_BROADCAST)
        return add(nets, ntohl(address), mask);
    if (!neighbours || route->rtm_type != RTN_UNICAST || routed ||
        route->rtm_dst_len < NEIGHBOURS_MIN_BITS)
        return true;
    return add(nets, ntohl(address), mask);
}

static int open_routes(unsigned groups)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = groups};
    FVM_CLEANUP(fd) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)))
        return -errno;
    return FVM_STEAL(fd, -1);
}

/* @return 1: all was told; 0: there is more; -errno */
static int read_routes(int fd, struct fvm_nets *nets, bool neighbours)
{
    union {
        struct nlmsghdr head;
        char room[65536];
    } answer;
    ssize_t cb = recv(fd, &answer, sizeof(answer), 0);
    unsigned left = cb > 0 ? (unsigned)cb : 0;

    if (cb <= 0)
        return cb ? -errno : -EIO;
    for (struct nlmsghdr *at = &answer.head; NLMSG_OK(at, left); at = NLMSG_NEXT(at, left)) {
        if (at->nlmsg_flags & NLM_F_DUMP_INTR)
            return -EAGAIN;
        if (at->nlmsg_type == NLMSG_DONE)
            return 1;
        if (at->nlmsg_type == NLMSG_ERROR)
            return -EIO;
        if (!add_route(nets, at, neighbours))
            return -E2BIG;
    }
    return 0;
}

int fvm_nets_find(struct fvm_nets *nets, bool neighbours, struct fvm_error *err)
{
    struct {
        struct nlmsghdr head;
        struct rtmsg route;
    } ask = {.head = {.nlmsg_len = sizeof(ask),
                      .nlmsg_type = RTM_GETROUTE,
                      .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
             .route = {.rtm_family = AF_INET}};
    int result = -EAGAIN;

    /* Routes that change while they are told are asked for again. */
    for (int tries = 0; tries < 20 && result == -EAGAIN; tries++) {
        FVM_CLEANUP(fd) int fd = open_routes(0);

        nets->count = 0;
        for (size_t i = 0; i < ARRAY_LEN(never); i++)
            add(nets, never[i].address, never[i].mask);
        for (size_t i = 0; neighbours && i < ARRAY_LEN(nearby); i++)
            add(nets, nearby[i].address, nearby[i].mask);
        result = fd < 0 ? fd : send(fd, &ask, sizeof(ask), 0) != sizeof(ask) ? -EIO : 0;
        while (!result)
            result = read_routes(fd, nets, neighbours);
    }
    if (result == -E2BIG)
        return fvm_fail(err, result,
                        "this machine has more than %d networks of its own: too many to keep a VM "
                        "away from; use --net none or --net host",
                        FVM_NETS_MAX);
    return result < 0
               ? fvm_fail(err, result, "cannot ask for the machine's routes: %s", strerror(-result))
               : 0;
}

int fvm_nets_watch(void)
{
    return open_routes(RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE);
}
