/* guest/pe/wineboot/shared_data.c: KUSER_SHARED_DATA. Values as Wine 8.0's wineboot sets them. */
#include "guest/pe/wineboot/boot.h"
#include <intrin.h>

/* Offsets in KUSER_SHARED_DATA (Windows 10; the headers of mingw 10 lack the newer fields). */
enum {
    TICK_COUNT_MULTIPLIER = 0x004,
    NT_SYSTEM_ROOT = 0x030,
    LARGE_PAGE_MINIMUM = 0x244,
    NT_BUILD_NUMBER = 0x260,
    NT_PRODUCT_TYPE = 0x264,
    PRODUCT_TYPE_IS_VALID = 0x268,
    NATIVE_ARCHITECTURE = 0x26a,
    NT_MAJOR_VERSION = 0x26c,
    NT_MINOR_VERSION = 0x270,
    PROCESSOR_FEATURES = 0x274,
    SUITE_MASK = 0x2d0,
    NX_SUPPORT_POLICY = 0x2d5,
    PHYSICAL_PAGES = 0x2e8,
    ACTIVE_PROCESSOR_COUNT = 0x3c0,
    ACTIVE_GROUP_COUNT = 0x3c4,
    XSTATE = 0x3d8,
    SHARED_DATA_SIZE = 0x1000,
};

struct xstate_configuration { /* XSTATE_CONFIGURATION, the part Wine fills */
    ULONG64 enabled_features;
    ULONG64 enabled_volatile_features;
    ULONG size;
    ULONG control_flags; /* bit 0 optimized save, bit 1 compaction */
    struct {
        ULONG offset, size;
    } features[64];
    ULONG64 enabled_supervisor_features;
    ULONG64 aligned_features;
    ULONG all_feature_size;
    ULONG all_features[64];
};

/* Bits of SystemCpuInformation (Wine 8.0, include/winternl.h) and the feature each one stands for.
 */
static const struct {
    ULONG bit;
    BYTE feature;
} feature_map[] = {
    {0x00000080, 2},  {0x00000100, 3},  {0x00002000, 6},  {0x00004000, 7},  {0x00000002, 8},
    {0x00200000, 9},  {0x00010000, 10}, {0x00400000, 11}, {0x20000000, 12}, {0x00080000, 13},
    {0x00100000, 14}, {0x00800000, 17}, {0x04000000, 20}, {0x08000000, 21}, {0x10000000, 22},
    {0x00008000, 36}, {0x01000000, 37}, {0x02000000, 38}, {0x40000000, 39}, {0x80000000, 40},
};
enum { PF_FASTFAIL = 23, PF_AVX = 39, CPUID_XSTATE = 0xd, XSTATE_AVX_BIT = 4 };

/* Tell programs (and GetEnabledXStateFeatures) that the upper half of the AVX registers is kept. */
static void fill_xstate(struct xstate_configuration *xstate)
{
    enum { LEGACY_CB = 512, HEADER_CB = 64, XMM_OFFSET = 160, XMM_CB = 256, YMM_CB = 256 };
    int regs[4], details[4];

    __cpuidex(regs, 0, 0);
    if (regs[0] < CPUID_XSTATE)
        return;
    __cpuidex(regs, 1, 0);
    if (!(regs[2] & (1 << 27))) /* the kernel does not switch extended states */
        return;
    __cpuidex(details, CPUID_XSTATE, 0);
    if (!(details[0] & XSTATE_AVX_BIT))
        return;
    xstate->enabled_features = xstate->enabled_volatile_features = 7;
    xstate->size = LEGACY_CB + HEADER_CB + YMM_CB;
    xstate->all_feature_size = (ULONG)details[1];
    xstate->features[0].size = xstate->all_features[0] = XMM_OFFSET;
    xstate->features[1].size = xstate->all_features[1] = XMM_CB;
    xstate->features[2].size = xstate->all_features[2] = YMM_CB;
    xstate->features[1].offset = XMM_OFFSET;
    xstate->features[2].offset = LEGACY_CB + HEADER_CB;
    __cpuidex(regs, CPUID_XSTATE, 1);
    xstate->control_flags = (ULONG)regs[0] & 3;
}

static void fill_features(BYTE *features, ULONG bits)
{
    for (size_t i = 0; i < ARRAY_LEN(feature_map); i++)
        features[feature_map[i].feature] = !!(bits & feature_map[i].bit);
    features[PF_FASTFAIL] = 1;
}

static BYTE *map_shared_data(void)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attr;
    HANDLE section;
    void *view = NULL;
    SIZE_T size = SHARED_DATA_SIZE;

    RtlInitUnicodeString(&name, L"\\KernelObjects\\__wine_user_shared_data");
    InitializeObjectAttributes(&attr, &name, NT_OPEN_IF, NULL, NULL);
    if (NtOpenSection(&section, SECTION_ALL_ACCESS, &attr))
        return NULL;
    if (NtMapViewOfSection(section, GetCurrentProcess(), &view, 0, 0, NULL, &size, 1, 0,
                           PAGE_READWRITE))
        view = NULL;
    NtClose(section);
    return view;
}

void boot_shared_data(void)
{
    RTL_OSVERSIONINFOEXW version = {.dwOSVersionInfoSize = sizeof(version)};
    SYSTEM_BASIC_INFORMATION basic = {0};
    struct nt_cpu_info cpu = {0};
    BYTE *data = map_shared_data();

    if (!data)
        return;
    RtlGetVersion(&version);
    NtQuerySystemInformation(SystemBasicInformation, &basic, sizeof(basic), NULL);
    NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)1, &cpu, sizeof(cpu), NULL);
    *(ULONG *)(data + TICK_COUNT_MULTIPLIER) = 1 << 24;
    *(ULONG *)(data + LARGE_PAGE_MINIMUM) = 2 * 1024 * 1024;
    *(ULONG *)(data + NT_BUILD_NUMBER) = version.dwBuildNumber;
    *(ULONG *)(data + NT_PRODUCT_TYPE) = version.wProductType;
    data[PRODUCT_TYPE_IS_VALID] = TRUE;
    *(WORD *)(data + NATIVE_ARCHITECTURE) = cpu.architecture;
    *(ULONG *)(data + NT_MAJOR_VERSION) = version.dwMajorVersion;
    *(ULONG *)(data + NT_MINOR_VERSION) = version.dwMinorVersion;
    *(ULONG *)(data + SUITE_MASK) = version.wSuiteMask;
    data[NX_SUPPORT_POLICY] = 2; /* opt-in */
    /* MmNumberOfPhysicalPages: the third field behind two ULONGs of Reserved1 in mingw's header. */
    *(ULONG *)(data + PHYSICAL_PAGES) = ((const ULONG *)&basic)[3];
    /* ntdll uses this very text as the prefix of every DLL of the system: Wine fixes it too. */
    GetWindowsDirectoryW((WCHAR *)(data + NT_SYSTEM_ROOT), MAX_PATH);
    fill_features(data + PROCESSOR_FEATURES, cpu.features);
    *(ULONG *)(data + ACTIVE_PROCESSOR_COUNT) = (ULONG)basic.NumberOfProcessors;
    data[ACTIVE_GROUP_COUNT] = 1;
    if (data[PROCESSOR_FEATURES + PF_AVX])
        fill_xstate((struct xstate_configuration *)(data + XSTATE));
    NtUnmapViewOfSection(GetCurrentProcess(), data);
}
