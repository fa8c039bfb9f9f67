/* rooms/files/journal.c: what the layer's files cannot show, written down before the call that did
 * it returns. Its room is taken before: a full disk lets the call fail, not what is written of it.
 * See files.h and core/journal.h. */
#include "engine/capture.h"
#include "engine/engine.h"
#include "engine/real.h"
#include "rooms/files/files.h"
#include "rooms/files/journal.h"

#include <string.h>

/* A full disk may take a part, and Wine calls that a success. */
static NTSTATUS write_at(HANDLE file, uint64_t at, const void *bytes, uint32_t cb)
{
    LARGE_INTEGER where = {.QuadPart = (LONGLONG)at};
    IO_STATUS_BLOCK io;
    NTSTATUS status = real.NtWriteFile(file, NULL, NULL, NULL, &io, bytes, cb, &where, NULL);

    return NT_SUCCESS(status) && io.Information != cb ? STATUS_DISK_FULL : status;
}

static NTSTATUS open_journal(HANDLE *file)
{
    uint16_t name[FVM_BLOCK_PATH_CCH + 16];
    struct fvm_buf text = {name, 0, ARRAY_LEN(name)};
    OBJECT_ATTRIBUTES attr;
    UNICODE_STRING string;
    IO_STATUS_BLOCK io;

    fvm_buf_add(&text, fvm_block_str(&fvm_engine.block->layer));
    fvm_buf_add(&text, FVM_STR(u"\\journal"));
    files_attr(&attr, &string, fvm_buf_str(&text), 0);
    return real.NtCreateFile(file, FILE_WRITE_DATA | SYNCHRONIZE, &attr, &io, NULL,
                             FILE_ATTRIBUTE_NORMAL, FILE_SHARE_READ | FILE_SHARE_WRITE,
                             FILE_OPEN_IF, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
}

NTSTATUS files_entry_reserve(struct files_entry *entry, uint32_t path_cch, uint32_t to_cch)
{
    const struct fvm_journal_record lengths = {.path.cch = path_cch, .to.cch = to_cch};
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = files_scratch_get();
    uint32_t cb = fvm_journal_cb(&lengths);
    NTSTATUS status;

    if (!scratch)
        return STATUS_NO_MEMORY;
    if (cb > sizeof(scratch->bytes))
        return STATUS_NAME_TOO_LONG;
    status = open_journal(&entry->file);
    if (!NT_SUCCESS(status))
        return status;
    entry->at = __atomic_fetch_add(&fvm_engine.block->journal_cb, cb, __ATOMIC_RELAXED);
    memset(scratch->bytes, 0, cb);
    status = write_at(entry->file, entry->at, scratch->bytes, cb);
    if (!NT_SUCCESS(status))
        files_entry_close(entry);
    return status;
}

NTSTATUS files_entry_write(const struct files_entry *entry, enum fvm_journal_kind kind,
                           struct fvm_str path, struct fvm_str to)
{
    const struct fvm_journal_record record = {kind, path, to};
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = files_scratch_get();

    if (!scratch)
        return STATUS_NO_MEMORY;
    fvm_journal_write(scratch->bytes, &record);
    return write_at(entry->file, entry->at, scratch->bytes, fvm_journal_cb(&record));
}

void files_entry_close(struct files_entry *entry)
{
    if (entry->file)
        real.NtClose(entry->file);
    entry->file = NULL;
}

NTSTATUS files_journal_opaque(struct fvm_str path)
{
    FVM_CLEANUP(files_entry) struct files_entry entry = {NULL, 0};
    NTSTATUS status = files_entry_reserve(&entry, path.cch, 0);

    return NT_SUCCESS(status)
               ? files_entry_write(&entry, FVM_JOURNAL_OPAQUE, path, (struct fvm_str){0})
               : status;
}
