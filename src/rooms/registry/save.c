/* rooms/registry/save.c: NtSaveKey. Where the VM changed something, what it sees is in no one tree
 * that the host could save: the file is written here, in the words that Wine's NtSaveKey writes
 * (core/hivetext.h). Windows has another format: not done. */
#include "core/hivetext.h"
#include "rooms/registry/registry.h"

#include "engine/engine.h"
#include "engine/real.h"
#include "rooms/registry/handlers.h"

#include <string.h>

enum {
    DEPTH = 512, /* of keys below the saved one, as NT has it */
    FILE_CB = 1 << 16,
    DEVICE_INFORMATION = 4, /* of FILE_FS_INFORMATION_CLASS */
    STANDARD_INFORMATION = 5,
    DEVICE_MAILSLOT = 0xc,
    DEVICE_PIPE = 0x11
};

/* A key on the way down. */
struct level {
    HANDLE key;
    ULONG next;     /* index of the subkey to go on with */
    uint32_t cch;   /* of the path to this key */
    uint32_t below; /* of the path to the subkey that was saved last; 0: none yet */
};
struct saving {
    struct fvm_hivetext to; /* first: it is given to put() */
    struct registry_scratch *scratch;
    struct fvm_buf path; /* of where we are */
    uint32_t root_cch;   /* of the saved key's */
    uint16_t *name;      /* room for an NT name */
    struct level *levels;
    HANDLE file, event;
    char *bytes; /* FILE_CB */
    ULONG used;
    LARGE_INTEGER at; /* in a file that has no position of its own */
    bool has_position;
    NTSTATUS status; /* of writing */
};

/* --- the file -----------------------------------------------------------------------------------
 */

/* What Wine says of a handle that is no file's, or may not be written to. */
static NTSTATUS check_file(HANDLE file)
{
    struct {
        ULONG type, characteristics;
    } device;
    struct {
        LARGE_INTEGER allocated, end;
        ULONG links;
        BOOLEAN deleted, directory;
    } standard;
    PUBLIC_OBJECT_BASIC_INFORMATION basic;
    IO_STATUS_BLOCK io;
    NTSTATUS status =
        real.NtQueryVolumeInformationFile(file, &io, &device, sizeof(device), DEVICE_INFORMATION);

    if (NT_SUCCESS(status) && (device.type == DEVICE_PIPE || device.type == DEVICE_MAILSLOT))
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (NT_SUCCESS(status))
        status = real.NtQueryInformationFile(file, &io, &standard, sizeof(standard),
                                             STANDARD_INFORMATION);
    if (NT_SUCCESS(status) && standard.directory)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (NT_SUCCESS(status))
        status = registry_object_below(file, 0, &basic, sizeof(basic), NULL);
    if (NT_SUCCESS(status) && !(basic.GrantedAccess & FILE_WRITE_DATA))
        return STATUS_ACCESS_DENIED;
    return status;
}

static NTSTATUS write_once(struct saving *saving, ULONG from, ULONG *got)
{
    IO_STATUS_BLOCK io = {0};
    NTSTATUS status =
        real.NtWriteFile(saving->file, saving->event, NULL, NULL, &io, saving->bytes + from,
                         saving->used - from, saving->has_position ? NULL : &saving->at, NULL);

    if (status == STATUS_PENDING) {
        real.NtWaitForSingleObject(saving->event, FALSE, NULL);
        status = io.Status;
    }
    *got = NT_SUCCESS(status) ? (ULONG)io.Information : 0;
    return NT_SUCCESS(status) && !*got ? STATUS_DISK_FULL : status;
}

static void flush(struct saving *saving)
{
    for (ULONG done = 0, got; done < saving->used && NT_SUCCESS(saving->status); done += got) {
        saving->status = write_once(saving, done, &got);
        /* Wine writes to an overlapped file from its begin on. */
        if (saving->status == STATUS_INVALID_PARAMETER && saving->has_position) {
            saving->has_position = false;
            saving->status = STATUS_SUCCESS;
        }
        saving->at.QuadPart += got;
    }
    saving->used = 0;
}

static void put(struct fvm_hivetext *to, const char *s, size_t cb)
{
    struct saving *saving = (struct saving *)(void *)to;

    if (saving->used + cb > FILE_CB)
        flush(saving);
    memcpy(saving->bytes + saving->used, s, cb);
    saving->used += (ULONG)cb;
}

/* --- words --------------------------------------------------------------------------------------
 */

