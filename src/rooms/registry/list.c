/* rooms/registry/list.c: subkeys of a key that shows the host's and the VM's own. See registry.h.
 *
 * What the host has is read once for a handle and again when the host's key says that it changed;
 * what the VM has is in the view. So a program that deletes what it just enumerated, or makes keys
 * meanwhile, gets at each index what is there at that time, as without FVM. Only who asks for one
 * index after the other is answered from what was read when he began, unless the VM changes
 * something: the host is asked once for each of its keys then, as without FVM. */
#include "rooms/registry/registry.h"

#include "engine/capture.h"
#include "engine/real.h"
#include "rooms/registry/handlers.h"

#include <string.h>

struct host_name {
    uint32_t at, cch; /* in units of the block of names */
    uint32_t class_cb;
    int64_t written;
};
struct entry {
    struct fvm_str name;
    uint32_t host_index; /* NONE: the VM's own */
    uint32_t class_cb;
    uint32_t user;
    int64_t written; /* of the host's, when it was read */
};
#define NONE UINT32_MAX
struct registry_list {
    bool has_host; /* names[] are what the host had at host_time */
    int64_t host_time;
    uint32_t host_count, host_cap;
    struct host_name *names;
    uint16_t *text;
    uint32_t text_cch, text_cap;
    bool is_joined; /* entries[] are right for this generation */
    uint32_t generation;
    uint32_t count;
    struct entry *entries;
    HANDLE lister; /* who asked last, */
    ULONG listed;  /* and for which index */
    bool is_fresh; /* names[] were read since he began */
};

void registry_list_free(struct registry_list *list)
{
    if (!list)
        return;
    fvm_free(list->names);
    fvm_free(list->text);
    fvm_free(list->entries);
    fvm_free(list);
}

bool registry_is_merged(const struct fvm_regview_hit *hit)
{
    return hit->state == FVM_REGVIEW_HOST ? hit->has_own : hit->shows_host;
}

/* --- the host's ------------------------------------------------------------------------------- */

/* Room for `count` more items of `cb` bytes. */
static bool grow(void **array, uint32_t used, uint32_t *cap, uint32_t more, size_t cb)
{
    uint32_t wanted = *cap ? *cap : 64;
    void *grown;

    if (used + more <= *cap)
        return true;
    while (wanted < used + more)
        wanted *= 2;
    grown = fvm_allocate(wanted * cb);
    if (!grown)
        return false;
    if (used)
        memcpy(grown, *array, used * cb);
    fvm_free(*array);
    *array = grown;
    *cap = wanted;
    return true;
}

static NTSTATUS add_host(struct registry_list *list, const NT_KEY_NODE *node)
{
    uint32_t cch = node->NameLength / (uint32_t)sizeof(WCHAR);

    if (!grow((void **)(void *)&list->names, list->host_count, &list->host_cap, 1,
              sizeof(*list->names)) ||
        !grow((void **)(void *)&list->text, list->text_cch, &list->text_cap, cch,
              sizeof(*list->text)))
        return STATUS_NO_MEMORY;
    memcpy(list->text + list->text_cch, node->Name, cch * sizeof(WCHAR));
    list->names[list->host_count++] =
        (struct host_name){list->text_cch, cch, node->ClassLength, node->LastWriteTime.QuadPart};
    list->text_cch += cch;
    return STATUS_SUCCESS;
}

/* Read again what the host has, unless it is known. @param host may be NULL: it has no such key */
static NTSTATUS read_host(struct registry_list *list, HANDLE host, struct registry_scratch *scratch)
{
    const NT_KEY_CACHED *cached = (const NT_KEY_CACHED *)(const void *)scratch->bytes;
    ULONG got;
    NTSTATUS status = STATUS_SUCCESS;

    if (host)
        status = real.NtQueryKey(host, KEY_CACHED, scratch->bytes, REGISTRY_BYTES_CB, &got);
    if (!NT_SUCCESS(status) && status != STATUS_KEY_DELETED)
        return status;
    if (host && NT_SUCCESS(status) && list->has_host &&
        list->host_time == cached->LastWriteTime.QuadPart && list->host_count == cached->SubKeys)
        return STATUS_SUCCESS;
    list->has_host = list->is_fresh = true;
    list->host_time = host && NT_SUCCESS(status) ? cached->LastWriteTime.QuadPart : 0;
    list->host_count = list->text_cch = 0;
    list->is_joined = false;
    for (ULONG at = 0; host && NT_SUCCESS(status); at++) {
        status = real.NtEnumerateKey(host, at, KEY_NODE, scratch->bytes, REGISTRY_BYTES_CB, &got);
        if (NT_SUCCESS(status))
            status = add_host(list, (const NT_KEY_NODE *)(const void *)scratch->bytes);
    }
    return status == STATUS_NO_MORE_ENTRIES || status == STATUS_KEY_DELETED ? STATUS_SUCCESS
                                                                            : status;
}

