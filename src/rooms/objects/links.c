/* rooms/objects/links.c: links between names, and names of handles: what NT calls by its real name
 * is told by its virtual one. */
#include "core/pipename.h"
#include "engine/capture.h"
#include "engine/image.h"
#include "engine/real.h"
#include "rooms/objects/handlers.h"
#include "rooms/objects/objects.h"

#include <string.h>

FVM_STATE NTSTATUS(NTAPI *objects_query_below)(HANDLE, ULONG, void *, ULONG, ULONG *);

/**
 * Make a link of the VM's.
 *
 * @return as NT; STATUS_ACCESS_DENIED where names are shared
 * @source nt:NtCreateSymbolicLinkObject; paper:objects
 */
NTSTATUS NTAPI objects_NtCreateSymbolicLinkObject(HANDLE *handle, ACCESS_MASK access,
                                                  OBJECT_ATTRIBUTES *attr, UNICODE_STRING *given)
{
    FVM_CLEANUP(objects_name) struct objects_name name;
    FVM_CLEANUP(objects_name) struct objects_name target;
    NTSTATUS status = objects_target_take(&target, given);

    name.large = NULL;
    if (status == STATUS_ACCESS_VIOLATION)
        return real.NtCreateSymbolicLinkObject(handle, access, attr, given); /* NT says so */
    if (NT_SUCCESS(status))
        status = objects_name_take(&name, attr, OBJECTS_CREATE);
    return NT_SUCCESS(status)
               ? real.NtCreateSymbolicLinkObject(handle, access, name.attr, &target.text)
               : status;
}

/* In the caller's memory, as NT writes it. @return false: it does not fit */
static bool put_target(UNICODE_STRING *target, struct fvm_str name)
{
    USHORT cb = (USHORT)(name.cch * sizeof(WCHAR));

    if (target->MaximumLength < cb + sizeof(WCHAR))
        return false;
    memcpy(target->Buffer, name.s, cb);
    target->Buffer[name.cch] = 0;
    target->Length = cb;
    return true;
}

/** Where does a link lead? @source nt:NtQuerySymbolicLinkObject; paper:objects */
NTSTATUS NTAPI objects_NtQuerySymbolicLinkObject(HANDLE link, UNICODE_STRING *target, ULONG *needed)
{
    WCHAR text[2 * OBJECTS_ROOT_CCH];
    UNICODE_STRING own = {.MaximumLength = sizeof(text), .Buffer = text}, given;
    struct fvm_str name;
    ULONG needed_cb;

    /* A target that is longer than this room is told as it is: it is no path of ours. */
    if (!target || !NT_SUCCESS(fvm_copy_guarded(&given, target, sizeof(given))) ||
        !NT_SUCCESS(real.NtQuerySymbolicLinkObject(link, &own, NULL)))
        return real.NtQuerySymbolicLinkObject(link, target, needed);
    name = (struct fvm_str){text, own.Length / (uint32_t)sizeof(WCHAR)};
    if (!fvm_objname_unmap(&name, objects_root()))
        return real.NtQuerySymbolicLinkObject(link, target, needed);
    needed_cb = name.cch * (ULONG)sizeof(WCHAR) + (ULONG)sizeof(WCHAR);
    if (needed)
        fvm_copy_guarded(needed, &needed_cb, sizeof(needed_cb));
    return put_target(target, name) ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
}

/* The virtual name of a real one, in place: of an object of the VM's tree, or of a pipe. */
static bool unmap(struct fvm_buf *text)
{
    struct fvm_str name = fvm_buf_str(text);

    if (!fvm_objname_unmap(&name, objects_root()))
        return fvm_pipename_unmap(text, fvm_engine.block->vm);
    memmove(text->s, name.s, name.cch * sizeof(*text->s));
    text->cch = name.cch;
    return true;
}

/* The name that NT gave, virtual, in the same room. */
static void unmap_answer(UNICODE_STRING *answer, ULONG *needed)
{
    struct fvm_buf name = {answer->Buffer, answer->Length / (uint32_t)sizeof(WCHAR), 0};
    uint32_t before = name.cch;

    if (!name.cch || !unmap(&name))
        return;
    answer->Buffer[name.cch] = 0;
    answer->Length = (USHORT)(name.cch * sizeof(WCHAR));
    answer->MaximumLength = (USHORT)(answer->Length + sizeof(WCHAR));
    if (needed)
        *needed -= (before - name.cch) * (ULONG)sizeof(WCHAR);
}

/**
 * Ask about a handle; its name is the virtual one.
 *
 * @return as NT; where the real name does not fit and the virtual one would, STATUS_SUCCESS
 * @source nt:NtQueryObject; paper:objects
 */
NTSTATUS NTAPI objects_NtQueryObject(HANDLE handle, ULONG class, void *info, ULONG cb,
                                     ULONG *needed)
{
    enum { OBJECT_NAME = 1 };
    struct {
        UNICODE_STRING name;
        WCHAR text[1024];
    } own;
    ULONG own_cb;
    NTSTATUS status = objects_query_below(handle, class, info, cb, needed);
    UNICODE_STRING *answer = info;

    if (class != OBJECT_NAME)
        return status;
    if (NT_SUCCESS(status)) {
        unmap_answer(answer, needed);
        return status;
    }
    if ((status != STATUS_BUFFER_OVERFLOW && status != STATUS_INFO_LENGTH_MISMATCH) ||
        !NT_SUCCESS(objects_query_below(handle, class, &own, sizeof(own), &own_cb)))
        return status;
    unmap_answer(&own.name, &own_cb);
    if (needed)
        *needed = own_cb;
    if (cb < own_cb)
        return status;
    memcpy(info, &own, own_cb);
    answer->Buffer = (WCHAR *)(void *)(answer + 1);
    return STATUS_SUCCESS;
}
