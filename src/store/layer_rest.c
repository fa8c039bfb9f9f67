/* store/layer_rest.c: a journal becomes overlayfs' marks. See layer.h.
 *
 * The journal alone is replayed: what it does not name lies in the layer as overlayfs would have
 * left it. In a walk down the index a directory stands in one of three relations to the host:
 *   PLAIN   the host's directory of the same path shows through: deletions are marked in it
 *   MOVED   one of another path does: what nobody changed is copied, the directory hides the rest
 *   alone   (no lower) nothing shows through */
#include "core/fold.h"
#include "core/index.h"
#include "core/journal.h"
#include "core/utf.h"
#include "store/file.h"
#include "store/layer.h"
#include "store/tree_content.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { JOURNAL_MAX_CB = 1 << 30, INDEX_CB = 64 << 20, NAME_CAP = 768 };

struct rest {
    struct fvm_index index;
    const struct fvm_lower *lowers;
    size_t lower_count;
    struct fvm_trail trail; /* in the layer, for sentences and depth */
    struct fvm_buf virtual; /* path of the directory in the VM */
    uint16_t virtual_units[FVM_PATH_CAP];
};
/* A directory of the VM. */
struct place {
    uint32_t node;
    struct fvm_tree_dir *layer;
    struct fvm_tree_dir *lower; /* NULL: alone */
    bool moved;
};

static int visit(struct rest *rest, const struct place *place);

static bool is_dir(int dir_fd, const char *name)
{
    struct stat st;

    return fvm_node_stat(dir_fd, name, &st) == 1 && S_ISDIR(st.st_mode);
}

/* Next name that is the same without case, from *at on. */
static const char *next_same(const struct fvm_tree_names *names, size_t *at, const char *name)
{
    while (*at < names->count)
        if (!fvm_name_cmp(names->at[(*at)++], name))
            return names->at[*at - 1];
    return NULL;
}

static const char *first_same(const struct fvm_tree_names *names, const char *name)
{
    size_t at = 0;

    return next_same(names, &at, name);
}

/* --- names --------------------------------------------------------------------------------- */

/* An index that a hostile program wrote may hold anything. @return false: no name of a file */
static bool name_of(char out[NAME_CAP], struct fvm_str name)
{
    FVM_CLEANUP(text) struct fvm_text text = {0};

    if (!name.cch || name.cch > 255)
        return false;
    fvm_utf8_from_utf16(&text, (const uint8_t *)name.s, name.cch);
    if (text.failed || !text.cb || text.cb >= NAME_CAP || memchr(text.s, 0, text.cb) ||
        memchr(text.s, '/', text.cb))
        return false;
    memcpy(out, text.s, text.cb);
    out[text.cb] = 0;
    return strcmp(out, ".") != 0 && strcmp(out, "..") != 0;
}

/* "Z/home/u" -> "Z:\home\u" */
static bool virtual_of(struct fvm_buf *out, const char *name)
{
    uint16_t units[FVM_PATH_CAP];
    size_t cch;

    out->cch = 0;
    if (strlen(name) >= FVM_PATH_CAP ||
        !fvm_utf16_from_utf8((uint8_t *)units, &cch, name, strlen(name)))
        return false;
    for (size_t i = 0; i < cch; i++)
        if (fvm_buf_add_unit(out, units[i] == '/' ? '\\' : units[i]) ||
            (i == 0 && fvm_buf_add_unit(out, ':')))
            return false;
    return true;
}

/* Is a path below, or is, what this lower holds? @param rest [out] what follows, without backslash
 */
static bool is_over(const struct fvm_lower *lower, struct fvm_str path, struct fvm_str *below)
{
    uint16_t units[FVM_PATH_CAP + 2];
    struct fvm_buf root = {units, 0, ARRAY_LEN(units)};

    if (!virtual_of(&root, lower->name) || !fvm_str_begins_fold(path, fvm_buf_str(&root)))
        return false;
    if (path.cch > root.cch && path.s[root.cch] != '\\')
        return false;
    *below = fvm_str_sub(path, root.cch + (path.cch > root.cch), path.cch);
    return true;
}

