/* cli/linux/cmd_doctor.c: `fvm doctor`: what this machine enforces, what not, and what to do about
 * it. */
#include "cli/linux/display.h"
#include "cli/show.h"
#include "launcher/limits.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

static void look_at_kernel(struct cli_doctor *doctor)
{
    struct fvm_error err;
    struct utsname uts;
    int major = 0, minor = 0;

    uname(&uts);
    sscanf(uts.release, "%d.%d", &major, &minor);
    /* 5.12: mount_setattr; 5.11: overlayfs in a user namespace. */
    if (major > 5 || (major == 5 && minor >= 12))
        cli_doctor_say(doctor, CLI_GOOD, "kernel", "Linux %s", uts.release);
    else
        cli_doctor_say(doctor, CLI_BAD, "kernel",
                       "Linux %s is too old: sealed VMs need 5.12 or newer", uts.release);
    if (fvm_check_namespaces(&err))
        cli_doctor_say(doctor, CLI_BAD, "namespaces", "%s", err.text);
    else
        cli_doctor_say(doctor, CLI_GOOD, "namespaces",
                       "user, mount, pid, ipc, uts and net: the kernel holds VMs apart");
}

static void look_at_wine(struct cli_doctor *doctor)
{
    struct fvm_wine wine;
    struct fvm_error err;

    if (fvm_wine_find(&wine, &err)) {
        cli_doctor_say(doctor, CLI_BAD, "wine", "%s", err.text);
        return;
    }
    cli_doctor_say(doctor, CLI_GOOD, "wine", "%s", wine.loader);
}

/* What a VM of the default base does with them. @param base its fd is -1: there is none yet */
static void look_at_32bit(struct cli_doctor *doctor, const struct fvm_base *base)
{
    struct fvm_wine wine;
    struct fvm_error err;

    if (fvm_wine_find(&wine, &err))
        return; /* told with Wine */
    if (wine.pe32_dir[0] && (base->fd < 0 || fvm_base_current_has_32bit(base)))
        cli_doctor_say(doctor, CLI_GOOD, "32-bit programs", "run, beside 64-bit ones; with %s",
                       wine.pe32_dir);
    else if (wine.pe32_dir[0])
        cli_doctor_say(doctor, CLI_LESS, "32-bit programs",
                       "are refused with a message: base '%s' lacks their part of Windows; add it "
                       "with: fvm base add-32bit",
                       base->name);
    else
        cli_doctor_say(doctor, CLI_LESS, "32-bit programs",
                       "are refused with a message: Wine's libraries for them, of this Wine's "
                       "version, are not here; get them with: fvm base add-32bit");
}

/* The level at which many VMs have one Windows: is all of it there, and what does it hold? */
static void look_at_shared(struct cli_doctor *doctor)
{
    static const char *const parts[] = {"fvmstart.exe", "fvm64.dll"};
    struct fvm_wine wine;
    struct fvm_error err;
    char path[sizeof(wine.guest) + 32];

    if (fvm_wine_find(&wine, &err))
        return; /* told with Wine */
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        snprintf(path, sizeof(path), "%s/%s", wine.guest, parts[i]);
        if (access(path, R_OK)) {
            cli_doctor_say(doctor, CLI_LESS, "shared level",
                           "cannot be used: %s: %s; build it with: make", path, strerror(errno));
            return;
        }
    }
    cli_doctor_say(
        doctor, CLI_GOOD, "shared level",
        "can be used: the kernel holds all shared VMs together apart from this machine; an engine "
        "in each process gives every VM files, registry, processes, kernel objects, pipes, "
        "services and COM of its own");
    cli_doctor_say(
        doctor, CLI_LESS, "shared level",
        "is no border between shared VMs for hostile code, which can go past the engine; "
        "windows and UDP are common to them; sealed VMs have borders");
}

static void look_at_store(struct cli_doctor *doctor)
{
    struct cli_world world = {.store = {.fd = -1}};
    struct fvm_base base = {.fd = -1};
    struct fvm_error err;
    struct statvfs space;

    if (cli_open(&world, NULL, 0, &err)) {
        cli_doctor_say(doctor, CLI_BAD, "store", "%s", err.text);
        cli_close(&world);
        return;
    }
    if (fstatvfs(world.store.fd, &space))
        cli_doctor_say(doctor, CLI_BAD, "store", "%s: %s", world.store.path, strerror(errno));
    else
        cli_doctor_say(doctor, space.f_bavail * space.f_frsize < (1u << 30) ? CLI_LESS : CLI_GOOD,
                       "store", "%s, %.1f GB free", world.store.path,
                       (double)space.f_bavail * (double)space.f_frsize / 1e9);
    if (fvm_base_open(&base, &world.store, FVM_BASE_DEFAULT, false, &err))
        cli_doctor_say(doctor, CLI_LESS, "base", "%s (fvm run and fvm create do it by themselves)",
                       err.text);
    else
        cli_doctor_say(doctor, CLI_GOOD, "base", "'%s', version %u, Windows user '%s'", base.name,
                       base.current, base.user);
    look_at_32bit(doctor, &base);
    fvm_base_close(&base);
    cli_close(&world);
}

/* core(5): a pipe in core_pattern is started whatever the limit, except 1. A session's own hard
 * limit of 0 cannot be raised to that without CAP_SYS_RESOURCE. */
