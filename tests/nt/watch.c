/* tests/nt/watch.c: NtNotifyChangeDirectoryFile. It expects nothing: what it prints outside of a VM
 * is right inside.
 * usage: watch calls FOLDER               every way in which the call can be made and can end
 *        watch duplicates FOLDER          handles of one directory: not as Wine 8 does it
 *        watch closed FOLDER              whose memory is it after the close?
 *        watch leave FOLDER               end the only thread while it waits
 *        watch hasty FOLDER               change something and close, 700 times
 *        watch until FOLDER flat|tree FILTER SECONDS [COMMAND]
 *            run the command; print the changes, in their order, until the name `end` is made */
#include "nt.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

enum { PATH_CCH = 600, SHORT_MS = 400, LONG_MS = 5000, NAMES = 0x3 };

NT_CALL NtCancelIoFileEx(HANDLE, IO_STATUS_BLOCK *, IO_STATUS_BLOCK *);

static wchar_t folder[PATH_CCH];
static unsigned char changes[65536] __attribute__((aligned(8)));
static HANDLE event;
static IO_STATUS_BLOCK io;

static const wchar_t *path_of(const wchar_t *name)
{
    static wchar_t path[PATH_CCH];

    swprintf(path, PATH_CCH, L"%ls\\%ls", folder, name);
    return path;
}

static HANDLE open_folder(ULONG options)
{
    wchar_t path[PATH_CCH];
    UNICODE_STRING name = {.Buffer = path};
    OBJECT_ATTRIBUTES attr = {
        .Length = sizeof(attr), .ObjectName = &name, .Attributes = NT_CASE_INSENSITIVE};
    IO_STATUS_BLOCK opened;
    HANDLE handle = NULL;
    NTSTATUS status;

    swprintf(path, PATH_CCH, L"\\??\\%ls", folder);
    name.Length = name.MaximumLength = (USHORT)(wcslen(path) * sizeof(*path));
    status = NtOpenFile(&handle, FILE_LIST_DIRECTORY | SYNCHRONIZE, &attr, &opened, 7, options);
    if (status)
        printf("open %08lx\n", status);
    return handle;
}

static NTSTATUS start(HANDLE handle, HANDLE signal, nt_apc apc, void *context, ULONG cb)
{
    io.Status = 0x77;
    io.Information = 0x88;
    return NtNotifyChangeDirectoryFile(handle, signal, apc, context, &io, cb ? changes : NULL, cb,
                                       NAMES, FALSE);
}

static void make(const wchar_t *name)
{
    HANDLE handle = CreateFileW(path_of(name), GENERIC_WRITE, 7, NULL, CREATE_ALWAYS, 0, NULL);

    if (handle == INVALID_HANDLE_VALUE)
        printf("cannot make %ls: %lu\n", name, GetLastError());
    CloseHandle(handle);
}

static void say_changes(void)
{
    const unsigned char *at = changes;

    if (io.Status || !io.Information)
        return;
    for (;;) {
        const FILE_NOTIFY_INFORMATION *change = (const void *)at;

        printf(" %lu:%.*ls", change->Action, (int)(change->FileNameLength / 2), change->FileName);
        if (!change->NextEntryOffset)
            return;
        at += change->NextEntryOffset;
    }
}

/** What can be seen of a call. @param signal NULL: the handle itself is looked at */
static void say(const char *what, HANDLE handle, HANDLE signal, DWORD wait_ms)
{
    DWORD waited = WaitForSingleObjectEx(signal ? signal : handle, wait_ms, TRUE);

    printf("%s: %s status=%lx%s", what, waited == WAIT_TIMEOUT ? "waits" : "signalled", io.Status,
           io.Status && io.Status != 0x77 && io.Information ? " info" : "");
    say_changes();
    printf("\n");
}

static void NTAPI on_apc(void *context, IO_STATUS_BLOCK *answer, ULONG reserved)
{
    printf("apc: context=%p io=%d status=%lx reserved=%lx", context, answer == &io, answer->Status,
           reserved);
    say_changes();
    printf("\n");
}