/* The host's directory that a path of NT names, whatever its case. @return 0; -ENOENT; -errno */
static int open_host(const struct rest *rest, struct fvm_str path, struct fvm_tree_dir *out)
{
    struct fvm_str below = {0};
    size_t i = 0;
    int result;

    while (i < rest->lower_count && !is_over(&rest->lowers[i], path, &below))
        i++;
    if (i == rest->lower_count)
        return -ENOENT;
    result = fvm_tree_dir_open(out, rest->lowers[i].fd, ".", FVM_TO_READ);
    for (uint32_t at = 0; !result && at < below.cch;) {
        uint32_t end = fvm_str_find(below, '\\', at);
        FVM_CLEANUP(tree_names) struct fvm_tree_names names = {0};
        struct fvm_tree_dir next = FVM_TREE_DIR_NONE;
        char name[NAME_CAP];
        const char *found = NULL;

        result = fvm_tree_names_read(&names, out->fd);
        if (!result && name_of(name, fvm_str_sub(below, at, end - at)))
            found = first_same(&names, name);
        if (!result)
            result = found ? fvm_tree_dir_open(&next, out->fd, found, FVM_TO_READ) : -ENOENT;
        fvm_tree_dir_close(out);
        if (!result)
            *out = next;
        at = end + 1;
    }
    return result == -ENOTDIR ? -ENOENT : result;
}

/* --- copying what a moved directory of the host holds --------------------------------------------
 */

/* Copy what the layer does not have yet: a repeated call goes on where a crash ended the first. */
static int fill(struct rest *rest, struct fvm_tree_dir *layer, struct fvm_tree_dir *lower,
                const char *name)
{
    FVM_CLEANUP(tree_names) struct fvm_tree_names names = {0};
    struct fvm_tree_dir layer_below, lower_below;
    struct stat st;
    int result = fvm_node_stat(layer->fd, name, &st);

    if (result < 0)
        return result;
    if (!result)
        return fvm_put_tree(layer, lower, name, &rest->trail);
    if (!S_ISDIR(st.st_mode) || !is_dir(lower->fd, name))
        return 0;
    result = fvm_tree_dir_enter(&lower_below, lower, name, FVM_TO_READ, rest->trail.depth);
    if (result)
        return result;
    result = fvm_tree_dir_enter(&layer_below, layer, name, FVM_TO_WRITE, rest->trail.depth);
    if (!result) {
        result = fvm_tree_names_read(&names, lower_below.fd);
        for (size_t i = 0; !result && i < names.count; i++)
            result = fill(rest, &layer_below, &lower_below, names.at[i]);
        result = fvm_tree_dir_leave(&layer_below, layer, result);
    }
    return fvm_tree_dir_leave(&lower_below, lower, result);
}

/* Has the index something to say of a name? */
static bool is_marked(const struct rest *rest, uint32_t node, const char *name)
{
    struct fvm_index_cursor cursor = {.node = node};
    struct fvm_index_child child;
    char other[NAME_CAP];

    while (!fvm_failed(fvm_index_next_child(&rest->index, &cursor, &child)))
        if (name_of(other, child.name) && !fvm_name_cmp(other, name))
            return true;
    return false;
}

static int fill_unmarked(struct rest *rest, const struct place *place,
                         const struct fvm_tree_names *lower_names)
{
    int result = 0;

    for (size_t i = 0; !result && i < lower_names->count; i++)
        if (!is_marked(rest, place->node, lower_names->at[i]))
            result = fill(rest, place->layer, place->lower, lower_names->at[i]);
    return result;
}

/* --- one name -------------------------------------------------------------------------------- */

struct name {
    char text[NAME_CAP];        /* as the layer spells it */
    const char *on_host;        /* as the host spells it; NULL: not there */
    struct fvm_tree_names *all; /* of the host's directory */
    uint32_t node, flags;
    bool in_layer, is_directory; /* in the layer */
};

/* Hide the host's names that the VM's own does not hide by being equal. */
static int hide(const struct place *place, const struct name *name)
{
    const char *other;
    size_t at = 0;
    int result = 0;

    if (!place->lower || place->moved)
        return 0;
    while (!result && (other = next_same(name->all, &at, name->text)))
        if (!name->in_layer || strcmp(other, name->text) != 0)
            result = fvm_mark_deletion(place->layer->fd, other);
    return result;
}

/* Go into a directory of the layer. @param lower NULL: alone */
static int enter(struct rest *rest, const struct place *place, const struct name *name,
                 struct fvm_tree_dir *lower, bool moved, bool hides)
{
    struct fvm_tree_dir layer;
    int result =
        fvm_tree_dir_enter(&layer, place->layer, name->text, FVM_TO_WRITE, rest->trail.depth);

    if (result)
        return result;
    result = visit(rest, &(struct place){name->node, &layer, lower, moved});
    if (!result && hides)
        result = fvm_mark_set_opaque(layer.fd);
    return fvm_tree_dir_leave(&layer, place->layer, result);
}

/* The same with the host's directory of the same name below the host's here, if there is one. */
static int enter_beside(struct rest *rest, const struct place *place, const struct name *name)
{
    struct fvm_tree_dir lower;
    int result;

    if (!name->on_host || !is_dir(place->lower->fd, name->on_host))
        return enter(rest, place, name, NULL, false, false);
    result =
        fvm_tree_dir_enter(&lower, place->lower, name->on_host, FVM_TO_READ, rest->trail.depth);
    if (result)
        return result;
    result = enter(rest, place, name, &lower, place->moved, false);
    return fvm_tree_dir_leave(&lower, place->lower, result);
}

