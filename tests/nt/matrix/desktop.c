/* tests/nt/matrix/desktop.c: what a session or a desktop has one of: clipboard, atoms, DDE,
 * desktops, window stations. */
#include "matrix.h"

#include <ddeml.h>

#include <stdio.h>
#include <string.h>
#include <wchar.h>

/* --- clipboard --------------------------------------------------------------------------- */

static HWND owner;

static bool open_clipboard(void)
{
    if (!owner)
        owner = CreateWindowW(L"Static", L"", 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL);
    for (int i = 0; i < 100; i++) { /* somebody else may look at it */
        if (OpenClipboard(owner))
            return true;
        Sleep(10);
    }
    return false;
}
static bool offer_clipboard(struct mechanism *m)
{
    HGLOBAL block = GlobalAlloc(GMEM_MOVEABLE, TOKEN_CCH);
    UINT format = RegisterClipboardFormatW(m->path);
    bool set;

    memcpy(GlobalLock(block), token, TOKEN_CCH);
    GlobalUnlock(block);
    if (!open_clipboard())
        return false;
    EmptyClipboard();
    set = SetClipboardData(format, block);
    CloseClipboard();
    return set;
}
static enum found reach_clipboard(struct mechanism *m, char *out)
{
    UINT format = RegisterClipboardFormatW(m->path);
    const char *text = NULL;
    HANDLE block;
    enum found found = FOUND_NOTHING;

    if (!open_clipboard())
        return FOUND_NOTHING;
    block = GetClipboardData(format);
    if (block)
        text = GlobalLock(block);
    if (text)
        found = read_token(out, text, TOKEN_CCH);
    CloseClipboard();
    return found;
}

/* --- atoms: numbers of names; by the number the name is read ----------------------------- */

static bool offer_atom(struct mechanism *m)
{
    wchar_t name[100];
    ATOM atom;

    swprintf(name, 100, L"FvmMatrixAtom-%hs", token);
    atom = GlobalAddAtomW(name);
    m->handle = (HANDLE)(uintptr_t)atom;
    tell("atom", atom);
    return atom != 0;
}
static void end_atom(struct mechanism *m)
{
    GlobalDeleteAtom((ATOM)(uintptr_t)m->handle);
}
static enum found token_behind(const wchar_t *name, const wchar_t *begin, char *out)
{
    char text[TOKEN_CCH];

    if (wcsncmp(name, begin, wcslen(begin)))
        return FOUND_NOTHING;
    snprintf(text, sizeof(text), "%ls", name + wcslen(begin));
    return read_token(out, text, sizeof(text));
}
static enum found reach_atom(struct mechanism *m, char *out)
{
    wchar_t name[PATH_CCH] = L"";

    (void)m;
    GlobalGetAtomNameW((ATOM)told("atom"), name, PATH_CCH);
    return token_behind(name, L"FvmMatrixAtom-", out);
}
/* RegisterWindowMessage and RegisterClipboardFormat number the same names. */
static bool offer_message(struct mechanism *m)
{
    wchar_t name[100];
    UINT number;

    swprintf(name, 100, L"FvmMatrixMessage-%hs", token);
    number = RegisterWindowMessageW(name);
    (void)m;
    tell("message", number);
    return number != 0;
}
static enum found reach_message(struct mechanism *m, char *out)
{
    wchar_t name[PATH_CCH] = L"";

    (void)m;
    GetClipboardFormatNameW((UINT)told("message"), name, PATH_CCH);
    return token_behind(name, L"FvmMatrixMessage-", out);
}

/* --- DDE --------------------------------------------------------------------------------- */

#define DDE_SERVICE L"FvmMatrixDde"
static DWORD dde;

