/* rooms/files/watch.c: NtNotifyChangeDirectoryFile, and what ends its calls. See watch.h. */
#include "rooms/files/watch.h"

#include "engine/capture.h"
#include "engine/engine.h"
#include "engine/image.h"
#include "engine/real.h"
#include "rooms/files/handlers.h"

enum {
    FILTERS = 0xfff,                              /* what a filter may have */
    SECURITY_FILTER = FILE_NOTIFY_CHANGE_SECURITY /* what hardly ever happens */
};

FVM_STATE static HANDLE sink;                /* an event that nobody waits for */
FVM_STATE static struct files_request *dead; /* answered; NT may still write to their stand-ins */

/* --- answers ---------------------------------------------------------------------------------- */

static void release(struct files_request *request)
{
    if (request->event)
        real.NtClose(request->event);
    if (request->thread)
        real.NtClose(request->thread);
    fvm_free(request);
}

void files_watch_bury(void)
{
    struct files_request *list = NULL, **link = &dead;

    if (!dead || !files_watch_lock())
        return;
    while (*link) {
        struct files_request *request = *link;

        if (__atomic_load_n(&request->stand_in.Status, __ATOMIC_ACQUIRE) == STATUS_PENDING) {
            link = &request->next;
            continue;
        }
        *link = request->next;
        request->next = list;
        list = request;
    }
    files_watch_unlock();
    while (list) {
        struct files_request *request = list;

        list = request->next;
        release(request);
    }
}

/* NT ends a thread's calls with it; its memory may be gone. */
static bool is_gone(const struct files_request *request)
{
    LARGE_INTEGER now = {.QuadPart = 0};

    return real.NtWaitForSingleObject(request->thread, FALSE, &now) == STATUS_SUCCESS;
}

static void answer(struct files_request *request, NTSTATUS status, const void *records, ULONG cb)
{
    IO_STATUS_BLOCK io = {.Status = status, .Information = cb}, none;

    if (cb && !NT_SUCCESS(fvm_copy_guarded(request->buffer, records, cb)))
        io = (IO_STATUS_BLOCK){.Status = STATUS_ACCESS_VIOLATION};
    /* The status last: who looks at it without waiting finds the rest there. */
    fvm_copy_guarded(&request->io->Information, &io.Information, sizeof(io.Information));
    fvm_copy_guarded(&request->io->Status, &io.Status, sizeof(io.Status));
    if (request->event)
        real.NtSetEvent(request->event, NULL);
    if (request->apc)
        real.NtQueueApcThread(request->thread, request->apc, request->context, request->io, NULL);
    else if (request->port && request->context)
        real.NtSetIoCompletion(request->port, request->key, (ULONG_PTR)request->context, io.Status,
                               io.Information);
    /* Ended, it signals the handle, if there is no event. */
    real.NtCancelIoFileEx(request->handle, &request->stand_in, &none);
}

/* Under the lock: nobody else answers this one. */
static void claim(struct files_request *request)
{
    request->answering = (uint32_t)files_writer_here().token;
}

/* Answer a call that is claimed, and take it out of the list. @return false: its thread is gone */
static bool finish(struct files_watch *watch, struct files_request *request, NTSTATUS status,
                   const void *records, ULONG cb)
{
    bool is_answered = !is_gone(request);

    if (is_answered)
        answer(request, status, records, cb);
    if (!files_watch_lock())
        return is_answered;
    for (struct files_request **link = &watch->first; *link; link = &(*link)->next)
        if (*link == request) {
            *link = request->next;
            break;
        }
    if (is_answered) {
        request->next = dead;
        dead = request;
    }
    files_watch_unlock();
    if (!is_answered)
        release(request);
    return is_answered;
}

/* The next call to be answered, and with what. @return NULL: there is no call, or nothing to tell
 */
static struct files_request *next(struct files_watch *watch, uint8_t **records, ULONG *cb)
{
    struct files_request *request;

    if (!files_watch_lock())
        return NULL;
    for (request = watch->first; request && request->answering;)
        request = request->next;
    if (!request || (!watch->cb && !watch->is_missed)) {
        files_watch_unlock();
        return NULL;
    }
    claim(request);
    *records = watch->records;
    *cb = watch->is_missed ? 0 : watch->cb;
    watch->records = NULL;
    watch->is_missed = false;
    watch->cb = watch->cap_cb = 0;
    files_watch_unlock();
    return request;
}

