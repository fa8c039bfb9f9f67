/* engine/child_i386.c: the children of a 32-bit process; see child.h. Those of 64 bits it reaches
 * by NtWow64... calls, which exist for reading, writing and allocating only. */
#ifndef _WIN64
#include "engine/child.h"

#include "engine/image.h"
#include "engine/real.h"

#include <string.h>

/* Both NULL where all processes are 32-bit: none of these is called then. */
static bool has_wow64(void)
{
    return real.NtWow64AllocateVirtualMemory64 && real.NtWow64ReadVirtualMemory64 &&
           real.NtWow64WriteVirtualMemory64;
}

NTSTATUS fvm_child_open(struct fvm_child *child, HANDLE process)
{
    bool is_wow64, am_wow64;
    NTSTATUS status = fvm_child_is_wow64(NT_CURRENT_PROCESS, &am_wow64);

    if (NT_SUCCESS(status))
        status = fvm_child_is_wow64(process, &is_wow64);
    if (!NT_SUCCESS(status))
        return status;
    *child = (struct fvm_child){.process = process, .is_64 = am_wow64 && !is_wow64};
    return child->is_64 && !has_wow64() ? STATUS_INVALID_IMAGE_FORMAT : STATUS_SUCCESS;
}

NTSTATUS fvm_child_allocate(const struct fvm_child *child, uint64_t *base, size_t cb)
{
    ULONG64 size64 = cb;
    void *at = (void *)(uintptr_t)*base;
    SIZE_T size = cb;
    NTSTATUS status;

    if (child->is_64)
        return real.NtWow64AllocateVirtualMemory64(
            child->process, base, 0, &size64, MEM_RESERVE | MEM_COMMIT, PAGE_EXECUTE_READWRITE);
    status = real.NtAllocateVirtualMemory(child->process, &at, 0, &size, MEM_RESERVE | MEM_COMMIT,
                                          PAGE_EXECUTE_READWRITE);
    *base = (uintptr_t)at;
    return status;
}

NTSTATUS fvm_child_read(const struct fvm_child *child, uint64_t from, void *to, size_t cb)
{
    if (child->is_64)
        return real.NtWow64ReadVirtualMemory64(child->process, from, to, cb, NULL);
    return real.NtReadVirtualMemory(child->process, (void *)(uintptr_t)from, to, cb, NULL);
}

NTSTATUS fvm_child_write(const struct fvm_child *child, uint64_t to, const void *from, size_t cb)
{
    void *at = (void *)(uintptr_t)to;
    SIZE_T size = cb;
    ULONG old;
    NTSTATUS status;

    /* Wine writes whatever the protection is. Windows does not: the child is not started then. */
    if (child->is_64)
        return real.NtWow64WriteVirtualMemory64(child->process, to, from, cb, NULL);
    status = real.NtProtectVirtualMemory(child->process, &at, &size, PAGE_EXECUTE_READWRITE, &old);
    return NT_SUCCESS(status)
               ? real.NtWriteVirtualMemory(child->process, (void *)(uintptr_t)to, from, cb, NULL)
               : status;
}

/* It lies where ours does. */
NTSTATUS fvm_child_find_ntdll32(const struct fvm_child *child, const void *ours,
                                struct fvm_start *start)
{
    const void *thunk = fvm_image_export(ours, "LdrInitializeThunk");

    start->ntdll = (uintptr_t)ours;
    start->ldr_thunk = (uintptr_t)thunk;
    if (!thunk ||
        !NT_SUCCESS(fvm_child_read(child, start->ldr_thunk, start->saved, sizeof(start->saved))))
        return STATUS_INVALID_IMAGE_FORMAT;
    return memcmp(start->saved, thunk, sizeof(start->saved)) ? STATUS_INVALID_IMAGE_FORMAT
                                                             : STATUS_SUCCESS;
}
#endif
