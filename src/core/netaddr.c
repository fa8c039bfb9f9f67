/* core/netaddr.c: see netaddr.h. */
#include "core/netaddr.h"

#include <string.h>

enum { FAMILY_V4 = 2, FAMILY_V6 = 23 };                    /* Windows' numbers */
enum { AT_PORT = 2, AT_V4 = 4, AT_V6 = 8, V4_IN_V6 = 12 }; /* bytes */

static const uint8_t mapped[V4_IN_V6] = {[10] = 0xff, [11] = 0xff};

static unsigned family(const uint8_t *address, size_t cb)
{
    unsigned number = cb >= AT_PORT ? (unsigned)(address[0] | address[1] << 8) : 0;

    if (number == FAMILY_V4)
        return cb >= AT_V4 + 4 ? number : 0;
    return number == FAMILY_V6 && cb >= AT_V6 + 16 ? number : 0;
}

/* The four bytes of an IPv4 address, also in an IPv6 one; NULL: another kind. */
static uint8_t *v4_of(uint8_t *address, size_t cb)
{
    switch (family(address, cb)) {
    case FAMILY_V4:
        return address + AT_V4;
    case FAMILY_V6:
        return memcmp(address + AT_V6, mapped, sizeof(mapped)) ? NULL : address + AT_V6 + V4_IN_V6;
    default:
        return NULL;
    }
}

enum fvm_netaddr fvm_netaddr_judge(const uint8_t *address, size_t cb)
{
    static const uint8_t any[16] = {0}, one[16] = {[15] = 1};
    const uint8_t *v4 = v4_of((uint8_t *)(uintptr_t)address, cb);

    if (v4)
        return v4[0] == 127              ? FVM_NETADDR_LOOPBACK
               : memcmp(v4, any, 4) != 0 ? FVM_NETADDR_OTHER
                                         : FVM_NETADDR_ANY;
    if (family(address, cb) != FAMILY_V6)
        return FVM_NETADDR_OTHER;
    return !memcmp(address + AT_V6, any, sizeof(any))   ? FVM_NETADDR_ANY
           : !memcmp(address + AT_V6, one, sizeof(one)) ? FVM_NETADDR_LOOPBACK
                                                        : FVM_NETADDR_OTHER;
}

uint16_t fvm_netaddr_port(const uint8_t *address)
{
    return (uint16_t)(address[AT_PORT] << 8 | address[AT_PORT + 1]);
}

void fvm_netaddr_set_port(uint8_t *address, uint16_t port)
{
    address[AT_PORT] = (uint8_t)(port >> 8);
    address[AT_PORT + 1] = (uint8_t)port;
}

bool fvm_netaddr_is_v6(const uint8_t *address, size_t cb)
{
    return family(address, cb) == FAMILY_V6;
}

/* 127.70 is F as in FVM; no other reason. */
static void make_v4(uint8_t *v4, uint32_t vm)
{
    v4[0] = 127;
    v4[1] = 'F';
    v4[2] = (uint8_t)(vm >> 8);
    v4[3] = (uint8_t)vm;
}

void fvm_netaddr_put(uint8_t *address, uint32_t vm)
{
    bool is_v6 = fvm_netaddr_is_v6(address, FVM_NETADDR_CB);

    if (is_v6)
        memcpy(address + AT_V6, mapped, sizeof(mapped));
    make_v4(address + (is_v6 ? AT_V6 + V4_IN_V6 : AT_V4), vm);
}

bool fvm_netaddr_unmap(uint8_t *address, size_t cb, uint32_t vm, bool is_any)
{
    static const uint8_t loopback[4] = {127, 0, 0, 1};
    uint8_t *v4 = v4_of(address, cb), own[4];

    make_v4(own, vm);
    if (!v4 || memcmp(v4, own, sizeof(own)) != 0)
        return false;
    if (!is_any)
        memcpy(v4, loopback, sizeof(loopback));
    else if (family(address, cb) == FAMILY_V4)
        memset(v4, 0, sizeof(own));
    else
        memset(address + AT_V6, 0, 16);
    return true;
}

size_t fvm_netaddr_make_any(uint8_t *address, bool is_v6)
{
    memset(address, 0, FVM_NETADDR_CB);
    address[0] = is_v6 ? FAMILY_V6 : FAMILY_V4;
    return is_v6 ? FVM_NETADDR_CB : FVM_NETADDR_V4_CB;
}
