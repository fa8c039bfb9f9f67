/* launcher/win/reading.c: keys of this Windows' registry, as data. See registry.h. */
#include "launcher/win/registry.h"

#include "core/regwide.h"
#include "engine/real.h"

enum { DEPTH = 512 };

static fvm_status add_values(struct fvm_reg *to, const char *path, const struct win_key *read)
{
    fvm_status status = fvm_regwide_add_key(to, path, read->class_name, read->is_link);

    for (uint32_t i = 0; !fvm_failed(status) && i < read->count; i++)
        status = fvm_regwide_set(to, path, read->values[i].name, read->values[i].type,
                                 read->values[i].data, read->values[i].cb);
    return status;
}

NTSTATUS win_reading_key(struct win_reading *reading, struct fvm_reg *to, bool is_private,
                         HANDLE *open)
{
    struct fvm_str path = fvm_buf_str(&reading->path);
    struct win_key read;
    HANDLE key;
    NTSTATUS status = win_key_open(&key, reading->registry, path, is_private, KEY_READ);

    if (!NT_SUCCESS(status))
        return status;
    status = win_key_read(&read, key);
    if (NT_SUCCESS(status)) {
        status = fvm_regwide_from_view(&reading->text, path, reading->registry->user)
                     ? add_values(to, reading->text.s, &read)
                     : STATUS_SUCCESS;
        win_key_free(&read);
    }
    if (NT_SUCCESS(status) && open)
        *open = key;
    else
        real.NtClose(key);
    return status == FVM_NAME_INVALID ? STATUS_SUCCESS : status; /* a hive could not keep it */
}

NTSTATUS win_reading_tree(struct win_reading *reading, struct fvm_reg *to)
{
    uint32_t cch = reading->path.cch;
    HANDLE key = NULL;
    NTSTATUS status;

    if (reading->depth > DEPTH)
        return STATUS_NAME_TOO_LONG;
    reading->depth++;
    status = win_reading_key(reading, to, false, &key);
    if (NT_SUCCESS(status) && key) {
        for (uint32_t at = 0; NT_SUCCESS(status); at++) {
            status = fvm_buf_add_unit(&reading->path, '\\');
            if (NT_SUCCESS(status))
                status = win_key_subkey(&reading->path, key, at);
            if (NT_SUCCESS(status))
                status = win_reading_tree(reading, to);
            reading->path.cch = cch;
        }
        real.NtClose(key);
    }
    reading->depth--;
    return status == STATUS_NO_MORE_ENTRIES || status == STATUS_OBJECT_NAME_NOT_FOUND
               ? STATUS_SUCCESS
               : status;
}
