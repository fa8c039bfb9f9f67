/* tests/nt/handles.c: what can be done through a handle on a file that was opened to be read only.
 * usage: handles FILE [write]     each call that changes a file or its volume: what NT says
 *        handles lock FILE MS     lock it whole, hold that so long
 *        handles volume FILE FILE are both on the same volume, by all that can be asked?
 *        handles ids FOLDER       do listings, handles and opening by id agree on ids?
 *        handles renamed FOLDER NEW FILE   rename it; open the file relative to an older handle
 *        handles follow FILE      a handle that is open when the file is changed by another
 *        handles gone FILE        one that is open when the file gets another name
 *        handles guid FOLDER      the folder, on drive C, by its volume's GUID
 *        handles delete NAME      NtDeleteFile */
#include "nt.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

NT_CALL NtFsControlFile(HANDLE, HANDLE event, nt_apc, void *, IO_STATUS_BLOCK *, ULONG code, void *,
                        ULONG in_cb, void *, ULONG out_cb);
NT_CALL NtSetEaFile(HANDLE, IO_STATUS_BLOCK *, void *, ULONG cb);
NT_CALL NtSetSecurityObject(HANDLE, ULONG what, void *);
NT_CALL NtSetVolumeInformationFile(HANDLE, IO_STATUS_BLOCK *, void *, ULONG cb, ULONG class);

static IO_STATUS_BLOCK io;
static unsigned char bytes[4096] __attribute__((aligned(8)));

static void name_of(OBJECT_ATTRIBUTES *attr, UNICODE_STRING *name, const wchar_t *path)
{
    static wchar_t text[2][600];
    static unsigned which;

    which = !which;
    swprintf(text[which], 600, L"\\??\\%ls", path);
    *name = (UNICODE_STRING){.Buffer = text[which]};
    name->Length = name->MaximumLength = (USHORT)(wcslen(name->Buffer) * sizeof(WCHAR));
    *attr = (OBJECT_ATTRIBUTES){
        .Length = sizeof(*attr), .ObjectName = name, .Attributes = NT_CASE_INSENSITIVE};
}

static HANDLE open_path(const wchar_t *path, ACCESS_MASK access)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attr;
    HANDLE handle = NULL;
    NTSTATUS status;

    name_of(&attr, &name, path);
    status = NtOpenFile(&handle, access | SYNCHRONIZE, &attr, &io, 7, NT_SYNCHRONOUS_IO_NONALERT);
    if (status)
        printf("open %ls: %08lx\n", path, status);
    return handle;
}

static void control(HANDLE handle)
{
    static const struct {
        const char *name;
        ULONG code;
    } codes[] = {
        {"SET_COMPRESSION", 0x9c040},   {"SET_OBJECT_ID", 0x90098},
        {"DELETE_OBJECT_ID", 0x900a0},  {"CREATE_OR_GET_OBJECT_ID", 0x900c0},
        {"SET_REPARSE_POINT", 0x900a4}, {"DELETE_REPARSE_POINT", 0x900ac},
        {"SET_SPARSE", 0x900c4},        {"SET_ZERO_DATA", 0x980c8},
        {"SET_ENCRYPTION", 0x900d7},    {"DUPLICATE_EXTENTS", 0x98344},
        {"not a known one", 0x90ff8},   {"REQUEST_OPLOCK_LEVEL_1", 0x90000},
        {"LOCK_VOLUME", 0x90018},       {"DISMOUNT_VOLUME", 0x90020},
        {"GET_REPARSE_POINT", 0x900a8}, {"GET_OBJECT_ID", 0x9009c},
    };

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        printf("%s %08lx\n", codes[i].name,
               NtFsControlFile(handle, NULL, NULL, NULL, &io, codes[i].code, bytes, 16, bytes + 64,
                               1024));
}

