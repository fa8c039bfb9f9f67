/* rooms/processes/jobs.c: the VM's own job holds all its processes and is not seen by them;
 * programs' jobs are nested in it. */
#include "engine/own_name.h"
#include "engine/real.h"
#include "rooms/processes/handlers.h"
#include "rooms/processes/processes.h"

/* --- the VM's job ----------------------------------------------------------------------------- */

static NTSTATUS open_vm_job(HANDLE *job)
{
    struct fvm_own_object object;

    fvm_own_object(&object, "job");
    return real.NtOpenJobObject(job, JOB_OBJECT_ASSIGN_PROCESS, &object.attr);
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
