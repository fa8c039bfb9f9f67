/* cli/linux/cmd_ports.c: `fvm ports`: the ports of this machine that lead into running VMs. */
#include "cli/linux/cli.h"
#include "cli/show.h"
#include "store/file.h"

#include <errno.h>
#include <string.h>

static int add_vm(struct cli_table *table, const struct fvm_vm *vm, struct fvm_error *err)
{
    FVM_CLEANUP(terms) struct fvm_terms terms = fvm_terms_none;
    int result = cli_is_running(vm) ? fvm_vm_terms(&terms, vm, err) : -ENOENT;

    for (size_t i = 0; !result && i < terms.publish_count; i++)
        cli_ports_add(table, vm->name, &terms.publish[i]);
    return result == -ENOENT ? 0 : result; /* it does not run, or has just ended */
}

static int add_named(struct cli_table *table, const struct fvm_store *store, char **names,
                     bool must_exist, struct fvm_error *err)
{
    int result = 0;

    for (; !result && *names; names++) {
        FVM_CLEANUP(vm) struct fvm_vm vm = {.fd = -1};

        if (**names == '.')
            continue;
        result = fvm_vm_open(&vm, store, *names, err);
        if (!result)
            result = add_vm(table, &vm, err);
        else if (!must_exist)
            result = 0;
    }
    return result;
}

int cli_ports(const struct cli_words *words)
{
    struct cli_world world = {.store = {.fd = -1}};
    struct fvm_error err = {{0}};
    struct cli_table table;
    FVM_CLEANUP(names) char **all = NULL;
    FVM_CLEANUP(fd) int vms = -1;
    int result = cli_open(&world, NULL, 0, &err);

    if (!result) {
        vms = fvm_dir_open(world.store.fd, "vms");
        result = vms < 0 ? vms : fvm_dir_names(vms, &all, NULL);
    }
    cli_ports_begin(&table, words->json);
    if (!result)
        result =
            add_named(&table, &world.store, words->count ? words->words : all, words->count, &err);
    cli_close(&world);
    if (result)
        fvm_text_free(&table.out);
    return result ? cli_failure(&err) : cli_table_print(&table);
}
