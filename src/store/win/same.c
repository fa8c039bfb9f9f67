/* store/win/same.c: are two files, two trees the same? See view.h. */
#include "store/lists.h"
#include "store/win/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_CB = 65536, DEPTH = 1000 };

enum fvm_node win_node_of(DWORD attributes)
{
    if (attributes & FILE_ATTRIBUTE_REPARSE_POINT)
        return FVM_SYMLINK;
    return attributes & FILE_ATTRIBUTE_DIRECTORY ? FVM_DIRECTORY : FVM_FILE;
}

bool win_same_attributes(DWORD a, DWORD b)
{
    const DWORD telling = FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM;

    return !((a ^ b) & telling);
}

static HANDLE open_file(const struct win_path *path)
{
    return path->failed ? INVALID_HANDLE_VALUE
                        : CreateFileW(path->s, GENERIC_READ,
                                      FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                                      OPEN_EXISTING, FILE_FLAG_SEQUENTIAL_SCAN, NULL);
}

int win_same_content(const struct win_path *a, const struct win_path *b)
{
    FVM_CLEANUP(handle) HANDLE a_file = open_file(a);
    FVM_CLEANUP(handle) HANDLE b_file = open_file(b);
    static char a_bytes[CHUNK_CB], b_bytes[CHUNK_CB];
    LARGE_INTEGER a_cb, b_cb;
    DWORD a_got, b_got;

    if (a_file == INVALID_HANDLE_VALUE || b_file == INVALID_HANDLE_VALUE ||
        !GetFileSizeEx(a_file, &a_cb) || !GetFileSizeEx(b_file, &b_cb))
        return win_code(GetLastError());
    if (a_cb.QuadPart != b_cb.QuadPart)
        return 0;
    do {
        if (!ReadFile(a_file, a_bytes, CHUNK_CB, &a_got, NULL) ||
            !ReadFile(b_file, b_bytes, CHUNK_CB, &b_got, NULL))
            return win_code(GetLastError());
        if (a_got != b_got || memcmp(a_bytes, b_bytes, a_got) != 0)
            return 0;
    } while (a_got);
    return 1;
}

/* --- trees ----------------------------------------------------------------------------------- */

static bool same_tree(struct win_view *view, struct win_path *host, struct win_path *path,
                      unsigned depth);

static bool same_entry(struct win_view *view, struct win_path *host, struct win_path *path,
                       const struct win_entry *a, const struct win_entry *b, unsigned depth)
{
    FVM_CLEANUP(win_path) struct win_path real = {0};
    size_t host_cch = host->cch, path_cch = path->cch;
    enum fvm_node node = win_node_of(a->attributes);
    bool same;

    if (wcscmp(a->name, b->name) != 0 || node != win_node_of(b->attributes) || a->cb != b->cb ||
        node == FVM_SYMLINK || !win_path_push(host, a->name) || !win_path_push(path, b->name))
        return false;
    if (node == FVM_DIRECTORY)
        same = same_tree(view, host, path, depth + 1);
    else
        same = !win_view_real(&real, view, path) && win_same_content(host, &real) == 1;
    win_path_pop(host, host_cch);
    win_path_pop(path, path_cch);
    return same;
}

static bool same_tree(struct win_view *view, struct win_path *host, struct win_path *path,
                      unsigned depth)
{
    FVM_CLEANUP(win_place) struct win_place place = {0};
    FVM_CLEANUP(win_entries) struct win_entries a = {0};
    FVM_CLEANUP(win_entries) struct win_entries b = {0};

    if (depth > DEPTH || win_view_look(&place, view, path) ||
        win_view_list(&b, view, &place, false) || win_list(&a, host) || a.count != b.count)
        return false;
    for (size_t i = 0; i < a.count; i++)
        if (!same_entry(view, host, path, &a.at[i], &b.at[i], depth))
            return false;
    return true;
}

