/* guest/pe/wineboot/session.c: the end of a session, as ExitWindowsEx asks for it. */
#include "guest/pe/wineboot/boot.h"

enum { ANSWER_TIMEOUT_MS = 5000, MAX_WINDOWS = 1024 };

static struct {
    BOOL(WINAPI *enum_windows)(WNDENUMPROC, LPARAM);
    LRESULT(WINAPI *send)(HWND, UINT, WPARAM, LPARAM, UINT, UINT, DWORD_PTR *);
    DWORD(WINAPI *owner)(HWND, DWORD *);
} user32;

static HWND windows[MAX_WINDOWS];
static unsigned window_count;

static BOOL CALLBACK collect(HWND window, LPARAM unused)
{
    (void)unused;
    if (window_count < MAX_WINDOWS)
        windows[window_count++] = window;
    return window_count < MAX_WINDOWS;
}

/* user32 brings the whole window system: loaded only when a session really ends. */
static bool load_user32(void)
{
    HMODULE module = LoadLibraryW(L"user32.dll");

    if (!module)
        return false;
    user32.enum_windows = (void *)GetProcAddress(module, "EnumWindows");
    user32.send = (void *)GetProcAddress(module, "SendMessageTimeoutW");
    user32.owner = (void *)GetProcAddress(module, "GetWindowThreadProcessId");
    return user32.enum_windows && user32.send && user32.owner;
}

/* Ask every window; a window that hangs has no say. */
static bool ask_windows(bool force)
{
    DWORD_PTR answer;
    bool agreed = true;

    user32.enum_windows(collect, 0);
    for (unsigned i = 0; i < window_count && (agreed || force); i++) {
        answer = TRUE;
        if (user32.send(windows[i], WM_QUERYENDSESSION, 0, 0, SMTO_ABORTIFHUNG, ANSWER_TIMEOUT_MS,
                        &answer))
            agreed = agreed && answer;
    }
    agreed = agreed || force;
    for (unsigned i = 0; i < window_count; i++)
        user32.send(windows[i], WM_ENDSESSION, agreed, 0, SMTO_ABORTIFHUNG, ANSWER_TIMEOUT_MS,
                    &answer);
    return agreed;
}

static void end_process(DWORD id)
{
    HANDLE process;

    if (!id || id == GetCurrentProcessId())
        return;
    process = OpenProcess(PROCESS_TERMINATE, FALSE, id);
    if (!process)
        return;
    NtTerminateProcess(process, 0);
    NtClose(process);
}

static void end_owners(void)
{
    for (unsigned i = 0; i < window_count; i++) {
        DWORD id = 0;

        user32.owner(windows[i], &id);
        end_process(id);
    }
}

static void end_all_processes(void)
{
    static BYTE buffer[256 * 1024] __attribute__((aligned(16)));
    SYSTEM_PROCESS_INFORMATION *process = (SYSTEM_PROCESS_INFORMATION *)buffer;

    if (NtQuerySystemInformation(SystemProcessInformation, buffer, sizeof(buffer), NULL))
        return;
    for (;;) {
        end_process((DWORD)(ULONG_PTR)process->UniqueProcessId);
        if (!process->NextEntryOffset)
            return;
        process = (SYSTEM_PROCESS_INFORMATION *)((BYTE *)process + process->NextEntryOffset);
    }
}

bool boot_end_session(bool ask, bool force, bool kill)
{
    if (ask && load_user32()) {
        if (!ask_windows(force))
            return false;
        end_owners();
    }
    if (kill)
        end_all_processes();
    return true;
}
