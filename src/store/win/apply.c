/* store/win/apply.c: what a VM did, done to the host; see keep.h. */
#include "store/lists.h"
#include "store/win/keep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct applying {
    struct win_view *view;
    const struct fvm_change *change;
    char drive;
    struct win_path host;  /* the host's name of the change */
    struct win_path from;  /* where the layer has it */
    struct win_path clean; /* a directory in which no crash has left anything */
    struct fvm_error *err;
};

/* A file cannot be replaced, moved or removed while it is read-only. */
static void make_writable(const wchar_t *path)
{
    DWORD attributes = GetFileAttributesW(path);

    if (attributes != INVALID_FILE_ATTRIBUTES && attributes & FILE_ATTRIBUTE_READONLY)
        SetFileAttributesW(path, attributes & ~(DWORD)FILE_ATTRIBUTE_READONLY);
}

/* --- temporary names ------------------------------------------------------------------------- */

static int clean_parent(struct applying *applying, const struct win_path *parent)
{
    FVM_CLEANUP(win_entries) struct win_entries entries = {0};
    FVM_CLEANUP(win_path) struct win_path path = {0};
    size_t cch;
    int result = 0;

    if (applying->clean.s && !wcscmp(applying->clean.s, parent->s))
        return 0;
    win_path_set(&applying->clean, parent->s);
    win_path_set(&path, parent->s);
    if (path.failed || applying->clean.failed)
        return win_no_memory(applying->err);
    cch = path.cch;
    if (win_list(&entries, &path))
        return 0; /* what is to be done there will say why it cannot */
    for (size_t i = 0; !result && i < entries.count; i++) {
        if (!fvm_put_is_temporary(entries.at[i].utf8))
            continue;
        if (!win_path_push(&path, entries.at[i].name))
            return win_no_memory(applying->err);
        result = win_remove_tree(&path, applying->err);
        win_path_pop(&path, cch);
    }
    return result;
}

/* A name beside another one that is free. Parents are made. @param temp [out] */
static int temporary_beside(struct applying *applying, struct win_path *temp,
                            const struct win_path *path)
{
    static unsigned count;
    char name[FVM_TEMP_CAP];
    wchar_t wide[FVM_TEMP_CAP];
    size_t cch;
    int result;

    win_path_set(temp, path->s);
    if (temp->failed)
        return win_no_memory(applying->err);
    for (cch = temp->cch; cch && temp->s[cch] != '\\'; cch--)
        ;
    win_path_pop(temp, cch);
    result = win_make_directories(temp, applying->err);
    if (!result)
        result = clean_parent(applying, temp);
    if (result)
        return result;
    for (;;) {
        fvm_put_temporary(name, ++count + GetCurrentProcessId() * 61);
        _snwprintf(wide, ARRAY_LEN(wide), L"%hs", name);
        if (!win_path_push(temp, wide))
            return win_no_memory(applying->err);
        if (win_attributes(temp) == INVALID_FILE_ATTRIBUTES)
            return 0;
        win_path_pop(temp, cch);
    }
}

/* --- steps ----------------------------------------------------------------------------------- */

static int put_directory(struct applying *applying, struct win_path *host)
{
    DWORD attributes = win_attributes(host);
    int result = 0;

    if (attributes != INVALID_FILE_ATTRIBUTES && win_node_of(attributes) != FVM_DIRECTORY)
        result = win_remove_tree(host, applying->err);
    if (!result)
        result = win_make_directories(host, applying->err);
    return result;
}

static int put_file(struct applying *applying, struct win_path *host, const struct win_path *from)
{
    FVM_CLEANUP(win_path) struct win_path temp = {0};
    DWORD attributes = win_attributes(host);
    int result = 0;

    if (attributes != INVALID_FILE_ATTRIBUTES && win_node_of(attributes) == FVM_DIRECTORY)
        result = win_remove_tree(host, applying->err);
    if (!result)
        result = temporary_beside(applying, &temp, host);
    if (result)
        return result;
    if (!CopyFileW(from->s, temp.s, TRUE) || !win_copy_metadata(from, &temp)) {
        result = win_fail(applying->err, "copy to", host);
        win_remove_tree(&temp, NULL);
        return result;
    }
    make_writable(host->s);
    if (MoveFileExW(temp.s, host->s, MOVEFILE_REPLACE_EXISTING))
        return 0;
    result = win_fail(applying->err, "replace", host);
    win_remove_tree(&temp, NULL);
    return result;
}