/* Wine leaves out a NUL at the end. */
static void put_name(struct saving *saving, const uint16_t *name, uint32_t cch,
                     const char *specials)
{
    if (cch && !name[cch - 1])
        cch--;
    fvm_hivetext_units(&saving->to, (const uint8_t *)name, cch, specials);
}

static void put_path(struct saving *saving, struct fvm_str path)
{
    for (uint32_t at = 0, end; at < path.cch; at = end + 1) {
        end = fvm_str_find(path, '\\', at);
        if (at)
            fvm_hivetext_puts(&saving->to, "\\\\");
        put_name(saving, path.s + at, end - at, FVM_HIVETEXT_BRACKETS);
    }
}

/* @param key open on the key that is saved */
static NTSTATUS put_head(struct saving *saving, HANDLE key)
{
    const NT_KEY_NAME *name = (const NT_KEY_NAME *)(const void *)saving->scratch->bytes;
    ULONG got;
    NTSTATUS status =
        registry_NtQueryKey(key, KEY_NAME, saving->scratch->bytes, REGISTRY_BYTES_CB, &got);
    struct fvm_str path;

    if (!NT_SUCCESS(status))
        return status;
    path = (struct fvm_str){name->Name, name->NameLength / (uint32_t)sizeof(WCHAR)};
    fvm_hivetext_puts(&saving->to, "WINE REGISTRY Version 2\n;; All keys relative to ");
    put_path(saving, fvm_str_sub(path, 1, path.cch)); /* not the first separator */
    /* A 32-bit Windows, or a 64-bit one whose 32-bit program this may be. */
    fvm_hivetext_puts(&saving->to, sizeof(void *) == 8 || fvm_engine.is_wow64
                                       ? "\n\n#arch=win64\n"
                                       : "\n\n#arch=win32\n");
    return STATUS_SUCCESS;
}

static NTSTATUS put_value(void *context, const NT_VALUE_FULL *value)
{
    struct saving *saving = context;
    uint64_t line_start = saving->to.cb;

    if (value->NameLength) {
        fvm_hivetext_puts(&saving->to, "\"");
        put_name(saving, value->Name, value->NameLength / (uint32_t)sizeof(WCHAR),
                 FVM_HIVETEXT_QUOTES);
        fvm_hivetext_puts(&saving->to, "\"=");
    } else {
        fvm_hivetext_puts(&saving->to, "@=");
    }
    fvm_hivetext_data(&saving->to, value->Type, (const uint8_t *)value + value->DataOffset,
                      value->DataLength, line_start);
    return STATUS_SUCCESS;
}

/* --- keys ---------------------------------------------------------------------------------------
 */

/* Links that the host made lately are not known: their one value tells. */
static bool looks_like_link(HANDLE key)
{
    static const WCHAR text[] = L"SymbolicLinkValue";
    UNICODE_STRING name = {.Buffer = (WCHAR *)(uintptr_t)text,
                           .Length = sizeof(text) - sizeof(*text),
                           .MaximumLength = sizeof(text)};
    struct {
        ULONG title, type, name_cb;
        WCHAR name[ARRAY_LEN(text)];
    } basic;
    ULONG got;

    return NT_SUCCESS(real.NtQueryValueKey(key, &name, VALUE_BASIC, &basic, sizeof(basic), &got)) &&
           basic.type == REG_LINK;
}

/* The key alone. Where it has subkeys and nothing else to say it comes to be with these. */
static NTSTATUS put_key(struct saving *saving, HANDLE key, const struct fvm_regview_hit *hit)
{
    const NT_KEY_FULL *full = (const NT_KEY_FULL *)(const void *)saving->scratch->bytes;
    struct fvm_str path = fvm_buf_str(&saving->path);
    bool is_link = hit->user & (FVM_REGVIEW_LINK | FVM_REGVIEW_HOST_LINK);
    ULONG got;
    NTSTATUS status =
        registry_NtQueryKey(key, KEY_FULL, saving->scratch->bytes, REGISTRY_BYTES_CB, &got);

    if (NT_SUCCESS(status) && hit->state == FVM_REGVIEW_HOST && full->Values == 1 && !full->SubKeys)
        is_link = is_link || looks_like_link(key);
    if (!NT_SUCCESS(status) || (!full->Values && full->SubKeys && !full->ClassLength && !is_link))
        return status;
    fvm_hivetext_puts(&saving->to, "\n[");
    put_path(saving, fvm_str_sub(path, saving->root_cch + 1, path.cch));
    fvm_hivetext_puts(&saving->to, "]");
    fvm_hivetext_time(&saving->to, (uint64_t)full->LastWriteTime.QuadPart);
    if (full->ClassLength) {
        fvm_hivetext_puts(&saving->to, "#class=\"");
        put_name(saving, (const uint16_t *)(const void *)((const char *)full + full->ClassOffset),
                 full->ClassLength / (uint32_t)sizeof(WCHAR), FVM_HIVETEXT_QUOTES);
        fvm_hivetext_puts(&saving->to, "\"\n");
    }
    if (is_link)
        fvm_hivetext_puts(&saving->to, "#link\n");
    return registry_each_value(key, saving->scratch, put_value, saving);
}

