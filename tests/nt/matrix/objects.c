/* tests/nt/matrix/objects.c: events, mutexes, semaphores, timers, sections: under each kind of
 * name. */
#include "matrix.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

NT_CALL NtCreateEvent(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG type, BOOLEAN set);
NT_CALL NtOpenEvent(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);

/* --- by names of Win32 ------------------------------------------------------------------- */

static bool offer_event(struct mechanism *m)
{
    m->handle = CreateEventW(NULL, FALSE, FALSE, m->path);
    return m->handle != NULL;
}
static void turn_wait(struct mechanism *m)
{
    if (m->handle && WaitForSingleObject(m->handle, 0) == WAIT_OBJECT_0)
        heard(m->name);
}
static enum found reach_event(struct mechanism *m, char *out)
{
    HANDLE event = OpenEventW(EVENT_MODIFY_STATE, FALSE, m->path);

    (void)out;
    return event && SetEvent(event) ? FOUND_ASK : FOUND_NOTHING;
}

static bool offer_semaphore(struct mechanism *m)
{
    m->handle = CreateSemaphoreW(NULL, 0, 9, m->path);
    return m->handle != NULL;
}
static enum found reach_semaphore(struct mechanism *m, char *out)
{
    HANDLE semaphore = OpenSemaphoreW(SEMAPHORE_MODIFY_STATE, FALSE, m->path);

    (void)out;
    return semaphore && ReleaseSemaphore(semaphore, 1, NULL) ? FOUND_ASK : FOUND_NOTHING;
}

/* Free until the other side takes it. */
static bool offer_mutex(struct mechanism *m)
{
    m->handle = CreateMutexW(NULL, FALSE, m->path);
    return m->handle != NULL;
}
static void turn_mutex(struct mechanism *m)
{
    DWORD waited = m->handle ? WaitForSingleObject(m->handle, 0) : WAIT_FAILED;

    if (waited == WAIT_TIMEOUT || waited == WAIT_ABANDONED)
        heard(m->name);
    if (waited == WAIT_OBJECT_0 || waited == WAIT_ABANDONED)
        ReleaseMutex(m->handle);
}
static enum found reach_mutex(struct mechanism *m, char *out)
{
    (void)out;
    m->handle = OpenMutexW(SYNCHRONIZE | MUTEX_MODIFY_STATE, FALSE, m->path);
    return m->handle && WaitForSingleObject(m->handle, 5000) == WAIT_OBJECT_0 ? FOUND_ASK
                                                                              : FOUND_NOTHING;
}
static enum found after_mutex(struct mechanism *m, char *out)
{
    (void)out;
    if (!m->handle)
        return FOUND_NOTHING;
    ReleaseMutex(m->handle);
    return FOUND_ASK;
}

static bool offer_timer(struct mechanism *m)
{
    m->handle = CreateWaitableTimerW(NULL, TRUE, m->path);
    return m->handle != NULL;
}
static void turn_timer(struct mechanism *m)
{
    LARGE_INTEGER far_off = {.QuadPart = -36000000000};

    if (!m->handle || WaitForSingleObject(m->handle, 0) != WAIT_OBJECT_0)
        return;
    heard(m->name);
    SetWaitableTimer(m->handle, &far_off, 0, NULL, NULL, FALSE);
}
static enum found reach_timer(struct mechanism *m, char *out)
{
    HANDLE timer = OpenWaitableTimerW(TIMER_ALL_ACCESS, FALSE, m->path);
    LARGE_INTEGER now = {.QuadPart = -1};

    (void)out;
    return timer && SetWaitableTimer(timer, &now, 0, NULL, NULL, FALSE) ? FOUND_ASK : FOUND_NOTHING;
}

static bool offer_section(struct mechanism *m)
{
    char *view;

    m->handle = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, m->path);
    view = m->handle ? MapViewOfFile(m->handle, FILE_MAP_WRITE, 0, 0, 0) : NULL;
    if (view)
        memcpy(view, token, TOKEN_CCH);
    return view != NULL;
}
static enum found reach_section(struct mechanism *m, char *out)
{
    HANDLE section = OpenFileMappingW(FILE_MAP_READ, FALSE, m->path);
    const char *view = section ? MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0) : NULL;

    return view ? read_token(out, view, TOKEN_CCH) : FOUND_NOTHING;
}

/* Opened by CreateFileMapping, which opens what is there. */
static enum found reach_section_again(struct mechanism *m, char *out)
{
    HANDLE section =
        CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, m->path);
    const char *view = section ? MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0) : NULL;
    enum found found = view ? read_token(out, view, TOKEN_CCH) : FOUND_NOTHING;

    if (view)
        UnmapViewOfFile(view);
    CloseHandle(section);
    return found;
}

/* --- by names of NT, and by private namespaces ------------------------------------------- */

static bool offer_nt_event(struct mechanism *m)
{
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attr = nt_named(&text, NULL, m->path, 0);

    return !NtCreateEvent(&m->handle, EVENT_ALL_ACCESS, &attr, 1, FALSE);
}
static enum found reach_nt_event(struct mechanism *m, char *out)
{
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attr = nt_named(&text, NULL, m->path, 0);
    HANDLE event;

