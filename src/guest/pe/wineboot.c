/* guest/pe/wineboot.c: FVM's lean wineboot. It takes the place of Wine's own in a sealed VM.
 *
 * Wine starts "wineboot --init" for the first program of a prefix and holds that program back until
 * \KernelObjects\__wineboot_event is set. Wine's wineboot first starts all services; this one lets
 * the program go at once and starts services.exe, which then has nothing to start, behind it. */
#include "guest/pe/wineboot/boot.h"

struct options {
    bool end_session, force, init, kill, restart, shutdown, update;
};

struct barrier {
    HANDLE server, client;
};

enum { BARRIER_TIMEOUT_MS = 30000, PIPE_BUFFER_CB = 5840 };

static const WCHAR svcctl_pipe[] = L"\\\\.\\pipe\\svcctl";

/* Make early callers of the service control manager wait instead of fail: they meet a busy pipe,
 * and rpcrt4 then waits for a free instance, which only services.exe will offer. */
static struct barrier barrier_raise(void)
{
    struct barrier barrier = {INVALID_HANDLE_VALUE, INVALID_HANDLE_VALUE};

    barrier.server =
        CreateNamedPipeW(svcctl_pipe, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
                         PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, PIPE_UNLIMITED_INSTANCES,
                         PIPE_BUFFER_CB, PIPE_BUFFER_CB, BARRIER_TIMEOUT_MS, NULL);
    if (barrier.server != INVALID_HANDLE_VALUE)
        barrier.client =
            CreateFileW(svcctl_pipe, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    return barrier;
}

static void barrier_drop(struct barrier *barrier)
{
    if (barrier->client != INVALID_HANDLE_VALUE)
        CloseHandle(barrier->client);
    if (barrier->server != INVALID_HANDLE_VALUE)
        CloseHandle(barrier->server);
}

/* Open the event all programs wait for; services.exe inherits it. */
static HANDLE boot_event(void)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attr;
    HANDLE event = NULL;

    RtlInitUnicodeString(&name, L"\\KernelObjects\\__wineboot_event");
    InitializeObjectAttributes(&attr, &name, NT_OPEN_IF | NT_INHERIT, NULL, NULL);
    NtCreateEvent(&event, EVENT_ALL_ACCESS, &attr, 0, FALSE);
    return event;
}

/* Without an owner the event would vanish, and each next program started from Linux would boot the
 * system again. Where services.exe does not hold it, the program that is being started does, for
 * as long as it lives. (Wine 8 cannot make an object permanent that exists.) */
static void give_to_parent(HANDLE event)
{
    PROCESS_BASIC_INFORMATION info;
    HANDLE parent, copy;

    if (NtQueryInformationProcess(GetCurrentProcess(), ProcessBasicInformation, &info, sizeof(info),
                                  NULL))
        return;
    parent = OpenProcess(PROCESS_DUP_HANDLE, FALSE, (DWORD)info.InheritedFromUniqueProcessId);
    if (!parent)
        return;
    DuplicateHandle(GetCurrentProcess(), event, parent, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS);
    CloseHandle(parent);
}

/* pid 1 says with this file that libfvmguest.so will start services.exe for the first who calls. */
static bool may_be_lazy(void)
{
    return GetFileAttributesW(L"\\\\?\\unix\\run\\fvm\\lazy-services") != INVALID_FILE_ATTRIBUTES &&
           !boot_has_run_once() && !boot_has_auto_start();
}

static void boot(void)
{
    bool lazy, hold = boot_has_run_once();
    struct barrier barrier;
    HANDLE event;

    boot_shared_data();
    boot_hardware_keys();
    boot_environment_keys();
    boot_computer_name();
    boot_user_environment();
    boot_desktop();
    boot_pending_renames();
    lazy = may_be_lazy();
    event = boot_event();
    if (lazy) {
        give_to_parent(event);
        NtSetEvent(event, NULL);
    } else {
        barrier = barrier_raise();
        /* Its existence tells fvmdrivers.exe, which may run at once, that services.exe will come.
         */
        CreateEventW(NULL, TRUE, FALSE, L"__wine_SvcctlStarted");
        if (!hold)
            NtSetEvent(event, NULL);
        nt_start_services(true);
        barrier_drop(&barrier);
    }
    if (hold) {
        boot_run_once();
        NtSetEvent(event, NULL);
    }
    boot_run_in_background();
}

/* Tell pid 1 of the VM, which cannot see the difference, how the session was meant to end. */
static void leave_note(bool restart)
{
    DWORD done;
    HANDLE file = CreateFileW(L"\\\\?\\unix\\run\\fvm\\session-end", GENERIC_WRITE, 0, NULL,
                              CREATE_ALWAYS, 0, NULL);

    if (file == INVALID_HANDLE_VALUE)
        return;
    WriteFile(file, restart ? "restart\n" : "shutdown\n", restart ? 8 : 9, &done, NULL);
    CloseHandle(file);
}

static void parse_letter(struct options *options, WCHAR letter)
{
    options->end_session |= letter == 'e';
    options->force |= letter == 'f';
    options->init |= letter == 'i';
    options->kill |= letter == 'k';
    options->restart |= letter == 'r';
    options->shutdown |= letter == 's';
    options->update |= letter == 'u';
}

/* --word has the letter of its first character, -xyz is three letters. */
static struct options parse(const WCHAR *line)
{
    struct options options = {0};

    for (; *line; line++) {
        if (line[0] != '-' || (line[-1] != ' ' && line[-1] != '\t'))
            continue;
        if (line[1] == '-') {
            parse_letter(&options, line[2]);
            line++;
            continue;
        }
        for (line++; *line && *line != ' '; line++)
            parse_letter(&options, *line);
        line--;
    }
    return options;
}

/** Entry point. Exit code 1: a program refused the end of the session, or -u, which FVM lacks. */
void __stdcall start(void)
{
    WCHAR folder[MAX_PATH];
    struct options options = parse(GetCommandLineW() + 1);

    GetWindowsDirectoryW(folder, MAX_PATH);
    SetCurrentDirectoryW(folder);
    if (options.end_session || options.kill || options.restart || options.shutdown) {
        if (!boot_end_session(options.end_session, options.force, options.kill))
            ExitProcess(1);
        /* A restart is not acted out inside a VM: its pending work is done by the next start. */
        leave_note(!options.shutdown);
        ExitProcess(0);
    }
    if (options.update && !options.init) {
        nt_warn("wineboot: a VM's Windows is updated through its base, not from inside\n");
        ExitProcess(1);
    }
    if (options.init) {
        boot();
    } else { /* "wineboot" by hand: only the work that was put off */
        boot_pending_renames();
        boot_run_once();
        boot_run_in_background();
    }
    ExitProcess(0);
}
