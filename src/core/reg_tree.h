/* core/reg_tree.h: the tree behind struct fvm_reg, for the reg*.c files only. */
#pragma once
#include "core/reg.h"

/*
 * One kind of tree serves for whole registries and for deltas. A node is an entry of its registry
 * when it is `listed`; other nodes only lead to one, or are what is left of a removed key. A node
 * is `fresh` when nothing of an older state shines through it: the root of a whole registry, a
 * REPLACED key, and all that is below. Below a fresh node nothing needs to be deleted: it just is
 * not listed. So a whole registry is a delta with a fresh root, and applying, composing and copying
 * are one thing: fvm_reg_replay().
 */
enum {
    FVM_REG_MAX_DEPTH = 512,       /* names in a path, as NT */
    FVM_REG_MAX_NAME_CCH = 256,    /* UTF-16 units of a key's name: wineserver's limit */
    FVM_REG_MAX_VALUE_CCH = 16383, /* of a value's name */
    FVM_REG_TREE_HEIGHT = 96       /* more than twice the bits of any possible node count */
};

/* A small file can name keys whose paths, all written out, take 256 times its size: more is not
 * taken. */
#define FVM_REG_MAX_PATHS_CB ((uint64_t)256 << 20)

enum fvm_reg_arch {
    FVM_REG_ARCH_UNSAID, /* no hive was read here: win64 is written */
    FVM_REG_ARCH_NONE,   /* the hive had no such line: none is written */
    FVM_REG_ARCH_WIN32,
    FVM_REG_ARCH_WIN64
};

struct reg_node {
    struct fvm_reg_key key; /* first member; path is made when asked for */
    const char *name;
    uint32_t name_cb;
    uint32_t value_cap;
    uint32_t depth;   /* 0: root */
    uint32_t path_cb; /* of the whole path with a separator behind each name */
    uint8_t level;    /* of the AA tree */
    uint8_t arch;     /* enum fvm_reg_arch, where a hive was added */
    bool listed, fresh;
    bool unsettled; /* values are not ascending, or repeat: only while reading */
    uint64_t time;  /* last write as NT counts it; 0: unknown */
    struct reg_node *parent, *first, *last, *next; /* children ascending by name */
    struct reg_node *tree;                         /* the children as an AA tree */
    struct reg_node *left, *right;
};

struct reg_chunk;
struct fvm_reg {
    struct reg_node root;
    struct reg_chunk *chunks;
    char *free_from, *free_to; /* of the newest chunk */
    struct reg_node **index;   /* of listed nodes, in order */
    size_t index_count, index_cap;
    bool index_valid;
    uint64_t paths_cb; /* of all nodes' paths */
    bool unsettled;    /* some node is */
    bool failed;       /* memory ran out */
};

/** Memory that lives as long as the registry. @param cb any @return NULL when there is none; 8-byte
 * aligned */
void *reg_alloc(struct fvm_reg *reg, size_t cb);
/** As reg_alloc(), but later all behind `used` can be given back by reg_trim(), before anything
 * else is allocated. */
void reg_trim(struct fvm_reg *reg, void *block, size_t used);
/** Copy bytes and put a NUL behind. */
const char *reg_copy(struct fvm_reg *reg, const void *s, size_t cb);

/** A registry whose root is fresh (whole) or not (delta). */
struct fvm_reg *reg_new(bool whole);

/** Find a child. @return NULL when there is none, listed or not */
struct reg_node *reg_child(const struct reg_node *parent, const char *name, size_t name_cb);
/** Find or make a child, not listed if new. @return NULL: no memory, or deeper than
 * FVM_REG_MAX_DEPTH (failed not set) */
struct reg_node *reg_make_child(struct fvm_reg *reg, struct reg_node *parent, const char *name,
                                size_t name_cb);
/** The next node in order: first child, next sibling or that of a parent. @param top where the walk
 * began @return NULL at the end */
struct reg_node *reg_walk(const struct reg_node *node, const struct reg_node *top);
/** Has the key a listed child (a whole registry: a subkey)? */
bool reg_has_subkeys(const struct reg_node *node);

/** Walk a path of single backslashes. @return NULL when there is no such node */
struct reg_node *reg_lookup(struct fvm_reg *reg, const char *path);
/** Is it a path that reg_open() takes? Names of 1..256 units of UTF-8, at most 512. */
bool reg_path_valid(const char *path);
/** Find or make the nodes of a valid path, as structure only. @return NULL: no memory */
struct reg_node *reg_make_path(struct fvm_reg *reg, const char *path);

/**
 * Make a node an entry: the key exists from now on.
 *
 * Deleted keys above it, and itself, become REPLACED; in a fresh region its parents become entries
 * too.
 */
void reg_list(struct fvm_reg *reg, struct reg_node *node);
/** Delete a key with all below: not listed in a fresh region, else marked DELETED. */
void reg_delete(struct fvm_reg *reg, struct reg_node *node);
/** Delete a key, then make it again with nothing in it. */
void reg_replace(struct fvm_reg *reg, struct reg_node *node);

/*
 * Values (reg_values.c). Ascending by name, each name once; in a fresh node none is marked DELETED.
 * Readers append in any order and settle everything at the end, so that hostile order costs no more
 * than sorting.
 */
/** Set one value, or mark or remove it (DELETED). Name and data must live as long as reg. @return
 * false: no memory */
bool reg_put_value(struct fvm_reg *reg, struct reg_node *node, const struct fvm_reg_value *value);
/** Add a value behind the others, for readers: reg_settle() must follow. As reg_put_value(). */
bool reg_append_value(struct fvm_reg *reg, struct reg_node *node,
                      const struct fvm_reg_value *value);
/** Put the values of all nodes in order; of equal names the last one counts. @return false: no
 * memory */
bool reg_settle(struct fvm_reg *reg);
/** Put copies of ordered values over those of a node, in linear time. @return false: no memory */
bool reg_merge_values(struct fvm_reg *reg, struct reg_node *node,
                      const struct fvm_reg_value *values, size_t count);
/** Copy name and data into reg's memory. @return false: no memory */
bool reg_copy_value(struct fvm_reg *reg, struct fvm_reg_value *out,
                    const struct fvm_reg_value *value);
/** Same mark, type and bytes? The name is not looked at. */
bool reg_same_value(const struct fvm_reg_value *a, const struct fvm_reg_value *b);

/** Same class (NULL: none) and link nature? */
bool reg_same_nature(const struct fvm_reg_key *a, const struct fvm_reg_key *b);
/** Take over class and link nature where `from` says something. @return false: no memory */
bool reg_copy_nature(struct fvm_reg *reg, struct reg_node *node, const struct fvm_reg_key *from);

/** Do to a registry or delta what a delta says. @return FVM_OK, FVM_NO_MEMORY */
fvm_status reg_replay(struct fvm_reg *reg, struct fvm_reg *delta);

/** Is it good UTF-8 (REG_NUL allowed) of at most max_cch UTF-16 units? */
bool reg_name_valid(const char *s, size_t cb, size_t max_cch);

/* Names are UTF-8 in C strings: U+0000 in a name, which NT allows, is the two bytes C0 80. */
#define REG_NUL "\xC0\x80"
/** Add UTF-16LE to a text as a name. */
void reg_name_from_utf16(struct fvm_text *out, const uint8_t *le, size_t cch);
/** As fvm_utf8_next(), but REG_NUL gives 0. */
uint32_t reg_name_next(const char **at, const char *end);
