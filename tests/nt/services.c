/* tests/nt/services.c: the service manager, as a program uses it. It expects nothing: what it
 * prints outside of a VM is right inside.
 * usage: services calls FOLDER          what each call answers, with services that write to FOLDER
 *        services install NAME FOLDER [auto]
 *        services start|stop|query|remove NAME
 *        services manager               wait until the manager can be called; print its version
 *        services serve NAME FOLDER     what the manager starts */
#include "nt.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

enum { PATH_CCH = 600, WAIT_MS = 10000, USER_CONTROL = 200 };

static SC_HANDLE manager;
static wchar_t self[PATH_CCH];

/* --- the service -------------------------------------------------------------------------------
 */

static const wchar_t *service_name, *service_folder;
static SERVICE_STATUS_HANDLE service;
static SERVICE_STATUS state = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS,
                               .dwControlsAccepted = SERVICE_ACCEPT_STOP};
static HANDLE ended;

static void note(const char *what)
{
    wchar_t path[PATH_CCH];
    FILE *file;

    _snwprintf(path, PATH_CCH, L"%ls\\%ls.txt", service_folder, service_name);
    file = _wfopen(path, L"a");
    if (!file)
        return;
    fprintf(file, "%s\n", what);
    fclose(file);
}

static void tell(DWORD now)
{
    state.dwCurrentState = now;
    SetServiceStatus(service, &state);
}

static DWORD WINAPI on_control(DWORD control, DWORD type, void *data, void *context)
{
    (void)type;
    (void)data;
    (void)context;
    if (control == SERVICE_CONTROL_STOP) {
        note("stop");
        tell(SERVICE_STOP_PENDING);
        SetEvent(ended);
    } else if (control == USER_CONTROL) {
        note("control");
    } else if (control != SERVICE_CONTROL_INTERROGATE) {
        return ERROR_CALL_NOT_IMPLEMENTED;
    }
    return NO_ERROR;
}

static void WINAPI service_main(DWORD argc, wchar_t **argv)
{
    ended = CreateEventW(NULL, TRUE, FALSE, NULL);
    service = RegisterServiceCtrlHandlerExW(argv[0], on_control, NULL);
    note(argc > 1 ? "start with an argument" : "start");
    tell(SERVICE_RUNNING);
    WaitForSingleObject(ended, INFINITE);
    note("end");
    tell(SERVICE_STOPPED);
}

static int serve(wchar_t *name, const wchar_t *folder)
{
    SERVICE_TABLE_ENTRYW table[] = {{name, service_main}, {NULL, NULL}};

    service_name = name;
    service_folder = folder;
    return !StartServiceCtrlDispatcherW(table);
}

/* --- those who use it ---------------------------------------------------------------------------
 */

static DWORD result_of(BOOL good)
{
    return good ? 0 : GetLastError();
}

static void wait_for(SC_HANDLE handle, DWORD wanted)
{
    SERVICE_STATUS now = {0};

    for (int ms = 0; ms < WAIT_MS; ms += 10, Sleep(10))
        if (!QueryServiceStatus(handle, &now) || now.dwCurrentState == wanted)
            return;
}

/* Wine's manager keeps it until it has seen the end of its process. */
static void wait_removed(SC_HANDLE manager, const wchar_t *name)
{
    SC_HANDLE handle;

    for (int ms = 0; ms < WAIT_MS && (handle = OpenServiceW(manager, name, SERVICE_QUERY_STATUS));
         ms += 10, Sleep(10))
        CloseServiceHandle(handle);
}

static SC_HANDLE install(const wchar_t *name, const wchar_t *folder, DWORD start,
                         const wchar_t *depends)
{
    wchar_t line[2 * PATH_CCH];

    _snwprintf(line, 2 * PATH_CCH, L"\"%ls\" serve %ls %ls", self, name, folder);
    return CreateServiceW(manager, name, name, SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS, start,
                          SERVICE_ERROR_NORMAL, line, NULL, NULL, depends, NULL, NULL);
}

