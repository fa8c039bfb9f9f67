/* tests/programs/probe.c: what a Windows program may expect of the system it runs on, one check per
 * line (TAP). "probe" runs all; "probe 5" or "probe disk-free" runs one in a process of its own, so
 * that no check lives on what an earlier one has woken up. Also compiles for, and passes on,
 * Windows. */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <iphlpapi.h>
#include <windows.h>
#include <winsvc.h>
#include <shlobj.h>
#include <objbase.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOTE_CB = 400, CHILD_EXIT_CODE = 37, BUFFER_CB = 32768 };

static char note[NOTE_CB];
static BYTE buffer[BUFFER_CB];
static const wchar_t *self;

/* Each check ends in this: the text is the value found, or what went wrong. */
static bool say(bool ok, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool say(bool ok, const char *format, ...)
{
    DWORD error = GetLastError();
    va_list args;

    va_start(args, format);
    vsnprintf(note, sizeof(note), format, args);
    va_end(args);
    if (!ok)
        snprintf(note + strlen(note), sizeof(note) - strlen(note), " [last error %lu]", error);
    return ok;
}

static bool check_version(void)
{
    OSVERSIONINFOW version = {.dwOSVersionInfoSize = sizeof(version)};
    bool ok = GetVersionExW(&version);

    return say(ok && version.dwMajorVersion >= 6, "%lu.%lu.%lu", version.dwMajorVersion,
               version.dwMinorVersion, version.dwBuildNumber);
}

static bool check_cpu(void)
{
    SYSTEM_INFO info;
    bool sse2 = IsProcessorFeaturePresent(PF_XMMI64_INSTRUCTIONS_AVAILABLE);
    bool tsc = IsProcessorFeaturePresent(PF_RDTSC_INSTRUCTION_AVAILABLE);

    GetSystemInfo(&info);
    return say(sse2 && tsc && info.dwNumberOfProcessors > 0, "%lu processors, SSE2 %d, TSC %d",
               info.dwNumberOfProcessors, sse2, tsc);
}

static bool check_avx(void)
{
    typedef DWORD64(WINAPI * features_fn)(void);
    features_fn enabled = (features_fn)(void *)GetProcAddress(GetModuleHandleW(L"kernel32"),
                                                              "GetEnabledXStateFeatures");
    DWORD64 mask = enabled ? enabled() : 0;
    bool cpu_has = __builtin_cpu_supports("avx");
    bool told = mask & 4;

    return say(enabled && told == cpu_has, "mask %llx, the processor has it: %d",
               (unsigned long long)mask, cpu_has);
}

static bool check_environment(void)
{
    static const char *const names[] = {"SystemRoot",
                                        "USERPROFILE",
                                        "APPDATA",
                                        "LOCALAPPDATA",
                                        "TEMP",
                                        "COMPUTERNAME",
                                        "USERNAME",
                                        "ProgramFiles",
                                        "ComSpec",
                                        "NUMBER_OF_PROCESSORS",
                                        "PROCESSOR_ARCHITECTURE",
                                        "PATH"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!getenv(names[i]))
            return say(false, "%s is missing", names[i]);
    return say(true, "%s", getenv("USERPROFILE"));
}

static bool check_folders(void)
{
    static const int folders[] = {CSIDL_APPDATA,       CSIDL_LOCAL_APPDATA, CSIDL_PERSONAL,
                                  CSIDL_PROFILE,       CSIDL_WINDOWS,       CSIDL_PROGRAM_FILES,
                                  CSIDL_COMMON_APPDATA};
    wchar_t path[MAX_PATH];

    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        if (SHGetFolderPathW(NULL, folders[i] | CSIDL_FLAG_CREATE, NULL, SHGFP_TYPE_CURRENT,
                             path) ||
            GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES)
            return say(false, "CSIDL %d", folders[i]);
    return say(true, "%ls", path);
}

static bool check_files(void)
{
    wchar_t folder[MAX_PATH], path[MAX_PATH], moved[MAX_PATH];
    char text[8] = "";
    DWORD done = 0;
    HANDLE file;
    bool ok;

    GetTempPathW(MAX_PATH, folder);
    GetTempFileNameW(folder, L"prb", 0, path);
    file = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    ok = file != INVALID_HANDLE_VALUE && WriteFile(file, "probe", 5, &done, NULL);
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    ok = ok && ReadFile(file, text, 5, &done, NULL) && !strcmp(text, "probe");
    CloseHandle(file);
    swprintf(moved, MAX_PATH, L"%ls.moved", path);
    ok = ok && MoveFileW(path, moved) && DeleteFileW(moved);
    return say(ok, "%ls", path);
}

static bool check_registry(void)
{
    HKEY key;
    DWORD value = 7, read = 0, size = sizeof(read);
    LONG error = RegCreateKeyExW(HKEY_CURRENT_USER, L"Software\\FvmProbe", 0, NULL,
                                 REG_OPTION_VOLATILE, KEY_ALL_ACCESS, NULL, &key, NULL);

    if (error)
        return say(false, "RegCreateKeyEx: %ld", error);
    error = RegSetValueExW(key, L"v", 0, REG_DWORD, (BYTE *)&value, sizeof(value));
    if (!error)
        error = RegQueryValueExW(key, L"v", NULL, NULL, (BYTE *)&read, &size);
    RegCloseKey(key);
    RegDeleteKeyW(HKEY_CURRENT_USER, L"Software\\FvmProbe");
    return say(!error && read == value, "error %ld, value %lu", error, read);
}

static bool check_hardware_keys(void)
{
    static const wchar_t cpu[] = L"Hardware\\Description\\System\\CentralProcessor\\0";
    wchar_t name[100] = L"";
    DWORD size = sizeof(name), mhz = 0, mhz_size = sizeof(mhz);
    LONG error = RegGetValueW(HKEY_LOCAL_MACHINE, cpu, L"ProcessorNameString", RRF_RT_REG_SZ, NULL,
                              name, &size);

    if (!error)
        error =
            RegGetValueW(HKEY_LOCAL_MACHINE, cpu, L"~MHz", RRF_RT_REG_DWORD, NULL, &mhz, &mhz_size);
    return say(!error && *name, "%ls, %lu MHz, error %ld", name, mhz, error);
}

static DWORD WINAPI pipe_client(void *name)
{
    char text[8] = "ping";
    DWORD done;

    return !CallNamedPipeW(name, text, 4, text, sizeof(text), &done, 5000) ||
           memcmp(text, "pong", 4);
}

static bool check_named_pipe(void)
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

static bool check_events(void)
{
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, L"fvmprobe-event");
    HANDLE again = OpenEventW(EVENT_ALL_ACCESS, FALSE, L"fvmprobe-event");
    bool ok = event && again && SetEvent(event) && !WaitForSingleObject(again, 1000);

    CloseHandle(event);
    CloseHandle(again);
    return say(ok, "named event");
}

