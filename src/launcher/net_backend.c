/*
 * launcher/net_backend.c: what stands behind a VM's tap: pasta (Debian's package passt), else
 * slirp4netns. Started by the VM's keeper, with all capabilities in the VM's user namespace, which
 * is what it enters the VM's network namespace with, and none outside. See net.h.
 */
#include "core/text.h"
#include "launcher/net.h"
#include "launcher/seal.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* It is there in 10 ms; what hangs must not hang the VM's start for ever. */
#define START_PATIENCE_MS 20000
#define WORDS_MAX         4096

static bool find_on_path(const char *name, char *path, size_t cap)
{
    const char *folders = getenv("PATH");

    for (const char *at = folders && *folders ? folders : "/usr/bin:/bin"; *at;) {
        size_t cb = strcspn(at, ":");

        if (cb && *at == '/' && snprintf(path, cap, "%.*s/%s", (int)cb, at, name) < (int)cap &&
            !access(path, X_OK))
            return true;
        at += cb + (at[cb] == ':');
    }
    return false;
}

int fvm_net_backend_find(struct fvm_net_backend *backend, struct fvm_error *err)
{
    backend->is_slirp = false;
    if (find_on_path("pasta", backend->path, sizeof(backend->path)))
        return 0;
    backend->is_slirp = true;
    if (find_on_path("slirp4netns", backend->path, sizeof(backend->path)))
        return 0;
    return fvm_fail(err, -ENOENT,
                    "--net private and lan need pasta, which is not here; install it: sudo apt "
                    "install passt (or slirp4netns)");
}

/* --- the command line ---------------------------------------------------------------------------
 */
struct line {
    char *words[64 + 2 * FVM_PUBLISH_MAX];
    size_t count;
};

static void add(struct line *line, const char *word)
{
    if (line->count + 1 < ARRAY_LEN(line->words))
        line->words[line->count++] = strdup(word);
}

static void add_all(struct line *line, const char *const *words)
{
    for (; *words; words++)
        add(line, *words);
}

static bool any_of(const struct fvm_terms *terms, bool udp)
{
    for (size_t i = 0; i < terms->publish_count; i++)
        if (terms->publish[i].udp == udp)
            return true;
    return false;
}

/* Its standard input is the network namespace, its output the pipe on which it says that it works.
 */
static void make_pasta_line(struct line *line, const struct fvm_terms *terms)
{
    static const char *const words[] = {
        "pasta", "--foreground", "--stderr", "--ipv4-only", "--address", FVM_NET_ADDRESS,
        "--netmask", FVM_NET_MASK, "--gateway", FVM_NET_GATEWAY, "--ns-ifname", FVM_NET_INTERFACE,
        /* The gateway is nobody: else it would be this machine. */
        "--no-map-gw", "--no-dhcp",
        /* Ports of this machine's loopback would be the VM's. */
        "--tcp-ns", "none", "--udp-ns", "none", "--netns-only", "--pid", "/proc/self/fd/1",
        "--netns", "/proc/self/fd/0", NULL};

    add_all(line, words);
    for (int udp = 0; udp < 2; udp++) {
        const char *option = udp ? "--udp-ports" : "--tcp-ports";

        if (!any_of(terms, udp))
            add_all(line, (const char *const[]){option, "none", NULL});
        for (size_t i = 0; i < terms->publish_count; i++) {
            const struct fvm_publish *publish = &terms->publish[i];
            char port[96];

            snprintf(port, sizeof(port), "%s/%u:%u", publish->address, publish->host_port,
                     publish->vm_port);
            if (publish->udp == udp)
                add_all(line, (const char *const[]){option, port, NULL});
        }
    }
}

static void make_slirp_line(struct line *line, bool publishes)
{
    add_all(line, (const char *const[]){"slirp4netns", "--netns-type=path", "--ready-fd=3",
                                        "--disable-host-loopback", "--disable-dns", "--mtu=65520",
                                        "--cidr=10.0.2.0/24", NULL});
    if (publishes)
        add_all(line, (const char *const[]){"--api-socket=/proc/self/fd/4/slirp", NULL});
    add_all(line, (const char *const[]){"/proc/self/fd/0", FVM_NET_INTERFACE, NULL});
}

/* --- the process ------------------------------------------------------------------------------ */

/* What the process gets, as its descriptors 0, 1 or 3, 2, 4. */
struct pipes {
    int net_ns, ready, words, run;
};

/* Who is not root in his user namespace loses his capabilities by exec, unless they are ambient. */
static int keep_capabilities(void)
{
    static const int kept[] = {CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_NET_BIND_SERVICE};
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};

    for (size_t i = 0; i < ARRAY_LEN(kept); i++)
        data[0].effective |= 1u << kept[i];
    data[0].permitted = data[0].inheritable = data[0].effective;
    if (syscall(SYS_capset, &head, data))
        return -errno;
    for (size_t i = 0; i < ARRAY_LEN(kept); i++)
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, kept[i], 0, 0))
            return -errno;
    return 0;
}

enum { READY_FD = 3, RUN_FD = 4 };

