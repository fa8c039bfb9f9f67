/* rooms/objects/directories.c: directories of objects, and what becomes of handles to them. */
#include "engine/image.h"
#include "engine/real.h"
#include "rooms/objects/handlers.h"
#include "rooms/objects/objects.h"

FVM_STATE NTSTATUS(NTAPI *objects_close_below)(HANDLE);
FVM_STATE NTSTATUS(NTAPI *objects_duplicate_below)(HANDLE, HANDLE, HANDLE, HANDLE *, ACCESS_MASK,
                                                   ULONG, ULONG);

/** @source nt:NtClose */
NTSTATUS NTAPI objects_NtClose(HANDLE handle)
{
    objects_root_closed(handle);
    return objects_close_below(handle);
}

/** @source nt:NtDuplicateObject */
NTSTATUS NTAPI objects_NtDuplicateObject(HANDLE from, HANDLE handle, HANDLE to, HANDLE *copy,
                                         ACCESS_MASK access, ULONG attributes, ULONG options)
{
    if (options & DUPLICATE_CLOSE_SOURCE)
        objects_root_closed(handle);
    return objects_duplicate_below(from, handle, to, copy, access, attributes, options);
}

/* Most names are relative to one directory, which kernelbase opens once: known from the beginning,
 * none of them costs a question. @param name as NT got it */
static void remember(HANDLE directory, const struct objects_name *name)
{
    struct fvm_str path;

    if (name->attr != &name->renamed || name->renamed.RootDirectory)
        return;
    path = (struct fvm_str){name->text.Buffer, name->text.Length / (uint32_t)sizeof(WCHAR)};
    if (fvm_objname_unmap(&path, objects_root()) &&
        fvm_objname_judge(path, true).answer == FVM_OBJNAME_PRIVATE)
        objects_root_opened(directory, false);
}

/** Open a directory of the VM, or one that is shared. @source nt:NtOpenDirectoryObject;
 * paper:objects */
NTSTATUS NTAPI objects_NtOpenDirectoryObject(HANDLE *handle, ACCESS_MASK access,
                                             const OBJECT_ATTRIBUTES *attr)
{
    FVM_CLEANUP(objects_name) struct objects_name name;
    NTSTATUS status = objects_name_take(&name, attr, OBJECTS_OPEN);

    if (NT_SUCCESS(status))
        status = real.NtOpenDirectoryObject(handle, access, name.attr);
    if (NT_SUCCESS(status))
        remember(*handle, &name);
    return status;
}

/** Make a directory of the VM's. @source nt:NtCreateDirectoryObject; paper:objects */
NTSTATUS NTAPI objects_NtCreateDirectoryObject(HANDLE *handle, ACCESS_MASK access,
                                               OBJECT_ATTRIBUTES *attr)
{
    FVM_CLEANUP(objects_name) struct objects_name name;
    NTSTATUS status = objects_name_take(&name, attr, OBJECTS_CREATE);

    return NT_SUCCESS(status) ? real.NtCreateDirectoryObject(handle, access, name.attr) : status;
}