static bool check_drive_type(void)
{
    UINT type = GetDriveTypeW(L"C:\\");

    return say(type == DRIVE_FIXED, "C: is %u", type);
}

static bool check_disk_free(void)
{
    ULARGE_INTEGER available, total;
    bool ok = GetDiskFreeSpaceExW(L"C:\\", &available, &total, NULL);

    return say(ok && total.QuadPart, "%llu of %llu MB", available.QuadPart >> 20,
               total.QuadPart >> 20);
}

static bool check_process(void)
{
    wchar_t command[MAX_PATH + 40];
    STARTUPINFOW startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION process;
    DWORD code = 0;

    swprintf(command, MAX_PATH + 40, L"\"%ls\" exit-code", self);
    if (!CreateProcessW(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process))
        return say(false, "CreateProcess");
    WaitForSingleObject(process.hProcess, 20000);
    GetExitCodeProcess(process.hProcess, &code);
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    return say(code == CHILD_EXIT_CODE, "exit code %lu", code);
}

static bool check_tcp(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int length = sizeof(address);
    char text[8] = "";
    SOCKET server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0), peer;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(server, (struct sockaddr *)&address, length) || listen(server, 1) ||
        getsockname(server, (struct sockaddr *)&address, &length) ||
        connect(client, (struct sockaddr *)&address, length))
        return say(false, "socket error %d", WSAGetLastError());
    peer = accept(server, NULL, NULL);
    send(client, "probe", 5, 0);
    recv(peer, text, 5, 0);
    closesocket(peer);
    closesocket(client);
    closesocket(server);
    return say(!strcmp(text, "probe"), "port %u", ntohs(address.sin_port));
}

