/* tests/nt/matrix/types.c: the types of objects that Win32 names rarely or not at all. */
#include "matrix.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

NT_CALL NtCreateDirectoryObject(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NT_CALL NtOpenDirectoryObject(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NT_CALL NtQueryDirectoryObject(HANDLE, void *, ULONG cb, BOOLEAN single, BOOLEAN restart,
                               ULONG *context, ULONG *needed);
NT_CALL NtOpenSymbolicLinkObject(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NT_CALL NtQuerySymbolicLinkObject(HANDLE, UNICODE_STRING *, ULONG *needed);
NT_CALL NtCreateIoCompletion(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG threads);
NT_CALL NtOpenIoCompletion(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NT_CALL NtSetIoCompletion(HANDLE, ULONG_PTR key, ULONG_PTR value, NTSTATUS, SIZE_T count);
NT_CALL NtRemoveIoCompletion(HANDLE, ULONG_PTR *key, ULONG_PTR *value, IO_STATUS_BLOCK *,
                             LARGE_INTEGER *);
NT_CALL NtCreateKeyedEvent(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG flags);
NT_CALL NtOpenKeyedEvent(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NT_CALL NtCreateDebugObject(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG flags);
NT_CALL NtDebugActiveProcess(HANDLE process, HANDLE debug);
NT_CALL NtWaitForDebugEvent(HANDLE, BOOLEAN alertable, LARGE_INTEGER *, void *state);

enum { QUERY = 1, OPENIF = 0x80, KEY = 0x1234 };
#define BASE L"\\BaseNamedObjects\\"

/* --- jobs: in which the victim is -------------------------------------------------------- */

static bool offer_job(struct mechanism *m)
{
    m->handle = victim_job = CreateJobObjectW(NULL, m->path);
    return victim_job != NULL;
}
static enum found reach_job(struct mechanism *m, char *out)
{
    struct {
        DWORD assigned, count;
        ULONG_PTR ids[64];
    } list = {0};
    HANDLE job = OpenJobObjectW(JOB_OBJECT_QUERY, FALSE, m->path);

    (void)out;
    if (job)
        QueryInformationJobObject(job, JobObjectBasicProcessIdList, &list, sizeof(list), NULL);
    for (DWORD i = 0; i < list.count && i < 64; i++)
        if (list.ids[i] == told("victim"))
            return FOUND_ITS;
    return FOUND_NOTHING;
}

/* --- directories and links --------------------------------------------------------------- */

/* A section in a directory of one's own. */
static bool offer_directory(struct mechanism *m)
{
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attr = nt_named(&text, NULL, m->path, 0);
    LARGE_INTEGER cb = {.QuadPart = 4096};
    HANDLE section;
    char *view;

    if (NtCreateDirectoryObject(&m->handle, GENERIC_ALL, &attr))
        return false;
    attr = nt_named(&text, m->handle, L"inner", 0);
    if (NtCreateSection(&section, SECTION_ALL_ACCESS, &attr, &cb, PAGE_READWRITE, SEC_COMMIT, NULL))
        return false;
    view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    if (view)
        memcpy(view, token, TOKEN_CCH);
    return view != NULL;
}
static enum found reach_directory(struct mechanism *m, char *out)
{
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attr = nt_named(&text, NULL, m->path, 0);
    HANDLE directory, section;
    const char *view = NULL;

    if (NtOpenDirectoryObject(&directory, GENERIC_READ, &attr))
        return FOUND_NOTHING;
    attr = nt_named(&text, directory, L"inner", 0);
    if (!NtOpenSection(&section, SECTION_MAP_READ, &attr))
        view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    return view ? read_token(out, view, TOKEN_CCH) : FOUND_NOTHING;
}

/* A name that says whose it is, found by listing. */
static bool offer_listed(struct mechanism *m)
{
    wchar_t name[100];

    swprintf(name, 100, L"FvmMatrixListed-%hs", token);
    m->handle = CreateEventW(NULL, FALSE, FALSE, name);
    return m->handle != NULL;
}
static enum found look_into(const wchar_t *path, char *out)
{
    struct {
        UNICODE_STRING name, type;
        wchar_t text[PATH_CCH];
    } entry;
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attr = nt_named(&text, NULL, path, 0);
    HANDLE directory;
    ULONG context = 0;
    char found[TOKEN_CCH];

    if (NtOpenDirectoryObject(&directory, QUERY, &attr))
        return FOUND_NOTHING;
    while (!NtQueryDirectoryObject(directory, &entry, sizeof(entry), TRUE, FALSE, &context, NULL)) {
        if (entry.name.Length < 32 || wcsncmp(entry.name.Buffer, L"FvmMatrixListed-", 16))
            continue;
        snprintf(found, sizeof(found), "%.*ls", entry.name.Length / 2 - 16, entry.name.Buffer + 16);
        return read_token(out, found, sizeof(found));
    }
    return FOUND_NOTHING;
}
static enum found reach_listed(struct mechanism *m, char *out)
{
    static const wchar_t *const places[] = {L"\\BaseNamedObjects",
                                            L"\\Sessions\\1\\BaseNamedObjects",
                                            L"\\Sessions\\0\\BaseNamedObjects"};
    enum found found = FOUND_NOTHING;

    (void)m;
    for (int i = 0; i < 3 && !found; i++)
        found = look_into(places[i], out);
    return found;
}

static bool offer_link(struct mechanism *m)
{
    wchar_t target[100];
    UNICODE_STRING text, to = {.Buffer = target};
    OBJECT_ATTRIBUTES attr = nt_named(&text, NULL, m->path, 0);

    to.Length = (USHORT)(2 * swprintf(target, 100, L"\\BaseNamedObjects\\%hs", token));
    to.MaximumLength = (USHORT)(to.Length + 2);
    return !NtCreateSymbolicLinkObject(&m->handle, GENERIC_ALL, &attr, &to);
}
static enum found reach_link(struct mechanism *m, char *out)
{
    wchar_t target[PATH_CCH] = L"";
    char found[TOKEN_CCH];
    UNICODE_STRING text, to = {.MaximumLength = sizeof(target) - 2, .Buffer = target};
    OBJECT_ATTRIBUTES attr = nt_named(&text, NULL, m->path, 0);
    HANDLE link;

    if (NtOpenSymbolicLinkObject(&link, QUERY, &attr) ||
        NtQuerySymbolicLinkObject(link, &to, NULL) || to.Length <= 36)
        return FOUND_NOTHING;
    snprintf(found, sizeof(found), "%.*ls", to.Length / 2 - 18, target + 18);
    return read_token(out, found, sizeof(found));
}

/* --- ports, keyed events, debug objects -------------------------------------------------- */

static bool offer_port(struct mechanism *m)
{
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attr = nt_named(&text, NULL, m->path, 0);

    return !NtCreateIoCompletion(&m->handle, GENERIC_ALL, &attr, 0);
}
static void turn_port(struct mechanism *m)
{
    LARGE_INTEGER now = {0};
    ULONG_PTR key, value;
    IO_STATUS_BLOCK io;

    if (m->handle && !NtRemoveIoCompletion(m->handle, &key, &value, &io, &now) && key == KEY)
        heard(m->name);
}
static enum found reach_port(struct mechanism *m, char *out)
{
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attr = nt_named(&text, NULL, m->path, 0);
    HANDLE port;

    (void)out;
    return !NtOpenIoCompletion(&port, GENERIC_ALL, &attr) && !NtSetIoCompletion(port, KEY, 0, 0, 0)
               ? FOUND_ASK
               : FOUND_NOTHING;
}

/* Its waits are a process' own: only the name is shared. */
static bool offer_keyed(struct mechanism *m)
{
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attr = nt_named(&text, NULL, m->path, 0);

    return !NtCreateKeyedEvent(&m->handle, GENERIC_ALL, &attr, 0);
}
static enum found reach_keyed(struct mechanism *m, char *out)
{
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attr = nt_named(&text, NULL, m->path, 0);
    HANDLE event;

    (void)out;
    return its(!NtOpenKeyedEvent(&event, GENERIC_ALL, &attr));
}

/* A debugged process' first event lies in the object. */
static bool offer_debug(struct mechanism *m)
{
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attr = nt_named(&text, NULL, m->path, 0);
    STARTUPINFOW startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION started;
    wchar_t line[PATH_CCH + 40];

    swprintf(line, PATH_CCH + 40, L"\"%ls\" idle", self);
    if (NtCreateDebugObject(&m->handle, GENERIC_ALL, &attr, 1) ||
        !CreateProcessW(NULL, line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &startup,
                        &started))
        return false;
    tell("debuggee", started.dwProcessId);
    return !NtDebugActiveProcess(started.hProcess, m->handle);
}
static enum found reach_debug(struct mechanism *m, char *out)
{
    struct {
        ULONG state;
        CLIENT_ID id;
        char rest[200];
    } change = {0};
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attr = nt_named(&text, NULL, m->path, OPENIF);
    LARGE_INTEGER now = {0};
    HANDLE debug = NULL;
    enum found found;

    (void)out;
    if (NtCreateDebugObject(&debug, GENERIC_ALL, &attr, 0) < 0)
        return FOUND_NOTHING;
    found = its(!NtWaitForDebugEvent(debug, FALSE, &now, &change) &&
                (uintptr_t)change.id.UniqueProcess == told("debuggee"));
    NtClose(debug);
    return found;
}

struct mechanism object_type_mechanisms[] = {
    {"job", L"FvmMatrixJob", .offer = offer_job, .reach = reach_job},
    {"directory of objects", BASE L"FvmMatrixDirectory", .offer = offer_directory,
     .reach = reach_directory},
    {"listing of objects", NULL, .offer = offer_listed, .reach = reach_listed},
    {"symbolic link of names", BASE L"FvmMatrixLink", .offer = offer_link, .reach = reach_link},
    {"completion port", BASE L"FvmMatrixPort", .offer = offer_port, .turn = turn_port,
     .reach = reach_port},
    {"keyed event", BASE L"FvmMatrixKeyed", .offer = offer_keyed, .reach = reach_keyed},
    {"debug object", BASE L"FvmMatrixDebug", .offer = offer_debug, .reach = reach_debug},
    {.name = NULL},
};
