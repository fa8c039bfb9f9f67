/* store/win/marks.c: a layer's journal written anew, without moves and without what is to be
 * forgotten; see keep.h. Files of the layer need no record: they say themselves that they are
 * there.
 */
#include "core/fold.h"
#include "core/journal.h"
#include "store/lists.h"
#include "store/win/keep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 1000 };

struct win_pick {
    const char *path;
    bool stands_for_all; /* below it */
    bool shows_host;     /* what is forgotten is on the host then */
};

struct writing {
    struct win_view *view;
    const struct win_picks *picks;
    struct fvm_text *out;
    struct win_path path;
    struct fvm_text below;
    struct fvm_error *err;
};

/* --- picks ----------------------------------------------------------------------------------- */

static int by_path(const void *a, const void *b)
{
    return fvm_name_cmp(((const struct win_pick *)a)->path, ((const struct win_pick *)b)->path);
}

int win_picks_make(struct win_picks *picks, const struct fvm_changes *changes, bool committed)
{
    picks->at = calloc(2 * changes->count + 1, sizeof(*picks->at));
    picks->count = 0;
    if (!picks->at)
        return -ENOMEM;
    for (size_t i = 0; i < changes->count; i++) {
        const struct fvm_change *change = &changes->at[i];
        bool is_new = change->kind == FVM_CREATED || change->kind == FVM_RENAMED;

        picks->at[picks->count++] = (struct win_pick){
            change->path, change->kind == FVM_RENAMED || change->kind == FVM_DELETED,
            committed || !is_new};
        if (change->from)
            picks->at[picks->count++] = (struct win_pick){change->from, true, true};
    }
    qsort(picks->at, picks->count, sizeof(*picks->at), by_path);
    return 0;
}

void win_picks_free(struct win_picks *picks)
{
    free(picks->at);
    *picks = (struct win_picks){0};
}

static const struct win_pick *find(const struct win_picks *picks, const char *path)
{
    const struct win_pick wanted = {.path = path};

    return picks->count ? bsearch(&wanted, picks->at, picks->count, sizeof(*picks->at), by_path)
                        : NULL;
}

/* The path itself, or something above it that stands for it. @return out of memory counts as yes:
 * checked by the caller's text */
static bool is_picked(const struct win_picks *picks, const char *path)
{
    FVM_CLEANUP(chars) char *part = NULL;
    char *slash;

    if (find(picks, path))
        return true;
    part = strdup(path);
    while (part && (slash = strrchr(part, '/'))) {
        const struct win_pick *above;

        *slash = 0;
        above = find(picks, part);
        if (above && above->stands_for_all)
            return true;
    }
    return false;
}

/* Is something below a directory to show the host's again? */
static bool shows_below(const struct win_picks *picks, const char *path)
{
    size_t cb = strlen(path);

    for (size_t i = 0; i < picks->count; i++) {
        const char *at = picks->at[i].path;

        if (picks->at[i].shows_host && strlen(at) > cb && at[cb] == '/' &&
            !fvm_name_cmp_n(at, cb, path, cb))
            return true;
    }
    return false;
}

/* --- records --------------------------------------------------------------------------------- */

static int add_record(struct writing *writing, enum fvm_journal_kind kind)
{
    struct fvm_journal_record record = {.kind = kind,
                                        .path = win_str(win_path_plain(&writing->path))};
    uint32_t cb = fvm_journal_cb(&record);
    uint8_t *bytes = malloc(cb);

    if (!bytes)
        return win_no_memory(writing->err);
    fvm_journal_write(bytes, &record);
    fvm_text_add(writing->out, (const char *)bytes, cb);
    free(bytes);
    return writing->out->failed ? win_no_memory(writing->err) : 0;
}

typedef int on_name(struct writing *writing, const struct win_entry *entry, unsigned depth);

/* With the name behind the path. */
static int with_name(struct writing *writing, const struct win_entry *entry, unsigned depth,
                     on_name *act)
{
    size_t cch = writing->path.cch, cb = writing->below.cb;
    int result;

    if (cb)
        fvm_text_putc(&writing->below, '/');
    fvm_text_puts(&writing->below, entry->utf8);
    if (!win_path_push(&writing->path, entry->name) || writing->below.failed)
        return win_no_memory(writing->err);
    result = act(writing, entry, depth);
    win_path_pop(&writing->path, cch);
    writing->below.cb = cb;
    writing->below.s[cb] = 0;
    return result;
}

