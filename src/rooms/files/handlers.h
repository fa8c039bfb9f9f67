/* rooms/files/handlers.h: the handlers of this room, for its table in hooks.c. */
#pragma once
#include "engine/nt.h"

/* open.c */
NTSTATUS NTAPI files_NtCreateFile(HANDLE *handle, ACCESS_MASK access, OBJECT_ATTRIBUTES *attr,
                                  IO_STATUS_BLOCK *io, LARGE_INTEGER *size, ULONG attributes,
                                  ULONG share, ULONG disposition, ULONG options, void *ea,
                                  ULONG ea_cb);
NTSTATUS NTAPI files_NtOpenFile(HANDLE *handle, ACCESS_MASK access, OBJECT_ATTRIBUTES *attr,
                                IO_STATUS_BLOCK *io, ULONG share, ULONG options);
/* follow.c */
NTSTATUS NTAPI files_NtReadFile(HANDLE handle, HANDLE event, void *apc, void *context,
                                IO_STATUS_BLOCK *io, void *bytes, ULONG cb, LARGE_INTEGER *at,
                                ULONG *key);
/* query.c */
NTSTATUS NTAPI files_NtQueryAttributesFile(OBJECT_ATTRIBUTES *attr, void *info);
NTSTATUS NTAPI files_NtQueryFullAttributesFile(OBJECT_ATTRIBUTES *attr, void *info);
NTSTATUS NTAPI files_NtQueryInformationFile(HANDLE handle, IO_STATUS_BLOCK *io, void *info,
                                            ULONG cb, ULONG class);
NTSTATUS NTAPI files_NtQueryObject(HANDLE handle, ULONG class, void *info, ULONG cb, ULONG *needed);
NTSTATUS NTAPI files_NtQueryVirtualMemory(HANDLE process, const void *at, ULONG class, void *info,
                                          SIZE_T cb, SIZE_T *needed);
NTSTATUS NTAPI files_NtQueryInformationProcess(HANDLE process, ULONG class, void *info, ULONG cb,
                                               ULONG *needed);
/* table.c */
NTSTATUS NTAPI files_NtDuplicateObject(HANDLE from, HANDLE handle, HANDLE to, HANDLE *copy,
                                       ACCESS_MASK access, ULONG attributes, ULONG options);
/* watch.c */
NTSTATUS NTAPI files_NtNotifyChangeDirectoryFile(HANDLE handle, HANDLE event, void *apc,
                                                 void *context, IO_STATUS_BLOCK *io, void *buffer,
                                                 ULONG cb, ULONG filter, BOOLEAN tree);
NTSTATUS NTAPI files_NtCancelIoFile(HANDLE handle, IO_STATUS_BLOCK *io);
NTSTATUS NTAPI files_NtCancelIoFileEx(HANDLE handle, IO_STATUS_BLOCK *which, IO_STATUS_BLOCK *io);
/* control.c */
NTSTATUS NTAPI files_NtFsControlFile(HANDLE handle, HANDLE event, void *apc, void *context,
                                     IO_STATUS_BLOCK *io, ULONG code, void *in, ULONG in_cb,
                                     void *out, ULONG out_cb);
NTSTATUS NTAPI files_NtSetEaFile(HANDLE handle, IO_STATUS_BLOCK *io, void *ea, ULONG cb);
NTSTATUS NTAPI files_NtLockFile(HANDLE handle, HANDLE event, void *apc, void *context,
                                IO_STATUS_BLOCK *io, LARGE_INTEGER *at, LARGE_INTEGER *cb,
                                ULONG *key, BOOLEAN at_once, BOOLEAN exclusive);
NTSTATUS NTAPI files_NtUnlockFile(HANDLE handle, IO_STATUS_BLOCK *io, LARGE_INTEGER *at,
                                  LARGE_INTEGER *cb, ULONG *key);
NTSTATUS NTAPI files_NtQueryVolumeInformationFile(HANDLE handle, IO_STATUS_BLOCK *io, void *info,
                                                  ULONG cb, ULONG class);
NTSTATUS NTAPI files_NtSetVolumeInformationFile(HANDLE handle, IO_STATUS_BLOCK *io, void *info,
                                                ULONG cb, ULONG class);
/* list.c */
NTSTATUS NTAPI files_NtQueryDirectoryFile(HANDLE handle, HANDLE event, void *apc, void *context,
                                          IO_STATUS_BLOCK *io, void *info, ULONG cb, ULONG class,
                                          BOOLEAN single, UNICODE_STRING *mask, BOOLEAN restart);
/* change.c */
NTSTATUS NTAPI files_NtSetInformationFile(HANDLE handle, IO_STATUS_BLOCK *io, void *info, ULONG cb,
                                          ULONG class);
NTSTATUS NTAPI files_NtDeleteFile(OBJECT_ATTRIBUTES *attr);
NTSTATUS NTAPI files_NtClose(HANDLE handle);
