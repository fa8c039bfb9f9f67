/*
 * launcher/net.c: the network of a sealed VM, as the command, the supervisor, pid 1 and who joins
 * see it. What is behind the tap of --net private and lan: net_keeper.c, net_backend.c. See net.h.
 */
#include "launcher/net.h"

#include "launcher/seal.h"
#include "launcher/terms.h"
#include "store/file.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEXT_MAX_CB = 65536 };

static bool has_tap(const struct fvm_terms *terms)
{
    return terms->net == FVM_NET_PRIVATE || terms->net == FVM_NET_LAN;
}

/* --- in the command -----------------------------------------------------------------------------
 */
static int check_publish(const struct fvm_terms *terms, size_t number, bool is_slirp,
                         struct fvm_error *err)
{
    const struct fvm_publish *publish = &terms->publish[number];
    struct in6_addr address;

    if (!inet_pton(AF_INET, publish->address, &address))
        return fvm_fail(err, -EINVAL, "--publish: '%s' is no IPv4 address%s", publish->address,
                        inet_pton(AF_INET6, publish->address, &address)
                            ? "; a VM has no IPv6, publish at an IPv4 address"
                            : "");
    for (size_t i = 0; i < number; i++)
        if (terms->publish[i].host_port == publish->host_port &&
            terms->publish[i].udp == publish->udp)
            return fvm_fail(err, -EINVAL, "--publish: port %u is published twice",
                            publish->host_port);
    if (!publish->udp)
        return 0;
    if (is_slirp)
        return fvm_fail(err, -EOPNOTSUPP,
                        "--publish of UDP needs pasta, and here is slirp4netns only; install it: "
                        "sudo apt install passt");
    /* Debian 12's pasta loses the answers to this machine's own datagrams otherwise. */
    if (publish->host_port != publish->vm_port)
        return fvm_fail(err, -EINVAL, "--publish of UDP wants the same HOSTPORT and VMPORT: %u:%u",
                        publish->vm_port, publish->vm_port);
    /* Datagrams have no beginning: the filter could not tell answers to neighbours from calls. */
    if (terms->net == FVM_NET_PRIVATE && strncmp(publish->address, "127.", 4) != 0)
        return fvm_fail(err, -EINVAL,
                        "--publish of UDP at '%s' needs --net lan: with --net private the VM may "
                        "not send to neighbours; or publish at 127.0.0.1",
                        publish->address);
    return 0;
}

/* Root's VMs are an ordinary user's. */
static int check_device(struct fvm_error *err)
{
    static const char path[] = "/dev/net/tun";
    enum { OTHERS = S_IROTH | S_IWOTH };
    struct stat st;

    if (stat(path, &st))
        return fvm_fail(err, -errno,
                        "--net private and lan need %s: %s; load its module: sudo "
                        "modprobe tun",
                        path, strerror(errno));
    if (geteuid() ? access(path, R_OK | W_OK) : (st.st_mode & OTHERS) != OTHERS)
        return fvm_fail(err, -EACCES,
                        "--net private and lan need %s, which ordinary users may not open here; "
                        "let them, as Debian does: sudo chmod 666 %s",
                        path, path);
    return 0;
}

int fvm_net_ready(const struct fvm_terms *terms, struct fvm_error *err)
{
    struct fvm_net_backend backend;
    int scope, result = 0;

    if (terms->net == FVM_NET_HOST) {
        scope = fvm_net_scope_make(terms);
        if (scope == -ENOTSUP)
            return fvm_fail(err, scope,
                            "--net host needs Linux 6.12 or newer with Landlock: on this kernel "
                            "nothing keeps the VM from abstract sockets, such as your X server's; "
                            "use --net private or lan");
        fvm_close(scope);
    }
    if (!has_tap(terms))
        return 0;
    result = fvm_net_backend_find(&backend, err);
    if (!result)
        result = check_device(err);
    if (!result && terms->publish_count > FVM_PUBLISH_MAX)
        result = fvm_fail(err, -E2BIG, "too many --publish (at most %d)", FVM_PUBLISH_MAX);
    for (size_t i = 0; !result && i < terms->publish_count; i++)
        result = check_publish(terms, i, backend.is_slirp, err);
    return result;
}

/* --- in the supervisor --------------------------------------------------------------------------
 */

