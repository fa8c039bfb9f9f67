/* tests/nt/sockets.c: sockets on the machine's loopback, as a program uses them. It expects
 * nothing: what it prints outside of a VM is right inside.
 * usage: sockets calls               what each call answers, on ports that are free
 *        sockets serve MS PORT TOKEN [127.0.0.1]
 *                                    on a port of any address, for so long
 *        sockets ask PORT            who is there?
 *        sockets ipv6                which of its sockets can be had? */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <windows.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

enum { ANY, LOOPBACK, TEXT_CB = 100, WAIT_MS = 5000 };

static struct sockaddr_in at(int where, unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((u_short)port)};

    address.sin_addr.s_addr = htonl(where == ANY ? INADDR_ANY : INADDR_LOOPBACK);
    return address;
}

static int result_of(int result)
{
    return result ? WSAGetLastError() : 0;
}

/* An address, its port only as 0 or not. */
static void say(const char *what, int result, const struct sockaddr_in *address)
{
    printf("%s: %d", what, result_of(result));
    if (!result)
        printf(" %s:%s", inet_ntoa(address->sin_addr), address->sin_port ? "port" : "0");
    printf("\n");
}

static void say_name(const char *what, SOCKET s)
{
    struct sockaddr_in address = {0};
    int cb = sizeof(address);

    say(what, getsockname(s, (struct sockaddr *)&address, &cb), &address);
}

static unsigned port_of(SOCKET s)
{
    struct sockaddr_in address = {0};
    int cb = sizeof(address);

    getsockname(s, (struct sockaddr *)&address, &cb);
    return ntohs(address.sin_port);
}

static SOCKET bound(int type, int where)
{
    SOCKET s = socket(AF_INET, type, 0);
    struct sockaddr_in address = at(where, 0);

    printf("bind: %d\n", result_of(bind(s, (struct sockaddr *)&address, sizeof(address))));
    return s;
}

static int connect_to(SOCKET s, int where, unsigned port)
{
    struct sockaddr_in address = at(where, port);

    return result_of(connect(s, (struct sockaddr *)&address, sizeof(address)));
}

/* Over a listening socket, from one that is given. */
static void over_tcp(SOCKET listener, SOCKET client, int where)
{
    struct sockaddr_in address = {0};
    char text[TEXT_CB] = "";
    int cb = sizeof(address);
    SOCKET server;

    printf("connect: %d\n", connect_to(client, where, port_of(listener)));
    server = accept(listener, (struct sockaddr *)&address, &cb);
    say("accept", server == INVALID_SOCKET, &address);
    say_name("server's name", server);
    say_name("client's name", client);
    cb = sizeof(address);
    say("client's peer", getpeername(client, (struct sockaddr *)&address, &cb), &address);
    send(client, "over", 5, 0);
    recv(server, text, sizeof(text), 0);
    printf("received: %s\n", text);
    closesocket(server);
    closesocket(client);
}

static void tcp(void)
{
    for (int where = ANY; where <= LOOPBACK; where++) {
        SOCKET listener = bound(SOCK_STREAM, where), again;
        struct sockaddr_in address;

        printf("listen: %d\n", result_of(listen(listener, 5)));
        say_name("listener", listener);
        again = socket(AF_INET, SOCK_STREAM, 0);
        address = at(where, port_of(listener));
        printf("bind again: %d\n",
               result_of(bind(again, (struct sockaddr *)&address, sizeof(address))));
        printf("bind twice: %d\n",
               result_of(bind(listener, (struct sockaddr *)&address, sizeof(address))));
        over_tcp(listener, socket(AF_INET, SOCK_STREAM, 0), LOOPBACK);
        over_tcp(listener, again, LOOPBACK);
        over_tcp(listener, bound(SOCK_STREAM, ANY), LOOPBACK);
        over_tcp(listener, bound(SOCK_STREAM, LOOPBACK), LOOPBACK);
        closesocket(listener);
    }
    for (int where = ANY; where <= LOOPBACK; where++) {
        SOCKET s = bound(SOCK_STREAM, ANY);
        struct sockaddr_in address = at(where, 0);

        printf("bound already: %d\n",
               result_of(bind(s, (struct sockaddr *)&address, sizeof(address))));
        closesocket(s);
    }
    printf("nobody there: %d\n", connect_to(socket(AF_INET, SOCK_STREAM, 0), LOOPBACK, 1));
    printf("not bound: %d\n", result_of(listen(socket(AF_INET, SOCK_STREAM, 0), 1)));
    say_name("not bound", socket(AF_INET, SOCK_STREAM, 0));
}

static void connect_ex(void)
{
    SOCKET listener = bound(SOCK_STREAM, ANY), client = bound(SOCK_STREAM, ANY);
    struct sockaddr_in address;
    OVERLAPPED overlapped = {.hEvent = WSACreateEvent()};
    GUID id = WSAID_CONNECTEX;
    LPFN_CONNECTEX call;
    char big[600] = "with data";
    DWORD cb, sent = 0, flags;
    SOCKET server;
    int good;

    listen(listener, 5);
    address = at(LOOPBACK, port_of(listener));
    WSAIoctl(client, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id), &call, sizeof(call), &cb,
             NULL, NULL);
    good = call(client, (struct sockaddr *)&address, sizeof(address), big, sizeof(big), &sent,
                &overlapped);
    server = accept(listener, NULL, NULL);
    printf("ConnectEx: %d", good || WSAGetLastError() == ERROR_IO_PENDING);
    good = WSAGetOverlappedResult(client, &overlapped, &sent, TRUE, &flags);
    printf(" %d %lu", good, sent);
    for (cb = 0; cb < sizeof(big) && (good = recv(server, big, sizeof(big), 0)) > 0;)
        cb += (DWORD)good;
    printf(" received %lu\n", cb);
    closesocket(listener);
    closesocket(client);
    closesocket(server);
}

