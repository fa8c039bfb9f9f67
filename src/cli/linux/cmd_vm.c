/* cli/linux/cmd_vm.c: `fvm create`, `list`, `stop`, `delete`: VMs as a whole. */
#include "cli/linux/cli.h"
#include "cli/show.h"
#include "store/change.h"
#include "store/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- create ------------------------------------------------------------------------------------
 */

int cli_create(const struct cli_words *words)
{
    struct cli_world world = {.store = {.fd = -1}};
    struct fvm_vm vm = {.fd = -1};
    struct fvm_error err = {{0}};
    const char *base = words->base ? words->base : FVM_BASE_DEFAULT;
    const char *level = words->level ? words->level : FVM_SEALED;
    int result = cli_ask(&world, NULL, &words->terms, &err);

    if (!result)
        result = cli_open(&world, NULL, CLI_NEEDS_WINE, &err);
    if (!result)
        result = cli_need_base(&world, base, &err);
    if (!result)
        result = fvm_vm_create(&vm, &world.store, words->words[0], base, level, &world.terms, &err);
    fvm_vm_close(&vm);
    cli_close(&world);
    return result ? cli_failure(&err) : CLI_OK;
}

/* --- list --------------------------------------------------------------------------------------
 */

/* @param vms the store's folder of that name */
static void add_vm(struct cli_table *table, const struct fvm_store *store, int vms,
                   const char *name)
{
    FVM_CLEANUP(vm) struct fvm_vm vm = {.fd = -1};
    FVM_CLEANUP(fd) int files = -1;
    struct fvm_error error = {{0}};
    struct cli_row row = {.name = name};

    if (fvm_vm_open(&vm, store, name, &error)) {
        if (faccessat(vms, name, F_OK, 0))
            return; /* deleted since its name was read */
        row.error = error.text;
        cli_list_add(table, &row);
        return;
    }
    row.level = fvm_conf_get(&vm.conf, "level");
    row.base = fvm_conf_get(&vm.conf, "base");
    row.created = fvm_conf_get(&vm.conf, "created");
    row.version = vm.version;
    row.temporary = vm.temporary;
    row.running = cli_is_running(&vm);
    files = fvm_dir_open(vm.fd, "layers/1/files");
    if (files >= 0)
        fvm_tree_size(files, &row.cb, &row.files);
    cli_list_add(table, &row);
}

static int list_all(const struct fvm_store *store, bool json, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int vms = fvm_dir_open(store->fd, "vms");
    FVM_CLEANUP(names) char **names = NULL;
    struct cli_table table;

    if (vms < 0 || fvm_dir_names(vms, &names, NULL))
        return fvm_fail(err, -EIO, "cannot list the VMs");
    cli_list_begin(&table, json);
    for (char **name = names; *name; name++)
        if (**name != '.')
            add_vm(&table, store, vms, *name);
    return cli_table_print(&table) ? fvm_fail(err, -EIO, "the list was not printed whole") : 0;
}

int cli_list(const struct cli_words *words)
{
    struct cli_world world = {.store = {.fd = -1}};
    struct fvm_error err = {{0}};
    int result = cli_open(&world, NULL, 0, &err);

    if (!result)
        result = list_all(&world.store, words->json, &err);
    cli_close(&world);
    return result ? cli_failure(&err) : CLI_OK;
}

/* --- stop, delete -------------------------------------------------------------------------------
 */

typedef int on_vm(struct cli_world *world, struct fvm_vm *vm, bool force, struct fvm_error *err);

static int for_names(const struct cli_words *words, on_vm *act)
{
    struct cli_world world = {.store = {.fd = -1}};
    struct fvm_error err = {{0}};
    int code = CLI_OK;

    if (cli_open(&world, NULL, 0, &err)) {
        cli_close(&world);
        return cli_failure(&err);
    }
    for (int i = 0; i < words->count; i++) {
        struct fvm_vm vm;
        int result = fvm_vm_open(&vm, &world.store, words->words[i], &err);

        if (!result)
            result = act(&world, &vm, words->force, &err);
        fvm_vm_close(&vm);
        if (result)
            code = cli_failure(&err);
    }
    cli_close(&world);
    return code;
}

static int stop_vm(struct cli_world *world, struct fvm_vm *vm, bool force, struct fvm_error *err)
{
    int result = fvm_link_stop(&world->store, vm->path, err);

    (void)force;
    if (result == -ENOENT && !fvm_lock(vm->fd, true, false))
        return fvm_vm_recover(&world->store, vm, NULL, NULL,
                              err); /* it does not run: make sure that it is at rest */
    return result == -ENOENT ? 0 : result;
}

int cli_stop(const struct cli_words *words)
{
    return for_names(words, stop_vm);
}

static int delete_vm(struct cli_world *world, struct fvm_vm *vm, bool force, struct fvm_error *err)
{
    int result;

    if (force) {
        result = stop_vm(world, vm, force, err);
        if (result)
            return result;
    }
    if (fvm_lock(vm->fd, true, false))
        return fvm_fail(err, -EBUSY, "VM '%s' is running; stop it first, or: fvm delete --force %s",
                        vm->name, vm->name);
    return fvm_vm_delete(&world->store, vm, err);
}

int cli_delete(const struct cli_words *words)
{
    return for_names(words, delete_vm);
}
