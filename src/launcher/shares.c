/* launcher/shares.c: folders of the host's that a sealed VM sees as they are. See terms.h.
 *
 * Every share is mounted at /fvmshare/N of the VM, where nothing of the VM can be in the way, and
 * from there at its place: its own Linux path, or a folder of drive C:. A drive is a link to it.
 *
 * What is on the way to a place may have been written by the VM, or by another one that shares a
 * folder around it: it is walked name by name, without following links.
 */
#include "core/share.h"
#include "launcher/program.h"
#include "launcher/terms.h"
#include "store/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- the host's folder ------------------------------------------------------------------------ */

/* Its path was without links when it was said: were one there by now, it could lead anywhere. */
static int open_folder(const char *path)
{
    struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                           .resolve = RESOLVE_NO_SYMLINKS};
    int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

    return fd < 0 ? -errno : fd;
}

static int open_share(const struct fvm_share *share, struct fvm_error *err)
{
    int fd = open_folder(share->source ? share->source : share->dir);

    if (fd >= 0)
        return fd;
    if (fd == -ELOOP)
        return fvm_fail(err, -ENOTDIR,
                        "cannot share '%s': a link is on its way now; name the folder anew",
                        share->dir);
    return fvm_fail(err, fd == -ENOENT ? -ENOTDIR : fd, "cannot share '%s': %s", share->dir,
                    strerror(-fd));
}

/* Root's VMs have the rights of the folder's owner (fvm_shares_map()). */
static bool may(int fd, const struct stat *st, int mode)
{
    if (!geteuid())
        return ((int)(st->st_mode >> 6) & mode) == mode;
    return !syscall(SYS_faccessat2, fd, "", mode, AT_EMPTY_PATH | AT_EACCESS);
}

static int look_at(const struct fvm_share *share, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int fd = open_share(share, err);
    struct stat st;

    if (fd < 0)
        return fd;
    if (fstat(fd, &st))
        return fvm_fail(err, -errno, "cannot share '%s': %s", share->dir, strerror(errno));
    if (!may(fd, &st, R_OK | X_OK))
        return fvm_fail(err, -EACCES,
                        "cannot share '%s': %s may not read it (it belongs to user %u, mode %04o)",
                        share->dir, geteuid() ? "you" : "its owner", (unsigned)st.st_uid,
                        (unsigned)st.st_mode & 07777);
    errno = 0;
    if (share->writable &&
        (!may(fd, &st, W_OK) || syscall(SYS_faccessat2, fd, "", W_OK, AT_EMPTY_PATH | AT_EACCESS)))
        return fvm_fail(err, -EACCES,
                        "cannot share '%s' for writing: %s (it belongs to user %u, mode %04o); "
                        "share it :ro",
                        share->dir, strerror(errno ? errno : EACCES), (unsigned)st.st_uid,
                        (unsigned)st.st_mode & 07777);
    return 0;
}

int fvm_shares_ready(const struct fvm_terms *terms, struct fvm_error *err)
{
    char *path = fvm_store_path(), *store = path ? realpath(path, NULL) : NULL;
    int result = 0;

    for (size_t i = 0; !result && i < terms->share_count; i++) {
        const struct fvm_share *share = &terms->shares[i];

        if (fvm_failed(fvm_share_judge(share, store ? store : path ? path : "/", err)))
            result = -EPERM;
        else
            result = look_at(share, err);
    }
    free(store);
    free(path);
    return result;
}

/* --- as root ---------------------------------------------------------------------------------- */

static int clone_tree(int fd)
{
    /* With what is mounted below it: in a user namespace the kernel does not show a folder without
     * that. */
    int tree = (int)syscall(SYS_open_tree, fd, "",
                            AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE | O_CLOEXEC);

    return tree < 0 ? -errno : tree;
}

/* Seen where it is missing: ramfs, overlayfs, tmpfs before Linux 6.3. */
static int refuse_writing(const char *dir, uid_t owner, struct fvm_error *err)
{
    static const char why[] = "its file system, or one mounted in it, has no idmapped mounts, by "
                              "which root's VMs write as a folder's owner";

    /* Root's VMs are never root: as whom root's folder could be written there is nobody. */
    if (!owner)
        return fvm_fail(err, -EOPNOTSUPP,
                        "cannot share '%s' for writing: %s; share it :ro, or put it on ext4, xfs "
                        "or btrfs",
                        dir, why);
    return fvm_fail(err, -EOPNOTSUPP,
                    "cannot share '%s' for writing: %s; share it :ro, or run fvm as user %u", dir,
                    why, (unsigned)owner);
}

