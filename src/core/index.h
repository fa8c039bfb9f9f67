/* core/index.h: the overlay index of one VM, in memory that all its processes share: is a name the
 * host's or the VM's own? For the engine, at every open. Pure; allocates nothing; never locks to
 * read.
 *
 * A tree of nodes, joined by links (parent node, name) -> node. Names compare without case and keep
 * their spelling. All is offsets: a process may map the memory anywhere, as 32 or 64 bits. Hostile
 * programs can write there: whatever they write, a call stays inside the memory and ends.
 *
 * Costs: an entry takes FVM_INDEX_ENTRY_CB(units of its name), an origin or a second spelling
 * FVM_INDEX_STRING_CB(units), a rename and an unlink of a node with children 16 bytes more. The
 * table of buckets takes 1/32 to 1/64 of the memory. Nothing is given back; marking, emptying and
 * marking a name without children again takes nothing.
 *
 * Strings given are in memory of the caller's own, which nobody changes during the call.
 *
 * Concurrency: every call may run at any time in any thread and be killed at any instruction.
 * fvm_index_rename(), fvm_index_unlink() and fvm_index_mark() with an origin take the writer lock;
 * the next to take it finishes a half-done rename. Until then readers see a node under both names,
 * never under neither: ask for the old name first, then for the new one. */
#pragma once
#include "core/base.h"
#include "core/status.h"
#include "core/str.h"

/* STATUS_LOCK_NOT_GRANTED: another writer lives and the caller's `wait` gave up; nothing is done.
 */
#define FVM_INDEX_BUSY ((fvm_status)0xC0000055)

/* What a node says of its name. Without OWN it is only a link on the way to marked ones. */
#define FVM_INDEX_OWN       1U /* the VM's layer decides what is here; not there: no such name */
#define FVM_INDEX_MERGED    2U /* with OWN: a directory, unmarked children are the host's */
#define FVM_INDEX_EMPTIED   4U /* the caller's: a directory, MERGED until it was to be deleted */
#define FVM_INDEX_DIRECTORY 8U /* hint */

#define FVM_INDEX_STRING_CB(cch) ((4U + 2U * (cch) + 7U) & ~7U)
#define FVM_INDEX_ENTRY_CB(cch)  (40U + FVM_INDEX_STRING_CB(cch))

enum { FVM_INDEX_MIN_CB = 1024, FVM_INDEX_MAX_CB = 1 << 30, FVM_INDEX_PATH_CCH = 32767 };

/* One process's view of an index; copy it at will. The fields are private: checked on attaching,
 * and not read from the memory again. */
struct fvm_index {
    uint8_t *memory;
    uint32_t cb, bucket_mask, arena_at, link_limit;
};

/* Who writes. The callbacks run while no lock of the index is held by the caller. */
struct fvm_index_writer {
    uint64_t token; /* not 0; no other living thread's, such as pid << 32 | tid. Found as the owner:
                       left behind by a dead thread of the same number, so do not nest calls */
    /* Can the thread of this token still run? Only "no" lets the lock be taken from it. */
    bool (*is_alive)(void *ctx, uint64_t token);
    /* Wait a little; round counts from 0. @return false: give up with FVM_INDEX_BUSY */
    bool (*wait)(void *ctx, uint32_t round);
    void *ctx;
};

/* Who writes an index that nobody else does. */
extern const struct fvm_index_writer fvm_index_alone;

enum fvm_index_answer {
    FVM_INDEX_HOST,       /* nothing known: the host's name as it is */
    FVM_INDEX_IS_OWN,     /* the very name is marked OWN: see flags */
    FVM_INDEX_BELOW_OWN,  /* unmarked, below OWN without MERGED: the layer decides */
    FVM_INDEX_BELOW_MOVED /* unmarked, below a moved host directory: the host has it elsewhere */
};
struct fvm_index_hit {
    enum fvm_index_answer answer;
    bool is_complete;     /* the whole path has a node */
    uint32_t node;        /* id of the deepest node on the way; the root's if there is none */
    uint32_t covered_cch; /* units of the path that lead to it, without a final backslash */
    uint32_t flags, user; /* its flags, and the 32 bits of the caller's */
};

