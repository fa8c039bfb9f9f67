/* core/regview.h: one VM's view of the registry: names of keys, and which keys are the host's, the
 * VM's own, or gone. Over an index (core/index.h) of its own, in memory that the VM's processes
 * share. Pure.
 *
 * A key's path is `R\Machine\Software`: NT's name with R for `\Registry`. A key of the VM's own
 * lies in a private key, with all of its values: they are copied when the key is first written to.
 * Its subkeys are not: unmarked ones are the host's, unless the VM made the key (opaque). A link
 * leads to another path by the origin of its node, so one look-up folds all names of a key into one
 * path.
 *
 * What changes a view (fvm_regview_copied(), _created(), _deleted()) is called under the VM's lock
 * (fvm_regview_lock()), in the order that makes a process killed in between harmless. */
#pragma once
#include "core/index.h"

enum {
    FVM_REGVIEW_INDEX_CB = 16 << 20,
    FVM_REGVIEW_AREA_CB = 1 << 16, /* before the index */
    FVM_REGVIEW_CB = FVM_REGVIEW_AREA_CB + FVM_REGVIEW_INDEX_CB,
    FVM_REGVIEW_NAME_CCH = 256, /* of one key */
    FVM_REGVIEW_LINKS = 32      /* that one name may lead through */
};

/* Bits of a node, in the index' caller's 32. */
#define FVM_REGVIEW_PRESENT   0x01U  /* the private key is there; OWN without it: gone */
#define FVM_REGVIEW_VOLATILE  0x02U  /* the VM made it to vanish with the VM */
#define FVM_REGVIEW_LINK      0x04U  /* a link of the VM's own */
#define FVM_REGVIEW_DIRTY     0x08U  /* to be written to registry.reg */
#define FVM_REGVIEW_HOST_LINK 0x10U  /* a link of the host's: nothing of it is the VM's */
#define FVM_REGVIEW_WOW       0x20U  /* the host has a Wow6432Node in it */
#define FVM_REGVIEW_CLASS     0x40U  /* the private key has a class */
#define FVM_REGVIEW_HIDDEN    0x80U  /* no key of any VM's: nothing is ever said of it */
#define FVM_REGVIEW_SEEN      0x100U /* the host has it: noted of what 32-bit programs share only */
#define FVM_REGVIEW_LIFE      0x200U /* from this bit on: how often the name was deleted */

/* What the VM's processes share besides the index. */
struct fvm_regview_area {
    uint64_t owner;            /* of the lock: pid << 32 | tid; 0: free */
    uint32_t changes;          /* counts what registry.reg does not say yet */
    uint32_t saved;            /* `changes` as it was before the last writing of registry.reg */
    uint32_t writer, reserved; /* process that knows what registry.reg says */
};

enum fvm_regview_state {
    FVM_REGVIEW_HOST, /* if the host has it */
    FVM_REGVIEW_OWN,
    FVM_REGVIEW_GONE
};
struct fvm_regview_hit {
    enum fvm_regview_state state;
    bool shows_host;     /* unmarked subkeys are the host's */
    bool has_node;       /* something at or below it is, or was, marked */
    bool has_own;        /* a child is marked: the listing is not one side's alone */
    uint32_t node;       /* with has_node */
    uint32_t user;       /* FVM_REGVIEW_...; 0 without a node */
    uint32_t life;       /* another one than before: the key was deleted meanwhile */
    uint32_t generation; /* of the index, from before it was asked */
};

/** Where the index of a view lies. @param area FVM_REGVIEW_CB bytes */
static inline void *fvm_regview_index(struct fvm_regview_area *area)
{
    return (char *)area + FVM_REGVIEW_AREA_CB;
}

/**
 * Fold a name as programs give it into a path.
 *
 * As wineserver, it takes separators that follow each other, or end a name, for one or none.
 *
 * @param out  [out] the path; unchanged on failure
 * @param root [in]  path of the key that it is given relative to; cch 0: none
 * @return FVM_OK; FVM_PASS no name of a key; FVM_NAME_INVALID a component is too long;
 *         FVM_NAME_TOO_LONG
 */
fvm_status fvm_regview_fold(struct fvm_buf *out, struct fvm_str name, struct fvm_str root);
/** NT's name of a path: `R\Machine` -> `\REGISTRY\Machine`. @param out [in,out] added to
 * @return FVM_OK; FVM_NAME_TOO_LONG */
fvm_status fvm_regview_host_name(struct fvm_buf *out, struct fvm_str path);
/** NT's name of the private key of a path. @param vm the VM's number */
fvm_status fvm_regview_private_name(struct fvm_buf *out, struct fvm_str path, uint32_t vm);
/** Turn NT's name of a private key into that of the key which it is for, in place.
 * @return is it another? */
bool fvm_regview_unmap(struct fvm_buf *name, uint32_t vm);
/** The path without its last component; `R` for that itself. */
struct fvm_str fvm_regview_parent(struct fvm_str path);
/** The last component. */
struct fvm_str fvm_regview_last(struct fvm_str path);

/**
 * Follow the links that a path leads through.
 *
 * @param path        [in,out] becomes where they lead
 * @param follow_last is a link meant, or what it leads to?
 * @param hit         [out] NULL, or as of fvm_regview_find(): of where they lead
 * @return FVM_OK; FVM_NAME_TOO_LONG, also of a circle, as NT says; FVM_CORRUPT
 */
fvm_status fvm_regview_follow(const struct fvm_index *index, struct fvm_buf *path, bool follow_last,
                              struct fvm_regview_hit *hit);
/** Whose is the key of a path that leads through no link? @return as fvm_index_lookup() */
fvm_status fvm_regview_find(const struct fvm_index *index, struct fvm_str path,
                            struct fvm_regview_hit *hit);

/** The host's key has its private copy: it is the VM's from now on. @param user 0;
 * FVM_REGVIEW_CLASS
 * @return as fvm_index_mark() */
fvm_status fvm_regview_copied(const struct fvm_index *index, struct fvm_str path, uint32_t user);
/** The VM made the private key of a name that was free. @param user FVM_REGVIEW_... of it */
fvm_status fvm_regview_created(const struct fvm_index *index, struct fvm_str path, uint32_t user);
/** A key that has no subkeys is deleted; its private key, if any, is gone already. */
fvm_status fvm_regview_deleted(const struct fvm_index *index, struct fvm_str path);
/** A link leads somewhere. @param target path @param user FVM_REGVIEW_LINK or _HOST_LINK */
fvm_status fvm_regview_linked(const struct fvm_index *index, struct fvm_str path,
                              struct fvm_str target, uint32_t user,
                              const struct fvm_index_writer *writer);
/** Something of a node is to be written to registry.reg. */
void fvm_regview_changed(const struct fvm_index *index, struct fvm_regview_area *area,
                         uint32_t node);

/** Take the VM's lock. @return FVM_OK; FVM_INDEX_BUSY the wait gave up */
fvm_status fvm_regview_lock(struct fvm_regview_area *area, const struct fvm_index_writer *writer);
void fvm_regview_unlock(struct fvm_regview_area *area, const struct fvm_index_writer *writer);
