/* rooms/registry/rename.c: NtRenameKey, which Wine 8 must not be given: when the key's place among
 * its siblings changes, its server corrupts their list. Here the key is made anew under the other
 * name, with all below it, and the old one deleted. Killed in between, both are there. All names
 * here are of the registry as it is, for whoever calls: KEY_WOW64_64KEY. */
#include "rooms/registry/registry.h"

#include "engine/capture.h"
#include "engine/real.h"
#include "rooms/registry/handlers.h"

#include <string.h>

enum { DEPTH = 200 }; /* of keys below the renamed one */

struct renaming {
    struct registry_scratch *scratch;
    struct fvm_buf from, to; /* paths of where we are */
    uint16_t *name;          /* room for an NT name */
    int depth;
};

/* The key alone: its class, whether it is to vanish, whether it is a link. */
static NTSTATUS make_same(struct renaming *renaming, HANDLE *made, HANDLE from)
{
    const NT_KEY_FULL *full = (const NT_KEY_FULL *)(const void *)renaming->scratch->bytes;
    UNICODE_STRING class = {0};
    struct registry_name name;
    struct fvm_regview_hit hit;
    ULONG got, disposition, options;
    NTSTATUS status = fvm_regview_find(registry_index(), fvm_buf_str(&renaming->from), &hit);

    if (NT_SUCCESS(status))
        status =
            registry_NtQueryKey(from, KEY_FULL, renaming->scratch->bytes, REGISTRY_BYTES_CB, &got);
    if (NT_SUCCESS(status))
        status = registry_name_path(&name, renaming->name, fvm_buf_str(&renaming->to));
    if (!NT_SUCCESS(status))
        return status;
    class.Buffer = (WCHAR *)(void *)(renaming->scratch->bytes + full->ClassOffset);
    class.Length = class.MaximumLength = (USHORT)full->ClassLength;
    options = (hit.user & FVM_REGVIEW_VOLATILE ? REG_OPTION_VOLATILE : 0) |
              (hit.user & (FVM_REGVIEW_LINK | FVM_REGVIEW_HOST_LINK) ? REG_OPTION_CREATE_LINK : 0);
    return registry_NtCreateKey(made, KEY_ALL_ACCESS | KEY_WOW64_64KEY, &name.attr, 0,
                                class.Length ? &class : NULL, options, &disposition);
}

static NTSTATUS set_value(void *to, const NT_VALUE_FULL *value)
{
    UNICODE_STRING name = {.Buffer = (WCHAR *)(uintptr_t)value->Name,
                           .Length = (USHORT)value->NameLength,
                           .MaximumLength = (USHORT)value->NameLength};

    return registry_NtSetValueKey(to, &name, 0, value->Type,
                                  (const char *)value + value->DataOffset, value->DataLength);
}

/* Go on with a subkey. @return its NT status; STATUS_NO_MORE_ENTRIES: there is none at this index
 */
static NTSTATUS enter(struct renaming *renaming, HANDLE from, ULONG at)
{
    uint32_t cch = renaming->from.cch;
    NTSTATUS status = registry_enter(&renaming->from, renaming->scratch, from, at);

    return NT_SUCCESS(status) ? fvm_buf_add(&renaming->to, fvm_str_sub(fvm_buf_str(&renaming->from),
                                                                       cch, renaming->from.cch))
                              : status;
}

static NTSTATUS copy_tree(struct renaming *renaming)
{
    uint32_t from_cch = renaming->from.cch, to_cch = renaming->to.cch;
    HANDLE from, to = NULL;
    NTSTATUS status;

    if (renaming->depth++ > DEPTH)
        return STATUS_NAME_TOO_LONG;
    status = registry_open_path(&from, renaming->name, fvm_buf_str(&renaming->from), KEY_READ);
    if (!NT_SUCCESS(status))
        return status;
    status = make_same(renaming, &to, from);
    if (NT_SUCCESS(status))
        status = registry_each_value(from, renaming->scratch, set_value, to);
    for (ULONG at = 0; NT_SUCCESS(status); at++) {
        status = enter(renaming, from, at);
        if (NT_SUCCESS(status))
            status = copy_tree(renaming);
        renaming->from.cch = from_cch;
        renaming->to.cch = to_cch;
    }
    if (to)
        registry_NtClose(to);
    registry_NtClose(from);
    renaming->depth--;
    return status == STATUS_NO_MORE_ENTRIES ? STATUS_SUCCESS : status;
}