/**
 * Make an empty index. Others attach when this has returned.
 *
 * @param index  [out] view of it; unchanged on failure
 * @param memory [in]  at least cb bytes, aligned to 8, with any content; borrowed by all views
 * @param cb     [in]  FVM_INDEX_MIN_CB..FVM_INDEX_MAX_CB
 * @param vm     [in]  the VM's number, for fvm_index_vm()
 * @return FVM_OK; FVM_INVALID: memory or cb is not as said
 */
fvm_status fvm_index_init(struct fvm_index *index, void *memory, uint32_t cb, uint32_t vm);

/**
 * View an index that another process made.
 *
 * Checks the header only, in constant time; fvm_index_check() looks at everything.
 *
 * @param index, memory, cb as fvm_index_init(), which was given the same cb
 * @return FVM_OK
 *         FVM_INVALID       memory or cb cannot hold an index
 *         FVM_NEWER_FORMAT  an index, but of another format version
 *         FVM_CORRUPT       no index, of another size, or damaged
 */
fvm_status fvm_index_attach(struct fvm_index *index, void *memory, uint32_t cb);

/** Walk all of it: is it sound? For tests and for a doctor; a rename that is going on does no harm.
 * @return FVM_OK; FVM_CORRUPT */
fvm_status fvm_index_check(const struct fvm_index *index);

/** The number given to fvm_index_init(). */
uint32_t fvm_index_vm(const struct fvm_index *index);

/** A counter that every change moves on, before and after it becomes visible. A cache reads it
 * before looking up, and trusts the result as long as it is equal (it wraps after 2^31 changes).
 * Who looks in the very moment of a change by a process that is killed in that moment has the old
 * answer until the next change. */
uint32_t fvm_index_generation(const struct fvm_index *index);

/** Bytes of the arena. @param used_cb, free_cb [out] */
void fvm_index_usage(const struct fvm_index *index, uint32_t *used_cb, uint32_t *free_cb);

/**
 * Whose is a name? Lock-free; ends at the first component that has no node.
 *
 * MERGED without an origin changes nothing: its children are where its parent's answer says. The
 * origin of a directory counts from there on, whatever lies above.
 *
 * @param path  [in]  canonical: `C:\a\b`, components parted by one backslash, the first is the
 *                    drive; one backslash at the end is allowed. Checked as far as nodes reach
 * @param hit   [out] unchanged unless FVM_OK or FVM_NAME_TOO_LONG
 * @param layer [out] NULL, or where the layer's spelling is added: components that have a node as
 *                    they were marked, the rest as given
 * @param host  [out] NULL, or where the host's name is added: the path, with an origin in place of
 *                    what leads to it. For a marked name: the origin of its own or where it would
 * be by its parent. Nothing is added below OWN without MERGED
 * @return FVM_OK
 *         FVM_NAME_TOO_LONG  path over FVM_INDEX_PATH_CCH (hit untouched), or a buffer is full: hit
 *                            is right, nothing is added to either
 *         FVM_NAME_INVALID   path or a component met on the way is empty
 *         FVM_CORRUPT        somebody damaged the index
 */
fvm_status fvm_index_lookup(const struct fvm_index *index, struct fvm_str path,
                            struct fvm_index_hit *hit, struct fvm_buf *layer, struct fvm_buf *host);

