/* rooms/files/journal.h: how the room writes the layer's journal. What it is: core/journal.h.
 * Private to the room. */
#pragma once
#include "core/journal.h"
#include "engine/nt.h"

/* Room on the disk for a record, taken before anything is done that it tells of. */
struct files_entry {
    HANDLE file; /* NULL: none */
    uint64_t at;
};
/** Take the room. @param path_cch, to_cch of the record @return STATUS_SUCCESS: yours, close it;
 * STATUS_DISK_FULL; NT's */
NTSTATUS files_entry_reserve(struct files_entry *entry, uint32_t path_cch, uint32_t to_cch);
/** Write the record there, of which only the letters may have changed since. */
NTSTATUS files_entry_write(const struct files_entry *entry, enum fvm_journal_kind kind,
                           struct fvm_str path, struct fvm_str to);
/** What was not written stays a hole. */
void files_entry_close(struct files_entry *entry);
static inline void fvm_cleanup_files_entry(struct files_entry *entry)
{
    files_entry_close(entry);
}
/** Write down that a directory is the VM's, and the host's part of it gone. */
NTSTATUS files_journal_opaque(struct fvm_str path);
