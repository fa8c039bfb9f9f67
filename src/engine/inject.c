/* engine/inject.c: see inject.h. */
#include "engine/inject.h"

#include "engine/image.h"
#include "engine/real.h"
#include "engine/stub.h"

#include <string.h>

/* Where the engine lies in every process, if it can: then copies need no relocation. */
static void *const usual_base =
    (void *)(ULONG_PTR)(sizeof(void *) == 8 ? 0x00000060fd000000ull : 0x60fd0000u);

static NTSTATUS allocate(HANDLE process, void **base, size_t cb)
{
    SIZE_T size = cb;
    NTSTATUS status;

    *base = usual_base;
    status = real.NtAllocateVirtualMemory(process, base, 0, &size, MEM_RESERVE | MEM_COMMIT,
                                          PAGE_READWRITE);
    if (NT_SUCCESS(status))
        return status;
    *base = NULL;
    size = cb;
    return real.NtAllocateVirtualMemory(process, base, 0, &size, MEM_RESERVE | MEM_COMMIT,
                                        PAGE_READWRITE);
}

static void release(HANDLE process, void *base)
{
    SIZE_T size = 0;

    real.NtFreeVirtualMemory(process, &base, &size, MEM_RELEASE);
}

static void *in_copy(void *copy, const void *image, const char *name)
{
    const char *exported = fvm_image_export(image, name);

    return exported ? (char *)copy + (exported - (const char *)image) : NULL;
}

/* The engine as the child shall have it: constant parts from ours, state empty but for the start.
 */
static NTSTATUS prepare(void *copy, const void *image, const void *base,
                        const struct fvm_start *start)
{
    const IMAGE_SECTION_HEADER *state = fvm_image_section(image, FVM_STATE_SECTION);
    struct fvm_start *in_child = in_copy(copy, image, "fvm_start");
    NTSTATUS status = STATUS_SUCCESS;

    if (!state || !in_child)
        return STATUS_INVALID_IMAGE_FORMAT;
    memcpy(copy, image, fvm_image_cb(image));
    memset((char *)copy + state->VirtualAddress, 0, state->Misc.VirtualSize);
    if (base != image)
        status = fvm_image_relocate(copy, (const char *)base - (const char *)image);
    *in_child = *start;
    return status;
}

static NTSTATUS protect(HANDLE process, void *base, const void *image)
{
    const IMAGE_NT_HEADERS *nt = fvm_image_headers(image);
    const IMAGE_SECTION_HEADER *sections = IMAGE_FIRST_SECTION(nt);
    NTSTATUS status = STATUS_SUCCESS;

    for (WORD i = 0; NT_SUCCESS(status) && i < nt->FileHeader.NumberOfSections; i++) {
        void *at = (char *)base + sections[i].VirtualAddress;
        SIZE_T cb = sections[i].Misc.VirtualSize;
        ULONG protection = fvm_section_protection(&sections[i]), old;

        if (protection != PAGE_READWRITE && cb)
            status = real.NtProtectVirtualMemory(process, &at, &cb, protection, &old);
    }
    return status;
}

static NTSTATUS write_image(HANDLE process, void *base, const void *image,
                            const struct fvm_start *start)
{
    size_t cb = fvm_image_cb(image);
    void *copy = NULL;
    SIZE_T size = cb;
    NTSTATUS status = real.NtAllocateVirtualMemory(NT_CURRENT_PROCESS, &copy, 0, &size,
                                                   MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

    if (!NT_SUCCESS(status))
        return status;
    status = prepare(copy, image, base, start);
    if (NT_SUCCESS(status))
        status = real.NtWriteVirtualMemory(process, base, copy, cb, NULL);
    release(NT_CURRENT_PROCESS, copy);
    return NT_SUCCESS(status) ? protect(process, base, image) : status;
}

static NTSTATUS divert(HANDLE process, const struct fvm_start *start, void *to)
{
    UINT8 jump[FVM_START_SAVED_CB];
    void *at = start->ldr_thunk;
    SIZE_T cb = sizeof(jump);
    ULONG old;
    NTSTATUS status;

    memcpy(jump, start->saved, sizeof(jump));
    fvm_stub_write_jump(jump, to);
    /* The child's engine gives the bytes and this protection back. */
    status = real.NtProtectVirtualMemory(process, &at, &cb, PAGE_EXECUTE_READWRITE, &old);
    if (NT_SUCCESS(status))
        status = real.NtWriteVirtualMemory(process, start->ldr_thunk, jump, sizeof(jump), NULL);
    return status;
}

/* Is the child's ntdll where ours is, and untouched? */
static NTSTATUS save_thunk(HANDLE process, struct fvm_start *start)
{
    NTSTATUS status = real.NtReadVirtualMemory(process, start->ldr_thunk, start->saved,
                                               sizeof(start->saved), NULL);

    if (!NT_SUCCESS(status))
        return STATUS_INVALID_IMAGE_FORMAT;
    return memcmp(start->saved, start->ldr_thunk, sizeof(start->saved))
               ? STATUS_INVALID_IMAGE_FORMAT
               : STATUS_SUCCESS;
}

NTSTATUS fvm_inject(HANDLE process, const void *image, const void *ntdll, const WCHAR *section)
{
    struct fvm_start start = {.ldr_thunk = fvm_image_export(ntdll, "LdrInitializeThunk"),
                              .ntdll = ntdll};
    const char *entry = fvm_image_export(image, "fvm_divert");
    void *base = NULL;
    size_t cch = 0;
    NTSTATUS status;

    if (!start.ldr_thunk || !entry)
        return STATUS_ENTRYPOINT_NOT_FOUND;
    while (cch < FVM_SECTION_NAME_CCH - 1 && section[cch]) {
        start.section[cch] = section[cch];
        cch++;
    }
    status = save_thunk(process, &start);
    if (NT_SUCCESS(status))
        status = allocate(process, &base, fvm_image_cb(image));
    if (!NT_SUCCESS(status))
        return status;
    start.image = base;
    status = write_image(process, base, image, &start);
    if (NT_SUCCESS(status))
        status = divert(process, &start, (char *)base + (entry - (const char *)image));
    return status;
}
