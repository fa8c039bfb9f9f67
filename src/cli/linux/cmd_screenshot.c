/* cli/linux/cmd_screenshot.c: `fvm screenshot`: what is on a VM's private display, as PNG.
 *
 * A child reads the picture, as the VM's user if root called, and makes the PNG of it: the dump is
 * whatever the VM put there. Whoever called only writes what comes out to a file of his own. */
#include "cli/linux/display.h"
#include "cli/linux/png.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int read_picture(struct fvm_picture *picture, struct fvm_text *dump,
                        const struct cli_screen *screen, struct fvm_error *err)
{
    static const char *const argv[] = {"/usr/bin/cat", FVM_SCREEN_FILE, NULL};
    struct fvm_tool tool = {.argv = argv, .terms = &screen->terms};
    unsigned width, height;
    int code;

    fvm_display_size(&screen->terms, &width, &height);
    tool.max_cb = fvm_xwd_max_cb(width, height);
    code = fvm_tool_run(&screen->link, &screen->world.store, &tool, dump, err);
    if (code > 0)
        return fvm_fail(err, -EIO,
                        "the picture of VM '%s' cannot be read: its display is not there",
                        screen->vm.name);
    if (code)
        return code;
    return fvm_failed(fvm_xwd_read(picture, (const uint8_t *)dump->s, dump->cb, err)) ? -EINVAL : 0;
}

static int make_png(const char *name, int to)
{
    FVM_CLEANUP(text) struct fvm_text dump = {0};
    FILE *file = fdopen(to, "w");
    struct cli_screen screen;
    struct fvm_picture picture;
    struct fvm_error err = {{0}};
    int result;

    cli_screen_defer_signals();
    result = cli_screen_open(&screen, name, &err);
    if (!result)
        result = read_picture(&picture, &dump, &screen, &err);
    if (!result)
        result = file ? cli_png_write(file, &picture, &err) : -ENOMEM;
    cli_screen_close(&screen);
    return result ? cli_failure(&err) : CLI_OK;
}

static int copy(int from, int to)
{
    char part[65536];
    ssize_t got;

    while ((got = read(from, part, sizeof(part))) > 0)
        for (ssize_t done = 0, put; done < got; done += put) {
            put = write(to, part + done, (size_t)(got - done));
            if (put < 0)
                return -errno;
        }
    return got < 0 ? -errno : 0;
}

/* Through a draft beside it: there is never half a picture. */
static int write_file(const char *name, const char *draft, int to, struct fvm_error *err)
{
    int pair[2], status = 0, result;
    pid_t pid;

    if (pipe2(pair, O_CLOEXEC))
        return fvm_fail(err, -errno, "cannot make a pipe: %s", strerror(errno));
    pid = fork();
    if (!pid) {
        close(pair[0]);
        close(to);
        exit(make_png(name, pair[1]));
    }
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        return fvm_fail(err, -errno, "cannot start a process: %s", strerror(errno));
    }
    result = copy(pair[0], to);
    close(pair[0]);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (result)
        return fvm_fail(err, result, "cannot write '%s': %s", draft, strerror(-result));
    return WIFEXITED(status) ? WEXITSTATUS(status) : CLI_FAILED; /* it said why */
}

int cli_screenshot(const struct cli_words *words)
{
    FVM_CLEANUP(text) struct fvm_text draft = {0};
    const char *path = words->words[1];
    struct fvm_error err = {{0}};
    int to, result;

    fvm_text_printf(&draft, "%s.%d.part", path, (int)getpid());
    to = draft.failed ? -1 : open(draft.s, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (to < 0) {
        fvm_fail(&err, 0, "cannot write '%s': %s", path, strerror(draft.failed ? ENOMEM : errno));
        return cli_failure(&err);
    }
    result = write_file(words->words[0], draft.s, to, &err);
    if ((close(to) || (!result && rename(draft.s, path))) && !result)
        result = fvm_fail(&err, -errno, "cannot write '%s': %s", path, strerror(errno));
    if (result)
        unlink(draft.s);
    return result < 0 ? cli_failure(&err) : result;
}
