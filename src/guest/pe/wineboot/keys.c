/* guest/pe/wineboot/keys.c: registry keys that exist only while a system runs. */
#include "guest/pe/wineboot/boot.h"
#include <intrin.h>

#define CONTROL    L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\"
#define SYSTEM_KEY L"\\Registry\\Machine\\Hardware\\Description\\System"

struct cpu_names {
    WCHAR name[49];       /* "Intel(R) Core(TM) ..." */
    WCHAR vendor[13];     /* "GenuineIntel" */
    WCHAR identifier[60]; /* "Intel64 Family 6 Model 167 Stepping 1" */
    struct nt_cpu_info info;
    unsigned count;
};

static void widen(WCHAR *out, const void *bytes, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        out[i] = ((const BYTE *)bytes)[i];
    out[count] = 0;
}

static void get_cpu_names(struct cpu_names *cpu)
{
    unsigned family, model, level = (unsigned)-1;
    int regs[4], text[12] = {0};
    SYSTEM_BASIC_INFORMATION basic = {0};

    __cpuid(regs, 0);
    text[0] = regs[1];
    text[1] = regs[3];
    text[2] = regs[2];
    widen(cpu->vendor, text, 12);
    __cpuid(regs, (int)0x80000000);
    text[0] = text[1] = text[2] = 0;
    if ((unsigned)regs[0] >= 0x80000004)
        for (size_t i = 0; i < 3; i++)
            __cpuid(text + 4 * i, (int)(0x80000002 + (unsigned)i));
    widen(cpu->name, text, 48);
    for (size_t end = wcslen(cpu->name); end && cpu->name[end - 1] == ' '; end--)
        cpu->name[end - 1] = 0;
    __cpuid(regs, 1);
    level = (unsigned)regs[0];
    family = level >> 8 & 15;
    model = level >> 4 & 15;
    if (family == 6 || family == 15)
        model |= level >> 12 & 0xf0;
    if (family == 15)
        family += level >> 20 & 0xff;
    _snwprintf(cpu->identifier, ARRAY_LEN(cpu->identifier), L"%s Family %u Model %u Stepping %u",
               wcscmp(cpu->vendor, L"AuthenticAMD") ? L"Intel64" : L"AMD64", family, model,
               level & 15);
    NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)1, &cpu->info, sizeof(cpu->info), NULL);
    NtQuerySystemInformation(SystemBasicInformation, &basic, sizeof(basic), NULL);
    cpu->count = (unsigned)basic.NumberOfProcessors;
}

static void processor_keys(HANDLE system, const struct cpu_names *cpu)
{
    static struct { /* PROCESSOR_POWER_INFORMATION */
        ULONG number, max_mhz, current_mhz, mhz_limit, max_idle_state, current_idle_state;
    } power[256];
    HANDLE all = nt_key_create_volatile(system, L"CentralProcessor");
    HANDLE all_fpu = nt_key_create_volatile(system, L"FloatingPointProcessor");

    if (NtPowerInformation(11, NULL, 0, power, (ULONG)sizeof(power[0]) * cpu->count))
        power[0].max_mhz = 0;
    for (unsigned i = 0; i < cpu->count && i < ARRAY_LEN(power); i++) {
        WCHAR number[12];
        HANDLE one;

        _snwprintf(number, ARRAY_LEN(number), L"%u", i);
        one = nt_key_create_volatile(all, number);
        nt_value_set_dword(one, L"FeatureSet", cpu->info.features);
        nt_value_set(one, L"Identifier", cpu->identifier);
        nt_value_set(one, L"ProcessorNameString", cpu->name);
        nt_value_set(one, L"VendorIdentifier", cpu->vendor);
        nt_value_set_dword(one, L"~MHz", power[i].max_mhz);
        NtClose(one);
        one = nt_key_create_volatile(all_fpu, number);
        nt_value_set(one, L"Identifier", cpu->identifier);
        NtClose(one);
    }
    NtClose(all);
    NtClose(all_fpu);
}

