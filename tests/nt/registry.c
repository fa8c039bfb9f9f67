/* tests/nt/registry.c: what keys do that random calls (registry_random.c) do not reach. For
 * tests/nt/registry.t: said outside, it is what is wanted inside.
 *
 * usage: registry make               make the host's keys
 *        registry all                say what the calls below give
 *        registry child HANDLE       write through an inherited key
 *        registry watch MS           wait for a change of the key, say whether it came
 *        registry write NAME         make a change of the key
 *        registry stamp KEY          set the time of the user's KEY, which Wine does not do
 *        registry rename             rename keys, and say what is there then
 *        registry clear              remove it all */
#include "nt.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

NT_CALL NtOpenKey(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NT_CALL NtOpenKeyEx(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG);
NT_CALL NtOpenKeyTransacted(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, HANDLE);
NT_CALL NtCreateKeyTransacted(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG, UNICODE_STRING *,
                              ULONG, HANDLE, ULONG *);
NT_CALL NtCreateKey(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG, UNICODE_STRING *, ULONG,
                    ULONG *);
NT_CALL NtDeleteKey(HANDLE);
NT_CALL NtQueryKey(HANDLE, ULONG, void *, ULONG, ULONG *);
NT_CALL NtRenameKey(HANDLE, UNICODE_STRING *);
NT_CALL NtFlushKey(HANDLE);
NT_CALL NtSetInformationKey(HANDLE, ULONG, void *, ULONG);
NT_CALL NtQueryMultipleValueKey(HANDLE, void *, ULONG, void *, ULONG *, ULONG *);
NT_CALL NtNotifyChangeKey(HANDLE, HANDLE, void *, void *, IO_STATUS_BLOCK *, ULONG, BOOLEAN, void *,
                          ULONG, BOOLEAN);
NT_CALL NtNotifyChangeMultipleKeys(HANDLE, ULONG, OBJECT_ATTRIBUTES *, HANDLE, void *, void *,
                                   IO_STATUS_BLOCK *, ULONG, BOOLEAN, void *, ULONG, BOOLEAN);
NT_CALL NtLoadKey(OBJECT_ATTRIBUTES *, OBJECT_ATTRIBUTES *);
NT_CALL NtLoadKey2(OBJECT_ATTRIBUTES *, OBJECT_ATTRIBUTES *, ULONG);
NT_CALL NtLoadKeyEx(OBJECT_ATTRIBUTES *, OBJECT_ATTRIBUTES *, ULONG, HANDLE, HANDLE, ACCESS_MASK,
                    HANDLE *, IO_STATUS_BLOCK *);
NT_CALL NtOpenKeyTransactedEx(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG, HANDLE);
NT_CALL NtReplaceKey(OBJECT_ATTRIBUTES *, HANDLE, OBJECT_ATTRIBUTES *);
NT_CALL NtUnloadKey(OBJECT_ATTRIBUTES *);
NT_CALL NtRestoreKey(HANDLE, HANDLE, ULONG);
NT_CALL NtSetSecurityObject(HANDLE, ULONG, void *);

#define ROOT L"Software\\FvmRegistry"

static HKEY key(const wchar_t *path, REGSAM access)
{
    HKEY made = NULL;

    RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, access, &made);
    return made;
}

static HKEY make(const wchar_t *path, DWORD options)
{
    HKEY made = NULL;
    DWORD disposition = 0;
    LSTATUS status = RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, options, KEY_ALL_ACCESS,
                                     NULL, &made, &disposition);

    printf("make %ls: %ld %lu\n", path, status, disposition);
    return made;
}

static void set(HKEY at, const wchar_t *name, const wchar_t *text)
{
    printf("set %ls: %ld\n", name,
           RegSetValueExW(at, name, 0, REG_SZ, (const BYTE *)text,
                          (DWORD)((wcslen(text) + 1) * sizeof(*text))));
}

static void say(HKEY at, const wchar_t *name)
{
    wchar_t text[200] = L"";
    DWORD cb = sizeof(text);
    LSTATUS status = RegQueryValueExW(at, name, NULL, NULL, (BYTE *)text, &cb);

    printf("%ls: %ld %ls\n", name, status, status ? L"" : text);
}