/**
 * Mark a name: make the links on the way as needed, add flags. Lock-free without an origin.
 *
 * @param path   [in]  as for fvm_index_lookup(), checked wholly. A link that is there keeps its
 *                     spelling; fvm_index_rename() to the same name changes it
 * @param flags  [in]  FVM_INDEX_... to add to what is set
 * @param origin [in]  host path whose children are unmarked ones below; cch 0: leave what is set
 * @param writer [in]  may be NULL without an origin
 * @param node   [out] NULL, or for its id; unchanged on failure
 * @return FVM_OK
 *         FVM_INVALID        unknown flag; origin without a writer or over FVM_INDEX_PATH_CCH
 *         FVM_NAME_INVALID, FVM_NAME_TOO_LONG  path
 *         FVM_NO_MEMORY      full, nothing is done
 *         FVM_INDEX_BUSY, FVM_CORRUPT
 */
fvm_status fvm_index_mark(const struct fvm_index *index, struct fvm_str path, uint32_t flags,
                          struct fvm_str origin, const struct fvm_index_writer *writer,
                          uint32_t *node);

/**
 * What is there is gone, with all marks below it, its flags, the caller's and its origin.
 *
 * @param path      [in] as for fvm_index_mark()
 * @param stays_own [in] true: the name is OWN from now on (deleted; the host may have it), even if
 *                       it had no node. false: forget it (the host never had it)
 * @param writer    [in] needed
 * @return FVM_OK; FVM_NOT_FOUND: stays_own is false and the name has no node; as fvm_index_mark()
 */
fvm_status fvm_index_unlink(const struct fvm_index *index, struct fvm_str path, bool stays_own,
                            const struct fvm_index_writer *writer);

/**
 * Move a marked name with all below it.
 *
 * The old name gets a fresh OWN node: nothing is there. What the new name had is replaced, its
 * spelling becomes the given one. A MERGED directory without an origin gets one: where the host had
 * it until now. To another spelling of the same name: only the spelling changes.
 *
 * @param from   [in] as for fvm_index_mark(); must be OWN
 * @param to     [in] as for fvm_index_mark(); links on the way are made
 * @param writer [in] needed
 * @return FVM_OK
 *         FVM_NOT_FOUND  from is not OWN: mark it first
 *         FVM_INVALID    one is below the other
 *         and as fvm_index_mark()
 */
fvm_status fvm_index_rename(const struct fvm_index *index, struct fvm_str from, struct fvm_str to,
                            const struct fvm_index_writer *writer);

/**
 * Read, or change in one step, the flags of a node.
 *
 * @param node       [in]  id; it stays with its node through renames and, while the node has no
 *                         children, through fvm_index_unlink()
 * @param set, clear [in]  bits to set and to clear; both 0: only read
 * @param before     [out] NULL, or for what they were; unchanged on failure
 * @return FVM_OK; FVM_INVALID: no such id or (fvm_index_flags) unknown flags
 */
fvm_status fvm_index_flags(const struct fvm_index *index, uint32_t node, uint32_t set,
                           uint32_t clear, uint32_t *before);
/** The same for the caller's 32 bits. */
fvm_status fvm_index_user(const struct fvm_index *index, uint32_t node, uint32_t set,
                          uint32_t clear, uint32_t *before);

/* Where a listing is; {node} begins. */
struct fvm_index_cursor {
    uint32_t node, at, steps; /* at and steps are private; 0 at first */
};
struct fvm_index_child {
    uint32_t node, flags, user; /* flags without OWN: nothing is said of the name itself */
    struct fvm_str name;        /* lies in the shared memory: borrowed for ever, but a hostile
                                   program may change it at any time. Copy, then check */
};
/**
 * Next child of a node. A name that is there all the time comes exactly once, none comes twice.
 *
 * @param cursor [in, out]
 * @param child  [out] unchanged unless FVM_OK
 * @return FVM_OK; FVM_NOT_FOUND: that was all; FVM_INVALID: no such id; FVM_CORRUPT
 */
fvm_status fvm_index_next_child(const struct fvm_index *index, struct fvm_index_cursor *cursor,
                                struct fvm_index_child *child);
