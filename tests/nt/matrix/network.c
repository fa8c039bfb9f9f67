/* tests/nt/matrix/network.c: sockets of this machine. */
#define WIN32_NO_STATUS
#include <winsock2.h>
#include <ws2tcpip.h>
#undef WIN32_NO_STATUS
#include "matrix.h"

#include <string.h>

enum { CCH_OF_PATH = 108 };

static SOCKET open_socket(int family, int type)
{
    static WSADATA started;

    if (!started.wVersion)
        WSAStartup(MAKEWORD(2, 2), &started);
    return socket(family, type, 0);
}
static struct sockaddr_in here(u_short port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* Ports are whatever is free: other tests may run on this machine. */
static void tell_port(const char *name, SOCKET s)
{
    struct sockaddr_in6 at = {0}; /* the port stands in the same place for both families */
    int cb = sizeof(at);

    if (!getsockname(s, (void *)&at, &cb))
        tell(name, ntohs(at.sin6_port));
}

static DWORD CALLBACK serve(void *socket_given)
{
    for (;;) {
        SOCKET peer = accept((SOCKET)socket_given, NULL, NULL);

        if (peer == INVALID_SOCKET)
            return 1;
        send(peer, token, TOKEN_CCH, 0);
        closesocket(peer);
    }
}
static bool listen_on(SOCKET s, const void *address, int cb, const char *port_name)
{
    if (s == INVALID_SOCKET || bind(s, address, cb) || listen(s, 5))
        return false;
    tell_port(port_name, s);
    return CreateThread(NULL, 0, serve, (void *)s, 0, NULL) != NULL;
}
static enum found ask(SOCKET s, const void *address, int cb, char *out)
{
    char text[TOKEN_CCH] = "";
    enum found found = FOUND_NOTHING;

    if (!connect(s, address, cb) && recv(s, text, sizeof(text), 0) > 0)
        found = read_token(out, text, sizeof(text));
    closesocket(s);
    return found;
}

static bool offer_tcp(struct mechanism *m)
{
    struct sockaddr_in at = here(0);

    (void)m;
    return listen_on(open_socket(AF_INET, SOCK_STREAM), &at, sizeof(at), "tcp-port");
}
static enum found reach_tcp(struct mechanism *m, char *out)
{
    struct sockaddr_in at = here((u_short)told("tcp-port"));

    (void)m;
    return ask(open_socket(AF_INET, SOCK_STREAM), &at, sizeof(at), out);
}
/* A port that is taken says that somebody has it. */
static enum found reach_port(struct mechanism *m, char *out)
{
    struct sockaddr_in at = here((u_short)told("tcp-port"));
    SOCKET s = open_socket(AF_INET, SOCK_STREAM);
    bool taken = bind(s, (void *)&at, sizeof(at)) && WSAGetLastError() == WSAEADDRINUSE;

    (void)m;
    (void)out;
    closesocket(s);
    return its(taken);
}
static bool offer_tcp6(struct mechanism *m)
{
    struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};

    (void)m;
    return listen_on(open_socket(AF_INET6, SOCK_STREAM), &at, sizeof(at), "tcp6-port");
}
static enum found reach_tcp6(struct mechanism *m, char *out)
{
    struct sockaddr_in6 at = {.sin6_family = AF_INET6,
                              .sin6_port = htons((u_short)told("tcp6-port")),
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};

    (void)m;
    return ask(open_socket(AF_INET6, SOCK_STREAM), &at, sizeof(at), out);
}

static bool offer_udp(struct mechanism *m)
{
    struct sockaddr_in at = here(0);
    SOCKET s = open_socket(AF_INET, SOCK_DGRAM);
    u_long no_waiting = 1;

    m->handle = (HANDLE)s;
    if (s == INVALID_SOCKET || bind(s, (void *)&at, sizeof(at)))
        return false;
    tell_port("udp-port", s);
    return !ioctlsocket(s, (long)FIONBIO, &no_waiting);
}
static void turn_udp(struct mechanism *m)
{
    char text[TOKEN_CCH];

    while (m->handle && recv((SOCKET)m->handle, text, sizeof(text), 0) > 0)
        heard(m->name);
}
static enum found reach_udp(struct mechanism *m, char *out)
{
    struct sockaddr_in at = here((u_short)told("udp-port"));
    SOCKET s = open_socket(AF_INET, SOCK_DGRAM);

    (void)m;
    (void)out;
    return sendto(s, "x", 1, 0, (void *)&at, sizeof(at)) == 1 ? FOUND_ASK : FOUND_NOTHING;
}

struct unix_address {
    ADDRESS_FAMILY family;
    char path[CCH_OF_PATH];
};
static bool offer_unix(struct mechanism *m)
{
    struct unix_address at = {.family = AF_UNIX, .path = "matrix.socket"};

    (void)m;
    return listen_on(open_socket(AF_UNIX, SOCK_STREAM), &at, sizeof(at), "unix-port");
}
static enum found reach_unix(struct mechanism *m, char *out)
{
    struct unix_address at = {.family = AF_UNIX, .path = "matrix.socket"};
    SOCKET s = open_socket(AF_UNIX, SOCK_STREAM);

    (void)m;
    return s != INVALID_SOCKET ? ask(s, &at, sizeof(at), out) : FOUND_NOTHING;
}

struct mechanism network_mechanisms[] = {
    {"TCP, 127.0.0.1", NULL, .offer = offer_tcp, .reach = reach_tcp},
    {"TCP, a port is taken", NULL, .reach = reach_port},
    {"TCP, ::1", NULL, .offer = offer_tcp6, .reach = reach_tcp6},
    {"UDP, 127.0.0.1", NULL, .offer = offer_udp, .turn = turn_udp, .reach = reach_udp},
    {"AF_UNIX", NULL, .offer = offer_unix, .reach = reach_unix},
    {.name = NULL},
};
