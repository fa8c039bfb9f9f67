/* launcher/win/spawn.h: VMs inside the Windows that this program runs in. For fvmstart. */
#pragma once
#include "core/block.h"
#include "engine/nt.h"

enum { WIN_ALIASES = 12 };
struct win_options {
    unsigned long vm;                    /* number of the VM in this Windows, 1..65535 */
    const wchar_t *layer;                /* folder of what the VM changes */
    const wchar_t *aliases[WIN_ALIASES]; /* FROM=TO */
    size_t alias_count;
};

/* A VM while it runs: its block and its job, which its processes cannot leave. */
struct win_vm {
    HANDLE section, job;
    struct fvm_block *block;
    void *engine;       /* the engine's image, to copy from */
    WCHAR name[128];    /* NT name of the block */
    const char *failed; /* what failed, for a sentence */
};
/**
 * Make a VM's block and job, or join those of a running one.
 *
 * @param options of a running VM only the number counts
 * @return 0; a Windows error, vm->failed says of what
 */
DWORD win_vm_open(struct win_vm *vm, const struct win_options *options);
/** Run a program and wait for it. It is looked for in the VM, by win_start_inside(). @param code
 * [out] its exit code */
DWORD win_vm_run(struct win_vm *vm, const wchar_t *command_line, DWORD *code);
/** In a process of the VM: start a program, suspended. @param command_line is changed @return exit
 * code for win_vm_run() */
int win_start_inside(wchar_t *command_line);
/** Let go of it: the VM's last process ends it. */
void win_vm_close(struct win_vm *vm);

/* --- layer.c ---------------------------------------------------------------------------------- */
/** Fill the block of a new VM: names, and an index of what its layer has. @return 0; error */
DWORD win_layer_open(struct win_vm *vm, const struct win_options *options);