/* --- both --------------------------------------------------------------------------------------
 */

/* Heap sort: no recursion, no memory. */
static void sift(struct entry *at, uint32_t root, uint32_t count)
{
    for (uint32_t child; (child = 2 * root + 1) < count; root = child) {
        struct entry swap;

        if (child + 1 < count && fvm_str_cmp_fold(at[child].name, at[child + 1].name) < 0)
            child++;
        if (fvm_str_cmp_fold(at[root].name, at[child].name) >= 0)
            return;
        swap = at[root];
        at[root] = at[child];
        at[child] = swap;
    }
}

static void sort(struct entry *at, uint32_t count)
{
    for (uint32_t i = count / 2; i-- > 0;)
        sift(at, i, count);
    for (uint32_t i = count; i-- > 1;) {
        struct entry swap = at[0];

        at[0] = at[i];
        at[i] = swap;
        sift(at, 0, i);
    }
}

/* The VM's marks among the subkeys, deletions too, in order. @return how many; NONE no memory */
static uint32_t read_marks(struct entry **marks, uint32_t node)
{
    struct fvm_index_cursor cursor = {node, 0, 0};
    struct fvm_index_child child;
    uint32_t count = 0, cap = 0;

    *marks = NULL;
    while (!fvm_failed(fvm_index_next_child(registry_index(), &cursor, &child))) {
        if (!(child.flags & FVM_INDEX_OWN) || child.user & FVM_REGVIEW_HOST_LINK)
            continue;
        if (!grow((void **)(void *)marks, count, &cap, 1, sizeof(**marks))) {
            fvm_free(*marks);
            return NONE;
        }
        (*marks)[count++] = (struct entry){child.name, NONE, 0, child.user, 0};
    }
    sort(*marks, count);
    return count;
}

static bool is_marked(const struct entry *marks, uint32_t count, struct fvm_str name)
{
    uint32_t low = 0;

    while (low < count) {
        uint32_t middle = low + (count - low) / 2;
        int order = fvm_str_cmp_fold(marks[middle].name, name);

        if (!order)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            count = middle;
    }
    return false;
}

static NTSTATUS join(struct registry_list *list, const struct fvm_regview_hit *hit)
{
    struct entry *marks = NULL, *joined;
    uint32_t count = hit->has_node ? read_marks(&marks, hit->node) : 0, own = 0, to = 0;

    if (count == NONE)
        return STATUS_NO_MEMORY;
    joined = fvm_allocate((list->host_count + count + 1) * sizeof(*joined));
    if (!joined) {
        fvm_free(marks);
        return STATUS_NO_MEMORY;
    }
    for (uint32_t host = 0; host <= list->host_count; host++) {
        const struct host_name *name = &list->names[host];
        struct fvm_str text = {0};

        if (host < list->host_count)
            text = (struct fvm_str){list->text + name->at, name->cch};
        for (; own < count &&
               (host == list->host_count || fvm_str_cmp_fold(marks[own].name, text) < 0);
             own++)
            if (marks[own].user & FVM_REGVIEW_PRESENT)
                joined[to++] = marks[own];
        if (host < list->host_count && !is_marked(marks, count, text))
            joined[to++] = (struct entry){text, host, name->class_cb, 0, name->written};
    }
    fvm_free(marks);
    fvm_free(list->entries);
    list->entries = joined;
    list->count = to;
    list->generation = hit->generation;
    list->is_joined = true;
    return STATUS_SUCCESS;
}

static void lock(struct registry_key *key)
{
    LARGE_INTEGER now = {.QuadPart = 0};

    while (__atomic_exchange_n(&key->busy, 1, __ATOMIC_ACQUIRE))
        real.NtDelayExecution(FALSE, &now);
}

static void unlock(struct registry_key *key)
{
    __atomic_store_n(&key->busy, 0, __ATOMIC_RELEASE);
}

