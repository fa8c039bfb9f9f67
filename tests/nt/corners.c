/* tests/nt/corners.c: corners of names, ids and handles, one line each: what they give must not
 * depend on whether a VM is around. corners FOLDER; FOLDER (C:\x) has one.txt, long name.document
 * and sub\two.txt. */
#include "nt.h"

#include <stdio.h>
#include <wchar.h>

static wchar_t folder[200];

/** @param below what follows FOLDER; or a whole NT name */
static NTSTATUS open_as(HANDLE *handle, HANDLE root, const wchar_t *below, ACCESS_MASK access,
                        ULONG disposition, ULONG options)
{
    wchar_t text[600];
    UNICODE_STRING name = {.Buffer = text};
    OBJECT_ATTRIBUTES attr = {sizeof(attr), root, &name, NT_CASE_INSENSITIVE, NULL, NULL};
    IO_STATUS_BLOCK io;

    if (root || !wcsncmp(below, L"\\??\\", 4))
        swprintf(text, 600, L"%ls", below);
    else
        swprintf(text, 600, L"\\??\\%ls%ls", folder, below);
    name.Length = name.MaximumLength = (USHORT)(wcslen(text) * sizeof(wchar_t));
    return NtCreateFile(handle, access | SYNCHRONIZE, &attr, &io, NULL, 0, 7, disposition,
                        options | NT_SYNCHRONOUS_IO_NONALERT | NT_OPEN_FOR_BACKUP_INTENT, NULL, 0);
}

static void say_open(const char *what, HANDLE root, const wchar_t *name, ACCESS_MASK access,
                     ULONG disposition, ULONG options)
{
    HANDLE handle;
    NTSTATUS status = open_as(&handle, root, name, access, disposition, options);

    printf("%s: %08lx\n", what, status);
    if (NT_SUCCESS(status))
        NtClose(handle);
}

static uint64_t id_of(HANDLE handle)
{
    LARGE_INTEGER id = {.QuadPart = 0};
    IO_STATUS_BLOCK io;

    NtQueryInformationFile(handle, &io, &id, sizeof(id), NT_INTERNAL_INFO);
    return (uint64_t)id.QuadPart;
}

static void roots(void)
{
    HANDLE file = NULL, read = NULL, write = NULL;

    open_as(&file, NULL, L"\\one.txt", GENERIC_READ, NT_OPEN, 0);
    say_open("below a file", file, L"x", GENERIC_READ, NT_OPEN, 0);
    say_open("made below a file", file, L"x", GENERIC_WRITE, NT_CREATE, 0);
    say_open("a file itself", file, L"", GENERIC_READ, NT_OPEN, 0);
    NtClose(file);
    CreatePipe(&read, &write, NULL, 0);
    say_open("below a pipe", read, L"x", GENERIC_READ, NT_OPEN, 0);
    NtClose(read);
    NtClose(write);
    say_open("C:/x", NULL, L"\\??\\C:/x", GENERIC_READ, NT_OPEN, 0);
    say_open("C:/x\\y", NULL, L"\\??\\C:/x\\y", GENERIC_READ, NT_OPEN, 0);
    say_open("file\\", NULL, L"\\one.txt\\", GENERIC_READ | GENERIC_WRITE, NT_OPEN,
             NT_DIRECTORY_FILE);
    say_open("file\\ made", NULL, L"\\one.txt\\", GENERIC_WRITE, NT_CREATE, NT_NON_DIRECTORY_FILE);
}

