/* tests/nt/objects.c: named kernel objects, as a program has them.
 * usage: objects calls            what each call answers
 *        objects hold MS NAME     make one object of each type and hold them so long
 *        objects see NAME         which of them can be opened?
 *        objects list DIRECTORY   what is in a directory of objects
 *        objects refused          what a VM may not do
 *        objects own VM           can FVM's own be opened? */
#include "nt.h"
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

NT_CALL NtCreateEvent(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG type, BOOLEAN set);
NT_CALL NtOpenEvent(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NT_CALL NtCreateMutant(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, BOOLEAN owned);
NT_CALL NtOpenMutant(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NT_CALL NtCreateSemaphore(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, LONG count, LONG most);
NT_CALL NtOpenSemaphore(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NT_CALL NtCreateTimer(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG type);
NT_CALL NtOpenTimer(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NT_CALL NtCreateIoCompletion(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG threads);
NT_CALL NtOpenIoCompletion(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NT_CALL NtCreateKeyedEvent(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG flags);
NT_CALL NtOpenKeyedEvent(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NT_CALL NtCreateDebugObject(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG flags);
NT_CALL NtCreateDirectoryObject(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NT_CALL NtOpenDirectoryObject(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NT_CALL NtQueryDirectoryObject(HANDLE, void *, ULONG cb, BOOLEAN single, BOOLEAN restart,
                               ULONG *context, ULONG *needed);
NT_CALL NtOpenSymbolicLinkObject(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NT_CALL NtQuerySymbolicLinkObject(HANDLE, UNICODE_STRING *, ULONG *needed);
NT_CALL NtMakeTemporaryObject(HANDLE);

enum { OPENIF = 0x80, PERMANENT = 0x10, NAME_CCH = 1024, QUERY = 1 };

/* --- one of each type ----------------------------------------------------------------------- */

static NTSTATUS make_event(HANDLE *h, OBJECT_ATTRIBUTES *attr)
{
    return NtCreateEvent(h, GENERIC_ALL, attr, 0, FALSE);
}
static NTSTATUS make_mutant(HANDLE *h, OBJECT_ATTRIBUTES *attr)
{
    return NtCreateMutant(h, GENERIC_ALL, attr, FALSE);
}
static NTSTATUS make_semaphore(HANDLE *h, OBJECT_ATTRIBUTES *attr)
{
    return NtCreateSemaphore(h, GENERIC_ALL, attr, 1, 2);
}
static NTSTATUS make_timer(HANDLE *h, OBJECT_ATTRIBUTES *attr)
{
    return NtCreateTimer(h, GENERIC_ALL, attr, 0);
}
static NTSTATUS make_section(HANDLE *h, OBJECT_ATTRIBUTES *attr)
{
    LARGE_INTEGER cb = {.QuadPart = 4096};

    return NtCreateSection(h, SECTION_ALL_ACCESS, attr, &cb, PAGE_READWRITE, SEC_COMMIT, NULL);
}
static NTSTATUS make_job(HANDLE *h, OBJECT_ATTRIBUTES *attr)
{
    return NtCreateJobObject(h, GENERIC_ALL, attr);
}
static NTSTATUS make_completion(HANDLE *h, OBJECT_ATTRIBUTES *attr)
{
    return NtCreateIoCompletion(h, GENERIC_ALL, attr, 0);
}
static NTSTATUS make_keyed(HANDLE *h, OBJECT_ATTRIBUTES *attr)
{
    return NtCreateKeyedEvent(h, GENERIC_ALL, attr, 0);
}
static NTSTATUS make_directory(HANDLE *h, OBJECT_ATTRIBUTES *attr)
{
    return NtCreateDirectoryObject(h, GENERIC_ALL, attr);
}
static NTSTATUS make_debug(HANDLE *h, OBJECT_ATTRIBUTES *attr)
{
    return NtCreateDebugObject(h, GENERIC_ALL, attr, 0);
}
static NTSTATUS make_link(HANDLE *h, OBJECT_ATTRIBUTES *attr)
{
    static wchar_t text[] = L"\\BaseNamedObjects";
    UNICODE_STRING to = {sizeof(text) - sizeof(*text), sizeof(text), text};

    return NtCreateSymbolicLinkObject(h, GENERIC_ALL, attr, &to);
}

static const struct type {
    const wchar_t *name;
    NTSTATUS (*make)(HANDLE *, OBJECT_ATTRIBUTES *);
    NTSTATUS(NTAPI *open)(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *); /* NULL: no such call */
} types[] = {
    {L"event", make_event, NtOpenEvent},
    {L"mutant", make_mutant, NtOpenMutant},
    {L"semaphore", make_semaphore, NtOpenSemaphore},
    {L"timer", make_timer, NtOpenTimer},
    {L"section", make_section, NtOpenSection},
    {L"job", make_job, NtOpenJobObject},
    {L"completion", make_completion, NtOpenIoCompletion},
    {L"keyed", make_keyed, NtOpenKeyedEvent},
    {L"directory", make_directory, NtOpenDirectoryObject},
    {L"link", make_link, NtOpenSymbolicLinkObject},
    {L"debug", make_debug, NULL},
};
enum { TYPES = sizeof(types) / sizeof(*types) };

/* --- several processes ------------------------------------------------------------------------ */

static int hold(DWORD ms, const wchar_t *name)
{
    wchar_t full[NAME_CCH];
    UNICODE_STRING text;

    for (int i = 0; i < TYPES; i++) {
        HANDLE handle;
        OBJECT_ATTRIBUTES attr;

        _snwprintf(full, NAME_CCH, L"%ls-%ls", name, types[i].name);
        attr = nt_named(&text, NULL, full, 0);
        printf("%ls %08lx\n", types[i].name, types[i].make(&handle, &attr));
    }
    printf("ready\n");
    fflush(stdout);
    Sleep(ms);
    return 0;
}

static int see(const wchar_t *name)
{
    wchar_t full[NAME_CCH];
    UNICODE_STRING text;

    for (int i = 0; i < TYPES; i++) {
        HANDLE handle;
        OBJECT_ATTRIBUTES attr;

        _snwprintf(full, NAME_CCH, L"%ls-%ls", name, types[i].name);
        attr = nt_named(&text, NULL, full, 0);
        if (types[i].open && !types[i].open(&handle, GENERIC_READ, &attr))
            printf("%ls ", types[i].name);
    }
    printf("\n");
    return 0;
}

static void print_link(HANDLE directory, const UNICODE_STRING *name)
{
    wchar_t room[NAME_CCH];
    UNICODE_STRING copy = *name, to = {.MaximumLength = sizeof(room), .Buffer = room};
    OBJECT_ATTRIBUTES attr = {
        .Length = sizeof(attr), .RootDirectory = directory, .ObjectName = &copy};
    HANDLE link;

    if (NtOpenSymbolicLinkObject(&link, QUERY, &attr))
        return;
    if (!NtQuerySymbolicLinkObject(link, &to, NULL))
        printf(" -> %.*ls", to.Length / 2, room);
    NtClose(link);
}

static int list(const wchar_t *name)
{
    struct {
        UNICODE_STRING name, type;
        wchar_t text[NAME_CCH];
    } entry;
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attr = nt_named(&text, NULL, name, 0);
    HANDLE directory;
    ULONG context = 0;
    NTSTATUS status = NtOpenDirectoryObject(&directory, QUERY, &attr);

    if (status) {
        printf("open %08lx\n", status);
        return 1;
    }
    while (!NtQueryDirectoryObject(directory, &entry, sizeof(entry), TRUE, FALSE, &context, NULL)) {
        printf("%.*ls %.*ls", entry.name.Length / 2, entry.name.Buffer, entry.type.Length / 2,
               entry.type.Buffer);
        print_link(directory, &entry.name);
        printf("\n");
    }
    NtClose(directory);
    return 0;
}

/* --- what single calls answer
 * ---------------------------------------------------------------------
 */

static void print_name(HANDLE handle)
{
    struct {
        UNICODE_STRING name;
        wchar_t text[NAME_CCH];
    } answer = {.name = {0}};
    ULONG needed = 0;
    NTSTATUS status = NtQueryObject(handle, 1, &answer, sizeof(answer), &needed);

    printf(" %08lx %lu '%.*ls'", status, needed, answer.name.Length / 2,
           answer.name.Buffer ? answer.name.Buffer : L"");
    for (ULONG cb = 0; cb <= needed; cb += 8) { /* in buffers that are too small */
        ULONG again = 0;

        status = NtQueryObject(handle, 1, &answer, cb, &again);
        if (!cb || cb + 8 > needed || again != needed)
            printf(" %lu:%08lx,%lu", cb, status, again);
    }
}

static void of_each_type(const wchar_t *name)
{
    for (int i = 0; i < TYPES; i++) {
        wchar_t full[NAME_CCH];
        UNICODE_STRING text;
        OBJECT_ATTRIBUTES attr;
        HANDLE handle = NULL, again = NULL, other = NULL;
        NTSTATUS status;

        _snwprintf(full, NAME_CCH, L"%ls-%ls", name, types[i].name);
        attr = nt_named(&text, NULL, full, 0);
        status = types[i].make(&handle, &attr);

        printf("%ls: %08lx", types[i].name, status);
        if (!status)
            print_name(handle);
        printf(" again %08lx", types[i].make(&again, &attr));
        attr.Attributes |= OPENIF;
        printf(" openif %08lx", types[i].make(&again, &attr));
        printf(" as another %08lx", types[(i + 1) % TYPES].make(&other, &attr));
        if (types[i].open)
            printf(" open %08lx", types[i].open(&other, GENERIC_READ, &attr));
        NtClose(handle);
        NtClose(again);
        NtClose(other);
        printf("\n");
    }
}

static void of_win32(const wchar_t *made, const wchar_t *opened)
{
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, made), other;
    DWORD error = GetLastError();

    other = OpenEventW(SYNCHRONIZE, FALSE, opened);
    printf("%ls as %ls: %d %lu, %d %lu;", made, opened, event != NULL, error, other != NULL,
           other ? 0 : GetLastError());
    if (event)
        print_name(event);
    printf("\n");
    CloseHandle(other);
    CloseHandle(event);
}

static void of_relative(const wchar_t *directory, const wchar_t *name)
{
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attr = nt_named(&text, NULL, directory, 0);
    HANDLE root = NULL, event = NULL;
    NTSTATUS status = NtOpenDirectoryObject(&root, GENERIC_READ, &attr);

    attr = nt_named(&text, root, name, 0);
    printf("%ls + %ls: %08lx open %08lx", directory, name, status,
           NtOpenEvent(&event, GENERIC_READ, &attr));
    printf(" make %08lx\n", NtCreateEvent(&event, GENERIC_READ, &attr, 0, FALSE));
    NtClose(event);
    NtClose(root);
}

static void of_bad_input(void)
{
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attr = nt_named(&text, NULL, L"\\BaseNamedObjects\\odd", 0);
    HANDLE handle = (HANDLE)0x55;
    static wchar_t longest[32768];
    void *nothing = VirtualAlloc(NULL, 4096, MEM_RESERVE, PAGE_NOACCESS);

    text.Length--;
    printf("odd length %08lx\n", NtCreateEvent(&handle, GENERIC_ALL, &attr, 0, FALSE));
    text.Length = 0;
    printf("empty %08lx\n", NtOpenEvent(&handle, GENERIC_READ, &attr));
    attr = nt_named(&text, NULL, L"relative", 0);
    printf("relative to nothing %08lx\n", NtOpenEvent(&handle, GENERIC_READ, &attr));
    attr = nt_named(&text, (HANDLE)0x7770, L"x", 0);
    printf("relative to no handle %08lx\n", NtOpenEvent(&handle, GENERIC_READ, &attr));
    attr = nt_named(&text, GetCurrentProcess(), L"x", 0);
    printf("relative to a process %08lx\n", NtOpenEvent(&handle, GENERIC_READ, &attr));
    attr = nt_named(&text, NULL, L"\\BaseNamedObjects\\none\\none", 0);
    printf("below nothing %08lx\n", NtOpenEvent(&handle, GENERIC_READ, &attr));
    attr = nt_named(&text, NULL, L"\\", 0);
    printf("the root %08lx\n", NtOpenEvent(&handle, GENERIC_READ, &attr));
    for (int i = 0; i < 32766; i++)
        longest[i] = i ? L'x' : L'\\';
    attr = nt_named(&text, NULL, longest, 0);
    printf("the longest %08lx\n", NtOpenEvent(&handle, GENERIC_READ, &attr));
    attr.ObjectName = nothing;
    printf("no text %08lx\n", NtOpenEvent(&handle, GENERIC_READ, &attr));
    attr = nt_named(&text, NULL, L"\\x", 0);
    text.Buffer = nothing;
    printf("no letters %08lx\n", NtOpenEvent(&handle, GENERIC_READ, &attr));
}

static void of_links(void)
{
    static wchar_t to[] = L"\\BaseNamedObjects\\linked", rest[] = L"relative";
    wchar_t room[NAME_CCH];
    UNICODE_STRING text, target = {sizeof(to) - 2, sizeof(to), to},
                         answer = {.MaximumLength = sizeof(room), .Buffer = room},
                         small = {.MaximumLength = 8, .Buffer = room};
    OBJECT_ATTRIBUTES attr = nt_named(&text, NULL, L"\\BaseNamedObjects\\link", 0);
    HANDLE link = NULL, event = NULL, opened = NULL;
    ULONG needed = 0;

    printf("link %08lx", NtCreateSymbolicLinkObject(&link, GENERIC_ALL, &attr, &target));
    printf(" query %08lx", NtQuerySymbolicLinkObject(link, &answer, &needed));
    printf(" %u %lu '%.*ls'", answer.Length, needed, answer.Length / 2, room);
    printf(" small %08lx\n", NtQuerySymbolicLinkObject(link, &small, NULL));
    attr = nt_named(&text, NULL, to, 0);
    NtCreateEvent(&event, GENERIC_ALL, &attr, 0, FALSE);
    attr = nt_named(&text, NULL, L"\\BaseNamedObjects\\link", 0);
    printf("through it %08lx", NtOpenEvent(&opened, GENERIC_READ, &attr));
    print_name(opened);
    NtClose(opened);
    NtClose(event);
    NtClose(link);
    target = (UNICODE_STRING){sizeof(rest) - 2, sizeof(rest), rest};
    printf("\nrelative target %08lx",
           NtCreateSymbolicLinkObject(&link, GENERIC_ALL, &attr, &target));
    printf(" no target %08lx\n", NtCreateSymbolicLinkObject(&link, GENERIC_ALL, &attr, NULL));
}

static int calls(void)
{
    wchar_t name[NAME_CCH];
    DWORD session = 0;

    ProcessIdToSessionId(GetCurrentProcessId(), &session);
    of_each_type(L"\\BaseNamedObjects\\FVM-test");
    _snwprintf(name, NAME_CCH, L"\\Sessions\\%lu\\BaseNamedObjects\\FVM-test", session);
    of_each_type(name);
    of_win32(L"FVM-test", L"FVM-test");
    of_win32(L"FVM-test", L"fvm-TEST");
    of_win32(L"FVM-test", L"Local\\FVM-test");
    of_win32(L"FVM-test", L"Global\\FVM-test");
    of_win32(L"Global\\FVM-test", L"Global\\FVM-test");
    of_win32(L"Global\\FVM-test", L"FVM-test");
    of_win32(L"Session\\0\\FVM-test", L"Global\\FVM-test");
    _snwprintf(name, NAME_CCH, L"Session\\%lu\\FVM-test", session);
    of_win32(name, L"FVM-test");
    of_win32(L"no\\such", L"no\\such");
    of_relative(L"\\", L"BaseNamedObjects\\FVM-test");
    of_relative(L"\\Sessions", L"0\\no");
    of_relative(L"\\BaseNamedObjects", L"FVM-test");
    of_relative(L"\\BaseNamedObjects", L"\\BaseNamedObjects\\FVM-test");
    of_relative(L"\\??", L"GLOBALROOT\\BaseNamedObjects\\FVM-test");
    of_relative(L"\\??\\GLOBALROOT\\BaseNamedObjects", L"FVM-test");
    of_relative(L"\\DosDevices\\Global\\GLOBALROOT", L"BaseNamedObjects\\FVM-test");
    of_links();
    of_bad_input();
    return 0;
}

/* What an unprivileged user of Windows could not do either. */
static int refused(void)
{
    static wchar_t to[] = L"\\Device\\Null";
    UNICODE_STRING text, target = {sizeof(to) - 2, sizeof(to), to};
    OBJECT_ATTRIBUTES attr = nt_named(&text, NULL, L"\\??\\FVM-test", 0);
    HANDLE handle = NULL, root = NULL;
    NTSTATUS(NTAPI * make_permanent)(HANDLE); /* not in Wine 8 */

    printf("%08lx", NtCreateSymbolicLinkObject(&handle, GENERIC_ALL, &attr, &target));
    attr = nt_named(&text, NULL, L"\\KernelObjects\\FVM-test", 0);
    printf(" %08lx", NtCreateEvent(&handle, GENERIC_ALL, &attr, 0, FALSE));
    attr = nt_named(&text, NULL, L"\\", 0);
    NtOpenDirectoryObject(&root, GENERIC_READ, &attr);
    attr = nt_named(&text, root, L"KernelObjects\\FVM-test", 0);
    printf(" %08lx", NtCreateEvent(&handle, GENERIC_ALL, &attr, 0, FALSE));
    attr = nt_named(&text, NULL, L"\\BaseNamedObjects\\FVM-test", PERMANENT);
    printf(" %08lx", NtCreateEvent(&handle, GENERIC_ALL, &attr, 0, FALSE));
    attr = nt_named(&text, NULL, L"\\BaseNamedObjects\\FVM-test", 0);
    printf(" %08lx", NtCreateEvent(&handle, GENERIC_ALL, &attr, 0, FALSE));
    make_permanent =
        (void *)GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "NtMakePermanentObject");
    printf(" %08lx", make_permanent ? make_permanent(handle) : STATUS_PRIVILEGE_NOT_HELD);
    printf(" %08lx\n", NtMakeTemporaryObject(handle));
    return 0;
}

/* FVM's own: the VM's block, job, and tree of names, in every way to name them. */
static int own(const wchar_t *vm)
{
    static const struct {
        const wchar_t *what;
        NTSTATUS(NTAPI *open)(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
    } objects[] = {
        {L"vm", NtOpenSection}, {L"job", NtOpenJobObject}, {L"objects", NtOpenDirectoryObject}};
    static const wchar_t *const forms[] = {L"\\Sessions\\%lu\\BaseNamedObjects\\",
                                           L"\\SESSIONS\\%lu\\basenamedOBJECTS\\",
                                           L"\\Sessions\\BNOLINKS\\%lu\\",
                                           L"\\??\\GLOBALROOT\\Sessions\\%lu\\BaseNamedObjects\\",
                                           L"\\BaseNamedObjects\\Session\\%lu\\",
                                           L"\\BaseNamedObjects\\FVM-link\\"};
    DWORD session = 0;
    wchar_t prefix[NAME_CCH], name[NAME_CCH];
    UNICODE_STRING text, to;
    OBJECT_ATTRIBUTES attr = nt_named(&text, NULL, L"\\BaseNamedObjects\\FVM-link", 0);
    HANDLE link, handle;

    ProcessIdToSessionId(GetCurrentProcessId(), &session);
    _snwprintf(prefix, NAME_CCH, forms[0], session);
    nt_named(&to, NULL, prefix, 0);
    to.Length -= sizeof(*to.Buffer); /* without its last backslash */
    printf("link %08lx\n", NtCreateSymbolicLinkObject(&link, GENERIC_ALL, &attr, &to));
    for (size_t form = 0; form < sizeof(forms) / sizeof(*forms); form++) {
        _snwprintf(prefix, NAME_CCH, forms[form], session);
        for (size_t i = 0; i < sizeof(objects) / sizeof(*objects); i++) {
            _snwprintf(name, NAME_CCH, L"%ls__fvm_%ls_%ls", prefix, objects[i].what, vm);
            attr = nt_named(&text, NULL, name, 0);
            printf("%08lx ", objects[i].open(&handle, GENERIC_READ, &attr));
        }
        printf("\n");
    }
    return 0;
}

int wmain(int argc, wchar_t **argv)
{
    if (argc == 2 && !wcscmp(argv[1], L"calls"))
        return calls();
    if (argc == 2 && !wcscmp(argv[1], L"refused"))
        return refused();
    if (argc == 4 && !wcscmp(argv[1], L"hold"))
        return hold(wcstoul(argv[2], NULL, 10), argv[3]);
    if (argc == 3 && !wcscmp(argv[1], L"see"))
        return see(argv[2]);
    if (argc == 3 && !wcscmp(argv[1], L"own"))
        return own(argv[2]);
    if (argc == 3 && !wcscmp(argv[1], L"list"))
        return list(argv[2]);
    fprintf(stderr,
            "usage: objects calls|refused | hold MS NAME | see NAME | list DIRECTORY | own VM\n");
    return 2;
}
