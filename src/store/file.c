/* store/file.c: see file.h. */
#include "store/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

void fvm_close(int fd)
{
    int saved = errno;

    if (fd >= 0)
        close(fd);
    errno = saved;
}

static int read_all(int fd, struct fvm_text *out, size_t max_cb)
{
    char block[65536];

    for (;;) {
        ssize_t got = read(fd, block, sizeof(block));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            return out->failed ? -ENOMEM : 0;
        if (out->cb + (size_t)got > max_cb)
            return -EFBIG;
        fvm_text_add(out, block, (size_t)got);
    }
}

int fvm_file_read(struct fvm_text *out, int dir_fd, const char *name, size_t max_cb,
                  struct fvm_error *err)
{
    FVM_CLEANUP(fd) int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    FVM_CLEANUP(text) struct fvm_text text = {0};
    struct stat st;
    int result;

    if (fd < 0)
        return fvm_fail(err, -errno, "cannot open '%s': %s", name, strerror(errno));
    if (fstat(fd, &st) || !S_ISREG(st.st_mode))
        return fvm_fail(err, -EINVAL, "'%s' is not a regular file", name);
    result = read_all(fd, &text, max_cb);
    if (result)
        return fvm_fail(err, result, "cannot read '%s': %s", name, strerror(-result));
    fvm_text_add(&text, "", 0); /* an empty file still yields a string */
    *out = FVM_STEAL(text, (struct fvm_text){0});
    return 0;
}

static int write_all(int fd, const char *bytes, size_t cb)
{
    while (cb) {
        ssize_t done = write(fd, bytes, cb);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -errno;
        bytes += done;
        cb -= (size_t)done;
    }
    return 0;
}

int fvm_file_write(int dir_fd, const char *name, const void *bytes, size_t cb, unsigned mode,
                   struct fvm_error *err)
{
    char temp[512];
    int fd, result;

    snprintf(temp, sizeof(temp), "%s.new", name);
    unlinkat(dir_fd, temp, 0); /* left by a crash; writers hold the VM's or the base's lock */
    fd = openat(dir_fd, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return fvm_fail(err, -errno, "cannot write '%s': %s", name, strerror(errno));
    result = write_all(fd, bytes, cb);
    if (close(fd) && !result)
        result = -errno;
    if (!result && renameat(dir_fd, temp, dir_fd, name))
        result = -errno;
    if (result) {
        unlinkat(dir_fd, temp, 0);
        return fvm_fail(err, result, "cannot write '%s': %s", name, strerror(-result));
    }
    return 0;
}

static int copy_bytes(int in, int out)
{
    char block[65536];
    ssize_t got;

    if (!ioctl(out, FICLONE, in))
        return 0;
    while ((got = copy_file_range(in, NULL, out, NULL, 1 << 30, 0)) > 0)
        ;
    if (got == 0)
        return 0;
    if (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
        return -errno;
    while ((got = read(in, block, sizeof(block))) != 0) {
        int result;

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        result = write_all(out, block, (size_t)got);
        if (result)
            return result;
    }
    return 0;
}

int fvm_file_copy(int from_dir, const char *from, int to_dir, const char *to, unsigned mode,
                  struct fvm_error *err)
{
    FVM_CLEANUP(fd) int in = openat(from_dir, from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    FVM_CLEANUP(fd) int out = -1;
    int result;

    if (in < 0)
        return fvm_fail(err, -errno, "cannot open '%s': %s", from, strerror(errno));
    out = openat(to_dir, to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    if (out < 0)
        return fvm_fail(err, -errno, "cannot create '%s': %s", to, strerror(errno));
    result = copy_bytes(in, out);
    if (result)
        return fvm_fail(err, result, "cannot copy '%s': %s", from, strerror(-result));
    return 0;
}

bool fvm_exists(int dir_fd, const char *name)
{
    struct stat st;

    return fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int fvm_dir_open(int dir_fd, const char *name)
{
    int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

    return fd < 0 ? -errno : fd;
}

int fvm_dir_make(int dir_fd, const char *name, unsigned mode, struct fvm_error *err)
{
    int fd;

    if (mkdirat(dir_fd, name, mode) && errno != EEXIST)
        return fvm_fail(err, -errno, "cannot make folder '%s': %s", name, strerror(errno));
    fd = fvm_dir_open(dir_fd, name);
    if (fd < 0)
        return fvm_fail(err, fd, "cannot open folder '%s': %s", name, strerror(-fd));
    return fd;
}

int fvm_dir_make_path(int dir_fd, const char *path, unsigned mode, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int at = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
    char part[256];

    if (at < 0)
        return fvm_fail(err, -errno, "cannot open a folder: %s", strerror(errno));
    while (*path) {
        size_t cb = strcspn(path, "/");
        int next;

        if (cb >= sizeof(part))
            return fvm_fail(err, -ENAMETOOLONG, "a name in '%s' is too long", path);
        if (cb) {
            memcpy(part, path, cb);
            part[cb] = 0;
            next = fvm_dir_make(at, part, mode, err);
            if (next < 0)
                return next;
            close(at);
            at = next;
        }
        path += cb + (path[cb] == '/');
    }
    return FVM_STEAL(at, -1);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int collect_names(DIR *dir, char ***names, size_t *count)
{
    char **all = NULL;
    size_t used = 0, cap = 0;
    struct dirent *entry;

    while ((entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (used + 1 >= cap) {
            char **grown = realloc(all, (cap = cap ? cap * 2 : 16) * sizeof(*all));

            if (!grown)
                break;
            all = grown;
        }
        all[used] = strdup(entry->d_name);
        if (!all[used])
            break;
        used++;
    }
    if (!all)
        all = calloc(1, sizeof(*all));
    if (!all)
        return -ENOMEM;
    all[used] = NULL;
    *names = all;
    *count = used;
    return entry ? -ENOMEM : 0;
}

int fvm_dir_names(int dir_fd, char ***names, size_t *count)
{
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    FVM_CLEANUP(names) char **all = NULL;
    size_t used = 0;
    DIR *dir;
    int result;

    if (fd < 0)
        return -errno;
    dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return -ENOMEM;
    }
    result = collect_names(dir, &all, &used);
    closedir(dir);
    if (result)
        return result;
    qsort(all, used, sizeof(*all), by_bytes);
    if (count)
        *count = used;
    *names = FVM_STEAL(all, NULL);
    return 0;
}

void fvm_names_free(char **names)
{
    for (char **name = names; name && *name; name++)
        free(*name);
    free(names);
}

int fvm_lock(int fd, bool exclusive, bool wait)
{
    int how = (exclusive ? LOCK_EX : LOCK_SH) | (wait ? 0 : LOCK_NB);

    while (flock(fd, how)) {
        if (errno == EWOULDBLOCK)
            return -EAGAIN;
        if (errno != EINTR)
            return -errno;
    }
    return 0;
}