static void change(HANDLE handle)
{
    static const ULONG classes[] = {NT_DISPOSITION_INFO, NT_ALLOCATION_INFO,
                                    NT_END_OF_FILE_INFO, 39,
                                    NT_RENAME_INFO,      NT_LINK_INFO};
    static const unsigned char attribute[] = {0, 0, 0, 0, 0, 1, 1, 0, 'a', 0, 'x'};
    SECURITY_DESCRIPTOR security;
    LARGE_INTEGER begin = {0}, size = {.QuadPart = 4096};
    HANDLE section;

    memset(bytes, 0, sizeof(bytes));
    memcpy(bytes, attribute, sizeof(attribute));
    printf("NtSetEaFile %08lx\n", NtSetEaFile(handle, &io, bytes, 64));
    InitializeSecurityDescriptor(&security, SECURITY_DESCRIPTOR_REVISION);
    SetSecurityDescriptorDacl(&security, TRUE, NULL, FALSE);
    printf("NtSetSecurityObject %08lx\n",
           NtSetSecurityObject(handle, DACL_SECURITY_INFORMATION, &security));
    printf("NtWriteFile %08lx\n",
           NtWriteFile(handle, NULL, NULL, NULL, &io, "changed", 7, &begin, NULL));
    printf("section %08lx\n", NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size,
                                              PAGE_READWRITE, SEC_COMMIT, handle));
    memset(bytes, 0, sizeof(bytes));
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        struct nt_rename_info *rename = (void *)bytes;

        bytes[0] = classes[i] == NT_DISPOSITION_INFO;
        rename->name_cb = classes[i] == NT_RENAME_INFO || classes[i] == NT_LINK_INFO ? 2 : 0;
        rename->name[0] = L'x';
        printf("NtSetInformationFile %lu %08lx\n", classes[i],
               NtSetInformationFile(handle, &io, bytes, 40, classes[i]));
    }
    memset(bytes, 0, sizeof(bytes));
    printf("NtSetVolumeInformationFile %08lx\n",
           NtSetVolumeInformationFile(handle, &io, bytes, 64, 2));
}

static int lock(const wchar_t *path, DWORD hold_ms)
{
    HANDLE handle = open_path(path, GENERIC_READ), other = open_path(path, GENERIC_READ);
    LARGE_INTEGER begin = {0}, size = {.QuadPart = 1000};
    NTSTATUS status = NtLockFile(handle, NULL, NULL, NULL, NULL, &begin, &size, NULL, TRUE, TRUE);

    printf("NtLockFile %08lx, by another handle %08lx\n", status,
           NtLockFile(other, NULL, NULL, NULL, NULL, &begin, &size, NULL, TRUE, TRUE));
    fflush(stdout);
    Sleep(hold_ms);
    printf("NtUnlockFile %08lx\n", NtUnlockFile(handle, NULL, &begin, &size, NULL));
    printf("then by the other %08lx\n",
           NtLockFile(other, NULL, NULL, NULL, NULL, &begin, &size, NULL, TRUE, TRUE));
    return 0;
}

/** NtQueryVolumeInformationFile of two files, and the serial number in their ids. */
static int volume(const wchar_t *one, const wchar_t *two)
{
    static const ULONG classes[] = {1, 3, 4, 5, 7};
    static unsigned char other[4096] __attribute__((aligned(8)));
    HANDLE a = open_path(one, FILE_READ_ATTRIBUTES | FILE_READ_DATA);
    HANDLE b = open_path(two, FILE_READ_ATTRIBUTES | FILE_READ_DATA);

    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        bool sizes = classes[i] == 3 || classes[i] == 7; /* the free space changes */
        NTSTATUS status;

        memset(bytes, 0, sizeof(bytes));
        memset(other, 0, sizeof(other));
        status = NtQueryVolumeInformationFile(a, &io, bytes, sizeof(bytes), classes[i]);
        NtQueryVolumeInformationFile(b, &io, other, sizeof(other), classes[i]);
        printf("%lu: %08lx %s\n", classes[i], status,
               memcmp(bytes, other, sizes ? 8 : sizeof(bytes)) ? "differs" : "same");
    }
    NtQueryInformationFile(a, &io, bytes, 24, 59);
    NtQueryInformationFile(b, &io, other, 24, 59);
    printf("serial number: %s\n", memcmp(bytes, other, 8) ? "differs" : "same");
    return 0;
}

/** Open what has the id, below a folder, and print its name. */
static void open_by_id(HANDLE root, uint64_t id)
{
    UNICODE_STRING name = {
        .Length = sizeof(id), .MaximumLength = sizeof(id), .Buffer = (WCHAR *)&id};
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr), .RootDirectory = root, .ObjectName = &name};
    HANDLE handle;
    NTSTATUS status =
        NtOpenFile(&handle, FILE_READ_ATTRIBUTES | SYNCHRONIZE, &attr, &io, 7,
                   NT_OPEN_BY_FILE_ID | NT_SYNCHRONOUS_IO_NONALERT | NT_OPEN_FOR_BACKUP_INTENT);

    if (status) {
        printf(" %08lx\n", status);
        return;
    }
    memset(bytes, 0x55, sizeof(bytes));
    NtQueryInformationFile(handle, &io, bytes, sizeof(bytes), NT_NAME_INFO);
    memset(bytes + 4 + *(ULONG *)bytes, 0, 2);
    printf(" %ls\n", (wchar_t *)(bytes + 4));
    NtClose(handle);
}

