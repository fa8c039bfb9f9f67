/* tests/nt/pipes.c: named pipes and mailslots, as a program has them.
 * usage: pipes calls            what each call answers
 *        pipes serve MS NAME    a pipe and a mailslot of this name, for so long
 *        pipes ask NAME         who is behind them?
 *        pipes wait NAME        WaitNamedPipe
 *        pipes anonymous        CreatePipe, with a child at its other end
 *        pipes below            names relative to the root of pipes
 *        pipes lying            FSCTL_PIPE_WAIT with lengths that are none
 *        pipes remote           a pipe by the name of this machine */
#include "nt.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

NT_CALL NtCreateNamedPipeFile(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *,
                              ULONG share, ULONG disposition, ULONG options, ULONG type,
                              ULONG read_mode, ULONG completion, ULONG most, ULONG in_cb,
                              ULONG out_cb, LARGE_INTEGER *wait);
NT_CALL NtCreateMailslotFile(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *,
                             ULONG options, ULONG quota_cb, ULONG most_cb, LARGE_INTEGER *wait);
NT_CALL NtFsControlFile(HANDLE, HANDLE event, nt_apc, void *, IO_STATUS_BLOCK *, ULONG code, void *,
                        ULONG cb, void *, ULONG out_cb);

enum { NAME_CCH = 512, LINE_CB = 200, WAIT_CODE = 0x110018 };

static NTSTATUS make_at(HANDLE *handle, HANDLE root, const wchar_t *name, ULONG disposition)
{
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attr = nt_named(&text, root, name, 0);
    IO_STATUS_BLOCK io;
    LARGE_INTEGER wait = {.QuadPart = -500000};

    return NtCreateNamedPipeFile(handle, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attr, &io,
                                 FILE_SHARE_READ | FILE_SHARE_WRITE, disposition, 0, 0, 0, 0, 4,
                                 4096, 4096, &wait);
}

static NTSTATUS open_at(HANDLE *handle, HANDLE root, const wchar_t *name)
{
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attr = nt_named(&text, root, name, 0);
    IO_STATUS_BLOCK io;

    return NtOpenFile(handle, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attr, &io,
                      FILE_SHARE_READ | FILE_SHARE_WRITE, 0);
}

/* --- several processes --------------------------------------------------------------------- */

static DWORD WINAPI serve_slot(void *name)
{
    HANDLE slot;
    char line[LINE_CB];
    wchar_t path[NAME_CCH];
    DWORD cb;

    _snwprintf(path, NAME_CCH, L"\\\\.\\mailslot\\%ls", (wchar_t *)name);
    slot = CreateMailslotW(path, 0, MAILSLOT_WAIT_FOREVER, NULL);
    while (ReadFile(slot, line, sizeof(line), &cb, NULL)) {
        printf("mail: %.*s\n", (int)cb, line);
        fflush(stdout);
    }
    printf("no slot %lu\n", GetLastError());
    return 0;
}

