/* rooms/files/list.c: listings of directories that the VM and the host share. A directory in which
 * the VM changed nothing is read by the caller's own call. */
#include "rooms/files/list.h"

#include "engine/capture.h"
#include "engine/image.h"
#include "engine/real.h"
#include "rooms/files/handlers.h"

#include <string.h>

enum { ID_BOTH_CLASS = 37, LIST_BLOCK_CB = FILES_COPY_CB };

static struct fvm_str name_of(const NT_DIR_ENTRY *entry)
{
    return (struct fvm_str){entry->FileName, entry->FileNameLength / sizeof(WCHAR)};
}

static bool is_dots(struct fvm_str name)
{
    return fvm_str_eq(name, FVM_STR(u".")) || fvm_str_eq(name, FVM_STR(u".."));
}

/* All of an open directory, from its beginning. */
static NTSTATUS each_of(HANDLE handle, struct fvm_str mask, files_entry_fn *fn, void *context)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = files_scratch_get();
    UNICODE_STRING text = {.Buffer = (WCHAR *)(uintptr_t)mask.s,
                           .Length = (USHORT)(mask.cch * sizeof(WCHAR)),
                           .MaximumLength = (USHORT)(mask.cch * sizeof(WCHAR))};
    BOOLEAN restart = TRUE;

    if (!scratch)
        return STATUS_NO_MEMORY;
    for (;;) {
        const char *at = (const char *)scratch->bytes;
        const NT_DIR_ENTRY *entry;
        IO_STATUS_BLOCK io;
        NTSTATUS status =
            real.NtQueryDirectoryFile(handle, NULL, NULL, NULL, &io, scratch->bytes, LIST_BLOCK_CB,
                                      ID_BOTH_CLASS, FALSE, mask.s ? &text : NULL, restart);

        if (status == STATUS_NO_MORE_FILES || status == STATUS_NO_SUCH_FILE)
            return STATUS_SUCCESS;
        if (status)
            return status;
        restart = FALSE;
        do {
            entry = (const NT_DIR_ENTRY *)(const void *)at;
            status = fn(context, entry);
            at += entry->NextEntryOffset;
        } while (NT_SUCCESS(status) && entry->NextEntryOffset);
        if (!NT_SUCCESS(status))
            return status;
    }
}

NTSTATUS files_list_each(struct fvm_str dir, struct fvm_str mask, files_entry_fn *fn, void *context)
{
    HANDLE handle;
    NTSTATUS status =
        files_open_real(&handle, dir, FILE_LIST_DIRECTORY, FILE_OPEN, FILE_DIRECTORY_FILE);

    if (!NT_SUCCESS(status))
        return status;
    status = each_of(handle, mask, fn, context);
    real.NtClose(handle);
    return status;
}

/* --- gathering --------------------------------------------------------------------------- */

struct files_chunk {
    struct files_chunk *before;
    size_t used;
    char bytes[32 << 10];
};

/* Room for an entry; no name is as long as a chunk. @return NULL no memory */
static NT_DIR_ENTRY *take_room(struct files_listing *listing, size_t cb)
{
    struct files_chunk *chunk = listing->chunks;

    cb = (cb + 7) & ~(size_t)7;
    if (cb > sizeof(chunk->bytes))
        return NULL;
    if (!chunk || cb > sizeof(chunk->bytes) - chunk->used) {
        chunk = fvm_allocate(sizeof(*chunk));
        if (!chunk)
            return NULL;
        chunk->before = listing->chunks;
        chunk->used = 0;
        listing->chunks = chunk;
    }
    chunk->used += cb;
    return (NT_DIR_ENTRY *)(void *)(chunk->bytes + chunk->used - cb);
}

struct gathering {
    struct files_listing *listing;
    struct fvm_buf directory; /* virtual path, with room for a name behind it */
    bool is_host;             /* these are the host's names: marked ones are not shown */
};

/* Does the layer decide what this name of the host's is? */
static bool is_marked(struct gathering *all, struct fvm_str name)
{
    struct fvm_buf path = all->directory;
    struct fvm_index_hit hit;

    if (path.s[path.cch - 1] != '\\' && fvm_failed(fvm_buf_add_unit(&path, '\\')))
        return false;
    if (fvm_failed(fvm_buf_add(&path, name)) ||
        fvm_failed(fvm_index_lookup(files_index(), fvm_buf_str(&path), &hit, NULL, NULL)))
        return false;
    return hit.is_complete && hit.answer == FVM_INDEX_IS_OWN;
}

