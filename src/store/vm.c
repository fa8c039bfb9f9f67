/* store/vm.c: making, opening, locking and removing VMs at rest. See store.h. */
#include "core/fold.h"
#include "core/name.h"
#include "core/text.h"
#include "store/change.h"
#include "store/file.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

static int set_number(struct fvm_conf *conf, const char *key, unsigned number)
{
    char text[16];

    snprintf(text, sizeof(text), "%u", number);
    return fvm_failed(fvm_conf_set(conf, key, text)) ? -ENOMEM : 0;
}

int fvm_vm_save(struct fvm_vm *vm, struct fvm_error *err)
{
    if (set_number(&vm->conf, "version", vm->version))
        return fvm_fail(err, -ENOMEM, "out of memory");
    return fvm_conf_save(&vm->conf, vm->fd, "vm.conf", err);
}

/* VM names are one name space without case, whatever the file system below thinks. */
static bool name_taken(int vms, const char *name, char *found, size_t found_cap)
{
    FVM_CLEANUP(names) char **names = NULL;

    if (fvm_dir_names(vms, &names, NULL))
        return false;
    for (char **other = names; *other; other++)
        if (!fvm_name_cmp(*other, name)) {
            snprintf(found, found_cap, "%s", *other);
            return true;
        }
    return false;
}

static int check_marks(int layer, const struct fvm_store *store, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int probe = fvm_dir_make(layer, "files", 0755, err);

    if (probe < 0)
        return probe;
    if (!fsetxattr(probe, "user.fvm.probe", "y", 1, 0) && !fremovexattr(probe, "user.fvm.probe"))
        return 0;
    if (errno == EOPNOTSUPP || errno == ENOSPC)
        return fvm_fail(err, -errno,
                        "the file system of the store '%s' cannot keep a VM's marks (user extended "
                        "attributes: %s); set FVM_HOME to a folder on ext4, xfs, btrfs, or tmpfs "
                        "of Linux 6.6 or newer",
                        store->path, strerror(errno));
    return fvm_fail(err, -errno, "cannot mark files in the store '%s': %s", store->path,
                    strerror(errno));
}

static int make_folders(const struct fvm_vm *vm, const struct fvm_store *store,
                        struct fvm_error *err)
{
    static const char *const folders[] = {"log", "layers/1/files/C", "layers/1/work"};
    FVM_CLEANUP(fd) int layer = -1;

    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        int fd = fvm_dir_make_path(vm->fd, folders[i], 0755, err);

        if (fd < 0)
            return fd;
        close(fd);
    }
    layer = fvm_vm_layer(vm, err);
    return layer < 0 ? layer : check_marks(layer, store, err);
}

static int make_conf(struct fvm_vm *vm, const struct fvm_base *base, const char *level,
                     struct fvm_error *err)
{
    char when[32];
    time_t now = time(NULL);
    struct tm utc;
    bool ok;

    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    ok = !fvm_failed(fvm_conf_set(&vm->conf, "level", level)) &&
         !fvm_failed(fvm_conf_set(&vm->conf, "base", base->name)) &&
         !fvm_failed(fvm_conf_set(&vm->conf, "created", when)) &&
         (!vm->temporary || !fvm_failed(fvm_conf_set(&vm->conf, "temporary", "yes"))) &&
         (!vm->windows || !fvm_failed(fvm_conf_set(&vm->conf, "windows", "yes")));
    if (!ok)
        return fvm_fail(err, -ENOMEM, "out of memory");
    vm->version = base->current;
    vm->shared = !strcmp(level, FVM_SHARED);
    return fvm_vm_save(vm, err);
}

static void set_name(struct fvm_vm *vm, const char *name)
{
    snprintf(vm->name, sizeof(vm->name), "%s", name);
    snprintf(vm->path, sizeof(vm->path), "vms/%s", name);
}

static void temporary_name(char *name, size_t cap)
{
    unsigned number;

    if (getrandom(&number, sizeof(number), 0) != sizeof(number))
        number = (unsigned)getpid() * 2654435761u;
    snprintf(name, cap, "tmp-%08x", number);
}

