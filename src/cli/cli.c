/* cli/cli.c: see cli.h. */
#include "cli/cli.h"

#include "core/name.h"
#include "core/utf.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
        fputs(line.s, stderr);
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

static void print_help(const struct cli_command *command)
{
    printf("fvm %s: %s\n\nusage: fvm %s %s\n\n%s", command->name, command->summary, command->name,
           command->usage, command->help);
}

static const struct cli_option *find_option(const struct cli_option *options, const char *word,
                                            size_t cb)
{
    for (; options->name; options++)
        if (strlen(options->name) == cb && !strncmp(options->name, word, cb))
            return options;
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

int cli_options(const struct cli_command *command, int argc, char **argv,
                const struct cli_option *options)
{
    int i;

    for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
        char *word = argv[i] + 2, *value = strchr(argv[i], '=');
        const struct cli_option *option;

        if (!strcmp(argv[i], "--"))
            return i + 1;
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
            print_help(command);
            exit(CLI_OK);
        }
        option = argv[i][1] == '-'
                     ? find_option(options, word, value ? (size_t)(value - word) : strlen(word))
                     : NULL;
        if (!option)
            cli_usage_error(command, "unknown option '%s'", argv[i]);
        if (option->flag && value)
            cli_usage_error(command, "option '--%s' takes no value", option->name);
        if (option->flag) {
            *option->flag = true;
            continue;
        }
        value = value ? value + 1 : argv[++i];
        if (!value)
            cli_usage_error(command, "option '--%s' needs a value", option->name);
        if (option->values)
            append(option->values, value);
        else
            *option->value = value;
    }
    return i;
}

