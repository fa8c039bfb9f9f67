/* launcher/privilege.c: started by root, FVM becomes somebody unprivileged before it touches a VM.
 * See launcher.h. */
#include "launcher/seal.h"
#include "launcher/terms.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int fvm_map_owner(unsigned owner, unsigned group, struct fvm_error *err)
{
    char path[64], line[64];
    int result = 0;
    const pid_t parent = getpid();
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);

    if (!pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* else it would be there for ever, with locks of ours */
        fvm_seal_close(NULL, 0);
        while (getppid() == parent)
            pause();
        _exit(0);
    }
    if (pid < 0) {
        result = -errno;
        if (fvm_check_namespaces(err) == 0) /* else its sentence says what to enable */
            fvm_fail(err, result, "cannot make a user namespace: %s", strerror(-result));
        return result;
    }
    for (int i = 0; i < 2; i++) {
        FVM_CLEANUP(fd) int map = -1;

        snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, i ? "gid_map" : "uid_map");
        snprintf(line, sizeof(line), "%u %u 1\n", i ? group : owner, FVM_VM_UID);
        map = open(path, O_WRONLY | O_CLOEXEC);
        if (map < 0 || write(map, line, strlen(line)) < 0)
            result = fvm_fail(err, -errno, "cannot map root's files to the VM's user: %s",
                              strerror(errno));
    }
    snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
    if (!result)
        result = open(path, O_RDONLY | O_CLOEXEC);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return result;
}

static int show_folder(struct fvm_folder *folder, size_t number, struct fvm_error *err)
{
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP};
    FVM_CLEANUP(fd) int tree = -1;
    FVM_CLEANUP(fd) int users = -1;
    struct stat st;

    snprintf(folder->lower, sizeof(folder->lower), "shown/%zu", number);
    if (stat(folder->path, &st))
        return fvm_fail(err, -errno, "cannot show '%s': %s", folder->path, strerror(errno));
    if (S_ISDIR(st.st_mode) ? mkdir(folder->lower, 0700) && errno != EEXIST
                            : mknod(folder->lower, S_IFREG | 0600, 0) && errno != EEXIST)
        return fvm_fail(err, -errno, "cannot make '%s': %s", folder->lower, strerror(errno));
    tree = (int)syscall(SYS_open_tree, AT_FDCWD, folder->path, OPEN_TREE_CLONE | O_CLOEXEC);
    if (tree < 0)
        return fvm_fail(err, -errno, "cannot show '%s': %s", folder->path, strerror(errno));
    users = fvm_map_owner(st.st_uid, st.st_gid, err);
    if (users < 0)
        return users;
    attr.userns_fd = (unsigned)users;
    /* Where the file system cannot do it, the folder is shown as it is: what others may read can be
     * read. */
    if (mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) && errno != EINVAL &&
        errno != EOPNOTSUPP)
        return fvm_fail(err, -errno, "cannot map the owner of '%s': %s", folder->path,
                        strerror(errno));
    if (move_mount(tree, "", AT_FDCWD, folder->lower, MOVE_MOUNT_F_EMPTY_PATH))
        return fvm_fail(err, -errno, "cannot show '%s': %s", folder->path, strerror(errno));
    return 0;
}

static int show_guest(struct fvm_wine *wine, struct fvm_error *err)
{
    if ((mkdir("guest", 0755) && errno != EEXIST) ||
        mount(wine->guest, "guest", NULL, MS_BIND, NULL))
        return fvm_fail(err, -errno, "cannot show FVM's guest files: %s", strerror(errno));
    snprintf(wine->guest, sizeof(wine->guest), "guest");
    if (!wine->pe32_dir[0])
        return 0;
    if ((mkdir("guest32", 0755) && errno != EEXIST) ||
        mount(wine->pe32_dir, "guest32", NULL, MS_BIND, NULL))
        return fvm_fail(err, -errno, "cannot show Wine's libraries for 32-bit programs: %s",
                        strerror(errno));
    snprintf(wine->pe32_dir, sizeof(wine->pe32_dir), "guest32");
    return 0;
}

/* The store is made by root, given to the VM user, and belongs to him ever after. */
static int enter_store(const char *path, struct fvm_error *err)
{
    FVM_CLEANUP(names) char **names = NULL;
    struct stat st;
    size_t count = 1;
    int result = fvm_store_make(path, err);

    if (result)
        return result;
    if (chdir(path) || stat(".", &st))
        return fvm_fail(err, -errno, "cannot enter the store '%s': %s", path, strerror(errno));
    if (st.st_uid == FVM_VM_UID)
        return 0;
    if (st.st_uid || !access("format", F_OK))
        return fvm_fail(err, -EPERM,
                        "the store '%s' belongs to user %u; as root FVM uses a store of its own: "
                        "unset FVM_HOME or name another folder, or run fvm as that user",
                        path, (unsigned)st.st_uid);
    /* FVM_HOME=/tmp must not give /tmp away. */
    if (fvm_dir_names(AT_FDCWD, &names, &count) || count)
        return fvm_fail(err, -EPERM,
                        "the folder '%s' is no store and not empty: name another in FVM_HOME",
                        path);
    if (chown(".", FVM_VM_UID, FVM_VM_UID))
        return fvm_fail(err, -errno, "cannot give the store '%s' to the VM's user: %s", path,
                        strerror(errno));
    return 0;
}

