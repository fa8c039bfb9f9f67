/* tests/nt/corners.c: corners of names, ids and handles, one line each: what they give must not
 * depend on whether a VM is around. corners FOLDER; FOLDER (C:\x) has one.txt, long name.document,
 * sub\two.txt, sub2, empty, full\below\file, old\up\moved, old\up\file, again. corners FOLDER odd:
 * what Wine 8 does otherwise than NT and a VM. */
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

static NTSTATUS open_by_id(HANDLE *found, HANDLE root, uint64_t id, ACCESS_MASK access)
{
    UNICODE_STRING name = {sizeof(id), sizeof(id), (WCHAR *)&id};
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr), .RootDirectory = root, .ObjectName = &name};
    IO_STATUS_BLOCK io;

    return NtOpenFile(found, access | SYNCHRONIZE, &attr, &io, 7,
                      NT_OPEN_BY_FILE_ID | NT_SYNCHRONOUS_IO_NONALERT);
}

/** Open a file that is made here by its id, below the drive's root. */
static void by_id(void)
{
    HANDLE made = NULL, drive = NULL, found = NULL;
    uint64_t id;
    NTSTATUS status;

    open_as(&made, NULL, L"\\sub\\made.txt", GENERIC_WRITE, NT_CREATE, 0);
    open_as(&drive, NULL, L"\\??\\C:\\", FILE_LIST_DIRECTORY, NT_OPEN, NT_DIRECTORY_FILE);
    id = id_of(made);
    status = open_by_id(&found, drive, id, GENERIC_READ);
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

/** @param root NULL: below the folder */
static NTSTATUS name_as(HANDLE handle, HANDLE root, const wchar_t *below, ULONG class)
{
    static union {
        struct nt_rename_info info;
        unsigned char room[sizeof(struct nt_rename_info) + 600 * sizeof(wchar_t)];
    } rename;
    wchar_t text[600];
    IO_STATUS_BLOCK io;

    swprintf(text, 600, root ? L"%.0ls%ls" : L"\\??\\%ls%ls", folder, below);
    rename.info.replace = 1;
    rename.info.root = root;
    rename.info.name_cb = (ULONG)(wcslen(text) * sizeof(wchar_t));
    wmemcpy(rename.info.name, text, wcslen(text));
    return NtSetInformationFile(handle, &io, &rename, sizeof(rename), class);
}

static NTSTATUS name_it(HANDLE handle, const wchar_t *below, ULONG class)
{
    return name_as(handle, NULL, below, class);
}

static NTSTATUS rename_to(HANDLE handle, const wchar_t *below)
{
    return name_it(handle, below, NT_RENAME_INFO);
}

/** Wine tells the name of a handle without the dots and blanks at its end. */
static void dots_at_the_end(void)
{
    HANDLE handle = NULL;

    open_as(&handle, NULL, L"\\dotted.", GENERIC_READ | GENERIC_WRITE | DELETE, NT_CREATE, 0);
    say_open("a file with a dot at its end, by its handle", handle, L"", FILE_APPEND_DATA,
             NT_CREATE, NT_NON_DIRECTORY_FILE);
    printf("renamed: %08lx\n", rename_to(handle, L"\\one.txt "));
    printf("and again: %08lx\n", rename_to(handle, L"\\sub\\three.txt"));
    say_open("one.txt", NULL, L"\\one.txt", GENERIC_READ, NT_OPEN, 0);
    say_open("one.txt with a blank", NULL, L"\\one.txt ", GENERIC_READ, NT_OPEN, 0);
    printf("a link in place of a directory: %08lx\n", name_it(handle, L"\\sub2\\", NT_LINK_INFO));
    say_open("the new name", NULL, L"\\sub\\three.txt", GENERIC_READ, NT_OPEN, 0);
    NtClose(handle);
}

/** What is above a directory that was moved is looked for where it is now. */
static void above_a_moved_one(void)
{
    HANDLE up = NULL, moved = NULL, found = NULL;

    open_as(&up, NULL, L"\\old\\up", FILE_READ_ATTRIBUTES, NT_OPEN, NT_DIRECTORY_FILE);
    open_as(&moved, NULL, L"\\old\\up\\moved", GENERIC_READ | DELETE, NT_OPEN, NT_DIRECTORY_FILE);
    printf("moved away: %08lx\n", rename_to(moved, L"\\sub2\\moved"));
    printf("what it was in, by id: %08lx\n",
           open_by_id(&found, moved, id_of(up), FILE_READ_ATTRIBUTES));
    NtClose(moved);
    NtClose(up);
    open_as(&up, NULL, L"\\old", GENERIC_READ | DELETE, NT_OPEN, NT_DIRECTORY_FILE);
    printf("into itself, onto a file: %08lx\n", rename_to(up, L"\\old\\up\\file\\"));
    printf("onto a file: %08lx\n", rename_to(up, L"\\sub\\two.txt\\"));
    NtClose(up);
}

/** A directory's times stay when what is in it is only opened to be changed. */
static void times_above(void)
{
    struct nt_basic_info basic = {.written.QuadPart = 126227808000000000ll}, then = {0};
    HANDLE above = NULL, below = NULL;
    IO_STATUS_BLOCK io;

    open_as(&above, NULL, L"\\full", FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES, NT_OPEN, 0);
    NtSetInformationFile(above, &io, &basic, sizeof(basic), NT_BASIC_INFO);
    open_as(&below, NULL, L"\\full\\below\\", DELETE, NT_OPEN, NT_DIRECTORY_FILE);
    NtClose(below);
    NtQueryInformationFile(above, &io, &then, sizeof(then), NT_BASIC_INFO);
    printf("times above: %d\n", then.written.QuadPart == basic.written.QuadPart);
    NtClose(above);
}

/** Directories that are to be deleted: still there, or full and then empty. */
static void ending_directories(void)
{
    HANDLE before = NULL, handle = NULL, file = NULL;
    BOOLEAN deletes = TRUE;
    IO_STATUS_BLOCK io;

    open_as(&before, NULL, L"\\empty", FILE_LIST_DIRECTORY, NT_OPEN, NT_DIRECTORY_FILE);
    open_as(&handle, NULL, L"\\empty", DELETE | FILE_READ_ATTRIBUTES, NT_OPEN, NT_DIRECTORY_FILE);
    printf("to be deleted: %08lx",
           NtSetInformationFile(handle, &io, &deletes, 1, NT_DISPOSITION_INFO));
    printf(" same id: %d\n", id_of(before) == id_of(handle));
    NtClose(before);
    NtClose(handle);
    open_as(&before, NULL, L"\\empty", FILE_LIST_DIRECTORY, NT_CREATE, NT_DIRECTORY_FILE);
    open_as(&handle, NULL, L"", FILE_LIST_DIRECTORY, NT_OPEN, NT_DIRECTORY_FILE);
    printf("made anew, listed with its id: %d\n", listed_id(handle, L"empty") == id_of(before));
    NtClose(before);
    NtClose(handle);
    open_as(&handle, NULL, L"\\full\\below", FILE_LIST_DIRECTORY | DELETE, NT_OPEN,
            NT_DIRECTORY_FILE | NT_DELETE_ON_CLOSE);
    open_as(&file, NULL, L"\\full\\below\\file", DELETE, NT_OPEN, NT_DELETE_ON_CLOSE);
    NtClose(file);
    say_open("full when it was opened", NULL, L"\\full\\below", FILE_LIST_DIRECTORY, NT_OPEN, 0);
    NtClose(handle);
    say_open("empty when it was closed", NULL, L"\\full\\below", FILE_LIST_DIRECTORY, NT_OPEN, 0);
    open_as(&handle, NULL, L"\\full", FILE_LIST_DIRECTORY | DELETE, NT_OPEN,
            NT_DIRECTORY_FILE | NT_DELETE_ON_CLOSE);
    open_as(&file, NULL, L"\\full\\new", GENERIC_WRITE, NT_CREATE, 0);
    NtClose(file);
    NtClose(handle);
    say_open("full when it was closed", NULL, L"\\full\\new", GENERIC_READ, NT_OPEN, 0);
}

static void names_of_others(void)
{
    HANDLE file = NULL, moved = NULL, anew = NULL, found = NULL;

    open_as(&file, NULL, L"\\one.txt", GENERIC_READ | DELETE, NT_OPEN, 0);
    printf("named below a file, \\x: %08lx\n", name_as(file, file, L"\\x", NT_LINK_INFO));
    NtClose(file);
    open_as(&moved, NULL, L"\\again", GENERIC_READ | DELETE, NT_OPEN, NT_DIRECTORY_FILE);
    rename_to(moved, L"\\elsewhere");
    open_as(&anew, NULL, L"\\again", FILE_LIST_DIRECTORY, NT_CREATE, NT_DIRECTORY_FILE);
    printf("moved away, by id below what has its name now: %08lx\n",
           open_by_id(&found, anew, id_of(moved), FILE_READ_ATTRIBUTES));
    NtClose(moved);
    NtClose(anew);
}

/** Where a VM gives NT's answer, or none, and Wine 8 another. */
static int odd(void)
{
    HANDLE made = NULL, found = NULL;

    say_open("a directory named as a stream, made", NULL, L"\\sub:s", FILE_LIST_DIRECTORY,
             NT_CREATE, NT_DIRECTORY_FILE);
    open_as(&made, NULL, L"\\empty", FILE_LIST_DIRECTORY | DELETE, NT_OPEN, NT_DIRECTORY_FILE);
    printf("renamed to that: %08lx\n", rename_to(made, L"\\sub:s"));
    NtClose(made);
    open_as(&made, NULL, L"\\sub ", FILE_LIST_DIRECTORY, NT_CREATE, NT_DIRECTORY_FILE);
    printf("made with a blank at its end, by id: %08lx\n",
           open_by_id(&found, made, id_of(made), FILE_READ_ATTRIBUTES));
    NtClose(made);
    return 0;
}

int wmain(int argc, wchar_t **argv)
{
    if (argc < 2 || wcslen(argv[1]) >= 200)
        return 2;
    wcscpy(folder, argv[1]);
    if (argc > 2)
        return odd();
    roots();
    by_id();
    directory();
    short_name();
    dots_at_the_end();
    above_a_moved_one();
    times_above();
    ending_directories();
    names_of_others();
    return 0;
}
