/* guest/unix/drivers.c: start services.exe, MountMgr and nsiproxy when a program needs them.
 *
 * The drivers cost 80 ms and 13 MB, services.exe 25 ms and 2.5 MB, and most programs never open a
 * volume, a network table or the service manager. Wine's ntdll.so sends a server request with data
 * through writev: the fixed part, then the data, which for the calls that open a device, a pipe, a
 * directory or a link is the object's name in UTF-16. When such a name belongs to one of the two
 * groups, the thread first asks the VM's pid 1 for the group and waits. */
#include "guest/unix/guest.h"
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <strings.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define INIT_SOCKET "/run/fvm/init.sock"

enum { WAIT_MS = 20000, REQUEST_CB = 64, SHORTEST_NAME_CB = 12, LONGEST_NAME_CB = 1024, TRIES = 3 };

enum group { DRIVERS, SERVICES, GROUPS, NONE = GROUPS };

static const struct {
    const char *question;   /* what pid 1 is asked */
    const char *ready_file; /* there once the group runs */
    const char *lazy_file;  /* if not NULL: only where this exists is the group left out at boot */
} groups[GROUPS] = {
    [DRIVERS] = {"drivers\n", "/run/fvm/drivers-ready", NULL},
    [SERVICES] = {"services\n", "/run/fvm/services-ready", "/run/fvm/lazy-services"},
};

static atomic_int tries_left[GROUPS]; /* 0: the group runs, or this process must not ask */

/* Names that only a group can answer. A pattern ends the name, but for those ending in '*'. */
static const struct {
    const char *text;
    enum group group;
} patterns[] = {
    {"\\??\\pipe\\svcctl", SERVICES},
    {"\\??\\mountpointmanager*", DRIVERS}, /* volume names, mount points, GetDriveType */
    {"\\device\\mountpointmanager*", DRIVERS},
    {"\\??\\nsi", DRIVERS}, /* iphlpapi: adapters, routes, connection tables */
    {"\\device\\nsi", DRIVERS},
    {"\\dosdevices", DRIVERS}, /* GetLogicalDrives lists it */
    {"\\dosdevices\\", DRIVERS},
    {"\\dosdevices\\?:", DRIVERS}, /* QueryDosDevice */
    {"\\??\\?:", DRIVERS},         /* GetVolumeInformation, raw volumes; files come another way */
    {"\\??\\volume{*", DRIVERS},
    {"\\dosdevices\\volume{*", DRIVERS},
    {"\\??\\physicaldrive*", DRIVERS},
    {"\\??\\cdrom*", DRIVERS},
    {"\\device\\harddisk*", DRIVERS},
    {"\\device\\cdrom*", DRIVERS},
};

/* The groups' own surroundings: a wait in one of these would be a wait for itself. */
static const char *const exempt[] = {"services.exe", "winedevice.exe", "wineboot.exe",
                                     "fvmdrivers.exe", "plugplay.exe"};

static unsigned lower(unsigned c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

/* '?' stands for any character: in these places only a drive letter or the '??' of an NT name. */
static bool matches(const char *pattern, const uint16_t *name, size_t length)
{
    size_t i = 0;

    for (; pattern[i] && pattern[i] != '*'; i++)
        if (i >= length || (pattern[i] != '?' && lower(name[i]) != (unsigned char)pattern[i]))
            return false;
    return pattern[i] == '*' || i == length;
}

/* Runs inside Wine's signal handlers too: reads memory, calls nothing. */
static enum group needed(const struct iovec *parts, int count)
{
    const uint16_t *name;

    if (count < 2 || parts[0].iov_len != REQUEST_CB)
        return NONE;
    if (parts[1].iov_len < SHORTEST_NAME_CB || parts[1].iov_len > LONGEST_NAME_CB)
        return NONE;
    name = parts[1].iov_base;
    if (name[0] != '\\')
        return NONE;
    for (size_t i = 0; i < ARRAY_LEN(patterns); i++)
        if (matches(patterns[i].text, name, parts[1].iov_len / sizeof(uint16_t)))
            return patterns[i].group;
    return NONE;
}

/* Ask pid 1 and wait for its line. Without an answer the request goes its way and fails in Wine as
 * it would without us. False: pid 1 tried and failed, or was too slow. */
static bool ask_for(enum group group)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = INIT_SOCKET};
    struct pollfd wait = {.events = POLLIN};
    const char *question = groups[group].question;
    char answer[16] = "";
    bool done = true;

    if (!access(groups[group].ready_file, F_OK))
        return true;
    if (groups[group].lazy_file && access(groups[group].lazy_file, F_OK))
        return true;
    wait.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (wait.fd < 0)
        return true;
    if (!connect(wait.fd, (struct sockaddr *)&address, sizeof(address)) &&
        send(wait.fd, question, strlen(question), MSG_NOSIGNAL) > 0) {
        while (poll(&wait, 1, WAIT_MS) < 0 && errno == EINTR)
            continue;
        done = recv(wait.fd, answer, sizeof(answer), MSG_DONTWAIT) > 1 && !memcmp(answer, "ok", 2);
    }
    close(wait.fd);
    return done;
}

/** libc's writev; ahead of it, see to what a request to Wine's server needs. */
FVM_EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
    enum group group = needed(parts, count);

    if (group != NONE && atomic_load_explicit(&tries_left[group], memory_order_relaxed) > 0) {
        int saved = errno;

        if (ask_for(group))
            atomic_store(&tries_left[group], 0);
        else
            atomic_fetch_sub(&tries_left[group], 1);
        errno = saved;
    }
    return syscall(SYS_writev, fd, parts, count);
}

void fvm_drivers_start(char *const *argv)
{
    const char *program = argv[1] ? argv[1] : "";

    for (const char *c = program; *c; c++)
        if (*c == '\\' || *c == '/')
            program = c + 1;
    for (size_t i = 0; i < ARRAY_LEN(exempt); i++)
        if (!strcasecmp(program, exempt[i]))
            return;
    for (int group = 0; group < GROUPS; group++)
        atomic_store(&tries_left[group], TRIES);
}
