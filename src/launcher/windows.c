/* launcher/windows.c: the Windows that shared VMs run in: a throw-away sealed VM for each version
 * of a base. See seal.h. */
#include "launcher/seal.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NUMBERS = 65535, TRIES = 100 };

/* A number is its holder's while a file of that name is locked: whoever dies gives it back. */
static int take_number(int *slot, const struct fvm_vm *windows, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int slots = fvm_dir_make(windows->fd, "slots", 0700, err);
    char name[16];

    if (slots < 0)
        return slots;
    for (int number = 1; number <= NUMBERS; number++) {
        FVM_CLEANUP(fd) int fd = -1;

        snprintf(name, sizeof(name), "%d", number);
        fd = openat(slots, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
            return fvm_fail(err, -errno, "cannot take a number in the shared Windows: %s",
                            strerror(errno));
        if (!fvm_lock(fd, true, false)) {
            *slot = FVM_STEAL(fd, -1);
            return number;
        }
    }
    return fvm_fail(err, -EUSERS, "too many shared VMs run");
}

int fvm_windows_enter(struct fvm_link *windows, int *slot, const struct fvm_start *start,
                      struct fvm_error *err)
{
    FVM_CLEANUP(vm) struct fvm_vm vm = {.fd = -1};
    char user[FVM_USER_CAP];
    int result = -ESTALE;

    /* It is deleted with its last VM; then there will be another one. */
    for (int i = 0; i < TRIES && result == -ESTALE; i++) {
        fvm_vm_close(&vm);
        result = fvm_vm_windows(&vm, start->store, start->base, start->version, err);
        if (!result)
            result = fvm_vm_start(windows, start->store, start->wine, &vm, &fvm_terms_none,
                                  &fvm_terms_none, NULL, 0, user, err);
    }
    if (result)
        return result == -ENOENT ? -EIO : result; /* -ENOENT would say: no program */
    result = take_number(slot, &vm, err);
    if (result < 0) {
        fvm_link_release(windows);
        fvm_link_close(windows);
    }
    return result;
}

void fvm_windows_layer(char path[32], unsigned number)
{
    snprintf(path, 32, "/vm/%u", number);
}

void fvm_windows_remove_layer(const struct fvm_link *windows, unsigned number)
{
    char path[32];
    pid_t pid = fork();

    if (pid > 0)
        waitpid(pid, NULL, 0);
    if (pid)
        return;
    fvm_windows_layer(path, number);
    if (!setns(windows->ns[FVM_NS_USER], 0) && !setns(windows->ns[FVM_NS_MNT], 0))
        umount2(path, MNT_DETACH);
    _exit(0);
}
