/* tests/nt/procs/system.c: calls that concern the whole Windows; debugging. See procs.h. */
#include "procs.h"

#include <stdio.h>
#include <wchar.h>

typedef NTSTATUS NTAPI call_function(ULONG_PTR, ULONG_PTR, ULONG_PTR, ULONG_PTR, ULONG_PTR,
                                     ULONG_PTR);

/* All of them take at most six arguments; on x64 more than it needs hurt no callee. */
static void call(const char *name, ULONG_PTR a, ULONG_PTR b, ULONG_PTR c, ULONG_PTR d, ULONG_PTR e,
                 ULONG_PTR f)
{
    call_function *function =
        (call_function *)(void *)GetProcAddress(GetModuleHandleW(L"ntdll"), name);

    if (function)
        printf("%s: %lx\n", name, (unsigned long)function(a, b, c, d, e, f));
    else
        printf("%s: absent\n", name);
}

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

    call("NtLoadDriver", name, 0, 0, 0, 0, 0);
    call("NtUnloadDriver", name, 0, 0, 0, 0, 0);
    call("NtShutdownSystem", 0, 0, 0, 0, 0, 0);
    call("NtInitiatePowerAction", 2, 4, 0, 0, 0, 0);
    call("NtPowerInformation", 0, at, 8, at, 8, 0);
    call("NtRaiseHardError", (ULONG_PTR)STATUS_ASSERTION_FAILURE, 0, 0, 0, 6, (ULONG_PTR)&number);
    call("NtSetSystemTime", (ULONG_PTR)&time, 0, 0, 0, 0, 0);
    call("NtSetSystemInformation", 3, at, 8, 0, 0, 0);
    call("NtSystemDebugControl", 1, at, 8, at, 8, (ULONG_PTR)&number);
    call("NtSetDebugFilterState", 1, 1, 1, 0, 0, 0);
    call("NtSetIntervalProfile", 10000, 0, 0, 0, 0, 0);
    call("NtDisplayString", name, 0, 0, 0, 0, 0);
    call("NtCreatePagingFile", name, (ULONG_PTR)&time, (ULONG_PTR)&time, 0, 0, 0);
    call("NtSetInformationProcess", (ULONG_PTR)GetCurrentProcess(), 29, (ULONG_PTR)&number, 4, 0,
         0);
    call("NtSetInformationProcess", (ULONG_PTR)GetCurrentProcess(), 23, at, 8, 0, 0);
    call("NtSetInformationThread", (ULONG_PTR)GetCurrentThread(), 18, (ULONG_PTR)&number, 4, 0, 0);
    call("NtQuerySystemInformationEx", 5, at, 8, at, 8, (ULONG_PTR)&number);
    call("RtlGetNativeSystemInformation", 5, at, 8, (ULONG_PTR)&number, 0, 0);
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