/* A session may come with a hard limit of 0 (sudo's do), which seal.c could not raise to the 1 that
 * keeps crash handlers away. */
static void allow_core_limit(void)
{
    static const struct rlimit one = {1, 1};
    struct rlimit now;

    if (!getrlimit(RLIMIT_CORE, &now) && now.rlim_max < one.rlim_max)
        setrlimit(RLIMIT_CORE, &one);
}

static int give_up_root(struct fvm_error *err)
{
    allow_core_limit();
    if (setgroups(0, NULL) || setresgid(FVM_VM_UID, FVM_VM_UID, FVM_VM_UID) ||
        setresuid(FVM_VM_UID, FVM_VM_UID, FVM_VM_UID))
        return fvm_fail(err, -errno, "cannot give up root: %s", strerror(errno));
    if (!setuid(0) || geteuid() != FVM_VM_UID)
        return fvm_fail(err, -EPERM, "root was not given up; refusing to go on");
    /* The kernel marks whoever changes his user as closed to /proc, which our own id mapping needs.
     */
    prctl(PR_SET_DUMPABLE, 1);
    return 0;
}

static int as_root(struct fvm_wine *wine, struct fvm_folder *folders, size_t count,
                   struct fvm_terms *terms, struct fvm_error *err)
{
    char *path = fvm_store_path();
    int result;

    if (!path)
        return fvm_fail(err, -ENOENT, "no place for the store: set FVM_HOME to a folder");
    /* From here on every path is reached from the store: its parents may be closed to the VM's
     * user. */
    result = enter_store(path, err);
    free(path);
    if (result)
        return result;
    fvm_store_entered();
    if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL))
        return fvm_fail(err, -errno, "cannot make a mount namespace: %s", strerror(errno));
    if (mkdir("shown", 0755) && errno != EEXIST)
        return fvm_fail(err, -errno, "cannot make the store's folder shown: %s", strerror(errno));
    if (mount("tmpfs", "shown", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m"))
        return fvm_fail(err, -errno, "cannot mount in the store: %s", strerror(errno));
    result = wine ? show_guest(wine, err) : 0;
    for (size_t i = 0; !result && i < count; i++)
        result = show_folder(&folders[i], i, err);
    if (!result && terms)
        result = fvm_shares_map(terms, err);
    if (!result)
        result = fvm_host_keep(err);
    if (!result)
        result = give_up_root(err);
    /* What only root can read would fail in the middle of a program's start. */
    if (!result && wine && wine->pe32_dir[0] && access("guest32/ntdll.dll", R_OK))
        wine->pe32_dir[0] = 0;
    return result;
}

int fvm_become_user(struct fvm_wine *wine, struct fvm_folder *folders, size_t count,
                    struct fvm_terms *terms, struct fvm_error *err)
{
    if (geteuid() == 0)
        return as_root(wine, folders, count, terms, err);
    for (size_t i = 0; i < count; i++)
        snprintf(folders[i].lower, sizeof(folders[i].lower), "%s", folders[i].path);
    return 0;
}

static long read_number(const char *path)
{
    FVM_CLEANUP(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    char text[32] = "";

    return fd < 0 || read(fd, text, sizeof(text) - 1) < 0 ? -1 : strtol(text, NULL, 10);
}

int fvm_check_namespaces(struct fvm_error *err)
{
    int status = 0;
    pid_t pid = fork();

    if (!pid)
        _exit(unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
                      CLONE_NEWNET)
                  ? errno
                  : 0);
    if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
        return fvm_fail(err, -EAGAIN, "cannot start a process");
    if (!WEXITSTATUS(status))
        return 0;
    if (read_number("/proc/sys/kernel/unprivileged_userns_clone") == 0)
        return fvm_fail(
            err, -EPERM,
            "this kernel forbids user namespaces to ordinary users, and FVM does not run a VM "
            "unsealed; allow them: sudo sysctl kernel.unprivileged_userns_clone=1");
    if (read_number("/proc/sys/user/max_user_namespaces") == 0)
        return fvm_fail(
            err, -EPERM,
            "user namespaces are switched off, and FVM does not run a VM unsealed; allow "
            "them: sudo sysctl user.max_user_namespaces=10000");
    if (read_number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1)
        return fvm_fail(
            err, -EPERM,
            "AppArmor keeps user namespaces from ordinary programs, and FVM does not run a VM "
            "unsealed; allow them: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0");
    return fvm_fail(
        err, -WEXITSTATUS(status),
        "the kernel refuses user namespaces (%s), and FVM does not run a VM unsealed; in a "
        "container allow unshare() and mount(), else see user_namespaces(7)",
        strerror(WEXITSTATUS(status)));
}
