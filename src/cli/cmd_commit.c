/* cli/cmd_commit.c: `fvm commit` and `fvm discard`: keep what a VM changed, or drop it. */
#include "cli/cli.h"
#include "core/utf.h"
#include "store/commit.h"
#include "store/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct keeping {
    char **only;
    bool force, dry_run, discard;
};

static size_t count_all(const struct fvm_collection *picked)
{
    size_t count = fvm_reg_key_count(picked->registry);

    for (size_t i = 0; i < picked->tree_count; i++)
        count += picked->trees[i].changes.count;
    return count;
}

/* Split what the VM changed: picked by --only, and the registry's rest (files that are not picked
 * just stay). */
static int pick(struct fvm_collection *picked, struct fvm_reg **rest, const struct keeping *how,
                struct fvm_error *err)
{
    const char *unmatched = NULL;
    size_t count = 0;
    int missed;

    while (how->only && how->only[count])
        count++;
    if (!count) {
        *rest = fvm_reg_new();
        return *rest ? 0 : fvm_fail(err, -ENOMEM, "out of memory");
    }
    missed = fvm_collection_split(picked, how->only, count, rest, &unmatched);
    if (missed < 0)
        return fvm_fail(err, missed, "out of memory");
    if (missed)
        return fvm_fail(err, -ENOENT, "--only '%s' matches no change; see: fvm diff", unmatched);
    return 0;
}

static void print_plan(const struct fvm_collection *picked, const char *verb)
{
    FVM_CLEANUP(text) struct fvm_text out = {0};
    FVM_CLEANUP(text) struct fvm_text name = {0};

    for (size_t i = 0; i < picked->tree_count; i++)
        for (size_t j = 0; j < picked->trees[i].changes.count; j++) {
            name.cb = 0;
            fvm_shown_path(&name, &picked->trees[i], picked->trees[i].changes.at[j].path);
            fvm_text_printf(&out, "would %s ", verb);
            fvm_utf8_add_visible(&out, name.s, name.cb);
            fvm_text_putc(&out, '\n');
        }
    out.failed |= name.failed;
    for (size_t i = 0; i < fvm_reg_key_count(picked->registry); i++) {
        const char *path = fvm_reg_key_at(picked->registry, i)->path;

        fvm_text_printf(&out, "would %s ", verb);
        fvm_utf8_add_visible(&out, path, strlen(path));
        fvm_text_puts(&out, "\\\n");
    }
    if (!out.cb)
        fvm_text_printf(&out, "nothing to %s\n", verb);
    cli_print(&out);
}

static int refuse_conflicts(const struct fvm_conflicts *conflicts, const char *vm,
                            struct fvm_error *err)
{
    for (size_t i = 0; i < conflicts->count; i++)
        cli_message("conflict: %s", conflicts->at[i]);
    return fvm_fail(
        err, -EEXIST,
        "the host changed %zu of these since VM '%s' first saw them; nothing was committed "
        "(--only picks others, --force lets the VM win)",
        conflicts->count, vm);
}

static int commit(struct cli_world *world, struct fvm_vm *vm, struct fvm_collection *picked,
                  struct fvm_reg *rest, const struct keeping *how, struct fvm_error *err)
{
    FVM_CLEANUP(base) struct fvm_base base = {.fd = -1};
    FVM_CLEANUP(conflicts) struct fvm_conflicts conflicts = {0};
    int result = fvm_base_open(&base, &world->store, fvm_conf_get(&vm->conf, "base"), true, err);

    if (!result)
        result = fvm_commit_conflicts(&conflicts, &base, vm, picked, err);
    if (!result && how->dry_run)
        print_plan(picked, "commit");
    if (!result && conflicts.count && !how->force)
        result = refuse_conflicts(&conflicts, vm->name, err);
    if (result || how->dry_run)
        return result;
    return fvm_commit(&world->store, &base, vm, picked, rest, err);
}

