/* store/commit.h: keep what a VM changed, or drop it. For the commands. */
#pragma once
#include "store/collect.h"
#include "store/store.h"

/* Names of what VM and host both changed, as the user sees them. */
struct fvm_conflicts {
    char **at;
    size_t count;
};
void fvm_conflicts_free(struct fvm_conflicts *conflicts);
static inline void fvm_cleanup_conflicts(struct fvm_conflicts *conflicts)
{
    fvm_conflicts_free(conflicts);
}

/**
 * What of the picked changes hits something that the host changed since the VM first saw it.
 *
 * @param base   locked
 * @param picked changes of the VM, see fvm_collection_split()
 */
int fvm_commit_conflicts(struct fvm_conflicts *out, const struct fvm_base *base,
                         const struct fvm_vm *vm, struct fvm_collection *picked,
                         struct fvm_error *err);

/**
 * Merge the picked changes into the host: drive C: and registry as a new version of the base,
 * folders in place.
 *
 * Running VMs of the base keep the version that they were started on; new starts see the new one.
 * Killed at any moment, the host has all of drive C: and registry or nothing of it, the VM still
 * has what is not merged, and the same call finishes the work (what is equal already is no
 * conflict).
 *
 * @param base exclusively locked
 * @param vm   locked, at rest
 * @param rest the VM's registry changes that are not picked
 */
int fvm_commit(const struct fvm_store *store, struct fvm_base *base, struct fvm_vm *vm,
               const struct fvm_collection *picked, struct fvm_reg *rest, struct fvm_error *err);

/** Drop the picked changes from the VM: the host shines through again. @param vm locked, at rest */
int fvm_discard(struct fvm_vm *vm, const struct fvm_collection *picked, struct fvm_reg *rest,
                struct fvm_error *err);
