/* cli/linux/cmd_view.c: `fvm view`: a VM's private display in a window, or for a viewer of one's
 * own. x11vnc inside the VM speaks VNC to a socket pair; what comes out of it is checked
 * (core/rfb.h) before the viewer gets it, by a port on loopback that lives as long as we do. */
#include "cli/linux/display.h"
#include "core/rfb.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define X11VNC "/usr/bin/x11vnc"
#define VIEWER "/usr/bin/xtigervncviewer"
/* In the environment of x11vnc. */
#define PASSWORD_VARIABLE "FVM_VIEW_PASSWORD"

enum { PASSWORD_CCH = 8 /* all that VNC looks at */, BUFFER_MAX_CB = 1 << 20 };

struct view {
    struct cli_screen screen;
    char password[PASSWORD_CCH + 1];
    char name[128]; /* of the window */
    int door;
    unsigned port;
    pid_t viewer; /* our own; 0: none */
};

/* Words of a command line are shown to all users by ps. */
static const char password_command[] = "cmd:/usr/bin/printenv " PASSWORD_VARIABLE;

static int make_password(char password[PASSWORD_CCH + 1], struct fvm_error *err)
{
    /* Without letters that look like others; 32 of them. */
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
    uint8_t random[PASSWORD_CCH];

    if (getrandom(random, sizeof(random), 0) != sizeof(random))
        return fvm_fail(err, -EIO, "cannot make a password: %s", strerror(errno));
    for (size_t i = 0; i < PASSWORD_CCH; i++)
        password[i] = letters[random[i] % 32];
    password[PASSWORD_CCH] = 0;
    return 0;
}

static int open_port(struct view *view, struct fvm_error *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t cb = sizeof(address);

    view->door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (view->door < 0 || bind(view->door, (struct sockaddr *)&address, cb) ||
        listen(view->door, 1) || getsockname(view->door, (struct sockaddr *)&address, &cb))
        return fvm_fail(err, -errno, "cannot open a port on 127.0.0.1: %s", strerror(errno));
    view->port = ntohs(address.sin_port);
    return 0;
}

/* On a desktop, and not for root: a viewer reads what a VM sent, if checked. */
static void open_viewer(struct view *view)
{
    char address[32];

    if (geteuid() == 0 || !getenv("DISPLAY") || access(VIEWER, X_OK))
        return;
    snprintf(address, sizeof(address), "127.0.0.1::%u", view->port);
    view->viewer = fork();
    if (view->viewer)
        return;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    setenv("VNC_PASSWORD", view->password, 1);
    execl(VIEWER, VIEWER, "-AcceptClipboard=0", "-SendClipboard=0", "-SetPrimary=0",
          "-SendPrimary=0", "-RemoteResize=0", "-AutoSelect=0", "-FullColor=1",
          "-SecurityTypes=VncAuth", address, (char *)NULL);
    _exit(127);
}

/* x11vnc in the VM. @param to [out] its VNC; yours @return its pid; -errno */
static pid_t start_server(const struct view *view, int *to, struct fvm_error *err)
{
    static const char *const argv[] = {X11VNC,    "-inetd",    "-display",    ":0",
                                       "-quiet",  "-norc",     "-passwdfile", password_command,
                                       "-nosel",  "-nolookup", "-noxrecord",  "-norepeat",
                                       "-noipv6", NULL};
    char variable[64];
    char *env[] = {variable, (char *)"HOME=/home/fvm", NULL};
    struct fvm_program program = {
        .argv = (char **)argv, .terms = &view->screen.terms, .env = env, .user = "", .tool = true};
    struct fvm_link link;
    int pair[2], result;
    pid_t pid = -1;

    snprintf(variable, sizeof(variable), PASSWORD_VARIABLE "=%s", view->password);
    result = fvm_link_open(&link, &view->screen.world.store, view->screen.vm.path, err);
    if (result)
        return result;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
        result = fvm_fail(err, -errno, "cannot make a socket: %s", strerror(errno));
    } else {
        program.in = program.out = pair[1];
        result = fvm_join(&link, &view->screen.world.store, NULL, &program, &pid, err);
        close(pair[1]);
        *to = pair[0];
        if (result)
            close(pair[0]);
    }
    fvm_link_release(&link);
    fvm_link_close(&link);
    return result ? result : pid;
}

/* --- the relay ----------------------------------------------------------------------------------
 */

typedef fvm_status take_bytes(struct fvm_rfb *rfb, const uint8_t *data, size_t cb,
                              struct fvm_text *out, struct fvm_error *err);

/* @return false: the other one is gone, or said what is not let through */
static bool take(struct fvm_rfb *rfb, int from, struct fvm_text *out, take_bytes *check,
                 struct fvm_error *err)
{
    uint8_t part[65536];
    ssize_t got = read(from, part, sizeof(part));

    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    return got && !fvm_failed(check(rfb, part, (size_t)got, out, err));
}

