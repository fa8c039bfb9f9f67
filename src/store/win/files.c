/* store/win/files.c: names and whole files; see files.h. */
#include "store/win/files.h"

#include "core/utf.h"
#include "store/lists.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- paths ----------------------------------------------------------------------------------- */

static bool reserve(struct win_path *path, size_t cch)
{
    wchar_t *grown;

    if (path->failed || cch < path->cap)
        return !path->failed;
    grown = realloc(path->s, (cch + 64) * 2 * sizeof(*grown));
    if (!grown) {
        win_path_free(path);
        path->failed = true;
        return false;
    }
    path->s = grown;
    path->cap = (cch + 64) * 2;
    return true;
}

static void add(struct win_path *path, const wchar_t *text)
{
    size_t cch = wcslen(text);

    if (!reserve(path, path->cch + cch + 1))
        return;
    memcpy(path->s + path->cch, text, (cch + 1) * sizeof(*text));
    path->cch += cch;
}

void win_path_set(struct win_path *path, const wchar_t *full)
{
    path->cch = 0;
    if (wcsncmp(full, L"\\\\?\\", 4) != 0)
        add(path, L"\\\\?\\");
    add(path, full);
    while (path->cch > 4 && path->s[path->cch - 1] == '\\')
        path->s[--path->cch] = 0;
}

bool win_path_push(struct win_path *path, const wchar_t *name)
{
    add(path, L"\\");
    add(path, name);
    return !path->failed;
}

void win_path_pop(struct win_path *path, size_t cch)
{
    if (path->failed)
        return;
    path->cch = cch;
    path->s[cch] = 0;
}

void win_path_free(struct win_path *path)
{
    free(path->s);
    *path = (struct win_path){0};
}

const wchar_t *win_path_plain(const struct win_path *path)
{
    return path->failed || path->cch < 4 ? L"" : path->s + 4;
}

/* --- texts ----------------------------------------------------------------------------------- */

wchar_t *win_wide(const char *utf8)
{
    size_t cb = strlen(utf8), cch = 0;
    wchar_t *wide = malloc((cb + 1) * sizeof(*wide));

    if (!wide || !fvm_utf16_from_utf8((uint8_t *)wide, &cch, utf8, cb)) {
        free(wide);
        return NULL;
    }
    wide[cch] = 0;
    return wide;
}

char *win_utf8_str(struct fvm_str str)
{
    struct fvm_text text = {0};

    fvm_utf8_from_utf16(&text, (const uint8_t *)str.s, str.cch);
    if (!str.cch && !text.failed)
        return strdup("");
    return text.failed ? NULL : text.s;
}

char *win_utf8(const wchar_t *wide)
{
    return win_utf8_str(win_str(wide));
}

/* --- errors ---------------------------------------------------------------------------------- */

static const struct {
    DWORD error;
    int code;
    const char *why;
} reasons[] = {
    {ERROR_FILE_NOT_FOUND, ENOENT, "it is not there"},
    {ERROR_PATH_NOT_FOUND, ENOENT, "there is no such folder"},
    {ERROR_INVALID_NAME, ENOENT, "that is no file name"},
    {ERROR_ACCESS_DENIED, EACCES, "access is denied"},
    {ERROR_SHARING_VIOLATION, EBUSY, "another program has it open"},
    {ERROR_LOCK_VIOLATION, EBUSY, "another program has locked it"},
    {ERROR_WRITE_PROTECT, EROFS, "the disk is write-protected"},
    {ERROR_DISK_FULL, ENOSPC, "the disk is full"},
    {ERROR_HANDLE_DISK_FULL, ENOSPC, "the disk is full"},
    {ERROR_NOT_ENOUGH_MEMORY, ENOMEM, "out of memory"},
    {ERROR_OUTOFMEMORY, ENOMEM, "out of memory"},
    {ERROR_FILE_EXISTS, EEXIST, "there is something of that name"},
    {ERROR_ALREADY_EXISTS, EEXIST, "there is something of that name"},
    {ERROR_DIR_NOT_EMPTY, ENOTEMPTY, "the folder is not empty"},
    {ERROR_DIRECTORY, ENOTDIR, "it is no folder"},
    {ERROR_FILENAME_EXCED_RANGE, ENAMETOOLONG, "the path is too long"},
};

int win_code(DWORD error)
{
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (reasons[i].error == error)
            return -reasons[i].code;
    return -EIO;
}

int win_fail_name(struct fvm_error *err, const char *what, const char *name, DWORD error)
{
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (reasons[i].error == error)
            return fvm_fail(err, -reasons[i].code, "cannot %s '%s': %s", what, name,
                            reasons[i].why);
    return fvm_fail(err, -EIO, "cannot %s '%s': Windows error %lu", what, name, error);
}

int win_fail(struct fvm_error *err, const char *what, const struct win_path *path)
{
    DWORD error = GetLastError();
    FVM_CLEANUP(chars) char *shown = win_utf8(win_path_plain(path));

    return win_fail_name(err, what, shown ? shown : "", error);
}

