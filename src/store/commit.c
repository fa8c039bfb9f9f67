/* store/commit.c: see commit.h. */
#include "store/commit.h"

#include "store/file.h"
#include "store/update.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void fvm_conflicts_free(struct fvm_conflicts *conflicts)
{
    for (size_t i = 0; i < conflicts->count; i++)
        free(conflicts->at[i]);
    free(conflicts->at);
    *conflicts = (struct fvm_conflicts){0};
}

static int add_conflict(struct fvm_conflicts *out, const char *name)
{
    char **grown;

    for (size_t i = 0; i < out->count; i++)
        if (!strcmp(out->at[i], name))
            return 0;
    grown = realloc(out->at, (out->count + 1) * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    out->at = grown;
    grown[out->count] = strdup(name);
    return grown[out->count] ? (out->count++, 0) : -ENOMEM;
}

/* What an earlier start found, when it lifted the VM to a newer version: as long as the change is
 * still there. */
static int add_recorded(struct fvm_conflicts *out, const struct fvm_conf *recorded,
                        const char *name)
{
    const char *line;
    size_t at = 0;

    while ((line = fvm_conf_get_next(recorded, "conflict", &at)))
        if (!strcmp(line, name))
            return add_conflict(out, name);
    return 0;
}

static int tree_conflicts(struct fvm_conflicts *out, const struct fvm_tree *tree, int now,
                          const struct fvm_conf *recorded, struct fvm_error *err)
{
    bool *hit = calloc(tree->changes.count + 1, sizeof(*hit));
    int result;

    if (!hit)
        return fvm_fail(err, -ENOMEM, "out of memory");
    result = fvm_tree_conflicts(hit, tree->path ? -1 : tree->host, tree->path ? tree->host : now,
                                tree->since_ns, tree->layer, &tree->changes, err);
    for (size_t i = 0; !result && i < tree->changes.count; i++) {
        FVM_CLEANUP(text) struct fvm_text name = {0};

        fvm_shown_path(&name, tree, tree->changes.at[i].path);
        if (name.failed ||
            (hit[i] ? add_conflict(out, name.s) : add_recorded(out, recorded, name.s)))
            result = fvm_fail(err, -ENOMEM, "out of memory");
    }
    free(hit);
    return result;
}

/* Each entry of a delta as one line: the key, or key and value. */
static int registry_lines(struct fvm_conflicts *out, struct fvm_reg *delta,
                          const struct fvm_conf *only)
{
    int result = 0;

    for (size_t i = 0; !result && i < fvm_reg_key_count(delta); i++) {
        const struct fvm_reg_key *key = fvm_reg_key_at(delta, i);
        FVM_CLEANUP(text) struct fvm_text name = {0};

        fvm_text_printf(&name, "%s\\", key->path);
        if (key->mark != FVM_REG_PRESENT || !key->value_count)
            result = name.failed ? -ENOMEM
                     : only      ? add_recorded(out, only, name.s)
                                 : add_conflict(out, name.s);
        for (size_t v = 0; !result && v < key->value_count; v++) {
            name.cb = 0;
            fvm_text_printf(&name, "%s \"%s\"", key->path, key->values[v].name);
            result = name.failed ? -ENOMEM
                     : only      ? add_recorded(out, only, name.s)
                                 : add_conflict(out, name.s);
        }
    }
    return result;
}

static int registry_conflicts(struct fvm_conflicts *out, int then, int now, struct fvm_reg *mine,
                              struct fvm_error *err)
{
    FVM_CLEANUP(reg) struct fvm_reg *before = NULL;
    FVM_CLEANUP(reg) struct fvm_reg *after = NULL;
    FVM_CLEANUP(reg) struct fvm_reg *theirs = NULL;
    FVM_CLEANUP(reg) struct fvm_reg *both = NULL;
    int result = fvm_hives_read(&before, then, err);

    if (!result)
        result = fvm_hives_read(&after, now, err);
    if (result)
        return result;
    if (fvm_failed(fvm_reg_diff(&theirs, before, after)) ||
        fvm_failed(fvm_reg_conflicts(&both, mine, theirs)) || registry_lines(out, both, NULL))
        return fvm_fail(err, -ENOMEM, "out of memory");
    return 0;
}

static int read_recorded(struct fvm_conf *recorded, const struct fvm_vm *vm, struct fvm_error *err)
{
    int result;

    if (!fvm_exists(vm->fd, "conflicts"))
        return 0;
    result = fvm_conf_load(recorded, vm->fd, "conflicts", 1 << 26, FVM_VM_FORMAT, err);
    if (result)
        fvm_error_prefix(err, "VM '%s'", vm->name);
    return result;
}

static int write_recorded(const struct fvm_vm *vm, const struct fvm_conf *recorded,
                          struct fvm_error *err)
{
    FVM_CLEANUP(text) struct fvm_text text = {0};

    if (!fvm_conf_get(recorded, "conflict")) {
        if (unlinkat(vm->fd, "conflicts", 0) && errno != ENOENT)
            return fvm_fail(err, -errno, "VM '%s': cannot remove its file conflicts: %s", vm->name,
                            strerror(errno));
        return 0;
    }
    if (fvm_failed(fvm_conf_write(recorded, &text)) || text.failed)
        return fvm_fail(err, -ENOMEM, "out of memory");
    return fvm_file_write(vm->fd, "conflicts", text.s, text.cb, 0600, err);
}

/* What the VM lost has no conflict any more: the same name, changed again, is a new change. */
static int forget_recorded(const struct fvm_vm *vm, const struct fvm_collection *gone,
                           struct fvm_error *err)
{
    FVM_CLEANUP(conf) struct fvm_conf recorded = {0};
    FVM_CLEANUP(conflicts) struct fvm_conflicts entries = {0};
    size_t forgotten = 0;
    int result = read_recorded(&recorded, vm, err);

    if (result || !fvm_conf_get(&recorded, "conflict"))
        return result;
    for (size_t i = 0; i < gone->tree_count; i++)
        for (size_t j = 0; j < gone->trees[i].changes.count; j++) {
            FVM_CLEANUP(text) struct fvm_text name = {0};

            fvm_shown_path(&name, &gone->trees[i], gone->trees[i].changes.at[j].path);
            if (name.failed)
                return fvm_fail(err, -ENOMEM, "out of memory");
            forgotten += fvm_conf_remove(&recorded, "conflict", name.s);
        }
    if (registry_lines(&entries, gone->registry, &recorded))
        return fvm_fail(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < entries.count; i++)
        forgotten += fvm_conf_remove(&recorded, "conflict", entries.at[i]);
    return forgotten ? write_recorded(vm, &recorded, err) : 0;
}

int fvm_commit_conflicts(struct fvm_conflicts *out, const struct fvm_base *base,
                         const struct fvm_vm *vm, struct fvm_collection *picked,
                         struct fvm_error *err)
{
    FVM_CLEANUP(conf) struct fvm_conf recorded = {0};
    FVM_CLEANUP(fd) int then = fvm_base_version(base, vm->version, err);
    FVM_CLEANUP(fd) int now = fvm_base_version(base, base->current, err);
    FVM_CLEANUP(fd) int drive = -1;
    int result;

    if (then < 0 || now < 0)
        return then < 0 ? then : now;
    drive = fvm_dir_open(now, "drive_c");
    result = drive < 0 ? drive : read_recorded(&recorded, vm, err);
    for (size_t i = 0; !result && i < picked->tree_count; i++)
        result = tree_conflicts(out, &picked->trees[i], drive, &recorded, err);
    if (!result && vm->version != base->current)
        result = registry_conflicts(out, then, now, picked->registry, err);
    if (!result && registry_lines(out, picked->registry, &recorded))
        result = fvm_fail(err, -ENOMEM, "out of memory");
    return result;
}

/* Folders are the user's own: not part of a version, so not of a lift either. */
static int no_host(void *context, const char *path)
{
    (void)context;
    (void)path;
    return -1;
}

int fvm_vm_update(const struct fvm_store *store, const struct fvm_base *base, struct fvm_vm *vm,
                  struct fvm_error *err)
{
    FVM_CLEANUP(collection) struct fvm_collection all = {0};
    FVM_CLEANUP(conflicts) struct fvm_conflicts found = {0};
    FVM_CLEANUP(conf) struct fvm_conf recorded = {0};
    int result;

    if (vm->version == base->current)
        return 0;
    result = fvm_collect(&all, store, vm, FVM_COLLECT_DRIVE_ONLY, no_host, NULL, err);
    if (!result)
        result = fvm_commit_conflicts(&found, base, vm, &all, err);
    for (size_t i = 0; !result && i < found.count; i++)
        if (fvm_failed(fvm_conf_add(&recorded, "conflict", found.at[i])))
            result = fvm_fail(err, -ENOMEM, "out of memory");
    if (!result)
        result = write_recorded(vm, &recorded, err);
    if (result)
        return result;
    vm->version = base->current;
    return fvm_vm_save(vm, err);
}

/* --- doing it ---------------------------------------------------------------------------- */

/* The new version is scrap until it is published; the layer is not touched before that. */
static int merge_into_base(struct fvm_base *base, const struct fvm_collection *picked,
                           struct fvm_error *err)
{
    FVM_CLEANUP(fd) int draft = -1;
    FVM_CLEANUP(fd) int drive = -1;
    FVM_CLEANUP(reg) struct fvm_reg *registry = NULL;
    int result;

    if (!picked->trees[0].changes.count && !fvm_reg_key_count(picked->registry))
        return 0;
    draft = fvm_base_begin(base, FVM_DRAFT_LINKS, err);
    if (draft < 0)
        return draft;
    drive = fvm_dir_open(draft, "drive_c");
    if (drive < 0)
        return fvm_fail(err, drive, "the base's drive is missing");
    result = fvm_tree_apply(drive, picked->trees[0].layer, &picked->trees[0].changes, err);
    if (!result && fvm_reg_key_count(picked->registry)) {
        result = fvm_hives_read(&registry, draft, err);
        if (!result && fvm_failed(fvm_reg_apply(registry, picked->registry)))
            result = fvm_fail(err, -ENOMEM, "out of memory");
        if (!result)
            result = fvm_hives_write(registry, draft, err);
    }
    return result ? result : fvm_base_publish(base, err);
}

/* Folders of the user's: what is gone meanwhile can take nothing back. */
static int merge_into_folders(const struct fvm_collection *picked, struct fvm_error *err)
{
    for (size_t i = 1; i < picked->tree_count; i++) {
        const struct fvm_tree *tree = &picked->trees[i];
        int result;

        if (!tree->changes.count)
            continue;
        if (tree->host < 0)
            return fvm_fail(err, -ENOENT,
                            "folder '%s' is gone: make it again, or leave it out with --only",
                            tree->path);
        result = fvm_tree_apply(tree->host, tree->layer, &tree->changes, err);
        if (result) {
            fvm_error_prefix(err, "folder '%s'", tree->path);
            return result;
        }
    }
    return 0;
}

/* @param drive what drive C: of the VM stands on from now on */
static int take_out(struct fvm_vm *vm, const struct fvm_collection *picked, int drive,
                    struct fvm_reg *rest, struct fvm_error *err)
{
    int result;

    for (size_t i = 0; i < picked->tree_count; i++) {
        const struct fvm_tree *tree = &picked->trees[i];

        result = fvm_tree_forget(tree->layer, tree->path ? tree->host : drive, &tree->changes, err);
        if (result)
            return result;
    }
    result = fvm_hives_save_delta(vm, rest, err);
    return result ? result : forget_recorded(vm, picked, err);
}

int fvm_discard(struct fvm_vm *vm, const struct fvm_collection *picked, struct fvm_reg *rest,
                struct fvm_error *err)
{
    return take_out(vm, picked, picked->trees[0].host, rest, err);
}

int fvm_commit(const struct fvm_store *store, struct fvm_base *base, struct fvm_vm *vm,
               const struct fvm_collection *picked, struct fvm_reg *rest, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int now = -1;
    FVM_CLEANUP(fd) int drive = -1;
    int result = merge_into_base(base, picked, err);

    if (!result)
        result = merge_into_folders(picked, err);
    if (result)
        return result;
    now = fvm_base_version(base, base->current, err);
    if (now < 0)
        return now;
    drive = fvm_dir_open(now, "drive_c");
    if (drive < 0)
        return fvm_fail(err, drive, "drive C: of base '%s' is missing", base->name);
    result = take_out(vm, picked, drive, rest, err);
    if (!result)
        result = fvm_vm_update(store, base, vm, err);
    return result ? result : fvm_base_collect(store, base, err);
}
