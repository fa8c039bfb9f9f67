/* cli/linux/cmd_diff.c: `fvm diff`: what a VM changed, files and registry. */
#include "cli/linux/cli.h"
#include "cli/show.h"

#include <errno.h>

static int diff(struct cli_world *world, struct fvm_vm *vm, const struct cli_words *words,
                struct fvm_error *err)
{
    FVM_CLEANUP(collection) struct fvm_collection all = {0};
    unsigned flags =
        FVM_COLLECT_TO_LOOK | (words->reg ? FVM_COLLECT_REGISTRY_ONLY : FVM_COLLECT_HOST_REGISTRY);
    bool running = cli_is_running(vm);
    int result = fvm_collect(&all, &world->store, vm, flags, cli_open_host, world, err);

    if (result)
        return result;
    if (running && !words->json)
        cli_message("VM '%s' is running: its registry is shown as of about a second ago", vm->name);
    return cli_show_changes(words, vm->name, running, &all)
               ? fvm_fail(err, -EIO, "the changes were not printed whole")
               : 0;
}

int cli_diff(const struct cli_words *words)
{
    struct cli_world world = {.store = {.fd = -1}};
    struct fvm_vm vm = {.fd = -1};
    struct fvm_error err = {{0}};
    int result = cli_open(&world, words->words[0], 0, &err);

    if (!result)
        result = fvm_vm_open(&vm, &world.store, words->words[0], &err);
    if (!result)
        result = diff(&world, &vm, words, &err);
    fvm_vm_close(&vm);
    cli_close(&world);
    return result ? cli_failure(&err) : CLI_OK;
}
