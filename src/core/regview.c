/* core/regview.c: see regview.h. */
#include "core/regview.h"

#include <string.h>

#define REGISTRY FVM_STR(u"\\REGISTRY")
#define PRIVATE  FVM_STR(u"\\REGISTRY\\Machine\\__fvm\\")

/* --- names -------------------------------------------------------------------------------- */

static fvm_status add_components(struct fvm_buf *out, struct fvm_str name)
{
    uint32_t at = 0;
    fvm_status status = FVM_OK;

    while (!fvm_failed(status) && at < name.cch) {
        uint32_t end = fvm_str_find(name, '\\', at);

        if (end - at > FVM_REGVIEW_NAME_CCH)
            return FVM_NAME_INVALID;
        if (end > at) {
            status = fvm_buf_add_unit(out, '\\');
            if (!fvm_failed(status))
                status = fvm_buf_add(out, fvm_str_sub(name, at, end - at));
        }
        at = end + 1;
    }
    return status;
}

fvm_status fvm_regview_fold(struct fvm_buf *out, struct fvm_str name, struct fvm_str root)
{
    struct fvm_buf path = {out->s, 0, out->cap_cch};
    fvm_status status;

    if (root.cch) {
        if (name.cch && name.s[0] == '\\')
            return FVM_PASS;
        status = fvm_buf_add(&path, root);
    } else {
        if (!fvm_str_begins_fold(name, REGISTRY) ||
            (name.cch > REGISTRY.cch && name.s[REGISTRY.cch] != '\\'))
            return FVM_PASS;
        name = fvm_str_sub(name, REGISTRY.cch, name.cch);
        status = fvm_buf_add_unit(&path, 'R');
    }
    if (!fvm_failed(status))
        status = add_components(&path, name);
    if (!fvm_failed(status))
        out->cch = path.cch;
    return status;
}

fvm_status fvm_regview_host_name(struct fvm_buf *out, struct fvm_str path)
{
    fvm_status status = fvm_buf_add(out, REGISTRY);

    return fvm_failed(status) ? status : fvm_buf_add(out, fvm_str_sub(path, 1, path.cch));
}

/* `\REGISTRY\Machine\__fvm\7` */
static fvm_status add_private_root(struct fvm_buf *out, uint32_t vm)
{
    uint16_t digits[10];
    uint32_t count = 0;
    fvm_status status = fvm_buf_add(out, PRIVATE);

    do
        digits[count++] = (uint16_t)('0' + vm % 10);
    while ((vm /= 10) > 0);
    while (!fvm_failed(status) && count > 0)
        status = fvm_buf_add_unit(out, digits[--count]);
    return status;
}

fvm_status fvm_regview_private_name(struct fvm_buf *out, struct fvm_str path, uint32_t vm)
{
    fvm_status status = add_private_root(out, vm);

    return fvm_failed(status) ? status : fvm_buf_add(out, fvm_str_sub(path, 1, path.cch));
}

bool fvm_regview_unmap(struct fvm_buf *name, uint32_t vm)
{
    uint16_t text[48];
    struct fvm_buf root = {text, 0, ARRAY_LEN(text)};
    uint32_t rest;

    if (fvm_failed(add_private_root(&root, vm)) ||
        !fvm_str_begins_fold(fvm_buf_str(name), fvm_buf_str(&root)) ||
        (name->cch > root.cch && name->s[root.cch] != '\\'))
        return false;
    rest = name->cch - root.cch;
    memmove(name->s + REGISTRY.cch, name->s + root.cch, rest * sizeof(*name->s));
    name->cch = REGISTRY.cch + rest;
    return true;
}

struct fvm_str fvm_regview_parent(struct fvm_str path)
{
    uint32_t cch = path.cch;

    while (cch > 1 && path.s[cch - 1] != '\\')
        cch--;
    return fvm_str_sub(path, 0, cch > 1 ? cch - 1 : 1);
}

struct fvm_str fvm_regview_last(struct fvm_str path)
{
    uint32_t from = path.cch;

