/* guest/unix/tree.c: move a directory tree by copy, rename into place, removal of the source. */
#include "guest/unix/guest.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { BUFFER_CB = 64 * 1024, NAMES_CB = 4096, VALUE_CB = 4096 };

struct link { /* a file with several names, and the first name it got in the copy */
    struct link *next;
    dev_t dev;
    ino_t ino;
    char path[];
};

struct copy {
    int root;  /* the copy's top directory: paths of links are relative to it */
    dev_t dev; /* of the source's directories */
    struct link *links;
    char path[PATH_MAX]; /* where we are, relative to root */
};

static int copy_folder(struct copy *copy, int from, int to);

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

/* Copy user.* attributes (Wine keeps DOS attributes there), but not overlayfs's own. */
static int copy_xattrs(int from, int to)
{
    char names[NAMES_CB], value[VALUE_CB];
    ssize_t size = flistxattr(from, names, sizeof(names));

    if (size < 0)
        return errno == ENOTSUP ? 0 : -errno;
    for (char *name = names; name < names + size; name += strlen(name) + 1) {
        ssize_t length;

        if (strncmp(name, "user.", 5) || !strncmp(name, "user.overlay.", 13))
            continue;
        length = fgetxattr(from, name, value, sizeof(value));
        if (length < 0 || fsetxattr(to, name, value, (size_t)length, 0))
            return -errno;
    }
    return 0;
}

static int copy_metadata(int from, int to, const struct stat *st)
{
    struct timespec times[2] = {st->st_atim, st->st_mtim};
    int error = copy_xattrs(from, to);

    if (error)
        return error;
    /* The set-ID bits are refused in a VM; a set-group-ID folder's children have it anyway. */
    if (fchmod(to, st->st_mode & 01777) || futimens(to, times))
        return -errno;
    return 0;
}

static int copy_by_hand(int from, int to)
{
    char *buffer = malloc(BUFFER_CB);
    ssize_t got = -1;
    int error = buffer ? 0 : -ENOMEM;

    while (!error && (got = read(from, buffer, BUFFER_CB)) != 0) {
        if (got < 0 && errno != EINTR)
            error = -errno;
        for (ssize_t done = 0, now; !error && done < got; done += now) {
            now = write(to, buffer + done, (size_t)(got - done));
            if (now < 0 && errno != EINTR)
                error = -errno;
            now = now < 0 ? 0 : now;
        }
    }
    free(buffer);
    return error;
}

/* The kernel shares or copies the blocks; by hand where it cannot (older kernel, seccomp). */
static int copy_content(int from, int to, off_t size)
{
    while (size > 0) {
        ssize_t done = copy_file_range(from, NULL, to, NULL, (size_t)size, 0);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return copy_by_hand(from, to);
        size -= done;
    }
    return 0;
}

static int remember_link(struct copy *copy, const struct stat *st)
{
    size_t size = strlen(copy->path) + 1;
    struct link *link = malloc(sizeof(*link) + size);

    if (!link)
        return -ENOMEM;
    *link = (struct link){copy->links, st->st_dev, st->st_ino};
    memcpy(link->path, copy->path, size);
    copy->links = link;
    return 0;
}

/* Give a file its second name; false when this is the first one. */
static bool copy_as_link(struct copy *copy, const struct stat *st, int to, const char *name,
                         int *error)
{
    for (struct link *link = copy->links; link; link = link->next) {
        if (link->ino != st->st_ino || link->dev != st->st_dev)
            continue;
        *error = linkat(copy->root, link->path, to, name, 0) ? -errno : 0;
        return true;
    }
    return false;
}

static int copy_file(struct copy *copy, int from_dir, int to_dir, const char *name,
                     const struct stat *st)
{
    int from, to, error;

    if (st->st_nlink > 1 && copy_as_link(copy, st, to_dir, name, &error))
        return error;
    from = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (from < 0)
        return -errno;
    to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    error = to < 0 ? -errno : copy_content(from, to, st->st_size);
    if (!error)
        error = copy_metadata(from, to, st);
    if (!error && st->st_nlink > 1)
        error = remember_link(copy, st);
    close_fd(to);
    close(from);
    return error;
}

static int copy_symlink(int from_dir, int to_dir, const char *name, const struct stat *st)
{
    struct timespec times[2] = {st->st_atim, st->st_mtim};
    char target[PATH_MAX];
    ssize_t size = readlinkat(from_dir, name, target, sizeof(target) - 1);

    if (size < 0)
        return -errno;
    target[size] = 0;
    if (symlinkat(target, to_dir, name))
        return -errno;
    utimensat(to_dir, name, times, AT_SYMLINK_NOFOLLOW);
    return 0;
}

