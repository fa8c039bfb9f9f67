/* store/win/settle.c: moved directories of the host get their content; see keep.h. */
#include "store/win/keep.h"

#include <errno.h>

enum { DEPTH = 1000 };

struct filling {
    struct win_view *view;
    struct win_path path; /* virtual */
    struct fvm_error *err;
    bool has_moved;
};

/* Whole under a name of work\, then renamed. */
static int copy_file(struct filling *filling, const struct win_path *from,
                     const struct win_path *to)
{
    FVM_CLEANUP(win_path) struct win_path temp = {0};

    win_path_set(&temp, filling->view->layer.s);
    if (!win_path_push(&temp, L"work\\settle"))
        return win_no_memory(filling->err);
    SetFileAttributesW(temp.s, FILE_ATTRIBUTE_NORMAL); /* a crash may have left it read-only */
    if (!CopyFileW(from->s, temp.s, FALSE) || !win_copy_metadata(from, &temp) ||
        !MoveFileExW(temp.s, to->s, 0))
        return win_fail(filling->err, "copy", from);
    return 0;
}

static int fill(struct filling *filling, unsigned depth);

static int fill_name(struct filling *filling, const struct win_place *above,
                     const struct win_entry *entry, unsigned depth)
{
    FVM_CLEANUP(win_path) struct win_path from = {0};
    FVM_CLEANUP(win_path) struct win_path to = {0};
    enum fvm_node node = win_node_of(entry->attributes);
    size_t cch = filling->path.cch;
    int result = 0;

    if (!win_path_push(&filling->path, entry->name))
        return win_no_memory(filling->err);
    if (!entry->in_layer && !above->is_in_place) {
        win_path_set(&from, above->host.s);
        win_path_set(&to, above->layer.s);
        if (!win_path_push(&from, entry->name) || !win_path_push(&to, entry->name))
            return win_no_memory(filling->err);
        if (node == FVM_SYMLINK)
            return fvm_fail(filling->err, -EPERM,
                            "'%ls' is a link in a moved folder: FVM does not copy links",
                            win_path_plain(&from));
        if (node == FVM_FILE)
            result = copy_file(filling, &from, &to);
        else if ((!CreateDirectoryW(to.s, NULL) && GetLastError() != ERROR_ALREADY_EXISTS) ||
                 !win_copy_metadata(&from, &to))
            result = win_fail(filling->err, "make folder", &to);
    }
    if (!result && node == FVM_DIRECTORY)
        result = fill(filling, depth + 1);
    win_path_pop(&filling->path, cch);
    return result;
}

static int fill(struct filling *filling, unsigned depth)
{
    FVM_CLEANUP(win_place) struct win_place place = {0};
    FVM_CLEANUP(win_entries) struct win_entries entries = {0};
    struct win_times times;
    int result;

    if (depth > DEPTH)
        return fvm_fail(filling->err, -ELOOP, "a moved folder is more than 1000 folders deep");
    if (win_view_look(&place, filling->view, &filling->path))
        return win_no_memory(filling->err);
    if (place.is_in_place && !place.node)
        return 0;
    filling->has_moved |= place.shows_host && !place.is_in_place;
    times = win_times_of(&place.layer);
    result = win_view_list(&entries, filling->view, &place, place.is_in_place);
    if (result)
        return win_fail(filling->err, "list", &filling->path);
    for (size_t i = 0; !result && i < entries.count; i++)
        if (entries.at[i].in_layer || place.shows_host)
            result = fill_name(filling, &place, &entries.at[i], depth);
    /* For the VM nothing came into it. */
    win_times_put_back(&place.layer, &times);
    return result;
}

int win_settle(struct win_view *view, const struct win_store *store, const struct win_kept *kept,
               struct fvm_error *err)
{
    static const struct win_picks none[26];
    struct filling filling = {.view = view, .err = err};
    int result = 0;

    for (int i = 0; !result && i < 26; i++) {
        wchar_t root[] = {(wchar_t)('A' + i), ':', 0};

        win_path_set(&filling.path, root);
        result = filling.path.failed ? win_no_memory(err) : fill(&filling, 0);
    }
    win_path_free(&filling.path);
    if (result || !filling.has_moved)
        return result;
    result = win_marks_write(view, none, err);
    win_view_close(view);
    return result ? result : win_view_open(view, store, kept, err);
}
