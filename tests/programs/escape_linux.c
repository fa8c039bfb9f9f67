/*
 * escape_linux: a native program that tries to get out of a VM. Static, so that it needs nothing of where it runs.
 *
 *   escape_linux try KEY=VALUE...        every row of the escape surface, one line of TAP each. "ok": refused.
 *                                        The same outside says "not ok" for each row that ends in (*), or (root*) for
 *                                        root: a row that cannot be reached anywhere would prove nothing.
 *   escape_linux bait FILE KEY=VALUE...  listens, waits, and can be seen, until SIGTERM. Writes to FILE what it made;
 *                                        to FILE.report, at each SIGUSR2, what reached it.
 *   escape_linux plant WHAT KEY=VALUE... leaves something nasty in the VM's layer or registry.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
enum { KEY_ADD = 248, KEY_REQUEST = 249, KEY_CTL = 250, USER_KEYRING = -4, PROCESS_KEYRING = -2 };

static char **args;
static bool outside;
static char how[700]; /* how the last try ended, for its line */

static const char *arg(const char *key)
{
    size_t cb = strlen(key);

    for (char **at = args; *at; at++)
        if (!strncmp(*at, key, cb) && (*at)[cb] == '=')
            return *at + cb + 1;
    return "";
}

__attribute__((format(printf, 2, 3))) static bool say(bool reached, const char *fmt, ...)
{
    va_list list;

    va_start(list, fmt);
    vsnprintf(how, sizeof(how), fmt, list);
    va_end(list);
    return reached;
}

static bool refused_errno(bool reached)
{
    return say(reached, "%s", reached ? "worked" : strerror(errno));
}

/* Run a try in a child: one that may die, or that changes the process. @return its wait status; -1: no child */
static int in_child(void (*body)(void))
{
    int status = -1;
    pid_t pid = fork();

    if (!pid) {
        body();
        _exit(99);
    }
    if (pid < 0 || waitpid(pid, &status, 0) < 0)
        return -1;
    return status;
}

/* --- files ------------------------------------------------------------------------------------- */

static bool opens(const char *path, int flags)
{
    int fd = *path ? open(path, flags | O_CLOEXEC | O_NONBLOCK, 0600) : -1;

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool can_open(const char *path, int flags)
{
    bool worked = opens(path, flags);

    return say(worked, "%s: %s", path, worked ? "opened" : strerror(errno));
}

static bool secret_in_home(void) { return can_open(arg("secret-home"), O_RDONLY); }
static bool secret_in_tmp(void) { return can_open(arg("secret-tmp"), O_RDONLY); }
static bool secret_in_shm(void) { return can_open(arg("secret-shm"), O_RDONLY); }
static bool secret_in_run(void) { return can_open(arg("secret-run"), O_RDONLY); }
static bool other_vm_layer(void) { return can_open(arg("other-layer"), O_RDONLY); }
static bool own_conf(void) { return can_open(arg("own-conf"), O_RDWR); }
static bool base_hive(void) { return can_open(arg("base-hive"), O_RDWR); }
static bool base_file(void) { return can_open(arg("base-file"), O_RDWR); }
static bool host_etc(void) { return can_open("/etc/debian_version", O_RDONLY); }
static bool host_shadow(void) { return can_open("/etc/shadow", O_RDONLY); }
static bool host_var(void) { return can_open("/var/lib/dpkg/status", O_RDONLY); }
static bool host_boot(void) { return can_open("/etc/hostname", O_RDONLY); }
static bool host_dev(void) { return can_open("/dev/ptmx", O_RDWR) || can_open("/dev/kmsg", O_RDONLY); }

static bool guest_files(void)
{
    const char *paths[] = {arg("guest"),
                           "/fvm/wineboot.exe",
                           "/fvm/libfvmguest.so",
                           "/usr/lib/x86_64-linux-gnu/wine/x86_64-windows/wineboot.exe",
                           "/opt/wine-stable/lib64/wine/x86_64-windows/wineboot.exe",
                           "/usr/lib/wine/x86_64-windows/wineboot.exe"};

    for (size_t i = 0; i < COUNT(paths); i++)
        if (can_open(paths[i], O_RDWR))
            return true;
    return say(false, "none of %zu can be opened for writing", COUNT(paths));
}

static bool write_usr(void)
{
    static const char *const dirs[] = {"/usr", "/usr/lib", "/usr/local", "/bin", "/lib64", "/etc", "/etc/alternatives",
                                       "/fvm", "/sys", "/dev", "/"};
    char path[64];

    for (size_t i = 0; i < COUNT(dirs); i++) {
        snprintf(path, sizeof(path), "%s/.fvm-escape", dirs[i]);
        if (opens(path, O_WRONLY | O_CREAT)) {
            unlink(path);
            return say(true, "made %s", path);
        }
    }
    return say(false, "%s", strerror(errno));
}

/* Every file that is shown from outside, opened for writing: no mount but the VM's own may be writable. */
static bool writable_mounts(void)
{
    static const char *const own[] = {"tmpfs", "overlay", "proc"};
    char line[8192], path[1024], flags[256], type[64], *dash;
    FILE *mounts = fopen("/proc/self/mountinfo", "r");
    unsigned seen = 0;

    while (mounts && fgets(line, sizeof(line), mounts)) {
        bool is_own = false, is_device;
        struct stat st;

        if (sscanf(line, "%*s %*s %*s %*s %1023s %255s", path, flags) != 2 || !(dash = strstr(line, " - ")))
            continue;
        sscanf(dash + 3, "%63s", type);
        seen++;
        is_device = !stat(path, &st) && S_ISCHR(st.st_mode);
        if (!strstr(flags, "nosuid"))
            return fclose(mounts), say(true, "%s is mounted without nosuid (%s)", path, flags);
        if (!is_device && !strstr(flags, "nodev"))
            return fclose(mounts), say(true, "%s is mounted without nodev (%s)", path, flags);
        for (size_t i = 0; i < COUNT(own); i++)
            is_own |= !strcmp(type, own[i]);
        if (strncmp(flags, "ro", 2) && !is_own && !is_device && strcmp(path, "/prefix"))
            return fclose(mounts), say(true, "%s is mounted for writing (%s %s)", path, type, flags);
    }
    if (mounts)
        fclose(mounts);
    return say(seen < 5, "%u mounts are nosuid, nodev, and read-only or the VM's own", seen);
}

static bool fifo_in_shown(void)
{
    int fd = open(arg("shown-fifo"), O_WRONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0 || write(fd, "x", 1) != 1)
        return say(false, "%s", strerror(errno));
    close(fd);
    return say(true, "somebody reads it");
}

static bool stdin_again(void)
{
    return can_open("/proc/self/fd/0", O_WRONLY);
}

static bool link_out(void)
{
    const char *made = "/prefix/drive_c/out.link";
    bool worked;

    unlink(made);
    if (symlink(arg("secret-home"), outside ? "out.link" : made))
        return say(true, "no link to test with: %s", strerror(errno));
    worked = can_open(outside ? "out.link" : made, O_RDONLY);
    unlink(outside ? "out.link" : made);
    return worked;
}

static bool hard_link(void)
{
    const char *to = outside ? "hard.link" : "/prefix/hard.link";
    bool worked = !linkat(AT_FDCWD, arg("secret-home"), AT_FDCWD, to, 0) ||
                  (!outside && !linkat(AT_FDCWD, "/usr/bin/env", AT_FDCWD, to, 0));

    worked = refused_errno(worked);
    unlink(to);
    return worked;
}

static bool device_node(void)
{
    bool worked = !mknod("fvm-node", S_IFCHR | 0666, makedev(1, 1)) || !mknod("fvm-node", S_IFBLK | 0666, makedev(254, 0));

    worked = refused_errno(worked);
    unlink("fvm-node");
    return worked;
}

static bool file_capability(void)
{
    /* cap_sys_admin=ep */
    static const unsigned char value[20] = {1, 0, 0, 2, 0, 0, 0x20};
    bool worked;

    close(open("fvm-cap", O_WRONLY | O_CREAT | O_CLOEXEC, 0700));
    worked = refused_errno(!setxattr("fvm-cap", "security.capability", value, sizeof(value), 0) ||
                           !setxattr("fvm-cap", "trusted.overlay.opaque", "y", 1, 0));
    unlink("fvm-cap");
    return worked;
}

/* --- descriptors and /proc of every process --------------------------------------------------- */

static bool for_each_pid(bool (*look)(const char *pid))
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    bool hit = false;

    while (!hit && proc && (entry = readdir(proc)))
        hit = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && look(entry->d_name);
    if (proc)
        closedir(proc);
    return hit;
}

