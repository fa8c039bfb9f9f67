/* rooms/network/hooks.c: requests of sockets, with the VM's own loopback address in place of the
 * machine's. See README.md. */
#include "engine/capture.h"
#include "engine/engine.h"
#include "engine/heap.h"
#include "engine/image.h"
#include "engine/real.h"
#include "rooms/network/afd.h"
#include "rooms/network/network.h"
#include "rooms/rooms.h"

#include <string.h>

#ifndef STATUS_CONNECTION_REFUSED
#define STATUS_CONNECTION_REFUSED ((NTSTATUS)0xC0000236)
#endif
#define STATUS_INVALID_ADDRESS_COMPONENT_ ((NTSTATUS)0xC0000207)

FVM_STATE static NTSTATUS(NTAPI *control_below)(HANDLE, HANDLE, void *, void *, IO_STATUS_BLOCK *,
                                                ULONG, void *, ULONG, void *, ULONG);

NTSTATUS network_pass(const struct network_call *call)
{
    return control_below(call->handle, call->event, call->apc, call->context, call->io, call->code,
                         (void *)(uintptr_t)call->in, call->in_cb, call->out, call->out_cb);
}

static uint32_t vm(void)
{
    return fvm_engine.block->vm;
}

/* The address in an answer, as the program is to see it. */
static void unmap_answer(const struct network_call *call, bool is_any)
{
    uint8_t address[FVM_NETADDR_CB] = {0};
    ULONG cb = call->out_cb < sizeof(address) ? call->out_cb : sizeof(address);

    if (call->out && NT_SUCCESS(fvm_copy_guarded(address, call->out, cb)) &&
        fvm_netaddr_unmap(address, cb, vm(), is_any))
        fvm_copy_guarded(call->out, address, cb);
}

/* --- bind --------------------------------------------------------------------------------------
 */

/* To any address and any port: which one it has to be shows when it is used. */
static NTSTATUS bind_late(const struct network_call *call, const uint8_t *address, ULONG cb)
{
    const IO_STATUS_BLOCK io = {.Information = cb};

    if (network_is_bound(call->handle))
        return network_pass(call); /* NT refuses it */
    network_set_state(call->handle,
                      fvm_netaddr_is_v6(address, cb) ? NETWORK_LATE_V6 : NETWORK_LATE_V4);
    if (call->out && call->out_cb >= cb)
        fvm_copy_guarded(call->out, address, cb);
    fvm_copy_guarded(call->io, &io, sizeof(io));
    return STATUS_SUCCESS;
}

static NTSTATUS bind_call(const struct network_call *given)
{
    struct afd_bind bind = {0};
    struct network_call changed = *given, *call = &changed;
    ULONG cb = call->in_cb - (ULONG)offsetof(struct afd_bind, address);
    enum fvm_netaddr kind;
    NTSTATUS status;

    if (network_state(call->handle) == NETWORK_OTHER ||
        call->in_cb <= offsetof(struct afd_bind, address) || call->in_cb > sizeof(bind) ||
        !NT_SUCCESS(fvm_copy_guarded(&bind, call->in, call->in_cb)))
        return network_pass(call);
    if (network_state(call->handle) >= NETWORK_LATE_V4)
        return STATUS_INVALID_PARAMETER; /* as NT says of what is bound */
    call->in = &bind;
    kind = fvm_netaddr_judge(bind.address, cb);
    if (kind == FVM_NETADDR_ANY && !fvm_netaddr_port(bind.address))
        return bind_late(call, bind.address, cb);
    if (kind != FVM_NETADDR_OTHER)
        fvm_netaddr_put(bind.address, vm());
    status = network_pass(call);
    /* An IPv6 socket that does not do IPv4: the VM has no such address. */
    if (kind != FVM_NETADDR_OTHER && status == STATUS_INVALID_PARAMETER &&
        fvm_netaddr_is_v6(bind.address, cb) && !network_is_bound(call->handle))
        return STATUS_INVALID_ADDRESS_COMPONENT_;
    if (!NT_SUCCESS(status))
        return status;
    network_set_state(call->handle, kind == FVM_NETADDR_ANY ? NETWORK_BOUND_ANY : NETWORK_BOUND);
    unmap_answer(call, kind == FVM_NETADDR_ANY);
    return status;
}

/* --- whom to reach -------------------------------------------------------------------------------
 */

/* @param address [in,out] whom a socket is to reach @return STATUS_SUCCESS; why it cannot */
static NTSTATUS find_way(HANDLE socket, uint8_t *address, ULONG cb, bool *inside)
{
    bool is_v6 = fvm_netaddr_is_v6(address, cb);

    *inside = fvm_netaddr_judge(address, cb) != FVM_NETADDR_OTHER;
    if (*inside) {
        fvm_netaddr_put(address, vm());
        /* A server of the host's on all addresses would answer. Port 0 refuses, in NT's time. */
        if (!fvm_port_is_served(fvm_engine.block, fvm_netaddr_port(address)))
            fvm_netaddr_set_port(address, 0);
    }
    /* Nobody can listen there. */
    return NT_SUCCESS(network_settle(socket, is_v6, *inside)) ? STATUS_SUCCESS
                                                              : STATUS_CONNECTION_REFUSED;
}

