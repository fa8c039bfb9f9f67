/* core/journal.h: what a VM's layer cannot show by the files that are in it: names that are the
 * VM's though nothing is there, directories that hide the host's, moves. Pure.
 *
 * The file is a row of records, each a multiple of 8 bytes. What is recorded is done already: a
 * record that is missing means that a last step is missing. A process that is killed, or whose disk
 * is full, between taking its place in the row and writing leaves zeros there; one that is killed
 * while it writes leaves the record's beginning, up to a block's end, and zeros. A reader passes
 * over both. Whatever else is no record is damage: what it told is not known, and behind it nothing
 * is sure. */
#pragma once
#include "core/base.h"
#include "core/status.h"
#include "core/str.h"

#define FVM_JOURNAL_MAGIC 0x314c4a46u /* "FJL1": the format's version is part of it */

enum fvm_journal_kind {
    FVM_JOURNAL_OWN = 1,        /* the layer decides what is at `path` */
    FVM_JOURNAL_OPAQUE = 2,     /* the same, and what was below it on the host is not there */
    FVM_JOURNAL_MOVE = 3,       /* `path` and all below it is at `to` */
    FVM_JOURNAL_MOVE_MERGED = 4 /* the same; it is a directory in which the host's names show */
};
enum {
    FVM_JOURNAL_HEAD_CB = 24,
    FVM_JOURNAL_PATH_CCH = 32767,
    FVM_JOURNAL_BLOCK_CB = 512 /* the least that systems write as a whole */
};

struct fvm_journal_record {
    enum fvm_journal_kind kind;
    struct fvm_str path, to; /* virtual; `to` of moves only */
};

/** Bytes that a record takes. */
uint32_t fvm_journal_cb(const struct fvm_journal_record *record);
/** Write a record. @param out fvm_journal_cb() bytes */
void fvm_journal_write(uint8_t *out, const struct fvm_journal_record *record);
/**
 * Read the next whole record.
 *
 * @param data   the file, aligned to 8; borrowed by the record
 * @param at     [in, out] 0 at first; afterwards where to go on: at the end where the next record
 *               may be written, perhaps behind cb; at damage where that is
 * @param record [out] unchanged unless FVM_OK
 * @return FVM_OK; FVM_NOT_FOUND that was all; FVM_CORRUPT damaged; FVM_NEWER_FORMAT a record of
 *         another version's
 */
fvm_status fvm_journal_next(const uint8_t *data, size_t cb, size_t *at,
                            struct fvm_journal_record *record);
/** Is all of it sound? @param at [out] as fvm_journal_next() @return FVM_OK; as it */
fvm_status fvm_journal_check(const uint8_t *data, size_t cb, size_t *at);

struct fvm_index;
/**
 * Bring what a journal tells into an index that nobody else uses yet.
 *
 * @param data as for fvm_journal_next()
 * @param at   [out] as for fvm_journal_next()
 * @return FVM_OK; FVM_CORRUPT, FVM_NEWER_FORMAT: what stands before `at` is in it; FVM_NO_MEMORY:
 *         more than the index holds, as much as does is in it
 */
fvm_status fvm_journal_replay(struct fvm_index *index, const uint8_t *data, size_t cb, size_t *at);