static NTSTATUS grow(struct files_listing *listing)
{
    uint32_t cap = listing->cap ? listing->cap * 2 : 64;
    NT_DIR_ENTRY **grown = fvm_allocate((size_t)cap * sizeof(void *));

    if (!grown)
        return STATUS_NO_MEMORY;
    if (listing->count)
        memcpy(grown, listing->entries, (size_t)listing->count * sizeof(void *));
    fvm_free(listing->entries);
    listing->entries = grown;
    listing->cap = cap;
    return STATUS_SUCCESS;
}

static NTSTATUS gather_one(void *context, const NT_DIR_ENTRY *entry)
{
    struct gathering *all = context;
    struct files_listing *listing = all->listing;
    struct fvm_str name = name_of(entry);
    size_t cb = offsetof(NT_DIR_ENTRY, FileName) + entry->FileNameLength;
    NT_DIR_ENTRY *copy;
    NTSTATUS status;

    /* `.` and `..` are the layer's; a root has none. */
    if (all->is_host ? is_marked(all, name) || (is_dots(name) && all->directory.cch > 3) : false)
        return STATUS_SUCCESS;
    status = listing->count == listing->cap ? grow(listing) : STATUS_SUCCESS;
    copy = NT_SUCCESS(status) ? take_room(listing, cb) : NULL;
    if (!copy)
        return STATUS_NO_MEMORY;
    memcpy(copy, entry, cb);
    listing->entries[listing->count++] = copy;
    return STATUS_SUCCESS;
}

/* Heap sort: no recursion, no memory. */
static void sift(NT_DIR_ENTRY **at, uint32_t root, uint32_t count)
{
    for (uint32_t child; (child = 2 * root + 1) < count; root = child) {
        NT_DIR_ENTRY *swap;

        if (child + 1 < count && files_name_order(name_of(at[child]), name_of(at[child + 1])) < 0)
            child++;
        if (files_name_order(name_of(at[root]), name_of(at[child])) >= 0)
            return;
        swap = at[root];
        at[root] = at[child];
        at[child] = swap;
    }
}

static void heap_sort(NT_DIR_ENTRY **at, uint32_t count)
{
    for (uint32_t i = count / 2; i-- > 0;)
        sift(at, i, count);
    for (uint32_t i = count; i-- > 1;) {
        NT_DIR_ENTRY *swap = at[0];

        at[0] = at[i];
        at[i] = swap;
        sift(at, 0, i);
    }
}

/* Where names that are in order, from `from` on, end. */
static uint32_t run_end(NT_DIR_ENTRY *const *at, uint32_t from, uint32_t count)
{
    while (++from < count && files_name_order(name_of(at[from - 1]), name_of(at[from])) <= 0)
        ;
    return from;
}

/* Two runs, the host's names and the layer's, as file systems and Wine give them, take one walk. */
static void sort(struct files_listing *listing)
{
    NT_DIR_ENTRY **at = listing->entries, **joined;
    uint32_t count = listing->count, middle = run_end(at, 0, count), left = 0, right = middle;

    if (middle == count)
        return;
    joined =
        run_end(at, middle, count) == count ? fvm_allocate(listing->cap * sizeof(void *)) : NULL;
    if (!joined) {
        heap_sort(at, count);
        return;
    }
    for (uint32_t to = 0; to < count; to++) {
        bool is_left =
            right == count ||
            (left < middle && files_name_order(name_of(at[left]), name_of(at[right])) <= 0);

        joined[to] = at[is_left ? left++ : right++];
    }
    listing->entries = joined;
    fvm_free(at);
}

static void empty(struct files_listing *listing)
{
    for (struct files_chunk *chunk = listing->chunks, *before; chunk; chunk = before) {
        before = chunk->before;
        fvm_free(chunk);
    }
    fvm_free(listing->entries);
    listing->chunks = NULL;
    listing->entries = NULL;
    listing->count = listing->cap = listing->at = 0;
}

static NTSTATUS gather(struct files_listing *listing, const struct files_place *place,
                       struct files_scratch *scratch, struct fvm_str mask, HANDLE handle)
{
    struct gathering all = {.listing = listing,
                            .directory = {scratch->virtual, place->path.path.cch, FILES_NAME_CCH}};
    NTSTATUS status = STATUS_SUCCESS;