/* Begin with the key of the path. @return FVM_PASS: it is not saved, nor is what is below */
static NTSTATUS enter(struct saving *saving, struct level *level)
{
    struct fvm_regview_hit hit;
    NTSTATUS status = fvm_regview_find(registry_index(), fvm_buf_str(&saving->path), &hit);
    HANDLE key;

    if (NT_SUCCESS(status))
        status = registry_open_path(&key, saving->name, fvm_buf_str(&saving->path), KEY_READ);
    if (!NT_SUCCESS(status))
        return status;
    *level = (struct level){.key = key, .cch = saving->path.cch};
    if (level == saving->levels)
        status = put_head(saving, key);
    if (NT_SUCCESS(status) && hit.user & FVM_REGVIEW_VOLATILE)
        status = FVM_PASS;
    if (status == STATUS_SUCCESS)
        status = put_key(saving, key, &hit);
    if (status != STATUS_SUCCESS)
        registry_NtClose(key);
    return status;
}

/* Read the name at an index. @param name [out] in scratch->bytes */
static NTSTATUS name_at(struct saving *saving, const struct level *level, ULONG at,
                        struct fvm_str *name)
{
    const NT_KEY_BASIC *basic = (const NT_KEY_BASIC *)(const void *)saving->scratch->bytes;
    ULONG got;
    NTSTATUS status = registry_NtEnumerateKey(level->key, at, KEY_BASIC, saving->scratch->bytes,
                                              REGISTRY_BYTES_CB, &got);

    *name = (struct fvm_str){basic->Name, basic->NameLength / (uint32_t)sizeof(WCHAR)};
    return status;
}

/* Go on behind the subkey that was saved last. The host may have made or deleted others meanwhile,
 * so that it is at another index: then the order of names tells which are still to come.
 * @return NT's; STATUS_NO_MORE_ENTRIES */
static NTSTATUS next_name(struct saving *saving, struct level *level, struct fvm_str *name)
{
    struct fvm_str last = fvm_regview_last((struct fvm_str){saving->path.s, level->below});
    NTSTATUS status = STATUS_SUCCESS;

    if (level->below) {
        status = name_at(saving, level, level->next - 1, name);
        if (NT_SUCCESS(status) && fvm_str_eq(*name, last))
            return name_at(saving, level, level->next, name);
        for (ULONG at = level->next - 1; at > 0; level->next = at--) {
            status = name_at(saving, level, at - 1, name);
            if (NT_SUCCESS(status) && fvm_str_cmp_fold(*name, last) <= 0)
                break;
        }
    }
    do
        status = name_at(saving, level, level->next, name);
    while (level->below && NT_SUCCESS(status) && fvm_str_cmp_fold(*name, last) <= 0 &&
           ++level->next);
    return status;
}

/* Go to the next subkey. @return NT's; STATUS_NO_MORE_ENTRIES */
static NTSTATUS step(struct saving *saving, struct level *level)
{
    struct fvm_str name;
    NTSTATUS status = next_name(saving, level, &name);

    saving->path.cch = level->cch;
    if (NT_SUCCESS(status))
        status = fvm_buf_add_unit(&saving->path, '\\');
    if (NT_SUCCESS(status))
        status = fvm_buf_add(&saving->path, name);
    level->below = saving->path.cch;
    level->next++;
    return status;
}

/* Is it of a key that the host deleted just now? */
static bool is_gone(NTSTATUS status)
{
    return status == FVM_PASS || status == STATUS_OBJECT_NAME_NOT_FOUND ||
           status == STATUS_KEY_DELETED;
}