static bool own_descriptors(void)
{
    char list[400] = "", link[64], target[300];
    unsigned odd = 0;

    for (int fd = 3; fd < 1024; fd++) {
        ssize_t cb;

        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        cb = readlink(link, target, sizeof(target) - 1);
        if (cb < 0)
            continue;
        target[cb] = 0;
        if (strlen(list) + (size_t)cb + 8 < sizeof(list))
            sprintf(list + strlen(list), " %d=%s", fd, target);
        odd++;
    }
    return say(odd, "%u beyond 0, 1, 2:%s", odd, list);
}

static unsigned descriptors_seen;

/* A descriptor of any process that is a folder outside, or a file that is bait. */
static bool leads_out(const char *pid)
{
    static const char *const baits[] = {"secret-home", "secret-tmp", "secret-shm", "secret-run"};
    char path[600], target[300];
    struct dirent *entry;
    bool hit = false;
    DIR *fds;

    snprintf(path, sizeof(path), "/proc/%s/fd", pid);
    fds = opendir(path);
    while (!hit && fds && (entry = readdir(fds))) {
        ssize_t cb;

        if (entry->d_name[0] == '.')
            continue;
        descriptors_seen++;
        snprintf(path, sizeof(path), "/proc/%s/fd/%.20s/../../../../../../../../etc/debian_version", pid, entry->d_name);
        if (opens(path, O_RDONLY))
            hit = say(true, "%s opened", path);
        snprintf(path, sizeof(path), "/proc/%s/fd/%.20s", pid, entry->d_name);
        cb = readlink(path, target, sizeof(target) - 1);
        target[cb > 0 ? cb : 0] = 0;
        for (size_t i = 0; i < COUNT(baits); i++)
            if (cb > 0 && *arg(baits[i]) && !strcmp(target, arg(baits[i])))
                hit = say(true, "process %s holds %s", pid, target);
    }
    if (fds)
        closedir(fds);
    return hit;
}

static bool all_descriptors(void)
{
    return for_each_pid(leads_out) || say(false, "%u descriptors of all processes seen", descriptors_seen);
}

static bool folders_of(const char *pid)
{
    static const char *const ways[] = {"root", "cwd"};
    char path[400];

    for (size_t i = 0; i < COUNT(ways); i++) {
        snprintf(path, sizeof(path), "/proc/%s/%s/../../../../../../etc/debian_version", pid, ways[i]);
        if (opens(path, O_RDONLY))
            return say(true, "%s opened", path);
    }
    return false;
}
static bool all_roots(void) { return for_each_pid(folders_of) || say(false, "no process's root or folder lies outside"); }

static bool program_file_of(const char *pid)
{
    char path[64], target[300];
    ssize_t cb;

    snprintf(path, sizeof(path), "/proc/%s/exe", pid);
    if (opens(path, O_RDWR))
        return say(true, "%s opened for writing", path);
    cb = readlink(path, target, sizeof(target) - 1);
    target[cb > 0 ? cb : 0] = 0;
    return cb > 4 && !strcmp(target + cb - 4, "/fvm") ? say(true, "%s is %s", path, target) : false;
}
static bool all_programs(void) { return for_each_pid(program_file_of) || say(false, "no process shows FVM's own program"); }

