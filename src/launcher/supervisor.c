/*
 * launcher/supervisor.c: one process per running VM, on the host: makes the namespaces, holds the
 * VM's lock, hands the namespaces to each `fvm run`, and when pid 1 has ended puts the registry
 * back to rest. See launcher.h.
 */
#include "launcher/cage.h"
#include "launcher/net.h"
#include "launcher/seal.h"
#include "store/change.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_LINKS 64
#define NAMESPACES                                                                                 \
    (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET)

static const char *const ns_names[FVM_NS_COUNT] = {
    [FVM_NS_USER] = "user", [FVM_NS_MNT] = "mnt", [FVM_NS_IPC] = "ipc",
    [FVM_NS_UTS] = "uts",   [FVM_NS_NET] = "net", [FVM_NS_PID] = "pid"};

struct supervisor {
    const struct fvm_start *start;
    int door;    /* listening socket in the VM's run folder */
    int link;    /* to pid 1 */
    int init_fd; /* pidfd */
    pid_t init;
    int ns[FVM_NS_COUNT];
    struct fvm_link windows; /* of a shared VM */
    int slot;                /* keeps its number */
    struct fvm_network net;
    unsigned number;
    struct connection {
        int fd;
        bool holds;     /* false: only waits for the end */
    } links[MAX_LINKS]; /* [0] is whoever started us */
    size_t link_count;
    bool stopping; /* by `fvm stop`, not by its own end */
    struct fvm_cage *cage;
    struct fvm_watch watch;
};

static int write_file(const char *path, const char *text)
{
    FVM_CLEANUP(fd) int fd = open(path, O_WRONLY | O_CLOEXEC);

    return fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ? -errno : 0;
}

/* The VM knows one user and one group: its own. */
static int map_ids(pid_t pid, struct fvm_error *err)
{
    char path[64], line[64];
    int result;

    snprintf(path, sizeof(path), "/proc/%d/setgroups", (int)pid);
    result = write_file(path, "deny");
    snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
    snprintf(line, sizeof(line), "%u %u 1\n", (unsigned)getuid(), (unsigned)getuid());
    if (!result)
        result = write_file(path, line);
    snprintf(path, sizeof(path), "/proc/%d/gid_map", (int)pid);
    snprintf(line, sizeof(line), "%u %u 1\n", (unsigned)getgid(), (unsigned)getgid());
    if (!result)
        result = write_file(path, line);
    if (result)
        return fvm_fail(err, result, "cannot map the VM's user: %s", strerror(-result));
    return 0;
}

static int open_namespaces(struct supervisor *self, struct fvm_error *err)
{
    char path[64];

    for (size_t i = 0; i < ARRAY_LEN(ns_names); i++) {
        snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)self->init, ns_names[i]);
        self->ns[i] = open(path, O_RDONLY | O_CLOEXEC);
        if (self->ns[i] < 0)
            return fvm_fail(err, -errno, "cannot open the VM's namespaces: %s", strerror(errno));
    }
    return 0;
}

static int enter_cage(const struct supervisor *self, struct fvm_error *err)
{
    int procs[FVM_CONTROL_COUNT];
    size_t count = fvm_cage_procs(self->cage, procs);

    if (self->cage && !count)
        return fvm_fail(err, -EIO, "the VM's control group was not made");
    return fvm_cage_enter(procs, count, self->init, err);
}

_Noreturn static void become_init(const struct fvm_start *start, int go, int link)
{
    char word;

    if (read(go, &word, 1) != 1)
        _exit(1);
    close(go);
    fvm_seal_close(&link, 1);
    fvm_init_main(start, link);
}

