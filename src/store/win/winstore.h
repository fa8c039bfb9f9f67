/* store/win/winstore.h: the store on Windows: the same folders and vm.conf as on Linux
 * (store/store.h), without bases: all VMs stand on the Windows that FVM runs in. For the commands
 * there. */
#pragma once
#include "core/conf.h"
#include "store/win/files.h"

/* clang-format off
 *
 * <store>\format              "format = 1"
 * <store>\vms\<vm>\vm.conf    level, base, version, created, temporary as on Linux; since: when the VM
 *                             first saw this Windows (ns since 1970), what the host changes later conflicts
 *                 layers\1\files\C\..., journal, work\   always in the journal form of store/layer.h
 *                 log\
 * <store>\locks\<vm>.lock     open for writing: the VM runs, or is being changed. Holds the number of
 *                             the VM that runs (core/block.h), nothing while it is being changed
 *                 <vm>.users  open: an `fvm run` is on its way in, or waits; the VM does not end
 *
 * Locks are share modes of open files, outside of the VM's folder because a folder with an open file
 * in it cannot be renamed. Whoever dies, however, has no file open any more.
 *
 * clang-format on */
#define WIN_BASE     "windows"       /* what vm.conf says of the base */
#define WIN_REGISTRY L"registry.reg" /* of a layer */

struct win_store {
    struct win_path path;
};
/**
 * Open the store; made if it is missing. Also sweeps what crashed commands left.
 *
 * @return 0; -EPROTO newer format; -errno with a sentence
 */
int win_store_open(struct win_store *store, struct fvm_error *err);
void win_store_close(struct win_store *store);
/** Names of all VMs, in order; those of half-made ones are left out. */
int win_store_names(struct win_entries *names, const struct win_store *store,
                    struct fvm_error *err);

/* A VM as the store keeps it. Begin with {0}. */
struct win_kept {
    char name[80];
    struct win_path path; /* its folder */
    struct fvm_conf conf;
    bool temporary;
    HANDLE lock; /* NULL: not held */
};
/**
 * Make a VM with an empty layer.
 *
 * @param name NULL: a throw-away VM with a name of its own choice
 * @param kept [out] locked
 * @return 0; -EEXIST (without case); -EINVAL bad name; -EBUSY; -errno
 */
int win_kept_create(struct win_kept *kept, const struct win_store *store, const char *name,
                    struct fvm_error *err);
/** Open a VM. @return 0; -ENOENT; -EPROTO newer format; -EBADMSG vm.conf damaged; -EINVAL */
int win_kept_open(struct win_kept *kept, const struct win_store *store, const char *name,
                  struct fvm_error *err);
void win_kept_close(struct win_kept *kept);
static inline void fvm_cleanup_win_kept(struct win_kept *kept)
{
    win_kept_close(kept);
}
/** Read vm.conf again. The VM is locked. */
int win_kept_reload(struct win_kept *kept, struct fvm_error *err);
/** Write vm.conf. The VM is locked. */
int win_kept_save(struct win_kept *kept, struct fvm_error *err);
/** The VM has seen the host as it is now: `since`. The VM is locked. */
int win_kept_sees_now(struct win_kept *kept, struct fvm_error *err);
/** When the VM first saw the host. */
int64_t win_kept_since_ns(const struct win_kept *kept);
/** The folder of the writable layer. @param path [out] */
int win_kept_layer(struct win_path *path, const struct win_kept *kept, struct fvm_error *err);
/** Did the VM change the registry? As far as its holder has written that down. */
bool win_kept_has_registry(const struct win_kept *kept);
/** Mend what a crash left of the layer: its folders are there, and no former one. The VM is locked.
 */
int win_kept_mend(const struct win_kept *kept, struct fvm_error *err);
/** Drop all that the layer has, as one step. The VM is locked. */
int win_kept_empty(const struct win_kept *kept, struct fvm_error *err);
/** Remove a locked VM: renamed away first, so that it is gone at once or there whole. */
int win_kept_delete(struct win_kept *kept, const struct win_store *store, struct fvm_error *err);

/* --- locks.c ---------------------------------------------------------------------------------- */
/** Take a VM for oneself. @return NULL: it runs or another fvm works on it */
HANDLE win_lock(const struct win_store *store, const char *name);
/** Let go of it. @param forget the VM is gone: remove the lock's files too */
void win_unlock(HANDLE lock, const struct win_store *store, const char *name, bool forget);
/** Does somebody hold the lock? @param number [out] of the VM that runs; 0: it is worked on, or not
 * ready yet */
bool win_is_locked(const struct win_store *store, const char *name, unsigned *number);
/** Does a holder write down what the VM was, to let go of it then? */
bool win_is_ending(const struct win_store *store, const char *name);
/** Tell those who wait what number the VM runs with; 0: it is ending. */
bool win_lock_tell(HANDLE lock, unsigned number);
/** Hold the VM that runs, or will: it does not end. @return NULL: it is just ending */
HANDLE win_use(const struct win_store *store, const char *name);
/** Does nobody use it? From then on nobody can, until the handle is closed. @return NULL: somebody
 * does */
HANDLE win_use_alone(const struct win_store *store, const char *name);
/** win_lock() for a change at rest. @return 0; -EBUSY with a sentence */
int win_kept_lock(struct win_kept *kept, const struct win_store *store, const char *to_do_what,
                  struct fvm_error *err);
