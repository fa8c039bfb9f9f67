/* tests/nt/ops.c: what single operations cost: time, and round trips to wineserver. For
 * tests/nt/trips.t and bench/shared.sh. */
/* clang-format off
 *
 * usage: ops touch FOLDER           change own\f.txt, merged\f7.txt and a key: in a VM they are its own then
 *        ops time FOLDER            of each operation: its name, nanoseconds, round trips
 *        ops trips FOLDER           of each operation: its name, round trips
 *        ops use FOLDER MS          do all of them, say "ready PID", wait; for a look at the memory
 *        ops mark FOLDER MS COUNT   change so many files in merged, say "ready PID", wait
 *        ops keys|nokeys            a key with 1,000 subkeys, for the others; before `touch`
 *        ops exit
 *
 * FOLDER has plain\f0.txt, merged\f0.txt, ... f999.txt in each, and own\f.txt, of 4,096 bytes each.
 * Times are the best of some short batches: others use this machine too.
 *
 * clang-format on */
#include "nt.h"

#include <rpc.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define MERGED_KEY L"Software\\FVM-ops"
enum { PATH_CCH = 300, BLOCK_CB = 4096, MERGED_KEYS = 1000 };

/* What the operations work on, made before the clock runs. */
static struct {
    wchar_t plain[PATH_CCH], own[PATH_CCH], missing[PATH_CCH], fresh[PATH_CCH];
    wchar_t list_plain[PATH_CCH], list_merged[PATH_CCH];
    wchar_t self[PATH_CCH + 8];
    HANDLE read, write, dir, pipe[2];
    HKEY key, merged_key;
    char block[BLOCK_CB];
} on;

static void fail(const char *what)
{
    fprintf(stderr, "ops: %s: error %lu\n", what, GetLastError());
    exit(1);
}

static HANDLE open_file(const wchar_t *path, DWORD access, DWORD disposition)
{
    HANDLE file = CreateFileW(path, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                              NULL, disposition, FILE_FLAG_BACKUP_SEMANTICS, NULL);

    if (file == INVALID_HANDLE_VALUE)
        fail("cannot open");
    return file;
}

/* --- round trips -------------------------------------------------------------------------- */

/* Each request to wineserver is one write of this process. Asked of Linux itself: what Wine opens,
 * wineserver opens. */
static intptr_t call_linux(intptr_t number, intptr_t a, intptr_t b, intptr_t c)
{
#ifdef __x86_64__
    __asm__ volatile("syscall" : "+a"(number) : "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
#else
    (void)a, (void)b, (void)c;
    number = -1; /* nothing is counted */
#endif
    return number;
}

static unsigned long writes_so_far(void)
{
    enum { LINUX_READ = 0, LINUX_OPEN = 2, LINUX_CLOSE = 3 };
    char text[512];
    const char *at;
    intptr_t file = call_linux(LINUX_OPEN, (intptr_t) "/proc/self/io", 0, 0), got;

    if (file < 0)
        return 0;
    got = call_linux(LINUX_READ, file, (intptr_t)text, sizeof(text) - 1);
    call_linux(LINUX_CLOSE, file, 0, 0);
    text[got > 0 ? got : 0] = 0;
    at = strstr(text, "syscw: ");
    return at ? strtoul(at + 7, NULL, 10) : 0;
}

/* --- the operations ----------------------------------------------------------------------- */

static void open_plain(void)
{
    CloseHandle(open_file(on.plain, GENERIC_READ, OPEN_EXISTING));
}

static void open_own(void)
{
    CloseHandle(open_file(on.own, GENERIC_READ, OPEN_EXISTING));
}

static void open_relative(void)
{
    static WCHAR name[] = L"f0.txt";
    UNICODE_STRING text = {sizeof(name) - sizeof(*name), sizeof(name), name};
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr),
                              .RootDirectory = on.dir,
                              .ObjectName = &text,
                              .Attributes = NT_CASE_INSENSITIVE};
    IO_STATUS_BLOCK io;
    HANDLE file;

    if (NtOpenFile(&file, GENERIC_READ | SYNCHRONIZE, &attr, &io,
                   FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                   NT_SYNCHRONOUS_IO_NONALERT))
        fail("cannot open relative to a directory");
    NtClose(file);
}

static void attributes_plain(void)
{
    if (GetFileAttributesW(on.plain) == INVALID_FILE_ATTRIBUTES)
        fail("no attributes");
}

static void attributes_own(void)
{
    if (GetFileAttributesW(on.own) == INVALID_FILE_ATTRIBUTES)
        fail("no attributes");
}

