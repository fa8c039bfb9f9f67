/*
 * launcher/init.c: pid 1 of a sealed VM: builds the root, starts wineserver, reaps, starts drivers
 * on demand, and ends when nobody holds the VM and nothing runs in it. See launcher.h for the
 * processes.
 */
#include "launcher/net.h"
#include "launcher/seal.h"
#include "launcher/terms.h"
#include "store/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_WAITERS 32
/* How often an unheld VM with a wineserver is looked at, and how long a stop waits for wineserver's
 * last save. */
#define IDLE_LOOK_MS 100
#define STOP_WAIT_MS 3000
/* How long a wineboot that nobody waits for may still be at work. */
#define BOOT_PATIENCE_MS 5000

struct init {
    const struct fvm_start *start;
    int link;    /* to the supervisor */
    int signals; /* signalfd: SIGCHLD */
    int scope;   /* of fvm_net_scope_make() */
    int door;    /* listening socket for the guest library: start drivers */
    pid_t server;
    struct fvm_screen screen;
    char *env[16]; /* of what we start */
    bool held;
    bool dark;               /* the VM's display died */
    bool ending;             /* wineserver was asked to end: nobody may come in any more */
    long long free_since_ms; /* when the last hold went; tells nothing while held */
    struct demand {
        const char *word;     /* what the guest library asks for */
        const char *flag;     /* made when it runs: nobody asks again */
        const char *argument; /* of fvmdrivers.exe */
        pid_t starter;
        int waiters[MAX_WAITERS];
        size_t waiter_count;
    } demands[2];
};

enum { SERVICES, DRIVERS };
static const struct demand all_demands[2] = {
    [SERVICES] = {.word = "services\n", .flag = "/run/fvm/services-ready", .argument = "services"},
    [DRIVERS] = {.word = "drivers\n", .flag = "/run/fvm/drivers-ready"},
};

static void fill_environment(struct init *init)
{
    static const char *const own[] = {FVM_WINE_ENV, FVM_LOCALE_ENV, "WINEDEBUG=-all"};
    size_t count = 0;

    _Static_assert(ARRAY_LEN(own) + FVM_DISPLAY_ENV + 2 <= ARRAY_LEN(init->env), "room");
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        init->env[count++] = (char *)own[i];
    if (init->start->wine32)
        init->env[count++] = (char *)FVM_WINE32_ENV;
    fvm_display_env(init->env + count, init->start->terms);
}

static pid_t spawn(struct init *init, const char *file, char *const argv[])
{
    sigset_t none;
    pid_t pid = fork();

    if (pid)
        return pid;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    /* Not wineserver: it reads and writes its clients' memory, and Landlock keeps who is under it
     * from others. */
    if (file != init->start->wine->server && fvm_net_scope(init->scope))
        _exit(127);
    fvm_seal_close(NULL, 0);
    execve(file, argv, init->env);
    _exit(127);
}

static void start_server(struct init *init)
{
    /* -p0: end with the last client; -f: stay our child, so that its end is seen. Where VMs come
     * and go the server must not end between two of them. */
    char *const argv[] = {(char *)"wineserver", (char *)"-f",
                          (char *)(init->start->lasts ? "-p" : "-p0"), NULL};

    init->server = spawn(init, init->start->wine->server, argv);
}

static void answer(int connection, const char *word)
{
    if (send(connection, word, strlen(word), MSG_NOSIGNAL) < 0) {
        /* The program that asked is gone: nobody is waiting. */
    }
    close(connection);
}

static void make_flag(const char *path)
{
    fvm_close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0444));
}

static void demand_ended(struct init *init, struct demand *demand, bool worked)
{
    demand->starter = 0;
    if (worked) { /* before the answer: who got it must not ask again */
        make_flag(demand->flag);
        make_flag(init->demands[SERVICES].flag); /* drivers are started by the service manager */
    }
    while (demand->waiter_count)
        answer(demand->waiters[--demand->waiter_count], worked ? "ok\n" : "failed\n");
}

static void start_demanded(struct init *init, struct demand *demand, int connection)
{
    char *const argv[] = {(char *)"wine64", (char *)"Z:\\fvm\\fvmdrivers.exe",
                          (char *)demand->argument, NULL};

    if (demand->waiter_count == MAX_WAITERS) {
        answer(connection, "failed\n");
        return;
    }
    demand->waiters[demand->waiter_count++] = connection;
    if (!demand->starter)
        demand->starter = spawn(init, init->start->wine->loader, argv);
    if (demand->starter < 0)
        demand_ended(init, demand, false);
}

