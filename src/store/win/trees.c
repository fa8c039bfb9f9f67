/* store/win/trees.c: directories and what is below them; see files.h. */
#include "store/lists.h"
#include "store/win/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_real_directory(DWORD attributes)
{
    return attributes & FILE_ATTRIBUTE_DIRECTORY && !(attributes & FILE_ATTRIBUTE_REPARSE_POINT);
}

/* --- lists ----------------------------------------------------------------------------------- */

int win_entries_add(struct win_entries *entries, const struct win_entry *entry)
{
    struct win_entry copy = *entry;

    if (entries->count == entries->cap) {
        size_t cap = entries->cap ? entries->cap * 2 : 32;
        struct win_entry *grown = realloc(entries->at, cap * sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        entries->at = grown;
        entries->cap = cap;
    }
    copy.name = _wcsdup(entry->name);
    copy.utf8 = win_utf8(entry->name);
    if (!copy.name || !copy.utf8) {
        free(copy.name);
        free(copy.utf8);
        return -ENOMEM;
    }
    entries->at[entries->count++] = copy;
    return 0;
}

static int add_found(struct win_entries *entries, WIN32_FIND_DATAW *found)
{
    struct win_entry entry = {.name = found->cFileName,
                              .attributes = found->dwFileAttributes,
                              .cb = (uint64_t)found->nFileSizeHigh << 32 | found->nFileSizeLow,
                              .written = found->ftLastWriteTime};

    if (entry.attributes & FILE_ATTRIBUTE_DIRECTORY)
        entry.cb = 0;
    return win_entries_add(entries, &entry);
}

int win_list(struct win_entries *entries, const struct win_path *path)
{
    FVM_CLEANUP(win_path) struct win_path mask = {0};
    WIN32_FIND_DATAW found;
    HANDLE find;
    int result = 0;

    win_path_set(&mask, path->s);
    if (!win_path_push(&mask, L"*"))
        return -ENOMEM;
    find = FindFirstFileW(mask.s, &found);
    if (find == INVALID_HANDLE_VALUE)
        return win_code(GetLastError());
    do {
        if (wcscmp(found.cFileName, L".") != 0 && wcscmp(found.cFileName, L"..") != 0)
            result = add_found(entries, &found);
    } while (!result && FindNextFileW(find, &found));
    if (!result && GetLastError() != ERROR_NO_MORE_FILES)
        result = win_code(GetLastError());
    FindClose(find);
    win_entries_sort(entries);
    return result;
}

static int by_name(const void *a, const void *b)
{
    return fvm_path_cmp(((const struct win_entry *)a)->utf8, ((const struct win_entry *)b)->utf8);
}

void win_entries_sort(struct win_entries *entries)
{
    if (entries->count)
        qsort(entries->at, entries->count, sizeof(*entries->at), by_name);
}

struct win_entry *win_entries_find(const struct win_entries *entries, struct fvm_str name)
{
    for (size_t i = 0; i < entries->count; i++)
        if (fvm_str_eq_fold(win_str(entries->at[i].name), name))
            return &entries->at[i];
    return NULL;
}

void win_entries_free(struct win_entries *entries)
{
    for (size_t i = 0; i < entries->count; i++) {
        free(entries->at[i].name);
        free(entries->at[i].utf8);
    }
    free(entries->at);
    *entries = (struct win_entries){0};
}

/* --- trees ----------------------------------------------------------------------------------- */

static int remove_below(struct win_path *path, struct fvm_error *err)
{
    FVM_CLEANUP(win_entries) struct win_entries entries = {0};
    size_t cch = path->cch;
    int result = win_list(&entries, path);

    if (result == -ENOENT)
        return 0;
    if (result)
        return win_fail(err, "list", path);
    for (size_t i = 0; !result && i < entries.count; i++) {
        if (!win_path_push(path, entries.at[i].name))
            return win_no_memory(err);
        result = win_remove_tree(path, err);
        win_path_pop(path, cch);
    }
    return result;
}

int win_remove_tree(struct win_path *path, struct fvm_error *err)
{
    DWORD attributes = win_attributes(path), error;
    int result = 0;

    if (path->failed)
        return win_no_memory(err);
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return 0;
    if (attributes & FILE_ATTRIBUTE_READONLY)
        SetFileAttributesW(path->s, attributes & ~(DWORD)FILE_ATTRIBUTE_READONLY);
    if (is_real_directory(attributes))
        result = remove_below(path, err);
    if (result)
        return result;
    if (attributes & FILE_ATTRIBUTE_DIRECTORY ? RemoveDirectoryW(path->s) : DeleteFileW(path->s))
        return 0;
    error = GetLastError();
    /* Two may sweep the same. */
    if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND)
        return 0;
    return win_fail(err, "remove", path);
}

void win_tree_size(struct win_path *path, uint64_t *cb, uint64_t *files)
{
    FVM_CLEANUP(win_entries) struct win_entries entries = {0};
    size_t cch = path->cch;

    if (win_list(&entries, path))
        return;
    for (size_t i = 0; i < entries.count; i++) {
        if (is_real_directory(entries.at[i].attributes)) {
            if (!win_path_push(path, entries.at[i].name))
                return;
            win_tree_size(path, cb, files);
            win_path_pop(path, cch);
        } else {
            *cb += entries.at[i].cb;
            ++*files;
        }
    }
}
