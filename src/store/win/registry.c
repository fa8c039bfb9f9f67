/* store/win/registry.c: what a VM changed of the registry, against this Windows' as it is now; see
 * keep.h. What was saved is a delta of the Windows that the VM saw; what it still changes is found
 * by doing it to a copy of the keys that it names. */
#include "core/regwide.h"
#include "engine/real.h"
#include "launcher/win/registry.h"
#include "store/win/keep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DELTA_CB ((size_t)512 << 20)

/* Keys of this Windows', one after the other. */
struct host {
    struct win_registry windows;
    struct win_reading at;
    uint16_t *name; /* WIN_KEY_CCH units */
    struct fvm_error *err;
};

static void fvm_cleanup_host(struct host *host)
{
    fvm_text_free(&host->at.text);
    free(host->at.path.s);
    free(host->name);
}

static int host_open(struct host *host, struct fvm_error *err)
{
    *host = (struct host){.name = malloc(WIN_KEY_CCH * sizeof(*host->name)), .err = err};
    host->at.path =
        (struct fvm_buf){malloc(WIN_KEY_CCH * sizeof(*host->at.path.s)), 0, WIN_KEY_CCH};
    host->at.registry = &host->windows;
    if (!host->name || !host->at.path.s)
        return win_no_memory(err);
    if (!NT_SUCCESS(fvm_real_find(GetModuleHandleW(L"ntdll.dll"))) ||
        !win_registry_host(&host->windows))
        return fvm_fail(err, -EIO, "cannot find the user's registry in this Windows");
    return 0;
}

static int fail_key(struct host *host, const char *what, const struct fvm_reg_key *key,
                    NTSTATUS status)
{
    return win_fail_name(host->err, what, key->path, RtlNtStatusToDosError(status));
}

/* --- against the host ------------------------------------------------------------------------ */

static int read_saved(struct fvm_reg **delta, const struct win_path *layer, struct fvm_error *err)
{
    FVM_CLEANUP(win_path) struct win_path file = {0};
    FVM_CLEANUP(text) struct fvm_text text = {0};
    fvm_status status;
    int result;

    *delta = NULL;
    win_path_set(&file, layer->s);
    if (!win_path_push(&file, WIN_REGISTRY))
        return win_no_memory(err);
    if (win_attributes(&file) == INVALID_FILE_ATTRIBUTES)
        return (*delta = fvm_reg_new_delta()) != NULL ? 0 : win_no_memory(err);
    result = win_read(&text, &file, MAX_DELTA_CB, err);
    if (result)
        return result;
    status = fvm_reg_read_delta(delta, text.s, text.cb, true, err);
    if (!fvm_failed(status))
        return 0;
    win_prefix(err, &file);
    return status == FVM_NO_MEMORY      ? win_no_memory(err)
           : status == FVM_NEWER_FORMAT ? -EPROTO
                                        : -EBADMSG;
}

/* What leads to a key, as far as the host has it. @return STATUS_OBJECT_NAME_NOT_FOUND: not all */
static NTSTATUS read_way(struct host *host, struct fvm_reg *before)
{
    uint32_t whole = host->at.path.cch;
    NTSTATUS status = STATUS_SUCCESS;

    for (uint32_t cch = 1; NT_SUCCESS(status);) {
        cch = fvm_str_find((struct fvm_str){host->at.path.s, whole}, '\\', cch + 1);
        if (cch >= whole)
            break;
        host->at.path.cch = cch;
        if (fvm_regwide_from_view(&host->at.text, fvm_buf_str(&host->at.path),
                                  host->windows.user) &&
            !fvm_reg_find(before, host->at.text.s))
            status = win_reading_key(&host->at, before, false, NULL);
    }
    host->at.path.cch = whole;
    return status;
}

