/* tests/programs/service.c: a Windows service that leaves a trace: "started", then "stopped" in the
 * file beside it with the extension .log. For installers to install. Not a service: "service state
 * NAME", "service start NAME", "service stop NAME" ask the service manager, as sc.exe would. */
#include <windows.h>
#include <winsvc.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { WAIT_MS = 20000, STEP_MS = 50 };

static SERVICE_STATUS status = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS,
                                .dwControlsAccepted = SERVICE_ACCEPT_STOP};
static SERVICE_STATUS_HANDLE handle;
static HANDLE stopped;

static void trace(const char *word)
{
    wchar_t path[MAX_PATH];
    FILE *file;

    GetModuleFileNameW(NULL, path, MAX_PATH);
    wcscpy(wcsrchr(path, '.'), L".log");
    file = _wfopen(path, L"ab");
    if (!file)
        return;
    fprintf(file, "%s\n", word);
    fclose(file);
}

static void become(DWORD state)
{
    status.dwCurrentState = state;
    SetServiceStatus(handle, &status);
}

static DWORD WINAPI control(DWORD code, DWORD type, void *data, void *context)
{
    (void)type;
    (void)data;
    (void)context;
    if (code == SERVICE_CONTROL_STOP) {
        become(SERVICE_STOP_PENDING);
        SetEvent(stopped);
    }
    return NO_ERROR;
}

static void WINAPI serve(DWORD argc, wchar_t **argv)
{
    (void)argc;
    stopped = CreateEventW(NULL, TRUE, FALSE, NULL);
    handle = RegisterServiceCtrlHandlerExW(argv[0], control, NULL);
    trace("started");
    become(SERVICE_RUNNING);
    WaitForSingleObject(stopped, INFINITE);
    trace("stopped");
    become(SERVICE_STOPPED);
}

static bool await(SC_HANDLE service, DWORD state)
{
    SERVICE_STATUS now = {0};

    for (int ms = 0; ms < WAIT_MS; ms += STEP_MS) {
        if (!QueryServiceStatus(service, &now) || now.dwCurrentState == state)
            break;
        Sleep(STEP_MS);
    }
    return now.dwCurrentState == state;
}

static int ask(const wchar_t *command, const wchar_t *name)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service = manager ? OpenServiceW(manager, name, SERVICE_ALL_ACCESS) : NULL;
    SERVICE_STATUS now = {0};
    bool ok = service != NULL;

    if (ok && !wcscmp(command, L"start"))
        ok = StartServiceW(service, 0, NULL) && await(service, SERVICE_RUNNING);
    else if (ok && !wcscmp(command, L"stop"))
        ok = ControlService(service, SERVICE_CONTROL_STOP, &now) && await(service, SERVICE_STOPPED);
    if (!ok) {
        printf("%ls: failed: %lu\n", command, GetLastError());
        return 1;
    }
    QueryServiceStatus(service, &now);
    printf("state %lu\n", now.dwCurrentState);
    return 0;
}

int wmain(int argc, wchar_t **argv)
{
    SERVICE_TABLE_ENTRYW table[] = {{(wchar_t *)L"", serve}, {NULL, NULL}};

    if (argc == 3)
        return ask(argv[1], argv[2]);
    return StartServiceCtrlDispatcherW(table) ? 0 : 1;
}
