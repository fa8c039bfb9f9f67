/* tests/programs/escape_linux/files.c: tries to get out of a VM by files, mounts and the store. */
#include "try.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

static bool secret_in_home(void)
{
    return can_open(arg("secret-home"), O_RDONLY);
}
static bool secret_in_tmp(void)
{
    return can_open(arg("secret-tmp"), O_RDONLY);
}
static bool secret_in_shm(void)
{
    return can_open(arg("secret-shm"), O_RDONLY);
}
static bool secret_in_run(void)
{
    return can_open(arg("secret-run"), O_RDONLY);
}
static bool other_vm_layer(void)
{
    return can_open(arg("other-layer"), O_RDONLY);
}
static bool own_conf(void)
{
    return can_open(arg("own-conf"), O_RDWR);
}
static bool base_hive(void)
{
    return can_open(arg("base-hive"), O_RDWR);
}
static bool base_file(void)
{
    return can_open(arg("base-file"), O_RDWR);
}
static bool host_etc(void)
{
    return can_open("/etc/debian_version", O_RDONLY);
}
static bool host_shadow(void)
{
    return can_open("/etc/shadow", O_RDONLY);
}
static bool host_var(void)
{
    return can_open("/var/lib/dpkg/status", O_RDONLY);
}
static bool host_boot(void)
{
    return can_open("/etc/hostname", O_RDONLY);
}
static bool host_dev(void)
{
    return can_open("/dev/ptmx", O_RDWR) || can_open("/dev/kmsg", O_RDONLY);
}

static bool guest_files(void)
{
    const char *paths[] = {arg("guest"),
                           "/fvm/wineboot.exe",
                           "/fvm/libfvmguest.so",
                           "/usr/lib/x86_64-linux-gnu/wine/x86_64-windows/wineboot.exe",
                           "/opt/wine-stable/lib64/wine/x86_64-windows/wineboot.exe",
                           "/usr/lib/wine/x86_64-windows/wineboot.exe"};

    for (size_t i = 0; i < COUNT(paths); i++)
        if (can_open(paths[i], O_RDWR))
            return true;
    return say(false, "none of %zu can be opened for writing", COUNT(paths));
}

static bool write_usr(void)
{
    static const char *const dirs[] = {"/usr", "/usr/lib",          "/usr/local", "/bin", "/lib64",
                                       "/etc", "/etc/alternatives", "/fvm",       "/sys", "/dev",
                                       "/"};
    char path[64];

    for (size_t i = 0; i < COUNT(dirs); i++) {
        snprintf(path, sizeof(path), "%s/.fvm-escape", dirs[i]);
        if (opens(path, O_WRONLY | O_CREAT)) {
            unlink(path);
            return say(true, "made %s", path);
        }
    }
    return say(false, "%s", strerror(errno));
}

/* Every file that is shown from outside, opened for writing: no mount but the VM's own may be
 * writable. */
static bool writable_mounts(void)
{
    static const char *const own[] = {"tmpfs", "overlay", "proc"};
    char line[8192], path[1024], flags[256], type[64], *dash;
    FILE *mounts = fopen("/proc/self/mountinfo", "r");
    unsigned seen = 0;

    while (mounts && fgets(line, sizeof(line), mounts)) {
        bool is_own = false, is_device;
        struct stat st;

        if (sscanf(line, "%*s %*s %*s %*s %1023s %255s", path, flags) != 2 ||
            !(dash = strstr(line, " - ")))
            continue;
        sscanf(dash + 3, "%63s", type);
        seen++;
        is_device = !stat(path, &st) && S_ISCHR(st.st_mode);
        if (!strstr(flags, "nosuid"))
            return fclose(mounts), say(true, "%s is mounted without nosuid (%s)", path, flags);
        if (!is_device && !strstr(flags, "nodev"))
            return fclose(mounts), say(true, "%s is mounted without nodev (%s)", path, flags);
        for (size_t i = 0; i < COUNT(own); i++)
            is_own |= !strcmp(type, own[i]);
        is_own |= *arg("share-rw") &&
                  (!strcmp(path, arg("share-rw")) || !strcmp(path, arg("share-rw-too")));
        if (strncmp(flags, "ro", 2) && !is_own && !is_device && strcmp(path, "/prefix"))
            return fclose(mounts),
                   say(true, "%s is mounted for writing (%s %s)", path, type, flags);
    }
    if (mounts)
        fclose(mounts);
    return say(seen < 5, "%u mounts are nosuid, nodev, and read-only or the VM's own", seen);
}

