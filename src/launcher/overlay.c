/* launcher/overlay.c: one overlay file system by the kernel's mount calls by descriptor. See
 * seal.h. */
#include "core/text.h"
#include "launcher/seal.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

/* overlayfs splits lowerdir at ':' and takes '\\' as escape in every directory option. */
static void add_escaped(struct fvm_text *text, const char *path)
{
    for (; *path; path++) {
        if (*path == ':' || *path == '\\' || *path == ',')
            fvm_text_putc(text, '\\');
        fvm_text_putc(text, *path);
    }
}

static int set_dir(int fs, const char *key, const char *path, const char *below)
{
    FVM_CLEANUP(text) struct fvm_text text = {0};

    add_escaped(&text, path);
    if (below) {
        fvm_text_putc(&text, ':');
        add_escaped(&text, below);
    }
    if (text.failed)
        return -ENOMEM;
    return fsconfig(fs, FSCONFIG_SET_STRING, key, text.s, 0) ? -errno : 0;
}

/* A layer's folder below a shown one may have been written by the VM, which may run: were it a link
 * by now, the kernel would follow it out of the layer. It is opened without links, and named by
 * its descriptor. */
static int set_own_dir(int fs, const char *key, const char *path, int *fd)
{
    struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                           .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    char link[40];

    *fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
    if (*fd < 0)
        return -errno;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", *fd);
    return set_dir(fs, key, link, NULL);
}

/* The kernel keeps its own words for a refused mount in the context. */
static void kernels_words(int fs, char *words, size_t cap)
{
    ssize_t cb = read(fs, words, cap - 1);

    words[cb > 0 ? cb : 0] = 0;
    words[strcspn(words, "\n")] = 0;
}

int fvm_overlay_make(const struct fvm_overlay *overlay, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int fs = fsopen("overlay", FSOPEN_CLOEXEC);
    FVM_CLEANUP(fd) int upper = -1;
    FVM_CLEANUP(fd) int work = -1;
    char words[256];
    int result, mount_fd;

    if (fs < 0)
        return fvm_fail(err, -errno,
                        "the kernel offers no overlay file system here: %s (FVM needs Linux 5.11 "
                        "with overlayfs)",
                        strerror(errno));
    result = set_dir(fs, "lowerdir", overlay->lower, overlay->below);
    if (!result)
        result = set_own_dir(fs, "upperdir", overlay->upper, &upper);
    if (!result)
        result = set_own_dir(fs, "workdir", overlay->work, &work);
    if (!result && fsconfig(fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0))
        result = -errno;
    if (!result && fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
        result = -errno;
    if (result) {
        kernels_words(fs, words, sizeof(words));
        return fvm_fail(err, result, "cannot lay '%s' over '%s': %s%s%s", overlay->upper,
                        overlay->lower, strerror(-result), words[0] ? "; kernel: " : "", words);
    }
    mount_fd = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    if (mount_fd < 0)
        return fvm_fail(err, -errno, "cannot mount an overlay: %s", strerror(errno));
    return mount_fd;
}

int fvm_overlay_place(int mount_fd, const char *path, struct fvm_error *err)
{
    if (move_mount(mount_fd, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH))
        return fvm_fail(err, -errno, "cannot mount an overlay at '%s': %s", path, strerror(errno));
    return 0;
}