static int put_metadata(struct applying *applying)
{
    if (!win_copy_metadata(&applying->from, &applying->host))
        return win_fail(applying->err, "set time or attributes of", &applying->host);
    return 0;
}

static int put_tree(struct applying *applying, struct win_path *host, struct win_path *from)
{
    FVM_CLEANUP(win_entries) struct win_entries entries = {0};
    size_t host_cch = host->cch, from_cch = from->cch;
    int result = put_directory(applying, host);

    if (!result && win_list(&entries, from))
        result = win_fail(applying->err, "list", from);
    for (size_t i = 0; !result && i < entries.count; i++) {
        if (!win_path_push(host, entries.at[i].name) || !win_path_push(from, entries.at[i].name))
            return win_no_memory(applying->err);
        result = win_node_of(entries.at[i].attributes) == FVM_DIRECTORY
                     ? put_tree(applying, host, from)
                     : put_file(applying, host, from);
        win_path_pop(host, host_cch);
        win_path_pop(from, from_cch);
    }
    if (!result && !win_copy_metadata(from, host))
        result = win_fail(applying->err, "set time or attributes of", host);
    return result;
}

/* --- passes ---------------------------------------------------------------------------------- */

static int refuse_links(struct applying *applying)
{
    const struct fvm_change *change = applying->change;

    if (change->kind == FVM_DELETED || change->node == FVM_FILE || change->node == FVM_DIRECTORY)
        return 0;
    return fvm_fail(applying->err, -EPERM,
                    "'%c:\\%s' is a link: FVM does not commit links (--only "
                    "picks others)",
                    applying->drive, change->path);
}

static int make_directories(struct applying *applying)
{
    const struct fvm_change *change = applying->change;

    if (change->node != FVM_DIRECTORY || change->kind == FVM_DELETED)
        return 0;
    return change->kind == FVM_RENAMED ? put_tree(applying, &applying->host, &applying->from)
                                       : put_directory(applying, &applying->host);
}

static int make_files(struct applying *applying)
{
    const struct fvm_change *change = applying->change;

    if (change->node != FVM_FILE || change->kind == FVM_DELETED)
        return 0;
    return change->kind == FVM_METADATA ? put_metadata(applying)
                                        : put_file(applying, &applying->host, &applying->from);
}

static int delete (struct applying *applying)
{
    FVM_CLEANUP(win_path) struct win_path from = {0};
    const struct fvm_change *change = applying->change;

    if (change->kind == FVM_DELETED)
        return win_remove_tree(&applying->host, applying->err);
    if (!change->from)
        return 0;
    if (win_view_path(&from, applying->drive, change->from))
        return win_no_memory(applying->err);
    return win_remove_tree(&from, applying->err);
}

/* Last: whatever came into it or went has changed its time. */
static int finish_directory(struct applying *applying)
{
    const struct fvm_change *change = applying->change;

    if (change->node != FVM_DIRECTORY || change->kind == FVM_DELETED)
        return 0;
    return put_metadata(applying);
}

static int apply_one(struct applying *applying, int (*step)(struct applying *))
{
    FVM_CLEANUP(win_place) struct win_place place = {0};

    if (win_view_path(&applying->host, applying->drive, applying->change->path) ||
        win_view_look(&place, applying->view, &applying->host))
        return win_no_memory(applying->err);
    win_path_set(&applying->from, place.layer.s);
    return applying->from.failed ? win_no_memory(applying->err) : step(applying);
}

int win_apply(struct win_view *view, const struct fvm_collection *picked, struct fvm_error *err)
{
    int (*const passes[])(struct applying *) = {refuse_links, make_directories, make_files, delete,
                                                finish_directory};
    struct applying applying = {.view = view, .err = err};
    int result = 0;

    for (size_t pass = 0; !result && pass < ARRAY_LEN(passes); pass++)
        for (size_t i = 0; !result && i < picked->tree_count; i++)
            for (size_t j = 0; !result && j < picked->trees[i].changes.count; j++) {
                applying.drive = picked->trees[i].shown[0];
                applying.change = &picked->trees[i].changes.at[j];
                result = apply_one(&applying, passes[pass]);
            }
    win_path_free(&applying.host);
    win_path_free(&applying.from);
    win_path_free(&applying.clean);
    return result ? result : win_reg_apply(picked->registry, err);
}
