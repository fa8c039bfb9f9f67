/* engine/image.c: see image.h. Images are our own or ntdll: trusted, but not their completeness. */
#include "engine/image.h"

#include "core/base.h"

#include <string.h>

static const void *at(const void *image, size_t rva)
{
    return (const char *)image + rva;
}

const IMAGE_NT_HEADERS32 *fvm_image_headers(const void *image)
{
    const IMAGE_DOS_HEADER *dos = image;
    const IMAGE_NT_HEADERS32 *nt;

    if (dos->e_magic != IMAGE_DOS_SIGNATURE || dos->e_lfanew < 0 || dos->e_lfanew > 0xe00)
        return NULL;
    nt = at(image, (size_t)dos->e_lfanew);
    if (nt->Signature != IMAGE_NT_SIGNATURE ||
        (nt->OptionalHeader.Magic != IMAGE_NT_OPTIONAL_HDR32_MAGIC &&
         nt->OptionalHeader.Magic != IMAGE_NT_OPTIONAL_HDR64_MAGIC))
        return NULL;
    return nt;
}

/* The other form of the headers; NULL: they are not of this form. */
static const IMAGE_NT_HEADERS64 *headers_64(const void *image)
{
    const IMAGE_NT_HEADERS32 *nt = fvm_image_headers(image);

    return nt && nt->OptionalHeader.Magic == IMAGE_NT_OPTIONAL_HDR64_MAGIC ? (const void *)nt
                                                                           : NULL;
}

bool fvm_image_is_64(const void *image)
{
    return headers_64(image) != NULL;
}

size_t fvm_image_cb(const void *image)
{
    const IMAGE_NT_HEADERS32 *nt = fvm_image_headers(image);

    return nt ? nt->OptionalHeader.SizeOfImage : 0;
}

uint64_t fvm_image_base(const void *image)
{
    const IMAGE_NT_HEADERS32 *nt = fvm_image_headers(image);
    const IMAGE_NT_HEADERS64 *nt64 = headers_64(image);

    if (nt64)
        return nt64->OptionalHeader.ImageBase;
    return nt ? nt->OptionalHeader.ImageBase : 0;
}

const IMAGE_DATA_DIRECTORY *fvm_image_directory(const void *image, unsigned index)
{
    const IMAGE_NT_HEADERS32 *nt = fvm_image_headers(image);
    const IMAGE_NT_HEADERS64 *nt64 = headers_64(image);

    if (nt64)
        return &nt64->OptionalHeader.DataDirectory[index];
    return nt ? &nt->OptionalHeader.DataDirectory[index] : NULL;
}

void *fvm_image_export(const void *image, const char *name)
{
    const IMAGE_DATA_DIRECTORY *where = fvm_image_directory(image, IMAGE_DIRECTORY_ENTRY_EXPORT);
    const IMAGE_EXPORT_DIRECTORY *exports;
    const DWORD *names, *functions;
    const WORD *ordinals;
    DWORD low = 0, high;

    if (!where || !where->Size)
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

static bool relocate_one(char *where, unsigned type, int64_t delta)
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

/* One page's worth. @param cb bytes of the copy */
static bool relocate_block(char *copy, size_t cb, const IMAGE_BASE_RELOCATION *block, int64_t delta)
{
    const WORD *entries = (const WORD *)(block + 1);
    size_t count = (block->SizeOfBlock - sizeof(*block)) / sizeof(*entries);

    for (size_t i = 0; i < count; i++) {
        uint64_t rva = (uint64_t)block->VirtualAddress + (entries[i] & 0xfff);

        if (rva + sizeof(uint64_t) > cb || !relocate_one(copy + rva, entries[i] >> 12, delta))
            return false;
    }
    return true;
}

NTSTATUS fvm_image_relocate(void *copy, size_t cb, int64_t delta)
{
    const IMAGE_DATA_DIRECTORY *where = fvm_image_directory(copy, IMAGE_DIRECTORY_ENTRY_BASERELOC);
    size_t offset = 0;

    if (!where || (uint64_t)where->VirtualAddress + where->Size > cb)
        return STATUS_INVALID_IMAGE_FORMAT;
    while (offset + sizeof(IMAGE_BASE_RELOCATION) <= where->Size) {
        const IMAGE_BASE_RELOCATION *block = at(copy, where->VirtualAddress + offset);

        if (block->SizeOfBlock < sizeof(*block) || block->SizeOfBlock > where->Size - offset ||
            !relocate_block(copy, cb, block, delta))
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
