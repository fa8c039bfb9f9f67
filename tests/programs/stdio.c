/* tests/programs/stdio.c: tells what a program is given by whoever starts it: arguments, variables,
 * folder, standard streams, terminal, Ctrl-C. "stdio COMMAND [ARGUMENT...]"; text is UTF-8. */
#include <windows.h>
#include <shellapi.h>
#include <fcntl.h>
#include <io.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_CB = 32768, BUFFER_CB = 65536, HANDLER_CODE = 77, WAIT_MS = 60000 };

static BYTE buffer[BUFFER_CB];

static void say(const wchar_t *text)
{
    static char utf8[TEXT_CB];

    WideCharToMultiByte(CP_UTF8, 0, text, -1, utf8, sizeof(utf8), NULL, NULL);
    printf("%s\n", utf8);
}

static int tell_args(int argc, wchar_t **argv)
{
    for (int i = 2; i < argc; i++)
        say(argv[i]);
    return 0;
}

static int tell_line(int argc, wchar_t **argv)
{
    (void)argc;
    (void)argv;
    say(GetCommandLineW());
    return 0;
}

static int tell_variable(int argc, wchar_t **argv)
{
    const wchar_t *value = argc > 2 ? _wgetenv(argv[2]) : NULL;

    say(value ? value : L"(not set)");
    return value ? 0 : 1;
}

static int tell_folder(int argc, wchar_t **argv)
{
    wchar_t path[MAX_PATH];

    (void)argc;
    (void)argv;
    GetCurrentDirectoryW(MAX_PATH, path);
    say(path);
    return 0;
}

static int tell_self(int argc, wchar_t **argv)
{
    wchar_t path[MAX_PATH];

    (void)argc;
    (void)argv;
    GetModuleFileNameW(NULL, path, MAX_PATH);
    say(path);
    return 0;
}

static int leave(int argc, wchar_t **argv)
{
    return argc > 2 ? _wtoi(argv[2]) : 0;
}

static int write_both(int argc, wchar_t **argv)
{
    (void)argc;
    (void)argv;
    printf("to out\n");
    fflush(stdout);
    fprintf(stderr, "to err\n");
    return 0;
}

static bool write_all(HANDLE to, const BYTE *data, DWORD size)
{
    DWORD done = 0;

    for (; size; data += done, size -= done)
        if (!WriteFile(to, data, size, &done, NULL) || !done)
            return false;
    return true;
}

/* Input to output, to the byte. The code tells which of the two failed. */
static int copy(int argc, wchar_t **argv)
{
    HANDLE in = GetStdHandle(STD_INPUT_HANDLE), out = GetStdHandle(STD_OUTPUT_HANDLE);
    DWORD size;

    (void)argc;
    (void)argv;
    for (;;) {
        if (!ReadFile(in, buffer, sizeof(buffer), &size, NULL))
            return GetLastError() == ERROR_BROKEN_PIPE || GetLastError() == ERROR_HANDLE_EOF ? 0
                                                                                             : 2;
        if (!size)
            return 0;
        if (!write_all(out, buffer, size))
            return 3;
    }
}

/* Write for ever: only a failing write ends this. */
static int flood(int argc, wchar_t **argv)
{
    (void)argc;
    (void)argv;
    memset(buffer, 'f', sizeof(buffer));
    buffer[99] = '\n';
    for (;;)
        if (!write_all(GetStdHandle(STD_OUTPUT_HANDLE), buffer, 100))
            return HANDLER_CODE;
}

