/* store/tree_marks.c: the marks that overlayfs leaves in an upper directory; see tree.h.
 *
 * Seen on Linux 6.18 with `userxattr`: a deleted name is a character device 0:0; a directory made
 * where one was deleted has user.overlay.opaque=y; a directory made by a rename has it too, though
 * the host has nothing there. user.overlay.origin, .impure, .uuid say nothing about changes.
 * Programs in a VM cannot set these attributes: overlayfs escapes or refuses them.
 */
#include "store/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#define USER_PREFIX    "user.overlay."
#define DOS_ATTRIBUTES "user.DOSATTRIB"

static char opaque_value(int dir_fd, const char *name)
{
    char value[8];

    return fgetxattr(dir_fd, name, value, sizeof(value)) == 1 ? value[0] : '\0';
}

void fvm_marks_read(struct fvm_marks *marks, int dir_fd)
{
    char value = opaque_value(dir_fd, USER_PREFIX "opaque");

    if (!value)
        value = opaque_value(dir_fd, "trusted.overlay.opaque");
    marks->opaque = value == 'y';
    marks->has_xdeletion = value == 'x';
}

bool fvm_mark_is_deletion(int dir_fd, const char *name, const struct stat *st,
                          const struct fvm_marks *parent)
{
    FVM_CLEANUP(tree_fd) int fd = -1;

    if (S_ISCHR(st->st_mode))
        return st->st_rdev == makedev(0, 0);
    if (!parent->has_xdeletion || !S_ISREG(st->st_mode) || st->st_size)
        return false;
    fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    return fd >= 0 && (fgetxattr(fd, USER_PREFIX "whiteout", NULL, 0) >= 0 ||
                       fgetxattr(fd, "trusted.overlay.whiteout", NULL, 0) >= 0);
}

int fvm_mark_deletion(int dir_fd, const char *name)
{
    /* Needs no privilege since Linux 5.8. */
    if (mknodat(dir_fd, name, S_IFCHR, makedev(0, 0)) && errno != EEXIST)
        return -errno;
    return 0;
}

int fvm_mark_set_opaque(int dir_fd)
{
    return fsetxattr(dir_fd, USER_PREFIX "opaque", "y", 1, 0) ? -errno : 0;
}

int fvm_mark_clear_opaque(int dir_fd)
{
    if (opaque_value(dir_fd, USER_PREFIX "opaque") == 'y' &&
        fremovexattr(dir_fd, USER_PREFIX "opaque"))
        return -errno;
    if (opaque_value(dir_fd, "trusted.overlay.opaque") == 'y' &&
        fremovexattr(dir_fd, "trusted.overlay.opaque"))
        return -errno;
    return 0;
}

/* The names of all extended attributes, one after the other; NULL with *cb 0: none. */
static int list_attributes(int fd, char **list, size_t *cb)
{
    ssize_t need = flistxattr(fd, NULL, 0);

    *list = NULL;
    *cb = 0;
    if (need <= 0)
        return need == 0 || errno == EOPNOTSUPP ? 0 : -errno;
    *list = malloc((size_t)need);
    if (!*list)
        return -ENOMEM;
    need = flistxattr(fd, *list, (size_t)need);
    if (need < 0) {
        free(*list);
        *list = NULL;
        return -errno;
    }
    *cb = (size_t)need;
    return 0;
}

static bool has_prefix(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

static int copy_attribute(int from_fd, int to_fd, const char *name)
{
    char value[4096], *large = NULL;
    ssize_t cb = fgetxattr(from_fd, name, value, sizeof(value));
    int rc = 0;

    if (cb < 0 && errno == ERANGE) {
        large = malloc(65536); /* Linux's limit */
        if (!large)
            return -ENOMEM;
        cb = fgetxattr(from_fd, name, large, 65536);
    }
    /* Not ours to read in a file of mode 000; a target that keeps no attributes is no failure
     * either: a plain copy loses them as well. */
    if (cb < 0)
        rc = errno == ENODATA || errno == EACCES ? 0 : -errno;
    else if (fsetxattr(to_fd, name, large ? large : value, (size_t)cb, 0) && errno != EOPNOTSUPP)
        rc = -errno;
    free(large);
    return rc;
}

int fvm_attributes_copy(int from_fd, int to_fd)
{
    char *list;
    size_t cb;
    int rc = list_attributes(from_fd, &list, &cb);

    for (const char *name = list; !rc && name && name < list + cb; name += strlen(name) + 1)
        if (has_prefix(name, "user.") && !has_prefix(name, USER_PREFIX))
            rc = copy_attribute(from_fd, to_fd, name);
    free(list);
    return rc;
}

int fvm_attributes_sync(int from_fd, int to_fd)
{
    char *list;
    size_t cb;
    int rc = list_attributes(to_fd, &list, &cb);

    for (const char *name = list; !rc && name && name < list + cb; name += strlen(name) + 1)
        if (has_prefix(name, "user.") && !has_prefix(name, USER_PREFIX) &&
            fgetxattr(from_fd, name, NULL, 0) < 0 && errno == ENODATA &&
            fremovexattr(to_fd, name) && errno != ENODATA)
            rc = -errno;
    free(list);
    return rc ? rc : fvm_attributes_copy(from_fd, to_fd);
}

bool fvm_attributes_same_dos(int a_fd, int b_fd)
{
    char a[64], b[64];
    ssize_t a_cb = fgetxattr(a_fd, DOS_ATTRIBUTES, a, sizeof(a));
    ssize_t b_cb = fgetxattr(b_fd, DOS_ATTRIBUTES, b, sizeof(b));

    return a_cb == b_cb && (a_cb <= 0 || memcmp(a, b, (size_t)a_cb) == 0);
}