static DWORD WINAPI cancel_later(void *handle)
{
    IO_STATUS_BLOCK none;

    Sleep(100);
    return (DWORD)NtCancelIoFileEx(handle, &io, &none);
}

static void signals(void)
{
    HANDLE handle = open_folder(NT_DIRECTORY_FILE);

    printf("start %08lx\n", start(handle, event, NULL, NULL, sizeof(changes)));
    say("event", handle, event, SHORT_MS);
    say("handle", handle, NULL, 0);
    make(L"a");
    say("event", handle, event, LONG_MS);
    printf("again %08lx\n", start(handle, NULL, NULL, NULL, sizeof(changes)));
    say("no event", handle, NULL, SHORT_MS);
    make(L"b");
    say("no event", handle, NULL, LONG_MS);
    make(L"between");
    Sleep(SHORT_MS);
    printf("later %08lx\n", start(handle, event, NULL, NULL, sizeof(changes)));
    say("what was between", handle, event, LONG_MS);
    printf("apc %08lx\n", start(handle, NULL, on_apc, (void *)0x1234, sizeof(changes)));
    make(L"c");
    SleepEx(LONG_MS, TRUE);
    CloseHandle(handle);
}

static void ends(void)
{
    HANDLE handle = open_folder(NT_DIRECTORY_FILE), thread;
    IO_STATUS_BLOCK none;
    DWORD status = 0;

    start(handle, event, NULL, NULL, sizeof(changes));
    printf("cancel %08lx\n", NtCancelIoFile(handle, &none));
    say("cancelled", handle, event, LONG_MS);
    start(handle, NULL, NULL, NULL, sizeof(changes));
    thread = CreateThread(NULL, 0, cancel_later, handle, 0, NULL);
    say("cancelled", handle, NULL, LONG_MS);
    WaitForSingleObject(thread, LONG_MS);
    GetExitCodeThread(thread, &status);
    printf("cancelled by another: %08lx\n", status);
    CloseHandle(handle);
}

/* Of one file, watched once. Wine 8 asks for the changes by the handle that is closed. */
static void duplicates(void)
{
    HANDLE handle = open_folder(NT_DIRECTORY_FILE), copy;

    start(handle, event, NULL, NULL, sizeof(changes));
    DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &copy, 0, FALSE,
                    DUPLICATE_SAME_ACCESS);
    CloseHandle(handle);
    say("one of two is closed", handle, event, SHORT_MS);
    make(L"d");
    say("the other tells", copy, event, LONG_MS);
    start(copy, event, NULL, NULL, sizeof(changes));
    CloseHandle(copy);
    say("both are closed", copy, event, LONG_MS);
}

static bool is_all(int byte)
{
    const unsigned char *status = (const void *)&io;

    for (size_t i = 0; i < sizeof(io); i++)
        if (status[i] != byte)
            return false;
    for (size_t i = 0; i < 200; i++)
        if (changes[i] != byte)
            return false;
    return true;
}

/* Once the handle is closed, the memory is the caller's again, whatever was on its way then. */
static void closed(void)
{
    enum { ROUNDS = 300, BYTE = 0x5a };
    unsigned touched = 0;

    for (int i = 0; i < ROUNDS; i++) {
        HANDLE handle = open_folder(NT_DIRECTORY_FILE);
        DWORD until = GetTickCount() + 20;

        start(handle, event, NULL, NULL, sizeof(changes));
        make(L"c");
        DeleteFileW(path_of(L"c"));
        if (i % 2)
            SwitchToThread();
        CloseHandle(handle);
        memset(&io, BYTE, sizeof(io));
        memset(changes, BYTE, 200);
        while (is_all(BYTE) && (LONG)(GetTickCount() - until) < 0)
            ;
        touched += !is_all(BYTE);
    }
    printf("closed: %u of %d touched\n", touched, ROUNDS);
}