static void say_status(const char *what, SC_HANDLE handle)
{
    SERVICE_STATUS now = {0};
    DWORD error = result_of(QueryServiceStatus(handle, &now));

    printf("%s: %lu type=%lx state=%lx accepts=%lx exit=%lx\n", what, error, now.dwServiceType,
           now.dwCurrentState, now.dwControlsAccepted, now.dwWin32ExitCode);
}

static void say_config(SC_HANDLE handle)
{
    static unsigned char room[8192] __attribute__((aligned(8)));
    QUERY_SERVICE_CONFIGW *config = (void *)room;
    DWORD cb;

    if (!QueryServiceConfigW(handle, config, sizeof(room), &cb)) {
        printf("config: %lu\n", GetLastError());
        return;
    }
    printf("config: type=%lx start=%lx errors=%lx account=%ls name=%ls depends=%ls\n",
           config->dwServiceType, config->dwStartType, config->dwErrorControl,
           config->lpServiceStartName, config->lpDisplayName,
           config->lpDependencies ? config->lpDependencies : L"-");
}

/* How often is a name among those that run? */
static unsigned count_running(const wchar_t *name)
{
    static unsigned char room[65536] __attribute__((aligned(8)));
    ENUM_SERVICE_STATUS_PROCESSW *list = (void *)room;
    DWORD cb, count = 0, resume = 0;
    unsigned found = 0;

    EnumServicesStatusExW(manager, SC_ENUM_PROCESS_INFO, SERVICE_WIN32, SERVICE_ACTIVE, room,
                          sizeof(room), &cb, &count, &resume, NULL);
    for (DWORD i = 0; i < count; i++)
        found +=
            !_wcsicmp(list[i].lpServiceName, name) && list[i].ServiceStatusProcess.dwProcessId != 0;
    return found;
}

static void dependencies(const wchar_t *folder)
{
    SC_HANDLE first = install(L"FvmFirst", folder, SERVICE_DEMAND_START, NULL);
    SC_HANDLE second = install(L"FvmSecond", folder, SERVICE_DEMAND_START, L"FvmFirst\0");
    SERVICE_STATUS now;

    printf("second: %lu\n", second ? 0 : GetLastError());
    printf("second starts: %lu\n", result_of(StartServiceW(second, 0, NULL)));
    wait_for(second, SERVICE_RUNNING);
    say_status("first", first);
    printf("first stops: %lu\n", result_of(ControlService(first, SERVICE_CONTROL_STOP, &now)));
    printf("second stops: %lu\n", result_of(ControlService(second, SERVICE_CONTROL_STOP, &now)));
    wait_for(second, SERVICE_STOPPED);
    ControlService(first, SERVICE_CONTROL_STOP, &now);
    wait_for(first, SERVICE_STOPPED);
    printf("gone: %lu %lu\n", result_of(DeleteService(second)), result_of(DeleteService(first)));
    CloseServiceHandle(second);
    CloseServiceHandle(first);
}

