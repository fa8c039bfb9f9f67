/* launcher/win/services.c: see services.h. Wine's service manager is a program like another: in a
 * VM, its pipe and its database are the VM's. */
#include "launcher/win/services.h"

#include "engine/real.h"
#include "launcher/win/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

enum { START_MS = 30000, LOOK_MS = 2, EXIT_FAILED = 1 };

struct win_services {
    unsigned long number;
    wchar_t starter[MAX_PATH];
    struct fvm_block *block;
    HANDLE request, stop, thread;
};

static const wchar_t manager_pipe[] = L"\\\\.\\pipe\\svcctl";

/* --- the holder's part -------------------------------------------------------------------------
 */

/* It shall not keep anything of ours open. */
static HANDLE run_starter(const struct win_services *services)
{
    STARTUPINFOW startup = {.cb = sizeof(startup), .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION started;
    wchar_t line[MAX_PATH + 64];

    _snwprintf(line, ARRAY_LEN(line), L"\"%ls\" --services %lu", services->starter,
               services->number);
    if (!CreateProcessW(NULL, line, NULL, NULL, FALSE, DETACHED_PROCESS, NULL, NULL, &startup,
                        &started))
        return NULL;
    CloseHandle(started.hThread);
    return started.hProcess;
}

static DWORD WINAPI serve(void *context)
{
    const struct win_services *services = context;
    HANDLE waits[] = {services->stop, services->request};

    while (WaitForMultipleObjects(2, waits, FALSE, INFINITE) == WAIT_OBJECT_0 + 1) {
        HANDLE starter = run_starter(services);
        HANDLE ends[] = {services->stop, starter};

        if (starter && WaitForMultipleObjects(2, ends, FALSE, 2 * START_MS) == WAIT_TIMEOUT)
            TerminateProcess(starter, EXIT_FAILED);
        if (starter)
            CloseHandle(starter);
        /* Whoever asked looks again, and finds it or not. */
        __atomic_add_fetch(&services->block->manager_rounds, 1, __ATOMIC_RELEASE);
    }
    return 0;
}

DWORD win_services_serve(struct win_vm *vm, const struct win_options *options)
{
    struct win_services *services;
    wchar_t name[64];

    if (!real.__wine_unix_spawnvp)
        return 0;
    services = calloc(1, sizeof(*services));
    if (!services)
        return ERROR_NOT_ENOUGH_MEMORY;
    vm->services = services;
    *services = (struct win_services){.number = options->vm, .block = vm->block};
    win_beside(services->starter, options->engines, L"fvmstart.exe");
    _snwprintf(name, ARRAY_LEN(name), L"__fvm_manager_%lu", options->vm);
    services->request = CreateEventW(NULL, FALSE, FALSE, name);
    services->stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (services->request && services->stop)
        services->thread = CreateThread(NULL, 0, serve, services, 0, NULL);
    if (services->thread) {
        if (vm->registry->has_automatic)
            SetEvent(services->request);
        return 0;
    }
    vm->failed = "cannot be there for the VM's services";
    return GetLastError();
}

void win_services_end(struct win_vm *vm)
{
    struct win_services *services = vm->services;

    if (!services)
        return;
    if (services->thread) {
        SetEvent(services->stop);
        WaitForSingleObject(services->thread, INFINITE);
        CloseHandle(services->thread);
    }
    if (services->stop)
        CloseHandle(services->stop);
    if (services->request)
        CloseHandle(services->request);
    free(services);
    vm->services = NULL;
}

/* --- the starter's part ----------------------------------------------------------------------- */

/* Services that are the machine's, not a VM's: drivers, and who tells of devices. They run outside.
 * In a VM those that start by themselves are said to run; none is started a second time. */
struct machine {
    wchar_t names[64][64];
    DWORD count;
};

/* Of the host's database: before this process is the VM's. */
static void find_machine(struct machine *machine)
{
    enum { DRIVER = SERVICE_KERNEL_DRIVER | SERVICE_FILE_SYSTEM_DRIVER };
    DWORD i = 0, cch = ARRAY_LEN(machine->names[0]);
    HKEY key;

    machine->count = 0;
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"System\\CurrentControlSet\\Services", 0, KEY_READ,
                      &key))
        return;
    while (machine->count < ARRAY_LEN(machine->names)) {
        wchar_t *name = machine->names[machine->count];
        LSTATUS status = RegEnumKeyExW(key, i++, name, &cch, NULL, NULL, NULL, NULL);
        DWORD type = 0, type_cb = sizeof(type), start = SERVICE_DISABLED, start_cb = sizeof(start);

        cch = ARRAY_LEN(machine->names[0]);
        if (status == ERROR_MORE_DATA)
            continue;
        if (status)
            break;
        RegGetValueW(key, name, L"Type", RRF_RT_REG_DWORD, NULL, &type, &type_cb);
        RegGetValueW(key, name, L"Start", RRF_RT_REG_DWORD, NULL, &start, &start_cb);
        machine->count +=
            start <= SERVICE_AUTO_START && (type & DRIVER || !_wcsicmp(name, L"PlugPlay"));
    }
    RegCloseKey(key);
}

