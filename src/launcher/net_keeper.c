/*
 * launcher/net_keeper.c: the process that gives a VM its tap, and keeps what is behind it. It lives
 * in the VM's user namespace, which owns the VM's network, and in the host's network: it sees this
 * machine's routes change, and renews the tap's filter. See net.h.
 */
#include "launcher/net.h"
#include "launcher/seal.h"
#include "store/file.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/route.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MTU = 65520, LAST_BACKEND_FD = 64 };

struct keeper {
    const struct fvm_start *start;
    int net_ns;
    int link; /* to the supervisor */
    struct fvm_net_backend backend;
    struct fvm_names names;
    struct fvm_nets nets;
    struct fvm_net_filter filter;
};

/* --- the tap, set up by a process in the VM's network
 * ---------------------------------------------
 */
static struct sockaddr *address_of(struct sockaddr *at, const char *text)
{
    struct sockaddr_in *in = (struct sockaddr_in *)(void *)at;

    *in = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = inet_addr(text)};
    return at;
}

static int configure(void)
{
    FVM_CLEANUP(fd) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {.ifr_name = FVM_NET_INTERFACE};
    struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY};

    address_of(&request.ifr_addr, FVM_NET_ADDRESS);
    if (fd < 0 || ioctl(fd, SIOCSIFADDR, &request))
        return -errno;
    address_of(&request.ifr_netmask, FVM_NET_MASK);
    if (ioctl(fd, SIOCSIFNETMASK, &request))
        return -errno;
    request.ifr_mtu = MTU;
    if (ioctl(fd, SIOCSIFMTU, &request))
        return -errno;
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    if (ioctl(fd, SIOCSIFFLAGS, &request))
        return -errno;
    address_of(&route.rt_dst, "0.0.0.0");
    address_of(&route.rt_genmask, "0.0.0.0");
    address_of(&route.rt_gateway, FVM_NET_GATEWAY);
    return ioctl(fd, SIOCADDRT, &route) ? -errno : 0;
}

/* Nothing of the VM speaks it, and the filter drops it: no addresses, no waiting for them. */
static void switch_off_ipv6(void)
{
    FVM_CLEANUP(fd)
    int fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY | O_CLOEXEC);

    if (fd >= 0 && write(fd, "1", 1) != 1)
        return; /* an address that leads nowhere is left */
}

/* What is set up in there, for the keeper. */
struct set_up {
    struct fvm_report report;
    int door;
};

static void set_up_inside(int net_ns, struct set_up *made)
{
    int result = setns(net_ns, CLONE_NEWNET) ? -errno : 0;

    if (!result) {
        switch_off_ipv6();
        result = configure();
    }
    if (!result)
        result = made->door = fvm_names_open();
    made->report.code = result < 0 ? result : 0;
    if (result < 0)
        fvm_fail(&made->report.error, 0, "cannot set up the VM's network interface: %s",
                 strerror(-result));
}

