/* launcher/link.c: the other end of a VM's supervisor: a command joins a running VM, lets go of it,
 * ends it. See link.h. */
#include "launcher/limits.h"
#include "launcher/seal.h"
#include "store/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_door(const struct fvm_store *store, const char *vm_dir)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    FVM_CLEANUP(fd) int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s/run/control",
             store->fd, vm_dir);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
        return -errno;
    return FVM_STEAL(fd, -1);
}

int fvm_link_open(struct fvm_link *link, const struct fvm_store *store, const char *vm_dir,
                  struct fvm_error *err)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(link->ns) + sizeof(link->cage))];
    } control;
    struct fvm_greeting greeting = {0};
    struct iovec data = {&greeting, sizeof(greeting)};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof(control.room)};
    struct cmsghdr *head;
    size_t cage_cb;

    *link = (struct fvm_link){.fd = connect_door(store, vm_dir), .ns = {-1, -1, -1, -1, -1, -1}};
    if (link->fd < 0)
        return fvm_fail(err, -ENOENT, "VM '%s' does not run", strchr(vm_dir, '/') + 1);
    if (recvmsg(link->fd, &message, MSG_CMSG_CLOEXEC) != sizeof(greeting) ||
        !(head = CMSG_FIRSTHDR(&message)) || head->cmsg_type != SCM_RIGHTS ||
        head->cmsg_len < CMSG_LEN(sizeof(link->ns))) {
        fvm_close(link->fd);
        link->fd = -1;
        return fvm_fail(err, -ENOENT, "VM '%s' is just ending", strchr(vm_dir, '/') + 1);
    }
    memcpy(link->ns, CMSG_DATA(head), sizeof(link->ns));
    cage_cb = head->cmsg_len - CMSG_LEN(sizeof(link->ns));
    memcpy(link->cage, CMSG_DATA(head) + sizeof(link->ns), cage_cb);
    link->cage_count = cage_cb / sizeof(link->cage[0]);
    link->init = greeting.init;
    link->number = greeting.number;
    return 0;
}

void fvm_link_close(struct fvm_link *link)
{
    for (size_t i = 0; i < ARRAY_LEN(link->ns); i++)
        fvm_close(link->ns[i]);
    for (size_t i = 0; i < link->cage_count; i++)
        fvm_close(link->cage[i]);
    fvm_close(link->fd);
    *link = (struct fvm_link){.fd = -1, .ns = {-1, -1, -1, -1, -1, -1}};
}

/* The next word; those that tell why it ends are kept. @return 0: the VM is at rest; -1: nothing
 * yet */
static int hear(struct fvm_link *link, int flags)
{
    for (;;) {
        char word;
        ssize_t got = recv(link->fd, &word, 1, flags);

        if (got == 1 && (word == FVM_SAID_TIMEOUT || word == FVM_SAID_MEMORY ||
                         word == FVM_SAID_DISK || word == FVM_SAID_DARK))
            link->reason = word;
        else if (got == 1)
            return word;
        /* A word of ours that it did not live to hear: what it said before comes behind that. */
        else if (got == 0 || errno != ECONNRESET)
            return got < 0 && errno == EAGAIN ? -1 : 0;
    }
}

bool fvm_link_hear(struct fvm_link *link)
{
    return hear(link, MSG_DONTWAIT) != 0;
}

int fvm_link_release(struct fvm_link *link)
{
    char said = FVM_SAY_FREE;
    int word;

    /* Already over? Then reading tells so at once. */
    if (send(link->fd, &said, 1, MSG_NOSIGNAL) != 1 && errno != EPIPE && errno != ECONNRESET)
        word = FVM_SAY_STOP;
    else
        word = hear(link, 0);
    link->stopped = word == FVM_SAY_STOP || !word;
    return word == FVM_SAID_HELD;
}

void fvm_link_await_end(struct fvm_link *link)
{
    while (hear(link, 0) > 0)
        ;
}

int fvm_link_stop(const struct fvm_store *store, const char *vm_dir, struct fvm_error *err)
{
    struct fvm_link link;
    char word = FVM_SAY_STOP;
    int result = fvm_link_open(&link, store, vm_dir, err);

    if (result)
        return result;
    if (send(link.fd, &word, 1, MSG_NOSIGNAL) == 1)
        fvm_link_await_end(&link);
    fvm_link_close(&link);
    return 0;
}
