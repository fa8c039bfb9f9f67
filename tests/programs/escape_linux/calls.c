/* tests/programs/escape_linux/calls.c: tries to get out of a VM by system calls and the terminal.
 */
#include "try.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* With arguments that do nothing anywhere. Any answer but the filter's own comes from the kernel.
 */
static bool call_reached(long number)
{
    errno = 0;
    return syscall(number, -1, -1, -1, -1, -1, -1) != -1 || (errno != ENOSYS && errno != EPERM);
}
static const struct {
    const char *name;
    long number;
} calls[] = {
    {"io_uring_setup", 425},
    {"io_uring_enter", 426},
    {"io_uring_register", 427},
    {"bpf", 321},
    {"userfaultfd", 323},
    {"perf_event_open", 298},
    {"fanotify_init", 300},
    {"fanotify_mark", 301},
    {"unshare", 272},
    {"setns", 308},
    {"clone3", 435},
    {"mount", 165},
    {"umount2", 166},
    {"pivot_root", 155},
    {"chroot", 161},
    {"fsopen", 430},
    {"fsconfig", 431},
    {"fsmount", 432},
    {"fspick", 433},
    {"open_tree", 428},
    {"move_mount", 429},
    {"mount_setattr", 442},
    {"name_to_handle_at", 303},
    {"open_by_handle_at", 304},
    {"execveat", 322},
    {"pidfd_open", 434},
    {"pidfd_getfd", 438},
    {"pidfd_send_signal", 424},
    {"kcmp", 312},
    {"process_madvise", 440},
    {"process_mrelease", 448},
    {"keyctl", 250},
    {"add_key", 248},
    {"request_key", 249},
    {"personality", 135},
    {"modify_ldt", 154},
    {"iopl", 172},
    {"ioperm", 173},
    {"syslog", 103},
    {"acct", 163},
    {"quotactl", 179},
    {"quotactl_fd", 443},
    {"swapon", 167},
    {"swapoff", 168},
    {"kexec_load", 246},
    {"kexec_file_load", 320},
    {"init_module", 175},
    {"finit_module", 313},
    {"delete_module", 176},
    {"sethostname", 170},
    {"setdomainname", 171},
    {"settimeofday", 164},
    {"clock_settime", 227},
    {"adjtimex", 159},
    {"clock_adjtime", 305},
    {"setuid", 105},
    {"setgid", 106},
    {"setreuid", 113},
    {"setregid", 114},
    {"setgroups", 116},
    {"setresuid", 117},
    {"setresgid", 119},
    {"capset", 126},
    {"mknod", 133},
    {"mknodat", 259},
    {"vmsplice", 278},
    {"tee", 276},
    {"mq_open", 240},
    {"mq_unlink", 241},
    {"io_setup", 206},
    {"move_pages", 279},
    {"migrate_pages", 256},
    {"mbind", 237},
    {"set_mempolicy", 238},
    {"get_mempolicy", 239},
    {"timer_create", 222},
    {"seccomp", 317},
    {"landlock_create_ruleset", 444},
    {"memfd_secret", 447},
    {"pkey_alloc", 330},
    {"lookup_dcookie", 212},
    {"nfsservctl", 180},
    {"uselib", 134},
    {"ustat", 136},
    {"sysfs", 139},
    {"remap_file_pages", 216},
    {"set_thread_area", 205},
    {"rt_tgsigqueueinfo", 297},
    {"msgget", 68},
    {"openat2", 437},
    {"statmount", 457},
    {"listmount", 458},
    {"lsm_set_self_attr", 460},
    {"mseal", 462},
    {"setxattrat", 463},
    {"open_tree_attr", 467},
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
    return say(call_reached(169 /* reboot */) || call_reached(153 /* vhangup */) ||
                   call_reached(122 /* setfsuid */) || call_reached(123) ||
                   call_reached(306 /* syncfs */) || call_reached(162 /* sync */),
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

static void call_x32(void)
{
    _exit(syscall(0x40000000 | SYS_getpid) > 0 ? 0 : 1);
}
static bool killed(int status)
{
    return say(!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS,
               WIFSIGNALED(status) ? "killed by signal %d" : "ended with %d",
               WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}
static bool x32_calls(void)
{
    return killed(in_child(call_x32));
}

static bool refused_ioctl(unsigned long request)
{
    char byte = 0;
    bool reached = !ioctl(0, request, &byte) || errno != EPERM;

    return reached || !syscall(SYS_ioctl, 0, request | 1UL << 32, &byte) || errno != EPERM;
}
static bool types_in_terminal(void)
{
    return refused_errno(refused_ioctl(TIOCSTI));
}
static bool pastes_in_console(void)
{
    return refused_errno(refused_ioctl(TIOCLINUX));
}
static bool line_discipline(void)
{
    return refused_errno(refused_ioctl(TIOCSETD));
}
static bool console_keys(void)
{
    return refused_errno(refused_ioctl(0x4b47 /* KDSKBENT */) ||
                         refused_ioctl(0x5606 /* VT_ACTIVATE */));
}
static bool own_filter(void)
{
    return refused_errno(!prctl(PR_SET_SECCOMP, 2, NULL) || errno != EPERM);
}
static bool lease(void)
{
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    bool worked = refused_errno(!fcntl(fd, F_SETLEASE, F_UNLCK) || errno != EPERM);

    close(fd);
    return worked;
}

const struct row calls_rows[] = {
    {"calls: refused one by one", refused_calls, MUST},
    {"calls: refused, harmful", harmful_calls, ANYWHERE},
    {"calls: that no kernel has yet", future_calls, ANYWHERE},
    {"calls: of x32", x32_calls, MUST},
    {"calls: a filter of one's own", own_filter, MUST},
    {"calls: file leases", lease, MUST},
    {"terminal: type into it", types_in_terminal, MUST},
    {"terminal: paste into a console", pastes_in_console, MUST},
    {"terminal: line discipline", line_discipline, MUST},
    {"terminal: keyboard and screen of a console", console_keys, MUST},
    {0},
};
