/* tests/nt/matrix/windows.c: windows and their messages. The window is one for messages only, so
 * that the tests need no display. */
#include "matrix.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#define CLASS L"FvmMatrixWindow"
enum { ANSWER = 0x4d58, EVENT_ID = EVENT_OBJECT_NAMECHANGE };

static HWND window;

static LRESULT CALLBACK receive(HWND hwnd, UINT message, WPARAM wparam, LPARAM lparam)
{
    if (message == WM_APP && wparam == 1)
        return ANSWER;
    if (message == WM_APP && wparam == 2)
        heard("PostMessage");
    if (message == WM_COPYDATA && ((COPYDATASTRUCT *)lparam)->cbData == 4) {
        heard("WM_COPYDATA");
        return TRUE;
    }
    return DefWindowProcW(hwnd, message, wparam, lparam);
}

static bool offer_window(struct mechanism *m)
{
    WNDCLASSW class = {.lpfnWndProc = receive, .lpszClassName = CLASS};
    wchar_t title[TOKEN_CCH];

    (void)m;
    swprintf(title, TOKEN_CCH, L"%hs", token);
    RegisterClassW(&class);
    window = CreateWindowW(CLASS, title, 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL);
    tell("window", (uintptr_t)window);
    return window != NULL;
}
static HWND find(void)
{
    return FindWindowExW(HWND_MESSAGE, NULL, CLASS, NULL);
}
static HWND by_number(void)
{
    return (HWND)(uintptr_t)told("window");
}

static enum found reach_find(struct mechanism *m, char *out)
{
    HWND found = find();
    wchar_t title[PATH_CCH] = L"";
    char text[TOKEN_CCH];

    (void)m;
    if (!found || !InternalGetWindowText(found, title, PATH_CCH))
        return FOUND_NOTHING;
    snprintf(text, sizeof(text), "%ls", title);
    return read_token(out, text, sizeof(text));
}
static enum found reach_owner(struct mechanism *m, char *out)
{
    DWORD pid = 0;

    (void)m;
    (void)out;
    return its(GetWindowThreadProcessId(by_number(), &pid) && pid == told("pid"));
}
static enum found reach_send(struct mechanism *m, char *out)
{
    (void)m;
    (void)out;
    return its(SendMessageW(by_number(), WM_APP, 1, 0) == ANSWER);
}
static enum found reach_text(struct mechanism *m, char *out)
{
    wchar_t title[TOKEN_CCH] = L"";
    char text[TOKEN_CCH];

    (void)m;
    SendMessageW(by_number(), WM_GETTEXT, TOKEN_CCH, (LPARAM)title);
    snprintf(text, sizeof(text), "%ls", title);
    return read_token(out, text, sizeof(text));
}
static enum found reach_post(struct mechanism *m, char *out)
{
    (void)m;
    (void)out;
    return PostMessageW(by_number(), WM_APP, 2, 0) ? FOUND_ASK : FOUND_NOTHING;
}
static enum found reach_thread_message(struct mechanism *m, char *out)
{
    (void)m;
    (void)out;
    return PostThreadMessageW((DWORD)told("tid"), WM_APP, 0, 0) ? FOUND_ASK : FOUND_NOTHING;
}
static enum found reach_copy(struct mechanism *m, char *out)
{
    char data[4] = "data";
    COPYDATASTRUCT copy = {.cbData = sizeof(data), .lpData = data};

    (void)m;
    (void)out;
    return SendMessageW(by_number(), WM_COPYDATA, 0, (LPARAM)&copy) ? FOUND_ASK : FOUND_NOTHING;
}

static bool offer_property(struct mechanism *m)
{
    return SetPropW(window, m->path, (HANDLE)ANSWER);
}
static enum found reach_property(struct mechanism *m, char *out)
{
    (void)out;
    return its(GetPropW(by_number(), m->path) == (HANDLE)ANSWER);
}
static BOOL CALLBACK seen_window(HWND hwnd, LPARAM seen)
{
    if (hwnd == by_number())
        *(bool *)seen = true;
    return TRUE;
}
static enum found reach_children(struct mechanism *m, char *out)
{
    bool seen = false;

    (void)m;
    (void)out;
    EnumChildWindows(GetAncestor(by_number(), GA_PARENT), seen_window, (LPARAM)&seen);
    return its(seen);
}
static enum found reach_attach(struct mechanism *m, char *out)
{
    DWORD tid = (DWORD)told("tid");

    (void)m;
    (void)out;
    return its(AttachThreadInput(GetCurrentThreadId(), tid, TRUE) &&
               AttachThreadInput(GetCurrentThreadId(), tid, FALSE));
}

/* --- accessibility events: of all processes, told to who asked for them ------------------ */

static bool event_came;
static void CALLBACK on_event(HWINEVENTHOOK hook, DWORD event, HWND hwnd, LONG id, LONG child,
                              DWORD tid, DWORD ms)
{
    (void)hook;
    (void)ms;
    (void)id;
    (void)child;
    event_came |= event == EVENT_ID && tid == told("tid") && hwnd == by_number();
}
static void tick_event(struct mechanism *m)
{
    (void)m;
    /* A thread learns from the messages it gets that somebody listens now. */
    PostMessageW(window, WM_NULL, 0, 0);
    pump();
    NotifyWinEvent(EVENT_ID, window, OBJID_CLIENT, 0);
}
static enum found reach_events(struct mechanism *m, char *out)
{
    (void)out;
    m->handle = SetWinEventHook(EVENT_ID, EVENT_ID, NULL, on_event, 0, 0, WINEVENT_OUTOFCONTEXT);
    return FOUND_NOTHING;
}
static enum found after_events(struct mechanism *m, char *out)
{
    (void)m;
    (void)out;
    pump();
    return its(event_came);
}

struct mechanism window_mechanisms[] = {
    {"window by class and title", NULL, .offer = offer_window, .reach = reach_find},
    {"window by number: owner", NULL, .reach = reach_owner},
    {"window list", NULL, .reach = reach_children},
    {"SendMessage", NULL, .reach = reach_send},
    {"WM_GETTEXT", NULL, .reach = reach_text},
    {"PostMessage", NULL, .reach = reach_post},
    {"PostThreadMessage", NULL, .reach = reach_thread_message},
    {"WM_COPYDATA", NULL, .reach = reach_copy},
    {"window property", L"FvmMatrixProperty", .offer = offer_property, .reach = reach_property},
    {"AttachThreadInput", NULL, .reach = reach_attach},
    {"accessibility events", NULL, .tick = tick_event, .reach = reach_events,
     .after = after_events},
    {.name = NULL},
};
