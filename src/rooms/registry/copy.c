/* rooms/registry/copy.c: private keys, made and removed, under the VM's lock. See registry.h.
 *
 * Whatever lies in a private key counts from when the view says so, which is the last step of
 * making one and, of removing one that the host has, the only step: who is killed in between leaves
 * a private key that says nothing, and the next to need it empties it first. */
#include "rooms/registry/registry.h"

#include "engine/capture.h"
#include "engine/engine.h"
#include "engine/real.h"

#include <string.h>

/* --- private keys ------------------------------------------------------------------------------
 */

static NTSTATUS create_named(HANDLE *key, HANDLE root, UNICODE_STRING *name, UNICODE_STRING *class,
                             void *security, bool *is_new)
{
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr),
                              .RootDirectory = root,
                              .ObjectName = name,
                              .Attributes = OBJ_CASE_INSENSITIVE,
                              .SecurityDescriptor = security};
    ULONG disposition = 0;
    /* Volatile: the server does not write them to the host's hives. */
    NTSTATUS status = real.NtCreateKey(key, KEY_ALL_ACCESS | KEY_WOW64_64KEY, &attr, 0, class,
                                       REG_OPTION_VOLATILE, &disposition);

    *is_new = disposition == REG_CREATED_NEW_KEY;
    return status;
}

static NTSTATUS create_private(HANDLE *key, struct registry_scratch *scratch, struct fvm_str path,
                               UNICODE_STRING *class, void *security, bool *is_new)
{
    struct fvm_buf text = {scratch->real, 0, REGISTRY_NAME_CCH - 1};
    fvm_status failed = fvm_regview_private_name(&text, path, fvm_engine.block->vm);
    UNICODE_STRING name = {.Buffer = text.s,
                           .Length = (USHORT)(text.cch * sizeof(WCHAR)),
                           .MaximumLength = (USHORT)(text.cch * sizeof(WCHAR))};

    return fvm_failed(failed) ? failed : create_named(key, NULL, &name, class, security, is_new);
}

/* The same of a key that the program makes: who watches its parent is told. Wine 8 tells only those
 * who watch the key that the name is relative to. */
static NTSTATUS create_in_parent(HANDLE *key, struct registry_scratch *scratch, struct fvm_str path,
                                 UNICODE_STRING *class, void *security, bool *is_new)
{
    struct fvm_str last = fvm_regview_last(path);
    UNICODE_STRING name = {.Buffer = (WCHAR *)(uintptr_t)last.s,
                           .Length = (USHORT)(last.cch * sizeof(WCHAR)),
                           .MaximumLength = (USHORT)(last.cch * sizeof(WCHAR))};
    HANDLE parent;
    NTSTATUS status =
        registry_open_private(&parent, scratch, fvm_regview_parent(path), KEY_CREATE_SUB_KEY, 0);

    if (!NT_SUCCESS(status))
        return status;
    status = create_named(key, parent, &name, class, security, is_new);
    real.NtClose(parent);
    return status;
}

/* The class of the host's key, which a private key can be given only when it is made.
 * @param class [out] its text is in scratch->bytes */
static void find_class(UNICODE_STRING *class, struct registry_scratch *scratch, struct fvm_str path)
{
    const NT_KEY_FULL *full = (const NT_KEY_FULL *)(const void *)scratch->bytes;
    HANDLE host;
    ULONG got;

    *class = (UNICODE_STRING){0};
    if (!NT_SUCCESS(registry_open_host(&host, scratch, path, KEY_READ, OBJ_OPENLINK)))
        return;
    if (NT_SUCCESS(real.NtQueryKey(host, KEY_FULL, scratch->bytes, REGISTRY_BYTES_CB, &got)))
        *class = (UNICODE_STRING){.Buffer = (WCHAR *)(void *)(scratch->bytes + full->ClassOffset),
                                  .Length = (USHORT)full->ClassLength,
                                  .MaximumLength = (USHORT)full->ClassLength};
    real.NtClose(host);
}

