/* guest/pe/fvmpipe.c: "fvmpipe PROGRAM ARGS..." runs PROGRAM with real Windows pipes.
 *
 * Wine shows a Linux pipe to a program as a file of type pipe on which no pipe call works: Node.js,
 * for one, ends at once. Here each of the standard handles that is such a pipe is replaced by a
 * pipe of Wine's own, and threads copy. Exit code: PROGRAM's; 127 not found, 126 could not be
 * started. FVM_PIPES, a choice of the letters i, o and e, says which handles to replace; without it
 * all that are pipes. Input that PROGRAM leaves unread is lost to a later reader, as with ssh. */
#include "guest/pe/lib/nt.h"

enum { STREAM_IN, STREAM_OUT, STREAM_ERR, STREAMS };
enum { CHUNK_CB = 64 * 1024, NOT_FOUND = 127, NOT_STARTED = 126 };

struct stream {
    HANDLE outer; /* what FVM was given: a Linux pipe or socket */
    HANDLE inner; /* our end of Wine's pipe; NULL: this stream is passed on as it is */
    HANDLE child; /* the program's end, or outer */
    HANDLE program;
    HANDLE thread;
    BYTE *chunk;
};

static struct stream streams[STREAMS];

static bool write_all(HANDLE file, const BYTE *data, DWORD size)
{
    while (size) {
        DWORD done = 0;

        if (!WriteFile(file, data, size, &done, NULL) || !done)
            return false;
        data += done;
        size -= done;
    }
    return true;
}

/* Wait for a read of ours. The program's data is in the pipe before the program can end, so a read
 * still open after its end waits for a grandchild only, and for those nobody waits. */
static bool finish_read(struct stream *stream, OVERLAPPED *read, DWORD *size)
{
    HANDLE wait[2] = {read->hEvent, stream->program};

    if (WaitForMultipleObjects(2, wait, FALSE, INFINITE) != WAIT_OBJECT_0) {
        CancelIo(stream->inner);
        /* it may have ended between the two: then its data counts */
    }
    return GetOverlappedResult(stream->inner, read, size, TRUE) && *size;
}

static DWORD WINAPI copy_out(void *context)
{
    struct stream *stream = context;
    OVERLAPPED read = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};

    for (;;) {
        DWORD size = 0;

        if (!ReadFile(stream->inner, stream->chunk, CHUNK_CB, NULL, &read) &&
            GetLastError() != ERROR_IO_PENDING)
            break;
        if (!finish_read(stream, &read, &size))
            break;
        if (!write_all(stream->outer, stream->chunk, size))
            break;
    }
    /* When our reader is gone the program must learn it: its next write finds the pipe closed. */
    CloseHandle(stream->inner);
    return 0;
}

static DWORD WINAPI copy_in(void *context)
{
    struct stream *stream = context;
    DWORD size;

    while (ReadFile(stream->outer, stream->chunk, CHUNK_CB, &size, NULL) && size)
        if (!write_all(stream->inner, stream->chunk, size))
            break;
    CloseHandle(stream->inner);
    return 0;
}

/* The number of the Linux pipe behind a handle; 0 when unknown. */
static ULONGLONG identity(HANDLE file)
{
    enum { FILE_INTERNAL = 6 };
    IO_STATUS_BLOCK io;
    ULONGLONG number = 0;

    if (NtQueryInformationFile(file, &io, &number, sizeof(number),
                               (FILE_INFORMATION_CLASS)FILE_INTERNAL))
        return 0;
    return number;
}

static bool wanted(int which, HANDLE file)
{
    static const WCHAR letters[] = L"ioe";
    WCHAR choice[8] = L"";

    if (!file || file == INVALID_HANDLE_VALUE)
        return false;
    if (!GetEnvironmentVariableW(L"FVM_PIPES", choice, ARRAY_LEN(choice)))
        return GetFileType(file) == FILE_TYPE_PIPE;
    for (const WCHAR *c = choice; *c; c++)
        if (*c == letters[which])
            return true;
    return false;
}