static bool environment_of(const char *pid)
{
    char path[64], all[65536];
    ssize_t cb;
    int fd;

    snprintf(path, sizeof(path), "/proc/%s/environ", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    cb = fd < 0 ? 0 : read(fd, all, sizeof(all));
    close(fd);
    return cb > 0 && memmem(all, (size_t)cb, "FVM_BAIT_SECRET", 15) ? say(true, "%s", path) : false;
}
static bool environments(void) { return for_each_pid(environment_of) || say(false, "not in any process's"); }

static bool first_process(void)
{
    static const char *const names[] = {"root", "cwd", "exe", "environ", "mem", "maps", "fd", "fdinfo", "ns/user", "ns/mnt",
                                        "ns/pid", "auxv", "stack", "syscall", "pagemap", "task/1/mem", "task/1/fd"};
    char path[64];

    for (size_t i = 0; i < COUNT(names); i++) {
        snprintf(path, sizeof(path), "/proc/1/%s", names[i]);
        if (opens(path, O_RDONLY))
            return say(true, "%s opened", path);
    }
    return say(false, "none of %zu ways: %s", COUNT(names), strerror(errno));
}

/* --- processes --------------------------------------------------------------------------------- */

static bool is_bait(const char *pid)
{
    char path[64], name[32] = "";
    int fd;

    snprintf(path, sizeof(path), "/proc/%s/comm", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)!read(fd, name, sizeof(name) - 1);
        close(fd);
    }
    return !strncmp(name, "fvmbait", 7) ? say(true, "process %s is seen", pid) : false;
}
static bool see_processes(void) { return for_each_pid(is_bait) || say(false, "no bait among the VM's processes"); }

static bool signal_process(void)
{
    return is_bait(arg("pid")) && refused_errno(!kill(atoi(arg("pid")), SIGURG)) ? true : say(false, "no such process");
}
static bool trace_process(void)
{
    pid_t pid = atoi(arg("pid"));

    if (!is_bait(arg("pid")) || ptrace(PTRACE_SEIZE, pid, 0, 0))
        return say(false, "no such process");
    ptrace(PTRACE_DETACH, pid, 0, 0);
    return say(true, "seized");
}
static bool read_process(void)
{
    char byte;
    struct iovec to = {&byte, 1}, from = {(void *)strtoul(arg("address"), NULL, 0), 1};

    return refused_errno(process_vm_readv(atoi(arg("pid")), &to, 1, &from, 1, 0) == 1 && is_bait(arg("pid")));
}
static bool trace_first(void)
{
    long worked = ptrace(PTRACE_SEIZE, 1, 0, 0) && ptrace(PTRACE_ATTACH, 1, 0, 0);

    return refused_errno(!worked);
}
static bool signal_group(void) { return refused_errno(!kill(0, SIGURG)); }
static bool signal_group_wide(void) { return refused_errno(!syscall(SYS_kill, 1L << 32, SIGURG)); }
static bool nice_group(void) { return refused_errno(!setpriority(PRIO_PGRP, 0, getpriority(PRIO_PGRP, 0))); }
static bool io_nice_group(void) { return refused_errno(!syscall(SYS_ioprio_set, 2, 0, 2 << 13 | 4)); }

static void be_traced(void) { _exit(ptrace(PTRACE_TRACEME, 0, 0, 0) ? errno : 0); }
static bool traced_by_parent(void)
{
    int status = in_child(be_traced);

    return say(WIFEXITED(status) && !WEXITSTATUS(status), "%s", strerror(WEXITSTATUS(status)));
}
static bool parents_child(void)
{
    long pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);

    if (!pid)
        _exit(0);
    return refused_errno(pid > 0);
}
static bool io_signal(void)
{
    int pair[2];
    bool worked;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
        return say(true, "no pair to test with");
    worked = refused_errno(!fcntl(pair[0], F_SETFL, O_ASYNC | O_NONBLOCK));
    close(pair[0]), close(pair[1]);
    return worked;
}
static bool io_signal_ioctl(void)
{
    int pair[2], on = 1;
    bool worked;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
        return say(true, "no pair to test with");
    worked = refused_errno(!ioctl(pair[0], FIOASYNC, &on));
    close(pair[0]), close(pair[1]);
    return worked;
}

/* --- sockets ----------------------------------------------------------------------------------- */