_Noreturn static void become(const struct fvm_net_backend *backend, struct line *line,
                             const struct pipes *pipes)
{
    static char *const env[] = {(char *)"PATH=/usr/bin:/bin", (char *)"LC_ALL=C", NULL};
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int result = keep_capabilities();
    int wanted[] = {pipes->net_ns, backend->is_slirp ? null : pipes->ready, pipes->words,
                    pipes->ready, pipes->run};

    line->words[line->count] = NULL;
    /* What the supervisor ignores is inherited; pasta of 2023 takes that for a failure. */
    for (int number = 1; number < 32; number++)
        if (number != SIGKILL && number != SIGSTOP)
            signal(number, SIG_DFL);
    /* Out of the way first: one of them may have another's number. */
    for (size_t i = 0; !result && i < ARRAY_LEN(wanted); i++)
        if ((wanted[i] = fcntl(wanted[i], F_DUPFD_CLOEXEC, 16)) < 0)
            result = -errno;
    for (size_t i = 0; !result && i < ARRAY_LEN(wanted); i++)
        if (dup2(wanted[i], (int)i) < 0)
            result = -errno;
    if (!result && chdir("/"))
        result = -errno;
    if (!result) {
        fvm_seal_close((int[]){READY_FD, RUN_FD}, 2);
        execve(backend->path, line->words, env);
        result = -errno;
    }
    dprintf(2, "%s\n", strerror(-result));
    _exit(127);
}

/* A file in memory that does not grow: what the VM makes the backend say fills nothing. */
static int make_words_file(void)
{
    FVM_CLEANUP(fd) int fd = memfd_create("fvm-net", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0 || ftruncate(fd, WORDS_MAX) || fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK))
        return -errno;
    return FVM_STEAL(fd, -1);
}

/* Its last words, without those about the system log. */
static void take_reason(int words, char *reason, size_t cap)
{
    char said[WORDS_MAX + 1];
    ssize_t cb = pread(words, said, WORDS_MAX, 0);

    said[cb > 0 ? cb : 0] = 0;
    snprintf(reason, cap, "it ended without a word");
    for (char *save, *line = strtok_r(said, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        if (!strstr(line, "to syslog"))
            snprintf(reason, cap, "%s", line);
}

/* It writes when it works; the pipe ends when it does. */
static int await_ready(const struct fvm_net_backend *backend, int ready, int words,
                       struct fvm_error *err)
{
    struct pollfd wait = {.fd = ready, .events = POLLIN};
    char reason[300], byte;

    if (poll(&wait, 1, START_PATIENCE_MS) <= 0)
        return fvm_fail(err, -ETIMEDOUT, "%s does not say that it works", backend->path);
    if (read(ready, &byte, 1) == 1)
        return 0;
    take_reason(words, reason, sizeof(reason));
    return fvm_fail(err, -EIO, "%s: %s", backend->path, reason);
}

/* --- slirp4netns is told its ports --------------------------------------------------------------
 */
static int ask_slirp(int run, const struct fvm_publish *publish, struct fvm_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    FVM_CLEANUP(fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char text[512];
    size_t cb = 0;
    ssize_t got;

    snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/slirp", run);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
        return fvm_fail(err, -errno, "cannot reach slirp4netns: %s", strerror(errno));
    snprintf(text, sizeof(text),
             "{\"execute\": \"add_hostfwd\", \"arguments\": {\"proto\": \"%s\", \"host_addr\": "
             "\"%s\", \"host_port\": %u, \"guest_addr\": \"" FVM_NET_ADDRESS
             "\", \"guest_port\": %u}}",
             publish->udp ? "udp" : "tcp", publish->address, publish->host_port, publish->vm_port);
    if (send(fd, text, strlen(text), MSG_NOSIGNAL) != (ssize_t)strlen(text) ||
        shutdown(fd, SHUT_WR))
        return fvm_fail(err, -errno, "cannot ask slirp4netns: %s", strerror(errno));
    while (cb < sizeof(text) - 1 && (got = recv(fd, text + cb, sizeof(text) - 1 - cb, 0)) > 0)
        cb += (size_t)got;
    text[cb] = 0;
    if (!strstr(text, "\"return\""))
        return fvm_fail(err, -EIO, "slirp4netns cannot publish port %u: %s", publish->host_port,
                        text);
    return 0;
}

static int publish_by_slirp(int run, const struct fvm_terms *terms, struct fvm_error *err)
{
    int result = 0;

    for (size_t i = 0; !result && i < terms->publish_count; i++)
        result = ask_slirp(run, &terms->publish[i], err);
    unlinkat(run, "slirp", 0);
    return result;
}

pid_t fvm_net_backend_start(const struct fvm_net_backend *backend, int net_ns, int run,
                            const struct fvm_terms *terms, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int ready = -1;
    FVM_CLEANUP(fd) int words = make_words_file();
    struct line line = {.count = 0};
    int both[2], result;
    pid_t pid;

    if (backend->is_slirp)
        make_slirp_line(&line, terms->publish_count > 0);
    else
        make_pasta_line(&line, terms);
    if (words < 0 || pipe2(both, O_CLOEXEC))
        return fvm_fail(err, -errno, "cannot make a pipe: %s", strerror(errno));
    ready = both[0];
    pid = fork();
    if (!pid)
        become(backend, &line, &(struct pipes){net_ns, both[1], words, run});
    close(both[1]);
    while (line.count)
        free(line.words[--line.count]);
    if (pid < 0)
        return fvm_fail(err, -errno, "cannot start a process: %s", strerror(errno));
    result = await_ready(backend, ready, words, err);
    if (!result && backend->is_slirp)
        result = publish_by_slirp(run, terms, err);
    if (!result)
        return pid;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return result;
}
