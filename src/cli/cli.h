/* cli/cli.h: what the commands share: options, the store as this user sees it, words for errors.
 * Private to the CLI. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/text.h"
#include "launcher/launcher.h"
#include "store/collect.h"
#include "store/store.h"

/* Exit codes besides the program's own; the same as env(1) and shells use. */
enum { CLI_OK = 0, CLI_FAILED = 125, CLI_CANNOT_EXECUTE = 126, CLI_NOT_FOUND = 127 };

struct cli_command {
    const char *name;
    const char *usage;                 /* behind "fvm name " */
    const char *summary;               /* one line */
    const char *help;                  /* the rest of --help */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns the exit code */
};
extern const struct cli_command cli_run, cli_create, cli_list, cli_ps, cli_stop, cli_delete,
    cli_diff, cli_commit, cli_discard, cli_doctor, cli_base;

/* One option of a command. */
struct cli_option {
    const char *name;   /* long name without dashes */
    bool *flag;         /* set to true, or */
    const char **value; /* takes a value, or */
    char ***values;     /* takes one each time; NULL-terminated array, grows */
};
/**
 * Read options up to the first word that is none, or "--".
 *
 * Values: `--name VALUE` or `--name=VALUE`. An unknown option, a missing value or `--help` ends the
 * program with the right exit code.
 *
 * @param options ends with {0}
 * @return index of the first word that is no option
 */
int cli_options(const struct cli_command *command, int argc, char **argv,
                const struct cli_option *options);
/** Complain about the words of the command line, point to --help, and end with CLI_FAILED. */
_Noreturn void cli_usage_error(const struct cli_command *command, const char *fmt, ...)
    FVM_PRINTF(2, 3);
/** Print "fvm: sentence" on stderr. @return CLI_FAILED */
int cli_failure(const struct fvm_error *err);
void cli_message(const char *fmt, ...) FVM_PRINTF(1, 2);

/* The store and, for commands that look at a VM's shown folders, those folders. */
struct cli_world {
    struct fvm_store store;
    struct fvm_wine wine;
    struct fvm_folder *folders;
    size_t folder_count;
};
enum {
    CLI_NEEDS_WINE = 1,
    CLI_SEEN_ABOVE = 2 /* of the VM's seen folders only those that hold one of the world's: it is
                        * seen through them, then */
};
/**
 * Open the store as the user who owns it (as root: become that user first).
 *
 * @param world [in,out] folders may be filled before: they are made reachable
 * @param vm    name of a VM whose seen folders are made reachable as well, or NULL
 * @param flags CLI_*
 */
int cli_open(struct cli_world *world, const char *vm, unsigned flags, struct fvm_error *err);
void cli_close(struct cli_world *world);
/** fvm_host_opener over a struct cli_world. */
int cli_open_host(void *world, const char *path);
/** Add a folder to the world. @param path copied */
int cli_add_folder(struct cli_world *world, const char *path, bool file_only);

/** End with a usage error unless it is a level of VMs. */
void cli_check_level(const struct cli_command *command, const char *level);

/* Is a VM running, or at rest? */
bool cli_is_running(const struct fvm_vm *vm);
/** Print a text and end with a check that it was all written. @return exit code */
int cli_print(const struct fvm_text *text);
/** "12 B", "3.4 MB" */
void cli_add_size(struct fvm_text *text, uint64_t cb);
/** fvm_progress: each step as a line on stderr. */
void cli_progress(void *context, unsigned step, unsigned steps, const char *what);
/** Make the default base if it is missing, with progress on stderr. */
int cli_need_base(const struct cli_world *world, const char *name, struct fvm_error *err);