/* Bring a key's list up to date. Locked. */
static NTSTATUS refresh(struct registry_key *key, const struct fvm_regview_hit *hit,
                        struct registry_scratch *scratch)
{
    NTSTATUS status = STATUS_SUCCESS;

    if (!key->list) {
        key->list = fvm_allocate(sizeof(*key->list));
        if (!key->list)
            return STATUS_NO_MEMORY;
        *key->list = (struct registry_list){0};
    }
    if (!key->host && hit->shows_host) {
        status = registry_open_host(&key->host, scratch, key->path, KEY_READ, OBJ_OPENLINK);
        if (!NT_SUCCESS(status))
            key->host = NULL;
        if (status == STATUS_OBJECT_NAME_NOT_FOUND)
            status = STATUS_SUCCESS;
    }
    if (NT_SUCCESS(status))
        status = read_host(key->list, key->host, scratch);
    if (NT_SUCCESS(status) && (!key->list->is_joined || key->list->generation != hit->generation))
        status = join(key->list, hit);
    return status;
}

/* --- counts --------------------------------------------------------------------------------------
 */

/* Of a key of the VM's own with a class. */
static uint32_t class_cb_of(const struct registry_key *parent, struct fvm_str name,
                            struct registry_scratch *scratch)
{
    struct fvm_buf path = {scratch->path, 0, REGISTRY_NAME_CCH};
    const NT_KEY_NODE *node = (const NT_KEY_NODE *)(const void *)scratch->bytes;
    uint32_t cb = 0;
    HANDLE key;
    ULONG got;

    if (fvm_failed(fvm_buf_add(&path, parent->path)) || fvm_failed(fvm_buf_add_unit(&path, '\\')) ||
        fvm_failed(fvm_buf_add(&path, name)) ||
        !NT_SUCCESS(registry_open_private(&key, scratch, fvm_buf_str(&path), KEY_READ, 0)))
        return 0;
    if (NT_SUCCESS(real.NtQueryKey(key, KEY_NODE, scratch->bytes, REGISTRY_BYTES_CB, &got)))
        cb = node->ClassLength;
    real.NtClose(key);
    return cb;
}

NTSTATUS registry_count(struct registry_key *key, const struct fvm_regview_hit *hit, ULONG *count,
                        ULONG *max_name_cb, ULONG *max_class_cb)
{
    FVM_CLEANUP(registry_scratch) struct registry_scratch *scratch = registry_scratch_get();
    NTSTATUS status;

    *count = *max_name_cb = *max_class_cb = 0;
    if (!scratch)
        return STATUS_NO_MEMORY;
    lock(key);
    status = refresh(key, hit, scratch);
    for (uint32_t i = 0; NT_SUCCESS(status) && i < key->list->count; i++) {
        const struct entry *entry = &key->list->entries[i];
        uint32_t name_cb = entry->name.cch * (uint32_t)sizeof(WCHAR), class_cb = entry->class_cb;

        if (entry->host_index == NONE && entry->user & FVM_REGVIEW_CLASS)
            class_cb = class_cb_of(key, entry->name, scratch);
        if (name_cb > *max_name_cb)
            *max_name_cb = name_cb;
        if (class_cb > *max_class_cb)
            *max_class_cb = class_cb;
        ++*count;
    }
    unlock(key);
    return status;
}

static void put_number(void *info, ULONG cb, size_t at, ULONG number)
{
    if (at + sizeof(number) <= cb)
        fvm_copy_guarded((char *)info + at, &number, sizeof(number));
}

/* What one side said of a key becomes what both have. */
static NTSTATUS mend(struct registry_key *key, const struct fvm_regview_hit *hit, ULONG class,
                     void *info, ULONG cb)
{
    ULONG count, name_cb, class_cb;
    NTSTATUS status = registry_count(key, hit, &count, &name_cb, &class_cb);

    if (!NT_SUCCESS(status))
        return status;
    if (class == KEY_FULL) {
        put_number(info, cb, offsetof(NT_KEY_FULL, SubKeys), count);
        put_number(info, cb, offsetof(NT_KEY_FULL, MaxNameLen), name_cb);
        put_number(info, cb, offsetof(NT_KEY_FULL, MaxClassLen), class_cb);
    } else {
        put_number(info, cb, offsetof(NT_KEY_CACHED, SubKeys), count);
        put_number(info, cb, offsetof(NT_KEY_CACHED, MaxNameLen), name_cb);
    }
    return STATUS_SUCCESS;
}