    while (from && path.s[from - 1] != '\\')
        from--;
    return fvm_str_sub(path, from, path.cch);
}

/* --- asking -------------------------------------------------------------------------------- */

static bool is_link(const struct fvm_index_hit *hit)
{
    return hit->answer == FVM_INDEX_IS_OWN && hit->flags & FVM_INDEX_MERGED &&
           hit->user & (FVM_REGVIEW_LINK | FVM_REGVIEW_HOST_LINK);
}

/* Is a child marked, in a way that a listing shows? */
static bool has_own_child(const struct fvm_index *index, uint32_t node)
{
    struct fvm_index_cursor cursor = {node, 0, 0};
    struct fvm_index_child child;

    while (!fvm_failed(fvm_index_next_child(index, &cursor, &child)))
        if (child.flags & FVM_INDEX_OWN && !(child.user & FVM_REGVIEW_HOST_LINK))
            return true;
    return false;
}

/* What a look-up means. @param generation from before it */
static void judge(struct fvm_regview_hit *hit, const struct fvm_index *index,
                  const struct fvm_index_hit *found, uint32_t generation)
{
    *hit = (struct fvm_regview_hit){.generation = generation, .has_node = found->is_complete};
    if (found->is_complete) {
        hit->node = found->node;
        hit->user = found->user;
        hit->life = found->user / FVM_REGVIEW_LIFE;
        hit->has_own = has_own_child(index, found->node);
    }
    if (found->answer == FVM_INDEX_IS_OWN && found->user & FVM_REGVIEW_HOST_LINK)
        hit->state = FVM_REGVIEW_HOST;
    else if (found->answer == FVM_INDEX_IS_OWN)
        hit->state = found->user & FVM_REGVIEW_PRESENT ? FVM_REGVIEW_OWN : FVM_REGVIEW_GONE;
    else
        hit->state = found->answer == FVM_INDEX_BELOW_OWN ? FVM_REGVIEW_GONE : FVM_REGVIEW_HOST;
    hit->shows_host =
        hit->state == FVM_REGVIEW_HOST ||
        (hit->state == FVM_REGVIEW_OWN && found->flags & FVM_INDEX_MERGED && !is_link(found));
}

fvm_status fvm_regview_follow(const struct fvm_index *index, struct fvm_buf *path, bool follow_last,
                              struct fvm_regview_hit *hit)
{
    for (int i = 0; i < FVM_REGVIEW_LINKS; i++) {
        /* Where it leads is put behind the path, and moved to its front. */
        struct fvm_buf target = {path->s + path->cch, 0, path->cap_cch - path->cch};
        uint32_t generation = fvm_index_generation(index);
        struct fvm_index_hit found;
        fvm_status status = fvm_index_lookup(index, fvm_buf_str(path), &found, NULL, &target);

        if (fvm_failed(status))
            return status;
        if (found.answer != FVM_INDEX_BELOW_MOVED && !(follow_last && is_link(&found))) {
            if (hit)
                judge(hit, index, &found, generation);
            return FVM_OK;
        }
        memmove(path->s, target.s, target.cch * sizeof(*path->s));
        path->cch = target.cch;
    }
    return FVM_NAME_TOO_LONG;
}

fvm_status fvm_regview_find(const struct fvm_index *index, struct fvm_str path,
                            struct fvm_regview_hit *hit)
{
    struct fvm_index_hit found;
    uint32_t generation = fvm_index_generation(index);
    fvm_status status = fvm_index_lookup(index, path, &found, NULL, NULL);

    if (!fvm_failed(status))
        judge(hit, index, &found, generation);
    return status;
}

/* --- changing ------------------------------------------------------------------------------- */

static fvm_status make_node(const struct fvm_index *index, struct fvm_str path, uint32_t *node)
{
    return fvm_index_mark(index, path, 0, (struct fvm_str){0}, NULL, node);
}

