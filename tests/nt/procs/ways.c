/* tests/nt/procs/ways.c: rarer ways to start "procs open PID"; bad pointers; stacks. See
 * procs.h. */
#include "procs.h"

#include <shellapi.h>

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

static wchar_t line[1000];
static STARTUPINFOW startup;
static PROCESS_INFORMATION started;

static wchar_t *fresh_line(DWORD pid)
{
    swprintf(line, 1000, L"\"%ls\" open %lu", self, pid);
    startup = (STARTUPINFOW){.cb = sizeof(startup),
                             .dwFlags = STARTF_USESTDHANDLES,
                             .hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE),
                             .hStdError = GetStdHandle(STD_OUTPUT_HANDLE)};
    return line;
}

/* What has none of our streams says by its exit code that it ran. */
static void print_code(HANDLE process)
{
    DWORD code = 0;

    GetExitCodeProcess(process, &code);
    printf("exit code %lu\n", code);
}

/* @param process where the call that is_started tells of has put it */
static void finish(BOOL is_started, const HANDLE *process)
{
    if (!is_started)
        printf("not started, error %lu\n", GetLastError());
    else if (*process)
        WaitForSingleObject(*process, 20000);
}

static void with_flags(const char *way, DWORD pid, DWORD flags)
{
    printf("%s: ", way);
    finish(CreateProcessW(NULL, fresh_line(pid), NULL, NULL, TRUE, flags, NULL, NULL, &startup,
                          &started),
           &started.hProcess);
}

static void with_attribute(const char *way, DWORD pid, DWORD_PTR attribute, HANDLE value)
{
    SIZE_T cb = 0;
    STARTUPINFOEXW extended;

    printf("%s: ", way);
    InitializeProcThreadAttributeList(NULL, 1, 0, &cb);
    fresh_line(pid);
    extended = (STARTUPINFOEXW){.StartupInfo = startup, .lpAttributeList = malloc(cb)};
    extended.StartupInfo.cb = sizeof(extended);
    InitializeProcThreadAttributeList(extended.lpAttributeList, 1, 0, &cb);
    UpdateProcThreadAttribute(extended.lpAttributeList, 0, attribute, &value, sizeof(value), NULL,
                              NULL);
    finish(CreateProcessW(NULL, line, NULL, NULL, TRUE, EXTENDED_STARTUPINFO_PRESENT, NULL, NULL,
                          &extended.StartupInfo, &started),
           &started.hProcess);
}

static void with_tokens(DWORD pid)
{
    HANDLE token;

    OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &token);
    printf("as user: ");
    finish(CreateProcessAsUserW(token, NULL, fresh_line(pid), NULL, NULL, TRUE, 0, NULL, NULL,
                                &startup, &started),
           &started.hProcess);
    printf("with token: ");
    finish(
        CreateProcessWithTokenW(token, 0, NULL, fresh_line(pid), 0, NULL, NULL, &startup, &started),
        &started.hProcess);
    printf("with logon: ");
    finish(CreateProcessWithLogonW(L"somebody", L".", L"secret", 0, NULL, fresh_line(pid), 0, NULL,
                                   NULL, &startup, &started),
           &started.hProcess);
}

static void by_shell(void)
{
    /* Not linked: it would bring half of Windows into every run of this program. */
    BOOL(WINAPI * execute)
    (SHELLEXECUTEINFOW *) = (BOOL(WINAPI *)(SHELLEXECUTEINFOW *))(void *)GetProcAddress(
        LoadLibraryW(L"shell32"), "ShellExecuteExW");
    SHELLEXECUTEINFOW info = {.cbSize = sizeof(info),
                              .fMask = SEE_MASK_NOCLOSEPROCESS | SEE_MASK_FLAG_NO_UI,
                              .lpFile = self,
                              .lpParameters = L"exit 66",
                              .nShow = SW_HIDE};

    printf("shell: ");
    finish(execute(&info), &info.hProcess);
    print_code(info.hProcess);
    printf("shell, runas: ");
    info.lpVerb = L"runas";
    finish(execute(&info), &info.hProcess);
    print_code(info.hProcess);
}

typedef struct {
    ULONG cb;
    HANDLE process, thread;
    CLIENT_ID id;
    char image[64];
} user_process;
__declspec(dllimport) NTSTATUS NTAPI
    RtlCreateProcessParameters(void **, UNICODE_STRING *image, void *, void *, UNICODE_STRING *line,
                               void *, void *, void *, void *, void *);
__declspec(dllimport) NTSTATUS NTAPI
    RtlCreateUserProcess(UNICODE_STRING *, ULONG, void *params, void *, void *, HANDLE parent,
                         BOOLEAN inherits, HANDLE, HANDLE, user_process *);

/* As programs do that go round kernel32; what they start gets no streams. */
static void by_ntdll(void)
{
    wchar_t image[600];
    UNICODE_STRING name = {.Buffer = image}, text = {.Buffer = line};
    user_process made = {.cb = sizeof(made)};
    void *params;
    DWORD code = 0;
    NTSTATUS status;

    swprintf(image, 600, L"\\??\\%ls", self);
    name.Length = name.MaximumLength = (USHORT)(wcslen(image) * 2);
    swprintf(line, 1000, L"\"%ls\" exit 66", self);
    text.Length = text.MaximumLength = (USHORT)(wcslen(line) * 2);
    RtlCreateProcessParameters(&params, &name, NULL, NULL, &text, NULL, NULL, NULL, NULL, NULL);
    status = RtlCreateUserProcess(&name, 0, params, NULL, NULL, NULL, FALSE, NULL, NULL, &made);
    if (!status) {
        ResumeThread(made.thread);
        WaitForSingleObject(made.process, 20000);
        GetExitCodeProcess(made.process, &code);
    }
    printf("ntdll: %lx, exit code %lu\n", (unsigned long)status, code);
}

