/* store/win/diff.c: what a VM changed, against the Windows it stands on; see view.h. What a pair of
 * names means is decided in store/tree_decide.c. */
#include "core/reg.h"
#include "store/lists.h"
#include "store/tree_decide.h"
#include "store/win/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 1000 };

struct walk {
    struct win_view *view;
    struct fvm_changes *changes;
    bool *hidden; /* one per change */
    size_t hidden_cap;
    struct win_path path;  /* virtual */
    struct fvm_text below; /* the same below the drive: a/b */
    struct fvm_error *err;
};
/* One name of a directory, in the VM and on the host. */
struct item {
    const struct win_entry *vm, *host;
    bool is_deleted;
};

static int by_name(const void *a, const void *b)
{
    const struct item *x = a, *y = b;

    return fvm_path_cmp((x->vm ? x->vm : x->host)->utf8, (y->vm ? y->vm : y->host)->utf8);
}

static int add_change(struct walk *walk, const struct item *item, enum fvm_change_kind kind,
                      bool is_hidden)
{
    struct fvm_change change = {.kind = kind, .path = walk->below.s};

    if (item->host) {
        change.node = win_node_of(item->host->attributes);
        change.cb_before = item->host->cb;
    }
    if (item->vm) {
        change.node = win_node_of(item->vm->attributes);
        change.cb_after = item->vm->cb;
    }

    if (walk->changes->count == walk->hidden_cap) {
        size_t cap = walk->hidden_cap ? walk->hidden_cap * 2 : 64;
        bool *grown = realloc(walk->hidden, cap * sizeof(*grown));

        if (!grown)
            return win_no_memory(walk->err);
        walk->hidden = grown;
        walk->hidden_cap = cap;
    }
    walk->hidden[walk->changes->count] = is_hidden;
    return fvm_changes_add(walk->changes, &change) ? win_no_memory(walk->err) : 0;
}

/* Two files of one name. @param item both are there */
static int compare(struct walk *walk, const struct item *item, struct fvm_pair *pair)
{
    FVM_CLEANUP(win_path) struct win_path real = {0};
    int same;

    if (pair->layer == FVM_SYMLINK) {
        pair->content = FVM_CONTENT_OTHER; /* a link that the VM made or touched: told once more */
        return 0;
    }
    if (item->vm->cb != item->host->cb) {
        pair->content = FVM_CONTENT_OTHER;
        return 0;
    }
    same = win_view_real(&real, walk->view, &walk->path);
    if (!same)
        same = win_same_content(&real, &walk->path);
    if (same < 0)
        return win_fail(walk->err, "compare", &walk->path);
    pair->content = same ? FVM_CONTENT_SAME : FVM_CONTENT_OTHER;
    return 0;
}

static bool same_metadata(const struct item *item)
{
    if (!win_same_attributes(item->vm->attributes, item->host->attributes))
        return false;
    return item->vm->attributes & FILE_ATTRIBUTE_DIRECTORY ||
           !CompareFileTime(&item->vm->written, &item->host->written);
}

/* @param pair [in,out] what is known of the name */
static int judge(struct walk *walk, const struct item *item, struct fvm_pair *pair)
{
    enum fvm_change_kind kind;
    enum fvm_verdict verdict;
    int result = 0;

    pair->on_host = item->host;
    pair->in_layer = item->vm || item->is_deleted;
    pair->deletion = item->is_deleted;
    if (item->vm)
        pair->layer = win_node_of(item->vm->attributes);
    if (item->host)
        pair->host = win_node_of(item->host->attributes);
    if (item->vm && item->host)
        pair->same_metadata = same_metadata(item);
    verdict = fvm_decide(pair, &kind);
    if (verdict == FVM_NEEDS_CONTENT && item->vm && item->host) {
        result = compare(walk, item, pair);
        verdict = result ? FVM_IS_NO_CHANGE : fvm_decide(pair, &kind);
    }
    return !result && verdict == FVM_IS_CHANGE ? add_change(walk, item, kind, pair->hidden)
                                               : result;
}

static int visit(struct walk *walk, bool is_hidden, unsigned depth);

/* @param in_place the directory that it is in shows the host's of its own name */
static int visit_item(struct walk *walk, const struct item *item, bool in_place, bool is_hidden,
                      unsigned depth)
{
    FVM_CLEANUP(win_place) struct win_place place = {0};
    struct fvm_pair pair = {.hidden = is_hidden};
    bool is_directory = item->vm && win_node_of(item->vm->attributes) == FVM_DIRECTORY;
    int result = 0;

    if (is_directory)
        result = win_view_look(&place, walk->view, &walk->path);
    if (result)
        return fvm_fail(walk->err, result, "cannot read the marks of '%s'", walk->below.s);
    pair.opaque = is_directory && item->host && !place.is_in_place;
    /* Nothing is said of the name itself where only something below it is marked. */
    if (!in_place || !item->vm || item->vm->in_layer)
        result = judge(walk, item, &pair);
    if (!result && is_directory)
        result = visit(walk, is_hidden || pair.opaque, depth + 1);
    return result;
}