/* A program of the VM asks; it sends its whole word at once, or it is not heard. */
static void open_to(struct init *init)
{
    int connection = accept4(init->door, NULL, NULL, SOCK_CLOEXEC);
    struct pollfd wait = {.fd = connection, .events = POLLIN};
    char word[16] = "";

    if (connection < 0)
        return;
    if (poll(&wait, 1, 100) > 0 && recv(connection, word, sizeof(word) - 1, MSG_DONTWAIT) > 0)
        for (size_t i = 0; i < ARRAY_LEN(init->demands); i++)
            if (!strcmp(word, init->demands[i].word)) {
                if (access(init->demands[i].flag, F_OK))
                    start_demanded(init, &init->demands[i], connection);
                else
                    answer(connection, "ok\n");
                return;
            }
    answer(connection, "failed\n");
}

/* @return false: no child is left */
static bool reap(struct init *init)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == init->server) {
            init->server = 0;
            /* Killed, not ended: a program that just connects would wait for an answer for ever. */
            if (WIFSIGNALED(status))
                _exit(0);
        }
        if (pid == init->screen.server) {
            init->screen.server = 0;
            init->dark = true;
        }
        for (size_t i = 0; i < ARRAY_LEN(init->demands); i++)
            if (pid == init->demands[i].starter)
                demand_ended(init, &init->demands[i],
                             WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    return pid == 0;
}

static long long now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* Long enough without a holder for every boot to be over. */
static bool is_overdue(const struct init *init)
{
    return now_ms() - init->free_since_ms > BOOT_PATIENCE_MS;
}

/* A program that is killed while it boots the VM leaves a wineboot that waits for it for ever. */
static bool is_wineboot(const char *pid)
{
    char path[300], line[64] = "";
    int fd;

    snprintf(path, sizeof(path), "/proc/%s/cmdline", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, line, sizeof(line) - 1) < 0)
        line[0] = 0;
    fvm_close(fd);
    return strstr(line, "\\wineboot.exe") != NULL;
}

/* A tool of FVM's own (tool.c) that stays with the display: xclip keeps a clipboard's text, x11vnc
 * shows the screen. Whoever else executes these deserves no better. */
static bool is_tool(const char *pid)
{
    static const char *const tools[] = {"/usr/bin/xclip", "/usr/bin/x11vnc"};
    char path[300], file[64] = "";

    snprintf(path, sizeof(path), "/proc/%s/exe", pid);
    if (readlink(path, file, sizeof(file) - 1) < 0)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(tools); i++)
        if (!strcmp(file, tools[i]))
            return true;
    return false;
}

/* Is anything here besides us, wineserver and the display? Only asked while nobody holds the VM. */
static bool alone_with_server(const struct init *init)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    bool alone = true;

    while (alone && proc && (entry = readdir(proc))) {
        long pid = strtol(entry->d_name, NULL, 10);

        alone = pid <= 1 || pid == init->server || pid == init->screen.server ||
                (init->screen.server > 0 && is_tool(entry->d_name)) ||
                (is_overdue(init) && is_wineboot(entry->d_name));
    }
    if (proc)
        closedir(proc);
    return alone;
}

/* SIGTERM makes wineserver save the registry and end; a program of the VM may have stopped it. */
static void end_server(const struct init *init)
{
    if (init->server <= 0)
        return;
    kill(init->server, SIGTERM);
    kill(init->server, SIGCONT);
}

/* The server gets its time; then whatever is left is killed. */
_Noreturn static void stop(struct init *init)
{
    long long until = now_ms() + STOP_WAIT_MS;

    end_server(init);
    while (init->server > 0 && now_ms() < until) {
        struct pollfd wait = {.fd = init->signals, .events = POLLIN};
        struct signalfd_siginfo info;

        if (poll(&wait, 1, 50) > 0 && read(init->signals, &info, sizeof(info)) < 0)
            break;
        reap(init);
    }
    _exit(0); /* pid 1 takes the whole pid namespace along */
}

/* Programs with windows end when their display does, and those without may wait for them for ever:
 * the VM ends as if it were stopped, and who waits for it is told why. */
_Noreturn static void end_dark(struct init *init)
{
    char word = FVM_SAID_DARK;

    if (send(init->link, &word, 1, MSG_NOSIGNAL) < 0) {
        /* The supervisor is dead: nobody waits. */
    }
    stop(init);
}

static void listen_to_supervisor(struct init *init)
{
    char word;
    ssize_t got = recv(init->link, &word, 1, 0);

    if (got <= 0 || word == FVM_SAY_STOP || init->ending ||
        (word == FVM_SAY_FREE && init->start->lasts))
        stop(init);
    init->held = word == FVM_SAY_HELD;
    init->free_since_ms = now_ms();
    word = FVM_SAID_HELD;
    if (init->held && send(init->link, &word, 1, MSG_NOSIGNAL) < 0)
        stop(init);
}