static bool check_localhost(void)
{
    struct addrinfo hints = {.ai_family = AF_INET}, *found = NULL;
    int error = getaddrinfo("localhost", "80", &hints, &found);

    if (!error)
        freeaddrinfo(found);
    return say(!error, "error %d", error);
}

static bool check_com_inproc(void)
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

static bool check_com_server(void)
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

static bool check_computer_name(void)
{
    wchar_t name[MAX_COMPUTERNAME_LENGTH + 1] = L"";
    DWORD size = MAX_COMPUTERNAME_LENGTH + 1;
    bool ok = GetComputerNameW(name, &size);

    return say(ok && *name, "%ls", name);
}

static bool check_user_name(void)
{
    wchar_t name[256] = L"";
    DWORD size = 256;
    bool ok = GetUserNameW(name, &size);

    return say(ok && *name, "%ls", name);
}

static bool check_scm(void)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    bool ok = manager != NULL;

    say(ok, "OpenSCManager");
    if (ok)
        CloseServiceHandle(manager);
    return ok;
}

static bool check_services(void)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ENUMERATE_SERVICE);
    DWORD needed = 0, count = 0, resume = 0;
    bool ok =
        manager && EnumServicesStatusW(manager, SERVICE_WIN32 | SERVICE_DRIVER, SERVICE_STATE_ALL,
                                       (void *)buffer, sizeof(buffer), &needed, &count, &resume);

    say(ok && count, "%lu services", count);
    if (manager)
        CloseServiceHandle(manager);
    return ok && count;
}

static bool check_start_service(void)
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

static LRESULT CALLBACK window_proc(HWND window, UINT message, WPARAM wp, LPARAM lp)
{
    if (message != WM_APP)
        return DefWindowProcW(window, message, wp, lp);
    PostQuitMessage((int)wp);
    return 0;
}

static bool check_window(void)
{
    WNDCLASSW class = {.lpfnWndProc = window_proc, .lpszClassName = L"FvmProbe"};
    MSG message;
    HWND window;

    class.hInstance = GetModuleHandleW(NULL);
    RegisterClassW(&class);
    window = CreateWindowW(class.lpszClassName, L"probe", WS_OVERLAPPEDWINDOW | WS_VISIBLE, 0, 0,
                           300, 200, NULL, NULL, class.hInstance, NULL);
    if (!window)
        return say(false, "CreateWindow");
    PostMessageW(window, WM_APP, 42, 0);
    while (GetMessageW(&message, NULL, 0, 0) > 0)
        DispatchMessageW(&message);
    DestroyWindow(window);
    return say(message.wParam == 42, "message loop ended with %d", (int)message.wParam);
}

static bool check_text(void)
{
    HDC dc = CreateCompatibleDC(NULL);
    BITMAPINFO info = {{sizeof(info.bmiHeader), 64, 32, 1, 32, BI_RGB, 0, 0, 0, 0, 0},
                       {{0, 0, 0, 0}}};
    DWORD *pixels = NULL, dark = 0;
    HBITMAP bitmap = CreateDIBSection(dc, &info, DIB_RGB_COLORS, (void **)&pixels, NULL, 0);
    SIZE size = {0};
    bool ok;

    if (!bitmap)
        return say(false, "CreateDIBSection");
    SelectObject(dc, bitmap);
    PatBlt(dc, 0, 0, 64, 32, WHITENESS);
    ok = TextOutW(dc, 2, 2, L"Probe", 5) && GetTextExtentPoint32W(dc, L"Probe", 5, &size);
    GdiFlush();
    for (int i = 0; i < 64 * 32; i++)
        dark += (pixels[i] & 0xffffff) != 0xffffff;
    DeleteDC(dc);
    DeleteObject(bitmap);
    return say(ok && size.cx > 0 && dark > 0, "%ldx%ld, %lu dark pixels", size.cx, size.cy, dark);
}