static int map_tree(const struct fvm_share *share, int tree, struct fvm_error *err)
{
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP};
    FVM_CLEANUP(fd) int users = -1;
    struct stat st;
    int result;

    if (fstat(tree, &st))
        return fvm_fail(err, -errno, "cannot share '%s': %s", share->dir, strerror(errno));
    users = fvm_map_owner(st.st_uid, st.st_gid, err);
    if (users < 0)
        return users;
    attr.userns_fd = (unsigned)users;
    if (!mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)))
        return 0;
    result = -errno;
    if (result != -EINVAL && result != -EOPNOTSUPP && result != -EPERM)
        return fvm_fail(err, result, "cannot map the owner of '%s': %s", share->dir,
                        strerror(-result));
    if (share->writable)
        return refuse_writing(share->dir, st.st_uid, err);
    if ((st.st_mode & 05) != 05)
        return fvm_fail(err, -EACCES,
                        "cannot share '%s': its file system, or one mounted in it, has no idmapped "
                        "mounts, so root's VMs read what everybody may; allow that: chmod o+rx",
                        share->dir);
    return 0;
}

static int map_share(struct fvm_share *share, size_t number, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int fd = open_share(share, err);
    FVM_CLEANUP(fd) int tree = -1;
    char place[32];
    int result;

    if (fd < 0)
        return fd;
    snprintf(place, sizeof(place), "shown/share-%zu", number);
    tree = clone_tree(fd);
    if (tree < 0)
        return fvm_fail(err, tree, "cannot share '%s': %s", share->dir, strerror(-tree));
    result = map_tree(share, tree, err);
    if (result)
        return result;
    if (mkdir(place, 0700) || move_mount(tree, "", AT_FDCWD, place, MOVE_MOUNT_F_EMPTY_PATH))
        return fvm_fail(err, -errno, "cannot share '%s': %s", share->dir, strerror(errno));
    share->source = strdup(place);
    return share->source ? 0 : fvm_fail(err, -ENOMEM, "out of memory");
}

int fvm_shares_map(struct fvm_terms *terms, struct fvm_error *err)
{
    int result = 0;

    for (size_t i = 0; !result && i < terms->share_count; i++)
        result = map_share(&terms->shares[i], i, err);
    return result;
}

int fvm_shares_offered(const char *dir, struct fvm_error *err)
{
    const struct fvm_share share = {.dir = (char *)dir, .writable = true};
    FVM_CLEANUP(fd) int fd = open_share(&share, err);
    FVM_CLEANUP(fd) int tree = -1;

    if (fd < 0)
        return fd;
    if (geteuid())
        return 0;
    tree = clone_tree(fd);
    if (tree < 0)
        return fvm_fail(err, tree, "cannot share '%s': %s", dir, strerror(-tree));
    return map_tree(&share, tree, err);
}

/* --- walking to a place ----------------------------------------------------------------------- */

enum {
    AS_SPELLED = 0,
    WINDOWS = 1, /* a Windows path: without case, backslashes */
    MAKE = 2
};

static bool take_name(const char **path, char name[256], char separator)
{
    const char separators[] = {separator, 0};
    size_t cb;

    *path += strspn(*path, separators);
    cb = strcspn(*path, separators);
    if (!cb || cb >= 256)
        return false;
    memcpy(name, *path, cb);
    name[cb] = 0;
    *path += cb;
    return true;
}

/**
 * Walk from a folder to one below it, by names only.
 *
 * @param path [in,out] what of it is not there
 * @return the folder that was reached, by O_PATH; -ENOTDIR: what has the name is a file or a link;
 * -errno
 */
