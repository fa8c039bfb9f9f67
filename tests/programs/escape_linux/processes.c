/* tests/programs/escape_linux/processes.c: tries to get out of a VM by processes, their descriptors
 * and environment. */
#include "try.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

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
        snprintf(path, sizeof(path), "/proc/%s/fd/%.20s/../../../../../../../../etc/debian_version",
                 pid, entry->d_name);
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
    return for_each_pid(leads_out) ||
           say(false, "%u descriptors of all processes seen", descriptors_seen);
}

static bool folders_of(const char *pid)
{
    static const char *const ways[] = {"root", "cwd"};
    char path[400];

    for (size_t i = 0; i < COUNT(ways); i++) {
        snprintf(path, sizeof(path), "/proc/%s/%s/../../../../../../etc/debian_version", pid,
                 ways[i]);
        if (opens(path, O_RDONLY))
            return say(true, "%s opened", path);
    }
    return false;
}
static bool all_roots(void)
{
    return for_each_pid(folders_of) || say(false, "no process's root or folder lies outside");
}

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
static bool all_programs(void)
{
    return for_each_pid(program_file_of) || say(false, "no process shows FVM's own program");
}

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
static bool environments(void)
{
    return for_each_pid(environment_of) || say(false, "not in any process's");
}

static bool first_process(void)
{
    static const char *const names[] = {"root",       "cwd",      "exe",    "environ", "mem",
                                        "maps",       "fd",       "fdinfo", "ns/user", "ns/mnt",
                                        "ns/pid",     "auxv",     "stack",  "syscall", "pagemap",
                                        "task/1/mem", "task/1/fd"};
    char path[64];

    for (size_t i = 0; i < COUNT(names); i++) {
        snprintf(path, sizeof(path), "/proc/1/%s", names[i]);
        if (opens(path, O_RDONLY))
            return say(true, "%s opened", path);
    }
    return say(false, "none of %zu ways: %s", COUNT(names), strerror(errno));
}

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
static bool see_processes(void)
{
    return for_each_pid(is_bait) || say(false, "no bait among the VM's processes");
}

static bool signal_process(void)
{
    return is_bait(arg("pid")) && refused_errno(!kill(atoi(arg("pid")), SIGURG))
               ? true
               : say(false, "no such process");
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

    return refused_errno(process_vm_readv(atoi(arg("pid")), &to, 1, &from, 1, 0) == 1 &&
                         is_bait(arg("pid")));
}
static bool trace_first(void)
{
    long worked = ptrace(PTRACE_SEIZE, 1, 0, 0) && ptrace(PTRACE_ATTACH, 1, 0, 0);

    return refused_errno(!worked);
}
static bool signal_group(void)
{
    return refused_errno(!kill(0, SIGURG));
}
static bool signal_group_wide(void)
{
    return refused_errno(!syscall(SYS_kill, 1L << 32, SIGURG));
}
static bool nice_group(void)
{
    return refused_errno(!setpriority(PRIO_PGRP, 0, getpriority(PRIO_PGRP, 0)));
}
static bool io_nice_group(void)
{
    return refused_errno(!syscall(SYS_ioprio_set, 2, 0, 2 << 13 | 4));
}

static void be_traced(void)
{
    _exit(ptrace(PTRACE_TRACEME, 0, 0, 0) ? errno : 0);
}
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

const struct row processes_rows[] = {
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
    {0},
};
