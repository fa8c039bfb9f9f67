/* store/change_forget.c: take changes out of a layer; see change.h. */
#include "store/tree_changes.h"
#include "store/tree_content.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct forget {
    int layer_root, host_root;
    struct fvm_parent layer, host;
    char seen[FVM_PATH_CAP]; /* the directory that was looked at last, */
    size_t hiding;           /* and what find_hiding() said of it */
    bool has_seen;
};

/* --- opaque directories -------------------------------------------------------------------- */

/* Make a hiding directory an ordinary one that says the same by deletion marks. Marks come first,
 * the opaque mark goes last: whenever this stops, the layer means the same. */
static int expand(struct fvm_tree_dir *layer, struct fvm_tree_dir *host, unsigned depth)
{
    FVM_CLEANUP(tree_names) struct fvm_tree_names names = {0};
    int rc = fvm_tree_names_read(&names, host->fd);

    for (size_t i = 0; !rc && i < names.count; i++) {
        struct fvm_tree_dir layer_below, host_below;
        struct stat layer_st, host_st;
        int there = fvm_node_stat(layer->fd, names.at[i], &layer_st);

        if (there < 0 || fvm_node_stat(host->fd, names.at[i], &host_st) != 1)
            return there < 0 ? there : -ESTALE;
        if (!there)
            rc = fvm_mark_deletion(layer->fd, names.at[i]);
        if (!there || !S_ISDIR(layer_st.st_mode) || !S_ISDIR(host_st.st_mode))
            continue;
        if (depth >= FVM_TREE_DEPTH)
            return -ELOOP;
        rc = fvm_tree_dir_enter(&layer_below, layer, names.at[i], FVM_TO_WRITE, depth);
        if (rc)
            return rc;
        rc = fvm_tree_dir_enter(&host_below, host, names.at[i], FVM_TO_READ, depth);
        if (!rc)
            rc =
                fvm_tree_dir_leave(&host_below, host, expand(&layer_below, &host_below, depth + 1));
        rc = fvm_tree_dir_leave(&layer_below, layer, rc);
    }
    return rc ? rc : fvm_mark_clear_opaque(layer->fd);
}

/* Go on to a name below. @return 1; 0 no directory there; -errno */
static int go_down(struct fvm_tree_dir *dir, const char *name)
{
    struct fvm_tree_dir below;
    int rc = fvm_tree_dir_open(&below, dir->fd, name, FVM_TO_READ);

    fvm_tree_dir_close(dir);
    *dir = below;
    if (rc)
        return rc == -ENOENT || rc == -ENOTDIR ? 0 : rc;
    return 1;
}

/* Length of the shortest directory on the path that hides a directory of the host; SIZE_MAX: none.
 * The first `cch` bytes of path name directories. */
static int find_hiding(const struct forget *forget, const char *path, size_t cch, size_t *found)
{
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir layer = FVM_TREE_DIR_NONE;
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir host = FVM_TREE_DIR_NONE;
    size_t at = 0;
    int rc = fvm_tree_dir_open(&layer, forget->layer_root, ".", FVM_TO_READ);

    *found = SIZE_MAX;
    if (!rc && forget->host_root >= 0)
        rc = fvm_tree_dir_open(&host, forget->host_root, ".", FVM_TO_READ);
    while (!rc && at < cch) {
        const char *slash = memchr(path + at, '/', cch - at);
        size_t end = slash ? (size_t)(slash - path) : cch;
        struct fvm_marks marks;
        char name[256]; /* fvm_path_is_sound() saw to it that names fit */

        memcpy(name, path + at, end - at);
        name[end - at] = '\0';
        rc = go_down(&layer, name); /* 0: forgotten already; nothing is hidden below */
        if (rc == 1 && host.fd >= 0)
            rc = go_down(&host, name);
        if (rc != 1)
            return rc;
        rc = 0;
        fvm_marks_read(&marks, layer.fd);
        if (marks.opaque) {
            *found = end;
            return host.fd >= 0 ? 0 : -EINVAL;
        }
        at = end + 1;
    }
    return rc;
}

