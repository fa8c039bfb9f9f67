/* tests/nt/matrix/processes.c: what one process can do to another by its number. The victim is a
 * child of the offering side, which starts another one when it is ended. */
#include "matrix.h"

#include <tlhelp32.h>

#include <stdio.h>
#include <string.h>
#include <wchar.h>

NT_CALL NtSuspendProcess(HANDLE);
NT_CALL NtResumeProcess(HANDLE);

enum { END_CODE = 77, LIST_CB = 4 << 20, PROCESSES = 5, HANDLES = 64 };
HANDLE victim, victim_job;
static char written_to[TOKEN_CCH];

/* --- the victim -------------------------------------------------------------------------- */

int be_victim(const wchar_t *out)
{
    wchar_t title[TOKEN_CCH];

    SetStdHandle(STD_OUTPUT_HANDLE, (HANDLE)(uintptr_t)wcstoull(out, NULL, 16));
    swprintf(title, TOKEN_CCH, L"%hs", token);
    SetConsoleTitleW(title);
    tell("victim-ready", GetCurrentProcessId());
    for (;;)
        SleepEx(INFINITE, TRUE);
}

static bool start_victim(void)
{
    /* Not its standard output: the console's host would write there. */
    HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);
    STARTUPINFOW startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION started;
    wchar_t line[PATH_CCH + 60];

    swprintf(line, PATH_CCH + 60, L"\"%ls\" victim %hs %llx", self, token,
             (unsigned long long)(uintptr_t)out);
    SetHandleInformation(out, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, CREATE_NO_WINDOW | CREATE_NEW_PROCESS_GROUP,
                        NULL, NULL, &startup, &started))
        return false;
    victim = started.hProcess;
    AssignProcessToJobObject(victim_job, victim);
    tell("victim-tid", started.dwThreadId);
    tell("victim", started.dwProcessId);
    return true;
}
static bool offer_victim(struct mechanism *m)
{
    (void)m;
    return start_victim();
}
static void turn_victim(struct mechanism *m)
{
    DWORD code;

    if (!victim || WaitForSingleObject(victim, 0) != WAIT_OBJECT_0)
        return;
    if (GetExitCodeProcess(victim, &code) && code == END_CODE)
        heard(m->name);
    CloseHandle(victim);
    start_victim();
}

static HANDLE open_told(const char *which, DWORD access)
{
    return OpenProcess(access, FALSE, (DWORD)told(which));
}
static HANDLE open_victim(DWORD access)
{
    return open_told("victim", access);
}

/* --- lists ------------------------------------------------------------------------------- */

static enum found reach_toolhelp(struct mechanism *m, char *out)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    PROCESSENTRY32W entry = {.dwSize = sizeof(entry)};
    bool seen = false;

    (void)m;
    (void)out;
    for (BOOL more = Process32FirstW(snapshot, &entry); more;
         more = Process32NextW(snapshot, &entry))
        seen |= entry.th32ProcessID == told("pid");
    CloseHandle(snapshot);
    return its(seen);
}
static enum found reach_threads(struct mechanism *m, char *out)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    THREADENTRY32 entry = {.dwSize = sizeof(entry)};
    bool seen = false;

    (void)m;
    (void)out;
    for (BOOL more = Thread32First(snapshot, &entry); more; more = Thread32Next(snapshot, &entry))
        seen |= entry.th32ThreadID == told("tid");
    CloseHandle(snapshot);
    return its(seen);
}
/* Class 64: an owner and a handle in each entry. */
static enum found reach_handles(struct mechanism *m, char *out)
{
    static char room[LIST_CB];
    struct {
        ULONG_PTR count, reserved;
        struct {
            void *object;
            ULONG_PTR pid, handle;
            ULONG access;
            USHORT trace, type;
            ULONG attributes, reserved;
        } entry[];
    } *list = (void *)room;
    ULONG cb = 0;

    (void)m;
    (void)out;
    if (NtQuerySystemInformation(HANDLES, room, sizeof(room), &cb))
        return FOUND_NOTHING;
    for (ULONG_PTR i = 0; i < list->count; i++)
        if (list->entry[i].pid == told("pid"))
            return FOUND_ITS;
    return FOUND_NOTHING;
}

