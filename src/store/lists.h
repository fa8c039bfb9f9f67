/* store/lists.h: PURE: lists of changes, the paths in them, and which pairs of them are renames.
 * For the store of every system. Private to the store. */
#pragma once
#include "store/change.h"

/** Append a change. @param path, from copied; from may be NULL @return 0; -ENOMEM */
int fvm_changes_add(struct fvm_changes *changes, const struct fvm_change *change);
/** Take out every change i with drop[i]. */
void fvm_changes_drop(struct fvm_changes *changes, const bool *drop);

/** Order of paths: bytes, '/' before all others. */
int fvm_path_cmp(const char *a, const char *b);
/** Is `path` below directory `dir`? */
bool fvm_path_is_below(const char *path, const char *dir);
/** Bytes of the parent's path; 0: the root. */
size_t fvm_path_parent(const char *path);
/** The last name. */
const char *fvm_path_name(const char *path);

/** Mix a value into a hash. */
uint64_t fvm_hash_mix(uint64_t hash, uint64_t value);
/** Hash bytes. */
uint64_t fvm_hash_bytes(const void *s, size_t cb);

enum { FVM_TEMP_CAP = sizeof(".fvm-XXXXXXXX") };
/** Does the name belong to a file that is being put in place? */
bool fvm_put_is_temporary(const char *name);
/** Such a name. @param number any */
void fvm_put_temporary(char name[FVM_TEMP_CAP], unsigned number);

/* A tree's shape: names, kinds and sizes, added up without order. */
struct fvm_shape {
    uint64_t sum;
    bool has_content, is_odd;
};
/** Add a node to the shape of its directory. @param below the node's own, of a directory */
void fvm_shape_add(struct fvm_shape *to, const char *name, enum fvm_node node, uint64_t cb,
                   const struct fvm_shape *below);

/* What looking for renames asks of the two trees. Paths are those of the changes. */
struct fvm_rename_ops {
    /* Hash a file's content. @param left_cb [in,out] bytes that may still be read @return false: it
     * cannot be read, or is too much */
    bool (*hash)(void *context, bool in_layer, const char *path, uint64_t *left_cb, uint64_t *hash);
    bool (*same_file)(void *context, const char *host_path, const char *layer_path);
    /* @return false: a directory of the host that cannot be read */
    bool (*host_shape)(void *context, const char *path, struct fvm_shape *shape);
    bool (*same_directory)(void *context, const char *host_path, const char *layer_path);
    void *context;
};
/**
 * Turn pairs of created and deleted nodes into FVM_RENAMED; see fvm_tree_diff().
 *
 * @param hidden one flag per change: it is below a replaced directory
 * @return 0; -ENOMEM
 */
int fvm_changes_pair(struct fvm_changes *changes, const bool *hidden,
                     const struct fvm_rename_ops *ops);