static int walk(int from, const char **path, unsigned how)
{
    FVM_CLEANUP(fd) int at = openat(from, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    char name[256], found[256];
    const char *next = *path;

    if (at < 0)
        return -errno;
    while (take_name(&next, name, how & WINDOWS ? '\\' : '/')) {
        int fd;

        snprintf(found, sizeof(found), "%s", name);
        if (how & WINDOWS)
            fvm_find_name(at, name, found, sizeof(found));
        fd = openat(at, found, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0 && errno == ENOENT && !(how & MAKE))
            break;
        if (fd < 0 && errno == ENOENT && !mkdirat(at, found, 0755))
            fd = openat(at, found, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0)
            return errno == ELOOP ? -ENOTDIR : -errno;
        close(at);
        at = fd;
        *path = next;
    }
    return FVM_STEAL(at, -1);
}

static int fail_place(const struct fvm_share *share, int code, struct fvm_error *err)
{
    return fvm_fail(err, code, "cannot share '%s' at '%s': %s", share->dir,
                    share->place ? share->place : share->dir,
                    code == -ENOTDIR ? "a file or a link is in the way; choose another place"
                                     : strerror(-code));
}

static bool is_on_drive(const struct fvm_share *share)
{
    return share->place && share->place[2];
}

/* --- mount points on drive C: ----------------------------------------------------------------- */

/* What the VM has there must not vanish behind a share. */
static int check_empty(const struct fvm_share *share, int dir, struct fvm_error *err)
{
    FVM_CLEANUP(names) char **names = NULL;
    size_t count;
    int result = fvm_dir_names(dir, &names, &count);

    if (result)
        return fail_place(share, result, err);
    if (count)
        return fvm_fail(err, -ENOTEMPTY,
                        "cannot share '%s' at '%s': that folder is not empty; choose another place",
                        share->dir, share->place);
    return 0;
}

/* Makes, below `layer`, the folders of a place, with the names that `drive` has spelled as there.
 */
static int make_below(const struct fvm_share *share, int drive, int layer, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int at = openat(drive, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    FVM_CLEANUP(text) struct fvm_text path = {0};
    FVM_CLEANUP(fd) int made = -1;
    const char *rest = share->place + 2;
    char name[256], found[256];

    while (take_name(&rest, name, '\\')) {
        snprintf(found, sizeof(found), "%s", name);
        if (at >= 0) {
            int next;

            fvm_find_name(at, name, found, sizeof(found));
            next = openat(at, found, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
            if (next < 0 && errno != ENOENT)
                return fail_place(share, errno == ELOOP ? -ENOTDIR : -errno, err);
            close(at);
            at = next;
        }
        fvm_text_printf(&path, "/%s", found);
    }
    if (at >= 0)
        return check_empty(share, at, err);
    if (path.failed)
        return fvm_fail(err, -ENOMEM, "out of memory");
    rest = path.s;
    made = walk(layer, &rest, MAKE);
    return made < 0 ? fail_place(share, made, err) : 0;
}

/* In the store, as the drive's other layers: with layers on two file systems overlayfs gives a file
 * another inode number when it is copied up, and wineserver knows open files by that. */
int fvm_shares_below(const struct fvm_start *start, int *drive, char below[128],
                     struct fvm_error *err)
{
    FVM_CLEANUP(fd) int layer = -1;
    int result = 0;

    below[0] = 0;
    for (size_t i = 0; !result && i < start->terms->share_count; i++) {
        const struct fvm_share *share = &start->terms->shares[i];

        if (!is_on_drive(share))
            continue;
        snprintf(below, 128, "%s/run/places", start->vm_dir);
        if (layer < 0) {
            if (mkdir(below, 0755) && errno != EEXIST)
                return fvm_fail(err, -errno, "cannot make '%s': %s", below, strerror(errno));
            layer = open(below, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        }
        result = make_below(share, *drive, layer, err);
    }
    if (below[0]) { /* there must not be two over one layer */
        close(*drive);
        *drive = -1;
    }
    return result;
}

/* --- in the VM's root ------------------------------------------------------------------------- */

/* @param to folder to mount over */
static int mount_at(int from, int to)
{
    FVM_CLEANUP(fd) int tree = clone_tree(from);

    if (tree < 0)
        return tree;
    return move_mount(tree, "", to, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) ? -errno
                                                                                           : 0;
}

/* @param at [out] the share in the VM, yours */
static int take_in(const struct fvm_share *share, size_t number, int root, int *at,
                   struct fvm_error *err)
{
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
                                          (share->writable ? 0 : MOUNT_ATTR_RDONLY)};
    FVM_CLEANUP(fd) int fd = open_share(share, err);
    FVM_CLEANUP(fd) int tree = -1;
    FVM_CLEANUP(fd) int to = -1;
    char inside[32];
    const char *path = inside;

    if (fd < 0)
        return fd;
    snprintf(inside, sizeof(inside), FVM_SHARES "/%zu", number + 1);
    tree = clone_tree(fd);
    to = walk(root, &path, MAKE);
    if (tree < 0 || to < 0 ||
        mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) ||
        move_mount(tree, "", to, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)) {
        int result = tree < 0 ? tree : to < 0 ? to : -errno;

        return fvm_fail(err, result, "cannot share '%s': %s", share->dir, strerror(-result));
    }
    *at = FVM_STEAL(tree, -1); /* what was moved is still what the descriptor names */
    return 0;
}

static int link_drive(const struct fvm_start *start, size_t number, struct fvm_error *err)
{
    const struct fvm_share *share = &start->terms->shares[number];
    char link[256], target[32];

    snprintf(link, sizeof(link), "%s/dosdevices/%c:", start->prefix, share->place[0] | 0x20);
    snprintf(target, sizeof(target), FVM_SHARES "/%zu", number + 1);
    if (symlink(target, link))
        return fvm_fail(err, -errno, "cannot make drive %s: %s", share->place, strerror(errno));
    return 0;
}

static int put_in_place(const struct fvm_start *start, size_t number, int share_fd, int root,
                        struct fvm_error *err)
{
    const struct fvm_share *share = &start->terms->shares[number];
    const char *path = share->place ? share->place + 2 : share->dir, *drive = "/prefix/drive_c";
    FVM_CLEANUP(fd) int from = -1;
    FVM_CLEANUP(fd) int to = -1;
    int result;

    if (share->place && !is_on_drive(share))
        return link_drive(start, number, err);
    from = is_on_drive(share) ? walk(root, &drive, AS_SPELLED) : dup(root);
    if (from < 0)
        return fail_place(share, -errno, err);
    /* On the drive the folder is missing only where the VM has put a folder of its own in the place
     * of the base's: then the mount point is its own as well. */
    to = walk(from, &path, MAKE | (is_on_drive(share) ? WINDOWS : 0));
    if (to < 0)
        return fail_place(share, to, err);
    result = mount_at(share_fd, to);
    return result ? fail_place(share, result, err) : 0;
}

/* Outer folders first, since the inner one is mounted in the outer one. @param n 0: the first */
static size_t nth_share(const struct fvm_terms *terms, size_t n)
{
    for (size_t i = 0; i < terms->share_count; i++) {
        size_t cb = strlen(terms->shares[i].dir), before = 0;

        for (size_t j = 0; j < terms->share_count; j++) {
            size_t other_cb = strlen(terms->shares[j].dir);

            before += other_cb < cb || (other_cb == cb && j < i);
        }
        if (before == n)
            return i;
    }
    return 0;
}

int fvm_shares_show(const struct fvm_start *start, const char *root_path, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int root = open(root_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct fvm_terms *terms = start->terms;
    int result = 0;

    if (root < 0)
        return fvm_fail(err, -errno, "cannot share folders: %s", strerror(errno));
    for (size_t n = 0; !result && n < terms->share_count; n++) {
        FVM_CLEANUP(fd) int at = -1;
        size_t i = nth_share(terms, n);

        result = take_in(&terms->shares[i], i, root, &at, err);
        if (!result)
            result = put_in_place(start, i, at, root, err);
    }
    return result;
}

/* --- in a shown folder ------------------------------------------------------------------------ */

static int show_in(const struct fvm_share *share, size_t number, const char *folder, int root,
                   struct fvm_error *err)
{
    char inside[32];
    const char *path = share->dir, *from_path = inside;
    FVM_CLEANUP(fd) int to = walk(root, &path, AS_SPELLED);
    FVM_CLEANUP(fd) int from = -1;
    int result;

    /* In its layer of the folder the VM may have removed or replaced what is shared. */
    if (to == -ENOTDIR || (to >= 0 && *path)) {
        if (share->place) /* it has it there */
            return 0;
        return fvm_fail(err, -ENOTDIR,
                        "cannot share '%s' in '%s': the VM has removed or replaced that folder; "
                        "discard that, or give the share a drive",
                        share->dir, folder);
    }
    snprintf(inside, sizeof(inside), FVM_SHARES "/%zu", number + 1);
    from = walk(root, &from_path, AS_SPELLED);
    result = to < 0 ? to : from < 0 ? from : mount_at(from, to);
    return result ? fail_place(share, result, err) : 0;
}

int fvm_shares_show_in(const struct fvm_terms *terms, const char *folder, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = 0;

    for (size_t n = 0; !result && n < terms->share_count; n++) {
        size_t i = nth_share(terms, n);

        if (fvm_path_within(terms->shares[i].dir, folder))
            result = show_in(&terms->shares[i], i, folder, root, err);
    }
    return result;
}
