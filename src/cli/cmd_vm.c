/* cli/cmd_vm.c: `fvm create`, `list`, `stop`, `delete`: VMs as a whole. */
#include "cli/cli.h"
#include "core/json.h"
#include "store/change.h"
#include "store/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- create ------------------------------------------------------------------------------------
 */

static int create_command(int argc, char **argv)
{
    struct cli_world world = {.store = {.fd = -1}};
    struct fvm_vm vm = {.fd = -1};
    struct fvm_error err = {{0}};
    const char *base = FVM_BASE_DEFAULT, *level = FVM_SEALED;
    const struct cli_option options[] = {
        {"base", NULL, &base, NULL}, {"level", NULL, &level, NULL}, {0}};
    int at = cli_options(&cli_create, argc, argv, options), result;

    if (at + 1 != argc)
        cli_usage_error(&cli_create, "exactly one NAME is wanted");
    cli_check_level(&cli_create, level);
    result = cli_open(&world, NULL, CLI_NEEDS_WINE, &err);
    if (!result)
        result = cli_need_base(&world, base, &err);
    if (!result)
        result = fvm_vm_create(&vm, &world.store, argv[at], base, level, &err);
    fvm_vm_close(&vm);
    cli_close(&world);
    return result ? cli_failure(&err) : CLI_OK;
}

const struct cli_command cli_create = {
    .name = "create",
    .usage = "[--base NAME] [--level LEVEL] NAME",
    .summary = "make a VM that is kept",
    .help = "The VM begins as an exact copy of its base and costs no more than a few folders.\n"
            "Names are letters, digits and . _ - , at most 64, and differ by more than case.\n\n"
            "  --base NAME     what it stands on (default: default; see: fvm base)\n"
            "  --level LEVEL   sealed (default) or shared; see: fvm run --help\n",
    .run = create_command,
};

/* --- list --------------------------------------------------------------------------------------
 */

struct row {
    struct fvm_vm vm;
    bool running, broken;
    uint64_t cb, files;
    struct fvm_error error;
};

static void look(struct row *row, const struct fvm_store *store, const char *name)
{
    FVM_CLEANUP(fd) int files = -1;

    *row = (struct row){.vm = {.fd = -1}};
    row->broken = fvm_vm_open(&row->vm, store, name, &row->error) != 0;
    snprintf(row->vm.name, sizeof(row->vm.name), "%s", name);
    if (row->broken)
        return;
    row->running = cli_is_running(&row->vm);
    files = fvm_dir_open(row->vm.fd, "layers/1/files");
    if (files >= 0)
        fvm_tree_size(files, &row->cb, &row->files);
}

static const char *state(const struct row *row)
{
    return row->broken ? "damaged" : row->running ? "running" : "stopped";
}

static const char *conf_or(const struct row *row, const char *key, const char *otherwise)
{
    const char *value = row->broken ? NULL : fvm_conf_get(&row->vm.conf, key);

    return value ? value : otherwise;
}

static void add_json(struct fvm_json *json, const struct row *row)
{
    fvm_json_object(json, NULL);
    fvm_json_put_string(json, "name", row->vm.name);
    fvm_json_put_string(json, "state", state(row));
    fvm_json_put_string(json, "level", conf_or(row, "level", NULL));
    fvm_json_put_string(json, "base", conf_or(row, "base", NULL));
    fvm_json_put_uint(json, "version", row->vm.version);
    fvm_json_put_bool(json, "temporary", row->vm.temporary);
    fvm_json_put_string(json, "created", conf_or(row, "created", NULL));
    fvm_json_put_uint(json, "bytes", row->cb);
    fvm_json_put_uint(json, "files", row->files);
    if (row->broken)
        fvm_json_put_string(json, "error", row->error.text);
    fvm_json_end_object(json);
}

static void add_line(struct fvm_text *out, const struct row *row)
{
    fvm_text_printf(out, "%-20s %-8s %-7s %-10s %-21s ", row->vm.name, state(row),
                    conf_or(row, "level", "-"), conf_or(row, "base", "-"),
                    conf_or(row, "created", "-"));
    if (row->broken)
        fvm_text_puts(out, row->error.text);
    else
        cli_add_size(out, row->cb);
    fvm_text_putc(out, '\n');
}

