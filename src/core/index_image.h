/* core/index_image.h: how the overlay index lies in its memory, and reading it without trust.
 * Private to core/index*.c.
 *
 *     header | buckets: u32 heads of chains of links | arena: root node, then records | free
 *
 * A record is written fully before its offset is published and never moves or goes. A link belongs
 * to one (parent, name) for ever; chains only grow, at their heads, so that a failed compare means
 * "look at the new head" and no name has two links. link.node, link.name and node.origin change
 * under the writer lock only.
 *
 * Order: publishing is a release (compare-and-swap or store), following an offset an acquire, so
 * who sees an offset sees the record. Two stores need an order between them: rename's (the new
 * link, then the old one; who sees the second by an acquire sees the first), which release gives.
 * Nothing here needs one total order over different words, so nothing is seq_cst. The owner of the
 * lock is known dead, when it is replaced, by way of the kernel, which orders what it stored. */
#pragma once
#include "core/index.h"

enum {
    INDEX_MAGIC = 0x49584D46, /* "FMXI" */
    INDEX_VERSION = 1,
    INDEX_KNOWN_FLAGS = FVM_INDEX_OWN | FVM_INDEX_MERGED | FVM_INDEX_EMPTIED | FVM_INDEX_DIRECTORY
};

/* i386 ELF would align a u64 to 4, and lay the header out differently. */
typedef uint64_t index_token __attribute__((aligned(8)));

/* A rename that is to be done again by who finds is_set: every store may be repeated. */
struct index_intent {
    uint32_t is_set;
    uint32_t from, to;        /* links */
    uint32_t node, fresh;     /* nodes: for `to`, for `from` */
    uint32_t spelling, spare; /* string for `to` */
};
struct index_header {
    /* constant */
    uint32_t magic, version, cb, vm;
    uint32_t bucket_count, arena_at, check, spare[9];
    /* what writers change is on another cache line */
    uint32_t arena_end, generation;
    index_token owner; /* of the writer lock; 0: free */
    struct index_intent intent;
    uint32_t spare2[5];
};
struct index_string {
    uint32_t cch;
    uint16_t s[];
};
struct index_node {
    uint32_t flags, user;
    uint32_t origin;      /* string, 0: none; counts with FVM_INDEX_OWN */
    uint32_t first_child; /* link; chained by sibling */
};
struct index_link {
    uint32_t next;    /* in the bucket */
    uint32_t sibling; /* of the same parent */
    uint32_t parent, hash;
    uint32_t node, name;
};
/* One allocation of a new name. */
struct index_entry {
    struct index_link link;
    struct index_node node;
    struct index_string name;
};
_Static_assert(sizeof(struct index_header) == 128, "the same for 32 and 64 bits");
_Static_assert(offsetof(struct index_header, arena_end) == 64, "own cache line");
_Static_assert(offsetof(struct index_header, owner) == 72, "aligned");
_Static_assert(sizeof(struct index_entry) == 44, "FVM_INDEX_ENTRY_CB");

static inline uint32_t index_load(const uint32_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}
static inline void index_store(uint32_t *word, uint32_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}
/* @return whether it was *expected, which otherwise becomes what it is */
static inline bool index_swap(uint32_t *word, uint32_t *expected, uint32_t value)
{
    return __atomic_compare_exchange_n(word, expected, value, false, __ATOMIC_ACQ_REL,
                                       __ATOMIC_ACQUIRE);
}

static inline struct index_header *index_header(const struct fvm_index *index)
{
    return (struct index_header *)(void *)index->memory;
}
/* The only way from an offset to a record. @return NULL: not in the arena, or not aligned */
static inline void *index_at(const struct fvm_index *index, uint32_t at, uint32_t cb)
{
    if (at < index->arena_at || at & 7 || at > index->cb - cb)
        return NULL;
    return index->memory + at;
}
static inline struct index_node *index_node_at(const struct fvm_index *index, uint32_t at)
{
    return index_at(index, at, sizeof(struct index_node));
}
static inline struct index_link *index_link_at(const struct fvm_index *index, uint32_t at)
{
    return index_at(index, at, sizeof(struct index_link));
}
static inline uint32_t *index_bucket(const struct fvm_index *index, uint32_t hash)
{
    return (uint32_t *)(void *)(index->memory + sizeof(struct index_header)) +
           (hash & index->bucket_mask);
}
static inline void index_count_change(const struct fvm_index *index)
{
    __atomic_fetch_add(&index_header(index)->generation, 1, __ATOMIC_ACQ_REL);
}

