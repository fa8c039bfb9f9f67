/* launcher/display.c: display and sound of a sealed VM. See terms.h.
 *
 * A private display is an X server of the VM's own, a child of its pid 1, sealed as everything in
 * it: who takes the server over has gained nothing. Only the VM's processes can reach its socket.
 */
#include "launcher/terms.h"
#include "launcher/seal.h"
#include "launcher/tool.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* A size that fits on today's screens with room for the window around it. */
#define DEFAULT_WIDTH  1024
#define DEFAULT_HEIGHT 768
/* Xvfb compiles its keyboard's map at start: 40 ms here, more on a busy machine. */
#define PATIENCE_MS 20000
#define SERVER_LOG  "/run/fvm/display/log"

static const struct {
    const char *file, *package;
} private_needs[] = {{FVM_XVFB, "xvfb"}, {"/usr/bin/xkbcomp", "x11-xkb-utils"}};

int fvm_display_ready(const struct fvm_terms *terms, struct fvm_error *err)
{
    int result = 0;

    /* X's programs look for the abstract name first: there it is somebody else's. */
    if (terms->display == FVM_DISPLAY_PRIVATE &&
        (terms->net == FVM_NET_HOST || terms->net == FVM_NET_VM))
        return fvm_fail(err, -EINVAL,
                        "--display private and --net %s exclude each other: programs would find "
                        "the display of that network",
                        fvm_conf_get(&terms->said, "net"));
    if (terms->display == FVM_DISPLAY_HOST)
        result = fvm_host_display_ready(err);
    if (!result && terms->sound)
        result = fvm_host_sound_ready(err);
    for (size_t i = 0;
         terms->display == FVM_DISPLAY_PRIVATE && !result && i < ARRAY_LEN(private_needs); i++)
        if (access(private_needs[i].file, X_OK))
            return fvm_fail(err, -ENOPKG,
                            "--display private needs %s; install it: sudo apt install %s",
                            private_needs[i].file, private_needs[i].package);
    return result;
}

void fvm_display_size(const struct fvm_terms *terms, unsigned *width, unsigned *height)
{
    *width = terms->width ? terms->width : DEFAULT_WIDTH;
    *height = terms->height ? terms->height : DEFAULT_HEIGHT;
}

size_t fvm_display_env(char **env, const struct fvm_terms *terms)
{
    size_t count = 0;

    if (terms->display != FVM_DISPLAY_NONE)
        env[count++] = (char *)"DISPLAY=:0";
    if (terms->display == FVM_DISPLAY_HOST)
        env[count++] = (char *)"XAUTHORITY=/run/fvm/display-key";
    if (terms->sound) {
        env[count++] = (char *)"PULSE_SERVER=unix:/run/fvm/sound";
        env[count++] = (char *)"PULSE_COOKIE=/run/fvm/sound-key";
    }
    return count;
}

/* --- pid 1: the VM's own X server ---------------------------------------------------------------
 */

/* FVM's wineboot makes Wine's desktop of this size: without a window manager windows would have no
 * frames, and nobody would give them the keyboard. @param screen "1024x768", or "host" */
static int tell_wineboot(const char *screen, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int fd = open("/run/fvm/screen", O_WRONLY | O_CREAT | O_CLOEXEC, 0444);
    size_t cb = strlen(screen);

    if (fd < 0 || write(fd, screen, cb) != (ssize_t)cb)
        return fvm_fail(err, -errno, "cannot write /run/fvm/screen in the VM: %s", strerror(errno));
    return 0;
}

/* X's programs try this name before the path, and whoever shares the VM's network could take it and
 * play the display. Nobody listens on it: they go on to the path. */
static int keep_name(int *fd, struct fvm_error *err)
{
    static const char name[] = "\0/tmp/.X11-unix/X0";
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    memcpy(address.sun_path, name, sizeof(name) - 1);
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*fd < 0 || bind(*fd, (struct sockaddr *)&address,
                        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof(name) - 1)))
        return fvm_fail(err, -errno, "cannot keep the name of the VM's display: %s",
                        strerror(errno));
    return 0;
}

/*
 * -fbdir: the picture is a file of the VM's, which `fvm screenshot` reads. -nolisten: by its path
 * only; an abstract socket would be one of the host's if the VM has the host's network. No GLX: it
 * takes 55 MB and a third of a second before anybody draws with it.
 */