static void udp(void)
{
    SOCKET server = bound(SOCK_DGRAM, ANY), client = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in address;
    char text[TEXT_CB] = "";
    int cb = sizeof(address), answered;
    DWORD ms = WAIT_MS;

    setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, (char *)&ms, sizeof(ms));
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, (char *)&ms, sizeof(ms));
    say_name("udp server", server);
    address = at(LOOPBACK, port_of(server));
    for (int i = 0; i < 2; i++) {
        printf("sendto: %d\n",
               sendto(client, "there", 6, 0, (struct sockaddr *)&address, sizeof(address)));
        printf("recvfrom: %d",
               recvfrom(server, text, sizeof(text), 0, (struct sockaddr *)&address, &cb));
        answered = sendto(server, "back", 5, 0, (struct sockaddr *)&address, sizeof(address));
        printf(" %s, answered %d\n", text, answered);
        printf("recv: %d %s\n", recv(client, text, sizeof(text), 0), text);
        address = at(LOOPBACK, port_of(server));
        if (!i) /* then only who was connected to is heard */
            printf("connect: %d\n", connect_to(client, LOOPBACK, port_of(server)));
    }
    say_name("udp client", client);
    closesocket(server);
    closesocket(client);
}

static void odd(void)
{
    struct sockaddr_in address = at(LOOPBACK, 0);
    struct sockaddr other = {.sa_family = AF_UNIX};
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);

    printf("short: %d\n", result_of(bind(s, (struct sockaddr *)&address, 5)));
    printf("another family: %d\n", result_of(bind(s, &other, sizeof(other))));
    address.sin_addr.s_addr = htonl(0xc0000201); /* 192.0.2.1: no address of this machine */
    printf("foreign: %d\n", result_of(bind(s, (struct sockaddr *)&address, sizeof(address))));
    printf("no socket: %d\n",
           result_of(bind((SOCKET)0x7770, (struct sockaddr *)&address, sizeof(address))));
    printf("short: %d\n", result_of(connect(s, (struct sockaddr *)&address, 5)));
}

static int serve(DWORD ms, unsigned port, const char *token, int where)
{
    SOCKET listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = at(where, port);
    DWORD begun = GetTickCount();
    int result = result_of(bind(listener, (struct sockaddr *)&address, sizeof(address)));

    listen(listener, 5);
    printf("ready %d\n", result);
    fflush(stdout);
    while (GetTickCount() - begun < ms) {
        struct timeval wait = {0, 100000};
        SOCKET s;
        fd_set set;

        FD_ZERO(&set);
        FD_SET(listener, &set);
        if (select(0, &set, NULL, NULL, &wait) <= 0)
            continue;
        s = accept(listener, NULL, NULL);
        send(s, token, (int)strlen(token) + 1, 0);
        closesocket(s);
    }
    return 0;
}

static int ask(unsigned port)
{
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    char text[TEXT_CB] = "nobody";

    if (!connect_to(s, LOOPBACK, port))
        recv(s, text, sizeof(text), 0);
    printf("%s\n", text);
    return 0;
}

/* Which IPv6 sockets are there? */
static int ipv6(void)
{
    for (int both = 0; both < 2; both++) {
        SOCKET s = socket(AF_INET6, SOCK_STREAM, 0);
        struct sockaddr_in6 address = {.sin6_family = AF_INET6};
        DWORD only = !both;
        int cb = sizeof(address);

        printf("IPv6%s:", both ? " and IPv4" : " only");
        setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&only, sizeof(only));
        address.sin6_port = htons((u_short)(23460 + both));
        printf(" bind %d", result_of(bind(s, (struct sockaddr *)&address, sizeof(address))));
        printf(" listen %d", result_of(listen(s, 1)));
        printf(" name %d", result_of(getsockname(s, (struct sockaddr *)&address, &cb)));
        printf(" any %d", IN6_IS_ADDR_UNSPECIFIED(&address.sin6_addr));
        printf(" connect %d\n",
               connect_to(socket(AF_INET, SOCK_STREAM, 0), LOOPBACK, 23460 + (unsigned)both));
    }
    return 0;
}

int wmain(int argc, wchar_t **argv)
{
    char token[TEXT_CB] = "";
    WSADATA data;

    WSAStartup(MAKEWORD(2, 2), &data);
    if (argc == 2 && !wcscmp(argv[1], L"calls")) {
        tcp();
        connect_ex();
        udp();
        odd();
        return 0;
    }
    if (argc >= 5 && !wcscmp(argv[1], L"serve")) {
        snprintf(token, sizeof(token), "%ls", argv[4]);
        return serve(wcstoul(argv[2], NULL, 10), wcstoul(argv[3], NULL, 10), token,
                     argc == 6 ? LOOPBACK : ANY);
    }
    if (argc == 3 && !wcscmp(argv[1], L"ask"))
        return ask(wcstoul(argv[2], NULL, 10));
    if (argc == 2 && !wcscmp(argv[1], L"ipv6"))
        return ipv6();
    fprintf(stderr, "usage: sockets calls|ipv6|serve MS PORT TOKEN|ask PORT\n");
    return 2;
}
