/*
 * launcher/net_names.c: answers a VM's questions for names, by this machine's resolver, which may
 * listen on this machine's loopback, where nobody of the VM gets. Datagrams are passed on as they
 * are: nothing that the VM wrote is read here. See net.h.
 */
#include "launcher/net.h"
#include "store/file.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT = 53, MESSAGE_MAX = 65536, CONF_MAX_CB = 65536 };

int fvm_names_open(void)
{
    FVM_CLEANUP(fd) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    struct ifreq request = {.ifr_name = "lo"};

    /* An address without a network has its route only once its interface is up. */
    request.ifr_flags = IFF_UP;
    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request))
        return -errno;
    at.sin_addr.s_addr = inet_addr(FVM_NET_DNS);
    request = (struct ifreq){.ifr_name = "lo:names"};
    memcpy(&request.ifr_addr, &at, sizeof(at));
    if (ioctl(fd, SIOCSIFADDR, &request))
        return -errno;
    ((struct sockaddr_in *)(void *)&request.ifr_netmask)->sin_addr.s_addr = UINT32_MAX;
    if (ioctl(fd, SIOCSIFNETMASK, &request) || bind(fd, (struct sockaddr *)&at, sizeof(at)))
        return -errno;
    return FVM_STEAL(fd, -1);
}

/* The first server that /etc/resolv.conf names now; without one it is this machine, as everywhere.
 */
static socklen_t find_server(struct sockaddr_storage *server)
{
    struct sockaddr_in *in = (struct sockaddr_in *)(void *)server;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)(void *)server;
    FVM_CLEANUP(text) struct fvm_text text = {0};
    char word[64];

    memset(server, 0, sizeof(*server));
    if (!fvm_file_read(&text, AT_FDCWD, "/etc/resolv.conf", CONF_MAX_CB, NULL))
        for (char *save, *line = strtok_r(text.s, "\n", &save); line;
             line = strtok_r(NULL, "\n", &save)) {
            if (sscanf(line, " nameserver %63[0-9a-fA-F.:]", word) != 1)
                continue;
            if (inet_pton(AF_INET, word, &in->sin_addr) == 1) {
                in->sin_family = AF_INET;
                in->sin_port = htons(PORT);
                return sizeof(*in);
            }
            if (inet_pton(AF_INET6, word, &in6->sin6_addr) == 1) {
                in6->sin6_family = AF_INET6;
                in6->sin6_port = htons(PORT);
                return sizeof(*in6);
            }
        }
    in->sin_family = AF_INET;
    in->sin_port = htons(PORT);
    in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return sizeof(*in);
}

void fvm_names_ask(struct fvm_names *names)
{
    struct fvm_question *question = &names->questions[names->next % FVM_QUESTIONS_MAX];
    socklen_t from_cb = sizeof(question->from), server_cb;
    struct sockaddr_storage server;
    static char message[MESSAGE_MAX];
    ssize_t cb;

    /* The oldest is given up: who asks too much has the harm alone. */
    fvm_close(question->fd);
    question->fd = -1;
    cb = recvfrom(names->door, message, sizeof(message), 0, (struct sockaddr *)&question->from,
                  &from_cb);
    if (cb <= 0)
        return;
    names->next++;
    server_cb = find_server(&server);
    question->fd = socket(server.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (question->fd >= 0 && !connect(question->fd, (struct sockaddr *)&server, server_cb) &&
        send(question->fd, message, (size_t)cb, MSG_NOSIGNAL) == cb)
        return;
    fvm_close(question->fd); /* it asks again */
    question->fd = -1;
}

void fvm_names_answer(struct fvm_names *names, size_t number)
{
    struct fvm_question *question = &names->questions[number];
    static char message[MESSAGE_MAX];
    ssize_t cb = recv(question->fd, message, sizeof(message), 0);

    if (cb > 0 && sendto(names->door, message, (size_t)cb, MSG_NOSIGNAL,
                         (struct sockaddr *)&question->from, sizeof(question->from)) != cb)
        errno = 0; /* who asked has gone */
    fvm_close(question->fd);
    question->fd = -1;
}
