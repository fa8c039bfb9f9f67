/* store/layer_links.c: symbolic links of a layer, while a shared VM runs. See layer_walk.h.
 *
 * Wine follows a link and cannot be told not to: a program that writes to what it takes for a file
 * of the VM's would write to the host's. So an empty file stands in for each link, with the target
 * in an attribute, and moves with its directory. A program that writes to it has made it its own.
 */
#include "store/layer_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define TARGET "user.fvm.link"

struct link {
    const char *target;
    struct timespec mtime;
};

static int make_stand_in(void *context, int dir_fd, const char *temp)
{
    const struct link *link = context;
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, link->mtime};
    FVM_CLEANUP(tree_fd)
    int fd = openat(dir_fd, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0 || fsetxattr(fd, TARGET, link->target, strlen(link->target), 0) ||
        futimens(fd, times))
        return -errno;
    return 0;
}

static int make_link(void *context, int dir_fd, const char *temp)
{
    const struct link *link = context;
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, link->mtime};

    if (symlinkat(link->target, dir_fd, temp))
        return -errno;
    (void)utimensat(dir_fd, temp, times, AT_SYMLINK_NOFOLLOW);
    return 0;
}

int fvm_links_put_away(int dir_fd, const char *name, const struct stat *st)
{
    char *target = NULL;
    int result = fvm_link_read(dir_fd, name, &target);

    if (!result)
        result = fvm_put_made(dir_fd, name, make_stand_in, &(struct link){target, st->st_mtim});
    free(target);
    return result;
}

static int put_back(int dir_fd, const char *name, const struct stat *st)
{
    FVM_CLEANUP(tree_fd)
    int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    char target[FVM_PATH_CAP];
    ssize_t cb = fd < 0 ? -1 : fgetxattr(fd, TARGET, target, sizeof(target) - 1);

    if (cb <= 0 || memchr(target, 0, (size_t)cb))
        return 0;
    target[cb] = 0;
    return fvm_put_made(dir_fd, name, make_link, &(struct link){target, st->st_mtim});
}

int fvm_links_put_back(struct fvm_tree_dir *dir, struct fvm_trail *trail)
{
    FVM_CLEANUP(tree_names) struct fvm_tree_names names = {0};
    int result = fvm_tree_names_read(&names, dir->fd);

    for (size_t i = 0; !result && i < names.count; i++) {
        size_t cch = trail->cch;
        struct fvm_tree_dir below;
        struct stat st;

        result = fvm_trail_push(trail, names.at[i]);
        if (!result && fvm_node_stat(dir->fd, names.at[i], &st) != 1)
            result = -ESTALE;
        if (result)
            break;
        if (S_ISREG(st.st_mode) && !st.st_size)
            result = put_back(dir->fd, names.at[i], &st);
        if (S_ISDIR(st.st_mode)) {
            result = fvm_tree_dir_enter(&below, dir, names.at[i], FVM_TO_WRITE, trail->depth);
            if (!result) {
                result = fvm_links_put_back(&below, trail);
                result = fvm_tree_dir_leave(&below, dir, result);
            }
        }
        if (!result)
            fvm_trail_pop(trail, cch);
    }
    return result;
}