static void open_missing(void)
{
    if (CreateFileW(on.missing, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) !=
        INVALID_HANDLE_VALUE)
        fail("found what is missing");
}

static void attributes_missing(void)
{
    if (GetFileAttributesW(on.missing) != INVALID_FILE_ATTRIBUTES)
        fail("found what is missing");
}

static void read_plain(void)
{
    LARGE_INTEGER at = {.QuadPart = 0};
    IO_STATUS_BLOCK io;

    if (NtReadFile(on.read, NULL, NULL, NULL, &io, on.block, BLOCK_CB, &at, NULL))
        fail("cannot read");
}

static void write_own(void)
{
    LARGE_INTEGER at = {.QuadPart = 0};
    IO_STATUS_BLOCK io;

    if (NtWriteFile(on.write, NULL, NULL, NULL, &io, on.block, BLOCK_CB, &at, NULL))
        fail("cannot write");
}

static void list(const wchar_t *mask)
{
    WIN32_FIND_DATAW entry;
    HANDLE search = FindFirstFileW(mask, &entry);
    int count = 0;

    if (search == INVALID_HANDLE_VALUE)
        fail("cannot list");
    do
        count++;
    while (FindNextFileW(search, &entry));
    FindClose(search);
    if (count != 1002)
        fail("not 1,000 entries");
}

static void list_plain(void)
{
    list(on.list_plain);
}

static void list_merged(void)
{
    list(on.list_merged);
}

static void create_delete(void)
{
    CloseHandle(open_file(on.fresh, GENERIC_READ | GENERIC_WRITE, CREATE_NEW));
    if (!DeleteFileW(on.fresh))
        fail("cannot delete");
}

/* --- keys: by name, by handle; of one that nothing was changed in -------------------------------
 */

static void open_key(void)
{
    HKEY key;

    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"Software\\Microsoft\\Windows NT\\CurrentVersion", 0,
                      KEY_ALL_ACCESS, &key))
        fail("cannot open a key");
    RegCloseKey(key);
}

static void open_missing_key(void)
{
    HKEY key;

    if (!RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"Software\\Microsoft\\No such key", 0, KEY_READ, &key))
        fail("found what is missing");
}

static void query_value(void)
{
    WCHAR text[100];
    DWORD cb = sizeof(text);

    if (RegQueryValueExW(on.key, L"CurrentVersion", NULL, NULL, (BYTE *)text, &cb))
        fail("cannot read a value");
}

static void query_key(void)
{
    DWORD count;

    if (RegQueryInfoKeyW(on.key, NULL, NULL, NULL, &count, NULL, NULL, NULL, NULL, NULL, NULL,
                         NULL) ||
        !count)
        fail("cannot query a key");
}

static void list_subkeys(HKEY key, DWORD least)
{
    WCHAR name[256];
    DWORD at = 0, cch = 256;

    while (!RegEnumKeyExW(key, at, name, &cch, NULL, NULL, NULL, NULL)) {
        at++;
        cch = 256;
    }
    if (at < least)
        fail("too few keys");
}

static void list_keys(void)
{
    list_subkeys(on.key, 10);
}

/* Everything that enumerates a key that the VM changed must look at both sides. */
static void list_merged_keys(void)
{
    list_subkeys(on.merged_key, MERGED_KEYS);
}

static void start_process(void)
{
    STARTUPINFOW startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION process;

    if (!CreateProcessW(NULL, on.self, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process))
        fail("cannot start a process");
    WaitForSingleObject(process.hProcess, INFINITE);
    CloseHandle(process.hProcess);
    CloseHandle(process.hThread);
}

static void event(void)
{
    HANDLE made = CreateEventW(NULL, TRUE, FALSE, L"FVM-ops"), opened;

    opened = OpenEventW(SYNCHRONIZE, FALSE, L"FVM-ops");
    if (!made || !opened)
        fail("no event");
    CloseHandle(opened);
    CloseHandle(made);
}

static void pipe_there(void)
{
    char text[16] = "there";
    DWORD done;

    if (!WriteFile(on.pipe[0], text, sizeof(text), &done, NULL) ||
        !ReadFile(on.pipe[1], text, sizeof(text), &done, NULL))
        fail("a pipe does not work");
}

/* --- a procedure by ncalrpc, written by hand: it takes four bytes and answers with four --------
 */

#define OPS_ID                                                                                     \
    {                                                                                              \
        {0x5f1c9b10, 0x6a3e, 0x4d11, {0x9c, 0x01, 0x66, 0x76, 0x6d, 0x6f, 0x70, 0x73}},            \
        {                                                                                          \
            1, 0                                                                                   \
        }                                                                                          \
    }