static int list_all(const struct fvm_store *store, bool json, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int vms = fvm_dir_open(store->fd, "vms");
    FVM_CLEANUP(names) char **names = NULL;
    FVM_CLEANUP(text) struct fvm_text out = {0};
    struct fvm_json writer = {.text = &out, .indent = 2};

    if (vms < 0 || fvm_dir_names(vms, &names, NULL))
        return fvm_fail(err, -EIO, "cannot list the VMs");
    if (json)
        fvm_json_array(&writer, NULL);
    else
        fvm_text_printf(&out, "%-20s %-8s %-7s %-10s %-21s %s\n", "NAME", "STATE", "LEVEL", "BASE",
                        "CREATED", "FILES");
    for (char **name = names; *name; name++) {
        struct row row;

        if (**name == '.')
            continue;
        look(&row, store, *name);
        if (json)
            add_json(&writer, &row);
        else
            add_line(&out, &row);
        fvm_vm_close(&row.vm);
    }
    if (json) {
        fvm_json_end_array(&writer);
        fvm_text_putc(&out, '\n');
    }
    return cli_print(&out) ? fvm_fail(err, -EIO, "the list was not printed whole") : 0;
}

static int list_command(int argc, char **argv)
{
    struct cli_world world = {.store = {.fd = -1}};
    struct fvm_error err = {{0}};
    bool json = false;
    const struct cli_option options[] = {{"json", &json, NULL, NULL}, {0}};
    int result;

    if (cli_options(&cli_list, argc, argv, options) != argc)
        cli_usage_error(&cli_list, "no words are wanted behind the options");
    result = cli_open(&world, NULL, 0, &err);
    if (!result)
        result = list_all(&world.store, json, &err);
    cli_close(&world);
    return result ? cli_failure(&err) : CLI_OK;
}

const struct cli_command cli_list = {
    .name = "list",
    .usage = "[--json]",
    .summary = "list the VMs",
    .help = "FILES is the size of what a VM keeps of its own; the base is shared.\n\n"
            "  --json   an array of {name, state (running, stopped, damaged), level, base, "
            "version, temporary,\n"
            "           created, bytes, files; error if damaged}\n",
    .run = list_command,
};

/* --- stop, delete -------------------------------------------------------------------------------
 */

typedef int on_vm(struct cli_world *world, struct fvm_vm *vm, struct fvm_error *err);

static int for_names(const struct cli_command *command, int count, char **names, on_vm *act)
{
    struct cli_world world = {.store = {.fd = -1}};
    struct fvm_error err = {{0}};
    int code = CLI_OK;

    if (!count)
        cli_usage_error(command, "a VM's NAME is wanted");
    if (cli_open(&world, NULL, 0, &err)) {
        cli_close(&world);
        return cli_failure(&err);
    }
    for (int i = 0; i < count; i++) {
        struct fvm_vm vm;
        int result = fvm_vm_open(&vm, &world.store, names[i], &err);

        if (!result)
            result = act(&world, &vm, &err);
        fvm_vm_close(&vm);
        if (result)
            code = cli_failure(&err);
    }
    cli_close(&world);
    return code;
}

static int stop_vm(struct cli_world *world, struct fvm_vm *vm, struct fvm_error *err)
{
    int result = fvm_link_stop(&world->store, vm->path, err);

    if (result == -ENOENT && !fvm_lock(vm->fd, true, false))
        return fvm_vm_recover(&world->store, vm, NULL, NULL,
                              err); /* it does not run: make sure that it is at rest */
    return result == -ENOENT ? 0 : result;
}

static int stop_command(int argc, char **argv)
{
    const struct cli_option options[] = {{0}};
    int at = cli_options(&cli_stop, argc, argv, options);

    return for_names(&cli_stop, argc - at, argv + at, stop_vm);
}

const struct cli_command cli_stop = {
    .name = "stop",
    .usage = "NAME...",
    .summary = "end all programs of a VM",
    .help =
        "Programs are ended without being asked; what they had written is kept, the registry too.\n"
        "A VM that does not run is left as it is.\n",
    .run = stop_command,
};

static bool delete_running;

static int delete_vm(struct cli_world *world, struct fvm_vm *vm, struct fvm_error *err)
{
    int result;

    if (delete_running) {
        result = stop_vm(world, vm, err);
        if (result)
            return result;
    }
    if (fvm_lock(vm->fd, true, false))
        return fvm_fail(err, -EBUSY, "VM '%s' is running; stop it first, or: fvm delete --force %s",
                        vm->name, vm->name);
    return fvm_vm_delete(&world->store, vm, err);
}

static int delete_command(int argc, char **argv)
{
    const struct cli_option options[] = {{"force", &delete_running, NULL, NULL}, {0}};
    int at = cli_options(&cli_delete, argc, argv, options);

    return for_names(&cli_delete, argc - at, argv + at, delete_vm);
}

const struct cli_command cli_delete = {
    .name = "delete",
    .usage = "[--force] NAME...",
    .summary = "delete a VM with all that it changed",
    .help =
        "There is no way back. A damaged VM (see: fvm list) is removed by deleting its folder.\n\n"
        "  --force   stop it first if it runs\n",
    .run = delete_command,
};