_Noreturn static void serve(struct init *init)
{
    struct signalfd_siginfo info;

    for (;;) {
        struct pollfd wait[] = {{.fd = init->link, .events = POLLIN},
                                {.fd = init->signals, .events = POLLIN},
                                {.fd = init->door, .events = POLLIN}};
        bool idle = !init->held && (init->server > 0 || init->screen.server > 0);
        bool any_child;

        if (poll(wait, 3, idle ? IDLE_LOOK_MS : -1) < 0 && errno != EINTR)
            stop(init);
        if (wait[1].revents && read(init->signals, &info, sizeof(info)) < 0)
            stop(init);
        if (wait[0].revents)
            listen_to_supervisor(init);
        if (wait[2].revents & POLLIN)
            open_to(init);
        any_child = reap(init);
        if (init->dark)
            end_dark(init);
        if (!init->held && !any_child)
            _exit(0);
        /* A server that never had a client does not end by itself, a display never does. */
        if (idle && alone_with_server(init)) {
            if (is_overdue(init) || init->server <= 0)
                stop(init);
            init->ending = true;
            end_server(init);
        }
    }
}

static int open_door(struct init *init, struct fvm_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/fvm/init.sock"};

    init->door = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (init->door < 0 || bind(init->door, (struct sockaddr *)&address, sizeof(address)) ||
        listen(init->door, MAX_WAITERS))
        return fvm_fail(err, -errno, "cannot open the VM's own socket: %s", strerror(errno));
    return 0;
}

static int loopback_up(const struct fvm_terms *terms, struct fvm_error *err)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    FVM_CLEANUP(fd) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (terms && (terms->net == FVM_NET_HOST || terms->net == FVM_NET_VM))
        return 0; /* not ours */
    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request))
        return fvm_fail(err, -errno, "cannot start the VM's loopback network: %s", strerror(errno));
    return 0;
}

/* Lean: the service manager, too, starts when it is first asked for. Full: Wine starts all by
 * itself, and nobody shall ask. */
static void say_how_to_boot(const struct init *init)
{
    if (init->start->boot == FVM_BOOT_LEAN) {
        make_flag("/run/fvm/lazy-services");
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(init->demands); i++)
        make_flag(init->demands[i].flag);
}

static int prepare(struct init *init, struct fvm_error *err)
{
    sigset_t children;
    int result;

    fvm_net_open_ports(init->start->terms);
    result = fvm_root_build(init->start, err);
    if (result)
        return result;
    if (sethostname("fvm", 3))
        return fvm_fail(err, -errno, "cannot name the VM: %s", strerror(errno));
    result = loopback_up(init->start->terms, err);
    if (!result)
        result = open_door(init, err);
    if (result)
        return result;
    init->scope = fvm_net_scope_make(init->start->terms);
    if (init->scope < -1)
        return fvm_fail(err, init->scope, "cannot close the host's sockets: no Landlock");
    memcpy(init->demands, all_demands, sizeof(init->demands));
    say_how_to_boot(init);
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &children, NULL))
        return fvm_fail(err, -errno, "cannot block signals: %s", strerror(errno));
    init->signals = signalfd(-1, &children, SFD_CLOEXEC);
    if (init->signals < 0)
        return fvm_fail(err, -errno, "cannot watch children: %s", strerror(errno));
    return fvm_seal_process(init->start->wine32, init->start->terms, err);
}

/* A client that finds no socket would start a server of its own: let ours come first. */
static void await_server(const struct init *init)
{
    char path[128];
    struct stat st;
    struct timespec step = {.tv_nsec = 200000};

    if (stat("/prefix", &st))
        return;
    snprintf(path, sizeof(path), "/run/user/%u/wine/server-%lx-%lx/socket", (unsigned)getuid(),
             (unsigned long)st.st_dev, (unsigned long)st.st_ino);
    for (int i = 0; i < 1000 && init->server > 0 && access(path, F_OK); i++)
        nanosleep(&step, NULL);
}

void fvm_init_main(const struct fvm_start *start, int link)
{
    struct init init = {
        .start = start, .link = link, .signals = -1, .scope = -1, .door = -1, .held = true};
    struct fvm_report report = {0};

    /* The supervisor's death takes the VM along at once; the store recovers from the hives on disk.
     */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_DUMPABLE, 0);
    setsid();
    umask(022);
    fill_environment(&init);
    report.code = prepare(&init, &report.error);
    if (!report.code)
        report.code = fvm_screen_start(&init.screen, start->terms, &report.error);
    if (!report.code) {
        start_server(&init);
        await_server(&init);
        report.code = fvm_screen_await(&init.screen, &report.error);
    }
    if (send(link, &report, sizeof(report), MSG_NOSIGNAL) < 0 || report.code)
        _exit(1);
    serve(&init);
}
