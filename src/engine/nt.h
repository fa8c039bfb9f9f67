/* engine/nt.h: the part of NT that the engine uses and the compiler's headers lack. Functions are
 * never imported: they are in struct fvm_real, found by name. For engine, rooms and launcher/win.
 */
#pragma once
#define WIN32_LEAN_AND_MEAN
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <winternl.h>
#include <ntstatus.h>

#define NT_CURRENT_PROCESS ((HANDLE)(LONG_PTR)-1)
#define NT_CURRENT_THREAD  ((HANDLE)(LONG_PTR)-2)

/* --- processes ------------------------------------------------------------------------------ */
enum {
    PROCESS_CREATE_FLAGS_BREAKAWAY_ = 0x1,
    THREAD_CREATE_FLAGS_CREATE_SUSPENDED_ = 0x1,
    PS_ATTRIBUTE_PARENT_PROCESS_ = 0x60000, /* input, additive, number 0 */
    PS_ATTRIBUTE_IMAGE_NAME_ = 0x20005      /* input, number 5 */
};
typedef struct {
    ULONG_PTR Attribute;
    SIZE_T Size;
    union {
        ULONG_PTR Value;
        void *ValuePtr;
    };
    SIZE_T *ReturnLength;
} NT_PS_ATTRIBUTE;
typedef struct {
    SIZE_T TotalLength;
    NT_PS_ATTRIBUTE Attributes[1];
} NT_PS_ATTRIBUTE_LIST;

/* What SystemProcessInformation gives; only the head is of interest here. Callers may give any
 * address, and Wine puts entries at multiples of 4. */
typedef struct {
    ULONG NextEntryOffset;
    ULONG NumberOfThreads;
    LARGE_INTEGER Reserved[3];
    LARGE_INTEGER CreateTime;
    LARGE_INTEGER UserTime;
    LARGE_INTEGER KernelTime;
    UNICODE_STRING ImageName;
    LONG BasePriority;
    HANDLE UniqueProcessId;
    HANDLE InheritedFromUniqueProcessId;
} NT_SYSTEM_PROCESS __attribute__((aligned(1)));

/* SystemHandleInformation and SystemExtendedHandleInformation: a number, then entries. */
typedef struct {
    USHORT UniqueProcessId, CreatorBackTraceIndex;
    UCHAR ObjectTypeIndex, HandleAttributes;
    USHORT HandleValue;
    void *Object;
    ULONG GrantedAccess;
} NT_SYSTEM_HANDLE __attribute__((aligned(1)));
typedef struct {
    void *Object;
    ULONG_PTR UniqueProcessId, HandleValue;
    ULONG GrantedAccess;
    USHORT CreatorBackTraceIndex, ObjectTypeIndex;
    ULONG HandleAttributes, Reserved;
} NT_SYSTEM_HANDLE_EX __attribute__((aligned(1)));

typedef struct {
    NTSTATUS ExitStatus;
    void *PebBaseAddress;
    ULONG_PTR AffinityMask;
    LONG BasePriority;
    ULONG_PTR UniqueProcessId, InheritedFromUniqueProcessId;
} NT_PROCESS_BASIC;

typedef struct {
    LARGE_INTEGER CreateTime, ExitTime, KernelTime, UserTime;
} NT_PROCESS_TIMES;

typedef struct {
    NTSTATUS ExitStatus;
    void *TebBaseAddress;
    CLIENT_ID ClientId;
    ULONG_PTR AffinityMask;
    LONG Priority, BasePriority;
} NT_THREAD_BASIC;

/* --- listings ------------------------------------------------------------------------------- */
/* FileIdBothDirectoryInformation, which has all that the other classes have. */
typedef struct {
    ULONG NextEntryOffset, FileIndex;
    LARGE_INTEGER CreationTime, LastAccessTime, LastWriteTime, ChangeTime;
    LARGE_INTEGER EndOfFile, AllocationSize;
    ULONG FileAttributes, FileNameLength, EaSize;
    CCHAR ShortNameLength;
    WCHAR ShortName[12];
    LARGE_INTEGER FileId;
    WCHAR FileName[1];
} NT_DIR_ENTRY;

/* --- sections ------------------------------------------------------------------------------- */
enum { NT_VIEW_UNMAP = 2 }; /* SECTION_INHERIT: children do not get the view */
