/* core/index_rename.c: see index.h. What moves or replaces nodes. All under the writer lock. */
#include "core/index_image.h"

/* What a rename is made of. */
struct move {
    struct fvm_str from_path, to_path;
    struct index_walk from, to;
    struct fvm_str name;           /* the last component of to_path */
    struct fvm_str origin[2];      /* in two parts; empty: none to be given */
    bool is_same_link, needs_name; /* the link is there with another spelling */
};

static struct fvm_str last_part(struct fvm_str path)
{
    uint32_t from = path.cch;

    while (from && path.s[from - 1] != '\\')
        from--;
    return fvm_str_sub(path, from, path.cch);
}

/* Where the host has a MERGED directory, for the origin that lets its children stay found. */
static fvm_status find_origin(const struct fvm_index *index, struct move *move)
{
    const struct index_view *view = &move->from.own;

    move->origin[0] = move->origin[1] = (struct fvm_str){0};
    if (move->is_same_link || move->from.origin || !(move->from.flags & FVM_INDEX_MERGED))
        return FVM_OK;
    if (view->answer == FVM_INDEX_BELOW_OWN)
        return FVM_OK;
    if (view->answer == FVM_INDEX_BELOW_MOVED &&
        !index_string(index, view->origin, &move->origin[0]))
        return FVM_CORRUPT;
    move->origin[1] = fvm_str_sub(move->from_path, view->from_cch, move->from_path.cch);
    return move->origin[0].cch + move->origin[1].cch > FVM_INDEX_PATH_CCH ? FVM_NAME_TOO_LONG
                                                                          : FVM_OK;
}

/* Look only: what is to be done, and may it be? */
static fvm_status plan(const struct fvm_index *index, struct move *move)
{
    struct fvm_str spelling;
    uint32_t target;
    fvm_status status = index_walk(index, move->from_path, &move->from);

    if (fvm_failed(status))
        return status;
    if (!move->from.is_complete || !(move->from.flags & FVM_INDEX_OWN))
        return FVM_NOT_FOUND;
    move->to.watch = move->from.node;
    status = index_walk(index, move->to_path, &move->to);
    if (fvm_failed(status))
        return status;
    move->name = last_part(move->to_path);
    move->is_same_link = move->to.is_complete && move->to.link == move->from.link;
    if (move->to.is_complete) {
        if (!index_string(index, index_load(&index_link_at(index, move->to.link)->name), &spelling))
            return FVM_CORRUPT;
        move->needs_name = !fvm_str_eq(spelling, move->name);
    }
    if (!move->is_same_link) {
        target = move->to.is_complete ? move->to.node : 0;
        move->from.watch = target;
        if (target)
            status = index_walk(index, move->from_path, &move->from);
        if (move->to.met_watch || (target && move->from.met_watch))
            return FVM_INVALID;
    }
    return fvm_failed(status) ? status : find_origin(index, move);
}

static fvm_status carry_out(const struct fvm_index *index, struct move *move)
{
    uint32_t origin_cch = move->origin[0].cch + move->origin[1].cch,
             cb = index_missing_cb(move->to_path, &move->to), spelling = 0;
    struct index_intent intent = {.from = move->from.link, .node = move->from.node};
    struct index_room room;
    fvm_status status;

    if (move->is_same_link && !move->needs_name)
        return FVM_OK;
    if (!move->is_same_link)
        cb += (uint32_t)sizeof(struct index_node);
    if (origin_cch)
        cb += FVM_INDEX_STRING_CB(origin_cch);
    if (move->needs_name)
        cb += FVM_INDEX_STRING_CB(move->name.cch);
    status = index_reserve(index, cb, &room);
    if (!fvm_failed(status))
        status = index_add_links(index, move->to_path, &move->to, &room, &spelling);
    if (fvm_failed(status))
        return status;
    if (move->to.met_watch && !move->is_same_link) /* only if somebody writes at random */
        return FVM_CORRUPT;
    if (move->needs_name)
        spelling = index_put_string(index, &room, move->name, (struct fvm_str){0});
    if (origin_cch)
        index_store(&index_node_at(index, intent.node)->origin,
                    index_put_string(index, &room, move->origin[0], move->origin[1]));
    intent.to = move->to.link;
    intent.spelling = spelling;
    intent.fresh = move->is_same_link ? intent.node : index_put_node(index, &room, FVM_INDEX_OWN);
    index_relink(index, &intent);
    return FVM_OK;
}

fvm_status fvm_index_rename(const struct fvm_index *index, struct fvm_str from, struct fvm_str to,
                            const struct fvm_index_writer *writer)
{
    struct move move = {0};
    fvm_status status = index_check_path(&from);

    if (!fvm_failed(status))
        status = index_check_path(&to);
    if (!fvm_failed(status))
        status = index_lock(index, writer);
    if (fvm_failed(status))
        return status;
    move.from_path = from;
    move.to_path = to;
    status = plan(index, &move);
    if (!fvm_failed(status))
        status = carry_out(index, &move);
    index_unlock(index, writer);
    return status;
}

/* A node without children and origin is emptied as it is: names that come and go take no memory.
 * One with children is replaced, and they with it. */
static fvm_status empty(const struct fvm_index *index, const struct index_walk *walk,
                        uint32_t flags)
{
    struct index_node *node = index_node_at(index, walk->node);
    struct index_room room;
    uint32_t before;
    fvm_status status;

    if (!index_load(&node->first_child) && !index_load(&node->origin)) {
        index_count_change(index);
        index_set_bits(&node->user, 0, UINT32_MAX, &before);
        index_set_bits(&node->flags, flags, UINT32_MAX, &before);
    } else {
        status = index_reserve(index, sizeof(struct index_node), &room);
        if (fvm_failed(status))
            return status;
        index_count_change(index);
        index_store(&index_link_at(index, walk->link)->node, index_put_node(index, &room, flags));
    }
    index_count_change(index);
    return FVM_OK;
}

static fvm_status unlink(const struct fvm_index *index, struct fvm_str path, bool stays_own)
{
    struct index_walk walk = {0};
    struct index_room room;
    uint32_t spelling;
    fvm_status status = index_walk(index, path, &walk);

    if (fvm_failed(status))
        return status;
    if (!walk.is_complete) {
        if (!stays_own)
            return FVM_NOT_FOUND;
        status = index_reserve(index, index_missing_cb(path, &walk), &room);
        if (!fvm_failed(status))
            status = index_add_links(index, path, &walk, &room, &spelling);
        if (fvm_failed(status))
            return status;
    }
    return empty(index, &walk, stays_own ? FVM_INDEX_OWN : 0);
}

fvm_status fvm_index_unlink(const struct fvm_index *index, struct fvm_str path, bool stays_own,
                            const struct fvm_index_writer *writer)
{
    fvm_status status = index_check_path(&path);

    if (!fvm_failed(status))
        status = index_lock(index, writer);
    if (fvm_failed(status))
        return status;
    status = unlink(index, path, stays_own);
    index_unlock(index, writer);
    return status;
}
