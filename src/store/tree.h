/* store/tree.h: walking trees that hostile programs wrote: directories, names, paths, marks of
 * overlayfs. Private to the store's change_*.c and tree_*.c. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "store/lists.h"

struct stat;

enum { FVM_TREE_DEPTH = 1000, FVM_PATH_CAP = 4096 };

/* --- a directory (tree.c) ----------------------------------------------------------------------
 * A directory without the owner's rwx is made usable while it is open and gets its mode back. */
struct fvm_tree_dir {
    int fd; /* -1: not open, or given up for a while by fvm_tree_dir_enter() */
    bool loosened;
    unsigned mode; /* what to restore if loosened */
    uint64_t dev, ino;
};
#define FVM_TREE_DIR_NONE                                                                          \
    {                                                                                              \
        .fd = -1                                                                                   \
    }
/* FVM_AS_IS: the directory's mode is left alone, and it may turn out to be unusable. */
enum fvm_need { FVM_AS_IS = 0, FVM_TO_READ = 0500, FVM_TO_WRITE = 0700 };

/** Open a directory, never through a link. @param name "." for the parent itself
 * @return 0; -ENOTDIR also for links; -errno */
int fvm_tree_dir_open(struct fvm_tree_dir *dir, int parent_fd, const char *name,
                      enum fvm_need need);
/** Open a directory by its path below a root, name by name. @param cch bytes of path; 0: the root
 */
int fvm_tree_dir_walk(struct fvm_tree_dir *dir, int root_fd, const char *path, size_t cch,
                      enum fvm_need need);
/** The mode as it is while nobody has the directory open. @return 0; -errno */
int fvm_tree_dir_mode(const struct fvm_tree_dir *dir, unsigned *mode);
/** Give the mode back and close; does nothing to one that is not open. */
void fvm_tree_dir_close(struct fvm_tree_dir *dir);
/** Open a child; far down the parent's descriptor is given up meanwhile. Pairs with leave. */
int fvm_tree_dir_enter(struct fvm_tree_dir *child, struct fvm_tree_dir *parent, const char *name,
                       enum fvm_need need, unsigned depth);
/** Close a child and get the parent back. @param rc of the work below @return rc, or -errno */
int fvm_tree_dir_leave(struct fvm_tree_dir *child, struct fvm_tree_dir *parent, int rc);
static inline void fvm_cleanup_tree_dir(struct fvm_tree_dir *dir)
{
    fvm_tree_dir_close(dir);
}

/* The names in a directory, ascending by bytes. */
struct fvm_tree_names {
    char **at, *blob;
    size_t count;
};
/** Read all names but "." and "..". @return 0; -ENOMEM; -errno */
int fvm_tree_names_read(struct fvm_tree_names *names, int dir_fd);
/** Free; usable again. */
void fvm_tree_names_free(struct fvm_tree_names *names);
static inline void fvm_cleanup_tree_names(struct fvm_tree_names *names)
{
    fvm_tree_names_free(names);
}
/** For FVM_CLEANUP(tree_fd): close unless -1. */
void fvm_cleanup_tree_fd(int *fd);

/** fstatat without following; absent is an answer. @return 1 there, 0 not there, -errno */
int fvm_node_stat(int dir_fd, const char *name, struct stat *st);
/** What kind of node a mode is. */
enum fvm_node fvm_node_of(unsigned mode);
/** A symbolic link's target. @param target [out] yours, NUL-terminated @return 0; -errno */
int fvm_link_read(int dir_fd, const char *name, char **target);
/** A test's chance to fail or stop before a change to a tree is made (weak; 0 outside tests). */
int fvm_tree_step(void);

/* --- where a walk is (tree_trail.c) -------------------------------------------------------- */
struct fvm_trail {
    char s[FVM_PATH_CAP]; /* path below the root, NUL-terminated */
    size_t cch;
    unsigned depth;
};
/** Go down by a name. @return 0; -ELOOP; -ENAMETOOLONG */
int fvm_trail_push(struct fvm_trail *trail, const char *name);
/** Go up. @param cch the length before the push */
void fvm_trail_pop(struct fvm_trail *trail, size_t cch);
/** Can it be a path in a change: relative, no "", "." or ".." in it, not too long? */
bool fvm_path_is_sound(const char *path);
/** Write "cannot <what> '<path>': <why>", odd bytes escaped. @return code */
int fvm_tree_fail(struct fvm_error *err, int code, const char *what, const char *path);

/* --- marks of overlayfs (tree_marks.c), the only file that knows them -------------------- */
struct fvm_marks {
    bool opaque;        /* hides the host's directory */
    bool has_xdeletion; /* deletions may be empty files with an extended attribute (Linux 6.7) */
};
/** Read a layer directory's marks. */
void fvm_marks_read(struct fvm_marks *marks, int dir_fd);
/** Is this node of a layer a deletion mark? */
bool fvm_mark_is_deletion(int dir_fd, const char *name, const struct stat *st,
                          const struct fvm_marks *parent);
/** Mark a name as deleted; it may be already. */
int fvm_mark_deletion(int dir_fd, const char *name);
/** Make a directory hide the host's. */
int fvm_mark_set_opaque(int dir_fd);
/** Make an opaque directory an ordinary one. */
int fvm_mark_clear_opaque(int dir_fd);
/** Copy the user's extended attributes, overlayfs's excepted. */
int fvm_attributes_copy(int from_fd, int to_fd);
/** The same, and take those off that the origin lacks. */
int fvm_attributes_sync(int from_fd, int to_fd);
/** Do two files have the same DOS attributes (kept by Wine in user.DOSATTRIB)? */
bool fvm_attributes_same_dos(int a_fd, int b_fd);
