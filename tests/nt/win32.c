/* tests/nt/win32.c: file functions of kernel32 that do not ask NT for the rights that Windows would
 * ask for, or ask in an odd way. It expects nothing: what it prints outside of a VM is right
 * inside. usage: win32 FOLDER         with files a.txt .. j.txt and the directory dir in it
 *        win32 FOLDER list    what is in it, as NT puts it in order (cmd's dir has an order of its
 * own) */
#include "nt.h"

#include <stdio.h>
#include <wchar.h>

static wchar_t folder[600];

static const wchar_t *in(const wchar_t *name)
{
    static wchar_t paths[4][700];
    static unsigned next;

    next = (next + 1) % 4;
    swprintf(paths[next], 700, L"%ls\\%ls", folder, name);
    return paths[next];
}

static void say(const char *what, BOOL good)
{
    DWORD error = GetLastError();

    printf("%s: %s", what, good ? "good" : "bad");
    if (!good)
        printf(" %lu", error);
    printf("\n");
}

static void say_file(const wchar_t *name)
{
    HANDLE handle = CreateFileW(in(name), GENERIC_READ, 7, NULL, OPEN_EXISTING,
                                FILE_FLAG_BACKUP_SEMANTICS, NULL);
    BY_HANDLE_FILE_INFORMATION info = {0};
    char text[100] = "";
    DWORD cb = 0;

    if (handle == INVALID_HANDLE_VALUE) {
        printf("  %ls: error %lu\n", name, GetLastError());
        return;
    }
    GetFileInformationByHandle(handle, &info);
    ReadFile(handle, text, sizeof(text) - 1, &cb, NULL);
    printf("  %ls: attributes %lx links %lu '%.*s'\n", name, info.dwFileAttributes,
           info.nNumberOfLinks, (int)strcspn(text, "\r\n"), text);
    CloseHandle(handle);
}

static void write(const wchar_t *name, const char *text)
{
    HANDLE handle = CreateFileW(in(name), GENERIC_WRITE, 7, NULL, OPEN_ALWAYS, 0, NULL);
    DWORD cb;

    SetFilePointer(handle, 0, NULL, FILE_END);
    WriteFile(handle, text, (DWORD)strlen(text), &cb, NULL);
    CloseHandle(handle);
}

static void change(void)
{
    say("SetFileAttributes", SetFileAttributesW(in(L"a.txt"), FILE_ATTRIBUTE_READONLY));
    say_file(L"a.txt");
    say("DeleteFile of what is read-only", DeleteFileW(in(L"a.txt")));
    SetFileAttributesW(in(L"a.txt"), FILE_ATTRIBUTE_NORMAL);
    say("DeleteFile", DeleteFileW(in(L"a.txt")));
    say("SetFileAttributes of a directory",
        SetFileAttributesW(in(L"dir"), FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_DIRECTORY));
    say_file(L"dir");
    say("CreateHardLink", CreateHardLinkW(in(L"b2.txt"), in(L"b.txt"), NULL));
    write(L"b2.txt", "more");
    say_file(L"b.txt");
    say("CreateHardLink over", CreateHardLinkW(in(L"c.txt"), in(L"b.txt"), NULL));
    say("CreateHardLink of a directory", CreateHardLinkW(in(L"dir2"), in(L"dir"), NULL));
}

static void move(void)
{
    say("ReplaceFile", ReplaceFileW(in(L"d.txt"), in(L"e.txt"), in(L"d.bak"), 0, NULL, NULL));
    say_file(L"d.txt");
    say_file(L"d.bak");
    say_file(L"e.txt");
    say("MoveFileEx over",
        MoveFileExW(in(L"f.txt"), in(L"g.txt"), MOVEFILE_REPLACE_EXISTING | MOVEFILE_COPY_ALLOWED));
    say_file(L"g.txt");
    say("MoveFile over", MoveFileW(in(L"g.txt"), in(L"h.txt")));
    say("MoveFile of a directory", MoveFileW(in(L"dir"), in(L"moved")));
    say("CopyFile", CopyFileW(in(L"h.txt"), in(L"moved\\copy.txt"), TRUE));
    say("CopyFile over", CopyFileW(in(L"i.txt"), in(L"h.txt"), FALSE));
    say_file(L"h.txt");
    say("RemoveDirectory, full", RemoveDirectoryW(in(L"moved")));
    DeleteFileW(in(L"moved\\copy.txt"));
    DeleteFileW(in(L"moved\\inside.txt"));
    say("RemoveDirectory", RemoveDirectoryW(in(L"moved")));
}

static void times(void)
{
    FILETIME when = {0x12345678, 0x01c00000}, now = {0, 0};
    HANDLE handle =
        CreateFileW(in(L"j.txt"), FILE_WRITE_ATTRIBUTES, 7, NULL, OPEN_EXISTING, 0, NULL);

    say("SetFileTime", SetFileTime(handle, NULL, NULL, &when));
    CloseHandle(handle);
    handle = CreateFileW(in(L"j.txt"), GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    GetFileTime(handle, NULL, NULL, &now);
    printf("  %lx\n", now.dwHighDateTime);
    say("SetEndOfFile without the right", SetEndOfFile(handle));
    CloseHandle(handle);
    say("file of a temporary name", GetTempFileNameW(folder, L"tmp", 7, (wchar_t *)in(L"")));
    say_file(L"tmp7.tmp");
}

static void list(void)
{
    WIN32_FIND_DATAW data;
    HANDLE find = FindFirstFileW(in(L"*"), &data);

    do {
        char name[1000];

        WideCharToMultiByte(CP_UTF8, 0, data.cFileName, -1, name, sizeof(name), NULL, NULL);
        printf("%s %lx %lu\n", name, data.dwFileAttributes, data.nFileSizeLow);
    } while (FindNextFileW(find, &data));
    FindClose(find);
}

int wmain(int argc, wchar_t **argv)
{
    if (argc < 2 || argc > 3 || (argc == 3 && wcscmp(argv[2], L"list"))) {
        fprintf(stderr, "usage: win32 FOLDER [list]\n");
        return 2;
    }
    swprintf(folder, 600, L"%ls", argv[1]);
    if (argc == 2) {
        change();
        move();
        times();
    }
    list();
    return 0;
}
