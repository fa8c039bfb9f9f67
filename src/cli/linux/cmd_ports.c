/* cli/linux/cmd_ports.c: `fvm ports`: the ports of this machine that lead into running VMs. */
#include "cli/linux/cli.h"
#include "cli/show.h"

#include <errno.h>
#include <string.h>

static int add_vm(struct cli_table *table, const struct fvm_store *store, const struct fvm_vm *vm,
                  struct fvm_error *err)
{
    FVM_CLEANUP(terms) struct fvm_terms terms = fvm_terms_none;
    int result = cli_is_running(vm) ? fvm_vm_terms(&terms, vm, err) : -ENOENT;

    (void)store;
    for (size_t i = 0; !result && i < terms.publish_count; i++)
        cli_ports_add(table, vm->name, &terms.publish[i]);
    return result == -ENOENT ? 0 : result; /* it does not run, or has just ended */
}

int cli_ports(const struct cli_words *words)
{
    struct cli_table table;

    cli_ports_begin(&table, words->json);
    return cli_print_vms(&table, words, add_vm);
}