/** By NtQueryDirectoryFile, NtQueryInformationFile and NtOpenFile. */
static int ids(const wchar_t *folder)
{
    enum { ID_BOTH = 37, ID_AT = 96, NAME_CB_AT = 60, NAME_AT = 104 };
    static unsigned char entry[2048] __attribute__((aligned(8)));
    HANDLE root = open_path(folder, FILE_LIST_DIRECTORY), handle;

    while (!NtQueryDirectoryFile(root, NULL, NULL, NULL, &io, entry, sizeof(entry), ID_BOTH, TRUE,
                                 NULL, FALSE)) {
        wchar_t name[300] = {0}, path[700];
        uint64_t listed, told = 0;

        memcpy(name, entry + NAME_AT, *(ULONG *)(entry + NAME_CB_AT));
        memcpy(&listed, entry + ID_AT, sizeof(listed));
        if (*name == '.')
            continue;
        swprintf(path, 700, L"%ls\\%ls", folder, name);
        handle = open_path(path, FILE_READ_ATTRIBUTES);
        NtQueryInformationFile(handle, &io, &told, sizeof(told), NT_INTERNAL_INFO);
        NtClose(handle);
        printf("%ls: %s", name, listed == told ? "one id" : "TWO IDS");
        open_by_id(root, listed);
    }
    return 0;
}

static int renamed(const wchar_t *folder, const wchar_t *new_name, wchar_t *file)
{
    HANDLE root = open_path(folder, FILE_LIST_DIRECTORY), handle = NULL;
    USHORT cb = (USHORT)(wcslen(file) * sizeof(*file));
    UNICODE_STRING name = {cb, cb, file};
    OBJECT_ATTRIBUTES attr = {sizeof(attr), root, &name, NT_CASE_INSENSITIVE, NULL, NULL};

    printf("renamed %d", MoveFileW(folder, new_name));
    printf(" opened %08lx", NtOpenFile(&handle, GENERIC_READ | SYNCHRONIZE, &attr, &io, 7,
                                       NT_SYNCHRONOUS_IO_NONALERT));
    memset(bytes, 0, 16);
    NtReadFile(handle, NULL, NULL, NULL, &io, bytes, 15, NULL, NULL);
    printf(" %s", (char *)bytes);
    return 0;
}

/** Change a file as somebody else would who shares all. */
static void change_it(const wchar_t *path, const char *text, DWORD disposition)
{
    HANDLE handle = CreateFileW(path, GENERIC_WRITE, 7, NULL, disposition, 0, NULL);
    DWORD put;

    WriteFile(handle, text, (DWORD)strlen(text), &put, NULL);
    CloseHandle(handle);
}

static void say_rest(const char *when, HANDLE handle)
{
    HANDLE mapping = CreateFileMappingW(handle, NULL, PAGE_READONLY, 0, 0, NULL);
    const char *view = mapping ? MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0) : NULL;
    unsigned char all[512] __attribute__((aligned(8))) = {0};
    char text[100] = {0};
    DWORD got = 0;

    ReadFile(handle, text, 4, &got, NULL);
    NtQueryInformationFile(handle, &io, all, sizeof(all), NT_ALL_INFO);
    printf("%s: '%s' at %lu of %lu, by all %llu at %llu, mapped '%.4s'\n", when, text,
           SetFilePointer(handle, 0, NULL, FILE_CURRENT), GetFileSize(handle, NULL),
           *(unsigned long long *)(all + 48), *(unsigned long long *)(all + 80), view ? view : "");
    if (view)
        UnmapViewOfFile(view);
    if (mapping)
        CloseHandle(mapping);
}

/** One that was opened to be read sees what is written through others, but not what comes in the
 * file's place. */