    (void)out;
    return !NtOpenEvent(&event, EVENT_MODIFY_STATE, &attr) && SetEvent(event) ? FOUND_ASK
                                                                              : FOUND_NOTHING;
}

typedef HANDLE WINAPI make_boundary(const wchar_t *name, ULONG flags);
typedef HANDLE WINAPI make_namespace(void *attributes, void *boundary, const wchar_t *alias);
typedef HANDLE WINAPI open_namespace(void *boundary, const wchar_t *alias);

static void *kernel(const char *name)
{
    return (void *)(uintptr_t)GetProcAddress(GetModuleHandleW(L"kernelbase"), name);
}

static HANDLE boundary(void)
{
    make_boundary *make = (make_boundary *)kernel("CreateBoundaryDescriptorW");

    return make ? make(L"FvmMatrixBoundary", 0) : NULL;
}

static bool offer_namespace(struct mechanism *m)
{
    make_namespace *make = (make_namespace *)kernel("CreatePrivateNamespaceW");

    if (!make || !make(NULL, boundary(), L"FvmMatrixSpace"))
        return false;
    return offer_event(m);
}
static enum found reach_namespace(struct mechanism *m, char *out)
{
    open_namespace *open = (open_namespace *)kernel("OpenPrivateNamespaceW");

    return open && open(boundary(), L"FvmMatrixSpace") ? reach_event(m, out) : FOUND_NOTHING;
}

/* --- the debugger's buffer --------------------------------------------------------------- */

static struct {
    DWORD pid;
    char text[4092];
} * debug_view;
static HANDLE debug_free;

static bool offer_debug_text(struct mechanism *m)
{
    HANDLE section =
        CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, L"DBWIN_BUFFER");

    debug_free = CreateEventW(NULL, FALSE, TRUE, L"DBWIN_BUFFER_READY");
    m->handle = CreateEventW(NULL, FALSE, FALSE, L"DBWIN_DATA_READY");
    debug_view = section ? MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0) : NULL;
    return debug_view && debug_free && m->handle;
}
static void turn_debug_text(struct mechanism *m)
{
    if (!debug_view || WaitForSingleObject(m->handle, 0) != WAIT_OBJECT_0)
        return;
    if (strstr(debug_view->text, "FvmMatrix"))
        heard(m->name);
    SetEvent(debug_free);
}
static enum found reach_debug_text(struct mechanism *m, char *out)
{
    (void)m;
    (void)out;
    OutputDebugStringA("FvmMatrix says this");
    return FOUND_ASK;
}

#define EVENT     .offer = offer_event, .turn = turn_wait, .reach = reach_event
#define NT_EVENT  .offer = offer_nt_event, .turn = turn_wait, .reach = reach_nt_event
#define SEMAPHORE .offer = offer_semaphore, .turn = turn_wait, .reach = reach_semaphore
#define MUTEX     .offer = offer_mutex, .turn = turn_mutex, .reach = reach_mutex, .after = after_mutex
#define TIMER     .offer = offer_timer, .turn = turn_timer, .reach = reach_timer
#define SECTION   .offer = offer_section, .reach = reach_section

struct mechanism object_mechanisms[] = {
    {"event", L"FvmMatrixEvent", EVENT},
    {"event in Global", L"Global\\FvmMatrixGlobalEvent", EVENT},
    {"event in Local", L"Local\\FvmMatrixLocalEvent", EVENT},
    {"event in Session\\0", L"Session\\0\\FvmMatrixSessionEvent", EVENT},
    {"event in \\BaseNamedObjects", L"\\BaseNamedObjects\\FvmMatrixNtEvent", NT_EVENT},
    {"event by GLOBALROOT", L"\\??\\GLOBALROOT\\BaseNamedObjects\\FvmMatrixRootEvent", NT_EVENT},
    {"event in the root of names", L"\\FvmMatrixRootEvent", NT_EVENT},
    {"event in a private namespace", L"FvmMatrixSpace\\FvmMatrixEvent", .offer = offer_namespace,
     .turn = turn_wait, .reach = reach_namespace},
    {"mutex", L"FvmMatrixMutex", MUTEX},
    {"mutex in Global", L"Global\\FvmMatrixGlobalMutex", MUTEX},
    {"mutex in Local", L"Local\\FvmMatrixLocalMutex", MUTEX},
    {"semaphore", L"FvmMatrixSemaphore", SEMAPHORE},
    {"semaphore in Global", L"Global\\FvmMatrixGlobalSemaphore", SEMAPHORE},
    {"waitable timer", L"FvmMatrixTimer", TIMER},
    {"waitable timer in Global", L"Global\\FvmMatrixGlobalTimer", TIMER},
    {"section", L"FvmMatrixSection", SECTION},
    {"section in Global", L"Global\\FvmMatrixGlobalSection", SECTION},
    {"section in Local", L"Local\\FvmMatrixLocalSection", SECTION},
    {"section that is made again", L"FvmMatrixSectionAgain", .offer = offer_section,
     .reach = reach_section_again},
    {"OutputDebugString", NULL, .offer = offer_debug_text, .turn = turn_debug_text,
     .reach = reach_debug_text},
    {.name = NULL},
};
