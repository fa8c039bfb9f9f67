/* tests/nt/hives.c: hives in files, loaded as keys and unloaded. For tests/nt/hives.t: what is said
 * outside must be said inside.
 *
 * usage: hives make FILE      save keys to FILE, remove them
 *        hives load KEY FILE  load FILE as HKLM\KEY
 *        hives unload KEY
 *        hives say KEY        all that is below HKLM\KEY
 *        hives corners FOLDER what is said of other files, keys, rights; FOLDER has hive.txt in it
 *        hives restore KEY FILE */
#include "nt.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

NT_CALL NtLoadKey(OBJECT_ATTRIBUTES *, OBJECT_ATTRIBUTES *);
NT_CALL NtLoadKey2(OBJECT_ATTRIBUTES *, OBJECT_ATTRIBUTES *, ULONG);
NT_CALL NtLoadKeyEx(OBJECT_ATTRIBUTES *, OBJECT_ATTRIBUTES *, ULONG, HANDLE, HANDLE, ACCESS_MASK,
                    HANDLE *, IO_STATUS_BLOCK *);
NT_CALL NtUnloadKey(OBJECT_ATTRIBUTES *);
NT_CALL NtRestoreKey(HANDLE, HANDLE, ULONG);
NT_CALL NtOpenKey(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);

static void may(const wchar_t *what, bool enabled)
{
    TOKEN_PRIVILEGES privileges = {1, {{{0, 0}, enabled ? SE_PRIVILEGE_ENABLED : 0}}};
    HANDLE token;

    OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token);
    LookupPrivilegeValueW(NULL, what, &privileges.Privileges[0].Luid);
    AdjustTokenPrivileges(token, FALSE, &privileges, sizeof(privileges), NULL, NULL);
    CloseHandle(token);
}

static HKEY make_key(const wchar_t *path, const wchar_t *class, DWORD options)
{
    HKEY made = NULL;

    RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, (wchar_t *)class, options, KEY_ALL_ACCESS, NULL,
                    &made, NULL);
    return made;
}

static void set(HKEY key, const wchar_t *name, DWORD type, const void *data, DWORD cb)
{
    RegSetValueExW(key, name, 0, type, data, cb);
}

#define FROM L"Software\\FvmHiveFrom"

static void make(const wchar_t *file)
{
    HKEY key = make_key(FROM, L"of the root", 0), below;
    static BYTE large[100000];

    for (size_t i = 0; i < sizeof(large); i++)
        large[i] = (BYTE)(i * 7);
    set(key, L"text", REG_SZ, L"t\x00e9xt", 10);
    set(key, NULL, REG_DWORD, "\1\2\3\4", 4);
    set(key, L"odd", 77, "abc", 3);
    below = make_key(FROM L"\\With class\\and deeper", L"cl\x00e4ss", 0);
    set(below, L"large", REG_BINARY, large, sizeof(large));
    set(below, L"none", REG_NONE, NULL, 0);
    RegCloseKey(below);
    for (unsigned i = 0; i < 300; i++) {
        wchar_t path[60];

        swprintf(path, 60, FROM L"\\Many\\k%u", i);
        below = make_key(path, NULL, 0);
        set(below, L"i", REG_DWORD, &i, sizeof(i));
        RegCloseKey(below);
    }
    RegCloseKey(make_key(FROM L"\\Empty", NULL, 0));
    printf("save: %ld\n", RegSaveKeyW(key, file, NULL));
    RegCloseKey(key);
    printf("delete: %ld\n", RegDeleteTreeW(HKEY_LOCAL_MACHINE, FROM));
}

/* --- what is there ---------------------------------------------------------------------------- */

static unsigned sum_of(const BYTE *bytes, DWORD cb)
{
    unsigned sum = cb;

    for (DWORD i = 0; i < cb; i++)
        sum = sum * 31 + bytes[i];
    return sum;
}

static void say_values(HKEY key)
{
    static BYTE data[200000];
    wchar_t name[300];

    for (DWORD at = 0;; at++) {
        DWORD cch = 300, cb = sizeof(data), type = 0;

        if (RegEnumValueW(key, at, name, &cch, NULL, &type, data, &cb))
            return;
        printf(" '%ls' %lu %lu %08x", name, type, cb, sum_of(data, cb));
    }
}

