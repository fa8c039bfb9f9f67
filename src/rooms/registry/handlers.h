/* rooms/registry/handlers.h: the handlers of this room, for its table in hooks.c. */
#pragma once
#include "engine/nt.h"

/* open.c */
NTSTATUS NTAPI registry_NtOpenKey(HANDLE *handle, ACCESS_MASK access, OBJECT_ATTRIBUTES *attr);
NTSTATUS NTAPI registry_NtOpenKeyEx(HANDLE *handle, ACCESS_MASK access, OBJECT_ATTRIBUTES *attr,
                                    ULONG options);
NTSTATUS NTAPI registry_NtCreateKey(HANDLE *handle, ACCESS_MASK access, OBJECT_ATTRIBUTES *attr,
                                    ULONG title, UNICODE_STRING *class, ULONG options,
                                    ULONG *disposition);
NTSTATUS NTAPI registry_NtCreateKeyTransacted(HANDLE *handle, ACCESS_MASK access,
                                              OBJECT_ATTRIBUTES *attr, ULONG title,
                                              UNICODE_STRING *class, ULONG options,
                                              HANDLE transaction, ULONG *disposition);
NTSTATUS NTAPI registry_NtOpenKeyTransacted(HANDLE *handle, ACCESS_MASK access,
                                            OBJECT_ATTRIBUTES *attr, HANDLE transaction);
NTSTATUS NTAPI registry_NtOpenKeyTransactedEx(HANDLE *handle, ACCESS_MASK access,
                                              OBJECT_ATTRIBUTES *attr, ULONG options,
                                              HANDLE transaction);
/* values.c */
NTSTATUS NTAPI registry_NtSetValueKey(HANDLE handle, UNICODE_STRING *name, ULONG title, ULONG type,
                                      const void *data, ULONG cb);
NTSTATUS NTAPI registry_NtDeleteValueKey(HANDLE handle, UNICODE_STRING *name);
NTSTATUS NTAPI registry_NtQueryValueKey(HANDLE handle, UNICODE_STRING *name, ULONG class,
                                        void *info, ULONG cb, ULONG *needed);
NTSTATUS NTAPI registry_NtEnumerateValueKey(HANDLE handle, ULONG at, ULONG class, void *info,
                                            ULONG cb, ULONG *needed);
NTSTATUS NTAPI registry_NtQueryMultipleValueKey(HANDLE handle, void *values, ULONG count,
                                                void *data, ULONG *cb, ULONG *needed);
/* list.c */
NTSTATUS NTAPI registry_NtEnumerateKey(HANDLE handle, ULONG at, ULONG class, void *info, ULONG cb,
                                       ULONG *needed);
NTSTATUS NTAPI registry_NtQueryKey(HANDLE handle, ULONG class, void *info, ULONG cb, ULONG *needed);
/* change.c */
NTSTATUS NTAPI registry_NtDeleteKey(HANDLE handle);
NTSTATUS NTAPI registry_NtFlushKey(HANDLE handle);
NTSTATUS NTAPI registry_NtSetInformationKey(HANDLE handle, ULONG class, void *info, ULONG cb);
NTSTATUS NTAPI registry_NtSetSecurityObject(HANDLE handle, ULONG what, void *descriptor);
/* hive.c */
NTSTATUS NTAPI registry_NtLoadKey(OBJECT_ATTRIBUTES *key, OBJECT_ATTRIBUTES *file);
NTSTATUS NTAPI registry_NtLoadKey2(OBJECT_ATTRIBUTES *key, OBJECT_ATTRIBUTES *file, ULONG flags);
NTSTATUS NTAPI registry_NtLoadKeyEx(OBJECT_ATTRIBUTES *key, OBJECT_ATTRIBUTES *file, ULONG flags,
                                    HANDLE trust, HANDLE event, ACCESS_MASK access, HANDLE *root,
                                    IO_STATUS_BLOCK *io);
NTSTATUS NTAPI registry_NtUnloadKey(OBJECT_ATTRIBUTES *key);
NTSTATUS NTAPI registry_NtRestoreKey(HANDLE handle, HANDLE file, ULONG flags);
NTSTATUS NTAPI registry_NtReplaceKey(OBJECT_ATTRIBUTES *file, HANDLE handle,
                                     OBJECT_ATTRIBUTES *old);
/* save.c */
NTSTATUS NTAPI registry_NtSaveKey(HANDLE handle, HANDLE file);
/* rename.c */
NTSTATUS NTAPI registry_NtRenameKey(HANDLE handle, UNICODE_STRING *name);
/* notify.c */
NTSTATUS NTAPI registry_NtNotifyChangeKey(HANDLE handle, HANDLE event, void *apc, void *context,
                                          IO_STATUS_BLOCK *io, ULONG filter, BOOLEAN tree,
                                          void *buffer, ULONG cb, BOOLEAN async);
NTSTATUS NTAPI registry_NtNotifyChangeMultipleKeys(HANDLE handle, ULONG count,
                                                   OBJECT_ATTRIBUTES *others, HANDLE event,
                                                   void *apc, void *context, IO_STATUS_BLOCK *io,
                                                   ULONG filter, BOOLEAN tree, void *buffer,
                                                   ULONG cb, BOOLEAN async);
/* answers.c */
NTSTATUS NTAPI registry_NtQueryObject(HANDLE handle, ULONG class, void *info, ULONG cb,
                                      ULONG *needed);
/* table.c */
NTSTATUS NTAPI registry_NtClose(HANDLE handle);
NTSTATUS NTAPI registry_NtDuplicateObject(HANDLE from, HANDLE handle, HANDLE to, HANDLE *copy,
                                          ACCESS_MASK access, ULONG attributes, ULONG options);