/* Whoever has it has it: a port is free if it can be had. */
static int try_port(const struct fvm_publish *publish, struct fvm_error *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(publish->host_port)};
    FVM_CLEANUP(fd)
    int fd = socket(AF_INET, (publish->udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
    const char *kind = publish->udp ? "UDP port" : "port";
    int yes = 1;

    inet_pton(AF_INET, publish->address, &address.sin_addr);
    if (fd < 0)
        return fvm_fail(err, -errno, "cannot make a socket: %s", strerror(errno));
    /* Connections that have just ended do not count. */
    if (!publish->udp && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)))
        return fvm_fail(err, -errno, "cannot try a port: %s", strerror(errno));
    if (!bind(fd, (struct sockaddr *)&address, sizeof(address)) && (publish->udp || !listen(fd, 1)))
        return 0;
    if (errno == EADDRINUSE)
        return fvm_fail(err, -EADDRINUSE,
                        "%s %u of %s is in use; publish another (see: fvm ports, ss -ltunp)", kind,
                        publish->host_port, publish->address);
    if (errno == EACCES)
        return fvm_fail(err, -EACCES,
                        "%s %u may not be used by ordinary users, as whom FVM runs VMs; publish "
                        "one from 1024 on, or lower the limit: sudo sysctl "
                        "net.ipv4.ip_unprivileged_port_start=%u",
                        kind, publish->host_port, publish->host_port);
    if (errno == EADDRNOTAVAIL)
        return fvm_fail(err, -EADDRNOTAVAIL, "%s is no address of this machine; see: ip address",
                        publish->address);
    return fvm_fail(err, -errno, "cannot publish %s %u of %s: %s", kind, publish->host_port,
                    publish->address, strerror(errno));
}

static bool is_own(int ns)
{
    struct stat own, its;

    return !stat("/proc/self/ns/net", &own) && !fstat(ns, &its) && own.st_ino == its.st_ino &&
           own.st_dev == its.st_dev;
}

static int hold_other(struct fvm_network *net, const struct fvm_start *start, struct fvm_error *err)
{
    FVM_CLEANUP(vm) struct fvm_vm vm = {.fd = -1};
    const char *name = start->terms->net_vm;
    int result;

    /* Its own door is not open yet, and nobody would answer there. */
    if (!strcasecmp(name, strchr(start->vm_dir, '/') + 1))
        return fvm_fail(err, -EINVAL, "--net vm:%s: a VM cannot join its own network", name);
    result = fvm_vm_open(&vm, start->store, name, err);
    if (result)
        return result;
    if (vm.shared)
        return fvm_fail(err, -EINVAL, "--net vm:%s: it is shared, and has no network of its own",
                        name);
    result = fvm_link_open(&net->other, start->store, vm.path, err);
    if (result)
        return fvm_fail(err, -ESRCH, "--net vm:%s: that VM does not run; start it first", name);
    if (is_own(net->other.ns[FVM_NS_NET]))
        return fvm_fail(err, -EINVAL,
                        "--net vm:%s: that VM has the network of this machine; use --net host",
                        name);
    return 0;
}

int fvm_net_prepare(struct fvm_network *net, const struct fvm_start *start, struct fvm_error *err)
{
    const struct fvm_terms *terms = start->terms;
    int result = 0;

    if (terms && terms->net == FVM_NET_VM)
        result = hold_other(net, start, err);
    for (size_t i = 0; terms && !result && i < terms->publish_count; i++)
        result = try_port(&terms->publish[i], err);
    return result;
}

/* The user namespace that has power over a network. */
static int owner_of(int net_ns)
{
    int fd = ioctl(net_ns, NS_GET_USERNS);

    return fd < 0 ? -errno : fd;
}

/* Into the network of another VM, by way of the user namespace that owns it. */
static int enter_network(int net_ns)
{
    FVM_CLEANUP(fd) int owner = owner_of(net_ns);

    if (owner < 0)
        return owner;
    return setns(owner, CLONE_NEWUSER) || setns(net_ns, CLONE_NEWNET) ? -errno : 0;
}

/* A helper is in there for good, so pid 1 is started by it, as the supervisor's child. */
static pid_t clone_beside(const struct fvm_network *net, int flags,
                          int (*map)(pid_t pid, struct fvm_error *err), struct fvm_error *err)
{
    struct {
        struct fvm_report report;
        pid_t pid;
    } said = {.report = {.code = -EIO}, .pid = -1};
    int pair[2];
    pid_t helper, pid;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
        return fvm_fail(err, -1, "cannot make a socket: %s", strerror(errno));
    helper = fork();
    if (!helper) {
        int result = enter_network(net->other.ns[FVM_NS_NET]);

        pid = result ? -1 : (pid_t)syscall(SYS_clone, flags | CLONE_PARENT, NULL, NULL, NULL, NULL);
        if (!pid) {
            close(pair[0]);
            close(pair[1]);
            return 0;
        }
        said.pid = pid;
        said.report.code = result ? result : pid < 0 ? -errno : map(pid, &said.report.error);
        if (result || pid < 0)
            fvm_fail(&said.report.error, 0, "cannot join the network of the other VM: %s",
                     strerror(-said.report.code));
        _exit(send(pair[1], &said, sizeof(said), MSG_NOSIGNAL) < 0);
    }
    close(pair[1]);
    fvm_fail(&said.report.error, 0, "the process that joins the network of the other VM died");
    if (helper > 0 && recv(pair[0], &said, sizeof(said), 0) == sizeof(said) && !said.report.code)
        err = NULL;
    close(pair[0]);
    if (helper > 0)
        waitpid(helper, NULL, 0);
    if (said.report.code && said.pid > 0) {
        kill(said.pid, SIGKILL);
        waitpid(said.pid, NULL, 0);
    }
    if (err)
        *err = said.report.error;
    return said.report.code ? -1 : said.pid;
}