static int start_init(struct supervisor *self, struct fvm_error *err)
{
    int pair[2], go[2];
    int result;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) || pipe2(go, O_CLOEXEC))
        return fvm_fail(err, -errno, "cannot make a socket: %s", strerror(errno));
    self->init = fvm_net_clone(&self->net, self->start->terms, NAMESPACES | SIGCHLD, map_ids, err);
    if (self->init < 0)
        return -EIO;
    if (!self->init) {
        close(go[1]);
        become_init(self->start, go[0], pair[1]);
    }
    close(pair[1]);
    close(go[0]);
    self->link = pair[0];
    self->init_fd = (int)syscall(SYS_pidfd_open, self->init, 0);
    result = open_namespaces(self, err);
    if (!result)
        result = enter_cage(self, err);
    if (!result)
        result = fvm_net_connect(&self->net, self->ns, self->start, err);
    if (!result && write(go[1], "g", 1) != 1)
        result = fvm_fail(err, -EPIPE, "the VM's first process died at once");
    close(go[1]);
    return result;
}

/* A shared VM's namespaces are those of its Windows. */
static int start_warden(struct supervisor *self, struct fvm_error *err)
{
    int pair[2], number;

    number = fvm_windows_enter(&self->windows, &self->slot, self->start, err);
    if (number < 0)
        return number;
    self->number = (unsigned)number;
    memcpy(self->ns, self->windows.ns, sizeof(self->ns));
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
        return fvm_fail(err, -errno, "cannot make a socket: %s", strerror(errno));
    self->init = fork();
    if (self->init < 0)
        return fvm_fail(err, -errno, "cannot start a process: %s", strerror(errno));
    if (!self->init) {
        close(pair[0]);
        fvm_warden_main(self->start, &self->windows, self->number, pair[1]);
    }
    close(pair[1]);
    self->link = pair[0];
    self->init_fd = (int)syscall(SYS_pidfd_open, self->init, 0);
    return 0;
}

/* Pid 1 says how far it came. Its death without a word is an answer too. */
static int await_init(struct supervisor *self, struct fvm_error *err)
{
    struct fvm_report report;
    ssize_t got = recv(self->link, &report, sizeof(report), 0);

    if (got != sizeof(report))
        return fvm_fail(err, -EIO,
                        "the VM's first process died while it started (see: fvm doctor)");
    if (report.code && err)
        *err = report.error;
    return report.code;
}

static int open_door(struct supervisor *self, struct fvm_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/run/control", self->start->vm_dir);
    if (mkdirat(AT_FDCWD, "mnt", 0700) && errno != EEXIST)
        return fvm_fail(err, -errno, "cannot make the store's folder mnt: %s", strerror(errno));
    unlink(address.sun_path);
    self->door = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (self->door < 0 || bind(self->door, (struct sockaddr *)&address, sizeof(address)) ||
        listen(self->door, 16))
        return fvm_fail(err, -errno, "cannot open the VM's control socket: %s", strerror(errno));
    return 0;
}

static void hand_over(const struct supervisor *self, int connection)
{
    int fds[FVM_NS_COUNT + FVM_CONTROL_COUNT];
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(fds))];
    } control = {0};
    struct fvm_greeting greeting = {self->init, self->number};
    size_t count = FVM_NS_COUNT + fvm_cage_procs(self->cage, fds + FVM_NS_COUNT);
    struct iovec data = {&greeting, sizeof(greeting)};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = CMSG_SPACE(count * sizeof(fds[0]))};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);

    memcpy(fds, self->ns, sizeof(self->ns));
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(count * sizeof(fds[0]));
    memcpy(CMSG_DATA(head), fds, count * sizeof(fds[0]));
    sendmsg(connection, &message, MSG_NOSIGNAL);
}

/* @return false: pid 1 has gone */
static bool tell(struct supervisor *self, char word, bool wait)
{
    char reply;

    if (send(self->link, &word, 1, MSG_NOSIGNAL) != 1)
        return false;
    return !wait || (recv(self->link, &reply, 1, 0) == 1 && reply == FVM_SAID_HELD);
}

static bool is_held(const struct supervisor *self)
{
    for (size_t i = 0; i < self->link_count; i++)
        if (self->links[i].holds)
            return true;
    return false;
}

/* A holder that is gone without a word was killed, and its program with it. What that had just
 * started may wait for it for ever (Wine's first process does), so the VM is stopped. */
static void drop_link(struct supervisor *self, size_t i)
{
    bool held = self->links[i].holds;

    close(self->links[i].fd);
    self->links[i] = self->links[--self->link_count];
    if (held && !is_held(self))
        tell(self, FVM_SAY_STOP, false);
}