static bool connects(int family, const void *address, socklen_t cb)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool worked = fd >= 0 && !connect(fd, address, cb);

    refused_errno(worked);
    close(fd);
    return worked;
}
static bool connect_path(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    return *path && connects(AF_UNIX, &address, sizeof(address));
}
static bool abstract_socket(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "%s", arg("abstract"));
    return connects(AF_UNIX, &address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(arg("abstract"))));
}
static bool socket_in_tmp(void) { return connect_path(arg("socket-tmp")); }
static bool socket_in_run(void) { return connect_path(arg("socket-run")); }
static bool socket_in_shown(void) { return connect_path(arg("socket-shown")); }
static bool control_socket(void) { return connect_path(arg("control")); }
static bool tcp_to(const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    return atoi(port) && connects(AF_INET, &address, sizeof(address));
}
static bool tcp(void) { return tcp_to(arg("port")); }
static bool tcp_other(void) { return tcp_to(arg("other-port")); }
static bool only_loopback(void)
{
    struct if_nameindex *all = if_nameindex();
    char list[200] = "";
    bool other = false;

    for (struct if_nameindex *at = all; at && at->if_index; at++) {
        other |= strcmp(at->if_name, "lo") != 0;
        if (strlen(list) + 20 < sizeof(list))
            sprintf(list + strlen(list), " %s", at->if_name);
    }
    return say(other || !all, "interfaces:%s", list);
}
static bool makes_socket(int family, int type, int protocol)
{
    int fd = socket(family, type | SOCK_CLOEXEC, protocol);

    if (fd >= 0)
        close(fd);
    return fd >= 0 || (errno != ENOSYS && errno != EPERM); /* what the kernel itself says was reached */
}
static bool socket_families(void)
{
    for (int family = 0; family < 50; family++)
        if (family != AF_UNIX && family != AF_INET && family != AF_INET6 && family != AF_NETLINK &&
            makes_socket(family, SOCK_STREAM, 0))
            return say(true, "family %d: %s", family, strerror(errno));
    return say(false, "%s", strerror(errno));
}
static bool socket_family_wide(void)
{
    long fd = syscall(SYS_socket, AF_UNIX | 1L << 32, SOCK_STREAM, 0);
    long other = syscall(SYS_socket, 40 | 1L << 32, SOCK_STREAM, 0);

    return refused_errno(fd >= 0 || other >= 0 || errno != ENOSYS);
}
static bool netlink_families(void)
{
    for (int protocol = 1; protocol < 24; protocol++)
        if (makes_socket(AF_NETLINK, SOCK_RAW, protocol))
            return say(true, "netlink %d: %s", protocol, strerror(errno));
    return say(false, "%s", strerror(errno));
}
static bool pair_families(void)
{
    int pair[2];

    for (int family = 2; family < 50; family++)
        if (!socketpair(family, SOCK_STREAM, 0, pair) || (errno != ENOSYS && errno != EPERM))
            return say(true, "family %d: %s", family, strerror(errno));
    return say(false, "%s", strerror(errno));
}
static bool odd_protocols(void)
{
    static const int protocols[] = {33, 132, 136, 262, 2, 47, 115};

    for (size_t i = 0; i < COUNT(protocols); i++)
        for (int type = 1; type < 7; type++)
            if (makes_socket(AF_INET, type, protocols[i]) && errno != EPERM)
                return say(true, "protocol %d: %s", protocols[i], strerror(errno));
    return say(false, "%s", strerror(errno));
}
static bool raw_socket(void)
{
    int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);

    return refused_errno(fd >= 0 && !close(fd));
}

/* --- memory and keys of others ------------------------------------------------------------- */

static bool shared_memory(void)
{
    return refused_errno(shmget((key_t)strtol(arg("shm"), NULL, 0), 0, 0) >= 0 && *arg("shm"));
}
static bool find_key(void)
{
    return refused_errno(syscall(KEY_CTL, 10 /* search */, (long)USER_KEYRING, "user", "fvmbait", 0) >= 0);
}
static bool make_key(void)
{
    return refused_errno(syscall(KEY_ADD, "user", "fvmtry", "x", 1, (long)PROCESS_KEYRING) >= 0 ||
                         syscall(KEY_REQUEST, "user", "fvmbait", NULL, (long)PROCESS_KEYRING) >= 0);
}

/* --- kernel knobs -------------------------------------------------------------------------- */

static bool knobs(void)
{
    static const char *const paths[] = {"/proc/sys/kernel/core_pattern", "/proc/sys/vm/drop_caches", "/proc/sysrq-trigger",
                                        "/proc/sys/kernel/hostname", "/proc/sys/kernel/modprobe",
                                        "/proc/sys/fs/binfmt_misc/register", "/proc/irq/default_smp_affinity",
                                        "/sys/power/state", "/sys/kernel/uevent_helper", "/sys/fs/cgroup/cgroup.procs",
                                        "/sys/devices/system/cpu/cpu1/online", "/sys/kernel/mm/ksm/run"};

    for (size_t i = 0; i < COUNT(paths); i++)
        if (can_open(paths[i], O_WRONLY))
            return true;
    return say(false, "%s", strerror(errno));
}

static unsigned files_seen;
static bool any_writable(const char *folder, unsigned depth)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    bool hit = false;

    while (!hit && dir && (entry = readdir(dir))) {
        char path[1024];
        struct stat st;

        if (entry->d_name[0] == '.' || (depth == 0 && strchr("0123456789", entry->d_name[0])))
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (lstat(path, &st) || S_ISLNK(st.st_mode))
            continue;
        if (S_ISDIR(st.st_mode)) {
            hit = depth < 12 && any_writable(path, depth + 1);
            continue;
        }
        files_seen++;
        if (opens(path, O_WRONLY) && !S_ISCHR(st.st_mode)) /* a mask is /dev/null */
            hit = say(true, "%s opened for writing", path);
    }
    if (dir)
        closedir(dir);
    return hit;
}
/* Too much to be tried outside, where it would be the real thing. */
static bool all_knobs(void)
{
    if (outside)
        return say(true, "not tried");
    return any_writable("/proc", 0) || any_writable("/sys", 1) || say(false, "none of %u files", files_seen);
}

