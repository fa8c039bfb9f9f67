/* rooms/processes/system.c: what would change the whole Windows, which is not the VM's. Refused as
 * to a user without the privilege: a program asks for it in vain on any Windows that somebody else
 * looks after. Wine 8 says success to some of these and does nothing. */
#include "engine/real.h"
#include "rooms/processes/handlers.h"
#include "rooms/processes/processes.h"

#define UNUSED __attribute__((unused))

/** @source nt:NtLoadDriver */
NTSTATUS NTAPI processes_NtLoadDriver(UNUSED const UNICODE_STRING *service)
{
    return STATUS_PRIVILEGE_NOT_HELD;
}

/** @source nt:NtUnloadDriver */
NTSTATUS NTAPI processes_NtUnloadDriver(UNUSED const UNICODE_STRING *service)
{
    return STATUS_PRIVILEGE_NOT_HELD;
}

/** The VM is not ended instead: nobody would be asked to save. @source nt:NtShutdownSystem */
NTSTATUS NTAPI processes_NtShutdownSystem(UNUSED ULONG action)
{
    return STATUS_PRIVILEGE_NOT_HELD;
}

/** @source nt:NtInitiatePowerAction */
NTSTATUS NTAPI processes_NtInitiatePowerAction(UNUSED ULONG action, UNUSED ULONG least_state,
                                               UNUSED ULONG flags, UNUSED BOOLEAN asynchronous)
{
    return STATUS_PRIVILEGE_NOT_HELD;
}

/**
 * Read the power state.
 *
 * @param in what has an input sets something; but requests to stay awake are the process' own, and
 *           end with it
 * @source nt:NtPowerInformation
 */
NTSTATUS NTAPI processes_NtPowerInformation(ULONG level, void *in, ULONG in_cb, void *out,
                                            ULONG out_cb)
{
    enum { REQUEST_CREATE = 43, REQUEST_ACTION = 44 };

    if ((in || in_cb) && level != REQUEST_CREATE && level != REQUEST_ACTION)
        return STATUS_PRIVILEGE_NOT_HELD;
    return real.NtPowerInformation(level, in, in_cb, out, out_cb);
}

/**
 * Tell of an error that cannot be handled: a box, as the host shows it.
 *
 * @param option one of them stops the machine
 * @source nt:NtRaiseHardError
 */
NTSTATUS NTAPI processes_NtRaiseHardError(NTSTATUS error, ULONG count, ULONG_PTR strings,
                                          ULONG_PTR *params, ULONG option, ULONG *response)
{
    enum { SHUTDOWN_SYSTEM = 6 };

    if (option == SHUTDOWN_SYSTEM)
        return STATUS_PRIVILEGE_NOT_HELD;
    return real.NtRaiseHardError(error, count, strings, params, option, response);
}

/** @source nt:NtSetSystemTime */
NTSTATUS NTAPI processes_NtSetSystemTime(UNUSED const LARGE_INTEGER *now, UNUSED LARGE_INTEGER *old)
{
    return STATUS_PRIVILEGE_NOT_HELD;
}

/** @source nt:NtSetSystemInformation */
NTSTATUS NTAPI processes_NtSetSystemInformation(UNUSED ULONG class, UNUSED void *info,
                                                UNUSED ULONG cb)
{
    return STATUS_PRIVILEGE_NOT_HELD;
}

/** @source nt:NtSystemDebugControl */
NTSTATUS NTAPI processes_NtSystemDebugControl(UNUSED ULONG command, UNUSED void *in,
                                              UNUSED ULONG in_cb, UNUSED void *out,
                                              UNUSED ULONG out_cb, UNUSED ULONG *needed)
{
    return STATUS_ACCESS_DENIED;
}

/** @source nt:NtSetDebugFilterState */
NTSTATUS NTAPI processes_NtSetDebugFilterState(UNUSED ULONG component, UNUSED ULONG level,
                                               UNUSED BOOLEAN state)
{
    return STATUS_ACCESS_DENIED;
}

/** @source nt:NtSetIntervalProfile */
NTSTATUS NTAPI processes_NtSetIntervalProfile(UNUSED ULONG interval, UNUSED ULONG source)
{
    return STATUS_PRIVILEGE_NOT_HELD;
}

/** @source nt:NtDisplayString */
NTSTATUS NTAPI processes_NtDisplayString(UNUSED const UNICODE_STRING *text)
{
    return STATUS_PRIVILEGE_NOT_HELD;
}

/** @source nt:NtCreatePagingFile */
NTSTATUS NTAPI processes_NtCreatePagingFile(UNUSED const UNICODE_STRING *file,
                                            UNUSED const LARGE_INTEGER *least_cb,
                                            UNUSED const LARGE_INTEGER *most_cb,
                                            UNUSED ULONG priority)
{
    return STATUS_PRIVILEGE_NOT_HELD;
}

/**
 * Change something of a process.
 *
 * @param class a critical process stops the machine when it ends; with another device map the names
 *              of drives mean something else, which the files room would not know
 * @source nt:NtSetInformationProcess
 */
NTSTATUS NTAPI processes_NtSetInformationProcess(HANDLE process, ULONG class, void *info, ULONG cb)
{
    enum { DEVICE_MAP = 23, BREAK_ON_TERMINATION = 29 };

    if (class == DEVICE_MAP || class == BREAK_ON_TERMINATION)
        return STATUS_PRIVILEGE_NOT_HELD;
    return real.NtSetInformationProcess(process, class, info, cb);
}

/** The same for a thread. @source nt:NtSetInformationThread */
NTSTATUS NTAPI processes_NtSetInformationThread(HANDLE thread, ULONG class, const void *info,
                                                ULONG cb)
{
    enum { BREAK_ON_TERMINATION = 18 };

    if (class == BREAK_ON_TERMINATION)
        return STATUS_PRIVILEGE_NOT_HELD;
    return real.NtSetInformationThread(thread, class, info, cb);
}
