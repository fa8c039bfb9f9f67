/* engine/real.h: NT's calls as they are without FVM. For engine, rooms and launcher/win. */
#pragma once
#include "engine/nt.h"

/* X(result, name, parameters): what is missing on a host stays NULL, if it is in the second list.
 */
#define FVM_REAL_CALLS(X)                                                                          \
    X(NTSTATUS, NtAllocateVirtualMemory, (HANDLE, void **, ULONG_PTR, SIZE_T *, ULONG, ULONG))     \
    X(NTSTATUS, NtFreeVirtualMemory, (HANDLE, void **, SIZE_T *, ULONG))                           \
    X(NTSTATUS, NtProtectVirtualMemory, (HANDLE, void **, SIZE_T *, ULONG, ULONG *))               \
    X(NTSTATUS, NtReadVirtualMemory, (HANDLE, const void *, void *, SIZE_T, SIZE_T *))             \
    X(NTSTATUS, NtWriteVirtualMemory, (HANDLE, void *, const void *, SIZE_T, SIZE_T *))            \
    X(NTSTATUS, NtOpenSection, (HANDLE *, ACCESS_MASK, const OBJECT_ATTRIBUTES *))                 \
    X(NTSTATUS, NtMapViewOfSection,                                                                \
      (HANDLE, HANDLE, void **, ULONG_PTR, SIZE_T, LARGE_INTEGER *, SIZE_T *, ULONG, ULONG,        \
       ULONG))                                                                                     \
    X(NTSTATUS, NtUnmapViewOfSection, (HANDLE, void *))                                            \
    X(NTSTATUS, NtClose, (HANDLE))                                                                 \
    X(NTSTATUS, NtDelayExecution, (BOOLEAN, const LARGE_INTEGER *))                                \
    X(NTSTATUS, NtCreateUserProcess,                                                               \
      (HANDLE *, HANDLE *, ACCESS_MASK, ACCESS_MASK, OBJECT_ATTRIBUTES *, OBJECT_ATTRIBUTES *,     \
       ULONG, ULONG, RTL_USER_PROCESS_PARAMETERS *, void *, NT_PS_ATTRIBUTE_LIST *))               \
    X(NTSTATUS, NtOpenProcess,                                                                     \
      (HANDLE *, ACCESS_MASK, const OBJECT_ATTRIBUTES *, const CLIENT_ID *))                       \
    X(NTSTATUS, NtOpenThread,                                                                      \
      (HANDLE *, ACCESS_MASK, const OBJECT_ATTRIBUTES *, const CLIENT_ID *))                       \
    X(NTSTATUS, NtTerminateProcess, (HANDLE, NTSTATUS))                                            \
    X(NTSTATUS, NtResumeThread, (HANDLE, ULONG *))                                                 \
    X(NTSTATUS, NtResumeProcess, (HANDLE))                                                         \
    X(NTSTATUS, NtQueryInformationProcess, (HANDLE, ULONG, void *, ULONG, ULONG *))                \
    X(NTSTATUS, NtQueryInformationThread, (HANDLE, ULONG, void *, ULONG, ULONG *))                 \
    X(NTSTATUS, NtQuerySystemInformation, (ULONG, void *, ULONG, ULONG *))                         \
    X(NTSTATUS, NtOpenFile,                                                                        \
      (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, ULONG, ULONG))               \
    X(NTSTATUS, NtReadFile,                                                                        \
      (HANDLE, HANDLE, void *, void *, IO_STATUS_BLOCK *, void *, ULONG, LARGE_INTEGER *,          \
       ULONG *))                                                                                   \
    X(NTSTATUS, NtCreateFile,                                                                      \
      (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, LARGE_INTEGER *, ULONG,      \
       ULONG, ULONG, ULONG, void *, ULONG))                                                        \
    X(NTSTATUS, NtWriteFile,                                                                       \
      (HANDLE, HANDLE, void *, void *, IO_STATUS_BLOCK *, const void *, ULONG, LARGE_INTEGER *,    \
       ULONG *))                                                                                   \
    X(NTSTATUS, NtQueryInformationFile, (HANDLE, IO_STATUS_BLOCK *, void *, ULONG, ULONG))         \
    X(NTSTATUS, NtSetInformationFile, (HANDLE, IO_STATUS_BLOCK *, void *, ULONG, ULONG))           \
    X(NTSTATUS, NtQueryDirectoryFile,                                                              \
      (HANDLE, HANDLE, void *, void *, IO_STATUS_BLOCK *, void *, ULONG, ULONG, BOOLEAN,           \
       UNICODE_STRING *, BOOLEAN))                                                                 \
    X(NTSTATUS, NtQueryAttributesFile, (OBJECT_ATTRIBUTES *, void *))                              \
    X(NTSTATUS, NtQueryFullAttributesFile, (OBJECT_ATTRIBUTES *, void *))                          \
    X(NTSTATUS, NtDeleteFile, (OBJECT_ATTRIBUTES *))                                               \
    X(NTSTATUS, NtQueryObject, (HANDLE, ULONG, void *, ULONG, ULONG *))                            \
    X(NTSTATUS, NtQueryVirtualMemory, (HANDLE, const void *, ULONG, void *, SIZE_T, SIZE_T *))     \
    X(NTSTATUS, NtDuplicateObject, (HANDLE, HANDLE, HANDLE, HANDLE *, ACCESS_MASK, ULONG, ULONG))  \
    X(NTSTATUS, NtNotifyChangeDirectoryFile,                                                       \
      (HANDLE, HANDLE, void *, void *, IO_STATUS_BLOCK *, void *, ULONG, ULONG, BOOLEAN))          \
    X(NTSTATUS, NtFsControlFile,                                                                   \
      (HANDLE, HANDLE, void *, void *, IO_STATUS_BLOCK *, ULONG, void *, ULONG, void *, ULONG))    \
    X(NTSTATUS, NtDeviceIoControlFile,                                                             \
      (HANDLE, HANDLE, void *, void *, IO_STATUS_BLOCK *, ULONG, void *, ULONG, void *, ULONG))    \
    X(NTSTATUS, NtSetEaFile, (HANDLE, IO_STATUS_BLOCK *, void *, ULONG))                           \
    X(NTSTATUS, NtLockFile,                                                                        \
      (HANDLE, HANDLE, void *, void *, IO_STATUS_BLOCK *, LARGE_INTEGER *, LARGE_INTEGER *,        \
       ULONG *, BOOLEAN, BOOLEAN))                                                                 \
    X(NTSTATUS, NtUnlockFile,                                                                      \
      (HANDLE, IO_STATUS_BLOCK *, LARGE_INTEGER *, LARGE_INTEGER *, ULONG *))                      \
    X(NTSTATUS, NtQueryVolumeInformationFile, (HANDLE, IO_STATUS_BLOCK *, void *, ULONG, ULONG))   \
    X(NTSTATUS, NtSetVolumeInformationFile, (HANDLE, IO_STATUS_BLOCK *, void *, ULONG, ULONG))     \
    X(NTSTATUS, NtCancelIoFile, (HANDLE, IO_STATUS_BLOCK *))                                       \
    X(NTSTATUS, NtCancelIoFileEx, (HANDLE, IO_STATUS_BLOCK *, IO_STATUS_BLOCK *))                  \
    X(NTSTATUS, NtCreateIoCompletion, (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG))         \
    X(NTSTATUS, NtSetIoCompletion, (HANDLE, ULONG_PTR, ULONG_PTR, NTSTATUS, SIZE_T))               \
    X(NTSTATUS, NtRemoveIoCompletion,                                                              \
      (HANDLE, ULONG_PTR *, ULONG_PTR *, IO_STATUS_BLOCK *, LARGE_INTEGER *))                      \
    X(NTSTATUS, NtCreateEvent, (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG, BOOLEAN))       \
    X(NTSTATUS, NtResetEvent, (HANDLE, LONG *))                                                    \
    X(NTSTATUS, NtWaitForSingleObject, (HANDLE, BOOLEAN, const LARGE_INTEGER *))                   \
    X(NTSTATUS, NtCreateThreadEx,                                                                  \
      (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, HANDLE, void *, void *, ULONG, ULONG_PTR,       \
       SIZE_T, SIZE_T, void *))                                                                    \
    X(NTSTATUS, NtQueueApcThread, (HANDLE, void *, void *, void *, void *))                        \
    X(NTSTATUS, NtSetEvent, (HANDLE, LONG *))                                                      \
    X(NTSTATUS, NtCreateSection,                                                                   \
      (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, LARGE_INTEGER *, ULONG, ULONG, HANDLE))         \
    X(NTSTATUS, NtCreateSymbolicLinkObject,                                                        \
      (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, UNICODE_STRING *))                              \
    X(NTSTATUS, NtCreateNamedPipeFile,                                                             \
      (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, ULONG, ULONG, ULONG, ULONG,  \
       ULONG, ULONG, ULONG, ULONG, ULONG, LARGE_INTEGER *))                                        \
    X(NTSTATUS, NtCreateMailslotFile,                                                              \
      (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, ULONG, ULONG, ULONG,         \
       LARGE_INTEGER *))                                                                           \
    X(NTSTATUS, NtOpenEvent, (HANDLE *, ACCESS_MASK, const OBJECT_ATTRIBUTES *))                   \
    X(NTSTATUS, NtCreateMutant, (HANDLE *, ACCESS_MASK, const OBJECT_ATTRIBUTES *, BOOLEAN))       \
    X(NTSTATUS, NtOpenMutant, (HANDLE *, ACCESS_MASK, const OBJECT_ATTRIBUTES *))                  \
    X(NTSTATUS, NtCreateSemaphore, (HANDLE *, ACCESS_MASK, const OBJECT_ATTRIBUTES *, LONG, LONG)) \
    X(NTSTATUS, NtOpenSemaphore, (HANDLE *, ACCESS_MASK, const OBJECT_ATTRIBUTES *))               \
    X(NTSTATUS, NtCreateTimer, (HANDLE *, ACCESS_MASK, const OBJECT_ATTRIBUTES *, ULONG))          \
    X(NTSTATUS, NtOpenTimer, (HANDLE *, ACCESS_MASK, const OBJECT_ATTRIBUTES *))                   \
    X(NTSTATUS, NtCreateKeyedEvent, (HANDLE *, ACCESS_MASK, const OBJECT_ATTRIBUTES *, ULONG))     \
    X(NTSTATUS, NtOpenKeyedEvent, (HANDLE *, ACCESS_MASK, const OBJECT_ATTRIBUTES *))              \
    X(NTSTATUS, NtOpenIoCompletion, (HANDLE *, ACCESS_MASK, const OBJECT_ATTRIBUTES *))            \
    X(NTSTATUS, NtCreateDebugObject, (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG))          \
    X(NTSTATUS, NtCreateDirectoryObject, (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *))             \
    X(NTSTATUS, NtOpenDirectoryObject, (HANDLE *, ACCESS_MASK, const OBJECT_ATTRIBUTES *))         \
    X(NTSTATUS, NtOpenSymbolicLinkObject, (HANDLE *, ACCESS_MASK, const OBJECT_ATTRIBUTES *))      \
    X(NTSTATUS, NtQuerySymbolicLinkObject, (HANDLE, UNICODE_STRING *, ULONG *))                    \
    X(NTSTATUS, NtCreateJobObject, (HANDLE *, ACCESS_MASK, const OBJECT_ATTRIBUTES *))             \
    X(NTSTATUS, NtOpenJobObject, (HANDLE *, ACCESS_MASK, const OBJECT_ATTRIBUTES *))               \
    X(NTSTATUS, NtIsProcessInJob, (HANDLE, HANDLE))                                                \
    X(NTSTATUS, NtAssignProcessToJobObject, (HANDLE, HANDLE))                                      \
    X(NTSTATUS, NtQueryInformationJobObject, (HANDLE, ULONG, void *, ULONG, ULONG *))              \
    X(NTSTATUS, NtSetInformationProcess, (HANDLE, ULONG, void *, ULONG))                           \
    X(NTSTATUS, NtSetInformationThread, (HANDLE, ULONG, const void *, ULONG))                      \
    X(NTSTATUS, NtOpenKey, (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *))                           \
    X(NTSTATUS, NtOpenKeyEx, (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG))                  \
    X(NTSTATUS, NtCreateKey,                                                                       \
      (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG, UNICODE_STRING *, ULONG, ULONG *))       \
    X(NTSTATUS, NtDeleteKey, (HANDLE))                                                             \
    X(NTSTATUS, NtQueryKey, (HANDLE, ULONG, void *, ULONG, ULONG *))                               \
    X(NTSTATUS, NtEnumerateKey, (HANDLE, ULONG, ULONG, void *, ULONG, ULONG *))                    \
    X(NTSTATUS, NtSetValueKey, (HANDLE, UNICODE_STRING *, ULONG, ULONG, const void *, ULONG))      \
    X(NTSTATUS, NtQueryValueKey, (HANDLE, UNICODE_STRING *, ULONG, void *, ULONG, ULONG *))        \
    X(NTSTATUS, NtEnumerateValueKey, (HANDLE, ULONG, ULONG, void *, ULONG, ULONG *))               \
    X(NTSTATUS, NtDeleteValueKey, (HANDLE, UNICODE_STRING *))                                      \
    X(NTSTATUS, NtQuerySecurityObject, (HANDLE, ULONG, void *, ULONG, ULONG *))                    \
    X(NTSTATUS, NtSetSecurityObject, (HANDLE, ULONG, void *))                                      \
    X(NTSTATUS, NtContinue, (CONTEXT *, BOOLEAN))                                                  \
    X(void, RtlUserThreadStart, (void *, void *))                                                  \
    X(void *, RtlAddVectoredExceptionHandler, (ULONG, void *))                                     \
    X(void *, RtlCreateHeap, (ULONG, void *, SIZE_T, SIZE_T, void *, void *))                      \
    X(void *, RtlAllocateHeap, (void *, ULONG, SIZE_T))                                            \
    X(BOOLEAN, RtlFreeHeap, (void *, ULONG, void *))                                               \
    X(WCHAR, RtlUpcaseUnicodeChar, (WCHAR))