int cli_add_folder(struct cli_world *world, const char *path, bool file_only)
{
    struct fvm_folder *grown;

    for (size_t i = 0; i < world->folder_count; i++)
        if (!strcmp(world->folders[i].path, path))
            return 0;
    grown = realloc(world->folders, (world->folder_count + 1) * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    world->folders = grown;
    grown += world->folder_count;
    *grown = (struct fvm_folder){.path = strdup(path), .file_only = file_only};
    if (!grown->path)
        return -ENOMEM;
    world->folder_count++;
    return 0;
}

static bool is_above_any(const struct cli_world *world, const char *path)
{
    size_t cb = strlen(path);

    for (size_t i = 0; i < world->folder_count; i++)
        if (!strncmp(world->folders[i].path, path, cb) && world->folders[i].path[cb] == '/')
            return true;
    return false;
}

/* As root the folders must be made reachable before the store's user is anybody: vm.conf is read
 * ahead. It is ours, no VM can write it. */
static int add_seen_folders(struct cli_world *world, const char *vm, bool only_above)
{
    FVM_CLEANUP(text) struct fvm_text name = {0};
    FVM_CLEANUP(conf) struct fvm_conf conf = {0};
    struct fvm_seen seen;
    char *home = fvm_store_path();
    const char *level;
    size_t at = 0;

    if (!home || fvm_failed(fvm_name_check(vm, NULL))) {
        free(home);
        return 0; /* the command itself will say what is wrong */
    }
    fvm_text_printf(&name, "%s/vms/%s/vm.conf", home, vm);
    free(home);
    if (name.failed ||
        fvm_conf_load(&conf, AT_FDCWD, name.s, FVM_VM_CONF_MAX_CB, FVM_VM_FORMAT, NULL))
        return 0;
    level = fvm_conf_get(&conf, "level");
    only_above &= !level || strcmp(level, FVM_SHARED) != 0; /* a shared VM sees them all */
    while (fvm_seen_next(&conf, &at, &seen))
        if (!access(seen.path, F_OK) && (!only_above || is_above_any(world, seen.path)) &&
            cli_add_folder(world, seen.path, false))
            return -ENOMEM;
    return 0;
}

/* A folder below another one is seen through that. Two overlays, one within the other, would share
 * a part of the layer. */
static void drop_nested(struct cli_world *world)
{
    for (size_t i = 0; i < world->folder_count; i++)
        for (size_t j = 0; j < world->folder_count; j++) {
            const char *inner = world->folders[i].path, *outer = world->folders[j].path;
            size_t cb = strlen(outer);

            if (i == j || world->folders[j].file_only || strncmp(inner, outer, cb) ||
                inner[cb] != '/')
                continue;
            free(world->folders[i].path);
            memmove(&world->folders[i], &world->folders[i + 1],
                    (--world->folder_count - i) * sizeof(world->folders[0]));
            i = (size_t)-1;
            break;
        }
}

int cli_open(struct cli_world *world, const char *vm, unsigned flags, struct fvm_error *err)
{
    int result = flags & CLI_NEEDS_WINE ? fvm_wine_find(&world->wine, err) : 0;

    if (!result && vm && add_seen_folders(world, vm, flags & CLI_SEEN_ABOVE))
        result = fvm_fail(err, -ENOMEM, "out of memory");
    drop_nested(world);
    if (!result)
        result = fvm_become_user(flags & CLI_NEEDS_WINE ? &world->wine : NULL, world->folders,
                                 world->folder_count, err);
    return result ? result : fvm_store_open(&world->store, err);
}

void cli_close(struct cli_world *world)
{
    for (size_t i = 0; i < world->folder_count; i++) {
        free(world->folders[i].path);
        free(world->folders[i].upper);
        free(world->folders[i].work);
    }
    free(world->folders);
    fvm_store_close(&world->store);
}

int cli_open_host(void *context, const char *path)
{
    const struct cli_world *world = context;

    for (size_t i = 0; i < world->folder_count; i++)
        if (!strcmp(world->folders[i].path, path)) {
            int fd = openat(world->store.fd, world->folders[i].lower,
                            O_RDONLY | O_DIRECTORY | O_CLOEXEC);

            return fd < 0 ? -1 : fd;
        }
    return -1;
}

void cli_check_level(const struct cli_command *command, const char *level)
{
    if (strcmp(level, FVM_SEALED) != 0 && strcmp(level, FVM_SHARED) != 0)
        cli_usage_error(command,
                        "--level %s is not offered: only '" FVM_SEALED "' and '" FVM_SHARED "'",
                        level);
}

bool cli_is_running(const struct fvm_vm *vm)
{
    FVM_CLEANUP(fd) int fd = fvm_dir_open(vm->fd, "."); /* a lock of our own, gone at once */

    return fd >= 0 && fvm_lock(fd, true, false) == -EAGAIN;
}

int cli_print(const struct fvm_text *text)
{
    if (text->failed) {
        cli_message("out of memory");
        return CLI_FAILED;
    }
    if ((text->cb && fwrite(text->s, 1, text->cb, stdout) != text->cb) || fflush(stdout)) {
        if (errno != EPIPE)
            cli_message("cannot write the output: %s", strerror(errno));
        return CLI_FAILED;
    }
    return CLI_OK;
}

void cli_add_size(struct fvm_text *text, uint64_t cb)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double size = (double)cb;
    size_t unit = 0;

    while (size >= 1000 && unit + 1 < ARRAY_LEN(units)) {
        size /= 1000;
        unit++;
    }
    fvm_text_printf(text, unit ? "%.1f %s" : "%.0f %s", size, units[unit]);
}

void cli_progress(void *context, unsigned step, unsigned steps, const char *what)
{
    (void)context;
    cli_message("base: %u of %u: %s ...", step, steps, what);
}

int cli_need_base(const struct cli_world *world, const char *name, struct fvm_error *err)
{
    FVM_CLEANUP(base) struct fvm_base base = {.fd = -1};
    int result = fvm_base_open(&base, &world->store, name, false, err);

    if (result != -ENOENT || strcmp(name, FVM_BASE_DEFAULT))
        return result;
    fvm_base_close(&base);
    cli_message("making the base that all VMs stand on (once, about 15 seconds)");
    return fvm_make_base(&world->store, &world->wine, name, cli_progress, NULL, err);
}
