/* rooms/files/journal.c: what the layer's files cannot show, written down before the call that did
 * it returns. See files.h and core/journal.h. */
#include "core/journal.h"
#include "engine/capture.h"
#include "engine/engine.h"
#include "engine/real.h"
#include "rooms/files/files.h"

#include <string.h>

static NTSTATUS write_at(uint64_t at, const void *record, uint32_t cb)
{
    struct fvm_str layer = fvm_block_str(&fvm_engine.block->layer);
    uint16_t name[FVM_BLOCK_PATH_CCH + 16];
    struct fvm_buf text = {name, 0, ARRAY_LEN(name)};
    LARGE_INTEGER where = {.QuadPart = (LONGLONG)at};
    OBJECT_ATTRIBUTES attr;
    UNICODE_STRING string;
    IO_STATUS_BLOCK io;
    HANDLE handle;
    NTSTATUS status;

    fvm_buf_add(&text, layer);
    fvm_buf_add(&text, FVM_STR(u"\\journal"));
    files_attr(&attr, &string, fvm_buf_str(&text), 0);
    status = real.NtCreateFile(&handle, FILE_WRITE_DATA | SYNCHRONIZE, &attr, &io, NULL,
                               FILE_ATTRIBUTE_NORMAL, FILE_SHARE_READ | FILE_SHARE_WRITE,
                               FILE_OPEN_IF, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
    if (!NT_SUCCESS(status))
        return status;
    status = real.NtWriteFile(handle, NULL, NULL, NULL, &io, record, cb, &where, NULL);
    real.NtClose(handle);
    return status;
}

static NTSTATUS append(const struct fvm_journal_record *record)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = files_scratch_get();
    uint32_t cb = fvm_journal_cb(record);
    uint64_t at;

    if (!scratch)
        return STATUS_NO_MEMORY;
    if (cb > sizeof(scratch->bytes))
        return STATUS_NAME_TOO_LONG;
    fvm_journal_write(scratch->bytes, record);
    at = __atomic_fetch_add(&fvm_engine.block->journal_cb, cb, __ATOMIC_RELAXED);
    return write_at(at, scratch->bytes, cb);
}

NTSTATUS files_journal_own(struct fvm_str path, bool is_opaque)
{
    return append(
        &(struct fvm_journal_record){is_opaque ? FVM_JOURNAL_OPAQUE : FVM_JOURNAL_OWN, path, {0}});
}

NTSTATUS files_journal_move(struct fvm_str path, struct fvm_str to, bool is_merged)
{
    return append(&(struct fvm_journal_record){
        is_merged ? FVM_JOURNAL_MOVE_MERGED : FVM_JOURNAL_MOVE, path, to});
}