static bool kernel_memory(void)
{
    static const char *const paths[] = {"/proc/kcore", "/proc/kallsyms", "/proc/keys", "/proc/key-users", "/proc/kmsg",
                                        "/proc/modules", "/proc/iomem", "/proc/ioports", "/proc/vmallocinfo",
                                        "/proc/slabinfo", "/proc/timer_list", "/proc/kpagecount", "/proc/kpageflags",
                                        "/proc/config.gz"};
    char byte;

    for (size_t i = 0; i < COUNT(paths); i++) {
        int fd = open(paths[i], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        ssize_t cb = fd < 0 ? 0 : read(fd, &byte, 1);

        close(fd);
        if (cb > 0)
            return say(true, "%s can be read", paths[i]);
    }
    return say(false, "none of %zu can be read", COUNT(paths));
}

/* --- namespaces, mounts, privileges --------------------------------------------------------- */

static const struct {
    const char *name;
    unsigned long flag;
} namespaces[] = {{"user", 0x10000000}, {"mount", 0x20000},      {"pid", 0x20000000}, {"net", 0x40000000},
                  {"ipc", 0x8000000},   {"uts", 0x4000000}, {"cgroup", 0x2000000}};

static bool unshared(void)
{
    for (size_t i = 0; i < COUNT(namespaces); i++) {
        int status = -1;
        pid_t pid = fork();

        if (!pid)
            _exit(syscall(SYS_unshare, namespaces[i].flag) ? 1 : 0);
        waitpid(pid, &status, 0);
        if (WIFEXITED(status) && !WEXITSTATUS(status))
            return say(true, "%s", namespaces[i].name);
    }
    return say(false, "none of %zu kinds", COUNT(namespaces));
}
static bool cloned(void)
{
    for (size_t i = 0; i < COUNT(namespaces) * 2; i++) {
        unsigned long flags = namespaces[i / 2].flag | SIGCHLD | (i & 1 ? 1UL << 40 : 0);
        long pid = syscall(SYS_clone, flags, 0, 0, 0, 0);

        if (!pid)
            _exit(0);
        if (pid > 0) {
            waitpid((pid_t)pid, NULL, 0);
            return say(true, "%s", namespaces[i / 2].name);
        }
    }
    return refused_errno(false);
}
static bool joined(void)
{
    for (int pid = 1; pid < 3; pid++) {
        char path[40];
        int fd;

        snprintf(path, sizeof(path), "/proc/%s/ns/user", pid == 1 ? "1" : "self");
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0 && (!syscall(SYS_setns, fd, 0) || errno != ENOSYS))
            return say(true, "setns() %s", strerror(errno));
        close(fd);
    }
    return say(false, "%s", strerror(errno));
}
static bool mounts(void)
{
    static const char *const over[] = {"/proc/sys", "/proc/kcore", "/usr", "/prefix/drive_c"};

    for (size_t i = 0; i < COUNT(over); i++)
        if (!outside && !umount2(over[i], MNT_DETACH))
            return say(true, "took %s away", over[i]);
    if (!mount(NULL, outside ? "/nowhere" : "/", NULL, MS_REMOUNT | MS_BIND, NULL) ||
        !mount("none", outside ? "/nowhere" : "/tmp", "tmpfs", 0, NULL))
        return say(true, "mounted");
    return say(errno != ENOSYS, "%s", strerror(errno));
}
static bool status_line(const char *name, const char *want)
{
    char line[256];
    FILE *status = fopen("/proc/self/status", "r");
    bool differs = true;

    while (status && fgets(line, sizeof(line), status))
        if (!strncmp(line, name, strlen(name))) {
            line[strcspn(line, "\n")] = 0;
            differs = strcmp(line + strlen(name) + 1, want) != 0;
            say(differs, "%s", line);
            for (char *c = how; *c; c++)
                if (*c == '\t')
                    *c = ' ';
        }
    if (status)
        fclose(status);
    return differs;
}
static bool capabilities(void)
{
    static const char *const sets[] = {"CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"};

    for (size_t i = 0; i < COUNT(sets); i++)
        if (status_line(sets[i], "0000000000000000"))
            return true;
    return false;
}
static bool new_privileges(void) { return status_line("NoNewPrivs:", "1"); }
static bool filter_is_on(void) { return status_line("Seccomp:", "2"); }
static bool is_root(void) { return say(!getuid() || !geteuid() || !getgid(), "uid %u", (unsigned)getuid()); }
static bool groups(void)
{
    gid_t list[64];
    int count = getgroups(64, list);

    return say(count > 1 || (count == 1 && list[0] != getgid()), "%d groups", count);
}
static bool limits(void)
{
    struct rlimit core, tasks, real_time, nice_limit;

    getrlimit(RLIMIT_CORE, &core);
    getrlimit(RLIMIT_NPROC, &tasks);
    getrlimit(RLIMIT_RTPRIO, &real_time);
    getrlimit(RLIMIT_NICE, &nice_limit);
    /* 1, not 0: only this keeps the kernel from starting a core_pattern program as the host's root */
    return say(core.rlim_max != 1 || core.rlim_cur != 1 || tasks.rlim_max > 4096 || real_time.rlim_max || nice_limit.rlim_max,
               "core %ld, tasks %ld, real time %ld, nice %ld", (long)core.rlim_max, (long)tasks.rlim_max,
               (long)real_time.rlim_max, (long)nice_limit.rlim_max);
}

/* --- system calls --------------------------------------------------------------------------- */

