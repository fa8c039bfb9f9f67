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

static size_t end_at; /* as the last count() left it */

static unsigned count(size_t cb, fvm_status *status)
{
    struct fvm_journal_record record;
    unsigned found = 0;

    end_at = 0;
    while ((*status = fvm_journal_next(file, cb, &end_at, &record)) == FVM_OK)
        found++;
    return found;
}

static bool is_next(size_t cb, size_t *at, enum fvm_journal_kind kind, struct fvm_str path,
                    struct fvm_str to)
{
    struct fvm_journal_record record;

    return fvm_journal_next(file, cb, at, &record) == FVM_OK && record.kind == kind &&
           fvm_str_eq(record.path, path) && fvm_str_eq(record.to, to);
}

TEST(journal_reads_what_was_written)
{
    struct fvm_journal_record record;
    size_t cb = fill(), at = 0;

    ok(is_next(cb, &at, FVM_JOURNAL_OWN, FVM_STR(u"C:\\a"), (struct fvm_str){0}), "own");
    ok(is_next(cb, &at, FVM_JOURNAL_MOVE, FVM_STR(u"C:\\dir"), FVM_STR(u"C:\\new name")), "move");
    ok(is_next(cb, &at, FVM_JOURNAL_OPAQUE, FVM_STR(u"C:\\b"), (struct fvm_str){0}),
       "behind a hole");
    ok(fvm_journal_next(file, cb, &at, &record) == FVM_NOT_FOUND && at == cb, "the end");
    ok(fvm_journal_check(file, cb, &at) == FVM_OK && at == cb, "all of it is sound");
}

/* What stands before the cut is told, and the cut is told unless a record ends there. */
TEST(journal_cut_anywhere)
{
    size_t cb = fill(), ends[] = {32, 96, 160, cb}; /* of records; of the hole */

    for (size_t cut = 0; cut <= cb; cut++) {
        unsigned whole = cut >= ends[3] ? 3 : cut >= ends[1] ? 2 : cut >= ends[0] ? 1 : 0;
        bool is_end =
            !cut || cut == ends[0] || cut == ends[3] || (cut >= ends[1] && cut <= ends[2]);
        fvm_status status;
        unsigned found = count(cut, &status);

        ok(found == whole && status == (is_end ? FVM_NOT_FOUND : FVM_CORRUPT),
           "cut at %zu: %u records of %u, %#x", cut, found, whole, (unsigned)status);
    }
}

TEST(journal_each_byte_changed)
{
    size_t cb = fill();
    fvm_status status;

    for (size_t i = 0; i < cb; i++) {
        uint8_t kept = file[i];

        for (unsigned change = 1; change < 256; change++) {
            unsigned before = i >= 96 ? 2 : i >= 32 ? 1 : 0, found;

            file[i] ^= (uint8_t)change;
            found = count(cb, &status);
            if (found != before || (status != FVM_CORRUPT && status != FVM_NEWER_FORMAT))
                ok(0, "byte %zu ^ %#x: %u records, %#x", i, change, found, (unsigned)status);
            file[i] = kept;
        }
    }
    ok(count(cb, &status) == 3 && status == FVM_NOT_FOUND, "as it was");
    file[3] = '2';
    ok(count(cb, &status) == 0 && status == FVM_NEWER_FORMAT, "another version's");
}

/* A writer that was killed left what goes up to a block's end. */
TEST(journal_torn_at_a_block)
{
    static uint16_t units[400];
    struct fvm_str name = {units, 400};
    fvm_status status;

    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        units[i] = 'x';
    for (size_t lead = 8; lead <= 512; lead += 8) {
        size_t cb, end, torn_to = 512;

        memset(file, 0, sizeof(file));
        end = lead + 824;
        cb = add(add(lead, FVM_JOURNAL_OWN, name, (struct fvm_str){0}), FVM_JOURNAL_OWN,
                 FVM_STR(u"C:\\z"), (struct fvm_str){0});
        torn_to += lead == 512 ? 512 : 0;
        memset(file + torn_to, 0, end - torn_to);
        ok(count(cb, &status) == 1 && status == FVM_NOT_FOUND && end_at == cb,
           "record at %zu, torn: the next one is told", lead);
        ok(count(torn_to, &status) == 0 && status == FVM_NOT_FOUND && end_at == end,
           "record at %zu, torn and the last: the next one goes behind it", lead);
        ok(count(torn_to - 1, &status) == 0 && status == FVM_CORRUPT, "cut inside a block");
        file[end - 1] = 1;
        ok(count(cb, &status) == 0 && status == FVM_CORRUPT, "no zeros behind the tear");
    }
}
