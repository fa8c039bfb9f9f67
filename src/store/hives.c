/*
 * store/hives.c: a VM's registry between its two forms: a delta at rest (registry.reg), whole hives
 * in run/prefix while it runs. See store.h.
 *
 * Crash rule: run/ comes into being by one rename, when all hives are in it. While it is there, its
 * hives are the truth (wineserver replaces each as one step); the delta is written before run/
 * goes.
 */
#include "core/reg.h"
#include "core/text.h"
#include "store/change.h"
#include "store/file.h"
#include "store/noise.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* All hives together, as a VM wrote them: forty times a usual prefix. Tiny keys take fifty times
 * their text in memory. */
#define MAX_HIVES_CB ((size_t)64 << 20)
#define MAX_DELTA_CB ((size_t)512 << 20)

static const struct hive {
    const char *file, *root, *relative;
} hives[] = {
    {"system.reg", "HKEY_LOCAL_MACHINE", "REGISTRY\\\\Machine"},
    {"user.reg", "HKEY_CURRENT_USER", "REGISTRY\\\\User\\\\S-1-5-21-0-0-0-1000"},
    {"userdef.reg", "HKEY_USERS\\.Default", "REGISTRY\\\\User\\\\.Default"},
};

static int from_status(fvm_status status)
{
    return status == FVM_NO_MEMORY      ? -ENOMEM
           : status == FVM_NEWER_FORMAT ? -EPROTO
           : fvm_failed(status)         ? -EBADMSG
                                        : 0;
}

int fvm_hives_read(struct fvm_reg **reg, int dir_fd, struct fvm_error *err)
{
    FVM_CLEANUP(reg) struct fvm_reg *all = fvm_reg_new();
    size_t left_cb = MAX_HIVES_CB;

    if (!all)
        return fvm_fail(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < ARRAY_LEN(hives); i++) {
        FVM_CLEANUP(text) struct fvm_text text = {0};
        int result = fvm_file_read(&text, dir_fd, hives[i].file, left_cb, err);

        if (result)
            return result;
        left_cb -= text.cb;
        result = from_status(fvm_reg_add_hive(all, hives[i].root, text.s, text.cb, err));
        if (result) {
            fvm_error_prefix(err, "%s", hives[i].file);
            return result;
        }
    }
    *reg = FVM_STEAL(all, NULL);
    return 0;
}

int fvm_hives_write(struct fvm_reg *reg, int dir_fd, struct fvm_error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(hives); i++) {
        FVM_CLEANUP(text) struct fvm_text text = {0};
        int result = from_status(fvm_reg_write_hive(reg, hives[i].root, hives[i].relative, &text));

        if (result || text.failed)
            return fvm_fail(err, -ENOMEM, "out of memory");
        result = fvm_file_write(dir_fd, hives[i].file, text.s, text.cb, 0644, err);
        if (result)
            return result;
    }
    return 0;
}

/* The layer's own delta; *delta stays NULL when the layer has none. */
static int read_delta(struct fvm_reg **delta, int layer, struct fvm_error *err)
{
    FVM_CLEANUP(text) struct fvm_text text = {0};
    int result;

    if (!fvm_exists(layer, "registry.reg"))
        return 0;
    result = fvm_file_read(&text, layer, "registry.reg", MAX_DELTA_CB, err);
    if (result)
        return result;
    result = from_status(fvm_reg_read_delta(delta, text.s, text.cb, true, err));
    if (result)
        fvm_error_prefix(err, "registry.reg");
    return result;
}

int fvm_hives_save_delta(const struct fvm_vm *vm, struct fvm_reg *delta, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int layer = fvm_vm_layer(vm, err);
    FVM_CLEANUP(text) struct fvm_text text = {0};

    if (layer < 0)
        return layer;
    if (!fvm_reg_key_count(delta)) {
        if (unlinkat(layer, "registry.reg", 0) && errno != ENOENT)
            return fvm_fail(err, -errno, "cannot remove registry.reg: %s", strerror(errno));
        return 0;
    }
    if (fvm_failed(fvm_reg_write_delta(delta, FVM_REG_END_MARK, &text)) || text.failed)
        return fvm_fail(err, -ENOMEM, "out of memory");
    return fvm_file_write(layer, "registry.reg", text.s, text.cb, 0600, err);
}

static int write_merged(int prefix, int version_fd, struct fvm_reg *delta, struct fvm_error *err)
{
    FVM_CLEANUP(reg) struct fvm_reg *reg = NULL;
    int result = fvm_hives_read(&reg, version_fd, err);

    if (result) {
        fvm_error_prefix(err, "base");
        return result;
    }
    if (fvm_failed(fvm_reg_apply(reg, delta)))
        return fvm_fail(err, -ENOMEM, "out of memory");
    return fvm_hives_write(reg, prefix, err);
}

