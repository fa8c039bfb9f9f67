/* cli/grammar.c: see grammar.h. */
#include "cli/grammar.h"

#include "core/utf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cli_message(const char *fmt, ...)
{
    FVM_CLEANUP(text) struct fvm_text line = {0};
    char sentence[2048];
    va_list args;

    va_start(args, fmt);
    vsnprintf(sentence, sizeof(sentence), fmt, args);
    va_end(args);
    /* Names come from anywhere: what a terminal would obey is shown, not sent. */
    fvm_text_puts(&line, "fvm: ");
    fvm_utf8_add_visible(&line, sentence, strlen(sentence));
    fvm_text_putc(&line, '\n');
    if (!line.failed)
        cli_put(true, line.s, line.cb);
}

int cli_failure(const struct fvm_error *err)
{
    cli_message("%s", err->text);
    return CLI_FAILED;
}

void cli_usage_error(const struct cli_command *command, const char *fmt, ...)
{
    char sentence[1024];
    va_list args;

    va_start(args, fmt);
    vsnprintf(sentence, sizeof(sentence), fmt, args);
    va_end(args);
    cli_message("%s; usage: fvm %s %s (see: fvm %s --help)", sentence, command->name,
                command->usage, command->name);
    exit(CLI_FAILED);
}

int cli_print(const struct fvm_text *text)
{
    const char *failed;

    if (text->failed) {
        cli_message("out of memory");
        return CLI_FAILED;
    }
    failed = cli_put(false, text->s, text->cb);
    if (failed && *failed)
        cli_message("cannot write the output: %s", failed);
    return failed ? CLI_FAILED : CLI_OK;
}

/* --- help ------------------------------------------------------------------------------------ */

void cli_add_help(struct fvm_text *out, const char *help)
{
    while (*help) {
        const char *end = strchr(help, '\n');
        size_t cb = end ? (size_t)(end - help) + 1 : strlen(help);
        bool is_marked = *help == CLI_ON_LINUX[0] || *help == CLI_ON_WINDOWS[0];

        if (!is_marked || *help == cli_host.mark)
            fvm_text_add(out, help + is_marked, cb - is_marked);
        help += cb;
    }
}

static int print_help(const struct cli_command *command)
{
    FVM_CLEANUP(text) struct fvm_text out = {0};

    fvm_text_printf(&out, "fvm %s: %s\n\nusage: fvm %s %s\n\n", command->name, command->summary,
                    command->name, command->usage);
    cli_add_help(&out, command->help);
    return cli_print(&out);
}

static int print_overview(void)
{
    /* A marked line is a string of its own. */
    /* clang-format off */
    static const char before[] =
    CLI_ON_LINUX "a Windows of its own for any Windows program, on Linux with Wine\n"
    CLI_ON_WINDOWS "a Windows of its own for any Windows program, on this Windows\n"
    "\n"
    "The program sees the host's files, registry and programs; what it changes is private to\n"
    CLI_ON_LINUX "its VM, and nothing it says leaves the VM.\n"
    CLI_ON_WINDOWS "its VM: files and processes. Registry, objects, pipes, windows and network are not, yet.\n"
    "\n"
    "usage: fvm COMMAND [OPTION...]\n"
    "\n";
    static const char behind[] =
    "\n"
    "`fvm COMMAND --help` tells all about one. Two to begin with:\n"
    "\n"
    CLI_ON_LINUX "  fvm run ./setup.exe                  try it, keep nothing\n"
    CLI_ON_LINUX "  fvm create box; fvm run --vm box ./setup.exe; fvm diff box\n"
    CLI_ON_WINDOWS "  fvm run setup.exe                    try it, keep nothing\n"
    CLI_ON_WINDOWS "  fvm create box & fvm run --vm box setup.exe & fvm diff box\n"
    "\n"
    CLI_ON_LINUX "environment: FVM_HOME  where bases and VMs are kept (default ~/.local/share/fvm;\n"
    CLI_ON_LINUX "                       started by root: /var/lib/fvm)\n"
    CLI_ON_WINDOWS "environment: FVM_HOME  where VMs are kept (default %LOCALAPPDATA%\\fvm)\n"
    "exit codes: the program's own; 125 fvm failed, 126 cannot execute, 127 not found\n";
    /* clang-format on */
    FVM_CLEANUP(text) struct fvm_text out = {0};

    fvm_text_printf(&out, "fvm %s: ", FVM_VERSION);
    cli_add_help(&out, before);
    for (size_t i = 0; i < cli_command_count; i++)
        if (!cli_commands[i].linux_only || !cli_host.no_bases)
            fvm_text_printf(&out, "  %-10s %s\n", cli_commands[i].name, cli_commands[i].summary);
    cli_add_help(&out, behind);
    return cli_print(&out);
}

