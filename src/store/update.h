/* store/update.h: what happens to a VM when its base moves on: new starts see the new version. For
 * start and commit. */
#pragma once
#include "store/change.h"
#include "store/store.h"

/**
 * Lift a VM at rest to its base's current version.
 *
 * What the VM and the base both changed since the VM was last lifted is written down in the VM's
 * file `conflicts` (it grows, and loses what is discarded or committed): the VM goes on seeing its
 * own, commit asks. The VM is locked, the base is locked at least shared.
 */
int fvm_vm_update(const struct fvm_store *store, const struct fvm_base *base, struct fvm_vm *vm,
                  struct fvm_error *err);