static int copy_subfolder(struct copy *copy, int from_dir, int to_dir, const char *name,
                          const struct stat *st)
{
    int from, to = -1, error;

    from = openat(from_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (from < 0)
        return -errno;
    if (!mkdirat(to_dir, name, 0700))
        to = openat(to_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    error = to < 0 ? -errno : copy_folder(copy, from, to);
    if (!error)
        error = copy_metadata(from, to, st);
    close_fd(to);
    close(from);
    return error;
}

static int copy_entry(struct copy *copy, int from, int to, const char *name)
{
    size_t length = strlen(copy->path);
    struct stat st;
    int error;

    if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW))
        return -errno;
    if ((size_t)snprintf(copy->path + length, sizeof(copy->path) - length, "%s%s",
                         length ? "/" : "", name) >= sizeof(copy->path) - length)
        return -ENAMETOOLONG;
    if (S_ISDIR(st.st_mode) && st.st_dev != copy->dev)
        error = -EBUSY; /* a shared folder: what is in it stays outside */
    else if (S_ISDIR(st.st_mode))
        error = copy_subfolder(copy, from, to, name, &st);
    else if (S_ISREG(st.st_mode))
        error = copy_file(copy, from, to, name, &st);
    else if (S_ISLNK(st.st_mode))
        error = copy_symlink(from, to, name, &st);
    else
        error = -EXDEV; /* pipes, sockets, devices: not in a Windows tree */
    copy->path[length] = 0;
    return error;
}

static bool is_dot(const char *name)
{
    return !strcmp(name, ".") || !strcmp(name, "..");
}

/* Call back for every entry of a directory; `from` stays open and ours. */
static int copy_folder(struct copy *copy, int from, int to)
{
    int own = fcntl(from, F_DUPFD_CLOEXEC, 0), error = 0;
    DIR *folder = own < 0 ? NULL : fdopendir(own);
    struct dirent *entry;

    if (!folder) {
        error = -errno;
        close_fd(own);
        return error;
    }
    while (!error && (entry = readdir(folder)))
        if (!is_dot(entry->d_name))
            error = copy_entry(copy, from, to, entry->d_name);
    closedir(folder);
    return error;
}

/* Only a folder one may write to can be emptied. */
static void make_writable(int folder)
{
    struct stat st;

    if (!fstat(folder, &st) && !(st.st_mode & S_IWUSR))
        fchmod(folder, 0700);
}

/* Remove a tree; goes on after failures and reports the first one. */
static int remove_tree(int parent, const char *name)
{
    int own = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), error = 0;
    DIR *folder = own < 0 ? NULL : fdopendir(own);
    struct dirent *entry;

    if (!folder) {
        error = -errno;
        close_fd(own);
        return error;
    }
    make_writable(own);
    while ((entry = readdir(folder))) {
        int failed = 0;

        if (is_dot(entry->d_name))
            continue;
        if (unlinkat(own, entry->d_name, 0))
            failed = errno == EISDIR || errno == EPERM ? remove_tree(own, entry->d_name) : -errno;
        error = error ? error : failed;
    }
    closedir(folder);
    if (!error && unlinkat(parent, name, AT_REMOVEDIR))
        error = -errno;
    return error;
}

static int copy_into_root(struct copy *copy, int source)
{
    struct stat st;
    int error;

    if (copy->root < 0 || fstat(source, &st))
        return -errno;
    copy->dev = st.st_dev;
    error = copy_folder(copy, source, copy->root);
    return error ? error : copy_metadata(source, copy->root, &st);
}

static int copy_tree(const char *from, const char *to)
{
    struct copy *copy = calloc(1, sizeof(*copy));
    int source = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC), error;

    if (!copy || source < 0) {
        error = copy ? -errno : -ENOMEM;
        close_fd(source);
        free(copy);
        return error;
    }
    copy->root = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    error = copy_into_root(copy, source);
    for (struct link *link = copy->links, *next; link; link = next) {
        next = link->next;
        free(link);
    }
    close_fd(copy->root);
    close(source);
    free(copy);
    return error;
}

/* "/a/b" -> "/a/.fvm-move-XXXXXX": beside the target, so that the last step is one rename. */
static int make_temporary(char *out, const char *target)
{
    const char *slash = strrchr(target, '/');
    int length = slash ? (int)(slash + 1 - target) : 0;

    if (snprintf(out, FVM_PATH_CB, "%.*s.fvm-move-XXXXXX", length, target) >= FVM_PATH_CB)
        return -ENAMETOOLONG;
    return mkdtemp(out) ? 0 : -errno;
}

int fvm_tree_move(const char *from, const char *to)
{
    char temporary[FVM_PATH_CB];
    int error = make_temporary(temporary, to);

    if (error)
        return error;
    error = copy_tree(from, temporary);
    if (!error && rename(temporary, to))
        error = -errno;
    if (error) {
        remove_tree(AT_FDCWD, temporary);
        return error;
    }
    /* The tree is complete under its new name: what cannot be removed of the old one is left over,
     * but nothing is lost, and reporting a failure now would make the caller do it twice. */
    remove_tree(AT_FDCWD, from);
    return 0;
}
