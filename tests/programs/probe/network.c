/* tests/programs/probe/network.c: sockets, names, and the tables of iphlpapi. See probe.h. */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <iphlpapi.h>
#include "probe.h"

#include <string.h>

bool check_tcp(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int length = sizeof(address);
    char text[8] = "";
    SOCKET server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0), peer;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(server, (struct sockaddr *)&address, length) || listen(server, 1) ||
        getsockname(server, (struct sockaddr *)&address, &length) ||
        connect(client, (struct sockaddr *)&address, length))
        return say(false, "socket error %d", WSAGetLastError());
    peer = accept(server, NULL, NULL);
    send(client, "probe", 5, 0);
    recv(peer, text, 5, 0);
    closesocket(peer);
    closesocket(client);
    closesocket(server);
    return say(!strcmp(text, "probe"), "port %u", ntohs(address.sin_port));
}

bool check_localhost(void)
{
    struct addrinfo hints = {.ai_family = AF_INET}, *found = NULL;
    int error = getaddrinfo("localhost", "80", &hints, &found);

    if (!error)
        freeaddrinfo(found);
    return say(!error, "error %d", error);
}

bool check_adapters_info(void)
{
    ULONG size = sizeof(probe_buffer);
    ULONG error = GetAdaptersInfo((void *)probe_buffer, &size);

    /* A sealed VM has the loopback only, which this old call leaves out. */
    return say(!error || error == ERROR_NO_DATA, "error %lu", error);
}

bool check_adapters_addresses(void)
{
    ULONG size = sizeof(probe_buffer);
    ULONG error = GetAdaptersAddresses(AF_UNSPEC, 0, NULL, (void *)probe_buffer, &size);

    return say(!error, "error %lu", error);
}

bool check_tcp_table(void)
{
    ULONG size = sizeof(probe_buffer);
    ULONG error = GetTcpTable((void *)probe_buffer, &size, TRUE);

    return say(!error, "error %lu, %lu rows", error, *(DWORD *)probe_buffer);
}

bool check_if_table(void)
{
    ULONG size = sizeof(probe_buffer);
    ULONG error = GetIfTable((void *)probe_buffer, &size, TRUE);

    return say(!error && *(DWORD *)probe_buffer, "error %lu, %lu rows", error,
               *(DWORD *)probe_buffer);
}

bool check_network_params(void)
{
    ULONG size = sizeof(probe_buffer);
    ULONG error = GetNetworkParams((void *)probe_buffer, &size);

    return say(!error, "error %lu, host %s", error,
               error ? "" : ((FIXED_INFO *)probe_buffer)->HostName);
}
