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

/* What a part of a layer lies over. */
struct fvm_lower {
    const char *name; /* in the layer's folder files, and so in the VM: "C", "Z/home/u/project" */
    int fd;           /* the host's directory; borrowed */
};

/**
 * Turn marks into a journal, before a shared VM starts.
 *
 * @param layer_fd layers/1 of a locked VM
 * @return 0; -errno with a sentence
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
 * @return 0; -EBADMSG the journal is larger than any engine writes; -EACCES also: the host has
 *         something in a moved directory that cannot be read; -ENOMEM; -errno; the sentence names
 *         the path. May be repeated.
 */
int fvm_layer_rest(int layer_fd, const struct fvm_lower *lowers, size_t count,
                   struct fvm_error *err);
