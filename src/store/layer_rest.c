/* store/layer_rest.c: a journal becomes overlayfs' marks. See layer.h.
 *
 * The journal alone is replayed: what it does not name lies in the layer as overlayfs would have
 * left it. In a walk down the index a directory stands in one of three relations to the host:
 *   PLAIN   the host's directory of the same path shows through: deletions are marked in it
 *   MOVED   one of another path does: what nobody changed is copied, the directory hides the rest
 *   alone   (no lower) nothing shows through; so are those over no lower at all
 * All steps can be done again: the journal stays until the last. */
#include "core/fold.h"
#include "core/utf.h"
#include "store/file.h"
#include "store/layer_walk.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A directory of the VM. */
struct place {
    uint32_t node;
    struct fvm_tree_dir *layer;
    struct fvm_tree_dir *lower; /* NULL: alone */
    bool moved;
};
/* What layer and host have there, ascending without case. */
struct lists {
    struct fvm_tree_names layer, host;
};
struct name {
    char text[FVM_REST_NAME_CAP];     /* as the layer spells it */
    const char *on_host;              /* as the host spells it; NULL: not there */
    const struct fvm_tree_names *all; /* of the host */
    uint32_t node, flags;
    bool in_layer, is_directory; /* in the layer */
    size_t trail_cch;            /* of the directory */
};

static int visit(struct fvm_rest *rest, const struct place *place);

static bool is_kind(int dir_fd, const char *name, mode_t kind)
{
    struct stat st;

    return fvm_node_stat(dir_fd, name, &st) == 1 && (st.st_mode & S_IFMT) == kind;
}

/* Next name that is the same without case, from *at on. */
static const char *next_same(const struct fvm_tree_names *names, size_t *at, const char *name)
{
    return *at < names->count && !fvm_name_cmp(names->at[*at], name) ? names->at[(*at)++] : NULL;
}

/* --- marks ----------------------------------------------------------------------------------- */

static int mark_deletion(const struct place *place, const char *name)
{
    int result = fvm_tree_step();

    return result ? result : fvm_mark_deletion(place->layer->fd, name);
}

static int set_opaque(const struct fvm_tree_dir *dir)
{
    int result = fvm_tree_step();

    return result ? result : fvm_mark_set_opaque(dir->fd);
}

/* Hide the host's names that the VM's own does not hide by being equal. */
static int hide(const struct place *place, const struct name *name)
{
    const char *other;
    size_t at;
    int result = 0;

    if (!place->lower || place->moved)
        return 0;
    at = fvm_rest_find(name->all, name->text);
    while (!result && (other = next_same(name->all, &at, name->text)))
        if (!name->in_layer || strcmp(other, name->text) != 0)
            result = mark_deletion(place, other);
    return result;
}

/* --- copying what a moved directory of the host holds ------------------------------------------
 */

/* Has the index something to say of a name? */
static bool is_marked(struct fvm_rest *rest, const char *name)
{
    uint16_t units[FVM_REST_NAME_CAP];
    uint32_t cch = rest->virtual.cch;
    struct fvm_index_hit hit;
    size_t name_cch;
    bool marked = false;

    if (!fvm_utf16_from_utf8((uint8_t *)units, &name_cch, name, strlen(name)))
        return false;
    if (!fvm_buf_add_unit(&rest->virtual, '\\') &&
        !fvm_buf_add(&rest->virtual, (struct fvm_str){units, (uint32_t)name_cch}))
        marked = !fvm_failed(fvm_index_lookup(&rest->index, fvm_buf_str(&rest->virtual), &hit, NULL,
                                              NULL)) &&
                 hit.is_complete;
    rest->virtual.cch = cch;
    return marked;
}

static int fill_unmarked(struct fvm_rest *rest, const struct place *place,
                         const struct fvm_tree_names *names)
{
    int result = 0;

    for (size_t i = 0; !result && i < names->count; i++)
        if (!is_marked(rest, names->at[i]))
            result = fvm_rest_fill(rest, place->layer, place->lower, names->at[i]);
    return result;
}