#define FVM_REAL_OPTIONAL(X)                                                                       \
    X(NTSTATUS, NtGetNextProcess, (HANDLE, ACCESS_MASK, ULONG, ULONG, HANDLE *))                   \
    X(NTSTATUS, NtQuerySystemInformationEx, (ULONG, void *, ULONG, void *, ULONG, ULONG *))        \
    X(NTSTATUS, RtlGetNativeSystemInformation, (ULONG, void *, ULONG, ULONG *))                    \
    X(NTSTATUS, NtMakePermanentObject, (HANDLE))                                                   \
    X(NTSTATUS, NtLoadDriver, (const UNICODE_STRING *))                                            \
    X(NTSTATUS, NtUnloadDriver, (const UNICODE_STRING *))                                          \
    X(NTSTATUS, NtShutdownSystem, (ULONG))                                                         \
    X(NTSTATUS, NtInitiatePowerAction, (ULONG, ULONG, ULONG, BOOLEAN))                             \
    X(NTSTATUS, NtPowerInformation, (ULONG, void *, ULONG, void *, ULONG))                         \
    X(NTSTATUS, NtRaiseHardError, (NTSTATUS, ULONG, ULONG_PTR, ULONG_PTR *, ULONG, ULONG *))       \
    X(NTSTATUS, NtSetSystemTime, (const LARGE_INTEGER *, LARGE_INTEGER *))                         \
    X(NTSTATUS, NtSetSystemInformation, (ULONG, void *, ULONG))                                    \
    X(NTSTATUS, NtSystemDebugControl, (ULONG, void *, ULONG, void *, ULONG, ULONG *))              \
    X(NTSTATUS, NtSetDebugFilterState, (ULONG, ULONG, BOOLEAN))                                    \
    X(NTSTATUS, NtSetIntervalProfile, (ULONG, ULONG))                                              \
    X(NTSTATUS, NtDisplayString, (const UNICODE_STRING *))                                         \
    X(NTSTATUS, NtCreatePagingFile,                                                                \
      (const UNICODE_STRING *, const LARGE_INTEGER *, const LARGE_INTEGER *, ULONG))               \
    X(NTSTATUS, NtWow64AllocateVirtualMemory64,                                                    \
      (HANDLE, ULONG64 *, ULONG64, ULONG64 *, ULONG, ULONG))                                       \
    X(NTSTATUS, NtWow64ReadVirtualMemory64, (HANDLE, ULONG64, void *, ULONG64, ULONG64 *))         \
    X(NTSTATUS, NtWow64WriteVirtualMemory64, (HANDLE, ULONG64, const void *, ULONG64, ULONG64 *))  \
    X(NTSTATUS, NtCreateKeyTransacted,                                                             \
      (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG, UNICODE_STRING *, ULONG, HANDLE,         \
       ULONG *))                                                                                   \
    X(NTSTATUS, NtOpenKeyTransacted, (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, HANDLE))         \
    X(NTSTATUS, NtOpenKeyTransactedEx,                                                             \
      (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG, HANDLE))                                 \
    X(NTSTATUS, NtRenameKey, (HANDLE, UNICODE_STRING *))                                           \
    X(NTSTATUS, NtFlushKey, (HANDLE))                                                              \
    X(NTSTATUS, NtNotifyChangeKey,                                                                 \
      (HANDLE, HANDLE, void *, void *, IO_STATUS_BLOCK *, ULONG, BOOLEAN, void *, ULONG, BOOLEAN)) \
    X(NTSTATUS, NtNotifyChangeMultipleKeys,                                                        \
      (HANDLE, ULONG, OBJECT_ATTRIBUTES *, HANDLE, void *, void *, IO_STATUS_BLOCK *, ULONG,       \
       BOOLEAN, void *, ULONG, BOOLEAN))                                                           \
    X(NTSTATUS, NtQueryMultipleValueKey, (HANDLE, void *, ULONG, void *, ULONG *, ULONG *))        \
    X(NTSTATUS, NtSaveKey, (HANDLE, HANDLE))                                                       \
    X(NTSTATUS, NtLoadKey, (OBJECT_ATTRIBUTES *, OBJECT_ATTRIBUTES *))                             \
    X(NTSTATUS, NtLoadKey2, (OBJECT_ATTRIBUTES *, OBJECT_ATTRIBUTES *, ULONG))                     \
    X(NTSTATUS, NtLoadKeyEx,                                                                       \
      (OBJECT_ATTRIBUTES *, OBJECT_ATTRIBUTES *, ULONG, HANDLE, HANDLE, ACCESS_MASK, HANDLE *,     \
       IO_STATUS_BLOCK *))                                                                         \
    X(NTSTATUS, NtUnloadKey, (OBJECT_ATTRIBUTES *))                                                \
    X(NTSTATUS, NtRestoreKey, (HANDLE, HANDLE, ULONG))                                             \
    X(NTSTATUS, NtReplaceKey, (OBJECT_ATTRIBUTES *, HANDLE, OBJECT_ATTRIBUTES *))                  \
    X(NTSTATUS, NtSetInformationKey, (HANDLE, ULONG, void *, ULONG))                               \
    X(NTSTATUS, __wine_unix_spawnvp, (char *const *, int))

struct fvm_real {
/* NOLINTNEXTLINE(bugprone-macro-parentheses): a name and a list */
#define FVM_REAL_SLOT(result, name, parameters) result(NTAPI *name) parameters;
    FVM_REAL_CALLS(FVM_REAL_SLOT) FVM_REAL_OPTIONAL(FVM_REAL_SLOT)
#undef FVM_REAL_SLOT
};
/* This process' table: hooked calls are trampolines, the others ntdll's own. */
extern struct fvm_real real;

/**
 * Fill the table from ntdll.
 *
 * @param ntdll base of ntdll's image in this process
 * @return STATUS_SUCCESS; STATUS_ENTRYPOINT_NOT_FOUND a call that is not optional is missing;
 *         STATUS_INVALID_IMAGE_HASH one takes other parameters than the table says (i386)
 */
NTSTATUS fvm_real_find(const void *ntdll);
/** The slot of a call by name, NULL if the table has none. */
void **fvm_real_slot(const char *name);
