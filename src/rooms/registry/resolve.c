/* rooms/registry/resolve.c: from a caller's name or handle to the key that is meant. See
 * registry.h. */
#include "rooms/registry/registry.h"

#include "engine/capture.h"
#include "engine/engine.h"
#include "engine/image.h"
#include "engine/real.h"

#include <string.h>

FVM_STATE static struct fvm_index index;

const struct fvm_index *registry_index(void)
{
    return &index;
}

struct fvm_regview_area *registry_area(void)
{
    return fvm_block_registry(fvm_engine.block);
}

NTSTATUS registry_start(void)
{
    return fvm_index_attach(&index, fvm_regview_index(registry_area()), FVM_REGVIEW_INDEX_CB);
}

ACCESS_MASK registry_map_access(ACCESS_MASK access)
{
    if (access & GENERIC_READ)
        access |= KEY_READ;
    if (access & GENERIC_WRITE)
        access |= KEY_WRITE;
    if (access & GENERIC_EXECUTE)
        access |= KEY_EXECUTE;
    if (access & (GENERIC_ALL | MAXIMUM_ALLOWED))
        access |= KEY_ALL_ACCESS;
    return access & ~(ACCESS_MASK)(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL |
                                   MAXIMUM_ALLOWED | KEY_WOW64_32KEY | KEY_WOW64_64KEY);
}

/* --- opening by path ------------------------------------------------------------------------ */

static NTSTATUS open_real(HANDLE *key, struct registry_scratch *scratch, struct fvm_str path,
                          ACCESS_MASK access, ULONG attributes, bool is_private)
{
    struct fvm_buf real_name = {scratch->real, 0, REGISTRY_NAME_CCH - 1};
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr),
                              .ObjectName = &name,
                              .Attributes = attributes | OBJ_CASE_INSENSITIVE};
    fvm_status status = is_private
                            ? fvm_regview_private_name(&real_name, path, fvm_engine.block->vm)
                            : fvm_regview_host_name(&real_name, path);

    if (fvm_failed(status))
        return status;
    name = (UNICODE_STRING){.Buffer = real_name.s,
                            .Length = (USHORT)(real_name.cch * sizeof(WCHAR)),
                            .MaximumLength = (USHORT)(real_name.cch * sizeof(WCHAR))};
    /* Of a 32-bit process the host would look for another key. */
    return real.NtOpenKey(key, (access & ~(ACCESS_MASK)KEY_WOW64_32KEY) | KEY_WOW64_64KEY, &attr);
}

NTSTATUS registry_open_host(HANDLE *key, struct registry_scratch *scratch, struct fvm_str path,
                            ACCESS_MASK access, ULONG attributes)
{
    return open_real(key, scratch, path, access & REGISTRY_READ_RIGHTS, attributes, false);
}

NTSTATUS registry_open_private(HANDLE *key, struct registry_scratch *scratch, struct fvm_str path,
                               ACCESS_MASK access, ULONG attributes)
{
    /* Links of the VM are ordinary keys there. */
    return open_real(key, scratch, path, access, attributes & ~(ULONG)OBJ_OPENLINK, true);
}

/* --- names ------------------------------------------------------------------------------------ */

static NTSTATUS capture(struct fvm_buf *name, OBJECT_ATTRIBUTES *copy,
                        const OBJECT_ATTRIBUTES *attr)
{
    UNICODE_STRING text;
    NTSTATUS status = fvm_copy_guarded(copy, attr, sizeof(*copy));

    name->cch = 0;
    if (!NT_SUCCESS(status) || copy->Length != sizeof(*copy) || !copy->ObjectName)
        return NT_SUCCESS(status) ? FVM_PASS : status;
    status = fvm_copy_guarded(&text, copy->ObjectName, sizeof(text));
    if (!NT_SUCCESS(status))
        return status;
    if (text.Length & 1)
        return FVM_PASS;
    name->cch = text.Length / sizeof(WCHAR);
    return fvm_copy_guarded(name->s, text.Buffer, name->cch * sizeof(WCHAR));
}

