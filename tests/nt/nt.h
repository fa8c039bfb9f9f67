/* tests/nt/nt.h: the NT calls that the tests here make, as Windows documents them: winternl.h of
 * mingw lacks most and declares some without dllimport. Not to be mixed with winternl.h. */
#pragma once
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <stdint.h>

typedef struct {
    USHORT Length, MaximumLength; /* bytes */
    WCHAR *Buffer;
} UNICODE_STRING;

typedef struct {
    ULONG Length;
    HANDLE RootDirectory;
    UNICODE_STRING *ObjectName;
    ULONG Attributes;
    void *SecurityDescriptor, *SecurityQualityOfService;
} OBJECT_ATTRIBUTES;

typedef struct {
    union {
        NTSTATUS Status;
        void *Pointer;
    };
    ULONG_PTR Information;
} IO_STATUS_BLOCK;

enum { /* create options: what winnt.h calls FILE_FLAG_* are other numbers */
       NT_DIRECTORY_FILE = 0x1,
       NT_WRITE_THROUGH = 0x2,
       NT_SEQUENTIAL_ONLY = 0x4,
       NT_SYNCHRONOUS_IO_NONALERT = 0x20,
       NT_NON_DIRECTORY_FILE = 0x40,
       NT_RANDOM_ACCESS = 0x800,
       NT_DELETE_ON_CLOSE = 0x1000,
       NT_OPEN_BY_FILE_ID = 0x2000,
       NT_OPEN_FOR_BACKUP_INTENT = 0x4000,
       NT_OPEN_REPARSE_POINT = 0x200000,
};

enum { NT_SUPERSEDE, NT_OPEN, NT_CREATE, NT_OPEN_IF, NT_OVERWRITE, NT_OVERWRITE_IF };

enum { NT_CASE_INSENSITIVE = 0x40, NT_CREATED = 2 /* in Information */ };

#define NT_SUCCESS(status) ((NTSTATUS)(status) >= 0)

/* FILE_INFORMATION_CLASS, the classes that are used */
enum {
    NT_DIRECTORY_INFO = 1,
    NT_BASIC_INFO = 4,
    NT_STANDARD_INFO = 5,
    NT_INTERNAL_INFO = 6,
    NT_EA_INFO = 7,
    NT_ACCESS_INFO = 8,
    NT_NAME_INFO = 9,
    NT_RENAME_INFO = 10,
    NT_LINK_INFO = 11,
    NT_DISPOSITION_INFO = 13,
    NT_POSITION_INFO = 14,
    NT_MODE_INFO = 16,
    NT_ALIGNMENT_INFO = 17,
    NT_ALL_INFO = 18,
    NT_ALLOCATION_INFO = 19,
    NT_END_OF_FILE_INFO = 20,
    NT_ALTERNATE_NAME_INFO = 21,
    NT_NETWORK_OPEN_INFO = 34,
    NT_ATTRIBUTE_TAG_INFO = 35,
    NT_DISPOSITION_EX_INFO = 64,
    NT_RENAME_EX_INFO = 65,
    NT_LINK_EX_INFO = 72,
};

struct nt_basic_info {
    LARGE_INTEGER created, accessed, written, changed;
    ULONG attributes;
};
struct nt_standard_info {
    LARGE_INTEGER allocated_cb, size_cb;
    ULONG links;
    BOOLEAN delete_pending, directory;
};
struct nt_network_open_info {
    LARGE_INTEGER created, accessed, written, changed, allocated_cb, size_cb;
    ULONG attributes;
};
/* Rename and link: the first member is a BOOLEAN, in the Ex classes it is flags. */
struct nt_rename_info {
    ULONG replace;
    HANDLE root;
    ULONG name_cb;
    WCHAR name[];
};

#define NT_CALL __declspec(dllimport) NTSTATUS NTAPI
typedef void(NTAPI *nt_apc)(void *context, IO_STATUS_BLOCK *io, ULONG reserved);

NT_CALL NtCreateFile(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, LARGE_INTEGER *,
                     ULONG attributes, ULONG sharing, ULONG disposition, ULONG options, void *ea,
                     ULONG ea_cb);
NT_CALL NtOpenFile(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, ULONG sharing,
                   ULONG options);
NT_CALL NtDeleteFile(OBJECT_ATTRIBUTES *);
NT_CALL NtClose(HANDLE);
NT_CALL NtReadFile(HANDLE, HANDLE event, nt_apc, void *, IO_STATUS_BLOCK *, void *, ULONG cb,
                   LARGE_INTEGER *offset, ULONG *key);
NT_CALL NtWriteFile(HANDLE, HANDLE event, nt_apc, void *, IO_STATUS_BLOCK *, const void *, ULONG cb,
                    LARGE_INTEGER *offset, ULONG *key);
