/* tests/unit/linux_overlay_mount.h: what overlayfs itself makes of two trees, in a namespace of the
 * test's own. */
#pragma once
#include "linux_change_kit.h"

#include <sched.h>
#include <sys/mount.h>

KIT bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if (fd >= 0)
        close(fd);
    return done;
}

/* Into our own namespaces, once. @return NULL, or what is missing */
KIT const char *enter_namespace(void)
{
    static bool entered;
    char map[64], gid_map[64];

    if (entered)
        return NULL;
    snprintf(map, sizeof(map), "0 %u 1", geteuid());
    snprintf(gid_map, sizeof(gid_map), "0 %u 1", getegid());
    kit_root();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
        return "user namespaces";
    if (!write_file("/proc/self/setgroups", "deny") || !write_file("/proc/self/uid_map", map) ||
        !write_file("/proc/self/gid_map", gid_map))
        return "maps of a user namespace";
    entered = true;
    return NULL;
}

/* @return descriptor of the merged tree, -1 */
KIT int mount_overlay(const char *host, const char *layer)
{
    char options[400], merged[100];

    close(kit_dir("work"));
    close(kit_dir("merged"));
    snprintf(merged, sizeof(merged), "%s/merged", kit_root());
    snprintf(options, sizeof(options), "lowerdir=%s/%s,upperdir=%s/%s,workdir=%s/work,userxattr",
             kit_root(), host, kit_root(), layer, kit_root());
    if (mount("overlay", merged, "overlay", 0, options))
        return -1;
    return open(merged, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

KIT void unmount_overlay(int fd)
{
    char merged[100];

    snprintf(merged, sizeof(merged), "%s/merged", kit_root());
    close(fd);
    if (umount(merged))
        kit_die("umount", merged);
}
