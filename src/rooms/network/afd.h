/* rooms/network/afd.h: requests to \Device\Afd, as Wine 8 and 10 have them. Windows has the first
 * three with the same numbers; the others it has not, and there this room does nothing. Private to
 * this room.
 * @source wine-nt: 8 */
#pragma once
#include "core/netaddr.h"
#include "engine/nt.h"

enum {
    AFD_BIND = 0x12003,
    AFD_LISTEN = 0x1200b,
    AFD_GETSOCKNAME = 0x1202f,
    AFD_CREATE = 0x120320, /* in: family, type, protocol, flags, of 32 bits each */
    AFD_ACCEPT = 0x120324, /* out: ULONG, handle of the new socket */
    AFD_CONNECT = 0x12032c,
    AFD_GETPEERNAME = 0x120360
};

struct afd_create {
    int family, type, protocol, flags;
};
struct afd_bind {
    ULONG flags;
    uint8_t address[FVM_NETADDR_CB];
};
/* Before the address, and behind that what is to be sent at once. */
struct afd_connect {
    int address_cb, synchronous;
};
