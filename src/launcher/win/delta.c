/* launcher/win/delta.c: between a VM's private keys and a delta, as the store keeps it. See
 * registry.h.
 *
 * What a VM changed is the difference of two registries that have only the keys which it touched:
 * as the host has them, and as the VM has them. So it has the form that a sealed VM's has, whose
 * whole registries are compared. */
#include "launcher/win/registry.h"

#include "core/regwide.h"
#include "engine/real.h"
#include "store/noise.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH = 512 };

static DWORD from_status(NTSTATUS status)
{
    return NT_SUCCESS(status)                                    ? 0
           : status == STATUS_NO_MEMORY                          ? ERROR_NOT_ENOUGH_MEMORY
           : status == FVM_CORRUPT || status == FVM_NAME_INVALID ? ERROR_FILE_CORRUPT
                                                                 : ERROR_GEN_FAILURE;
}

/* --- from the delta ------------------------------------------------------------------------------
 */

static NTSTATUS copy_values(HANDLE to, const struct win_key *from)
{
    NTSTATUS status = STATUS_SUCCESS;

    for (uint32_t i = 0; NT_SUCCESS(status) && i < from->count; i++)
        status = win_key_set(to, from->values[i].name, from->values[i].type, from->values[i].data,
                             from->values[i].cb);
    return status;
}

/* The VM has its own copy of the host's key; if the host has none, an empty key of its own.
 * @param key [out] the private key */
static NTSTATUS make_own(struct win_registry *registry, struct fvm_str path, HANDLE *key)
{
    struct fvm_regview_hit hit;
    struct win_key read = {0};
    uint32_t user;
    HANDLE host;
    NTSTATUS status = fvm_regview_find(&registry->index, path, &hit);

    if (NT_SUCCESS(status) && hit.state == FVM_REGVIEW_OWN)
        return win_key_open(key, registry, path, true, KEY_ALL_ACCESS);
    if (NT_SUCCESS(status))
        status = hit.state == FVM_REGVIEW_HOST
                     ? win_key_open(&host, registry, path, false, KEY_READ)
                     : STATUS_OBJECT_NAME_NOT_FOUND;
    if (status == STATUS_OBJECT_NAME_NOT_FOUND) {
        status = win_key_make(key, registry, path, (struct fvm_str){0});
        return NT_SUCCESS(status) ? fvm_regview_created(&registry->index, path, 0) : status;
    }
    if (!NT_SUCCESS(status))
        return status;
    status = win_key_read(&read, host);
    real.NtClose(host);
    if (NT_SUCCESS(status))
        status = win_key_make(key, registry, path, read.class_name);
    if (NT_SUCCESS(status))
        status = copy_values(*key, &read);
    user = read.class_name.cch ? FVM_REGVIEW_CLASS : 0;
    win_key_free(&read);
    return NT_SUCCESS(status) ? fvm_regview_copied(&registry->index, path, user) : status;
}

