/* launcher/win/hives.c: what the files of this Windows' hives tell that its server could tell only
 * key by key: where there are links, and keys for 32-bit programs. See registry.h. */
#include "launcher/win/registry.h"

#include "core/regwide.h"
#include "engine/real.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { MAX_HIVE_CB = 1 << 28 };

struct scan {
    const struct win_registry *registry;
    struct fvm_str root; /* path of the hive's keys */
    uint16_t *path;      /* of the key whose lines are read */
    uint32_t cch;
    fvm_status status;
};

static char *read_file(const wchar_t *folder, const wchar_t *name, size_t *cb)
{
    wchar_t path[2100];
    LARGE_INTEGER size;
    char *text = NULL;
    HANDLE file;
    DWORD got = 0;

    if (_snwprintf(path, ARRAY_LEN(path), L"%ls\\%ls", folder, name) < 0)
        return NULL;
    file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                       NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return NULL;
    if (GetFileSizeEx(file, &size) && size.QuadPart < MAX_HIVE_CB)
        text = malloc((size_t)size.QuadPart + 1);
    if (text && !ReadFile(file, text, (DWORD)size.QuadPart, &got, NULL))
        got = 0;
    CloseHandle(file);
    *cb = got;
    return text;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'                     ? c - '0'
           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                    : -1;
}

/* Up to four hexadecimal digits, as wineserver writes a unit. */
static uint16_t read_unit(const char **at, const char *end)
{
    unsigned unit = 0;

    for (int i = 0; i < 4 && *at < end && hex_digit(**at) >= 0; i++)
        unit = unit * 16 + (unsigned)hex_digit(*(*at)++);
    return (uint16_t)unit;
}

/* `[Software\\Name] 123`: backslashes are doubled; a single one begins an escape. */
static void take_path(struct scan *scan, const char *at, const char *end)
{
    struct fvm_buf path = {scan->path, 0, WIN_KEY_CCH - 64};
    fvm_status status = fvm_buf_add(&path, scan->root);

    if (!fvm_failed(status))
        status = fvm_buf_add_unit(&path, '\\');
    for (at++; !fvm_failed(status) && at < end && *at != ']';) {
        uint16_t unit = (uint8_t)*at++;

        if (unit == '\\' && at < end) {
            unit = (uint8_t)*at++;
            if (unit == 'x')
                unit = read_unit(&at, end);
        }
        status = fvm_buf_add_unit(&path, unit);
    }
    scan->cch = fvm_failed(status) ? 0 : path.cch;
}

/* The key has what 32-bit programs see in it: note it of the key above. */
static void note(struct scan *scan, struct fvm_str path, uint32_t user)
{
    uint32_t node;

    scan->status =
        fvm_index_mark(&scan->registry->index, path, 0, (struct fvm_str){0}, NULL, &node);
    if (!fvm_failed(scan->status))
        scan->status = fvm_index_user(&scan->registry->index, node, user, 0, NULL);
}

/* A subkey of what 32-bit programs share with the others: what is not there is looked for here. */
static void note_shared(struct scan *scan)
{
    struct fvm_str path = {scan->path, scan->cch},
                   shared = FVM_STR(u"R\\Machine\\Software\\Classes\\Wow6432Node\\");

    if (fvm_str_begins_fold(path, shared))
        note(scan, fvm_str_sub(path, 0, fvm_str_find(path, '\\', shared.cch)), FVM_REGVIEW_SEEN);
}

static void look_for_wow(struct scan *scan)
{
    struct fvm_str path = {scan->path, scan->cch}, wanted = FVM_STR(u"\\Wow6432Node");

    for (uint32_t at = 0; at + wanted.cch <= path.cch; at++)
        if (path.s[at] == '\\' && fvm_str_eq_fold(fvm_str_sub(path, at, wanted.cch), wanted) &&
            (at + wanted.cch == path.cch || path.s[at + wanted.cch] == '\\'))
            note(scan, fvm_str_sub(path, 0, at), FVM_REGVIEW_WOW);
    note_shared(scan);
}

/* Where it leads now is asked of the server. */
static void note_link(struct scan *scan)
{
    struct fvm_str path = {scan->path, scan->cch};
    uint16_t *text = malloc(WIN_KEY_CCH * sizeof(*text));
    struct fvm_buf target = {text, 0, WIN_KEY_CCH};
    struct win_key read;
    HANDLE key;
    NTSTATUS status;

    if (!text) {
        scan->status = FVM_NO_MEMORY;
        return;
    }
    status = win_key_open(&key, scan->registry, path, false, KEY_READ);
    if (NT_SUCCESS(status)) {
        status = win_key_read(&read, key);
        real.NtClose(key);
    }
    if (NT_SUCCESS(status)) {
        if (read.is_link && read.count == 1 &&
            fvm_regview_fold(&target,
                             (struct fvm_str){(const uint16_t *)(const void *)read.values[0].data,
                                              read.values[0].cb / (uint32_t)sizeof(WCHAR)},
                             (struct fvm_str){0}) == FVM_OK)
            scan->status = fvm_regview_linked(&scan->registry->index, path, fvm_buf_str(&target),
                                              FVM_REGVIEW_HOST_LINK, &fvm_index_alone);
        win_key_free(&read);
    }
    free(text);
}

static void scan_text(struct scan *scan, const char *text, size_t cb)
{
    const char *end = text + cb, *key = NULL, *next;

    for (const char *at = text; at < end && !fvm_failed(scan->status); at = next) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));

        if (!line_end)
            line_end = end;
        next = line_end < end ? line_end + 1 : end;
        if (*at == '[') {
            key = at;
            /* Most keys are of no interest: a letter decides. */
            for (const char *w = at; (w = memchr(w, 'W', (size_t)(line_end - w))) != NULL; w++)
                if (line_end - w > 11 && !memcmp(w, "Wow6432Node", 11)) {
                    take_path(scan, at, line_end);
                    look_for_wow(scan);
                    break;
                }
        } else if (*at == '#' && key && line_end - at >= 5 && !memcmp(at, "#link", 5)) {
            take_path(scan, key, at);
            if (scan->cch)
                note_link(scan);
        }
    }
}

fvm_status win_hives_scan(const struct win_registry *registry, const wchar_t *folder)
{
    static const wchar_t *const files[] = {L"system.reg", L"user.reg"};
    uint16_t user[300];
    struct fvm_buf root = {user, 0, ARRAY_LEN(user)};
    struct scan scan = {.registry = registry, .path = malloc(WIN_KEY_CCH * sizeof(uint16_t))};

    if (!scan.path)
        return FVM_NO_MEMORY;
    for (size_t i = 0; i < ARRAY_LEN(files) && !fvm_failed(scan.status); i++) {
        size_t cb = 0;
        char *text = read_file(folder, files[i], &cb);

        root.cch = 0;
        scan.status = fvm_buf_add(&root, i ? FVM_STR(u"R\\User\\") : FVM_STR(u"R\\Machine"));
        if (!fvm_failed(scan.status) && i)
            scan.status = fvm_buf_add(&root, registry->user);
        scan.root = fvm_buf_str(&root);
        if (text)
            scan_text(&scan, text, cb);
        free(text);
    }
    free(scan.path);
    return scan.status;
}