static bool give(int to, struct fvm_text *text)
{
    ssize_t put;

    if (!text->cb)
        return true;
    put = send(to, text->s, text->cb, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put < 0)
        return errno == EAGAIN || errno == EINTR;
    memmove(text->s, text->s + put, text->cb - (size_t)put);
    text->cb -= (size_t)put;
    return true;
}

/* Until one of the three ends. @return false: the VM did */
static bool relay(struct view *view, int viewer, int vm, struct fvm_error *err)
{
    FVM_CLEANUP(text) struct fvm_text to_viewer = {0};
    FVM_CLEANUP(text) struct fvm_text to_vm = {0};
    struct fvm_rfb rfb;
    bool good = true;

    fvm_rfb_begin(&rfb, view->name);
    while (good) {
        bool viewer_full = to_viewer.cb > BUFFER_MAX_CB, vm_full = to_vm.cb > BUFFER_MAX_CB;
        struct pollfd wait[] = {
            {viewer, (short)((vm_full ? 0 : POLLIN) | (to_viewer.cb ? POLLOUT : 0)), 0},
            {vm, (short)((viewer_full ? 0 : POLLIN) | (to_vm.cb ? POLLOUT : 0)), 0},
            {view->screen.link.fd, POLLIN, 0}};

        if (poll(wait, 3, -1) < 0 && errno != EINTR)
            break;
        if (wait[2].revents && !fvm_link_hear(&view->screen.link))
            return false;
        if (wait[0].revents & (POLLIN | POLLHUP | POLLERR))
            good = take(&rfb, viewer, &to_vm, fvm_rfb_from_viewer, err);
        if (good && wait[1].revents & (POLLIN | POLLHUP | POLLERR))
            good = take(&rfb, vm, &to_viewer, fvm_rfb_from_vm, err);
        good = give(vm, &to_vm) && give(viewer, &to_viewer) && good;
    }
    return true;
}

static bool serve(struct view *view, int viewer)
{
    struct fvm_error err = {{0}};
    int vm = -1;
    bool lives = true;
    pid_t server = start_server(view, &vm, &err);

    if (server > 0) {
        lives = relay(view, viewer, vm, &err);
        close(vm);
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
    }
    close(viewer);
    if (err.text[0] && lives)
        cli_message("%s", err.text);
    return lives;
}

static bool viewer_has_ended(struct view *view)
{
    return view->viewer > 0 && waitpid(view->viewer, NULL, WNOHANG) == view->viewer;
}

/* One viewer after the other, until the VM ends, or the viewer that we opened. */
static void serve_all(struct view *view)
{
    struct pollfd wait[] = {{view->door, POLLIN, 0}, {view->screen.link.fd, POLLIN, 0}};

    for (;;) {
        if (poll(wait, 2, view->viewer > 0 ? 200 : -1) < 0 && errno != EINTR)
            return;
        if (wait[1].revents && !fvm_link_hear(&view->screen.link))
            return;
        if (wait[0].revents & POLLIN) {
            int viewer = accept4(view->door, NULL, NULL, SOCK_CLOEXEC);

            if (viewer >= 0 && !serve(view, viewer))
                return;
        }
        if (viewer_has_ended(view))
            return;
    }
}

static int announce(struct view *view)
{
    FVM_CLEANUP(text) struct fvm_text text = {0};

    snprintf(view->name, sizeof(view->name), "FVM: %s", view->screen.vm.name);
    if (view->viewer > 0)
        return 0;
    fvm_text_printf(&text,
                    "VM '%s' can be seen by a VNC viewer at 127.0.0.1::%u (port %u), password %s, "
                    "until Ctrl-C\n",
                    view->screen.vm.name, view->port, view->port, view->password);
    return cli_print(&text);
}

int cli_view(const struct cli_words *words)
{
    struct view view = {.door = -1};
    struct fvm_error err = {{0}};
    int code, result = cli_need_tool("view", X11VNC, "x11vnc", &err);

    if (!result)
        result = make_password(view.password, &err);
    if (!result)
        result = open_port(&view, &err);
    if (result)
        return cli_failure(&err);
    /* The viewer is the caller's: before root becomes the VM's user. It waits at the door. */
    open_viewer(&view);
    result = cli_screen_open(&view.screen, words->words[0], &err);
    code = result ? cli_failure(&err) : announce(&view);
    if (!code) {
        fvm_link_release(&view.screen.link); /* to be looked at does not keep a VM running */
        serve_all(&view);
        if (view.screen.link.reason == FVM_SAID_DARK)
            cli_message("the display of VM '%s' died, and the VM with it", view.screen.vm.name);
        fvm_link_close(&view.screen.link);
    }
    if (view.viewer > 0)
        kill(view.viewer, SIGTERM);
    close(view.door);
    cli_screen_close(&view.screen);
    return code;
}