static DWORD WINAPI serve_pipe(void *name)
{
    wchar_t path[NAME_CCH];
    char line[LINE_CB];
    DWORD cb;

    _snwprintf(path, NAME_CCH, L"\\\\.\\pipe\\%ls", (wchar_t *)name);
    for (;;) {
        HANDLE pipe =
            CreateNamedPipeW(path, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 8,
                             4096, 4096, 0, NULL);

        if (pipe == INVALID_HANDLE_VALUE) {
            printf("no pipe %lu\n", GetLastError());
            return 1;
        }
        printf("ready\n");
        fflush(stdout);
        if (!ConnectNamedPipe(pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED)
            return 1;
        if (ReadFile(pipe, line, sizeof(line), &cb, NULL)) {
            cb = (DWORD)snprintf(line + cb, sizeof(line) - cb, " back") + cb;
            WriteFile(pipe, line, cb, &cb, NULL);
            FlushFileBuffers(pipe);
        }
        DisconnectNamedPipe(pipe);
        CloseHandle(pipe);
    }
}

static int serve(DWORD ms, wchar_t *name)
{
    CreateThread(NULL, 0, serve_slot, name, 0, NULL);
    CreateThread(NULL, 0, serve_pipe, name, 0, NULL);
    Sleep(ms);
    return 0;
}

static int ask(const wchar_t *name)
{
    wchar_t path[NAME_CCH];
    char answer[LINE_CB] = "";
    HANDLE slot;
    DWORD cb = 0;

    _snwprintf(path, NAME_CCH, L"\\\\.\\pipe\\%ls", name);
    if (CallNamedPipeW(path, (void *)(uintptr_t) "there and", 9, answer, sizeof(answer) - 1, &cb,
                       2000))
        printf("pipe: %.*s\n", (int)cb, answer);
    else
        printf("pipe: error %lu\n", GetLastError());
    _snwprintf(path, NAME_CCH, L"\\\\.\\mailslot\\%ls", name);
    slot = CreateFileW(path, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                       0, NULL);
    if (slot != INVALID_HANDLE_VALUE && WriteFile(slot, "letter", 6, &cb, NULL))
        printf("mailslot: sent\n");
    else
        printf("mailslot: error %lu\n", GetLastError());
    return 0;
}

static int wait_for(const wchar_t *name)
{
    wchar_t path[NAME_CCH];
    BOOL there;

    _snwprintf(path, NAME_CCH, L"\\\\.\\pipe\\%ls", name);
    there = WaitNamedPipeW(path, 1000);
    printf("%d %lu\n", there, there ? 0 : GetLastError());
    return 0;
}

static int anonymous(const wchar_t *self)
{
    SECURITY_ATTRIBUTES inherit = {.nLength = sizeof(inherit), .bInheritHandle = TRUE};
    STARTUPINFOW startup = {.cb = sizeof(startup), .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION child;
    HANDLE from, to;
    wchar_t line[NAME_CCH];
    char text[LINE_CB];
    DWORD cb = 0;

    if (!CreatePipe(&from, &to, &inherit, 0))
        return 1;
    startup.hStdOutput = startup.hStdError = to;
    _snwprintf(line, NAME_CCH, L"\"%ls\" hello", self);
    if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &child))
        return 2;
    CloseHandle(to);
    ReadFile(from, text, sizeof(text), &cb, NULL);
    printf("%.*s", (int)cb, text);
    return 0;
}

/* --- what single calls answer -------------------------------------------------------------- */

static void print_names(HANDLE handle)
{
    union {
        UNICODE_STRING name;
        struct {
            ULONG cb;
            wchar_t text[NAME_CCH];
        } file;
        char room[1200];
    } answer;
    IO_STATUS_BLOCK io = {.Status = 0};
    ULONG needed = 0;
    NTSTATUS status = NtQueryObject(handle, 1, &answer, sizeof(answer), &needed);

    printf(" %08lx %lu '%.*ls'", status, needed, status ? 0 : answer.name.Length / 2,
           answer.name.Buffer);
    status = NtQueryInformationFile(handle, &io, &answer, sizeof(answer), NT_NAME_INFO);
    printf(" %08lx %lu '%.*ls'", status, (ULONG)io.Information,
           status ? 0 : (int)answer.file.cb / 2, answer.file.text);
}

