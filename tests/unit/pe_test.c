/* tests/unit/pe_test.c: what a file's first bytes say about it: a table, and every shorter cut of
 * it. */
#include "core/pe.h"
#include "tap.h"

#include <string.h>

enum { HEAD_CB = 512, PE_AT = 0x80 };

static void make(uint8_t *head, const char *signature, unsigned machine, unsigned characteristics)
{
    memset(head, 0, HEAD_CB);
    memcpy(head, "MZ", 2);
    head[0x3c] = PE_AT;
    memcpy(head + PE_AT, signature, 4);
    head[PE_AT + 4] = (uint8_t)machine;
    head[PE_AT + 5] = (uint8_t)(machine >> 8);
    head[PE_AT + 22] = (uint8_t)characteristics;
    head[PE_AT + 23] = (uint8_t)(characteristics >> 8);
}

TEST(pe_kinds)
{
    static const struct {
        const char *signature;
        unsigned machine, characteristics;
        enum fvm_pe_kind kind;
    } cases[] = {
        {"PE\0\0", 0x8664, 0x0022, FVM_PE_X64},     {"PE\0\0", 0x014c, 0x0102, FVM_PE_I386},
        {"PE\0\0", 0xaa64, 0x0022, FVM_PE_ARM64},   {"PE\0\0", 0x0200, 0x0022, FVM_PE_OTHER},
        {"PE\0\0", 0x8664, 0x2022, FVM_PE_LIBRARY}, {"PE\0\0", 0x014c, 0x2102, FVM_PE_LIBRARY},
        {"NE\0\0", 0x8664, 0x0022, FVM_PE_WIN16},   {"LE\0\0", 0x8664, 0x0022, FVM_PE_DOS},
    };
    uint8_t head[HEAD_CB];

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        make(head, cases[i].signature, cases[i].machine, cases[i].characteristics);
        ok(fvm_pe_kind(head, HEAD_CB) == cases[i].kind, "case %u: got %d", (unsigned)i,
           (int)fvm_pe_kind(head, HEAD_CB));
    }
    ok(fvm_pe_kind((const uint8_t *)"\177ELF", 4) == FVM_PE_NONE, "ELF");
    ok(fvm_pe_kind(head, 0) == FVM_PE_NONE, "empty");
}

TEST(pe_cut_and_lying_offset)
{
    uint8_t head[HEAD_CB];

    make(head, "PE\0\0", 0x8664, 0x0022);
    /* No cut may be taken for a whole program; what is read beyond a cut shows under ASan. */
    for (size_t cb = 0; cb < PE_AT + 24; cb++) {
        uint8_t exact[PE_AT + 24];

        memcpy(exact, head, cb);
        ok(fvm_pe_kind(exact, cb) != FVM_PE_X64, "cut at %u", (unsigned)cb);
    }
    memset(head + 0x3c, 0xff, 4);
    ok(fvm_pe_kind(head, HEAD_CB) != FVM_PE_X64, "offset beyond the file");
}

TEST(pe_least_length)
{
    static const struct {
        unsigned machine;
        uint64_t header_cb; /* what must be there without any section */
    } cases[] = {{0x8664, PE_AT + 24 + 112}, {0x014c, PE_AT + 24 + 96}};
    enum { SECTIONS_AT = PE_AT + 24 + 0xe0, RAW_CB = 0x3000, RAW_AT = 0x2000 };
    uint8_t head[HEAD_CB];

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        make(head, "PE\0\0", cases[i].machine, 0x0102);
        head[PE_AT + 20] = 0xe0;
        ok(fvm_pe_least_cb(head, HEAD_CB) == cases[i].header_cb, "machine %x: no section",
           cases[i].machine);
        head[PE_AT + 6] = 1;
        head[SECTIONS_AT + 17] = RAW_CB >> 8;
        head[SECTIONS_AT + 21] = RAW_AT >> 8;
        ok(fvm_pe_least_cb(head, HEAD_CB) == RAW_CB + RAW_AT - 4096, "machine %x: one section",
           cases[i].machine);
    }
}