static void say_to_all(const struct supervisor *self, char word)
{
    for (size_t i = 0; i < self->link_count; i++)
        send(self->links[i].fd, &word, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void look_at_limits(struct supervisor *self)
{
    char said = fvm_watch_look(&self->watch);

    if (said && said != FVM_SAY_STOP) {
        self->stopping = true;
        say_to_all(self, said);
    }
    /* Who fills the disk must not go on for as long as wineserver saves. */
    if (said == FVM_SAID_TIMEOUT)
        tell(self, FVM_SAY_STOP, false);
    else if (said)
        kill(self->init, SIGKILL);
}

static void look_for_ooms(struct supervisor *self)
{
    if (fvm_watch_oom(&self->watch))
        say_to_all(self, FVM_SAID_MEMORY);
}

/* The program of this `fvm run` has ended: it learns whether it was the last, and may wait for the
 * VM's end. */
static void release(struct supervisor *self, size_t i)
{
    struct connection *link = &self->links[i];
    char word;

    if (!link->holds)
        return;
    link->holds = false;
    look_for_ooms(self);
    word = self->stopping ? FVM_SAY_STOP : is_held(self) ? FVM_SAID_HELD : FVM_SAY_FREE;
    send(link->fd, &word, 1, MSG_NOSIGNAL);
    if (word != FVM_SAID_HELD)
        tell(self, FVM_SAY_FREE, false);
}

static void listen_to(struct supervisor *self, size_t i)
{
    char word;

    if (recv(self->links[i].fd, &word, 1, MSG_DONTWAIT) != 1)
        drop_link(self, i);
    else if (word == FVM_SAY_STOP) {
        self->stopping = true;
        tell(self, FVM_SAY_STOP, false);
    } else if (word == FVM_SAY_FREE)
        release(self, i);
}

/* A new `fvm run` is let in only after pid 1 has said that it will not end meanwhile. */
static void welcome(struct supervisor *self)
{
    int connection = accept4(self->door, NULL, NULL, SOCK_CLOEXEC);

    if (connection < 0)
        return;
    if (self->link_count == MAX_LINKS || !tell(self, FVM_SAY_HELD, true)) {
        close(connection);
        return;
    }
    self->links[self->link_count++] = (struct connection){connection, true};
    hand_over(self, connection);
}

static void serve(struct supervisor *self)
{
    for (;;) {
        struct pollfd wait[2 + MAX_LINKS] = {{.fd = self->init_fd, .events = POLLIN},
                                             {.fd = self->door, .events = POLLIN}};
        size_t count = self->link_count;

        for (size_t i = 0; i < count; i++)
            wait[2 + i] = (struct pollfd){.fd = self->links[i].fd, .events = POLLIN};
        if (poll(wait, 2 + count, fvm_watch_wait_ms(&self->watch)) < 0 && errno != EINTR)
            return;
        if (wait[0].revents) {
            look_for_ooms(self);
            return;
        }
        look_at_limits(self);
        for (size_t i = count; i-- > 0;)
            if (wait[2 + i].revents)
                listen_to(self, i);
        if (wait[1].revents & POLLIN)
            welcome(self);
    }
}

/* Why pid 1 ended, if it told. */
static void pass_on_last_word(const struct supervisor *self)
{
    char word;

    while (recv(self->link, &word, 1, MSG_DONTWAIT) == 1)
        for (size_t i = 0; word == FVM_SAID_DARK && i < self->link_count; i++)
            send(self->links[i].fd, &word, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* The VM is at rest when this returns: nobody who waits for the lock sees it half folded. */
static void put_to_rest(const struct fvm_start *start, int lock_fd)
{
    struct fvm_vm vm = {.fd = -1};
    struct fvm_error err;

    if (!start->version)
        return;
    if (fvm_vm_open(&vm, start->store, strchr(start->vm_dir, '/') + 1, &err))
        return;
    /* If either fails, what is left is swept or recovered by the next fvm. */
    if (vm.temporary)
        fvm_vm_delete(start->store, &vm, &err);
    else
        fvm_vm_recover(start->store, &vm, NULL, NULL, &err);
    fvm_vm_close(&vm);
    fvm_close(lock_fd);
}

static void report_to_starter(int starter, int code, const struct fvm_error *error)
{
    struct fvm_report report = {.code = code};

    if (code)
        report.error = *error;
    send(starter, &report, sizeof(report), MSG_NOSIGNAL);
}

/* What the VM wrote is parsed here: hives made to swell must not take the host's memory. */
static void limit_memory(void)
{
    const struct rlimit limit = {(rlim_t)4 << 30, (rlim_t)4 << 30};

    setrlimit(RLIMIT_AS, &limit);
}

/* Neither the terminal of whoever started us, nor his pipes. */
static void leave_user(void)
{
    setsid();
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    for (int fd = 0; fd < 3; fd++) {
        close(fd);
        if (open("/dev/null", O_RDWR) != fd)
            _exit(1);
    }
    prctl(PR_SET_NAME, "fvm-supervisor");
}

_Noreturn static void supervise(const struct fvm_start *start, int lock_fd, int starter)
{
    struct supervisor self = {.start = start,
                              .door = -1,
                              .link = -1,
                              .init_fd = -1,
                              .init = -1,
                              .windows = {.fd = -1},
                              .slot = -1,
                              .net = FVM_NET_UNUSED,
                              .links = {{starter, true}},
                              .link_count = 1,
                              .cage = fvm_limits_cage(start->terms)};
    int keep[3 + FVM_CAGE_FDS] = {start->store->fd, lock_fd, starter};
    struct fvm_error err = {{0}};
    int result;

    fvm_seal_close(keep, 3 + fvm_cage_fds(self.cage, keep + 3));
    leave_user();
    result = fchdir(start->store->fd) ? fvm_fail(&err, -errno, "cannot enter the store") : 0;
    if (!result)
        result = fvm_net_prepare(&self.net, start, &err);
    if (!result)
        result = open_door(&self, &err);
    if (!result)
        result = start->shared ? start_warden(&self, &err) : start_init(&self, &err);
    if (!result)
        result = await_init(&self, &err);
    if (!result)
        result = fvm_watch_begin(&self.watch, start, self.cage, self.ns[FVM_NS_PID], &err);
    if (result && self.init > 0)
        kill(self.init, SIGKILL);
    if (!result)
        report_to_starter(starter, 0, NULL);
    limit_memory();
    if (!result) {
        serve(&self);
        pass_on_last_word(&self);
    }
    if (self.init > 0)
        waitpid(self.init, NULL, 0);
    fvm_net_end(&self.net);
    fvm_close(self.slot);
    if (self.windows.fd >= 0)
        fvm_link_release(&self.windows);
    if (self.cage)
        fvm_cage_remove(self.cage);
    put_to_rest(start, lock_fd);
    /* Not before: what failed to start has left nothing when its `fvm run` says so. */
    if (result)
        report_to_starter(starter, result, &err);
    _exit(result ? 1 : 0);
}

int fvm_launch(const struct fvm_start *start, int lock_fd, int *hold, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int ours = -1;
    struct fvm_report report;
    int pair[2];
    pid_t middle;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
        return fvm_fail(err, -errno, "cannot make a socket: %s", strerror(errno));
    ours = pair[0];
    /* Twice, so that the supervisor is nobody's child to wait for. */
    middle = fork();
    if (!middle) {
        close(pair[0]);
        if (fork())
            _exit(0);
        supervise(start, lock_fd, pair[1]);
    }
    close(pair[1]);
    if (middle < 0)
        return fvm_fail(err, -errno, "cannot start a process: %s", strerror(errno));
    waitpid(middle, NULL, 0);
    fvm_limits_handed(start->terms);
    if (recv(ours, &report, sizeof(report), 0) != sizeof(report))
        return fvm_fail(err, -EIO, "the VM's supervisor died while it started");
    if (report.code) {
        if (err)
            *err = report.error;
        return report.code;
    }
    *hold = FVM_STEAL(ours, -1);
    return 0;
}
