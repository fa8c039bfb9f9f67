/* cli/linux/cli.h: what the commands share on Linux: the store as this user sees it. Private to the
 * CLI. */
#pragma once
#include "cli/grammar.h"
#include "launcher/launcher.h"
#include "store/collect.h"
#include "store/store.h"

/* The store and, for commands that look at a VM's shown folders, those folders. */
struct cli_world {
    struct fvm_store store;
    struct fvm_wine wine;
    struct fvm_folder *folders;
    size_t folder_count;
    struct fvm_terms asked;   /* what the command line says of them */
    struct fvm_terms terms;   /* that VM's own behind it */
    bool runs;                /* that VM did, when it was looked at */
    struct fvm_terms running; /* what on, then */
};
enum {
    CLI_NEEDS_WINE = 1,
    CLI_STARTS = 4,    /* a VM may be started, on the world's terms */
    CLI_SEEN_ABOVE = 2 /* of the VM's seen folders only those that hold one of the world's: it is
                        * seen through them, then */
};
/**
 * Open the store as the user who owns it (as root: become that user first).
 *
 * @param world [in,out] folders and terms may be filled before: they are made reachable
 * @param vm    name of a VM whose seen folders are made reachable as well, or NULL
 * @param flags CLI_*
 */
int cli_open(struct cli_world *world, const char *vm, unsigned flags, struct fvm_error *err);
void cli_close(struct cli_world *world);
/** fvm_host_opener over a struct cli_world. */
int cli_open_host(void *world, const char *path);
/** Add a folder to the world. @param path copied */
int cli_add_folder(struct cli_world *world, const char *path, bool file_only);

/**
 * Take what the command line says of a VM's terms, with folders by their whole paths, and behind it
 * what the VM has of its own.
 *
 * @param vm its name, or NULL: a new one
 * @return 0; -errno with a sentence
 */
int cli_ask(struct cli_world *world, const char *vm, const struct fvm_terms *said,
            struct fvm_error *err);

/* Is a VM running, or at rest? */
bool cli_is_running(const struct fvm_vm *vm);
/** fvm_progress: each step as a line on stderr. */
void cli_progress(void *context, unsigned step, unsigned steps, const char *what);
/** Make the default base if it is missing, with progress on stderr. */
int cli_need_base(const struct cli_world *world, const char *name, struct fvm_error *err);

struct cli_table;
typedef int cli_add_vm(struct cli_table *table, const struct fvm_store *store,
                       const struct fvm_vm *vm, struct fvm_error *err);
/**
 * Print what there is to tell of the VMs that the words name, or of all.
 *
 * @param table begun; is freed
 * @param add   tells of one; -errno with a sentence ends it
 * @return exit code
 */
int cli_print_vms(struct cli_table *table, const struct cli_words *words, cli_add_vm *add);