/* With arguments that do nothing anywhere. Any answer but the filter's own comes from the kernel. */
static bool call_reached(long number)
{
    errno = 0;
    return syscall(number, -1, -1, -1, -1, -1, -1) != -1 || (errno != ENOSYS && errno != EPERM);
}
static const struct {
    const char *name;
    long number;
} calls[] = {
    {"io_uring_setup", 425}, {"io_uring_enter", 426}, {"io_uring_register", 427}, {"bpf", 321}, {"userfaultfd", 323},
    {"perf_event_open", 298}, {"fanotify_init", 300}, {"fanotify_mark", 301}, {"unshare", 272}, {"setns", 308},
    {"clone3", 435}, {"mount", 165}, {"umount2", 166}, {"pivot_root", 155}, {"chroot", 161}, {"fsopen", 430},
    {"fsconfig", 431}, {"fsmount", 432}, {"fspick", 433}, {"open_tree", 428}, {"move_mount", 429},
    {"mount_setattr", 442}, {"name_to_handle_at", 303}, {"open_by_handle_at", 304}, {"execveat", 322},
    {"pidfd_open", 434}, {"pidfd_getfd", 438}, {"pidfd_send_signal", 424}, {"kcmp", 312}, {"process_madvise", 440},
    {"process_mrelease", 448}, {"keyctl", 250}, {"add_key", 248}, {"request_key", 249}, {"personality", 135},
    {"modify_ldt", 154}, {"iopl", 172}, {"ioperm", 173}, {"syslog", 103}, {"acct", 163}, {"quotactl", 179},
    {"quotactl_fd", 443}, {"swapon", 167}, {"swapoff", 168}, {"kexec_load", 246}, {"kexec_file_load", 320},
    {"init_module", 175}, {"finit_module", 313}, {"delete_module", 176}, {"sethostname", 170}, {"setdomainname", 171},
    {"settimeofday", 164}, {"clock_settime", 227}, {"adjtimex", 159}, {"clock_adjtime", 305}, {"setuid", 105},
    {"setgid", 106}, {"setreuid", 113}, {"setregid", 114}, {"setgroups", 116}, {"setresuid", 117}, {"setresgid", 119},
    {"capset", 126}, {"mknod", 133}, {"mknodat", 259}, {"vmsplice", 278}, {"tee", 276}, {"mq_open", 240},
    {"mq_unlink", 241}, {"io_setup", 206}, {"move_pages", 279}, {"migrate_pages", 256}, {"mbind", 237},
    {"set_mempolicy", 238}, {"get_mempolicy", 239}, {"timer_create", 222}, {"seccomp", 317},
    {"landlock_create_ruleset", 444}, {"memfd_secret", 447}, {"pkey_alloc", 330}, {"lookup_dcookie", 212},
    {"nfsservctl", 180}, {"uselib", 134}, {"ustat", 136}, {"sysfs", 139}, {"remap_file_pages", 216},
    {"set_thread_area", 205}, {"rt_tgsigqueueinfo", 297}, {"msgget", 68}, {"openat2", 437}, {"statmount", 457},
    {"listmount", 458}, {"lsm_set_self_attr", 460}, {"mseal", 462}, {"setxattrat", 463}, {"open_tree_attr", 467},
};
static bool refused_calls(void)
{
    char list[400] = "";
    unsigned reached = 0;

    for (size_t i = 0; i < COUNT(calls); i++) {
        if (!call_reached(calls[i].number))
            continue;
        reached++;
        if (strlen(list) + 40 < sizeof(list))
            sprintf(list + strlen(list), " %s", calls[i].name);
    }
    return say(reached, "%u of %zu answered by the kernel:%s", reached, COUNT(calls), list);
}
/* The ones that would do harm outside. */
static bool harmful_calls(void)
{
    if (outside)
        return say(true, "not tried");
    return say(call_reached(169 /* reboot */) || call_reached(153 /* vhangup */) || call_reached(122 /* setfsuid */) ||
                   call_reached(123) || call_reached(306 /* syncfs */) || call_reached(162 /* sync */),
               "reboot, vhangup, setfsuid, sync: %s", strerror(errno));
}
/* Numbers that do not exist yet: a newer kernel's calls must be closed as well. */
static bool future_calls(void)
{
    for (long number = 470; number < 1000; number++)
        if (call_reached(number))
            return say(true, "number %ld: %s", number, strerror(errno));
    return say(false, "%s", strerror(errno));
}

