/* guest/pe/lib/nt.h: NT calls and helpers shared by the small Windows programs FVM puts into a VM.
 */
#pragma once
#include <windows.h>
#include <winternl.h>
#include "core/base.h"

enum { NT_OPEN_IF = 0x80, NT_PERMANENT = 0x10, NT_INHERIT = 0x02 };
enum { NT_KEY_VALUE_PARTIAL = 2, NT_KEY_FULL = 2 };

struct nt_value { /* KEY_VALUE_PARTIAL_INFORMATION */
    ULONG index;
    ULONG type;
    ULONG length_cb;
    BYTE data[1024];
};

struct nt_cpu_info { /* SystemCpuInformation */
    WORD architecture;
    WORD level;
    WORD revision;
    WORD max_processors;
    ULONG features;
};

NTSYSAPI NTSTATUS NTAPI NtCreateEvent(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, int, BOOLEAN);
NTSYSAPI NTSTATUS NTAPI NtSetEvent(HANDLE, LONG *);
NTSYSAPI NTSTATUS NTAPI NtOpenSection(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NTSYSAPI NTSTATUS NTAPI NtMapViewOfSection(HANDLE, HANDLE, void **, ULONG_PTR, SIZE_T,
                                           LARGE_INTEGER *, SIZE_T *, int, ULONG, ULONG);
NTSYSAPI NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE, void *);
NTSYSAPI NTSTATUS NTAPI NtCreateKey(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG,
                                    UNICODE_STRING *, ULONG, ULONG *);
NTSYSAPI NTSTATUS NTAPI NtOpenKey(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NTSYSAPI NTSTATUS NTAPI NtSetValueKey(HANDLE, UNICODE_STRING *, ULONG, ULONG, const void *, ULONG);
NTSYSAPI NTSTATUS NTAPI NtQueryValueKey(HANDLE, UNICODE_STRING *, int, void *, ULONG, ULONG *);
NTSYSAPI NTSTATUS NTAPI NtEnumerateValueKey(HANDLE, ULONG, int, void *, ULONG, ULONG *);
NTSYSAPI NTSTATUS NTAPI NtDeleteValueKey(HANDLE, UNICODE_STRING *);
NTSYSAPI NTSTATUS NTAPI NtEnumerateKey(HANDLE, ULONG, int, void *, ULONG, ULONG *);
NTSYSAPI NTSTATUS NTAPI NtQueryKey(HANDLE, int, void *, ULONG, ULONG *);
NTSYSAPI NTSTATUS NTAPI NtPowerInformation(int, void *, ULONG, void *, ULONG);
NTSYSAPI NTSTATUS NTAPI NtTerminateProcess(HANDLE, NTSTATUS);
NTSYSAPI NTSTATUS NTAPI RtlOpenCurrentUser(ACCESS_MASK, HANDLE *);
NTSYSAPI NTSTATUS NTAPI RtlGetVersion(RTL_OSVERSIONINFOEXW *);
NTSYSAPI int CDECL _snwprintf(WCHAR *, size_t, const WCHAR *, ...);
NTSYSAPI int CDECL _wcsnicmp(const WCHAR *, const WCHAR *, size_t);
NTSYSAPI WCHAR *CDECL wcsstr(const WCHAR *, const WCHAR *);
NTSYSAPI size_t CDECL wcslen(const WCHAR *);
NTSYSAPI int CDECL wcscmp(const WCHAR *, const WCHAR *);

/**
 * Open a registry key by its full NT name, or below root.
 *
 * @return handle to be closed with NtClose, or NULL
 */
HANDLE nt_key_open(HANDLE root, const WCHAR *name, ACCESS_MASK access);

/**
 * Create (or open) a volatile key with all parents that are missing.
 *
 * @param root [in] key, or NULL when name is a full NT name
 * @return handle to be closed with NtClose, or NULL
 */
HANDLE nt_key_create_volatile(HANDLE root, const WCHAR *name);

/**
 * Read a value; a string comes back NUL-terminated.
 *
 * @return true  out->type, length_cb and data are set
 *         false no such value, or longer than out->data
 */
bool nt_value_get(HANDLE key, const WCHAR *name, struct nt_value *out);

/**
 * Set a string value, but only when it is not there already with this text.
 *
 * A write makes the server save the whole hive and appears in the difference of the VM, so that
 * values which a base carries already must not be written again.
 */
void nt_value_set(HANDLE key, const WCHAR *name, const WCHAR *text);

/** Set a DWORD value. */
void nt_value_set_dword(HANDLE key, const WCHAR *name, DWORD value);

/**
 * Start services.exe and wait until it serves callers.
 *
 * @param inherit [in] hand our inheritable handles on (the boot event, which it shall keep alive)
 * @return false it could not be started, ended, or was not ready after 30 s; a line on stderr says
 * so
 */
bool nt_start_services(bool inherit);

/** Number of values of a key: 0 also when it does not exist. */
ULONG nt_key_value_count(HANDLE key);

/** Entry point of every program here: there is no C run time. */
void __stdcall start(void);

/** Print a line of ASCII text on standard error. */
void nt_warn(const char *text);
