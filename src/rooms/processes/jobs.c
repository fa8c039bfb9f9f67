/* rooms/processes/jobs.c: the VM's own job holds all its processes and is not seen by them;
 * programs' jobs are nested in it. */
#include "engine/real.h"
#include "rooms/processes/handlers.h"
#include "rooms/processes/processes.h"

#include <string.h>

/* --- the VM's job ----------------------------------------------------------------------------- */

/* Its name is the block's with another last part (launcher/win/spawn.c). */
static USHORT make_name(WCHAR *name, size_t cap_cch)
{
    static const char job[] = "__fvm_job_";
    char digits[10];
    size_t cch = 0, count = 0;
    uint32_t number = fvm_engine.block->vm;

    for (size_t i = 0; i < cap_cch && fvm_engine.section[i]; i++) {
        name[i] = fvm_engine.section[i];
        if (name[i] == '\\')
            cch = i + 1;
    }
    if (cap_cch - cch < sizeof(job) + sizeof(digits))
        return 0;
    for (size_t i = 0; job[i]; i++)
        name[cch++] = (WCHAR)job[i];
    do
        digits[count++] = (char)('0' + number % 10);
    while (number /= 10);
    while (count)
        name[cch++] = (WCHAR)digits[--count];
    return (USHORT)(cch * sizeof(WCHAR));
}

static NTSTATUS open_vm_job(HANDLE *job)
{
    WCHAR text[192];
    UNICODE_STRING name = {.Length = make_name(text, ARRAY_LEN(text)), .Buffer = text};
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr), .ObjectName = &name};

    name.MaximumLength = name.Length;
    return real.NtOpenJobObject(job, JOB_OBJECT_ASSIGN_PROCESS, &attr);
}

/* NT tells nobody which job a process is in. But it can be put into the VM's job once more if it is
 * right inside: nothing happens; not if it is in a job nested in that. So it is in Wine 8; not seen
 * on Windows. */
static bool is_right_inside(HANDLE process)
{
    HANDLE job;
    NTSTATUS status = open_vm_job(&job);

    if (!NT_SUCCESS(status))
        return true;
    status = real.NtAssignProcessToJobObject(job, process);
    real.NtClose(job);
    return NT_SUCCESS(status);
}

bool processes_has_own_job(HANDLE process)
{
    CLIENT_ID id = {0};
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr)};
    HANDLE own;
    bool is_inside;

    if (process == NT_CURRENT_PROCESS)
        return !is_right_inside(process);
    id.UniqueProcess = (HANDLE)(ULONG_PTR)processes_number(process);
    if (!NT_SUCCESS(real.NtOpenProcess(&own, PROCESS_SET_QUOTA | PROCESS_TERMINATE, &attr, &id)))
        return false;
    is_inside = is_right_inside(own);
    real.NtClose(own);
    return !is_inside;
}

/* --- handlers --------------------------------------------------------------------------------- */

/** Make a job; not under FVM's names. @source nt:NtCreateJobObject; paper:jobs */
NTSTATUS NTAPI processes_NtCreateJobObject(HANDLE *handle, ACCESS_MASK access,
                                           const OBJECT_ATTRIBUTES *attr)
{
    return processes_is_fvm_name(attr) ? STATUS_ACCESS_DENIED
                                       : real.NtCreateJobObject(handle, access, attr);
}

/** Open a job; the VM's is not there. @source nt:NtOpenJobObject */
NTSTATUS NTAPI processes_NtOpenJobObject(HANDLE *handle, ACCESS_MASK access,
                                         const OBJECT_ATTRIBUTES *attr)
{
    return processes_is_fvm_name(attr) ? STATUS_OBJECT_NAME_NOT_FOUND
                                       : real.NtOpenJobObject(handle, access, attr);
}

/**
 * Is a process in a job?
 *
 * @param job NULL: in any, of which the VM's is none
 * @source nt:NtIsProcessInJob
 */
NTSTATUS NTAPI processes_NtIsProcessInJob(HANDLE process, HANDLE job)
{
    NTSTATUS status = real.NtIsProcessInJob(process, job);

    if (job || status != STATUS_PROCESS_IN_JOB || processes_has_own_job(process))
        return status;
    return STATUS_PROCESS_NOT_IN_JOB;
}

/**
 * Ask about a job.
 *
 * @param job NULL: the process' own; STATUS_ACCESS_DENIED if it has none, as Windows says. Wine 8
 *            looks at no job then
 * @source nt:NtQueryInformationJobObject
 */
NTSTATUS NTAPI processes_NtQueryInformationJobObject(HANDLE job, ULONG class, void *info, ULONG cb,
                                                     ULONG *needed)
{
    if (!job && !processes_has_own_job(NT_CURRENT_PROCESS))
        return STATUS_ACCESS_DENIED;
    return real.NtQueryInformationJobObject(job, class, info, cb, needed);
}
