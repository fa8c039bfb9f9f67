/* engine/inject.h: put the engine into a child that has not run an instruction yet. For engine and
 * launcher/win; works through the table `real` alone. */
#pragma once
#include "engine/start.h"

/**
 * Copy the engine into a suspended process of our own bitness and divert its first thread to it.
 *
 * The child runs the engine before ntdll's own initialisation, so before any other code of it.
 *
 * @param process handle with PROCESS_VM_OPERATION | PROCESS_VM_READ | PROCESS_VM_WRITE
 * @param image   the engine as it lies in this process
 * @param section NT name of the VM's block
 * @return STATUS_SUCCESS; STATUS_INVALID_IMAGE_FORMAT the child's ntdll is not ours (other
 *         bitness); the status of the call that failed. On failure the child must not run.
 * @source wine-nt: 2 (b); paper:injection
 */
NTSTATUS fvm_inject(HANDLE process, const void *image, const void *ntdll, const WCHAR *section);