/* There is no way back to the host's network: a child goes. Its descriptors are ours. */
static int set_up_tap(struct keeper *self, struct fvm_error *err)
{
    struct set_up made = {.report = {.code = -EIO}, .door = -1};
    int pair[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
        return fvm_fail(err, -errno, "cannot make a socket: %s", strerror(errno));
    fvm_fail(&made.report.error, 0, "the process that sets up the VM's network died");
    pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
    if (!pid) {
        set_up_inside(self->net_ns, &made);
        _exit(send(pair[1], &made, sizeof(made), MSG_NOSIGNAL) < 0);
    }
    if (pid > 0)
        waitpid(pid, NULL, 0);
    /* What it said waits there: both ends are ours as well. */
    if (recv(pair[0], &made, sizeof(made), MSG_DONTWAIT) < 0)
        made.report.code = -EIO;
    close(pair[0]);
    close(pair[1]);
    self->names.door = made.door;
    if (made.report.code && err)
        *err = made.report.error;
    return made.report.code;
}

/* --- keeping it ---------------------------------------------------------------------------------
 */
static int make_filter(struct keeper *self, struct fvm_error *err)
{
    int result = fvm_nets_find(&self->nets, self->start->terms->net == FVM_NET_PRIVATE, err);

    if (!result)
        fvm_net_filter_make(&self->filter, &self->nets);
    return result;
}

/* The backend holds the tap's only queue: its descriptor is borrowed to put the filter on. There it
 * takes the place of an older one at once. (The kernel has a filter for each tap that outlives its
 * queue, too, but reads that from the memory of whoever opens the next.) */
static int put_filter(struct keeper *self, int backend, struct fvm_error *err)
{
    struct sock_fprog program;
    int result = make_filter(self, err);
    bool put = false;

    if (result)
        return result;
    program = (struct sock_fprog){self->filter.count, self->filter.code};
    for (int number = 3; number < LAST_BACKEND_FD; number++) {
        FVM_CLEANUP(fd) int fd = (int)syscall(SYS_pidfd_getfd, backend, number, 0);
        struct ifreq request;

        if (fd < 0 || ioctl(fd, TUNGETIFF, &request))
            continue;
        if (ioctl(fd, TUNATTACHFILTER, &program))
            return fvm_fail(err, -errno, "cannot filter what leaves the VM: %s", strerror(errno));
        put = true;
    }
    return put ? 0 : fvm_fail(err, -ENXIO, "cannot find the VM's network interface to filter it");
}

/* What is told of routes is asked for anew. @return false: the filter cannot follow */
static bool follow_routes(struct keeper *self, int backend, int routes)
{
    char room[8192];

    do
        errno = 0;
    while (recv(routes, room, sizeof(room), MSG_DONTWAIT) > 0 || errno == ENOBUFS);
    return !put_filter(self, backend, NULL);
}

/* Until the supervisor closes its end, or the backend has gone: the VM is without the outside
 * then, as it is when the filter cannot follow. */
static void keep(struct keeper *self, int backend, int routes)
{
    enum { LINK, BACKEND, ROUTES, DOOR, QUESTIONS };
    struct fvm_names *names = &self->names;

    for (;;) {
        struct pollfd wait[QUESTIONS + FVM_QUESTIONS_MAX] = {
            [LINK] = {.fd = self->link, .events = POLLIN},
            [BACKEND] = {.fd = backend, .events = POLLIN},
            [ROUTES] = {.fd = routes, .events = POLLIN},
            [DOOR] = {.fd = names->door, .events = POLLIN}};

        for (size_t i = 0; i < FVM_QUESTIONS_MAX; i++)
            wait[QUESTIONS + i] = (struct pollfd){.fd = names->questions[i].fd, .events = POLLIN};
        if (poll(wait, ARRAY_LEN(wait), -1) < 0 && errno != EINTR)
            return;
        if (wait[LINK].revents || wait[BACKEND].revents)
            return;
        if (wait[ROUTES].revents && !follow_routes(self, backend, routes))
            return;
        for (size_t i = 0; i < FVM_QUESTIONS_MAX; i++)
            if (wait[QUESTIONS + i].revents)
                fvm_names_answer(names, i);
        if (wait[DOOR].revents)
            fvm_names_ask(names);
    }
}

/* What may leave is settled before anything of the VM runs. @return pidfd of the backend; -errno */
static int connect_tap(struct keeper *self, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int run = -1;
    FVM_CLEANUP(fd) int backend = -1;
    char path[300];
    pid_t pid;
    int result = fvm_net_backend_find(&self->backend, err);

    snprintf(path, sizeof(path), "%s/run", self->start->vm_dir);
    run = fvm_dir_open(AT_FDCWD, path);
    if (!result && run < 0)
        result = fvm_fail(err, run, "cannot open the VM's folder: %s", strerror(-run));
    if (result)
        return result;
    pid = fvm_net_backend_start(&self->backend, self->net_ns, run, self->start->terms, err);
    if (pid < 0)
        return pid;
    backend = (int)syscall(SYS_pidfd_open, pid, 0);
    result = put_filter(self, backend, err);
    if (!result)
        result = set_up_tap(self, err);
    return result ? result : FVM_STEAL(backend, -1);
}

_Noreturn static void be_keeper(struct keeper *self)
{
    struct fvm_report report = {0};
    int routes, backend;

    prctl(PR_SET_NAME, "fvm-net");
    for (size_t i = 0; i < FVM_QUESTIONS_MAX; i++)
        self->names.questions[i].fd = -1;
    fvm_seal_close((int[]){self->net_ns, self->link}, 2);
    /* Before they are read for the first time: no change is missed. */
    routes = fvm_nets_watch();
    backend = routes < 0 ? fvm_fail(&report.error, routes, "cannot watch the machine's routes: %s",
                                    strerror(-routes))
                         : connect_tap(self, &report.error);
    report.code = backend < 0 ? backend : 0;
    if (send(self->link, &report, sizeof(report), MSG_NOSIGNAL) < 0 || report.code)
        _exit(1);
    keep(self, backend, routes);
    _exit(0);
}

/* --- in the supervisor --------------------------------------------------------------------------
 */

/* Enters the VM's user namespace, which has power over its network, and starts the keeper there as
 * the supervisor's child. */
_Noreturn static void start_keeper(struct keeper *self, int user_ns)
{
    struct pollfd caller = {.fd = self->link};
    struct fvm_report report = {0};
    pid_t pid = -1;

    if (!setns(user_ns, CLONE_NEWUSER))
        pid = (pid_t)syscall(SYS_clone, CLONE_PARENT | CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL,
                             NULL);
    if (!pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (poll(&caller, 1, 0) > 0) /* the supervisor is dead already: no signal will come */
            _exit(1);
        be_keeper(self);
    }
    if (pid < 0) {
        report.code = -errno;
        fvm_fail(&report.error, 0, "cannot start the keeper of the VM's network: %s",
                 strerror(errno));
        send(self->link, &report, sizeof(report), MSG_NOSIGNAL);
        _exit(1);
    }
    _exit(send(self->link, &pid, sizeof(pid), MSG_NOSIGNAL) < 0);
}

/* The keeper's number and its report come in either order. */
static int await_keeper(struct fvm_net_keeper *keeper, struct fvm_error *err)
{
    struct fvm_report report;
    bool reported = false;
    ssize_t got;

    while ((!reported || !keeper->pid) &&
           (got = recv(keeper->link, &report, sizeof(report), 0)) > 0) {
        if (got == sizeof(pid_t)) {
            memcpy(&keeper->pid, &report, sizeof(keeper->pid));
            continue;
        }
        reported = true;
        if (report.code && err)
            *err = report.error;
        if (report.code)
            return report.code;
    }
    return reported && keeper->pid
               ? 0
               : fvm_fail(err, -EIO, "the keeper of the VM's network died while it started");
}

int fvm_net_keep(struct fvm_net_keeper *keeper, const int ns[FVM_NS_COUNT],
                 const struct fvm_start *start, struct fvm_error *err)
{
    static struct keeper self;
    int pair[2], result;
    pid_t helper;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
        return fvm_fail(err, -errno, "cannot make a socket: %s", strerror(errno));
    self = (struct keeper){.start = start, .net_ns = ns[FVM_NS_NET], .link = pair[1]};
    keeper->link = pair[0];
    helper = fork();
    if (!helper) {
        close(pair[0]);
        start_keeper(&self, ns[FVM_NS_USER]);
    }
    close(pair[1]);
    if (helper < 0)
        return fvm_fail(err, -errno, "cannot start a process: %s", strerror(errno));
    result = await_keeper(keeper, err);
    waitpid(helper, NULL, 0);
    return result;
}

void fvm_net_keeper_end(struct fvm_net_keeper *keeper)
{
    fvm_close(keeper->link);
    keeper->link = -1;
    if (keeper->pid > 0) {
        kill(keeper->pid, SIGKILL);
        waitpid(keeper->pid, NULL, 0);
    }
    keeper->pid = 0;
}
