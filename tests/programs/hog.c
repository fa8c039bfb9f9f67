/*
 * tests/programs/hog.c: takes and never gives back, for the tests of limits.
 *
 *   hog memory        more and more of it, each page written to
 *   hog disk FILE     a file that grows
 *   hog time MS       two threads that compute for so long; says how much processor time they got
 *
 * What is refused ends it with exit code 3, and it says how far it came.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>

enum { BLOCK_CB = 1 << 20, REFUSED = 3 };

static void tell(const char *what, unsigned long long mb)
{
    printf("%s %llu MB\n", what, mb);
    fflush(stdout);
}

static int take_memory(void)
{
    for (unsigned long long mb = 0;; mb++) {
        char *block = VirtualAlloc(NULL, BLOCK_CB, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);

        if (!block) {
            tell("refused at", mb);
            return REFUSED;
        }
        memset(block, 0x5a, BLOCK_CB);
        if (mb % 64 == 0)
            tell("took", mb);
    }
}

static int take_disk(const wchar_t *path)
{
    static char block[BLOCK_CB];
    HANDLE file = CreateFileW(path, GENERIC_WRITE, FILE_SHARE_READ, NULL, CREATE_ALWAYS, 0, NULL);

    memset(block, 0x5a, sizeof(block));
    for (unsigned long long mb = 0;; mb++) {
        DWORD done = 0;

        if (file == INVALID_HANDLE_VALUE || !WriteFile(file, block, BLOCK_CB, &done, NULL) ||
            done != BLOCK_CB) {
            tell("refused at", mb);
            return REFUSED;
        }
        if (mb % 64 == 0)
            tell("wrote", mb);
    }
}

static DWORD WINAPI compute(void *until)
{
    volatile unsigned number = 1;

    while (GetTickCount64() < *(const ULONGLONG *)until)
        for (int i = 0; i < 100000; i++)
            number = number * 1103515245 + 12345;
    return 0;
}

static ULONGLONG milliseconds(const FILETIME *time)
{
    return (((ULONGLONG)time->dwHighDateTime << 32) | time->dwLowDateTime) / 10000;
}

static int take_time(unsigned ms)
{
    ULONGLONG begun = GetTickCount64(), until = begun + ms;
    HANDLE other = CreateThread(NULL, 0, compute, &until, 0, NULL);
    FILETIME made, ended, kernel, user;

    compute(&until);
    WaitForSingleObject(other, INFINITE);
    GetProcessTimes(GetCurrentProcess(), &made, &ended, &kernel, &user);
    printf("%llu of %llu ms\n", milliseconds(&kernel) + milliseconds(&user),
           (unsigned long long)(GetTickCount64() - begun));
    return 0;
}

int wmain(int argc, wchar_t **argv)
{
    if (argc == 2 && !wcscmp(argv[1], L"memory"))
        return take_memory();
    if (argc == 3 && !wcscmp(argv[1], L"disk"))
        return take_disk(argv[2]);
    if (argc == 3 && !wcscmp(argv[1], L"time"))
        return take_time((unsigned)_wtoi(argv[2]));
    return 2;
}