int test_ways(DWORD pid)
{
    HANDLE parent, job = CreateJobObjectW(NULL, NULL);

    with_flags("detached", pid, DETACHED_PROCESS);
    with_flags("new console", pid, CREATE_NEW_CONSOLE);
    with_flags("no window", pid, CREATE_NO_WINDOW);
    with_flags("separate", pid, CREATE_SEPARATE_WOW_VDM | CREATE_UNICODE_ENVIRONMENT);
    CreateProcessW(NULL, fresh_line(pid), NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &startup,
                   &started);
    parent = started.hProcess;
    with_attribute("child of a child", pid, PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, parent);
    print_code(started.hProcess);
    TerminateProcess(parent, 0);
    with_attribute("into a job", pid, 0x2000d /* PROC_THREAD_ATTRIBUTE_JOB_LIST */, job);
    with_tokens(pid);
    by_shell();
    printf("WinExec: ");
    {
        char text[400];

        snprintf(text, sizeof(text), "\"%ls\" open %lu", self, pid);
        printf("%d ", WinExec(text, SW_HIDE) > 31);
        Sleep(1000);
    }
    by_ntdll();
    return 0;
}

/* --- bad pointers ------------------------------------------------------------------------------
 */

__declspec(dllimport) NTSTATUS NTAPI
    NtCreateUserProcess(HANDLE *, HANDLE *, ACCESS_MASK, ACCESS_MASK, void *, void *, ULONG, ULONG,
                        void *, void *, void *);
int test_pointers(void)
{
    char *bad = VirtualAlloc(NULL, 8192, MEM_RESERVE, PAGE_NOACCESS), buffer[600];
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr)};
    UNICODE_STRING name = {64, 64, (WCHAR *)(void *)bad};
    CLIENT_ID id = {(HANDLE)(ULONG_PTR)GetCurrentProcessId(), NULL};
    HANDLE handle;

#define PRINT(call) printf(#call ": %lx\n", (unsigned long)(call))
    PRINT(NtOpenProcess(&handle, 1, &attr, (CLIENT_ID *)(void *)bad));
    PRINT(NtOpenThread(&handle, 1, &attr, (CLIENT_ID *)(void *)bad));
    PRINT(NtOpenProcess(&handle, 1, &attr, &id));
    PRINT(NtQueryInformationProcess(GetCurrentProcess(), 27, bad, 0, NULL));
    PRINT(NtQueryInformationProcess(GetCurrentProcess(), 27, buffer, 8, NULL));
    PRINT(NtQuerySystemInformation(5, bad, 0, NULL));
    PRINT(NtQuerySystemInformation(16, bad, 0, NULL));
    PRINT(NtContinue((CONTEXT *)bad, TRUE));
    attr.ObjectName = &name;
    PRINT(NtOpenJobObject(&handle, 1, &attr));
    PRINT(NtOpenSection(&handle, 4, &attr));
    attr.ObjectName = (UNICODE_STRING *)(void *)bad;
    PRINT(NtOpenJobObject(&handle, 1, &attr));
    PRINT(NtCreateUserProcess(&handle, &handle, 0x2000000, 0x2000000, NULL, NULL, 0, 0, NULL, NULL,
                              bad) < 0);
    return 0;
}

/* --- stacks -------------------------------------------------------------------------------------
 */

static DWORD WINAPI on_small_stack(void *arg)
{
    wchar_t path[300], file[300];
    DWORD pid = GetCurrentProcessId(), cch = 300;
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid), made;

    (void)arg;
    printf("image: %d\n", QueryFullProcessImageNameW(process, 0, path, &cch));
    swprintf(file, 300, L"C:\\small-stack-%lu", pid);
    made = CreateFileW(file, GENERIC_ALL, 0, NULL, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    printf("file: %d\n", made != INVALID_HANDLE_VALUE);
    CloseHandle(made);
    with_flags("process", pid, 0);
    CloseHandle(process);
    return 0;
}

int test_small_stack(void)
{
    HANDLE thread =
        CreateThread(NULL, 65536, on_small_stack, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    DWORD code = 1;

    WaitForSingleObject(thread, 20000);
    GetExitCodeThread(thread, &code);
    printf("thread: %lu\n", code);
    return 0;
}

/* Pages of this thread's stack that are memory of the machine's. */
static DWORD WINAPI count_pages(void *arg)
{
    enum { WORKING_SET_EX = 4 };
    ULONG_PTR low, high;
    unsigned there = 0;

    (void)arg;
    GetCurrentThreadStackLimits(&low, &high);
    for (ULONG_PTR page = low; page < high; page += 0x1000) {
        ULONG_PTR info[] = {page, 0}; /* address, attributes */

        NtQueryVirtualMemory((HANDLE)-1, NULL, WORKING_SET_EX, info, sizeof(info), NULL);
        there += info[1] & 1;
    }
    return there;
}

int test_stacks_in_use(void)
{
    HANDLE thread = CreateThread(NULL, 0, count_pages, NULL, 0, NULL);
    DWORD code = 0;

    printf("%lu\n", count_pages(NULL));
    WaitForSingleObject(thread, 20000);
    GetExitCodeThread(thread, &code);
    printf("%lu\n", code);
    return 0;
}