/* Parents that are not there yet, as the host has them. */
static NTSTATUS make_parents(struct registry_scratch *scratch, struct fvm_str path)
{
    NTSTATUS status = STATUS_SUCCESS;

    for (uint32_t cch = fvm_str_find(path, '\\', 2); NT_SUCCESS(status) && cch < path.cch;
         cch = fvm_str_find(path, '\\', cch + 1)) {
        struct fvm_str above = fvm_str_sub(path, 0, cch);
        UNICODE_STRING class;
        HANDLE key;
        bool is_new;

        status = registry_open_private(&key, scratch, above, 0, 0);
        if (status == STATUS_OBJECT_NAME_NOT_FOUND) {
            find_class(&class, scratch, above);
            status =
                create_private(&key, scratch, above, class.Length ? &class : NULL, NULL, &is_new);
        }
        if (NT_SUCCESS(status))
            real.NtClose(key);
    }
    return status;
}

static NTSTATUS create_with_parents(HANDLE *key, struct registry_scratch *scratch,
                                    struct fvm_str path, UNICODE_STRING *class, void *security,
                                    bool *is_new)
{
    NTSTATUS status = create_in_parent(key, scratch, path, class, security, is_new);

    if (status == STATUS_OBJECT_NAME_NOT_FOUND) {
        status = make_parents(scratch, path);
        if (NT_SUCCESS(status))
            status = create_in_parent(key, scratch, path, class, security, is_new);
    }
    return status;
}

NTSTATUS registry_make_private(HANDLE *key, struct registry_scratch *scratch, struct fvm_str path)
{
    NTSTATUS status = registry_open_private(key, scratch, path, KEY_ALL_ACCESS, 0);
    UNICODE_STRING class;
    bool is_new;

    if (status != STATUS_OBJECT_NAME_NOT_FOUND)
        return status;
    status = make_parents(scratch, path);
    if (!NT_SUCCESS(status))
        return status;
    find_class(&class, scratch, path);
    return create_private(key, scratch, path, class.Length ? &class : NULL, NULL, &is_new);
}

/* Its first subkey, and the first of that, until there is none: no depth on the stack. */
NTSTATUS registry_clear_private(struct registry_scratch *scratch, struct fvm_str path)
{
    struct fvm_buf at = {(uint16_t *)fvm_pages(REGISTRY_NAME_CCH * sizeof(uint16_t)), 0,
                         REGISTRY_NAME_CCH};
    const NT_KEY_BASIC *basic = (const NT_KEY_BASIC *)(const void *)scratch->bytes;
    HANDLE key;
    ULONG got;
    NTSTATUS status = at.s ? fvm_buf_add(&at, path) : STATUS_NO_MEMORY;

    while (NT_SUCCESS(status)) {
        status = registry_open_private(&key, scratch, fvm_buf_str(&at), KEY_ALL_ACCESS, 0);
        if (!NT_SUCCESS(status))
            break;
        status = real.NtEnumerateKey(key, 0, KEY_BASIC, scratch->bytes, REGISTRY_BYTES_CB, &got);
        if (NT_SUCCESS(status)) {
            status = fvm_buf_add_unit(&at, '\\');
            if (NT_SUCCESS(status))
                status = fvm_buf_add(
                    &at, (struct fvm_str){basic->Name, basic->NameLength / sizeof(WCHAR)});
        } else if (status == STATUS_NO_MORE_ENTRIES) {
            status = real.NtDeleteKey(key);
            if (at.cch == path.cch && NT_SUCCESS(status))
                status = STATUS_NO_MORE_ENTRIES;
            at.cch = fvm_regview_parent(fvm_buf_str(&at)).cch;
        }
        real.NtClose(key);
    }
    fvm_pages_free(at.s);
    return status == STATUS_NO_MORE_ENTRIES || status == STATUS_OBJECT_NAME_NOT_FOUND
               ? STATUS_SUCCESS
               : status;
}

