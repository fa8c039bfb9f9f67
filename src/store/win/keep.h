/* store/win/keep.h: keeping and dropping what a VM changed. The VM is locked, at rest. For the
 * commands. */
#pragma once
#include "store/win/view.h"

/**
 * Give moved directories of the host their content, which until now lies there only, and write the
 * journal anew without moves: each change then stands for itself. What the VM sees stays the same
 * at every moment. May be repeated.
 *
 * @param view [in,out] opened anew if anything was moved
 */
int win_settle(struct win_view *view, const struct win_store *store, const struct win_kept *kept,
               struct fvm_error *err);

/* Names of what VM and host both changed, as the user sees them. */
struct win_conflicts {
    char **at;
    size_t count;
};
/** Add a name. @return 0; -ENOMEM */
int win_conflicts_add(struct win_conflicts *conflicts, const char *name);
void win_conflicts_free(struct win_conflicts *conflicts);
static inline void fvm_cleanup_win_conflicts(struct win_conflicts *conflicts)
{
    win_conflicts_free(conflicts);
}
/**
 * Which of the picked changes hit something that the host changed as well.
 *
 * All there is to go by is a time. What the host deleted meanwhile is not told from what was never
 * there.
 *
 * @param since_ns when the VM first saw the host
 */
int win_conflicts_find(struct win_conflicts *out, const struct fvm_collection *picked,
                       int64_t since_ns, struct fvm_error *err);

/**
 * Do to the host what the VM did. Each step is atomic and may be repeated: after a crash the same
 * call finishes the work. Order: directories, files, deletions; then the registry.
 *
 * @param view settled
 * @return 0; -EPERM a link, of which nothing is done; -errno with a sentence
 */
int win_apply(struct win_view *view, const struct fvm_collection *picked, struct fvm_error *err);

/**
 * Take changes of files out of a layer, so that the host shines through again. May be repeated.
 *
 * @param view      settled; stale afterwards
 * @param committed the host has them now; false: they are dropped
 */
int win_forget(struct win_view *view, const struct fvm_collection *picked, bool committed,
               struct fvm_error *err);

/* --- registry.c ---------------------------------------------------------------------------------
 */
/**
 * Which keys the host changed as well: by the time that Windows keeps with a key, so any value, or
 * name of a subkey, counts.
 *
 * @param picked a delta @param out [in,out] added to
 */
int win_reg_conflicts(struct win_conflicts *out, struct fvm_reg *picked, int64_t since_ns,
                      struct fvm_error *err);
/** Do to this Windows' registry what a delta says; may be repeated. @return 0; -EACCES; -errno */
int win_reg_apply(struct fvm_reg *picked, struct fvm_error *err);
/** Replace what a layer changed of the registry, as one step. */
int win_reg_keep(const struct win_path *layer, struct fvm_reg *rest, struct fvm_error *err);

/* --- marks.c: the journal, written anew. Private to the store ----------------------------------
 */
/* Which paths of a drive are to be forgotten. */
struct win_picks {
    struct win_pick *at;
    size_t count;
};
/** From a tree's changes. @param committed see win_forget() @param picks [out] borrows the paths */
int win_picks_make(struct win_picks *picks, const struct fvm_changes *changes, bool committed);
void win_picks_free(struct win_picks *picks);
/** Replace the layer's journal by one that says the same but for what is picked.
 * @param picks one per drive, 'A'.. */
int win_marks_write(struct win_view *view, const struct win_picks picks[26], struct fvm_error *err);