static int copy_hives(int prefix, int version_fd, struct fvm_error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(hives); i++) {
        int result = fvm_file_copy(version_fd, hives[i].file, prefix, hives[i].file, 0644, err);

        if (result)
            return result;
    }
    return 0;
}

static int make_prefix(int prefix, int version_fd, struct fvm_error *err)
{
    if (mkdirat(prefix, "dosdevices", 0755) || mkdirat(prefix, "drive_c", 0755) ||
        symlinkat("../drive_c", prefix, "dosdevices/c:") || symlinkat("/", prefix, "dosdevices/z:"))
        return fvm_fail(err, -errno, "cannot make the VM's prefix: %s", strerror(errno));
    return fvm_file_copy(version_fd, ".update-timestamp", prefix, ".update-timestamp", 0644, err);
}

int fvm_hives_prepare(const struct fvm_vm *vm, int version_fd, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int layer = fvm_vm_layer(vm, err);
    FVM_CLEANUP(fd) int prefix = -1;
    FVM_CLEANUP(reg) struct fvm_reg *delta = NULL;
    int result = layer < 0 ? layer : fvm_tree_remove(vm->fd, "run.new", err);

    if (!result)
        result = read_delta(&delta, layer, err);
    if (result) {
        fvm_error_prefix(err, "VM '%s'", vm->name);
        return result;
    }
    prefix = fvm_dir_make_path(vm->fd, "run.new/prefix", 0700, err);
    if (prefix < 0)
        return prefix;
    result = make_prefix(prefix, version_fd, err);
    if (!result)
        result = delta ? write_merged(prefix, version_fd, delta, err)
                       : copy_hives(prefix, version_fd, err);
    if (!result && renameat(vm->fd, "run.new", vm->fd, "run"))
        result = fvm_fail(err, -errno, "cannot start VM '%s': %s", vm->name, strerror(errno));
    if (result)
        fvm_tree_remove(vm->fd, "run.new", NULL);
    return result;
}

static int running_delta(struct fvm_reg **delta, int prefix, int version_fd, struct fvm_error *err)
{
    FVM_CLEANUP(reg) struct fvm_reg *before = NULL;
    FVM_CLEANUP(reg) struct fvm_reg *after = NULL;
    FVM_CLEANUP(reg) struct fvm_reg *all = NULL;
    int result = fvm_hives_read(&before, version_fd, err);

    if (!result)
        result = fvm_hives_read(&after, prefix, err);
    if (result)
        return result;
    if (fvm_failed(fvm_reg_diff(&all, before, after)) ||
        fvm_failed(fvm_reg_split(NULL, delta, all, fvm_noise_registry, NULL)))
        return fvm_fail(err, -ENOMEM, "out of memory");
    return 0;
}

int fvm_hives_delta(struct fvm_reg **delta, const struct fvm_vm *vm, int version_fd,
                    struct fvm_error *err)
{
    FVM_CLEANUP(fd) int prefix = fvm_dir_open(vm->fd, "run/prefix");
    FVM_CLEANUP(fd) int layer = -1;
    int result;

    *delta = NULL;
    if (prefix >= 0) {
        result = running_delta(delta, prefix, version_fd, err);
    } else {
        layer = fvm_vm_layer(vm, err);
        result = layer < 0 ? layer : read_delta(delta, layer, err);
        if (!result && !*delta && !(*delta = fvm_reg_new()))
            result = fvm_fail(err, -ENOMEM, "out of memory");
    }
    if (result)
        fvm_error_prefix(err, "VM '%s'", vm->name);
    return result;
}

int fvm_hives_fold(const struct fvm_vm *vm, int version_fd, struct fvm_error *err)
{
    FVM_CLEANUP(reg) struct fvm_reg *delta = NULL;
    int result = fvm_tree_remove(vm->fd, "run.old", err);

    if (result || !fvm_exists(vm->fd, "run"))
        return result;
    result = fvm_hives_delta(&delta, vm, version_fd, err);
    if (!result)
        result = fvm_hives_save_delta(vm, delta, err);
    if (result)
        return result;
    if (renameat(vm->fd, "run", vm->fd, "run.old"))
        return fvm_fail(err, -errno, "cannot end VM '%s': %s", vm->name, strerror(errno));
    return fvm_tree_remove(vm->fd, "run.old", err);
}
