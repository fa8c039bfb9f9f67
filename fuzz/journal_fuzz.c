/* fuzz/journal_fuzz.c: any bytes as a journal: what is read is sound and lies inside. */
#include "core/journal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t cb);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t cb)
{
    uint8_t *file = aligned_alloc(8, (cb + 8) & ~(size_t)7);
    struct fvm_journal_record record;
    size_t at = 0, before = 0;

    if (!file)
        abort();
    memcpy(file, data, cb);
    while (fvm_journal_next(file, cb, &at, &record)) {
        const uint8_t *end = (const uint8_t *)(record.to.s + record.to.cch);

        if (at <= before || at > cb || end > file + cb || !record.path.cch ||
            (record.kind >= FVM_JOURNAL_MOVE) != (record.to.cch > 0))
            abort();
        before = at;
    }
    free(file);
    return 0;
}
