/* launcher/win/keys.c: single keys, by the paths of a view. See registry.h. */
#include "launcher/win/registry.h"

#include "engine/real.h"

#include <stdlib.h>
#include <string.h>

enum { KEY_BASIC, KEY_NODE, KEY_FULL, VALUE_FULL = 1, FIRST_CB = 4096, NAME_CB = 1024 };
struct key_basic {
    LARGE_INTEGER time;
    ULONG title, name_cb;
    WCHAR name[1];
};
struct key_full {
    LARGE_INTEGER time;
    ULONG title, class_at, class_cb, subkeys, max_name, max_class, values, max_value, max_data;
    WCHAR class_name[1];
};
struct value_full {
    ULONG title, type, data_at, data_cb, name_cb;
    WCHAR name[1];
};

static UNICODE_STRING unicode(struct fvm_str str)
{
    return (UNICODE_STRING){.Buffer = (WCHAR *)(uintptr_t)str.s,
                            .Length = (USHORT)(str.cch * sizeof(WCHAR)),
                            .MaximumLength = (USHORT)(str.cch * sizeof(WCHAR))};
}

/* NT's name of a path. @param text [in] WIN_KEY_CCH units */
static fvm_status name_of(UNICODE_STRING *name, uint16_t *text, const struct win_registry *registry,
                          struct fvm_str path, bool is_private)
{
    struct fvm_buf out = {text, 0, WIN_KEY_CCH - 1};
    fvm_status status = is_private ? fvm_regview_private_name(&out, path, registry->vm)
                                   : fvm_regview_host_name(&out, path);

    *name = unicode(fvm_buf_str(&out));
    return status;
}

NTSTATUS win_key_open(HANDLE *key, const struct win_registry *registry, struct fvm_str path,
                      bool is_private, ACCESS_MASK access)
{
    uint16_t *text = malloc(WIN_KEY_CCH * sizeof(*text));
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr),
                              .ObjectName = &name,
                              .Attributes = OBJ_CASE_INSENSITIVE | OBJ_OPENLINK};
    NTSTATUS status = text ? name_of(&name, text, registry, path, is_private) : STATUS_NO_MEMORY;

    if (NT_SUCCESS(status))
        status = real.NtOpenKey(key, access | KEY_WOW64_64KEY, &attr);
    free(text);
    return status;
}

/* @param options REG_OPTION_VOLATILE: the private key; others: the host's */
static NTSTATUS make(HANDLE *key, const struct win_registry *registry, struct fvm_str path,
                     struct fvm_str class_name, ULONG options, uint16_t *text)
{
    bool is_private = options & REG_OPTION_VOLATILE;
    UNICODE_STRING name, class_text = unicode(class_name);
    OBJECT_ATTRIBUTES attr = {
        .Length = sizeof(attr), .ObjectName = &name, .Attributes = OBJ_CASE_INSENSITIVE};
    ULONG disposition;
    NTSTATUS status = name_of(&name, text, registry, path, is_private);

    if (NT_SUCCESS(status))
        status = real.NtCreateKey(
            key, (is_private ? KEY_ALL_ACCESS : KEY_READ | KEY_WRITE) | KEY_WOW64_64KEY, &attr, 0,
            class_name.cch ? &class_text : NULL, options, &disposition);
    return status;
}

/* The class of the host's key can be given only when the private one is made. */
static NTSTATUS make_as_host(HANDLE *key, const struct win_registry *registry, struct fvm_str path,
                             uint16_t *text)
{
    struct win_key read = {0};
    NTSTATUS status;
    HANDLE host;

    if (NT_SUCCESS(win_key_open(&host, registry, path, false, KEY_READ))) {
        win_key_read(&read, host);
        real.NtClose(host);
    }
    status = make(key, registry, path, read.class_name, REG_OPTION_VOLATILE, text);
    win_key_free(&read);
    return status;
}

/* A key with those above it.
 * @param options as of make() */
