/* core/index_write.c: see index.h. New names, flags. */
#include "core/index_image.h"

#include <string.h>

fvm_status index_check_path(struct fvm_str *path)
{
    if (path->cch > FVM_INDEX_PATH_CCH)
        return FVM_NAME_TOO_LONG;
    if (path->cch && path->s[path->cch - 1] == '\\')
        path->cch--;
    if (!path->cch || path->s[path->cch - 1] == '\\')
        return FVM_NAME_INVALID;
    for (uint32_t i = 0; i < path->cch; i++)
        if (path->s[i] == '\\' && (!i || path->s[i - 1] == '\\'))
            return FVM_NAME_INVALID;
    return FVM_OK;
}

fvm_status index_reserve(const struct fvm_index *index, uint32_t cb, struct index_room *room)
{
    uint32_t *word = &index_header(index)->arena_end, end = index_load(word);

    *room = (struct index_room){0, 0};
    if (!cb)
        return FVM_OK;
    do {
        if (end & 7 || end < index->arena_at + sizeof(struct index_node) || end > index->cb)
            return FVM_CORRUPT;
        if (cb > index->cb - end)
            return FVM_NO_MEMORY;
    } while (!index_swap(word, &end, end + cb));
    *room = (struct index_room){end, cb};
    return FVM_OK;
}

static uint32_t take(struct index_room *room, uint32_t cb)
{
    uint32_t at = room->at;

    room->at += cb;
    room->cb -= cb;
    return at;
}

static void write_string(struct index_string *string, struct fvm_str a, struct fvm_str b)
{
    if (a.cch)
        memcpy(string->s, a.s, a.cch * sizeof(*a.s));
    if (b.cch)
        memcpy(string->s + a.cch, b.s, b.cch * sizeof(*b.s));
    index_store(&string->cch, a.cch + b.cch);
}

uint32_t index_put_string(const struct fvm_index *index, struct index_room *room, struct fvm_str a,
                          struct fvm_str b)
{
    uint32_t at = take(room, FVM_INDEX_STRING_CB(a.cch + b.cch));

    write_string((struct index_string *)(void *)(index->memory + at), a, b);
    return at;
}

uint32_t index_put_node(const struct fvm_index *index, struct index_room *room, uint32_t flags)
{
    uint32_t at = take(room, sizeof(struct index_node));
    struct index_node *node = (struct index_node *)(void *)(index->memory + at);

    index_store(&node->user, 0);
    index_store(&node->origin, 0);
    index_store(&node->first_child, 0);
    index_store(&node->flags, flags);
    return at;
}

uint32_t index_missing_cb(struct fvm_str path, const struct index_walk *walk)
{
    uint32_t cb = 0, hash, at = walk->covered_cch ? walk->covered_cch + 1 : 0;

    while (at < path.cch)
        cb += FVM_INDEX_ENTRY_CB(index_part(path, &at, 0, &hash).cch);
    return cb;
}

static uint32_t put_entry(const struct fvm_index *index, struct index_room *room, uint32_t parent,
                          uint32_t hash, struct fvm_str name)
{
    uint32_t at = take(room, FVM_INDEX_ENTRY_CB(name.cch));
    struct index_entry *entry = (struct index_entry *)(void *)(index->memory + at);
    struct index_room node = {at + (uint32_t)offsetof(struct index_entry, node),
                              sizeof(struct index_node)};

    index_store(&entry->link.next, 0);
    index_store(&entry->link.parent, parent);
    index_store(&entry->link.hash, hash);
    index_store(&entry->link.name, at + (uint32_t)offsetof(struct index_entry, name));
    index_store(&entry->link.node, index_put_node(index, &node, 0));
    write_string(&entry->name, name, (struct fvm_str){0});
    return at;
}

/* The bucket decides whether a link is there; the list of siblings may hold links that are not, of
 * a writer who was killed or came second. So that list comes first: a listing lacks no name. */
static fvm_status publish(const struct fvm_index *index, uint32_t at, uint32_t parent_at,
                          uint32_t hash, struct fvm_str name, uint32_t *found)
{
    struct index_link *link = (struct index_link *)(void *)(index->memory + at);
    struct index_node *parent = index_node_at(index, parent_at);
    uint32_t *bucket = index_bucket(index, hash), head = index_load(&parent->first_child);

    do
        index_store(&link->sibling, head);
    while (!index_swap(&parent->first_child, &head, at));
    head = index_load(bucket);
    /* Each failure is somebody else's new link, so there are not more of them than links. */
    for (uint32_t left = index->link_limit; left; left--) {
        fvm_status status = index_find(index, head, parent_at, hash, name, found);

        if (fvm_failed(status) || *found)
            return status;
        index_store(&link->next, head);
        if (index_swap(bucket, &head, at)) {
            *found = at;
            return FVM_OK;
        }
    }
    return FVM_CORRUPT;
}

fvm_status index_add_links(const struct fvm_index *index, struct fvm_str path,
                           struct index_walk *walk, struct index_room *room, uint32_t *spelling)
{
    uint32_t at = walk->covered_cch ? walk->covered_cch + 1 : 0;

