/* tests/nt/many.c: very many names, and names that others use at the same time. It expects nothing
 * of a VM: what it prints outside is right inside.
 *
 * usage: many objects N      make N named events, hold them, open each once more
 *        many keys N         make N keys with a value, count them by listing and by opening
 *        many count          count those keys
 *        many fight WHO MS   with few names that others use too: is what they lead to always WHO's?
 */
#include "nt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define KEY     L"Software\\FvmMany"
#define THREADS 4
#define NAMES   6

static int objects(unsigned count)
{
    unsigned made = 0, found = 0;
    wchar_t name[40];

    for (unsigned i = 0; i < count; i++) {
        swprintf(name, 40, L"fvm-many-%u", i);
        made += CreateEventW(NULL, TRUE, FALSE, name) && GetLastError() != ERROR_ALREADY_EXISTS;
    }
    for (unsigned i = 0; i < count; i++) {
        HANDLE event;

        swprintf(name, 40, L"fvm-many-%u", i);
        event = OpenEventW(SYNCHRONIZE, FALSE, name);
        found += event != NULL;
        CloseHandle(event);
    }
    printf("objects: made %u, found %u\n", made, found);
    return 0;
}

static int count_keys(void)
{
    unsigned listed = 0, right = 0;
    DWORD said = 0;
    wchar_t name[40];
    HKEY key;

    if (RegOpenKeyExW(HKEY_CURRENT_USER, KEY, 0, KEY_READ, &key)) {
        printf("keys: none\n");
        return 0;
    }
    RegQueryInfoKeyW(key, NULL, NULL, NULL, &said, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    for (DWORD cch = 40; !RegEnumKeyExW(key, listed, name, &cch, NULL, NULL, NULL, NULL);
         cch = 40) {
        DWORD value = 0, cb = sizeof(value);

        listed++;
        if (!RegGetValueW(key, name, L"n", RRF_RT_REG_DWORD, NULL, &value, &cb))
            right += value == wcstoul(name + 1, NULL, 10);
    }
    RegCloseKey(key);
    printf("keys: said %lu, listed %u, right %u\n", said, listed, right);
    return 0;
}

static int keys(unsigned count)
{
    wchar_t name[40];
    HKEY key, below;

    if (RegCreateKeyExW(HKEY_CURRENT_USER, KEY, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, NULL))
        return 1;
    for (unsigned i = 0; i < count; i++) {
        swprintf(name, 40, L"k%u", i);
        if (RegCreateKeyExW(key, name, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &below, NULL))
            return 1;
        RegSetValueExW(below, L"n", 0, REG_DWORD, (BYTE *)&(DWORD){i}, sizeof(DWORD));
        RegCloseKey(below);
    }
    RegCloseKey(key);
    return count_keys();
}

/* --- fight ------------------------------------------------------------------------------------ */

static wchar_t who[16], folder[MAX_PATH];
static DWORD until;
static LONG checked, strangers;

static void judge(const char *what, const wchar_t *found, size_t cch)
{
    InterlockedIncrement(&checked);
    if (cch < wcslen(who) || wcsncmp(found, who, wcslen(who)) != 0) {
        InterlockedIncrement(&strangers);
        printf("%s: '%.*ls' is not '%ls'\n", what, (int)cch, found, who);
    }
}

static void fight_section(const wchar_t *name)
{
    HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, name);
    BOOL is_new = GetLastError() != ERROR_ALREADY_EXISTS;
    wchar_t *view = section ? MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0) : NULL;

    if (view) {
        if (is_new)
            wcscpy(view, who);
        for (int i = 0; !*(volatile wchar_t *)view && i < 1000; i++)
            Sleep(1); /* another thread has just made it */
        judge("section", view, wcslen(who));
        UnmapViewOfFile(view);
    }
    CloseHandle(section);
}

/* Nobody else ever holds it for long. */
static void fight_mutex(const wchar_t *name)
{
    HANDLE mutex = CreateMutexW(NULL, FALSE, name);

    if (mutex && WaitForSingleObject(mutex, 5000) == WAIT_OBJECT_0) {
        judge("mutex", who, wcslen(who));
        ReleaseMutex(mutex);
    } else {
        judge("mutex", L"nobody", 6);
    }
    CloseHandle(mutex);
}

