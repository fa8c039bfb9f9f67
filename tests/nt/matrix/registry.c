/* tests/nt/matrix/registry.c: keys, values, notifications. */
#include "matrix.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#define KEY    L"Software\\FvmMatrix"
#define SOURCE L"Software\\FvmMatrixTicks"

static bool put(const wchar_t *path, DWORD options, const wchar_t *name)
{
    HKEY key;

    if (RegCreateKeyExW(HKEY_CURRENT_USER, path, 0, NULL, options, KEY_ALL_ACCESS, NULL, &key,
                        NULL))
        return false;
    if (RegSetValueExW(key, name, 0, REG_BINARY, (BYTE *)token, TOKEN_CCH))
        return false;
    RegCloseKey(key);
    return true;
}
static void end_key(struct mechanism *m)
{
    RegDeleteTreeW(HKEY_CURRENT_USER, m->path);
}
static bool offer_value(struct mechanism *m)
{
    return put(m->path, 0, L"token");
}
static bool offer_volatile(struct mechanism *m)
{
    return put(m->path, REG_OPTION_VOLATILE, L"token");
}
static enum found reach_value(struct mechanism *m, char *out)
{
    char value[TOKEN_CCH] = "";
    DWORD cb = sizeof(value);

    if (RegGetValueW(HKEY_CURRENT_USER, m->path, L"token", RRF_RT_REG_BINARY, NULL, value, &cb))
        return FOUND_NOTHING;
    return read_token(out, value, cb);
}

/* A key whose name says whose it is. */
static bool offer_listed(struct mechanism *m)
{
    wchar_t path[PATH_CCH];

    swprintf(path, PATH_CCH, L"%ls\\%hs", m->path, token);
    return put(path, 0, L"token");
}
static enum found reach_listed(struct mechanism *m, char *out)
{
    wchar_t name[PATH_CCH];
    char found[TOKEN_CCH];
    HKEY key;

    if (RegOpenKeyExW(HKEY_CURRENT_USER, m->path, 0, KEY_READ, &key) ||
        RegEnumKeyW(key, 0, name, PATH_CCH))
        return FOUND_NOTHING;
    snprintf(found, sizeof(found), "%ls", name);
    RegCloseKey(key);
    return read_token(out, found, sizeof(found));
}

/* The host's key SOURCE is there before; the offering side changes it while the other one watches.
 */
static void tick_watched(struct mechanism *m)
{
    static DWORD ticks; /* what is written again the same is told to nobody */
    HKEY key;

    ticks++;
    if (RegOpenKeyExW(HKEY_CURRENT_USER, m->path, 0, KEY_SET_VALUE, &key))
        return;
    RegSetValueExW(key, L"tick", 0, REG_DWORD, (BYTE *)&ticks, sizeof(ticks));
    RegCloseKey(key);
}
static enum found reach_watched(struct mechanism *m, char *out)
{
    HKEY key;

    (void)out;
    m->handle = NULL;
    if (RegOpenKeyExW(HKEY_CURRENT_USER, m->path, 0, KEY_NOTIFY, &key))
        return FOUND_NOTHING;
    m->handle = CreateEventW(NULL, TRUE, FALSE, NULL);
    RegNotifyChangeKeyValue(key, FALSE, REG_NOTIFY_CHANGE_LAST_SET, m->handle, TRUE);
    return FOUND_NOTHING;
}
static enum found after_watched(struct mechanism *m, char *out)
{
    (void)out;
    return its(m->handle && WaitForSingleObject(m->handle, 0) == WAIT_OBJECT_0);
}

struct mechanism registry_mechanisms[] = {
    {"registry value", KEY, .offer = offer_value, .end = end_key, .reach = reach_value},
    {"registry value, volatile key", KEY L"Volatile", .offer = offer_volatile, .end = end_key,
     .reach = reach_value},
    {"registry listing", KEY L"Listed", .offer = offer_listed, .end = end_key,
     .reach = reach_listed},
    {"registry notification", SOURCE, .tick = tick_watched, .reach = reach_watched,
     .after = after_watched},
    {.name = NULL},
};
