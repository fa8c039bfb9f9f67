/*
 * launcher/join.c: a program enters a running VM as a child of `fvm run`: same terminal, same
 * session, other world. See launcher.h.
 *
 * Two steps, because a process cannot come back from a user namespace: a helper enters the VM's
 * user and pid namespace and clones the program's process with CLONE_PARENT, so that it is the
 * child of `fvm run` itself.
 */
#include "core/text.h"
#include "launcher/cage.h"
#include "launcher/net.h"
#include "launcher/program.h"
#include "launcher/seal.h"
#include "launcher/terms.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_FOLDERS 256

struct join {
    const struct fvm_link *link;
    const struct fvm_store *store;
    const struct fvm_wine *wine;
    const struct fvm_program *program;
    int mounts[MAX_FOLDERS]; /* overlays, not yet placed */
    struct stat lowers[MAX_FOLDERS];
    bool wine32;             /* the VM runs 32-bit programs: known once we are in it */
    bool shown[MAX_FOLDERS]; /* an earlier program of this VM brought it, or a folder above it */
    int scope;               /* of fvm_net_scope_make() */
    int report; /* to `fvm run`: a struct fvm_report if anything fails; closed by exec */
};

/* A folder without an overlay, as shared VMs are shown them. */
static bool is_as_it_is(const struct fvm_folder *folder)
{
    return !folder->file_only && !folder->upper;
}

/* Is the folder there already? Two overlays over one layer would spoil each other: mounting the
 * second one clears the work folder of the first. */
static bool is_shown(const struct fvm_folder *folder, const struct stat *lower)
{
    char parent[4096];
    struct stat here, above;
    struct statfs fs;
    char *slash;

    if (is_as_it_is(folder))
        return !folder->writable && !stat(folder->path, &here) && here.st_ino == lower->st_ino &&
               here.st_dev == lower->st_dev;
    if (statfs(folder->path, &fs))
        return false;
    if (fs.f_type == OVERLAYFS_SUPER_MAGIC)
        return true;
    snprintf(parent, sizeof(parent), "%s", folder->path);
    slash = strrchr(parent, '/');
    *(slash == parent ? slash + 1 : slash) = 0;
    return folder->file_only && !stat(folder->path, &here) && !stat(parent, &above) &&
           S_ISREG(here.st_mode) && here.st_dev != above.st_dev;
}

/* A look from within the VM, and back to our own copy of the host's mounts. */
static int find_shown(struct join *join, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    FVM_CLEANUP(fd) int store = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

    for (size_t i = 0; i < join->program->folder_count; i++) {
        const struct fvm_folder *folder = &join->program->folders[i];

        if (is_as_it_is(folder) && stat(folder->lower, &join->lowers[i]))
            return fvm_fail(err, -errno, "cannot show '%s': %s", folder->path, strerror(errno));
    }
    if (own < 0 || store < 0 || setns(join->link->ns[FVM_NS_MNT], 0))
        return fvm_fail(err, -errno, "cannot look into the VM: %s", strerror(errno));
    for (size_t i = 0; i < join->program->folder_count; i++)
        join->shown[i] = is_shown(&join->program->folders[i], &join->lowers[i]);
    if (setns(own, 0) || fchdir(store))
        return fvm_fail(err, -errno, "cannot come back from the VM: %s", strerror(errno));
    return 0;
}

/* A file that was given to be read could be opened again for writing, by /proc/self/fd/0, where the
 * VM's user owns it: the program gets it through a mount that is read-only. It reads on from the
 * same place, but whoever reads after it does not. A file without a name is nobody's to lose. */
static int shield_input(struct fvm_error *err)
{
    struct mount_attr read_only = {.attr_set = MOUNT_ATTR_RDONLY};
    FVM_CLEANUP(fd) int tree = -1;
    FVM_CLEANUP(fd) int in = -1;
    char path[4096];
    struct stat st, named;
    ssize_t cb;

    if (fstat(0, &st) || !S_ISREG(st.st_mode) || (fcntl(0, F_GETFL) & O_ACCMODE) != O_RDONLY)
        return 0;
    cb = readlink("/proc/self/fd/0", path, sizeof(path) - 1);
    path[cb > 0 ? cb : 0] = 0;
    tree = (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | O_CLOEXEC);
    if (tree < 0 || fstat(tree, &named) || named.st_ino != st.st_ino || named.st_dev != st.st_dev)
        return 0;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", tree);
    if (mount_setattr(tree, "", AT_EMPTY_PATH, &read_only, sizeof(read_only)) ||
        (in = open(path, O_RDONLY | O_CLOEXEC)) < 0 ||
        lseek(in, lseek(0, 0, SEEK_CUR), SEEK_SET) < 0 || dup2(in, 0) != 0)
        return fvm_fail(err, -errno, "cannot protect standard input: %s", strerror(errno));
    return 0;
}

