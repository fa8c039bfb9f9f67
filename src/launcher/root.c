/*
 * launcher/root.c: the root file system of a sealed VM: an allow list on an empty tmpfs. What is
 * not put here does not exist for the VM. See seal.h.
 *
 * Paths are relative to the store, which is the current folder: its parents may be closed to this
 * user.
 */
#include "core/text.h"
#include "launcher/net.h"
#include "launcher/seal.h"
#include "launcher/terms.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROOT "mnt"

static int trouble(struct fvm_error *err, const char *what, const char *path)
{
    return fvm_fail(err, -errno, "cannot %s '%s' for the VM: %s", what, path, strerror(errno));
}

static int make_node(const char *path, bool is_dir)
{
    int fd;

    if (is_dir)
        return mkdir(path, 0755) && errno != EEXIST ? -errno : 0;
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
        return -errno;
    close(fd);
    return 0;
}

static int make_parents(char *path)
{
    for (char *slash = path + strlen(ROOT) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = 0;
        if (mkdir(path, 0755) && errno != EEXIST)
            return -errno;
        *slash = '/';
    }
    return 0;
}

enum { BIND_READ_ONLY = 1, BIND_OPTIONAL = 2, BIND_DEVICE = 4 };

/* Show a host file or folder at a path of the VM. */
static int show(const char *host, const char *inside, unsigned how, struct fvm_error *err)
{
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_NOSUID};
    char path[4096];
    struct stat st;

    if (stat(host, &st))
        return how & BIND_OPTIONAL ? 0 : trouble(err, "find", host);
    snprintf(path, sizeof(path), ROOT "%s", inside);
    if (make_parents(path) || make_node(path, S_ISDIR(st.st_mode)))
        return trouble(err, "make", inside);
    if (mount(host, path, NULL, MS_BIND | MS_REC, NULL))
        return how & BIND_OPTIONAL ? 0 : trouble(err, "show", host);
    if (!(how & BIND_DEVICE))
        attr.attr_set |= MOUNT_ATTR_NODEV;
    if (how & BIND_READ_ONLY)
        attr.attr_set |= MOUNT_ATTR_RDONLY;
    /* Recursive, unlike a bind remount: a host mount below /usr must not stay writable. */
    if (mount_setattr(AT_FDCWD, path, AT_RECURSIVE, &attr, sizeof(attr)))
        return trouble(err, "protect", inside);
    return 0;
}

static int tmpfs(const char *inside, const char *options, unsigned long flags,
                 struct fvm_error *err)
{
    char path[256];

    snprintf(path, sizeof(path), ROOT "%s", inside);
    if (*inside && make_node(path, true))
        return trouble(err, "make", inside);
    if (mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV | flags, options))
        return trouble(err, "mount tmpfs at", *inside ? inside : "/");
    return 0;
}

/* Of memory, like all file systems of a VM's own: a part of what the VM may have, if that is less
 * than there is. */
static int tmpfs_part(const char *inside, const char *mode, unsigned percent,
                      const struct fvm_start *start, struct fvm_error *err)
{
    char options[64];
    uint64_t cb = start->terms->memory_cb / 100 * percent;

    if (cb)
        snprintf(options, sizeof(options), "mode=%s,size=%" PRIu64, mode, cb);
    else
        snprintf(options, sizeof(options), "mode=%s,size=%u%%", mode, percent);
    return tmpfs(inside, options, 0, err);
}

static int write_text(const char *inside, const char *text, struct fvm_error *err)
{
    char path[256];
    int fd;
    size_t cb = strlen(text);
    bool written;

    snprintf(path, sizeof(path), ROOT "%s", inside);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return trouble(err, "write", inside);
    written = write(fd, text, cb) == (ssize_t)cb;
    close(fd);
    return written ? 0 : trouble(err, "write", inside);
}

/* /bin, /lib and friends are links into /usr on today's systems and folders on older ones. */
static int show_system(struct fvm_error *err)
{
    static const char *const folders[] = {"/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32"};
    int result = 0;

    for (size_t i = 0; !result && i < ARRAY_LEN(folders); i++) {
        char path[64], target[256];
        ssize_t cb = readlink(folders[i], target, sizeof(target) - 1);

        snprintf(path, sizeof(path), ROOT "%s", folders[i]);
        if (cb > 0) {
            target[cb] = 0;
            result = symlink(target, path) ? trouble(err, "link", folders[i]) : 0;
        } else if (i < 5 || !strcmp(folders[i], "/lib32")) {
            result = show(folders[i], folders[i], BIND_READ_ONLY | BIND_OPTIONAL, err);
        }
    }
    return result;
}