static int follow(const wchar_t *path)
{
    HANDLE handle = CreateFileW(path, GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL), again, writer;
    wchar_t other[600], command[700];

    swprintf(other, 600, L"%ls.other", path);
    say_rest("before", handle);
    change_it(path, "CHANGED", OPEN_EXISTING);
    say_rest("changed", handle);
    DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &again, 0, FALSE,
                    DUPLICATE_SAME_ACCESS);
    SetFilePointer(handle, 2, NULL, FILE_BEGIN);
    say_rest("set back, by a duplicate", again);
    swprintf(command, 700, L"echo more>>%ls", path);
    _wsystem(command);
    say_rest("made longer by another process", handle);
    writer = CreateFileW(path, GENERIC_WRITE, FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    printf("beside one that does not let read: %d\n", writer != INVALID_HANDLE_VALUE);
    change_it(other, "another file, not this", CREATE_ALWAYS);
    printf("replaced: %d\n", MoveFileExW(other, path, MOVEFILE_REPLACE_EXISTING));
    SetFilePointer(handle, 0, NULL, FILE_BEGIN);
    say_rest("after that", handle);
    CloseHandle(handle);
    CloseHandle(again);
    handle = CreateFileW(other, GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    return 0;
}

/** A file that is deleted, and another of its name, while a handle is open. */
static int follow_gone(const wchar_t *path)
{
    HANDLE handle = CreateFileW(path, GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    wchar_t away[600];

    swprintf(away, 600, L"%ls.away", path);
    printf("moved away: %d\n", MoveFileW(path, away));
    change_it(path, "new", CREATE_NEW);
    say_rest("another has its name", handle);
    CloseHandle(handle);
    return 0;
}

/** Such a name is a spelling like another. */
static int guid(const wchar_t *folder)
{
    wchar_t name[600], volume[60] = {0};
    ULARGE_INTEGER free_cb[2] = {0};
    WIN32_FIND_DATAW found = {0};
    DWORD got, serial[2] = {1, 2};
    HANDLE handle;

    printf("named %d", GetVolumeNameForVolumeMountPointW(L"C:\\", volume, 60));
    swprintf(name, 600, L"%ls%ls\\file", volume, folder + 3);
    handle = CreateFileW(name, GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    memset(bytes, 0, 16);
    ReadFile(handle, bytes, 11, &got, NULL);
    printf(" read '%s'", (char *)bytes);
    CloseHandle(handle);
    handle = CreateFileW(name, GENERIC_WRITE, 7, NULL, CREATE_ALWAYS, 0, NULL);
    WriteFile(handle, "by guid", 7, &got, NULL);
    CloseHandle(handle);
    swprintf(name, 600, L"%ls%ls\\f*", volume, folder + 3);
    FindFirstFileW(name, &found);
    printf(" listed %ls", found.cFileName);
    GetVolumeInformationW(volume, NULL, 0, &serial[0], NULL, NULL, NULL, 0);
    GetVolumeInformationW(L"C:\\", NULL, 0, &serial[1], NULL, NULL, NULL, 0);
    GetDiskFreeSpaceExW(volume, NULL, &free_cb[0], NULL);
    GetDiskFreeSpaceExW(L"C:\\", NULL, &free_cb[1], NULL);
    printf(" serial %d size %d", serial[0] == serial[1],
           free_cb[0].QuadPart && free_cb[0].QuadPart == free_cb[1].QuadPart);
    wcscpy(volume + 46, L"0}\\");
    volume[45] = L'1';
    swprintf(name, 600, L"%ls%ls\\file", volume, folder + 3);
    printf(" no such volume %lx\n", GetFileAttributesW(name));
    return 0;
}

int wmain(int argc, wchar_t **argv)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attr;
    HANDLE handle;

    if (argc == 4 && !wcscmp(argv[1], L"lock"))
        return lock(argv[2], wcstoul(argv[3], NULL, 10));
    if (argc == 4 && !wcscmp(argv[1], L"volume"))
        return volume(argv[2], argv[3]);
    if (argc == 5 && !wcscmp(argv[1], L"renamed"))
        return renamed(argv[2], argv[3], argv[4]);
    if (argc == 3 && !wcscmp(argv[1], L"ids"))
        return ids(argv[2]);
    if (argc == 3 && !wcscmp(argv[1], L"follow"))
        return follow(argv[2]);
    if (argc == 3 && !wcscmp(argv[1], L"gone"))
        return follow_gone(argv[2]);
    if (argc == 3 && !wcscmp(argv[1], L"guid"))
        return guid(argv[2]);
    if (argc == 3 && !wcscmp(argv[1], L"delete")) {
        name_of(&attr, &name, argv[2]);
        printf("NtDeleteFile %08lx\n", NtDeleteFile(&attr));
        return 0;
    }
    handle = open_path(argv[1], argc == 3 ? GENERIC_READ | GENERIC_WRITE : GENERIC_READ);
    control(handle);
    change(handle);
    return 0;
}