static void say_tree(HKEY root, const wchar_t *path)
{
    wchar_t class[100] = L"", name[300], below[700];
    DWORD class_cch = 100, count = 0;
    HKEY key = NULL;
    LSTATUS status = RegOpenKeyExW(root, path, 0, KEY_READ, &key);

    if (status) {
        printf("%ls: %ld\n", path, status);
        return;
    }
    RegQueryInfoKeyW(key, class, &class_cch, NULL, &count, NULL, NULL, NULL, NULL, NULL, NULL,
                     NULL);
    printf("%ls (%ls) %lu:", path, class, count);
    say_values(key);
    printf("\n");
    for (DWORD at = 0, cch = 300; !RegEnumKeyExW(key, at, name, &cch, NULL, NULL, NULL, NULL);
         at++, cch = 300) {
        swprintf(below, 700, L"%ls\\%ls", path, name);
        say_tree(root, below);
    }
    RegCloseKey(key);
}

/* --- corners ---------------------------------------------------------------------------------- */

static HANDLE machine;

struct name {
    OBJECT_ATTRIBUTES attr;
    UNICODE_STRING text;
    wchar_t room[600];
};

/* Relative to HKEY_LOCAL_MACHINE, or absolute. */
static OBJECT_ATTRIBUTES *named(struct name *name, const wchar_t *text)
{
    swprintf(name->room, 600, L"%ls", text);
    name->text = (UNICODE_STRING){(USHORT)(wcslen(name->room) * 2), sizeof(name->room), name->room};
    name->attr = (OBJECT_ATTRIBUTES){.Length = sizeof(name->attr),
                                     .RootDirectory = text[0] == '\\' ? NULL : machine,
                                     .ObjectName = &name->text,
                                     .Attributes = NT_CASE_INSENSITIVE};
    return &name->attr;
}

static NTSTATUS load_at(const wchar_t *key, const wchar_t *file)
{
    static struct name key_name, file_name;

    return NtLoadKey(named(&key_name, key), named(&file_name, file));
}

static NTSTATUS unload_at(const wchar_t *key)
{
    static struct name name;

    return NtUnloadKey(named(&name, key));
}

#define SAY(call) printf("%s: %lx\n", #call, (unsigned long)(call))

static void files(const wchar_t *hive, const wchar_t *folder)
{
    static const wchar_t *const names[] = {L"none.txt", L"none\\none.txt", L"other.txt",
                                           L"empty.txt", L"folder"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        wchar_t file[600];

        swprintf(file, 600, L"\\??\\%ls\\%ls", folder, names[i]);
        printf("%ls: %lx\n", names[i], load_at(L"FvmLoaded", file));
        unload_at(L"FvmLoaded"); /* Wine 8 leaves a key of what is no hive */
    }
    SAY(load_at(L"FvmNone\\Below", hive));
    say_tree(HKEY_LOCAL_MACHINE, L"FvmNone");
    SAY(load_at(L"Software\\FvmLoaded\\Sub", hive));
    printf("not Wine 8: %lx\n", load_at(L"\\Registry\\User\\FvmLoaded", hive));
    printf("not Wine 8: %lx\n", unload_at(L"\\Registry\\User\\FvmLoaded"));
}

static void forms(const wchar_t *hive)
{
    struct name key, file;
    HANDLE root = (HANDLE)0x77;
    IO_STATUS_BLOCK io;

    named(&key, L"FvmLoaded");
    named(&file, hive);
    SAY(NtLoadKey2(&key.attr, &file.attr, 0));
    SAY(NtUnloadKey(&key.attr));
    SAY(NtLoadKeyEx(&key.attr, &file.attr, 0, NULL, NULL, 0, NULL, NULL));
    SAY(NtUnloadKey(&key.attr));
    printf("not Wine 8: %lx",
           NtLoadKeyEx(&key.attr, &file.attr, 0, NULL, NULL, KEY_READ, &root, &io));
    NtUnloadKey(&key.attr);
    printf(" %lx\n", NtLoadKeyEx(&key.attr, &file.attr, 0x10, NULL, NULL, KEY_READ, &root, &io));
    NtUnloadKey(&key.attr);
}

