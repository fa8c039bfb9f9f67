/* launcher/net_filter.c: what may leave a VM, as a program for the kernel's packet filter. See
 * net.h. */
#include "launcher/net.h"

#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

/* Offsets in a frame; the header of IPv4 behind that of Ethernet. */
enum {
    AT_TYPE = 12,
    AT_IP = ETH_HLEN,
    AT_FRAGMENT = AT_IP + 6,
    AT_PROTOCOL = AT_IP + 9,
    AT_DESTINATION = AT_IP + 16,
    AT_FLAGS = AT_IP + 13, /* of TCP, behind the length of IPv4's header */
    FRAGMENT_OFFSET = 0x1fff
};
#define PASS UINT32_MAX
#define DROP 0

static void put(struct fvm_net_filter *filter, unsigned code, uint32_t k)
{
    filter->code[filter->count++] = (struct sock_filter)BPF_STMT((uint16_t)code, k);
}

static void load_byte(struct fvm_net_filter *filter, uint32_t at)
{
    put(filter, BPF_LD | BPF_B | BPF_ABS, at);
}

static void load_half(struct fvm_net_filter *filter, uint32_t at)
{
    put(filter, BPF_LD | BPF_H | BPF_ABS, at);
}

/* Test what was loaded, and skip as many as said. */
static void jump(struct fvm_net_filter *filter, unsigned test, uint32_t k, uint8_t if_so,
                 uint8_t if_not)
{
    filter->code[filter->count++] =
        (struct sock_filter)BPF_JUMP((uint16_t)(BPF_JMP | test | BPF_K), k, if_so, if_not);
}

static void answer_if(struct fvm_net_filter *filter, unsigned test, uint32_t k, uint32_t answer)
{
    jump(filter, test, k, 0, 1);
    put(filter, BPF_RET | BPF_K, answer);
}

/* Of what is for a network that is closed: TCP that does not begin a connection. A later fragment
 * has no flags of its own. */
static void put_closed(struct fvm_net_filter *filter)
{
    load_half(filter, AT_FRAGMENT);
    answer_if(filter, BPF_JSET, FRAGMENT_OFFSET, DROP);
    load_byte(filter, AT_PROTOCOL);
    jump(filter, BPF_JEQ, IPPROTO_TCP, 1, 0);
    put(filter, BPF_RET | BPF_K, DROP);
    put(filter, BPF_LDX | BPF_B | BPF_MSH, AT_IP);
    put(filter, BPF_LD | BPF_B | BPF_IND, AT_FLAGS);
    answer_if(filter, BPF_JSET, TH_ACK, PASS);
    put(filter, BPF_RET | BPF_K, DROP);
}

void fvm_net_filter_make(struct fvm_net_filter *filter, const struct fvm_nets *nets)
{
    enum { PER_NET = 4 };

    filter->count = 0;
    load_half(filter, AT_TYPE);
    answer_if(filter, BPF_JEQ, ETHERTYPE_ARP, PASS);
    jump(filter, BPF_JEQ, ETHERTYPE_IP, 1, 0);
    put(filter, BPF_RET | BPF_K, DROP);
    /* Jumps of a test reach 255 instructions only: each network tests for itself and jumps on by
     * an instruction of its own. */
    for (size_t i = 0; i < nets->count; i++) {
        size_t left = nets->count - i - 1;

        put(filter, BPF_LD | BPF_W | BPF_ABS, AT_DESTINATION);
        put(filter, BPF_ALU | BPF_AND | BPF_K, nets->nets[i].mask);
        jump(filter, BPF_JEQ, nets->nets[i].address, 0, 1);
        put(filter, BPF_JMP | BPF_JA, (uint32_t)(left * PER_NET + 1));
    }
    put(filter, BPF_RET | BPF_K, PASS);
    put_closed(filter);
}
