/* tests/nt/procs.c: what a program can do with processes, as lines of text.
 *
 * usage: procs list | open PID | thread TID | wait SECONDS | exit CODE | native FILE
 *        procs ways PID: start "procs open PID" in every way that there is
 *        procs WORD [PID TID]: one of the groups in procs/procs.h */
#include "procs/procs.h"

#include <tlhelp32.h>

#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

wchar_t self[MAX_PATH];

static int list(void)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    PROCESSENTRY32W entry = {.dwSize = sizeof(entry)};

    for (BOOL more = Process32FirstW(snapshot, &entry); more;
         more = Process32NextW(snapshot, &entry))
        printf("%lu %ls\n", entry.th32ProcessID, entry.szExeFile);
    CloseHandle(snapshot);
    return 0;
}

static int open_process(DWORD pid)
{
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);

    if (process)
        printf("opened\n");
    else
        printf("error %lu\n", GetLastError());
    return 0;
}

static int open_thread(DWORD tid)
{
    HANDLE thread = OpenThread(THREAD_QUERY_LIMITED_INFORMATION, FALSE, tid);

    if (thread)
        printf("opened\n");
    else
        printf("error %lu\n", GetLastError());
    return 0;
}

/* --- ways to start a program --------------------------------------------------------------------
 */

static void create(const wchar_t *way, const wchar_t *line, DWORD flags)
{
    STARTUPINFOW startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION started;
    wchar_t copy[1000];
    DWORD code;

    wcscpy(copy, line);
    printf("%ls: ", way);
    fflush(stdout);
    if (!CreateProcessW(NULL, copy, NULL, NULL, TRUE, flags, NULL, NULL, &startup, &started)) {
        printf("not started, error %lu\n", GetLastError());
        fflush(stdout);
        return;
    }
    if (flags & CREATE_SUSPENDED) {
        Sleep(50);
        ResumeThread(started.hThread);
    }
    WaitForSingleObject(started.hProcess, 20000);
    GetExitCodeProcess(started.hProcess, &code);
    if (code)
        printf("%ls: exit code %lx\n", way, code);
    fflush(stdout);
}

static void with_handle_list(const wchar_t *line)
{
    SIZE_T cb = 0;
    STARTUPINFOEXW startup = {.StartupInfo = {.cb = sizeof(startup)}};
    PROCESS_INFORMATION started;
    HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);
    wchar_t copy[1000];

    wcscpy(copy, line);
    InitializeProcThreadAttributeList(NULL, 1, 0, &cb);
    startup.lpAttributeList = malloc(cb);
    InitializeProcThreadAttributeList(startup.lpAttributeList, 1, 0, &cb);
    UpdateProcThreadAttribute(startup.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &out,
                              sizeof(out), NULL, NULL);
    startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    startup.StartupInfo.hStdOutput = startup.StartupInfo.hStdError = out;
    printf("handle list: ");
    fflush(stdout);
    if (CreateProcessW(NULL, copy, NULL, NULL, TRUE, EXTENDED_STARTUPINFO_PRESENT, NULL, NULL,
                       &startup.StartupInfo, &started))
        WaitForSingleObject(started.hProcess, 20000);
    else
        printf("not started, error %lu\n", GetLastError());
}

static int ways(const wchar_t *pid)
{
    wchar_t line[1000], shell[1200];

    swprintf(line, 1000, L"\"%ls\" open %ls", self, pid);
    create(L"plain", line, 0);
    create(L"suspended", line, CREATE_SUSPENDED);
    create(L"breakaway", line, CREATE_BREAKAWAY_FROM_JOB);
    create(L"own group", line, CREATE_NEW_PROCESS_GROUP);
    swprintf(shell, 1200, L"cmd /c %ls open %ls", self, pid);
    create(L"cmd", shell, 0);
    swprintf(shell, 1200, L"cmd /c start /wait /b %ls open %ls", self, pid);
    create(L"start", shell, 0);
    create(L"batch", L"way.bat", 0);
    with_handle_list(line);
    printf("spawn: ");
    fflush(stdout);
    _wspawnl(_P_WAIT, self, self, L"open", pid, (wchar_t *)NULL);
    printf("system: ");
    fflush(stdout);
    swprintf(shell, 1200, L"%ls open %ls", self, pid);
    _wsystem(shell);
    return 0;
}

typedef LONG NTAPI spawn_function(char *const argv[], int wait);

/* A Linux program, by the call that Wine's ntdll exports, and as the image of a process. */
static int native(const wchar_t *file)
{
    spawn_function *spawn =
        (spawn_function *)(void *)GetProcAddress(GetModuleHandleW(L"ntdll"), "__wine_unix_spawnvp");
    STARTUPINFOW startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION started;
    wchar_t line[1000];
    char path[] = "/bin/true", *argv[] = {path, NULL};

    if (spawn)
        printf("spawnvp: %lx\n", (unsigned long)spawn(argv, 1));
    swprintf(line, 1000, L"%ls", file);
    if (CreateProcessW(file, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &started))
        printf("process: started\n");
    else
        printf("process: error %lu\n", GetLastError());
    return 0;
}

/* A group of tests by its name. @return -1: none */
static int group(int argc, wchar_t **argv)
{
    static const struct {
        const wchar_t *name;
        int (*run)(void);
        int (*run_with)(DWORD);
    } groups[] = {{L"lists", test_lists, NULL},         {L"walk", test_walk, NULL},
                  {L"parent", test_parent, NULL},       {L"jobs", test_jobs, NULL},
                  {L"nulljob", test_null_job, NULL},    {L"job", print_job, NULL},
                  {L"system", test_system, NULL},       {L"pointers", test_pointers, NULL},
                  {L"stack", test_small_stack, NULL},   {L"debug", NULL, test_debug},
                  {L"imageof", NULL, test_other_image}, {L"rareways", NULL, test_ways},
                  {L"stacks", test_stacks_in_use, NULL}};
    DWORD pid = argc > 2 ? (DWORD)_wtoi(argv[2]) : 0, tid = argc > 3 ? (DWORD)_wtoi(argv[3]) : 0;

    setvbuf(stdout, NULL, _IONBF, 0);
    if (!wcscmp(argv[1], L"ids"))
        return test_ids(pid, tid);
    if (!wcscmp(argv[1], L"image"))
        return test_image(argc, argv);
    for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++)
        if (!wcscmp(argv[1], groups[i].name))
            return groups[i].run ? groups[i].run() : groups[i].run_with(pid);
    return -1;
}

int wmain(int argc, wchar_t **argv)
{
    int code;

    GetModuleFileNameW(NULL, self, MAX_PATH);
    code = argc > 1 ? group(argc, argv) : 2;
    if (code >= 0)
        return code;
    if (argc > 1 && !wcscmp(argv[1], L"list"))
        return list();
    if (argc < 3)
        return 2;
    if (!wcscmp(argv[1], L"open"))
        return open_process((DWORD)_wtoi(argv[2]));
    if (!wcscmp(argv[1], L"thread"))
        return open_thread((DWORD)_wtoi(argv[2]));
    if (!wcscmp(argv[1], L"ways"))
        return ways(argv[2]);
    if (!wcscmp(argv[1], L"native"))
        return native(argv[2]);
    if (!wcscmp(argv[1], L"exit"))
        return _wtoi(argv[2]);
    printf("%lu %lu\n", GetCurrentProcessId(), GetCurrentThreadId());
    fflush(stdout);
    Sleep((DWORD)_wtoi(argv[2]) * 1000);
    return 0;
}
