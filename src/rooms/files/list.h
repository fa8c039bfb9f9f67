/* rooms/files/list.h: a merged listing. Private to the room's list*.c. */
#pragma once
#include "rooms/files/files.h"

struct files_chunk; /* entries, one behind the other */
struct files_listing {
    uint32_t busy; /* a spin lock: two threads with one handle */
    uint32_t count, cap, at;
    bool is_plain;  /* the host's alone when it began: the caller's own call goes on with it */
    bool had_any;   /* it was asked before: the end is STATUS_NO_MORE_FILES */
    uint16_t *mask; /* that of the first call: later ones are not looked at */
    uint32_t mask_cch;
    NT_DIR_ENTRY **entries; /* in the chunks */
    struct files_chunk *chunks;
};
/** Write entries from listing->at on in the layout of a class. @param info may be a bad pointer
 * @return STATUS_SUCCESS; STATUS_BUFFER_OVERFLOW the first is cut; STATUS_NO_MORE_FILES; ... */
NTSTATUS files_list_format(struct files_listing *listing, void *info, ULONG cb, ULONG class,
                           bool single, ULONG_PTR *written);
/** Directories that the VM and the host share have the host's ids: write them into an answer.
 * @param handle whose directory was listed @param class those without ids are left alone */
void files_list_put_ids(HANDLE handle, void *info, ULONG cb, ULONG class);
/** Bytes that a buffer must have for a class; 0: its layout is not known. */
ULONG files_list_least_cb(ULONG class);

/** Called for each name of a directory. @return STATUS_SUCCESS: go on; else that is the result */
typedef NTSTATUS files_entry_fn(void *context, const NT_DIR_ENTRY *entry);
/** Read one real directory. @param dir NT path @param mask empty: all. The host matches as it does
 */
NTSTATUS files_list_each(struct fvm_str dir, struct fvm_str mask, files_entry_fn *fn,
                         void *context);
