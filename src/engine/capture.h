/* engine/capture.h: read and write a caller's memory once, and survive bad pointers. For rooms. */
#pragma once
#include "engine/nt.h"

/**
 * Copy between the caller's memory and ours.
 *
 * @return STATUS_SUCCESS; STATUS_ACCESS_VIOLATION as the kernel would say: a page is missing.
 *         Early in a process' life, while only ntdll's loader calls, a bad pointer is an exception.
 */
NTSTATUS fvm_copy_guarded(void *to, const void *from, size_t cb);