_Noreturn static void become_server(const char *screen, int ready)
{
    char *const argv[] = {(char *)"Xvfb",
                          (char *)":0",
                          (char *)"-screen",
                          (char *)"0",
                          (char *)screen,
                          (char *)"-fbdir",
                          (char *)FVM_DISPLAY_DIR,
                          (char *)"-displayfd",
                          (char *)"1",
                          (char *)"-nolisten",
                          (char *)"tcp",
                          (char *)"-nolisten",
                          (char *)"local",
                          (char *)"-nolock",
                          (char *)"-noreset",
                          (char *)"-extension",
                          (char *)"GLX",
                          NULL};
    char *const env[] = {(char *)"PATH=/usr/bin:/bin", (char *)"HOME=/home/fvm", NULL};
    int log = open(SERVER_LOG, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    if (log < 0 || dup2(log, 2) < 0 || dup2(ready, 1) < 0)
        _exit(127);
    fvm_seal_close(NULL, 0);
    execve(FVM_XVFB, argv, env);
    _exit(127);
}

int fvm_screen_start(struct fvm_screen *screen, const struct fvm_terms *terms,
                     struct fvm_error *err)
{
    unsigned width, height;
    int pair[2], result;
    char size[32];

    *screen = (struct fvm_screen){.ready = -1, .name = -1};
    if (terms->display == FVM_DISPLAY_NONE)
        return 0;
    if (terms->display == FVM_DISPLAY_HOST)
        return tell_wineboot("host", err);
    fvm_display_size(terms, &width, &height);
    snprintf(size, sizeof(size), "%ux%u", width, height);
    result = tell_wineboot(size, err);
    if (!result)
        result = keep_name(&screen->name, err);
    if (result)
        return result;
    snprintf(size, sizeof(size), "%ux%ux24", width, height);
    if (mkdir(FVM_DISPLAY_DIR, 0700) || mkdir("/tmp/.X11-unix", 0777) ||
        chmod("/tmp/.X11-unix", 01777) || pipe2(pair, O_CLOEXEC))
        return fvm_fail(err, -errno, "cannot make the VM's display: %s", strerror(errno));
    screen->server = fork();
    if (!screen->server)
        become_server(size, pair[1]);
    close(pair[1]);
    screen->ready = pair[0];
    if (screen->server < 0)
        return fvm_fail(err, -errno, "cannot start the VM's display: %s", strerror(errno));
    return 0;
}

/* The server's last words: what it says first, and last, is advice. */
static void explain(struct fvm_error *err)
{
    FVM_CLEANUP(text) struct fvm_text log = {0};
    FVM_CLEANUP(text) struct fvm_text line = {0};
    const char *at = fvm_file_read(&log, AT_FDCWD, SERVER_LOG, 65536, NULL) ? NULL : log.s;

    at = at ? strstr(at, "(EE) ") : NULL;
    while (at && (at[5] == '\n' || !strncmp(at + 5, "Fatal server error", 18)))
        at = strstr(at + 5, "(EE) ");
    if (at)
        fvm_text_add(&line, at + 5, strcspn(at + 5, "\n"));
    fvm_fail(err, -EIO, "the VM's display, %s, ended when it started: %s", FVM_XVFB,
             line.cb && !line.failed ? line.s : "it does not say why");
}

int fvm_screen_await(struct fvm_screen *screen, struct fvm_error *err)
{
    struct pollfd wait = {.fd = screen->ready, .events = POLLIN};
    ssize_t got;
    char c = 0;

    if (screen->ready < 0)
        return 0;
    /* The number and the end of its line come apart, and who cannot write the second one gives up.
     */
    do
        got = poll(&wait, 1, PATIENCE_MS) > 0 ? read(screen->ready, &c, 1) : -1;
    while (got > 0 && c != '\n');
    fvm_close(screen->ready);
    screen->ready = -1;
    if (got > 0)
        return 0;
    if (got < 0)
        return fvm_fail(err, -ETIMEDOUT, "the VM's display is not ready after %d s",
                        PATIENCE_MS / 1000);
    explain(err);
    return -EIO;
}
