/* tests/unit/journal_test.c: core/journal.h. */
#include "core/journal.h"
#include "tap.h"

#include <string.h>

static _Alignas(8) uint8_t file[4096];

static size_t add(size_t at, enum fvm_journal_kind kind, struct fvm_str path, struct fvm_str to)
{
    struct fvm_journal_record record = {kind, path, to};

    fvm_journal_write(file + at, &record);
    return at + fvm_journal_cb(&record);
}

static size_t fill(void)
{
    size_t at = 0;

    memset(file, 0, sizeof(file));
    at = add(at, FVM_JOURNAL_OWN, FVM_STR(u"C:\\a"), (struct fvm_str){0});
    at = add(at, FVM_JOURNAL_MOVE, FVM_STR(u"C:\\dir"), FVM_STR(u"C:\\new name"));
    at += 64; /* somebody was killed */
    return add(at, FVM_JOURNAL_OPAQUE, FVM_STR(u"C:\\b"), (struct fvm_str){0});
}

static unsigned count(size_t cb)
{
    struct fvm_journal_record record;
    unsigned found = 0;
    size_t at = 0;

    while (fvm_journal_next(file, cb, &at, &record))
        found++;
    return found;
}

TEST(journal_reads_what_was_written)
{
    struct fvm_journal_record record;
    size_t cb = fill(), at = 0;

    ok(fvm_journal_next(file, cb, &at, &record) && record.kind == FVM_JOURNAL_OWN &&
           fvm_str_eq(record.path, FVM_STR(u"C:\\a")) && !record.to.cch,
       "own");
    ok(fvm_journal_next(file, cb, &at, &record) && record.kind == FVM_JOURNAL_MOVE &&
           fvm_str_eq(record.path, FVM_STR(u"C:\\dir")) &&
           fvm_str_eq(record.to, FVM_STR(u"C:\\new name")),
       "move");
    ok(fvm_journal_next(file, cb, &at, &record) && record.kind == FVM_JOURNAL_OPAQUE,
       "behind a hole");
    ok(!fvm_journal_next(file, cb, &at, &record), "the end");
}

TEST(journal_cut_and_damaged_anywhere)
{
    size_t cb = fill();

    for (size_t i = 0; i < cb; i++)
        ok(count(i) <= 2, "cut at %zu: %u records", i, count(i));
    for (size_t i = 0; i < cb; i++) {
        uint8_t kept = file[i];

        file[i] ^= 0x55;
        ok(count(cb) >= 2, "byte %zu changed: at most one record is lost", i);
        file[i] = kept;
    }
    ok(count(cb) == 3, "as it was");
}
