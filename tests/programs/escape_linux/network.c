/* tests/programs/escape_linux/network.c: tries to reach addresses that a VM's network leaves out:
 * closed=ADDRESS,... on port closed-port, by interface closed-device. */
#include "try.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 200 };

/* What is done with a socket before it is used. @return false: that cannot be done here */
typedef bool prepare(int fd);

static bool nothing(int fd)
{
    return fd >= 0;
}
/* With an interface said, the kernel takes every address to be behind it, whatever routes say. */
static bool by_device(int fd)
{
    const char *name = arg("closed-device");

    return !setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name) + 1);
}
static bool by_interface(int fd)
{
    uint32_t index = htonl(if_nametoindex(arg("closed-device")));

    return !setsockopt(fd, IPPROTO_IP, IP_UNICAST_IF, &index, sizeof(index));
}
static bool past_routes(int fd)
{
    int yes = 1;

    return !setsockopt(fd, SOL_SOCKET, SO_DONTROUTE, &yes, sizeof(yes)) && by_device(fd);
}
/* Each router on the way rewrites where it goes. */
static bool by_source_route(int fd)
{
    unsigned char option[] = {IPOPT_LSRR, 7, 4, 203, 0, 113, 80, IPOPT_EOL};

    return !setsockopt(fd, IPPROTO_IP, IP_OPTIONS, option, sizeof(option));
}

static bool answers(int fd, const struct sockaddr_in *to, bool datagram)
{
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    char byte;
    int error = 0;
    socklen_t cb = sizeof(error);

    fcntl(fd, F_SETFL, O_NONBLOCK);
    if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) && errno != EINPROGRESS)
        return false;
    if (!datagram)
        return poll(&wait, 1, PATIENCE_MS) > 0 &&
               !getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &cb) && !error;
    wait.events = POLLIN;
    return send(fd, "?", 1, 0) == 1 && poll(&wait, 1, PATIENCE_MS) > 0 && recv(fd, &byte, 1, 0) > 0;
}

static bool reaches(prepare *ready, bool datagram)
{
    char list[500], *save;

    snprintf(list, sizeof(list), "%s", arg("closed"));
    for (char *at = strtok_r(list, ",", &save); at; at = strtok_r(NULL, ",", &save)) {
        struct sockaddr_in to = {.sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)atoi(arg("closed-port")))};
        int fd = socket(AF_INET, (datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
        bool hit;

        inet_pton(AF_INET, at, &to.sin_addr);
        hit = ready(fd) && answers(fd, &to, datagram);
        close(fd);
        if (hit)
            return say(true, "%s", at);
    }
    return say(false, "none of %s", arg("closed"));
}

static bool plain(void)
{
    return reaches(nothing, false);
}
static bool plain_datagram(void)
{
    return reaches(nothing, true);
}
static bool device(void)
{
    return reaches(by_device, false);
}
static bool device_datagram(void)
{
    return reaches(by_device, true);
}
static bool interface(void)
{
    return reaches(by_interface, false) || reaches(by_interface, true);
}
static bool unrouted(void)
{
    return reaches(past_routes, false) || reaches(past_routes, true);
}
static bool source_route(void)
{
    return reaches(by_source_route, false) || reaches(by_source_route, true);
}
/* A name server that is asked by number, and more than names are asked. */
static bool name_server(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(53)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool hit;

    inet_pton(AF_INET, "10.0.2.3", &to.sin_addr);
    hit = answers(fd, &to, false);
    close(fd);
    return say(hit, "10.0.2.3");
}

const struct row network_rows[] = {
    {"network: closed addresses", plain, MUST},
    {"network: closed addresses, datagrams", plain_datagram, MUST},
    {"network: closed addresses, an interface bound", device, MUST},
    {"network: closed addresses, an interface bound, datagrams", device_datagram, MUST},
    {"network: closed addresses, an interface said", interface, MUST},
    {"network: closed addresses, without routes", unrouted, MUST},
    {"network: closed addresses, by a source route", source_route, ANYWHERE},
    {"network: TCP to the name server", name_server, ANYWHERE},
    {0},
};