void win_prefix(struct fvm_error *err, const struct win_path *path)
{
    FVM_CLEANUP(chars) char *shown = win_utf8(win_path_plain(path));

    fvm_error_prefix(err, "%s", shown ? shown : "");
}

int win_no_memory(struct fvm_error *err)
{
    return fvm_fail(err, -ENOMEM, "out of memory");
}

/* --- whole files ----------------------------------------------------------------------------- */

DWORD win_attributes(const struct win_path *path)
{
    return path->failed ? INVALID_FILE_ATTRIBUTES : GetFileAttributesW(path->s);
}

int win_read(struct fvm_text *out, const struct win_path *path, size_t max_cb,
             struct fvm_error *err)
{
    FVM_CLEANUP(handle)
    HANDLE file =
        CreateFileW(path->s, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                    NULL, OPEN_EXISTING, 0, NULL);
    char buffer[4096];
    DWORD got;

    if (file == INVALID_HANDLE_VALUE)
        return win_fail(err, "read", path);
    for (;;) {
        if (!ReadFile(file, buffer, sizeof(buffer), &got, NULL))
            return win_fail(err, "read", path);
        if (!got)
            break;
        if (out->cb + got > max_cb) {
            fvm_fail(err, -EFBIG, "larger than FVM makes such a file");
            win_prefix(err, path);
            return -EFBIG;
        }
        fvm_text_add(out, buffer, got);
    }
    return out->failed ? win_no_memory(err) : 0;
}

static int write_new(const struct win_path *path, const void *bytes, size_t cb,
                     struct fvm_error *err)
{
    FVM_CLEANUP(handle)
    HANDLE file = CreateFileW(path->s, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    DWORD done;

    if (file == INVALID_HANDLE_VALUE || !WriteFile(file, bytes, (DWORD)cb, &done, NULL) ||
        done != cb)
        return win_fail(err, "write", path);
    return 0;
}

int win_write(const struct win_path *path, const void *bytes, size_t cb, struct fvm_error *err)
{
    FVM_CLEANUP(win_path) struct win_path temp = {0};
    wchar_t number[32];
    int result;

    _snwprintf(number, ARRAY_LEN(number), L".%lu.new", GetCurrentProcessId());
    win_path_set(&temp, path->s);
    add(&temp, number);
    if (temp.failed)
        return win_no_memory(err);
    result = write_new(&temp, bytes, cb, err);
    if (!result && !MoveFileExW(temp.s, path->s, MOVEFILE_REPLACE_EXISTING))
        result = win_fail(err, "write", path);
    if (result)
        DeleteFileW(temp.s);
    return result;
}

static bool set_written(const struct win_path *path, const FILETIME *written)
{
    FVM_CLEANUP(handle)
    HANDLE file = CreateFileW(path->s, FILE_WRITE_ATTRIBUTES,
                              FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);

    return file != INVALID_HANDLE_VALUE && SetFileTime(file, NULL, NULL, written);
}

/* The attributes last: what is read-only has no time set in Wine. They are not those that the copy
 * says it has: Wine calls a name with a dot in front hidden, and that would stay. */
bool win_copy_metadata(const struct win_path *from, const struct win_path *to)
{
    WIN32_FILE_ATTRIBUTE_DATA info;
    DWORD wanted;

    if (!GetFileAttributesExW(from->s, GetFileExInfoStandard, &info))
        return false;
    wanted = info.dwFileAttributes & ~(DWORD)(FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_NORMAL);
    SetFileAttributesW(to->s, FILE_ATTRIBUTE_NORMAL);
    return set_written(to, &info.ftLastWriteTime) &&
           SetFileAttributesW(to->s, wanted ? wanted : FILE_ATTRIBUTE_NORMAL);
}

struct win_times win_times_of(const struct win_path *path)
{
    WIN32_FILE_ATTRIBUTE_DATA info;

    if (path->failed || !GetFileAttributesExW(path->s, GetFileExInfoStandard, &info))
        return (struct win_times){.is_known = false};
    return (struct win_times){true, info.ftLastWriteTime};
}

void win_times_put_back(const struct win_path *path, const struct win_times *times)
{
    if (times->is_known && !path->failed)
        set_written(path, &times->written);
}

int win_make_directories(const struct win_path *path, struct fvm_error *err)
{
    FVM_CLEANUP(win_path) struct win_path part = {0};

    win_path_set(&part, path->s);
    if (part.failed)
        return win_no_memory(err);
    /* Behind `\\?\C:`; of a share, what cannot be made is there already. */
    for (size_t at = 7; at <= path->cch; at++) {
        DWORD attributes;

        if (path->s[at] && path->s[at] != '\\')
            continue;
        part.s[at] = 0;
        if (!CreateDirectoryW(part.s, NULL)) {
            attributes = GetFileAttributesW(part.s);
            if (at == path->cch &&
                (attributes == INVALID_FILE_ATTRIBUTES || !(attributes & FILE_ATTRIBUTE_DIRECTORY)))
                return win_fail(err, "make folder", path);
        }
        part.s[at] = path->s[at];
    }
    return 0;
}
