/* tests/nt/savekey.c: keys saved to files, the host's with a VM's changes on top. For
 * tests/nt/savekey.t: what a file says outside is what it must say inside.
 *
 * usage: savekey make              make the host's keys
 *        savekey change            change them
 *        savekey save KEY FILE     save a key below the root; `-`: the root
 *        savekey load FILE AGAIN   load a file, save what is there then, and unload it
 *        savekey corners FOLDER    what is said of handles and files of other kinds
 *        savekey many COUNT        make so many keys
 *        savekey busy FILE         save while other threads change the keys
 *        savekey clear             remove it all */
#include "nt.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

NT_CALL NtSaveKey(HANDLE, HANDLE);
NT_CALL NtDeleteKey(HANDLE);
NT_CALL NtSetValueKey(HANDLE, UNICODE_STRING *, ULONG, ULONG, const void *, ULONG);

#define ROOT L"Software\\FvmSave"

static HKEY open_key(const wchar_t *path, REGSAM access)
{
    wchar_t full[600];
    HKEY opened = NULL;

    _snwprintf(full, 600, path[0] ? ROOT L"\\%ls" : ROOT L"%ls", path);
    RegOpenKeyExW(HKEY_LOCAL_MACHINE, full, 0, access, &opened);
    return opened;
}

static HKEY make_key(const wchar_t *path, const wchar_t *class, DWORD options)
{
    wchar_t full[600];
    HKEY made = NULL;

    _snwprintf(full, 600, path[0] ? ROOT L"\\%ls" : ROOT L"%ls", path);
    RegCreateKeyExW(HKEY_LOCAL_MACHINE, full, 0, (wchar_t *)class, options, KEY_ALL_ACCESS, NULL,
                    &made, NULL);
    return made;
}

static void add(const wchar_t *path, const wchar_t *name, const wchar_t *text)
{
    HKEY key = make_key(path, NULL, 0);

    RegSetValueExW(key, name, 0, REG_SZ, (const BYTE *)text,
                   (DWORD)((wcslen(text) + 1) * sizeof(*text)));
    RegCloseKey(key);
}

static void set(HKEY key, const wchar_t *name, size_t cch, ULONG type, const void *data, ULONG cb)
{
    UNICODE_STRING text = {(USHORT)(cch * 2), (USHORT)(cch * 2), (wchar_t *)name};

    NtSetValueKey(key, &text, 0, type, data, cb);
}
#define SET(key, name, type, data, cb) set(key, name, sizeof(name) / 2 - 1, type, data, cb)