static void fight_key(const wchar_t *name)
{
    wchar_t path[80], found[16] = L"";
    DWORD cb = sizeof(found);
    HKEY key;

    swprintf(path, 80, L"Software\\FvmFight\\%ls", name);
    if (RegCreateKeyExW(HKEY_CURRENT_USER, path, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, NULL))
        return; /* just deleted by another thread */
    if (!RegSetValueExW(key, L"who", 0, REG_SZ, (BYTE *)who, (DWORD)(wcslen(who) + 1) * 2) &&
        !RegQueryValueExW(key, L"who", NULL, NULL, (BYTE *)found, &cb))
        judge("key", found, wcslen(found));
    RegCloseKey(key);
    if (rand() % 4 == 0)
        RegDeleteKeyW(HKEY_CURRENT_USER, path);
}

static void fight_file(const wchar_t *name)
{
    wchar_t path[MAX_PATH + 40], found[16] = L"";
    HANDLE file;
    DWORD cb = 0;

    swprintf(path, MAX_PATH + 40, L"%ls\\%ls", folder, name);
    file = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 7, NULL, OPEN_ALWAYS, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return;
    if (WriteFile(file, who, (DWORD)wcslen(who) * 2, &cb, NULL)) {
        SetFilePointer(file, 0, NULL, FILE_BEGIN);
        if (ReadFile(file, found, sizeof(found) - 2, &cb, NULL))
            judge("file", found, cb / 2);
    }
    CloseHandle(file);
    if (rand() % 4 == 0)
        DeleteFileW(path);
}

static DWORD WINAPI serve_pipe(void *pipe)
{
    DWORD cb;

    if (ConnectNamedPipe(pipe, NULL) || GetLastError() == ERROR_PIPE_CONNECTED) {
        WriteFile(pipe, who, (DWORD)wcslen(who) * 2, &cb, NULL);
        FlushFileBuffers(pipe);
    }
    CloseHandle(pipe);
    return 0;
}

static void fight_pipe(const wchar_t *name)
{
    wchar_t path[80], found[16] = L"";
    DWORD cb = 0;
    HANDLE pipe;

    swprintf(path, 80, L"\\\\.\\pipe\\%ls", name);
    pipe = CreateNamedPipeW(path, PIPE_ACCESS_DUPLEX, 0, PIPE_UNLIMITED_INSTANCES, 64, 64, 0, NULL);
    if (pipe == INVALID_HANDLE_VALUE)
        return;
    CloseHandle(CreateThread(NULL, 0, serve_pipe, pipe, 0, NULL));
    /* One's own, or another thread's of this side. */
    for (HANDLE end; WaitNamedPipeW(path, 5000);) {
        end = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
        if (end == INVALID_HANDLE_VALUE)
            continue;
        if (ReadFile(end, found, sizeof(found) - 2, &cb, NULL))
            judge("pipe", found, cb / 2);
        CloseHandle(end);
        return;
    }
}

static DWORD WINAPI fight(void *seed)
{
    static void (*const ways[])(const wchar_t *) = {fight_section, fight_mutex, fight_key,
                                                    fight_file, fight_pipe};
    wchar_t name[40];

    srand((unsigned)(uintptr_t)seed);
    while (GetTickCount() < until) {
        /* A kind has names of its own: kernel objects share one name space. */
        size_t way = (size_t)rand() % ARRAYSIZE(ways);

        swprintf(name, 40, L"fvm-fight-%zu-%d", way, rand() % NAMES);
        ways[way](name);
    }
    return 0;
}

static int fight_all(const wchar_t *name, unsigned ms)
{
    HANDLE threads[THREADS];

    wcsncpy(who, name, ARRAYSIZE(who) - 1);
    GetCurrentDirectoryW(MAX_PATH, folder);
    until = GetTickCount() + ms;
    for (unsigned i = 0; i < THREADS; i++)
        threads[i] =
            CreateThread(NULL, 0, fight, (void *)(uintptr_t)(GetCurrentProcessId() + i), 0, NULL);
    WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE);
    fprintf(stderr, "%ld checked\n", checked);
    printf("%ls: %ls, strangers: %ld\n", name, checked > 200 ? L"fought" : L"hardly fought",
           strangers);
    return 0;
}

int wmain(int argc, wchar_t **argv)
{
    unsigned number = argc > 2 ? (unsigned)wcstoul(argv[argc - 1], NULL, 10) : 0;

    setvbuf(stdout, NULL, _IOLBF, 4096);
    if (argc == 3 && !wcscmp(argv[1], L"objects"))
        return objects(number);
    if (argc == 3 && !wcscmp(argv[1], L"keys"))
        return keys(number);
    if (argc == 2 && !wcscmp(argv[1], L"count"))
        return count_keys();
    if (argc == 4 && !wcscmp(argv[1], L"fight"))
        return fight_all(argv[2], number);
    fprintf(stderr, "usage: see many.c\n");
    return 2;
}