/* --- options --------------------------------------------------------------------------------- */

/* Takes nothing and sets a bool; takes a value; takes one each time; is one of a VM's terms, with a
 * value or, as a flag, "yes". */
enum kind { FLAG, VALUE, VALUES, TERM, TERM_FLAG };
struct option {
    const char *name; /* without dashes */
    enum kind kind;
    size_t at; /* in struct cli_words; of a term: nothing */
};
/* In the order of enum cli_option. */
static const struct option options[] = {
    {"vm", VALUE, offsetof(struct cli_words, vm)},
    {"base", VALUE, offsetof(struct cli_words, base)},
    {"level", VALUE, offsetof(struct cli_words, level)},
    {"cwd", VALUE, offsetof(struct cli_words, cwd)},
    {"env", VALUES, offsetof(struct cli_words, env)},
    {"only", VALUES, offsetof(struct cli_words, only)},
    {"keep", FLAG, offsetof(struct cli_words, keep)},
    {"json", FLAG, offsetof(struct cli_words, json)},
    {"reg", FLAG, offsetof(struct cli_words, reg)},
    {"stat", FLAG, offsetof(struct cli_words, stat)},
    {"force", FLAG, offsetof(struct cli_words, force)},
    {"dry-run", FLAG, offsetof(struct cli_words, dry_run)},
    {"net", TERM, 0},
    {"publish", TERM, 0},
    {"display", TERM, 0},
    {"sound", TERM_FLAG, 0},
    {"share", TERM, 0},
    {"memory", TERM, 0},
    {"procs", TERM, 0},
    {"cpus", TERM, 0},
    {"disk", TERM, 0},
    {"timeout", TERM, 0},
};

static const struct option *find_option(const struct cli_command *command, const char *word,
                                        size_t cb)
{
    for (size_t i = 0; i < ARRAY_LEN(options); i++)
        if (command->options & 1u << i && strlen(options[i].name) == cb &&
            !strncmp(options[i].name, word, cb))
            return &options[i];
    return NULL;
}

static void append(char ***values, char *value)
{
    size_t count = 0;
    char **grown;

    while (*values && (*values)[count])
        count++;
    grown = realloc(*values, (count + 2) * sizeof(*grown));
    if (!grown)
        abort(); /* out of memory while reading a command line */
    grown[count] = value;
    grown[count + 1] = NULL;
    *values = grown;
}

static void add_term(struct cli_words *words, const char *name, const char *value)
{
    struct fvm_error err;

    if (cli_host.only_net && strcmp(name, "net") != 0 && strcmp(name, "display") != 0)
        cli_usage_error(words->command, "--%s is not offered here", name);
    if (cli_host.only_net && strcmp(value, cli_host.only_net) != 0)
        cli_usage_error(words->command, "--%s %s is not offered yet: only '%s'", name, value,
                        cli_host.only_net);
    if (fvm_failed(fvm_terms_add(&words->terms, name, value, &err)))
        cli_usage_error(words->command, "%s", err.text);
}

