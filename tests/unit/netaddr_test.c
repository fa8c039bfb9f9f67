/* A VM's own loopback address: netaddr.h. */
#include "core/netaddr.h"
#include "tap.h"

#include <string.h>

struct address {
    size_t cb;
    uint8_t bytes[FVM_NETADDR_CB];
};

static struct address v4(unsigned port, unsigned a, unsigned b, unsigned c, unsigned d)
{
    return (struct address){16,
                            {2, 0, (uint8_t)(port >> 8), (uint8_t)port, (uint8_t)a, (uint8_t)b,
                             (uint8_t)c, (uint8_t)d}};
}

/* ::ffff:a.b.c.d */
static struct address both(unsigned port, unsigned a, unsigned b, unsigned c, unsigned d)
{
    struct address made = {28, {23, 0, (uint8_t)(port >> 8), (uint8_t)port}};

    made.bytes[18] = made.bytes[19] = 0xff;
    made.bytes[20] = (uint8_t)a;
    made.bytes[21] = (uint8_t)b;
    made.bytes[22] = (uint8_t)c;
    made.bytes[23] = (uint8_t)d;
    return made;
}

static struct address v6(unsigned port, unsigned first, unsigned last)
{
    struct address made = {28, {23, 0, (uint8_t)(port >> 8), (uint8_t)port}};

    made.bytes[8] = (uint8_t)first;
    made.bytes[23] = (uint8_t)last;
    return made;
}

static bool same(struct address a, struct address b)
{
    return a.cb == b.cb && !memcmp(a.bytes, b.bytes, sizeof(a.bytes));
}

TEST(netaddr_knows_loopback)
{
    const struct {
        struct address address;
        enum fvm_netaddr want;
    } cases[] = {
        {v4(80, 127, 0, 0, 1), FVM_NETADDR_LOOPBACK},
        {v4(80, 127, 70, 1, 2), FVM_NETADDR_LOOPBACK},
        {v4(80, 127, 255, 255, 254), FVM_NETADDR_LOOPBACK},
        {v4(80, 0, 0, 0, 0), FVM_NETADDR_ANY},
        {v4(80, 0, 0, 0, 1), FVM_NETADDR_OTHER},
        {v4(80, 128, 0, 0, 1), FVM_NETADDR_OTHER},
        {v4(80, 192, 168, 0, 1), FVM_NETADDR_OTHER},
        {v6(80, 0, 0), FVM_NETADDR_ANY},
        {v6(80, 0, 1), FVM_NETADDR_LOOPBACK},
        {v6(80, 0, 2), FVM_NETADDR_OTHER},
        {v6(80, 0xfe, 1), FVM_NETADDR_OTHER},
        {both(80, 127, 0, 0, 1), FVM_NETADDR_LOOPBACK},
        {both(80, 0, 0, 0, 0), FVM_NETADDR_ANY},
        {both(80, 10, 0, 0, 1), FVM_NETADDR_OTHER},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        ok(fvm_netaddr_judge(cases[i].address.bytes, cases[i].address.cb) == cases[i].want,
           "case %zu", i);
}

TEST(netaddr_takes_short_and_foreign_ones_as_they_are)
{
    struct address loopback = v4(80, 127, 0, 0, 1), loopback6 = v6(80, 0, 1);

    for (size_t cb = 0; cb < 8; cb++)
        ok(fvm_netaddr_judge(loopback.bytes, cb) == FVM_NETADDR_OTHER, "%zu bytes", cb);
    for (size_t cb = 0; cb < 24; cb++)
        ok(fvm_netaddr_judge(loopback6.bytes, cb) == FVM_NETADDR_OTHER, "%zu bytes of IPv6", cb);
    loopback.bytes[0] = 6; /* AF_IPX */
    ok(fvm_netaddr_judge(loopback.bytes, loopback.cb) == FVM_NETADDR_OTHER, "another family");
}

TEST(netaddr_there_and_back)
{
    struct address any = v4(80, 0, 0, 0, 0), own = any, any6 = v6(443, 0, 0), own6 = any6;

    fvm_netaddr_put(own.bytes, 0x1234);
    ok(same(own, v4(80, 127, 70, 0x12, 0x34)), "put");
    fvm_netaddr_put(own6.bytes, 0x1234);
    ok(same(own6, both(443, 127, 70, 0x12, 0x34)), "put into IPv6");
    ok(!fvm_netaddr_unmap(own.bytes, own.cb, 0x1235, true), "another VM's stays");
    ok(fvm_netaddr_unmap(own.bytes, own.cb, 0x1234, true) && same(own, any), "any again");
    ok(fvm_netaddr_unmap(own6.bytes, own6.cb, 0x1234, true) && same(own6, any6), "any again, IPv6");
    own = v4(80, 127, 70, 0x12, 0x34);
    ok(fvm_netaddr_unmap(own.bytes, own.cb, 0x1234, false) && same(own, v4(80, 127, 0, 0, 1)),
       "or the one that all programs know");
    own = both(80, 127, 70, 0x12, 0x34);
    ok(fvm_netaddr_unmap(own.bytes, own.cb, 0x1234, false) && same(own, both(80, 127, 0, 0, 1)),
       "in IPv6");
    own = v4(80, 10, 0, 0, 1);
    ok(!fvm_netaddr_unmap(own.bytes, own.cb, 0x1234, false), "other machines stay");
}

TEST(netaddr_makes_one)
{
    struct address made = {0, {0}};

    made.cb = fvm_netaddr_make_any(made.bytes, false);
    ok(same(made, v4(0, 0, 0, 0, 0)), "any");
    fvm_netaddr_put(made.bytes, 7);
    ok(same(made, v4(0, 127, 70, 0, 7)) && !fvm_netaddr_port(made.bytes), "IPv4");
    made.cb = fvm_netaddr_make_any(made.bytes, true);
    ok(same(made, v6(0, 0, 0)), "any, IPv6");
    fvm_netaddr_put(made.bytes, 7);
    ok(same(made, both(0, 127, 70, 0, 7)) && fvm_netaddr_is_v6(made.bytes, made.cb), "IPv6");
    made = v4(1, 0, 0, 0, 0);
    ok(fvm_netaddr_port(made.bytes) == 1 && !fvm_netaddr_is_v6(made.bytes, made.cb), "a port");
    fvm_netaddr_set_port(made.bytes, 0xabcd);
    ok(fvm_netaddr_port(made.bytes) == 0xabcd && same(made, v4(0xabcd, 0, 0, 0, 0)), "another");
}