/* A name that the index has only as a part of longer ones, though it is no directory. */
static int fill_all_spellings(struct fvm_rest *rest, const struct place *place,
                              const struct name *name)
{
    size_t at = fvm_rest_find(name->all, name->text);
    const char *other;
    int result = 0;

    fvm_trail_pop(&rest->trail, name->trail_cch);
    while (!result && (other = next_same(name->all, &at, name->text)))
        result = fvm_rest_fill(rest, place->layer, place->lower, other);
    return result ? result : fvm_trail_push(&rest->trail, name->text);
}

/* --- one name -------------------------------------------------------------------------------- */

/* Go into a directory of the layer. @param lower NULL: alone */
static int enter(struct fvm_rest *rest, const struct place *place, const struct name *name,
                 struct fvm_tree_dir *lower, bool moved, bool hides)
{
    struct fvm_tree_dir layer;
    int result =
        fvm_tree_dir_enter(&layer, place->layer, name->text, FVM_TO_WRITE, rest->trail.depth);

    if (result)
        return result;
    result = visit(rest, &(struct place){name->node, &layer, lower, moved});
    if (!result && hides)
        result = set_opaque(&layer);
    return fvm_tree_dir_leave(&layer, place->layer, result);
}

/* The same with the host's directory of the same name below the host's here, if there is one. */
static int enter_beside(struct fvm_rest *rest, const struct place *place, const struct name *name)
{
    struct fvm_tree_dir lower;
    bool respelled;
    int result;

    if (!place->lower || !name->on_host)
        return enter(rest, place, name, NULL, false, false);
    if (!is_kind(place->lower->fd, name->on_host, S_IFDIR)) {
        /* What Windows programs see of a link to a directory is the directory. */
        if (is_kind(place->lower->fd, name->on_host, S_IFLNK))
            fvm_index_user(&rest->index, name->node, FVM_REST_KEPT, 0, NULL);
        return enter(rest, place, name, NULL, false, false);
    }
    /* Overlayfs joins directories of the very same name only. */
    respelled = strcmp(name->text, name->on_host) != 0;
    result = respelled ? hide(place, name) : 0;
    if (!result)
        result =
            fvm_tree_dir_enter(&lower, place->lower, name->on_host, FVM_AS_IS, rest->trail.depth);
    if (result)
        return result;
    result =
        enter(rest, place, name, &lower, place->moved || respelled, respelled && !place->moved);
    return fvm_tree_dir_leave(&lower, place->lower, result);
}

/* A directory of the VM in which the host's names show: those of the same place, or of another. */
static int merged(struct fvm_rest *rest, const struct place *place, const struct name *name)
{
    struct fvm_buf host = {rest->host_units, 0, ARRAY_LEN(rest->host_units)};
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir lower = FVM_TREE_DIR_NONE;
    bool hides = place->lower && !place->moved;
    struct fvm_index_hit hit;
    int result = -ENOENT;

    if (!fvm_failed(
            fvm_index_lookup(&rest->index, fvm_buf_str(&rest->virtual), &hit, NULL, &host)) &&
        host.cch) {
        if (hides && fvm_str_eq_fold(fvm_buf_str(&host), fvm_buf_str(&rest->virtual)))
            return enter_beside(rest, place, name);
        result = fvm_rest_open(rest, fvm_buf_str(&host), &lower);
    }
    if (result == -EXDEV)
        fvm_index_user(&rest->index, name->node, FVM_REST_KEPT, 0, NULL);
    if (result == -EXDEV || result == -ENOENT)
        return enter(rest, place, name, NULL, false, hides);
    if (!result)
        result = enter(rest, place, name, &lower, true, hides);
    /* It is whole now: for what is written down again, one of the VM's own. */
    if (!result)
        fvm_index_flags(&rest->index, name->node, FVM_INDEX_DIRECTORY, FVM_INDEX_MERGED, NULL);
    return result;
}

/* Marked names lie below; the name itself is as it was. @return 0; 1: there is nothing below */
static int need_directory(const struct place *place, struct name *name)
{
    int result;

    if (name->in_layer)
        return name->is_directory ? 0 : 1;
    if (!is_kind(place->lower->fd, name->on_host, S_IFDIR))
        return 1;
    result = fvm_rest_fill_empty(place->layer, place->lower, name->on_host);
    memcpy(name->text, name->on_host, strlen(name->on_host) + 1);
    return result;
}

