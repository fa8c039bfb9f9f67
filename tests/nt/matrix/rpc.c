/* tests/nt/matrix/rpc.c: remote procedure calls, by each transport and by the endpoint mapper. One
 * procedure, written by hand: it takes nothing and answers with the token. */
#include "matrix.h"

#include <rpc.h>

#include <stdio.h>
#include <string.h>

#define NDR                                                                                        \
    {                                                                                              \
        {0x8a885d04, 0x1ceb, 0x11c9, {0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60}},            \
        {                                                                                          \
            2, 0                                                                                   \
        }                                                                                          \
    }
#define ID(n)                                                                                      \
    {                                                                                              \
        {0x5f1c9b10, 0x6a3e, 0x4d11, {0x9c, 0x01, 0x66, 0x76, 0x6d, 0x6d, 0x61, n}},               \
        {                                                                                          \
            1, 0                                                                                   \
        }                                                                                          \
    }

static void RPC_ENTRY answer(RPC_MESSAGE *message)
{
    message->BufferLength = TOKEN_CCH;
    if (!I_RpcGetBuffer(message))
        memcpy(message->Buffer, token, TOKEN_CCH);
}

static RPC_DISPATCH_FUNCTION procedures[] = {answer, NULL};
static RPC_DISPATCH_TABLE table = {1, procedures, 0};
static RPC_SERVER_INTERFACE served = {
    sizeof(served), ID(1), NDR, &table, 0, NULL, NULL, NULL, 0,
};
static RPC_CLIENT_INTERFACE called = {
    sizeof(called), ID(1), NDR, NULL, 0, NULL, 0, NULL, 0,
};

enum { FIRST_PORT = 47113, PORTS = 100 };

static RPC_WSTR text(const wchar_t *constant)
{
    return (RPC_WSTR)(uintptr_t)constant;
}

static bool serve(void)
{
    static bool serving;

    if (!serving)
        serving = !RpcServerRegisterIf(&served, NULL, NULL) && !RpcServerListen(1, 20, TRUE);
    return serving;
}

/* m->path: the transport, an NUL, the endpoint */
static const wchar_t *endpoint(struct mechanism *m)
{
    return m->path + wcslen(m->path) + 1;
}
static bool offer_at(struct mechanism *m, const wchar_t *where)
{
    RPC_STATUS status = RpcServerUseProtseqEpW(text(m->path), 20, text(where), NULL);

    SetLastError((DWORD)status);
    return !status && serve();
}
static bool offer_endpoint(struct mechanism *m)
{
    return offer_at(m, endpoint(m));
}
/* The first port that is free: other tests may run on this machine. */
static bool offer_tcp(struct mechanism *m)
{
    wchar_t number[8];

    for (unsigned port = FIRST_PORT; port < FIRST_PORT + PORTS; port++) {
        swprintf(number, 8, L"%u", port);
        if (!offer_at(m, number))
            continue;
        tell("rpc-port", port);
        return true;
    }
    return false;
}
/* Where it listens only the mapper knows. */
static bool offer_mapped(struct mechanism *m)
{
    RPC_BINDING_VECTOR *bindings = NULL;
    RPC_STATUS status = RpcServerUseProtseqW(text(m->path), 20, NULL);

    if (!status && serve())
        status = RpcServerInqBindings(&bindings);
    if (!status)
        status = RpcEpRegisterW(&served, bindings, NULL, text(L"FvmMatrix"));
    SetLastError((DWORD)status);
    return !status;
}
static void end_mapped(struct mechanism *m)
{
    RPC_BINDING_VECTOR *bindings;

    (void)m;
    if (!RpcServerInqBindings(&bindings))
        RpcEpUnregister(&served, bindings, NULL);
}

static enum found call(handle_t binding, char *out)
{
    RPC_MESSAGE message = {.Handle = binding,
                           .DataRepresentation = 0x10,
                           .BufferLength = 4,
                           .RpcInterfaceInformation = &called};
    enum found found = FOUND_NOTHING;

    if (I_RpcGetBuffer(&message))
        return FOUND_NOTHING;
    memset(message.Buffer, 0, 4);
    if (!I_RpcSendReceive(&message) && message.BufferLength >= TOKEN_CCH)
        found = read_token(out, message.Buffer, TOKEN_CCH);
    I_RpcFreeBuffer(&message);
    return found;
}
static enum found reach_endpoint(struct mechanism *m, char *out)
{
    RPC_WSTR name;
    handle_t binding;
    enum found found;
    const wchar_t *at = endpoint(m);
    wchar_t where[] = L"127.0.0.1";

    if (RpcStringBindingComposeW(NULL, text(m->path), wcsstr(m->path, L"tcp") ? text(where) : NULL,
                                 *at ? text(at) : NULL, NULL, &name) ||
        RpcBindingFromStringBindingW(name, &binding))
        return FOUND_NOTHING;
    if (!*at && RpcEpResolveBinding(binding, &called))
        return FOUND_NOTHING;
    found = call(binding, out);
    RpcBindingFree(&binding);
    return found;
}

static enum found reach_tcp(struct mechanism *m, char *out)
{
    wchar_t path[] = L"ncacn_ip_tcp\0       ";
    struct mechanism at = {.path = path};

    (void)m;
    swprintf(path + wcslen(path) + 1, 7, L"%u", (unsigned)told("rpc-port"));
    return reach_endpoint(&at, out);
}

#define ENDPOINT .offer = offer_endpoint, .reach = reach_endpoint
#define MAPPED   .offer = offer_mapped, .end = end_mapped, .reach = reach_endpoint

struct mechanism rpc_mechanisms[] = {
    {"RPC by ncalrpc", L"ncalrpc\0FvmMatrixRpc", ENDPOINT},
    {"RPC by ncacn_np", L"ncacn_np\0\\pipe\\FvmMatrixRpc", ENDPOINT},
    {"RPC by ncacn_ip_tcp", L"ncacn_ip_tcp\0", .offer = offer_tcp, .reach = reach_tcp},
    {"RPC by the endpoint mapper", L"ncalrpc\0", MAPPED},
    {.name = NULL},
};
