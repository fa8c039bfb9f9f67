/*
 * launcher/warden.c: what pid 1 is to a sealed VM, the warden is to a shared one: it speaks with
 * the supervisor in the same words. Inside the Windows its right hand is `fvmstart --serve`, which
 * holds the VM's block and its job: when that ends, for whatever reason, all programs of the VM
 * end.
 */
#include "launcher/seal.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* How often a VM that nobody holds is asked whether programs are left in it, and how long the
 * server has for an answer. */
enum { IDLE_LOOK_MS = 100, ANSWER_MS = 20000 };

struct warden {
    const struct fvm_start *start;
    const struct fvm_link *windows;
    unsigned number;
    int link; /* to the supervisor */
    bool held;
    pid_t server; /* fvmstart --serve */
    int server_fd;
    int ask, answer; /* its standard input and output */
};

/* One line of the server. @return false: none came */
static bool read_line(const struct warden *warden, char *line, size_t cap)
{
    size_t cb = 0;

    while (cb + 1 < cap) {
        struct pollfd wait = {.fd = warden->answer, .events = POLLIN};

        if (poll(&wait, 1, ANSWER_MS) <= 0 || read(warden->answer, line + cb, 1) != 1)
            break;
        if (line[cb] == '\n') {
            line[cb] = 0;
            return true;
        }
        cb += line[cb] != '\r';
    }
    line[cb] = 0;
    return false;
}

/* @return processes of the VM; -1: the server does not answer */
static long tell_server(const struct warden *warden, char word)
{
    char line[64];

    if (write(warden->ask, &word, 1) != 1 || !read_line(warden, line, sizeof(line)))
        return -1;
    return strtol(line, NULL, 10);
}

_Noreturn static void end(const struct warden *warden)
{
    kill(warden->server, SIGKILL);
    waitpid(warden->server, NULL, 0);
    fvm_windows_remove_layer(warden->windows, warden->number);
    _exit(0);
}

/* In order: what the VM's programs changed last is written down. */
_Noreturn static void stop(const struct warden *warden)
{
    tell_server(warden, 's');
    end(warden);
}

static void listen_to_supervisor(struct warden *warden)
{
    char word;

    if (recv(warden->link, &word, 1, 0) <= 0)
        end(warden);
    if (word == FVM_SAY_STOP)
        stop(warden);
    warden->held = word == FVM_SAY_HELD;
    word = FVM_SAID_HELD;
    if (warden->held && send(warden->link, &word, 1, MSG_NOSIGNAL) < 0)
        end(warden);
}

_Noreturn static void serve(struct warden *warden)
{
    for (;;) {
        struct pollfd wait[] = {{.fd = warden->link, .events = POLLIN},
                                {.fd = warden->server_fd, .events = POLLIN}};
        int ready = poll(wait, 2, warden->held ? -1 : IDLE_LOOK_MS);

        if (ready < 0 && errno != EINTR)
            end(warden);
        if (wait[1].revents)
            end(warden);
        if (wait[0].revents)
            listen_to_supervisor(warden);
        else if (!ready && tell_server(warden, 'c') == 0)
            stop(warden);
    }
}

/* What we give the server as its standard handles. */
static int make_pipes(struct warden *warden, struct fvm_error *err)
{
    int ask[2], answer[2];

    if (pipe2(ask, O_CLOEXEC) || pipe2(answer, O_CLOEXEC) || dup2(ask[0], 0) < 0 ||
        dup2(answer[1], 1) < 0 || dup2(answer[1], 2) < 0)
        return fvm_fail(err, -errno, "cannot make a pipe: %s", strerror(errno));
    close(ask[0]);
    close(answer[1]);
    warden->ask = ask[1];
    warden->answer = answer[0];
    return 0;
}

static void drop_pipes(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (int fd = 0; fd < 3; fd++)
        dup2(null, fd);
    close(null);
}

static int start_server(struct warden *warden, struct fvm_error *err)
{
    const struct fvm_start *start = warden->start;
    char number[16], layer[32], windows_layer[32], line[256];
    struct fvm_folder *folders = calloc(start->folder_count + 1, sizeof(*folders));
    char *argv[] = {(char *)"Z:\\fvm\\fvmstart.exe",
                    (char *)"--vm",
                    number,
                    (char *)"--layer",
                    windows_layer,
                    (char *)"--alias",
                    (char *)"Z:\\prefix\\drive_c=C:",
                    (char *)"--hide",
                    (char *)"Z:\\vm",
                    (char *)"--hide",
                    (char *)"Z:\\prefix\\dosdevices",
                    (char *)"--serve",
                    NULL};
    struct fvm_program program = {.argv = argv,
                                  .terms = &fvm_terms_none,
                                  .folders = folders,
                                  .folder_count = start->folder_count + 1,
                                  .user = start->user,
                                  .as_is = true};
    int result;

    if (!folders)
        return fvm_fail(err, -ENOMEM, "out of memory");
    snprintf(number, sizeof(number), "%u", warden->number);
    fvm_windows_layer(layer, warden->number);
    snprintf(windows_layer, sizeof(windows_layer), "Z:\\vm\\%u", warden->number);
    folders[0] = (struct fvm_folder){.path = layer, .writable = true};
    snprintf(folders[0].lower, sizeof(folders[0].lower), "%s/layers/1", start->vm_dir);
    if (start->folder_count)
        memcpy(folders + 1, start->folders, start->folder_count * sizeof(*folders));
    result = make_pipes(warden, err);
    if (!result)
        result =
            fvm_join(warden->windows, start->store, start->wine, &program, &warden->server, err);
    drop_pipes();
    free(folders);
    if (result)
        return result;
    warden->server_fd = (int)syscall(SYS_pidfd_open, warden->server, 0);
    if (read_line(warden, line, sizeof(line)) && !strcmp(line, "ready"))
        return 0;
    return fvm_fail(err, -EIO, "cannot begin the VM in the shared Windows: %s",
                    line[0] ? line : "it did not answer");
}

void fvm_warden_main(const struct fvm_start *start, const struct fvm_link *windows, unsigned number,
                     int link)
{
    struct warden warden = {.start = start,
                            .windows = windows,
                            .number = number,
                            .link = link,
                            .held = true,
                            .server_fd = -1};
    struct fvm_report report = {0};

    /* The supervisor's death takes the VM along; the store recovers from the layer's journal. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "fvm-warden");
    report.code = start_server(&warden, &report.error);
    if (send(link, &report, sizeof(report), MSG_NOSIGNAL) < 0 || report.code)
        _exit(1);
    serve(&warden);
}
