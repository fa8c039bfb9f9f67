/* guest/unix/drivers.c: start MountMgr and nsiproxy when, and only when, a program needs them.
 *
 * The two cost 100 ms and 15 MB, and most programs never open a volume or a network table. Wine's
 * ntdll.so sends a server request with data through writev: the fixed part, then the data, which for
 * the calls that open a device, a directory or a link is the object's name in UTF-16. When such a
 * name belongs to the drivers, the thread first asks the VM's pid 1 for them and waits. */
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
#define READY_FILE "/run/fvm/drivers-ready"

enum { WAIT_MS = 20000, REQUEST_CB = 64, SHORTEST_NAME_CB = 12, LONGEST_NAME_CB = 1024 };

static atomic_bool armed;

/* Names that only the drivers can answer. A pattern ends the name, but for those ending in '*'. */
static const char *const patterns[] = {
    "\\??\\mountpointmanager*", /* volume names, mount points, GetDriveType */
    "\\device\\mountpointmanager*",
    "\\??\\nsi", /* iphlpapi: adapters, routes, connection tables */
    "\\device\\nsi",
    "\\dosdevices", /* GetLogicalDrives lists it */
    "\\dosdevices\\",
    "\\dosdevices\\?:", /* QueryDosDevice */
    "\\??\\?:",         /* GetVolumeInformation and raw volumes; files come another way */
    "\\??\\volume{*",
    "\\dosdevices\\volume{*",
    "\\??\\physicaldrive*",
    "\\??\\cdrom*",
    "\\device\\harddisk*",
    "\\device\\cdrom*",
};

/* The drivers' own surroundings: a wait in one of these would be a wait for itself. */
static const char *const exempt[] = {"services.exe", "winedevice.exe", "wineboot.exe",
                                     "fvmdrivers.exe", "plugplay.exe"};

static unsigned lower(unsigned c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

/* '?' behind the first characters stands for any character: none but a drive letter can be there,
 * and the '??' of an NT name matches itself. */
static bool matches(const char *pattern, const uint16_t *name, size_t length)
{
    size_t i = 0;

    for (; pattern[i] && pattern[i] != '*'; i++)
        if (i >= length || (pattern[i] != '?' && lower(name[i]) != (unsigned char)pattern[i]))
            return false;
    return pattern[i] == '*' || i == length;
}

/* Runs inside Wine's signal handlers too: reads memory, calls nothing. */
static bool needs_drivers(const struct iovec *parts, int count)
{
    const uint16_t *name;

    if (count < 2 || parts[0].iov_len != REQUEST_CB)
        return false;
    if (parts[1].iov_len < SHORTEST_NAME_CB || parts[1].iov_len > LONGEST_NAME_CB)
        return false;
    name = parts[1].iov_base;
    if (name[0] != '\\')
        return false;
    for (size_t i = 0; i < ARRAY_LEN(patterns); i++)
        if (matches(patterns[i], name, parts[1].iov_len / sizeof(uint16_t)))
            return true;
    return false;
}

/* Ask pid 1 and wait for its line. Without an answer the request goes its way and fails in Wine as
 * it would without us. Raw system calls: no cancellation point, no lock, no errno of others lost. */
static void ask_for_drivers(void)
{
    static const char question[] = "drivers\n";
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = INIT_SOCKET};
    struct pollfd wait = {.events = POLLIN};
    char answer[16];

    if (!access(READY_FILE, F_OK))
        return;
    wait.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (wait.fd < 0)
        return;
    if (!connect(wait.fd, (struct sockaddr *)&address, sizeof(address)) &&
        send(wait.fd, question, sizeof(question) - 1, MSG_NOSIGNAL) > 0) {
        while (poll(&wait, 1, WAIT_MS) < 0 && errno == EINTR)
            continue;
        (void)!recv(wait.fd, answer, sizeof(answer), MSG_DONTWAIT);
    }
    close(wait.fd);
}

/** libc's writev; ahead of it, see to the drivers that a request to Wine's server needs. */
FVM_EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
    if (atomic_load_explicit(&armed, memory_order_relaxed) && needs_drivers(parts, count)) {
        int saved = errno;

        ask_for_drivers();
        atomic_store(&armed, false);
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
    atomic_store(&armed, true);
}