static int tell_types(int argc, wchar_t **argv)
{
    static const DWORD names[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    static const char *const types[] = {"unknown", "disk", "char", "pipe"};
    FILE *to = argc > 2 ? _wfopen(argv[2], L"w") : stdout;

    if (!to)
        return 1;
    for (size_t i = 0; i < 3; i++) {
        DWORD mode, type = GetFileType(GetStdHandle(names[i]));
        bool console = GetConsoleMode(GetStdHandle(names[i]), &mode);

        fprintf(to, "%s%s", i ? " " : "", console ? "console" : type < 4 ? types[type] : "?");
    }
    fprintf(to, "\n");
    fclose(to);
    return 0;
}

static int tell_console(int argc, wchar_t **argv)
{
    CONSOLE_SCREEN_BUFFER_INFO info;
    DWORD mode;
    bool in = GetConsoleMode(GetStdHandle(STD_INPUT_HANDLE), &mode);
    bool out = GetConsoleMode(GetStdHandle(STD_OUTPUT_HANDLE), &mode);

    (void)argc;
    (void)argv;
    if (!GetConsoleScreenBufferInfo(GetStdHandle(STD_OUTPUT_HANDLE), &info)) {
        printf("no console: %lu\n", GetLastError());
        return 1;
    }
    printf("console in %d out %d isatty %d %d size %dx%d\n", in, out, !!_isatty(0), !!_isatty(1),
           info.srWindow.Right - info.srWindow.Left + 1,
           info.srWindow.Bottom - info.srWindow.Top + 1);
    return 0;
}

static int ask(int argc, wchar_t **argv)
{
    char line[200];

    (void)argc;
    (void)argv;
    printf("your name? ");
    fflush(stdout);
    if (!fgets(line, sizeof(line), stdin))
        return 1;
    line[strcspn(line, "\r\n")] = 0;
    printf("hello <%s>\n", line);
    return 0;
}

static BOOL WINAPI on_event(DWORD event)
{
    printf("handler: event %lu\n", event);
    fflush(stdout);
    ExitProcess(HANDLER_CODE);
}

/* "wait handler": with a handler of ours; "wait": what Windows does by itself. */
static int wait(int argc, wchar_t **argv)
{
    if (argc > 2 && !wcscmp(argv[2], L"handler"))
        SetConsoleCtrlHandler(on_event, TRUE);
    printf("waiting\n");
    fflush(stdout);
    Sleep(WAIT_MS);
    return 1;
}

/* A helper that lives on with our handles: what a service or an updater does to a shell's pipe. */
static int leave_helper(int argc, wchar_t **argv)
{
    STARTUPINFOW startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION process;
    wchar_t line[2 * MAX_PATH], self[MAX_PATH];

    GetModuleFileNameW(NULL, self, MAX_PATH);
    _snwprintf(line, 2 * MAX_PATH, L"\"%ls\" nap %ls", self, argc > 2 ? argv[2] : L"");
    if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process))
        return 1;
    printf("left a helper\n");
    return 5;
}

/* Sleep until a file is there, a minute at most; then make another. */
static int nap(int argc, wchar_t **argv)
{
    wchar_t done[MAX_PATH];

    if (argc < 3)
        return 1;
    for (int ms = 0; ms < WAIT_MS && _waccess(argv[2], 0); ms += 50)
        Sleep(50);
    _snwprintf(done, MAX_PATH, L"%ls.done", argv[2]);
    fclose(_wfopen(done, L"w"));
    return 0;
}

static const struct {
    const wchar_t *name;
    int (*run)(int argc, wchar_t **argv);
} commands[] = {
    {L"args", tell_args},     {L"line", tell_line}, {L"variable", tell_variable},
    {L"folder", tell_folder}, {L"self", tell_self}, {L"exit", leave},
    {L"both", write_both},    {L"copy", copy},      {L"flood", flood},
    {L"types", tell_types},   {L"ask", ask},        {L"console", tell_console},
    {L"wait", wait},          {L"nap", nap},        {L"leave-helper", leave_helper},
};

int wmain(int argc, wchar_t **argv)
{
    _setmode(2, _O_BINARY);
    _setmode(1, _O_BINARY); /* the shell's side compares lines */
    for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
        if (!wcscmp(argv[1], commands[i].name))
            return commands[i].run(argc, argv);
    fprintf(stderr, "stdio: no command\n");
    return 2;
}