    empty(listing);
    if (place->host.cch && (!files_is_own(place) || files_is_merged(place))) {
        all.is_host = true;
        status = files_list_each(place->host, mask, gather_one, &all);
    }
    all.is_host = false;
    /* A root has no directory in the layer before something is changed below it. */
    if (NT_SUCCESS(status) || status == STATUS_OBJECT_NAME_NOT_FOUND) {
        /* The caller's own handle, if nobody else is let in beside it: Wine keeps what it read. */
        status = files_list_each(place->layer, mask, gather_one, &all);
        if (status == STATUS_SHARING_VIOLATION && handle)
            status = each_of(handle, mask, gather_one, &all);
        if (status == STATUS_OBJECT_NAME_NOT_FOUND || status == STATUS_OBJECT_PATH_NOT_FOUND)
            status = STATUS_SUCCESS;
    }
    if (NT_SUCCESS(status) && listing->count)
        sort(listing);
    return status;
}

static NTSTATUS stop_at_first(void *context, const NT_DIR_ENTRY *entry)
{
    struct gathering *all = context;
    struct fvm_str name = name_of(entry);

    if (is_dots(name) || (all->is_host && is_marked(all, name)))
        return STATUS_SUCCESS;
    return STATUS_DIRECTORY_NOT_EMPTY;
}

NTSTATUS files_check_empty(const struct files_place *place, HANDLE handle)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = files_scratch_get();
    struct gathering all = {.is_host = true};
    NTSTATUS status = STATUS_SUCCESS;

    if (!scratch)
        return STATUS_NO_MEMORY;
    all.directory = (struct fvm_buf){scratch->virtual, 0, FILES_NAME_CCH};
    fvm_buf_add(&all.directory, place->path.path);
    if (place->host.cch)
        status = files_list_each(place->host, (struct fvm_str){0}, stop_at_first, &all);
    if (!NT_SUCCESS(status))
        return status;
    all.is_host = false;
    /* A handle of its own, not listed yet: what the caller's has read is a picture of then. */
    status = files_list_each(place->layer, (struct fvm_str){0}, stop_at_first, &all);
    if (status == STATUS_SHARING_VIOLATION && handle)
        status = each_of(handle, (struct fvm_str){0}, stop_at_first, &all);
    return status;
}

/* --- short names ------------------------------------------------------------------------- */

struct wanted {
    struct gathering all;
    struct fvm_str name; /* short, as it was given */
    struct fvm_buf *found;
    bool was_host; /* it is short for a name of the host's that is not here any more */
};

static NTSTATUS stop_at_short(void *context, const NT_DIR_ENTRY *entry)
{
    struct wanted *wanted = context;
    /* What the VM removed or moved is nobody's name here. */
    bool is_gone = wanted->all.is_host && is_marked(&wanted->all, name_of(entry));
    struct fvm_str alias = {entry->ShortName, (uint32_t)entry->ShortNameLength / sizeof(WCHAR)};

    if (is_gone) {
        wanted->was_host = wanted->was_host || fvm_str_eq_fold(alias, wanted->name);
        return STATUS_SUCCESS;
    }
    if (fvm_str_eq_fold(name_of(entry), wanted->name)) {
        wanted->found->cch = 0; /* a file of that very name comes first */
        fvm_buf_add(wanted->found, name_of(entry));
        return STATUS_FILE_CLOSED;
    }
    if (fvm_str_eq_fold(alias, wanted->name) && !wanted->found->cch)
        return fvm_buf_add(wanted->found, name_of(entry));
    return STATUS_SUCCESS;
}

