/* rooms/registry/change.c: deleting keys, hives from outside, and what else is done to a key by
 * handle. */
#include "rooms/registry/registry.h"

#include "engine/capture.h"
#include "engine/real.h"
#include "rooms/registry/handlers.h"

#include <string.h>

enum { FLUSH_ROUNDS = 300 }; /* of 10 ms */
#define HAS_SUBKEYS STATUS_ACCESS_DENIED

/* --- delete ------------------------------------------------------------------------------------
 */

static NTSTATUS check_no_subkeys(struct registry_use *use)
{
    struct fvm_regview_hit hit;
    ULONG count, name_cb, class_cb;
    const NT_KEY_CACHED *cached;
    NTSTATUS status = fvm_regview_find(registry_index(), use->key->path, &hit);

    if (!NT_SUCCESS(status))
        return status;
    if (registry_is_merged(&hit)) {
        status = registry_count(use->key, &hit, &count, &name_cb, &class_cb);
    } else {
        FVM_CLEANUP(registry_scratch) struct registry_scratch *scratch = registry_scratch_get();
        ULONG got;
        HANDLE key;

        if (!scratch)
            return STATUS_NO_MEMORY;
        status = use->is_private
                     ? registry_open_private(&key, scratch, use->key->path, KEY_READ, 0)
                     : registry_open_host(&key, scratch, use->key->path, KEY_READ, OBJ_OPENLINK);
        if (!NT_SUCCESS(status))
            return status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_KEY_DELETED : status;
        cached = (const NT_KEY_CACHED *)(const void *)scratch->bytes;
        status = real.NtQueryKey(key, KEY_CACHED, scratch->bytes, REGISTRY_BYTES_CB, &got);
        count = NT_SUCCESS(status) ? cached->SubKeys : 0;
        real.NtClose(key);
    }
    /* Windows says STATUS_CANNOT_DELETE, Wine 8 STATUS_ACCESS_DENIED. */
    return NT_SUCCESS(status) && count ? HAS_SUBKEYS : status;
}

static NTSTATUS delete_locked(struct registry_use *use, struct registry_scratch *scratch)
{
    NTSTATUS status = registry_check_alive(use->key);

    if (NT_SUCCESS(status))
        status = check_no_subkeys(use);
    /* Subkeys that the view says are gone may have left something, which goes as well. */
    return NT_SUCCESS(status) ? registry_remove(scratch, use->key->path) : status;
}

/**
 * Delete a key.
 *
 * @source nt:NtDeleteKey; paper:registry
 */
NTSTATUS NTAPI registry_NtDeleteKey(HANDLE handle)
{
    FVM_CLEANUP(registry_scratch) struct registry_scratch *scratch = registry_scratch_get();
    struct fvm_index_writer writer = registry_writer_here();
    struct registry_use use;
    NTSTATUS status;

    if (!scratch)
        return STATUS_NO_MEMORY;
    status = fvm_regview_lock(registry_area(), &writer);
    if (!NT_SUCCESS(status))
        return status;
    status = registry_use(&use, handle, DELETE, false);
    if (status == STATUS_SUCCESS)
        status = delete_locked(&use, scratch);
    fvm_regview_unlock(registry_area(), &writer);
    if (status == STATUS_KEY_DELETED)
        return STATUS_SUCCESS; /* once more: as Wine says */
    return status == FVM_PASS ? real.NtDeleteKey(handle) : status;
}

/* --- the rest
 * -------------------------------------------------------------------------------------- */

/**
 * Wait until what was changed so far is in the VM's layer.
 *
 * @return STATUS_SUCCESS; STATUS_KEY_DELETED; STATUS_TIMEOUT is none: who writes it down may be
 *         gone, with the VM
 * @source nt:NtFlushKey; paper:registry
 */
NTSTATUS NTAPI registry_NtFlushKey(HANDLE handle)
{
    struct fvm_regview_area *area = registry_area();
    uint32_t wanted = __atomic_load_n(&area->changes, __ATOMIC_ACQUIRE);
    LARGE_INTEGER wait = {.QuadPart = -100000};
    struct registry_use use;
    NTSTATUS status = registry_use(&use, handle, 0, false);

    if (status == FVM_PASS)
        return real.NtFlushKey(handle);
    if (status == STATUS_SUCCESS)
        status = registry_check_alive(use.key);
    for (int i = 0; NT_SUCCESS(status) && i < FLUSH_ROUNDS &&
                    (int32_t)(__atomic_load_n(&area->saved, __ATOMIC_ACQUIRE) - wanted) < 0;
         i++)
        real.NtDelayExecution(FALSE, &wait);
    return status;
}

/** Change what is not in values. @source nt:NtSetInformationKey; paper:registry */
NTSTATUS NTAPI registry_NtSetInformationKey(HANDLE handle, ULONG class, void *info, ULONG cb)
{
    struct registry_use use;
    NTSTATUS status = registry_use(&use, handle, KEY_SET_VALUE, true);

    return NT_SUCCESS(status) ? real.NtSetInformationKey(use.handle, class, info, cb) : status;
}

/** Who may do what to a key: of the VM's own copy. @source nt:NtSetSecurityObject; paper:registry
 */
NTSTATUS NTAPI registry_NtSetSecurityObject(HANDLE handle, ULONG what, void *descriptor)
{
    struct registry_slot *slot = registry_slot(handle, false);
    struct registry_use use = {.handle = handle};
    NTSTATUS status = STATUS_SUCCESS;

    if (slot && slot->key)
        status = registry_use(&use, handle, WRITE_DAC, true);
    return NT_SUCCESS(status) ? real.NtSetSecurityObject(use.handle, what, descriptor) : status;
}
