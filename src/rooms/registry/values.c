/* rooms/registry/values.c: values of keys. A key of the VM's has all of them: there is nothing to
 * merge. */
#include "rooms/registry/registry.h"

#include "engine/capture.h"
#include "engine/real.h"
#include "rooms/registry/handlers.h"

enum { NAME_CB = 16383 * sizeof(WCHAR) }; /* that a value's name can have */

/* A value of a private key was changed. */
static void changed(const struct registry_use *use)
{
    if (use->is_private && use->key)
        fvm_regview_changed(registry_index(), registry_area(), use->key->node);
}

/* Where a link leads, from then on. */
static NTSTATUS set_link(const struct registry_use *use, const void *data, ULONG cb)
{
    FVM_CLEANUP(registry_scratch) struct registry_scratch *scratch = registry_scratch_get();
    struct fvm_index_writer writer = registry_writer_here();
    struct fvm_buf path;
    NTSTATUS status;

    if (!scratch)
        return STATUS_NO_MEMORY;
    if (cb & 1 || cb > sizeof(scratch->given))
        return STATUS_INVALID_PARAMETER;
    status = fvm_copy_guarded(scratch->given, data, cb);
    path = (struct fvm_buf){scratch->path, 0, REGISTRY_NAME_CCH - 64};
    if (NT_SUCCESS(status))
        status =
            fvm_regview_fold(&path, (struct fvm_str){scratch->given, cb / (uint32_t)sizeof(WCHAR)},
                             (struct fvm_str){0});
    if (status == FVM_PASS)
        return STATUS_SUCCESS; /* it leads to no key */
    return NT_SUCCESS(status) ? fvm_regview_linked(registry_index(), use->key->path,
                                                   fvm_buf_str(&path), FVM_REGVIEW_LINK, &writer)
                              : status;
}

static bool is_link(const struct registry_use *use)
{
    struct fvm_regview_hit hit;

    return use->is_private && use->key &&
           NT_SUCCESS(fvm_regview_find(registry_index(), use->key->path, &hit)) &&
           hit.user & FVM_REGVIEW_LINK;
}

/* Is it the one value that a link can have? */
static bool is_link_name(const UNICODE_STRING *name)
{
    static const WCHAR wanted[] = L"SymbolicLinkValue";
    uint16_t text[ARRAY_LEN(wanted)];
    UNICODE_STRING copy;

    return name && NT_SUCCESS(fvm_copy_guarded(&copy, name, sizeof(copy))) &&
           copy.Length == sizeof(wanted) - sizeof(*wanted) &&
           NT_SUCCESS(fvm_copy_guarded(text, copy.Buffer, copy.Length)) &&
           fvm_str_eq_fold((struct fvm_str){text, ARRAY_LEN(wanted) - 1},
                           (struct fvm_str){wanted, ARRAY_LEN(wanted) - 1});
}

/**
 * Set a value. The host's key becomes the VM's own first.
 *
 * @source nt:NtSetValueKey; paper:registry
 */
NTSTATUS NTAPI registry_NtSetValueKey(HANDLE handle, UNICODE_STRING *name, ULONG title, ULONG type,
                                      const void *data, ULONG cb)
{
    struct registry_use use = {0};
    UNICODE_STRING text;
    NTSTATUS status = fvm_copy_guarded(&text, name, sizeof(text));
    bool to_link;

    if (NT_SUCCESS(status) && text.Length > NAME_CB) /* said before anything else */
        status = STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(status))
        status = registry_use(&use, handle, KEY_SET_VALUE, true);

    if (status == FVM_PASS)
        return real.NtSetValueKey(handle, name, title, type, data, cb);
    if (!NT_SUCCESS(status))
        return status;
    to_link = is_link(&use);
    if (to_link && (type != REG_LINK || !is_link_name(name)))
        return STATUS_ACCESS_DENIED;
    status = real.NtSetValueKey(use.handle, name, title, type, data, cb);
    if (NT_SUCCESS(status) && to_link)
        status = set_link(&use, data, cb);
    if (NT_SUCCESS(status))
        changed(&use);
    return status;
}

/** Delete a value. @source nt:NtDeleteValueKey; paper:registry */
NTSTATUS NTAPI registry_NtDeleteValueKey(HANDLE handle, UNICODE_STRING *name)
{
    struct registry_use use = {0};
    UNICODE_STRING text;
    NTSTATUS status = fvm_copy_guarded(&text, name, sizeof(text));

    if (NT_SUCCESS(status) && text.Length > NAME_CB)
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    if (NT_SUCCESS(status))
        status = registry_use(&use, handle, KEY_SET_VALUE, false);
    if (status == STATUS_SUCCESS && !use.is_private) {
        ULONG got;

        /* What is not there makes no copy. */
        status = real.NtQueryValueKey(use.handle, name, VALUE_BASIC, NULL, 0, &got);
        if (status == STATUS_BUFFER_TOO_SMALL || status == STATUS_BUFFER_OVERFLOW ||
            NT_SUCCESS(status) || status == STATUS_ACCESS_DENIED)
            status = registry_use(&use, handle, KEY_SET_VALUE, true);
    }
    if (status == FVM_PASS)
        return real.NtDeleteValueKey(handle, name);
    if (NT_SUCCESS(status))
        status = real.NtDeleteValueKey(use.handle, name);
    if (NT_SUCCESS(status))
        changed(&use);
    return status;
}

/** Read a value. @source nt:NtQueryValueKey; paper:registry */
NTSTATUS NTAPI registry_NtQueryValueKey(HANDLE handle, UNICODE_STRING *name, ULONG class,
                                        void *info, ULONG cb, ULONG *needed)
{
    struct registry_use use;
    NTSTATUS status = registry_use(&use, handle, KEY_QUERY_VALUE, false);

    return NT_SUCCESS(status) ? real.NtQueryValueKey(use.handle, name, class, info, cb, needed)
                              : status;
}

/** List values. @source nt:NtEnumerateValueKey; paper:registry */
NTSTATUS NTAPI registry_NtEnumerateValueKey(HANDLE handle, ULONG at, ULONG class, void *info,
                                            ULONG cb, ULONG *needed)
{
    struct registry_use use;
    NTSTATUS status = registry_use(&use, handle, KEY_QUERY_VALUE, false);

    return NT_SUCCESS(status) ? real.NtEnumerateValueKey(use.handle, at, class, info, cb, needed)
                              : status;
}

/** Read several values. @source nt:NtQueryMultipleValueKey; paper:registry */
NTSTATUS NTAPI registry_NtQueryMultipleValueKey(HANDLE handle, void *values, ULONG count,
                                                void *data, ULONG *cb, ULONG *needed)
{
    struct registry_use use;
    NTSTATUS status = registry_use(&use, handle, KEY_QUERY_VALUE, false);

    return NT_SUCCESS(status)
               ? real.NtQueryMultipleValueKey(use.handle, values, count, data, cb, needed)
               : status;
}