static int settle(struct fvm_rest *rest, const struct place *place, struct name *name)
{
    int result;

    if (name->flags & FVM_INDEX_OWN) {
        result = hide(place, name);
        if (result || !name->in_layer || !name->is_directory)
            return result;
        if (name->flags & FVM_INDEX_MERGED)
            return merged(rest, place, name);
        fvm_index_flags(&rest->index, name->node, FVM_INDEX_DIRECTORY, 0, NULL);
        return enter(rest, place, name, NULL, false, place->lower && !place->moved);
    }
    result = need_directory(place, name);
    if (result == 1 && place->lower && place->moved)
        return fill_all_spellings(rest, place, name);
    if (result)
        return result < 0 ? result : 0;
    return enter_beside(rest, place, name);
}

/* --- a directory ----------------------------------------------------------------------------- */

/* What layer and host have of a marked name. A deletion mark, left by a crash, is nothing. */
static int look(const struct place *place, const struct lists *lists, struct name *name)
{
    char wanted[FVM_REST_NAME_CAP];
    struct fvm_marks marks;
    const char *found;
    size_t at = fvm_rest_find(&lists->layer, name->text);

    memcpy(wanted, name->text, sizeof(wanted));
    fvm_marks_read(&marks, place->layer->fd);
    while ((found = next_same(&lists->layer, &at, wanted))) {
        struct stat st;
        int result = fvm_node_stat(place->layer->fd, found, &st);

        if (result < 0)
            return result;
        if (!result || fvm_mark_is_deletion(place->layer->fd, found, &st, &marks) ||
            (name->in_layer && strcmp(found, wanted) != 0))
            continue;
        memcpy(name->text, found, strlen(found) + 1);
        name->in_layer = true;
        name->is_directory = S_ISDIR(st.st_mode);
    }
    at = fvm_rest_find(&lists->host, name->text);
    while ((found = next_same(&lists->host, &at, name->text)))
        if (!name->on_host || !strcmp(found, name->text))
            name->on_host = found;
    return 0;
}

/* Is where we are the root of a lower? That has its own walk. */
static bool is_root(const struct fvm_rest *rest)
{
    struct fvm_str below;

    return fvm_rest_lower_of(rest, fvm_buf_str(&rest->virtual), &below) && !below.cch;
}

static int visit_name(struct fvm_rest *rest, const struct place *place, const struct lists *lists,
                      const struct fvm_index_child *child)
{
    struct name name = {.all = &lists->host,
                        .node = child->node,
                        .flags = child->flags,
                        .trail_cch = rest->trail.cch};
    uint32_t virtual_cch = rest->virtual.cch;
    int result;

    if (!fvm_rest_name(name.text, child->name))
        return 0;
    result = look(place, lists, &name);
    if (!result && !name.in_layer && !name.on_host)
        return 0;
    if (!result)
        result = fvm_trail_push(&rest->trail, name.text);
    if (!result &&
        (fvm_buf_add_unit(&rest->virtual, '\\') || fvm_buf_add(&rest->virtual, child->name)))
        result = -ENAMETOOLONG;
    if (!result && !is_root(rest))
        result = settle(rest, place, &name);
    if (result)
        return result; /* the trail tells where */
    fvm_trail_pop(&rest->trail, name.trail_cch);
    rest->virtual.cch = virtual_cch;
    return 0;
}

static void free_lists(struct lists *lists)
{
    fvm_tree_names_free(&lists->layer);
    fvm_tree_names_free(&lists->host);
}

static int visit(struct fvm_rest *rest, const struct place *place)
{
    struct lists lists = {{0}, {0}};
    struct fvm_index_cursor cursor = {.node = place->node};
    struct fvm_index_child child;
    int result = fvm_put_clean(place->layer->fd);

    if (!result)
        result = fvm_rest_names(&lists.layer, place->layer->fd);
    if (!result && place->lower)
        result = fvm_rest_names(&lists.host, place->lower->fd);
    while (!result && !fvm_failed(fvm_index_next_child(&rest->index, &cursor, &child)))
        result = visit_name(rest, place, &lists, &child);
    if (!result && place->lower && place->moved)
        result = fill_unmarked(rest, place, &lists.host);
    free_lists(&lists);
    return result;
}

/* --- the whole ------------------------------------------------------------------------------- */

