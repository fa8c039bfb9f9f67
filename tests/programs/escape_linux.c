/*
 * escape_linux KEY=VALUE...: a native program that tries to get out of a VM. Static, so that it
 * needs nothing of where it runs. Every row of the escape surface is one line of TAP; "ok":
 * refused. The same outside says "not ok" for each row that ends in (*), or (root*) for root: a row
 * that cannot be reached anywhere would prove nothing. With only=WORD: the rows whose names begin
 * so. Shared folders are tried if there are any: share-rw=FOLDER, share-ro=FOLDER.
 */
#include "escape_linux/try.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char **args;
static char how[700]; /* how the last try ended, for its line */
bool outside;

const char *arg(const char *key)
{
    size_t cb = strlen(key);

    for (char **at = args; *at; at++)
        if (!strncmp(*at, key, cb) && (*at)[cb] == '=')
            return *at + cb + 1;
    return "";
}

bool say(bool reached, const char *fmt, ...)
{
    va_list list;

    va_start(list, fmt);
    vsnprintf(how, sizeof(how), fmt, list);
    va_end(list);
    return reached;
}

bool refused_errno(bool reached)
{
    return say(reached, "%s", reached ? "worked" : strerror(errno));
}

int in_child(void (*body)(void))
{
    int status = -1;
    pid_t pid = fork();

    if (!pid) {
        body();
        _exit(99);
    }
    if (pid < 0 || waitpid(pid, &status, 0) < 0)
        return -1;
    return status;
}

bool opens(const char *path, int flags)
{
    int fd = *path ? open(path, flags | O_CLOEXEC | O_NONBLOCK, 0600) : -1;

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

bool can_open(const char *path, int flags)
{
    bool worked = opens(path, flags);

    return say(worked, "%s: %s", path, worked ? "opened" : strerror(errno));
}

static const char *const marks[] = {[ANYWHERE] = "", [MUST] = " (*)", [MUST_AS_ROOT] = " (root*)"};

static bool try_row(const struct row *row, unsigned number)
{
    bool hit;

    how[0] = 0;
    errno = 0;
    hit = row->reached();
    for (char *c = how; *c; c++) /* '#' would begin a TAP directive */
        if (*c == '#' || (unsigned char)*c < ' ')
            *c = ' ';
    printf("%s %u - %s: %s%s\n", hit ? "not ok" : "ok", number, row->name, how, marks[row->must]);
    fflush(stdout);
    return hit;
}

int main(int argc, char **argv)
{
    static const struct {
        const struct row *rows;
        const char *wants; /* NULL, or the argument without which there is nothing to try */
    } tables[] = {{files_rows, NULL},       {processes_rows, NULL},   {sockets_rows, NULL},
                  {kernel_rows, NULL},      {calls_rows, NULL},       {calls32_rows, NULL},
                  {network_rows, "closed"}, {shares_rows, "share-rw"}};
    unsigned count = 0, reached = 0;
    const char *only;

    args = argv + (argc > 0);
    outside = *arg("outside") != 0;
    only = arg("only");
    for (size_t i = 0; i < COUNT(tables); i++)
        for (const struct row *row = tables[i].rows;
             row->name && (!tables[i].wants || *arg(tables[i].wants)); row++)
            if (!strncmp(row->name, only, strlen(only)))
                reached += try_row(row, ++count);
    printf("1..%u\n", count);
    return reached || fflush(stdout) ? 1 : 0;
}