static void list(const wchar_t *path)
{
    HKEY at = key(path, KEY_READ);
    wchar_t name[300];
    DWORD count = 0, longest = 0, values = 0;

    printf("%ls:", path);
    for (DWORD i = 0, cch = 300; !RegEnumKeyExW(at, i, name, &cch, NULL, NULL, NULL, NULL);
         i++, cch = 300)
        printf(" %ls", name);
    RegQueryInfoKeyW(at, NULL, NULL, NULL, &count, &longest, NULL, &values, NULL, NULL, NULL, NULL);
    printf(" (%lu, %lu, %lu)\n", count, longest, values);
    RegCloseKey(at);
}

static void make_host(void)
{
    HKEY at = make(ROOT L"\\Sub\\Deep", 0);

    set(at, L"host", L"deep");
    RegCloseKey(at);
    at = make(ROOT, 0);
    set(at, L"host", L"root");
    RegCloseKey(at);
    RegCloseKey(make(ROOT L"\\Other", 0));
}

/* --- handles ---------------------------------------------------------------------------------- */

/* Two handles, opened before: each sees what the other does. */
static void two_handles(void)
{
    HKEY one = key(ROOT, KEY_ALL_ACCESS), two = key(ROOT, KEY_READ), sub;

    set(one, L"mine", L"1");
    say(two, L"mine");
    say(two, L"host");
    printf("without the right: %ld\n", RegSetValueExW(two, L"x", 0, REG_NONE, NULL, 0));
    RegOpenKeyExW(two, L"Sub\\Deep", 0, KEY_READ, &sub);
    say(sub, L"host");
    RegCloseKey(sub);
    RegDeleteValueW(one, L"host");
    say(two, L"host");
    RegCloseKey(one);
    RegCloseKey(two);
}

static void inherited(void)
{
    HKEY at = key(ROOT L"\\Other", KEY_ALL_ACCESS);
    STARTUPINFOW startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION child;
    wchar_t self[MAX_PATH], line[MAX_PATH + 40];
    HANDLE copy;

    fflush(stdout);
    GetModuleFileNameW(NULL, self, MAX_PATH);
    if (!DuplicateHandle(GetCurrentProcess(), at, GetCurrentProcess(), &copy, 0, TRUE,
                         DUPLICATE_SAME_ACCESS))
        return;
    set(at, L"before", L"1"); /* it is the VM's now, which the copy must know */
    _snwprintf(line, MAX_PATH + 40, L"\"%ls\" child %u", self, (unsigned)(uintptr_t)copy);
    fflush(stdout);
    if (CreateProcessW(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &child)) {
        /* And one into the child, of a key that was only looked at. */
        WaitForSingleObject(child.hProcess, INFINITE);
        CloseHandle(child.hProcess);
        CloseHandle(child.hThread);
    }
    CloseHandle(copy);
    say(at, L"before");
    RegCloseKey(at);
}

static void child(HKEY at)
{
    say(at, L"before");
    say(at, L"nothing");
}

/* --- links, volatile keys ------------------------------------------------------------------------
 */

static void links(void)
{
    static const wchar_t target[] = L"\\Registry\\Machine\\Software\\FvmRegistry\\Sub";
    HKEY link = NULL, at;
    LSTATUS status = RegCreateKeyExW(HKEY_LOCAL_MACHINE, ROOT L"\\Link", 0, NULL,
                                     REG_OPTION_CREATE_LINK, KEY_ALL_ACCESS, NULL, &link, NULL);

    printf("a link: %ld\n", status);
    printf("no target: %ld\n", RegOpenKeyExW(HKEY_LOCAL_MACHINE, ROOT L"\\Link", 0, KEY_READ, &at));
    printf("no other value: %ld\n", RegSetValueExW(link, L"x", 0, REG_SZ, (const BYTE *)L"", 2));
    printf("its target: %ld\n", RegSetValueExW(link, L"SymbolicLinkValue", 0, REG_LINK,
                                               (const BYTE *)target, sizeof(target) - 2));
    at = key(ROOT L"\\Link\\Deep", KEY_ALL_ACCESS);
    say(at, L"host");
    set(at, L"through", L"the link");
    RegCloseKey(at);
    at = key(ROOT L"\\Sub\\Deep", KEY_READ);
    say(at, L"through");
    RegCloseKey(at);
    list(ROOT);
    RegCloseKey(link);
}

