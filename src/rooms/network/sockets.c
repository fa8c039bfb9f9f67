/* rooms/network/sockets.c: what is known of a socket, by its handle, and binding it. See network.h.
 * Of a handle that came from elsewhere nothing is known: then NT is asked. */
#include "engine/engine.h"
#include "engine/image.h"
#include "engine/real.h"
#include "rooms/network/network.h"
#include "rooms/network/afd.h"

#include <string.h>

/* Half a byte for each handle's number. */
enum { SOCKETS = 8192, PER_WORD = 8, BITS = 4, MASK = 15 };
FVM_STATE static uint32_t states[SOCKETS / PER_WORD];

/* @return its place; SOCKETS: none */
static uint32_t place_of(HANDLE socket)
{
    uintptr_t number = (uintptr_t)socket >> 2;

    return number < SOCKETS ? (uint32_t)number : SOCKETS;
}

enum network_state network_state(HANDLE socket)
{
    uint32_t at = place_of(socket);

    if (at == SOCKETS)
        return NETWORK_UNKNOWN;
    return __atomic_load_n(&states[at / PER_WORD], __ATOMIC_ACQUIRE) >> at % PER_WORD * BITS & MASK;
}

void network_set_state(HANDLE socket, enum network_state state)
{
    uint32_t at = place_of(socket), shift = at % PER_WORD * BITS, before, after;

    if (at == SOCKETS)
        return;
    before = __atomic_load_n(&states[at / PER_WORD], __ATOMIC_ACQUIRE);
    do
        after = (before & ~((uint32_t)MASK << shift)) | (uint32_t)state << shift;
    while (!__atomic_compare_exchange_n(&states[at / PER_WORD], &before, after, false,
                                        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
}

NTSTATUS network_name(HANDLE socket, uint8_t *address)
{
    IO_STATUS_BLOCK io;
    const struct network_call call = {.handle = socket,
                                      .io = &io,
                                      .code = AFD_GETSOCKNAME,
                                      .out = address,
                                      .out_cb = FVM_NETADDR_CB};

    return network_pass(&call);
}

static NTSTATUS bind_to(HANDLE socket, bool is_v6, bool inside)
{
    struct afd_bind bind = {0};
    uint8_t bound[FVM_NETADDR_CB];
    size_t cb = fvm_netaddr_make_any(bind.address, is_v6);
    IO_STATUS_BLOCK io;
    const struct network_call call = {.handle = socket,
                                      .io = &io,
                                      .code = AFD_BIND,
                                      .in = &bind,
                                      .in_cb = (ULONG)(offsetof(struct afd_bind, address) + cb),
                                      .out = bound,
                                      .out_cb = sizeof(bound)};

    if (inside)
        fvm_netaddr_put(bind.address, fvm_engine.block->vm);
    return network_pass(&call);
}

NTSTATUS network_settle(HANDLE socket, bool is_v6, bool inside)
{
    enum network_state state = network_state(socket);
    bool is_late = state == NETWORK_LATE_V4 || state == NETWORK_LATE_V6;
    NTSTATUS status;

    if (state == NETWORK_BOUND || state == NETWORK_BOUND_ANY || (!is_late && !inside))
        return STATUS_SUCCESS;
    status = bind_to(socket, is_late ? state == NETWORK_LATE_V6 : is_v6, inside);
    if (is_v6 && status == STATUS_INVALID_PARAMETER && !network_is_bound(socket))
        return STATUS_ADDRESS_NOT_ASSOCIATED;
    /* What cannot be bound is bound, or no socket: the call itself says so. */
    network_set_state(socket, is_late && inside ? NETWORK_BOUND_ANY : NETWORK_BOUND);
    return STATUS_SUCCESS;
}
