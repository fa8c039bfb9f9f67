/* core/pe.c: see pe.h. Offsets are those of the PE/COFF specification. */
#include "core/pe.h"

#include <string.h>

static uint32_t number(const uint8_t *at, size_t cb)
{
    uint32_t value = 0;

    while (cb--)
        value = value << 8 | at[cb];
    return value;
}

static enum fvm_pe_kind machine_kind(uint32_t machine)
{
    switch (machine) {
    case 0x8664:
        return FVM_PE_X64;
    case 0x014c:
        return FVM_PE_I386;
    case 0xaa64:
        return FVM_PE_ARM64;
    default:
        return FVM_PE_OTHER;
    }
}

enum fvm_pe_kind fvm_pe_kind(const uint8_t *head, size_t cb)
{
    enum { LFANEW = 0x3c, COFF_CB = 24, IS_DLL = 0x2000 };
    uint32_t at;

    if (cb < 2 || memcmp(head, "MZ", 2))
        return FVM_PE_NONE;
    if (cb < LFANEW + 4)
        return FVM_PE_DOS;
    at = number(head + LFANEW, 4);
    if (at > cb || cb - at < COFF_CB)
        return FVM_PE_DOS;
    if (!memcmp(head + at, "NE", 2))
        return FVM_PE_WIN16;
    if (memcmp(head + at, "PE\0\0", 4))
        return FVM_PE_DOS;
    if (number(head + at + 22, 2) & IS_DLL)
        return FVM_PE_LIBRARY;
    return machine_kind(number(head + at + 4, 2));
}

uint64_t fvm_pe_least_cb(const uint8_t *head, size_t cb)
{
    enum { LFANEW = 0x3c, COFF_CB = 24, SECTION_CB = 40, ALIGNMENT = 4096 };
    uint32_t at = number(head + LFANEW, 4), count = number(head + at + 6, 2);
    uint64_t table = (uint64_t)at + COFF_CB + number(head + at + 20, 2);
    /* Without the directories, which are counted in the header. */
    const unsigned optional_cb = machine_kind(number(head + at + 4, 2)) == FVM_PE_I386 ? 96 : 112;
    uint64_t least = (uint64_t)at + COFF_CB + optional_cb;

    for (size_t i = 0; i < count && table + (i + 1) * SECTION_CB <= cb; i++) {
        const uint8_t *section = head + table + i * SECTION_CB;
        uint64_t end = (uint64_t)number(section + 16, 4) + number(section + 20, 4);

        if (end > ALIGNMENT && end - ALIGNMENT > least)
            least = end - ALIGNMENT;
    }
    return least;
}