    *spelling = 0;
    while (at < path.cch) {
        uint32_t hash, entry, found;
        struct fvm_str name = index_part(path, &at, walk->node, &hash);
        fvm_status status;

        if (FVM_INDEX_ENTRY_CB(name.cch) > room->cb) /* the path changed under our hands */
            return FVM_CORRUPT;
        entry = put_entry(index, room, walk->node, hash, name);
        status = publish(index, entry, walk->node, hash, name, &found);
        if (fvm_failed(status))
            return status;
        *spelling = entry + (uint32_t)offsetof(struct index_entry, name);
        walk->link = found;
        walk->node = index_load(&index_link_at(index, found)->node);
        if (!index_node_at(index, walk->node))
            return FVM_CORRUPT;
        walk->met_watch = walk->met_watch || walk->node == walk->watch;
    }
    return FVM_OK;
}

void index_set_bits(uint32_t *word, uint32_t set, uint32_t clear, uint32_t *before)
{
    uint32_t was = index_load(word);

    while (((was & ~clear) | set) != was && !index_swap(word, &was, (was & ~clear) | set))
        ;
    *before = was;
}

/* Under the lock. */
static void set_origin(const struct fvm_index *index, struct index_node *node,
                       struct fvm_str origin, struct index_room *room)
{
    struct fvm_str was;
    uint32_t at = index_load(&node->origin);

    if (!at || !index_string(index, at, &was) || !fvm_str_eq(was, origin))
        index_store(&node->origin, index_put_string(index, room, origin, (struct fvm_str){0}));
}

static fvm_status mark(const struct fvm_index *index, struct fvm_str path, uint32_t flags,
                       struct fvm_str origin, uint32_t *node_at)
{
    struct index_walk walk = {0};
    struct index_room room;
    struct index_node *node;
    uint32_t missing_cb, spelling, before;
    bool changes;
    fvm_status status = index_walk(index, path, &walk);

    if (fvm_failed(status))
        return status;
    missing_cb = index_missing_cb(path, &walk);
    status = index_reserve(index, missing_cb + (origin.cch ? FVM_INDEX_STRING_CB(origin.cch) : 0),
                           &room);
    if (fvm_failed(status))
        return status;
    changes =
        missing_cb || origin.cch || ~index_load(&index_node_at(index, walk.node)->flags) & flags;
    if (changes)
        index_count_change(index);
    status = index_add_links(index, path, &walk, &room, &spelling);
    if (fvm_failed(status))
        return status;
    node = index_node_at(index, walk.node);
    if (origin.cch) /* before the flags: who sees MERGED sees it */
        set_origin(index, node, origin, &room);
    index_set_bits(&node->flags, flags, 0, &before);
    if (changes || (before | flags) != before)
        index_count_change(index);
    *node_at = walk.node;
    return FVM_OK;
}

fvm_status fvm_index_mark(const struct fvm_index *index, struct fvm_str path, uint32_t flags,
                          struct fvm_str origin, const struct fvm_index_writer *writer,
                          uint32_t *node)
{
    uint32_t node_at = 0;
    fvm_status status = index_check_path(&path);

    if (fvm_failed(status))
        return status;
    if (flags & ~(uint32_t)INDEX_KNOWN_FLAGS || (origin.cch && !writer) ||
        origin.cch > FVM_INDEX_PATH_CCH)
        return FVM_INVALID;
    if (origin.cch) {
        if (origin.cch > 1 && origin.s[origin.cch - 1] == '\\')
            origin.cch--; /* what follows begins with one */
        status = index_lock(index, writer);
        if (fvm_failed(status))
            return status;
    }
    status = mark(index, path, flags, origin, &node_at);
    if (origin.cch)
        index_unlock(index, writer);
    if (!fvm_failed(status) && node)
        *node = node_at;
    return status;
}

static fvm_status change(const struct fvm_index *index, uint32_t *word, uint32_t set,
                         uint32_t clear, uint32_t *before)
{
    uint32_t was = index_load(word);

    if (((was & ~clear) | set) != was)
        index_count_change(index);
    index_set_bits(word, set, clear, &was);
    if (((was & ~clear) | set) != was)
        index_count_change(index);
    if (before)
        *before = was;
    return FVM_OK;
}

fvm_status fvm_index_flags(const struct fvm_index *index, uint32_t node, uint32_t set,
                           uint32_t clear, uint32_t *before)
{
    struct index_node *at = index_node_at(index, node);

    if (!at || (set | clear) & ~(uint32_t)INDEX_KNOWN_FLAGS)
        return FVM_INVALID;
    return change(index, &at->flags, set, clear, before);
}

fvm_status fvm_index_user(const struct fvm_index *index, uint32_t node, uint32_t set,
                          uint32_t clear, uint32_t *before)
{
    struct index_node *at = index_node_at(index, node);

    return at ? change(index, &at->user, set, clear, before) : FVM_INVALID;
}
