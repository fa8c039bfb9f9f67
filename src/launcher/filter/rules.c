/*
 * launcher/filter/rules.c: which system calls a VM may make. An allow list: what Wine 8 was seen to
 * use plus the rare relatives of those calls. Everything else answers ENOSYS, since Wine and its
 * libraries probe for features.
 *
 * Runs when FVM is built: libseccomp takes 10 ms to compile the filters, more than joining a VM may
 * cost. Writes them as arrays for launcher/seccomp.c.
 */
#include "core/base.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/filter.h>
#include <linux/ioprio.h>
#include <seccomp.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* clang-format off */
static const int allowed[] = {
    /* files */
    SCMP_SYS(access), SCMP_SYS(chdir), SCMP_SYS(chmod), SCMP_SYS(chown), SCMP_SYS(close),
    SCMP_SYS(close_range), SCMP_SYS(copy_file_range), SCMP_SYS(creat), SCMP_SYS(dup), SCMP_SYS(dup2),
    SCMP_SYS(dup3), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(fadvise64),
    SCMP_SYS(fallocate), SCMP_SYS(fchdir), SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(fchown),
    SCMP_SYS(fchownat), SCMP_SYS(fcntl), SCMP_SYS(fdatasync), SCMP_SYS(fgetxattr),
    SCMP_SYS(flistxattr), SCMP_SYS(flock), SCMP_SYS(fremovexattr), SCMP_SYS(fsetxattr),
    SCMP_SYS(fstat), SCMP_SYS(fstatfs), SCMP_SYS(fsync), SCMP_SYS(ftruncate), SCMP_SYS(futimesat),
    SCMP_SYS(getcwd), SCMP_SYS(getdents), SCMP_SYS(getdents64), SCMP_SYS(getxattr), SCMP_SYS(lchown),
    SCMP_SYS(lgetxattr), SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(listxattr), SCMP_SYS(llistxattr),
    SCMP_SYS(lremovexattr), SCMP_SYS(lseek), SCMP_SYS(lsetxattr), SCMP_SYS(lstat), SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat), SCMP_SYS(newfstatat), SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(pread64),
    SCMP_SYS(preadv), SCMP_SYS(preadv2), SCMP_SYS(pwrite64), SCMP_SYS(pwritev), SCMP_SYS(pwritev2),
    SCMP_SYS(read), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(readv), SCMP_SYS(removexattr),
    SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(rmdir), SCMP_SYS(sendfile),
    SCMP_SYS(setxattr), SCMP_SYS(splice), SCMP_SYS(stat), SCMP_SYS(statfs), SCMP_SYS(statx),
    SCMP_SYS(symlink), SCMP_SYS(symlinkat), SCMP_SYS(sync_file_range), SCMP_SYS(truncate),
    SCMP_SYS(umask), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(utime), SCMP_SYS(utimensat),
    SCMP_SYS(utimes), SCMP_SYS(write), SCMP_SYS(writev),
    SCMP_SYS(inotify_add_watch), SCMP_SYS(inotify_init), SCMP_SYS(inotify_init1),
    SCMP_SYS(inotify_rm_watch),
    /* memory */
    SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(membarrier), SCMP_SYS(memfd_create),
    SCMP_SYS(mincore), SCMP_SYS(mlock), SCMP_SYS(mmap), SCMP_SYS(mprotect), SCMP_SYS(mremap),
    SCMP_SYS(msync), SCMP_SYS(munlock), SCMP_SYS(munmap), SCMP_SYS(shmat), SCMP_SYS(shmctl),
    SCMP_SYS(shmdt), SCMP_SYS(shmget), SCMP_SYS(semctl), SCMP_SYS(semget), SCMP_SYS(semop),
    SCMP_SYS(semtimedop),
    /* processes and threads; ptrace and process_vm_*: wineserver reads and writes its clients' memory */
    SCMP_SYS(arch_prctl), SCMP_SYS(capget), SCMP_SYS(execve), SCMP_SYS(exit), SCMP_SYS(exit_group),
    SCMP_SYS(fork), SCMP_SYS(futex), SCMP_SYS(futex_waitv), SCMP_SYS(get_robust_list),
    SCMP_SYS(getcpu), SCMP_SYS(getegid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getgroups),
    SCMP_SYS(getpgid), SCMP_SYS(getpgrp), SCMP_SYS(getpid), SCMP_SYS(getppid),
    SCMP_SYS(getpriority), SCMP_SYS(getresgid), SCMP_SYS(getresuid), SCMP_SYS(getrlimit),
    SCMP_SYS(getrusage), SCMP_SYS(getsid), SCMP_SYS(ioctl), SCMP_SYS(prctl), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(ioprio_get),
    SCMP_SYS(ioprio_set), SCMP_SYS(kill), SCMP_SYS(prlimit64), SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev), SCMP_SYS(ptrace), SCMP_SYS(restart_syscall), SCMP_SYS(rseq),
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigpending), SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigqueueinfo), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigsuspend),
    SCMP_SYS(rt_sigtimedwait), SCMP_SYS(sched_get_priority_max), SCMP_SYS(sched_get_priority_min),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_getattr), SCMP_SYS(sched_getparam),
    SCMP_SYS(sched_getscheduler), SCMP_SYS(sched_setaffinity), SCMP_SYS(sched_setattr),
    SCMP_SYS(sched_setparam), SCMP_SYS(sched_setscheduler), SCMP_SYS(sched_yield),
    SCMP_SYS(set_robust_list), SCMP_SYS(set_tid_address), SCMP_SYS(setpgid), SCMP_SYS(setpriority),
    SCMP_SYS(setrlimit), SCMP_SYS(setsid), SCMP_SYS(sigaltstack), SCMP_SYS(signalfd4),
    SCMP_SYS(sysinfo), SCMP_SYS(tgkill), SCMP_SYS(tkill), SCMP_SYS(uname), SCMP_SYS(vfork),
    SCMP_SYS(wait4), SCMP_SYS(waitid),
    /* pid 1's children put themselves under more; nobody in a VM can make a set of rules for it */
    SCMP_SYS(landlock_restrict_self),
    /* time */
    SCMP_SYS(alarm), SCMP_SYS(clock_getres), SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(getitimer), SCMP_SYS(gettimeofday), SCMP_SYS(nanosleep), SCMP_SYS(pause),
    SCMP_SYS(setitimer), SCMP_SYS(time), SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_gettime),
    SCMP_SYS(timerfd_settime), SCMP_SYS(times),
    /* waiting, pipes, sockets of the private network */
    SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(bind), SCMP_SYS(connect), SCMP_SYS(epoll_create),
    SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_wait),
    SCMP_SYS(eventfd), SCMP_SYS(eventfd2), SCMP_SYS(getpeername), SCMP_SYS(getrandom),
    SCMP_SYS(getsockname), SCMP_SYS(getsockopt), SCMP_SYS(listen), SCMP_SYS(pipe), SCMP_SYS(pipe2),
    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(pselect6), SCMP_SYS(recvfrom), SCMP_SYS(recvmmsg),
    SCMP_SYS(recvmsg), SCMP_SYS(select), SCMP_SYS(sendmmsg), SCMP_SYS(sendmsg), SCMP_SYS(sendto),
    SCMP_SYS(setsockopt), SCMP_SYS(shutdown),
};
/* clang-format on */