static void sizes(void)
{
    HANDLE handle = open_folder(NT_DIRECTORY_FILE);

    start(handle, event, NULL, NULL, 20);
    make(L"a name that is longer than the room for it");
    say("too little room", handle, event, LONG_MS);
    start(handle, event, NULL, NULL, sizeof(changes));
    make(L"e");
    say("after that", handle, event, LONG_MS);
    CloseHandle(handle);
    handle = open_folder(NT_DIRECTORY_FILE);
    start(handle, NULL, NULL, NULL, 0);
    make(L"f");
    say("no room at all", handle, NULL, LONG_MS);
    CloseHandle(handle);
}

static void port(void)
{
    HANDLE handle = open_folder(NT_DIRECTORY_FILE);
    HANDLE queue = CreateIoCompletionPort(handle, NULL, 0x77, 0);
    OVERLAPPED *context = NULL;
    ULONG_PTR key = 0;
    DWORD cb = 0;
    BOOL got;

    start(handle, NULL, NULL, (void *)0x88, sizeof(changes));
    make(L"g");
    got = GetQueuedCompletionStatus(queue, &cb, &key, &context, LONG_MS);
    printf("port: %d key=%lx context=%p same=%d", got, (ULONG)key, (void *)context,
           cb == io.Information);
    say_changes();
    printf("\n");
    start(handle, NULL, NULL, (void *)0x88, sizeof(changes));
    CloseHandle(handle);
    got = GetQueuedCompletionStatus(queue, &cb, &key, &context, LONG_MS);
    printf("port: %d key=%lx context=%p cb=%lu status=%lx\n", got, (ULONG)key, (void *)context, cb,
           io.Status);
    CloseHandle(queue);
}