static HDDEDATA CALLBACK dde_answer(UINT type, UINT format, HCONV talk, HSZ topic, HSZ item,
                                    HDDEDATA data, ULONG_PTR one, ULONG_PTR two)
{
    (void)talk;
    (void)topic;
    (void)data;
    (void)one;
    (void)two;
    if (type == XTYP_CONNECT)
        return (HDDEDATA)TRUE;
    if (type == XTYP_REQUEST)
        return DdeCreateDataHandle(dde, (BYTE *)token, TOKEN_CCH, 0, item, format, 0);
    return NULL;
}
static HSZ dde_name(const wchar_t *name)
{
    return DdeCreateStringHandleW(dde, name, CP_WINUNICODE);
}
static bool offer_dde(struct mechanism *m)
{
    (void)m;
    return !DdeInitializeW(&dde, dde_answer, APPCLASS_STANDARD, 0) &&
           DdeNameService(dde, dde_name(DDE_SERVICE), NULL, DNS_REGISTER);
}
static enum found reach_dde(struct mechanism *m, char *out)
{
    char text[TOKEN_CCH] = "";
    HDDEDATA data = NULL;
    HCONV talk;

    (void)m;
    if (DdeInitializeW(&dde, dde_answer, APPCMD_CLIENTONLY, 0))
        return FOUND_NOTHING;
    talk = DdeConnect(dde, dde_name(DDE_SERVICE), dde_name(L"topic"), NULL);
    if (talk)
        data = DdeClientTransaction(NULL, 0, talk, dde_name(L"item"), CF_TEXT, XTYP_REQUEST, 10000,
                                    NULL);
    if (data)
        DdeGetData(data, (BYTE *)text, sizeof(text), 0);
    DdeUninitialize(dde);
    return read_token(out, text, sizeof(text));
}

/* --- desktops and window stations -------------------------------------------------------- */

static bool offer_desktop(struct mechanism *m)
{
    m->handle = CreateDesktopW(m->path, NULL, NULL, 0, GENERIC_ALL, NULL);
    return m->handle != NULL;
}
static enum found reach_desktop(struct mechanism *m, char *out)
{
    (void)out;
    return its(OpenDesktopW(m->path, 0, FALSE, GENERIC_READ) != NULL);
}
static bool offer_station(struct mechanism *m)
{
    m->handle = CreateWindowStationW(m->path, 0, GENERIC_ALL, NULL);
    return m->handle != NULL;
}
static enum found reach_station(struct mechanism *m, char *out)
{
    (void)out;
    return its(OpenWindowStationW(m->path, FALSE, GENERIC_READ) != NULL);
}
static BOOL CALLBACK seen_name(wchar_t *name, LPARAM wanted)
{
    const wchar_t **one = (const wchar_t **)wanted;

    if (*one && !wcscmp(name, *one))
        *one = NULL;
    return TRUE;
}
static enum found reach_desktops(struct mechanism *m, char *out)
{
    const wchar_t *wanted = m->path;

    (void)out;
    EnumDesktopsW(GetProcessWindowStation(), seen_name, (LPARAM)&wanted);
    return its(!wanted);
}
static enum found reach_stations(struct mechanism *m, char *out)
{
    const wchar_t *wanted = m->path;

    (void)out;
    EnumWindowStationsW(seen_name, (LPARAM)&wanted);
    return its(!wanted);
}

struct mechanism desktop_mechanisms[] = {
    {"clipboard", L"FvmMatrixFormat", .offer = offer_clipboard, .reach = reach_clipboard},
    {"global atom", NULL, .offer = offer_atom, .end = end_atom, .reach = reach_atom},
    {"RegisterWindowMessage", NULL, .offer = offer_message, .reach = reach_message},
    {"DDE", NULL, .offer = offer_dde, .reach = reach_dde},
    {"desktop by name", L"FvmMatrixDesktop", .offer = offer_desktop, .reach = reach_desktop},
    {"list of desktops", L"FvmMatrixDesktop", .reach = reach_desktops},
    {"window station by name", L"FvmMatrixStation", .offer = offer_station, .reach = reach_station},
    {"list of window stations", L"FvmMatrixStation", .reach = reach_stations},
    {.name = NULL},
};