/* @return index of the first word that is no option */
static int read_options(struct cli_words *words, int argc, char **argv)
{
    const struct cli_command *command = words->command;
    int i;

    for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
        char *word = argv[i] + 2, *value = strchr(argv[i], '=');
        const struct option *option;
        void *place;

        if (!strcmp(argv[i], "--"))
            return i + 1;
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
            exit(print_help(command));
        option = argv[i][1] == '-'
                     ? find_option(command, word, value ? (size_t)(value - word) : strlen(word))
                     : NULL;
        if (!option)
            cli_usage_error(command, "unknown option '%s'", argv[i]);
        if ((option->kind == FLAG || option->kind == TERM_FLAG) && value)
            cli_usage_error(command, "option '--%s' takes no value", option->name);
        if (option->kind == TERM_FLAG) {
            add_term(words, option->name, "yes");
            continue;
        }
        place = (char *)words + option->at;
        if (option->kind == FLAG) {
            *(bool *)place = true;
            continue;
        }
        value = value ? value + 1 : argv[++i];
        if (!value)
            cli_usage_error(command, "option '--%s' needs a value", option->name);
        if (option->kind == TERM)
            add_term(words, option->name, value);
        else if (option->kind == VALUES)
            append(place, value);
        else
            *(const char **)place = value;
    }
    return i;
}

static void check_level(const struct cli_words *words)
{
    if (!words->level || cli_host.is_level(words->level))
        return;
    if (cli_host.no_sealed && !strcmp(words->level, "sealed"))
        cli_usage_error(words->command, "%s", cli_host.no_sealed);
    cli_usage_error(words->command, "--level %s is not offered: only %s", words->level,
                    cli_host.levels);
}

/* Those that are said, for themselves: a VM may have others that go with them. */
static void check_terms(const struct cli_words *words)
{
    struct fvm_error err;

    if (words->level && !strcmp(words->level, "shared") && !cli_host.only_net &&
        words->terms.said.count)
        cli_usage_error(words->command, "--%s is for sealed VMs", words->terms.said.lines[0].key);
    if (!words->vm && fvm_failed(fvm_terms_check(&words->terms, &err)))
        cli_usage_error(words->command, "%s", err.text);
}

void cli_read(struct cli_words *words, const struct cli_command *command, int argc, char **argv,
              int skip)
{
    int at;

    *words = (struct cli_words){.command = command};
    at = read_options(words, argc, argv);
    words->words = argv + at;
    words->count = argc - at;
    words->at = at + skip;
    if (words->base && cli_host.no_bases)
        cli_usage_error(command, "%s", cli_host.no_bases);
    check_level(words);
    check_terms(words);
    command->check(words);
}

void cli_words_free(struct cli_words *words)
{
    free(words->env);
    free(words->only);
    fvm_terms_free(&words->terms);
    *words = (struct cli_words){0};
}

/* --- the whole ------------------------------------------------------------------------------- */

static const struct cli_command *find_command(const char *name)
{
    for (size_t i = 0; i < cli_command_count; i++)
        if (!strcmp(name, cli_commands[i].name))
            return &cli_commands[i];
    return NULL;
}

static int run(const struct cli_command *command, int argc, char **argv, int skip)
{
    struct cli_words words;
    int code;

    if (command->linux_only && cli_host.no_bases) {
        cli_message("%s", command->linux_only);
        return CLI_FAILED;
    }
    cli_read(&words, command, argc, argv, skip);
    code = command->act(&words);
    cli_words_free(&words);
    return code;
}

int cli_main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "--help";
    const struct cli_command *command = find_command(name);

    if (command)
        return run(command, argc - 1, argv + 1, 1);
    if (!strcmp(name, "--version")) {
        FVM_CLEANUP(text) struct fvm_text out = {0};

        fvm_text_printf(&out, "fvm %s\n", FVM_VERSION);
        return cli_print(&out);
    }
    if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
        command = argc > 2 ? find_command(argv[2]) : NULL;
        if (command)
            return run(command, 2, (char *[]){argv[2], (char *)"--help", NULL}, 1);
        return print_overview() || argc < 2 ? CLI_FAILED : CLI_OK;
    }
    cli_message("unknown command '%s'; see: fvm --help", name);
    return CLI_FAILED;
}
