/* launcher/start.c: from a VM at rest in the store to a running one that is held. See launcher.h.
 */
#include "launcher/cage.h"
#include "store/file.h"
#include "store/layer.h"
#include "store/update.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Another fvm may just start, fold or commit this VM: that takes less than this. */
#define PATIENCE_TRIES   1000
#define PATIENCE_STEP_NS 10000000

int fvm_vm_recover(const struct fvm_store *store, const struct fvm_vm *vm, fvm_host_opener *opener,
                   void *context, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int version = fvm_vm_version(store, vm, err);
    FVM_CLEANUP(fd) int layer = -1;
    int result;

    if (version < 0)
        return version;
    fvm_vm_sweep_views(vm);
    layer = fvm_vm_layer(vm, err);
    result = layer < 0 ? layer : fvm_vm_rest(store, vm, layer, opener, context, err);
    return result ? result : fvm_hives_fold(vm, version, err);
}

/* What the launcher and the VM's programs find in its folder while it runs. */
static int prepare(const struct fvm_vm *vm, int version, const struct fvm_terms *terms,
                   struct fvm_error *err)
{
    FVM_CLEANUP(fd) int layer = -1;
    FVM_CLEANUP(fd) int run = -1;
    int result;

    if (!vm->shared) {
        result = fvm_hives_prepare(vm, version, err);
        return result ? result : fvm_conf_save(&terms->said, vm->fd, "run/terms", err);
    }
    layer = fvm_vm_layer(vm, err);
    if (layer < 0)
        return layer;
    run = fvm_dir_make(vm->fd, "run", 0700, err);
    return run < 0 ? run : fvm_layer_wake(layer, err);
}

/* The VM is locked, and at rest. */
static int start_locked(int *hold, const struct fvm_store *store, const struct fvm_wine *wine,
                        struct fvm_vm *vm, const struct fvm_terms *terms,
                        const struct fvm_folder *folders, size_t folder_count, char *user,
                        struct fvm_error *err)
{
    FVM_CLEANUP(base) struct fvm_base base = {.fd = -1};
    FVM_CLEANUP(fd) int version = -1;
    char prefix[128];
    struct fvm_start start = {.store = store,
                              .wine = wine,
                              .vm_dir = vm->path,
                              .prefix = prefix,
                              .user = user,
                              .terms = terms,
                              .boot = FVM_BOOT_LEAN,
                              .folders = folders,
                              .folder_count = folder_count,
                              .shared = vm->shared,
                              .lasts = vm->windows};
    int result = fvm_base_open(&base, store, fvm_conf_get(&vm->conf, "base"), false, err);

    if (!result)
        result = fvm_vm_recover(store, vm, NULL, NULL, err);
    if (!result)
        result = fvm_vm_update(store, &base, vm, err);
    if (result)
        return result;
    version = fvm_base_version(&base, vm->version, err);
    if (version < 0)
        return version;
    result = fvm_disk_fits(vm->fd, vm->name, terms, err);
    if (!result)
        result = prepare(vm, version, terms, err);
    if (result)
        return result;
    snprintf(user, FVM_USER_CAP, "%s", base.user);
    snprintf(prefix, sizeof(prefix), "%s/run/prefix", vm->path);
    start.base = base.name;
    start.version = vm->version;
    start.wine32 = wine->pe32_dir[0] && fvm_base_has_32bit(version);
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

int fvm_vm_terms(struct fvm_terms *terms, const struct fvm_vm *vm, struct fvm_error *err)
{
    FVM_CLEANUP(conf) struct fvm_conf conf = {0};
    int result;

    *terms = fvm_terms_none;
    if (vm->shared) /* they have none */
        return 0;
    result = fvm_conf_load(&conf, vm->fd, "run/terms", FVM_VM_CONF_MAX_CB, FVM_VM_FORMAT, err);
    if (!result && fvm_failed(fvm_terms_add_missing(terms, &conf, err))) {
        fvm_error_prefix(err, "run/terms of VM '%s'", vm->name);
        result = -EBADMSG;
    }
    return result;
}

/* What a VM runs on is settled when it starts. */
static int compare_terms(const struct fvm_vm *vm, const struct fvm_terms *asked,
                         struct fvm_error *err)
{
    FVM_CLEANUP(terms) struct fvm_terms terms = fvm_terms_none;
    const char *key, *its;
    int result;

    if (!asked->said.count)
        return 0;
    result = fvm_vm_terms(&terms, vm, err);
    if (result)
        return result;
    key = fvm_terms_differ(asked, &terms);
    if (!key)
        return 0;
    its = fvm_conf_get(&terms.said, key);
    return fvm_fail(err, -EPERM, "VM '%s' runs with%s --%s%s%s; end it first: fvm stop %s",
                    vm->name, its ? "" : "out", key, its ? " " : "", its ? its : "", vm->name);
}

static int join_running(struct fvm_link *link, const struct fvm_store *store, struct fvm_vm *vm,
                        const struct fvm_terms *asked, char *user, struct fvm_error *err)
{
    int result = fvm_link_open(link, store, vm->path, err);

    if (result)
        return result;
    result = fvm_base_user(user, store, fvm_conf_get(&vm->conf, "base"), err);
    if (!result)
        result = compare_terms(vm, asked, err);
    if (!result)
        return 0;
    fvm_link_release(link);
    fvm_link_close(link);
    return result == -ENOENT ? -EIO : result; /* -ENOENT would say that it does not run */
}

int fvm_vm_start(struct fvm_link *link, const struct fvm_store *store, const struct fvm_wine *wine,
                 struct fvm_vm *vm, const struct fvm_terms *terms, const struct fvm_terms *asked,
                 const struct fvm_folder *folders, size_t folder_count, char *user,
                 struct fvm_error *err)
{
    struct timespec step = {.tv_nsec = PATIENCE_STEP_NS};
    int result = -EBUSY;

    for (int i = 0; i < PATIENCE_TRIES; i++) {
        FVM_CLEANUP(fd) int hold = -1;

        if (!fvm_lock(vm->fd, true, false)) {
            if (!fvm_vm_is_there(store, vm))
                return fvm_fail(err, -ESTALE, "VM '%s' has just been deleted", vm->name);
            if (!terms)
                return fvm_fail(err, -EAGAIN, "VM '%s' has just ended; say it again", vm->name);
            result = start_locked(&hold, store, wine, vm, terms, folders, folder_count, user, err);
            if (forget_lock(vm) || result)
                return result ? result : fvm_fail(err, -EIO, "VM '%s' went away", vm->name);
        }
        result = join_running(link, store, vm, asked, user, err);
        if (result != -ENOENT)
            return result;
        nanosleep(&step, NULL);
    }
    return fvm_fail(err, -EBUSY, "VM '%s' is being worked on by another fvm; try again later",
                    vm->name);
}
