/* tests/programs/writer.c: writes file N, then registry value N, then says so, for ever: for tests
 * that kill. usage: writer FIRST [STEP_MS]. Each line of output: "N TICKS" once both are done. The
 * first line: "last M", the newest value found. */
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

static int fail(const char *what, unsigned long code)
{
    printf("failed %s %lu\n", what, code);
    fflush(stdout);
    return 1;
}

int wmain(int argc, wchar_t **argv)
{
    DWORD number = argc > 1 ? (DWORD)wcstoul(argv[1], NULL, 10) : 1,
          step = argc > 2 ? (DWORD)wcstoul(argv[2], NULL, 10) : 4;
    DWORD last = 0, cb = sizeof(last);
    HKEY key;
    LONG code;

    CreateDirectoryW(L"C:\\kill", NULL);
    code = RegCreateKeyExW(HKEY_CURRENT_USER, L"Software\\FvmKill", 0, NULL, 0, KEY_ALL_ACCESS,
                           NULL, &key, NULL);
    if (code)
        return fail("key", (unsigned long)code);
    RegQueryValueExW(key, L"last", NULL, NULL, (BYTE *)&last, &cb);
    printf("last %lu\n", last);
    fflush(stdout);
    for (;; number++) {
        wchar_t name[64];
        char text[32];
        DWORD done;
        HANDLE file;
        int length = snprintf(text, sizeof(text), "%lu\n", number);

        swprintf(name, 64, L"C:\\kill\\%lu.txt", number);
        file = CreateFileW(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
        if (file == INVALID_HANDLE_VALUE)
            return fail("file", GetLastError());
        if (!WriteFile(file, text, (DWORD)length, &done, NULL) || (int)done != length)
            return fail("write", GetLastError());
        CloseHandle(file);
        swprintf(name, 64, L"v%lu", number);
        code = RegSetValueExW(key, name, 0, REG_DWORD, (BYTE *)&number, sizeof(number));
        if (!code)
            code = RegSetValueExW(key, L"last", 0, REG_DWORD, (BYTE *)&number, sizeof(number));
        if (code)
            return fail("value", (unsigned long)code);
        printf("%lu %lu\n", number, GetTickCount());
        fflush(stdout);
        Sleep(step);
    }
}