static bool fifo_in_shown(void)
{
    int fd = open(arg("shown-fifo"), O_WRONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0 || write(fd, "x", 1) != 1)
        return say(false, "%s", strerror(errno));
    close(fd);
    return say(true, "somebody reads it");
}

static bool stdin_again(void)
{
    return can_open("/proc/self/fd/0", O_WRONLY);
}

static bool link_out(void)
{
    const char *made = "/prefix/drive_c/out.link";
    bool worked;

    unlink(made);
    if (symlink(arg("secret-home"), outside ? "out.link" : made))
        return say(true, "no link to test with: %s", strerror(errno));
    worked = can_open(outside ? "out.link" : made, O_RDONLY);
    unlink(outside ? "out.link" : made);
    return worked;
}

static bool hard_link(void)
{
    const char *to = outside ? "hard.link" : "/prefix/hard.link";
    bool worked = !linkat(AT_FDCWD, arg("secret-home"), AT_FDCWD, to, 0) ||
                  (!outside && !linkat(AT_FDCWD, "/usr/bin/env", AT_FDCWD, to, 0));

    worked = refused_errno(worked);
    unlink(to);
    return worked;
}

static bool device_node(void)
{
    bool worked = !mknod("fvm-node", S_IFCHR | 0666, makedev(1, 1)) ||
                  !mknod("fvm-node", S_IFBLK | 0666, makedev(254, 0));

    worked = refused_errno(worked);
    unlink("fvm-node");
    return worked;
}

static bool file_capability(void)
{
    /* cap_sys_admin=ep */
    static const unsigned char value[20] = {1, 0, 0, 2, 0, 0, 0x20};
    bool worked;

    close(open("fvm-cap", O_WRONLY | O_CREAT | O_CLOEXEC, 0700));
    worked = refused_errno(!setxattr("fvm-cap", "security.capability", value, sizeof(value), 0) ||
                           !setxattr("fvm-cap", "trusted.overlay.opaque", "y", 1, 0));
    unlink("fvm-cap");
    return worked;
}

const struct row files_rows[] = {
    {"files: a secret in the home", secret_in_home, MUST},
    {"files: a secret in /tmp", secret_in_tmp, MUST},
    {"files: a secret in /dev/shm", secret_in_shm, MUST},
    {"files: a secret in a folder like /run", secret_in_run, MUST},
    {"files: /etc beyond what is listed", host_etc, MUST},
    {"files: /etc/hostname", host_boot, MUST},
    {"files: /etc/shadow", host_shadow, MUST_AS_ROOT},
    {"files: /var", host_var, MUST},
    {"files: devices beyond null, zero, random, tty", host_dev, MUST},
    {"files: by a symbolic link of one's own", link_out, MUST},
    {"files: by a hard link", hard_link, MUST},
    {"files: write into /usr, /etc, /dev, /sys, /", write_usr, MUST_AS_ROOT},
    {"files: write FVM's own guest files", guest_files, MUST},
    {"files: a mount that is writable, or keeps setuid or devices", writable_mounts, MUST},
    {"files: a FIFO in a shown folder leads to its reader outside", fifo_in_shown, MUST},
    {"files: write what was given as standard input for reading", stdin_again, MUST},
    {"files: make a device", device_node, MUST_AS_ROOT},
    {"files: file capabilities, marks of overlayfs", file_capability, MUST_AS_ROOT},
    {"store: another VM's files", other_vm_layer, MUST},
    {"store: the VM's own settings", own_conf, MUST},
    {"store: the base's registry", base_hive, MUST},
    {"store: the base's files", base_file, MUST},
    {0},
};
