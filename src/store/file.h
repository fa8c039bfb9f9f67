/* store/file.h: small whole files and directories, addressed by descriptor and relative name. For
 * store and launcher. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/text.h"

/* All return 0 or -errno; where `err` is given, the sentence names the file. Names are relative to
 * dir_fd. */

/** Close a descriptor; negative: nothing. Keeps errno. */
void fvm_close(int fd);
static inline void fvm_cleanup_fd(int *fd)
{
    fvm_close(*fd);
}

/**
 * Read a whole file.
 *
 * @param out    [out] its bytes; yours
 * @param max_cb refuse larger files (-EFBIG): nothing that FVM reads whole is meant to be huge
 */
int fvm_file_read(struct fvm_text *out, int dir_fd, const char *name, size_t max_cb,
                  struct fvm_error *err);

/**
 * Replace a file as one step: temporary name, then rename. A crash leaves the old or the new file.
 *
 * @param mode permission bits of the new file
 */
int fvm_file_write(int dir_fd, const char *name, const void *bytes, size_t cb, unsigned mode,
                   struct fvm_error *err);

/** Copy a regular file to a new name, by reflink where the file system can. */
int fvm_file_copy(int from_dir, const char *from, int to_dir, const char *to, unsigned mode,
                  struct fvm_error *err);

/** Is there something of this name (a link counts itself)? */
bool fvm_exists(int dir_fd, const char *name);
/** Open a directory. @return descriptor, yours; -errno */
int fvm_dir_open(int dir_fd, const char *name);
/** Make a directory unless it is there, and open it. @return descriptor, yours; -errno with a
 * sentence */
int fvm_dir_make(int dir_fd, const char *name, unsigned mode, struct fvm_error *err);
/** Make every directory of a relative path, then open the last. @return descriptor, yours; -errno
 */
int fvm_dir_make_path(int dir_fd, const char *path, unsigned mode, struct fvm_error *err);

/**
 * List the names in a directory, sorted by byte value, without "." and "..".
 *
 * @param names [out] NULL-terminated array of strings; free with fvm_names_free()
 * @param count [out] may be NULL
 */
int fvm_dir_names(int dir_fd, char ***names, size_t *count);
void fvm_names_free(char **names);
static inline void fvm_cleanup_names(char ***names)
{
    fvm_names_free(*names);
}

/**
 * Lock an open file or directory (flock): the lock belongs to the open descriptor and ends with its
 * last copy.
 *
 * @return 0; -EAGAIN somebody else holds it (only with wait false)
 */
int fvm_lock(int fd, bool exclusive, bool wait);