static void volatiles(void)
{
    HKEY at = make(ROOT L"\\Gone", REG_OPTION_VOLATILE), below = NULL;

    set(at, L"x", L"volatile");
    printf("a lasting child: %ld\n",
           RegCreateKeyExW(at, L"Stays", 0, NULL, 0, KEY_ALL_ACCESS, NULL, &below, NULL));
    printf("one like it: %ld\n", RegCreateKeyExW(at, L"Goes", 0, NULL, REG_OPTION_VOLATILE,
                                                 KEY_ALL_ACCESS, NULL, &below, NULL));
    RegCloseKey(below);
    RegCloseKey(at);
    list(ROOT L"\\Gone");
}

/* --- what is refused
 * ------------------------------------------------------------------------------- */

static void attributes(OBJECT_ATTRIBUTES *attr, UNICODE_STRING *name, wchar_t *text)
{
    *name = (UNICODE_STRING){(USHORT)(wcslen(text) * 2), (USHORT)(wcslen(text) * 2), text};
    *attr = (OBJECT_ATTRIBUTES){
        .Length = sizeof(*attr), .ObjectName = name, .Attributes = NT_CASE_INSENSITIVE};
}

static void refused(void)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attr;
    HANDLE at = NULL;

    attributes(&attr, &name, L"\\Registry\\Machine\\Software\\FvmRegistry");
    printf("transacted: %lx %lx %lx\n", NtOpenKeyTransacted(&at, KEY_READ, &attr, NULL),
           NtOpenKeyTransactedEx(&at, KEY_READ, &attr, 0, NULL),
           NtCreateKeyTransacted(&at, KEY_READ, &attr, 0, NULL, 0, NULL, NULL));
}

/* Only inside: outside, these would act. */
static void inside_only(void)
{
    UNICODE_STRING name, file_name;
    OBJECT_ATTRIBUTES attr, file;
    HKEY at = key(ROOT, KEY_ALL_ACCESS), hidden;

    attributes(&attr, &name, L"\\Registry\\Machine\\FvmLoaded");
    attributes(&file, &file_name, L"\\??\\C:\\windows\\win.ini");
    printf("load: %lx %lx, unload: %lx, restore: %lx\n", NtLoadKey(&attr, &file),
           NtLoadKey2(&attr, &file, 0), NtUnloadKey(&attr), NtRestoreKey(at, NULL, 0));
    printf("load: %lx, replace: %lx\n", NtLoadKeyEx(&attr, &file, 0, NULL, NULL, 0, NULL, NULL),
           NtReplaceKey(&file, at, &file));
    printf("flush: %lx\n", NtFlushKey(at));
    printf("hidden: %ld\n", RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"__fvm", 0, KEY_READ, &hidden));
    printf("information: %lx\n", NtSetInformationKey(at, 0, &name, 8));
    RegCloseKey(at);
}

static void rest(void)
{
    SECURITY_DESCRIPTOR descriptor;
    HKEY at = key(ROOT L"\\Other", KEY_ALL_ACCESS);
    ULONG cb = 0;

    InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    SetSecurityDescriptorDacl(&descriptor, TRUE, NULL, FALSE);
    printf("security: %lx\n", NtSetSecurityObject(at, DACL_SECURITY_INFORMATION, &descriptor));
    printf("several values: %lx\n", NtQueryMultipleValueKey(at, NULL, 0, NULL, &cb, &cb));
    printf("several keys: %lx\n", NtNotifyChangeMultipleKeys(at, 0, NULL, NULL, NULL, NULL, NULL, 0,
                                                             FALSE, NULL, 0, TRUE));
    RegCloseKey(at);
}

/* --- changes
 * ------------------------------------------------------------------------------------------ */