/* Overlayfs knows no mark for its root: what it must not show is marked name by name. */
static int hide_all(struct fvm_tree_dir *layer, const struct fvm_tree_dir *lower)
{
    FVM_CLEANUP(tree_names) struct fvm_tree_names names = {0};
    const struct place place = {.layer = layer};
    int result = fvm_tree_names_read(&names, lower->fd);

    for (size_t i = 0; !result && i < names.count; i++) {
        struct fvm_tree_dir below;
        struct stat st;
        int there = fvm_node_stat(layer->fd, names.at[i], &st);

        if (there < 0)
            return there;
        if (!there)
            result = mark_deletion(&place, names.at[i]);
        if (!there || !S_ISDIR(st.st_mode))
            continue;
        result = fvm_tree_dir_open(&below, layer->fd, names.at[i], FVM_TO_WRITE);
        if (!result) {
            result = set_opaque(&below);
            fvm_tree_dir_close(&below);
        }
    }
    return result;
}

/* What the VM has at a lower's root: the host's there, another directory, nothing of the host's. */
static int rest_root(struct fvm_rest *rest, const struct fvm_index_hit *hit, struct fvm_str host,
                     struct fvm_tree_dir *layer, struct fvm_tree_dir *own)
{
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir other = FVM_TREE_DIR_NONE;
    struct place place = {.node = hit->is_complete ? hit->node : 0, .layer = layer};
    int result;

    if (fvm_str_eq_fold(host, fvm_buf_str(&rest->virtual)) &&
        (hit->answer != FVM_INDEX_IS_OWN || hit->flags & FVM_INDEX_MERGED)) {
        place.lower = own;
        return visit(rest, &place);
    }
    result = host.cch && (hit->answer != FVM_INDEX_IS_OWN || hit->flags & FVM_INDEX_MERGED)
                 ? fvm_rest_open(rest, host, &other)
                 : -ENOENT;
    if (result == -EXDEV && place.node)
        fvm_index_user(&rest->index, place.node, FVM_REST_KEPT, 0, NULL);
    if (result && result != -EXDEV && result != -ENOENT)
        return result;
    if (!result) {
        place.lower = &other;
        place.moved = true;
    }
    result = visit(rest, &place);
    return result ? result : hide_all(layer, own);
}

static int rest_lower(struct fvm_rest *rest, const struct fvm_lower *lower, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int made = -1;
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir layer = FVM_TREE_DIR_NONE;
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir own = FVM_TREE_DIR_NONE;
    uint16_t units[FVM_PATH_CAP + 2];
    struct fvm_buf host = {units, 0, ARRAY_LEN(units)};
    struct fvm_index_hit hit;
    int result;

    rest->trail = (struct fvm_trail){0};
    if (!fvm_rest_virtual(&rest->virtual, lower->name) ||
        fvm_failed(
            fvm_index_lookup(&rest->index, fvm_buf_str(&rest->virtual), &hit, NULL, &host)) ||
        (!hit.is_complete && hit.answer == FVM_INDEX_HOST))
        return 0;
    made = fvm_dir_make_path(rest->files_fd, lower->name, 0755, err);
    if (made < 0)
        return made;
    result = fvm_tree_dir_open(&layer, made, ".", FVM_TO_WRITE);
    if (!result)
        result = fvm_tree_dir_open(&own, lower->fd, ".", FVM_AS_IS);
    if (!result)
        result = rest_root(rest, &hit, fvm_buf_str(&host), &layer, &own);
    if (!result)
        return 0;
    fvm_tree_fail(err, result, "bring to rest", rest->trail.s);
    fvm_error_prefix(err, "%s", lower->name);
    return result;
}

/* A drive, but for the lowers that are on it: what was moved there from a lower is copied. */
static int rest_drive(struct fvm_rest *rest, const struct fvm_index_child *drive,
                      struct fvm_error *err)
{
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir layer = FVM_TREE_DIR_NONE;
    uint16_t letter = drive->name.s[0];
    char name[] = {(char)(letter >= 'a' && letter <= 'z' ? letter - 32 : letter), 0};
    int result;

    rest->trail = (struct fvm_trail){0};
    rest->virtual.cch = 0;
    if (fvm_buf_add(&rest->virtual, drive->name) || is_root(rest) ||
        !is_kind(rest->files_fd, name, S_IFDIR))
        return 0;
    result = fvm_tree_dir_open(&layer, rest->files_fd, name, FVM_TO_WRITE);
    if (!result)
        result = visit(rest, &(struct place){.node = drive->node, .layer = &layer});
    if (!result)
        return 0;
    fvm_tree_fail(err, result, "bring to rest", rest->trail.s);
    fvm_error_prefix(err, "%s", name);
    return result;
}

