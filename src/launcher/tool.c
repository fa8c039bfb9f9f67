/* launcher/tool.c: a Linux program of this machine's that does FVM's work inside a running VM,
 * sealed as everything there: what it reads is the VM's, and may take it over. It has no terminal,
 * and nothing of ours but the pipe. See tool.h. */
#include "launcher/tool.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KILL_STEPS = 200 /* one second */ };

static long long now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static bool is_ready(int fd, short events, long long until_ms)
{
    struct pollfd wait = {.fd = fd, .events = events};
    long long left = until_ms - now_ms();

    return left > 0 && poll(&wait, 1, (int)left) > 0;
}

/* @return 0; -ETIMEDOUT; -EFBIG; -ENOMEM */
static int take(int fd, const struct fvm_tool *tool, struct fvm_text *out, long long until_ms)
{
    char part[65536];
    ssize_t got;

    /* A program of the VM may take bytes out of the pipe between poll and read. */
    if (fcntl(fd, F_SETFL, O_NONBLOCK))
        return -errno;
    do {
        if (!is_ready(fd, POLLIN, until_ms))
            return -ETIMEDOUT;
        got = read(fd, part, sizeof(part));
        if (got > 0 && out->cb + (size_t)got > tool->max_cb)
            return -EFBIG;
        if (got > 0)
            fvm_text_add(out, part, (size_t)got);
    } while (got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN)));
    return out->failed ? -ENOMEM : 0;
}

/* Who does not read it to its end has his reasons, and says so by his exit code. */
static int give(int fd, const struct fvm_tool *tool, long long until_ms)
{
    size_t done = 0;

    if (fcntl(fd, F_SETFL, O_NONBLOCK))
        return -errno;
    while (done < tool->in_cb) {
        ssize_t put;

        if (!is_ready(fd, POLLOUT, until_ms))
            return -ETIMEDOUT;
        put = write(fd, tool->in + done, tool->in_cb - done);
        if (put < 0 && errno == EPIPE)
            return 0;
        if (put > 0)
            done += (size_t)put;
    }
    return 0;
}

/* Killed, it may still not be ours to be waited for: a tracer in the VM comes first. It is left to
 * the VM's end then. */
static int await_end(pid_t pid, long long until_ms, int *status)
{
    FVM_CLEANUP(fd) int end = (int)syscall(SYS_pidfd_open, pid, 0);
    const struct timespec step = {.tv_nsec = 5000000};
    bool ended = end >= 0 && is_ready(end, POLLIN, until_ms);

    if (!ended)
        kill(pid, SIGKILL);
    for (int i = 0; i < KILL_STEPS; i++) {
        pid_t got = waitpid(pid, status, WNOHANG);

        if (got == pid)
            return ended ? 0 : -ETIMEDOUT;
        if (got < 0 && errno != EINTR)
            break;
        nanosleep(&step, NULL);
    }
    return -ETIMEDOUT;
}

int fvm_tool_run(const struct fvm_link *link, const struct fvm_store *store,
                 const struct fvm_tool *tool, struct fvm_text *out, struct fvm_error *err)
{
    struct fvm_program program = {.argv = (char **)tool->argv,
                                  .terms = tool->terms,
                                  .user = "",
                                  .tool = true,
                                  .in = -1,
                                  .out = -1};
    long long until_ms = now_ms() + FVM_TOOL_PATIENCE_MS;
    int pair[2], result, status = 0, end;
    pid_t pid;

    if (pipe2(pair, O_CLOEXEC))
        return fvm_fail(err, -errno, "cannot make a pipe: %s", strerror(errno));
    *(tool->in ? &program.in : &program.out) = pair[tool->in ? 0 : 1];
    result = fvm_join(link, store, NULL, &program, &pid, err);
    close(pair[tool->in ? 0 : 1]);
    if (!result) {
        result = tool->in ? give(pair[1], tool, until_ms) : take(pair[0], tool, out, until_ms);
        close(pair[tool->in ? 1 : 0]);
        if (result)
            kill(pid, SIGKILL);
        end = await_end(pid, until_ms, &status);
        result = result ? result : end;
        if (result)
            return fvm_fail(err, result, "%s in the VM %s", tool->argv[0],
                            result == -EFBIG ? "gives more than is taken"
                            : result == -ENOMEM
                                ? "gives more than there is memory for"
                                : "does not answer; is a program of the VM in its way?");
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    close(pair[tool->in ? 1 : 0]);
    return result;
}