/* A folder as standard input would be a way to all of the host's files. */
static int refuse_folders(struct fvm_error *err)
{
    static const char *const names[] = {"input", "output", "error"};
    struct stat st;

    for (int fd = 0; fd < 3; fd++)
        if (!fstat(fd, &st) && S_ISDIR(st.st_mode))
            return fvm_fail(err, -EISDIR, "standard %s is a folder; no VM gets that", names[fd]);
    return 0;
}

/* Overlays are made where both the folder and the store can be named: in a copy of the host's
 * mounts that belongs to the VM's user namespace. They are carried into the VM by descriptor. */
static int make_overlays(struct join *join, struct fvm_error *err)
{
    const struct fvm_program *program = join->program;
    int result;

    if (fchdir(join->store->fd) || unshare(CLONE_NEWNS) ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
        return fvm_fail(err, -errno, "cannot prepare shown folders: %s", strerror(errno));
    result = program->tool ? 0 : shield_input(err);
    if (!result && program->folder_count)
        result = find_shown(join, err);
    if (result)
        return result;
    for (size_t i = 0; i < program->folder_count; i++) {
        const struct fvm_folder *folder = &program->folders[i];

        if (join->shown[i])
            continue;
        if (!folder->upper)
            join->mounts[i] =
                (int)syscall(SYS_open_tree, AT_FDCWD, folder->lower, OPEN_TREE_CLONE | O_CLOEXEC);
        else
            join->mounts[i] = fvm_overlay_make(
                &(struct fvm_overlay){folder->lower, folder->upper, folder->work, NULL}, err);
        if (join->mounts[i] < 0 && !folder->upper)
            return fvm_fail(err, -errno, "cannot show '%s': %s", folder->path, strerror(errno));
        if (join->mounts[i] < 0)
            return join->mounts[i];
    }
    return 0;
}

/* The VM's root is read-only for everybody in it; a clone of its mount, writable for us alone,
 * takes the mount points. */
static int make_mount_point(int root, const char *path, bool is_file)
{
    FVM_CLEANUP(fd) int at = fcntl(root, F_DUPFD_CLOEXEC, 0);
    char name[256];

    while (at >= 0 && *path) {
        size_t cb;
        int next;
        bool last;

        path += strspn(path, "/");
        cb = strcspn(path, "/");
        if (!cb)
            break;
        if (cb >= sizeof(name))
            return -ENAMETOOLONG;
        memcpy(name, path, cb);
        name[cb] = 0;
        path += cb;
        last = !path[strspn(path, "/")];
        if (last && is_file) {
            int fd = openat(at, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0444);

            fvm_close(fd);
            return fd < 0 ? -errno : 0;
        }
        if (mkdirat(at, name, 0755) && errno != EEXIST)
            return -errno;
        next = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (next < 0)
            return -errno;
        close(at);
        at = next;
    }
    return at < 0 ? -EBADF : 0;
}

static int protect(const struct fvm_folder *folder, int mount_fd, struct fvm_error *err)
{
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
                                          (folder->writable ? 0 : MOUNT_ATTR_RDONLY)};

    if (mount_setattr(mount_fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)))
        return fvm_fail(err, -errno, "cannot protect '%s': %s", folder->path, strerror(errno));
    return 0;
}

