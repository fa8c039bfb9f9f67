/* tests/programs/probe/system.c: what the system says of itself: version, processor, folders,
 * registry, names, clock. See probe.h. */
#include "probe.h"

#include <shlobj.h>
#include <stdlib.h>

bool check_version(void)
{
    OSVERSIONINFOW version = {.dwOSVersionInfoSize = sizeof(version)};
    bool ok = GetVersionExW(&version);

    return say(ok && version.dwMajorVersion >= 6, "%lu.%lu.%lu", version.dwMajorVersion,
               version.dwMinorVersion, version.dwBuildNumber);
}

bool check_cpu(void)
{
    SYSTEM_INFO info;
    bool sse2 = IsProcessorFeaturePresent(PF_XMMI64_INSTRUCTIONS_AVAILABLE);
    bool tsc = IsProcessorFeaturePresent(PF_RDTSC_INSTRUCTION_AVAILABLE);

    GetSystemInfo(&info);
    return say(sse2 && tsc && info.dwNumberOfProcessors > 0, "%lu processors, SSE2 %d, TSC %d",
               info.dwNumberOfProcessors, sse2, tsc);
}

bool check_avx(void)
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

bool check_environment(void)
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

bool check_folders(void)
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

bool check_registry(void)
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

bool check_hardware_keys(void)
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

bool check_computer_name(void)
{
    wchar_t name[MAX_COMPUTERNAME_LENGTH + 1] = L"";
    DWORD size = MAX_COMPUTERNAME_LENGTH + 1;
    bool ok = GetComputerNameW(name, &size);

    return say(ok && *name, "%ls", name);
}

bool check_user_name(void)
{
    wchar_t name[256] = L"";
    DWORD size = 256;
    bool ok = GetUserNameW(name, &size);

    return say(ok && *name, "%ls", name);
}

bool check_time_zone(void)
{
    TIME_ZONE_INFORMATION zone;
    DWORD id = GetTimeZoneInformation(&zone);

    return say(id != TIME_ZONE_ID_INVALID, "%ls, bias %ld", zone.StandardName, zone.Bias);
}

bool check_counters(void)
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

bool check_memory(void)
{
    MEMORYSTATUSEX memory = {.dwLength = sizeof(memory)};
    bool ok = GlobalMemoryStatusEx(&memory);

    return say(ok && memory.ullTotalPhys, "%llu MB", memory.ullTotalPhys >> 20);
}