/* A key that the delta takes for granted may be gone from the base: then it is the VM's. */
static NTSTATUS make_parents(struct win_registry *registry, struct fvm_str path)
{
    struct fvm_str parent = fvm_regview_parent(path);
    struct fvm_regview_hit hit;
    HANDLE key;
    NTSTATUS status;

    for (uint32_t cch = 1; cch < parent.cch; cch++) {
        struct fvm_str above;

        cch = fvm_str_find(parent, '\\', cch + 1);
        above = fvm_str_sub(parent, 0, cch);
        status = fvm_regview_find(&registry->index, above, &hit);
        if (!NT_SUCCESS(status))
            return status;
        if (hit.state == FVM_REGVIEW_OWN)
            continue;
        status = hit.state == FVM_REGVIEW_HOST
                     ? win_key_open(&key, registry, above, false, KEY_READ)
                     : STATUS_OBJECT_NAME_NOT_FOUND;
        if (status == STATUS_OBJECT_NAME_NOT_FOUND)
            status = make_own(registry, above, &key);
        if (!NT_SUCCESS(status))
            return status;
        real.NtClose(key);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS set_link(struct win_registry *registry, struct fvm_str path,
                         const struct fvm_reg_value *value)
{
    uint16_t *text = malloc(WIN_KEY_CCH * sizeof(*text));
    struct fvm_buf target = {text, 0, WIN_KEY_CCH};
    NTSTATUS status = text ? STATUS_SUCCESS : STATUS_NO_MEMORY;

    if (NT_SUCCESS(status) &&
        fvm_regview_fold(&target,
                         (struct fvm_str){(const uint16_t *)(const void *)value->data,
                                          (uint32_t)(value->data_cb / sizeof(uint16_t))},
                         (struct fvm_str){0}) == FVM_OK)
        status = fvm_regview_linked(&registry->index, path, fvm_buf_str(&target), FVM_REGVIEW_LINK,
                                    &fvm_index_alone);
    free(text);
    return status;
}

/* @param name room for WIN_KEY_CCH units */
static NTSTATUS apply_values(struct win_registry *registry, HANDLE key, struct fvm_str path,
                             const struct fvm_reg_key *from, uint16_t *name)
{
    NTSTATUS status = STATUS_SUCCESS;

    for (size_t i = 0; NT_SUCCESS(status) && i < from->value_count; i++) {
        const struct fvm_reg_value *value = &from->values[i];
        struct fvm_buf text = {name, 0, WIN_KEY_CCH};

        status = fvm_regwide_name(&text, value->name);
        if (!NT_SUCCESS(status))
            break;
        win_key_unset(key, fvm_buf_str(&text)); /* also when it is set: it keeps its spelling */
        if (value->mark == FVM_REG_DELETED)
            continue;
        status = win_key_set(key, fvm_buf_str(&text), value->type, value->data,
                             (uint32_t)value->data_cb);
        if (NT_SUCCESS(status) && from->is_link)
            status = set_link(registry, path, value);
    }
    return status;
}

static NTSTATUS make_nature(struct win_registry *registry, struct fvm_str path,
                            const struct fvm_reg_key *from, HANDLE *key, uint16_t *room)
{
    struct fvm_buf class_name = {room, 0, WIN_KEY_CCH};
    NTSTATUS status = fvm_regview_deleted(&registry->index, path);

    if (NT_SUCCESS(status) && from->class_name)
        status = fvm_regwide_name(&class_name, from->class_name);
    if (NT_SUCCESS(status))
        status = win_key_make(key, registry, path, fvm_buf_str(&class_name));
    if (NT_SUCCESS(status))
        status = fvm_regview_created(&registry->index, path,
                                     (from->is_link ? FVM_REGVIEW_LINK : 0) |
                                         (from->class_name ? FVM_REGVIEW_CLASS : 0));
    return status;
}

static NTSTATUS load_key(struct win_registry *registry, const struct fvm_reg_key *from,
                         struct fvm_buf *path, uint16_t *room)
{
    struct fvm_regview_hit hit;
    HANDLE key, host;
    bool is_new = from->mark == FVM_REG_REPLACED;
    NTSTATUS status = fvm_regwide_to_view(path, from->path, registry->user);

    if (NT_SUCCESS(status) && from->mark == FVM_REG_DELETED)
        return fvm_regview_deleted(&registry->index, fvm_buf_str(path));
    if (NT_SUCCESS(status))
        status = make_parents(registry, fvm_buf_str(path));
    if (!NT_SUCCESS(status))
        return status;
    /* Class and link are said of a new key only, or of a replaced one. */
    status = fvm_regview_find(&registry->index, fvm_buf_str(path), &hit);
    if (NT_SUCCESS(status) && hit.state == FVM_REGVIEW_GONE) {
        is_new = true;
    } else if (NT_SUCCESS(status) && hit.state == FVM_REGVIEW_HOST && !is_new) {
        is_new = !NT_SUCCESS(win_key_open(&host, registry, fvm_buf_str(path), false, KEY_READ));
        if (!is_new)
            real.NtClose(host);
    }
    if (!NT_SUCCESS(status))
        return status;
    status = is_new ? make_nature(registry, fvm_buf_str(path), from, &key, room)
                    : make_own(registry, fvm_buf_str(path), &key);
    if (!NT_SUCCESS(status))
        return status;
    status = apply_values(registry, key, fvm_buf_str(path), from, room);
    real.NtClose(key);
    return status;
}

DWORD win_delta_load(struct win_registry *registry, struct fvm_reg *delta)
{
    uint16_t *room = malloc(sizeof(*room) * 2 * WIN_KEY_CCH);
    struct fvm_buf path = {room + WIN_KEY_CCH, 0, WIN_KEY_CCH};
    NTSTATUS status = room ? STATUS_SUCCESS : STATUS_NO_MEMORY;

    for (size_t i = 0; NT_SUCCESS(status) && i < fvm_reg_key_count(delta); i++)
        status = load_key(registry, fvm_reg_key_at(delta, i), &path, room);
    free(room);
    return from_status(status);
}

/* --- to the delta --------------------------------------------------------------------------------
 */

struct making {
    struct win_registry *registry;
    struct win_reading at;
    int depth;
};

/* A key that the VM touched. */
static NTSTATUS add_touched(struct making *making, const struct fvm_index_child *child)
{
    struct win_registry *registry = making->registry;
    bool is_there = child->user & FVM_REGVIEW_PRESENT && !(child->user & FVM_REGVIEW_VOLATILE);
    NTSTATUS status;

    if (!fvm_regwide_from_view(&making->at.text, fvm_buf_str(&making->at.path), registry->user))
        return STATUS_SUCCESS;
    status = child->flags & FVM_INDEX_MERGED || !(child->user & FVM_REGVIEW_PRESENT)
                 ? win_reading_key(&making->at, registry->before, false, NULL)
                 : win_reading_tree(&making->at, registry->before);
    if (!NT_SUCCESS(status) && status != STATUS_OBJECT_NAME_NOT_FOUND)
        return status;
    if (is_there)
        status = win_reading_key(&making->at, registry->after, true, NULL);
    if (!is_there || status == STATUS_OBJECT_NAME_NOT_FOUND) {
        fvm_regwide_from_view(&making->at.text, fvm_buf_str(&making->at.path), registry->user);
        status = fvm_reg_remove_key(registry->after, making->at.text.s);
    }
    return status;
}

/* A key of the host's, on the way to one that the VM touched: both have it. */
static NTSTATUS add_way(struct making *making)
{
    struct win_registry *registry = making->registry;
    fvm_status status;

    if (!fvm_regwide_from_view(&making->at.text, fvm_buf_str(&making->at.path), registry->user))
        return STATUS_SUCCESS;
    status = fvm_reg_add_key(registry->before, making->at.text.s);
    return fvm_failed(status) ? status : fvm_reg_add_key(registry->after, making->at.text.s);
}

static NTSTATUS walk(struct making *making, uint32_t node, bool shows_host);

static NTSTATUS visit(struct making *making, struct fvm_index_child *child, bool shows_host)
{
    struct win_registry *registry = making->registry;
    uint16_t name[FVM_REGVIEW_NAME_CCH];
    uint32_t cch = making->at.path.cch;
    NTSTATUS status;

    /* Programs of the VM can write there: copied, then looked at. */
    if (!child->name.cch || child->name.cch > ARRAY_LEN(name) || making->depth > DEPTH ||
        child->user & (FVM_REGVIEW_HIDDEN | FVM_REGVIEW_HOST_LINK))
        return STATUS_SUCCESS;
    memcpy(name, child->name.s, child->name.cch * sizeof(*name));
    if (cch)
        fvm_buf_add_unit(&making->at.path, '\\');
    status = fvm_buf_add(&making->at.path, (struct fvm_str){name, child->name.cch});
    if (NT_SUCCESS(status) && !(child->flags & FVM_INDEX_OWN) && shows_host)
        status = add_way(making);
    if (NT_SUCCESS(status) && child->flags & FVM_INDEX_OWN &&
        (registry->is_first || child->user & FVM_REGVIEW_DIRTY)) {
        /* Before it is read: what is written meanwhile makes it so again. What was read so far may
         * be older than what made it so. */
        fvm_index_user(&registry->index, child->node, 0, FVM_REGVIEW_DIRTY, &child->user);
        fvm_index_flags(&registry->index, child->node, 0, 0, &child->flags);
        status = add_touched(making, child);
    }
    /* What is below a key that vanishes with the VM vanishes, too. */
    if (NT_SUCCESS(status) && !(child->user & FVM_REGVIEW_VOLATILE))
        status = walk(making, child->node,
                      shows_host &&
                          (!(child->flags & FVM_INDEX_OWN) || child->flags & FVM_INDEX_MERGED));
    making->at.path.cch = cch;
    return status;
}

static NTSTATUS walk(struct making *making, uint32_t node, bool shows_host)
{
    struct fvm_index_cursor cursor = {node, 0, 0};
    struct fvm_index_child child;
    NTSTATUS status = STATUS_SUCCESS;

    making->depth++;
    while (NT_SUCCESS(status) &&
           !fvm_failed(fvm_index_next_child(&making->registry->index, &cursor, &child)))
        status = visit(making, &child, shows_host);
    making->depth--;
    return status;
}

/* Both registries as they are known so far; made if it is the first time. */
static NTSTATUS update(struct win_registry *registry)
{
    uint16_t *text = malloc(WIN_KEY_CCH * sizeof(*text));
    struct making making = {.registry = registry,
                            .at = {.registry = registry, .path = {text, 0, WIN_KEY_CCH}}};
    struct fvm_index_hit root;
    NTSTATUS status = text ? STATUS_SUCCESS : STATUS_NO_MEMORY;

    if (!registry->before) {
        registry->before = fvm_reg_new();
        registry->after = fvm_reg_new();
        registry->is_first = true;
    }
    if (!registry->before || !registry->after)
        status = STATUS_NO_MEMORY;
    if (NT_SUCCESS(status))
        status = fvm_index_lookup(&registry->index, FVM_STR(u"R"), &root, NULL, NULL);
    if (NT_SUCCESS(status) && root.is_complete) {
        fvm_buf_add_unit(&making.at.path, 'R');
        status = walk(&making, root.node, true);
    }
    registry->is_first = !NT_SUCCESS(status);
    fvm_text_free(&making.at.text);
    free(text);
    return status;
}

DWORD win_delta_make(struct fvm_reg **delta, struct win_registry *registry)
{
    struct fvm_reg *all = NULL;
    NTSTATUS status = update(registry);

    *delta = NULL;
    if (NT_SUCCESS(status))
        status = fvm_reg_diff(&all, registry->before, registry->after);
    if (NT_SUCCESS(status))
        status = fvm_reg_split(NULL, delta, all, fvm_noise_registry, NULL);
    fvm_reg_free(all);
    return from_status(status);
}
