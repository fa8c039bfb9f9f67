/* tests/programs/share.c: what a Windows program does with a shared folder.
 * usage: share drive X        what Windows says of a drive, and whether it is listed
 *        share lock FILE      lock its first byte, say so, and hold it until the file FILE.go is
 * there share trylock FILE   can its first byte be locked? share watch FOLDER   say which changes
 * come, until one whose name begins with "last" share move FROM TO   by a rename only; share
 * replace FROM TO: may copy, may overwrite */
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>

static int drive(const wchar_t *name)
{
    const wchar_t root[] = {name[0], L':', L'\\', 0};
    DWORD serial = 0, longest = 0, flags = 0;
    wchar_t label[64] = L"", system[32] = L"";
    ULARGE_INTEGER mine = {.QuadPart = 0}, all = {.QuadPart = 0};
    int listed = (GetLogicalDrives() >> ((name[0] | 0x20) - L'a')) & 1;
    int told = GetVolumeInformationW(root, label, 64, &serial, &longest, &flags, system, 32) != 0;
    int space = GetDiskFreeSpaceExW(root, &mine, &all, NULL) != 0;

    printf("listed %d type %u volume %d '%ls' longest %lu space %d %d\n", listed,
           GetDriveTypeW(root), told, system, longest, space,
           mine.QuadPart > 0 && mine.QuadPart <= all.QuadPart);
    return 0;
}

static HANDLE open_file(const wchar_t *name)
{
    return CreateFileW(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                       OPEN_ALWAYS, 0, NULL);
}

static int lock(const wchar_t *name)
{
    wchar_t go[MAX_PATH];
    HANDLE file = open_file(name);

    swprintf(go, MAX_PATH, L"%ls.go", name);
    if (!LockFile(file, 0, 0, 1, 0)) {
        printf("not locked: %lu\n", GetLastError());
        return 1;
    }
    printf("locked\n");
    fflush(stdout);
    for (int i = 0; i < 600 && GetFileAttributesW(go) == INVALID_FILE_ATTRIBUTES; i++)
        Sleep(50);
    CloseHandle(file);
    return 0;
}

static int try_lock(const wchar_t *name)
{
    HANDLE file = open_file(name);

    if (LockFile(file, 0, 0, 1, 0))
        printf("locked\n");
    else
        printf("not locked: %lu\n", GetLastError());
    CloseHandle(file);
    return 0;
}

static int watch(const wchar_t *name)
{
    HANDLE folder = CreateFileW(name, FILE_LIST_DIRECTORY, 7, NULL, OPEN_EXISTING,
                                FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED, NULL);
    OVERLAPPED over = {.hEvent = CreateEventW(NULL, FALSE, FALSE, NULL)};
    _Alignas(DWORD) char room[4096];
    int begun = 0;

    for (;;) {
        const char *at = room;
        DWORD cb;

        if (!ReadDirectoryChangesW(folder, room, sizeof(room), FALSE,
                                   FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_LAST_WRITE,
                                   NULL, &over, NULL)) {
            printf("cannot watch: %lu\n", GetLastError());
            return 1;
        }
        if (!begun++)
            printf("watching\n");
        fflush(stdout);
        if (WaitForSingleObject(over.hEvent, 30000) ||
            !GetOverlappedResult(folder, &over, &cb, FALSE))
            return 2;
        for (const FILE_NOTIFY_INFORMATION *one = (const void *)at; cb;
             one = (const void *)(at += one->NextEntryOffset)) {
            printf("%lu %.*ls\n", one->Action, (int)(one->FileNameLength / 2), one->FileName);
            if (!wcsncmp(one->FileName, L"last", 4))
                return 0;
            if (!one->NextEntryOffset)
                break;
        }
    }
}

static int move(const wchar_t *from, const wchar_t *to, DWORD how)
{
    if (MoveFileExW(from, to, how))
        printf("moved\n");
    else
        printf("not moved: %lu\n", GetLastError());
    return 0;
}

int wmain(int argc, wchar_t **argv)
{
    if (argc < 3)
        return 2;
    if (!wcscmp(argv[1], L"drive"))
        return drive(argv[2]);
    if (!wcscmp(argv[1], L"lock"))
        return lock(argv[2]);
    if (!wcscmp(argv[1], L"trylock"))
        return try_lock(argv[2]);
    if (!wcscmp(argv[1], L"watch"))
        return watch(argv[2]);
    if (argc == 4 && !wcscmp(argv[1], L"move"))
        return move(argv[2], argv[3], 0);
    if (argc == 4 && !wcscmp(argv[1], L"replace"))
        return move(argv[2], argv[3], MOVEFILE_COPY_ALLOWED | MOVEFILE_REPLACE_EXISTING);
    return 2;
}
