/* rooms/registry/table.c: what this process knows of its keys' handles. See registry.h. All of it
 * can be found out again from the handle: a process that inherited one knows nothing here. */
#include "rooms/registry/registry.h"

#include "engine/capture.h"
#include "engine/image.h"
#include "engine/real.h"
#include "rooms/registry/handlers.h"

#include <string.h>

enum { PAGES = 256, SLOTS = 4096 }; /* handles up to 4 million; others have no slot */
FVM_STATE static struct registry_slot *pages[PAGES];

struct registry_slot *registry_slot(HANDLE handle, bool make)
{
    ULONG_PTR number = (ULONG_PTR)handle >> 2;
    struct registry_slot **page = &pages[number / SLOTS % PAGES], *none = NULL;
    void *made;

    if (number >= (ULONG_PTR)PAGES * SLOTS)
        return NULL;
    if (!*page && make && (made = fvm_pages(SLOTS * sizeof(**page))) != NULL &&
        !__atomic_compare_exchange_n(page, &none, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        fvm_pages_free(made);
    return *page ? &(*page)[number % SLOTS] : NULL;
}

static void put(struct registry_key *key)
{
    if (!key || __atomic_sub_fetch(&key->refs, 1, __ATOMIC_ACQ_REL))
        return;
    if (key->own)
        registry_close_below(key->own);
    if (key->host)
        registry_close_below(key->host);
    if (key->watched)
        registry_close_below(key->watched);
    registry_list_free(key->list);
    if (key->is_pages)
        fvm_pages_free(key);
    else
        fvm_free(key);
}

struct registry_key *registry_note(HANDLE handle, struct fvm_str path, bool is_private,
                                   const struct fvm_regview_hit *hit, ACCESS_MASK asked)
{
    struct registry_slot *slot = registry_slot(handle, true);
    size_t cb = sizeof(struct registry_key) + path.cch * sizeof(uint16_t);
    struct registry_key *made;
    bool is_pages = false;
    uint16_t *text;

    if (!slot)
        return NULL;
    put(__atomic_exchange_n(&slot->key, NULL, __ATOMIC_ACQ_REL));
    made = fvm_allocate(cb);
    if (!made) { /* the loader's own keys: there is no heap yet */
        made = fvm_pages(cb);
        is_pages = true;
    }
    if (!made)
        return NULL;
    text = (uint16_t *)(void *)(made + 1);
    memcpy(text, path.s, path.cch * sizeof(*text));
    *made = (struct registry_key){.refs = 1,
                                  .is_private = is_private,
                                  .is_pages = is_pages,
                                  .life = hit->life,
                                  .generation = hit->generation,
                                  .node = hit->node,
                                  .path = {text, path.cch}};
    slot->asked = asked;
    __atomic_store_n(&slot->key, made, __ATOMIC_RELEASE);
    return made;
}

void registry_forget(HANDLE handle)
{
    struct registry_slot *slot = registry_slot(handle, false);

    if (slot && slot->key)
        put(__atomic_exchange_n(&slot->key, NULL, __ATOMIC_ACQ_REL));
}

/**
 * What is known of a handle goes before it: its number may be another's at once.
 *
 * @source nt:NtClose; paper:registry
 */
NTSTATUS NTAPI registry_NtClose(HANDLE handle)
{
    registry_forget(handle);
    return registry_close_below(handle);
}

/* To another process goes what the call works on: what this one knows does not go along. */
static HANDLE real_handle(HANDLE handle)
{
    struct registry_slot *slot = registry_slot(handle, false);
    struct registry_use use;

    if (!slot || !slot->key || slot->key->is_private)
        return handle;
    if (slot->asked & ~(ACCESS_MASK)REGISTRY_READ_RIGHTS) /* or it could never be written to */
        registry_use(&use, handle, 0, true);
    return slot->key->own ? slot->key->own : handle;
}

/**
 * Duplicates share what is known of the key.
 *
 * A handle that may write to the host's key makes its private copy when it goes to another process.
 *
 * @source nt:NtDuplicateObject; paper:registry
 */
NTSTATUS NTAPI registry_NtDuplicateObject(HANDLE from, HANDLE handle, HANDLE to, HANDLE *copy,
                                          ACCESS_MASK access, ULONG attributes, ULONG options)
{
    struct registry_slot *slot = from == NT_CURRENT_PROCESS ? registry_slot(handle, false) : NULL;
    struct registry_slot taken = {0};
    HANDLE made;
    NTSTATUS status;

    if (!slot || !slot->key)
        slot = NULL;
    if (slot && (to != NT_CURRENT_PROCESS || attributes & OBJ_INHERIT) && to &&
        !(options & DUPLICATE_CLOSE_SOURCE)) {
        status = registry_duplicate_below(from, real_handle(handle), to, copy, access, attributes,
                                          options);
        if (NT_SUCCESS(status) && to == NT_CURRENT_PROCESS && copy &&
            NT_SUCCESS(fvm_copy_guarded(&made, copy, sizeof(made))))
            registry_forget(made); /* what it is open on is found out when it is used */
        return status;
    }
    if (slot) {
        taken = *slot;
        __atomic_add_fetch(&taken.key->refs, 1, __ATOMIC_ACQ_REL);
        if (options & DUPLICATE_CLOSE_SOURCE)
            registry_forget(handle);
        if (!(options & DUPLICATE_SAME_ACCESS)) {
            taken.asked = registry_map_access(access);
            if (!taken.key->is_private) /* nobody can write to the host's */
                access = taken.asked & REGISTRY_READ_RIGHTS;
        }
    }
    status = registry_duplicate_below(from, handle, to, copy, access, attributes, options);
    if (!NT_SUCCESS(status) || !copy || to != NT_CURRENT_PROCESS ||
        !NT_SUCCESS(fvm_copy_guarded(&made, copy, sizeof(made)))) {
        put(taken.key);
        return status;
    }
    registry_forget(made);
    slot = taken.key ? registry_slot(made, true) : NULL;
    if (slot)
        *slot = taken;
    else
        put(taken.key);
    return status;
}
