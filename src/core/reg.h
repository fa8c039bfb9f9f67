/* core/reg.h: the registry as data: Wine's hives, the layer's delta (.reg text), and the algebra between them. Pure. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/status.h"
#include "core/text.h"

/*
 * One struct fvm_reg holds either a whole registry or a delta of one; the difference is only in the
 * marks. Key paths are UTF-8 (WTF-8: an unpaired surrogate is three bytes) with single backslashes
 * and begin with HKEY_LOCAL_MACHINE, HKEY_CURRENT_USER (the hive of the prefix' user) or
 * HKEY_USERS\.Default. Names compare without case, as NT does.
 */
struct fvm_reg;

enum fvm_reg_mark {
    FVM_REG_PRESENT, /* whole registry: exists. Delta: created or changed */
    FVM_REG_DELETED, /* delta only: `[-KEY]` (with everything below) or `"name"=-` */
    FVM_REG_REPLACED /* delta only, keys: `[-KEY]` followed by `[KEY]`: nothing of the host's key shines through */
};

struct fvm_reg_value {
    const char *name; /* UTF-8; "" is the default value */
    enum fvm_reg_mark mark;
    uint32_t type;    /* REG_SZ = 1, ...; any 32-bit number */
    size_t data_cb;
    const uint8_t *data; /* raw bytes as NT keeps them: strings are UTF-16LE with whatever NUL they have */
};

struct fvm_reg_key {
    const char *path;
    enum fvm_reg_mark mark;
    const char *class_name; /* NULL: none */
    bool is_link;           /* REG_OPTION_CREATE_LINK */
    size_t value_count;
    const struct fvm_reg_value *values; /* in the order of the hive or file */
};

/** Make an empty registry. @return NULL when memory runs out; yours, end with fvm_reg_free() */
struct fvm_reg *fvm_reg_new(void);
void fvm_reg_free(struct fvm_reg *reg);
static inline void fvm_cleanup_reg(struct fvm_reg **reg)
{
    fvm_reg_free(*reg);
}

/** Keys in ascending order of path, component by component, without case. @return NULL past the end; borrowed */
const struct fvm_reg_key *fvm_reg_key_at(struct fvm_reg *reg, size_t index);
size_t fvm_reg_key_count(const struct fvm_reg *reg);
const struct fvm_reg_key *fvm_reg_find(struct fvm_reg *reg, const char *path);
const struct fvm_reg_value *fvm_reg_find_value(const struct fvm_reg_key *key, const char *name);

/**
 * Add one of Wine's hive files ("WINE REGISTRY Version 2") to a registry.
 *
 * Hives are written by a program that this text may not trust: any input must give a status, never a crash.
 *
 * @param root  the path that the hive's keys hang below ("HKEY_LOCAL_MACHINE", "HKEY_USERS\\.Default", ...)
 * @param text,cb the file's bytes
 * @param err   [out] sentence with the line's number (not the file's name)
 * @return FVM_OK; FVM_CORRUPT text that does not parse or is cut short; FVM_NO_MEMORY
 * @source wine: server/registry.c behaviour (file format), read as behaviour only
 */
fvm_status fvm_reg_add_hive(struct fvm_reg *reg, const char *root, const char *text, size_t cb,
                            struct fvm_error *err);

/**
 * Write the keys below `root` as a hive that wineserver loads.
 *
 * @param root     as above
 * @param relative what stands behind "All keys relative to " in the header, e.g. "REGISTRY\\\\Machine"
 * @return FVM_OK, FVM_NO_MEMORY
 */
fvm_status fvm_reg_write_hive(struct fvm_reg *reg, const char *root, const char *relative,
                              struct fvm_text *out);

/**
 * Read .reg text ("Windows Registry Editor Version 5.00", UTF-8 or UTF-16LE with BOM) as a delta.
 *
 * @param need_end true for a layer's registry.reg: the last line must be the end mark that
 *                 fvm_reg_write_delta() writes, so that a file cut at any byte is noticed
 * @return FVM_OK; FVM_CORRUPT (sentence names the line); FVM_NEWER_FORMAT; FVM_NO_MEMORY
 */
fvm_status fvm_reg_read_delta(struct fvm_reg **out, const char *text, size_t cb, bool need_end,
                              struct fvm_error *err);

enum { FVM_REG_END_MARK = 1, /* for the store */ FVM_REG_FOR_IMPORT = 2 /* for regedit: UTF-16LE with BOM if any name or string is not ASCII */ };
/** Write a delta as .reg text that regedit imports. @param flags FVM_REG_* @return FVM_OK, FVM_NO_MEMORY */
fvm_status fvm_reg_write_delta(struct fvm_reg *delta, unsigned flags, struct fvm_text *out);

/**
 * What must be done to `before` to get `after`.
 *
 * Law: apply(before, diff(before, after)) equals after (keys, classes, links, value names, types, bytes).
 * A key that exists on both sides with another class or link nature becomes FVM_REG_REPLACED. A
 * created key without values still is an entry. No entry for what is equal.
 *
 * @param delta [out] yours
 */
fvm_status fvm_reg_diff(struct fvm_reg **delta, struct fvm_reg *before, struct fvm_reg *after);
/** Change a whole registry by a delta. Deleting what is not there is no error. A value's key is created with its parents. */
fvm_status fvm_reg_apply(struct fvm_reg *reg, struct fvm_reg *delta);
/** One delta that does what `first` and then `second` do (layers: fold). @param out [out] yours */
fvm_status fvm_reg_compose(struct fvm_reg **out, struct fvm_reg *first, struct fvm_reg *second);

/**
 * Split a delta by a question asked for each entry (a key's own mark, or one of its values).
 *
 * @param yes,no [out] yours; each may be NULL. yes + no have every entry of delta exactly once.
 * @param ask    called with value NULL for a key that is itself created, deleted or replaced; else with the value.
 *               A key line that only carries values is no entry of its own.
 */
typedef bool fvm_reg_ask(void *context, const struct fvm_reg_key *key, const struct fvm_reg_value *value);
fvm_status fvm_reg_split(struct fvm_reg **yes, struct fvm_reg **no, struct fvm_reg *delta, fvm_reg_ask *ask,
                         void *context);

/**
 * Entries of `mine` that `theirs` (another delta of the same registry) touches too with another result: same value set
 * otherwise or deleted, or a key of one deleted where the other has something at or below it. Both deltas doing the very same is no conflict.
 *
 * @param conflicts [out] the entries of `mine`, as a delta; yours; empty when there are none
 */
fvm_status fvm_reg_conflicts(struct fvm_reg **conflicts, struct fvm_reg *mine, struct fvm_reg *theirs);
/** Set one value of a whole registry (the key is created with its parents), or of a delta. Copies everything. */
fvm_status fvm_reg_set(struct fvm_reg *reg, const char *path, const char *name, uint32_t type, const void *data,
                       size_t data_cb);
fvm_status fvm_reg_set_string(struct fvm_reg *reg, const char *path, const char *name, const char *utf8);
fvm_status fvm_reg_set_dword(struct fvm_reg *reg, const char *path, const char *name, uint32_t number);
/** Remove a key with everything below (whole registry). Not there: no error. */
fvm_status fvm_reg_remove_key(struct fvm_reg *reg, const char *path);