void files_watch_deliver(struct files_watch *watch)
{
    struct files_request *request;
    uint8_t *records;
    ULONG cb;

    while ((request = next(watch, &records, &cb))) {
        bool fits = cb && cb <= request->cb && request->buffer;

        if (!finish(watch, request, fits ? STATUS_SUCCESS : STATUS_NOTIFY_ENUM_DIR, records,
                    fits ? cb : 0) &&
            files_watch_lock()) {
            watch->is_missed = true; /* what it would have been told */
            files_watch_unlock();
        }
        fvm_free(records);
    }
}

/* --- calls --------------------------------------------------------------------------------------
 */

/* As a caller gave it. */
struct watching {
    HANDLE handle, event;
    void *apc, *context;
    IO_STATUS_BLOCK *io;
    void *buffer;
    ULONG cb;
};

static NTSTATUS duplicate(HANDLE *copy, HANDLE handle)
{
    return real.NtDuplicateObject(NT_CURRENT_PROCESS, handle, NT_CURRENT_PROCESS, copy, 0, 0,
                                  DUPLICATE_SAME_ACCESS);
}

static HANDLE find_sink(void)
{
    HANDLE made = NULL, none = NULL;

    if (!sink && NT_SUCCESS(real.NtCreateEvent(&made, GENERIC_ALL, NULL, 0, FALSE)) &&
        !__atomic_compare_exchange_n(&sink, &none, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        real.NtClose(made);
    return sink;
}

/* What the request keeps, and the call that stands in for it. @return STATUS_PENDING; failures */
static NTSTATUS prepare(struct files_request *request, const struct watching *call)
{
    NTSTATUS status = duplicate(&request->thread, NT_CURRENT_THREAD);

    if (NT_SUCCESS(status) && call->event)
        status = duplicate(&request->event, call->event);
    if (NT_SUCCESS(status) && call->event)
        status = real.NtResetEvent(request->event, NULL);
    if (!NT_SUCCESS(status))
        return status;
    return real.NtNotifyChangeDirectoryFile(call->handle, call->event ? find_sink() : NULL, NULL,
                                            NULL, &request->stand_in, NULL, 0, SECURITY_FILTER,
                                            FALSE);
}

static NTSTATUS add(struct files_shared *shared, struct files_watch *watch,
                    const struct watching *call)
{
    struct files_request *request = fvm_allocate(sizeof(*request)), **link = &watch->first;
    NTSTATUS status;

    if (!request)
        return STATUS_NO_MEMORY;
    *request = (struct files_request){.handle = call->handle,
                                      .thread_id = (ULONG_PTR)files_writer_here().token,
                                      .port = shared->port,
                                      .key = shared->key,
                                      .apc = call->apc,
                                      .context = call->context,
                                      .io = call->io,
                                      .buffer = call->buffer,
                                      .cb = call->cb,
                                      .stand_in.Status = STATUS_PENDING};
    status = prepare(request, call);
    if (!NT_SUCCESS(status) || !files_watch_lock()) {
        release(request);
        return NT_SUCCESS(status) ? STATUS_UNSUCCESSFUL : status;
    }
    while (*link)
        link = &(*link)->next;
    *link = request;
    files_watch_unlock();
    files_watch_deliver(watch);
    return STATUS_PENDING;
}

/**
 * Tell of changes in a directory of the VM's view.
 *
 * Told are the VM's own changes, and the host's as far as the VM has not made the name its own. As
 * with NT, the first call for a handle decides what is watched, and between calls nothing is lost.
 *
 * @return STATUS_PENDING, whether or not there is something to tell already; NT's for the handle
 * @source nt:NtNotifyChangeDirectoryFile; paper:files
 */
NTSTATUS NTAPI files_NtNotifyChangeDirectoryFile(HANDLE handle, HANDLE event, void *apc,
                                                 void *context, IO_STATUS_BLOCK *io, void *buffer,
                                                 ULONG cb, ULONG filter, BOOLEAN tree)
{
    const struct watching call = {handle, event, apc, context, io, buffer, cb};
    struct files_slot *slot = files_slot(handle, true);
    struct files_shared *shared = slot ? files_shared(slot) : NULL;
    struct files_watch *watch = shared ? shared->watch : NULL, *made;
    NTSTATUS status = shared ? STATUS_SUCCESS : FVM_PASS;

    if (shared && !io)
        return STATUS_ACCESS_VIOLATION;
    if (shared && (!filter || filter & ~(ULONG)FILTERS))
        return STATUS_INVALID_PARAMETER;
    if (shared && !watch) {
        status = files_watch_begin(&made, handle, filter, tree);
        if (status == STATUS_SUCCESS &&
            !__atomic_compare_exchange_n(&shared->watch, &watch, made, false, __ATOMIC_ACQ_REL,
                                         __ATOMIC_ACQUIRE))
            files_watch_release(made);
        else if (status == STATUS_SUCCESS)
            watch = made;
    }
    if (status == FVM_PASS)
        return real.NtNotifyChangeDirectoryFile(handle, event, apc, context, io, buffer, cb, filter,
                                                tree);
    return watch ? add(shared, watch, &call) : status;
}

/* --- ends ---------------------------------------------------------------------------------------
 */

/* Which calls are to end. */
struct ending {
    const IO_STATUS_BLOCK *io; /* one call's; NULL: all */
    ULONG_PTR thread_id;       /* one thread's; 0: all */
};

/* Under the lock: the first of them that is being answered, or is not. */
static struct files_request *find(const struct files_watch *watch, const struct ending *which,
                                  bool is_answered)
{
    struct files_request *request;

    for (request = watch->first; request; request = request->next)
        if (!request->answering == !is_answered && (!which->io || request->io == which->io) &&
            (!which->thread_id || request->thread_id == which->thread_id))
            break;
    return request;
}

/* What another thread answers now is written to the caller's memory; when the call that ends it
 * returns, that memory is the caller's again. */
static void wait_for_answers(const struct files_watch *watch, const struct ending *which)
{
    struct fvm_index_writer writer = files_writer_here();
    uint32_t me = (uint32_t)writer.token;

    for (uint32_t round = 0; files_watch_lock(); round++) {
        const struct files_request *request = find(watch, which, true);
        uint32_t other = request ? request->answering : 0;

        files_watch_unlock();
        if (!other || other == me ||
            (round > 100 && !writer.is_alive(writer.ctx, (uint64_t)fvm_engine.pid << 32 | other)))
            return;
        writer.wait(writer.ctx, round);
    }
}

/* @return how many calls were ended */
static unsigned cancel(struct files_watch *watch, const struct ending *which, NTSTATUS status)
{
    unsigned count = 0;

    while (files_watch_lock()) {
        struct files_request *request = find(watch, which, false);

        if (request)
            claim(request);
        files_watch_unlock();
        if (!request)
            break;
        finish(watch, request, status, NULL, 0);
        count++;
    }
    wait_for_answers(watch, which);
    return count;
}

static struct files_watch *watch_of(HANDLE handle)
{
    struct files_slot *slot = files_slot(handle, false);

    return slot && slot->shared ? slot->shared->watch : NULL;
}

/** @source nt:NtCancelIoFile; paper:files */
NTSTATUS NTAPI files_NtCancelIoFile(HANDLE handle, IO_STATUS_BLOCK *io)
{
    struct files_watch *watch = watch_of(handle);
    const struct ending which = {.thread_id = (ULONG_PTR)files_writer_here().token};
    unsigned count = watch ? cancel(watch, &which, STATUS_CANCELLED) : 0;
    NTSTATUS status = real.NtCancelIoFile(handle, io);

    /* Its stand-ins are gone by now. */
    return count && status == STATUS_NOT_FOUND ? STATUS_SUCCESS : status;
}

/** @source nt:NtCancelIoFileEx; paper:files */
NTSTATUS NTAPI files_NtCancelIoFileEx(HANDLE handle, IO_STATUS_BLOCK *which, IO_STATUS_BLOCK *io)
{
    struct files_watch *watch = watch_of(handle);
    const struct ending ending = {.io = which};
    unsigned count = watch ? cancel(watch, &ending, STATUS_CANCELLED) : 0;
    NTSTATUS status = real.NtCancelIoFileEx(handle, which, io);

    return count && status == STATUS_NOT_FOUND ? STATUS_SUCCESS : status;
}

void files_watch_end(struct files_watch *watch)
{
    const struct ending all = {0};

    /* Wine's word for it, and Windows'. */
    cancel(watch, &all, real.__wine_unix_spawnvp ? STATUS_HANDLES_CLOSED : STATUS_NOTIFY_CLEANUP);
    files_watch_release(watch);
}