/* From /etc only what libraries need; users, hosts and services are told, not shown. */
static int show_etc(const struct fvm_start *start, struct fvm_error *err)
{
    static const char *const shown[] = {"/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts",
                                        "/etc/localtime",   "/etc/ssl/certs",    "/etc/wine"};
    char line[512];
    int result = 0;

    for (size_t i = 0; !result && i < ARRAY_LEN(shown); i++)
        result = show(shown[i], shown[i], BIND_READ_ONLY | BIND_OPTIONAL, err);
    snprintf(line, sizeof(line), "%s:x:%u:%u::/home/fvm:/bin/sh\n", start->user, (unsigned)getuid(),
             (unsigned)getgid());
    if (!result)
        result = write_text("/etc/passwd", line, err);
    snprintf(line, sizeof(line), "fvm:x:%u:\n", (unsigned)getgid());
    if (!result)
        result = write_text("/etc/group", line, err);
    if (!result)
        result = fvm_net_show_etc(start->terms, write_text, err);
    if (!result)
        result = write_text("/etc/ld.so.preload", "/fvm/libfvmguest.so\n", err);
    return result;
}

static int show_devices(const struct fvm_start *start, struct fvm_error *err)
{
    static const char *const nodes[] = {"/dev/null",   "/dev/zero",    "/dev/full",
                                        "/dev/random", "/dev/urandom", "/dev/tty"};
    int result = make_node(ROOT "/dev", true);

    for (size_t i = 0; !result && i < ARRAY_LEN(nodes); i++)
        result = show(nodes[i], nodes[i], BIND_DEVICE | (i > 4 ? BIND_OPTIONAL : 0), err);
    if (result)
        return result;
    if (symlink("/proc/self/fd", ROOT "/dev/fd") || symlink("/proc/self/fd/0", ROOT "/dev/stdin") ||
        symlink("/proc/self/fd/1", ROOT "/dev/stdout") ||
        symlink("/proc/self/fd/2", ROOT "/dev/stderr"))
        return trouble(err, "make", "/dev/fd");
    return tmpfs_part("/dev/shm", "1777", 25, start, err);
}

/* Kernel knobs must not be there for writing, whoever started the VM, nor what tells about the
 * host's kernel. */