static void call_i386(void)
{
    long result = 20; /* getpid of i386 */

    __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    _exit(result > 0 ? 0 : 1);
}
static void call_x32(void) { _exit(syscall(0x40000000 | SYS_getpid) > 0 ? 0 : 1); }
static bool killed(int status)
{
    return say(!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS, WIFSIGNALED(status) ? "killed by signal %d" : "ended with %d",
               WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}
static bool i386_calls(void) { return killed(in_child(call_i386)); }
static bool x32_calls(void) { return killed(in_child(call_x32)); }

static bool refused_ioctl(unsigned long request)
{
    char byte = 0;
    bool reached = !ioctl(0, request, &byte) || errno != EPERM;

    return reached || !syscall(SYS_ioctl, 0, request | 1UL << 32, &byte) || errno != EPERM;
}
static bool types_in_terminal(void) { return refused_errno(refused_ioctl(TIOCSTI)); }
static bool pastes_in_console(void) { return refused_errno(refused_ioctl(TIOCLINUX)); }
static bool line_discipline(void) { return refused_errno(refused_ioctl(TIOCSETD)); }
static bool console_keys(void) { return refused_errno(refused_ioctl(0x4b47 /* KDSKBENT */) || refused_ioctl(0x5606 /* VT_ACTIVATE */)); }
static bool own_filter(void) { return refused_errno(!prctl(PR_SET_SECCOMP, 2, NULL) || errno != EPERM); }
static bool lease(void)
{
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    bool worked = refused_errno(!fcntl(fd, F_SETLEASE, F_UNLCK) || errno != EPERM);

    close(fd);
    return worked;
}

/* --- the rows -------------------------------------------------------------------------------- */

enum { ANYWHERE = 0, MUST = 1, MUST_AS_ROOT = 2, MUST_AS_USER = 4 };
static const struct row {
    const char *name;
    bool (*reached)(void);
    int must;
} rows[] = {
    {"files: a secret in the home", secret_in_home, MUST},
    {"files: a secret in /tmp", secret_in_tmp, MUST},
    {"files: a secret in /dev/shm", secret_in_shm, MUST},
    {"files: a secret in a folder like /run", secret_in_run, MUST},
    {"files: /etc beyond what is listed", host_etc, MUST},
    {"files: /etc/hostname", host_boot, MUST},
    {"files: /etc/shadow", host_shadow, MUST_AS_ROOT},
    {"files: /var", host_var, MUST},
    {"files: devices beyond null, zero, random, tty", host_dev, MUST},
    {"files: by a symbolic link of one's own", link_out, MUST},
    {"files: by a hard link", hard_link, MUST},
    {"files: write into /usr, /etc, /dev, /sys, /", write_usr, MUST_AS_ROOT},
    {"files: write FVM's own guest files", guest_files, MUST},
    {"files: a mount that is writable, or keeps setuid or devices", writable_mounts, MUST},
    {"files: a FIFO in a shown folder leads to its reader outside", fifo_in_shown, MUST},
    {"files: write what was given as standard input for reading", stdin_again, MUST},
    {"files: make a device", device_node, MUST_AS_ROOT},
    {"files: file capabilities, marks of overlayfs", file_capability, MUST_AS_ROOT},
    {"store: another VM's files", other_vm_layer, MUST},
    {"store: the VM's own settings", own_conf, MUST},
    {"store: the base's registry", base_hive, MUST},
    {"store: the base's files", base_file, MUST},
    {"store: the VM's control socket", control_socket, ANYWHERE},
    {"descriptors: any but standard input, output, error", own_descriptors, MUST},
    {"descriptors: of any process, to the outside", all_descriptors, MUST},
    {"descriptors: root or folder of any process outside", all_roots, MUST},
    {"descriptors: FVM's own program file", all_programs, ANYWHERE},
    {"environment: the user's", environments, MUST},
    {"processes: pid 1's memory, descriptors, namespaces", first_process, MUST_AS_ROOT},
    {"processes: see those outside or of another VM", see_processes, MUST},
    {"processes: signal one outside by its number", signal_process, MUST},
    {"processes: trace one outside", trace_process, MUST},
    {"processes: read the memory of one outside", read_process, MUST},
    {"processes: trace pid 1", trace_first, ANYWHERE},
    {"processes: signal the process group, which began outside", signal_group, MUST},
    {"processes: the same with a high half", signal_group_wide, MUST},
    {"processes: priority of that process group", nice_group, MUST},
    {"processes: disk priority of that process group", io_nice_group, MUST},
    {"processes: be traced by the parent, which is outside", traced_by_parent, MUST},
    {"processes: give the parent outside a child", parents_child, MUST},
    {"processes: signals of files to a process group", io_signal, MUST},
    {"processes: the same by ioctl", io_signal_ioctl, MUST},
    {"sockets: abstract", abstract_socket, MUST},
    {"sockets: a path in /tmp", socket_in_tmp, MUST},
    {"sockets: a path in a folder like /run", socket_in_run, MUST},
    {"sockets: a path in a shown folder", socket_in_shown, MUST},
    {"sockets: TCP to 127.0.0.1", tcp, MUST},
    {"sockets: TCP to a listener in another VM", tcp_other, ANYWHERE},
    {"sockets: any network but loopback", only_loopback, ANYWHERE},
    {"sockets: raw", raw_socket, MUST_AS_ROOT},
    {"sockets: other families (vsock, packet, alg, ...)", socket_families, MUST},
    {"sockets: a family with a high half", socket_family_wide, MUST},
    {"sockets: other netlink protocols", netlink_families, MUST},
    {"sockets: pairs of other families", pair_families, MUST},
    {"sockets: other internet protocols", odd_protocols, MUST},
    {"memory: System V shared memory", shared_memory, MUST},
    {"keys: the user's", find_key, MUST},
    {"keys: any", make_key, MUST},
    {"kernel: knobs by name", knobs, MUST_AS_ROOT},
    {"kernel: any file of /proc or /sys for writing", all_knobs, ANYWHERE},
    {"kernel: what tells about its memory", kernel_memory, MUST},
    {"namespaces: unshare", unshared, MUST},
    {"namespaces: clone, also with a high half", cloned, MUST},
    {"namespaces: setns", joined, MUST},
    {"mounts: change or remove one", mounts, MUST},
    {"privileges: capabilities", capabilities, MUST},
    {"privileges: new ones by exec", new_privileges, MUST},
    {"privileges: uid 0", is_root, MUST_AS_ROOT},
    {"privileges: groups of the user", groups, ANYWHERE},
    {"limits: core files, tasks, real time", limits, MUST},
    {"calls: a filter is installed", filter_is_on, MUST},
    {"calls: refused one by one", refused_calls, MUST},
    {"calls: refused, harmful", harmful_calls, ANYWHERE},
    {"calls: that no kernel has yet", future_calls, ANYWHERE},
    {"calls: of i386 (int 0x80)", i386_calls, MUST},
    {"calls: of x32", x32_calls, MUST},
    {"calls: a filter of one's own", own_filter, MUST},
    {"calls: file leases", lease, MUST},
    {"terminal: type into it", types_in_terminal, MUST},
    {"terminal: paste into a console", pastes_in_console, MUST},
    {"terminal: line discipline", line_discipline, MUST},
    {"terminal: keyboard and screen of a console", console_keys, MUST},
};

static int try_all(void)
{
    static const char *const marks[] = {"", " (*)", " (root*)", "", " (user*)"};
    unsigned reached = 0;

    outside = *arg("outside") != 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool hit;

        how[0] = 0;
        errno = 0;
        hit = rows[i].reached();
        for (char *c = how; *c; c++) /* '#' would begin a TAP directive */
            if (*c == '#' || (unsigned char)*c < ' ')
                *c = '?';
        reached += hit;
        printf("%s %zu - %s: %s%s\n", hit ? "not ok" : "ok", i + 1, rows[i].name, how, marks[rows[i].must]);
        fflush(stdout);
    }
    printf("1..%zu\n", COUNT(rows));
    fflush(stdout);
    return reached ? 1 : 0;
}

/* --- bait ---------------------------------------------------------------------------------------- */

static volatile sig_atomic_t urgent, asked, over;
static volatile char target_byte = 'T';
static void on_urgent(int signal_number) { (void)signal_number; urgent++; }
static void on_asked(int signal_number) { (void)signal_number; asked = 1; }
static void on_over(int signal_number) { (void)signal_number; over = 1; }

static int listen_on(const char *path, bool abstract)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t cb = strlen(path);

    memcpy(address.sun_path + abstract, path, cb);
    if (!*path || bind(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + cb + abstract)) ||
        listen(fd, 8))
        return -1;
    return fd;
}

static int listen_tcp(unsigned *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arg("port"))),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t cb = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (bind(fd, (struct sockaddr *)&address, cb) || listen(fd, 8) || getsockname(fd, (struct sockaddr *)&address, &cb))
        return -1;
    *port = ntohs(address.sin_port);
    return fd;
}

static void write_file(const char *path, const char *fmt, ...)
{
    char draft[1024];
    va_list list;
    FILE *file;

    snprintf(draft, sizeof(draft), "%s.draft", path);
    file = fopen(draft, "w");
    if (!file)
        return;
    va_start(list, fmt);
    vfprintf(file, fmt, list);
    va_end(list);
    fclose(file);
    rename(draft, path);
}

