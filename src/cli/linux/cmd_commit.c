/* cli/linux/cmd_commit.c: `fvm commit` and `fvm discard`: keep what a VM changed, or drop it. */
#include "cli/linux/cli.h"
#include "cli/show.h"
#include "store/commit.h"

static int commit(struct cli_world *world, struct fvm_vm *vm, struct fvm_collection *picked,
                  struct fvm_reg *rest, const struct cli_words *words, struct fvm_error *err)
{
    FVM_CLEANUP(base) struct fvm_base base = {.fd = -1};
    FVM_CLEANUP(conflicts) struct fvm_conflicts conflicts = {0};
    int result = fvm_base_open(&base, &world->store, fvm_conf_get(&vm->conf, "base"), true, err);

    if (!result)
        result = fvm_commit_conflicts(&conflicts, &base, vm, picked, err);
    if (!result && words->dry_run)
        cli_show_plan(picked, "commit");
    if (!result && conflicts.count && !words->force)
        result = cli_refuse_conflicts(conflicts.at, conflicts.count, vm->name, err);
    if (result || words->dry_run)
        return result;
    return fvm_commit(&world->store, &base, vm, picked, rest, err);
}

static int act(struct cli_world *world, struct fvm_vm *vm, const struct cli_words *words,
               bool discard, struct fvm_error *err)
{
    FVM_CLEANUP(collection) struct fvm_collection picked = {0};
    FVM_CLEANUP(reg) struct fvm_reg *rest = NULL;
    size_t count;
    int result = fvm_vm_lock(vm, discard ? "discard changes of" : "commit", err);

    if (!result)
        result = fvm_vm_recover(&world->store, vm, cli_open_host, world, err);
    if (!result)
        result = fvm_collect(&picked, &world->store, vm, 0, cli_open_host, world, err);
    if (!result)
        result = cli_pick_changes(&picked, &rest, words->only, err);
    if (result)
        return result;
    count = cli_count_changes(&picked);
    if (discard && words->dry_run)
        cli_show_plan(&picked, "discard");
    else if (discard)
        result = fvm_discard(vm, &picked, rest, err);
    else
        result = commit(world, vm, &picked, rest, words, err);
    if (!result && !words->dry_run)
        cli_tell_done(discard ? "discarded" : "committed", count, vm->name);
    return result;
}

static int keep_or_drop(const struct cli_words *words, bool discard)
{
    struct cli_world world = {.store = {.fd = -1}};
    struct fvm_vm vm = {.fd = -1};
    struct fvm_error err = {{0}};
    int result = cli_open(&world, words->words[0], 0, &err);

    if (!result)
        result = fvm_vm_open(&vm, &world.store, words->words[0], &err);
    if (!result)
        result = act(&world, &vm, words, discard, &err);
    fvm_vm_close(&vm);
    cli_close(&world);
    return result ? cli_failure(&err) : CLI_OK;
}

int cli_commit(const struct cli_words *words)
{
    return keep_or_drop(words, false);
}

int cli_discard(const struct cli_words *words)
{
    return keep_or_drop(words, true);
}
