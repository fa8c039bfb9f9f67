/* rooms/objects/objects.h: named kernel objects. Private to this room. */
#pragma once
#include "core/objname.h"
#include "engine/engine.h"
#include "engine/nt.h"

enum { OBJECTS_NAME_CCH = 32767, OBJECTS_ROOT_CCH = 192 };

/* --- names.c: what a caller names ------------------------------------------------------------- */
/** Find out where the VM's objects are, in this process. */
NTSTATUS objects_start(void);
/** NT name of the directory that is `\` for the VM. */
struct fvm_str objects_root(void);

enum objects_use {
    OBJECTS_OPEN,
    OBJECTS_CREATE /* refused where a name is shared, or the object would outlive the VM */
};
/* A name as NT is to get it. */
struct objects_name {
    OBJECT_ATTRIBUTES *attr; /* the caller's own, or `renamed` */
    OBJECT_ATTRIBUTES renamed;
    UNICODE_STRING text;
    void *large;
    WCHAR small[256];
};
/**
 * Take in a caller's name, once, and rename it.
 *
 * @param name [out] to be released, whatever comes back
 * @param given of the caller; what cannot be read is passed as it is: NT says so
 * @return STATUS_SUCCESS; STATUS_ACCESS_DENIED made where names are shared;
 *         STATUS_PRIVILEGE_NOT_HELD a permanent object; STATUS_NO_MEMORY; STATUS_NAME_TOO_LONG
 */
NTSTATUS objects_name_take(struct objects_name *name, const OBJECT_ATTRIBUTES *given,
                           enum objects_use use);
void objects_name_release(struct objects_name *name);
/* FVM_CLEANUP(objects_name) struct objects_name name; */
static inline void fvm_cleanup_objects_name(struct objects_name *name)
{
    objects_name_release(name);
}
/** Rename the target of a link. @param target [in,out] text in `name`'s room; relative: as it is */
NTSTATUS objects_target_take(struct objects_name *name, const UNICODE_STRING *given);

/* --- roots.c: directories that names are relative to ------------------------------------------ */
/**
 * May a name below this directory be shared?
 *
 * @param path [out] its virtual name, in the caller's room, if so
 * @return false: all below it is the VM's, or it is no directory
 */
bool objects_root_is_mixed(HANDLE directory, struct fvm_buf *path);
/** Remember a directory that was opened. */
void objects_root_opened(HANDLE directory, bool is_mixed);
/** Forget a handle. */
void objects_root_closed(HANDLE handle);
