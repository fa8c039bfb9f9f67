/* core/reg.h: the registry as data: Wine's hives, a layer's delta (.reg text), the algebra between
 * them. Pure. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/status.h"
#include "core/text.h"

/*
 * One struct fvm_reg holds either a whole registry or a delta of one; the difference is only in the
 * marks. Key paths are UTF-8 (WTF-8: an unpaired surrogate is three bytes, U+0000 in a name is the
 * two bytes C0 80) with single backslashes and begin with HKEY_LOCAL_MACHINE, HKEY_CURRENT_USER
 * (the hive of the prefix' user) or HKEY_USERS\.Default. Names compare without case, as wineserver
 * does (fold.h). Names have at most 256 UTF-16 units (values: 16383), paths at most 512 names.
 *
 * What a struct fvm_reg gives out is borrowed: pointers to keys, names and data are good until
 * fvm_reg_free(), but index numbers and a key's list of values only until the next change.
 */
struct fvm_reg;

enum fvm_reg_mark {
    FVM_REG_PRESENT, /* whole registry: exists. Delta: created or changed */
    FVM_REG_DELETED, /* delta only: `[-KEY]` (with everything below) or `"name"=-` */
    FVM_REG_REPLACED /* delta only, keys: `[-KEY]`, then `[KEY]`: the host's is hidden */
};

struct fvm_reg_value {
    const char *name; /* UTF-8; "" is the default value */
    enum fvm_reg_mark mark;
    uint32_t type; /* REG_SZ = 1, ...; any 32-bit number */
    size_t data_cb;
    const uint8_t *data; /* as NT keeps it: strings are UTF-16LE with whatever NUL they have */
};

struct fvm_reg_key {
    const char *path;
    enum fvm_reg_mark mark;
    const char *class_name; /* NULL: none */
    bool is_link;           /* REG_OPTION_CREATE_LINK */
    size_t value_count;
    const struct fvm_reg_value *values; /* ascending by name, without case */
};

/**
 * Make an empty whole registry.
 *
 * (Deltas come from fvm_reg_read_delta(), _diff(), _compose(), _split() and _conflicts().)
 *
 * @return NULL when memory runs out; yours, end with fvm_reg_free()
 */
struct fvm_reg *fvm_reg_new(void);
/** Make an empty delta. @return as fvm_reg_new() */
struct fvm_reg *fvm_reg_new_delta(void);
/** @param reg may be NULL */
void fvm_reg_free(struct fvm_reg *reg);
static inline void fvm_cleanup_reg(struct fvm_reg **reg)
{
    fvm_reg_free(*reg);
}

/**
 * Keys in ascending order of path, component by component, without case. A whole registry has every
 * key, the roots too; a delta has the keys that it has something to say about.
 *
 * @return NULL past the end, or when memory runs out
 */
const struct fvm_reg_key *fvm_reg_key_at(struct fvm_reg *reg, size_t index);
/** @return number of keys; 0 when memory runs out */
size_t fvm_reg_key_count(struct fvm_reg *reg);
/** @return NULL when there is no such key, or memory runs out */
const struct fvm_reg_key *fvm_reg_find(struct fvm_reg *reg, const char *path);
/** @return NULL when there is no such value */
const struct fvm_reg_value *fvm_reg_find_value(const struct fvm_reg_key *key, const char *name);

/**
 * Add one of Wine's hive files ("WINE REGISTRY Version 2") to a registry.
 *
 * Hives are written by a program that this text may not trust: any input must give a status, never
 * a crash. Times of last write are kept, and so is the `#arch=` line.
 *
 * @param root  the path that the hive's keys hang below ("HKEY_LOCAL_MACHINE", ...)
 * @param text,cb the file's bytes
 * @param err   [out] sentence with the line's number (not the file's name)
 * @return FVM_OK; FVM_CORRUPT text that does not parse or is cut short (reg then holds a
 *         part of it); FVM_NAME_INVALID root; FVM_NO_MEMORY
 * @source wine: server/registry.c behaviour (file format), read as behaviour only
 */
fvm_status fvm_reg_add_hive(struct fvm_reg *reg, const char *root, const char *text, size_t cb,
                            struct fvm_error *err);

/**
 * Write the keys below `root` as a hive that wineserver loads.
 *
 * A hive that was read and not changed is written as wineserver writes it, byte for byte. Keys that
 * were changed have no time: wineserver gives them the time when it loads them.
 *
 * @param root     as above
 * @param relative what stands behind "All keys relative to " in the header: in C source
 *                 "REGISTRY\\\\Machine", two backslashes in the file
 * @return FVM_OK, FVM_NO_MEMORY
 */
fvm_status fvm_reg_write_hive(struct fvm_reg *reg, const char *root, const char *relative,
                              struct fvm_text *out);

/**
 * Set one value of a whole registry (the key is created with its parents), or of a delta.
 *
 * Everything is copied. What a value had before stays in memory until fvm_reg_free().
 *
 * @return FVM_OK; FVM_NAME_INVALID path or name; FVM_NO_MEMORY
 */
fvm_status fvm_reg_set(struct fvm_reg *reg, const char *path, const char *name, uint32_t type,
                       const void *data, size_t data_cb);
/** Set a REG_SZ with its NUL. @return as fvm_reg_set(); FVM_INVALID no UTF-8 */
fvm_status fvm_reg_set_string(struct fvm_reg *reg, const char *path, const char *name,
                              const char *utf8);
/** Set a REG_DWORD. @return as fvm_reg_set() */
fvm_status fvm_reg_set_dword(struct fvm_reg *reg, const char *path, const char *name,
                             uint32_t number);
/** Create a key with its parents; there already: no error. @return as fvm_reg_set() */
fvm_status fvm_reg_add_key(struct fvm_reg *reg, const char *path);
/**
 * Remove a key with everything below (whole registry; in a delta: add the entry that deletes it).
 * Not there: no error.
 *
 * @return as fvm_reg_set()
 */
fvm_status fvm_reg_remove_key(struct fvm_reg *reg, const char *path);
/** Remove a value (in a delta: add the entry that deletes it, and its key). Not there: no error.
 * @return as above */
fvm_status fvm_reg_remove_value(struct fvm_reg *reg, const char *path, const char *name);

#include "core/reg_delta.h" /* the rest of the interface: .reg text and algebra */
