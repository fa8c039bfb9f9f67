/* launcher/win/services.h: the service manager of a VM, as its holder starts it. For launcher/win
 * and the programs that hold VMs. */
#pragma once
#include "launcher/win/spawn.h"

/**
 * Be there to start the VM's service manager when a program of the VM asks for it (rooms/services).
 *
 * Nothing is started yet. On Windows, whose manager cannot be doubled, nothing ever is.
 *
 * @param options the VM's number, and where fvmstart.exe is: beside the engines
 * @return 0; a Windows error, vm->failed says of what
 */
DWORD win_services_serve(struct win_vm *vm, const struct win_options *options);
/** No longer. What runs goes on. */
void win_services_end(struct win_vm *vm);
/**
 * Start the service manager of a VM, and wait until it can be called. For fvmstart.exe,
 * which then ends: `fvmstart --services NUMBER`.
 *
 * @return exit code: 0 it runs
 */
int win_services_start(unsigned long number);
