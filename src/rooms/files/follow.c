/* rooms/files/follow.c: a handle that was open on the host's file when the VM made its copy goes on
 * with the copy. NT cannot exchange what a handle is open on, so the engine keeps a second one and
 * reads through that.
 *
 * Which file is the copy is told by the index: its node has a sum of both files' ids. A file that
 * came under the name later, by whatever call, has another or none, and the handle stays with what
 * it was opened on, as it does outside. Not asynchronous handles: what waits for such a one, or its
 * completion port, would wait for the wrong one. See files.h. */
#include "engine/real.h"
#include "rooms/files/files.h"
#include "rooms/files/handlers.h"

#include <string.h>

enum { INTERNAL_CLASS = 6, POSITION_CLASS = 14 };

static uint64_t id_of(HANDLE handle)
{
    LARGE_INTEGER id = {.QuadPart = 0};
    IO_STATUS_BLOCK io;

    if (!NT_SUCCESS(real.NtQueryInformationFile(handle, &io, &id, sizeof(id), INTERNAL_CLASS)))
        return 0;
    return (uint64_t)id.QuadPart;
}

uint32_t files_follow_sum(HANDLE host, HANDLE copy)
{
    uint64_t sum = (id_of(host) * 0x9e3779b97f4a7c15U ^ id_of(copy)) * 0xff51afd7ed558ccdU;

    return (uint32_t)(sum >> 32) | 1;
}

void files_follow_note(struct fvm_str path, uint32_t sum)
{
    struct fvm_index_hit hit;

    if (sum && !fvm_failed(fvm_index_lookup(files_index(), path, &hit, NULL, NULL)) &&
        hit.is_complete)
        fvm_index_user(files_index(), hit.node, sum, UINT32_MAX, NULL);
}

void files_follow_begin(HANDLE handle, ULONG share, ULONG options)
{
    struct files_slot *slot = files_slot(handle, false);

    if (!slot || !(options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT)))
        return;
    slot->seen = fvm_index_generation(files_index());
    slot->share = (uint8_t)share;
    slot->may_follow = true;
}

/* Where the handle's file is, as far as renames tell. */
static bool find_place(struct files_place *place, struct files_scratch *scratch,
                       struct files_slot *slot, HANDLE handle)
{
    struct files_shared *shared = files_shared(slot);
    struct fvm_str path = {0};

    if (!shared)
        return false;
    if (shared->now)
        path = shared->now->path;
    else if (shared->opened)
        path = shared->opened->path;
    else if (NT_SUCCESS(files_path_of(&path, scratch, handle, NULL)) && path.cch)
        files_slot_keep_path_opened(handle, path); /* the server is asked once */
    return path.cch && NT_SUCCESS(files_place_of(place, scratch, path)) &&
           place->hit.answer == FVM_INDEX_IS_OWN && place->hit.user;
}

/* Open the copy with the handle's own rights and what it shares. @return NULL: it is not there */
static HANDLE open_copy(const struct files_place *place, const struct files_slot *slot,
                        HANDLE handle)
{
    PUBLIC_OBJECT_BASIC_INFORMATION basic;
    LARGE_INTEGER position;
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attr;
    IO_STATUS_BLOCK io;
    HANDLE copy;

    files_attr(&attr, &text, place->layer, 0);
    if (!NT_SUCCESS(real.NtQueryObject(handle, 0, &basic, sizeof(basic), NULL)) ||
        !NT_SUCCESS(real.NtOpenFile(&copy, basic.GrantedAccess | SYNCHRONIZE, &attr, &io,
                                    slot->share,
                                    FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE)))
        return NULL;
    if (files_follow_sum(handle, copy) == place->hit.user &&
        NT_SUCCESS(real.NtQueryInformationFile(handle, &io, &position, sizeof(position),
                                               POSITION_CLASS)) &&
        NT_SUCCESS(
            real.NtSetInformationFile(copy, &io, &position, sizeof(position), POSITION_CLASS)))
        return copy;
    real.NtClose(copy);
    return NULL;
}

/* Something has changed in the VM since the handle was last looked at. */
static HANDLE look(struct files_slot *slot, HANDLE handle)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = files_scratch_get();
    struct files_place place;
    HANDLE copy, none = NULL;

    slot->seen = fvm_index_generation(files_index());
    if (!scratch || !find_place(&place, scratch, slot, handle))
        return handle;
    copy = open_copy(&place, slot, handle);
    if (!copy)
        return handle;
    if (!__atomic_compare_exchange_n(&slot->shared->copy, &none, copy, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE))
        real.NtClose(copy);
    return slot->shared->copy;
}

HANDLE files_follow(HANDLE handle)
{
    struct files_slot *slot = files_slot(handle, false);
    struct files_shared *shared = slot ? slot->shared : NULL;

    if (!slot || !slot->may_follow)
        return handle;
    if (shared && shared->copy)
        return shared->copy;
    return slot->seen == fvm_index_generation(files_index()) ? handle : look(slot, handle);
}

/** @source nt:NtReadFile; paper:files */
NTSTATUS NTAPI files_NtReadFile(HANDLE handle, HANDLE event, void *apc, void *context,
                                IO_STATUS_BLOCK *io, void *bytes, ULONG cb, LARGE_INTEGER *at,
                                ULONG *key)
{
    return real.NtReadFile(files_follow(handle), event, apc, context, io, bytes, cb, at, key);
}
