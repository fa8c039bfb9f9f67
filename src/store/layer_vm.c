/* store/layer_vm.c: a VM's layer brought to rest over all that it lies over. See layer.h. */
#include "core/text.h"
#include "store/change.h"
#include "store/file.h"
#include "store/layer_walk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct lowers {
    struct fvm_lower *at;
    size_t count;
};

static void free_lowers(struct lowers *lowers)
{
    for (size_t i = 0; i < lowers->count; i++) {
        fvm_close(lowers->at[i].fd);
        free((char *)lowers->at[i].name);
    }
    free(lowers->at);
}

/* @param fd is taken over, whatever becomes of it */
static int add(struct lowers *lowers, const char *drive, const char *path, int fd)
{
    struct fvm_lower *grown = realloc(lowers->at, (lowers->count + 1) * sizeof(*grown));
    char *name = NULL;

    if (grown)
        lowers->at = grown;
    if (!grown || asprintf(&name, "%s%s", drive, path) < 0) {
        fvm_close(fd);
        return -ENOMEM;
    }
    lowers->at[lowers->count++] = (struct fvm_lower){name, fd};
    return 0;
}

static int add_folders(struct lowers *lowers, const struct fvm_conf *conf, fvm_host_opener *opener,
                       void *context)
{
    struct fvm_seen seen;
    size_t at = 0;
    int result = 0;

    while (!result && fvm_seen_next(conf, &at, &seen)) {
        int fd = opener ? opener(context, seen.path) : fvm_dir_open(-1, seen.path);

        if (fd >= 0)
            result = add(lowers, "Z", seen.path, fd);
    }
    return result;
}

int fvm_vm_rest(const struct fvm_store *store, const struct fvm_vm *vm, int layer_fd,
                fvm_host_opener *opener, void *context, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int version = -1;
    struct lowers lowers = {0};
    int drive, result;

    if (!fvm_exists(layer_fd, "journal"))
        return 0;
    version = fvm_vm_version(store, vm, err);
    if (version < 0)
        return version;
    drive = fvm_dir_open(version, "drive_c");
    if (drive < 0)
        return fvm_fail(err, drive, "cannot open drive C: of the base: %s", strerror(-drive));
    result = add(&lowers, "C", "", drive);
    if (!result)
        result = add_folders(&lowers, &vm->conf, opener, context);
    if (result)
        fvm_fail(err, result, "out of memory");
    else
        result = fvm_layer_rest(layer_fd, lowers.at, lowers.count, err);
    free_lowers(&lowers);
    if (result)
        fvm_error_prefix(err, "VM '%s'", vm->name);
    return result;
}

/* --- views --------------------------------------------------------------------------------- */

#define VIEW "view-"

void fvm_vm_sweep_views(const struct fvm_vm *vm)
{
    FVM_CLEANUP(names) char **names = NULL;

    if (fvm_dir_names(vm->fd, &names, NULL))
        return;
    for (char **name = names; *name; name++)
        if (!strncmp(*name, VIEW, strlen(VIEW)))
            fvm_tree_remove(vm->fd, *name, NULL);
}

enum { JOURNAL_TRIES = 20, JOURNAL_PAUSE_US = 1000 };

/* The VM may run: a record that is being written is half there for a moment. */
static int copy_journal(int layer, int view, struct fvm_error *err)
{
    for (int tries = 1;; tries++) {
        FVM_CLEANUP(text) struct fvm_text journal = {0};
        int result = fvm_file_read(&journal, layer, "journal", FVM_REST_JOURNAL_MAX_CB, err);
        size_t at;

        if (result)
            return result;
        if (tries == JOURNAL_TRIES ||
            !fvm_failed(fvm_journal_check((const uint8_t *)journal.s, journal.cb, &at)))
            return fvm_file_write(view, "journal", journal.s ? journal.s : "", journal.cb, 0600,
                                  err);
        usleep(JOURNAL_PAUSE_US);
    }
}

static int fill_view(int view, const struct fvm_vm *vm, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int layer = fvm_vm_layer(vm, err);
    FVM_CLEANUP(fd) int from = -1;
    FVM_CLEANUP(fd) int to = -1;
    int result;

    if (layer < 0)
        return layer;
    /* First the journal: what is written down meanwhile is not in the files that come after. */
    result = copy_journal(layer, view, err);
    if (result)
        return result;
    from = fvm_dir_open(layer, "files");
    to = fvm_dir_make(view, "files", 0700, err);
    if (to < 0)
        return to;
    return from < 0 ? fvm_fail(err, from, "cannot open the layer's files: %s", strerror(-from))
                    : fvm_tree_clone(from, to, err);
}

int fvm_vm_view(char *name, const struct fvm_store *store, const struct fvm_vm *vm,
                fvm_host_opener *opener, void *context, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int view = -1;
    int result;

    snprintf(name, 32, VIEW "%d", (int)getpid());
    fvm_tree_remove(vm->fd, name, NULL);
    view = fvm_dir_make(vm->fd, name, 0700, err);
    if (view < 0)
        return view;
    result = fill_view(view, vm, err);
    if (!result)
        result = fvm_vm_rest(store, vm, view, opener, context, err);
    if (!result)
        return FVM_STEAL(view, -1);
    fvm_tree_remove(vm->fd, name, NULL);
    return result;
}
