/* store/tree_content.c: contents of single files: open, compare, hash, copy; see tree_content.h. */
#include "store/tree_content.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK_CB = 65536 };

/* Our own file that we may not read: see open_locked() in tree.c. The mode is given back at once,
 * the descriptor stays good. */
static int open_locked(int dir_fd, const char *name)
{
    FVM_CLEANUP(tree_fd) int path_fd = openat(dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    char link[40];
    struct stat st;
    int fd;

    if (path_fd < 0 || fstat(path_fd, &st))
        return -errno;
    if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
        return -EACCES;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", path_fd);
    if (chmod(link, (st.st_mode & 07777) | 0400))
        return -errno;
    fd = open(link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        fd = -errno;
    (void)chmod(link, st.st_mode & 07777);
    return fd;
}

int fvm_file_open(int dir_fd, const char *name, struct stat *st, bool unlock)
{
    int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    if (fd < 0)
        fd = errno == EACCES && unlock ? open_locked(dir_fd, name) : -errno;
    if (fd >= 0 && (fstat(fd, st) || !S_ISREG(st->st_mode))) {
        close(fd);
        fd = -EINVAL;
    }
    return fd;
}

static int read_at(int fd, void *buf, size_t cb, off_t at)
{
    size_t done = 0;

    while (done < cb) {
        ssize_t got = pread(fd, (char *)buf + done, cb - done, at + (off_t)done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got ? -errno : -EIO; /* shorter than fstat said: somebody writes to it */
        done += (size_t)got;
    }
    return 0;
}

static bool is_sparse(const struct stat *st)
{
    return st->st_size > BLOCK_CB && st->st_blocks < st->st_size / 512;
}

/* The first block at or after `at` with data in it. */
static off_t next_block(int fd, const struct stat *st, off_t at)
{
    off_t data;

    if (!is_sparse(st))
        return at;
    data = lseek(fd, at, SEEK_DATA);
    if (data < 0)
        return errno == ENXIO ? st->st_size : at;
    return data - data % BLOCK_CB;
}

static size_t block_cb(const struct stat *st, off_t at)
{
    return st->st_size - at < BLOCK_CB ? (size_t)(st->st_size - at) : BLOCK_CB;
}

int fvm_content_same(int a_fd, const struct stat *a, int b_fd, const struct stat *b)
{
    char a_buf[BLOCK_CB], b_buf[BLOCK_CB];

    if (a->st_size != b->st_size)
        return 0;
    if (a->st_dev == b->st_dev && a->st_ino == b->st_ino)
        return 1;
    for (off_t at = 0; at < a->st_size; at += BLOCK_CB) {
        off_t a_next = next_block(a_fd, a, at), b_next = next_block(b_fd, b, at);
        size_t cb;
        int rc;

        at = a_next < b_next ? a_next : b_next;
        if (at >= a->st_size)
            break;
        cb = block_cb(a, at);
        rc = read_at(a_fd, a_buf, cb, at);
        if (!rc)
            rc = read_at(b_fd, b_buf, cb, at);
        if (rc)
            return rc;
        if (memcmp(a_buf, b_buf, cb) != 0)
            return 0;
    }
    return 1;
}

static bool is_zeros(const char *s, size_t cb)
{
    return cb == 0 || (s[0] == 0 && memcmp(s, s + 1, cb - 1) == 0);
}

int fvm_content_hash(int fd, const struct stat *st, uint64_t *hash)
{
    char buf[BLOCK_CB];

    *hash = (uint64_t)st->st_size;
    for (off_t at = 0; at < st->st_size; at += BLOCK_CB) {
        size_t cb;
        int rc;

        at = next_block(fd, st, at);
        if (at >= st->st_size)
            break;
        cb = block_cb(st, at);
        rc = read_at(fd, buf, cb, at);
        if (rc)
            return rc;
        /* A block of zeros must count like a hole. */
        if (!is_zeros(buf, cb)) {
            *hash = fvm_hash_mix(*hash, (uint64_t)at);
            *hash = fvm_hash_mix(*hash, fvm_hash_bytes(buf, cb));
        }
    }
    return 0;
}

static int copy_by_hand(int from_fd, int to_fd, off_t at, off_t end)
{
    char buf[BLOCK_CB];

    while (at < end) {
        size_t want = end - at < BLOCK_CB ? (size_t)(end - at) : BLOCK_CB;
        ssize_t got = pread(from_fd, buf, want, at);

        if (got < 0)
            return -errno;
        if (got == 0)
            return 0;
        for (ssize_t done = 0; done < got;) {
            ssize_t put = pwrite(to_fd, buf + done, (size_t)(got - done), at + done);

            if (put < 0)
                return -errno;
            done += put;
        }
        at += got;
    }
    return 0;
}

static int copy_range(int from_fd, int to_fd, off_t at, off_t end)
{
    while (at < end) {
        off_t from = at, to = at;
        ssize_t got = copy_file_range(from_fd, &from, to_fd, &to, (size_t)(end - at), 0);

        if (got <= 0) /* other file systems, old kernels: the reason does not matter, */
            return copy_by_hand(from_fd, to_fd, at, end); /* a real one is met again here */
        at += got;
    }
    return 0;
}

int fvm_content_copy(int from_fd, const struct stat *st, int to_fd)
{
    off_t size = st->st_size, at = 0;

    if (size <= BLOCK_CB)
        return copy_by_hand(from_fd, to_fd, 0, size);
    if (ioctl(to_fd, FICLONE, from_fd) == 0)
        return 0;
    if (ftruncate(to_fd, size))
        return -errno;
    while (at < size) {
        off_t data = lseek(from_fd, at, SEEK_DATA), hole;
        int rc;

        if (data < 0 && errno == ENXIO)
            break; /* only a hole is left */
        if (data < 0)
            data = at;
        hole = lseek(from_fd, data, SEEK_HOLE);
        if (hole <= data || hole > size)
            hole = size;
        rc = copy_range(from_fd, to_fd, data, hole);
        if (rc)
            return rc;
        at = hole;
    }
    return 0;
}
