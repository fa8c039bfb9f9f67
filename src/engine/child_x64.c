/* engine/child_x64.c: the children of a 64-bit process; see child.h. */
#ifdef _WIN64
#include "engine/child.h"

#include "engine/image.h"
#include "engine/real.h"

#include <string.h>

enum { PAGE_CB = 4096, EXPORTS_CB = 1 << 18, BASIC_CLASS = 0 };

NTSTATUS fvm_child_open(struct fvm_child *child, HANDLE process)
{
    bool is_wow64;
    NTSTATUS status = fvm_child_is_wow64(process, &is_wow64);

    *child = (struct fvm_child){.process = process, .is_64 = !is_wow64};
    return status;
}

NTSTATUS fvm_child_allocate(const struct fvm_child *child, uint64_t *base, size_t cb)
{
    void *at = (void *)*base;
    ULONG_PTR zero_bits =
        child->is_64 ? 0 : 0x7fffffff; /* a mask: what an address may consist of */
    NTSTATUS status = real.NtAllocateVirtualMemory(
        child->process, &at, zero_bits, &cb, MEM_RESERVE | MEM_COMMIT, PAGE_EXECUTE_READWRITE);

    *base = (uintptr_t)at;
    return status;
}

NTSTATUS fvm_child_read(const struct fvm_child *child, uint64_t from, void *to, size_t cb)
{
    return real.NtReadVirtualMemory(child->process, (void *)from, to, cb, NULL);
}

NTSTATUS fvm_child_write(const struct fvm_child *child, uint64_t to, const void *from, size_t cb)
{
    void *at = (void *)to;
    SIZE_T size = cb;
    ULONG old;
    NTSTATUS status =
        real.NtProtectVirtualMemory(child->process, &at, &size, PAGE_EXECUTE_READWRITE, &old);

    return NT_SUCCESS(status)
               ? real.NtWriteVirtualMemory(child->process, (void *)to, from, cb, NULL)
               : status;
}

/* --- the 32-bit ntdll of a child -------------------------------------------------------------- */

/* What is read of an image. */
struct view {
    uint8_t headers[PAGE_CB];
    uint8_t exports[EXPORTS_CB];
    IMAGE_DATA_DIRECTORY where;
};

/* The exports of an image, if it is one of 32 bits and calls itself ntdll.dll. */
static bool read_ntdll(const struct fvm_child *child, uint64_t base, struct view *view)
{
    static const char name[] = "ntdll.dll";
    const IMAGE_NT_HEADERS32 *nt;
    const IMAGE_EXPORT_DIRECTORY *exports = (const void *)view->exports;

    if (!NT_SUCCESS(fvm_child_read(child, base, view->headers, sizeof(view->headers))))
        return false;
    nt = fvm_image_headers(view->headers);
    if (!nt || nt->FileHeader.Machine != IMAGE_FILE_MACHINE_I386)
        return false;
    view->where = *fvm_image_directory(view->headers, IMAGE_DIRECTORY_ENTRY_EXPORT);
    if (view->where.Size < sizeof(*exports) || view->where.Size > sizeof(view->exports) ||
        !NT_SUCCESS(fvm_child_read(child, base + view->where.VirtualAddress, view->exports,
                                   view->where.Size)))
        return false;
    return exports->Name - view->where.VirtualAddress <= view->where.Size - sizeof(name) &&
           !memcmp(view->exports + (exports->Name - view->where.VirtualAddress), name,
                   sizeof(name));
}

/* A part of the exports, by its place in the image; NULL: it is not in them. */
static const void *part(const struct view *view, DWORD rva, size_t cb)
{
    DWORD offset = rva - view->where.VirtualAddress;

    return offset <= view->where.Size && cb <= view->where.Size - offset ? view->exports + offset
                                                                         : NULL;
}

/* @return place of LdrInitializeThunk in the image; 0 there is none */
static DWORD find_thunk(const struct view *view)
{
    static const char name[] = "LdrInitializeThunk";
    const IMAGE_EXPORT_DIRECTORY *exports = (const void *)view->exports;
    DWORD count = exports->NumberOfNames;
    const DWORD *names = part(view, exports->AddressOfNames, count * sizeof(*names));
    const WORD *ordinals = part(view, exports->AddressOfNameOrdinals, count * sizeof(*ordinals));

    for (DWORD i = 0; names && ordinals && i < count; i++) {
        const char *text = part(view, names[i], sizeof(name));
        const DWORD *function =
            part(view, exports->AddressOfFunctions + ordinals[i] * (DWORD)sizeof(DWORD),
                 sizeof(*function));

        if (text && function && !memcmp(text, name, sizeof(name)))
            return *function;
    }
    return 0;
}

/* Where the program itself lies: it may call itself what it likes. */
static NTSTATUS find_program(const struct fvm_child *child, uint64_t *base)
{
    PROCESS_BASIC_INFORMATION basic;
    NTSTATUS status =
        real.NtQueryInformationProcess(child->process, BASIC_CLASS, &basic, sizeof(basic), NULL);
    const PEB *peb;

    if (!NT_SUCCESS(status))
        return status;
    peb = basic.PebBaseAddress;
    return fvm_child_read(child, (uintptr_t)&peb->Reserved3[1], base, sizeof(*base));
}

/* Images below 4 GB are the program and its ntdll: nothing else is loaded yet. */
static NTSTATUS find_ntdll(const struct fvm_child *child, struct view *view, uint64_t *base)
{
    MEMORY_BASIC_INFORMATION region;
    uint64_t program;
    NTSTATUS status = find_program(child, &program);

    for (uint64_t at = 0; NT_SUCCESS(status) && at < UINT32_MAX; at += region.RegionSize) {
        status = real.NtQueryVirtualMemory(child->process, (void *)at, BASIC_CLASS, &region,
                                           sizeof(region), NULL);
        *base = (uintptr_t)region.BaseAddress;
        if (NT_SUCCESS(status) && region.Type == MEM_IMAGE && *base != program &&
            region.AllocationBase == region.BaseAddress && read_ntdll(child, *base, view))
            return STATUS_SUCCESS;
    }
    return NT_SUCCESS(status) ? STATUS_INVALID_IMAGE_FORMAT : status;
}

NTSTATUS fvm_child_find_ntdll32(const struct fvm_child *child, const void *ours,
                                struct fvm_start *start)
{
    void *room = NULL;
    struct view *view;
    SIZE_T cb = sizeof(*view), all = 0;
    DWORD thunk;
    NTSTATUS status = real.NtAllocateVirtualMemory(NT_CURRENT_PROCESS, &room, 0, &cb,
                                                   MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

    (void)ours;
    if (!NT_SUCCESS(status))
        return status;
    view = room;
    status = find_ntdll(child, view, &start->ntdll);
    thunk = NT_SUCCESS(status) ? find_thunk(view) : 0;
    start->ldr_thunk = start->ntdll + thunk;
    if (NT_SUCCESS(status))
        status = thunk ? fvm_child_read(child, start->ldr_thunk, start->saved, sizeof(start->saved))
                       : STATUS_INVALID_IMAGE_FORMAT;
    real.NtFreeVirtualMemory(NT_CURRENT_PROCESS, &room, &all, MEM_RELEASE);
    return status;
}
#endif
