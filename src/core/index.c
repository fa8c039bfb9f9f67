/* core/index.c: see index.h. Making, attaching, looking up. */
#include "core/index_image.h"

#include <string.h>

/* Everything about the shape follows from the size, so an image is compared with it, not believed.
 */
static bool shape(struct fvm_index *index, void *memory, uint32_t cb)
{
    uint32_t buckets = 8;

    if (!memory || ((uintptr_t)memory & 7) || cb < FVM_INDEX_MIN_CB || cb > FVM_INDEX_MAX_CB)
        return false;
    while (buckets * 2 <= cb / 128)
        buckets *= 2;
    index->memory = memory;
    index->cb = cb & ~7U;
    index->bucket_mask = buckets - 1;
    index->arena_at = (uint32_t)sizeof(struct index_header) + buckets * 4;
    index->link_limit = (index->cb - index->arena_at) / FVM_INDEX_ENTRY_CB(1);
    return true;
}

static uint32_t header_check(const struct index_header *header)
{
    const uint32_t words[] = {header->magic, header->version,      header->cb,
                              header->vm,    header->bucket_count, header->arena_at};
    uint32_t check = 2166136261U;

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        check = (check ^ words[i]) * 16777619U;
    return check;
}

fvm_status fvm_index_init(struct fvm_index *index, void *memory, uint32_t cb, uint32_t vm)
{
    struct fvm_index made;
    struct index_header *header = memory;

    if (!shape(&made, memory, cb))
        return FVM_INVALID;
    memset(memory, 0, made.arena_at + sizeof(struct index_node));
    header->version = INDEX_VERSION;
    header->cb = cb;
    header->vm = vm;
    header->bucket_count = made.bucket_mask + 1;
    header->arena_at = made.arena_at;
    header->arena_end = made.arena_at + (uint32_t)sizeof(struct index_node);
    header->magic = INDEX_MAGIC;
    header->check = header_check(header);
    *index = made;
    return FVM_OK;
}

fvm_status fvm_index_attach(struct fvm_index *index, void *memory, uint32_t cb)
{
    struct fvm_index made;
    struct index_header header;
    uint32_t first_end;

    if (!shape(&made, memory, cb))
        return FVM_INVALID;
    memcpy(&header, memory, sizeof(header)); /* checked as it is now, whatever it becomes */
    if (header.magic != INDEX_MAGIC)
        return FVM_CORRUPT;
    if (header.version != INDEX_VERSION)
        return FVM_NEWER_FORMAT;
    first_end = made.arena_at + (uint32_t)sizeof(struct index_node);
    if (header.check != header_check(&header) || header.cb != cb ||
        header.bucket_count != made.bucket_mask + 1 || header.arena_at != made.arena_at ||
        header.arena_end < first_end || header.arena_end > made.cb || header.arena_end & 7)
        return FVM_CORRUPT;
    *index = made;
    return FVM_OK;
}

uint32_t fvm_index_vm(const struct fvm_index *index)
{
    return index_header(index)->vm;
}

uint32_t fvm_index_generation(const struct fvm_index *index)
{
    return index_load(&index_header(index)->generation);
}

void fvm_index_usage(const struct fvm_index *index, uint32_t *used_cb, uint32_t *free_cb)
{
    uint32_t end = index_load(&index_header(index)->arena_end);

    if (end < index->arena_at || end > index->cb)
        end = index->cb;
    *used_cb = end - index->arena_at;
    *free_cb = index->cb - end;
}

bool index_string(const struct fvm_index *index, uint32_t at, struct fvm_str *str)
{
    const struct index_string *string = index_at(index, at, sizeof(*string));
    uint32_t cch;

    if (!string)
        return false;
    cch = index_load(&string->cch);
    if (cch > FVM_INDEX_PATH_CCH || cch > (index->cb - at - (uint32_t)sizeof(*string)) / 2)
        return false;
    *str = (struct fvm_str){string->s, cch};
    return true;
}

fvm_status index_find(const struct fvm_index *index, uint32_t head, uint32_t parent, uint32_t hash,
                      struct fvm_str name, uint32_t *found)
{
    uint32_t at = head;

    for (uint32_t left = index->link_limit; at; left--) {
        const struct index_link *link = index_link_at(index, at);
        struct fvm_str here;

        if (!link || !left) /* more links than there can be: a ring */
            return FVM_CORRUPT;
        if (index_load(&link->hash) == hash && index_load(&link->parent) == parent) {
            if (!index_string(index, index_load(&link->name), &here))
                return FVM_CORRUPT;
            if (fvm_str_eq(here, name) || fvm_str_eq_fold(here, name))
                break;
        }
        at = index_load(&link->next);
    }
    *found = at;
    return FVM_OK;
}

struct fvm_str index_part(struct fvm_str path, uint32_t *at, uint32_t parent, uint32_t *hash)
{
    uint32_t from = *at, i = from, sum = parent * 0x9E3779B1U ^ 2166136261U;

    for (; i < path.cch && path.s[i] != '\\'; i++) {
        uint32_t unit = path.s[i];

        if (unit >= 0x80)
            unit = fvm_unit_fold((uint16_t)unit);
        else if (unit - 'A' < 26)
            unit += 32;
        sum = (sum ^ unit) * 16777619U;
    }
    *hash = sum ^ sum >> 15;
    *at = i < path.cch ? i + 1 : i;
    return (struct fvm_str){path.s + from, i - from};
}

