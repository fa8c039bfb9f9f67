/* tests/nt/nest.c: programs of both bitnesses that start one another; each says what it sees.
 *
 * usage: nest PID FILE [PROGRAM PID FILE ...]: can the process be opened? what is in the file? Adds
 *        a line to the file, then starts what follows
 *        nest bad: what becomes of calls with pointers that lead nowhere?
 *        nest rwx: how much memory is both to be written and to be run?
 *        nest plain FILE: what is in the file, without redirection of a 32-bit program's names */
#include "nt.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

enum { BITS = 8 * sizeof(void *) };

#ifdef LIAR
/* Linked as ntdll.dll: what looks for that by its name shall not find this. */
__declspec(dllexport) void LdrInitializeThunk(void)
{
    ExitProcess(99);
}
#endif

static void show(const wchar_t *path)
{
    FILE *file = _wfopen(path, L"rb");
    int c;

    if (!file)
        printf("no file");
    for (; file && (c = getc(file)) != EOF;)
        putchar(c == '\n' ? ' ' : c);
    if (file)
        fclose(file);
}

static int start(const wchar_t *path, int argc, wchar_t **argv)
{
    STARTUPINFOW startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION started;
    wchar_t line[2000] = L"";
    DWORD code = 1;

    for (int i = 0; i < argc; i++) {
        wcscat(line, argv[i]);
        wcscat(line, L" ");
    }
    if (!CreateProcessW(path, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &started)) {
        printf("not started: error %lu\n", GetLastError());
        return 1;
    }
    WaitForSingleObject(started.hProcess, 20000);
    GetExitCodeProcess(started.hProcess, &code);
    return (int)code;
}

static void bad_pointers(void)
{
    UNICODE_STRING nowhere = {20, 20, (WCHAR *)16};
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr), .ObjectName = (UNICODE_STRING *)16};
    struct nt_basic_info info;
    IO_STATUS_BLOCK io;
    HANDLE handle;

    printf("%lx", (ULONG)NtOpenFile(&handle, GENERIC_READ, (OBJECT_ATTRIBUTES *)16, &io, 0, 0));
    printf(" %lx", (ULONG)NtQueryAttributesFile(&attr, &info));
    attr.ObjectName = &nowhere;
    printf(" %lx", (ULONG)NtCreateFile(&handle, GENERIC_WRITE, &attr, &io, NULL, 0, 0, NT_OPEN_IF,
                                       0, NULL, 0));
}

static unsigned long long writable_code_cb(void)
{
    MEMORY_BASIC_INFORMATION region;
    unsigned long long sum = 0;

    for (char *at = NULL; VirtualQuery(at, &region, sizeof(region)); at += region.RegionSize)
        if (region.State == MEM_COMMIT && region.Protect & PAGE_EXECUTE_READWRITE)
            sum += region.RegionSize;
    return sum;
}

int wmain(int argc, wchar_t **argv)
{
    HANDLE process;
    FILE *file;
    void *old;

    if (argc == 3 && !wcscmp(argv[1], L"plain")) {
        Wow64DisableWow64FsRedirection(&old);
        show(argv[2]);
        return 0;
    }
    if (argc == 2 && !wcscmp(argv[1], L"bad")) {
        bad_pointers();
        return 0;
    }
    if (argc == 2 && !wcscmp(argv[1], L"rwx")) {
        printf("%llu", writable_code_cb());
        return 0;
    }
    if (argc < 3)
        return 2;
    process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, (DWORD)_wtoi(argv[1]));
    printf("%d%s: ", BITS, process ? " opened" : "");
    show(argv[2]);
    printf("\n");
    fflush(stdout);
    file = _wfopen(argv[2], L"ab");
    if (file) {
        fprintf(file, " %d", BITS);
        fclose(file);
    }
    return argc > 3 ? start(argv[3], argc - 3, argv + 3) : 0;
}
