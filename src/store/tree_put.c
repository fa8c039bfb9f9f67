/* store/tree_put.c: put one node in place, atomically; see tree_content.h.
 *
 * A node is made under a temporary name in its own directory, then renamed. Nothing is flushed to
 * the disk: the rule is to survive the death of FVM at any moment, not the loss of power.
 */
#include "store/tree_content.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEMP_TRIES = 65536 };

struct put {
    int to_fd, from_fd;
    const char *name;   /* in from_fd */
    bool unlock;        /* from_fd is a layer: its files are ours to change */
    fvm_put_make *make; /* of fvm_put_made() */
    void *context;
};

static void next_temporary(char name[FVM_TEMP_CAP])
{
    static atomic_uint counter;

    fvm_put_temporary(name, atomic_fetch_add(&counter, 1) + (unsigned)getpid() * 61);
}

/* Make something under a temporary name. @param make returns -EEXIST when the name is taken */
static int make_temporary(const struct put *put, int (*make)(const struct put *, const char *),
                          char name[FVM_TEMP_CAP])
{
    int rc = fvm_tree_step();

    for (int i = 0; !rc && i < TEMP_TRIES; i++) {
        next_temporary(name);
        rc = make(put, name);
        if (rc != -EEXIST)
            return rc;
        rc = 0;
    }
    return rc ? rc : -EEXIST;
}

