/* rooms/registry/notify.c: changes of a key, wherever they happen: the caller's event is given to
 * both sides. What the VM will change of a host's key happens in its private key, which is made for
 * that, and says nothing until the view says that it does. */
#include "rooms/registry/registry.h"

#include "engine/capture.h"
#include "engine/real.h"
#include "rooms/registry/handlers.h"

struct watching {
    HANDLE event;
    void *apc, *context;
    IO_STATUS_BLOCK *io;
    ULONG filter;
    BOOLEAN tree;
    void *buffer;
    ULONG cb;
};

static NTSTATUS watch_one(const struct watching *watching, HANDLE key)
{
    return real.NtNotifyChangeKey(key, watching->event, watching->apc, watching->context,
                                  watching->io, watching->filter, watching->tree, watching->buffer,
                                  watching->cb, TRUE);
}

/* The private key in which the VM's changes of a host's key will happen. */
static NTSTATUS make_watched(struct registry_key *key)
{
    FVM_CLEANUP(registry_scratch) struct registry_scratch *scratch = registry_scratch_get();
    struct fvm_index_writer writer = registry_writer_here();
    HANDLE made;
    NTSTATUS status;

    if (!scratch)
        return STATUS_NO_MEMORY;
    status = fvm_regview_lock(registry_area(), &writer);
    if (!NT_SUCCESS(status))
        return status;
    status = registry_make_private(&made, scratch, key->path);
    fvm_regview_unlock(registry_area(), &writer);
    if (!NT_SUCCESS(status))
        return status;
    made = __atomic_exchange_n(&key->watched, made, __ATOMIC_ACQ_REL);
    if (made)
        real.NtClose(made);
    return STATUS_SUCCESS;
}

/* Of a host's key: both sides, the VM's first. */
static NTSTATUS watch_host(const struct watching *watching, const struct registry_use *use)
{
    NTSTATUS status =
        use->key->watched ? watch_one(watching, use->key->watched) : make_watched(use->key);

    if (status == STATUS_KEY_DELETED)
        status = make_watched(use->key);
    if (status == STATUS_SUCCESS)
        status = watch_one(watching, use->key->watched);
    return NT_SUCCESS(status) ? watch_one(watching, use->handle) : status;
}

static NTSTATUS watch_private(const struct watching *watching, const struct registry_use *use)
{
    FVM_CLEANUP(registry_scratch) struct registry_scratch *scratch = registry_scratch_get();
    struct registry_key *key = use->key;
    struct fvm_regview_hit hit;
    NTSTATUS status = watch_one(watching, use->handle);

    if (!scratch)
        return STATUS_NO_MEMORY;
    if (!NT_SUCCESS(status) || fvm_failed(fvm_regview_find(registry_index(), key->path, &hit)) ||
        !hit.shows_host)
        return status;
    if (!key->host &&
        !NT_SUCCESS(registry_open_host(&key->host, scratch, key->path, KEY_READ, OBJ_OPENLINK)))
        key->host = NULL;
    if (key->host) /* if the host's key is gone, nothing will happen in it */
        watch_one(watching, key->host);
    return status;
}

static NTSTATUS watch(const struct watching *watching, HANDLE handle)
{
    struct registry_use use;
    NTSTATUS status = registry_use(&use, handle, KEY_NOTIFY, false);

    if (status == FVM_PASS)
        return watch_one(watching, handle);
    if (!NT_SUCCESS(status))
        return status;
    return use.is_private ? watch_private(watching, &use) : watch_host(watching, &use);
}

/**
 * Tell of changes of a key, and of those below it.
 *
 * More than one key at once is refused, as by Wine.
 *
 * @source nt:NtNotifyChangeMultipleKeys; paper:registry
 */
NTSTATUS NTAPI registry_NtNotifyChangeMultipleKeys(HANDLE handle, ULONG count,
                                                   OBJECT_ATTRIBUTES *others, HANDLE event,
                                                   void *apc, void *context, IO_STATUS_BLOCK *io,
                                                   ULONG filter, BOOLEAN tree, void *buffer,
                                                   ULONG cb, BOOLEAN async)
{
    struct watching watching = {event, apc, context, io, filter, tree, buffer, cb};
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr)};
    NTSTATUS status;

    (void)others;
    if (count)
        return STATUS_NOT_IMPLEMENTED;
    if (async)
        return watch(&watching, handle);
    status = real.NtCreateEvent(&watching.event, EVENT_ALL_ACCESS, &attr, 1, FALSE);
    if (!NT_SUCCESS(status))
        return status;
    status = watch(&watching, handle);
    if (status == STATUS_PENDING)
        status = real.NtWaitForSingleObject(watching.event, FALSE, NULL);
    real.NtClose(watching.event);
    return status;
}

/** The same for one key. @source nt:NtNotifyChangeKey; paper:registry */
NTSTATUS NTAPI registry_NtNotifyChangeKey(HANDLE handle, HANDLE event, void *apc, void *context,
                                          IO_STATUS_BLOCK *io, ULONG filter, BOOLEAN tree,
                                          void *buffer, ULONG cb, BOOLEAN async)
{
    return registry_NtNotifyChangeMultipleKeys(handle, 0, NULL, event, apc, context, io, filter,
                                               tree, buffer, cb, async);
}