/* --- by number --------------------------------------------------------------------------- */

static enum found reach_open(struct mechanism *m, char *out)
{
    HANDLE process = open_told("pid", PROCESS_QUERY_LIMITED_INFORMATION);

    (void)m;
    (void)out;
    return its(process && GetProcessId(process) == told("pid"));
}
static enum found reach_thread(struct mechanism *m, char *out)
{
    HANDLE thread = OpenThread(THREAD_SUSPEND_RESUME, FALSE, (DWORD)told("victim-tid"));
    bool done = thread && SuspendThread(thread) == 0 && ResumeThread(thread) == 1;

    (void)m;
    (void)out;
    CloseHandle(thread);
    return its(done);
}
static enum found reach_suspend(struct mechanism *m, char *out)
{
    HANDLE process = open_victim(PROCESS_SUSPEND_RESUME);

    (void)m;
    (void)out;
    return its(process && !NtSuspendProcess(process) && !NtResumeProcess(process));
}
static bool offer_handle(struct mechanism *m)
{
    char *view;

    m->handle = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, NULL);
    view = MapViewOfFile(m->handle, FILE_MAP_WRITE, 0, 0, 0);
    if (!view)
        return false;
    memcpy(view, token, TOKEN_CCH);
    tell("handle", (uintptr_t)m->handle);
    return true;
}
static enum found reach_handle(struct mechanism *m, char *out)
{
    HANDLE process = open_told("pid", PROCESS_DUP_HANDLE), section = NULL;
    const char *view = NULL;

    (void)m;
    if (process && DuplicateHandle(process, (HANDLE)(uintptr_t)told("handle"), GetCurrentProcess(),
                                   &section, FILE_MAP_READ, FALSE, 0))
        view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    return view ? read_token(out, view, TOKEN_CCH) : FOUND_NOTHING;
}
static bool offer_memory(struct mechanism *m)
{
    (void)m;
    tell("token", (uintptr_t)token);
    tell("written", (uintptr_t)written_to);
    return true;
}
static enum found reach_read(struct mechanism *m, char *out)
{
    HANDLE process = open_told("pid", PROCESS_VM_READ);
    char text[TOKEN_CCH];

    (void)m;
    if (!process ||
        !ReadProcessMemory(process, (void *)(uintptr_t)told("token"), text, sizeof(text), NULL))
        return FOUND_NOTHING;
    return read_token(out, text, sizeof(text));
}
static void turn_written(struct mechanism *m)
{
    if (written_to[0])
        heard(m->name);
    written_to[0] = 0;
}
static enum found reach_write(struct mechanism *m, char *out)
{
    HANDLE process = open_told("pid", PROCESS_VM_WRITE | PROCESS_VM_OPERATION);

    (void)m;
    (void)out;
    return process && WriteProcessMemory(process, (void *)(uintptr_t)told("written"), "x", 1, NULL)
               ? FOUND_ASK
               : FOUND_NOTHING;
}
static DWORD CALLBACK remote_thread(void *name)
{
    heard("CreateRemoteThread");
    return name != NULL;
}
static void CALLBACK remote_call(ULONG_PTR unused)
{
    (void)unused;
    heard("QueueUserAPC");
}
static bool offer_code(struct mechanism *m)
{
    (void)m;
    tell("thread-code", (uintptr_t)remote_thread);
    tell("call-code", (uintptr_t)remote_call);
    return true;
}
static enum found reach_remote_thread(struct mechanism *m, char *out)
{
    HANDLE process = open_told("pid", PROCESS_ALL_ACCESS), thread = NULL;

    (void)m;
    (void)out;
    if (process)
        thread = CreateRemoteThread(process, NULL, 0,
                                    (LPTHREAD_START_ROUTINE)(uintptr_t)told("thread-code"), NULL, 0,
                                    NULL);
    if (!thread)
        return FOUND_NOTHING;
    WaitForSingleObject(thread, INFINITE);
    return FOUND_ASK;
}
static enum found reach_call(struct mechanism *m, char *out)
{
    HANDLE thread = OpenThread(THREAD_ALL_ACCESS, FALSE, (DWORD)told("tid"));