static int bait(const char *file)
{
    unsigned port = 0, connections = 0, bytes = 0;
    struct pollfd wait[6] = {{.fd = listen_on(arg("abstract"), true)}, {.fd = listen_on(arg("socket-tmp"), false)},
                             {.fd = listen_on(arg("socket-run"), false)}, {.fd = listen_on(arg("socket-shown"), false)},
                             {.fd = listen_tcp(&port)}};
    key_t key = 0x46560000 | (getpid() & 0xffff);
    int memory = shmget(key, 4096, IPC_CREAT | IPC_EXCL | 0600);
    long secret_key = syscall(KEY_ADD, "user", "fvmbait", "secret", 6, (long)USER_KEYRING);
    char report[1024], byte;

    prctl(PR_SET_NAME, "fvmbait");
    signal(SIGURG, on_urgent);
    signal(SIGUSR2, on_asked);
    signal(SIGTERM, on_over);
    if (*arg("shown-fifo") && (!mkfifo(arg("shown-fifo"), 0600) || errno == EEXIST))
        wait[5].fd = open(arg("shown-fifo"), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    else
        wait[5].fd = -1;
    for (size_t i = 0; i < COUNT(wait); i++)
        wait[i].events = POLLIN;
    snprintf(report, sizeof(report), "%s.report", file);
    write_file(file, "pid=%d\nport=%u\nshm=%#x\naddress=%p\nkey=%ld\nlisteners=%d\n", (int)getpid(), port, (unsigned)key,
               (void *)&target_byte, secret_key,
               (wait[0].fd >= 0) + (wait[1].fd >= 0) + (wait[2].fd >= 0) + (wait[3].fd >= 0) + (wait[4].fd >= 0));
    while (!over) {
        int ready = poll(wait, COUNT(wait), 500); /* a signal may come just before: look again */

        for (size_t i = 0; ready > 0 && i < 5; i++)
            if (wait[i].revents & POLLIN) {
                close(accept(wait[i].fd, NULL, NULL));
                connections++;
            }
        if (ready > 0 && wait[5].revents & POLLIN && read(wait[5].fd, &byte, 1) == 1)
            bytes++;
        if (asked) {
            asked = 0;
            write_file(report, "connections=%u bytes=%u signals=%d byte=%c\n", connections, bytes, (int)urgent, target_byte);
        }
    }
    shmctl(memory, IPC_RMID, NULL);
    if (secret_key > 0)
        syscall(KEY_CTL, 9 /* unlink */, secret_key, (long)USER_KEYRING);
    return 0;
}

/* --- plants: what a hostile program may leave behind ------------------------------------------- */

static void touch(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

    (void)!write(fd, text, strlen(text));
    close(fd);
}

static void plant_names(const char *folder)
{
    static const char *const names[] = {"line\nbreak", "esc\033[31mred", "csi\302\2332Jc1", "raw\233\2332J", "back\\..\\..\\slash",
                                        "..\\..\\up", "con.", "trailing ", "\342\200\256exe.txt", ".fvm-00010001", "%s%n%p",
                                        "-rf", "user.overlay.opaque"};

    if (chdir(folder))
        return;
    for (size_t i = 0; i < COUNT(names); i++)
        touch(names[i], "x");
}

static void plant_deep(const char *folder, int levels)
{
    if (chdir(folder))
        return;
    for (int i = 0; i < levels; i++)
        if (mkdir("d", 0755) || chdir("d"))
            return;
    touch("end", "x");
}

static int plant(const char *what)
{
    const char *folder = arg("folder"), *out = arg("out");
    char path[1024];
    int fd;

    if (chdir(folder))
        return 3;
    if (!strcmp(what, "links")) { /* links to folders and files outside, also where a folder of the base was */
        mkdir("plants", 0755);
        if (chdir("plants") || symlink(out, "folder") || symlink("/", "root") || symlink("../../../../../../..", "up"))
            return 4;
        snprintf(path, sizeof(path), "%s/file", out);
        if (symlink(path, "file") || symlink("/dev/tty", "tty") || symlink("loop", "loop"))
            return 5;
        if (*arg("replace") && (rmdir(arg("replace")) || symlink(out, arg("replace"))))
            return 6;
        (void)!listen_on("socket", false);
        touch("setuid", "#!/bin/sh\n");
        chmod("setuid", 06777);
        mkdir("closed", 0755);
        touch("closed/in", "x");
        chmod("closed", 0);
        touch("locked", "x");
        chmod("locked", 0);
        mkdir("sticky", 0777);
        chmod("sticky", 07777);
        plant_names(".");
        return 0;
    }
    if (!strcmp(what, "deep")) {
        plant_deep(folder, atoi(arg("levels")));
        return 0;
    }
    if (!strcmp(what, "sparse")) { /* holes of 4 TB, and names of one big file */
        fd = open("sparse", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        if (fd < 0 || ftruncate(fd, (off_t)4 << 40) || pwrite(fd, "x", 1, (off_t)3 << 40) != 1)
            return 4;
        close(fd);
        return 0;
    }
    if (!strcmp(what, "hive-link") || !strcmp(what, "hive-folder") || !strcmp(what, "hive-huge") || !strcmp(what, "hive-keys")) {
        /* wineserver replaces its file when it ends, if anything changed: a folder stays in the way */
        unlink("system.reg");
        if (!strcmp(what, "hive-link"))
            return symlink(out, "system.reg") ? 4 : 0;
        if (!strcmp(what, "hive-folder"))
            return mkdir("system.reg", 0755) ? 4 : 0;
        return 7;
    }
    return 2;
}

int main(int argc, char **argv)
{
    args = argv + (argc > 1 ? 2 : 1);
    if (argc > 1 && !strcmp(argv[1], "try"))
        return try_all();
    if (argc > 2 && !strcmp(argv[1], "bait"))
        return bait(argv[2]);
    if (argc > 2 && !strcmp(argv[1], "plant"))
        return plant(argv[2]);
    fprintf(stderr, "usage: escape_linux try|bait|plant ...\n");
    return 2;
}
