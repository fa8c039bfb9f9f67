/* engine/inject.c: see inject.h. The engines lie in the VM's block, where any member may write: of
 * what is there, numbers are checked, and only a copy is worked on. */
#include "engine/inject.h"

#include "engine/child.h"
#include "engine/image.h"
#include "engine/real.h"
#include "engine/stub.h"

#include <string.h>

enum { WOW64_CLASS = 26 };

NTSTATUS fvm_child_is_wow64(HANDLE process, bool *is_wow64)
{
    ULONG_PTR answer = 0; /* the address of a 32-bit PEB; 1 in Wine 8 */
    NTSTATUS status =
        real.NtQueryInformationProcess(process, WOW64_CLASS, &answer, sizeof(answer), NULL);

    *is_wow64 = answer != 0;
    return status;
}

static bool is_usable(const struct fvm_block_engine *engine)
{
    return engine->cb >= 4096 && engine->cb <= FVM_ENGINE_CB && engine->divert < engine->cb &&
           engine->start <= engine->cb - sizeof(struct fvm_start);
}

/* The 64-bit ntdll is where the launcher found it, and untouched? */
static NTSTATUS find_ntdll64(const struct fvm_child *child, const struct fvm_block_engine *engine,
                             struct fvm_start *start)
{
    start->ntdll = engine->ntdll;
    start->ldr_thunk = engine->thunk;
    if (!NT_SUCCESS(fvm_child_read(child, engine->thunk, start->saved, sizeof(start->saved))))
        return STATUS_INVALID_IMAGE_FORMAT;
    return memcmp(start->saved, engine->thunk_head, sizeof(start->saved))
               ? STATUS_INVALID_IMAGE_FORMAT
               : STATUS_SUCCESS;
}

/* At the address that it is linked for, if it can be. */
static NTSTATUS allocate(const struct fvm_child *child, const struct fvm_block_engine *engine,
                         uint64_t *base)
{
    NTSTATUS status;

    *base = engine->base;
    status = fvm_child_allocate(child, base, engine->cb);
    if (NT_SUCCESS(status))
        return status;
    *base = 0;
    return fvm_child_allocate(child, base, engine->cb);
}

static NTSTATUS write_engine(const struct fvm_child *child, const struct fvm_block_engine *engine,
                             const void *image, const struct fvm_start *start)
{
    void *copy = NULL;
    SIZE_T size = engine->cb, all = 0;
    NTSTATUS status = real.NtAllocateVirtualMemory(NT_CURRENT_PROCESS, &copy, 0, &size,
                                                   MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

    if (!NT_SUCCESS(status))
        return status;
    memcpy(copy, image, engine->cb);
    if (start->image != engine->base)
        status = fvm_image_relocate(copy, engine->cb, (int64_t)(start->image - engine->base));
    memcpy((char *)copy + engine->start, start, sizeof(*start));
    if (NT_SUCCESS(status))
        status = fvm_child_write(child, start->image, copy, engine->cb);
    real.NtFreeVirtualMemory(NT_CURRENT_PROCESS, &copy, &all, MEM_RELEASE);
    return status;
}

/* The child's engine gives the bytes back. */
static NTSTATUS divert(const struct fvm_child *child, const struct fvm_start *start, uint64_t to)
{
    UINT8 jump[FVM_THUNK_CB];

    _Static_assert(sizeof(jump) >= FVM_JUMP_CB, "a jump replaces what is saved");
    memcpy(jump, start->saved, sizeof(jump));
    fvm_jump_make(jump, start->ldr_thunk, to, child->is_64);
    return fvm_child_write(child, start->ldr_thunk, jump, sizeof(jump));
}

NTSTATUS fvm_inject(HANDLE process, struct fvm_block *block, const void *ntdll,
                    const WCHAR *section, uint32_t roles)
{
    struct fvm_start start = {.roles = roles};
    struct fvm_block_engine engine;
    struct fvm_child child;
    size_t cch = 0;
    int kind;
    NTSTATUS status = fvm_child_open(&child, process);

    if (!NT_SUCCESS(status))
        return status;
    kind = child.is_64 ? FVM_ENGINE_64 : FVM_ENGINE_32;
    memcpy(&engine, &block->engines[kind], sizeof(engine));
    if (!is_usable(&engine))
        return STATUS_INVALID_IMAGE_FORMAT;
    while (cch < FVM_SECTION_NAME_CCH - 1 && section[cch]) {
        start.section[cch] = section[cch];
        cch++;
    }
    status = child.is_64 ? find_ntdll64(&child, &engine, &start)
                         : fvm_child_find_ntdll32(&child, ntdll, &start);
    if (NT_SUCCESS(status))
        status = allocate(&child, &engine, &start.image);
    if (NT_SUCCESS(status))
        status = write_engine(&child, &engine, fvm_block_engine_image(block, kind), &start);
    return NT_SUCCESS(status) ? divert(&child, &start, start.image + engine.divert) : status;
}
