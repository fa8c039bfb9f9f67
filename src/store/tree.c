/* store/tree.c: directories and the names in them; see tree.h. */
#include "store/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Deeper than this a walk keeps only the lowest directory open: 1000 levels of two trees would need
 * more descriptors than the usual limit of 1024. */
enum { DEPTH_KEPT_OPEN = 64 };

__attribute__((weak)) int fvm_tree_step(void)
{
    return 0;
}

void fvm_cleanup_tree_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* Root needs no rights, and others' directories cannot be changed anyway. */
static bool is_ours_and_lacks(const struct stat *st, unsigned need)
{
    return (st->st_mode & need) != need && st->st_uid == geteuid() && st->st_uid != 0;
}

/* A directory that its owner may not read: opened by O_PATH, which asks for no rights, changed
 * through /proc, which cannot be led astray by a rename, then opened for good. */
static int open_locked(int parent_fd, const char *name, unsigned *mode)
{
    FVM_CLEANUP(tree_fd)
    int path_fd = openat(parent_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    char link[40];
    struct stat st;
    int fd;

    if (path_fd < 0 || fstat(path_fd, &st))
        return -errno;
    if (!is_ours_and_lacks(&st, 0500))
        return -EACCES;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", path_fd);
    if (chmod(link, (st.st_mode & 07777) | 0700))
        return -errno;
    fd = openat(path_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    *mode = st.st_mode & 07777;
    return fd;
}

int fvm_tree_dir_open(struct fvm_tree_dir *dir, int parent_fd, const char *name, enum fvm_need need)
{
    struct stat st;
    unsigned mode = 0;
    int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool loosened = false;

    *dir = (struct fvm_tree_dir)FVM_TREE_DIR_NONE;
    if (fd < 0 && errno == EACCES && need != FVM_AS_IS) {
        fd = open_locked(parent_fd, name, &mode);
        if (fd < 0)
            return fd;
        loosened = true;
    }
    if (fd < 0)
        return errno == ELOOP ? -ENOTDIR : -errno;
    if (fstat(fd, &st)) {
        close(fd);
        return -EIO;
    }
    if (!loosened && is_ours_and_lacks(&st, need)) {
        mode = st.st_mode & 07777;
        loosened = fchmod(fd, mode | 0700) == 0;
    }
    *dir = (struct fvm_tree_dir){fd, loosened, mode, st.st_dev, st.st_ino};
    return 0;
}

int fvm_tree_dir_walk(struct fvm_tree_dir *dir, int root_fd, const char *path, size_t cch,
                      enum fvm_need need)
{
    struct fvm_tree_dir at;
    int rc = fvm_tree_dir_open(&at, root_fd, ".", need);

    while (!rc && cch) {
        char name[256];
        const char *slash = memchr(path, '/', cch);
        size_t len = slash ? (size_t)(slash - path) : cch;
        struct fvm_tree_dir next;

        if (len >= sizeof(name)) {
            rc = -ENAMETOOLONG;
            break;
        }
        memcpy(name, path, len);
        name[len] = '\0';
        rc = fvm_tree_dir_open(&next, at.fd, name, need);
        if (rc)
            break;
        /* What is open needs no rights above it any more. */
        fvm_tree_dir_close(&at);
        at = next;
        path += slash ? len + 1 : len;
        cch -= slash ? len + 1 : len;
    }
    if (rc)
        fvm_tree_dir_close(&at); /* leaves "not open" behind */
    *dir = at;
    return rc;
}

int fvm_tree_dir_mode(const struct fvm_tree_dir *dir, unsigned *mode)
{
    struct stat st;

    if (!dir->loosened && fstat(dir->fd, &st))
        return -errno;
    *mode = dir->loosened ? dir->mode : st.st_mode;
    return 0;
}

void fvm_tree_dir_close(struct fvm_tree_dir *dir)
{
    if (dir->fd < 0)
        return;
    if (dir->loosened)
        (void)fchmod(dir->fd, dir->mode); /* may be removed by now */
    close(dir->fd);
    dir->fd = -1;
    dir->loosened = false;
}

int fvm_tree_dir_enter(struct fvm_tree_dir *child, struct fvm_tree_dir *parent, const char *name,
                       enum fvm_need need, unsigned depth)
{
    int rc = fvm_tree_dir_open(child, parent->fd, name, need);

    if (!rc && depth >= DEPTH_KEPT_OPEN) {
        close(parent->fd);
        parent->fd = -1;
    }
    return rc;
}

int fvm_tree_dir_leave(struct fvm_tree_dir *child, struct fvm_tree_dir *parent, int rc)
{
    struct stat st;

    if (child->fd >= 0 && parent->fd < 0) {
        int fd = openat(child->fd, "..", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        /* Moved while we were below: what ".." is now is none of our business. */
        if (fd >= 0 && (fstat(fd, &st) || st.st_dev != parent->dev || st.st_ino != parent->ino)) {
            close(fd);
            fd = -1;
            errno = ESTALE;
        }
        parent->fd = fd;
        if (fd < 0 && rc >= 0)
            rc = -errno;
    }
    fvm_tree_dir_close(child);
    return rc;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_name(struct fvm_tree_names *names, const char *name, size_t *used, size_t *cap)
{
    size_t cb = strlen(name) + 1;

    if (*used + cb > *cap) {
        size_t grown = *cap ? *cap * 2 : 4096;
        char *blob = realloc(names->blob, grown); /* a name has at most 255 bytes: it fits */

        if (!blob)
            return -ENOMEM;
        names->blob = blob;
        *cap = grown;
    }
    memcpy(names->blob + *used, name, cb);
    *used += cb;
    names->count++;
    return 0;
}

static int read_entries(struct fvm_tree_names *names, int dir_fd)
{
    _Alignas(struct dirent64) char buf[32768];
    size_t used = 0, cap = 0;

    if (lseek(dir_fd, 0, SEEK_SET) < 0)
        return -errno;
    for (;;) {
        ssize_t got = getdents64(dir_fd, buf, sizeof(buf));

        if (got < 0)
            return -errno;
        if (got == 0)
            return 0;
        for (ssize_t at = 0; at < got;) {
            const struct dirent64 *entry = (const void *)(buf + at);

            at += entry->d_reclen;
            if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                continue;
            if (add_name(names, entry->d_name, &used, &cap))
                return -ENOMEM;
        }
    }
}

int fvm_tree_names_read(struct fvm_tree_names *names, int dir_fd)
{
    char *s;
    int rc;

    *names = (struct fvm_tree_names){0};
    rc = read_entries(names, dir_fd);
    if (!rc) {
        names->at = malloc((names->count + 1) * sizeof(*names->at));
        rc = names->at ? 0 : -ENOMEM;
    }
    if (rc) {
        fvm_tree_names_free(names);
        return rc;
    }
    s = names->blob;
    for (size_t i = 0; i < names->count; i++, s += strlen(s) + 1)
        names->at[i] = s;
    if (names->count > 1)
        qsort(names->at, names->count, sizeof(*names->at), compare_names);
    return 0;
}

void fvm_tree_names_free(struct fvm_tree_names *names)
{
    free(names->at);
    free(names->blob);
    *names = (struct fvm_tree_names){0};
}

int fvm_node_stat(int dir_fd, const char *name, struct stat *st)
{
    if (fstatat(dir_fd, name, st, AT_SYMLINK_NOFOLLOW) == 0)
        return 1;
    return errno == ENOENT ? 0 : -errno;
}

enum fvm_node fvm_node_of(unsigned mode)
{
    if (S_ISREG(mode))
        return FVM_FILE;
    if (S_ISDIR(mode))
        return FVM_DIRECTORY;
    return S_ISLNK(mode) ? FVM_SYMLINK : FVM_SPECIAL;
}

int fvm_link_read(int dir_fd, const char *name, char **target)
{
    char buf[4096]; /* Linux's limit of a target, its NUL included */
    ssize_t cb = readlinkat(dir_fd, name, buf, sizeof(buf) - 1);

    if (cb < 0)
        return -errno;
    *target = strndup(buf, (size_t)cb);
    return *target ? 0 : -ENOMEM;
}
