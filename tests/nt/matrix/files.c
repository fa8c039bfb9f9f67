/* tests/nt/matrix/files.c: files as a place to meet: in the current directory, a folder of the
 * host's that all see. */
#include "matrix.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

enum { SHARE_ALL = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE };

static HANDLE open_file(const wchar_t *path, DWORD access, DWORD share, DWORD how)
{
    return CreateFileW(path, access, share, NULL, how, 0, NULL);
}

static bool offer_text(struct mechanism *m)
{
    HANDLE file = open_file(m->path, GENERIC_WRITE, SHARE_ALL, OPEN_ALWAYS);
    DWORD cb;
    bool written = file != INVALID_HANDLE_VALUE && WriteFile(file, token, TOKEN_CCH, &cb, NULL);

    CloseHandle(file);
    return written;
}
static enum found reach_text(struct mechanism *m, char *out)
{
    HANDLE file = open_file(m->path, GENERIC_READ, SHARE_ALL, OPEN_EXISTING);
    char text[TOKEN_CCH] = "";
    DWORD cb = 0;

    if (file == INVALID_HANDLE_VALUE)
        return FOUND_NOTHING;
    ReadFile(file, text, sizeof(text), &cb, NULL);
    CloseHandle(file);
    return text[0] == '-' ? FOUND_NOTHING : read_token(out, text, cb); /* "-": nobody's */
}
static void end_file(struct mechanism *m)
{
    DeleteFileW(m->path);
}

static bool offer_deletion(struct mechanism *m)
{
    return DeleteFileW(m->path);
}
static enum found reach_deletion(struct mechanism *m, char *out)
{
    (void)out;
    return its(GetFileAttributesW(m->path) == INVALID_FILE_ATTRIBUTES);
}
static bool offer_attribute(struct mechanism *m)
{
    return SetFileAttributesW(m->path, FILE_ATTRIBUTE_READONLY);
}
static enum found reach_attribute(struct mechanism *m, char *out)
{
    (void)out;
    return its(GetFileAttributesW(m->path) & FILE_ATTRIBUTE_READONLY);
}
static bool offer_rename(struct mechanism *m)
{
    return MoveFileW(m->path, L"renamed.txt");
}
static enum found reach_rename(struct mechanism *m, char *out)
{
    (void)m;
    (void)out;
    return its(GetFileAttributesW(L"renamed.txt") != INVALID_FILE_ATTRIBUTES);
}
static bool offer_listed(struct mechanism *m)
{
    wchar_t name[100];

    swprintf(name, 100, L"listed-%hs", token);
    (void)m;
    return CreateDirectoryW(name, NULL);
}
static enum found reach_listed(struct mechanism *m, char *out)
{
    WIN32_FIND_DATAW entry;
    HANDLE search = FindFirstFileW(L"listed-*", &entry);
    char found[TOKEN_CCH];

    (void)m;
    if (search == INVALID_HANDLE_VALUE)
        return FOUND_NOTHING;
    FindClose(search);
    snprintf(found, sizeof(found), "%ls", entry.cFileName + 7);
    return read_token(out, found, sizeof(found));
}

/* Another name of a file that is changed afterwards. */
static bool offer_link(struct mechanism *m)
{
    struct mechanism first = {.path = L"linked.txt"};

    return CreateHardLinkW(m->path, first.path, NULL) && offer_text(&first);
}

static bool offer_view(struct mechanism *m)
{
    HANDLE file = open_file(m->path, GENERIC_READ | GENERIC_WRITE, SHARE_ALL, OPEN_EXISTING);
    HANDLE section = CreateFileMappingW(file, NULL, PAGE_READWRITE, 0, 4096, NULL);
    char *view = section ? MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0) : NULL;

    if (view)
        memcpy(view, token, TOKEN_CCH);
    return view != NULL;
}
static enum found reach_view(struct mechanism *m, char *out)
{
    HANDLE file = open_file(m->path, GENERIC_READ, SHARE_ALL, OPEN_EXISTING);
    HANDLE section = CreateFileMappingW(file, NULL, PAGE_READONLY, 0, 0, NULL);
    const char *view = section ? MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0) : NULL;

    return view && view[0] != '-' ? read_token(out, view, TOKEN_CCH) : FOUND_NOTHING;
}

/* --- locks and share modes --------------------------------------------------------------- */

static BOOL lock(HANDLE file)
{
    OVERLAPPED at = {0};

    return LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 8, 0, &at);
}
static bool offer_lock(struct mechanism *m)
{
    m->handle = open_file(m->path, GENERIC_READ, SHARE_ALL, OPEN_EXISTING);
    return m->handle != INVALID_HANDLE_VALUE && lock(m->handle);
}
static enum found reach_lock(struct mechanism *m, char *out)
{
    HANDLE file = open_file(m->path, GENERIC_READ, SHARE_ALL, OPEN_EXISTING);
    bool locked =
        file != INVALID_HANDLE_VALUE && !lock(file) && GetLastError() == ERROR_LOCK_VIOLATION;