/* The key of the path, and all below it. */
static NTSTATUS put_tree(struct saving *saving)
{
    uint32_t depth = 0;
    NTSTATUS status = enter(saving, &saving->levels[0]);

    if (status != STATUS_SUCCESS)
        return status == FVM_PASS ? STATUS_SUCCESS : status;
    while (NT_SUCCESS(status) && NT_SUCCESS(saving->status)) {
        struct level *level = &saving->levels[depth];

        status = step(saving, level);
        if (NT_SUCCESS(status) && depth + 1 == DEPTH) {
            status = STATUS_NAME_TOO_LONG;
        } else if (NT_SUCCESS(status)) {
            status = enter(saving, level + 1);
            if (status == STATUS_SUCCESS)
                depth++;
            else if (is_gone(status))
                status = STATUS_SUCCESS;
        } else if (is_gone(status) || status == STATUS_NO_MORE_ENTRIES) {
            registry_NtClose(level->key);
            if (!depth)
                return STATUS_SUCCESS;
            saving->path.cch = level->cch;
            depth--;
            status = STATUS_SUCCESS;
        }
    }
    for (uint32_t i = 0; i <= depth; i++)
        registry_NtClose(saving->levels[i].key);
    return NT_SUCCESS(saving->status) ? status : saving->status;
}

/* --- the call -----------------------------------------------------------------------------------
 */

static NTSTATUS save(struct registry_scratch *scratch, struct fvm_str path, HANDLE file)
{
    struct saving saving = {.to = {.put = put},
                            .scratch = scratch,
                            .root_cch = path.cch,
                            .file = file,
                            .has_position = true};
    size_t names_cb = sizeof(uint16_t) * 2 * REGISTRY_NAME_CCH,
           levels_cb = sizeof(struct level) * DEPTH;
    char *room = fvm_pages(names_cb + levels_cb + FILE_CB);
    NTSTATUS status;

    if (!room)
        return STATUS_NO_MEMORY;
    saving.name = (uint16_t *)(void *)room;
    saving.path = (struct fvm_buf){saving.name + REGISTRY_NAME_CCH, 0, REGISTRY_NAME_CCH};
    saving.levels = (struct level *)(void *)(room + names_cb);
    saving.bytes = room + names_cb + levels_cb;
    status = real.NtCreateEvent(&saving.event, EVENT_ALL_ACCESS, NULL, 0, FALSE);
    if (NT_SUCCESS(status)) {
        status = fvm_buf_add(&saving.path, path);
        if (NT_SUCCESS(status))
            status = put_tree(&saving);
        flush(&saving);
        if (NT_SUCCESS(status))
            status = saving.status;
        real.NtClose(saving.event);
    }
    fvm_pages_free(room);
    return status;
}

static NTSTATUS save_merged(const struct registry_use *use, struct registry_scratch *scratch,
                            HANDLE file)
{
    struct fvm_index_writer writer = registry_writer_here();
    /* Without a file the host says what it has against the caller and the key. */
    NTSTATUS status = real.NtSaveKey(use->handle, NULL);

    if (status != STATUS_INVALID_HANDLE)
        return NT_SUCCESS(status) ? STATUS_INVALID_HANDLE : status;
    status = check_file(file);
    /* Keys are neither made nor deleted in the VM meanwhile. */
    if (NT_SUCCESS(status))
        status = fvm_regview_lock(registry_area(), &writer);
    if (!NT_SUCCESS(status))
        return status;
    status = registry_check_alive(use->key);
    if (NT_SUCCESS(status))
        status = save(scratch, use->key->path, file);
    fvm_regview_unlock(registry_area(), &writer);
    return status;
}

/**
 * Save a key to a file, as the VM sees it.
 *
 * @return NT's; STATUS_NOT_SUPPORTED on Windows, if the VM changed something in the key;
 *         STATUS_NAME_TOO_LONG keys lie deeper than DEPTH
 * @source nt:NtSaveKey; paper:registry
 */
NTSTATUS NTAPI registry_NtSaveKey(HANDLE handle, HANDLE file)
{
    FVM_CLEANUP(registry_scratch) struct registry_scratch *scratch = NULL;
    struct fvm_regview_hit hit = {0};
    struct registry_use use;
    NTSTATUS status = registry_use(&use, handle, 0, false);

    if (status == STATUS_SUCCESS)
        status = fvm_regview_find(registry_index(), use.key->path, &hit);
    if (status == FVM_PASS || (NT_SUCCESS(status) && !hit.has_node && !use.is_private))
        return real.NtSaveKey(handle, file);
    if (!NT_SUCCESS(status))
        return status;
    if (!real.__wine_unix_spawnvp)
        return STATUS_NOT_SUPPORTED;
    scratch = registry_scratch_get();
    return scratch ? save_merged(&use, scratch, file) : STATUS_NO_MEMORY;
}
