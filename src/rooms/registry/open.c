/* rooms/registry/open.c: NtOpenKey, NtCreateKey and their kin: where is the key that is meant?
 * Opening never copies: a key of the host's is opened to be read, and the slot remembers what was
 * asked for. */
#include "rooms/registry/registry.h"

#include "engine/capture.h"
#include "engine/real.h"
#include "rooms/registry/handlers.h"

enum { CREATED = 1, OPENED = 2 };

/* One call, as the caller made it. */
struct opening {
    HANDLE *handle;
    ACCESS_MASK access;
    OBJECT_ATTRIBUTES *attr;
    ULONG options;
};

/* OBJ_... that an option stands for: of REG_OPTION_OPEN_LINK NT takes no notice. */
static ULONG link_attribute(ULONG options)
{
    return options & REG_OPTION_CREATE_LINK ? OBJ_OPENLINK : 0;
}

/* A call that failed leaves no handle. */
static NTSTATUS answer(const struct opening *opening, NTSTATUS status)
{
    HANDLE none = NULL;

    if (!NT_SUCCESS(status))
        fvm_copy_guarded(opening->handle, &none, sizeof(none));
    return status;
}

/* A name that no key can have: NT finds no other root, and refuses what is relative to a key. */
static NTSTATUS refuse_name(NTSTATUS status, const OBJECT_ATTRIBUTES *attr)
{
    OBJECT_ATTRIBUTES copy;

    if (status != STATUS_OBJECT_NAME_NOT_FOUND ||
        (NT_SUCCESS(fvm_copy_guarded(&copy, attr, sizeof(copy))) && !copy.RootDirectory))
        return status;
    return STATUS_INVALID_PARAMETER;
}

/* What is wrong with the name, the host says: it is asked for no more than reading. */
static NTSTATUS pass(const struct opening *opening)
{
    return real.NtOpenKeyEx(opening->handle,
                            registry_map_access(opening->access) & REGISTRY_READ_RIGHTS,
                            opening->attr, opening->options & REG_OPTION_OPEN_LINK);
}

static NTSTATUS give(const struct opening *opening, HANDLE handle,
                     const struct registry_place *place, bool is_private)
{
    NTSTATUS status = fvm_copy_guarded(opening->handle, &handle, sizeof(handle));

    if (NT_SUCCESS(status))
        registry_note(handle, place->path, is_private, &place->hit,
                      registry_map_access(opening->access));
    else
        real.NtClose(handle);
    return status;
}

/* @return STATUS_OBJECT_NAME_NOT_FOUND: there is no such key; NT's */
static NTSTATUS open_there(const struct opening *opening, const struct registry_place *place,
                           struct registry_scratch *scratch)
{
    bool is_private = place->hit.state == FVM_REGVIEW_OWN;
    ULONG attributes = place->attributes | link_attribute(opening->options);
    HANDLE handle;
    NTSTATUS status, given;

    if (place->hit.state == FVM_REGVIEW_GONE)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (place->hit.user & FVM_REGVIEW_LINK && !(attributes & OBJ_OPENLINK))
        return STATUS_OBJECT_NAME_NOT_FOUND; /* it leads nowhere yet */
    /* Others shall not get a handle that cannot be upgraded: see registry_NtDuplicateObject(). */
    if (!is_private && attributes & OBJ_INHERIT &&
        registry_map_access(opening->access) & ~(ACCESS_MASK)REGISTRY_READ_RIGHTS) {
        status = registry_copy_up(scratch, place->path);
        is_private = NT_SUCCESS(status);
        if (!is_private)
            return status;
    }
    if (is_private)
        status = registry_open_private(&handle, scratch, place->path, opening->access, attributes);
    else
        status = registry_open_host(&handle, scratch, place->path,
                                    registry_map_access(opening->access), attributes);
    if (!NT_SUCCESS(status))
        return status;
    given = give(opening, handle, place, is_private);
    /* Of a key that stands for a special handle (Perflib) NT says so: STATUS_PREDEFINED_HANDLE. */
    return NT_SUCCESS(given) ? status : given;
}

static NTSTATUS open_key(const struct opening *opening)
{
    FVM_CLEANUP(registry_scratch) struct registry_scratch *scratch = registry_scratch_get();
    struct registry_place place;
    NTSTATUS status;

    if (!scratch)
        return STATUS_NO_MEMORY;
    status = registry_resolve(&place, scratch, opening->attr, link_attribute(opening->options),
                              opening->access);
    if (status == FVM_PASS)
        return pass(opening);
    return answer(opening, NT_SUCCESS(status) ? open_there(opening, &place, scratch) : status);
}