/* From now on the handle is on the key under its new name. */
static NTSTATUS follow(HANDLE handle, const struct renaming *renaming, ACCESS_MASK asked)
{
    struct registry_place place;
    struct registry_key *key;
    HANDLE own;
    NTSTATUS status = registry_place_of(&place, renaming->scratch, fvm_buf_str(&renaming->to));

    if (NT_SUCCESS(status))
        status = registry_open_private(&own, renaming->scratch, place.path, KEY_ALL_ACCESS, 0);
    if (!NT_SUCCESS(status))
        return status;
    key = registry_note(handle, place.path, false, &place.hit, asked);
    if (key)
        key->own = own;
    else
        real.NtClose(own);
    return key ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static NTSTATUS rename_key(struct renaming *renaming, HANDLE handle, struct fvm_str path,
                           struct fvm_str name)
{
    struct registry_slot *slot = registry_slot(handle, false);
    HANDLE there;
    NTSTATUS status = fvm_buf_add(&renaming->from, path);

    if (NT_SUCCESS(status))
        status = fvm_buf_add(&renaming->to, fvm_regview_parent(path));
    if (NT_SUCCESS(status))
        status = fvm_buf_add_unit(&renaming->to, '\\');
    if (NT_SUCCESS(status))
        status = fvm_buf_add(&renaming->to, name);
    if (!NT_SUCCESS(status))
        return status;
    if (NT_SUCCESS(
            registry_open_path(&there, renaming->name, fvm_buf_str(&renaming->to), KEY_READ))) {
        registry_NtClose(there);
        return STATUS_CANNOT_DELETE; /* as NT says of a name that is taken */
    }
    status = copy_tree(renaming);
    if (NT_SUCCESS(status))
        status = registry_delete_tree(&renaming->from, renaming->scratch, renaming->name);
    return NT_SUCCESS(status) && slot ? follow(handle, renaming, slot->asked) : status;
}

/**
 * Give a key another name beside its siblings.
 *
 * Other handles on it, and those on keys below it, say then that it was deleted.
 *
 * @return STATUS_CANNOT_DELETE the name is taken; STATUS_INVALID_PARAMETER it is none; NT's
 * @source nt:NtRenameKey; paper:registry
 */
NTSTATUS NTAPI registry_NtRenameKey(HANDLE handle, UNICODE_STRING *name)
{
    FVM_CLEANUP(registry_scratch) struct registry_scratch *scratch = registry_scratch_get();
    uint16_t given[FVM_REGVIEW_NAME_CCH];
    struct renaming renaming = {.scratch = scratch};
    struct registry_use use;
    UNICODE_STRING text;
    NTSTATUS status = fvm_copy_guarded(&text, name, sizeof(text));

    if (!scratch)
        return STATUS_NO_MEMORY;
    if (NT_SUCCESS(status) && (!text.Length || text.Length & 1 || text.Length > sizeof(given)))
        status = STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(status))
        status = fvm_copy_guarded(given, text.Buffer, text.Length);
    if (NT_SUCCESS(status))
        status = registry_use(&use, handle, KEY_WRITE & ~(ULONG)READ_CONTROL, false);
    if (status != STATUS_SUCCESS)
        return status == FVM_PASS ? STATUS_INVALID_HANDLE : status;
    if (fvm_str_find((struct fvm_str){given, text.Length / 2}, '\\', 0) < text.Length / 2)
        return STATUS_INVALID_PARAMETER;
    renaming.name = fvm_pages(sizeof(uint16_t) * 3 * REGISTRY_NAME_CCH);
    if (!renaming.name)
        return STATUS_NO_MEMORY;
    renaming.from = (struct fvm_buf){renaming.name + REGISTRY_NAME_CCH, 0, REGISTRY_NAME_CCH};
    renaming.to = (struct fvm_buf){renaming.from.s + REGISTRY_NAME_CCH, 0, REGISTRY_NAME_CCH};
    status = rename_key(&renaming, handle, use.key->path, (struct fvm_str){given, text.Length / 2});
    fvm_pages_free(renaming.name);
    return status;
}
