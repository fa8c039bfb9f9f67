/* core/reg_delta.h: deltas of registries: as .reg text, and the algebra between them. Comes with
 * reg.h. Pure. */
#pragma once
#include "core/reg.h"

/**
 * Read .reg text ("Windows Registry Editor Version 5.00", UTF-8 or UTF-16LE with BOM) as a delta.
 *
 * HKEY_CLASSES_ROOT, HKEY_CURRENT_CONFIG and the short names (HKLM ...) become the paths that they
 * stand for; other roots are refused.
 *
 * @param out [out] yours; NULL on failure
 * @param need_end true for a layer's registry.reg: the last line must be the end mark that
 *                 fvm_reg_write_delta() writes, so that a file cut at any byte is noticed
 * @return FVM_OK; FVM_CORRUPT (sentence names the line); FVM_NEWER_FORMAT; FVM_NO_MEMORY
 */
fvm_status fvm_reg_read_delta(struct fvm_reg **out, const char *text, size_t cb, bool need_end,
                              struct fvm_error *err);

enum {
    FVM_REG_END_MARK = 1,  /* for the store: end mark, strings in readable UTF-8 */
    FVM_REG_FOR_IMPORT = 2 /* for regedit: CRLF; UTF-16LE with BOM if anything is not ASCII */
};
/**
 * Write a delta as .reg text that regedit imports. What .reg cannot say (class, link, names with
 * control characters) is in comment lines that fvm_reg_read_delta() understands.
 *
 * @param flags FVM_REG_*; with none, strings that are not ASCII are written as bytes
 * @return FVM_OK, FVM_NO_MEMORY
 */
fvm_status fvm_reg_write_delta(struct fvm_reg *delta, unsigned flags, struct fvm_text *out);

/**
 * What must be done to `before` to get `after`.
 *
 * Law: apply(before, diff(before, after)) equals after (keys, classes, links, value names, types,
 * bytes). A key that exists on both sides with another class or link nature becomes
 * FVM_REG_REPLACED. Each created key is listed, with or without values. No entry for what is equal.
 *
 * @param delta [out] yours; NULL on failure
 * @return FVM_OK, FVM_NO_MEMORY
 */
fvm_status fvm_reg_diff(struct fvm_reg **delta, struct fvm_reg *before, struct fvm_reg *after);
/**
 * Change a whole registry by a delta.
 *
 * Deleting what is not there is no error. A key that is listed is created with its parents, as by
 * regedit, even if all that follows deletes values.
 *
 * @return FVM_OK; FVM_NO_MEMORY (reg is then changed in part)
 */
fvm_status fvm_reg_apply(struct fvm_reg *reg, struct fvm_reg *delta);
/**
 * One delta that does what `first` and then `second` do (layers: fold).
 *
 * Law: apply(r, compose(a, b)) equals apply(apply(r, a), b) for every r that has the parents which
 * a and b take for granted, such as the one that a was made for.
 *
 * @param out [out] yours; NULL on failure
 * @return FVM_OK, FVM_NO_MEMORY
 */
fvm_status fvm_reg_compose(struct fvm_reg **out, struct fvm_reg *first, struct fvm_reg *second);

/** @param value NULL for a key that is itself created, deleted or replaced */
typedef bool fvm_reg_ask(void *context, const struct fvm_reg_key *key,
                         const struct fvm_reg_value *value);
/**
 * Split a delta by a question asked for each entry (a key's own mark, or one of its values).
 *
 * A key has an entry of its own when it is deleted or replaced, has a class or is a link, or has no
 * values. A key line that only carries values is no entry: the key comes to be with its values.
 *
 * @param yes,no [out] yours; each may be NULL. yes + no have every entry of delta exactly once
 * @return FVM_OK, FVM_NO_MEMORY
 */
fvm_status fvm_reg_split(struct fvm_reg **yes, struct fvm_reg **no, struct fvm_reg *delta,
                         fvm_reg_ask *ask, void *context);

/**
 * Entries of `mine` that `theirs` (another delta of the same registry) touches too, with another
 * result: the same value set otherwise or deleted, or a key of one deleted where the other has
 * something at or below it. Both deltas doing the very same is no conflict.
 *
 * @param conflicts [out] the entries of `mine`, as a delta; yours; empty when there are none
 * @return FVM_OK, FVM_NO_MEMORY
 */
fvm_status fvm_reg_conflicts(struct fvm_reg **conflicts, struct fvm_reg *mine,
                             struct fvm_reg *theirs);