NTSTATUS registry_mend_counts(const struct registry_use *use, ULONG class, void *info, ULONG cb)
{
    struct fvm_regview_hit hit;
    NTSTATUS status;

    if (class != KEY_FULL && class != KEY_CACHED)
        return STATUS_SUCCESS;
    status = fvm_regview_find(registry_index(), use->key->path, &hit);
    if (!NT_SUCCESS(status) || !registry_is_merged(&hit))
        return status;
    return mend(use->key, &hit, class, info, cb);
}

/* The same for a subkey, which no handle is open on. @param path [in] in scratch->path */
static NTSTATUS mend_subkey(struct fvm_str path, ULONG class, void *info, ULONG cb)
{
    struct registry_key key = {.refs = 1, .path = path};
    struct fvm_regview_hit hit;
    NTSTATUS status;

    if (class != KEY_FULL && class != KEY_CACHED)
        return STATUS_SUCCESS;
    status = fvm_regview_find(registry_index(), path, &hit);
    if (NT_SUCCESS(status) && registry_is_merged(&hit))
        status = mend(&key, &hit, class, info, cb);
    if (key.host)
        real.NtClose(key.host);
    registry_list_free(key.list);
    return status;
}

/* --- the call
 * ------------------------------------------------------------------------------------- */

struct listing_call {
    HANDLE handle;
    ULONG at, class;
    void *info;
    ULONG cb, *needed;
};

static bool is_answer(NTSTATUS status)
{
    return NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW;
}

static NTSTATUS answer_own(struct registry_scratch *scratch, struct fvm_str path,
                           const struct listing_call *call)
{
    HANDLE key;
    NTSTATUS status = registry_open_private(&key, scratch, path, KEY_READ, 0);

    if (!NT_SUCCESS(status)) /* deleted meanwhile */
        return status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_NO_MORE_ENTRIES : status;
    status = real.NtQueryKey(key, call->class, call->info, call->cb, call->needed);
    real.NtClose(key);
    return status;
}

/* Does the caller go on where he is, and has nothing changed in the VM? Locked. */
static bool goes_on(const struct registry_list *list, const struct fvm_regview_hit *hit,
                    const struct listing_call *call)
{
    return list && list->is_joined && list->generation == hit->generation &&
           list->lister == call->handle && call->at == list->listed + 1;
}

/* A handle on the VM's own key may be one on a deleted key, or lack the right. */
static NTSTATUS check_lister(const struct registry_use *use, HANDLE handle)
{
    NTSTATUS status;
    ULONG got;

    if (!use->is_private && !(registry_slot(handle, false)->asked & KEY_ENUMERATE_SUB_KEYS))
        return STATUS_ACCESS_DENIED;
    if (!use->is_private || use->key->own)
        return STATUS_SUCCESS;
    status = real.NtEnumerateKey(use->handle, 0, KEY_BASIC, NULL, 0, &got);
    return status == STATUS_KEY_DELETED || status == STATUS_ACCESS_DENIED ||
                   status == STATUS_INVALID_HANDLE
               ? status
               : STATUS_SUCCESS;
}

/* What was read a moment ago. @return FVM_PASS: ask the host */
static NTSTATUS answer_read(const struct entry *entry, const struct listing_call *call)
{
    const ULONG fixed_cb = offsetof(NT_KEY_BASIC, Name),
                name_cb = entry->name.cch * (ULONG)sizeof(WCHAR), cb = fixed_cb + name_cb;
    NT_KEY_BASIC basic = {.LastWriteTime.QuadPart = entry->written, .NameLength = name_cb};
    NTSTATUS status;

    if (call->class != KEY_BASIC || call->cb < cb)
        return FVM_PASS;
    status = fvm_copy_guarded(call->info, &basic, fixed_cb);
    if (NT_SUCCESS(status))
        status = fvm_copy_guarded((char *)call->info + fixed_cb, entry->name.s, name_cb);
    return NT_SUCCESS(status) ? fvm_copy_guarded(call->needed, &cb, sizeof(cb)) : status;
}

/* Find an entry, and what it is called. Locked. @return FVM_PASS: it is still to be asked for;
 * STATUS_SUCCESS: it is told already */