/* A VM has no firmware, and the host's serial numbers are none of its business: fixed values. */
static void bios_key(HANDLE system)
{
    static const WCHAR *const values[][2] = {
        {L"BIOSVendor", L"FVM"},
        {L"BIOSVersion", L"1"},
        {L"BIOSReleaseDate", L"01/01/2023"},
        {L"SystemManufacturer", L"FVM"},
        {L"SystemProductName", L"FVM"},
        {L"SystemVersion", L"1"},
        {L"SystemSKU", L""},
        {L"SystemFamily", L"Virtual Machine"},
        {L"BaseBoardManufacturer", L"FVM"},
        {L"BaseBoardProduct", L"FVM"},
        {L"BaseBoardVersion", L"1"},
    };
    static const WCHAR *const releases[] = {L"BiosMajorRelease", L"BiosMinorRelease",
                                            L"ECFirmwareMajorVersion", L"ECFirmwareMinorVersion"};
    HANDLE key = nt_key_create_volatile(system, L"BIOS");

    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        nt_value_set(key, values[i][0], values[i][1]);
    for (size_t i = 0; i < ARRAY_LEN(releases); i++)
        nt_value_set_dword(key, releases[i], 0xff);
    NtClose(key);
}

void boot_hardware_keys(void)
{
    struct cpu_names cpu;
    HANDLE system = nt_key_create_volatile(NULL, SYSTEM_KEY);

    if (!system)
        return;
    get_cpu_names(&cpu);
    nt_value_set(system, L"Identifier", L"AT compatible");
    processor_keys(system, &cpu);
    bios_key(system);
    NtClose(system);
}

void boot_environment_keys(void)
{
    struct cpu_names cpu;
    WCHAR text[80];
    HANDLE key =
        nt_key_open(NULL, CONTROL L"Session Manager\\Environment", KEY_QUERY_VALUE | KEY_SET_VALUE);

    if (!key)
        return;
    get_cpu_names(&cpu);
    _snwprintf(text, ARRAY_LEN(text), L"%u", cpu.count);
    nt_value_set(key, L"NUMBER_OF_PROCESSORS", text);
    nt_value_set(key, L"PROCESSOR_ARCHITECTURE", L"AMD64");
    _snwprintf(text, ARRAY_LEN(text), L"%s, %s", cpu.identifier, cpu.vendor);
    nt_value_set(key, L"PROCESSOR_IDENTIFIER", text);
    _snwprintf(text, ARRAY_LEN(text), L"%u", (unsigned)cpu.info.level);
    nt_value_set(key, L"PROCESSOR_LEVEL", text);
    _snwprintf(text, ARRAY_LEN(text), L"%04x", (unsigned)cpu.info.revision);
    nt_value_set(key, L"PROCESSOR_REVISION", text);
    NtClose(key);
}

/* The VM's host name in the form of a NetBIOS name: upper case, 15 characters, no domain. */
static bool host_name(WCHAR out[MAX_COMPUTERNAME_LENGTH + 1])
{
    char text[MAX_COMPUTERNAME_LENGTH + 1] = "";
    DWORD got = 0, i;
    HANDLE file = CreateFileW(L"\\\\?\\unix\\proc\\sys\\kernel\\hostname", GENERIC_READ,
                              FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);

    if (file == INVALID_HANDLE_VALUE)
        return false;
    if (!ReadFile(file, text, MAX_COMPUTERNAME_LENGTH, &got, NULL))
        got = 0;
    CloseHandle(file);
    for (i = 0; i < got && text[i] > ' ' && text[i] != '.'; i++)
        out[i] = (WCHAR)(text[i] >= 'a' && text[i] <= 'z' ? text[i] - 32 : text[i]);
    out[i] = 0;
    return i > 0;
}

void boot_computer_name(void)
{
    static const WCHAR active[] = CONTROL L"ComputerName\\ActiveComputerName";
    struct nt_value value;
    WCHAR name[MAX_COMPUTERNAME_LENGTH + 1];
    HANDLE key = nt_key_open(NULL, active, KEY_QUERY_VALUE);
    bool found = key && nt_value_get(key, L"ComputerName", &value);

    if (key)
        NtClose(key);
    if (found)
        return;
    if (!host_name(name)) {
        key = nt_key_open(NULL, CONTROL L"ComputerName\\ComputerName", KEY_QUERY_VALUE);
        found = key && nt_value_get(key, L"ComputerName", &value);
        if (key)
            NtClose(key);
        if (!found)
            return;
        lstrcpynW(name, (WCHAR *)value.data, ARRAY_LEN(name));
    }
    key = nt_key_create_volatile(NULL, active);
    nt_value_set(key, L"ComputerName", name);
    NtClose(key);
}
