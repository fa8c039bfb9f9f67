/* tests/programs/probe/programs.c: processes and how they reach each other: pipes, events, COM,
 * services. See probe.h. */
#include "probe.h"

#include <winsvc.h>
#include <shlobj.h>
#include <objbase.h>
#include <stdio.h>
#include <string.h>

static DWORD WINAPI pipe_client(void *name)
{
    char text[8] = "ping";
    DWORD done;

    return !CallNamedPipeW(name, text, 4, text, sizeof(text), &done, 5000) ||
           memcmp(text, "pong", 4);
}

bool check_named_pipe(void)
{
    wchar_t name[64];
    char text[8] = "";
    DWORD done = 0, code = 1;
    HANDLE pipe, thread;
    bool ok;

    swprintf(name, 64, L"\\\\.\\pipe\\fvmprobe%lu", GetCurrentProcessId());
    pipe = CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1,
                            64, 64, 0, NULL);
    thread = CreateThread(NULL, 0, pipe_client, name, 0, NULL);
    ok = ConnectNamedPipe(pipe, NULL) || GetLastError() == ERROR_PIPE_CONNECTED;
    ok = ok && ReadFile(pipe, text, sizeof(text), &done, NULL) &&
         WriteFile(pipe, "pong", 4, &done, NULL);
    WaitForSingleObject(thread, 5000);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    CloseHandle(pipe);
    return say(ok && !code, "%.4s, client %lu", text, code);
}

bool check_events(void)
{
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, L"fvmprobe-event");
    HANDLE again = OpenEventW(EVENT_ALL_ACCESS, FALSE, L"fvmprobe-event");
    bool ok = event && again && SetEvent(event) && !WaitForSingleObject(again, 1000);

    CloseHandle(event);
    CloseHandle(again);
    return say(ok, "named event");
}

bool check_process(void)
{
    wchar_t command[MAX_PATH + 40];
    STARTUPINFOW startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION process;
    DWORD code = 0;

    swprintf(command, MAX_PATH + 40, L"\"%ls\" exit-code", probe_path);
    if (!CreateProcessW(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process))
        return say(false, "CreateProcess");
    WaitForSingleObject(process.hProcess, 20000);
    GetExitCodeProcess(process.hProcess, &code);
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    return say(code == CHILD_EXIT_CODE, "exit code %lu", code);
}

bool check_com_inproc(void)
{
    IUnknown *object = NULL;
    HRESULT result = CoInitialize(NULL);

    if (SUCCEEDED(result))
        result = CoCreateInstance(&CLSID_ShellLink, NULL, CLSCTX_INPROC_SERVER, &IID_IUnknown,
                                  (void **)&object);
    if (object)
        object->lpVtbl->Release(object);
    CoUninitialize();
    return say(SUCCEEDED(result), "%#lx", result);
}

bool check_com_server(void)
{
    /* Background Intelligent Transfer: a COM class inside a service, so SCM and RPC both work. */
    static const GUID bits = {
        0x4991d34b, 0x80a1, 0x4291, {0x83, 0xb6, 0x33, 0x28, 0x36, 0x6b, 0x90, 0x97}};
    IUnknown *object = NULL;
    HRESULT result = CoInitialize(NULL);

    if (SUCCEEDED(result))
        result =
            CoCreateInstance(&bits, NULL, CLSCTX_LOCAL_SERVER, &IID_IUnknown, (void **)&object);
    if (object)
        object->lpVtbl->Release(object);
    CoUninitialize();
    return say(SUCCEEDED(result), "%#lx", result);
}

bool check_scm(void)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    bool ok = manager != NULL;

    say(ok, "OpenSCManager");
    if (ok)
        CloseServiceHandle(manager);
    return ok;
}

bool check_services(void)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ENUMERATE_SERVICE);
    DWORD needed = 0, count = 0, resume = 0;
    bool ok = manager && EnumServicesStatusW(manager, SERVICE_WIN32 | SERVICE_DRIVER,
                                             SERVICE_STATE_ALL, (void *)probe_buffer,
                                             sizeof(probe_buffer), &needed, &count, &resume);

    say(ok && count, "%lu services", count);
    if (manager)
        CloseServiceHandle(manager);
    return ok && count;
}

bool check_start_service(void)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service = manager ? OpenServiceW(manager, L"Spooler", SERVICE_ALL_ACCESS) : NULL;
    SERVICE_STATUS status = {0};
    bool ok = service &&
              (StartServiceW(service, 0, NULL) || GetLastError() == ERROR_SERVICE_ALREADY_RUNNING);

    for (int i = 0; ok && i < 500 && status.dwCurrentState != SERVICE_RUNNING; i++) {
        QueryServiceStatus(service, &status);
        Sleep(10);
    }
    ok = say(ok && status.dwCurrentState == SERVICE_RUNNING, "state %lu", status.dwCurrentState);
    if (service)
        CloseServiceHandle(service);
    if (manager)
        CloseServiceHandle(manager);
    return ok;
}