static NTSTATUS make_path(HANDLE *key, const struct win_registry *registry, struct fvm_str path,
                          struct fvm_str class_name, ULONG options)
{
    uint16_t *text = malloc(WIN_KEY_CCH * sizeof(*text));
    bool is_private = options & REG_OPTION_VOLATILE;
    NTSTATUS status =
        text ? make(key, registry, path, class_name, options, text) : STATUS_NO_MEMORY;

    if (status == STATUS_OBJECT_NAME_NOT_FOUND) {
        status = STATUS_SUCCESS;
        for (uint32_t cch = fvm_str_find(path, '\\', 0); NT_SUCCESS(status) && cch < path.cch;
             cch = fvm_str_find(path, '\\', cch + 1)) {
            struct fvm_str above = fvm_str_sub(path, 0, cch);

            status = win_key_open(key, registry, above, is_private, 0);
            if (status == STATUS_OBJECT_NAME_NOT_FOUND)
                status = is_private ? make_as_host(key, registry, above, text)
                                    : make(key, registry, above, (struct fvm_str){0},
                                           REG_OPTION_NON_VOLATILE, text);
            if (NT_SUCCESS(status))
                real.NtClose(*key);
        }
        if (NT_SUCCESS(status))
            status = make(key, registry, path, class_name, options, text);
    }
    free(text);
    return status;
}

NTSTATUS win_key_make(HANDLE *key, const struct win_registry *registry, struct fvm_str path,
                      struct fvm_str class_name)
{
    return make_path(key, registry, path, class_name, REG_OPTION_VOLATILE);
}

NTSTATUS win_key_make_host(HANDLE *key, const struct win_registry *registry, struct fvm_str path,
                           struct fvm_str class_name, bool is_link)
{
    /* Opened first: what is a link is not to be followed. */
    NTSTATUS status = win_key_open(key, registry, path, false, KEY_READ | KEY_WRITE);

    return status == STATUS_OBJECT_NAME_NOT_FOUND
               ? make_path(key, registry, path, class_name,
                           is_link ? REG_OPTION_CREATE_LINK : REG_OPTION_NON_VOLATILE)
               : status;
}

NTSTATUS win_key_set(HANDLE key, struct fvm_str name, uint32_t type, const void *data, uint32_t cb)
{
    UNICODE_STRING text = unicode(name);

    return real.NtSetValueKey(key, &text, 0, type, data, cb);
}

NTSTATUS win_key_unset(HANDLE key, struct fvm_str name)
{
    UNICODE_STRING text = unicode(name);
    NTSTATUS status = real.NtDeleteValueKey(key, &text);

    return status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_SUCCESS : status;
}

NTSTATUS win_key_subkey(struct fvm_buf *name, HANDLE key, uint32_t at)
{
    union {
        struct key_basic basic;
        uint8_t bytes[sizeof(struct key_basic) + NAME_CB];
    } read;
    ULONG got;
    NTSTATUS status = real.NtEnumerateKey(key, at, KEY_BASIC, &read, sizeof(read), &got);

    return NT_SUCCESS(status)
               ? fvm_buf_add(name, (struct fvm_str){read.basic.name,
                                                    read.basic.name_cb / (uint32_t)sizeof(WCHAR)})
               : status;
}

/* --- reading -------------------------------------------------------------------------------------
 */

/* One value behind the others, with its size before it. @param at offset of it in *memory, and then
 * of the next */
static NTSTATUS read_value(void **memory, size_t *cap, size_t *at, HANDLE key, ULONG index)
{
    for (;;) {
        size_t room = *cap > *at + sizeof(uint64_t) ? *cap - *at - sizeof(uint64_t) : 0;
        char *to = (char *)*memory + *at;
        ULONG got = 0;
        NTSTATUS status = STATUS_BUFFER_OVERFLOW;
        void *grown;

        if (room)
            status = real.NtEnumerateValueKey(key, index, VALUE_FULL, to + sizeof(uint64_t),
                                              (ULONG)(room > 1 << 30 ? 1 << 30 : room), &got);
        if (status != STATUS_BUFFER_OVERFLOW && status != STATUS_BUFFER_TOO_SMALL) {
            if (NT_SUCCESS(status)) {
                *(uint64_t *)(void *)to = got;
                *at += sizeof(uint64_t) + ((got + 7u) & ~7u);
            }
            return status;
        }
        grown = realloc(*memory, *cap + got + *cap / 2 + 64);
        if (!grown)
            return STATUS_NO_MEMORY;
        *memory = grown;
        *cap += got + *cap / 2 + 64;
    }
}

