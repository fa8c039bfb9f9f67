/*
 * launcher/supervisor.c: one process per running VM, on the host: makes the namespaces, holds the
 * VM's lock, hands the namespaces to each `fvm run`, and when pid 1 has ended puts the registry
 * back to rest. See launcher.h.
 */
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

/* What a new `fvm run` is told, along with the namespaces. */
struct greeting {
    int32_t init;
    uint32_t number;
};
struct supervisor {
    const struct fvm_start *start;
    int door;    /* listening socket in the VM's run folder */
    int link;    /* to pid 1 */
    int init_fd; /* pidfd */
    pid_t init;
    int ns[FVM_NS_COUNT];
    struct fvm_link windows; /* of a shared VM */
    int slot;                /* keeps its number */
    unsigned number;
    struct connection {
        int fd;
        bool holds;     /* false: only waits for the end */
    } links[MAX_LINKS]; /* [0] is whoever started us */
    size_t link_count;
    bool stopping; /* by `fvm stop`, not by its own end */
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
    self->init = (pid_t)syscall(SYS_clone, NAMESPACES | SIGCHLD, NULL, NULL, NULL, NULL);
    if (self->init < 0) {
        result = -errno;
        if (fvm_check_namespaces(err) == 0)
            fvm_fail(err, result, "cannot make the VM's namespaces: %s", strerror(-result));
        return result;
    }
    if (!self->init) {
        close(go[1]);
        become_init(self->start, go[0], pair[1]);
    }
    close(pair[1]);
    close(go[0]);
    self->link = pair[0];
    self->init_fd = (int)syscall(SYS_pidfd_open, self->init, 0);
    result = map_ids(self->init, err);
    if (!result)
        result = open_namespaces(self, err);
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
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(self->ns))];
    } control = {0};
    struct greeting greeting = {self->init, self->number};
    struct iovec data = {&greeting, sizeof(greeting)};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof(control.room)};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);

    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(self->ns));
    memcpy(CMSG_DATA(head), self->ns, sizeof(self->ns));
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

/* The program of this `fvm run` has ended: it learns whether it was the last, and may wait for the
 * VM's end. */
static void release(struct supervisor *self, size_t i)
{
    struct connection *link = &self->links[i];
    char word;

    if (!link->holds)
        return;
    link->holds = false;
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
        if (poll(wait, 2 + count, -1) < 0 && errno != EINTR)
            return;
        if (wait[0].revents)
            return;
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

_Noreturn static void supervise(const struct fvm_start *start, int lock_fd, int starter)
{
    struct supervisor self = {.start = start,
                              .door = -1,
                              .link = -1,
                              .init_fd = -1,
                              .init = -1,
                              .windows = {.fd = -1},
                              .slot = -1,
                              .links = {{starter, true}},
                              .link_count = 1};
    int keep[3] = {start->store->fd, lock_fd, starter};
    struct fvm_error err = {{0}};
    int result;

    setsid();
    fvm_seal_close(keep, 3);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    for (int fd = 0; fd < 3; fd++) {
        close(fd);
        if (open("/dev/null", O_RDWR) != fd) /* stdio must not hold the user's pipes open */
            _exit(1);
    }
    prctl(PR_SET_NAME, "fvm-supervisor");
    result = fchdir(start->store->fd) ? fvm_fail(&err, -errno, "cannot enter the store") : 0;
    if (!result)
        result = open_door(&self, &err);
    if (!result)
        result = start->shared ? start_warden(&self, &err) : start_init(&self, &err);
    if (!result)
        result = await_init(&self, &err);
    if (result && self.init > 0)
        kill(self.init, SIGKILL);
    report_to_starter(starter, result, &err);
    limit_memory();
    if (!result) {
        serve(&self);
        pass_on_last_word(&self);
    }
    if (self.init > 0)
        waitpid(self.init, NULL, 0);
    fvm_close(self.slot);
    if (self.windows.fd >= 0)
        fvm_link_release(&self.windows);
    put_to_rest(start, lock_fd);
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

static int connect_door(const struct fvm_store *store, const char *vm_dir)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    FVM_CLEANUP(fd) int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s/run/control",
             store->fd, vm_dir);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
        return -errno;
    return FVM_STEAL(fd, -1);
}

int fvm_link_open(struct fvm_link *link, const struct fvm_store *store, const char *vm_dir,
                  struct fvm_error *err)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(link->ns))];
    } control;
    struct greeting greeting = {0};
    struct iovec data = {&greeting, sizeof(greeting)};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof(control.room)};
    struct cmsghdr *head;

    *link = (struct fvm_link){.fd = connect_door(store, vm_dir), .ns = {-1, -1, -1, -1, -1, -1}};
    if (link->fd < 0)
        return fvm_fail(err, -ENOENT, "VM '%s' does not run", strchr(vm_dir, '/') + 1);
    if (recvmsg(link->fd, &message, MSG_CMSG_CLOEXEC) != sizeof(greeting) ||
        !(head = CMSG_FIRSTHDR(&message)) || head->cmsg_type != SCM_RIGHTS ||
        head->cmsg_len != CMSG_LEN(sizeof(link->ns))) {
        fvm_close(link->fd);
        link->fd = -1;
        return fvm_fail(err, -ENOENT, "VM '%s' is just ending", strchr(vm_dir, '/') + 1);
    }
    memcpy(link->ns, CMSG_DATA(head), sizeof(link->ns));
    link->init = greeting.init;
    link->number = greeting.number;
    return 0;
}

void fvm_link_close(struct fvm_link *link)
{
    for (size_t i = 0; i < ARRAY_LEN(link->ns); i++)
        fvm_close(link->ns[i]);
    fvm_close(link->fd);
    *link = (struct fvm_link){.fd = -1, .ns = {-1, -1, -1, -1, -1, -1}};
}

/* @return 0: it is over */
static char next_word(struct fvm_link *link, int flags)
{
    char word;

    while (recv(link->fd, &word, 1, flags) == 1) {
        if (word != FVM_SAID_DARK)
            return word;
        link->dark = true;
    }
    return 0;
}

int fvm_link_release(struct fvm_link *link)
{
    char word = FVM_SAY_FREE;

    /* What cannot be sent is over already, and its last word may be waiting for us. */
    if (send(link->fd, &word, 1, MSG_NOSIGNAL) != 1)
        errno = 0;
    word = next_word(link, 0);
    if (!word)
        word = FVM_SAY_STOP; /* reading from the link tells so at once */
    link->stopped = word == FVM_SAY_STOP;
    return word == FVM_SAID_HELD;
}

bool fvm_link_is_over(struct fvm_link *link)
{
    errno = 0;
    return !next_word(link, MSG_DONTWAIT) && errno != EAGAIN;
}

void fvm_link_await_end(struct fvm_link *link)
{
    while (next_word(link, 0))
        ;
}

int fvm_link_stop(const struct fvm_store *store, const char *vm_dir, struct fvm_error *err)
{
    struct fvm_link link;
    char word = FVM_SAY_STOP;
    int result = fvm_link_open(&link, store, vm_dir, err);

    if (result)
        return result;
    if (send(link.fd, &word, 1, MSG_NOSIGNAL) == 1)
        fvm_link_await_end(&link);
    fvm_link_close(&link);
    return 0;
}