NTSTATUS registry_place_of(struct registry_place *place, struct registry_scratch *scratch,
                           struct fvm_str path)
{
    memmove(scratch->path, path.s, path.cch * sizeof(*path.s));
    *place = (struct registry_place){.path = {scratch->path, path.cch}};
    return fvm_regview_find(&index, place->path, &place->hit);
}

NTSTATUS registry_check_alive(const struct registry_key *key)
{
    struct fvm_regview_hit hit;
    NTSTATUS status = fvm_regview_find(&index, key->path, &hit);

    if (NT_SUCCESS(status) && (hit.life != key->life || hit.state == FVM_REGVIEW_GONE))
        status = STATUS_KEY_DELETED;
    return status;
}

NTSTATUS registry_resolve(struct registry_place *place, struct registry_scratch *scratch,
                          const OBJECT_ATTRIBUTES *attr, ULONG attributes, ACCESS_MASK access)
{
    struct fvm_buf given = {scratch->given, 0, REGISTRY_NAME_CCH};
    struct fvm_buf path = {scratch->path, 0, REGISTRY_NAME_CCH - 64};
    struct fvm_regview_hit hit = {.node = 0};
    struct registry_use use = {0};
    OBJECT_ATTRIBUTES copy;
    NTSTATUS status = capture(&given, &copy, attr);

    if (status != STATUS_SUCCESS)
        return status;
    if (copy.RootDirectory) {
        status = registry_use(&use, copy.RootDirectory, 0, false);
        if (status == STATUS_SUCCESS && use.is_private)
            status = registry_check_alive(use.key);
        if (status != STATUS_SUCCESS)
            return status;
    }
    status =
        fvm_regview_fold(&path, fvm_buf_str(&given), use.key ? use.key->path : (struct fvm_str){0});
    if (status != STATUS_SUCCESS)
        return status == FVM_NAME_INVALID ? FVM_PASS : status;
    path.cap_cch = ARRAY_LEN(scratch->path);
    if (registry_is_redirected(access)) {
        memcpy(scratch->real, path.s, path.cch * sizeof(*path.s));
        status = registry_redirect(&path, (struct fvm_str){scratch->real, path.cch},
                                   use.key ? use.key->path.cch : 1, access);
        if (!NT_SUCCESS(status))
            return status;
    }
    copy.Attributes |= attributes;
    status = fvm_regview_follow(&index, &path, !(copy.Attributes & OBJ_OPENLINK),
                                registry_is_redirected(access) ? NULL : &hit);
    if (NT_SUCCESS(status) && registry_is_redirected(access)) {
        registry_unshare(&path, fvm_buf_str(&given));
        status = fvm_regview_find(&index, fvm_buf_str(&path), &hit);
    }
    *place = (struct registry_place){.path = fvm_buf_str(&path),
                                     .hit = hit,
                                     .attributes = copy.Attributes,
                                     .security = copy.SecurityDescriptor};
    return status;
}

/* --- handles ---------------------------------------------------------------------------------- */