static NTSTATUS connect_call(const struct network_call *given)
{
    struct network_call changed = *given, *call = &changed;
    uint8_t small[256] __attribute__((aligned(8))), *in = small;
    struct afd_connect *connect;
    NTSTATUS status = STATUS_NO_MEMORY;
    bool inside = false;

    if (network_state(call->handle) == NETWORK_OTHER || call->in_cb < sizeof(*connect) + 2)
        return network_pass(call);
    if (call->in_cb > sizeof(small))
        in = fvm_pages(call->in_cb);
    if (in)
        status = fvm_copy_guarded(in, call->in, call->in_cb);
    connect = (struct afd_connect *)(void *)in;
    if (NT_SUCCESS(status) && connect->address_cb > 0 &&
        (ULONG)connect->address_cb <= call->in_cb - sizeof(*connect))
        status = find_way(call->handle, in + sizeof(*connect), (ULONG)connect->address_cb, &inside);
    if (inside) {
        call->in = in;                                  /* taken in before the call is back */
        network_set_state(call->handle, NETWORK_BOUND); /* its name is not `any` any more */
    }
    if (NT_SUCCESS(status) || status == STATUS_ACCESS_VIOLATION)
        status = network_pass(call);
    if (in != small)
        fvm_pages_free(in);
    return status;
}

/* --- the others ---------------------------------------------------------------------------------
 */

/* A handle that was another object's is a socket now. */
static NTSTATUS create_call(const struct network_call *call)
{
    enum { STREAM = 1 };
    struct afd_create create;
    bool is_tcp = call->in_cb >= sizeof(create) &&
                  NT_SUCCESS(fvm_copy_guarded(&create, call->in, sizeof(create))) &&
                  create.type == STREAM;
    NTSTATUS status = network_pass(call);

    if (NT_SUCCESS(status))
        network_set_state(call->handle, is_tcp ? NETWORK_UNKNOWN : NETWORK_OTHER);
    return status;
}

static NTSTATUS accept_call(const struct network_call *call)
{
    NTSTATUS status = network_pass(call);
    ULONG accepted = 0;

    if (status == STATUS_SUCCESS && call->out && call->out_cb >= sizeof(accepted) &&
        NT_SUCCESS(fvm_copy_guarded(&accepted, call->out, sizeof(accepted))))
        network_set_state((HANDLE)(ULONG_PTR)accepted, NETWORK_BOUND);
    return status;
}

/* From now on the VM's programs may connect there. */
static void note_port(HANDLE socket)
{
    uint8_t address[FVM_NETADDR_CB];

    if (network_name(socket, address) == STATUS_SUCCESS)
        fvm_port_serve(fvm_engine.block, fvm_netaddr_port(address));
}

/* It is to be reached, or its address is to be known. */
static NTSTATUS settled_call(const struct network_call *call)
{
    enum network_state state = network_state(call->handle);
    NTSTATUS status;

    if (state == NETWORK_LATE_V4 || state == NETWORK_LATE_V6) {
        status = network_settle(call->handle, state == NETWORK_LATE_V6, true);
        if (!NT_SUCCESS(status))
            return STATUS_INVALID_ADDRESS_COMPONENT_;
    }
    status = network_pass(call);
    if (NT_SUCCESS(status) && call->code == AFD_LISTEN)
        note_port(call->handle);
    if (NT_SUCCESS(status) && call->code == AFD_GETSOCKNAME)
        unmap_answer(call, network_state(call->handle) == NETWORK_BOUND_ANY);
    return status;
}

/**
 * Ask a device for something. Of sockets, the machine's loopback is the VM's own.
 *
 * @return as NT; STATUS_INVALID_ADDRESS_COMPONENT, STATUS_CONNECTION_REFUSED an IPv6 socket on
 *         loopback that does not do IPv4: the VM has no address for it
 * @source nt:NtDeviceIoControlFile; paper:network
 */
static NTSTATUS NTAPI network_NtDeviceIoControlFile(HANDLE handle, HANDLE event, void *apc,
                                                    void *context, IO_STATUS_BLOCK *io, ULONG code,
                                                    void *in, ULONG in_cb, void *out, ULONG out_cb)
{
    struct network_call call = {handle, event, apc, context, io, code, in, in_cb, out, out_cb};
    NTSTATUS status;

    /* Windows' requests are others: nothing is done there yet. */
    if (!real.__wine_unix_spawnvp)
        return network_pass(&call);
    switch (code) {
    case AFD_CREATE:
        return create_call(&call);
    case AFD_BIND:
        return bind_call(&call);
    case AFD_CONNECT:
        return connect_call(&call);
    case AFD_ACCEPT:
        return accept_call(&call);
    case AFD_LISTEN:
    case AFD_GETSOCKNAME:
        return settled_call(&call);
    case AFD_GETPEERNAME:
        status = network_pass(&call);
        if (NT_SUCCESS(status))
            unmap_answer(&call, false);
        return status;
    default:
        return network_pass(&call);
    }
}

static const struct fvm_hook hooks[] = {
    FVM_HOOK_OVER(network, NtDeviceIoControlFile, &control_below), {0}};
const struct fvm_room fvm_room_network = {.name = "network", .hooks = hooks};
