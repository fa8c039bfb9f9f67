/* rooms/objects/handlers.h: the handlers of this room that are not in hooks.c, for its table there.
 */
#pragma once
#include "engine/nt.h"

/* directories.c; and the handlers of the room below, which they call */
extern NTSTATUS(NTAPI *objects_close_below)(HANDLE);
extern NTSTATUS(NTAPI *objects_duplicate_below)(HANDLE, HANDLE, HANDLE, HANDLE *, ACCESS_MASK,
                                                ULONG, ULONG);
NTSTATUS NTAPI objects_NtClose(HANDLE handle);
NTSTATUS NTAPI objects_NtDuplicateObject(HANDLE from, HANDLE handle, HANDLE to, HANDLE *copy,
                                         ACCESS_MASK access, ULONG attributes, ULONG options);
NTSTATUS NTAPI objects_NtOpenDirectoryObject(HANDLE *handle, ACCESS_MASK access,
                                             const OBJECT_ATTRIBUTES *attr);
NTSTATUS NTAPI objects_NtCreateDirectoryObject(HANDLE *handle, ACCESS_MASK access,
                                               OBJECT_ATTRIBUTES *attr);
/* links.c */
NTSTATUS NTAPI objects_NtCreateSymbolicLinkObject(HANDLE *handle, ACCESS_MASK access,
                                                  OBJECT_ATTRIBUTES *attr, UNICODE_STRING *target);
NTSTATUS NTAPI objects_NtQuerySymbolicLinkObject(HANDLE link, UNICODE_STRING *target,
                                                 ULONG *needed);
extern NTSTATUS(NTAPI *objects_query_below)(HANDLE, ULONG, void *, ULONG, ULONG *);
NTSTATUS NTAPI objects_NtQueryObject(HANDLE handle, ULONG class, void *info, ULONG cb,
                                     ULONG *needed);