/* No process of a VM makes a namespace: that would give it capabilities again, and with them a
 * large part of the kernel. */
#define NEW_NAMESPACE                                                                              \
    (CLONE_NEWTIME | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
     CLONE_NEWPID | CLONE_NEWNET)

/* The kernel loads a module for whatever else is named. */
static int add_sockets(scmp_filter_ctx filter)
{
    static const int families[] = {AF_INET, AF_INET6};
    static const int protocols[] = {0,           IPPROTO_ICMP,   IPPROTO_TCP,
                                    IPPROTO_UDP, IPPROTO_ICMPV6, IPPROTO_RAW};
    int result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
                                  SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0));

    if (!result)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1,
                                  SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0));
    if (!result)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
                                  SCMP_A0(SCMP_CMP_EQ, AF_NETLINK, 0),
                                  SCMP_A2(SCMP_CMP_MASKED_EQ, 0xffffffff, 0 /* routes */));
    for (size_t i = 0; !result && i < ARRAY_LEN(families) * ARRAY_LEN(protocols); i++)
        result = seccomp_rule_add(
            filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
            SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i / ARRAY_LEN(protocols)], 0),
            SCMP_A2(SCMP_CMP_MASKED_EQ, 0xffffffff,
                    (scmp_datum_t)protocols[i % ARRAY_LEN(protocols)]));
    return result;
}