static int read_host(struct host *host, struct fvm_reg *before, const struct fvm_reg_key *key)
{
    NTSTATUS status = fvm_regwide_to_view(&host->at.path, key->path, host->windows.user);

    if (NT_SUCCESS(status))
        status = read_way(host, before);
    if (NT_SUCCESS(status))
        status = key->mark == FVM_REG_PRESENT ? win_reading_key(&host->at, before, false, NULL)
                                              : win_reading_tree(&host->at, before);
    return NT_SUCCESS(status) || status == STATUS_OBJECT_NAME_NOT_FOUND
               ? 0
               : fail_key(host, "read the registry key", key, status);
}

static fvm_status change_copy(struct fvm_reg **after, struct fvm_reg *before, struct fvm_reg *delta)
{
    FVM_CLEANUP(reg) struct fvm_reg *nothing = fvm_reg_new();
    FVM_CLEANUP(reg) struct fvm_reg *all = NULL;
    fvm_status status;

    *after = fvm_reg_new();
    if (!nothing || !*after)
        return FVM_NO_MEMORY;
    status = fvm_reg_diff(&all, nothing, before);
    if (!fvm_failed(status))
        status = fvm_reg_apply(*after, all);
    return fvm_failed(status) ? status : fvm_reg_apply(*after, delta);
}

int win_reg_collect(struct fvm_collection *out, const struct win_path *layer, struct fvm_error *err)
{
    FVM_CLEANUP(host) struct host host = {.name = NULL};
    FVM_CLEANUP(reg) struct fvm_reg *saved = NULL;
    FVM_CLEANUP(reg) struct fvm_reg *after = NULL;
    int result = read_saved(&saved, layer, err);

    out->host_registry = fvm_reg_new();
    if (!result && !out->host_registry)
        result = win_no_memory(err);
    if (!result && fvm_reg_key_count(saved))
        result = host_open(&host, err);
    for (size_t i = 0; !result && i < fvm_reg_key_count(saved); i++)
        result = read_host(&host, out->host_registry, fvm_reg_key_at(saved, i));
    if (result)
        return result;
    if (fvm_failed(change_copy(&after, out->host_registry, saved)) ||
        fvm_failed(fvm_reg_diff(&out->registry, out->host_registry, after)))
        return win_no_memory(err);
    return 0;
}

/* --- conflicts ------------------------------------------------------------------------------- */

/* Was the key changed since, or, of one that goes, anything below it? @return NT's: STATUS_NO_MORE_
 * ENTRIES no; STATUS_OBJECT_NAME_NOT_FOUND there is none; STATUS_SUCCESS yes */
static NTSTATUS changed_since(struct host *host, bool and_below, int64_t since_ns, unsigned depth)
{
    uint32_t cch = host->at.path.cch;
    struct win_key read;
    HANDLE key;
    NTSTATUS status =
        win_key_open(&key, &host->windows, fvm_buf_str(&host->at.path), false, KEY_READ);

    if (!NT_SUCCESS(status))
        return status;
    status = win_key_read(&read, key);
    if (NT_SUCCESS(status)) {
        status = win_unix_ns(read.written) > since_ns ? STATUS_SUCCESS : STATUS_NO_MORE_ENTRIES;
        win_key_free(&read);
    }
    for (uint32_t at = 0; and_below && status == STATUS_NO_MORE_ENTRIES; at++) {
        status = depth > 512 ? STATUS_NAME_TOO_LONG : fvm_buf_add_unit(&host->at.path, '\\');
        if (NT_SUCCESS(status))
            status = win_key_subkey(&host->at.path, key, at);
        and_below = status != STATUS_NO_MORE_ENTRIES;
        if (NT_SUCCESS(status))
            status = changed_since(host, true, since_ns, depth + 1);
        if (status == STATUS_OBJECT_NAME_NOT_FOUND)
            status = STATUS_NO_MORE_ENTRIES; /* gone meanwhile */
        host->at.path.cch = cch;
    }
    real.NtClose(key);
    return status;
}

int win_reg_conflicts(struct win_conflicts *out, struct fvm_reg *picked, int64_t since_ns,
                      struct fvm_error *err)
{
    FVM_CLEANUP(host) struct host host = {.name = NULL};
    int result = fvm_reg_key_count(picked) ? host_open(&host, err) : 0;

