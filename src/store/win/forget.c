/* store/win/forget.c: changes go out of a layer; see keep.h. First the journal says what stays, as
 * one step; what then still lies in the layer is seen by the VM as before, and goes file by file.
 */
#include "store/lists.h"
#include "store/win/keep.h"

#include <errno.h>
#include <string.h>

/* Directories that were only copied for what was in them. */
static void prune(struct win_view *view, char drive, const char *path)
{
    FVM_CLEANUP(chars) char *part = strdup(path);
    char *slash;

    while (part && (slash = strrchr(part, '/'))) {
        FVM_CLEANUP(win_path) struct win_path name = {0};
        FVM_CLEANUP(win_place) struct win_place place = {0};
        DWORD host;

        *slash = 0;
        if (win_view_path(&name, drive, part) || win_view_look(&place, view, &name))
            return;
        host = win_attributes(&name);
        if (!place.is_in_place || host == INVALID_FILE_ATTRIBUTES ||
            !(host & FILE_ATTRIBUTE_DIRECTORY) ||
            !win_same_attributes(host, win_attributes(&place.layer)) ||
            !RemoveDirectoryW(place.layer.s))
            return;
    }
}

static int forget_change(struct win_view *view, char drive, const struct fvm_change *change,
                         struct fvm_error *err)
{
    FVM_CLEANUP(win_path) struct win_path name = {0};
    FVM_CLEANUP(win_path) struct win_path parent = {0};
    FVM_CLEANUP(win_place) struct win_place place = {0};
    struct win_times times;
    int result = 0;

    if (change->kind == FVM_DELETED)
        return 0;
    if (win_view_path(&name, drive, change->path) || win_view_look(&place, view, &name))
        return win_no_memory(err);
    /* For the VM nothing goes out of the folder that it is in. */
    win_path_set(&parent, place.layer.s);
    if (parent.failed)
        return win_no_memory(err);
    win_path_pop(&parent, (size_t)(wcsrchr(parent.s, '\\') - parent.s));
    times = win_times_of(&parent);
    if (change->kind == FVM_METADATA && change->node == FVM_DIRECTORY) {
        win_copy_metadata(&name, &place.layer); /* whatever is in it; the host's may be gone */
        RemoveDirectoryW(place.layer.s);        /* if nothing else is in it */
    } else {
        result = win_remove_tree(&place.layer, err);
    }
    win_times_put_back(&parent, &times);
    if (!result)
        prune(view, drive, change->path);
    return result;
}

int win_forget(struct win_view *view, const struct fvm_collection *picked, bool committed,
               struct fvm_error *err)
{
    struct win_picks picks[26] = {{0}};
    int result = 0;

    for (size_t i = 0; !result && i < picked->tree_count; i++) {
        const struct fvm_tree *tree = &picked->trees[i];

        if (win_picks_make(&picks[tree->shown[0] - 'A'], &tree->changes, committed))
            result = win_no_memory(err);
    }
    if (!result)
        result = win_marks_write(view, picks, err);
    for (size_t i = 0; i < ARRAY_LEN(picks); i++)
        win_picks_free(&picks[i]);
    for (size_t i = 0; !result && i < picked->tree_count; i++)
        for (size_t j = picked->trees[i].changes.count; !result && j-- > 0;)
            result = forget_change(view, picked->trees[i].shown[0], &picked->trees[i].changes.at[j],
                                   err);
    return result;
}