/* A directory of the VM in which the host's names show: those of the same place, or of another. */
static int merged(struct rest *rest, const struct place *place, const struct name *name)
{
    uint16_t units[FVM_PATH_CAP];
    struct fvm_buf host = {units, 0, ARRAY_LEN(units)};
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir lower = FVM_TREE_DIR_NONE;
    struct fvm_index_hit hit;
    bool hides = place->lower && !place->moved;
    int result;

    if (fvm_failed(fvm_index_lookup(&rest->index, fvm_buf_str(&rest->virtual), &hit, NULL, &host)))
        return -EBADMSG;
    if (hides && fvm_str_eq_fold(fvm_buf_str(&host), fvm_buf_str(&rest->virtual)))
        return enter_beside(rest, place, name);
    result = open_host(rest, fvm_buf_str(&host), &lower);
    if (result == -ENOENT)
        return enter(rest, place, name, NULL, false, hides);
    return result ? result : enter(rest, place, name, &lower, true, hides);
}

/* Marked names lie below; the name itself is as it was. @return 0; 1: there is nothing below */
static int need_directory(const struct place *place, struct name *name)
{
    struct fvm_tree_dir made, lower;
    int result;

    if (name->in_layer)
        return name->is_directory ? 0 : 1;
    if (!name->on_host || !is_dir(place->lower->fd, name->on_host))
        return 1;
    memcpy(name->text, name->on_host, strlen(name->on_host) + 1);
    result = fvm_put_directory(place->layer->fd, name->text);
    if (!result)
        result = fvm_tree_dir_open(&lower, place->lower->fd, name->on_host, FVM_TO_READ);
    if (result)
        return result;
    result = fvm_tree_dir_open(&made, place->layer->fd, name->text, FVM_TO_WRITE);
    if (!result) {
        result = fvm_put_finish(&made, &lower);
        fvm_tree_dir_close(&made);
    }
    fvm_tree_dir_close(&lower);
    return result;
}

static int settle(struct rest *rest, const struct place *place, struct name *name)
{
    int result;

    if (name->flags & FVM_INDEX_OWN) {
        result = hide(place, name);
        if (result || !name->in_layer || !name->is_directory)
            return result;
        if (name->flags & FVM_INDEX_MERGED)
            return merged(rest, place, name);
        return enter(rest, place, name, NULL, false, place->lower && !place->moved);
    }
    result = need_directory(place, name);
    if (result)
        return result < 0 ? result : 0;
    return place->lower ? enter_beside(rest, place, name)
                        : enter(rest, place, name, NULL, false, false);
}

/* --- a directory ----------------------------------------------------------------------------- */

/* What layer and host have of a marked name. A deletion mark, left by a crash, is nothing. */
static int look(const struct place *place, struct name *name)
{
    FVM_CLEANUP(tree_names) struct fvm_tree_names names = {0};
    struct fvm_marks marks;
    const char *found;
    struct stat st;
    int result = fvm_node_stat(place->layer->fd, name->text, &st);

    if (!result) { /* another spelling */
        result = fvm_tree_names_read(&names, place->layer->fd);
        if (result)
            return result;
        found = first_same(&names, name->text);
        if (found) {
            memcpy(name->text, found, strlen(found) + 1);
            result = fvm_node_stat(place->layer->fd, name->text, &st);
        }
    }
    if (result < 0)
        return result;
    fvm_marks_read(&marks, place->layer->fd);
    name->in_layer =
        result == 1 && !fvm_mark_is_deletion(place->layer->fd, name->text, &st, &marks);
    name->is_directory = name->in_layer && S_ISDIR(st.st_mode);
    name->on_host = first_same(name->all, name->text);
    return 0;
}

static int visit_name(struct rest *rest, const struct place *place, struct fvm_tree_names *all,
                      const struct fvm_index_child *child)
{
    struct name name = {.all = all, .node = child->node, .flags = child->flags};
    size_t trail_cch = rest->trail.cch;
    uint32_t virtual_cch = rest->virtual.cch;
    int result;

    if (!name_of(name.text, child->name))
        return 0;
    result = fvm_trail_push(&rest->trail, name.text);
    if (!result &&
        (fvm_buf_add_unit(&rest->virtual, '\\') || fvm_buf_add(&rest->virtual, child->name)))
        result = -ENAMETOOLONG;
    if (!result)
        result = look(place, &name);
    if (!result)
        result = settle(rest, place, &name);
    if (result)
        return result; /* the trail tells where */
    fvm_trail_pop(&rest->trail, trail_cch);
    rest->virtual.cch = virtual_cch;
    return 0;
}