static struct fvm_str text_at(const void *at, ULONG cb)
{
    return (struct fvm_str){at, cb / (uint32_t)sizeof(WCHAR)};
}

/* @param class_end where the values begin in read->memory */
static NTSTATUS point(struct win_key *read, size_t class_end, uint32_t count)
{
    const char *at = (const char *)read->memory + class_end;

    read->values = calloc(count + 1, sizeof(*read->values));
    if (!read->values)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t cb = *(const uint64_t *)(const void *)at;
        const struct value_full *value = (const struct value_full *)(const void *)(at + sizeof(cb));

        read->values[i] =
            (struct win_value){text_at(value->name, value->name_cb), value->type, value->data_cb,
                               (const uint8_t *)value + value->data_at};
        if (fvm_str_eq_fold(read->values[i].name, FVM_STR(u"SymbolicLinkValue")) &&
            value->type == REG_LINK)
            read->is_link = true;
        at += sizeof(cb) + (size_t)((cb + 7) & ~(uint64_t)7);
    }
    read->count = count;
    return STATUS_SUCCESS;
}

NTSTATUS win_key_read(struct win_key *read, HANDLE key)
{
    const struct key_full *full;
    size_t cap = FIRST_CB, at, class_end;
    uint32_t count = 0;
    ULONG got;
    NTSTATUS status;

    *read = (struct win_key){.memory = malloc(cap)};
    if (!read->memory)
        return STATUS_NO_MEMORY;
    status = real.NtQueryKey(key, KEY_FULL, read->memory, FIRST_CB, &got);
    class_end = at = (got + 7u) & ~7u;
    while (NT_SUCCESS(status)) {
        status = read_value(&read->memory, &cap, &at, key, count);
        count += NT_SUCCESS(status);
    }
    if (status == STATUS_NO_MORE_ENTRIES)
        status = point(read, class_end, count);
    full = read->memory;
    if (!NT_SUCCESS(status)) {
        win_key_free(read);
        return status;
    }
    read->class_name = text_at((const char *)full + full->class_at, full->class_cb);
    read->written = full->time.QuadPart;
    return status;
}

void win_key_free(struct win_key *read)
{
    free(read->values);
    free(read->memory);
    *read = (struct win_key){0};
}

/* --- removing
 * -------------------------------------------------------------------------------------- */

/* The first subkey's first subkey, until there is none.
 * @param path [in] room for WIN_KEY_CCH units; [out] the path that it stopped at */
static NTSTATUS remove_at(const struct win_registry *registry, struct fvm_buf *path,
                          bool is_private)
{
    uint32_t cch = path->cch;
    NTSTATUS status = STATUS_SUCCESS;

    while (NT_SUCCESS(status) && path->cch >= cch) {
        HANDLE key;

        status = win_key_open(&key, registry, fvm_buf_str(path), is_private, KEY_READ | DELETE);
        if (!NT_SUCCESS(status))
            break;
        fvm_buf_add_unit(path, '\\');
        status = win_key_subkey(path, key, 0);
        if (status == STATUS_NO_MORE_ENTRIES) {
            path->cch--;
            status = real.NtDeleteKey(key);
            path->cch = path->cch > cch ? fvm_regview_parent(fvm_buf_str(path)).cch : 0;
        }
        real.NtClose(key);
    }
    return status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_SUCCESS : status;
}

NTSTATUS win_key_remove(const struct win_registry *registry, struct fvm_str path, bool is_private)
{
    uint16_t *text = malloc(WIN_KEY_CCH * sizeof(*text));
    struct fvm_buf at = {text, 0, WIN_KEY_CCH};
    NTSTATUS status = text ? fvm_buf_add(&at, path) : STATUS_NO_MEMORY;

    if (NT_SUCCESS(status))
        status = remove_at(registry, &at, is_private);
    free(text);
    return status;
}
