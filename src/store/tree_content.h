/* store/tree_content.h: contents of files and trees: open, compare, hash, copy, put in place.
 * Private to the store's change_*.c and tree_*.c. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "store/tree.h"

/* --- one file (tree_content.c) ----------------------------------------------------------- */
/**
 * Open a regular file for reading; never blocks, follows nothing.
 *
 * @param st       [out] of the open file
 * @param unlock   the file is ours to change: an unreadable one is made readable for the moment
 * @return descriptor; -EINVAL not a regular file; -errno
 */
int fvm_file_open(int dir_fd, const char *name, struct stat *st, bool unlock);
/** Compare contents; holes count as zeros and are skipped. @return 1 same, 0 other, -errno */
int fvm_content_same(int a_fd, const struct stat *a, int b_fd, const struct stat *b);
/** Hash content: equal contents give equal hashes, wherever their holes are. Not collision-proof.
 */
int fvm_content_hash(int fd, const struct stat *st, uint64_t *hash);
/** Copy content and size into an empty file, holes as holes, shared blocks where possible. */
int fvm_content_copy(int from_fd, const struct stat *st, int to_fd);

/* --- one node in two trees (tree_same.c) --------------------------------------------------- */
/* A tree in a comparison: an open directory, and whether its files may be unlocked. */
struct fvm_side {
    struct fvm_tree_dir dir;
    bool unlock;
};
/** Compare two nodes of the same kind by size, content or target; special nodes by kind and number.
 * @return 1 same, 0 other (also: unreadable), -errno */
int fvm_node_same(const struct fvm_side *a, const char *a_name, const struct stat *a_st,
                  const struct fvm_side *b, const char *b_name, const struct stat *b_st,
                  bool *same_metadata);
/** Owner's rwx and mtime. */
bool fvm_node_same_metadata(const struct stat *a, const struct stat *b);
/** Owner's rwx and DOS attributes of two open directories. Their mtimes say nothing: each name that
 * comes or goes changes them. @return 1 same, 0 other, -errno */
int fvm_directory_same_metadata(const struct fvm_tree_dir *a, const struct fvm_tree_dir *b);
/**
 * Compare two trees by names, kinds, contents and targets.
 *
 * @param part a may lack names that b has
 * @return 1 same, 0 other, -errno
 */
int fvm_tree_same(struct fvm_side *a, struct fvm_side *b, bool part, unsigned depth);

/* --- putting one node in place (tree_put.c) ---------------------------------------------- */
/** Remove what a crash left in a directory. */
int fvm_put_clean(int dir_fd);
/** Make `name` a directory, replacing what else is there. */
int fvm_put_directory(int host_fd, const char *name);
/** Give a directory another one's mode, mtime and attributes: in a commit the host's the layer's.
 */
int fvm_put_finish(struct fvm_tree_dir *to, const struct fvm_tree_dir *from);
/** Copy a file or symbolic link of the layer. @return 0; -EPERM special node; -errno */
int fvm_put_leaf(int host_fd, int layer_fd, const char *name);
/** Put a directory with all below; `trail` names it and, on failure, what failed. */
int fvm_put_tree(struct fvm_tree_dir *host, struct fvm_tree_dir *layer, const char *name,
                 struct fvm_trail *trail);
/** Remove a name; a directory disappears at once. Not there: 0. */
int fvm_put_deletion(int host_fd, const char *name);
/** Copy a regular file of a tree that must not change to a name that is not there yet. */
int fvm_put_copy(int from_fd, const char *name, int to_fd, const char *to_name);
/* Make something. @return 0; -EEXIST only if the name is taken; -errno */
typedef int fvm_put_make(void *context, int dir_fd, const char *name);
/** Make it under a temporary name, then put it in the place of whatever `name` is. What a failure
 * leaves of it goes with fvm_put_clean(). */
int fvm_put_made(int dir_fd, const char *name, fvm_put_make *make, void *context);
/** Make a symbolic link anew under its own name. */
int fvm_put_symlink(int from_fd, const char *name, int to_fd);

/* --- copying trees (tree_clone.c) ------------------------------------------------------------ */
/* How a tree is copied. Symbolic links are made anew, directories with their mode and times. */
struct fvm_copying {
    enum fvm_need need; /* what the origin's directories are opened for */
    int (*leaf)(int from_fd, int to_fd, const char *name, const struct stat *st);
};
/** Copy all that is below an open directory into another one, where none of it is yet.
 * @param trail [in,out] names what is below; on failure it stays where it is, for the sentence
 * @return 0; -ESTALE a name has just gone; -errno */
int fvm_copy_below(const struct fvm_copying *how, struct fvm_tree_dir *from,
                   struct fvm_tree_dir *to, struct fvm_trail *trail);