#define OPS_NDR                                                                                    \
    {                                                                                              \
        {0x8a885d04, 0x1ceb, 0x11c9, {0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60}},            \
        {                                                                                          \
            2, 0                                                                                   \
        }                                                                                          \
    }

static void RPC_ENTRY answer_four(RPC_MESSAGE *message)
{
    message->BufferLength = 4;
    if (!I_RpcGetBuffer(message))
        memset(message->Buffer, 4, 4);
}

static RPC_DISPATCH_FUNCTION procedures[] = {answer_four, NULL};
static RPC_DISPATCH_TABLE dispatch = {1, procedures, 0};
static RPC_SERVER_INTERFACE served = {
    sizeof(served), OPS_ID, OPS_NDR, &dispatch, 0, NULL, NULL, NULL, 0,
};
static RPC_CLIENT_INTERFACE called = {
    sizeof(called), OPS_ID, OPS_NDR, NULL, 0, NULL, 0, NULL, 0,
};

static handle_t bind_to_self(void)
{
    static wchar_t transport[] = L"ncalrpc", endpoint[] = L"FvmOps";
    RPC_WSTR name;
    handle_t binding = NULL;

    if (RpcServerUseProtseqEpW(transport, 20, endpoint, NULL) ||
        RpcServerRegisterIf(&served, NULL, NULL) || RpcServerListen(1, 20, TRUE) ||
        RpcStringBindingComposeW(NULL, transport, NULL, endpoint, NULL, &name) ||
        RpcBindingFromStringBindingW(name, &binding))
        fail("cannot serve by ncalrpc");
    RpcStringFreeW(&name);
    return binding;
}

static void call_procedure(void)
{
    static handle_t binding;
    RPC_MESSAGE message = {
        .DataRepresentation = 0x10, .BufferLength = 4, .RpcInterfaceInformation = &called};

    if (!binding)
        binding = bind_to_self();
    message.Handle = binding;
    if (I_RpcGetBuffer(&message))
        fail("no buffer for a call");
    memset(message.Buffer, 0, 4);
    if (I_RpcSendReceive(&message) || message.BufferLength != 4)
        fail("a call is not answered");
    I_RpcFreeBuffer(&message);
}

static const struct operation {
    const char *name;
    void (*run)(void);
    int batch, batches; /* so many in a row, so many times */
} operations[] = {
    {"open-untouched", open_plain, 50, 60},
    {"open-relative", open_relative, 50, 60},
    {"open-own", open_own, 50, 60},
    {"attributes-untouched", attributes_plain, 200, 60},
    {"attributes-own", attributes_own, 200, 60},
    {"open-missing", open_missing, 50, 60},
    {"attributes-missing", attributes_missing, 50, 60},
    {"read-untouched", read_plain, 1000, 60},
    {"write-own", write_own, 1000, 60},
    {"list-untouched", list_plain, 1, 40},
    {"list-merged", list_merged, 1, 40},
    {"event", event, 50, 60},
    {"create-delete", create_delete, 20, 60},
    {"key-open", open_key, 50, 60},
    {"key-open-missing", open_missing_key, 50, 60},
    {"key-query-value", query_value, 100, 60},
    {"key-query", query_key, 100, 60},
    {"key-list", list_keys, 2, 60},
    {"key-list-merged", list_merged_keys, 1, 40},
    {"pipe", pipe_there, 100, 60},
    {"lrpc", call_procedure, 50, 60},
    {"start", start_process, 1, 12},
};
enum { COUNT = sizeof(operations) / sizeof(*operations) };

/* --- measuring ---------------------------------------------------------------------------- */

static double time_one(const struct operation *operation)
{
    LARGE_INTEGER unit, from, to;
    double best = 0;

    QueryPerformanceFrequency(&unit);
    for (int batch = 0; batch < operation->batches; batch++) {
        double took;

        QueryPerformanceCounter(&from);
        for (int i = 0; i < operation->batch; i++)
            operation->run();
        QueryPerformanceCounter(&to);
        took = (double)(to.QuadPart - from.QuadPart) * 1e9 / (double)unit.QuadPart;
        if (!batch || took < best)
            best = took;
    }
    return best / operation->batch;
}

/* Exactly, of eight: the first ones may fetch what later ones have. */
static double trips_of_one(const struct operation *operation)
{
    unsigned long from;

    operation->run();
    operation->run();
    from = writes_so_far();
    for (int i = 0; i < 8; i++)
        operation->run();
    return (double)(writes_so_far() - from) / 8;
}

