/* core/ntpath_walk.c: canonical paths taken apart and given back; see ntpath.h. */
#include "core/ntpath.h"

/* Units of the root, with its backslash if there is one: `C:\`, `UNC\server\share\`. */
static uint32_t root_cch(struct fvm_str path)
{
    uint32_t at = 0, parts = fvm_str_begins_fold(path, FVM_STR(u"UNC\\")) ? 3 : 1;

    while (parts-- > 0 && at < path.cch) {
        at = fvm_str_find(path, '\\', at);
        at += at < path.cch;
    }
    return at;
}

fvm_status fvm_ntpath_to_nt(struct fvm_buf *out, struct fvm_str path)
{
    uint32_t before = out->cch;
    fvm_status status = FVM_OK;

    if (!path.cch || path.s[0] != '\\')
        status = fvm_buf_add(out, FVM_STR(u"\\??\\"));
    if (!fvm_failed(status))
        status = fvm_buf_add(out, path);
    if (fvm_failed(status))
        out->cch = before;
    return status;
}

bool fvm_ntpath_next(struct fvm_str path, uint32_t *at, struct fvm_str *component)
{
    uint32_t root = root_cch(path), from = *at < root ? root : *at + (*at > root), end;

    if (from >= path.cch)
        return false;
    end = fvm_str_find(path, '\\', from);
    *component = fvm_str_sub(path, from, end - from);
    *at = end;
    return true;
}

struct fvm_str fvm_ntpath_last(struct fvm_str path)
{
    uint32_t root = root_cch(path), from = path.cch;

    while (from > root && path.s[from - 1] != '\\')
        from--;
    return fvm_str_sub(path, from, path.cch);
}

struct fvm_str fvm_ntpath_parent(struct fvm_str path)
{
    uint32_t root = root_cch(path), end = path.cch - fvm_ntpath_last(path).cch;

    if (end == path.cch)
        return fvm_str_sub(path, 0, 0);
    /* Only a drive's root ends with a backslash. */
    if (end > root || fvm_str_begins_fold(path, FVM_STR(u"UNC\\")))
        end--;
    return fvm_str_sub(path, 0, end);
}

bool fvm_ntpath_is_below(struct fvm_str path, struct fvm_str dir)
{
    if (!dir.cch || !fvm_str_begins_fold(path, dir))
        return false;
    return path.cch == dir.cch || dir.s[dir.cch - 1] == '\\' || path.s[dir.cch] == '\\';
}
