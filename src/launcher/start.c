/* launcher/start.c: from a VM at rest in the store to a running one that is held. See launcher.h.
 */
#include "launcher/launcher.h"
#include "store/file.h"
#include "store/update.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Another fvm may just start, fold or commit this VM: that takes less than this. */
#define PATIENCE_TRIES   1000
#define PATIENCE_STEP_NS 10000000

int fvm_vm_recover(const struct fvm_store *store, const struct fvm_vm *vm, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int version = -1;
    char path[256];

    snprintf(path, sizeof(path), "bases/%s/versions/%u", fvm_conf_get(&vm->conf, "base"),
             vm->version);
    version = fvm_dir_open(store->fd, path);
    if (version < 0)
        return fvm_fail(err, version, "VM '%s' needs version %u of base '%s', which is missing: %s",
                        vm->name, vm->version, fvm_conf_get(&vm->conf, "base"), strerror(-version));
    return fvm_hives_fold(vm, version, err);
}

/* The VM is locked, and at rest. */
static int start_locked(int *hold, const struct fvm_store *store, const struct fvm_wine *wine,
                        struct fvm_vm *vm, char *user, struct fvm_error *err)
{
    FVM_CLEANUP(base) struct fvm_base base = {.fd = -1};
    FVM_CLEANUP(fd) int version = -1;
    char vm_dir[128], prefix[160];
    struct fvm_start start = {.store = store,
                              .wine = wine,
                              .vm_dir = vm_dir,
                              .prefix = prefix,
                              .user = user,
                              .boot = FVM_BOOT_LEAN};
    int result = fvm_base_open(&base, store, fvm_conf_get(&vm->conf, "base"), false, err);

    if (!result)
        result = fvm_vm_recover(store, vm, err);
    if (!result)
        result = fvm_vm_update(store, &base, vm, err);
    if (result)
        return result;
    version = fvm_base_version(&base, vm->version, err);
    if (version < 0)
        return version;
    result = fvm_hives_prepare(vm, version, err);
    if (result)
        return result;
    snprintf(user, 64, "%s", base.user);
    snprintf(vm_dir, sizeof(vm_dir), "vms/%s", vm->name);
    snprintf(prefix, sizeof(prefix), "vms/%s/run/prefix", vm->name);
    start.base = base.name;
    start.version = vm->version;
    return fvm_launch(&start, vm->fd, hold, err);
}

/* Our copy of the lock must go, or the VM would look taken for as long as we live. */
static int forget_lock(struct fvm_vm *vm)
{
    int fd = fvm_dir_open(vm->fd, ".");

    if (fd < 0)
        return fd;
    close(vm->fd);
    vm->fd = fd;
    return 0;
}

static int join_running(struct fvm_link *link, const struct fvm_store *store, struct fvm_vm *vm,
                        char *user, struct fvm_error *err)
{
    FVM_CLEANUP(base) struct fvm_base base = {.fd = -1};
    char vm_dir[128];
    int result;

    snprintf(vm_dir, sizeof(vm_dir), "vms/%s", vm->name);
    result = fvm_link_open(link, store, vm_dir, err);
    if (result)
        return result;
    /* Being updated is no obstacle: only the user's name is wanted, and it never changes. */
    if (fvm_base_open(&base, store, fvm_conf_get(&vm->conf, "base"), false, err) && !base.user[0])
        snprintf(base.user, sizeof(base.user), "%s", "user");
    snprintf(user, 64, "%s", base.user);
    return 0;
}

int fvm_vm_start(struct fvm_link *link, const struct fvm_store *store, const struct fvm_wine *wine,
                 struct fvm_vm *vm, char *user, struct fvm_error *err)
{
    struct timespec step = {.tv_nsec = PATIENCE_STEP_NS};
    int result = -EBUSY;

    for (int i = 0; i < PATIENCE_TRIES; i++) {
        FVM_CLEANUP(fd) int hold = -1;

        if (!fvm_lock(vm->fd, true, false)) {
            result = start_locked(&hold, store, wine, vm, user, err);
            if (forget_lock(vm) || result)
                return result ? result : fvm_fail(err, -EIO, "VM '%s' went away", vm->name);
        }
        result = join_running(link, store, vm, user, err);
        if (result != -ENOENT)
            return result;
        nanosleep(&step, NULL);
    }
    return fvm_fail(err, -EBUSY, "VM '%s' is being worked on by another fvm; try again later",
                    vm->name);
}