/* Values of all kinds, in the words of C: what a file must say in its own. */
static void add_hard_values(HKEY key)
{
    static const wchar_t escapes[] = L"\a\b\t\n\v\f\r\x1b\x01\x02"
                                     L"7\x1f"
                                     L"8\x7f\"\\[]=;#@'";
    static const wchar_t wide[] = L"\x00e9"
                                  L"a\x00e9g\x4e2d\x6587"
                                  L"0\xd800"
                                  L"b\xdc00\xd83d\xde00\xfeff";
    static const wchar_t several[] = L"one\0two\0\0three\0";
    static unsigned char bytes[200000];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(i * 31 + i / 256);
    SET(key, L"", REG_SZ, L"the default", sizeof(L"the default"));
    SET(key, L"escapes", REG_SZ, escapes, sizeof(escapes));
    SET(key, L"wide", REG_EXPAND_SZ, wide, sizeof(wide));
    SET(key, L"several", REG_MULTI_SZ, several, sizeof(several));
    SET(key, L"no end", REG_SZ, L"abc", 6);
    SET(key, L"odd", REG_SZ, L"abc", 7);
    SET(key, L"empty", REG_SZ, L"", 2);
    SET(key, L"nothing", REG_SZ, L"", 0);
    SET(key, L"no bytes", REG_BINARY, L"", 0);
    SET(key, L"number", REG_DWORD, "\x01\x02\x03\xff", 4);
    SET(key, L"short number", REG_DWORD, "\x01\x02\x03", 3);
    SET(key, L"long number", REG_QWORD, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
    SET(key, L"big end", REG_DWORD_BIG_ENDIAN, "\x01\x02\x03\x04", 4);
    SET(key, L"no type", 0xfffffff0, "x", 1);
    for (ULONG cb = 18; cb < 32; cb++) { /* around where a line is folded */
        wchar_t name[20];

        _snwprintf(name, 20, L"line %lu", cb);
        set(key, name, wcslen(name), REG_BINARY, bytes, cb);
    }
    SET(key, L"a very long name, longer than a line of bytes has in a file, so that it is folded",
        REG_NONE, bytes, 60);
    SET(key, L"large", REG_BINARY, bytes, sizeof(bytes));
    SET(key, L"large text", REG_SZ, bytes, 100001);
    SET(key,
        L"in \"quotes\" \\ and [brackets]\x00e9"
        L"1\x01"
        L"2=",
        REG_SZ, L"x", 4);
    SET(key, L"ends\0", REG_SZ, L"x", 4);
    SET(key, L"ha\0s", REG_SZ, L"x", 4);
}

static void make_host(void)
{
    static const wchar_t target[] = L"\\Registry\\Machine\\" ROOT L"\\Quiet";
    HKEY key = make_key(L"Quiet\\Deep\\Deeper", L"A \"class\\\x00e9", 0), link = NULL;

    add_hard_values(key);
    RegCloseKey(key);
    RegCloseKey(make_key(L"Quiet\\Bare", NULL, 0));
    RegCloseKey(make_key(L"Quiet\\[odd] \"name\"\x00e9"
                         L"b\\x",
                         NULL, 0));
    add(L"Changed", L"host", L"here");
    add(L"Changed\\Below", L"host", L"below");
    add(L"Changed", L"gone", L"soon");
    add(L"Deleted\\Below", L"x", L"y");
    add(L"Emptied", L"x", L"y");
    add(L"Made anew\\Old", L"x", L"y");
    add(L"zz", L"x", L"y");
    RegCreateKeyExW(HKEY_LOCAL_MACHINE, ROOT L"\\Link", 0, NULL, REG_OPTION_CREATE_LINK,
                    KEY_ALL_ACCESS, NULL, &link, NULL);
    RegSetValueExW(link, L"SymbolicLinkValue", 0, REG_LINK, (const BYTE *)target,
                   sizeof(target) - 2);
    RegCloseKey(link);
}

static void change(void)
{
    static const wchar_t target[] = L"\\Registry\\Machine\\" ROOT L"\\Changed";
    HKEY key = open_key(L"Changed", KEY_ALL_ACCESS), link = NULL;

    RegDeleteValueW(key, L"gone");
    RegCloseKey(key);
    add(L"Changed", L"mine", L"new");
    add(L"changed\\New\\Newer", L"mine", L"new");
    RegDeleteTreeW(HKEY_LOCAL_MACHINE, ROOT L"\\Deleted");
    key = open_key(L"Emptied", KEY_ALL_ACCESS);
    RegDeleteValueW(key, L"x");
    RegCloseKey(key);
    RegDeleteTreeW(HKEY_LOCAL_MACHINE, ROOT L"\\Made anew");
    key = make_key(L"Made anew", L"Class", 0);
    add_hard_values(key);
    RegCloseKey(key);
    add(L"aa first", L"x", L"y");
    add(L"Quiet\\Deep\\Deep too", L"x", L"y"); /* a change far below, and what is beside it not */
    RegCreateKeyExW(HKEY_LOCAL_MACHINE, ROOT L"\\My link", 0, NULL, REG_OPTION_CREATE_LINK,
                    KEY_ALL_ACCESS, NULL, &link, NULL);
    RegSetValueExW(link, L"SymbolicLinkValue", 0, REG_LINK, (const BYTE *)target,
                   sizeof(target) - 2);
    RegCloseKey(link);
    RegCloseKey(make_key(L"Vanishes\\Below", NULL, REG_OPTION_VOLATILE));
    RegCloseKey(make_key(L"Changed\\Vanishes", NULL, REG_OPTION_VOLATILE));
}

static bool may(const wchar_t *what, bool may)
{
    TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1,
                               .Privileges = {{.Attributes = may ? SE_PRIVILEGE_ENABLED : 0}}};
    HANDLE token;
    bool done;

    OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token);
    LookupPrivilegeValueW(NULL, what, &wanted.Privileges[0].Luid);
    done = AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL);
    CloseHandle(token);
    return done;
}