static int calls(const wchar_t *folder)
{
    const wchar_t *argument[] = {L"argument"};
    SC_HANDLE handle = install(L"FvmTest", folder, SERVICE_DEMAND_START, NULL), again;
    SERVICE_DESCRIPTIONW text = {.lpDescription = (wchar_t *)L"described"};
    SERVICE_STATUS now;

    printf("made: %lu\n", handle ? 0 : GetLastError());
    printf("made again: %lu\n",
           install(L"FvmTest", folder, SERVICE_DEMAND_START, NULL) ? 0 : GetLastError());
    say_status("made", handle);
    say_config(handle);
    printf("described: %lu\n",
           result_of(ChangeServiceConfig2W(handle, SERVICE_CONFIG_DESCRIPTION, &text)));
    printf("control of a stopped one: %lu\n",
           result_of(ControlService(handle, USER_CONTROL, &now)));
    printf("started: %lu\n", result_of(StartServiceW(handle, 1, argument)));
    wait_for(handle, SERVICE_RUNNING);
    say_status("started", handle);
    printf("started again: %lu\n", result_of(StartServiceW(handle, 0, NULL)));
    printf("listed: %u\n", count_running(L"FvmTest"));
    printf("control: %lu\n", result_of(ControlService(handle, USER_CONTROL, &now)));
    printf("paused: %lu\n", result_of(ControlService(handle, SERVICE_CONTROL_PAUSE, &now)));
    again = OpenServiceW(manager, L"fvmTEST", SERVICE_STOP | SERVICE_QUERY_STATUS);
    printf("stopped by another handle: %lu\n",
           result_of(ControlService(again, SERVICE_CONTROL_STOP, &now)));
    wait_for(again, SERVICE_STOPPED);
    say_status("stopped", again);
    CloseServiceHandle(again);
    printf("changed: %lu\n", result_of(ChangeServiceConfigW(
                                 handle, SERVICE_NO_CHANGE, SERVICE_DISABLED, SERVICE_NO_CHANGE,
                                 NULL, NULL, NULL, NULL, NULL, NULL, L"Another name")));
    say_config(handle);
    printf("a disabled one starts: %lu\n", result_of(StartServiceW(handle, 0, NULL)));
    printf("removed: %lu\n", result_of(DeleteService(handle)));
    CloseServiceHandle(handle);
    wait_removed(manager, L"FvmTest");
    printf("open a removed one: %lu\n",
           OpenServiceW(manager, L"FvmTest", GENERIC_READ) ? 0 : GetLastError());
    dependencies(folder);
    return 0;
}

static int one(const wchar_t *what, const wchar_t *name)
{
    SC_HANDLE handle = OpenServiceW(manager, name, SERVICE_ALL_ACCESS);
    SERVICE_STATUS now = {0};
    DWORD error = handle ? 0 : GetLastError();

    if (!error && !wcscmp(what, L"start")) {
        error = result_of(StartServiceW(handle, 0, NULL));
        wait_for(handle, SERVICE_RUNNING);
    } else if (!error && !wcscmp(what, L"stop")) {
        error = result_of(ControlService(handle, SERVICE_CONTROL_STOP, &now));
        wait_for(handle, SERVICE_STOPPED);
    } else if (!error && !wcscmp(what, L"remove")) {
        error = result_of(DeleteService(handle));
    } else if (!error) {
        error = result_of(QueryServiceStatus(handle, &now));
    }
    printf("%ls %ls: %lu", what, name, error);
    if (!error && !wcscmp(what, L"query"))
        printf(" state=%lx", now.dwCurrentState);
    printf("\n");
    return 0;
}

int wmain(int argc, wchar_t **argv)
{
    bool is_alone = argc == 2 && !wcscmp(argv[1], L"manager");

    GetModuleFileNameW(NULL, self, PATH_CCH);
    if (argc == 4 && !wcscmp(argv[1], L"serve"))
        return serve(argv[2], argv[3]);
    if (!is_alone && argc < 3) {
        fprintf(stderr, "usage: services calls FOLDER\n"
                        "       services install NAME FOLDER [auto]\n"
                        "       services start|stop|query|remove NAME\n"
                        "       services manager\n");
        return 2;
    }
    manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    printf("manager: %lu\n", manager ? 0 : GetLastError());
    if (is_alone)
        return 0;
    if (!wcscmp(argv[1], L"calls"))
        return calls(argv[2]);
    if (!wcscmp(argv[1], L"install")) {
        DWORD start = argc == 5 ? SERVICE_AUTO_START : SERVICE_DEMAND_START;

        printf("install %ls: %lu\n", argv[2],
               install(argv[2], argv[3], start, NULL) ? 0 : GetLastError());
        return 0;
    }
    return one(argv[1], argv[2]);
}