static int rest_all(struct fvm_rest *rest, struct fvm_error *err)
{
    struct fvm_index_hit root; /* what has no node leads to the root's */
    struct fvm_index_cursor cursor = {0};
    struct fvm_index_child child;
    int result = 0;

    for (size_t i = 0; !result && i < rest->lower_count; i++)
        result = rest_lower(rest, &rest->lowers[i], err);
    if (!fvm_failed(fvm_index_lookup(&rest->index, FVM_STR(u"*"), &root, NULL, NULL)))
        cursor.node = root.node;
    while (!result && !fvm_failed(fvm_index_next_child(&rest->index, &cursor, &child)))
        if (child.name.cch == 2 && child.name.s[1] == ':' && child.name.s[0] < 0x80 &&
            child.name.s[0] != '/' && child.name.s[0] != '.')
            result = rest_drive(rest, &child, err);
    return result;
}

static int put_back_links(struct fvm_rest *rest, struct fvm_error *err)
{
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir root = FVM_TREE_DIR_NONE;
    int result = fvm_tree_dir_open(&root, rest->files_fd, ".", FVM_TO_READ);

    rest->trail = (struct fvm_trail){0};
    if (!result)
        result = fvm_links_put_back(&root, &rest->trail);
    return result ? fvm_tree_fail(err, result, "bring to rest", rest->trail.s) : 0;
}

static int write_rest(const struct fvm_rest *rest, int layer_fd, struct fvm_error *err)
{
    FVM_CLEANUP(text) struct fvm_text journal = {0};
    int result = fvm_rest_keep(rest, &journal);

    if (result)
        return fvm_fail(err, result, "out of memory");
    if (!result)
        result = fvm_tree_step();
    if (result)
        return fvm_fail(err, result, "cannot finish the layer's journal: %s", strerror(-result));
    if (journal.cb)
        return fvm_file_write(layer_fd, "journal", journal.s, journal.cb, 0600, err);
    if (unlinkat(layer_fd, "journal", 0))
        return fvm_fail(err, -errno, "cannot remove the layer's journal: %s", strerror(errno));
    return 0;
}

/* Copies that a killed process did not finish. One that stays costs room, no more. */
static void sweep_work(int layer_fd)
{
    FVM_CLEANUP(fd) int work = fvm_dir_open(layer_fd, "work");
    FVM_CLEANUP(names) char **names = NULL;

    if (work < 0 || fvm_dir_names(work, &names, NULL))
        return;
    for (char **name = names; *name; name++)
        (void)fvm_tree_remove(work, *name, NULL);
}

int fvm_layer_rest(int layer_fd, const struct fvm_lower *lowers, size_t count,
                   struct fvm_error *err)
{
    FVM_CLEANUP(text) struct fvm_text journal = {0};
    FVM_CLEANUP(fd) int files = -1;
    struct fvm_rest rest = {.lowers = lowers, .lower_count = count};
    void *memory;
    size_t end;
    int result;

    if (!fvm_exists(layer_fd, "journal"))
        return 0;
    result = fvm_file_read(&journal, layer_fd, "journal", FVM_REST_JOURNAL_MAX_CB, err);
    if (result)
        return result;
    files = fvm_dir_open(layer_fd, "files");
    if (files < 0)
        return fvm_fail(err, files, "cannot open the layer's files: %s", strerror(-files));
    rest.files_fd = files;
    rest.virtual = (struct fvm_buf){rest.virtual_units, 0, ARRAY_LEN(rest.virtual_units)};
    result = fvm_rest_index(&rest.index, &memory, &journal, &end, err);
    if (result)
        return result;
    result = rest_all(&rest, err);
    if (!result && fvm_exists(layer_fd, FVM_LINKS_FLAG))
        result = put_back_links(&rest, err);
    if (!result)
        result = write_rest(&rest, layer_fd, err);
    if (!result)
        sweep_work(layer_fd);
    /* Left by a crash here, it costs a walk the next time. */
    if (!result)
        (void)unlinkat(layer_fd, FVM_LINKS_FLAG, 0);
    fvm_rest_index_free(memory);
    return result;
}