static int add_allowed(scmp_filter_ctx filter)
{
    int result = 0;

    for (size_t i = 0; !result && i < ARRAY_LEN(allowed); i++)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    if (!result)
        result = add_sockets(filter);
    /* A child of the parent, who is outside, would be waited for by nobody: the VM could not end.
     */
    if (!result)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                                  SCMP_A0(SCMP_CMP_MASKED_EQ, NEW_NAMESPACE | CLONE_PARENT, 0));
    return result;
}

/*
 * A shared folder keeps the modes that a VM gives: a program with a set-user-ID or set-group-ID bit
 * would be started there by anybody as the folder's owner. A mode counts only where a file is made:
 * elsewhere that argument holds anything.
 */
static int add_set_ids(scmp_filter_ctx filter)
{
    static const unsigned bits[] = {S_ISUID, S_ISGID}, made[] = {O_CREAT, O_TMPFILE & ~O_DIRECTORY};
    static const struct {
        int call;
        unsigned mode; /* which argument */
    } modes[] = {{SCMP_SYS(chmod), 1},
                 {SCMP_SYS(fchmod), 1},
                 {SCMP_SYS(fchmodat), 2},
                 {SCMP_SYS(creat), 1}},
      opens[] = {{SCMP_SYS(open), 2}, {SCMP_SYS(openat), 3}}; /* flags stand before it */
    int result = 0;

    for (size_t bit = 0; bit < ARRAY_LEN(bits); bit++) {
        for (size_t i = 0; !result && i < ARRAY_LEN(modes); i++)
            result =
                seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), modes[i].call, 1,
                                 SCMP_CMP(modes[i].mode, SCMP_CMP_MASKED_EQ, bits[bit], bits[bit]));
        for (size_t i = 0; !result && i < ARRAY_LEN(opens) * ARRAY_LEN(made); i++)
            result = seccomp_rule_add(
                filter, SCMP_ACT_ERRNO(EPERM), opens[i / 2].call, 2,
                SCMP_CMP(opens[i / 2].mode - 1, SCMP_CMP_MASKED_EQ, made[i % 2], made[i % 2]),
                SCMP_CMP(opens[i / 2].mode, SCMP_CMP_MASKED_EQ, bits[bit], bits[bit]));
    }
    return result;
}

/*
 * The kernel reads 32 bits of these arguments: an upper half must not slip past the comparison.
 *
 * TIOCSTI types into the user's terminal, TIOCLINUX pastes into a console, TIOCSETD loads a module
 * into it, 'K' and 'V' are a console's keyboard and screen. A program shares its process group, and
 * its parent, with the host: kill(0), priorities and signals of files (O_ASYNC on a terminal goes
 * to whoever is in its foreground) would reach out of the pid namespace. A lease makes programs of
 * the host wait that open the file. A rename that leaves a whiteout makes a character device, in a
 * shared folder of the host's too.
 */
