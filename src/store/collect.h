/* store/collect.h: all that a VM changed, files of every drive and registry, in the words that the
 * user sees. */
#pragma once
#include "core/reg.h"
#include "store/change.h"
#include "store/store.h"

/* One tree of files: drive C:, or a Linux folder that the VM saw at its own path (drive Z:). */
struct fvm_tree {
    char *shown;      /* what stands before a change's path: "C:" or "Z:\home\me\work" */
    char *path;       /* Linux folder; NULL for C: */
    int64_t since_ns; /* folders: wall clock when the VM first saw it */
    int host, layer;  /* directories; host -1: the folder is gone */
    struct fvm_changes changes;
};
struct fvm_collection {
    struct fvm_tree *trees;
    size_t tree_count;
    struct fvm_reg *registry;      /* delta */
    struct fvm_reg *host_registry; /* of the base version that the VM stands on; only with
                                      FVM_COLLECT_HOST_REGISTRY */
};
enum {
    FVM_COLLECT_HOST_REGISTRY = 1,
    FVM_COLLECT_DRIVE_ONLY = 2,    /* no folders of drive Z: */
    FVM_COLLECT_REGISTRY_ONLY = 4, /* no files at all */
    FVM_COLLECT_TO_LOOK = 8 /* the layer may be in its running form: a copy is made and looked at */
};

/* A Linux folder that a VM has seen, as vm.conf keeps it: `folder = SINCE_NS PATH`. */
struct fvm_seen {
    int64_t since_ns;
    const char *path; /* borrowed from the configuration */
};
/** Walk over the folders that a VM has seen. @param at [in,out] begin with 0 @return false: no more
 */
bool fvm_seen_next(const struct fvm_conf *conf, size_t *at, struct fvm_seen *seen);

/** Where a folder (NULL: drive C:) is reached by this process: -1 or a descriptor, yours. */
typedef int fvm_host_opener(void *context, const char *path);

/**
 * Gather what a VM changed. Noise of Wine's own boot is left out.
 *
 * @param opener opens the host's side of a shown folder
 * @return 0; -errno with a sentence
 */
int fvm_collect(struct fvm_collection *out, const struct fvm_store *store, const struct fvm_vm *vm,
                unsigned flags, fvm_host_opener *opener, void *context, struct fvm_error *err);
void fvm_collection_free(struct fvm_collection *collection);
static inline void fvm_cleanup_collection(struct fvm_collection *collection)
{
    fvm_collection_free(collection);
}
/** The Windows path of a change, e.g. C:\users\me\a.txt. @param text [out] appended */
void fvm_shown_path(struct fvm_text *text, const struct fvm_tree *tree, const char *path);

/**
 * Keep only what a list of globs names.
 *
 * Files match by their shown path; a registry entry by "KEY" or "KEY\value name", with the root's
 * long or short name.
 *
 * @param rest      [out] registry changes that are not picked; yours
 * @param unmatched [out] a glob that matched nothing, if there is one
 * @return number of globs that matched nothing; -ENOMEM
 */
int fvm_collection_split(struct fvm_collection *collection, char *const *globs, size_t glob_count,
                         struct fvm_reg **rest, const char **unmatched);
