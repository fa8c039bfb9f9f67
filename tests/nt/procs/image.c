/* tests/nt/procs/image.c: the paths that a process can be asked for. See procs.h. */
#include "procs.h"

#include <tlhelp32.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

__declspec(dllimport) void *NTAPI RtlGetCurrentPeb(void);
BOOL WINAPI K32EnumProcessModules(HANDLE, HMODULE *, DWORD, DWORD *);
DWORD WINAPI K32GetModuleFileNameExW(HANDLE, HMODULE, WCHAR *, DWORD);
DWORD WINAPI K32GetMappedFileNameW(HANDLE, void *, WCHAR *, DWORD);
DWORD WINAPI K32GetProcessImageFileNameW(HANDLE, WCHAR *, DWORD);

/* --- the lengths of an answer that has a name in it ---------------------------------------------
 */

/* @return NULL; what is wrong */
static const char *check_lengths(HANDLE process, ULONG class)
{
    union {
        UNICODE_STRING name;
        char more[2000];
    } info;
    ULONG full = 0, needed = 0;
    NTSTATUS status = NtQueryInformationProcess(process, class, &info, sizeof(info), &full);

    if (status || full != sizeof(info.name) + info.name.MaximumLength)
        return "length";
    status = NtQueryInformationProcess(process, class, &info, 8, &needed);
    if (status != STATUS_INFO_LENGTH_MISMATCH || needed != full)
        return "small buffer";
    status = NtQueryInformationProcess(process, class, &info, full - 2, &needed);
    if (status != STATUS_INFO_LENGTH_MISMATCH || needed != full)
        return "buffer that lacks a letter";
    status = NtQueryInformationProcess(process, class, &info, full, &needed);
    if (status || needed != full)
        return "buffer that fits";
    return NULL;
}

static void print_lengths(HANDLE process)
{
    const char *wrong = check_lengths(process, 27), *wrong_win32 = check_lengths(process, 43);

    if (wrong || wrong_win32)
        printf("lengths: %s, %s\n", wrong ? wrong : "right", wrong_win32 ? wrong_win32 : "right");
}

/* --- what every process can ask of another ------------------------------------------------------
 */

static void print_mapped(const char *what, HANDLE process, void *at)
{
    wchar_t path[500] = L"";

    K32GetMappedFileNameW(process, at, path, 500);
    printf("%s: %ls\n", what, path);
}

static void print_modules(DWORD pid)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPMODULE, pid);
    MODULEENTRY32W entry = {.dwSize = sizeof(entry)};

    for (BOOL more = Module32FirstW(snapshot, &entry); more; more = Module32NextW(snapshot, &entry))
        if (wcsstr(entry.szModule, L"own"))
            printf("toolhelp: %ls %ls\n", entry.szModule, entry.szExePath);
    CloseHandle(snapshot);
}

static void print_process(HANDLE process)
{
    wchar_t path[500] = L"";
    HMODULE modules[100];
    DWORD cch = 500, cb = 0;

    QueryFullProcessImageNameW(process, 0, path, &cch);
    printf("full: %ls\n", path);
    cch = 500;
    QueryFullProcessImageNameW(process, PROCESS_NAME_NATIVE, path, &cch);
    printf("native: %ls\n", path);
    K32GetProcessImageFileNameW(process, path, 500);
    printf("psapi: %ls\n", path);
    print_lengths(process);
    K32EnumProcessModules(process, modules, sizeof(modules), &cb);
    K32GetModuleFileNameExW(process, modules[0], path, 500);
    printf("module: %ls\n", path);
    print_mapped("mapped", process, modules[0]);
    print_modules(GetProcessId(process));
}

int test_other_image(DWORD pid)
{
    HANDLE process = OpenProcess(PROCESS_ALL_ACCESS, FALSE, pid);

    if (!process)
        return printf("error %lu\n", GetLastError()), 0;
    print_process(process);
    return 0;
}

/* --- of itself ------------------------------------------------------------------------------ */

static void print_library(const wchar_t *path)
{
    HMODULE library = LoadLibraryW(path);
    wchar_t found[500] = L"";

    if (!library) {
        printf("%ls: error %lu\n", path, GetLastError());
        return;
    }
    GetModuleFileNameW(library, found, 500);
    printf("library: %ls\n", found);
    print_mapped("mapped", GetCurrentProcess(), library);
}

/* Offsets in 64-bit processes: PEB 0x20 ProcessParameters; there 0x38 CurrentDirectory, 0x60
 * ImagePathName, 0x70 CommandLine. */
static void print_parameters(void)
{
    const char *peb = RtlGetCurrentPeb();
    const char *params = *(const char *const *)(const void *)(peb + 0x20);
    const UNICODE_STRING *directory = (const void *)(params + 0x38), *image = directory;

    image = (const void *)(params + 0x60);
    printf("parameters: %.*ls, in %.*ls\n", image->Length / 2, image->Buffer, directory->Length / 2,
           directory->Buffer);
}

int test_image(int argc, wchar_t **argv)
{
    wchar_t path[500] = L"";

    GetModuleFileNameW(NULL, path, 500);
    printf("own: %ls\n", path);
    printf("C: %ls\n", argv[0]);
    printf("line: %ls\n", GetCommandLineW());
    print_parameters();
    for (int i = 2; i < argc; i++)
        print_library(argv[i]);
    print_process(GetCurrentProcess());
    return 0;
}