/* find_hiding() for the directory that the first `cch` bytes of path name; neighbours share it. */
static int see_hiding(struct forget *forget, const char *path, size_t cch)
{
    int rc;

    if (forget->has_seen && strlen(forget->seen) == cch && memcmp(forget->seen, path, cch) == 0)
        return 0;
    rc = find_hiding(forget, path, cch, &forget->hiding);
    memcpy(forget->seen, path, cch);
    forget->seen[cch] = '\0';
    forget->has_seen = !rc;
    return rc;
}

/* Let the host's names shine through in the directory that the first `cch` bytes of path name. */
static int show_host(struct forget *forget, const char *path, size_t cch)
{
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir layer = FVM_TREE_DIR_NONE;
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir host = FVM_TREE_DIR_NONE;
    int rc = see_hiding(forget, path, cch);

    if (rc || forget->hiding == SIZE_MAX)
        return rc;
    rc = fvm_tree_dir_walk(&layer, forget->layer_root, path, forget->hiding, FVM_TO_WRITE);
    if (!rc)
        rc = fvm_tree_dir_walk(&host, forget->host_root, path, forget->hiding, FVM_TO_READ);
    if (!rc)
        rc = expand(&layer, &host, 0);
    forget->has_seen = false;
    return rc;
}

/* --- one change ---------------------------------------------------------------------------- */

/* Remove a node of the layer if it still is what was listed. */
static int take_out(struct forget *forget, const char *path, bool is_deletion, enum fvm_node node)
{
    const char *name = fvm_path_name(path);
    struct fvm_marks marks;
    struct stat st;
    bool marked;
    int rc = fvm_parent_of(&forget->layer, path);

    if (rc)
        return rc == -ENOENT || rc == -ENOTDIR ? 0 : rc;
    rc = fvm_node_stat(forget->layer.dir.fd, name, &st);
    if (rc != 1)
        return rc;
    fvm_marks_read(&marks, forget->layer.dir.fd);
    marked = fvm_mark_is_deletion(forget->layer.dir.fd, name, &st, &marks);
    if (marked != is_deletion || (!marked && fvm_node_of(st.st_mode) != node))
        return 0;
    return fvm_tree_remove(forget->layer.dir.fd, name, NULL);
}

/* Open a directory in both trees. @return 1; 0 not in the layer any more; -errno */
static int open_place(struct forget *forget, const char *path, struct fvm_tree_dir *layer,
                      struct fvm_tree_dir *host)
{
    const char *name = fvm_path_name(path);
    int rc = fvm_parent_of(&forget->layer, path);

    if (!rc)
        rc = fvm_tree_dir_open(layer, forget->layer.dir.fd, name, FVM_TO_WRITE);
    if (rc)
        return rc == -ENOENT || rc == -ENOTDIR ? 0 : rc;
    if (forget->host_root < 0)
        return 1;
    rc = fvm_parent_of(&forget->host, path);
    if (!rc)
        rc = fvm_tree_dir_open(host, forget->host.dir.fd, name, FVM_TO_READ);
    return rc && rc != -ENOENT && rc != -ENOTDIR ? rc : 1;
}

/* Make a layer's directory say of itself what the host's does. */
static int forget_metadata(struct forget *forget, const char *path)
{
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir layer = FVM_TREE_DIR_NONE;
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir host = FVM_TREE_DIR_NONE;
    int rc = open_place(forget, path, &layer, &host);

    if (rc != 1 || host.fd < 0)
        return rc < 0 ? rc : 0;
    return fvm_put_finish(&layer, &host);
}

/* @return 1 the host has the node; 0; -errno */
static int host_has(struct forget *forget, const char *path)
{
    struct stat st;
    int rc = forget->host_root < 0 ? -ENOENT : fvm_parent_of(&forget->host, path);

    if (!rc)
        rc = fvm_node_stat(forget->host.dir.fd, fvm_path_name(path), &st);
    return rc == -ENOENT || rc == -ENOTDIR ? 0 : rc;
}

