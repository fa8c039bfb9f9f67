/* store/collect.c: see collect.h. */
#include "store/collect.h"

#include "store/file.h"
#include "store/layer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool fvm_seen_next(const struct fvm_conf *conf, size_t *at, struct fvm_seen *seen)
{
    const char *line = fvm_conf_get_next(conf, "folder", at);
    char *path;

    if (!line)
        return false;
    seen->since_ns = strtoll(line, &path, 10);
    seen->path = path + (*path == ' ');
    return true;
}

static struct fvm_tree *add_tree(struct fvm_collection *out)
{
    struct fvm_tree *grown = realloc(out->trees, (out->tree_count + 1) * sizeof(*grown));

    if (!grown)
        return NULL;
    out->trees = grown;
    grown[out->tree_count] = (struct fvm_tree){.host = -1, .layer = -1};
    return &grown[out->tree_count++];
}

static int collect_drive(struct fvm_collection *out, int version, int layer, struct fvm_error *err)
{
    struct fvm_tree *tree = add_tree(out);

    if (!tree || !(tree->shown = strdup("C:")))
        return fvm_fail(err, -ENOMEM, "out of memory");
    tree->host = fvm_dir_open(version, "drive_c");
    tree->layer = fvm_dir_open(layer, "files/C");
    if (tree->host < 0 || tree->layer < 0)
        return fvm_fail(err, -EIO, "drive C: of the base or of the layer is missing");
    return fvm_tree_diff(&tree->changes, tree->host, tree->layer, err);
}

static int collect_folder(struct fvm_collection *out, int layer, const struct fvm_seen *seen,
                          fvm_host_opener *opener, void *context, struct fvm_error *err)
{
    FVM_CLEANUP(text) struct fvm_text name = {0};
    FVM_CLEANUP(fd) int files = -1;
    struct fvm_tree *tree;

    fvm_text_printf(&name, "files/Z%s", seen->path);
    if (name.failed)
        return fvm_fail(err, -ENOMEM, "out of memory");
    files = fvm_dir_open(layer, name.s);
    if (files < 0)
        return 0;
    tree = add_tree(out);
    if (!tree || !(tree->path = strdup(seen->path)) ||
        asprintf(&tree->shown, "Z:%s", seen->path) < 0)
        return fvm_fail(err, -ENOMEM, "out of memory");
    for (char *c = tree->shown; *c; c++)
        if (*c == '/')
            *c = '\\';
    tree->since_ns = seen->since_ns;
    tree->layer = FVM_STEAL(files, -1);
    tree->host = opener(context, seen->path);
    return fvm_tree_diff(&tree->changes, tree->host, tree->layer, err);
}

/* A folder below another seen folder is part of that one's tree. */
static bool is_below_another(const struct fvm_conf *conf, const char *path)
{
    struct fvm_seen other;
    size_t at = 0;

    while (fvm_seen_next(conf, &at, &other)) {
        size_t cb = strlen(other.path);

        if (strlen(path) > cb && !strncmp(path, other.path, cb) && path[cb] == '/')
            return true;
    }
    return false;
}

static int collect_files(struct fvm_collection *out, const struct fvm_vm *vm, int version,
                         int layer, unsigned flags, fvm_host_opener *opener, void *context,
                         struct fvm_error *err)
{
    bool folders = !(flags & FVM_COLLECT_DRIVE_ONLY);
    struct fvm_seen seen;
    size_t at = 0;
    int result = collect_drive(out, version, layer, err);

    while (!result && folders && fvm_seen_next(&vm->conf, &at, &seen))
        if (!is_below_another(&vm->conf, seen.path))
            result = collect_folder(out, layer, &seen, opener, context, err);
    return result;
}

int fvm_collect(struct fvm_collection *out, const struct fvm_store *store, const struct fvm_vm *vm,
                unsigned flags, fvm_host_opener *opener, void *context, struct fvm_error *err)
{
    FVM_CLEANUP(collection) struct fvm_collection all = {0};
    FVM_CLEANUP(fd) int layer = fvm_vm_layer(vm, err);
    FVM_CLEANUP(fd) int version = -1;
    char view[32] = "";
    int result = 0;

    if (layer < 0)
        return layer;
    version = fvm_vm_version(store, vm, err);
    if (version < 0)
        return version;
    if (flags & FVM_COLLECT_TO_LOOK && fvm_exists(layer, "journal")) {
        fvm_close(layer);
        layer = fvm_vm_view(view, store, vm, opener, context, err);
        if (layer < 0)
            return layer;
    }
    if (!(flags & FVM_COLLECT_REGISTRY_ONLY))
        result = collect_files(&all, vm, version, layer, flags, opener, context, err);
    if (view[0])
        fvm_tree_remove(vm->fd, view, NULL);
    if (!result)
        result = fvm_hives_delta(&all.registry, vm, version, err);
    if (!result && flags & FVM_COLLECT_HOST_REGISTRY)
        result = fvm_hives_read(&all.host_registry, version, err);
    if (!result)
        *out = FVM_STEAL(all, (struct fvm_collection){0});
    return result;
}

void fvm_collection_free(struct fvm_collection *collection)
{
    for (size_t i = 0; i < collection->tree_count; i++) {
        struct fvm_tree *tree = &collection->trees[i];

        free(tree->shown);
        free(tree->path);
        fvm_close(tree->host);
        fvm_close(tree->layer);
        fvm_changes_free(&tree->changes);
    }
    free(collection->trees);
    fvm_reg_free(collection->registry);
    fvm_reg_free(collection->host_registry);
    *collection = (struct fvm_collection){0};
}