static int visit_named(struct walk *walk, const struct item *item, bool in_place, bool is_hidden,
                       unsigned depth)
{
    const struct win_entry *entry = item->vm ? item->vm : item->host;
    size_t cch = walk->path.cch, cb = walk->below.cb;
    int result;

    if (cb)
        fvm_text_putc(&walk->below, '/');
    fvm_text_puts(&walk->below, entry->utf8);
    if (!win_path_push(&walk->path, entry->name) || walk->below.failed)
        return win_no_memory(walk->err);
    result = fvm_str_eq_fold(win_str(walk->path.s), win_str(walk->view->hidden.s))
                 ? 0
                 : visit_item(walk, item, in_place, is_hidden, depth);
    win_path_pop(&walk->path, cch);
    walk->below.cb = cb;
    if (walk->below.s)
        walk->below.s[cb] = 0;
    return result;
}

/* All names of both that something may be said of. @return how many; -ENOMEM */
static long gather(struct item **out, struct walk *walk, const struct win_place *place,
                   const struct win_entries *vm, const struct win_entries *host, bool is_hidden)
{
    struct item *items = calloc(vm->count + host->count + 1, sizeof(*items));
    long count = 0;

    *out = items;
    if (!items)
        return -ENOMEM;
    for (size_t i = 0; i < vm->count; i++)
        items[count++] =
            (struct item){&vm->at[i], win_entries_find(host, win_str(vm->at[i].name)), false};
    for (size_t i = 0; i < host->count; i++) {
        struct fvm_str name = win_str(host->at[i].name);
        bool is_deleted = place->is_in_place && win_view_owns(walk->view, place, name);

        if ((is_deleted || is_hidden || !place->is_in_place) && !win_entries_find(vm, name))
            items[count++] = (struct item){NULL, &host->at[i], is_deleted};
    }
    qsort(items, (size_t)count, sizeof(*items), by_name);
    return count;
}

static int visit(struct walk *walk, bool is_hidden, unsigned depth)
{
    FVM_CLEANUP(win_place) struct win_place place = {0};
    FVM_CLEANUP(win_entries) struct win_entries vm = {0};
    FVM_CLEANUP(win_entries) struct win_entries host = {0};
    struct item *items = NULL;
    long count = 0;
    int result = win_view_look(&place, walk->view, &walk->path);

    if (depth > DEPTH)
        return fvm_fail(walk->err, -ELOOP, "cannot read '%s': more than 1000 directories deep",
                        walk->below.s);
    if (result)
        return fvm_fail(walk->err, result, "cannot read the marks of '%s'", walk->below.s);
    if (place.is_in_place && !place.node)
        return 0; /* nothing is marked below */
    result = win_view_list(&vm, walk->view, &place, place.is_in_place);
    if (result)
        return win_fail(walk->err, "list", &walk->path);
    result = win_list(&host, &walk->path);
    if (result && result != -ENOENT && result != -ENOTDIR)
        return win_fail(walk->err, "list", &walk->path);
    count = gather(&items, walk, &place, &vm, &host, is_hidden);
    result = count < 0 ? win_no_memory(walk->err) : 0;
    for (long i = 0; !result && i < count; i++)
        result = visit_named(walk, &items[i], place.is_in_place, is_hidden, depth);
    free(items);
    return result;
}

static int collect_drive(struct fvm_collection *out, struct win_view *view, char letter,
                         struct fvm_error *err)
{
    struct fvm_tree *grown = realloc(out->trees, (out->tree_count + 1) * sizeof(*grown));
    char shown[] = {letter, ':', 0};
    wchar_t root[] = {(wchar_t)letter, ':', 0};
    struct walk walk = {.view = view, .err = err};
    int result;

    if (!grown)
        return win_no_memory(err);
    out->trees = grown;
    grown += out->tree_count++;
    *grown = (struct fvm_tree){.host = -1, .layer = -1, .shown = strdup(shown)};
    if (!grown->shown)
        return win_no_memory(err);
    walk.changes = &grown->changes;
    win_path_set(&walk.path, root);
    result = walk.path.failed ? win_no_memory(err) : visit(&walk, false, 0);
    if (!result)
        result = win_find_renames(walk.changes, walk.hidden, view, letter, err);
    win_path_free(&walk.path);
    fvm_text_free(&walk.below);
    free(walk.hidden);
    return result;
}

void win_collection_free(struct fvm_collection *collection)
{
    for (size_t i = 0; i < collection->tree_count; i++) {
        free(collection->trees[i].shown);
        fvm_changes_free(&collection->trees[i].changes);
    }
    free(collection->trees);
    fvm_reg_free(collection->registry);
    fvm_reg_free(collection->host_registry);
    *collection = (struct fvm_collection){0};
}

int win_collect(struct fvm_collection *out, struct win_view *view, struct fvm_error *err)
{
    FVM_CLEANUP(win_path) struct win_path files = {0};
    FVM_CLEANUP(win_entries) struct win_entries drives = {0};
    int result;

    *out = (struct fvm_collection){.trees = NULL};
    win_path_set(&files, view->layer.s);
    if (!win_path_push(&files, L"files"))
        return win_no_memory(err);
    result = win_list(&drives, &files);
    if (result)
        return win_fail(err, "list", &files);
    for (size_t i = 0; !result && i < drives.count; i++)
        if (drives.at[i].name[0] >= 'A' && drives.at[i].name[0] <= 'Z' && !drives.at[i].name[1])
            result = collect_drive(out, view, (char)drives.at[i].name[0], err);
    return result ? result : win_reg_collect(out, &view->layer, err);
}
