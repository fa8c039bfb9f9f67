/* engine/inject.h: put the engine into a child that has not run an instruction yet. For engine and
 * launcher/win; works through the table `real` alone. */
#pragma once
#include "engine/start.h"

/**
 * Copy the engine of the child's bitness into a suspended process and divert its first thread to
 * it.
 *
 * The child runs the engine before ntdll's own initialisation, so before any other code of it; of a
 * 32-bit child that is the 32-bit ntdll: what the 64-bit one below it does first loads system DLLs.
 *
 * @param process handle with PROCESS_VM_OPERATION | PROCESS_VM_READ | PROCESS_VM_WRITE and the
 * right to ask
 * @param block   the VM's, with the engines in it
 * @param ntdll   the ntdll of this process
 * @param section NT name of the VM's block
 * @param roles   FVM_ROLE_... of the child
 * @return STATUS_SUCCESS; STATUS_INVALID_IMAGE_FORMAT the VM has no engine for it, or the child's
 *         ntdll is not where or what it should be; the status of the call that failed. On failure
 *         the child must not run.
 * @source wine-nt: 2 (b); paper:injection
 */
NTSTATUS fvm_inject(HANDLE process, struct fvm_block *block, const void *ntdll,
                    const WCHAR *section, uint32_t roles);