static int add_refused(scmp_filter_ctx filter)
{
    enum { WORD = (int)0xffffffff, KIND = (int)0xffffff00, FIO_ASYNC = 0x5452 };
    static const struct {
        int call;
        unsigned arg;
        int mask;
        scmp_datum_t value;
        unsigned also, also_mask; /* a second argument; no mask: none */
        scmp_datum_t also_value;
    } refused[] = {
        {SCMP_SYS(ioctl), 1, WORD, TIOCSTI, 0, 0, 0},
        {SCMP_SYS(ioctl), 1, WORD, TIOCLINUX, 0, 0, 0},
        {SCMP_SYS(ioctl), 1, WORD, TIOCSETD, 0, 0, 0},
        {SCMP_SYS(ioctl), 1, WORD, FIO_ASYNC, 0, 0, 0},
        {SCMP_SYS(ioctl), 1, KIND, 'K' << 8, 0, 0, 0},
        {SCMP_SYS(ioctl), 1, KIND, 'V' << 8, 0, 0, 0},
        {SCMP_SYS(prctl), 0, WORD, PR_SET_SECCOMP, 0, 0, 0},
        {SCMP_SYS(ptrace), 0, WORD, PTRACE_TRACEME, 0, 0, 0},
        {SCMP_SYS(kill), 0, WORD, 0, 0, 0, 0},
        {SCMP_SYS(setpriority), 0, WORD, PRIO_PGRP, 1, ~0u, 0},
        {SCMP_SYS(ioprio_set), 0, WORD, IOPRIO_WHO_PGRP, 1, ~0u, 0},
        {SCMP_SYS(fcntl), 1, WORD, F_SETFL, 2, O_ASYNC, O_ASYNC},
        {SCMP_SYS(fcntl), 1, WORD, F_SETLEASE, 0, 0, 0},
        {SCMP_SYS(renameat2), 4, RENAME_WHITEOUT, RENAME_WHITEOUT, 0, 0, 0},
    };
    int result = 0;

    for (size_t i = 0; !result && i < ARRAY_LEN(refused); i++)
        result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), refused[i].call,
                                  refused[i].also_mask ? 2 : 1,
                                  SCMP_CMP(refused[i].arg, SCMP_CMP_MASKED_EQ,
                                           (uint32_t)refused[i].mask, refused[i].value),
                                  SCMP_CMP(refused[i].also, SCMP_CMP_MASKED_EQ,
                                           refused[i].also_mask, refused[i].also_value));
    return result ? result : add_set_ids(filter);
}

static int print_filter(scmp_filter_ctx filter, const char *name)
{
    static struct sock_filter code[4096];
    FILE *file = tmpfile();
    size_t count = 0;
    int result = file ? seccomp_export_bpf(filter, fileno(file)) : -errno;

    if (!result) {
        rewind(file);
        count = fread(code, sizeof(code[0]), ARRAY_LEN(code), file);
    }
    if (file)
        fclose(file);
    if (result || !count || count == ARRAY_LEN(code))
        return result ? result : -E2BIG;
    printf("static const struct sock_filter %s[] = {\n", name);
    for (size_t i = 0; i < count; i++)
        printf("    {%#x, %u, %u, %#x},\n", code[i].code, code[i].jt, code[i].jf, code[i].k);
    printf("};\n");
    return 0;
}

/* One filter cannot say "all but these arguments", so there are two; the kernel obeys the stricter
 * answer. */
static int make_filter(uint32_t otherwise, int (*add)(scmp_filter_ctx), const char *name)
{
    scmp_filter_ctx filter = seccomp_init(otherwise);
    int result;

    if (!filter)
        return -ENOMEM;
    /* Other architectures (i386, x32) have other numbers for the same calls. What of i386 passes in
     * VMs that run 32-bit programs: launcher/seccomp.c. */
    result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (!result)
        result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (!result)
        result = add(filter);
    if (!result)
        result = print_filter(filter, name);
    seccomp_release(filter);
    return result;
}

int main(void)
{
    int result;

    printf("/* Made by launcher/filter/rules.c. */\n");
    result = make_filter(SCMP_ACT_ALLOW, add_refused, "refused_filter");
    if (!result)
        result = make_filter(SCMP_ACT_ERRNO(ENOSYS), add_allowed, "allowed_filter");
    if (result)
        fprintf(stderr, "cannot make the system call filter: %s\n", strerror(-result));
    return result || fflush(stdout) ? 1 : 0;
}