/* --- copying ------------------------------------------------------------------------------------
 */

static NTSTATUS remove_values(HANDLE key, struct registry_scratch *scratch)
{
    const NT_VALUE_FULL *value = (const NT_VALUE_FULL *)(const void *)scratch->bytes;
    NTSTATUS status;
    ULONG got;

    for (;;) {
        UNICODE_STRING name;

        status =
            real.NtEnumerateValueKey(key, 0, VALUE_BASIC, scratch->bytes, REGISTRY_BYTES_CB, &got);
        if (!NT_SUCCESS(status))
            return status == STATUS_NO_MORE_ENTRIES ? STATUS_SUCCESS : status;
        /* KEY_VALUE_BASIC_INFORMATION is {TitleIndex, Type, NameLength, Name} */
        name.Length = name.MaximumLength = (USHORT)value->DataOffset;
        name.Buffer = (WCHAR *)(uintptr_t)&value->DataLength;
        status = real.NtDeleteValueKey(key, &name);
        if (!NT_SUCCESS(status))
            return status;
    }
}

static NTSTATUS copy_value(HANDLE to, const NT_VALUE_FULL *value)
{
    UNICODE_STRING name = {.Buffer = (WCHAR *)(uintptr_t)value->Name,
                           .Length = (USHORT)value->NameLength,
                           .MaximumLength = (USHORT)value->NameLength};

    return real.NtSetValueKey(to, &name, 0, value->Type, (const char *)value + value->DataOffset,
                              value->DataLength);
}

static NTSTATUS copy_values(HANDLE to, HANDLE from, struct registry_scratch *scratch)
{
    NTSTATUS status = STATUS_SUCCESS;

    for (ULONG at = 0; NT_SUCCESS(status); at++) {
        void *buffer = scratch->bytes;
        ULONG cb = REGISTRY_BYTES_CB, got;

        status = real.NtEnumerateValueKey(from, at, VALUE_FULL, buffer, cb, &got);
        while (status == STATUS_BUFFER_OVERFLOW) { /* somebody may make it larger meanwhile */
            if (buffer != scratch->bytes)
                fvm_pages_free(buffer);
            cb = got;
            buffer = fvm_pages(cb);
            status = buffer ? real.NtEnumerateValueKey(from, at, VALUE_FULL, buffer, cb, &got)
                            : STATUS_NO_MEMORY;
        }
        if (NT_SUCCESS(status))
            status = copy_value(to, buffer);
        if (buffer != scratch->bytes)
            fvm_pages_free(buffer);
    }
    return status == STATUS_NO_MORE_ENTRIES ? STATUS_SUCCESS : status;
}

/* The path as the host spells it. @param out [out] in scratch->given @return STATUS_ACCESS_DENIED:
 * a link that the view does not know leads there */
static NTSTATUS spell(struct fvm_str *out, HANDLE host, struct registry_scratch *scratch,
                      struct fvm_str path)
{
    struct fvm_buf text = {scratch->given, 0, REGISTRY_NAME_CCH};
    const NT_KEY_NAME *name = (const NT_KEY_NAME *)(const void *)scratch->bytes;
    ULONG got;
    NTSTATUS status = real.NtQueryKey(host, KEY_NAME, scratch->bytes, sizeof(scratch->bytes), &got);

    if (!NT_SUCCESS(status))
        return status;
    status = fvm_regview_fold(
        &text, (struct fvm_str){name->Name, name->NameLength / (uint32_t)sizeof(WCHAR)},
        (struct fvm_str){0});
    *out = fvm_buf_str(&text);
    if (status == STATUS_SUCCESS && !fvm_str_eq_fold(*out, path))
        status = STATUS_ACCESS_DENIED;
    return status == FVM_PASS ? STATUS_ACCESS_DENIED : status;
}

