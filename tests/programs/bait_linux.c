/*
 * bait_linux FILE KEY=VALUE...: a process outside a VM (or in another one) that waits for the
 * attacker: it listens on sockets, holds memory and a key, and has a name and a number, until
 * SIGTERM. Writes to FILE what it made; to FILE.report, at each SIGUSR2, what reached it.
 */
#include "args.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

enum { KEY_ADD = 248, KEY_CTL = 250, USER_KEYRING = -4 };

static volatile sig_atomic_t urgent, asked, over;
static volatile char target_byte = 'T';
static void on_urgent(int signal_number)
{
    (void)signal_number;
    urgent++;
}
static void on_asked(int signal_number)
{
    (void)signal_number;
    asked = 1;
}
static void on_over(int signal_number)
{
    (void)signal_number;
    over = 1;
}

static int listen_on(const char *path, bool abstract)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t cb = strlen(path);

    memcpy(address.sun_path + abstract, path, cb);
    if (!*path ||
        bind(fd, (struct sockaddr *)&address,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + cb + abstract)) ||
        listen(fd, 8))
        return -1;
    return fd;
}

static int listen_tcp(unsigned *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)atoi(arg("port"))),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t cb = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (bind(fd, (struct sockaddr *)&address, cb) || listen(fd, 8) ||
        getsockname(fd, (struct sockaddr *)&address, &cb))
        return -1;
    *port = ntohs(address.sin_port);
    return fd;
}

static void write_file(const char *path, const char *fmt, ...)
{
    char draft[1024];
    va_list list;
    FILE *file;

    snprintf(draft, sizeof(draft), "%s.draft", path);
    file = fopen(draft, "w");
    if (!file)
        return;
    va_start(list, fmt);
    vfprintf(file, fmt, list);
    va_end(list);
    fclose(file);
    rename(draft, path);
}

static int bait(const char *file)
{
    unsigned port = 0, connections = 0, bytes = 0;
    struct pollfd wait[6] = {{.fd = listen_on(arg("abstract"), true)},
                             {.fd = listen_on(arg("socket-tmp"), false)},
                             {.fd = listen_on(arg("socket-run"), false)},
                             {.fd = listen_on(arg("socket-shown"), false)},
                             {.fd = listen_tcp(&port)}};
    key_t key = 0x46560000 | (getpid() & 0xffff);
    int memory = shmget(key, 4096, IPC_CREAT | IPC_EXCL | 0600);
    long secret_key = syscall(KEY_ADD, "user", "fvmbait", "secret", 6, (long)USER_KEYRING);
    char report[1024], byte;

    prctl(PR_SET_NAME, "fvmbait");
    signal(SIGURG, on_urgent);
    signal(SIGUSR2, on_asked);
    signal(SIGTERM, on_over);
    if (*arg("shown-fifo") && (!mkfifo(arg("shown-fifo"), 0600) || errno == EEXIST))
        wait[5].fd = open(arg("shown-fifo"), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    else
        wait[5].fd = -1;
    for (size_t i = 0; i < COUNT(wait); i++)
        wait[i].events = POLLIN;
    snprintf(report, sizeof(report), "%s.report", file);
    write_file(file, "pid=%d\nport=%u\nshm=%#x\naddress=%p\nkey=%ld\nlisteners=%d\n", (int)getpid(),
               port, (unsigned)key, (void *)&target_byte, secret_key,
               (wait[0].fd >= 0) + (wait[1].fd >= 0) + (wait[2].fd >= 0) + (wait[3].fd >= 0) +
                   (wait[4].fd >= 0));
    while (!over) {
        int ready = poll(wait, COUNT(wait), 500); /* a signal may come just before: look again */

        for (size_t i = 0; ready > 0 && i < 5; i++)
            if (wait[i].revents & POLLIN) {
                close(accept(wait[i].fd, NULL, NULL));
                connections++;
            }
        if (ready > 0 && wait[5].revents & POLLIN && read(wait[5].fd, &byte, 1) == 1)
            bytes++;
        if (asked) {
            asked = 0;
            write_file(report, "connections=%u bytes=%u signals=%d byte=%c\n", connections, bytes,
                       (int)urgent, target_byte);
        }
    }
    shmctl(memory, IPC_RMID, NULL);
    if (secret_key > 0)
        syscall(KEY_CTL, 9 /* unlink */, secret_key, (long)USER_KEYRING);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    args = argv + 2;
    return bait(argv[1]);
}