/* Whole under a name that the sweep knows, then renamed: a VM is there whole or not at all. */
static int build(struct fvm_vm *vm, const struct fvm_store *store, int vms,
                 const struct fvm_base *base, const char *level, struct fvm_error *err)
{
    char draft[100];
    int result;

    snprintf(draft, sizeof(draft), ".new-%s", vm->name);
    /* The sweep of another fvm must not take the draft between its making and its lock. */
    fvm_lock(vms, false, true);
    vm->fd = fvm_dir_make(vms, draft, 0700, err);
    if (vm->fd < 0)
        return vm->fd;
    if (fvm_lock(vm->fd, true, false))
        return fvm_fail(err, -EBUSY, "VM '%s' is just being made by another fvm", vm->name);
    flock(vms, LOCK_UN);
    result = make_folders(vm, store, err);
    if (!result)
        result = make_conf(vm, base, level, err);
    if (!result && renameat2(vms, draft, vms, vm->name, RENAME_NOREPLACE))
        result = fvm_fail(err, -errno, "cannot create VM '%s': %s", vm->name, strerror(errno));
    if (result)
        fvm_tree_remove(vms, draft, NULL);
    return result;
}

/* @param vm what it is to be: temporary, windows */
static int create(struct fvm_vm *vm, const struct fvm_store *store, const char *name,
                  const char *base_name, const char *level, struct fvm_error *err)
{
    FVM_CLEANUP(base) struct fvm_base base = {.fd = -1};
    FVM_CLEANUP(fd) int vms = fvm_dir_open(store->fd, "vms");
    char other[300];
    int result;

    if (vms < 0)
        return fvm_fail(err, vms, "cannot open the store's folder vms: %s", strerror(-vms));
    set_name(vm, name);
    if (name_taken(vms, vm->name, other, sizeof(other)))
        return fvm_fail(err, -EEXIST, "VM '%s' exists already", other);
    result = fvm_base_open(&base, store, base_name, false, err);
    return result ? result : build(vm, store, vms, &base, level, err);
}

int fvm_vm_create(struct fvm_vm *vm, const struct fvm_store *store, const char *name,
                  const char *base, const char *level, const struct fvm_terms *terms,
                  struct fvm_error *err)
{
    char own[32];

    *vm = (struct fvm_vm){.fd = -1, .temporary = !name};
    if (name && fvm_failed(fvm_name_check(name, err)))
        return -EINVAL;
    if (name && !strncasecmp(name, "tmp-", 4))
        return fvm_fail(err, -EINVAL, "'%s': names that begin with 'tmp-' are for throw-away VMs",
                        name);
    if (!name)
        temporary_name(own, sizeof(own));
    if (terms && fvm_failed(fvm_terms_put(terms, &vm->conf)))
        return fvm_fail(err, -ENOMEM, "out of memory");
    return create(vm, store, name ? name : own, base, level, err);
}

int fvm_vm_windows(struct fvm_vm *vm, const struct fvm_store *store, const char *base,
                   unsigned version, struct fvm_error *err)
{
    static const struct timespec step = {.tv_nsec = 5000000};
    const char *found;
    char name[80];
    int result = -EEXIST;

    snprintf(name, sizeof(name), "tmp-shared-%.40s-%u", base, version);
    for (int i = 0; i < 500 && (result == -EEXIST || result == -EBUSY); i++) {
        if (i)
            nanosleep(&step, NULL); /* another fvm makes it */
        result = fvm_vm_open(vm, store, name, err);
        if (result != -ENOENT)
            break;
        fvm_vm_close(vm);
        *vm = (struct fvm_vm){.fd = -1, .temporary = true, .windows = true};
        result = create(vm, store, name, base, FVM_SEALED, err);
    }
    if (result)
        return result;
    found = fvm_conf_get(&vm->conf, "base");
    if (vm->version != version || !found || strcmp(found, base) != 0)
        return fvm_fail(err, -EBUSY, "base '%s' has just changed; try again", base);
    return 0;
}

static int unknown_vm(int vms, const char *name, struct fvm_error *err)
{
    char other[300];

    if (name_taken(vms, name, other, sizeof(other)))
        return fvm_fail(err, -ENOENT, "no VM '%s'; there is one named '%s'", name, other);
    return fvm_fail(err, -ENOENT, "no VM '%s'; see: fvm list", name);
}