/**
 * Open a key of the VM's view.
 *
 * @source nt:NtOpenKey; paper:registry
 */
NTSTATUS NTAPI registry_NtOpenKey(HANDLE *handle, ACCESS_MASK access, OBJECT_ATTRIBUTES *attr)
{
    return open_key(&(struct opening){handle, access, attr, 0});
}

/** The same with options. @source nt:NtOpenKeyEx; paper:registry */
NTSTATUS NTAPI registry_NtOpenKeyEx(HANDLE *handle, ACCESS_MASK access, OBJECT_ATTRIBUTES *attr,
                                    ULONG options)
{
    return open_key(&(struct opening){handle, access, attr, options});
}

/* --- creating --------------------------------------------------------------------------------- */

static NTSTATUS tell(ULONG *disposition, ULONG value)
{
    return disposition ? fvm_copy_guarded(disposition, &value, sizeof(value)) : STATUS_SUCCESS;
}

/* A handle that was given already. */
static void take_back(const struct opening *opening)
{
    HANDLE handle, none = NULL;

    if (NT_SUCCESS(fvm_copy_guarded(&handle, opening->handle, sizeof(handle))))
        registry_NtClose(handle);
    fvm_copy_guarded(opening->handle, &none, sizeof(none));
}

static NTSTATUS create(const struct opening *opening, struct registry_place *place,
                       struct registry_scratch *scratch, UNICODE_STRING *class, ULONG *disposition)
{
    bool opened = true;
    NTSTATUS status = open_there(opening, place, scratch);

    if (NT_SUCCESS(status) && opening->options & REG_OPTION_CREATE_LINK) {
        take_back(opening);
        return STATUS_OBJECT_NAME_COLLISION;
    }
    if (status == STATUS_OBJECT_NAME_NOT_FOUND) {
        status = registry_make(place, scratch, class, opening->options, &opened);
        if (NT_SUCCESS(status))
            status = open_there(opening, place, scratch);
    }
    return NT_SUCCESS(status) ? tell(disposition, opened ? OPENED : CREATED) : status;
}

/**
 * Open a key, or make it as the VM's own.
 *
 * @source nt:NtCreateKey; paper:registry
 */
NTSTATUS NTAPI registry_NtCreateKey(HANDLE *handle, ACCESS_MASK access, OBJECT_ATTRIBUTES *attr,
                                    ULONG title, UNICODE_STRING *class, ULONG options,
                                    ULONG *disposition)
{
    FVM_CLEANUP(registry_scratch) struct registry_scratch *scratch = registry_scratch_get();
    struct opening opening = {handle, access, attr, options};
    struct registry_place place;
    NTSTATUS status;

    (void)title;
    if (!scratch)
        return STATUS_NO_MEMORY;
    status = registry_resolve(&place, scratch, attr, link_attribute(options), access);
    if (status == FVM_PASS)
        return refuse_name(pass(&opening), attr);
    if (NT_SUCCESS(status))
        status = create(&opening, &place, scratch, class, disposition);
    return answer(&opening, status);
}

/* --- transactions ------------------------------------------------------------------------------
 */

/* What is changed in one would have to be undone with it: refused, as Wine does. */
/** @source nt:NtCreateKeyTransacted; paper:registry */
NTSTATUS NTAPI registry_NtCreateKeyTransacted(HANDLE *handle, ACCESS_MASK access,
                                              OBJECT_ATTRIBUTES *attr, ULONG title,
                                              UNICODE_STRING *class, ULONG options,
                                              HANDLE transaction, ULONG *disposition)
{
    (void)handle, (void)access, (void)attr, (void)title, (void)class, (void)options;
    (void)transaction, (void)disposition;
    return STATUS_NOT_IMPLEMENTED;
}

/** @source nt:NtOpenKeyTransacted; paper:registry */
NTSTATUS NTAPI registry_NtOpenKeyTransacted(HANDLE *handle, ACCESS_MASK access,
                                            OBJECT_ATTRIBUTES *attr, HANDLE transaction)
{
    (void)handle, (void)access, (void)attr, (void)transaction;
    return STATUS_NOT_IMPLEMENTED;
}

/** @source nt:NtOpenKeyTransactedEx; paper:registry */
NTSTATUS NTAPI registry_NtOpenKeyTransactedEx(HANDLE *handle, ACCESS_MASK access,
                                              OBJECT_ATTRIBUTES *attr, ULONG options,
                                              HANDLE transaction)
{
    (void)handle, (void)access, (void)attr, (void)options, (void)transaction;
    return STATUS_NOT_IMPLEMENTED;
}