static int place_folders(const struct join *join, struct fvm_error *err)
{
    struct mount_attr writable = {.attr_clr = MOUNT_ATTR_RDONLY};
    FVM_CLEANUP(fd) int root = -1;
    int result;

    for (size_t i = 0; i < join->program->folder_count; i++) {
        const struct fvm_folder *folder = &join->program->folders[i];
        /* These are file systems of the VM's own, not part of the root's. */
        const char *base = !strncmp(folder->path, "/tmp/", 5)   ? "/tmp"
                           : !strncmp(folder->path, "/run/", 5) ? "/run"
                                                                : "/";
        const char *below = folder->path + (base[1] ? strlen(base) : 0);

        if (join->shown[i])
            continue;
        fvm_close(root);
        root = (int)syscall(SYS_open_tree, AT_FDCWD, base, OPEN_TREE_CLONE | O_CLOEXEC);
        if (root < 0 || mount_setattr(root, "", AT_EMPTY_PATH, &writable, sizeof(writable)))
            return fvm_fail(err, -errno, "cannot open the VM's root: %s", strerror(errno));
        result = make_mount_point(root, below, folder->file_only);
        if (result)
            return fvm_fail(err, result, "cannot make '%s' in the VM: %s", folder->path,
                            strerror(-result));
        result = folder->upper ? 0 : protect(folder, join->mounts[i], err);
        if (result)
            return result;
        if (folder->writable)
            umount2(folder->path, MNT_DETACH); /* of a VM that had this number and was killed */
        result = fvm_overlay_place(join->mounts[i], folder->path, err);
        if (!result && folder->upper)
            result = fvm_shares_show_in(join->program->terms, folder->path, err);
        if (result)
            return result;
    }
    return 0;
}

