/* store/layer_wake.c: overlayfs' marks become a journal. See layer.h.
 *
 * What a crash or an unreachable folder left in the journal comes first: moves refer to what was
 * before. A directory that it joins with one of the host stays joined, whatever marks say. */
#include "store/file.h"
#include "store/layer_walk.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct wake {
    struct fvm_text records;
    struct fvm_trail trail; /* below files/: "C/dir" */
    struct fvm_index old;   /* memory NULL: there was no journal */
    bool removing;          /* second pass: the journal is there, the marks go */
    bool has_links;
};

/* Where we are, as programs say it. @return false: they cannot, so no mark is of use to them */
static bool virtual_path(const struct wake *wake, struct fvm_buf *out)
{
    return fvm_rest_virtual(out, wake->trail.s) && out->cch > 2;
}

/* @return 0; -ENOMEM */
static int record(struct wake *wake, enum fvm_journal_kind kind)
{
    uint16_t units[FVM_PATH_CAP + 2];
    struct fvm_buf path = {units, 0, ARRAY_LEN(units)};

    if (virtual_path(wake, &path))
        fvm_rest_record(&wake->records,
                        &(struct fvm_journal_record){.kind = kind, .path = fvm_buf_str(&path)});
    return wake->records.failed ? -ENOMEM : 0;
}

/* What the old journal says of where we are. */
static struct fvm_index_hit old_hit(const struct wake *wake)
{
    uint16_t units[FVM_PATH_CAP + 2];
    struct fvm_buf path = {units, 0, ARRAY_LEN(units)};
    struct fvm_index_hit hit = {.answer = FVM_INDEX_HOST};

    if (wake->old.memory && virtual_path(wake, &path))
        (void)fvm_index_lookup(&wake->old, fvm_buf_str(&path), &hit, NULL, NULL);
    return hit;
}

static int visit(struct wake *wake, struct fvm_tree_dir *dir);

static int deletion(struct wake *wake, int dir_fd, const char *name)
{
    uint16_t units[FVM_PATH_CAP + 2];
    struct fvm_buf path = {units, 0, ARRAY_LEN(units)};
    int result;

    if (!wake->removing)
        return record(wake, FVM_JOURNAL_OWN);
    if (!virtual_path(wake, &path))
        return 0;
    result = fvm_tree_step();
    return !result && unlinkat(dir_fd, name, 0) ? -errno : result;
}

static int opaque(struct wake *wake, const struct fvm_tree_dir *dir)
{
    uint16_t units[FVM_PATH_CAP + 2];
    struct fvm_buf path = {units, 0, ARRAY_LEN(units)};
    struct fvm_index_hit hit;
    int result;

    if (wake->removing) {
        result = virtual_path(wake, &path) ? fvm_tree_step() : 1;
        return result ? (result < 0 ? result : 0) : fvm_mark_clear_opaque(dir->fd);
    }
    hit = old_hit(wake);
    if (hit.answer == FVM_INDEX_IS_OWN && hit.flags & FVM_INDEX_MERGED)
        return 0;
    return record(wake, FVM_JOURNAL_OPAQUE);
}

static int directory(struct wake *wake, struct fvm_tree_dir *parent, const char *name)
{
    struct fvm_tree_dir dir;
    struct fvm_marks marks;
    int result = fvm_tree_dir_enter(&dir, parent, name, FVM_TO_WRITE, wake->trail.depth);

    if (result)
        return result;
    fvm_marks_read(&marks, dir.fd);
    if (marks.opaque)
        result = opaque(wake, &dir);
    if (!result)
        result = visit(wake, &dir);
    return fvm_tree_dir_leave(&dir, parent, result);
}

/* The engine writes down that a name is the VM's when it makes the copy, not when it deletes it. */
static int file(struct wake *wake, int dir_fd, const char *name, const struct stat *st)
{
    wake->has_links = wake->has_links || S_ISLNK(st->st_mode);
    if (wake->removing)
        return S_ISLNK(st->st_mode) ? fvm_links_put_away(dir_fd, name, st) : 0;
    return old_hit(wake).answer == FVM_INDEX_IS_OWN ? 0 : record(wake, FVM_JOURNAL_OWN);
}

static int visit(struct wake *wake, struct fvm_tree_dir *dir)
{
    FVM_CLEANUP(tree_names) struct fvm_tree_names names = {0};
    struct fvm_marks marks;
    int result = fvm_tree_names_read(&names, dir->fd);

    fvm_marks_read(&marks, dir->fd);
    for (size_t i = 0; result >= 0 && i < names.count; i++) {
        size_t cch = wake->trail.cch;
        struct stat st = {.st_mode = 0};

        if (fvm_put_is_temporary(names.at[i])) { /* a way to rest ended here */
            result = fvm_tree_remove(dir->fd, names.at[i], NULL);
            continue;
        }
        result = fvm_trail_push(&wake->trail, names.at[i]);
        if (!result)
            result = fvm_node_stat(dir->fd, names.at[i], &st);
        if (result == 1 && fvm_mark_is_deletion(dir->fd, names.at[i], &st, &marks))
            result = deletion(wake, dir->fd, names.at[i]);
        else if (result == 1)
            result = S_ISDIR(st.st_mode) ? directory(wake, dir, names.at[i])
                                         : file(wake, dir->fd, names.at[i], &st);
        if (result >= 0)
            fvm_trail_pop(&wake->trail, cch);
    }
    return result < 0 ? result : 0;
}

static int pass(struct wake *wake, int files_fd, struct fvm_error *err)
{
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir root = FVM_TREE_DIR_NONE;
    int result = fvm_tree_dir_open(&root, files_fd, ".", FVM_TO_READ);

    wake->trail = (struct fvm_trail){0};
    if (!result)
        result = visit(wake, &root);
    return result ? fvm_tree_fail(err, result, "read the layer's", wake->trail.s) : 0;
}

static int write_journal(struct wake *wake, int layer_fd, struct fvm_error *err)
{
    int result = 0;

    if (wake->records.failed)
        return fvm_fail(err, -ENOMEM, "out of memory");
    if (wake->has_links)
        result = fvm_file_write(layer_fd, FVM_LINKS_FLAG, "", 0, 0600, err);
    if (result)
        return result;
    return fvm_file_write(layer_fd, "journal", wake->records.s ? wake->records.s : "",
                          wake->records.cb, 0600, err);
}

int fvm_layer_wake(int layer_fd, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int files = fvm_dir_open(layer_fd, "files");
    struct wake wake = {0};
    void *memory = NULL;
    size_t end = 0;
    int result = 0;

    if (files < 0)
        return fvm_fail(err, files, "cannot open the layer's files: %s", strerror(-files));
    if (fvm_exists(layer_fd, "journal"))
        result = fvm_file_read(&wake.records, layer_fd, "journal", FVM_REST_JOURNAL_MAX_CB, err);
    if (!result && wake.records.cb)
        result = fvm_rest_index(&wake.old, &memory, &wake.records, &end, err);
    while (!result && wake.records.cb < end && !wake.records.failed)
        fvm_text_putc(&wake.records, 0);
    if (!result)
        result = pass(&wake, files, err);
    if (!result)
        result = write_journal(&wake, layer_fd, err);
    wake.removing = true;
    if (!result)
        result = pass(&wake, files, err);
    fvm_rest_index_free(memory);
    fvm_text_free(&wake.records);
    return result;
}
