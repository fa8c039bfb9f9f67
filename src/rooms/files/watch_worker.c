/* rooms/files/watch_worker.c: the thread that watches. See watch.h. */
#include "engine/engine.h"
#include "engine/image.h"
#include "engine/real.h"
#include "rooms/files/watch.h"

#include <string.h>

enum {
    COMPLETION_CLASS = 30,
    AM_I_LAST_CLASS = 12,
    SKIP_THREAD_ATTACH = 2,
    WORKER_STACK_CB = 1 << 18
};

FVM_STATE static uint32_t owner; /* of the lock: a thread; 0: nobody */
FVM_STATE static bool is_broken; /* its owner was ended: what it guards may be half done */
FVM_STATE static HANDLE port;    /* of all calls of ours; made once */
FVM_STATE static bool has_worker;
FVM_STATE static struct files_watch *watches;

static uint32_t this_thread(void)
{
    return (uint32_t)files_writer_here().token;
}

bool files_watch_lock(void)
{
    uint32_t me = this_thread(), seen = 0;
    struct fvm_index_writer writer = files_writer_here();

    for (uint32_t round = 0;
         !__atomic_compare_exchange_n(&owner, &seen, me, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
         round++) {
        /* When a process ends, its threads are ended wherever they are. */
        if (round > 100 && !writer.is_alive(writer.ctx, (uint64_t)fvm_engine.pid << 32 | seen))
            __atomic_store_n(&is_broken, true, __ATOMIC_RELEASE);
        if (__atomic_load_n(&is_broken, __ATOMIC_ACQUIRE))
            return false;
        writer.wait(writer.ctx, round);
        seen = 0;
    }
    return true;
}

void files_watch_unlock(void)
{
    __atomic_store_n(&owner, 0, __ATOMIC_RELEASE);
}

/* --- the two directories ---------------------------------------------------------------------- */

static NTSTATUS arm(struct files_watch *watch, struct files_watch_side *side)
{
    NTSTATUS status;

    side->is_armed = true;
    status = real.NtNotifyChangeDirectoryFile(side->directory, NULL, NULL, side, &side->io,
                                              side->changes, sizeof(side->changes), watch->filter,
                                              watch->tree);
    if (!NT_SUCCESS(status))
        side->is_armed = false;
    return status;
}

static NTSTATUS open_side(struct files_watch *watch, struct files_watch_side *side,
                          struct fvm_str name)
{
    struct {
        HANDLE port;
        void *key;
    } completion = {port, watch};
    /* Wine asks for no right to list: without it, what others do not share is of no account. */
    ACCESS_MASK access = real.__wine_unix_spawnvp ? FILE_READ_ATTRIBUTES : FILE_LIST_DIRECTORY;
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attr;
    IO_STATUS_BLOCK io;
    NTSTATUS status;

    files_attr(&attr, &text, name, 0);
    status = real.NtOpenFile(&side->directory, access | SYNCHRONIZE, &attr, &io,
                             FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                             FILE_DIRECTORY_FILE | FILE_OPEN_FOR_BACKUP_INTENT);
    if (!NT_SUCCESS(status)) {
        side->directory = NULL;
        return status;
    }
    status = real.NtSetInformationFile(side->directory, &io, &completion, sizeof(completion),
                                       COMPLETION_CLASS);
    /* Here and now: the caller's next change is to be seen. */
    return NT_SUCCESS(status) ? arm(watch, side) : status;
}

static bool is_armed(const struct files_watch *watch)
{
    return watch->sides[FILES_WATCH_LAYER].is_armed || watch->sides[FILES_WATCH_HOST].is_armed;
}

static void close_sides(struct files_watch *watch)
{
    for (int i = 0; i < FILES_WATCH_SIDES; i++)
        if (watch->sides[i].directory)
            real.NtClose(FVM_STEAL(watch->sides[i].directory, NULL));
}

/* Out of the list, if no call of ours may still write to it, and no message of it is under way: who
 * releases it marks it first, so its calls may all have ended before the message is there. */
static void end(struct files_watch *watch)
{
    close_sides(watch);
    if (is_armed(watch) || !watch->is_released || !files_watch_lock())
        return;
    for (struct files_watch **link = &watches; *link; link = &(*link)->next)
        if (*link == watch) {
            *link = watch->next;
            break;
        }
    files_watch_unlock();
    fvm_free(watch->records);
    fvm_free(watch);
}

/* --- the thread ---------------------------------------------------------------------------------
 */

static bool is_ending(const struct files_watch *watch)
{
    return __atomic_load_n(&watch->is_ending, __ATOMIC_ACQUIRE);
}

static void serve(struct files_watch *watch, struct files_watch_side *side,
                  const IO_STATUS_BLOCK *answer)
{
    if (side)
        side->is_armed = false;
    else
        watch->is_released = true;
    if (side && !is_ending(watch)) {
        files_watch_take(watch, side, answer);
        arm(watch, side);
        files_watch_deliver(watch);
    }
    /* Closing is this thread's alone, so no handle is used that has become another's. */
    if (is_ending(watch))
        end(watch);
}

/* Nothing is watched any more? */
static bool is_over(void)
{
    bool over;

    if (!files_watch_lock())
        return true;
    over = !watches;
    if (over)
        has_worker = false;
    files_watch_unlock();
    return over;
}

/* A process ends with its last thread, of those that are its own. */
static bool is_last(void)
{
    ULONG last = 0;

    return NT_SUCCESS(real.NtQueryInformationThread(NT_CURRENT_THREAD, AM_I_LAST_CLASS, &last,
                                                    sizeof(last), NULL)) &&
           last;
}

static DWORD WINAPI work(void *context)
{
    (void)context;
    for (;;) {
        LARGE_INTEGER patience = {.QuadPart = -10000000};
        ULONG_PTR watch, side;
        IO_STATUS_BLOCK answer;
        NTSTATUS status = real.NtRemoveIoCompletion(port, &watch, &side, &answer, &patience);

        if (status == STATUS_SUCCESS)
            serve((struct files_watch *)watch, (struct files_watch_side *)side, &answer);
        else if (status != STATUS_TIMEOUT || is_over() || is_last())
            return 0;
        files_watch_bury();
    }
}

static NTSTATUS start_worker(void)
{
    HANDLE thread;
    NTSTATUS status;

    if (has_worker)
        return STATUS_SUCCESS;
    status = real.NtCreateThreadEx(&thread, SYNCHRONIZE, NULL, NT_CURRENT_PROCESS, (void *)work,
                                   NULL, SKIP_THREAD_ATTACH, 0, 0, WORKER_STACK_CB, NULL);
    if (!NT_SUCCESS(status))
        return status;
    real.NtClose(thread);
    has_worker = true;
    return STATUS_SUCCESS;
}

/* Into the list, with a thread to look after it. */
static NTSTATUS enlist(struct files_watch *watch)
{
    NTSTATUS status = STATUS_UNSUCCESSFUL;

    if (!files_watch_lock())
        return status;
    status = start_worker();
    if (NT_SUCCESS(status)) {
        watch->next = watches;
        watches = watch;
    }
    files_watch_unlock();
    return status;
}

/* --- begin and end ----------------------------------------------------------------------- */

static NTSTATUS find_port(void)
{
    HANDLE made, none = NULL;
    NTSTATUS status;

    if (port)
        return STATUS_SUCCESS;
    status = real.NtCreateIoCompletion(&made, GENERIC_ALL, NULL, 0);
    if (NT_SUCCESS(status) &&
        !__atomic_compare_exchange_n(&port, &none, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        real.NtClose(made);
    return status;
}

static struct files_watch *make(const struct files_place *place, ULONG filter, bool tree)
{
    struct fvm_str path = place->path.path, layer = place->layer;
    struct files_watch *watch =
        fvm_allocate(sizeof(*watch) + (path.cch + layer.cch) * sizeof(*path.s));
    uint16_t *text;

    if (!watch)
        return NULL;
    text = (uint16_t *)(void *)(watch + 1);
    memset(watch, 0, sizeof(*watch));
    watch->filter = filter;
    watch->tree = tree;
    memcpy(text, path.s, path.cch * sizeof(*text));
    memcpy(text + path.cch, layer.s, layer.cch * sizeof(*text));
    watch->path = (struct fvm_str){text, path.cch};
    watch->layer = (struct fvm_str){text + path.cch, layer.cch};
    return watch;
}

/* Where are the directory's changes? It has its place in the layer afterwards. */
static NTSTATUS find_place(struct files_place *place, struct files_scratch *scratch, HANDLE handle,
                           bool tree)
{
    struct fvm_str path;
    NTSTATUS status = files_path_of(&path, scratch, handle, NULL);

    if (!NT_SUCCESS(status) || path.cch < 3 || path.s[1] != ':')
        return FVM_PASS;
    status = files_place_of(place, scratch, path);
    if (!NT_SUCCESS(status))
        return status;
    if (files_is_own(place) && !files_is_merged(place) && !tree)
        return FVM_PASS; /* all of it is in the layer, and the handle too */
    if (files_kind(handle) != FILES_DIRECTORY)
        return FVM_PASS;
    if (!files_is_own(place))
        status = files_copy_up(place, scratch);
    return NT_SUCCESS(status) ? files_locate(place, scratch) : FVM_PASS;
}

NTSTATUS files_watch_begin(struct files_watch **out, HANDLE handle, ULONG filter, bool tree)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = files_scratch_get();
    struct files_watch *watch;
    struct files_place place;
    NTSTATUS status = scratch ? find_place(&place, scratch, handle, tree) : STATUS_NO_MEMORY;

    if (!NT_SUCCESS(status) || status == FVM_PASS)
        return status;
    status = find_port();
    watch = NT_SUCCESS(status) ? make(&place, filter, tree) : NULL;
    if (!watch)
        return STATUS_NO_MEMORY;
    status = open_side(watch, &watch->sides[FILES_WATCH_LAYER], place.layer);
    watch->since = fvm_note_count(fvm_engine.block);
    if (NT_SUCCESS(status) && tree)
        files_watch_open_tree(place.layer);
    /* What the host tells is more than can be had if it does not let us look. */
    if (NT_SUCCESS(status) && place.host.cch)
        open_side(watch, &watch->sides[FILES_WATCH_HOST], place.host);
    if (NT_SUCCESS(status))
        status = enlist(watch);
    if (NT_SUCCESS(status)) {
        *out = watch;
        return STATUS_SUCCESS;
    }
    close_sides(watch);
    if (!is_armed(watch)) /* else a call of ours may still write to it: lost */
        fvm_free(watch);
    return status;
}

void files_watch_release(struct files_watch *watch)
{
    __atomic_store_n(&watch->is_ending, true, __ATOMIC_RELEASE);
    real.NtSetIoCompletion(port, (ULONG_PTR)watch, 0, STATUS_SUCCESS, 0);
}
