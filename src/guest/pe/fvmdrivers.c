/* guest/pe/fvmdrivers.c: start the two drivers a lean VM leaves out, MountMgr and nsiproxy.
 *
 * pid 1 of the VM runs this when libfvmguest.so meets the first program that needs them. Exit code
 * 0: both run. Nothing here opens a volume or a network table: that would wait for ourselves. */
#include "guest/pe/lib/nt.h"
#include <winsvc.h>

enum { WAIT_MS = 20000, STEP_MS = 2 };

static bool is_running(SC_HANDLE service)
{
    SERVICE_STATUS status;

    return QueryServiceStatus(service, &status) && status.dwCurrentState == SERVICE_RUNNING;
}

static bool start_driver(SC_HANDLE manager, const WCHAR *name)
{
    SC_HANDLE service = OpenServiceW(manager, name, SERVICE_START | SERVICE_QUERY_STATUS);
    bool running = false;

    if (!service)
        return false;
    if (StartServiceW(service, 0, NULL) || GetLastError() == ERROR_SERVICE_ALREADY_RUNNING)
        for (int waited = 0; !(running = is_running(service)) && waited < WAIT_MS;
             waited += STEP_MS)
            Sleep(STEP_MS);
    CloseServiceHandle(service);
    return running;
}

/** Entry point. */
void __stdcall start(void)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    bool both = manager && start_driver(manager, L"MountMgr") && start_driver(manager, L"nsiproxy");

    if (!both)
        nt_warn("fvmdrivers: MountMgr or nsiproxy could not be started\n");
    ExitProcess(both ? 0 : 1);
}
