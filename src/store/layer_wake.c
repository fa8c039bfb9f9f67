/* store/layer_wake.c: overlayfs' marks become a journal. See layer.h. */
#include "core/index.h"
#include "core/journal.h"
#include "core/text.h"
#include "core/utf.h"
#include "store/file.h"
#include "store/layer.h"
#include "store/tree.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { JOURNAL_MAX_CB = 1 << 30 };

struct wake {
    struct fvm_text records;
    struct fvm_trail trail; /* below files/: "C/dir" */
    bool removing;          /* second pass: the journal is there, the marks go */
};

/* "C/dir/name" -> "C:\dir\name". @return false: no name that a Windows program could say */
static bool virtual_path(struct fvm_buf *out, const char *trail)
{
    uint16_t units[FVM_PATH_CAP];
    size_t cch;

    out->cch = 0;
    if (!fvm_utf16_from_utf8((uint8_t *)units, &cch, trail, strlen(trail)) || cch < 1)
        return false;
    for (size_t i = 0; i < cch; i++) {
        if (units[i] == '\\' || units[i] == ':')
            return false;
        if (units[i] == '/')
            units[i] = '\\';
        if (fvm_buf_add_unit(out, units[i]) || (i == 0 && fvm_buf_add_unit(out, ':')))
            return false;
    }
    return true;
}

/* @return 1 recorded; 0 it cannot be */
static int record(struct wake *wake, enum fvm_journal_kind kind)
{
    static const char zeros[8];
    uint16_t units[FVM_PATH_CAP + 2];
    struct fvm_buf path = {units, 0, ARRAY_LEN(units)};
    struct fvm_journal_record row = {.kind = kind};
    uint32_t cb;

    if (!virtual_path(&path, wake->trail.s))
        return 0;
    row.path = fvm_buf_str(&path);
    cb = fvm_journal_cb(&row);
    for (uint32_t done = 0; done < cb; done += 8)
        fvm_text_add(&wake->records, zeros, 8);
    if (wake->records.failed)
        return -ENOMEM;
    fvm_journal_write((uint8_t *)wake->records.s + wake->records.cb - cb, &row);
    return 1;
}

static int visit(struct wake *wake, struct fvm_tree_dir *dir);

static int deletion(struct wake *wake, int dir_fd, const char *name)
{
    uint16_t units[FVM_PATH_CAP + 2];
    struct fvm_buf path = {units, 0, ARRAY_LEN(units)};

    if (!wake->removing)
        return record(wake, FVM_JOURNAL_OWN);
    return virtual_path(&path, wake->trail.s) && unlinkat(dir_fd, name, 0) ? -errno : 0;
}

static int directory(struct wake *wake, struct fvm_tree_dir *parent, const char *name)
{
    struct fvm_tree_dir dir;
    struct fvm_marks marks;
    int result = fvm_tree_dir_enter(&dir, parent, name, FVM_TO_WRITE, wake->trail.depth);

    if (result)
        return result;
    fvm_marks_read(&marks, dir.fd);
    if (marks.opaque && !wake->removing)
        result = record(wake, FVM_JOURNAL_OPAQUE);
    if (result >= 0)
        result = visit(wake, &dir);
    return fvm_tree_dir_leave(&dir, parent, result);
}

static int visit(struct wake *wake, struct fvm_tree_dir *dir)
{
    FVM_CLEANUP(tree_names) struct fvm_tree_names names = {0};
    struct fvm_marks marks;
    int result = fvm_tree_names_read(&names, dir->fd);

    fvm_marks_read(&marks, dir->fd);
    for (size_t i = 0; result >= 0 && i < names.count; i++) {
        size_t cch = wake->trail.cch;
        struct stat st;

        result = fvm_trail_push(&wake->trail, names.at[i]);
        if (!result)
            result = fvm_node_stat(dir->fd, names.at[i], &st);
        if (result == 1 && fvm_mark_is_deletion(dir->fd, names.at[i], &st, &marks))
            result = deletion(wake, dir->fd, names.at[i]);
        else if (result == 1 && S_ISDIR(st.st_mode))
            result = directory(wake, dir, names.at[i]);
        else if (result == 1 && !wake->removing) /* the host's, if there is one, stays hidden when
                                                    this is deleted */
            result = record(wake, FVM_JOURNAL_OWN);
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

int fvm_layer_wake(int layer_fd, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int files = fvm_dir_open(layer_fd, "files");
    FVM_CLEANUP(text) struct fvm_text old = {0};
    struct wake wake = {0};
    int result = 0;

    if (files < 0)
        return fvm_fail(err, files, "cannot open the layer's files: %s", strerror(-files));
    if (fvm_exists(layer_fd, "journal"))
        result = fvm_file_read(&old, layer_fd, "journal", JOURNAL_MAX_CB, err);
    /* What a crash or an unreachable folder left comes first: moves refer to what was before. */
    while (old.cb % 8)
        fvm_text_putc(&old, 0);
    fvm_text_add(&wake.records, old.s ? old.s : "", old.cb);
    if (!result)
        result = pass(&wake, files, err);
    if (!result && wake.records.failed)
        result = fvm_fail(err, -ENOMEM, "out of memory");
    if (!result)
        result = fvm_file_write(layer_fd, "journal", wake.records.s ? wake.records.s : "",
                                wake.records.cb, 0600, err);
    wake.removing = true;
    if (!result)
        result = pass(&wake, files, err);
    fvm_text_free(&wake.records);
    return result;
}
