/* rooms/registry/wow64.c: names as 32-bit programs give them. The host looks for `Wow6432Node` in
 * each key on the way, below the calls that are hooked; here the names are folded as it would, and
 * the host is asked by names that it leaves alone. As Wine 8 does: what Windows keeps in a handle,
 * whose view it was opened in, it does not.
 */
#include "rooms/registry/registry.h"

#include "engine/engine.h"

#include <string.h>

#define NODE FVM_STR(u"Wow6432Node")
/* What 32-bit programs find in the other view, if it is not in theirs. */
#define SHARED FVM_STR(u"R\\Machine\\Software\\Classes\\Wow6432Node")

bool registry_is_redirected(ACCESS_MASK access)
{
    return fvm_engine.is_wow64 && !(access & KEY_WOW64_64KEY);
}

static bool has_state(struct fvm_str path, enum fvm_regview_state *state, uint32_t *user)
{
    struct fvm_regview_hit hit;

    if (fvm_failed(fvm_regview_find(registry_index(), path, &hit)))
        return false;
    *state = hit.state;
    *user = hit.user;
    return true;
}

/* Go to the part for 32-bit programs, if the key has one and its name is not what comes next. */
static fvm_status redirect(struct fvm_buf *path, struct fvm_str next)
{
    uint32_t cch = path->cch, user = 0, ignored;
    enum fvm_regview_state state;
    fvm_status status;

    if (fvm_str_eq_fold(next, NODE) || !has_state(fvm_buf_str(path), &state, &user))
        return FVM_OK;
    status = fvm_buf_add_unit(path, '\\');
    if (!fvm_failed(status))
        status = fvm_buf_add(path, NODE);
    if (fvm_failed(status))
        return status;
    if (!has_state(fvm_buf_str(path), &state, &ignored) || state == FVM_REGVIEW_GONE ||
        (state == FVM_REGVIEW_HOST && !(user & FVM_REGVIEW_WOW)))
        path->cch = cch;
    return FVM_OK;
}

/* The other view's, if the shared part has none of this name. */
static void share(struct fvm_buf *path, uint32_t parent_cch, struct fvm_str name)
{
    struct fvm_str parent = {path->s, parent_cch};
    enum fvm_regview_state state;
    uint32_t user;

    if (!fvm_str_eq_fold(parent, SHARED) || !has_state(fvm_buf_str(path), &state, &user) ||
        state == FVM_REGVIEW_OWN ||
        (state == FVM_REGVIEW_HOST && user & (FVM_REGVIEW_SEEN | FVM_REGVIEW_HOST_LINK)))
        return;
    path->cch = fvm_regview_parent(parent).cch;
    if (!fvm_failed(fvm_buf_add_unit(path, '\\')))
        fvm_buf_add(path, name);
}

fvm_status registry_redirect(struct fvm_buf *path, struct fvm_str full, uint32_t root_cch,
                             ACCESS_MASK access)
{
    bool is_first = true;
    fvm_status status;

    path->cch = 0;
    status = fvm_buf_add(path, fvm_str_sub(full, 0, root_cch));
    for (uint32_t at = root_cch + 1; !fvm_failed(status) && at < full.cch;) {
        uint32_t end = fvm_str_find(full, '\\', at), parent_cch;
        struct fvm_str name = fvm_str_sub(full, at, end - at);

        /* The key that the name is relative to was chosen when it was opened. */
        if (!is_first || access & KEY_WOW64_32KEY)
            status = redirect(path, name);
        parent_cch = path->cch;
        if (!fvm_failed(status))
            status = fvm_buf_add_unit(path, '\\');
        if (!fvm_failed(status))
            status = fvm_buf_add(path, name);
        if (!fvm_failed(status))
            share(path, parent_cch, name);
        if (!fvm_failed(status) && end < full.cch)
            status = fvm_regview_follow(registry_index(), path, true, NULL);
        is_first = false;
        at = end + 1;
    }
    return fvm_failed(status) || is_first ? status : redirect(path, (struct fvm_str){0});
}

void registry_unshare(struct fvm_buf *path, struct fvm_str given)
{
    if (fvm_str_eq_fold(fvm_buf_str(path), SHARED) &&
        !fvm_str_eq_fold(fvm_regview_last(given), NODE))
        path->cch = fvm_regview_parent(SHARED).cch;
}