static void refusals(void)
{
    HANDLE handle = open_folder(NT_DIRECTORY_FILE), file;

    printf("no filter %08lx\n", NtNotifyChangeDirectoryFile(handle, NULL, NULL, NULL, &io, changes,
                                                            sizeof(changes), 0, FALSE));
    printf("bad event %08lx\n", start(handle, (HANDLE)0x7770, NULL, NULL, sizeof(changes)));
    printf("no status block %08lx\n",
           NtNotifyChangeDirectoryFile(handle, NULL, NULL, NULL, NULL, changes, sizeof(changes),
                                       NAMES, FALSE));
    CloseHandle(handle);
    make(L"file");
    file = CreateFileW(path_of(L"file"), GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    printf("a file %08lx\n", start(file, NULL, NULL, NULL, sizeof(changes)));
    CloseHandle(file);
    printf("no handle %08lx\n", start((HANDLE)0x7770, NULL, NULL, NULL, sizeof(changes)));
}

/* As most programs do it. */
static void win32(void)
{
    HANDLE handle = FindFirstChangeNotificationW(folder, FALSE, FILE_NOTIFY_CHANGE_FILE_NAME);

    printf("FindFirstChangeNotification: %lu", WaitForSingleObject(handle, SHORT_MS));
    make(L"h");
    printf(" %lu", WaitForSingleObject(handle, LONG_MS));
    FindNextChangeNotification(handle);
    printf(" %lu", WaitForSingleObject(handle, SHORT_MS));
    DeleteFileW(path_of(L"h"));
    printf(" %lu", WaitForSingleObject(handle, LONG_MS));
    printf(" %d\n", FindCloseChangeNotification(handle));
}

static DWORD WINAPI make_later(void *name)
{
    Sleep(SHORT_MS);
    make(name);
    return 0;
}

static void synchronous(void)
{
    HANDLE handle = open_folder(NT_DIRECTORY_FILE | NT_SYNCHRONOUS_IO_NONALERT);
    DWORD cb = 0;
    BOOL good;

    CloseHandle(CreateThread(NULL, 0, make_later, L"i", 0, NULL));
    good = ReadDirectoryChangesW(handle, changes, sizeof(changes), FALSE, NAMES, &cb, NULL, NULL);
    io = (IO_STATUS_BLOCK){.Information = cb};
    printf("synchronous: %d", good);
    say_changes();
    printf("\n");
    CloseHandle(handle);
}

/** @return the name `end` was made */
static bool print_changes(void)
{
    static wchar_t last[PATH_CCH], line[PATH_CCH];
    const unsigned char *at = changes;

    for (;;) {
        const FILE_NOTIFY_INFORMATION *change = (const void *)at;

        swprintf(line, PATH_CCH, L"%lu %.*ls", change->Action,
                 (int)(change->FileNameLength / sizeof(wchar_t)), change->FileName);
        if (!wcscmp(line, L"1 end"))
            return true;
        if (wcscmp(line, last)) /* how often the same is told is a matter of timing */
            printf("%ls\n", line);
        wcscpy(last, line);
        if (!change->NextEntryOffset)
            return false;
        at += change->NextEntryOffset;
    }
}

static int until(bool tree, ULONG filter, DWORD wait_ms, const wchar_t *command)
{
    HANDLE handle = open_folder(NT_DIRECTORY_FILE);
    bool is_first = true;

    for (;;) {
        NTSTATUS status = NtNotifyChangeDirectoryFile(handle, event, NULL, NULL, &io, changes,
                                                      sizeof(changes), filter, tree);

        if (is_first) {
            printf("ready\n");
            fflush(stdout);
            if (command)
                _wsystem(command);
        }
        is_first = false;
        if (status != STATUS_PENDING || WaitForSingleObject(event, wait_ms) || io.Status) {
            printf("no end: %08lx %08lx\n", status, io.Status);
            return 1;
        }
        if (print_changes())
            return 0;
    }
}

/** A change is on its way when the handle is closed. */
static void hasty(void)
{
    enum { TIMES = 700 };
    static DWORD room[256];
    wchar_t name[PATH_CCH];

    swprintf(name, PATH_CCH, L"%ls\\hasty", folder);
    for (int i = 0; i < TIMES; i++) {
        HANDLE dir = CreateFileW(folder, FILE_LIST_DIRECTORY, 7, NULL, OPEN_EXISTING,
                                 FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED, NULL);
        OVERLAPPED overlapped = {.hEvent = NULL};

        ReadDirectoryChangesW(dir, room, sizeof(room), i & 1, 0x17f, NULL, &overlapped, NULL);
        CreateDirectoryW(name, NULL);
        RemoveDirectoryW(name);
        CloseHandle(dir);
    }
    Sleep(200); /* the thread that watches has the last word */
    printf("%d\n", TIMES);
}

int wmain(int argc, wchar_t **argv)
{
    bool is_until = argc >= 6 && !wcscmp(argv[1], L"until");

    if (argc != 3 && !is_until) {
        fprintf(stderr, "usage: watch calls|duplicates|closed|leave|hasty FOLDER\n"
                        "       watch until FOLDER flat|tree FILTER SECONDS [COMMAND]\n");
        return 2;
    }
    swprintf(folder, PATH_CCH / 2, L"%ls", argv[2]);
    event = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (is_until)
        return until(!wcscmp(argv[3], L"tree"), wcstoul(argv[4], NULL, 16),
                     wcstoul(argv[5], NULL, 10) * 1000, argv[6]);
    if (!wcscmp(argv[1], L"duplicates")) {
        duplicates();
        return 0;
    }
    if (!wcscmp(argv[1], L"closed")) {
        closed();
        return 0;
    }
    if (!wcscmp(argv[1], L"hasty")) {
        hasty();
        return 0;
    }
    if (!wcscmp(argv[1], L"leave")) {
        printf("%08lx\n", start(open_folder(NT_DIRECTORY_FILE), event, NULL, NULL, 100));
        fflush(stdout);
        ExitThread(0);
    }
    signals();
    ends();
    sizes();
    port();
    refusals();
    win32();
    synchronous();
    return 0;
}