static int save(const wchar_t *path, const wchar_t *file)
{
    HKEY key = open_key(path[0] == '-' ? L"" : path, KEY_READ);
    LSTATUS status = RegSaveKeyW(key, file, NULL);

    printf("%ld\n", status);
    return status != 0;
}

static int load(const wchar_t *file, const wchar_t *again)
{
    HKEY key = NULL;
    LSTATUS loaded, saved, unloaded;

    may(SE_RESTORE_NAME, true);
    loaded = RegLoadKeyW(HKEY_LOCAL_MACHINE, L"FvmLoaded", file);
    RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"FvmLoaded", 0, KEY_READ, &key);
    saved = RegSaveKeyW(key, again, NULL);
    RegCloseKey(key);
    unloaded = RegUnLoadKeyW(HKEY_LOCAL_MACHINE, L"FvmLoaded");
    printf("%ld %ld %ld\n", loaded, saved, unloaded);
    return loaded || saved || unloaded;
}

/* --- corners ---------------------------------------------------------------------------------- */

static HANDLE file_of(const wchar_t *folder, const wchar_t *name, DWORD access, DWORD flags)
{
    wchar_t path[MAX_PATH];

    _snwprintf(path, MAX_PATH, L"%ls\\%ls", folder, name);
    return CreateFileW(path, access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS, flags,
                       NULL);
}

static void say_save(const char *what, HKEY key, HANDLE file)
{
    NTSTATUS status = NtSaveKey(key, file);

    printf("%s: %lx\n", what, status);
    fflush(stdout);
}

static void say_files(const wchar_t *folder, HKEY key)
{
    HANDLE file = file_of(folder, L"twice.txt", GENERIC_READ | GENERIC_WRITE, 0), pipe, end;
    DWORD got;

    WriteFile(file, "before\n", 7, &got, NULL);
    say_save("behind what is there", key, file);
    WriteFile(file, "between\n", 8, &got, NULL);
    say_save("once more", key, file);
    WriteFile(file, "after\n", 6, &got, NULL);
    CloseHandle(file);
    file = file_of(folder, L"twice.txt", GENERIC_READ, 0);
    say_save("to read only", key, file);
    CloseHandle(file);
    file = file_of(folder, L"added.txt", FILE_APPEND_DATA | SYNCHRONIZE, 0);
    say_save("to add only", key, file);
    CloseHandle(file);
    file = file_of(folder, L"overlapped.txt", GENERIC_WRITE, FILE_FLAG_OVERLAPPED);
    say_save("overlapped", key, file);
    CloseHandle(file);
    CreatePipe(&end, &pipe, NULL, 1 << 20);
    say_save("a pipe", key, pipe);
    CloseHandle(pipe);
    CloseHandle(end);
    file =
        CreateFileW(folder, GENERIC_READ, 7, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    say_save("a directory", key, file);
    CloseHandle(file);
    file = CreateEventW(NULL, FALSE, FALSE, NULL);
    say_save("an event", key, file);
    say_save("nothing", key, NULL);
    CloseHandle(file);
}

static void corners(const wchar_t *folder)
{
    HKEY key = open_key(L"Changed", KEY_READ), other = make_key(L"Short", NULL, 0);
    HANDLE file = file_of(folder, L"plain.txt", GENERIC_WRITE, 0), event;

    say_files(folder, key);
    may(SE_BACKUP_NAME, false);
    say_save("without the privilege", key, file);
    say_save("and without a file", key, NULL);
    may(SE_BACKUP_NAME, true);
    say_save("no key", NULL, file);
    event = CreateEventW(NULL, FALSE, FALSE, NULL);
    say_save("an event's", event, file);
    CloseHandle(event);
    NtDeleteKey(other);
    say_save("a deleted key", other, file);
    say_save("a deleted key, no file", other, NULL);
    RegCloseKey(key);
    key = open_key(L"Changed", KEY_QUERY_VALUE);
    say_save("with less rights", key, file);
    RegCloseKey(key);
    key = open_key(L"Vanishes", KEY_READ);
    say_save("a volatile key", key, file);
    RegCloseKey(key);
    CloseHandle(file);
}

/* --- many, and others meanwhile ------------------------------------------------------------------
 */

static void many(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        wchar_t path[60];

        _snwprintf(path, 60, L"Many\\%u\\%u", i / 100, i % 100);
        add(path, L"x", path);
    }
}

