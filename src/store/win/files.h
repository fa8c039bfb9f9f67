/* store/win/files.h: names, whole files and trees on Windows. For the store and the commands there.
 *
 * Functions that return int return 0 or -errno; where `err` is given, the sentence names the file.
 */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/str.h"
#include "core/text.h"

#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

/* A path that grows and shrinks by names. Always absolute and verbatim: `\\?\C:\dir`, so that Win32
 * takes no dot or blank off a name and has no limit of 260. */
struct win_path {
    wchar_t *s;
    size_t cch, cap;
    bool failed; /* memory ran out: s is NULL, all later calls fail */
};
/** Begin with an absolute path, in any spelling that Win32 takes. */
void win_path_set(struct win_path *path, const wchar_t *full);
/** Add a name, or several with backslashes between. @return false: out of memory */
bool win_path_push(struct win_path *path, const wchar_t *name);
/** Go back to a former length. */
void win_path_pop(struct win_path *path, size_t cch);
void win_path_free(struct win_path *path);
static inline void fvm_cleanup_win_path(struct win_path *path)
{
    win_path_free(path);
}
/** Without the `\\?\`. Borrowed. */
const wchar_t *win_path_plain(const struct win_path *path);

static inline void fvm_cleanup_wide(wchar_t **text)
{
    free(*text);
}
static inline void fvm_cleanup_chars(char **text)
{
    free(*text);
}
/** UTF-8 (WTF-8) to UTF-16. @return yours; NULL: bad bytes or out of memory */
wchar_t *win_wide(const char *utf8);
/** UTF-16 to UTF-8 (WTF-8). @return yours; NULL: out of memory */
char *win_utf8(const wchar_t *wide);
/** The same of a counted string. */
char *win_utf8_str(struct fvm_str str);
static inline struct fvm_str win_str(const wchar_t *text)
{
    return (struct fvm_str){(const uint16_t *)text, (uint32_t)wcslen(text)};
}

/** A FILETIME as nanoseconds since 1970. */
static inline int64_t win_unix_ns(int64_t filetime)
{
    return (filetime - 116444736000000000) * 100;
}

/** What GetLastError() says, as -errno. */
int win_code(DWORD error);
/** Write "cannot WHAT 'PATH': why" of GetLastError(). @return -errno */
int win_fail(struct fvm_error *err, const char *what, const struct win_path *path);
/** The same of any name and error. @param name UTF-8 */
int win_fail_name(struct fvm_error *err, const char *what, const char *name, DWORD error);
/** Put the path in front of a sentence. */
void win_prefix(struct fvm_error *err, const struct win_path *path);
int win_no_memory(struct fvm_error *err);

static inline void fvm_cleanup_handle(HANDLE *handle)
{
    if (*handle && *handle != INVALID_HANDLE_VALUE)
        CloseHandle(*handle);
}

/** Attributes of a name; INVALID_FILE_ATTRIBUTES: there is none. */
DWORD win_attributes(const struct win_path *path);
/** Read a whole file. @param out [out] yours @param max_cb larger ones are refused (-EFBIG) */
int win_read(struct fvm_text *out, const struct win_path *path, size_t max_cb,
             struct fvm_error *err);
/** Replace a file as one step: temporary name, then rename. A crash leaves the old or the new one.
 */
int win_write(const struct win_path *path, const void *bytes, size_t cb, struct fvm_error *err);
/** Give a file or directory another one's time of last write and attributes. @return false: see
 * GetLastError() */
bool win_copy_metadata(const struct win_path *from, const struct win_path *to);
/* A directory's time of last write, to be put back after names in it came or went. */
struct win_times {
    bool is_known;
    FILETIME written;
};
struct win_times win_times_of(const struct win_path *path);
/** What cannot be put back stays. */
void win_times_put_back(const struct win_path *path, const struct win_times *times);
/** Make a directory with all above it. */
int win_make_directories(const struct win_path *path, struct fvm_error *err);
/** Remove a name with everything below. A link is removed, not followed. Not there: 0. */
int win_remove_tree(struct win_path *path, struct fvm_error *err);
/** Bytes and number of all files below; what cannot be read counts nothing. */
void win_tree_size(struct win_path *path, uint64_t *cb, uint64_t *files);

/* Names in a directory with what Windows tells of them, in the order of fvm_path_cmp(). */
struct win_entry {
    wchar_t *name;
    char *utf8;
    DWORD attributes;
    uint64_t cb;
    FILETIME written;
    bool in_layer; /* of a VM's directory: the name is the layer's, not the host's */
};
struct win_entries {
    struct win_entry *at;
    size_t count, cap;
};
/**
 * Read a directory, without "." and "..".
 *
 * @param entries [in,out] what is there is added; empty at first
 * @return 0; -ENOENT, -ENOTDIR; -errno
 */
int win_list(struct win_entries *entries, const struct win_path *path);
/** Add a copy of an entry. @return 0; -ENOMEM */
int win_entries_add(struct win_entries *entries, const struct win_entry *entry);
/** Find a name without case. @return NULL: it is not there */
struct win_entry *win_entries_find(const struct win_entries *entries, struct fvm_str name);
/** Put them in order. */
void win_entries_sort(struct win_entries *entries);
void win_entries_free(struct win_entries *entries);
static inline void fvm_cleanup_win_entries(struct win_entries *entries)
{
    win_entries_free(entries);
}
