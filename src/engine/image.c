/* engine/image.c: see image.h. Images are our own or ntdll: trusted, but not their completeness. */
#include "engine/image.h"

#include "core/base.h"

#include <string.h>

static const void *at(const void *image, size_t rva)
{
    return (const char *)image + rva;
}

const IMAGE_NT_HEADERS *fvm_image_headers(const void *image)
{
    const IMAGE_DOS_HEADER *dos = image;
    const IMAGE_NT_HEADERS *nt;

    if (dos->e_magic != IMAGE_DOS_SIGNATURE || dos->e_lfanew < 0 || dos->e_lfanew > 0xf00)
        return NULL;
    nt = at(image, (size_t)dos->e_lfanew);
    if (nt->Signature != IMAGE_NT_SIGNATURE ||
        nt->OptionalHeader.Magic != IMAGE_NT_OPTIONAL_HDR_MAGIC)
        return NULL;
    return nt;
}

size_t fvm_image_cb(const void *image)
{
    const IMAGE_NT_HEADERS *nt = fvm_image_headers(image);

    return nt ? nt->OptionalHeader.SizeOfImage : 0;
}

void *fvm_image_export(const void *image, const char *name)
{
    const IMAGE_NT_HEADERS *nt = fvm_image_headers(image);
    const IMAGE_DATA_DIRECTORY *where;
    const IMAGE_EXPORT_DIRECTORY *exports;
    const DWORD *names, *functions;
    const WORD *ordinals;
    DWORD low = 0, high;

    if (!nt)
        return NULL;
    where = &nt->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXPORT];
    if (!where->Size)
        return NULL;
    exports = at(image, where->VirtualAddress);
    names = at(image, exports->AddressOfNames);
    functions = at(image, exports->AddressOfFunctions);
    ordinals = at(image, exports->AddressOfNameOrdinals);
    for (high = exports->NumberOfNames; low < high;) {
        DWORD middle = (low + high) / 2;
        int order = strcmp(name, at(image, names[middle]));

        if (!order) {
            DWORD rva = functions[ordinals[middle]];
            bool is_forwarder = rva - where->VirtualAddress < where->Size;

            return is_forwarder ? NULL : (void *)(uintptr_t)at(image, rva);
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const IMAGE_SECTION_HEADER *fvm_image_section(const void *image, const char *name)
{
    const IMAGE_NT_HEADERS *nt = fvm_image_headers(image);
    const IMAGE_SECTION_HEADER *sections = nt ? IMAGE_FIRST_SECTION(nt) : NULL;

    for (WORD i = 0; nt && i < nt->FileHeader.NumberOfSections; i++)
        if (!strncmp((const char *)sections[i].Name, name, IMAGE_SIZEOF_SHORT_NAME))
            return &sections[i];
    return NULL;
}

static bool relocate_one(char *where, unsigned type, LONG_PTR delta)
{
    switch (type) {
    case IMAGE_REL_BASED_ABSOLUTE: /* fills a block up */
        return true;
    case IMAGE_REL_BASED_HIGHLOW:
        *(UINT32 *)(void *)where += (UINT32)delta;
        return true;
    case IMAGE_REL_BASED_DIR64:
        *(INT64 *)(void *)where += delta;
        return true;
    default:
        return false;
    }
}

NTSTATUS fvm_image_relocate(void *copy, LONG_PTR delta)
{
    const IMAGE_NT_HEADERS *nt = fvm_image_headers(copy);
    const IMAGE_DATA_DIRECTORY *where;
    size_t offset = 0;

    if (!nt)
        return STATUS_INVALID_IMAGE_FORMAT;
    where = &nt->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_BASERELOC];
    while (offset < where->Size) {
        const IMAGE_BASE_RELOCATION *block = at(copy, where->VirtualAddress + offset);
        const WORD *entries = (const WORD *)(block + 1);

        if (block->SizeOfBlock < sizeof(*block))
            return STATUS_INVALID_IMAGE_FORMAT;
        for (size_t i = 0; i < (block->SizeOfBlock - sizeof(*block)) / sizeof(*entries); i++)
            if (!relocate_one((char *)copy + block->VirtualAddress + (entries[i] & 0xfff),
                              entries[i] >> 12, delta))
                return STATUS_INVALID_IMAGE_FORMAT;
        offset += block->SizeOfBlock;
    }
    return STATUS_SUCCESS;
}

ULONG fvm_section_protection(const IMAGE_SECTION_HEADER *section)
{
    if (section->Characteristics & IMAGE_SCN_MEM_EXECUTE)
        return PAGE_EXECUTE_READ;
    return section->Characteristics & IMAGE_SCN_MEM_WRITE ? PAGE_READWRITE : PAGE_READONLY;
}