/* Step over a link that was found; it covers the path up to `end`. */
static fvm_status enter(const struct fvm_index *index, struct index_walk *walk, uint32_t link_at,
                        uint32_t end)
{
    const struct index_link *link = index_link_at(index, link_at);
    uint32_t node_at = index_load(&link->node);
    const struct index_node *node = index_node_at(index, node_at);
    struct fvm_str text;

    if (!node)
        return FVM_CORRUPT;
    walk->flags = index_load(&node->flags) & INDEX_KNOWN_FLAGS;
    walk->origin = walk->flags & FVM_INDEX_OWN ? index_load(&node->origin) : 0;
    if (walk->origin && !index_string(index, walk->origin, &text))
        return FVM_CORRUPT;
    walk->own = walk->below;
    if (walk->flags & FVM_INDEX_OWN) {
        if (!(walk->flags & FVM_INDEX_MERGED))
            walk->below = (struct index_view){FVM_INDEX_BELOW_OWN, 0, 0};
        else if (walk->origin)
            walk->below = (struct index_view){FVM_INDEX_BELOW_MOVED, walk->origin, end};
    }
    if (walk->layer) {
        if (!index_string(index, index_load(&link->name), &text))
            return FVM_CORRUPT;
        if ((walk->covered_cch && fvm_failed(fvm_buf_add_unit(walk->layer, '\\'))) ||
            fvm_failed(fvm_buf_add(walk->layer, text)))
            walk->is_layer_full = true;
    }
    walk->met_watch = walk->met_watch || node_at == walk->watch;
    walk->link = link_at;
    walk->node = node_at;
    walk->covered_cch = end;
    return FVM_OK;
}

fvm_status index_walk(const struct fvm_index *index, struct fvm_str path, struct index_walk *walk)
{
    *walk = (struct index_walk){.layer = walk->layer, .watch = walk->watch};
    walk->node = index->arena_at;
    for (uint32_t at = 0; at < path.cch;) {
        uint32_t from = at, hash, found;
        struct fvm_str name = index_part(path, &at, walk->node, &hash);
        fvm_status status;

        if (!name.cch)
            return FVM_NAME_INVALID;
        status = index_find(index, index_load(index_bucket(index, hash)), walk->node, hash, name,
                            &found);
        if (!fvm_failed(status) && !found)
            return FVM_OK;
        if (!fvm_failed(status))
            status = enter(index, walk, found, from + name.cch);
        if (fvm_failed(status))
            return status;
    }
    walk->is_complete = true;
    return FVM_OK;
}

/* @return FVM_OK, FVM_NAME_TOO_LONG, FVM_CORRUPT */
static fvm_status add_host(const struct fvm_index *index, struct fvm_str path,
                           const struct index_walk *walk, struct fvm_buf *host)
{
    struct index_view view = walk->below;
    struct fvm_str origin;
    fvm_status status;

    if (walk->is_complete && walk->flags & FVM_INDEX_OWN) {
        view = walk->own;
        if (walk->origin)
            view = (struct index_view){FVM_INDEX_BELOW_MOVED, walk->origin, walk->covered_cch};
    }
    if (view.answer == FVM_INDEX_HOST)
        return fvm_buf_add(host, path);
    if (view.answer != FVM_INDEX_BELOW_MOVED)
        return FVM_OK;
    if (!index_string(index, view.origin, &origin))
        return FVM_CORRUPT;
    status = fvm_buf_add(host, origin);
    if (fvm_failed(status))
        return status;
    return fvm_buf_add(host, fvm_str_sub(path, view.from_cch, path.cch));
}

static void fill_hit(const struct fvm_index *index, const struct index_walk *walk,
                     struct fvm_index_hit *hit)
{
    bool is_own = walk->is_complete && walk->flags & FVM_INDEX_OWN;

    hit->answer = is_own ? FVM_INDEX_IS_OWN : walk->below.answer;
    hit->is_complete = walk->is_complete;
    hit->node = walk->node;
    hit->covered_cch = walk->covered_cch;
    hit->flags = walk->flags;
    hit->user = index_load(&index_node_at(index, walk->node)->user);
}

fvm_status fvm_index_lookup(const struct fvm_index *index, struct fvm_str path,
                            struct fvm_index_hit *hit, struct fvm_buf *layer, struct fvm_buf *host)
{
    struct index_walk walk = {.layer = layer};
    uint32_t layer_cch = layer ? layer->cch : 0, host_cch = host ? host->cch : 0;
    fvm_status status;

    if (!path.cch)
        return FVM_NAME_INVALID;
    if (path.cch > FVM_INDEX_PATH_CCH)
        return FVM_NAME_TOO_LONG;
    status = index_walk(index, path, &walk);
    if (!fvm_failed(status) && layer) {
        status = fvm_buf_add(layer, fvm_str_sub(path, walk.covered_cch, path.cch));
        if (walk.is_layer_full)
            status = FVM_NAME_TOO_LONG;
    }
    if (!fvm_failed(status) && host)
        status = add_host(index, path, &walk, host);
    if (status == FVM_OK || status == FVM_NAME_TOO_LONG)
        fill_hit(index, &walk, hit);
    if (fvm_failed(status) && layer)
        layer->cch = layer_cch;
    if (fvm_failed(status) && host)
        host->cch = host_cch;
    return status;
}