int fvm_vm_open(struct fvm_vm *vm, const struct fvm_store *store, const char *name,
                struct fvm_error *err)
{
    FVM_CLEANUP(fd) int vms = fvm_dir_open(store->fd, "vms");
    const char *version, *level;
    int result;

    *vm = (struct fvm_vm){.fd = -1};
    if (vms < 0)
        return fvm_fail(err, vms, "cannot open the store's folder vms: %s", strerror(-vms));
    if (fvm_failed(fvm_name_check(name, err)))
        return -EINVAL;
    set_name(vm, name);
    vm->fd = fvm_dir_open(vms, name);
    if (vm->fd == -ENOENT || vm->fd == -ENOTDIR)
        return unknown_vm(vms, name, err);
    if (vm->fd < 0)
        return fvm_fail(err, vm->fd, "cannot open VM '%s': %s", name, strerror(-vm->fd));
    result = fvm_conf_load(&vm->conf, vm->fd, "vm.conf", FVM_VM_CONF_MAX_CB, FVM_VM_FORMAT, err);
    if (result) {
        fvm_error_prefix(err, "VM '%s'", name);
        return result;
    }
    version = fvm_conf_get(&vm->conf, "version");
    vm->version = version ? (unsigned)strtoul(version, NULL, 10) : 0;
    vm->temporary = fvm_conf_get(&vm->conf, "temporary") != NULL;
    vm->windows = fvm_conf_get(&vm->conf, "windows") != NULL;
    level = fvm_conf_get(&vm->conf, "level");
    vm->shared = level && !strcmp(level, FVM_SHARED);
    if (!vm->version || !fvm_conf_get(&vm->conf, "base"))
        return fvm_fail(err, -EBADMSG, "VM '%s': vm.conf lacks 'base' or 'version'", name);
    return 0;
}

void fvm_vm_close(struct fvm_vm *vm)
{
    fvm_close(vm->fd);
    fvm_conf_free(&vm->conf);
    vm->fd = -1;
    vm->conf = (struct fvm_conf){0};
}

bool fvm_vm_is_there(const struct fvm_store *store, const struct fvm_vm *vm)
{
    struct stat ours, there;

    return !fstat(vm->fd, &ours) && !fstatat(store->fd, vm->path, &there, AT_SYMLINK_NOFOLLOW) &&
           ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

int fvm_vm_lock(struct fvm_vm *vm, const char *to_do_what, struct fvm_error *err)
{
    if (!fvm_lock(vm->fd, true, false))
        return 0;
    return fvm_fail(
        err, -EBUSY,
        "cannot %s VM '%s' while it runs or another fvm works on it; stop it with: fvm stop %s",
        to_do_what, vm->name, vm->name);
}

int fvm_vm_delete(const struct fvm_store *store, struct fvm_vm *vm, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int vms = fvm_dir_open(store->fd, "vms");
    char gone[100];

    if (vms < 0)
        return fvm_fail(err, vms, "cannot open the store's folder vms: %s", strerror(-vms));
    snprintf(gone, sizeof(gone), ".del-%s-%d", vm->name, (int)getpid());
    if (renameat(vms, vm->name, vms, gone))
        return fvm_fail(err, -errno, "cannot delete VM '%s': %s", vm->name, strerror(errno));
    return fvm_tree_remove(vms, gone, err);
}

int fvm_vm_layer(const struct fvm_vm *vm, struct fvm_error *err)
{
    int fd = fvm_dir_open(vm->fd, "layers/1");

    if (fd < 0)
        return fvm_fail(err, fd, "VM '%s' lacks its layer: %s", vm->name, strerror(-fd));
    return fd;
}

int fvm_vm_version(const struct fvm_store *store, const struct fvm_vm *vm, struct fvm_error *err)
{
    const char *base = fvm_conf_get(&vm->conf, "base");
    char path[256];
    int fd;

    snprintf(path, sizeof(path), "bases/%s/versions/%u", base, vm->version);
    fd = fvm_dir_open(store->fd, path);
    if (fd < 0)
        return fvm_fail(err, fd, "VM '%s' needs version %u of base '%s', which is missing: %s",
                        vm->name, vm->version, base, strerror(-fd));
    return fd;
}
