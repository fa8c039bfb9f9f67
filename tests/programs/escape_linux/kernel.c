/* tests/programs/escape_linux/kernel.c: tries to get out of a VM by knobs, namespaces, mounts,
 * privileges. */
#include "try.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static bool knobs(void)
{
    static const char *const paths[] = {"/proc/sys/kernel/core_pattern",
                                        "/proc/sys/vm/drop_caches",
                                        "/proc/sysrq-trigger",
                                        "/proc/sys/kernel/hostname",
                                        "/proc/sys/kernel/modprobe",
                                        "/proc/sys/fs/binfmt_misc/register",
                                        "/proc/irq/default_smp_affinity",
                                        "/sys/power/state",
                                        "/sys/kernel/uevent_helper",
                                        "/sys/fs/cgroup/cgroup.procs",
                                        "/sys/devices/system/cpu/cpu1/online",
                                        "/sys/kernel/mm/ksm/run"};

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
    return any_writable("/proc", 0) || any_writable("/sys", 1) ||
           say(false, "none of %u files", files_seen);
}

static bool kernel_memory(void)
{
    static const char *const paths[] = {"/proc/kcore",      "/proc/kallsyms",   "/proc/keys",
                                        "/proc/key-users",  "/proc/kmsg",       "/proc/modules",
                                        "/proc/iomem",      "/proc/ioports",    "/proc/vmallocinfo",
                                        "/proc/slabinfo",   "/proc/timer_list", "/proc/kpagecount",
                                        "/proc/kpageflags", "/proc/config.gz"};
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

static const struct {
    const char *name;
    unsigned long flag;
} namespaces[] = {{"user", 0x10000000}, {"mount", 0x20000}, {"pid", 0x20000000},
                  {"net", 0x40000000},  {"ipc", 0x8000000}, {"uts", 0x4000000},
                  {"cgroup", 0x2000000}};

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
static bool new_privileges(void)
{
    return status_line("NoNewPrivs:", "1");
}
static bool filter_is_on(void)
{
    return status_line("Seccomp:", "2");
}
static bool is_root(void)
{
    return say(!getuid() || !geteuid() || !getgid(), "uid %u", (unsigned)getuid());
}
static bool groups(void)
{
    gid_t list[64];
    int count = getgroups(64, list);

    return say(count > 1 || (count == 1 && list[0] != getgid()), "%d groups", count);
}
static bool limits(void)
{
    struct rlimit core, tasks, real_time, nice_limit;
    rlim_t wanted = 1, most = *arg("tasks") ? (rlim_t)atol(arg("tasks")) : 4096;

    getrlimit(RLIMIT_CORE, &core);
    getrlimit(RLIMIT_NPROC, &tasks);
    getrlimit(RLIMIT_RTPRIO, &real_time);
    getrlimit(RLIMIT_NICE, &nice_limit);
    /* 1, not 0: only this keeps the kernel from starting a core_pattern program as the host's root.
     * Who cannot raise his session's own 0 cannot have it: SECURITY.md names that as open. */
    if (!outside && !strcmp(arg("core-limit"), "0"))
        wanted = 0;
    return say(core.rlim_max != wanted || core.rlim_cur != wanted || tasks.rlim_max > most ||
                   real_time.rlim_max || nice_limit.rlim_max,
               "core %ld, tasks %ld, real time %ld, nice %ld", (long)core.rlim_max,
               (long)tasks.rlim_max, (long)real_time.rlim_max, (long)nice_limit.rlim_max);
}

/* Where the group of this process is: by the path that it has outside, by what is left open, by a
 * mount of one's own. limits.t gives the path, and has the same try reach it outside. */
static bool control_groups(void)
{
    static const char *const files[] = {"cgroup.procs", "memory.max", "memory.limit_in_bytes",
                                        "pids.max", "cpu.max"};
    static const char *const folders[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified",
                                          "/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids"};
    char path[512];

    for (size_t i = 0; i < COUNT(files) * (COUNT(folders) + 1); i++) {
        const char *folder = i < COUNT(files) ? arg("cgroup") : folders[i / COUNT(files) - 1];

        snprintf(path, sizeof(path), "%s/%s", folder, files[i % COUNT(files)]);
        if (*folder && can_open(path, O_WRONLY))
            return true;
    }
    if (!outside && (!mount("none", "/tmp", "cgroup2", 0, NULL) ||
                     !mount("none", "/tmp", "cgroup", 0, "memory")))
        return say(true, "mounted");
    return say(false, "neither there nor to be mounted: %s", strerror(errno));
}

const struct row kernel_rows[] = {
    {"calls: a filter is installed", filter_is_on, MUST},
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
    {"limits: control groups", control_groups, ANYWHERE},
    {0},
};
