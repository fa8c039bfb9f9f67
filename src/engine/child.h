/* engine/child.h: a suspended child of either bitness, as its parent reaches it. For inject.c. One
 * body per bitness of the parent: child_x64.c, child_i386.c. */
#pragma once
#include "engine/start.h"

struct fvm_child {
    HANDLE process;
    bool is_64;
};
/** Is the process a 32-bit one beside 64-bit ones? @return STATUS_SUCCESS; the call's */
NTSTATUS fvm_child_is_wow64(HANDLE process, bool *is_wow64);
/** Find out of which bitness a child is. @return STATUS_SUCCESS; the status of the call that failed
 */
NTSTATUS fvm_child_open(struct fvm_child *child, HANDLE process);
/** Memory for code and data. @param base [in] wanted address, 0 any [out] it */
NTSTATUS fvm_child_allocate(const struct fvm_child *child, uint64_t *base, size_t cb);
NTSTATUS fvm_child_read(const struct fvm_child *child, uint64_t from, void *to, size_t cb);
/** Write, whatever the protection of the page is; it is read, write and execute afterwards. */
NTSTATUS fvm_child_write(const struct fvm_child *child, uint64_t to, const void *from, size_t cb);
/**
 * Find the child's 32-bit ntdll.
 *
 * @param ours  the ntdll of this process
 * @param start [out] ntdll, ldr_thunk, saved
 * @return STATUS_SUCCESS; STATUS_INVALID_IMAGE_FORMAT it is not there, or not as it was
 */
NTSTATUS fvm_child_find_ntdll32(const struct fvm_child *child, const void *ours,
                                struct fvm_start *start);