/* A driver's process tells the manager this way, in its name. */
static void say_they_run(const struct machine *machine)
{
    enum { SET_STATUS = 0x8000 };
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);

    for (DWORD i = 0; manager && i < machine->count; i++) {
        SC_HANDLE service =
            OpenServiceW(manager, machine->names[i], SET_STATUS | SERVICE_QUERY_STATUS);
        SERVICE_STATUS status;

        if (!service)
            continue;
        if (QueryServiceStatus(service, &status)) {
            status.dwCurrentState = SERVICE_RUNNING;
            status.dwControlsAccepted = 0;
            status.dwWin32ExitCode = NO_ERROR;
            SetServiceStatus((SERVICE_STATUS_HANDLE)service, &status);
        }
        CloseServiceHandle(service);
    }
    if (manager)
        CloseServiceHandle(manager);
}

/* Somebody listens, or is busy. */
static bool is_there(void)
{
    return WaitNamedPipeW(manager_pipe, 1) || GetLastError() == ERROR_SEM_TIMEOUT;
}

static bool start_manager(void)
{
    STARTUPINFOW startup = {.cb = sizeof(startup), .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION started;
    wchar_t folder[MAX_PATH], line[MAX_PATH + 16];
    bool is_up = false;

    if (!GetSystemDirectoryW(folder, MAX_PATH))
        return false;
    _snwprintf(line, ARRAY_LEN(line), L"%ls\\services.exe", folder);
    if (!CreateProcessW(line, line, NULL, NULL, FALSE, DETACHED_PROCESS, NULL, folder, &startup,
                        &started))
        return false;
    for (DWORD begun = GetTickCount(); !is_up && GetTickCount() - begun < START_MS;) {
        if (WaitForSingleObject(started.hProcess, LOOK_MS) != WAIT_TIMEOUT)
            break;
        is_up = is_there();
    }
    CloseHandle(started.hThread);
    CloseHandle(started.hProcess);
    return is_up;
}

/* A VM may have several holders; one starter at a time looks and starts. Held until we end. */
static void wait_for_turn(unsigned long number)
{
    wchar_t name[64];
    HANDLE turn;

    _snwprintf(name, ARRAY_LEN(name), L"__fvm_manager_turn_%lu", number);
    turn = CreateMutexW(NULL, FALSE, name);
    if (turn)
        WaitForSingleObject(turn, START_MS);
}

int win_services_start(unsigned long number)
{
    static struct machine machine;
    struct win_options options = {.vm = number};
    struct win_vm vm = {0};
    int code = EXIT_FAILED;

    wait_for_turn(number);
    find_machine(&machine);
    if (!win_vm_find(&vm, &options) && !win_vm_enter(&vm, FVM_ROLE_SERVICE | FVM_ROLE_STARTER)) {
        if (is_there()) {
            code = 0;
        } else if (start_manager()) {
            say_they_run(&machine);
            code = 0;
        }
    }
    win_vm_close(&vm);
    return code;
}
