/* store/change.h: what a layer changed in a tree of files, and how to keep or drop it. For the
 * store and the commands. */
#pragma once
#include "core/base.h"
#include "core/error.h"

/*
 * Two trees: `host` (never marked) and `layer` (what a VM changed: an overlayfs upper directory
 * made in a user namespace). Both are directory descriptors, so that no path above them matters.
 * Layers are written by hostile programs: nothing here follows a symbolic link or opens a device
 * or FIFO. Trees deeper than 1000 directories or paths of 4096 bytes and more are refused with a
 * sentence (-ELOOP, -ENAMETOOLONG), except by fvm_tree_remove(), which takes anything.
 *
 * Names ".fvm-" + 8 hex digits with the right check digits (tree_put.c) are reserved for files that
 * are being put in place: fvm_tree_apply() refuses a layer's and removes a host's (a crash left
 * it).
 */
enum fvm_change_kind {
    FVM_CREATED,  /* not on the host */
    FVM_CHANGED,  /* other content, or other target of a symbolic link */
    FVM_METADATA, /* same content; owner's rwx or DOS attributes; of files the time of last write
                     too */
    FVM_DELETED,  /* gone; a directory stands for everything below it */
    FVM_REPLACED, /* other kind of node, or a directory that hides the host's (opaque) */
    FVM_RENAMED   /* created here with the content of a deleted `from` */
};
enum fvm_node { FVM_FILE, FVM_DIRECTORY, FVM_SYMLINK, FVM_SPECIAL };

struct fvm_change {
    enum fvm_change_kind kind;
    enum fvm_node node;           /* as it is in the layer; FVM_DELETED: as it was on the host */
    char *path;                   /* below the root, '/' between names, bytes as Linux keeps them */
    char *from;                   /* FVM_RENAMED only, else NULL */
    uint64_t cb_before, cb_after; /* file sizes in bytes, 0 where there is none */
};
struct fvm_changes {
    /* Ascending by path, byte order with '/' first: a directory before what is below it. */
    struct fvm_change *at;
    size_t count, cap;
};
/** Free the list and its strings; it is empty and usable afterwards. */
void fvm_changes_free(struct fvm_changes *changes);
static inline void fvm_cleanup_changes(struct fvm_changes *changes)
{
    fvm_changes_free(changes);
}

/**
 * List what a layer changed.
 *
 * A file that was copied up but is equal in content, mode, DOS attributes and mtime (as NT keeps
 * it, in 100 ns) is no change; nor is a directory that was only copied up. The root itself is never
 * listed. Everything below a created directory is listed too; below a deleted one nothing is. Below
 * an opaque directory (listed once, as FVM_REPLACED) the host's names that are not in the layer are
 * listed as deleted. Files are compared by size, then content.
 *
 * A created file of at least one byte whose content equals exactly one listed deleted file (not
 * one below a REPLACED directory), and which is the only such created file, becomes FVM_RENAMED
 * and the deletion is dropped. Directories: when a created and a deleted directory agree in all
 * names, kinds and contents below (and there is a file with content), one FVM_RENAMED with node
 * FVM_DIRECTORY stands for all.
 *
 * @param out     [out] yours; empty when the call fails
 * @param host_fd -1: no host tree, everything is created
 * @return 0; -ENOMEM; -errno of the file system, sentence names the path
 */
int fvm_tree_diff(struct fvm_changes *out, int host_fd, int layer_fd, struct fvm_error *err);

/**
 * Do to a host tree what the layer did.
 *
 * Each step is atomic (temporary name, rename) and may be repeated: after a crash the same call
 * finishes the work. Order: directories, files, deletions. Modes (only rwx bits, never
 * setuid/setgid/sticky), mtimes and extended attributes user.* are kept; those of overlayfs are
 * not. Nodes that would have to be made as FVM_SPECIAL (device, FIFO, socket) are refused before
 * anything is done. Parents that the host lacks are made. A symbolic link is copied as a link,
 * never followed. An existing host file is never written or changed in place, since other base
 * versions may share it.
 *
 * @param changes those of fvm_tree_diff() that the caller picked, in its order
 * @return 0; -EPERM special node or reserved name; -EINVAL impossible path; -ENOTDIR a parent on
 *         the host is no directory; -errno; sentence names the path
 */
int fvm_tree_apply(int host_fd, int layer_fd, const struct fvm_changes *changes,
                   struct fvm_error *err);

/**
 * Take changes out of a layer, so that the host shines through again. May be repeated.
 *
 * Directories that the layer then has no reason for are removed. A created directory, or one in the
 * place of something else, stays as long as something that was not picked is in it. To bring back
 * one name below an opaque directory, the directory becomes ordinary and the host's other names get
 * whiteouts (so the directory is no FVM_REPLACED any more, the deletions below it stay).
 *
 * @param host_fd the tree that the layer will stand on: to discard, the one that the changes were
 *                listed against; after a commit, the one that has them. Needed for opaque
 *                directories, else -EINVAL; or -1
 */
int fvm_tree_forget(int layer_fd, int host_fd, const struct fvm_changes *changes,
                    struct fvm_error *err);

/**
 * Which of the changes hit something that the host changed as well.
 *
 * @param then_fd  the host's tree as the VM first saw it, or -1: use `since_ns`
 * @param now_fd   the host's tree now
 * @param since_ns used with then_fd -1: wall-clock ns; a host file conflicts if its ctime is later
 *                 (a directory that would be deleted: its mtime; one whose metadata would be set:
 *                 its ctime, unless a name in it changed last, which hides what was before)
 * @param hit      [out] array of changes->count flags. A host that already is what the change
 *                 wants is no conflict.
 */
int fvm_tree_conflicts(bool *hit, int then_fd, int now_fd, int64_t since_ns, int layer_fd,
                       const struct fvm_changes *changes, struct fvm_error *err);

/** Copy a tree by hard links (directories and symbolic links are made anew).
 * @param to_fd an empty directory of the same file system */
int fvm_tree_clone(int from_fd, int to_fd, struct fvm_error *err);
/** Copy a tree, files too, sharing blocks where the file system can. @param to_fd an empty
 * directory
 */
int fvm_tree_copy(int from_fd, int to_fd, struct fvm_error *err);
/** Remove a name with everything below, whatever its modes, however deep. Not there: 0. */
int fvm_tree_remove(int parent_fd, const char *name, struct fvm_error *err);
/** Bytes of all regular files below (for lists). @return 0; -ELOOP too deep; -errno */
int fvm_tree_size(int fd, uint64_t *cb, uint64_t *files);
/**
 * What a tree takes on disk, though it may be changing: blocks, and 1 kB for each name.
 *
 * @param most_cb stop counting beyond that
 * @param cb      [out] also if it failed: what was counted till then
 * @return 0; -ELOOP more than 300 deep; -errno
 */
int fvm_tree_used(int fd, uint64_t most_cb, uint64_t *cb);
