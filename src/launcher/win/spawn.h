/* launcher/win/spawn.h: VMs inside the Windows that this program runs in. For fvmstart. */
#pragma once
#include "core/block.h"
#include "engine/nt.h"

enum { WIN_ALIASES = 12, WIN_HIDDEN = 4 };
struct win_options {
    unsigned long vm;                    /* number of the VM in this Windows, 1..65535 */
    const wchar_t *layer;                /* folder of what the VM changes; NULL: the VM runs */
    const wchar_t *cwd;                  /* folder to start in, as the VM names it; NULL: ours */
    const wchar_t *aliases[WIN_ALIASES]; /* FROM=TO */
    const wchar_t *hidden[WIN_HIDDEN];   /* names where the VM sees nothing: Z:\vm */
    size_t alias_count, hidden_count;
    const wchar_t *engines; /* folder of fvm64.dll and fvm32.dll; NULL: beside this program */
    bool may_run;           /* win_vm_begin() shares in a VM that others have begun */
};

enum { WIN_OBJECTS = 32 };
/* A VM while it runs: its block and its job, which its processes cannot leave. */
struct win_vm {
    HANDLE section, job;
    HANDLE objects[WIN_OBJECTS]; /* its directories of named objects, as long as anybody holds them
                                  */
    size_t object_count;
    struct fvm_block *block;
    WCHAR name[128];               /* NT name of the block */
    const char *failed;            /* what failed, for a sentence */
    struct win_registry *registry; /* of who began it; NULL */
    struct win_services *services; /* the same */
};
/**
 * Begin a VM: make its block and its job. It ends with win_vm_close() of all who began it, or with
 * their processes.
 *
 * @return 0; a Windows error, vm->failed says of what. ERROR_ALREADY_EXISTS: it runs
 */
DWORD win_vm_begin(struct win_vm *vm, const struct win_options *options);
/** Find a VM that runs. @return 0; ERROR_FILE_NOT_FOUND; a Windows error */
DWORD win_vm_find(struct win_vm *vm, const struct win_options *options);
/**
 * Become a process of the VM: what this one names is the VM's, and what it starts belongs to the
 * VM. The VM's programs do not see it: it is in no table of members.
 *
 * The only thread of ours is the caller. On failure the process is half in and must end.
 *
 * @param roles FVM_ROLE_...
 */
DWORD win_vm_enter(struct win_vm *vm, uint32_t roles);
/** Print what a VM that runs shares with its whole Windows, a line each: uses, name, reason.
 * @return exit code: 1 no such VM */
int win_print_exceptions(unsigned long number);
/** Does a VM of this number run in this Windows, or is it just ending? */
bool win_vm_is_taken(unsigned long number);
/** How many processes does it have? Services and their manager, which end with it, do not count.
 */
DWORD win_vm_count(const struct win_vm *vm);
/** End all its processes and wait until they are gone, at most a few seconds. */
void win_vm_end(const struct win_vm *vm);
/** From now on nobody gets in: end all that is in it, and what was on its way. */
void win_vm_shut(const struct win_vm *vm);
/** Whoever began it needs it no longer: the last one ends it. */
void win_vm_release(const struct win_vm *vm);
/** Write down what its programs changed of the registry. @return 0; a Windows error */
DWORD win_vm_save(const struct win_vm *vm);
/** Let go of it. */
void win_vm_close(struct win_vm *vm);
/** The command line of this process behind its first words, as it was written: quoting is the
 * program's business. */
wchar_t *win_rest_of_line(int skip);
/** Leave Ctrl-C to the program that we wait for. Programs started later are not told. */
void win_ignore_interrupts(void);
/** Run a program and wait for it. @param command_line is changed @param code [out] its exit code
 * @return 0; a Windows error */
DWORD win_run(wchar_t *command_line, DWORD *code);

/** Path of a file beside the engines. @param folder of the engines; NULL: of this program */
void win_beside(wchar_t path[MAX_PATH], const wchar_t *folder, const wchar_t *name);

/* --- layer.c ---------------------------------------------------------------------------------- */
/** Fill the block of a new VM: names, and an index of what its layer has. @return 0; error */
DWORD win_layer_open(struct win_vm *vm, const struct win_options *options);
struct fvm_index;
/**
 * Bring into an empty index what a layer has: its journal, then its files.
 *
 * @param layer      absolute Windows path
 * @param journal_cb [out] where the next record of the journal goes
 * @return 0; ERROR_FILE_CORRUPT, ERROR_REVISION_MISMATCH the journal is; ERROR_NOT_ENOUGH_MEMORY,
 *         also: a folder cannot be read whole; a Windows error of reading the journal
 */
DWORD win_layer_index(struct fvm_index *index, const wchar_t *layer, uint64_t *journal_cb);
/** What such an error means, for a sentence. */
const char *win_layer_failed(DWORD error);

/* --- objects.c -------------------------------------------------------------------------------- */
/** Make the VM's own directories of named objects (rooms/objects), or share in them. @return 0;
 * error */
DWORD win_objects_make(struct win_vm *vm, const struct win_options *options);
