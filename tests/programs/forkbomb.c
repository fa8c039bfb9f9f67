/* tests/programs/forkbomb.c: starts itself for ever; with `stubborn` it only refuses to end. */
#include <stdio.h>
#include <wchar.h>
#include <windows.h>

static BOOL WINAPI ignore(DWORD event)
{
    (void)event;
    return TRUE;
}

int wmain(int argc, wchar_t **argv)
{
    wchar_t self[MAX_PATH + 2];
    STARTUPINFOW start = {.cb = sizeof(start)};
    PROCESS_INFORMATION made;

    SetConsoleCtrlHandler(ignore, TRUE);
    if (argc > 1 && !wcscmp(argv[1], L"stubborn")) {
        printf("ready\n");
        fflush(stdout);
        for (;;)
            Sleep(1000);
    }
    GetModuleFileNameW(NULL, self, MAX_PATH);
    for (;;) {
        wchar_t line[MAX_PATH + 2];

        swprintf(line, MAX_PATH + 2, L"\"%ls\"", self);
        if (CreateProcessW(self, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &made)) {
            printf("started\n");
            fflush(stdout);
            CloseHandle(made.hThread);
            CloseHandle(made.hProcess);
        }
        Sleep(200); /* a bomb that grows, yet leaves the machine to other tests */
    }
}