pid_t fvm_net_clone(const struct fvm_network *net, const struct fvm_terms *terms, int flags,
                    int (*map)(pid_t pid, struct fvm_error *err), struct fvm_error *err)
{
    pid_t pid;
    int result;

    if (terms && terms->net == FVM_NET_VM)
        return clone_beside(net, flags & ~CLONE_NEWNET, map, err);
    if (terms && terms->net == FVM_NET_HOST)
        flags &= ~CLONE_NEWNET;
    pid = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
    if (!pid)
        return 0;
    if (pid < 0) {
        result = -errno;
        if (fvm_check_namespaces(err) == 0)
            fvm_fail(err, result, "cannot make the VM's namespaces: %s", strerror(-result));
        return -1;
    }
    if (!map(pid, err))
        return pid;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return -1;
}

int fvm_net_connect(struct fvm_network *net, const int ns[FVM_NS_COUNT],
                    const struct fvm_start *start, struct fvm_error *err)
{
    return start->terms && has_tap(start->terms) ? fvm_net_keep(&net->keeper, ns, start, err) : 0;
}

void fvm_net_end(struct fvm_network *net)
{
    fvm_net_keeper_end(&net->keeper);
    if (net->other.fd >= 0)
        fvm_link_release(&net->other);
    fvm_link_close(&net->other);
}

/* --- in who joins, and in pid 1 -----------------------------------------------------------------
 */
int fvm_net_enter(const int ns[FVM_NS_COUNT], struct fvm_error *err)
{
    struct stat own, owner;
    FVM_CLEANUP(fd) int fd = -1;
    int result = 0;

    if (!is_own(ns[FVM_NS_NET])) {
        fd = owner_of(ns[FVM_NS_NET]);
        result = fd < 0 ? fd : enter_network(ns[FVM_NS_NET]);
    }
    if (result == -EPERM)
        return fvm_fail(err, result,
                        "cannot enter the VM: its network is not the one of this process, nor its "
                        "own; run fvm where the VM was started");
    if (!result && (fd < 0 || fstat(fd, &owner) || fstat(ns[FVM_NS_USER], &own) ||
                    own.st_ino != owner.st_ino || own.st_dev != owner.st_dev))
        result = setns(ns[FVM_NS_USER], CLONE_NEWUSER) ? -errno : 0;
    return result ? fvm_fail(err, result, "cannot enter the VM: %s", strerror(-result)) : 0;
}

void fvm_net_open_ports(const struct fvm_terms *terms)
{
    FVM_CLEANUP(fd) int fd = -1;

    if (terms && (terms->net == FVM_NET_HOST || terms->net == FVM_NET_VM))
        return;
    /* It is that of whoever opens it, not of the mount. */
    fd = open("/proc/sys/net/ipv4/ip_unprivileged_port_start", O_WRONLY | O_CLOEXEC);
    if (fd >= 0 && write(fd, "0", 1) != 1)
        return; /* ports below 1024 are refused in the VM, then */
}

static int copy_etc(const char *path, const char *more, fvm_net_write *write, struct fvm_error *err)
{
    FVM_CLEANUP(text) struct fvm_text text = {0};

    if (fvm_file_read(&text, AT_FDCWD, path, TEXT_MAX_CB, NULL))
        fvm_text_puts(&text, "");
    fvm_text_printf(&text, "%s", more);
    return text.failed ? fvm_fail(err, -ENOMEM, "out of memory") : write(path, text.s, err);
}

int fvm_net_show_etc(const struct fvm_terms *terms, fvm_net_write *write, struct fvm_error *err)
{
    static const char users[] = "passwd: files\ngroup: files\n";
    bool is_host = terms && terms->net == FVM_NET_HOST;
    bool resolves = is_host || if_nametoindex(FVM_NET_INTERFACE);
    char text[128];
    int result;

    /* Where nobody answers questions for names, none is asked: they fail at once. */
    snprintf(text, sizeof(text), "%shosts: files%s\n", users, resolves ? " dns" : "");
    result = write("/etc/nsswitch.conf", text, err);
    if (result)
        return result;
    if (is_host) {
        result = copy_etc("/etc/resolv.conf", "", write, err);
        return result ? result : copy_etc("/etc/hosts", "\n127.0.0.1 fvm\n", write, err);
    }
    if (!resolves)
        return write("/etc/hosts", "127.0.0.1 localhost fvm\n::1 localhost\n", err);
    result =
        write("/etc/hosts", "127.0.0.1 localhost\n" FVM_NET_ADDRESS " fvm\n::1 localhost\n", err);
    return result ? result : write("/etc/resolv.conf", "nameserver " FVM_NET_DNS "\n", err);
}
