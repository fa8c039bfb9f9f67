/* rooms/objects/hooks.c: calls that name an object. See README.md. */
#include "engine/engine.h"
#include "engine/real.h"
#include "rooms/objects/handlers.h"
#include "rooms/objects/objects.h"
#include "rooms/rooms.h"

/* A call of the shape (handle, access, attributes, ...): its name is renamed, the rest NT's. */
#define RENAMED(handler, call, use, parameters, arguments)                                         \
    static NTSTATUS NTAPI handler parameters                                                       \
    {                                                                                              \
        FVM_CLEANUP(objects_name) struct objects_name name;                                        \
        NTSTATUS status = objects_name_take(&name, attr, use);                                     \
                                                                                                   \
        return NT_SUCCESS(status) ? call arguments : status;                                       \
    }
#define OPEN(handler, call)                                                                        \
    RENAMED(handler, call, OBJECTS_OPEN,                                                           \
            (HANDLE * handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attr),                  \
            (handle, access, name.attr))
#define CREATE(handler, call, more, given) RENAMED(handler, call, OBJECTS_CREATE, more, given)
#define BEGINNING                          HANDLE *handle, ACCESS_MASK access, OBJECT_ATTRIBUTES *attr

/** @source nt:NtOpenEvent; paper:objects. The others alike. */
OPEN(objects_NtOpenEvent, real.NtOpenEvent)
OPEN(objects_NtOpenMutant, real.NtOpenMutant)
OPEN(objects_NtOpenSemaphore, real.NtOpenSemaphore)
OPEN(objects_NtOpenTimer, real.NtOpenTimer)
OPEN(objects_NtOpenSection, real.NtOpenSection)
OPEN(objects_NtOpenJobObject, real.NtOpenJobObject)
OPEN(objects_NtOpenIoCompletion, real.NtOpenIoCompletion)
OPEN(objects_NtOpenKeyedEvent, real.NtOpenKeyedEvent)
OPEN(objects_NtOpenSymbolicLinkObject, real.NtOpenSymbolicLinkObject)

/** @source nt:NtCreateEvent; paper:objects. The others alike. */
CREATE(objects_NtCreateEvent, real.NtCreateEvent, (BEGINNING, ULONG type, BOOLEAN is_set),
       (handle, access, name.attr, type, is_set))
CREATE(objects_NtCreateMutant, real.NtCreateMutant,
       (HANDLE * handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attr, BOOLEAN is_owned),
       (handle, access, name.attr, is_owned))
CREATE(objects_NtCreateSemaphore, real.NtCreateSemaphore,
       (HANDLE * handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attr, LONG count, LONG most),
       (handle, access, name.attr, count, most))
CREATE(objects_NtCreateTimer, real.NtCreateTimer,
       (HANDLE * handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attr, ULONG type),
       (handle, access, name.attr, type))
CREATE(objects_NtCreateSection, real.NtCreateSection,
       (BEGINNING, LARGE_INTEGER *size, ULONG protection, ULONG flags, HANDLE file),
       (handle, access, name.attr, size, protection, flags,
        file ? fvm_engine.file_follow(file) : NULL))
CREATE(objects_NtCreateJobObject, real.NtCreateJobObject,
       (HANDLE * handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attr),
       (handle, access, name.attr))
CREATE(objects_NtCreateIoCompletion, real.NtCreateIoCompletion, (BEGINNING, ULONG threads),
       (handle, access, name.attr, threads))
CREATE(objects_NtCreateKeyedEvent, real.NtCreateKeyedEvent,
       (HANDLE * handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attr, ULONG flags),
       (handle, access, name.attr, flags))
CREATE(objects_NtCreateDebugObject, real.NtCreateDebugObject, (BEGINNING, ULONG flags),
       (handle, access, name.attr, flags))

/** Nothing of a VM's outlives it. @source nt:NtMakePermanentObject */
static NTSTATUS NTAPI objects_NtMakePermanentObject(HANDLE handle)
{
    (void)handle;
    return STATUS_PRIVILEGE_NOT_HELD;
}

static const struct fvm_hook hooks[] = {
    FVM_HOOK(objects, NtOpenEvent),
    FVM_HOOK(objects, NtOpenMutant),
    FVM_HOOK(objects, NtOpenSemaphore),
    FVM_HOOK(objects, NtOpenTimer),
    FVM_HOOK(objects, NtOpenSection),
    FVM_HOOK(objects, NtOpenJobObject),
    FVM_HOOK(objects, NtOpenIoCompletion),
    FVM_HOOK(objects, NtOpenKeyedEvent),
    FVM_HOOK(objects, NtOpenDirectoryObject),
    FVM_HOOK(objects, NtOpenSymbolicLinkObject),
    FVM_HOOK(objects, NtCreateEvent),
    FVM_HOOK(objects, NtCreateMutant),
    FVM_HOOK(objects, NtCreateSemaphore),
    FVM_HOOK(objects, NtCreateTimer),
    FVM_HOOK(objects, NtCreateSection),
    FVM_HOOK(objects, NtCreateJobObject),
    FVM_HOOK(objects, NtCreateIoCompletion),
    FVM_HOOK(objects, NtCreateKeyedEvent),
    FVM_HOOK(objects, NtCreateDebugObject),
    FVM_HOOK(objects, NtCreateDirectoryObject),
    FVM_HOOK(objects, NtCreateSymbolicLinkObject),
    FVM_HOOK(objects, NtMakePermanentObject),
    FVM_HOOK(objects, NtQuerySymbolicLinkObject),
    FVM_HOOK_OVER(objects, NtQueryObject, &objects_query_below),
    FVM_HOOK_OVER(objects, NtClose, &objects_close_below),
    FVM_HOOK_OVER(objects, NtDuplicateObject, &objects_duplicate_below),
    {0}};
const struct fvm_room fvm_room_objects = {
    .name = "objects", .hooks = hooks, .start = objects_start};