static int watch(DWORD ms)
{
    HKEY at = key(ROOT L"\\Sub", KEY_NOTIFY | KEY_READ);
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
    IO_STATUS_BLOCK io;
    NTSTATUS status =
        NtNotifyChangeKey(at, event, NULL, NULL, &io,
                          REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_LAST_SET, TRUE, NULL, 0, TRUE);

    printf("watching %lx\n", status);
    list(ROOT L"\\Sub");
    fflush(stdout);
    printf("%s\n", WaitForSingleObject(event, ms) ? "nothing" : "changed");
    return 0;
}

static void arm(HKEY at, HANDLE event)
{
    static IO_STATUS_BLOCK io;

    NtNotifyChangeKey(at, event, NULL, NULL, &io, REG_NOTIFY_CHANGE_NAME, TRUE, NULL, 0, TRUE);
}

static void say_open(const wchar_t *path, ULONG attributes, ULONG options)
{
    UNICODE_STRING name = {(USHORT)(wcslen(path) * 2), (USHORT)(wcslen(path) * 2), (wchar_t *)path};
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr),
                              .ObjectName = &name,
                              .Attributes = NT_CASE_INSENSITIVE | attributes};
    HANDLE at = (HANDLE)1;
    NTSTATUS status = NtOpenKeyEx(&at, KEY_READ, &attr, options);

    printf("%ls: %lx %s", path, status, status ? at ? "left" : "none" : "a handle");
    if (!status) {
        printf(" link=%d", !RegQueryValueExW(at, L"SymbolicLinkValue", NULL, NULL, NULL, NULL));
        NtClose(at);
    }
    printf("\n");
}

/* Links are opened by an attribute, not by an option; what fails leaves no handle. */
static void opened(void)
{
    enum { OPEN_LINK = 0x100 };
    UNICODE_STRING name = {14, 14, (wchar_t *)L"\\Foobar"};
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr), .ObjectName = &name};
    HANDLE at = (HANDLE)1;
    NTSTATUS status = NtCreateKey(&at, KEY_READ, &attr, 0, NULL, 0, NULL);

    printf("no key: %lx %s\n", status, at ? "left" : "none");
    say_open(L"\\Registry\\Machine\\" ROOT L"\\Nothing", 0, 0);
    say_open(L"\\Registry\\Machine\\Software\\Classes\\Wow6432Node\\AppId", OPEN_LINK, 0);
    say_open(L"\\Registry\\Machine\\Software\\Classes\\Wow6432Node\\AppId", 0,
             REG_OPTION_OPEN_LINK);
}

/* What a program learns at once of what it does itself. */
static void told(void)
{
    HKEY at = key(ROOT L"\\Other", KEY_ALL_ACCESS), made = NULL, text = NULL;
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);

    arm(at, event);
    RegCreateKeyExW(at, L"Made", 0, NULL, 0, KEY_ALL_ACCESS, NULL, &made, NULL);
    printf("made: %lu", WaitForSingleObject(event, 0));
    arm(at, event);
    printf(", deleted: %ld", RegDeleteKeyW(at, L"Made"));
    printf(" %lu\n", WaitForSingleObject(event, 0));
    printf("flush a deleted key: %lx\n", NtFlushKey(made));
    RegCloseKey(made);
    RegCloseKey(at);
    CloseHandle(event);
    RegOpenKeyExW(HKEY_LOCAL_MACHINE,
                  L"Software\\Microsoft\\Windows NT\\CurrentVersion\\Perflib\\009", 0, KEY_READ,
                  &text);
    printf("a key that stands for a handle: %lx\n", (ULONG)(ULONG_PTR)text);
}

static int write_one(const wchar_t *name)
{
    HKEY at = key(ROOT L"\\Sub\\Deep", KEY_ALL_ACCESS);

    set(at, name, L"written");
    RegCloseKey(at);
    return 0;
}