/* --- directories that hide the host's ----------------------------------------------------------
 */

static int expand_name(struct writing *writing, const struct win_entry *entry, unsigned depth);

/* A directory of the layer in which the host's names are not to show. One of them is to show again:
 * then the others are marked one by one. */
static int hide_names(struct writing *writing, unsigned depth)
{
    FVM_CLEANUP(win_entries) struct win_entries host = {0};
    int result;

    if (depth > DEPTH)
        return fvm_fail(writing->err, -ELOOP, "cannot mark '%s': more than 1000 directories deep",
                        writing->below.s);
    if (!shows_below(writing->picks, writing->below.s))
        return add_record(writing, FVM_JOURNAL_OPAQUE);
    result = win_list(&host, &writing->path);
    if (result && result != -ENOENT && result != -ENOTDIR)
        return win_fail(writing->err, "list", &writing->path);
    result = 0;
    for (size_t i = 0; !result && i < host.count; i++)
        result = with_name(writing, &host.at[i], depth + 1, expand_name);
    return result;
}

static int expand_name(struct writing *writing, const struct win_entry *entry, unsigned depth)
{
    FVM_CLEANUP(win_place) struct win_place place = {0};
    DWORD attributes;
    int result = win_view_look(&place, writing->view, &writing->path);

    if (result)
        return win_no_memory(writing->err);
    attributes = win_attributes(&place.layer);
    if (is_picked(writing->picks, writing->below.s))
        return 0;
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return add_record(writing, FVM_JOURNAL_OWN);
    if (win_node_of(attributes) == FVM_DIRECTORY && win_node_of(entry->attributes) == FVM_DIRECTORY)
        return hide_names(writing, depth);
    return 0;
}

/* --- directories in place ----------------------------------------------------------------------
 */

static int visit(struct writing *writing, unsigned depth);

static int visit_name(struct writing *writing, const struct win_entry *entry, unsigned depth)
{
    FVM_CLEANUP(win_place) struct win_place place = {0};
    DWORD attributes;

    (void)entry;
    if (win_view_look(&place, writing->view, &writing->path))
        return win_no_memory(writing->err);
    attributes = win_attributes(&place.layer);
    if (place.is_in_place)
        return visit(writing, depth + 1);
    if (!place.is_own || is_picked(writing->picks, writing->below.s))
        return 0;
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return add_record(writing, FVM_JOURNAL_OWN);
    return win_node_of(attributes) == FVM_DIRECTORY ? hide_names(writing, depth) : 0;
}

/* All marked names of a directory in which the host's show. */
static int visit(struct writing *writing, unsigned depth)
{
    FVM_CLEANUP(win_place) struct win_place place = {0};
    struct fvm_index_cursor cursor;
    struct fvm_index_child child;
    int result = win_view_look(&place, writing->view, &writing->path);

    if (result || !place.node)
        return result ? win_no_memory(writing->err) : 0;
    cursor = (struct fvm_index_cursor){.node = place.node};
    while (!result && !fvm_failed(fvm_index_next_child(&writing->view->index, &cursor, &child))) {
        FVM_CLEANUP(wide) wchar_t *name = calloc(child.name.cch + 1u, sizeof(*name));
        FVM_CLEANUP(chars) char *utf8 = win_utf8_str(child.name);
        struct win_entry entry = {.name = name, .utf8 = utf8};

        if (!name || !utf8)
            return win_no_memory(writing->err);
        memcpy(name, child.name.s, child.name.cch * sizeof(*name));
        result = with_name(writing, &entry, depth, visit_name);
    }
    return result;
}

int win_marks_write(struct win_view *view, const struct win_picks picks[26], struct fvm_error *err)
{
    FVM_CLEANUP(text) struct fvm_text journal = {0};
    FVM_CLEANUP(win_path) struct win_path path = {0};
    int result = 0;

    for (int i = 0; !result && i < 26; i++) {
        struct writing writing = {.view = view, .picks = &picks[i], .out = &journal, .err = err};
        wchar_t root[] = {(wchar_t)('A' + i), ':', 0};

        win_path_set(&writing.path, root);
        result = writing.path.failed ? win_no_memory(err) : visit(&writing, 0);
        win_path_free(&writing.path);
        fvm_text_free(&writing.below);
    }
    win_path_set(&path, view->layer.s);
    if (!result && !win_path_push(&path, L"journal"))
        result = win_no_memory(err);
    return result ? result : win_write(&path, journal.s ? journal.s : "", journal.cb, err);
}