static void look_at_crash_handlers(struct cli_doctor *doctor)
{
    FVM_CLEANUP(fd) int fd = open("/proc/sys/kernel/core_pattern", O_RDONLY | O_CLOEXEC);
    static const struct rlimit one = {1, 1};
    char first = '|';

    if (fd >= 0 && read(fd, &first, 1) != 1)
        first = 0;
    if (first == '|' && setrlimit(RLIMIT_CORE, &one))
        cli_doctor_say(
            doctor, CLI_LESS, "crash handlers",
            "the host's is started when a program in a VM crashes: your hard core limit is 0 where "
            "1 is wanted; start fvm from a session that leaves it (ulimit -Hc)");
    else
        cli_doctor_say(doctor, CLI_GOOD, "crash handlers",
                       "the host's is not started by a crash in a VM");
}

/* What a VM may use: what is held for everybody, and what wants control groups. */
static void look_at_amounts(struct cli_doctor *doctor)
{
    const char *option;
    struct fvm_error err;
    int result;

    cli_doctor_say(doctor, CLI_GOOD, "processes",
                   "at most 4096 threads per VM, fewer with --procs, counted by the kernel");
    for (unsigned i = 0; (result = fvm_limits_offered(i, &option, &err)) != -ENOENT; i++)
        cli_doctor_say(doctor, result ? CLI_LESS : CLI_GOOD, "limits", "%s%s%s",
                       result ? err.text : "--", result ? "" : option,
                       result ? "" : " is held by a control group");
    cli_doctor_say(doctor, CLI_GOOD, "limits", "--timeout is held by FVM itself");
    cli_doctor_say(
        doctor, CLI_LESS, "limits",
        "--disk is watched: a VM that writes fast gets some more onto the disk before it "
        "is ended");
    cli_doctor_say(doctor, CLI_LESS, "limits",
                   "none but that of threads holds for a VM that was not given one: it can use the "
                   "memory, the processors and the disk that you can");
}

/* Root's VMs write as a folder's owner, which takes what not every file system has. */
static void look_at_shares(struct cli_doctor *doctor)
{
    char *here = realpath(".", NULL);
    struct fvm_error err;

    if (geteuid() != 0)
        cli_doctor_say(doctor, CLI_GOOD, "shared folders",
                       "none but those of --share, in which a VM has your rights or may only read");
    else if (here && fvm_shares_offered(here, &err))
        cli_doctor_say(doctor, CLI_LESS, "shared folders",
                       "none but those of --share; on the file system of this folder: %s",
                       err.text);
    else
        cli_doctor_say(doctor, CLI_GOOD, "shared folders",
                       "none but those of --share, in which a VM has the rights of the folder's "
                       "owner or may only read; on the file system of this folder both work");
    free(here);
}

/* What --net can be here. */
static void look_at_network(struct cli_doctor *doctor)
{
    struct fvm_terms terms = {.net = FVM_NET_PRIVATE};
    struct fvm_error err;

    cli_doctor_say(doctor, CLI_GOOD, "network",
                   "none, unless asked for: a VM has only its own loopback");
    if (fvm_terms_ready(&terms, &err))
        cli_doctor_say(doctor, CLI_LESS, "network", "%s", err.text);
    else
        cli_doctor_say(doctor, CLI_GOOD, "network",
                       "--net private, lan: to the outside; the kernel filters what leaves a VM");
    terms.net = FVM_NET_HOST;
    if (fvm_terms_ready(&terms, &err))
        cli_doctor_say(doctor, CLI_LESS, "network", "%s", err.text);
    else
        cli_doctor_say(doctor, CLI_GOOD, "network",
                       "--net host: this machine's, but for its abstract sockets (Landlock)");
}

/* What --display can give here. */
static void look_at_display(struct cli_doctor *doctor)
{
    static const struct {
        const char *command, *file, *package;
    } tools[] = {{"clip", "/usr/bin/xclip", "xclip"}, {"view", "/usr/bin/x11vnc", "x11vnc"}};
    struct fvm_terms terms = {.display = FVM_DISPLAY_PRIVATE}, sound = {.sound = true};
    struct fvm_error err;

    cli_doctor_say(doctor, CLI_GOOD, "sound", "none%s",
                   fvm_terms_ready(&sound, &err)
                       ? "; no sound server for --sound is seen here"
                       : " unless --sound opens your sound server to a VM");
    if (fvm_terms_ready(&terms, &err)) {
        cli_doctor_say(doctor, CLI_LESS, "display", "none: %s", err.text);
        return;
    }
    cli_doctor_say(doctor, CLI_GOOD, "display",
                   "none unless --display says: private is an X server in the VM, sealed with it; "
                   "host is yours, without a border");
    for (size_t i = 0; i < ARRAY_LEN(tools); i++)
        if (cli_need_tool(tools[i].command, tools[i].file, tools[i].package, &err))
            cli_doctor_say(doctor, CLI_LESS, "display", "%s", err.text);
}

static void look_at_limits(struct cli_doctor *doctor)
{
    cli_doctor_say(doctor, CLI_GOOD, "system calls",
                   "an allow list in every process of a VM (seccomp)");
    look_at_crash_handlers(doctor);
    look_at_amounts(doctor);
    look_at_network(doctor);
    cli_doctor_say(doctor, CLI_GOOD, "display, sound",
                   "none: GUI programs run, and nobody sees them");
    look_at_display(doctor);
}

int cli_doctor(const struct cli_words *words)
{
    struct cli_doctor doctor = {0};

    cli_doctor_begin(&doctor, words->json);
    look_at_kernel(&doctor);
    look_at_wine(&doctor);
    look_at_shared(&doctor);
    if (geteuid() == 0)
        cli_doctor_say(&doctor, CLI_GOOD, "user",
                       "started by root: VMs run as an unprivileged user of their own");
    look_at_limits(&doctor);
    look_at_shares(&doctor);
    look_at_store(&doctor); /* last: as root it becomes the VM's user */
    return cli_doctor_print(&doctor);
}
