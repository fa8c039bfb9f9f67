/* rooms/registry/answers.c: what NT tells of a handle on a private key is what it would tell of the
 * key that it stands for. */
#include "rooms/registry/registry.h"

#include "engine/capture.h"
#include "engine/engine.h"
#include "engine/image.h"
#include "engine/real.h"
#include "rooms/registry/handlers.h"

#include <string.h>

enum { OBJECT_BASIC, OBJECT_NAME };

FVM_STATE NTSTATUS(NTAPI *registry_close_below)(HANDLE);
FVM_STATE NTSTATUS(NTAPI *registry_duplicate_below)(HANDLE, HANDLE, HANDLE, HANDLE *, ACCESS_MASK,
                                                    ULONG, ULONG);
FVM_STATE NTSTATUS(NTAPI *registry_object_below)(HANDLE, ULONG, void *, ULONG, ULONG *);

NTSTATUS registry_query_name(HANDLE key, void *info, ULONG cb, ULONG *needed)
{
    FVM_CLEANUP(registry_scratch) struct registry_scratch *scratch = registry_scratch_get();
    NT_KEY_NAME *name;
    struct fvm_buf text;
    ULONG got, full_cb;
    NTSTATUS status;

    if (!scratch)
        return STATUS_NO_MEMORY;
    name = (NT_KEY_NAME *)(void *)scratch->bytes;
    status = real.NtQueryKey(key, KEY_NAME, name, sizeof(scratch->bytes), &got);
    if (!NT_SUCCESS(status))
        return status;
    text = (struct fvm_buf){(uint16_t *)(void *)name->Name,
                            name->NameLength / (uint32_t)sizeof(WCHAR), REGISTRY_NAME_CCH};
    fvm_regview_unmap(&text, fvm_engine.block->vm);
    name->NameLength = text.cch * (ULONG)sizeof(WCHAR);
    full_cb = (ULONG)offsetof(NT_KEY_NAME, Name) + name->NameLength;
    status = fvm_copy_guarded(info, name, cb < full_cb ? cb : full_cb);
    if (NT_SUCCESS(status) && needed)
        status = fvm_copy_guarded(needed, &full_cb, sizeof(full_cb));
    if (!NT_SUCCESS(status) || cb >= full_cb)
        return status;
    return cb < offsetof(NT_KEY_NAME, Name) ? STATUS_BUFFER_TOO_SMALL : STATUS_BUFFER_OVERFLOW;
}

/* NtQueryObject's form of the same. @param cb of the buffer */
static NTSTATUS object_name(const struct registry_use *use, HANDLE handle, UNICODE_STRING *info,
                            ULONG cb, ULONG *needed)
{
    FVM_CLEANUP(registry_scratch) struct registry_scratch *scratch = registry_scratch_get();
    UNICODE_STRING *name, head;
    struct fvm_buf text;
    ULONG got, full_cb;
    NTSTATUS status;

    if (!scratch)
        return STATUS_NO_MEMORY;
    name = (UNICODE_STRING *)(void *)scratch->bytes;
    status = registry_object_below(use->is_private ? use->handle : handle, OBJECT_NAME, name,
                                   sizeof(scratch->bytes), &got);
    if (!NT_SUCCESS(status))
        return status;
    text =
        (struct fvm_buf){name->Buffer, name->Length / (uint32_t)sizeof(WCHAR), REGISTRY_NAME_CCH};
    fvm_regview_unmap(&text, fvm_engine.block->vm);
    full_cb = (ULONG)(sizeof(head) + (text.cch + 1) * sizeof(WCHAR));
    if (needed)
        status = fvm_copy_guarded(needed, &full_cb, sizeof(full_cb));
    if (NT_SUCCESS(status) && cb < full_cb)
        return STATUS_INFO_LENGTH_MISMATCH;
    head = (UNICODE_STRING){.Length = (USHORT)(text.cch * sizeof(WCHAR)),
                            .MaximumLength = (USHORT)((text.cch + 1) * sizeof(WCHAR)),
                            .Buffer = (WCHAR *)(void *)(info + 1)};
    text.s[text.cch] = 0;
    if (NT_SUCCESS(status))
        status = fvm_copy_guarded(info, &head, sizeof(head));
    if (NT_SUCCESS(status))
        status = fvm_copy_guarded(info + 1, text.s, (text.cch + 1) * sizeof(WCHAR));
    return status;
}

/**
 * Names and rights of keys, as the program knows them.
 *
 * @source nt:NtQueryObject; paper:registry
 */
NTSTATUS NTAPI registry_NtQueryObject(HANDLE handle, ULONG class, void *info, ULONG cb,
                                      ULONG *needed)
{
    struct registry_slot *slot = registry_slot(handle, false);
    struct registry_use use;
    NTSTATUS status;

    /* A private key whose handle nobody knows here was inherited: its name tells what it is. */
    if (class == OBJECT_NAME && (!slot || !slot->key)) {
        status = registry_object_below(handle, class, info, cb, needed);
        if (!NT_SUCCESS(status) || registry_know(&slot, handle) != STATUS_SUCCESS)
            return status;
    }
    if (!slot || !slot->key || (class != OBJECT_BASIC && class != OBJECT_NAME))
        return registry_object_below(handle, class, info, cb, needed);
    if (class == OBJECT_BASIC) {
        status = registry_object_below(handle, class, info, cb, needed);
        if (NT_SUCCESS(status) && !slot->key->is_private)
            status = fvm_copy_guarded((char *)info +
                                          offsetof(PUBLIC_OBJECT_BASIC_INFORMATION, GrantedAccess),
                                      &slot->asked, sizeof(slot->asked));
        return status;
    }
    status = registry_use(&use, handle, 0, false);
    if (status == STATUS_KEY_DELETED)
        return status;
    if (status != STATUS_SUCCESS || !use.is_private)
        return registry_object_below(handle, class, info, cb, needed);
    return object_name(&use, handle, info, cb, needed);
}
