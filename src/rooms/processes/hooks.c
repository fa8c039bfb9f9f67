/* rooms/processes/hooks.c: which processes a program sees, reaches and starts. See README.md. */
#include "rooms/processes/processes.h"

#include "engine/capture.h"
#include "engine/engine.h"
#include "engine/real.h"
#include "rooms/processes/handlers.h"
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
    /* From the VM's job there is no way out, nor from a job that nobody sees. */
    if ((process_flags & PROCESS_CREATE_FLAGS_BREAKAWAY_) && !processes_has_own_job(image.parent))
        process_flags &= ~(ULONG)PROCESS_CREATE_FLAGS_BREAKAWAY_;
    status = real.NtCreateUserProcess(process, thread, process_access, thread_access, process_attr,
                                      thread_attr, process_flags,
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

/* What the caller gave, once; its handle is nothing until there is one. */
static NTSTATUS capture_id(CLIENT_ID *id, const CLIENT_ID *given, HANDLE *handle)
{
    HANDLE none = NULL;
    NTSTATUS status = fvm_copy_guarded(handle, &none, sizeof(none));

    if (!NT_SUCCESS(status))
        return status;
    return given ? fvm_copy_guarded(id, given, sizeof(*id)) : STATUS_ACCESS_VIOLATION;
}

static HANDLE own_number(void)
{
    return (HANDLE)(ULONG_PTR)fvm_engine.pid;
}

/**
 * Open a process of the VM; any other number is one that does not exist.
 *
 * @source nt:NtOpenProcess; paper:process-visibility
 */
static NTSTATUS NTAPI processes_NtOpenProcess(HANDLE *handle, ACCESS_MASK access,
                                              const OBJECT_ATTRIBUTES *attr, const CLIENT_ID *given)
{
    CLIENT_ID id;
    HANDLE held;
    NTSTATUS status = capture_id(&id, given, handle);

    if (!NT_SUCCESS(status))
        return status;
    if (id.UniqueProcess == own_number())
        return real.NtOpenProcess(handle, access, attr, &id);
    status = processes_hold(&held, &id);
    if (!NT_SUCCESS(status))
        return status;
    status = real.NtOpenProcess(handle, access, attr, &id);
    real.NtClose(held);
    return status;
}

/** Open a thread of the VM. @source nt:NtOpenThread */
static NTSTATUS NTAPI processes_NtOpenThread(HANDLE *handle, ACCESS_MASK access,
                                             const OBJECT_ATTRIBUTES *attr, const CLIENT_ID *given)
{
    CLIENT_ID id;
    HANDLE held;
    NTSTATUS status = capture_id(&id, given, handle);

    if (!NT_SUCCESS(status))
        return status;
    status = processes_hold_thread(&held, &id);
    if (!NT_SUCCESS(status))
        return status;
    status = real.NtOpenThread(handle, access, attr, &id);
    real.NtClose(held);
    return status;
}

/** The next process of the VM. @source nt:NtGetNextProcess; not in Wine 8 */
static NTSTATUS NTAPI processes_NtGetNextProcess(HANDLE handle, ACCESS_MASK access,
                                                 ULONG attributes, ULONG flags, HANDLE *next)
{
    HANDLE from = handle;
    NTSTATUS status;

    for (;;) {
        status = real.NtGetNextProcess(from, access | PROCESS_QUERY_LIMITED_INFORMATION, attributes,
                                       flags, next);
        if (from != handle)
            real.NtClose(from);
        if (!NT_SUCCESS(status) || processes_is_member_handle(*next))
            return status;
        from = *next;
    }
}

/* --- lists and answers ---------------------------------------------------------------------- */

typedef NTSTATUS(NTAPI *query)(ULONG, void *, ULONG, ULONG *);

static NTSTATUS query_system(query call, ULONG class, void *info, ULONG cb, ULONG *needed)
{
    enum processes_answer answer = processes_judge(class);
    ULONG used = 0;
    NTSTATUS status;

    if (answer == PROCESSES_NOT_THERE)
        return call(class, info, cb, needed);
    if (answer == PROCESSES_HIDDEN)
        return STATUS_INVALID_INFO_CLASS;
    if (answer != PROCESSES_LISTED)
        processes_sweep(); /* the list has numbers alone, no times */
    status = call(class, info, cb, &used);
    if (NT_SUCCESS(status) && used <= cb) {
        used = (ULONG)(answer == PROCESSES_LISTED
                           ? processes_keep_members(fvm_engine.block, info, used)
                           : processes_keep_handles(fvm_engine.block,
                                                    answer == PROCESSES_HANDLES_EX, info, used));
        if (!used)
            return STATUS_ACCESS_DENIED; /* cannot be: who asks is a member */
    }
    if (needed && !NT_SUCCESS(fvm_copy_guarded(needed, &used, sizeof(used))))
        return STATUS_ACCESS_VIOLATION;
    return status;
}

/**
 * List processes and handles: those of the VM.
 *
 * @param needed when the buffer is too small: what the whole list would take
 * @source nt:NtQuerySystemInformation; paper:process-visibility
 */
static NTSTATUS NTAPI processes_NtQuerySystemInformation(ULONG class, void *info, ULONG cb,
                                                         ULONG *needed)
{
    return query_system(real.NtQuerySystemInformation, class, info, cb, needed);
}

/** The same under another name. @source nt:RtlGetNativeSystemInformation */
static NTSTATUS NTAPI processes_RtlGetNativeSystemInformation(ULONG class, void *info, ULONG cb,
                                                              ULONG *needed)
{
    return query_system(real.RtlGetNativeSystemInformation, class, info, cb, needed);
}

/** With an input, which no list of processes has. @source nt:NtQuerySystemInformationEx */
static NTSTATUS NTAPI processes_NtQuerySystemInformationEx(ULONG class, void *in, ULONG in_cb,
                                                           void *info, ULONG cb, ULONG *needed)
{
    if (processes_judge(class) != PROCESSES_NOT_THERE)
        return STATUS_INVALID_INFO_CLASS;
    return real.NtQuerySystemInformationEx(class, in, in_cb, info, cb, needed);
}

static const struct fvm_hook hooks[] = {
    FVM_HOOK(processes, NtCreateUserProcess),
    FVM_HOOK(processes, __wine_unix_spawnvp),
    FVM_HOOK(processes, NtOpenProcess),
    FVM_HOOK(processes, NtOpenThread),
    FVM_HOOK(processes, NtGetNextProcess),
    FVM_HOOK(processes, NtQuerySystemInformation),
    FVM_HOOK(processes, NtQuerySystemInformationEx),
    FVM_HOOK(processes, RtlGetNativeSystemInformation),
    FVM_HOOK_OVER(processes, NtQueryInformationProcess, &processes_query_below),
    FVM_HOOK(processes, NtDeviceIoControlFile),
    FVM_HOOK(processes, NtIsProcessInJob),
    FVM_HOOK(processes, NtQueryInformationJobObject),
    FVM_HOOK(processes, NtContinue),
    FVM_HOOK(processes, NtLoadDriver),
    FVM_HOOK(processes, NtUnloadDriver),
    FVM_HOOK(processes, NtShutdownSystem),
    FVM_HOOK(processes, NtInitiatePowerAction),
    FVM_HOOK(processes, NtPowerInformation),
    FVM_HOOK(processes, NtRaiseHardError),
    FVM_HOOK(processes, NtSetSystemTime),
    FVM_HOOK(processes, NtSetSystemInformation),
    FVM_HOOK(processes, NtSystemDebugControl),
    FVM_HOOK(processes, NtSetDebugFilterState),
    FVM_HOOK(processes, NtSetIntervalProfile),
    FVM_HOOK(processes, NtDisplayString),
    FVM_HOOK(processes, NtCreatePagingFile),
    FVM_HOOK(processes, NtSetInformationProcess),
    FVM_HOOK(processes, NtSetInformationThread),
    {0}};
const struct fvm_room fvm_room_processes = {
    .name = "processes", .hooks = hooks, .start = processes_start};