static bool is_pipe(int fd)
{
    struct stat st;

    return !fstat(fd, &st) && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

/* -ENOTDIR, whatever is wrong: -ENOENT would say that the program is missing. */
static int enter_folder(const struct fvm_program *program, bool shared, struct fvm_error *err)
{
    char path[4096], drive[32];
    bool is_windows = fvm_has_drive(program->cwd);

    if (is_windows && !shared) { /* a shared VM's folder may be the VM's own: the engine finds it */
        snprintf(drive, sizeof(drive), "/prefix/dosdevices/%c:", program->cwd[0] | 0x20);
        errno = ENOENT;
        if (!fvm_find_path(drive, program->cwd + 2, path, sizeof(path)) || chdir(drive) ||
            (path[0] && chdir(path + 1)))
            return fvm_fail(err, -ENOTDIR, "cannot enter '%s' in the VM: %s", program->cwd,
                            strerror(errno));
        return 0;
    }
    if (program->cwd && !is_windows) {
        if (chdir(program->cwd))
            return fvm_fail(err, -ENOTDIR, "cannot enter '%s' in the VM: %s", program->cwd,
                            strerror(errno));
        return 0;
    }
    snprintf(path, sizeof(path), "/prefix/drive_c/users/%s", program->user);
    return chdir(path) && chdir("/prefix/drive_c") && chdir("/") ? -errno : 0;
}

/* Only what a program needs is passed from the user's environment: it may hold tokens and paths of
 * the host. */
static char **make_environment(const struct join *join, const char *pipes)
{
    static const char *const passed[] = {"LANG",       "LC_ALL",  "LC_CTYPE", "LC_MESSAGES",
                                         "LC_NUMERIC", "LC_TIME", "LANGUAGE", "TERM",
                                         "COLORTERM",  "TZ",      "WINEDEBUG"};
    static const char *const fixed[] = {FVM_WINE_ENV};
    const struct fvm_program *program = join->program;
    const unsigned number = join->link->number;
    size_t count = 0;
    char **env;

    while (program->env && program->env[count])
        count++;
    env = calloc(count + ARRAY_LEN(passed) + ARRAY_LEN(fixed) + FVM_DISPLAY_ENV + 8, sizeof(*env));
    if (!env)
        return NULL;
    count = 0;
    for (size_t i = 0; i < ARRAY_LEN(passed); i++) {
        const char *value = getenv(passed[i]);

        if (value && asprintf(&env[count], "%s=%s", passed[i], value) > 0)
            count++;
    }
    if (!getenv("LC_ALL") && !getenv("LC_CTYPE") && !getenv("LANG"))
        env[count++] = (char *)FVM_LOCALE_ENV;
    if (!getenv("WINEDEBUG"))
        env[count++] = (char *)"WINEDEBUG=-all";
    for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
        env[count++] = (char *)fixed[i];
    if (join->wine32)
        env[count++] = (char *)FVM_WINE32_ENV;
    if (join->wine && asprintf(&env[count], "WINESERVER=%s", join->wine->server) > 0)
        count++;
    if (asprintf(&env[count], "USER=%s", program->user) > 0)
        count++;
    if (*pipes && asprintf(&env[count], "FVM_PIPES=%s", pipes) > 0)
        count++;
    /* By this `fvm ps` knows the processes of a VM from those of others in the same Windows. */
    if (number && asprintf(&env[count], FVM_NUMBER_VARIABLE "=%u", number) > 0)
        count++;
    count += fvm_display_env(env + count, program->terms);
    for (char **own = program->env; own && *own; own++)
        env[count++] = *own;
    return env;
}

static int enter_namespaces(const struct fvm_link *link, struct fvm_error *err)
{
    static const int order[] = {FVM_NS_IPC, FVM_NS_UTS, FVM_NS_MNT};

    for (size_t i = 0; i < ARRAY_LEN(order); i++)
        if (setns(link->ns[order[i]], 0))
            return fvm_fail(err, -errno, "cannot enter the VM: %s", strerror(errno));
    return 0;
}

static int count_args(char **argv)
{
    int count = 0;

    while (argv[count])
        count++;
    return count;
}

static int pass_as_is(char **argv, const struct fvm_program *program)
{
    *argv++ = (char *)"wine64";
    for (char **arg = program->argv; *arg; arg++)
        *argv++ = *arg;
    return 0;
}

/* Returns only if it fails. */
static int start_wine(const struct join *join, struct fvm_error *err)
{
    const struct fvm_program *program = join->program;
    char pipes[4] = "", **argv, **env;
    sigset_t none;
    int result;

    for (int fd = 0, used = 0; fd < 3; fd++)
        if (is_pipe(fd))
            pipes[used++] = "ioe"[fd];
    argv = calloc((size_t)count_args(program->argv) + FVM_ARGV_EXTRA, sizeof(*argv));
    env = make_environment(join, pipes);
    if (!argv || !env)
        result = fvm_fail(err, -ENOMEM, "out of memory");
    else if (program->as_is)
        result = pass_as_is(argv, program);
    else
        result = fvm_program_resolve(argv, program, join->wine32, pipes, join->link->number, err);
    if (!result) {
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        for (int sig = 1; sig < 32; sig++)
            if (sig != SIGKILL && sig != SIGSTOP && sig != SIGHUP)
                signal(sig, SIG_DFL);
        execve(join->wine->loader, argv, env);
        result = fvm_fail(err, -errno, "cannot start Wine: %s", strerror(errno));
    }
    free(argv);
    free(env);
    return result;
}

/* Returns only if it fails. */
static int start_tool(const struct join *join, struct fvm_error *err)
{
    char **env = make_environment(join, "");
    sigset_t none;
    int result;

    if (!env)
        return fvm_fail(err, -ENOMEM, "out of memory");
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(join->program->argv[0], join->program->argv, env);
    result = fvm_fail(err, -errno, "cannot start %s in the VM: %s", join->program->argv[0],
                      strerror(errno));
    free(env);
    return result;
}

/* No terminal: a program of the VM may take a tool over, and would have it then. */
static int detach_tool(const struct fvm_program *program, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null < 0 || setsid() < 0 || dup2(program->in < 0 ? null : program->in, 0) < 0 ||
        dup2(program->out < 0 ? null : program->out, 1) < 0 || dup2(null, 2) < 0)
        return fvm_fail(err, -errno, "cannot prepare %s: %s", program->argv[0], strerror(errno));
    return 0;
}

/* Order: mounts, descriptors, privileges, and only then a look at anything that the VM may have
 * written. */
static int run(struct join *join, struct fvm_error *err)
{
    const struct fvm_program *program = join->program;
    int result = enter_namespaces(join->link, err);

    /* In the VM's root, where nobody of the VM can make it. */
    join->wine32 = !result && !access(FVM_WINE32 "/i386-windows/ntdll.dll", F_OK);
    if (!result)
        result = place_folders(join, err);
    if (result)
        return result;
    if (program->log > 0 && (dup2(program->log, 1) < 0 || dup2(program->log, 2) < 0))
        return fvm_fail(err, -errno, "cannot write the log: %s", strerror(errno));
    result = fvm_net_scope(join->scope);
    if (result)
        return fvm_fail(err, result, "cannot close the host's sockets: %s", strerror(-result));
    if (program->tool && (result = detach_tool(program, err)))
        return result;
    fvm_seal_close(&join->report, 1);
    result = fvm_seal_process(join->wine32, program->terms, err);
    if (!result)
        result = enter_folder(program, join->link->number, err);
    if (result)
        return result;
    return program->tool ? start_tool(join, err) : start_wine(join, err);
}