NTSTATUS files_lengthen(struct fvm_buf *room, struct fvm_str dir, struct fvm_str name)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = files_scratch_get();
    struct files_place place;
    struct wanted wanted = {.name = name, .found = room};
    NTSTATUS status = STATUS_NO_MEMORY;

    room->cch = 0;
    if (scratch)
        status = files_place_of(&place, scratch, dir);
    if (!NT_SUCCESS(status))
        return status;
    wanted.all.directory = (struct fvm_buf){scratch->virtual, place.path.path.cch, FILES_NAME_CCH};
    if (files_list_each(place.layer, (struct fvm_str){0}, stop_at_short, &wanted) ==
            STATUS_FILE_CLOSED ||
        room->cch)
        return STATUS_SUCCESS;
    wanted.all.is_host = true;
    if (place.host.cch && (!files_is_own(&place) || files_is_merged(&place)))
        files_list_each(place.host, (struct fvm_str){0}, stop_at_short, &wanted);
    /* The host would still find what is gone by it. */
    if (!room->cch && wanted.was_host &&
        !fvm_failed(fvm_buf_add_unit(&wanted.all.directory, '\\')) &&
        !fvm_failed(fvm_buf_add(&wanted.all.directory, name)))
        fvm_index_mark(files_index(), fvm_buf_str(&wanted.all.directory), FVM_INDEX_OWN,
                       (struct fvm_str){0}, NULL, NULL);
    /* Nobody's, or the directory cannot be read: what was given. */
    return room->cch ? STATUS_SUCCESS : fvm_buf_add(room, name);
}

/* --- the call ---------------------------------------------------------------------------- */

void files_listing_free(struct files_listing *listing)
{
    if (!listing)
        return;
    empty(listing);
    fvm_free(listing->mask);
    fvm_free(listing);
}

static void lock(struct files_listing *listing)
{
    LARGE_INTEGER now = {.QuadPart = 0};

    while (__atomic_exchange_n(&listing->busy, 1, __ATOMIC_ACQUIRE))
        real.NtDelayExecution(FALSE, &now);
}

static void unlock(struct files_listing *listing)
{
    __atomic_store_n(&listing->busy, 0, __ATOMIC_RELEASE);
}

/* What the handle is open on, if its listing is a merged one. @return FVM_PASS: it is not */
static NTSTATUS find_merged(struct files_place *place, struct files_scratch *scratch, HANDLE handle,
                            bool *is_private)
{
    struct fvm_str path;
    NTSTATUS status;

    status = files_path_of(&path, scratch, handle, is_private);
    if (!NT_SUCCESS(status))
        return status;
    if (!path.cch)
        return FVM_PASS;
    status = files_place_of(place, scratch, path);
    if (!NT_SUCCESS(status))
        return status;
    if (files_is_merged(place) || (place->hit.answer == FVM_INDEX_HOST && place->hit.is_complete))
        return STATUS_SUCCESS;
    return FVM_PASS;
}

static struct files_listing *begin(const UNICODE_STRING *mask)
{
    struct files_listing *listing = fvm_allocate(sizeof(*listing));
    UNICODE_STRING text = {0};

    if (!listing)
        return NULL;
    *listing = (struct files_listing){0};
    if (!mask || !NT_SUCCESS(fvm_copy_guarded(&text, mask, sizeof(text))))
        return listing;
    listing->mask = fvm_allocate(text.Length + sizeof(*listing->mask));
    listing->mask_cch = text.Length / sizeof(WCHAR);
    if (listing->mask && NT_SUCCESS(fvm_copy_guarded(listing->mask, text.Buffer, text.Length)))
        return listing;
    fvm_free(listing->mask);
    fvm_free(listing);
    return NULL;
}

/* One call of the caller's. */
struct listing_call {
    struct files_slot *slot;
    HANDLE handle, event;
    void *apc, *context;
    IO_STATUS_BLOCK *io;
    void *info;
    ULONG cb, class;
    bool single, restart;
};

static NTSTATUS call_real(const struct listing_call *call, UNICODE_STRING *mask)
{
    return real.NtQueryDirectoryFile(call->handle, call->event, call->apc, call->context, call->io,
                                     call->info, call->cb, call->class, call->single, mask,
                                     call->restart);
}

/* May this handle list at all? What the call itself says is what the caller gets. */
static NTSTATUS check_access(const struct listing_call *call, const struct files_listing *listing)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = files_scratch_get();
    /* With the mask, for the host may keep what it reads here for the next call. */
    UNICODE_STRING mask = {.Buffer = listing->mask,
                           .Length = (USHORT)(listing->mask_cch * sizeof(WCHAR)),
                           .MaximumLength = (USHORT)(listing->mask_cch * sizeof(WCHAR))};
    IO_STATUS_BLOCK io;
    NTSTATUS status;

    if (!scratch)
        return STATUS_NO_MEMORY;
    status = real.NtQueryDirectoryFile(call->handle, NULL, NULL, NULL, &io, scratch->bytes,
                                       LIST_BLOCK_CB, ID_BOTH_CLASS, TRUE,
                                       mask.Buffer ? &mask : NULL, TRUE);
    if (status == STATUS_NO_SUCH_FILE || status == STATUS_NO_MORE_FILES)
        status = STATUS_SUCCESS;
    call->slot->may_list = NT_SUCCESS(status);
    return status;
}

