/* rooms/processes/hooks.c: which processes a program sees, reaches and starts. See README.md. */
#include "rooms/processes/processes.h"

#include "engine/engine.h"
#include "engine/real.h"
#include "rooms/rooms.h"

/* --- starting ------------------------------------------------------------------------------- */

/**
 * Start a process of the VM: suspended first, with the engine in it, and a member.
 *
 * @return NT's status; what cannot be injected is ended, and its status given
 * @source nt:NtCreateUserProcess; paper:process-creation
 */
static NTSTATUS NTAPI processes_NtCreateUserProcess(
    HANDLE *process, HANDLE *thread, ACCESS_MASK process_access, ACCESS_MASK thread_access,
    OBJECT_ATTRIBUTES *process_attr, OBJECT_ATTRIBUTES *thread_attr, ULONG process_flags,
    ULONG thread_flags, RTL_USER_PROCESS_PARAMETERS *params, void *info,
    NT_PS_ATTRIBUTE_LIST *attributes)
{
    bool stays_suspended = thread_flags & THREAD_CREATE_FLAGS_CREATE_SUSPENDED_;
    struct processes_image image;
    NTSTATUS status = processes_find_image(&image, attributes);

    if (!NT_SUCCESS(status))
        return status;
    status = real.NtCreateUserProcess(process, thread, process_access, thread_access, process_attr,
                                      thread_attr,
                                      process_flags & ~(ULONG)PROCESS_CREATE_FLAGS_BREAKAWAY_,
                                      thread_flags | THREAD_CREATE_FLAGS_CREATE_SUSPENDED_, params,
                                      info, (NT_PS_ATTRIBUTE_LIST *)(void *)&image.list);
    processes_release_image(&image);
    if (!NT_SUCCESS(status))
        return status;
    status = processes_adopt(*process);
    if (NT_SUCCESS(status) && !stays_suspended)
        status = real.NtResumeThread(*thread, NULL);
    if (NT_SUCCESS(status))
        return status;
    real.NtTerminateProcess(*process, status);
    real.NtClose(*process);
    real.NtClose(*thread);
    *process = *thread = NULL;
    return status;
}

/** Refuse to start a Linux program. @source nt:__wine_unix_spawnvp */
static NTSTATUS NTAPI processes___wine_unix_spawnvp(char *const argv[], int wait)
{
    (void)argv;
    (void)wait;
    return STATUS_ACCESS_DENIED;
}

/* --- reaching ------------------------------------------------------------------------------- */

/* What was opened, if a member is behind it. */
static NTSTATUS keep_member(HANDLE *handle, bool (*is_member)(HANDLE))
{
    if (is_member(*handle))
        return STATUS_SUCCESS;
    real.NtClose(*handle);
    *handle = NULL;
    return STATUS_INVALID_CID;
}

/**
 * Open a process of the VM; any other number is one that does not exist.
 *
 * @source nt:NtOpenProcess; paper:process-visibility
 */
static NTSTATUS NTAPI processes_NtOpenProcess(HANDLE *handle, ACCESS_MASK access,
                                              const OBJECT_ATTRIBUTES *attr, const CLIENT_ID *id)
{
    NTSTATUS status = real.NtOpenProcess(handle, access, attr, id);

    return NT_SUCCESS(status) ? keep_member(handle, processes_is_member_handle) : status;
}

/** Open a thread of the VM. @source nt:NtOpenThread */
static NTSTATUS NTAPI processes_NtOpenThread(HANDLE *handle, ACCESS_MASK access,
                                             const OBJECT_ATTRIBUTES *attr, const CLIENT_ID *id)
{
    NTSTATUS status = real.NtOpenThread(handle, access, attr, id);

    return NT_SUCCESS(status) ? keep_member(handle, processes_is_member_thread) : status;
}

/** List processes: those of the VM. @source nt:NtQuerySystemInformation */
static NTSTATUS NTAPI processes_NtQuerySystemInformation(ULONG class, void *info, ULONG cb,
                                                         ULONG *needed)
{
    ULONG used = cb;
    NTSTATUS status = real.NtQuerySystemInformation(class, info, cb, &used);

    if (needed)
        *needed = used;
    if (NT_SUCCESS(status) && processes_lists_processes(class) && used <= cb &&
        !processes_keep_members(fvm_engine.block, info, used))
        return STATUS_ACCESS_DENIED; /* cannot be: who asks is a member */
    return status;
}

/** The next process of the VM. @source nt:NtGetNextProcess; not in Wine 8 */
static NTSTATUS NTAPI processes_NtGetNextProcess(HANDLE handle, ACCESS_MASK access,
                                                 ULONG attributes, ULONG flags, HANDLE *next)
{
    HANDLE from = handle;
    NTSTATUS status;

    for (;;) {
        status = real.NtGetNextProcess(from, access, attributes, flags, next);
        if (from != handle)
            real.NtClose(from);
        if (!NT_SUCCESS(status) || processes_is_member_handle(*next))
            return status;
        from = *next;
    }
}

/** No driver is loaded for a VM. @source nt:NtLoadDriver */
static NTSTATUS NTAPI processes_NtLoadDriver(const UNICODE_STRING *service)
{
    (void)service;
    return STATUS_PRIVILEGE_NOT_HELD;
}

static const struct fvm_hook hooks[] = {
    FVM_HOOK(processes, NtCreateUserProcess), FVM_HOOK(processes, NtOpenProcess),
    FVM_HOOK(processes, NtOpenThread),        FVM_HOOK(processes, NtQuerySystemInformation),
    FVM_HOOK(processes, NtGetNextProcess),    FVM_HOOK(processes, NtLoadDriver),
    FVM_HOOK(processes, __wine_unix_spawnvp), {0}};
const struct fvm_room fvm_room_processes = {.name = "processes", .hooks = hooks};