    (void)m;
    (void)out;
    return thread && QueueUserAPC((PAPCFUNC)(uintptr_t)told("call-code"), thread, 0)
               ? FOUND_ASK
               : FOUND_NOTHING;
}
static enum found reach_debug(struct mechanism *m, char *out)
{
    DWORD pid = (DWORD)told("victim");
    DEBUG_EVENT event = {0};
    bool told_of_it;

    (void)m;
    (void)out;
    if (!DebugActiveProcess(pid))
        return FOUND_NOTHING;
    DebugSetProcessKillOnExit(FALSE);
    told_of_it = WaitForDebugEvent(&event, INFINITE) && event.dwProcessId == pid;
    ContinueDebugEvent(event.dwProcessId, event.dwThreadId, DBG_CONTINUE);
    DebugActiveProcessStop(pid);
    return its(told_of_it);
}
static enum found reach_job(struct mechanism *m, char *out)
{
    struct {
        DWORD assigned, count;
        ULONG_PTR ids[4];
    } list = {0};
    HANDLE process = open_victim(PROCESS_ALL_ACCESS), job = CreateJobObjectW(NULL, NULL);

    (void)m;
    (void)out;
    if (process && AssignProcessToJobObject(job, process))
        QueryInformationJobObject(job, JobObjectBasicProcessIdList, &list, sizeof(list), NULL);
    return its(list.count == 1 && list.ids[0] == told("victim"));
}

/* Its end, and the code it ended with, is told to who waits; the offering side sees the code too.
 */
static enum found reach_end(struct mechanism *m, char *out)
{
    HANDLE process =
        open_victim(PROCESS_TERMINATE | SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION);
    DWORD code = 0;

    (void)m;
    (void)out;
    if (!process || !TerminateProcess(process, END_CODE) ||
        WaitForSingleObject(process, 20000) != WAIT_OBJECT_0 ||
        !GetExitCodeProcess(process, &code) || code != END_CODE)
        return FOUND_NOTHING;
    return FOUND_ASK;
}

/* --- consoles ---------------------------------------------------------------------------- */

static const DWORD standard[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};

/* Join the victim's console, whose title is the token. Who joins gets the console's standard
 * handles, too. */
static enum found reach_console(struct mechanism *m, char *out)
{
    HANDLE own[3];
    wchar_t title[PATH_CCH] = L"";
    char text[TOKEN_CCH];
    DWORD pid = (DWORD)told("victim");

    (void)m;
    for (int i = 0; i < 3; i++)
        own[i] = GetStdHandle(standard[i]);
    FreeConsole();
    if (AttachConsole(pid))
        GetConsoleTitleW(title, PATH_CCH);
    for (int i = 0; i < 3; i++)
        SetStdHandle(standard[i], own[i]);
    snprintf(text, sizeof(text), "%ls", title);
    return read_token(out, text, sizeof(text));
}
struct mechanism process_mechanisms[] = {
    {"process list (toolhelp)", NULL, .offer = offer_victim, .reach = reach_toolhelp},
    {"AttachConsole", NULL, .reach = reach_console},
    {"thread list (toolhelp)", NULL, .reach = reach_threads},
    {"handle list", NULL, .reach = reach_handles},
    {"OpenProcess", NULL, .reach = reach_open},
    {"OpenThread, SuspendThread", NULL, .reach = reach_thread},
    {"NtSuspendProcess", NULL, .reach = reach_suspend},
    {"DuplicateHandle", NULL, .offer = offer_handle, .reach = reach_handle},
    {"ReadProcessMemory", NULL, .offer = offer_memory, .reach = reach_read},
    {"WriteProcessMemory", NULL, .turn = turn_written, .reach = reach_write},
    {"CreateRemoteThread", NULL, .offer = offer_code, .reach = reach_remote_thread},
    {"QueueUserAPC", NULL, .reach = reach_call},
    {"DebugActiveProcess", NULL, .reach = reach_debug},
    {"AssignProcessToJobObject", NULL, .reach = reach_job},
    {.name = NULL},
};

/* The victim's end comes last. */
struct mechanism console_mechanisms[] = {
    {"TerminateProcess, exit code", NULL, .turn = turn_victim, .reach = reach_end},
    {.name = NULL},
};