static void of_names(void)
{
    static const wchar_t *const names[] = {
        L"\\??\\pipe\\FVM-a",
        L"\\??\\PIPE\\fvm\\with\\separators",
        L"\\Device\\NamedPipe\\FVM-b",
        L"\\DosDevices\\pipe\\FVM-c",
        L"\\??\\GLOBALROOT\\Device\\NamedPipe\\FVM-d",
        L"\\??\\pipe\\FVM<e>?*",
        L"\\??\\pipe\\",
        L"\\??\\pipe",
        L"\\??\\pipe\\trailing\\",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        HANDLE server = NULL, client = NULL, second = NULL;
        NTSTATUS status = make_at(&server, NULL, names[i], NT_CREATE);

        printf("%ls: make %08lx", names[i], status);
        if (!status) {
            print_names(server);
            printf(" again %08lx", make_at(&second, NULL, names[i], NT_CREATE));
            printf(" open if %08lx", make_at(&second, NULL, names[i], NT_OPEN_IF));
            printf(" open %08lx", open_at(&client, NULL, names[i]));
            if (client)
                print_names(client);
        }
        printf("\n");
        NtClose(client);
        NtClose(second);
        NtClose(server);
    }
}

/* Made by one spelling, opened by another. */
static DWORD open_spelled(const wchar_t *name)
{
    HANDLE server =
        CreateNamedPipeW(L"\\\\.\\pipe\\FVM-spelled", PIPE_ACCESS_DUPLEX, 0, 8, 0, 0, 0, NULL);
    HANDLE client = CreateFileW(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    DWORD error = client == INVALID_HANDLE_VALUE ? GetLastError() : 0;

    CloseHandle(client);
    CloseHandle(server);
    return error;
}

static void of_spellings(void)
{
    static const wchar_t *const names[] = {
        L"\\\\.\\pipe\\FVM-spelled", L"\\\\?\\PIPE\\fvm-SPELLED", L"\\\\.\\pipe\\FVM-other",
        L"\\\\.\\GLOBALROOT\\Device\\NamedPipe\\FVM-spelled", L"//./pipe/FVM-spelled"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        printf("%ls: %lu\n", names[i], open_spelled(names[i]));
}

static void of_unnamed(void)
{
    HANDLE root = NULL, server = NULL, client = NULL;

    printf("root %08lx", open_at(&root, NULL, L"\\Device\\NamedPipe\\"));
    printf(" unnamed %08lx", make_at(&server, root, L"", NT_CREATE));
    printf(" its client %08lx\n", open_at(&client, server, L""));
    NtClose(client);
    NtClose(server);
    NtClose(root);
}

/* Relative to the root of all pipes: Wine makes none so, Windows does. */
static int below(void)
{
    HANDLE root = NULL, server = NULL, client = NULL;

    open_at(&root, NULL, L"\\Device\\NamedPipe\\");
    printf("make %08lx", make_at(&server, root, L"FVM-rel", NT_CREATE));
    print_names(server);
    printf(" open %08lx", open_at(&client, root, L"FVM-rel"));
    NtClose(client);
    client = NULL;
    printf(" as another %08lx\n", open_at(&client, root, L"FVM-none"));
    return 0;
}

static void of_wait_buffers(bool lying)
{
    struct {
        LARGE_INTEGER timeout;
        ULONG cb;
        BOOLEAN has_timeout;
        wchar_t name[300];
    } wait = {.timeout = {.QuadPart = -1000000}, .has_timeout = TRUE, .name = L"FVM-wait"};
    /* Lying ones end Wine's server: only in a VM. */
    static const ULONG lengths[] = {0, 2, 16, 14, 600, 1, 7, 604, 0xffffffff, 0x80000000};
    HANDLE root = NULL, server = NULL;
    IO_STATUS_BLOCK io;
    NTSTATUS status = open_at(&root, NULL, L"\\??\\pipe\\");

    make_at(&server, NULL, L"\\??\\pipe\\FVM-wait", NT_CREATE);
    printf("wait: root %08lx\n", status);
    for (size_t i = 0; i < (lying ? sizeof(lengths) / sizeof(*lengths) : 5); i++) {
        wait.cb = lengths[i];
        printf(
            " %lx:%08lx", lengths[i],
            NtFsControlFile(root, NULL, NULL, NULL, &io, WAIT_CODE, &wait, sizeof(wait), NULL, 0));
    }
    wait.cb = 16;
    for (ULONG cb = 0; lying && cb <= 32; cb += 4)
        printf(" cb%lu:%08lx", cb,
               NtFsControlFile(root, NULL, NULL, NULL, &io, WAIT_CODE, &wait, cb, NULL, 0));
    printf("\n");
    NtClose(server);
    NtClose(root);
}

static void of_slots(void)
{
    static const wchar_t *const names[] = {L"\\??\\mailslot\\FVM-slot",
                                           L"\\Device\\MailSlot\\FVM\\slot", L"\\??\\mailslot\\",
                                           L"\\??\\mailslot"};
    LARGE_INTEGER wait = {.QuadPart = -1};
    IO_STATUS_BLOCK io;

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        UNICODE_STRING text;
        OBJECT_ATTRIBUTES attr = nt_named(&text, NULL, names[i], 0);
        HANDLE slot = NULL, second = NULL, writer = NULL;
        NTSTATUS status = NtCreateMailslotFile(&slot, GENERIC_READ, &attr, &io, 0, 0, 0, &wait);

        printf("%ls: %08lx", names[i], status);
        if (!status) {
            print_names(slot);
            printf(" again %08lx",
                   NtCreateMailslotFile(&second, GENERIC_READ, &attr, &io, 0, 0, 0, &wait));
            printf(" write %08lx", NtOpenFile(&writer, GENERIC_WRITE, &attr, &io,
                                              FILE_SHARE_READ | FILE_SHARE_WRITE, 0));
        }
        printf("\n");
        NtClose(writer);
        NtClose(second);
        NtClose(slot);
    }
    printf("no attributes %08lx %08lx\n", make_at(NULL, NULL, L"\\??\\pipe\\FVM-x", NT_CREATE),
           NtCreateMailslotFile(NULL, GENERIC_READ, NULL, &io, 0, 0, 0, &wait));
}

static void of_others(void)
{
    HANDLE slot = CreateFileW(L"\\\\*\\mailslot\\FVM-slot", GENERIC_WRITE, FILE_SHARE_READ, NULL,
                              OPEN_EXISTING, 0, NULL);
    DWORD error = slot == INVALID_HANDLE_VALUE ? GetLastError() : 0;

    printf("broadcast %lu\n", error);
    printf("attributes %lx\n", GetFileAttributesW(L"\\\\.\\pipe\\FVM-none"));
}

static int calls(void)
{
    of_names();
    of_spellings();
    of_unnamed();
    of_wait_buffers(false);
    of_slots();
    of_others();
    return 0;
}

int wmain(int argc, wchar_t **argv)
{
    if (argc == 2 && !wcscmp(argv[1], L"calls"))
        return calls();
    if (argc == 2 && !wcscmp(argv[1], L"below"))
        return below();
    if (argc == 2 && !wcscmp(argv[1], L"lying"))
        return of_wait_buffers(true), 0;
    if (argc == 2 && !wcscmp(argv[1], L"remote")) /* Wine has no such names */
        return printf("%lu\n", open_spelled(L"\\\\localhost\\pipe\\FVM-spelled")) < 0;
    if (argc == 2 && !wcscmp(argv[1], L"anonymous"))
        return anonymous(argv[0]);
    if (argc == 2 && !wcscmp(argv[1], L"hello"))
        return printf("hello from the other end\n") < 0;
    if (argc == 4 && !wcscmp(argv[1], L"serve"))
        return serve(wcstoul(argv[2], NULL, 10), argv[3]);
    if (argc == 3 && !wcscmp(argv[1], L"ask"))
        return ask(argv[2]);
    if (argc == 3 && !wcscmp(argv[1], L"wait"))
        return wait_for(argv[2]);
    fprintf(
        stderr,
        "usage: pipes calls|anonymous|below|lying|remote | serve MS NAME | ask NAME | wait NAME\n");
    return 2;
}