NT_CALL NtFlushBuffersFile(HANDLE, IO_STATUS_BLOCK *);
NT_CALL NtLockFile(HANDLE, HANDLE event, nt_apc, void *, IO_STATUS_BLOCK *, LARGE_INTEGER *offset,
                   LARGE_INTEGER *cb, ULONG *key, BOOLEAN fail_immediately, BOOLEAN exclusive);
NT_CALL NtUnlockFile(HANDLE, IO_STATUS_BLOCK *, LARGE_INTEGER *offset, LARGE_INTEGER *cb,
                     ULONG *key);
NT_CALL NtSetInformationFile(HANDLE, IO_STATUS_BLOCK *, void *, ULONG cb, ULONG class);
NT_CALL NtQueryInformationFile(HANDLE, IO_STATUS_BLOCK *, void *, ULONG cb, ULONG class);
NT_CALL NtQueryAttributesFile(OBJECT_ATTRIBUTES *, struct nt_basic_info *);
NT_CALL NtQueryFullAttributesFile(OBJECT_ATTRIBUTES *, struct nt_network_open_info *);
NT_CALL NtQueryDirectoryFile(HANDLE, HANDLE event, nt_apc, void *, IO_STATUS_BLOCK *, void *,
                             ULONG cb, ULONG class, BOOLEAN single, UNICODE_STRING *mask,
                             BOOLEAN restart);
NT_CALL NtQueryVolumeInformationFile(HANDLE, IO_STATUS_BLOCK *, void *, ULONG cb, ULONG class);
NT_CALL NtNotifyChangeDirectoryFile(HANDLE, HANDLE event, nt_apc, void *, IO_STATUS_BLOCK *, void *,
                                    ULONG cb, ULONG filter, BOOLEAN tree);
NT_CALL NtCancelIoFile(HANDLE, IO_STATUS_BLOCK *);
NT_CALL NtCreateSection(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, LARGE_INTEGER *size,
                        ULONG protection, ULONG flags, HANDLE file);
NT_CALL NtMapViewOfSection(HANDLE, HANDLE process, void **, ULONG_PTR zero_bits, SIZE_T commit,
                           LARGE_INTEGER *offset, SIZE_T *cb, ULONG inherit, ULONG type,
                           ULONG protection);
NT_CALL NtUnmapViewOfSection(HANDLE process, void *);
NT_CALL NtDuplicateObject(HANDLE from_process, HANDLE, HANDLE to_process, HANDLE *, ACCESS_MASK,
                          ULONG attributes, ULONG options);
NT_CALL NtQueryObject(HANDLE, ULONG class, void *, ULONG cb, ULONG *needed_cb);
__declspec(dllimport) WCHAR NTAPI RtlUpcaseUnicodeChar(WCHAR);

/* --- processes ------------------------------------------------------------------------------ */
typedef struct {
    HANDLE UniqueProcess, UniqueThread;
} CLIENT_ID;
NT_CALL NtOpenProcess(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, CLIENT_ID *);
NT_CALL NtOpenThread(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, CLIENT_ID *);
NT_CALL NtQuerySystemInformation(ULONG class, void *, ULONG cb, ULONG *needed_cb);
NT_CALL NtQueryInformationProcess(HANDLE, ULONG class, void *, ULONG cb, ULONG *needed_cb);
NT_CALL NtOpenSection(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NT_CALL NtCreateJobObject(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NT_CALL NtOpenJobObject(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NT_CALL NtIsProcessInJob(HANDLE process, HANDLE job);
NT_CALL NtQueryInformationJobObject(HANDLE, ULONG class, void *, ULONG cb, ULONG *needed_cb);
NT_CALL NtCreateSymbolicLinkObject(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, UNICODE_STRING *to);
NT_CALL NtContinue(CONTEXT *, BOOLEAN);
NT_CALL NtQueryVirtualMemory(HANDLE, const void *, ULONG class, void *, SIZE_T cb, SIZE_T *);

/* Attributes of a name. @param text [out] what they point to */
static inline OBJECT_ATTRIBUTES nt_named(UNICODE_STRING *text, HANDLE root, const WCHAR *name,
                                         ULONG flags)
{
    text->Length = text->MaximumLength = (USHORT)(lstrlenW(name) * (int)sizeof(*name));
    text->Buffer = (WCHAR *)(ULONG_PTR)name;
    return (OBJECT_ATTRIBUTES){.Length = sizeof(OBJECT_ATTRIBUTES),
                               .RootDirectory = root,
                               .ObjectName = text,
                               .Attributes = flags | NT_CASE_INSENSITIVE};
}