static NTSTATUS serve(struct files_listing *listing, const struct listing_call *call)
{
    IO_STATUS_BLOCK io = {.Information = 0};

    lock(listing);
    io.Status = files_list_format(listing, call->info, call->cb, call->class, call->single,
                                  &io.Information);
    unlock(listing);
    if (io.Status != STATUS_INFO_LENGTH_MISMATCH)
        fvm_copy_guarded(call->io, &io, sizeof(io));
    if (call->event && NT_SUCCESS(io.Status))
        real.NtSetEvent(call->event, NULL);
    if (call->apc && NT_SUCCESS(io.Status))
        real.NtQueueApcThread(NT_CURRENT_THREAD, call->apc, call->context, call->io, NULL);
    return io.Status;
}

/* A listing is begun, or begun anew: the host's alone, or merged? */
static NTSTATUS begin_listing(struct files_shared *shared, const struct listing_call *call,
                              UNICODE_STRING *mask)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = files_scratch_get();
    struct files_listing *listing = shared->listing;
    struct files_place place;
    bool is_private;
    NTSTATUS status;

    if (!scratch)
        return STATUS_NO_MEMORY;
    if (call->cb < files_list_least_cb(call->class))
        return STATUS_INFO_LENGTH_MISMATCH;
    status = find_merged(&place, scratch, call->handle, &is_private);
    if (!NT_SUCCESS(status))
        return status;
    if (!listing)
        listing = shared->listing = begin(mask);
    if (!listing)
        return STATUS_NO_MEMORY;
    listing->is_plain = status == FVM_PASS;
    if (listing->is_plain)
        return call_real(call, mask);
    status = check_access(call, listing);
    if (!NT_SUCCESS(status))
        return status;
    lock(listing);
    status = gather(listing, &place, scratch, (struct fvm_str){listing->mask, listing->mask_cch},
                    is_private ? call->handle : NULL);
    unlock(listing);
    return NT_SUCCESS(status) ? serve(listing, call) : status;
}

static NTSTATUS list(struct files_shared *shared, const struct listing_call *call,
                     UNICODE_STRING *mask)
{
    struct files_listing *listing = shared->listing;
    NTSTATUS status;

    if (!listing || call->restart)
        return begin_listing(shared, call, mask);
    if (listing->is_plain)
        return call_real(call, mask);
    if (call->cb < files_list_least_cb(call->class))
        return STATUS_INFO_LENGTH_MISMATCH;
    /* A duplicate may have less rights. */
    status = call->slot->may_list ? STATUS_SUCCESS : check_access(call, listing);
    return NT_SUCCESS(status) ? serve(listing, call) : status;
}

/**
 * List a directory of the VM's view.
 *
 * As in Wine, a listing is a picture taken when it is begun or begun anew, and its mask is the
 * first call's.
 *
 * @source nt:NtQueryDirectoryFile; paper:files
 */
NTSTATUS NTAPI files_NtQueryDirectoryFile(HANDLE handle, HANDLE event, void *apc, void *context,
                                          IO_STATUS_BLOCK *io, void *info, ULONG cb, ULONG class,
                                          BOOLEAN single, UNICODE_STRING *mask, BOOLEAN restart)
{
    struct files_slot *slot = files_slot(handle, true);
    struct listing_call call = {slot, handle, event, apc,    context, io,
                                info, cb,     class, single, restart};
    /* None early in the process, or no memory: the host's names. */
    struct files_shared *shared = slot && files_list_least_cb(class) ? files_shared(slot) : NULL;
    NTSTATUS status;

    if (!shared)
        return real.NtQueryDirectoryFile(handle, event, apc, context, io, info, cb, class, single,
                                         mask, restart);
    status = list(shared, &call, mask);
    /* What the host alone listed has the host's ids. */
    if (NT_SUCCESS(status) && (!shared->listing->is_plain || slot->side != FILES_SIDE_HOST))
        files_list_put_ids(handle, info, cb, class);
    return status;
}