/* Let the host's node be seen, if there is one: what hides it is a directory above, or the
 * directory itself. */
static int show_node(struct forget *forget, const struct fvm_change *change)
{
    size_t cch = fvm_path_parent(change->path);

    if (change->node == FVM_DIRECTORY &&
        (change->kind == FVM_REPLACED || change->kind == FVM_CREATED))
        cch = strlen(change->path);
    if (change->kind == FVM_CREATED || change->kind == FVM_RENAMED) {
        int rc = host_has(forget, change->path); /* after a commit */

        if (rc != 1)
            return rc;
    }
    return show_host(forget, change->path, cch);
}

static int forget_one(struct forget *forget, const struct fvm_change *change)
{
    int rc = show_node(forget, change);

    if (rc)
        return rc;
    if (change->kind == FVM_RENAMED) {
        rc = show_host(forget, change->from, fvm_path_parent(change->from));
        if (!rc)
            rc = take_out(forget, change->from, true, change->node);
        return rc ? rc : take_out(forget, change->path, false, change->node);
    }
    if (change->node == FVM_DIRECTORY &&
        (change->kind == FVM_METADATA || change->kind == FVM_REPLACED))
        rc = forget_metadata(forget, change->path);
    /* A created directory goes when it is empty: see tidy(). */
    if (rc || (change->kind != FVM_DELETED && change->node == FVM_DIRECTORY))
        return rc;
    return take_out(forget, change->path, change->kind == FVM_DELETED, change->node);
}

/* --- directories without a reason ---------------------------------------------------------- */

struct place {
    char *path;
    bool picked; /* among the changes itself */
};
struct places {
    struct place *at;
    size_t count, cap;
};

static int add_place(struct places *places, const char *path, size_t cch, bool picked)
{
    struct place *last = places->count ? &places->at[places->count - 1] : NULL;

    if (last && strlen(last->path) == cch && memcmp(last->path, path, cch) == 0) {
        last->picked |= picked;
        return 0;
    }
    if (places->count == places->cap) {
        size_t cap = places->cap ? places->cap * 2 : 64;
        struct place *at = realloc(places->at, cap * sizeof(*at));

        if (!at)
            return -ENOMEM;
        places->at = at;
        places->cap = cap;
    }
    places->at[places->count].path = strndup(path, cch);
    places->at[places->count].picked = picked;
    return places->at[places->count].path ? (places->count++, 0) : -ENOMEM;
}

/* The directories above a path, but for those that are also above its neighbour in the list. */
static int add_places_above(struct places *places, const char *path, const char *neighbour)
{
    size_t shared = 0;
    int rc = 0;

    while (neighbour && path[shared] && path[shared] == neighbour[shared])
        shared++;
    for (size_t i = 1; !rc && path[i]; i++)
        if (path[i] == '/' && i >= shared)
            rc = add_place(places, path, i, false);
    return rc;
}

static int collect_places(struct places *places, const struct fvm_changes *changes)
{
    const char *before = NULL;
    int rc = 0;

    for (size_t i = 0; !rc && i < changes->count; i++) {
        const struct fvm_change *change = &changes->at[i];

        rc = add_places_above(places, change->path, before);
        if (!rc && change->from)
            rc = add_places_above(places, change->from, NULL);
        if (!rc && change->node == FVM_DIRECTORY && change->kind != FVM_DELETED &&
            change->kind != FVM_RENAMED)
            rc = add_place(places, change->path, strlen(change->path), true);
        before = change->path;
    }
    return rc;
}

static int by_path(const void *a, const void *b)
{
    return fvm_path_cmp(((const struct place *)a)->path, ((const struct place *)b)->path);
}