static void prepare(const wchar_t *folder)
{
    wchar_t path[PATH_CCH];

    _snwprintf(on.plain, PATH_CCH, L"%ls\\plain\\f0.txt", folder);
    _snwprintf(on.own, PATH_CCH, L"%ls\\own\\f.txt", folder);
    _snwprintf(on.missing, PATH_CCH, L"%ls\\missing.txt", folder);
    _snwprintf(on.fresh, PATH_CCH, L"%ls\\own\\new.txt", folder);
    _snwprintf(on.list_plain, PATH_CCH, L"%ls\\plain\\*", folder);
    _snwprintf(on.list_merged, PATH_CCH, L"%ls\\merged\\*", folder);
    _snwprintf(path, PATH_CCH, L"%ls\\plain", folder);
    on.self[0] = '"';
    GetModuleFileNameW(NULL, on.self + 1, PATH_CCH - 1);
    wcscat(on.self, L"\" exit");
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"Software\\Microsoft\\Windows NT\\CurrentVersion", 0,
                      KEY_ALL_ACCESS, &on.key))
        fail("cannot open a key");
    RegOpenKeyExW(HKEY_CURRENT_USER, MERGED_KEY, 0, KEY_READ, &on.merged_key);
    if (!CreatePipe(&on.pipe[1], &on.pipe[0], NULL, 0))
        fail("cannot make a pipe");
    on.dir = open_file(path, GENERIC_READ, OPEN_EXISTING);
    on.read = open_file(on.plain, GENERIC_READ, OPEN_EXISTING);
    on.write = open_file(on.own, GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING);
}

static void touch(const wchar_t *folder)
{
    wchar_t path[PATH_CCH];

    _snwprintf(path, PATH_CCH, L"%ls\\own\\f.txt", folder);
    CloseHandle(open_file(path, GENERIC_WRITE, OPEN_EXISTING));
    _snwprintf(path, PATH_CCH, L"%ls\\merged\\f7.txt", folder);
    CloseHandle(open_file(path, GENERIC_WRITE, OPEN_EXISTING));
    if (RegSetKeyValueW(HKEY_CURRENT_USER, MERGED_KEY L"\\k7", L"v", REG_SZ, L"own", 8))
        fail("cannot change a key");
}

static int make_keys(bool is_wanted)
{
    for (int i = 0; is_wanted && i < MERGED_KEYS; i++) {
        wchar_t name[60];
        HKEY key;

        _snwprintf(name, 60, MERGED_KEY L"\\k%d", i);
        if (RegCreateKeyW(HKEY_CURRENT_USER, name, &key))
            fail("cannot make a key");
        RegCloseKey(key);
    }
    return is_wanted ? 0 : RegDeleteTreeW(HKEY_CURRENT_USER, MERGED_KEY) != 0;
}

/* With the number by which Linux knows this process. */
static void ready(DWORD ms)
{
    enum { LINUX_GETPID = 39 };

    printf("ready %d\n", (int)call_linux(LINUX_GETPID, 0, 0, 0));
    fflush(stdout);
    Sleep(ms);
}

static void mark(const wchar_t *folder, int count)
{
    wchar_t path[PATH_CCH];

    for (int i = 0; i < count; i++) {
        _snwprintf(path, PATH_CCH, L"%ls\\merged\\f%d.txt", folder, i);
        CloseHandle(open_file(path, GENERIC_WRITE, OPEN_EXISTING));
    }
}

int wmain(int argc, wchar_t **argv)
{
    const wchar_t *verb = argc > 1 ? argv[1] : L"";

    if (!wcscmp(verb, L"exit"))
        return 0;
    if (argc == 2 && (!wcscmp(verb, L"keys") || !wcscmp(verb, L"nokeys")))
        return make_keys(!wcscmp(verb, L"keys"));
    if (argc < 3)
        return 2;
    if (!wcscmp(verb, L"touch")) {
        touch(argv[2]);
        return 0;
    }
    if (!wcscmp(verb, L"mark") && argc > 4) {
        mark(argv[2], _wtoi(argv[4]));
        ready(wcstoul(argv[3], NULL, 10));
        return 0;
    }
    prepare(argv[2]);
    for (int i = 0; i < COUNT; i++) {
        const struct operation *operation = &operations[i];
        double trips;

        if (!wcscmp(verb, L"use") && operation->run == call_procedure)
            continue; /* a server's threads have more memory than all the rest */
        trips = trips_of_one(operation);
        if (!wcscmp(verb, L"time"))
            printf("%s %.0f %.3f\n", operation->name, time_one(operation), trips);
        if (!wcscmp(verb, L"trips"))
            printf("%s %.3f\n", operation->name, trips);
        fflush(stdout);
    }
    if (!wcscmp(verb, L"use") && argc > 3)
        ready(wcstoul(argv[3], NULL, 10));
    return 0;
}
