/* core/netaddr.h: socket addresses of a VM that shares its machine's loopback: the VM's own
 * loopback address in place of the machine's. Pure. Addresses are Windows' sockaddr_in and
 * sockaddr_in6. */
#pragma once
#include "core/base.h"

enum {
    FVM_NETADDR_CB = 28,   /* of the longest, sockaddr_in6 */
    FVM_NETADDR_V4_CB = 16 /* of sockaddr_in */
};
enum fvm_netaddr {
    FVM_NETADDR_OTHER,   /* another machine's, or no internet address: as it is */
    FVM_NETADDR_ANY,     /* 0.0.0.0, :: */
    FVM_NETADDR_LOOPBACK /* 127.0.0.0/8, ::1, and the first as ::ffff:127.0.0.0/104 */
};
/** What is this address? @param address `cb` bytes of a sockaddr */
enum fvm_netaddr fvm_netaddr_judge(const uint8_t *address, size_t cb);
/** Its port; 0: any that is free. Of an internet address. */
uint16_t fvm_netaddr_port(const uint8_t *address);
void fvm_netaddr_set_port(uint8_t *address, uint16_t port);
/** Is it a sockaddr_in6? */
bool fvm_netaddr_is_v6(const uint8_t *address, size_t cb);
/**
 * Put the VM's own loopback address, 127.70.x.y, in place of an address; the port stays. In a
 * sockaddr_in6 it is ::ffff:127.70.x.y, which a socket that does both reaches.
 *
 * @param address of an internet address, large enough for its family
 */
void fvm_netaddr_put(uint8_t *address, uint32_t vm);
/**
 * Put back what a program is to see in place of the VM's own address.
 *
 * @param is_any the program bound the socket to any address
 * @return false: it is another address, which stays as it is
 */
bool fvm_netaddr_unmap(uint8_t *address, size_t cb, uint32_t vm, bool is_any);
/** Make any address, with any free port. @param address [out] FVM_NETADDR_CB bytes @return bytes of
 * it */
size_t fvm_netaddr_make_any(uint8_t *address, bool is_v6);
