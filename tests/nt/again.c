/* tests/nt/again.c: one process asks for the same names again and again, while another changes what
 * they name: each answer must be that of the moment. again FOLDER: FOLDER has one.txt and
 * sub\two.txt; says what there is after each step, the same in a VM as outside. */
#include <windows.h>

#include <stdio.h>
#include <wchar.h>

static wchar_t folder[200];

static const wchar_t *below(const wchar_t *name)
{
    static wchar_t paths[4][400];
    static unsigned next;
    wchar_t *path = paths[next++ % 4];

    swprintf(path, 400, L"%ls\\%ls", folder, name);
    return path;
}

static void write_file(const wchar_t *name, const char *text)
{
    HANDLE file = CreateFileW(below(name), GENERIC_WRITE, 7, NULL, CREATE_ALWAYS, 0, NULL);
    DWORD did;

    if (!WriteFile(file, text, (DWORD)strlen(text), &did, NULL))
        printf("cannot write %ls: %lu\n", name, GetLastError());
    CloseHandle(file);
}

/* What the other process does. */
static void act(int step)
{
    switch (step) {
    case 1:
        write_file(L"one.txt", "longer than before");
        break;
    case 2:
        DeleteFileW(below(L"sub\\two.txt"));
        break;
    case 3:
        write_file(L"sub\\two.txt", "made anew");
        break;
    case 4:
        MoveFileW(below(L"sub"), below(L"moved"));
        break;
    case 5:
        CreateDirectoryW(below(L"sub"), NULL);
        write_file(L"sub\\two.txt", "another");
        break;
    case 6:
        MoveFileExW(below(L"sub\\two.txt"), below(L"one.txt"), MOVEFILE_REPLACE_EXISTING);
        break;
    }
}

static void look(const wchar_t *name)
{
    WIN32_FILE_ATTRIBUTE_DATA data = {0};
    char text[40] = "";
    DWORD got = 0;
    BOOL known = GetFileAttributesExW(below(name), GetFileExInfoStandard, &data);
    HANDLE file =
        CreateFileW(below(name), GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);

    if (file != INVALID_HANDLE_VALUE && !ReadFile(file, text, sizeof(text) - 1, &got, NULL))
        got = 0;
    text[got] = 0;
    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
    printf(" %ls: %d %lx %lu '%s'", name, known, data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY,
           data.nFileSizeLow, text);
}

static void start(int step)
{
    STARTUPINFOW startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION process;
    wchar_t self[MAX_PATH], line[700];

    GetModuleFileNameW(NULL, self, MAX_PATH);
    swprintf(line, 700, L"\"%ls\" %ls %d", self, folder, step);
    if (!CreateProcessW(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process)) {
        printf("cannot start: %lu\n", GetLastError());
        return;
    }
    WaitForSingleObject(process.hProcess, INFINITE);
    CloseHandle(process.hProcess);
    CloseHandle(process.hThread);
}

int wmain(int argc, wchar_t **argv)
{
    if (argc < 2 || wcslen(argv[1]) >= 200)
        return 2;
    wcscpy(folder, argv[1]);
    if (argc == 3) {
        act(_wtoi(argv[2]));
        return 0;
    }
    for (int step = 0; step <= 6; step++) {
        if (step)
            start(step);
        for (int time = 0; time < 3; time++) {
            printf("%d", step);
            look(L"one.txt");
            look(L"sub\\two.txt");
            look(L"moved\\two.txt");
            printf("\n");
        }
    }
    return 0;
}