bool win_same_tree(struct win_view *view, const struct win_path *host, const struct win_path *path)
{
    FVM_CLEANUP(win_path) struct win_path a = {0};
    FVM_CLEANUP(win_path) struct win_path b = {0};

    win_path_set(&a, host->s);
    win_path_set(&b, path->s);
    return !a.failed && !b.failed && same_tree(view, &a, &b, 0);
}

/* --- renames --------------------------------------------------------------------------------- */

struct search {
    struct win_view *view;
    char drive;
};

static int find(struct win_path *real, const struct search *search, bool in_layer, const char *path)
{
    FVM_CLEANUP(win_path) struct win_path name = {0};
    int result = win_view_path(&name, search->drive, path);

    if (result || in_layer)
        return result ? result : win_view_real(real, search->view, &name);
    win_path_set(real, name.s);
    return real->failed ? -ENOMEM : 0;
}

static bool hash_file(void *context, bool in_layer, const char *path, uint64_t *left_cb,
                      uint64_t *hash)
{
    static char bytes[CHUNK_CB];
    FVM_CLEANUP(win_path) struct win_path real = {0};
    FVM_CLEANUP(handle) HANDLE file = NULL;
    LARGE_INTEGER cb;
    DWORD got;

    if (find(&real, context, in_layer, path))
        return false;
    file = open_file(&real);
    if (file == INVALID_HANDLE_VALUE || !GetFileSizeEx(file, &cb) ||
        (uint64_t)cb.QuadPart > *left_cb)
        return false;
    *left_cb -= (uint64_t)cb.QuadPart;
    *hash = fvm_hash_mix(0, (uint64_t)cb.QuadPart);
    do {
        if (!ReadFile(file, bytes, CHUNK_CB, &got, NULL))
            return false;
        *hash = fvm_hash_mix(*hash, fvm_hash_bytes(bytes, got));
    } while (got);
    return true;
}

static bool same_file(void *context, const char *host_path, const char *layer_path)
{
    FVM_CLEANUP(win_path) struct win_path a = {0};
    FVM_CLEANUP(win_path) struct win_path b = {0};

    return !find(&a, context, false, host_path) && !find(&b, context, true, layer_path) &&
           win_same_content(&a, &b) == 1;
}

static bool shape_of(struct win_path *path, struct fvm_shape *shape, unsigned depth)
{
    FVM_CLEANUP(win_entries) struct win_entries entries = {0};
    size_t cch = path->cch;

    if (depth > DEPTH || win_list(&entries, path))
        return false;
    for (size_t i = 0; i < entries.count; i++) {
        const struct win_entry *entry = &entries.at[i];
        enum fvm_node node = win_node_of(entry->attributes);
        struct fvm_shape below = {0};

        if (!win_path_push(path, entry->name) ||
            (node == FVM_DIRECTORY && !shape_of(path, &below, depth + 1)))
            return false;
        win_path_pop(path, cch);
        fvm_shape_add(shape, entry->utf8, node, entry->cb, &below);
    }
    return true;
}

static bool host_shape(void *context, const char *path, struct fvm_shape *shape)
{
    FVM_CLEANUP(win_path) struct win_path host = {0};

    return !find(&host, context, false, path) && shape_of(&host, shape, 0);
}

static bool same_directory(void *context, const char *host_path, const char *layer_path)
{
    const struct search *search = context;
    FVM_CLEANUP(win_path) struct win_path host = {0};
    FVM_CLEANUP(win_path) struct win_path path = {0};

    return !find(&host, search, false, host_path) &&
           !win_view_path(&path, search->drive, layer_path) &&
           win_same_tree(search->view, &host, &path);
}

int win_find_renames(struct fvm_changes *changes, const bool *hidden, struct win_view *view,
                     char drive, struct fvm_error *err)
{
    struct search search = {view, drive};
    const struct fvm_rename_ops ops = {hash_file, same_file, host_shape, same_directory, &search};

    return fvm_changes_pair(changes, hidden, &ops) ? win_no_memory(err) : 0;
}