    for (size_t i = 0; !result && i < fvm_reg_key_count(picked); i++) {
        const struct fvm_reg_key *key = fvm_reg_key_at(picked, i);
        NTSTATUS status = fvm_regwide_to_view(&host.at.path, key->path, host.windows.user);

        if (NT_SUCCESS(status))
            status = changed_since(&host, key->mark != FVM_REG_PRESENT, since_ns, 0);
        if (NT_SUCCESS(status))
            result = win_conflicts_add(out, key->path) ? win_no_memory(err) : 0;
        else if (status != STATUS_NO_MORE_ENTRIES && status != STATUS_OBJECT_NAME_NOT_FOUND)
            result = fail_key(&host, "read the registry key", key, status);
    }
    return result;
}

/* --- to the host ----------------------------------------------------------------------------- */

static NTSTATUS put_values(struct host *host, HANDLE handle, const struct fvm_reg_key *key)
{
    NTSTATUS status = STATUS_SUCCESS;

    for (size_t i = 0; NT_SUCCESS(status) && i < key->value_count; i++) {
        const struct fvm_reg_value *value = &key->values[i];
        struct fvm_buf name = {host->name, 0, WIN_KEY_CCH};

        status = fvm_regwide_name(&name, value->name);
        if (!NT_SUCCESS(status))
            break;
        if (value->mark == FVM_REG_DELETED)
            status = win_key_unset(handle, fvm_buf_str(&name));
        else
            status = win_key_set(handle, fvm_buf_str(&name), value->type, value->data,
                                 (uint32_t)value->data_cb);
    }
    return status;
}

static int put_key(struct host *host, const struct fvm_reg_key *key)
{
    struct fvm_buf class_name = {host->name, 0, WIN_KEY_CCH};
    HANDLE handle;
    NTSTATUS status = fvm_regwide_to_view(&host->at.path, key->path, host->windows.user);

    if (NT_SUCCESS(status) && key->mark != FVM_REG_PRESENT)
        status = win_key_remove(&host->windows, fvm_buf_str(&host->at.path), false);
    if (NT_SUCCESS(status) && key->mark == FVM_REG_DELETED)
        return 0;
    if (NT_SUCCESS(status) && key->class_name)
        status = fvm_regwide_name(&class_name, key->class_name);
    if (NT_SUCCESS(status))
        status = win_key_make_host(&handle, &host->windows, fvm_buf_str(&host->at.path),
                                   fvm_buf_str(&class_name), key->is_link);
    if (NT_SUCCESS(status)) {
        status = put_values(host, handle, key);
        real.NtClose(handle);
    }
    return NT_SUCCESS(status) ? 0
                              : fail_key(host,
                                         key->mark == FVM_REG_DELETED ? "delete the registry key"
                                                                      : "write the registry key",
                                         key, status);
}

int win_reg_apply(struct fvm_reg *picked, struct fvm_error *err)
{
    FVM_CLEANUP(host) struct host host = {.name = NULL};
    int result = fvm_reg_key_count(picked) ? host_open(&host, err) : 0;

    for (size_t i = 0; !result && i < fvm_reg_key_count(picked); i++)
        result = put_key(&host, fvm_reg_key_at(picked, i));
    return result;
}

int win_reg_keep(const struct win_path *layer, struct fvm_reg *rest, struct fvm_error *err)
{
    FVM_CLEANUP(win_path) struct win_path file = {0};
    FVM_CLEANUP(text) struct fvm_text text = {0};

    win_path_set(&file, layer->s);
    if (!win_path_push(&file, WIN_REGISTRY))
        return win_no_memory(err);
    if (!fvm_reg_key_count(rest))
        return DeleteFileW(file.s) || GetLastError() == ERROR_FILE_NOT_FOUND
                   ? 0
                   : win_fail(err, "remove", &file);
    if (fvm_failed(fvm_reg_write_delta(rest, FVM_REG_END_MARK, &text)) || text.failed)
        return win_no_memory(err);
    return win_write(&file, text.s, text.cb, err);
}
