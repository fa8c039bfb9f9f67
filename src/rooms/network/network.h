/* rooms/network/network.h: sockets on the machine's loopback. Private to this room. */
#pragma once
#include "core/netaddr.h"
#include "engine/nt.h"

/* One NtDeviceIoControlFile, as the caller made it. */
struct network_call {
    HANDLE handle, event;
    void *apc, *context;
    IO_STATUS_BLOCK *io;
    ULONG code;
    const void *in;
    ULONG in_cb;
    void *out;
    ULONG out_cb;
};
/** Make the call with what is in it now. */
NTSTATUS network_pass(const struct network_call *call);

/* --- sockets.c: what is known of a socket, by its handle ------------------------------------- */
enum network_state {
    NETWORK_UNKNOWN,
    NETWORK_OTHER,     /* no TCP */
    NETWORK_BOUND,     /* somewhere: no need to see to that */
    NETWORK_BOUND_ANY, /* to the VM's address, and the program asked for any */
    NETWORK_LATE_V4,   /* to any address and any port, said the program: not done yet */
    NETWORK_LATE_V6
};
enum network_state network_state(HANDLE socket);
void network_set_state(HANDLE socket, enum network_state state);
/** The real name of a socket. @param address [out] FVM_NETADDR_CB bytes @return NT's:
 * STATUS_INVALID_PARAMETER it is not bound */
NTSTATUS network_name(HANDLE socket, uint8_t *address);
/** Is it a socket that was bound? Asks NT. */
static inline bool network_is_bound(HANDLE socket)
{
    uint8_t address[FVM_NETADDR_CB];

    return network_name(socket, address) != STATUS_INVALID_PARAMETER;
}
/**
 * Bind a socket that nobody bound, or that is to be bound late, before it is used.
 *
 * @param inside its other end is in the VM: to the VM's address; else as NT would do it by itself
 * @return STATUS_SUCCESS; STATUS_ADDRESS_NOT_ASSOCIATED an IPv6 socket that cannot do IPv4, inside
 */
NTSTATUS network_settle(HANDLE socket, bool is_v6, bool inside);
