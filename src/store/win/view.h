/* store/win/view.h: a VM at rest as its programs see it: the layer's files and journal over the
 * host. For diff, discard and commit. */
#pragma once
#include "core/index.h"
#include "store/change.h"
#include "store/collect.h"
#include "store/win/winstore.h"

struct win_view {
    struct fvm_index index;
    void *memory;
    uint16_t *units;        /* room for two names */
    struct win_path layer;  /* layers\1 */
    struct win_path hidden; /* the store: no part of the VM */
};
/**
 * Look at a VM. While it runs, what is seen is of one moment after the other.
 *
 * @return 0; -ENOMEM also: the layer has more names than an index holds
 */
int win_view_open(struct win_view *view, const struct win_store *store, const struct win_kept *kept,
                  struct fvm_error *err);
void win_view_close(struct win_view *view);
static inline void fvm_cleanup_win_view(struct win_view *view)
{
    win_view_close(view);
}

/* A virtual path is the host's path of the same name: `\\?\C:\dir`. */
struct win_place {
    struct win_path layer; /* where the layer has it, or would have it */
    struct win_path host;  /* the host's name behind it; empty: none */
    bool is_own;           /* the layer decides what is here */
    bool shows_host;       /* a directory in which the host's names show, unless they are marked */
    bool is_in_place;      /* ... those of its own name */
    uint32_t node;         /* of the index; 0: none */
};
/** What is behind a virtual path. @param place [out] yours @return 0; -ENOMEM; -EINVAL */
int win_view_look(struct win_place *place, struct win_view *view, const struct win_path *path);
void win_place_free(struct win_place *place);
static inline void fvm_cleanup_win_place(struct win_place *place)
{
    win_place_free(place);
}
/** Is a name below a place marked as the layer's own? */
bool win_view_owns(struct win_view *view, const struct win_place *place, struct fvm_str name);
/**
 * List a directory of the VM.
 *
 * @param only_marked of the host's names only those below which something is marked
 */
int win_view_list(struct win_entries *entries, struct win_view *view, const struct win_place *place,
                  bool only_marked);
/** Where the bytes of a virtual path are: in the layer, or on the host. @param real [out] yours */
int win_view_real(struct win_path *real, struct win_view *view, const struct win_path *path);
/** `C` and `a/b` to `\\?\C:\a\b`. */
int win_view_path(struct win_path *path, char drive, const char *below);

/* --- same.c ----------------------------------------------------------------------------------- */
/** What kind of node is it? */
enum fvm_node win_node_of(DWORD attributes);
/** Do attributes say the same? Windows' own bookkeeping (archive, not indexed) does not count. */
bool win_same_attributes(DWORD a, DWORD b);
/** Compare files. @return 1 same, 0 other, -errno */
int win_same_content(const struct win_path *a, const struct win_path *b);
/** Are a directory of the host and one of the VM the same in all that is below? */
bool win_same_tree(struct win_view *view, const struct win_path *host, const struct win_path *path);
/** fvm_changes_pair() over a drive. */
int win_find_renames(struct fvm_changes *changes, const bool *hidden, struct win_view *view,
                     char drive, struct fvm_error *err);

/* --- diff.c ----------------------------------------------------------------------------------- */
/** What a VM changed of the registry, against this Windows' as it is now: `registry` and
 * `host_registry`. @param out [in,out] neither is there yet */
int win_reg_collect(struct fvm_collection *out, const struct win_path *layer,
                    struct fvm_error *err);
/**
 * Gather what a VM changed: drive by drive, and the registry as its holder has written it down.
 *
 * @return 0; -errno with a sentence
 */
int win_collect(struct fvm_collection *out, struct win_view *view, struct fvm_error *err);
/** fvm_collection_free() for one of win_collect()'s. */
void win_collection_free(struct fvm_collection *collection);
static inline void fvm_cleanup_win_collection(struct fvm_collection *collection)
{
    win_collection_free(collection);
}