static bool check_logical_drives(void)
{
    DWORD mask = GetLogicalDrives();

    return say(mask & 4, "%#lx", mask);
}

static bool check_drive_strings(void)
{
    wchar_t text[256] = L"";
    DWORD length = GetLogicalDriveStringsW(256, text);

    for (DWORD i = 0; i < length && i < 255; i += 4)
        if (text[i] == 'C')
            return say(true, "%lu characters", length);
    return say(false, "%lu characters", length);
}

static bool check_query_dos_device(void)
{
    wchar_t text[512] = L"";
    DWORD length = QueryDosDeviceW(L"C:", text, 512);

    return say(length > 0, "%ls", text);
}

static bool check_volume_information(void)
{
    wchar_t label[64] = L"", system[64] = L"";
    DWORD serial = 0, component = 0, flags = 0;
    bool ok = GetVolumeInformationW(L"C:\\", label, 64, &serial, &component, &flags, system, 64);

    return say(ok && *system, "%ls, serial %lx", system, serial);
}

static bool check_find_volume(void)
{
    wchar_t name[128] = L"";
    HANDLE find = FindFirstVolumeW(name, 128);

    say(find != INVALID_HANDLE_VALUE, "%ls", name);
    if (find == INVALID_HANDLE_VALUE)
        return false;
    FindVolumeClose(find);
    return true;
}

static bool check_volume_name(void)
{
    wchar_t name[128] = L"";
    bool ok = GetVolumeNameForVolumeMountPointW(L"C:\\", name, 128);

    return say(ok, "%ls", name);
}

static bool check_adapters_info(void)
{
    ULONG size = sizeof(buffer);
    ULONG error = GetAdaptersInfo((void *)buffer, &size);

    /* A sealed VM has the loopback only, which this old call leaves out. */
    return say(!error || error == ERROR_NO_DATA, "error %lu", error);
}

static bool check_adapters_addresses(void)
{
    ULONG size = sizeof(buffer);
    ULONG error = GetAdaptersAddresses(AF_UNSPEC, 0, NULL, (void *)buffer, &size);

    return say(!error, "error %lu", error);
}

static bool check_tcp_table(void)
{
    ULONG size = sizeof(buffer);
    ULONG error = GetTcpTable((void *)buffer, &size, TRUE);

    return say(!error, "error %lu, %lu rows", error, *(DWORD *)buffer);
}

static bool check_if_table(void)
{
    ULONG size = sizeof(buffer);
    ULONG error = GetIfTable((void *)buffer, &size, TRUE);

    return say(!error && *(DWORD *)buffer, "error %lu, %lu rows", error, *(DWORD *)buffer);
}

static bool check_network_params(void)
{
    ULONG size = sizeof(buffer);
    ULONG error = GetNetworkParams((void *)buffer, &size);

    return say(!error, "error %lu, host %s", error, error ? "" : ((FIXED_INFO *)buffer)->HostName);
}

static bool check_clipboard(void)
{
    HGLOBAL text = GlobalAlloc(GMEM_MOVEABLE, 8);
    const char *read;
    bool ok;

    strcpy(GlobalLock(text), "probe");
    GlobalUnlock(text);
    ok = OpenClipboard(NULL) && EmptyClipboard() && SetClipboardData(CF_TEXT, text) &&
         CloseClipboard();
    ok = ok && OpenClipboard(NULL);
    read = ok ? GetClipboardData(CF_TEXT) : NULL;
    read = read ? GlobalLock((HGLOBAL)read) : NULL;
    ok = read && !strcmp(read, "probe");
    say(ok, "%s", read ? read : "nothing");
    CloseClipboard();
    return ok;
}

static bool check_time_zone(void)
{
    TIME_ZONE_INFORMATION zone;
    DWORD id = GetTimeZoneInformation(&zone);

    return say(id != TIME_ZONE_ID_INVALID, "%ls, bias %ld", zone.StandardName, zone.Bias);
}

