/* rooms/registry/tree.c: what calls on whole trees (rename.c, save.c, hive.c) have in common: keys
 * of the VM's view by their paths, and all values of one. See registry.h. */
#include "rooms/registry/registry.h"

#include "rooms/registry/handlers.h"

NTSTATUS registry_name_path(struct registry_name *name, uint16_t *room, struct fvm_str path)
{
    struct fvm_buf text = {room, 0, REGISTRY_NAME_CCH - 1};
    NTSTATUS status = fvm_regview_host_name(&text, path);

    name->text = (UNICODE_STRING){.Buffer = text.s,
                                  .Length = (USHORT)(text.cch * sizeof(WCHAR)),
                                  .MaximumLength = (USHORT)(text.cch * sizeof(WCHAR))};
    name->attr = (OBJECT_ATTRIBUTES){.Length = sizeof(name->attr),
                                     .ObjectName = &name->text,
                                     .Attributes = OBJ_CASE_INSENSITIVE | OBJ_OPENLINK};
    return status;
}

NTSTATUS registry_open_path(HANDLE *key, uint16_t *room, struct fvm_str path, ACCESS_MASK access)
{
    struct registry_name name;
    NTSTATUS status = registry_name_path(&name, room, path);

    return NT_SUCCESS(status) ? registry_NtOpenKey(key, access | KEY_WOW64_64KEY, &name.attr)
                              : status;
}

NTSTATUS registry_enter(struct fvm_buf *path, struct registry_scratch *scratch, HANDLE key,
                        ULONG at)
{
    const NT_KEY_BASIC *basic = (const NT_KEY_BASIC *)(const void *)scratch->bytes;
    ULONG got;
    NTSTATUS status =
        registry_NtEnumerateKey(key, at, KEY_BASIC, scratch->bytes, REGISTRY_BYTES_CB, &got);

    if (NT_SUCCESS(status))
        status = fvm_buf_add_unit(path, '\\');
    if (NT_SUCCESS(status))
        status = fvm_buf_add(
            path, (struct fvm_str){basic->Name, basic->NameLength / (uint32_t)sizeof(WCHAR)});
    return status;
}

/* Its first subkey, and the first of that, until there is none: no depth on the stack. */
NTSTATUS registry_delete_tree(struct fvm_buf *path, struct registry_scratch *scratch,
                              uint16_t *room)
{
    uint32_t cch = path->cch;
    bool is_done = false;
    NTSTATUS status = STATUS_SUCCESS;

    while (NT_SUCCESS(status) && !is_done) {
        HANDLE key;

        status = registry_open_path(&key, room, fvm_buf_str(path), KEY_READ | DELETE);
        if (!NT_SUCCESS(status))
            break;
        status = registry_enter(path, scratch, key, 0);
        if (status == STATUS_NO_MORE_ENTRIES) {
            status = registry_NtDeleteKey(key);
            is_done = path->cch == cch;
            path->cch = is_done ? cch : fvm_regview_parent(fvm_buf_str(path)).cch;
        }
        registry_NtClose(key);
    }
    path->cch = cch;
    return status;
}

NTSTATUS registry_each_value(HANDLE key, struct registry_scratch *scratch, registry_value_fn *fn,
                             void *context)
{
    NTSTATUS status = STATUS_SUCCESS;

    for (ULONG at = 0; NT_SUCCESS(status); at++) {
        void *buffer = scratch->bytes;
        ULONG cb = REGISTRY_BYTES_CB, got;

        status = registry_NtEnumerateValueKey(key, at, VALUE_FULL, buffer, cb, &got);
        while (status == STATUS_BUFFER_OVERFLOW) { /* somebody may make it larger meanwhile */
            if (buffer != scratch->bytes)
                fvm_pages_free(buffer);
            cb = got;
            buffer = fvm_pages(cb);
            status = buffer ? registry_NtEnumerateValueKey(key, at, VALUE_FULL, buffer, cb, &got)
                            : STATUS_NO_MEMORY;
        }
        if (NT_SUCCESS(status))
            status = fn(context, buffer);
        if (buffer != scratch->bytes)
            fvm_pages_free(buffer);
    }
    return status == STATUS_NO_MORE_ENTRIES ? STATUS_SUCCESS : status;
}