static int mask_proc(struct fvm_error *err)
{
    static const char *const read_only[] = {"/proc/sys",  "/proc/irq",           "/proc/bus",
                                            "/proc/fs",   "/proc/sysrq-trigger", "/proc/pressure",
                                            "/proc/acpi", "/proc/asound",        "/proc/driver",
                                            "/proc/scsi", "/proc/mtrr"};
    static const char *const empty[] = {
        "/proc/kcore",      "/proc/keys",        "/proc/key-users",   "/proc/kallsyms",
        "/proc/kmsg",       "/proc/timer_list",  "/proc/sched_debug", "/proc/config.gz",
        "/proc/kpagecount", "/proc/kpageflags",  "/proc/modules",     "/proc/iomem",
        "/proc/ioports",    "/proc/vmallocinfo", "/proc/slabinfo"};
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
                                          MOUNT_ATTR_NOEXEC};
    struct mount_attr mask = {.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC};
    char path[64];

    for (size_t i = 0; i < ARRAY_LEN(read_only); i++) {
        snprintf(path, sizeof(path), ROOT "%s", read_only[i]);
        if (access(path, F_OK))
            continue;
        if (mount(path, path, NULL, MS_BIND, NULL) ||
            mount_setattr(AT_FDCWD, path, 0, &attr, sizeof(attr)))
            return trouble(err, "protect", read_only[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(empty); i++) {
        snprintf(path, sizeof(path), ROOT "%s", empty[i]);
        if (!access(path, F_OK) && (mount("/dev/null", path, NULL, MS_BIND, NULL) ||
                                    mount_setattr(AT_FDCWD, path, 0, &mask, sizeof(mask))))
            return trouble(err, "hide", empty[i]);
    }
    return 0;
}

static int show_proc(struct fvm_error *err)
{
    if (make_node(ROOT "/proc", true) ||
        mount("proc", ROOT "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
        return fvm_fail(err, -errno,
                        "cannot mount /proc for the VM: %s (a container that hides parts of /proc "
                        "must not hide them from FVM)",
                        strerror(errno));
    return mask_proc(err);
}

static int make_private(const struct fvm_start *start, struct fvm_error *err)
{
    char path[64];
    int result = tmpfs_part("/tmp", "1777", 25, start, err);

    if (!result) /* holds wineserver's memory sections */
        result = tmpfs_part("/run", "755", 50, start, err);
    if (result)
        return result;
    snprintf(path, sizeof(path), ROOT "/run/user/%u", (unsigned)getuid());
    if (make_node(ROOT "/run/user", true) || make_node(path, true) || chmod(path, 0700) ||
        make_node(ROOT "/run/fvm", true) || make_node(ROOT "/home", true))
        return trouble(err, "make", path + strlen(ROOT));
    return tmpfs("/home/fvm", "mode=700,size=64m", 0, err);
}

/* WINEPREFIX: the VM's own folder with whole hives, and its drive C: laid over the base's. */
static int show_prefix(const struct fvm_start *start, struct fvm_error *err)
{
    char lower[256], upper[256], work[256], below[128];
    FVM_CLEANUP(fd) int drive = -1;
    int result = show(start->prefix, "/prefix", 0, err);

    if (result || !start->version)
        return result;
    snprintf(lower, sizeof(lower), "bases/%s/versions/%u/drive_c", start->base, start->version);
    snprintf(upper, sizeof(upper), "%s/layers/1/files/C", start->vm_dir);
    snprintf(work, sizeof(work), "%s/layers/1/work/C", start->vm_dir);
    if (mkdir(work, 0700) && errno != EEXIST)
        return trouble(err, "make", work);
    drive = fvm_overlay_make(&(struct fvm_overlay){lower, upper, work, NULL}, err);
    if (drive < 0)
        return drive;
    result = fvm_shares_below(start, &drive, below, err);
    if (!result && below[0])
        drive = fvm_overlay_make(&(struct fvm_overlay){lower, upper, work, below}, err);
    if (result || drive < 0)
        return result ? result : drive;
    return fvm_overlay_place(drive, ROOT "/prefix/drive_c", err);
}

static int show_guest(const struct fvm_start *start, struct fvm_error *err)
{
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
    char file[4200], place[512];
    int result = show(start->wine->guest, "/fvm", BIND_READ_ONLY, err);

    if (result || start->boot == FVM_BOOT_FULL)
        return result;
    snprintf(file, sizeof(file), "%s/wineboot.exe", start->wine->guest);
    snprintf(place, sizeof(place), ROOT "%s/wineboot.exe", start->wine->pe_dir);
    /* Read-only by itself: it is a bind of the host's file, which may be the user's own. */
    if (mount(file, place, NULL, MS_BIND, NULL) ||
        mount_setattr(AT_FDCWD, place, 0, &attr, sizeof(attr)))
        return trouble(err, "put FVM's own boot over", place + strlen(ROOT));
    return 0;
}

/* Wine looks for a library's Unix side beside the folder where it found the library: the 64-bit one
 * serves both. */
static int show_wine32(const struct fvm_start *start, struct fvm_error *err)
{
    const char *pe_dir = start->wine->pe_dir;
    char unix_dir[sizeof(start->wine->pe_dir) + 16];
    int result;

    if (!start->wine32)
        return 0;
    result = show(start->wine->pe32_dir, FVM_WINE32 "/i386-windows", BIND_READ_ONLY, err);
    if (result)
        return result;
    snprintf(unix_dir, sizeof(unix_dir), "%.*s/x86_64-unix", (int)(strrchr(pe_dir, '/') - pe_dir),
             pe_dir);
    if (symlink(unix_dir, ROOT FVM_WINE32 "/x86_64-unix"))
        return trouble(err, "link", FVM_WINE32);
    return 0;
}

static int enter(struct fvm_error *err)
{
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};

    if (chdir(ROOT) || syscall(SYS_pivot_root, ".", ".") || umount2(".", MNT_DETACH) || chdir("/"))
        return fvm_fail(err, -errno, "cannot enter the VM's root: %s", strerror(errno));
    if (mount_setattr(AT_FDCWD, "/", 0, &attr, sizeof(attr)))
        return trouble(err, "protect", "/");
    return 0;
}

int fvm_root_build(const struct fvm_start *start, struct fvm_error *err)
{
    int result;

    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
        return trouble(err, "detach", "/");
    result = tmpfs_part("", "755", 50, start, err);
    if (!result)
        result = show_system(err);
    if (!result)
        result = show_etc(start, err);
    if (!result)
        result = show("/sys/devices/system/cpu", "/sys/devices/system/cpu",
                      BIND_READ_ONLY | BIND_OPTIONAL, err);
    if (!result)
        result = show_devices(start, err);
    if (!result)
        result = show_proc(err);
    if (!result)
        result = make_private(start, err);
    if (!result)
        result = show_prefix(start, err);
    if (!result)
        result = show_guest(start, err);
    if (!result)
        result = show_wine32(start, err);
    if (!result)
        result = fvm_shares_show(start, ROOT, err);
    if (!result)
        result = fvm_host_show(start->terms, err);
    return result ? result : enter(err);
}