static int act(struct cli_world *world, struct fvm_vm *vm, const struct keeping *how,
               struct fvm_error *err)
{
    FVM_CLEANUP(collection) struct fvm_collection picked = {0};
    FVM_CLEANUP(reg) struct fvm_reg *rest = NULL;
    size_t count;
    int result = fvm_vm_lock(vm, how->discard ? "discard changes of" : "commit", err);

    if (!result)
        result = fvm_vm_recover(&world->store, vm, cli_open_host, world, err);
    if (!result)
        result = fvm_collect(&picked, &world->store, vm, 0, cli_open_host, world, err);
    if (!result)
        result = pick(&picked, &rest, how, err);
    if (result)
        return result;
    count = count_all(&picked);
    if (how->discard && how->dry_run)
        print_plan(&picked, "discard");
    else if (how->discard)
        result = fvm_discard(vm, &picked, rest, err);
    else
        result = commit(world, vm, &picked, rest, how, err);
    if (!result && !how->dry_run)
        cli_message("%s %zu change%s of VM '%s'", how->discard ? "discarded" : "committed", count,
                    count == 1 ? "" : "s", vm->name);
    return result;
}

static int keep_or_drop(const struct cli_command *command, int argc, char **argv, bool discard)
{
    struct cli_world world = {.store = {.fd = -1}};
    struct fvm_vm vm = {.fd = -1};
    struct fvm_error err = {{0}};
    struct keeping how = {.discard = discard};
    const struct cli_option options[] = {{"only", NULL, NULL, &how.only},
                                         {"dry-run", &how.dry_run, NULL, NULL},
                                         {discard ? NULL : "force", &how.force, NULL, NULL},
                                         {0}};
    int at = cli_options(command, argc, argv, options), result;

    if (at + 1 != argc)
        cli_usage_error(command, "exactly one NAME is wanted");
    result = cli_open(&world, argv[at], 0, &err);
    if (!result)
        result = fvm_vm_open(&vm, &world.store, argv[at], &err);
    if (!result)
        result = act(&world, &vm, &how, &err);
    fvm_vm_close(&vm);
    cli_close(&world);
    free(how.only);
    return result ? cli_failure(&err) : CLI_OK;
}

static int commit_command(int argc, char **argv)
{
    return keep_or_drop(&cli_commit, argc, argv, false);
}

static int discard_command(int argc, char **argv)
{
    return keep_or_drop(&cli_discard, argc, argv, true);
}

const struct cli_command cli_commit = {
    .name = "commit",
    .usage = "[--only GLOB]... [--dry-run] [--force] NAME",
    .summary = "merge what a VM changed into its base",
    .help = "Files, deletions and registry of drive C: go into the base as one step; changes in "
            "folders of yours\n"
            "(drive Z:) go into these folders. The VM keeps only what was not committed. The VM "
            "must not run; others\n"
            "of the base may: they keep the version that they were started on, their next start "
            "sees the new one.\n"
            "If the host changed the same thing since the VM first saw it, nothing is done and the "
            "conflicts are\n"
            "listed. Killed half-way, say it again: it finishes.\n\n"
            "  --only GLOB   only what matches; * and ? match \\ too; a folder or key stands for "
            "all below it\n"
            "                (C:\\users\\*, HKCU\\Software\\Foo, Z:\\home\\me\\work\\*.txt); may "
            "be repeated\n"
            "  --dry-run     say what would be done\n"
            "  --force       in a conflict the VM wins\n",
    .run = commit_command,
};

const struct cli_command cli_discard = {
    .name = "discard",
    .usage = "[--only GLOB]... [--dry-run] NAME",
    .summary = "drop what a VM changed",
    .help = "The host's files and registry values shine through again. The VM must not run.\n\n"
            "  --only GLOB   only what matches, as for `fvm commit`; may be repeated\n"
            "  --dry-run     say what would be done\n",
    .run = discard_command,
};
