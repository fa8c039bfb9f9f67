/* tests/programs/escape_linux/shares.c: tries to get out of a VM by its shared folders, or to leave
 * something in them that would help outside. */
#include "try.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

/* A path in the writable share, or in the read-only one. One at a time. */
static const char *in(const char *share, const char *name)
{
    static char paths[2][1024];
    static unsigned which;

    which ^= 1;
    snprintf(paths[which], sizeof(paths[which]), "%s/%s", arg(share), name);
    return paths[which];
}
static const char *rw(const char *name)
{
    return in("share-rw", name);
}
static const char *ro(const char *name)
{
    return in("share-ro", name);
}
static int make(const char *path)
{
    unlink(path);
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

static bool beside(void)
{
    return can_open(rw("../beside.txt"), O_RDONLY);
}
static bool dots_by_descriptor(void)
{
    static const char *const ups[] = {"..", "../..", "../../.."};
    int share = open(arg("share-rw"), O_PATH | O_DIRECTORY | O_CLOEXEC);
    char path[64];

    for (size_t i = 0; i < COUNT(ups); i++) {
        snprintf(path, sizeof(path), "%s/beside.txt", ups[i]);
        if (!faccessat(share, path, F_OK, 0))
            return say(true, "%s found", path);
        snprintf(path, sizeof(path), "/proc/self/fd/%d/%s/beside.txt", share, ups[i]);
        if (opens(path, O_RDONLY))
            return say(true, "%s opened", path);
    }
    if (share < 0)
        return say(true, "no share to try with: %s", strerror(errno));
    close(share);
    return say(false, "%s", strerror(errno));
}
static bool absolute_link(void)
{
    const char *made = rw("made.link");
    bool worked;

    unlink(made);
    if (symlink(arg("secret-home"), made))
        return say(true, "no link to try with: %s", strerror(errno));
    worked = can_open(made, O_RDONLY);
    unlink(made);
    return worked;
}
static bool relative_link(void)
{
    const char *made = rw("made.link");
    bool worked;

    unlink(made);
    if (symlink("../beside.txt", made))
        return say(true, "no link to try with: %s", strerror(errno));
    worked = can_open(made, O_RDONLY);
    unlink(made);
    return worked;
}
/* Laid there from outside. */
static bool hosts_link(void)
{
    return can_open(rw("link-out"), O_RDONLY);
}
static bool hard_link_in(void)
{
    const char *made = rw("made.hard");
    bool worked;

    unlink(made);
    worked = refused_errno(!link(arg("secret-home"), made) || !link(ro("file"), made));
    unlink(made);
    return worked;
}
static bool rename_out(void)
{
    const char *away = outside ? in("share-rw", "../moved") : "/tmp/moved";
    bool worked;

    close(make(rw("made.file")));
    worked = !rename(rw("made.file"), away);
    refused_errno(worked);
    if (worked)
        unlink(away);
    unlink(rw("made.file"));
    return worked;
}
static bool rename_share(void)
{
    char other[1024];
    bool worked;

    snprintf(other, sizeof(other), "%s.renamed", arg("share-rw"));
    worked = refused_errno(!rename(arg("share-rw"), other));
    if (worked && rename(other, arg("share-rw")))
        say(true, "cannot undo it: %s", strerror(errno));
    return worked;
}
static bool by_handle(void)
{
    union {
        struct file_handle head;
        char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
    } handle = {.head.handle_bytes = MAX_HANDLE_SZ};
    int mount_id, share = open(arg("share-rw"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long fd = syscall(SYS_name_to_handle_at, share, "in", &handle, &mount_id, 0);

    if (!fd)
        fd = syscall(SYS_open_by_handle_at, share, &handle, O_RDONLY);
    else
        fd = -1;
    refused_errno(fd >= 0);
    close(share);
    return fd >= 0;
}

static bool write_read_only(void)
{
    const char *file = ro("file");
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    char again[40];
    void *map = fd < 0 ? MAP_FAILED : mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    snprintf(again, sizeof(again), "/proc/self/fd/%d", fd);
    if (fd < 0)
        return say(true, "cannot even be read: %s", strerror(errno));
    if (map != MAP_FAILED || opens(again, O_WRONLY) || opens(file, O_WRONLY | O_APPEND))
        return say(true, "opened for writing");
    close(fd);
    if (!truncate(file, 1) || !chmod(file, 0666) || !chmod(arg("share-ro"), 0777) ||
        !utimensat(AT_FDCWD, file, NULL, 0) || !setxattr(file, "user.fvm", "x", 1, 0))
        return say(true, "changed");
    if (opens(ro("new"), O_WRONLY | O_CREAT) || !mkdir(ro("new"), 0700) || !unlink(file) ||
        !rename(file, ro("other")) || !link(file, ro("other")) || !symlink("x", ro("other")))
        return say(true, "made, moved or removed");
    return say(false, "none of 14 ways: %s", strerror(errno));
}

/* Does any way to give a file this bit work? */
static bool set_id(mode_t bit)
{
    static const char *const ways[] = {"chmod", "fchmod",         "fchmodat", "creat",
                                       "open",  "open O_TMPFILE", "openat"};
    const char *path = rw("made.set");
    struct stat st = {0};
    int why = 0;

    for (size_t way = 0; way < COUNT(ways); way++) {
        int fd = -1;

        unlink(path);
        if (way < 3)
            fd = make(path);
        errno = 0;
        if (way == 0)
            (void)!syscall(SYS_chmod, path, 0755 | bit);
        else if (way == 1)
            (void)!syscall(SYS_fchmod, fd, 0755 | bit | 1L << 40);
        else if (way == 2)
            (void)!syscall(SYS_fchmodat, AT_FDCWD, path, 0755 | bit);
        else if (way == 3)
            fd = (int)syscall(SYS_creat, path, 0755 | bit);
        else if (way == 4)
            fd = (int)syscall(SYS_open, path, O_RDWR | O_CREAT, 0755 | bit);
        else if (way == 5)
            fd = (int)syscall(SYS_open, arg("share-rw"), O_RDWR | O_TMPFILE, 0755 | bit);
        else
            fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT, 0755 | bit);
        why = errno;
        if (fd >= 0 && !fstat(fd, &st) && st.st_mode & bit) {
            close(fd);
            unlink(path);
            return say(true, "%s gave it", ways[way]);
        }
        close(fd);
    }
    unlink(path);
    return say(false, "none of %zu ways: %s", COUNT(ways), strerror(why));
}
static bool set_user_id(void)
{
    return set_id(S_ISUID);
}
static bool set_group_id(void)
{
    return set_id(S_ISGID);
}
static bool newer_calls(void)
{
    enum { FCHMODAT2 = 452 };
    struct {
        unsigned long long flags, mode, resolve;
    } how = {O_RDWR | O_CREAT, 04755, 0};
    const char *path = rw("made.set");
    long fd, mode;

    close(make(path));
    mode = syscall(FCHMODAT2, AT_FDCWD, path, 04755, 0);
    unlink(path);
    fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
    unlink(path);
    return refused_errno(!mode || fd >= 0);
}
static bool fifo(void)
{
    const char *path = rw("made.fifo");
    bool worked = refused_errno(!mkfifo(path, 0666));

    unlink(path);
    return worked;
}
static bool capability(void)
{
    /* cap_sys_admin=ep */
    static const unsigned char value[20] = {1, 0, 0, 2, 0, 0, 0x20};
    const char *path = rw("made.cap");
    bool worked;

    close(make(path));
    worked = refused_errno(!setxattr(path, "security.capability", value, sizeof(value), 0));
    unlink(path);
    return worked;
}
/* A rename may leave a whiteout behind: character device 0:0, without the right to make devices. */
static bool whiteout(void)
{
    const char *from = rw("made.white"), *to = rw("made.moved");
    struct stat st;
    bool worked;

    close(make(from));
    worked = refused_errno(!syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 4));
    if (worked && (lstat(from, &st) || !S_ISCHR(st.st_mode)))
        worked = say(false, "it left no device");
    unlink(from);
    unlink(to);
    return worked;
}
static bool give_away(void)
{
    const char *path = rw("made.own");
    bool worked;

    close(make(path));
    worked = refused_errno(!chown(path, 12345, (gid_t)-1) || !chown(path, 0, (gid_t)-1));
    unlink(path);
    return worked && !outside ? say(true, "it has another owner") : worked;
}

const struct row shares_rows[] = {
    {"shares: what lies beside one", beside, MUST},
    {"shares: the same by a descriptor of it", dots_by_descriptor, MUST},
    {"shares: by an absolute link in one", absolute_link, MUST},
    {"shares: by a relative link in one", relative_link, MUST},
    {"shares: by a link that was there", hosts_link, MUST},
    {"shares: by a hard link", hard_link_in, MUST},
    {"shares: by a file handle", by_handle, MUST_AS_ROOT},
    {"shares: move a file out", rename_out, MUST},
    {"shares: rename one itself", rename_share, MUST},
    {"shares: change a read-only one", write_read_only, MUST},
    {"shares: leave a set-user-ID program", set_user_id, MUST},
    {"shares: leave a set-group-ID program", set_group_id, MUST},
    {"shares: the same by newer calls", newer_calls, MUST},
    {"shares: leave a FIFO", fifo, MUST},
    {"shares: leave a device by a rename", whiteout, MUST},
    {"shares: leave a program with capabilities", capability, MUST_AS_ROOT},
    {"shares: give a file to somebody else", give_away, MUST_AS_ROOT},
    {0},
};
