/* rooms/processes/handlers.h: the handlers of this room, for its table in hooks.c. */
#pragma once
#include "engine/nt.h"

/* answers.c; and the handler of the room below, which it calls */
extern NTSTATUS(NTAPI *processes_query_below)(HANDLE, ULONG, void *, ULONG, ULONG *);
NTSTATUS NTAPI processes_NtQueryInformationProcess(HANDLE process, ULONG class, void *info,
                                                   ULONG cb, ULONG *needed);
/* consoles.c */
NTSTATUS NTAPI processes_NtDeviceIoControlFile(HANDLE handle, HANDLE event, void *apc,
                                               void *context, IO_STATUS_BLOCK *io, ULONG code,
                                               void *in, ULONG in_cb, void *out, ULONG out_cb);
/* jobs.c */
NTSTATUS NTAPI processes_NtIsProcessInJob(HANDLE process, HANDLE job);
NTSTATUS NTAPI processes_NtQueryInformationJobObject(HANDLE job, ULONG class, void *info, ULONG cb,
                                                     ULONG *needed);
/* stack.c */
NTSTATUS NTAPI processes_NtContinue(CONTEXT *context, BOOLEAN alertable);
/* system.c */
NTSTATUS NTAPI processes_NtLoadDriver(const UNICODE_STRING *service);
NTSTATUS NTAPI processes_NtUnloadDriver(const UNICODE_STRING *service);
NTSTATUS NTAPI processes_NtShutdownSystem(ULONG action);
NTSTATUS NTAPI processes_NtInitiatePowerAction(ULONG action, ULONG least_state, ULONG flags,
                                               BOOLEAN asynchronous);
NTSTATUS NTAPI processes_NtPowerInformation(ULONG level, void *in, ULONG in_cb, void *out,
                                            ULONG out_cb);
NTSTATUS NTAPI processes_NtRaiseHardError(NTSTATUS error, ULONG count, ULONG_PTR strings,
                                          ULONG_PTR *params, ULONG option, ULONG *response);
NTSTATUS NTAPI processes_NtSetSystemTime(const LARGE_INTEGER *now, LARGE_INTEGER *old);
NTSTATUS NTAPI processes_NtSetSystemInformation(ULONG class, void *info, ULONG cb);
NTSTATUS NTAPI processes_NtSystemDebugControl(ULONG command, void *in, ULONG in_cb, void *out,
                                              ULONG out_cb, ULONG *needed);
NTSTATUS NTAPI processes_NtSetDebugFilterState(ULONG component, ULONG level, BOOLEAN state);
NTSTATUS NTAPI processes_NtSetIntervalProfile(ULONG interval, ULONG source);
NTSTATUS NTAPI processes_NtDisplayString(const UNICODE_STRING *text);
NTSTATUS NTAPI processes_NtCreatePagingFile(const UNICODE_STRING *file,
                                            const LARGE_INTEGER *least_cb,
                                            const LARGE_INTEGER *most_cb, ULONG priority);
NTSTATUS NTAPI processes_NtSetInformationProcess(HANDLE process, ULONG class, void *info, ULONG cb);
NTSTATUS NTAPI processes_NtSetInformationThread(HANDLE thread, ULONG class, const void *info,
                                                ULONG cb);
