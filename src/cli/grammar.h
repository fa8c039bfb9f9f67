/* cli/grammar.h: the command line: commands, options, help, refusals. The same sources make `fvm`
 * on Linux and `fvm.exe` on Windows; what differs is data (struct cli_host) and marked lines. Calls
 * nothing but the C library. Private to the CLI. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/terms.h"
#include "core/text.h"

/* Exit codes besides the program's own; the same as env(1) and shells use. */
enum {
    CLI_OK = 0,
    CLI_TIMED_OUT = 124,
    CLI_FAILED = 125,
    CLI_CANNOT_EXECUTE = 126,
    CLI_NOT_FOUND = 127
};

/* A command line, understood. */
struct cli_words {
    const struct cli_command *command;
    const char *vm, *base, *level, *cwd; /* NULL: not given */
    struct fvm_terms terms;              /* that the VM shall run on */
    bool keep, json, reg, stat, force, dry_run;
    char **env, **only; /* NULL-terminated, or NULL; the strings are argv's */
    char **words;       /* behind the options; borrowed */
    int count;
    int at; /* index of words[0] in the program's whole command line */
};
struct cli_command {
    const char *name;
    const char *usage;      /* behind "fvm name " */
    const char *summary;    /* one line */
    const char *help;       /* the rest of --help, see CLI_ON_LINUX */
    unsigned options;       /* CLI_OPTION_* */
    const char *linux_only; /* NULL, or why there is no such command elsewhere */
    /* End with a usage error if the words make no sense together. */
    void (*check)(const struct cli_words *words);
    int (*act)(const struct cli_words *words); /* returns the exit code */
};
extern const struct cli_command cli_commands[];
extern const size_t cli_command_count;

/* A line of help that begins with one of these is told by the command of that system only. Each
 * such line is a string of its own in commands.c: tests/nt/fvmexe.t looks there for every line in
 * which the two differ. */
#define CLI_ON_LINUX   "\001"
#define CLI_ON_WINDOWS "\002"

/* What is so on this system. */
struct cli_host {
    char mark;             /* CLI_ON_LINUX[0] or CLI_ON_WINDOWS[0] */
    const char *levels;    /* as a sentence names them */
    const char *only_net;  /* NULL, or the one choice of --net and --display; no other terms then */
    const char *no_sealed; /* NULL, or why there is no such level */
    const char *no_bases;  /* NULL, or why there are none */
    bool (*is_level)(const char *level);
};
extern const struct cli_host cli_host;

/**
 * Read the options of a command up to the first word that is none, or "--"; check all.
 *
 * Values: `--name VALUE` or `--name=VALUE`. An unknown option, a missing value or `--help` ends the
 * program with the right exit code.
 *
 * @param words [out] its lists are freed with cli_words_free()
 * @param argv  argv[0] is the command's name
 * @param skip  words of the whole command line before argv[0]
 */
void cli_read(struct cli_words *words, const struct cli_command *command, int argc, char **argv,
              int skip);
void cli_words_free(struct cli_words *words);
/** Add a help text as this system tells it. */
void cli_add_help(struct fvm_text *out, const char *help);
/** Run the command that the words name. @return exit code */
int cli_main(int argc, char **argv);

/** Complain about the words of the command line, point to --help, and end with CLI_FAILED. */
_Noreturn void cli_usage_error(const struct cli_command *command, const char *fmt, ...)
    FVM_PRINTF(2, 3);
/** Print "fvm: sentence" on stderr. @return CLI_FAILED */
int cli_failure(const struct fvm_error *err);
void cli_message(const char *fmt, ...) FVM_PRINTF(1, 2);
/** Print a text and end with a check that it was all written. @return exit code */
int cli_print(const struct fvm_text *text);

/* --- what the system's part gives ------------------------------------------------------------- */
/**
 * Write bytes to stdout or stderr at once.
 *
 * @return NULL; why it failed, "" if that is not to be told (the reader has gone)
 */
const char *cli_put(bool is_error, const char *s, size_t cb);
int cli_run(const struct cli_words *words);
int cli_create(const struct cli_words *words);
int cli_list(const struct cli_words *words);
int cli_ps(const struct cli_words *words);
int cli_ports(const struct cli_words *words);
int cli_stop(const struct cli_words *words);
int cli_delete(const struct cli_words *words);
int cli_diff(const struct cli_words *words);
int cli_commit(const struct cli_words *words);
int cli_discard(const struct cli_words *words);
int cli_doctor(const struct cli_words *words);
int cli_base(const struct cli_words *words);
int cli_screenshot(const struct cli_words *words);
int cli_clip(const struct cli_words *words);
int cli_view(const struct cli_words *words);
