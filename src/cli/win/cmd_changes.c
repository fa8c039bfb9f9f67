/* cli/win/cmd_changes.c: `fvm diff`, `commit` and `discard`: look at what a VM changed, keep it, or
 * drop it. */
#include "cli/show.h"
#include "cli/win/win.h"
#include "core/reg.h"
#include "store/win/keep.h"

#include <errno.h>
#include <stdio.h>

static int diff(const struct cli_words *words, const struct win_store *store,
                const struct win_kept *kept, struct fvm_error *err)
{
    FVM_CLEANUP(win_view) struct win_view view = {0};
    FVM_CLEANUP(win_collection) struct fvm_collection all = {0};
    bool running = cli_running_number(store, kept->name);
    int result = win_view_open(&view, store, kept, err);

    if (!result)
        result = win_collect(&all, &view, err);
    if (result)
        return result;
    return cli_show_changes(words, kept->name, running, &all)
               ? fvm_fail(err, -EIO, "the changes were not printed whole")
               : 0;
}

int cli_diff(const struct cli_words *words)
{
    FVM_CLEANUP(win_kept) struct win_kept kept = {0};
    struct win_store store;
    struct fvm_error err = {{0}};
    int result = win_store_open(&store, &err);

    if (!result)
        result = win_kept_open(&kept, &store, words->words[0], &err);
    if (!result)
        result = diff(words, &store, &kept, &err);
    win_store_close(&store);
    return result ? cli_failure(&err) : CLI_OK;
}

/* --- commit, discard ------------------------------------------------------------------------- */

/* What is picked goes out of the layer, files and registry. @param rest registry that stays */
static int forget(struct win_view *view, const struct fvm_collection *picked, struct fvm_reg *rest,
                  bool committed, struct fvm_error *err)
{
    int result = win_forget(view, picked, committed, err);

    return result || !fvm_reg_key_count(picked->registry) ? result
                                                          : win_reg_keep(&view->layer, rest, err);
}

static int commit(struct win_view *view, struct win_kept *kept, const struct fvm_collection *picked,
                  struct fvm_reg *rest, const struct cli_words *words, struct fvm_error *err)
{
    FVM_CLEANUP(win_conflicts) struct win_conflicts conflicts = {0};
    int result;

    result = win_conflicts_find(&conflicts, picked, win_kept_since_ns(kept), err);
    if (!result && words->dry_run)
        cli_show_plan(picked, "commit");
    if (!result && conflicts.count && !words->force)
        result = cli_refuse_conflicts(conflicts.at, conflicts.count, kept->name, err);
    if (result || words->dry_run)
        return result;
    result = win_apply(view, picked, err);
    if (!result)
        result = words->only ? forget(view, picked, rest, true, err) : win_kept_empty(kept, err);
    /* With nothing left of its own, the VM sees the host as it is now. */
    return result || words->only ? result : win_kept_sees_now(kept, err);
}

static int discard(struct win_view *view, struct win_kept *kept,
                   const struct fvm_collection *picked, struct fvm_reg *rest,
                   const struct cli_words *words, struct fvm_error *err)
{
    int result;

    if (words->dry_run) {
        cli_show_plan(picked, "discard");
        return 0;
    }
    if (words->only)
        return forget(view, picked, rest, false, err);
    result = win_kept_empty(kept, err);
    return result ? result : win_kept_sees_now(kept, err);
}

static int act(const struct win_store *store, struct win_kept *kept, const struct cli_words *words,
               bool drops, struct fvm_error *err)
{
    FVM_CLEANUP(win_view) struct win_view view = {0};
    FVM_CLEANUP(win_collection) struct fvm_collection picked = {0};
    FVM_CLEANUP(reg) struct fvm_reg *rest = NULL;
    size_t count;
    int result = win_kept_lock(kept, store, drops ? "discard changes of" : "commit", err);

    if (!result)
        result = win_kept_reload(kept, err);
    if (!result)
        result = win_kept_mend(kept, err);
    if (!result)
        result = win_view_open(&view, store, kept, err);
    if (!result && !words->dry_run && !(drops && !words->only))
        result = win_settle(&view, store, kept, err);
    if (!result)
        result = win_collect(&picked, &view, err);
    if (!result)
        result = cli_pick_changes(&picked, &rest, words->only, err);
    if (result)
        return result;
    count = cli_count_changes(&picked);
    result = drops ? discard(&view, kept, &picked, rest, words, err)
                   : commit(&view, kept, &picked, rest, words, err);
    if (!result && !words->dry_run)
        cli_tell_done(drops ? "discarded" : "committed", count, kept->name);
    return result;
}

static int keep_or_drop(const struct cli_words *words, bool drops)
{
    FVM_CLEANUP(win_kept) struct win_kept kept = {0};
    struct win_store store;
    struct fvm_error err = {{0}};
    int result = win_store_open(&store, &err);

    if (!result)
        result = win_kept_open(&kept, &store, words->words[0], &err);
    if (!result)
        result = act(&store, &kept, words, drops, &err);
    win_store_close(&store);
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
