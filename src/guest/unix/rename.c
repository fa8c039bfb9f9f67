/* guest/unix/rename.c: rename(2) of directories that come from the base.
 *
 * Overlayfs without redirect_dir answers EXDEV for a directory of the lower layer: the caller shall
 * copy. Wine's server, which does all renames of Windows programs, hands that error on, and
 * MoveFile of such a directory fails, which no Windows program expects on one drive. The copy is
 * made here. The server answers nobody meanwhile: 1,000 small files are about 0.1 s. */
#include "guest/unix/guest.h"
#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

static bool active;

/* True when path is a directory whose move to a name beside `to` overlayfs itself refused: both on
 * one overlay. A move between two mounts keeps its EXDEV. */
static bool is_refused_by_overlay(const char *path, const char *to)
{
    struct stat source, parent;
    struct statfs system;
    char copy[FVM_PATH_CB];

    if (strlen(to) >= sizeof(copy) || lstat(path, &source) || !S_ISDIR(source.st_mode))
        return false;
    strcpy(copy, to);
    if (stat(dirname(copy), &parent) || parent.st_dev != source.st_dev)
        return false;
    return !statfs(path, &system) && system.f_type == OVERLAYFS_SUPER_MAGIC;
}

/* True when the server holds a file below folder open: Windows refuses the move then, and a copy
 * would take the file from under its users. All files of Windows programs are open in the server.
 */
static bool has_open_files(const char *folder)
{
    char real[PATH_MAX], link[32], target[PATH_MAX];
    DIR *fds = opendir("/proc/self/fd");
    struct dirent *entry;
    bool found = false;
    size_t length;

    if (!fds || !realpath(folder, real)) {
        if (fds)
            closedir(fds);
        return true;
    }
    length = strlen(real);
    while (!found && (entry = readdir(fds))) {
        ssize_t size;

        snprintf(link, sizeof(link), "%.16s", entry->d_name);
        size = readlinkat(dirfd(fds), link, target, sizeof(target) - 1);
        found = size > (ssize_t)length && !memcmp(target, real, length) && target[length] == '/';
    }
    closedir(fds);
    return found;
}

/** libc's rename; in wineserver64 it also moves directories of the overlay's lower layer. */
FVM_EXPORT int rename(const char *from, const char *to)
{
    int error;

    if (!syscall(SYS_rename, from, to))
        return 0;
    if (!active || errno != EXDEV)
        return -1;
    if (!is_refused_by_overlay(from, to)) {
        errno = EXDEV;
        return -1;
    }
    if (has_open_files(from)) {
        errno = EACCES;
        return -1;
    }
    error = fvm_tree_move(from, to);
    if (!error)
        return 0;
    errno = error == -ENOSPC || error == -EDQUOT ? ENOSPC : error == -EBUSY ? EACCES : EXDEV;
    return -1;
}

void fvm_rename_start(void)
{
    active = true;
}