/* Make the pipe as CreatePipe does, but with an end of ours that can wait for two things. */
static bool make_pipe(int which, struct stream *stream)
{
    SECURITY_ATTRIBUTES inherit = {sizeof(inherit), NULL, TRUE};
    WCHAR name[64];
    DWORD ours =
        which == STREAM_IN ? PIPE_ACCESS_OUTBOUND : PIPE_ACCESS_INBOUND | FILE_FLAG_OVERLAPPED;
    DWORD theirs = which == STREAM_IN ? GENERIC_READ | FILE_WRITE_ATTRIBUTES
                                      : GENERIC_WRITE | FILE_READ_ATTRIBUTES;

    _snwprintf(name, ARRAY_LEN(name), L"\\\\.\\pipe\\fvmpipe-%u-%d",
               (unsigned)GetCurrentProcessId(), which);
    stream->inner =
        CreateNamedPipeW(name, ours | FILE_FLAG_FIRST_PIPE_INSTANCE,
                         PIPE_TYPE_BYTE | PIPE_READMODE_BYTE, 1, CHUNK_CB, CHUNK_CB, 0, NULL);
    stream->child = CreateFileW(name, theirs, 0, &inherit, OPEN_EXISTING, 0, NULL);
    stream->chunk = HeapAlloc(GetProcessHeap(), 0, CHUNK_CB);
    return stream->inner != INVALID_HANDLE_VALUE && stream->child != INVALID_HANDLE_VALUE &&
           stream->chunk;
}

static bool prepare_streams(void)
{
    static const DWORD names[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    struct stream *out = &streams[STREAM_OUT], *err = &streams[STREAM_ERR];

    for (int i = 0; i < STREAMS; i++) {
        struct stream *stream = &streams[i];

        stream->outer = stream->child = GetStdHandle(names[i]);
        if (!wanted(i, stream->outer))
            continue;
        /* grandchildren must not keep the Linux pipe open: its reader waits for the end */
        SetHandleInformation(stream->outer, HANDLE_FLAG_INHERIT, 0);
        if (i == STREAM_ERR && out->inner && identity(out->outer) &&
            identity(out->outer) == identity(err->outer))
            err->child = out->child; /* one pipe stays one pipe: the order of lines is kept */
        else if (!make_pipe(i, stream))
            return false;
    }
    SetEnvironmentVariableW(L"FVM_PIPES", NULL);
    return true;
}

/* The command line behind our own name, to the letter. */
static WCHAR *program_line(void)
{
    WCHAR *line = GetCommandLineW();
    bool quoted = false;

    for (; *line && (quoted || (*line != ' ' && *line != '\t')); line++)
        quoted ^= *line == '"';
    while (*line == ' ' || *line == '\t')
        line++;
    return line;
}

/* Who ends us (SIGTERM, kill -9 of `fvm run`) means the program: it ends with us. Its children do
 * as they like, as they would without us. */
static void tie_to_us(HANDLE program)
{
    static JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {.BasicLimitInformation.LimitFlags =
                                                              JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE |
                                                              JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK};
    HANDLE job = CreateJobObjectW(NULL, NULL); /* closed by our end, whatever it is */

    if (SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof(limits)))
        AssignProcessToJobObject(job, program);
}

static HANDLE start_program(WCHAR *line)
{
    STARTUPINFOW startup = {.cb = sizeof(startup), .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION process;
    DWORD error;

    startup.hStdInput = streams[STREAM_IN].child;
    startup.hStdOutput = streams[STREAM_OUT].child;
    startup.hStdError = streams[STREAM_ERR].child;
    if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &startup,
                        &process)) {
        error = GetLastError();
        nt_warn("fvmpipe: the program could not be started\n");
        ExitProcess(error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND ? NOT_FOUND
                                                                                   : NOT_STARTED);
    }
    tie_to_us(process.hProcess);
    ResumeThread(process.hThread);
    CloseHandle(process.hThread);
    return process.hProcess;
}

/* Ctrl-C is for the program, which gets it as well; we stay to carry its last words. */
static BOOL WINAPI stay(DWORD event)
{
    return event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT;
}

/** Entry point. */
void __stdcall start(void)
{
    WCHAR *line = program_line();
    HANDLE program;
    DWORD code = NOT_STARTED;

    if (!*line) {
        nt_warn("usage: fvmpipe PROGRAM [ARGUMENTS]\n");
        ExitProcess(2);
    }
    if (!prepare_streams()) {
        nt_warn("fvmpipe: no pipe could be made\n");
        ExitProcess(NOT_STARTED);
    }
    SetConsoleCtrlHandler(stay, TRUE);
    program = start_program(line);
    for (int i = 0; i < STREAMS; i++) {
        if (!streams[i].inner)
            continue;
        CloseHandle(streams[i].child);
        streams[i].program = program;
        streams[i].thread =
            CreateThread(NULL, 0, i == STREAM_IN ? copy_in : copy_out, &streams[i], 0, NULL);
    }
    WaitForSingleObject(program, INFINITE);
    for (int i = STREAM_OUT; i < STREAMS; i++)
        if (streams[i].thread)
            WaitForSingleObject(streams[i].thread, INFINITE);
    GetExitCodeProcess(program, &code);
    ExitProcess(code);
}
