/*
 * tests/programs/net.c: a Windows program that uses the network.
 *
 * net get ADDRESS PORT          connect, and print what comes; exit code 3 and the error if nothing
 * net try ADDRESS PORT          the same, for what shall not be reached: waits for less long
 * net udp ADDRESS PORT TEXT     send a datagram, print the answer
 * net tryudp ADDRESS PORT TEXT  the same, for what shall not be reached
 * net serve ADDRESS PORT TEXT   say "ready"; answer connections, and datagrams, with TEXT for ever
 * net name NAME                 print its addresses
 * net adapters                  print the adapters' addresses, gateways and the machine's name
 */
#include <winsock2.h>
#include <ws2tcpip.h>

#include <iphlpapi.h>
#include <stdio.h>
#include <stdlib.h>

enum { PATIENCE_MS = 10000, SHORT_MS = 400, REFUSED = 3 };

static struct sockaddr_in place(wchar_t **words)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((u_short)_wtoi(words[1]))};

    InetPtonW(AF_INET, words[0], &at.sin_addr);
    return at;
}

static int failed(const char *what)
{
    printf("%s: %d\n", what, WSAGetLastError());
    return REFUSED;
}

/* A connection that is dropped by a filter would take minutes to fail. */
static int connect_for_a_while(SOCKET s, const struct sockaddr_in *to, int patience_ms)
{
    struct timeval patience = {.tv_sec = patience_ms / 1000, .tv_usec = patience_ms % 1000 * 1000};
    u_long yes = 1, no = 0;
    fd_set writable, broken;
    int error = 0, cb = sizeof(error);

    FD_ZERO(&writable);
    FD_SET(s, &writable);
    broken = writable;
    ioctlsocket(s, FIONBIO, &yes);
    if (connect(s, (const struct sockaddr *)to, sizeof(*to)) && WSAGetLastError() != WSAEWOULDBLOCK)
        return WSAGetLastError();
    if (select(0, NULL, &writable, &broken, &patience) <= 0)
        return WSAETIMEDOUT;
    getsockopt(s, SOL_SOCKET, SO_ERROR, (char *)&error, &cb);
    ioctlsocket(s, FIONBIO, &no);
    return error;
}

static int get(wchar_t **words, int patience_ms)
{
    struct sockaddr_in to = place(words);
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    int error = connect_for_a_while(s, &to, patience_ms), cb;
    char text[512];

    WSASetLastError(error);
    if (error)
        return failed("connect");
    if (send(s, "GET / HTTP/1.0\r\n\r\n", 18, 0) != 18)
        return failed("send");
    while ((cb = recv(s, text, sizeof(text), 0)) > 0)
        fwrite(text, 1, (size_t)cb, stdout);
    return cb < 0 ? failed("recv") : 0;
}

static int udp(wchar_t **words, DWORD patience)
{
    struct sockaddr_in to = place(words);
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);
    char text[512];
    int cb = snprintf(text, sizeof(text), "%ls", words[2]);

    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, (char *)&patience, sizeof(patience));
    if (sendto(s, text, cb, 0, (struct sockaddr *)&to, sizeof(to)) != cb)
        return failed("sendto");
    cb = recv(s, text, sizeof(text), 0);
    if (cb < 0)
        return failed("recv");
    printf("%.*s\n", cb, text);
    return 0;
}

static DWORD WINAPI answer_datagrams(void *text)
{
    struct sockaddr_in from;
    int from_cb = sizeof(from);
    char room[512];
    SOCKET s = *(SOCKET *)text;
    const char *answer = (const char *)((SOCKET *)text + 1);

    while (recvfrom(s, room, sizeof(room), 0, (struct sockaddr *)&from, &from_cb) >= 0) {
        sendto(s, answer, (int)strlen(answer), 0, (struct sockaddr *)&from, from_cb);
        from_cb = sizeof(from);
    }
    return 0;
}

static int serve(wchar_t **words)
{
    static struct {
        SOCKET s;
        char text[200];
    } datagrams;
    struct sockaddr_in at = place(words);
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0), one;
    char question[512];

    snprintf(datagrams.text, sizeof(datagrams.text), "%ls", words[2]);
    datagrams.s = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(s, (struct sockaddr *)&at, sizeof(at)) || listen(s, 16) ||
        bind(datagrams.s, (struct sockaddr *)&at, sizeof(at)))
        return failed("bind");
    CreateThread(NULL, 0, answer_datagrams, &datagrams, 0, NULL);
    printf("ready\n");
    fflush(stdout);
    while ((one = accept(s, NULL, NULL)) != INVALID_SOCKET) {
        recv(one, question, sizeof(question), 0);
        send(one, datagrams.text, (int)strlen(datagrams.text), 0);
        shutdown(one, SD_SEND);
        closesocket(one);
    }
    return failed("accept");
}

static int name(wchar_t **words)
{
    ADDRINFOW hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *list;
    int error = GetAddrInfoW(words[0], NULL, &hints, &list);

    if (error) {
        printf("getaddrinfo: %d\n", error);
        return REFUSED;
    }
    for (; list; list = list->ai_next)
        printf("%s\n", inet_ntoa(((struct sockaddr_in *)list->ai_addr)->sin_addr));
    return 0;
}

static int adapters(void)
{
    ULONG cb = 65536;
    IP_ADAPTER_INFO *list = malloc(cb);
    ULONG error = GetAdaptersInfo(list, &cb);
    char own[256];

    if (error)
        printf("GetAdaptersInfo: %lu\n", error);
    for (IP_ADAPTER_INFO *at = list; !error && at; at = at->Next)
        printf("adapter %s/%s gateway %s\n", at->IpAddressList.IpAddress.String,
               at->IpAddressList.IpMask.String, at->GatewayList.IpAddress.String);
    gethostname(own, sizeof(own));
    printf("name %s\n", own);
    return 0;
}

int wmain(int argc, wchar_t **argv)
{
    WSADATA data;

    if (WSAStartup(MAKEWORD(2, 2), &data) || argc < 2)
        return 1;
    if (!wcscmp(argv[1], L"adapters"))
        return adapters();
    if (!wcscmp(argv[1], L"name") && argc == 3)
        return name(argv + 2);
    if (!wcscmp(argv[1], L"get") && argc == 4)
        return get(argv + 2, PATIENCE_MS);
    if (!wcscmp(argv[1], L"try") && argc == 4)
        return get(argv + 2, SHORT_MS);
    if (!wcscmp(argv[1], L"udp") && argc == 5)
        return udp(argv + 2, PATIENCE_MS);
    if (!wcscmp(argv[1], L"tryudp") && argc == 5)
        return udp(argv + 2, SHORT_MS);
    if (!wcscmp(argv[1], L"serve") && argc == 5)
        return serve(argv + 2);
    return 1;
}
