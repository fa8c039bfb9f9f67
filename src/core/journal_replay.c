/* core/journal_replay.c: from a journal to an index. See journal.h. */
#include "core/index.h"
#include "core/journal.h"

fvm_status fvm_journal_replay(struct fvm_index *index, const uint8_t *data, size_t cb, size_t *at)
{
    struct fvm_journal_record record;
    fvm_status result = FVM_OK;
    uint32_t node;
    fvm_status read, status;

    *at = 0;
    while ((read = fvm_journal_next(data, cb, at, &record)) == FVM_OK) {
        uint32_t flags = FVM_INDEX_OWN;

        if (record.kind == FVM_JOURNAL_OPAQUE)
            flags |= FVM_INDEX_DIRECTORY;
        if (record.kind == FVM_JOURNAL_MOVE_MERGED)
            flags |= FVM_INDEX_DIRECTORY | FVM_INDEX_MERGED;
        status = fvm_index_mark(index, record.path, flags, (struct fvm_str){0}, NULL, &node);
        if (!fvm_failed(status) && record.kind == FVM_JOURNAL_OPAQUE)
            fvm_index_flags(index, node, 0, FVM_INDEX_MERGED, NULL);
        if (!fvm_failed(status) && record.kind >= FVM_JOURNAL_MOVE)
            status = fvm_index_rename(index, record.path, record.to, &fvm_index_alone);
        if (status == FVM_NO_MEMORY)
            result = status;
    }
    return read == FVM_NOT_FOUND ? result : read;
}