static void keys(const wchar_t *hive)
{
    HKEY key = make_key(L"FvmThere\\Was", NULL, 0), open;
    struct name name;

    set(key, L"before", REG_SZ, L"x", 4);
    RegCloseKey(key);
    SAY(load_at(L"FvmThere", hive));
    say_tree(HKEY_LOCAL_MACHINE, L"FvmThere\\Was");
    say_tree(HKEY_LOCAL_MACHINE, L"FvmThere\\Empty");
    SAY(load_at(L"FvmThere", hive));
    open = make_key(L"FvmThere", NULL, 0);
    SAY(unload_at(L"FvmThere"));
    RegCloseKey(open);
    open = make_key(L"FvmThere\\Many", NULL, 0);
    SAY(unload_at(L"FvmThere"));
    set(open, L"after", REG_SZ, L"x", 4);
    say_tree(open, L"k0");
    say_tree(HKEY_LOCAL_MACHINE, L"FvmThere\\Was");
    RegCloseKey(open);
    SAY(unload_at(L"FvmThere"));
    SAY(unload_at(L"FvmNever"));
    RegCloseKey(make_key(L"FvmOwn\\Below", NULL, 0));
    SAY(unload_at(L"FvmOwn"));
    say_tree(HKEY_LOCAL_MACHINE, L"FvmOwn");
    RegDeleteTreeW(HKEY_LOCAL_MACHINE, L"FvmThere");
    SAY(NtLoadKey(named(&name, L"FvmNull"), NULL));
    SAY(NtUnloadKey(NULL));
    SAY(NtLoadKey(NULL, named(&name, hive))); /* Wine 8 keeps the file open then */
}

static void corners(const wchar_t *folder)
{
    wchar_t hive[600];
    struct name name;

    swprintf(hive, 600, L"\\??\\%ls\\hive.txt", folder);
    NtOpenKey(&machine, KEY_ALL_ACCESS, named(&name, L"\\Registry\\Machine"));
    may(SE_RESTORE_NAME, false);
    SAY(load_at(L"FvmLoaded", hive));
    SAY(load_at(L"FvmLoaded", L"\\??\\C:\\no such"));
    SAY(unload_at(L"FvmLoaded"));
    may(SE_RESTORE_NAME, true);
    files(hive, folder);
    forms(hive);
    keys(hive);
}

static void restore(const wchar_t *path, const wchar_t *file)
{
    HKEY key = make_key(path, NULL, 0);
    HANDLE from;

    set(key, L"before", REG_SZ, L"x", 4);
    RegCloseKey(make_key(L"FvmRestored\\Was\\below", NULL, 0));
    /* Wine 8's RegRestoreKey does not call it. */
    from = CreateFileW(file, GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    printf("restore: %lx\n", NtRestoreKey(key, from, 0));
    may(SE_RESTORE_NAME, false);
    printf("without the privilege: %lx\n", NtRestoreKey(key, from, 0));
    CloseHandle(from);
    RegCloseKey(key);
}

int wmain(int argc, wchar_t **argv)
{
    const wchar_t *verb = argc > 1 ? argv[1] : L"";

    setvbuf(stdout, NULL, _IONBF, 0);
    may(SE_BACKUP_NAME, true);
    may(SE_RESTORE_NAME, true);
    if (!wcscmp(verb, L"make") && argc > 2)
        make(argv[2]);
    else if (!wcscmp(verb, L"load") && argc > 3)
        printf("load: %ld\n", RegLoadKeyW(HKEY_LOCAL_MACHINE, argv[2], argv[3]));
    else if (!wcscmp(verb, L"unload") && argc > 2)
        printf("unload: %ld\n", RegUnLoadKeyW(HKEY_LOCAL_MACHINE, argv[2]));
    else if (!wcscmp(verb, L"say") && argc > 2)
        say_tree(HKEY_LOCAL_MACHINE, argv[2]);
    else if (!wcscmp(verb, L"corners") && argc > 2)
        corners(argv[2]);
    else if (!wcscmp(verb, L"restore") && argc > 3)
        restore(argv[2], argv[3]);
    else
        return 2;
    return 0;
}
