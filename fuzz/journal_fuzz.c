/* fuzz/journal_fuzz.c: any bytes as a journal: what is read is sound and lies inside; replayed it
 * gives a sound index. */
#include "core/index.h"
#include "core/journal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t cb);

/* Small enough to be full at times. */
enum { INDEX_CB = 16384 };

static void replay(const uint8_t *file, size_t cb)
{
    uint8_t *memory = aligned_alloc(8, INDEX_CB);
    struct fvm_index index;
    size_t at;

    if (!memory || fvm_failed(fvm_index_init(&index, memory, INDEX_CB, 1)))
        abort();
    (void)fvm_journal_replay(&index, file, cb, &at);
    if (fvm_failed(fvm_index_check(&index)))
        abort();
    free(memory);
}

/* The bytes as steps over few names, for no mutation finds the right check sums. Two bits a name.
 */
static void replay_steps(const uint8_t *data, size_t cb)
{
    static const struct fvm_str names[] = {FVM_STR(u"\\a"), FVM_STR(u"\\A"), FVM_STR(u"\\b"),
                                           FVM_STR(u"")};
    uint8_t *file = aligned_alloc(8, 64 * (cb / 3 + 1));
    size_t used = 0;

    if (!file)
        abort();
    for (; cb >= 3; data += 3, cb -= 3) {
        uint16_t units[2][16];
        struct fvm_buf paths[2] = {{units[0], 0, 16}, {units[1], 0, 16}};
        struct fvm_journal_record record = {.kind = FVM_JOURNAL_OWN + data[0] % 4};

        for (int i = 0; i < 2; i++) {
            fvm_buf_add(&paths[i], FVM_STR(u"C:"));
            for (int shift = 0; shift < 8; shift += 2)
                fvm_buf_add(&paths[i], names[data[1 + i] >> shift & 3]);
        }
        record.path = fvm_buf_str(&paths[0]);
        if (record.kind >= FVM_JOURNAL_MOVE)
            record.to = fvm_buf_str(&paths[1]);
        fvm_journal_write(file + used, &record);
        used += fvm_journal_cb(&record);
    }
    replay(file, used);
    free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t cb)
{
    uint8_t *file = aligned_alloc(8, (cb + 8) & ~(size_t)7);
    struct fvm_journal_record record;
    size_t at = 0, before = 0;

    if (!file)
        abort();
    memcpy(file, data, cb);
    while (fvm_journal_next(file, cb, &at, &record) == FVM_OK) {
        const uint8_t *end = (const uint8_t *)(record.to.s + record.to.cch);

        if (at <= before || at > cb || end > file + cb || !record.path.cch ||
            (record.kind >= FVM_JOURNAL_MOVE) != (record.to.cch > 0))
            abort();
        before = at;
    }
    replay(file, cb);
    replay_steps(data, cb);
    free(file);
    return 0;
}
