/* store/win/view.c: see view.h. */
#include "store/win/view.h"

#include "launcher/win/spawn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_CCH = FVM_INDEX_PATH_CCH + 8, INDEX_CB = FVM_INDEX_CB };

int win_view_open(struct win_view *view, const struct win_store *store, const struct win_kept *kept,
                  struct fvm_error *err)
{
    uint64_t journal_cb;
    DWORD error = 0;
    int result;

    *view = (struct win_view){.memory = calloc(1, INDEX_CB),
                              .units = malloc(sizeof(*view->units) * 2 * NAME_CCH)};
    result = win_kept_layer(&view->layer, kept, err);
    win_path_set(&view->hidden, store->path.s);
    if (!result && (!view->memory || !view->units || view->hidden.failed))
        result = win_no_memory(err);
    if (!result && fvm_failed(fvm_index_init(&view->index, view->memory, INDEX_CB, 1)))
        result = win_no_memory(err);
    if (!result)
        error = win_layer_index(&view->index, win_path_plain(&view->layer), &journal_cb);
    if (error)
        result = fvm_fail(err, -EIO, "VM '%s': %s", kept->name, win_layer_failed(error));
    if (result)
        win_view_close(view);
    return result;
}

void win_view_close(struct win_view *view)
{
    free(view->memory);
    free(view->units);
    win_path_free(&view->layer);
    win_path_free(&view->hidden);
    *view = (struct win_view){0};
}

void win_place_free(struct win_place *place)
{
    win_path_free(&place->layer);
    win_path_free(&place->host);
}

/* `C:\dir` of the layer is layers\1\files\C\dir. */
static void set_layer(struct win_path *path, const struct win_view *view, const wchar_t *name)
{
    wchar_t drive[] = {name[0], 0};

    win_path_set(path, view->layer.s);
    win_path_push(path, L"files");
    win_path_push(path, drive);
    if (name[2] == '\\' && name[3])
        win_path_push(path, name + 3);
}

int win_view_look(struct win_place *place, struct win_view *view, const struct win_path *path)
{
    struct fvm_buf layer = {view->units, 0, NAME_CCH - 1};
    struct fvm_buf host = {view->units + (size_t)NAME_CCH, 0, NAME_CCH - 1};
    struct fvm_index_hit hit;

    *place = (struct win_place){.node = 0};
    if (path->failed)
        return -ENOMEM;
    if (fvm_failed(
            fvm_index_lookup(&view->index, win_str(win_path_plain(path)), &hit, &layer, &host)))
        return -EINVAL;
    layer.s[layer.cch] = host.s[host.cch] = 0;
    place->is_own = hit.answer == FVM_INDEX_IS_OWN || hit.answer == FVM_INDEX_BELOW_OWN;
    place->shows_host = host.cch && hit.answer != FVM_INDEX_BELOW_OWN &&
                        (hit.answer != FVM_INDEX_IS_OWN || hit.flags & FVM_INDEX_MERGED);
    place->is_in_place =
        place->shows_host && fvm_str_eq_fold(fvm_buf_str(&host), win_str(win_path_plain(path)));
    place->node = hit.is_complete ? hit.node : 0;
    set_layer(&place->layer, view, (const wchar_t *)layer.s);
    if (host.cch)
        win_path_set(&place->host, (const wchar_t *)host.s);
    if (!place->layer.failed && !place->host.failed)
        return 0;
    win_place_free(place);
    return -ENOMEM;
}

/* @return flags of the mark; 0: there is none; UINT32_MAX: a link on the way to marks */
static uint32_t mark_of(const struct win_view *view, const struct win_place *place,
                        struct fvm_str name)
{
    struct fvm_index_cursor cursor = {.node = place->node};
    struct fvm_index_child child;

    while (place->node && !fvm_failed(fvm_index_next_child(&view->index, &cursor, &child)))
        if (fvm_str_eq_fold(child.name, name))
            return child.flags ? child.flags : UINT32_MAX;
    return 0;
}

bool win_view_owns(struct win_view *view, const struct win_place *place, struct fvm_str name)
{
    uint32_t flags = mark_of(view, place, name);

    return flags != UINT32_MAX && flags & FVM_INDEX_OWN;
}

int win_view_list(struct win_entries *entries, struct win_view *view, const struct win_place *place,
                  bool only_marked)
{
    FVM_CLEANUP(win_entries) struct win_entries host = {0};
    int result = win_list(entries, &place->layer);

    if (result && result != -ENOENT && result != -ENOTDIR)
        return result;
    for (size_t i = 0; i < entries->count; i++)
        entries->at[i].in_layer = true;
    if (!place->shows_host)
        return 0;
    result = win_list(&host, &place->host);
    if (result)
        return result == -ENOENT || result == -ENOTDIR ? 0 : result;
    for (size_t i = 0; !result && i < host.count; i++) {
        struct fvm_str name = win_str(host.at[i].name);
        uint32_t flags = mark_of(view, place, name);

        if ((flags != UINT32_MAX && flags & FVM_INDEX_OWN) || (only_marked && !flags) ||
            win_entries_find(entries, name))
            continue;
        result = win_entries_add(entries, &host.at[i]);
    }
    win_entries_sort(entries);
    return result;
}

int win_view_real(struct win_path *real, struct win_view *view, const struct win_path *path)
{
    FVM_CLEANUP(win_place) struct win_place place = {0};
    int result = win_view_look(&place, view, path);

    if (result)
        return result;
    win_path_set(real, win_attributes(&place.layer) != INVALID_FILE_ATTRIBUTES || place.is_own
                           ? place.layer.s
                           : place.host.s);
    return real->failed ? -ENOMEM : 0;
}

int win_view_path(struct win_path *path, char drive, const char *below)
{
    wchar_t root[] = {(wchar_t)drive, ':', 0};
    FVM_CLEANUP(wide) wchar_t *wide = win_wide(below);

    if (!wide)
        return -ENOMEM;
    for (wchar_t *c = wide; *c; c++)
        if (*c == '/')
            *c = '\\';
    win_path_set(path, root);
    if (*wide)
        win_path_push(path, wide);
    return path->failed ? -ENOMEM : 0;
}