static NTSTATUS find_entry(struct entry *entry, struct fvm_buf *path,
                           const struct registry_use *use, const struct fvm_regview_hit *hit,
                           const struct listing_call *call, struct registry_scratch *scratch)
{
    struct registry_key *key = use->key;
    NTSTATUS status = STATUS_SUCCESS;

    if (!goes_on(key->list, hit, call)) {
        status = check_lister(use, call->handle);
        if (NT_SUCCESS(status) && key->list)
            key->list->is_fresh = false;
        if (NT_SUCCESS(status))
            status = refresh(key, hit, scratch);
    }
    if (!NT_SUCCESS(status))
        return status;
    key->list->lister = call->handle;
    key->list->listed = call->at;
    if (call->at >= key->list->count)
        return STATUS_NO_MORE_ENTRIES;
    *entry = key->list->entries[call->at];
    if (entry->host_index != NONE && key->list->is_fresh) {
        status = answer_read(entry, call);
        if (status != FVM_PASS)
            return status;
    }
    status = fvm_buf_add(path, key->path);
    if (NT_SUCCESS(status))
        status = fvm_buf_add_unit(path, '\\');
    if (NT_SUCCESS(status))
        status = fvm_buf_add(path, entry->name);
    return NT_SUCCESS(status) ? FVM_PASS : status;
}

static NTSTATUS list_merged(const struct registry_use *use, const struct fvm_regview_hit *hit,
                            const struct listing_call *call)
{
    FVM_CLEANUP(registry_scratch) struct registry_scratch *scratch = registry_scratch_get();
    struct fvm_buf path;
    struct entry entry = {0};
    NTSTATUS status;

    if (!scratch)
        return STATUS_NO_MEMORY;
    path = (struct fvm_buf){scratch->path, 0, REGISTRY_NAME_CCH};
    lock(use->key);
    status = find_entry(&entry, &path, use, hit, call, scratch);
    unlock(use->key);
    if (status != FVM_PASS)
        return status;
    status = entry.host_index == NONE
                 ? answer_own(scratch, fvm_buf_str(&path), call)
                 : real.NtEnumerateKey(use->key->host, entry.host_index, call->class, call->info,
                                       call->cb, call->needed);
    if (is_answer(status) &&
        !NT_SUCCESS(mend_subkey(fvm_buf_str(&path), call->class, call->info, call->cb)))
        status = STATUS_NO_MEMORY;
    return status;
}

/**
 * List subkeys of the VM's view.
 *
 * @source nt:NtEnumerateKey; paper:registry
 */
NTSTATUS NTAPI registry_NtEnumerateKey(HANDLE handle, ULONG at, ULONG class, void *info, ULONG cb,
                                       ULONG *needed)
{
    struct listing_call call = {handle, at, class, info, cb, needed};
    struct fvm_regview_hit hit;
    struct registry_use use;
    NTSTATUS status = registry_use(&use, handle, KEY_ENUMERATE_SUB_KEYS, false);

    if (status == FVM_PASS)
        return real.NtEnumerateKey(handle, at, class, info, cb, needed);
    if (NT_SUCCESS(status))
        status = fvm_regview_find(registry_index(), use.key->path, &hit);
    if (!NT_SUCCESS(status))
        return status;
    /* Of one side alone, also what it says of its subkeys? */
    if (!registry_is_merged(&hit) && !(class == KEY_FULL && hit.shows_host && hit.has_node))
        return real.NtEnumerateKey(use.handle, at, class, info, cb, needed);
    return list_merged(&use, &hit, &call);
}

/**
 * Tell of a key of the VM's view.
 *
 * @source nt:NtQueryKey; paper:registry
 */
NTSTATUS NTAPI registry_NtQueryKey(HANDLE handle, ULONG class, void *info, ULONG cb, ULONG *needed)
{
    struct registry_use use;
    /* Wine asks for no right; where NT does, the call itself does. */
    NTSTATUS status = registry_use(&use, handle, 0, false);

    if (status == FVM_PASS)
        return real.NtQueryKey(handle, class, info, cb, needed);
    if (!NT_SUCCESS(status))
        return status;
    if (class == KEY_NAME && use.is_private)
        return registry_query_name(use.handle, info, cb, needed);
    status = real.NtQueryKey(use.handle, class, info, cb, needed);
    if (is_answer(status)) {
        NTSTATUS mended = registry_mend_counts(&use, class, info, cb);

        if (!NT_SUCCESS(mended))
            status = mended;
    }
    return status;
}