static volatile LONG stop;

static DWORD WINAPI disturb(void *argument)
{
    unsigned seed = (unsigned)(uintptr_t)argument;

    while (!stop) {
        wchar_t path[60];

        /* Beside, before and behind keys that stay. */
        _snwprintf(path, 60, L"Many\\1\\%uy", seed++ % 100);
        add(path, L"now", L"here");
        RegDeleteKeyExW(HKEY_LOCAL_MACHINE, ROOT L"\\Many\\1\\0y", 0, 0);
        _snwprintf(path, 60, ROOT L"\\Many\\1\\%uy", seed % 100);
        RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path, 0, 0);
    }
    return 0;
}

static int busy(const wchar_t *file)
{
    HANDLE threads[2];
    int failed = 0;

    for (unsigned i = 0; i < 2; i++)
        threads[i] = CreateThread(NULL, 0, disturb, (void *)(uintptr_t)(i * 50), 0, NULL);
    for (unsigned i = 0; i < 5; i++) {
        DeleteFileW(file);
        failed |= save(L"Many", file);
    }
    stop = 1;
    WaitForMultipleObjects(2, threads, TRUE, INFINITE);
    return failed;
}

static void clear(void)
{
    static const wchar_t *const links[] = {L"Link", L"My link"};

    for (size_t i = 0; i < 2; i++) {
        wchar_t path[100];
        HKEY link = NULL;

        _snwprintf(path, 100, ROOT L"\\%ls", links[i]);
        RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, REG_OPTION_OPEN_LINK, DELETE, &link);
        if (link)
            NtDeleteKey(link);
        RegCloseKey(link);
    }
    printf("clear: %ld\n", RegDeleteTreeW(HKEY_LOCAL_MACHINE, ROOT));
}

int wmain(int argc, wchar_t **argv)
{
    const wchar_t *verb = argc > 1 ? argv[1] : L"";

    may(SE_BACKUP_NAME, true);
    if (!wcscmp(verb, L"make"))
        make_host();
    else if (!wcscmp(verb, L"change"))
        change();
    else if (!wcscmp(verb, L"save") && argc > 3)
        return save(argv[2], argv[3]);
    else if (!wcscmp(verb, L"load") && argc > 3)
        return load(argv[2], argv[3]);
    else if (!wcscmp(verb, L"corners") && argc > 2)
        corners(argv[2]);
    else if (!wcscmp(verb, L"many") && argc > 2)
        many((unsigned)_wtoi(argv[2]));
    else if (!wcscmp(verb, L"busy") && argc > 2)
        return busy(argv[2]);
    else if (!wcscmp(verb, L"clear"))
        clear();
    else
        return 2;
    return 0;
}