static NTSTATUS copy_key(HANDLE host, struct registry_scratch *scratch, struct fvm_str path)
{
    UNICODE_STRING class;
    struct fvm_str spelled;
    uint32_t user;
    HANDLE own;
    bool is_new;
    NTSTATUS status = spell(&spelled, host, scratch, path);

    if (!NT_SUCCESS(status))
        return status;
    status = make_parents(scratch, spelled); /* its own class is read after that */
    if (!NT_SUCCESS(status))
        return status;
    find_class(&class, scratch, spelled);
    user = class.Length ? FVM_REGVIEW_CLASS : 0;
    status = create_private(&own, scratch, spelled, class.Length ? &class : NULL, NULL, &is_new);
    if (!NT_SUCCESS(status))
        return status;
    if (!is_new)
        status = remove_values(own, scratch);
    if (NT_SUCCESS(status))
        status = copy_values(own, host, scratch);
    real.NtClose(own);
    return NT_SUCCESS(status) ? fvm_regview_copied(registry_index(), spelled, user) : status;
}

NTSTATUS registry_copy_up(struct registry_scratch *scratch, struct fvm_str path)
{
    struct fvm_index_writer writer = registry_writer_here();
    struct fvm_regview_hit hit;
    HANDLE host;
    NTSTATUS status = fvm_regview_lock(registry_area(), &writer);

    if (!NT_SUCCESS(status))
        return status;
    status = fvm_regview_find(registry_index(), path, &hit);
    if (NT_SUCCESS(status) && hit.state == FVM_REGVIEW_GONE)
        status = STATUS_KEY_DELETED;
    if (NT_SUCCESS(status) && hit.user & FVM_REGVIEW_HOST_LINK)
        status = STATUS_ACCESS_DENIED; /* the link itself is not copied */
    if (NT_SUCCESS(status) && hit.state == FVM_REGVIEW_HOST) {
        status = registry_open_host(&host, scratch, path, KEY_READ, OBJ_OPENLINK);
        if (NT_SUCCESS(status)) {
            status = copy_key(host, scratch, path);
            real.NtClose(host);
        }
    }
    fvm_regview_unlock(registry_area(), &writer);
    return status;
}

/* --- making and removing
 * -------------------------------------------------------------------------- */

/* The path of a new key: its parent as it is spelled, and the new name. @param out [out] in
 * scratch->given */
static NTSTATUS spell_new(struct fvm_str *out, struct registry_scratch *scratch,
                          struct fvm_str path, ULONG options)
{
    struct fvm_str parent = fvm_regview_parent(path);
    struct fvm_buf text = {scratch->given, 0, REGISTRY_NAME_CCH};
    const NT_KEY_NAME *name = (const NT_KEY_NAME *)(const void *)scratch->bytes;
    struct fvm_regview_hit hit;
    struct fvm_buf given;
    HANDLE key;
    ULONG got;
    NTSTATUS status = fvm_regview_find(registry_index(), parent, &hit);

    if (!NT_SUCCESS(status) || hit.state == FVM_REGVIEW_GONE)
        return NT_SUCCESS(status) ? STATUS_OBJECT_NAME_NOT_FOUND : status;
    if (hit.user & FVM_REGVIEW_VOLATILE && !(options & REG_OPTION_VOLATILE))
        return STATUS_CHILD_MUST_BE_VOLATILE;
    status = hit.state == FVM_REGVIEW_OWN
                 ? registry_open_private(&key, scratch, parent, KEY_READ, 0)
                 : registry_open_host(&key, scratch, parent, KEY_READ, OBJ_OPENLINK);
    if (!NT_SUCCESS(status))
        return status;
    status = real.NtQueryKey(key, KEY_NAME, scratch->bytes, sizeof(scratch->bytes), &got);
    real.NtClose(key);
    if (status == STATUS_INVALID_HANDLE) { /* it stands for a special handle (Perflib) */
        *out = path;
        return STATUS_SUCCESS;
    }
    if (!NT_SUCCESS(status))
        return status;
    given = (struct fvm_buf){(uint16_t *)(uintptr_t)name->Name,
                             name->NameLength / (uint32_t)sizeof(WCHAR), REGISTRY_NAME_CCH};
    fvm_regview_unmap(&given, fvm_engine.block->vm);
    status = fvm_regview_fold(&text, fvm_buf_str(&given), (struct fvm_str){0});
    if (NT_SUCCESS(status))
        status = fvm_buf_add_unit(&text, '\\');
    if (NT_SUCCESS(status))
        status = fvm_buf_add(&text, fvm_regview_last(path));
    *out = fvm_buf_str(&text);
    return status;
}

