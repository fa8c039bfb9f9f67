/* cli/linux/main.c: where `fvm` begins on Linux, and what is so there. */
#include "cli/linux/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static bool is_level(const char *level)
{
    return !strcmp(level, FVM_SEALED) || !strcmp(level, FVM_SHARED);
}

const struct cli_host cli_host = {
    .mark = CLI_ON_LINUX[0],
    .levels = "'" FVM_SEALED "' and '" FVM_SHARED "'",
    .is_level = is_level,
};

const char *cli_put(bool is_error, const char *s, size_t cb)
{
    FILE *to = is_error ? stderr : stdout;

    if ((!cb || fwrite(s, 1, cb, to) == cb) && !fflush(to))
        return NULL;
    return errno == EPIPE ? "" : strerror(errno);
}

int main(int argc, char **argv)
{
    /* A standard stream that we were started without must not be a file of ours by accident. */
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            return CLI_FAILED;
    /* A reader that has gone is an error of write(), told like any other. */
    signal(SIGPIPE, SIG_IGN);
    return cli_main(argc, argv);
}