    (void)out;
    CloseHandle(file);
    return its(locked);
}
static bool offer_alone(struct mechanism *m)
{
    m->handle = open_file(m->path, GENERIC_READ, 0, OPEN_EXISTING);
    return m->handle != INVALID_HANDLE_VALUE;
}
static enum found reach_alone(struct mechanism *m, char *out)
{
    HANDLE file = open_file(m->path, GENERIC_READ, SHARE_ALL, OPEN_EXISTING);
    bool kept = file == INVALID_HANDLE_VALUE && GetLastError() == ERROR_SHARING_VIOLATION;

    (void)out;
    CloseHandle(file);
    return its(kept);
}
static bool offer_alone_to_write(struct mechanism *m)
{
    m->handle = open_file(m->path, GENERIC_READ | GENERIC_WRITE, 0, OPEN_EXISTING);
    return m->handle != INVALID_HANDLE_VALUE;
}

/* --- change notification ----------------------------------------------------------------- */

/* What was told of the watched directory: all until the marker, which is the watcher's own. */
static struct {
    OVERLAPPED io;
    DWORD room[4096];
} watch;

static void tick_watched(struct mechanism *m)
{
    wchar_t name[100];

    swprintf(name, 100, L"%ls\\tick", m->path);
    CloseHandle(open_file(name, GENERIC_WRITE, SHARE_ALL, CREATE_ALWAYS));
    DeleteFileW(name);
}
static void go_on(struct mechanism *m)
{
    ReadDirectoryChangesW(m->handle, watch.room, sizeof(watch.room), FALSE,
                          FILE_NOTIFY_CHANGE_FILE_NAME, NULL, &watch.io, NULL);
}
static enum found reach_watched(struct mechanism *m, char *out)
{
    (void)out;
    m->handle = CreateFileW(m->path, FILE_LIST_DIRECTORY, SHARE_ALL, NULL, OPEN_EXISTING,
                            FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED, NULL);
    watch.io.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (m->handle != INVALID_HANDLE_VALUE)
        go_on(m);
    return FOUND_NOTHING;
}
static bool is_told(const FILE_NOTIFY_INFORMATION *entry, const wchar_t *name)
{
    return entry->FileNameLength == 2 * wcslen(name) &&
           !memcmp(entry->FileName, name, entry->FileNameLength);
}
static enum found after_watched(struct mechanism *m, char *out)
{
    wchar_t marker[100];
    bool tick = false, end = m->handle == INVALID_HANDLE_VALUE;
    DWORD cb;

    (void)out;
    swprintf(marker, 100, L"%ls\\marker", m->path);
    CloseHandle(open_file(marker, GENERIC_WRITE, SHARE_ALL, CREATE_ALWAYS));
    DeleteFileW(marker);
    while (!end && GetOverlappedResult(m->handle, &watch.io, &cb, TRUE) && cb) {
        const FILE_NOTIFY_INFORMATION *entry = (void *)watch.room;

        for (;;) {
            tick |= is_told(entry, L"tick");
            end |= is_told(entry, L"marker");
            if (!entry->NextEntryOffset)
                break;
            entry = (const void *)((const char *)entry + entry->NextEntryOffset);
        }
        go_on(m);
    }
    return its(tick);
}

struct mechanism file_mechanisms[] = {
    {"file, made", L"made.txt", .offer = offer_text, .end = end_file, .reach = reach_text},
    {"file, changed", L"changed.txt", .offer = offer_text, .reach = reach_text},
    {"file, deleted", L"deleted.txt", .offer = offer_deletion, .reach = reach_deletion},
    {"file, renamed", L"from.txt", .offer = offer_rename, .reach = reach_rename},
    {"file, attributes", L"attribute.txt", .offer = offer_attribute, .reach = reach_attribute},
    {"file, stream", L"changed.txt:stream", .offer = offer_text, .reach = reach_text},
    {"directory listing", NULL, .offer = offer_listed, .reach = reach_listed},
    {"hard link", L"link.txt", .offer = offer_link, .reach = reach_text},
    {"file mapped into memory", L"mapped.txt", .offer = offer_view, .reach = reach_view},
    {"file lock", L"locked.txt", .offer = offer_lock, .reach = reach_lock},
    {"share mode, file read", L"alone.txt", .offer = offer_alone, .reach = reach_alone},
    {"share mode, file changed", L"alonewrite.txt", .offer = offer_alone_to_write,
     .reach = reach_alone},
    {"directory change notification", L"watched", .tick = tick_watched, .reach = reach_watched,
     .after = after_watched},
    {.name = NULL},
};