static NTSTATUS make_locked(struct registry_place *place, struct registry_scratch *scratch,
                            UNICODE_STRING *class, ULONG options)
{
    UNICODE_STRING class_name = {0};
    struct fvm_str spelled;
    HANDLE key;
    bool is_new;
    uint32_t user = (options & REG_OPTION_VOLATILE ? FVM_REGVIEW_VOLATILE : 0) |
                    (options & REG_OPTION_CREATE_LINK ? FVM_REGVIEW_LINK : 0);
    NTSTATUS status = spell_new(&spelled, scratch, place->path, options);

    if (NT_SUCCESS(status) && class)
        status = fvm_copy_guarded(&class_name, class, sizeof(class_name));
    /* What a killed process left, or what only led to keys below. */
    if (NT_SUCCESS(status))
        status = registry_clear_private(scratch, spelled);
    if (NT_SUCCESS(status))
        status = create_with_parents(&key, scratch, spelled, class, place->security, &is_new);
    if (!NT_SUCCESS(status))
        return status;
    real.NtClose(key);
    if (class_name.Length)
        user |= FVM_REGVIEW_CLASS;
    status = fvm_regview_created(registry_index(), spelled, user);
    if (NT_SUCCESS(status))
        status = fvm_regview_find(registry_index(), place->path, &place->hit);
    if (NT_SUCCESS(status))
        fvm_regview_changed(registry_index(), registry_area(), place->hit.node);
    return status;
}

NTSTATUS registry_make(struct registry_place *place, struct registry_scratch *scratch,
                       UNICODE_STRING *class, ULONG options, bool *opened)
{
    struct fvm_index_writer writer = registry_writer_here();
    NTSTATUS status = fvm_regview_lock(registry_area(), &writer);
    HANDLE host;

    *opened = false;
    if (!NT_SUCCESS(status))
        return status;
    status = fvm_regview_find(registry_index(), place->path, &place->hit);
    if (NT_SUCCESS(status) && place->hit.state == FVM_REGVIEW_OWN) {
        *opened = true;
    } else if (NT_SUCCESS(status)) {
        /* The host may have made one just now. */
        status = place->hit.state == FVM_REGVIEW_HOST
                     ? registry_open_host(&host, scratch, place->path, 0, OBJ_OPENLINK)
                     : STATUS_OBJECT_NAME_NOT_FOUND;
        if (NT_SUCCESS(status)) {
            real.NtClose(host);
            *opened = true;
        } else {
            status = make_locked(place, scratch, class, options);
        }
    }
    fvm_regview_unlock(registry_area(), &writer);
    return status;
}

NTSTATUS registry_remove(struct registry_scratch *scratch, struct fvm_str path)
{
    struct fvm_regview_hit hit;
    NTSTATUS status = fvm_regview_find(registry_index(), path, &hit);

    if (NT_SUCCESS(status) && hit.has_node)
        status = registry_clear_private(scratch, path);
    if (NT_SUCCESS(status))
        status = fvm_regview_deleted(registry_index(), path);
    if (NT_SUCCESS(status))
        status = fvm_regview_find(registry_index(), path, &hit);
    if (NT_SUCCESS(status))
        fvm_regview_changed(registry_index(), registry_area(), hit.node);
    return status;
}