_Noreturn static void fail(const struct join *join, int code, const struct fvm_error *error)
{
    struct fvm_report report = {.code = code, .error = *error};

    send(join->report, &report, sizeof(report), MSG_NOSIGNAL);
    _exit(125);
}

/* The helper: prepares overlays, enters user and pid namespace, clones the program's process for
 * our parent. */
_Noreturn static void help(struct join *join)
{
    struct fvm_error err = {{0}};
    int result;
    pid_t pid;

    /* Nobody in the VM may look into us while we still have descriptors of the host. */
    prctl(PR_SET_DUMPABLE, 0);
    result = fvm_net_enter(join->link->ns, &err);
    if (!result)
        result = make_overlays(join, &err);
    if (!result && setns(join->link->ns[FVM_NS_PID], 0))
        result = fvm_fail(&err, -errno, "cannot enter the VM: %s", strerror(errno));
    if (!result)
        result = fvm_cage_enter(join->link->cage, join->link->cage_count, 0, &err);
    if (result)
        fail(join, result, &err);
    pid = (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid < 0)
        fail(join, -errno,
             (fvm_fail(&err, 0, "cannot start a process in the VM: %s", strerror(errno)), &err));
    if (!pid) {
        struct pollfd caller = {.fd = join->report};

        prctl(PR_SET_PDEATHSIG, SIGKILL); /* as Wine's program would die with `wine` */
        if (poll(&caller, 1, 0) > 0)
            _exit(125); /* `fvm run` is dead already: no signal will come */
        result = run(join, &err);
        fail(join, result, &err);
    }
    send(join->report, &pid, sizeof(pid), MSG_NOSIGNAL);
    _exit(0);
}

/* The helper sends the pid; the program sends a report if it fails, or exec closes its end. Either
 * may be first: a program whose pid was missed would stay a zombie, and keep the VM from its end.
 */
static int await(int fd, pid_t *pid, struct fvm_error *err)
{
    struct fvm_report report;
    ssize_t got;
    int result = 0;

    *pid = -1;
    while ((got = recv(fd, &report, sizeof(report), 0)) > 0) {
        if (got == sizeof(pid_t)) {
            memcpy(pid, &report, sizeof(*pid));
            continue;
        }
        result = report.code;
        if (err)
            *err = report.error;
    }
    if (!result && *pid <= 0)
        return fvm_fail(err, -EIO, "the VM ended while the program was started");
    return result;
}

int fvm_join(const struct fvm_link *link, const struct fvm_store *store,
             const struct fvm_wine *wine, const struct fvm_program *program, pid_t *pid,
             struct fvm_error *err)
{
    struct join join = {.link = link, .store = store, .wine = wine, .program = program};
    int pair[2], result;
    pid_t helper;

    if (!program->tool && refuse_folders(err))
        return -EISDIR;
    if (program->folder_count > MAX_FOLDERS)
        return fvm_fail(err, -E2BIG, "too many shown folders (at most %d)", MAX_FOLDERS);
    join.scope = fvm_net_scope_make(program->terms);
    if (join.scope < -1)
        return fvm_fail(err, join.scope, "cannot close the host's sockets to the program: %s",
                        strerror(-join.scope));
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
        fvm_close(join.scope);
        return fvm_fail(err, -errno, "cannot make a socket: %s", strerror(errno));
    }
    join.report = pair[1];
    helper = fork();
    if (!helper) {
        close(pair[0]);
        help(&join);
    }
    close(pair[1]);
    if (helper < 0) {
        close(pair[0]);
        return fvm_fail(err, -errno, "cannot start a process: %s", strerror(errno));
    }
    result = await(pair[0], pid, err);
    close(pair[0]);
    fvm_close(join.scope);
    waitpid(helper, NULL, 0);
    if (result && *pid > 0)
        waitpid(*pid, NULL, 0);
    return result;
}