NTSTATUS registry_know(struct registry_slot **slot, HANDLE handle)
{
    FVM_CLEANUP(registry_scratch) struct registry_scratch *scratch = NULL;
    PUBLIC_OBJECT_BASIC_INFORMATION basic;
    struct fvm_regview_hit hit;
    struct fvm_buf text, path;
    const NT_KEY_NAME *name;
    bool is_private;
    ULONG got;
    NTSTATUS status;

    *slot = registry_slot(handle, true);
    if (*slot && (*slot)->key)
        return STATUS_SUCCESS;
    scratch = registry_scratch_get();
    if (!*slot || !scratch)
        return FVM_PASS;
    name = (const NT_KEY_NAME *)(const void *)scratch->bytes;
    status = real.NtQueryKey(handle, KEY_NAME, scratch->bytes, sizeof(scratch->bytes), &got);
    if (!NT_SUCCESS(status))
        return status == STATUS_KEY_DELETED ? status : FVM_PASS;
    text = (struct fvm_buf){(uint16_t *)(uintptr_t)name->Name,
                            name->NameLength / (uint32_t)sizeof(WCHAR), REGISTRY_NAME_CCH};
    is_private = fvm_regview_unmap(&text, fvm_engine.block->vm);
    path = (struct fvm_buf){scratch->path, 0, REGISTRY_NAME_CCH};
    status = fvm_regview_fold(&path, fvm_buf_str(&text), (struct fvm_str){0});
    if (status == STATUS_SUCCESS)
        status = fvm_regview_find(&index, fvm_buf_str(&path), &hit);
    if (status != STATUS_SUCCESS)
        return FVM_PASS;
    status = registry_object_below(handle, 0, &basic, sizeof(basic), NULL);
    if (!NT_SUCCESS(status))
        return status;
    if (hit.state != FVM_REGVIEW_HOST)
        hit.generation--; /* the host's key is not what the VM sees: look again */
    return registry_note(handle, fvm_buf_str(&path), is_private, &hit, basic.GrantedAccess)
               ? STATUS_SUCCESS
               : FVM_PASS;
}

/* The host's key may have become the VM's. @return STATUS_SUCCESS; STATUS_KEY_DELETED; failures */
static NTSTATUS look_again(struct registry_use *use, struct registry_scratch *scratch)
{
    struct registry_key *key = use->key;
    HANDLE own;
    NTSTATUS status = fvm_regview_find(&index, key->path, &use->hit);

    if (!NT_SUCCESS(status))
        return status;
    if (use->hit.life != key->life || use->hit.state == FVM_REGVIEW_GONE)
        return STATUS_KEY_DELETED;
    if (use->hit.state == FVM_REGVIEW_HOST) {
        key->generation = use->hit.generation;
        return STATUS_SUCCESS;
    }
    status = registry_open_private(&own, scratch, key->path, KEY_ALL_ACCESS, 0);
    if (!NT_SUCCESS(status))
        return status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_KEY_DELETED : status;
    key->node = use->hit.node;
    if (__atomic_exchange_n(&key->own, own, __ATOMIC_ACQ_REL))
        return STATUS_SUCCESS; /* two threads at once: one handle is left open */
    return STATUS_SUCCESS;
}

/* A handle on the host's key. */
static NTSTATUS use_host(struct registry_use *use, ACCESS_MASK asked, ACCESS_MASK need, bool writes)
{
    FVM_CLEANUP(registry_scratch) struct registry_scratch *scratch = NULL;
    struct registry_key *key = use->key;
    NTSTATUS status = STATUS_SUCCESS;

    if ((asked & need) != need)
        return STATUS_ACCESS_DENIED;
    if (!key->own && (writes || key->generation != fvm_index_generation(&index))) {
        scratch = registry_scratch_get();
        status = scratch ? look_again(use, scratch) : STATUS_NO_MEMORY;
    }
    if (NT_SUCCESS(status) && !key->own && writes) {
        status = registry_copy_up(scratch, key->path);
        if (NT_SUCCESS(status))
            status = look_again(use, scratch);
    }
    if (key->own) {
        use->handle = key->own;
        use->is_private = true;
    }
    return status;
}

NTSTATUS registry_use(struct registry_use *use, HANDLE handle, ACCESS_MASK need, bool writes)
{
    struct registry_slot *slot;
    NTSTATUS status = registry_know(&slot, handle);

    *use = (struct registry_use){.handle = handle};
    if (status != STATUS_SUCCESS)
        return status == FVM_PASS && writes && slot && slot->key ? STATUS_NO_MEMORY : status;
    use->key = slot->key;
    use->is_private = slot->key->is_private;
    if (!use->is_private)
        return use_host(use, slot->asked, need, writes);
    return (slot->asked & need) == need ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}
