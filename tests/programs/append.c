/* tests/programs/append.c: change files as a program does that looks at its errors.
 * usage: append FILE TEXT: put TEXT at the file's end; says "done", or which call failed and how
 *        append loop FILE: says "ready", waits for a file FILEgo, then does the same with "x" and
 *                          FILE0, FILE1, ... as many as there are */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>

static int fail(const char *what)
{
    printf("%s: error %lu\n", what, GetLastError());
    return 1;
}

static int append(const wchar_t *name, const char *text)
{
    HANDLE file = CreateFileW(name, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                              OPEN_EXISTING, 0, NULL);
    DWORD done = 0;

    if (file == INVALID_HANDLE_VALUE)
        return fail("open");
    if (!WriteFile(file, text, (DWORD)strlen(text), &done, NULL) || done != strlen(text))
        return fail("write");
    CloseHandle(file);
    return 0;
}

int wmain(int argc, wchar_t **argv)
{
    wchar_t name[MAX_PATH];
    char text[100];

    if (argc != 3)
        return 2;
    if (wcscmp(argv[1], L"loop") != 0) {
        snprintf(text, sizeof(text), "%ls", argv[2]);
        if (append(argv[1], text))
            return 1;
        printf("done\n");
        return 0;
    }
    printf("ready\n");
    fflush(stdout);
    swprintf(name, MAX_PATH, L"%lsgo", argv[2]);
    for (int i = 0; i < 3000 && GetFileAttributesW(name) == INVALID_FILE_ATTRIBUTES; i++)
        Sleep(1);
    for (int i = 0;; i++) {
        swprintf(name, MAX_PATH, L"%ls%d", argv[2], i);
        if (append(name, "x"))
            return 1;
    }
}