static bool check_counters(void)
{
    LARGE_INTEGER frequency, first, second;
    DWORD tick = GetTickCount();
    ULONGLONG tick64;

    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&first);
    Sleep(50);
    QueryPerformanceCounter(&second);
    tick64 = GetTickCount64();
    return say(second.QuadPart > first.QuadPart && GetTickCount() - tick >= 30 && tick64 > 0,
               "%lld Hz, %lu ms", frequency.QuadPart, GetTickCount() - tick);
}

static bool check_memory(void)
{
    MEMORYSTATUSEX memory = {.dwLength = sizeof(memory)};
    bool ok = GlobalMemoryStatusEx(&memory);

    return say(ok && memory.ullTotalPhys, "%llu MB", memory.ullTotalPhys >> 20);
}

static const struct {
    const char *name;
    bool (*run)(void);
} checks[] = {
    {"version", check_version},
    {"cpu", check_cpu},
    {"avx", check_avx},
    {"environment", check_environment},
    {"folders", check_folders},
    {"files", check_files},
    {"registry", check_registry},
    {"hardware-keys", check_hardware_keys},
    {"named-pipe", check_named_pipe},
    {"events", check_events},
    {"drive-type", check_drive_type},
    {"disk-free", check_disk_free},
    {"process", check_process},
    {"tcp", check_tcp},
    {"localhost", check_localhost},
    {"com-inproc", check_com_inproc},
    {"com-server", check_com_server},
    {"computer-name", check_computer_name},
    {"user-name", check_user_name},
    {"scm", check_scm},
    {"services", check_services},
    {"start-service", check_start_service},
    {"window", check_window},
    {"text", check_text},
    {"clipboard", check_clipboard},
    {"logical-drives", check_logical_drives},
    {"drive-strings", check_drive_strings},
    {"dos-device", check_query_dos_device},
    {"volume-information", check_volume_information},
    {"find-volume", check_find_volume},
    {"volume-name", check_volume_name},
    {"adapters-info", check_adapters_info},
    {"adapters-addresses", check_adapters_addresses},
    {"tcp-table", check_tcp_table},
    {"if-table", check_if_table},
    {"network-params", check_network_params},
    {"time-zone", check_time_zone},
    {"counters", check_counters},
    {"memory", check_memory},
};
enum { CHECKS = sizeof(checks) / sizeof(checks[0]) };

static bool run(size_t i)
{
    bool ok;

    note[0] = 0;
    SetLastError(0);
    ok = checks[i].run();
    if (ok)
        printf("ok %u - %s (%s)\n", (unsigned)i + 1, checks[i].name, note);
    else
        printf("not ok %u - %s: %s\n", (unsigned)i + 1, checks[i].name, note);
    fflush(stdout);
    return ok;
}

/* The place of a check given by number or name; CHECKS when there is none. */
static size_t find(const wchar_t *wanted)
{
    wchar_t name[64];
    size_t i = 0;

    for (; i < CHECKS; i++) {
        swprintf(name, 64, L"%hs", checks[i].name);
        if (!wcscmp(name, wanted) || (size_t)_wtoi(wanted) == i + 1)
            break;
    }
    return i;
}

int wmain(int argc, wchar_t **argv)
{
    static wchar_t path[MAX_PATH];
    WSADATA sockets;
    int failed = 0;

    if (argc == 2 && !wcscmp(argv[1], L"exit-code"))
        return CHILD_EXIT_CODE;
    if (argc == 2 && !wcscmp(argv[1], L"count"))
        return CHECKS;
    GetModuleFileNameW(NULL, path, MAX_PATH);
    self = path;
    WSAStartup(MAKEWORD(2, 2), &sockets);
    if (argc == 2) {
        size_t i = find(argv[1]);

        if (i < CHECKS)
            return run(i) ? 0 : 1;
        fprintf(stderr, "probe: no check named %ls\n", argv[1]);
        return 2;
    }
    printf("1..%d\n", CHECKS);
    for (size_t i = 0; i < CHECKS; i++)
        failed += !run(i);
    return failed ? 1 : 0;
}
