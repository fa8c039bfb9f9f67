/* guest/pe/fvmdrivers.c: start what a lean VM leaves out: MountMgr and nsiproxy.
 *
 * pid 1 of the VM runs this when libfvmguest.so meets the first program that needs them; as
 * "fvmdrivers services" it starts just services.exe, which a VM with lazy services lacks, too. Exit
 * code 0: all run. Nothing here opens a volume or a network table: that would wait for ourselves.
 */
#include "guest/pe/lib/nt.h"
#include <winsvc.h>

enum { WAIT_MS = 20000, STEP_MS = 2 };

static bool is_running(SC_HANDLE service)
{
    SERVICE_STATUS status;

    return QueryServiceStatus(service, &status) && status.dwCurrentState == SERVICE_RUNNING;
}

/* While another service is being started the manager may refuse: then again. */
static bool start_or_retry(SC_HANDLE service)
{
    for (int waited = 0; waited < WAIT_MS; waited += STEP_MS) {
        if (StartServiceW(service, 0, NULL) || GetLastError() == ERROR_SERVICE_ALREADY_RUNNING)
            return true;
        if (GetLastError() != ERROR_SERVICE_DATABASE_LOCKED)
            return false;
        Sleep(STEP_MS);
    }
    return false;
}

static bool start_driver(SC_HANDLE manager, const WCHAR *name)
{
    SC_HANDLE service = OpenServiceW(manager, name, SERVICE_START | SERVICE_QUERY_STATUS);
    bool running = false;

    if (!service)
        return false;
    if (start_or_retry(service))
        for (int waited = 0; !(running = is_running(service)) && waited < WAIT_MS;
             waited += STEP_MS)
            Sleep(STEP_MS);
    CloseServiceHandle(service);
    return running;
}

/* services.exe, when it does not run yet; one of us at a time, so that there is one of it. */
static bool ensure_services(void)
{
    HANDLE mutex = CreateMutexW(NULL, FALSE, L"__fvm_services"), started;
    bool ok;

    WaitForSingleObject(mutex, INFINITE);
    started = OpenEventW(SYNCHRONIZE, FALSE, L"__wine_SvcctlStarted");
    /* it exists from the start of services.exe on, and is set when that is ready */
    ok =
        started ? WaitForSingleObject(started, WAIT_MS) == WAIT_OBJECT_0 : nt_start_services(false);
    ReleaseMutex(mutex);
    return ok;
}

static bool start_drivers(void)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);

    return manager && start_driver(manager, L"MountMgr") && start_driver(manager, L"nsiproxy");
}

/** Entry point. */
void __stdcall start(void)
{
    bool only_services = wcsstr(GetCommandLineW(), L" services");

    if (!ensure_services())
        ExitProcess(1);
    if (!only_services && !start_drivers()) {
        nt_warn("fvmdrivers: MountMgr or nsiproxy could not be started\n");
        ExitProcess(1);
    }
    ExitProcess(0);
}
