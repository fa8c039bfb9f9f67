/* store/layer.h: a layer's two forms. At rest deletions are overlayfs' marks, as sealed VMs leave
 * them, and all of the store works on that. While a shared VM runs, its programs see the layer's
 * files through Wine, which cannot show marks: then they are records of a journal (core/journal.h).
 * Symbolic links of the layer are empty files meanwhile: Wine would follow them to the host.
 *
 * A layer with a file `journal` is in the running form, whatever else is in it: killed at any
 * instant, fvm_layer_rest() finishes the work. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "store/collect.h"

/* What a part of a layer lies over. */
struct fvm_lower {
    const char *name; /* in the layer's folder files, and so in the VM: "C", "Z/home/u/project" */
    int fd;           /* the host's directory; borrowed */
};

/**
 * Turn marks into a journal, before a shared VM starts.
 *
 * @param layer_fd layers/1 of a locked VM
 * @return 0; -EBADMSG as fvm_layer_rest(); -errno with a sentence
 */
int fvm_layer_wake(int layer_fd, struct fvm_error *err);

/**
 * Turn a journal into marks, after a shared VM has ended or died. Nothing to do without one.
 *
 * Moved directories of the host get their content, which until now lay there only. What lies over
 * no `lower`, or came from there, is not whole then; it is written down for the next wake. A lower
 * that is gone itself is empty.
 *
 * @param layer_fd layers/1 of a locked VM, or a copy of it; written by hostile programs
 * @return 0; -EBADMSG the journal is damaged, another version's, or larger than any engine writes:
 *         nothing is changed; -EACCES also: the host has
 *         something in a moved directory that cannot be read; -ENOMEM; -errno; the sentence names
 *         the path. May be repeated.
 */
int fvm_layer_rest(int layer_fd, const struct fvm_lower *lowers, size_t count,
                   struct fvm_error *err);

/**
 * fvm_layer_rest() over a VM's base version and the folders that it has seen.
 *
 * @param layer_fd the VM's layer, or a copy of it
 * @param opener   opens the host's side of a shown folder; NULL: by its path. A folder that cannot
 *                 be opened keeps its part of the journal
 */
int fvm_vm_rest(const struct fvm_store *store, const struct fvm_vm *vm, int layer_fd,
                fvm_host_opener *opener, void *context, struct fvm_error *err);
/**
 * Make a copy of a layer in the running form as it would be at rest: for who only looks.
 *
 * Files are linked, not copied.
 *
 * @param name [out] of the copy in the VM's folder, for fvm_tree_remove(); at least 32 bytes
 * @return descriptor of the copy, yours; -errno with a sentence
 */
int fvm_vm_view(char *name, const struct fvm_store *store, const struct fvm_vm *vm,
                fvm_host_opener *opener, void *context, struct fvm_error *err);
/** Remove the views that dead processes left. The VM is locked. */
void fvm_vm_sweep_views(const struct fvm_vm *vm);