static int rename_keys(void)
{
    static wchar_t new_name[] = L"AA moved", taken[] = L"Other", bad[] = L"a\\b";
    HKEY at = key(ROOT L"\\Sub", KEY_ALL_ACCESS), below;
    UNICODE_STRING name = {sizeof(new_name) - 2, sizeof(new_name), new_name},
                   other = {sizeof(taken) - 2, sizeof(taken), taken},
                   wrong = {sizeof(bad) - 2, sizeof(bad), bad};

    printf("taken: %lx, no name: %lx\n", NtRenameKey(at, &other), NtRenameKey(at, &wrong));
    printf("rename: %lx\n", NtRenameKey(at, &name));
    list(ROOT);
    RegOpenKeyExW(at, L"Deep", 0, KEY_READ, &below);
    say(below, L"host");
    RegCloseKey(below);
    set(at, L"after", L"1");
    printf("the old name: %ld\n",
           RegOpenKeyExW(HKEY_LOCAL_MACHINE, ROOT L"\\Sub", 0, KEY_READ, &below));
    RegCloseKey(at);
    at = key(ROOT L"\\AA moved", KEY_READ);
    say(at, L"after");
    RegCloseKey(at);
    return 0;
}

static void clear(void)
{
    HKEY link;

    if (!RegOpenKeyExW(HKEY_LOCAL_MACHINE, ROOT L"\\Link", REG_OPTION_OPEN_LINK, DELETE, &link)) {
        NtDeleteKey(link);
        RegCloseKey(link);
    }
    printf("clear: %ld\n", RegDeleteTreeW(HKEY_LOCAL_MACHINE, ROOT));
}

/* --- the two views of 32-bit and 64-bit programs
 * ------------------------------------------------------- */

static void where(HKEY from, const wchar_t *path, REGSAM view)
{
    struct {
        ULONG cb;
        wchar_t text[300];
    } name = {0, L""};
    UNICODE_STRING text = {(USHORT)(wcslen(path) * 2), (USHORT)(wcslen(path) * 2), (wchar_t *)path};
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr),
                              .RootDirectory = from,
                              .ObjectName = &text,
                              .Attributes = NT_CASE_INSENSITIVE};
    HANDLE at = NULL;
    ULONG got;
    NTSTATUS status = NtOpenKey(&at, KEY_READ | view, &attr);

    if (!status)
        NtQueryKey(at, 3, &name, sizeof(name), &got);
    printf("%ls %x: %lx %.*ls\n", path, (unsigned)view, status, (int)(name.cb / 2), name.text);
    if (!status)
        NtClose(at);
}

#define M L"\\Registry\\Machine\\"
static void views(void)
{
    static const REGSAM all[] = {0, KEY_WOW64_32KEY, KEY_WOW64_64KEY};
    static const wchar_t *const paths[] = {M L"Software",
                                           M L"Software\\Microsoft",
                                           M L"Software\\Microsoft\\Windows NT\\CurrentVersion",
                                           M L"Software\\Classes",
                                           M L"Software\\Classes\\CLSID",
                                           M L"Software\\Classes\\InternetShortcut",
                                           M L"Software\\Wow6432Node",
                                           M L"Software\\Wow6432Node\\Microsoft",
                                           M L"System\\CurrentControlSet",
                                           M L"Software\\Classes\\Wow6432Node\\CLSID",
                                           M L"Software\\FvmView",
                                           M L"Software\\Microsoft\\OLE"};

    for (size_t v = 0; v < 3; v++) {
        HKEY machine = NULL, software = NULL, made = NULL;

        RegOpenKeyExW(HKEY_LOCAL_MACHINE, NULL, 0, KEY_ALL_ACCESS | all[v], &machine);
        RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"Software", 0, KEY_ALL_ACCESS | all[v], &software);
        for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
            where(NULL, paths[i], all[v]);
        where(software, L"", all[v]);
        where(software, L"Microsoft", all[v]);
        where(software, L"Microsoft", 0);
        where(software, L"Classes\\CLSID", all[v]);
        printf("create: %ld\n", RegCreateKeyExW(HKEY_LOCAL_MACHINE, L"Software\\FvmView", 0, NULL,
                                                0, KEY_ALL_ACCESS | all[v], NULL, &made, NULL));
        set(made, v == 0 ? L"none" : v == 1 ? L"32" : L"64", L"view");
        where(made, L"", 0);
        RegCloseKey(made);
        RegCloseKey(software);
        RegCloseKey(machine);
    }
    for (size_t v = 0; v < 3; v++) {
        HKEY at = NULL;

        RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"Software\\FvmView", 0, KEY_READ | all[v], &at);
        say(at, L"none");
        say(at, L"32");
        say(at, L"64");
        RegCloseKey(at);
    }
    for (size_t v = 1; v < 3; v++)
        RegDeleteKeyExW(HKEY_LOCAL_MACHINE, L"Software\\FvmView", all[v], 0);
}

