/* tests/nt/registry_random/keys.h: the calls that registry_random.c makes, and keys saved to
 * files. */
#pragma once
#include "../nt.h"

NT_CALL NtOpenKey(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NT_CALL NtOpenKeyEx(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG);
NT_CALL NtCreateKey(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG, UNICODE_STRING *, ULONG,
                    ULONG *);
NT_CALL NtDeleteKey(HANDLE);
NT_CALL NtQueryKey(HANDLE, ULONG, void *, ULONG, ULONG *);
NT_CALL NtEnumerateKey(HANDLE, ULONG, ULONG, void *, ULONG, ULONG *);
NT_CALL NtSetValueKey(HANDLE, UNICODE_STRING *, ULONG, ULONG, const void *, ULONG);
NT_CALL NtQueryValueKey(HANDLE, UNICODE_STRING *, ULONG, void *, ULONG, ULONG *);
NT_CALL NtEnumerateValueKey(HANDLE, ULONG, ULONG, void *, ULONG, ULONG *);
NT_CALL NtDeleteValueKey(HANDLE, UNICODE_STRING *);
NT_CALL NtQueryObject(HANDLE, ULONG, void *, ULONG, ULONG *);
NT_CALL NtDuplicateObject(HANDLE, HANDLE, HANDLE, HANDLE *, ACCESS_MASK, ULONG, ULONG);
NT_CALL NtSaveKey(HANDLE, HANDLE);

/** Take the privilege that saving needs. */
void save_begin(void);
/** Save a key. @param hash [out] of what the file says; times are left out; 0 on failure */
NTSTATUS save_key(HANDLE key, uint32_t *hash);
