/* store/layer_host.c: names of the VM and what they are on the host. See layer_walk.h. */
#include "core/block.h"
#include "core/fold.h"
#include "core/utf.h"
#include "store/layer_walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* The engine's held all of this but what it wrote down and then had no room for. */
enum { INDEX_CB = 2 * FVM_INDEX_CB };

int fvm_rest_index(struct fvm_index *index, void **memory, const struct fvm_text *journal,
                   size_t *end, struct fvm_error *err)
{
    void *made = mmap(NULL, INDEX_CB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    fvm_status status;

    *memory = NULL;
    if (made == MAP_FAILED)
        return fvm_fail(err, -ENOMEM, "out of memory");
    status = fvm_index_init(index, made, INDEX_CB, 1);
    if (!fvm_failed(status))
        status = fvm_journal_replay(index, (const uint8_t *)journal->s, journal->cb, end);
    if (!fvm_failed(status)) {
        *memory = made;
        return 0;
    }
    munmap(made, INDEX_CB);
    if (status == FVM_NEWER_FORMAT)
        return fvm_fail(err, -EBADMSG,
                        "layers/1/journal was written by another version of FVM; use that one");
    if (status == FVM_CORRUPT)
        return fvm_fail(err, -EBADMSG,
                        "layers/1/journal is damaged at byte %zu, so what the VM deleted and moved "
                        "is not known; put it back from a backup, or delete the VM",
                        *end);
    return fvm_fail(err, -EBADMSG,
                    "layers/1/journal is larger than any that FVM writes; delete the VM");
}

void fvm_rest_index_free(void *memory)
{
    if (memory)
        munmap(memory, INDEX_CB);
}

bool fvm_rest_name(char out[FVM_REST_NAME_CAP], struct fvm_str name)
{
    FVM_CLEANUP(text) struct fvm_text text = {0};

    if (!name.cch || name.cch >= FVM_REST_NAME_CAP)
        return false;
    fvm_utf8_from_utf16(&text, (const uint8_t *)name.s, name.cch);
    if (text.failed || !text.cb || text.cb >= FVM_REST_NAME_CAP || memchr(text.s, 0, text.cb) ||
        memchr(text.s, '/', text.cb))
        return false;
    memcpy(out, text.s, text.cb);
    out[text.cb] = 0;
    return strcmp(out, ".") != 0 && strcmp(out, "..") != 0;
}

bool fvm_rest_virtual(struct fvm_buf *out, const char *path)
{
    uint16_t units[FVM_PATH_CAP];
    size_t cch;

    out->cch = 0;
    if (strlen(path) >= FVM_PATH_CAP || (path[0] && path[1] && path[1] != '/') ||
        !fvm_utf16_from_utf8((uint8_t *)units, &cch, path, strlen(path)) || !cch)
        return false;
    for (size_t i = 0; i < cch; i++) {
        if (units[i] == '\\' || units[i] == ':')
            return false;
        if (fvm_buf_add_unit(out, units[i] == '/' ? '\\' : units[i]) ||
            (i == 0 && fvm_buf_add_unit(out, ':')))
            return false;
    }
    return true;
}

static bool is_over(const struct fvm_lower *lower, struct fvm_str path, struct fvm_str *below)
{
    uint16_t units[FVM_PATH_CAP + 2];
    struct fvm_buf root = {units, 0, ARRAY_LEN(units)};

    if (!fvm_rest_virtual(&root, lower->name) || !fvm_str_begins_fold(path, fvm_buf_str(&root)))
        return false;
    if (path.cch > root.cch && path.s[root.cch] != '\\')
        return false;
    *below = fvm_str_sub(path, root.cch + (path.cch > root.cch), path.cch);
    return true;
}

const struct fvm_lower *fvm_rest_lower_of(const struct fvm_rest *rest, struct fvm_str path,
                                          struct fvm_str *below)
{
    const struct fvm_lower *found = NULL;
    struct fvm_str rest_of_path;

    for (size_t i = 0; i < rest->lower_count; i++)
        if (is_over(&rest->lowers[i], path, &rest_of_path) &&
            (!found || rest_of_path.cch < below->cch)) {
            found = &rest->lowers[i];
            *below = rest_of_path;
        }
    return found;
}

/* One step down. Of several spellings the very one comes first. */
static int step_down(struct fvm_tree_dir *dir, struct fvm_str component)
{
    FVM_CLEANUP(tree_names) struct fvm_tree_names names = {0};
    char name[FVM_REST_NAME_CAP];
    struct fvm_tree_dir next;
    const char *found;
    struct stat st;
    size_t at;
    int result;

    if (!fvm_rest_name(name, component))
        return -ENOENT;
    found = name;
    result = fvm_node_stat(dir->fd, name, &st);
    if (!result)
        result = fvm_rest_names(&names, dir->fd);
    if (!result && names.count) {
        at = fvm_rest_find(&names, name);
        found = at < names.count && !fvm_name_cmp(names.at[at], name) ? names.at[at] : NULL;
    }
    if (!result && (!names.count || !found))
        return -ENOENT;
    if (result >= 0)
        result = fvm_tree_dir_open(&next, dir->fd, found, FVM_AS_IS);
    if (result)
        return result == -ENOTDIR ? -EXDEV : result;
    fvm_tree_dir_close(dir);
    *dir = next;
    return 0;
}

int fvm_rest_open(const struct fvm_rest *rest, struct fvm_str path, struct fvm_tree_dir *out)
{
    struct fvm_str below = {0};
    const struct fvm_lower *lower = fvm_rest_lower_of(rest, path, &below);
    int result;

    if (!lower)
        return -EXDEV;
    result = fvm_tree_dir_open(out, lower->fd, ".", FVM_AS_IS);
    for (uint32_t at = 0; !result && at < below.cch;) {
        uint32_t end = fvm_str_find(below, '\\', at);

        result = step_down(out, fvm_str_sub(below, at, end - at));
        at = end + 1;
    }
    if (result)
        fvm_tree_dir_close(out);
    return result;
}

static int by_fold(const void *a, const void *b)
{
    const char *a_name = *(char *const *)a, *b_name = *(char *const *)b;
    int order = fvm_name_cmp(a_name, b_name);

    return order ? order : strcmp(a_name, b_name);
}

int fvm_rest_names(struct fvm_tree_names *names, int dir_fd)
{
    int result = fvm_tree_names_read(names, dir_fd);

    if (!result && names->count > 1)
        qsort(names->at, names->count, sizeof(*names->at), by_fold);
    return result;
}

size_t fvm_rest_find(const struct fvm_tree_names *names, const char *name)
{
    size_t low = 0, high = names->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (fvm_name_cmp(names->at[middle], name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