/** Open a file that is made here by its id, below the drive's root. */
static void by_id(void)
{
    HANDLE made = NULL, drive = NULL, found = NULL;
    uint64_t id;
    UNICODE_STRING name = {sizeof(id), sizeof(id), (WCHAR *)&id};
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr), .ObjectName = &name};
    IO_STATUS_BLOCK io;
    NTSTATUS status;

    open_as(&made, NULL, L"\\sub\\made.txt", GENERIC_WRITE, NT_CREATE, 0);
    open_as(&drive, NULL, L"\\??\\C:\\", FILE_LIST_DIRECTORY, NT_OPEN, NT_DIRECTORY_FILE);
    id = id_of(made);
    attr.RootDirectory = drive;
    status = NtOpenFile(&found, GENERIC_READ | SYNCHRONIZE, &attr, &io, 7,
                        NT_OPEN_BY_FILE_ID | NT_SYNCHRONOUS_IO_NONALERT);
    printf("by id: %08lx same=%d\n", status, NT_SUCCESS(status) && id_of(found) == id);
    NtClose(made);
    NtClose(drive);
    NtClose(found);
}

/** @return id of `name` in a listing of an open directory; 0 if it is not there */
static uint64_t listed_id(HANDLE handle, const wchar_t *name)
{
    static unsigned char list[8192] __attribute__((aligned(8)));
    const unsigned char *at = list;
    IO_STATUS_BLOCK io;

    if (NtQueryDirectoryFile(handle, NULL, NULL, NULL, &io, list, sizeof(list), 37, FALSE, NULL,
                             TRUE))
        return 0;
    for (;; at += *(const ULONG *)(const void *)at) {
        if (*(const ULONG *)(const void *)(at + 60) == wcslen(name) * sizeof(wchar_t) &&
            !wcsncmp((const wchar_t *)(const void *)(at + 104), name, wcslen(name)))
            return *(const uint64_t *)(const void *)(at + 96);
        if (!*(const ULONG *)(const void *)at)
            return 0;
    }
}

/** A directory is the same one before and after something in it changed. */
static void directory(void)
{
    HANDLE before = NULL, after = NULL, above = NULL, file = NULL;
    struct nt_basic_info basic = {.attributes = FILE_ATTRIBUTE_HIDDEN};
    IO_STATUS_BLOCK io;

    open_as(&before, NULL, L"\\sub2", FILE_READ_ATTRIBUTES, NT_OPEN, 0);
    open_as(&file, NULL, L"\\sub2\\new.txt", GENERIC_WRITE, NT_CREATE, 0);
    open_as(&after, NULL, L"\\sub2", FILE_WRITE_ATTRIBUTES, NT_OPEN, NT_DIRECTORY_FILE);
    open_as(&above, NULL, L"", FILE_LIST_DIRECTORY, NT_OPEN, NT_DIRECTORY_FILE);
    printf("a directory's id: by handles %d, listed %d\n", id_of(before) == id_of(after),
           listed_id(above, L"sub2") == id_of(before));
    NtSetInformationFile(after, &io, &basic, sizeof(basic), NT_BASIC_INFO);
    NtQueryInformationFile(before, &io, &basic, sizeof(basic), NT_BASIC_INFO);
    printf("its attributes, by the older handle: %lx\n", basic.attributes);
    say_open("and it is shared with the older handle", NULL, L"\\sub2", FILE_LIST_DIRECTORY,
             NT_OPEN, NT_DIRECTORY_FILE);
    NtClose(file);
    NtClose(before);
    NtClose(after);
    NtClose(above);
}

/** A file that is gone is not found by its short name either. */
static void short_name(void)
{
    wchar_t from[260], to[260], shorter[260];

    swprintf(from, 260, L"%ls\\long name.document", folder);
    swprintf(to, 260, L"%ls\\moved.txt", folder);
    GetShortPathNameW(from, shorter, 260);
    printf("moved: %d", MoveFileW(from, to));
    printf(", by its short name: %lx\n", GetFileAttributesW(shorter));
}

int wmain(int argc, wchar_t **argv)
{
    if (argc != 2 || wcslen(argv[1]) >= 200)
        return 2;
    wcscpy(folder, argv[1]);
    roots();
    by_id();
    directory();
    short_name();
    return 0;
}
