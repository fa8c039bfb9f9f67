/* rooms/processes/processes.h: who belongs to the VM. Private to this room. */
#pragma once
#include "core/block.h"
#include "engine/engine.h"
#include "engine/nt.h"

/* --- members.c ------------------------------------------------------------------------------ */
/** Make a suspended child a member with the engine in it. @return STATUS_SUCCESS; else it must not
 * run */
NTSTATUS processes_adopt(HANDLE process);
/** Take ended processes out of the table of members: their numbers may be others' by now. */
void processes_sweep(void);
/** Number of the process behind a handle; 0: it cannot be asked. */
DWORD processes_number(HANDLE process);
/** Is the process behind a handle a member? What cannot be asked is none. */
bool processes_is_member_handle(HANDLE process);
/**
 * Find a process of the VM by its number, whatever rights the caller will want.
 *
 * @param held [out] keeps the number from becoming another process'; to be closed
 * @return STATUS_SUCCESS; STATUS_INVALID_CID no process, or none of the VM
 */
NTSTATUS processes_hold(HANDLE *held, const CLIENT_ID *id);
/** The same for a thread of such a process, which is then held. */
NTSTATUS processes_hold_thread(HANDLE *held, const CLIENT_ID *id);
/* The caller's attributes, with the image's real name in them. */
struct processes_image {
    struct {
        SIZE_T cb;
        NT_PS_ATTRIBUTE at[24];
    } list;
    struct fvm_file_name name;
    HANDLE parent; /* whose child it is to be */
};
/**
 * Find the program that is to be started.
 *
 * @param image [out] to be released when STATUS_SUCCESS
 * @return STATUS_SUCCESS; STATUS_INVALID_IMAGE_NOT_MZ, as Windows says of a text file: the host
 *         would start a Linux program outside of everything; STATUS_INVALID_PARAMETER;
 *         STATUS_PRIVILEGE_NOT_HELD the program would act for the whole Windows;
 *         STATUS_ACCESS_DENIED the child of somebody outside
 */
NTSTATUS processes_find_image(struct processes_image *image,
                              const NT_PS_ATTRIBUTE_LIST *attributes);
void processes_release_image(struct processes_image *image);

/* --- answers.c ------------------------------------------------------------------------------ */
/** Give this process' image its virtual path, before the loader looks at it. @return
 * STATUS_SUCCESS */
NTSTATUS processes_start(void);

/* --- jobs.c --------------------------------------------------------------------------------- */
/** Is this process in a job of a program's own, below the VM's? @param process handle, or
 * NT_CURRENT_PROCESS */
bool processes_has_own_job(HANDLE process);

/* --- listing.c: pure ------------------------------------------------------------------------ */
enum processes_answer {
    PROCESSES_NOT_THERE, /* nothing of processes is in it */
    PROCESSES_LISTED,    /* list of NT_SYSTEM_PROCESS */
    PROCESSES_HANDLES,   /* list of NT_SYSTEM_HANDLE */
    PROCESSES_HANDLES_EX,
    PROCESSES_HIDDEN /* tells of others' processes in a way that is not filtered */
};
/** What does this class of NtQuerySystemInformation tell of processes? */
enum processes_answer processes_judge(ULONG class);
/**
 * Take all but members out of a list, in place. The idle process (number 0) stays.
 *
 * @param cb bytes of the list
 * @return bytes that are left, the rest is zeroed; 0: nobody is left, which the caller must not see
 *         as a list
 */
size_t processes_keep_members(const struct fvm_block *block, void *list, size_t cb);
/** The same for a list of handles. */
size_t processes_keep_handles(const struct fvm_block *block, bool is_extended, void *list,
                              size_t cb);
/** A parent as its child may know it: NULL, if it is outside. */
HANDLE processes_shown_parent(const struct fvm_block *block, HANDLE pid);
