/* rooms/processes/processes.h: who belongs to the VM. Private to this room. */
#pragma once
#include "core/block.h"
#include "engine/engine.h"
#include "engine/nt.h"

/* --- members.c ------------------------------------------------------------------------------ */
/** Make a suspended child a member with the engine in it. @return STATUS_SUCCESS; else it must not
 * run */
NTSTATUS processes_adopt(HANDLE process);
/** Is the process behind a handle a member? What cannot be asked is none. */
bool processes_is_member_handle(HANDLE process);
/** Is the thread behind a handle one of a member? */
bool processes_is_member_thread(HANDLE thread);
/* The caller's attributes, with the image's real name in them. */
struct processes_image {
    struct {
        SIZE_T cb;
        NT_PS_ATTRIBUTE at[24];
    } list;
    struct fvm_file_name name;
};
/**
 * Find the program that is to be started.
 *
 * @param image [out] to be released when STATUS_SUCCESS
 * @return STATUS_SUCCESS; STATUS_INVALID_IMAGE_NOT_MZ, as Windows says of a text file: the host
 *         would start a Linux program outside of everything; STATUS_INVALID_PARAMETER
 */
NTSTATUS processes_find_image(struct processes_image *image,
                              const NT_PS_ATTRIBUTE_LIST *attributes);
void processes_release_image(struct processes_image *image);

/* --- listing.c: pure ------------------------------------------------------------------------ */
/** Does this class of NtQuerySystemInformation give a list of NT_SYSTEM_PROCESS? */
bool processes_lists_processes(ULONG class);
/**
 * Take all but members out of a list, in place. The idle process (number 0) stays.
 *
 * @param cb bytes of the list
 * @return false: nobody is left, which the caller must not see as a list
 */
bool processes_keep_members(const struct fvm_block *block, void *list, size_t cb);
