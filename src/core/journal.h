/* core/journal.h: what a VM's layer cannot show by the files that are in it: names that are the
 * VM's though nothing is there, directories that hide the host's, moves. Pure.
 *
 * The file is a row of records, each a multiple of 8 bytes. A process that is killed between taking
 * its place in the row and writing leaves zeros there; a reader looks for the next record behind
 * them. What is recorded is done already: a record that is missing means the last step is missing.
 */
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
enum { FVM_JOURNAL_HEAD_CB = 24, FVM_JOURNAL_PATH_CCH = 32767 };

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
 * @param at     [in, out] 0 at first
 * @param record [out]
 * @return is there one? What is damaged is passed over.
 */
bool fvm_journal_next(const uint8_t *data, size_t cb, size_t *at,
                      struct fvm_journal_record *record);

struct fvm_index;
/**
 * Bring what a journal tells into an index that nobody else uses yet.
 *
 * Names whose record is damaged are the host's again: no more than the last step can be.
 *
 * @param data as for fvm_journal_next()
 * @return FVM_OK; FVM_NO_MEMORY: more than the index holds, as much as does is in it
 */
fvm_status fvm_journal_replay(struct fvm_index *index, const uint8_t *data, size_t cb);
