/* store/win/conflict.c: which changes hit something that the host changed as well; see keep.h. */
#include "store/win/keep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 1000 };

void win_conflicts_free(struct win_conflicts *conflicts)
{
    for (size_t i = 0; i < conflicts->count; i++)
        free(conflicts->at[i]);
    free(conflicts->at);
    *conflicts = (struct win_conflicts){0};
}

/* When did anything about a node change, and when its content? */
struct times {
    int64_t changed_ns, written_ns;
    bool is_directory;
};

/* @return 1 found, 0 there is none, -errno */
static int times_of(struct times *times, const struct win_path *path)
{
    FVM_CLEANUP(handle)
    HANDLE file = CreateFileW(
        path->s, FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
        OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    FILE_BASIC_INFO info;
    int code;

    if (file == INVALID_HANDLE_VALUE ||
        !GetFileInformationByHandleEx(file, FileBasicInfo, &info, sizeof(info))) {
        code = win_code(GetLastError());
        return code == -ENOENT ? 0 : code;
    }
    times->changed_ns = win_unix_ns(info.ChangeTime.QuadPart);
    times->written_ns = win_unix_ns(info.LastWriteTime.QuadPart);
    times->is_directory = info.FileAttributes & FILE_ATTRIBUTE_DIRECTORY &&
                          !(info.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT);
    return 1;
}

/* Is a node, or anything below it, newer? Of a directory itself the time of its names counts. */
static int is_newer(struct win_path *path, int64_t since_ns, unsigned depth)
{
    FVM_CLEANUP(win_entries) struct win_entries entries = {0};
    size_t cch = path->cch;
    struct times times = {0};
    int result = times_of(&times, path);

    if (result != 1 || depth > DEPTH)
        return result == 1 ? -ELOOP : result;
    if (!times.is_directory)
        return times.changed_ns > since_ns;
    if (times.written_ns > since_ns)
        return 1;
    result = win_list(&entries, path);
    for (size_t i = 0; !result && i < entries.count; i++) {
        if (!win_path_push(path, entries.at[i].name))
            return -ENOMEM;
        result = is_newer(path, since_ns, depth + 1);
        win_path_pop(path, cch);
    }
    return result;
}

/* @return 1 conflict, 0 none, -errno */
static int conflicts_at(char drive, const struct fvm_change *change, const char *below,
                        int64_t since_ns)
{
    FVM_CLEANUP(win_path) struct win_path path = {0};
    struct times times = {0};
    int result = win_view_path(&path, drive, below);

    if (result)
        return result;
    result = times_of(&times, &path);
    if (result != 1)
        return result;
    if (!times.is_directory || change->kind == FVM_DELETED || change->kind == FVM_RENAMED ||
        change->node != FVM_DIRECTORY)
        return is_newer(&path, since_ns, 0);
    /* A directory for a directory. What is below it is told by itself; of its attributes nobody
     * knows after a name came or went. */
    return times.changed_ns > since_ns && times.changed_ns != times.written_ns &&
           change->kind == FVM_METADATA;
}

int win_conflicts_add(struct win_conflicts *out, const char *name)
{
    char **grown = realloc(out->at, (out->count + 1) * sizeof(*grown));

    if (!grown)
        return -ENOMEM;
    out->at = grown;
    grown[out->count] = strdup(name);
    return grown[out->count] ? (out->count++, 0) : -ENOMEM;
}

static int add(struct win_conflicts *out, const struct fvm_tree *tree,
               const struct fvm_change *change)
{
    FVM_CLEANUP(text) struct fvm_text name = {0};

    fvm_shown_path(&name, tree, change->path);
    return name.failed ? -ENOMEM : win_conflicts_add(out, name.s);
}

int win_conflicts_find(struct win_conflicts *out, const struct fvm_collection *picked,
                       int64_t since_ns, struct fvm_error *err)
{
    for (size_t i = 0; i < picked->tree_count; i++)
        for (size_t j = 0; j < picked->trees[i].changes.count; j++) {
            const struct fvm_tree *tree = &picked->trees[i];
            const struct fvm_change *change = &tree->changes.at[j];
            int result = conflicts_at(tree->shown[0], change, change->path, since_ns);

            if (!result && change->from)
                result = conflicts_at(tree->shown[0], change, change->from, since_ns);
            if (result == 1)
                result = add(out, tree, change);
            if (result)
                return fvm_fail(err, result, "cannot look when the host changed '%s\\%s'",
                                tree->shown, change->path);
        }
    return win_reg_conflicts(out, picked->registry, since_ns, err);
}
