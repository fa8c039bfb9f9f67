/* rooms/files/table.c: what this process knows of its handles. See files.h. All of it can be found
 * out again from the handle: a process that inherited one knows nothing here. */
#include "rooms/files/files.h"

#include "engine/image.h"
#include "engine/real.h"
#include "rooms/files/handlers.h"

#include <string.h>

enum { PAGES = 256, SLOTS = 4096 }; /* handles up to 4 million; others have no slot */
FVM_STATE static struct files_slot *pages[PAGES];

struct files_slot *files_slot(HANDLE handle, bool make)
{
    ULONG_PTR number = (ULONG_PTR)handle >> 2;
    struct files_slot **page = &pages[number / SLOTS % PAGES], *none = NULL;
    void *base = NULL;
    SIZE_T cb = SLOTS * sizeof(**page);

    if (number >= (ULONG_PTR)PAGES * SLOTS)
        return NULL;
    if (!*page && make &&
        NT_SUCCESS(real.NtAllocateVirtualMemory(NT_CURRENT_PROCESS, &base, 0, &cb,
                                                MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE)) &&
        !__atomic_compare_exchange_n(page, &none, base, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        cb = 0;
        real.NtFreeVirtualMemory(NT_CURRENT_PROCESS, &base, &cb, MEM_RELEASE);
    }
    return *page ? &(*page)[number % SLOTS] : NULL;
}

void files_slot_set(HANDLE handle, enum files_side side)
{
    struct files_slot *slot = files_slot(handle, side != FILES_SIDE_UNKNOWN);

    if (!slot)
        return;
    files_slot_drop(slot);
    slot->side = side;
}

/* Put `head` and `tail` in the place of what was remembered. */
static void remember(struct files_path **link, struct fvm_str head, struct fvm_str tail)
{
    uint32_t cch = head.cch + tail.cch;
    struct files_path *made = fvm_allocate(sizeof(*made) + cch * sizeof(uint16_t));
    uint16_t *text;

    if (!made)
        return;
    text = (uint16_t *)(void *)(made + 1);
    memcpy(text, head.s, head.cch * sizeof(*text));
    if (tail.cch)
        memcpy(text + head.cch, tail.s, tail.cch * sizeof(*text));
    *made = (struct files_path){__atomic_load_n(link, __ATOMIC_ACQUIRE), {text, cch}};
    while (!__atomic_compare_exchange_n(link, &made->before, made, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE))
        ;
}

static void forget(struct files_path *path)
{
    while (path) {
        struct files_path *before = path->before;

        fvm_free(path);
        path = before;
    }
}

void files_slot_keep_path(HANDLE handle, struct fvm_str path)
{
    struct files_slot *slot = files_slot(handle, false);
    struct files_shared *shared = slot ? files_shared(slot) : NULL;

    if (shared)
        remember(&shared->told, path, (struct fvm_str){0});
}

struct fvm_str files_slot_path(HANDLE handle)
{
    struct files_slot *slot = files_slot(handle, false);
    struct files_shared *shared = slot ? slot->shared : NULL;

    return shared && shared->told ? shared->told->path : (struct fvm_str){0};
}

void files_slot_keep_path_now(HANDLE handle, struct fvm_str path)
{
    struct files_slot *slot = files_slot(handle, false);
    /* Of one from elsewhere it is not known on which side it is. */
    struct files_shared *shared =
        slot && slot->side != FILES_SIDE_UNKNOWN ? files_shared(slot) : NULL;

    if (shared && !shared->now)
        remember(&shared->now, path, (struct fvm_str){0});
}

struct fvm_str files_slot_path_now(HANDLE handle)
{
    struct files_slot *slot = files_slot(handle, false);
    struct files_shared *shared = slot ? slot->shared : NULL;

    return shared && shared->now ? shared->now->path : (struct fvm_str){0};
}

void files_slot_keep_path_opened(HANDLE handle, struct fvm_str path)
{
    struct files_slot *slot = files_slot(handle, false);
    struct files_shared *shared = slot ? files_shared(slot) : NULL;

    if (shared)
        remember(&shared->opened, path, (struct fvm_str){0});
}

void files_slot_delete_at_close(HANDLE handle)
{
    struct files_slot *slot = files_slot(handle, false);
    struct files_shared *shared = slot ? files_shared(slot) : NULL;

    if (shared)
        shared->is_to_delete = true;
}

struct fvm_str files_slot_directory(HANDLE handle)
{
    struct files_slot *slot = files_slot(handle, false);
    struct files_shared *shared = slot ? slot->shared : NULL;