/* What is there in either view. */
static void say_in_views(const wchar_t *path)
{
    HKEY at;

    for (size_t v = 0; v < 2; v++) {
        REGSAM view = v ? KEY_WOW64_32KEY : KEY_WOW64_64KEY;
        LSTATUS status = RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ | view, &at);

        printf("%ls: %ld ", path, status);
        if (!status) {
            say(at, L"view");
            RegCloseKey(at);
        } else {
            printf("\n");
        }
    }
}

static void rename_in_views(void)
{
    static wchar_t to[] = L"given2";
    UNICODE_STRING name = {sizeof(to) - 2, sizeof(to), to};
    HKEY at;

    for (size_t v = 0; v < 2; v++) {
        RegCreateKeyExW(HKEY_LOCAL_MACHINE, L"Software\\FvmRename\\given1\\below", 0, NULL, 0,
                        KEY_ALL_ACCESS | (v ? KEY_WOW64_32KEY : KEY_WOW64_64KEY), NULL, &at, NULL);
        set(at, L"view", v ? L"32" : L"64");
        RegCloseKey(at);
    }
    for (size_t v = 0; v < 2; v++) {
        REGSAM view = v ? KEY_WOW64_32KEY : KEY_WOW64_64KEY;

        at = key(L"Software\\FvmRename\\given1", KEY_ALL_ACCESS | view);
        printf("rename: %lx\n", NtRenameKey(at, &name));
        RegCloseKey(at);
        say_in_views(L"Software\\FvmRename\\given1\\below");
        say_in_views(L"Software\\FvmRename\\given2\\below");
    }
    for (size_t v = 0; v < 2; v++) {
        REGSAM view = v ? KEY_WOW64_32KEY : KEY_WOW64_64KEY;

        RegDeleteKeyExW(HKEY_LOCAL_MACHINE, L"Software\\FvmRename\\given2\\below", view, 0);
        RegDeleteKeyExW(HKEY_LOCAL_MACHINE, L"Software\\FvmRename\\given2", view, 0);
        RegDeleteKeyExW(HKEY_LOCAL_MACHINE, L"Software\\FvmRename", view, 0);
    }
}

static void stamp(const wchar_t *path)
{
    ULONGLONG when = 0x01c0000000000000;
    HKEY at = NULL;

    RegOpenKeyExW(HKEY_CURRENT_USER, path, 0, KEY_ALL_ACCESS, &at);
    printf("stamp: %lx\n", NtSetInformationKey(at, 0, &when, sizeof(when)));
    RegCloseKey(at);
}

int wmain(int argc, wchar_t **argv)
{
    const wchar_t *verb = argc > 1 ? argv[1] : L"";

    if (!wcscmp(verb, L"make"))
        make_host();
    else if (!wcscmp(verb, L"told"))
        told();
    else if (!wcscmp(verb, L"opened"))
        opened();
    else if (!wcscmp(verb, L"child") && argc > 2)
        child((HKEY)(uintptr_t)_wtoi(argv[2]));
    else if (!wcscmp(verb, L"watch") && argc > 2)
        return watch((DWORD)_wtoi(argv[2]));
    else if (!wcscmp(verb, L"write") && argc > 2)
        return write_one(argv[2]);
    else if (!wcscmp(verb, L"stamp") && argc > 2)
        stamp(argv[2]);
    else if (!wcscmp(verb, L"rename"))
        return rename_keys();
    else if (!wcscmp(verb, L"inside"))
        inside_only();
    else if (!wcscmp(verb, L"list"))
        list(ROOT);
    else if (!wcscmp(verb, L"clear"))
        clear();
    else if (!wcscmp(verb, L"views"))
        views(), rename_in_views();
    else if (!wcscmp(verb, L"all")) {
        two_handles();
        inherited();
        links();
        volatiles();
        refused();
        rest();
        list(ROOT);
    } else {
        return 2;
    }
    return 0;
}
