/* tests/nt/procs/system.c: calls that concern the whole Windows; debugging. See procs.h. */
#include "procs.h"

#include <stdio.h>
#include <wchar.h>

typedef ULONG_PTR word;

/* With just as many arguments as the call has: on i386 the callee takes them off the stack. */
static NTSTATUS call_with(const void *function, unsigned count, const word *a)
{
    switch (count) {
    case 1:
        return ((NTSTATUS(NTAPI *)(word))function)(a[0]);
    case 2:
        return ((NTSTATUS(NTAPI *)(word, word))function)(a[0], a[1]);
    case 3:
        return ((NTSTATUS(NTAPI *)(word, word, word))function)(a[0], a[1], a[2]);
    case 4:
        return ((NTSTATUS(NTAPI *)(word, word, word, word))function)(a[0], a[1], a[2], a[3]);
    case 5:
        return ((NTSTATUS(NTAPI *)(word, word, word, word, word))function)(a[0], a[1], a[2], a[3],
                                                                           a[4]);
    default:
        return ((NTSTATUS(NTAPI *)(word, word, word, word, word, word))function)(a[0], a[1], a[2],
                                                                                 a[3], a[4], a[5]);
    }
}

static void call(const char *name, unsigned count, const word *arguments)
{
    const void *function = (const void *)GetProcAddress(GetModuleHandleW(L"ntdll"), name);

    if (function)
        printf("%s: %lx\n", name, (unsigned long)call_with(function, count, arguments));
    else
        printf("%s: absent\n", name);
}
#define CALL(name, ...)                                                                            \
    call(name, sizeof((word[]){__VA_ARGS__}) / sizeof(word), (word[]){__VA_ARGS__})

static void exit_windows(UINT flags)
{
    BOOL(WINAPI * exit_function)(UINT, DWORD);

    exit_function = (BOOL(WINAPI *)(UINT, DWORD))(void *)GetProcAddress(LoadLibraryW(L"user32"),
                                                                        "ExitWindowsEx");
    printf("ExitWindowsEx %x: %s\n", flags, exit_function(flags, 0) ? "done" : "failed");
}

int test_system(void)
{
    UNICODE_STRING text = {2, 2, (WCHAR *)L"x"};
    ULONG_PTR name = (ULONG_PTR)&text;
    ULONG number = 1;
    char buffer[64] = {0};
    ULONG_PTR at = (ULONG_PTR)buffer;
    LARGE_INTEGER time = {.QuadPart = 0};

    CALL("NtLoadDriver", name);
    CALL("NtUnloadDriver", name);
    CALL("NtShutdownSystem", 0);
    CALL("NtInitiatePowerAction", 2, 4, 0, 0);
    CALL("NtPowerInformation", 0, at, 8, at, 8);
    CALL("NtRaiseHardError", (ULONG_PTR)STATUS_ASSERTION_FAILURE, 0, 0, 0, 6, (ULONG_PTR)&number);
    CALL("NtSetSystemTime", (ULONG_PTR)&time, 0);
    CALL("NtSetSystemInformation", 3, at, 8);
    CALL("NtSystemDebugControl", 1, at, 8, at, 8, (ULONG_PTR)&number);
    CALL("NtSetDebugFilterState", 1, 1, 1);
    CALL("NtSetIntervalProfile", 10000, 0);
    CALL("NtDisplayString", name);
    CALL("NtCreatePagingFile", name, (ULONG_PTR)&time, (ULONG_PTR)&time, 0);
    CALL("NtSetInformationProcess", (ULONG_PTR)GetCurrentProcess(), 29, (ULONG_PTR)&number, 4);
    CALL("NtSetInformationProcess", (ULONG_PTR)GetCurrentProcess(), 23, at, 8);
    CALL("NtSetInformationThread", (ULONG_PTR)GetCurrentThread(), 18, (ULONG_PTR)&number, 4);
    CALL("NtQuerySystemInformationEx", 5, at, 8, at, 8, (ULONG_PTR)&number);
    CALL("RtlGetNativeSystemInformation", 5, at, 8, (ULONG_PTR)&number);
    exit_windows(EWX_REBOOT);
    exit_windows(EWX_LOGOFF | EWX_FORCE);
    printf("%s\n",
           SetSystemTime(&(SYSTEMTIME){2000, 1, 6, 1, 0, 0, 0, 0}) ? "time set" : "time not set");
    /* What they leave alone */
    printf("priority: %d\n", SetPriorityClass(GetCurrentProcess(), NORMAL_PRIORITY_CLASS));
    printf("thread: %d\n", SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_NORMAL));
    return 0;
}

/* --- debugging -------------------------------------------------------------------------------- */

/* Until the child is gone. */
static void follow(void)
{
    DEBUG_EVENT event;

    printf("events:");
    while (WaitForDebugEvent(&event, 10000)) {
        if (event.dwDebugEventCode != LOAD_DLL_DEBUG_EVENT &&
            event.dwDebugEventCode != UNLOAD_DLL_DEBUG_EVENT)
            printf(" %lu", event.dwDebugEventCode);
        ContinueDebugEvent(event.dwProcessId, event.dwThreadId, DBG_CONTINUE);
        if (event.dwDebugEventCode == EXIT_PROCESS_DEBUG_EVENT)
            break;
    }
    printf("\n");
}

int test_debug(DWORD pid)
{
    STARTUPINFOW startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION started;
    wchar_t line[1000];

    if (DebugActiveProcess(pid)) {
        printf("attached\n");
        DebugActiveProcessStop(pid);
    } else
        printf("attach: error %lu\n", GetLastError());
    swprintf(line, 1000, L"\"%ls\" exit 5", self);
    if (!CreateProcessW(NULL, line, NULL, NULL, FALSE, DEBUG_ONLY_THIS_PROCESS, NULL, NULL,
                        &startup, &started))
        return printf("child: error %lu\n", GetLastError()), 0;
    follow();
    return 0;
}