/* Does nothing in the directory say anything? Marks that delete nothing are removed. */
static int is_bare(const struct fvm_tree_dir *layer, const struct fvm_tree_dir *host)
{
    FVM_CLEANUP(tree_names) struct fvm_tree_names names = {0};
    struct fvm_marks marks;
    struct stat st;
    int rc = fvm_tree_names_read(&names, layer->fd);

    if (rc)
        return rc;
    fvm_marks_read(&marks, layer->fd);
    for (size_t i = 0; i < names.count; i++) {
        if (fvm_node_stat(layer->fd, names.at[i], &st) != 1 ||
            !fvm_mark_is_deletion(layer->fd, names.at[i], &st, &marks))
            return 0;
        if (host->fd >= 0 && fvm_node_stat(host->fd, names.at[i], &st) != 0)
            return 0;
    }
    for (size_t i = 0; i < names.count; i++)
        if (unlinkat(layer->fd, names.at[i], 0))
            return -errno;
    return 1;
}

static int tidy_place(struct forget *forget, const struct place *place)
{
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir layer = FVM_TREE_DIR_NONE;
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir host = FVM_TREE_DIR_NONE;
    struct fvm_marks marks;
    int rc = open_place(forget, place->path, &layer, &host);

    if (rc != 1)
        return rc;
    if (host.fd < 0 && !place->picked)
        return 0; /* created, and still wanted */
    rc = is_bare(&layer, &host);
    if (rc != 1)
        return rc;
    if (host.fd >= 0) {
        /* Empty, it still says that the host's directory is there, or that it is empty. */
        fvm_marks_read(&marks, layer.fd);
        rc = see_hiding(forget, place->path, fvm_path_parent(place->path));
        if (rc || marks.opaque || forget->hiding != SIZE_MAX)
            return rc;
        rc = fvm_directory_same_metadata(&host, &layer);
        if (rc != 1)
            return rc; /* it stays for its attributes */
    }
    fvm_tree_dir_close(&layer);
    if (unlinkat(forget->layer.dir.fd, fvm_path_name(place->path), AT_REMOVEDIR))
        return -errno;
    return 0;
}

static int tidy(struct forget *forget, const struct fvm_changes *changes, struct fvm_error *err)
{
    struct places places = {0};
    int rc = collect_places(&places, changes);

    if (rc)
        fvm_fail(err, rc, "out of memory while taking changes out of a layer");
    if (places.count)
        qsort(places.at, places.count, sizeof(*places.at), by_path);
    for (size_t i = 1; i < places.count; i++)
        if (strcmp(places.at[i].path, places.at[i - 1].path) == 0)
            places.at[i].picked = places.at[i - 1].picked =
                places.at[i].picked | places.at[i - 1].picked;
    /* Backwards: what is below a directory goes before it. */
    for (size_t i = places.count; !rc && i-- > 0;) {
        rc = tidy_place(forget, &places.at[i]);
        if (rc)
            fvm_tree_fail(err, rc, "tidy", places.at[i].path);
    }
    for (size_t i = 0; i < places.count; i++)
        free(places.at[i].path);
    free(places.at);
    return rc;
}

int fvm_tree_forget(int layer_fd, int host_fd, const struct fvm_changes *changes,
                    struct fvm_error *err)
{
    struct forget forget = {.layer_root = layer_fd,
                            .host_root = host_fd,
                            .layer = FVM_PARENT(layer_fd, FVM_TO_WRITE),
                            .host = FVM_PARENT(host_fd, FVM_TO_READ)};
    int rc = 0;

    for (size_t i = 0; !rc && i < changes->count; i++) {
        const struct fvm_change *change = &changes->at[i];

        if (!fvm_change_is_sound(change))
            rc = -EINVAL;
        else
            rc = forget_one(&forget, change);
        if (rc)
            fvm_tree_fail(err, rc, "forget", change->path);
    }
    fvm_parent_close(&forget.layer);
    if (!rc)
        rc = tidy(&forget, changes, err);
    fvm_parent_close(&forget.layer);
    fvm_parent_close(&forget.host);
    return rc;
}