    /* Had it been moved since, `now` would be there. */
    if (shared && !shared->now && shared->opened)
        remember(&shared->now, shared->opened->path, (struct fvm_str){0});
    return files_slot_path_now(handle);
}

static void move_slot(struct files_slot *slot, HANDLE handle, struct fvm_str from,
                      struct fvm_str to, struct files_scratch *scratch)
{
    struct files_shared *shared;
    struct fvm_str path;

    if (!NT_SUCCESS(files_path_of(&path, scratch, handle, NULL)) ||
        !fvm_ntpath_is_below(path, from))
        return;
    shared = files_shared(slot);
    if (shared)
        remember(&shared->now, to, fvm_str_sub(path, from.cch, path.cch));
}

void files_slots_moved(struct fvm_str from, struct fvm_str to)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = files_scratch_get();

    for (ULONG_PTR page = 0; scratch && page < PAGES; page++)
        for (ULONG_PTR at = 0; pages[page] && at < SLOTS; at++)
            if (pages[page][at].side != FILES_SIDE_UNKNOWN)
                move_slot(&pages[page][at], (HANDLE)((page * SLOTS + at) << 2), from, to, scratch);
}

struct files_shared *files_shared(struct files_slot *slot)
{
    struct files_shared *shared = __atomic_load_n(&slot->shared, __ATOMIC_ACQUIRE), *made;

    if (shared)
        return shared;
    made = fvm_allocate(sizeof(*made));
    if (!made)
        return NULL;
    *made = (struct files_shared){.refs = 1};
    if (__atomic_compare_exchange_n(&slot->shared, &shared, made, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
        return made;
    fvm_free(made);
    return shared;
}

void files_shared_put(struct files_shared *shared)
{
    if (!shared || __atomic_sub_fetch(&shared->refs, 1, __ATOMIC_ACQ_REL))
        return;
    forget(shared->told);
    forget(shared->now);
    forget(shared->opened);
    files_listing_free(shared->listing);
    if (shared->watch)
        files_watch_end(shared->watch);
    if (shared->copy)
        real.NtClose(shared->copy);
    if (shared->locks)
        real.NtClose(shared->locks);
    if (shared->port)
        real.NtClose(shared->port);
    fvm_free(shared);
}

void files_slot_drop(struct files_slot *slot)
{
    slot->side = FILES_SIDE_UNKNOWN;
    slot->may_list = slot->may_follow = false;
    if (slot->shared)
        files_shared_put(__atomic_exchange_n(&slot->shared, NULL, __ATOMIC_ACQ_REL));
}

/* What is known goes with the handle, while the call may end it. */
static struct files_slot take(struct files_slot *from, bool ends)
{
    struct files_slot taken = {0};

    if (!from || from->side == FILES_SIDE_UNKNOWN)
        return taken;
    taken = *from;
    taken.shared = files_shared(from);
    if (taken.shared)
        __atomic_add_fetch(&taken.shared->refs, 1, __ATOMIC_ACQ_REL);
    if (ends)
        files_slot_drop(from);
    return taken;
}

/**
 * Duplicates within the process share how far a listing is, and what watches it.
 *
 * Between processes they do not: what is shared is in the memory of one.
 *
 * @source nt:NtDuplicateObject; paper:files
 */
NTSTATUS NTAPI files_NtDuplicateObject(HANDLE from, HANDLE handle, HANDLE to, HANDLE *copy,
                                       ACCESS_MASK access, ULONG attributes, ULONG options)
{
    bool is_ours = from == NT_CURRENT_PROCESS,
         ends = is_ours && options & DUPLICATE_CLOSE_SOURCE; /* even if the call fails */
    struct files_slot *slot = is_ours ? files_slot(handle, false) : NULL, taken = take(slot, ends);
    NTSTATUS status = real.NtDuplicateObject(from, handle, to, copy, access, attributes, options);

    if (NT_SUCCESS(status) && copy && to == NT_CURRENT_PROCESS) {
        files_slot_set(*copy, taken.side);
        slot = files_slot(*copy, false);
        if (slot) {
            slot->may_follow = taken.may_follow;
            slot->share = taken.share;
            slot->seen = taken.seen;
            slot->shared = FVM_STEAL(taken.shared, NULL);
        }
    }
    files_shared_put(taken.shared);
    return status;
}