static int visit(struct rest *rest, const struct place *place)
{
    FVM_CLEANUP(tree_names) struct fvm_tree_names all = {0};
    struct fvm_index_cursor cursor = {.node = place->node};
    struct fvm_index_child child;
    int result = fvm_put_clean(place->layer->fd);

    if (!result && place->lower)
        result = fvm_tree_names_read(&all, place->lower->fd);
    while (!result && !fvm_failed(fvm_index_next_child(&rest->index, &cursor, &child)))
        result = visit_name(rest, place, &all, &child);
    if (!result && place->lower && place->moved)
        result = fill_unmarked(rest, place, &all);
    return result;
}

/* --- the whole ---------------------------------------------------------------------------------
 */

static int rest_lower(struct rest *rest, const struct fvm_lower *lower, int files,
                      struct fvm_error *err)
{
    FVM_CLEANUP(fd) int made = -1;
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir layer_dir = FVM_TREE_DIR_NONE;
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir lower_dir = FVM_TREE_DIR_NONE;
    struct fvm_index_hit hit;
    int result;

    rest->virtual = (struct fvm_buf){rest->virtual_units, 0, FVM_PATH_CAP};
    rest->trail = (struct fvm_trail){0};
    if (!virtual_of(&rest->virtual, lower->name) ||
        fvm_failed(fvm_index_lookup(&rest->index, fvm_buf_str(&rest->virtual), &hit, NULL, NULL)) ||
        !hit.is_complete)
        return 0;
    made = fvm_dir_make_path(files, lower->name, 0755, err);
    if (made < 0)
        return made;
    result = fvm_tree_dir_open(&layer_dir, made, ".", FVM_TO_WRITE);
    if (!result)
        result = fvm_tree_dir_open(&lower_dir, lower->fd, ".", FVM_TO_READ);
    if (!result)
        result = visit(rest, &(struct place){hit.node, &layer_dir, &lower_dir, false});
    if (!result)
        return 0;
    fvm_tree_fail(err, result, "bring to rest", rest->trail.s);
    fvm_error_prefix(err, "%s", lower->name);
    return result;
}

/* What no lower was given for is written down again. */
static int keep_rest(int layer_fd, const struct fvm_lower *lowers, size_t count,
                     const struct fvm_text *journal, struct fvm_error *err)
{
    FVM_CLEANUP(text) struct fvm_text kept = {0};
    struct fvm_journal_record record;
    size_t at = 0;

    while (fvm_journal_next((const uint8_t *)journal->s, journal->cb, &at, &record)) {
        uint32_t cb = fvm_journal_cb(&record);
        struct fvm_str below;
        size_t i = 0;

        while (i < count && !is_over(&lowers[i], record.path, &below))
            i++;
        if (i == count)
            fvm_text_add(&kept, journal->s + at - cb, cb);
    }
    if (kept.failed)
        return fvm_fail(err, -ENOMEM, "out of memory");
    if (kept.cb)
        return fvm_file_write(layer_fd, "journal", kept.s, kept.cb, 0600, err);
    if (unlinkat(layer_fd, "journal", 0))
        return fvm_fail(err, -errno, "cannot remove the layer's journal: %s", strerror(errno));
    return 0;
}

int fvm_layer_rest(int layer_fd, const struct fvm_lower *lowers, size_t count,
                   struct fvm_error *err)
{
    FVM_CLEANUP(text) struct fvm_text journal = {0};
    FVM_CLEANUP(fd) int files = -1;
    struct rest rest = {.lowers = lowers, .lower_count = count};
    void *memory;
    int result;

    if (!fvm_exists(layer_fd, "journal"))
        return 0;
    result = fvm_file_read(&journal, layer_fd, "journal", JOURNAL_MAX_CB, err);
    if (result)
        return result;
    files = fvm_dir_open(layer_fd, "files");
    if (files < 0)
        return fvm_fail(err, files, "cannot open the layer's files: %s", strerror(-files));
    memory = mmap(NULL, INDEX_CB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || fvm_failed(fvm_index_init(&rest.index, memory, INDEX_CB, 1))) {
        result = fvm_fail(err, -ENOMEM, "out of memory");
    } else {
        fvm_journal_replay(&rest.index, (const uint8_t *)journal.s, journal.cb);
        for (size_t i = 0; !result && i < count; i++)
            result = rest_lower(&rest, &lowers[i], files, err);
    }
    if (memory != MAP_FAILED)
        munmap(memory, INDEX_CB);
    return result ? result : keep_rest(layer_fd, lowers, count, &journal, err);
}