fvm_status fvm_regview_copied(const struct fvm_index *index, struct fvm_str path, uint32_t user)
{
    uint32_t node;
    fvm_status status = make_node(index, path, &node);

    /* Without OWN the rest says nothing: the last store is the one that counts. A copy that nothing
     * was written to yet is to be told, too: what is below it stands on it. */
    if (!fvm_failed(status))
        status =
            fvm_index_user(index, node, FVM_REGVIEW_PRESENT | FVM_REGVIEW_DIRTY | user, 0, NULL);
    if (!fvm_failed(status))
        status = fvm_index_flags(index, node, FVM_INDEX_OWN | FVM_INDEX_MERGED, 0, NULL);
    return status;
}

fvm_status fvm_regview_created(const struct fvm_index *index, struct fvm_str path, uint32_t user)
{
    uint32_t node;
    fvm_status status = make_node(index, path, &node);

    if (!fvm_failed(status))
        status = fvm_index_flags(index, node, 0, FVM_INDEX_MERGED, NULL);
    if (!fvm_failed(status))
        status =
            fvm_index_user(index, node, FVM_REGVIEW_PRESENT | FVM_REGVIEW_DIRTY | user, 0, NULL);
    if (!fvm_failed(status))
        status = fvm_index_flags(index, node, FVM_INDEX_OWN, 0, NULL);
    return status;
}

fvm_status fvm_regview_deleted(const struct fvm_index *index, struct fvm_str path)
{
    uint32_t node, before, life;
    fvm_status status = make_node(index, path, &node);

    if (!fvm_failed(status))
        status = fvm_index_user(index, node, 0, 0, &before);
    if (fvm_failed(status))
        return status;
    life = (before / FVM_REGVIEW_LIFE + 1) * FVM_REGVIEW_LIFE;
    /* In one step: it lives no more, and has lived once more. What the host has is kept in mind. */
    fvm_index_user(index, node, life | FVM_REGVIEW_DIRTY,
                   ~(life | (before & (FVM_REGVIEW_WOW | FVM_REGVIEW_SEEN))), NULL);
    fvm_index_flags(index, node, FVM_INDEX_OWN, 0, NULL);
    return fvm_index_flags(index, node, 0, FVM_INDEX_MERGED, NULL);
}

fvm_status fvm_regview_linked(const struct fvm_index *index, struct fvm_str path,
                              struct fvm_str target, uint32_t user,
                              const struct fvm_index_writer *writer)
{
    uint32_t node;
    fvm_status status = make_node(index, path, &node);

    if (!fvm_failed(status))
        status = fvm_index_user(index, node, user, 0, NULL);
    if (!fvm_failed(status))
        status =
            fvm_index_mark(index, path, FVM_INDEX_OWN | FVM_INDEX_MERGED, target, writer, NULL);
    return status;
}

void fvm_regview_changed(const struct fvm_index *index, struct fvm_regview_area *area,
                         uint32_t node)
{
    fvm_index_user(index, node, FVM_REGVIEW_DIRTY, 0, NULL);
    __atomic_fetch_add(&area->changes, 1, __ATOMIC_ACQ_REL);
}

/* --- the lock: as the index' own, which is held within single calls only ---------------------- */

static bool swap_owner(struct fvm_regview_area *area, uint64_t *expected, uint64_t token)
{
    return __atomic_compare_exchange_n(&area->owner, expected, token, false, __ATOMIC_ACQ_REL,
                                       __ATOMIC_ACQUIRE);
}

fvm_status fvm_regview_lock(struct fvm_regview_area *area, const struct fvm_index_writer *writer)
{
    for (uint32_t round = 0;;) {
        uint64_t owner = 0;

        if (swap_owner(area, &owner, writer->token))
            return FVM_OK;
        if (owner == writer->token || !writer->is_alive(writer->ctx, owner)) {
            if (swap_owner(area, &owner, writer->token))
                return FVM_OK;
        } else if (!writer->wait(writer->ctx, round++)) {
            return FVM_INDEX_BUSY;
        }
    }
}

void fvm_regview_unlock(struct fvm_regview_area *area, const struct fvm_index_writer *writer)
{
    uint64_t owner = writer->token;

    swap_owner(area, &owner, 0);
}
