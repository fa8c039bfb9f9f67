/* engine/entry.c: the first code of a process of a VM. The parent diverted ntdll's
 * LdrInitializeThunk here: no heap, no loader, no other DLL, one thread. A process in which this
 * fails ends: nothing runs half hooked. */
#include "engine/child.h"
#include "engine/engine.h"
#include "engine/hook.h"
#include "engine/image.h"
#include "engine/real.h"
#include "engine/start.h"
#include "rooms/rooms.h"

#include <string.h>

FVM_STATE struct fvm_start fvm_start;
FVM_STATE struct fvm_engine fvm_engine;

/* Called by fvm_divert only. */
void fvm_engine_init(void) __asm__("fvm_engine_init");

/* x64: at entry the stack is 16n+8, and the four argument registers belong to LdrInitializeThunk.
 * i386: the arguments are on the stack; the registers are kept all the same. */
__attribute__((naked)) void fvm_divert(void)
{
#ifdef _WIN64
    __asm__("push %rcx\n"
            "push %rdx\n"
            "push %r8\n"
            "push %r9\n"
            "sub $0x28, %rsp\n"
            "call fvm_engine_init\n"
            "add $0x28, %rsp\n"
            "pop %r9\n"
            "pop %r8\n"
            "pop %rdx\n"
            "pop %rcx\n"
            "jmp *fvm_start(%rip)\n");
#else
    __asm__("pushal\n"
            "mov %esp, %ebp\n"
            "and $-16, %esp\n"
            "call fvm_engine_init\n"
            "mov %ebp, %esp\n"
            "popal\n"
            "jmp *_fvm_start\n");
#endif
}

/* Later threads begin at the thunk too: it must be as it was. */
static NTSTATUS restore_thunk(void)
{
    void *at = (void *)(uintptr_t)fvm_start.ldr_thunk;
    SIZE_T cb = sizeof(fvm_start.saved);
    ULONG old;
    NTSTATUS status =
        real.NtProtectVirtualMemory(NT_CURRENT_PROCESS, &at, &cb, PAGE_EXECUTE_READWRITE, &old);

    if (!NT_SUCCESS(status))
        return status;
    memcpy((void *)(uintptr_t)fvm_start.ldr_thunk, fvm_start.saved, sizeof(fvm_start.saved));
    return real.NtProtectVirtualMemory(NT_CURRENT_PROCESS, &at, &cb, PAGE_EXECUTE_READ, &old);
}

/* The parent may be of the other bitness, and unable to do this. */
static NTSTATUS protect_engine(void)
{
    const char *image = fvm_engine.image;
    const IMAGE_NT_HEADERS32 *nt = fvm_image_headers(image);
    const IMAGE_SECTION_HEADER *sections = IMAGE_FIRST_SECTION(nt);
    void *headers = (void *)(uintptr_t)image;
    SIZE_T headers_cb = nt->OptionalHeader.SizeOfHeaders;
    ULONG before;
    NTSTATUS status = real.NtProtectVirtualMemory(NT_CURRENT_PROCESS, &headers, &headers_cb,
                                                  PAGE_READONLY, &before);

    for (WORD i = 0; NT_SUCCESS(status) && i < nt->FileHeader.NumberOfSections; i++) {
        void *at = (void *)(uintptr_t)(image + sections[i].VirtualAddress);
        SIZE_T cb = sections[i].Misc.VirtualSize;
        ULONG protection = fvm_section_protection(&sections[i]), old;

        if (cb)
            status = real.NtProtectVirtualMemory(NT_CURRENT_PROCESS, &at, &cb, protection, &old);
    }
    return status;
}

/* Behind the engine, if there is room: low addresses are scarce, and programs ask for them. */
static NTSTATUS map_view(HANDLE section, void **view, SIZE_T *cb)
{
    enum { BEHIND_CB = 1 << 24 };
    void *const wanted[] = {(void *)((uintptr_t)fvm_engine.image + BEHIND_CB), NULL};
    NTSTATUS status = STATUS_SUCCESS;

    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        *view = wanted[i];
        *cb = 0;
        status = real.NtMapViewOfSection(section, NT_CURRENT_PROCESS, view, 0, 0, NULL, cb,
                                         NT_VIEW_UNMAP, 0, PAGE_READWRITE);
        if (NT_SUCCESS(status))
            break;
    }
    return status;
}

static NTSTATUS map_block(void)
{
    UNICODE_STRING name = {.Buffer = fvm_start.section};
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr), .ObjectName = &name};
    HANDLE section;
    void *view = NULL;
    SIZE_T cb = 0;
    NTSTATUS status;

    while (name.Length / sizeof(WCHAR) < FVM_SECTION_NAME_CCH &&
           fvm_start.section[name.Length / sizeof(WCHAR)])
        name.Length += sizeof(WCHAR);
    name.MaximumLength = name.Length;
    status = real.NtOpenSection(&section, SECTION_MAP_READ | SECTION_MAP_WRITE, &attr);
    if (!NT_SUCCESS(status))
        return status;
    status = map_view(section, &view, &cb);
    real.NtClose(section);
    if (!NT_SUCCESS(status))
        return status;
    if (cb < sizeof(struct fvm_block) || fvm_failed(fvm_block_check(view)))
        return STATUS_REVISION_MISMATCH;
    fvm_engine.block = view;
    return STATUS_SUCCESS;
}

static NTSTATUS start(void)
{
    NTSTATUS status;

    fvm_engine.ntdll = (const void *)(uintptr_t)fvm_start.ntdll;
    fvm_engine.image = (const void *)(uintptr_t)fvm_start.image;
    status = fvm_real_find(fvm_engine.ntdll);
    if (NT_SUCCESS(status))
        status = restore_thunk();
    if (NT_SUCCESS(status))
        status = protect_engine();
    if (NT_SUCCESS(status))
        status = map_block();
    if (!NT_SUCCESS(status))
        return status;
    fvm_engine.section = fvm_start.section;
    fvm_engine.roles = (uint32_t)fvm_start.roles;
    fvm_engine.pid = (DWORD)(ULONG_PTR)NtCurrentTeb()->Reserved1[8]; /* ClientId.UniqueProcess */
    status = fvm_child_is_wow64(NT_CURRENT_PROCESS, &fvm_engine.is_wow64);
    if (!NT_SUCCESS(status))
        return status;
    for (const struct fvm_room *const *room = fvm_rooms; *room; room++)
        if ((*room)->start) {
            status = (*room)->start();
            if (!NT_SUCCESS(status))
                return status;
        }
    return fvm_hooks_install(fvm_engine.ntdll, fvm_rooms);
}

void fvm_engine_init(void)
{
    NTSTATUS status = start();

    if (NT_SUCCESS(status))
        return;
    if (real.NtTerminateProcess)
        real.NtTerminateProcess(NT_CURRENT_PROCESS, status);
    __builtin_trap();
}