static int rename_away(const struct put *put, const char *name)
{
    if (renameat2(put->to_fd, put->name, put->to_fd, name, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
    return renameat(put->to_fd, put->name, put->to_fd, name) ? -errno : 0;
}

/* Put a temporary node in the place of whatever `name` is. */
static int settle(int dir_fd, const char *temp, const char *name)
{
    struct put old = {.to_fd = dir_fd, .from_fd = -1, .name = name};
    char away[FVM_TEMP_CAP];
    int rc = fvm_tree_step();

    if (rc)
        return rc;
    if (renameat(dir_fd, temp, dir_fd, name) == 0)
        return 0;
    if (errno != EISDIR && errno != ENOTDIR && errno != ENOTEMPTY && errno != EEXIST)
        return -errno;
    /* A directory is on one side. What was there takes the temporary name and goes. */
    if (renameat2(dir_fd, temp, dir_fd, name, RENAME_EXCHANGE) == 0) {
        rc = fvm_tree_step();
        return rc ? rc : fvm_tree_remove(dir_fd, temp, NULL);
    }
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
    rc = make_temporary(&old, rename_away, away);
    if (!rc && renameat(dir_fd, temp, dir_fd, name))
        rc = -errno;
    return rc ? rc : fvm_tree_remove(dir_fd, away, NULL);
}

static int put_temporary(const struct put *put, int (*make)(const struct put *, const char *))
{
    char temp[FVM_TEMP_CAP] = "";
    int rc = make_temporary(put, make, temp);

    if (!rc)
        rc = settle(put->to_fd, temp, put->name);
    return rc;
}

static int make_as_told(const struct put *put, const char *name)
{
    return put->make(put->context, put->to_fd, name);
}

int fvm_put_made(int dir_fd, const char *name, fvm_put_make *make, void *context)
{
    struct put put = {
        .to_fd = dir_fd, .from_fd = -1, .name = name, .make = make, .context = context};

    return put_temporary(&put, make_as_told);
}

static struct timespec keep_access_time(void)
{
    return (struct timespec){.tv_nsec = UTIME_OMIT};
}

static int make_copy(const struct put *put, const char *name)
{
    FVM_CLEANUP(tree_fd) int from = -1;
    FVM_CLEANUP(tree_fd) int to = -1;
    struct stat st;
    int rc;

    from = fvm_file_open(put->from_fd, put->name, &st, put->unlock);
    if (from < 0)
        return from;
    to = openat(put->to_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (to < 0)
        return -errno;
    rc = fvm_content_copy(from, &st, to);
    if (!rc)
        rc = fvm_attributes_copy(from, to);
    if (!rc && fchmod(to, st.st_mode & 0777))
        rc = -errno;
    if (!rc && futimens(to, (struct timespec[]){keep_access_time(), st.st_mtim}))
        rc = -errno;
    if (rc)
        (void)unlinkat(put->to_fd, name, 0);
    return rc;
}

static int make_symlink(const struct put *put, const char *name)
{
    char *target = NULL;
    struct stat st;
    int rc = fvm_link_read(put->from_fd, put->name, &target);

    if (!rc && symlinkat(target, put->to_fd, name))
        rc = -errno;
    free(target);
    if (rc || fvm_node_stat(put->from_fd, put->name, &st) != 1)
        return rc;
    (void)utimensat(put->to_fd, name, (struct timespec[]){keep_access_time(), st.st_mtim},
                    AT_SYMLINK_NOFOLLOW);
    return 0;
}

static int make_directory(const struct put *put, const char *name)
{
    return mkdirat(put->to_fd, name, 0700) ? -errno : 0;
}

int fvm_put_leaf(int host_fd, int layer_fd, const char *name)
{
    struct put put = {.to_fd = host_fd, .from_fd = layer_fd, .name = name, .unlock = true};
    struct stat layer;
    int rc = fvm_node_stat(layer_fd, name, &layer);

    if (rc != 1)
        return rc ? rc : -ENOENT;
    if (S_ISLNK(layer.st_mode))
        return put_temporary(&put, make_symlink);
    if (!S_ISREG(layer.st_mode))
        return -EPERM;
    return put_temporary(&put, make_copy);
}

int fvm_put_copy(int from_fd, const char *name, int to_fd, const char *to_name)
{
    return make_copy(&(struct put){.to_fd = to_fd, .from_fd = from_fd, .name = name}, to_name);
}

int fvm_put_symlink(int from_fd, const char *name, int to_fd)
{
    return make_symlink(&(struct put){.to_fd = to_fd, .from_fd = from_fd, .name = name}, name);
}

int fvm_put_directory(int host_fd, const char *name)
{
    struct put put = {.to_fd = host_fd, .from_fd = -1, .name = name};
    struct stat st;
    int rc = fvm_node_stat(host_fd, name, &st);

    if (rc < 0 || (rc == 1 && S_ISDIR(st.st_mode)))
        return rc < 0 ? rc : 0;
    if (rc == 1)
        return put_temporary(&put, make_directory);
    rc = fvm_tree_step();
    return rc ? rc : make_directory(&put, name);
}

int fvm_put_finish(struct fvm_tree_dir *to, const struct fvm_tree_dir *from)
{
    struct stat st;
    unsigned mode;
    int rc = fvm_tree_step();

    if (!rc)
        rc = fvm_tree_dir_mode(from, &mode);
    if (!rc)
        rc = fstat(from->fd, &st) ? -errno : fvm_attributes_sync(from->fd, to->fd);
    if (!rc && futimens(to->fd, (struct timespec[]){keep_access_time(), st.st_mtim}))
        rc = -errno;
    if (rc)
        return rc;
    /* Set when the directory is closed: until then it has to be usable. */
    to->mode = mode & 0777;
    to->loosened = true;
    return 0;
}

int fvm_put_deletion(int host_fd, const char *name)
{
    struct put put = {.to_fd = host_fd, .from_fd = -1, .name = name};
    char away[FVM_TEMP_CAP];
    struct stat st;
    int rc = fvm_node_stat(host_fd, name, &st);

    if (rc != 1)
        return rc;
    if (!S_ISDIR(st.st_mode)) {
        rc = fvm_tree_step();
        return rc || unlinkat(host_fd, name, 0) == 0 ? rc : -errno;
    }
    rc = make_temporary(&put, rename_away, away);
    return rc ? rc : fvm_tree_remove(host_fd, away, NULL);
}

int fvm_put_clean(int dir_fd)
{
    FVM_CLEANUP(tree_names) struct fvm_tree_names names = {0};
    int rc = fvm_tree_names_read(&names, dir_fd);

    for (size_t i = 0; !rc && i < names.count; i++)
        if (fvm_put_is_temporary(names.at[i]))
            rc = fvm_tree_remove(dir_fd, names.at[i], NULL);
    return rc;
}

static int put_names(struct fvm_tree_dir *host, struct fvm_tree_dir *layer, struct fvm_trail *trail)
{
    FVM_CLEANUP(tree_names) struct fvm_tree_names names = {0};
    struct fvm_marks marks;
    int rc = fvm_tree_names_read(&names, layer->fd);

    if (!rc)
        rc = fvm_put_clean(host->fd);
    fvm_marks_read(&marks, layer->fd);
    for (size_t i = 0; !rc && i < names.count; i++) {
        struct stat st;

        rc = fvm_node_stat(layer->fd, names.at[i], &st);
        if (rc == 1 && fvm_mark_is_deletion(layer->fd, names.at[i], &st, &marks))
            rc = 0;
        else if (rc == 1)
            rc = fvm_put_tree(host, layer, names.at[i], trail);
    }
    return rc;
}

int fvm_put_tree(struct fvm_tree_dir *host, struct fvm_tree_dir *layer, const char *name,
                 struct fvm_trail *trail)
{
    struct fvm_tree_dir host_below, layer_below;
    size_t cch = trail->cch;
    struct stat st;
    int rc = fvm_trail_push(trail, name);

    if (rc)
        return rc;
    rc = fvm_node_stat(layer->fd, name, &st);
    if (rc != 1)
        return rc ? rc : -ENOENT;
    if (!S_ISDIR(st.st_mode))
        rc = fvm_put_leaf(host->fd, layer->fd, name);
    else
        rc = fvm_put_directory(host->fd, name);
    if (!rc && S_ISDIR(st.st_mode)) {
        rc = fvm_tree_dir_enter(&layer_below, layer, name, FVM_TO_READ, trail->depth);
        if (rc)
            return rc;
        rc = fvm_tree_dir_enter(&host_below, host, name, FVM_TO_WRITE, trail->depth);
        if (!rc) {
            rc = put_names(&host_below, &layer_below, trail);
            if (!rc)
                rc = fvm_put_finish(&host_below, &layer_below);
            rc = fvm_tree_dir_leave(&host_below, host, rc);
        }
        rc = fvm_tree_dir_leave(&layer_below, layer, rc);
    }
    if (!rc)
        fvm_trail_pop(trail, cch);
    return rc;
}
