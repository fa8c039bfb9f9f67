/* store/layer_walk.h: what bringing a layer to rest is made of: the host's directories by names of
 * the VM, copies of them, the journal's two ways. Private to the store's layer_*.c. */
#pragma once
#include "core/index.h"
#include "core/journal.h"
#include "core/text.h"
#include "store/layer.h"
#include "store/tree_content.h"

/* A name on Linux has at most 255 bytes. */
enum { FVM_REST_NAME_CAP = 256, FVM_REST_JOURNAL_MAX_CB = 1 << 30 };
/* In the 32 bits of an index' node: marks cannot tell what is here and below; it stays written
 * down. */
enum { FVM_REST_KEPT = 1 };

struct fvm_rest {
    struct fvm_index index;
    const struct fvm_lower *lowers;
    size_t lower_count;
    int files_fd;
    struct fvm_trail trail; /* in the layer's folder, for sentences and depth */
    struct fvm_buf virtual; /* path in the VM of where we are */
    uint16_t virtual_units[FVM_PATH_CAP];
    uint16_t host_units[FVM_PATH_CAP]; /* not needed across a step down */
};

/* --- names and places (layer_host.c) --------------------------------------------------------- */
/** Make the index that a journal tells. @param memory [out] for fvm_rest_index_free()
 * @param end [out] where the journal's next record may be put
 * @return 0; -ENOMEM; -EBADMSG damaged, another version's, or larger than any engine's */
int fvm_rest_index(struct fvm_index *index, void **memory, const struct fvm_text *journal,
                   size_t *end, struct fvm_error *err);
void fvm_rest_index_free(void *memory);
/** A name of an index as Linux has it. Hostile programs may have written anything there.
 * @return false: no name of a file */
bool fvm_rest_name(char out[FVM_REST_NAME_CAP], struct fvm_str name);
/** "Z/home/u" -> "Z:\home\u". @return false: nothing that a Windows program could say */
bool fvm_rest_virtual(struct fvm_buf *out, const char *path);
/** The lower that holds a path, the one next above it. @param below [out] what follows, without a
 * backslash in front @return NULL: none */
const struct fvm_lower *fvm_rest_lower_of(const struct fvm_rest *rest, struct fvm_str path,
                                          struct fvm_str *below);
/** Open the host's directory that a path names, whatever its case.
 * @return 0; -ENOENT the host has none; -EXDEV it may have, but not where we look: over no lower,
 *         or behind a link; -errno */
int fvm_rest_open(const struct fvm_rest *rest, struct fvm_str path, struct fvm_tree_dir *out);
/** Read names, ascending without case. */
int fvm_rest_names(struct fvm_tree_names *names, int dir_fd);
/** The first that is not below a name without case; those that are the same follow it. */
size_t fvm_rest_find(const struct fvm_tree_names *names, const char *name);

/* --- copies (layer_fill.c) ------------------------------------------------------------------- */
/** Give a directory of the layer what it lacks of the host's name. Each name that comes is whole,
 * so that a repeated call goes on where a crash ended the first. What is no file, directory or link
 * does not come. */
int fvm_rest_fill(struct fvm_rest *rest, struct fvm_tree_dir *layer, struct fvm_tree_dir *lower,
                  const char *name);
/** Make an empty directory that is as the host's. */
int fvm_rest_fill_empty(struct fvm_tree_dir *layer, struct fvm_tree_dir *lower, const char *name);

/* --- links (layer_links.c) ------------------------------------------------------------------- */
/* A file beside the journal: there are stand-ins in the layer. */
#define FVM_LINKS_FLAG "links"
/** Put an empty file in the place of a symbolic link. */
int fvm_links_put_away(int dir_fd, const char *name, const struct stat *st);
/** Make links of all stand-ins below. @param trail where it failed */
int fvm_links_put_back(struct fvm_tree_dir *dir, struct fvm_trail *trail);

/* --- journals (layer_keep.c) ----------------------------------------------------------------- */
/** Add a record. */
void fvm_rest_record(struct fvm_text *journal, const struct fvm_journal_record *record);
/** Write anew what marks could not tell: the shortest journal that replayed gives the same. */
int fvm_rest_keep(const struct fvm_rest *rest, struct fvm_text *journal);