/* Where the host has what lies below a node. */
struct index_view {
    enum fvm_index_answer answer; /* HOST, BELOW_OWN or BELOW_MOVED */
    uint32_t origin;              /* BELOW_MOVED: the string, with path[from_cch...] behind it */
    uint32_t from_cch;
};
struct index_walk {
    struct fvm_buf *layer; /* in: NULL, or where spellings are added */
    uint32_t watch;        /* in: a node to look out for */
    bool met_watch, is_layer_full;
    bool is_complete;
    uint32_t link, node, flags; /* the last on the way; link 0: the root */
    uint32_t covered_cch;
    uint32_t origin;              /* of the node, if it is OWN */
    struct index_view own, below; /* by its parents; for its children */
};

/* A string that is inside the memory; *str may still change under the reader. */
bool index_string(const struct fvm_index *index, uint32_t at, struct fvm_str *str);
/* Chain from `head`. @return FVM_OK: *found is the link or 0; FVM_CORRUPT */
fvm_status index_find(const struct fvm_index *index, uint32_t head, uint32_t parent, uint32_t hash,
                      struct fvm_str name, uint32_t *found);
/* The component at *at, with its hash below that node, in one pass over the name: this is most of a
 * look-up's work. *at moves behind its separator. */
struct fvm_str index_part(struct fvm_str path, uint32_t *at, uint32_t parent, uint32_t *hash);
/* As far as there are nodes. @return FVM_OK, FVM_NAME_INVALID, FVM_CORRUPT */
fvm_status index_walk(const struct fvm_index *index, struct fvm_str path, struct index_walk *walk);

/* index_write.c. Bytes still to be used of one reservation. */
struct index_room {
    uint32_t at, cb;
};
/* Check wholly; a separator at the end goes. @return FVM_OK, FVM_NAME_INVALID, FVM_NAME_TOO_LONG */
fvm_status index_check_path(struct fvm_str *path);
/* All or nothing. @return FVM_OK, FVM_NO_MEMORY, FVM_CORRUPT */
fvm_status index_reserve(const struct fvm_index *index, uint32_t cb, struct index_room *room);
/* Bytes for the links that a path lacks. */
uint32_t index_missing_cb(struct fvm_str path, const struct index_walk *walk);
/* Make them from the room, walking on to the end. *spelling: a string of the last component in the
 * room, 0 if its link was there. @return FVM_OK, FVM_CORRUPT */
fvm_status index_add_links(const struct fvm_index *index, struct fvm_str path,
                           struct index_walk *walk, struct index_room *room, uint32_t *spelling);
/* Two parts, the second may be empty. @return the string's offset */
uint32_t index_put_string(const struct fvm_index *index, struct index_room *room, struct fvm_str a,
                          struct fvm_str b);
/* @return the node's offset */
uint32_t index_put_node(const struct fvm_index *index, struct index_room *room, uint32_t flags);
void index_set_bits(uint32_t *word, uint32_t set, uint32_t clear, uint32_t *before);

/* index_lock.c: take the writer lock, finishing what a dead owner began.
 * @return FVM_OK, FVM_INVALID (no token), FVM_INDEX_BUSY */
fvm_status index_lock(const struct fvm_index *index, const struct fvm_index_writer *writer);
void index_unlock(const struct fvm_index *index, const struct fvm_index_writer *writer);
/* Under the lock: write the intent, store, take it away, count the change. */
void index_relink(const struct fvm_index *index, const struct index_intent *intent);
