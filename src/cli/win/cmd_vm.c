/* cli/win/cmd_vm.c: `fvm create`, `list`, `stop`, `delete`: VMs as a whole. */
#include "cli/show.h"
#include "cli/win/win.h"

#include <errno.h>
#include <string.h>

int cli_create(const struct cli_words *words)
{
    FVM_CLEANUP(win_kept) struct win_kept kept = {0};
    struct win_store store;
    struct fvm_error err = {{0}};
    int result = win_store_open(&store, &err);

    if (!result)
        result = win_kept_create(&kept, &store, words->words[0], &err);
    win_store_close(&store);
    return result ? cli_failure(&err) : CLI_OK;
}

/* --- list ------------------------------------------------------------------------------------ */

unsigned cli_running_number(const struct win_store *store, const char *name)
{
    unsigned number;

    return win_is_locked(store, name, &number) ? number : 0;
}

static void add_vm(struct cli_table *table, const struct win_store *store, const char *name)
{
    FVM_CLEANUP(win_kept) struct win_kept kept = {0};
    FVM_CLEANUP(win_path) struct win_path files = {0};
    struct fvm_error error = {{0}};
    struct cli_row row = {.name = name};

    if (win_kept_open(&kept, store, name, &error)) {
        row.error = error.text;
        cli_list_add(table, &row);
        return;
    }
    row.level = fvm_conf_get(&kept.conf, "level");
    row.base = fvm_conf_get(&kept.conf, "base");
    row.created = fvm_conf_get(&kept.conf, "created");
    row.version = 1;
    row.temporary = kept.temporary;
    row.running = cli_running_number(store, name);
    if (!win_kept_layer(&files, &kept, NULL) && win_path_push(&files, L"files"))
        win_tree_size(&files, &row.cb, &row.files);
    cli_list_add(table, &row);
}

int cli_list(const struct cli_words *words)
{
    FVM_CLEANUP(win_entries) struct win_entries names = {0};
    struct win_store store;
    struct cli_table table;
    struct fvm_error err = {{0}};
    int result = win_store_open(&store, &err);

    if (!result)
        result = win_store_names(&names, &store, &err);
    if (result) {
        win_store_close(&store);
        return cli_failure(&err);
    }
    cli_list_begin(&table, words->json);
    for (size_t i = 0; i < names.count; i++)
        add_vm(&table, &store, names.at[i].utf8);
    win_store_close(&store);
    return cli_table_print(&table);
}

/* --- stop, delete ---------------------------------------------------------------------------- */

int cli_stop_vm(const struct win_store *store, const char *name, struct fvm_error *err)
{
    enum { WAIT_MS = 30000, STEP_MS = 10 };
    unsigned number, told = 0;

    for (int waited = 0; win_is_locked(store, name, &number); waited += STEP_MS) {
        wchar_t event_name[64];
        HANDLE event;

        if (waited >= WAIT_MS)
            return fvm_fail(err, -EBUSY,
                            "VM '%s' does not end, or another fvm works on it; try again", name);
        if (number && number != told) {
            cli_stop_event(event_name, number);
            event = OpenEventW(EVENT_MODIFY_STATE, FALSE, event_name);
            if (event && SetEvent(event))
                told = number;
            if (event)
                CloseHandle(event);
        }
        Sleep(STEP_MS);
    }
    return 0;
}

static int delete_vm(const struct win_store *store, struct win_kept *kept, bool force,
                     struct fvm_error *err)
{
    int result = force ? cli_stop_vm(store, kept->name, err) : 0;

    if (result)
        return result;
    kept->lock = win_lock(store, kept->name);
    if (!kept->lock)
        return fvm_fail(err, -EBUSY, "VM '%s' is running; stop it first, or: fvm delete --force %s",
                        kept->name, kept->name);
    return win_kept_delete(kept, store, err);
}

static int for_names(const struct cli_words *words, bool deletes)
{
    struct win_store store;
    struct fvm_error err = {{0}};
    int code = CLI_OK, result = win_store_open(&store, &err);

    if (result)
        code = cli_failure(&err);
    for (int i = 0; !result && i < words->count; i++) {
        FVM_CLEANUP(win_kept) struct win_kept kept = {0};
        int done = win_kept_open(&kept, &store, words->words[i], &err);

        if (!done)
            done = deletes ? delete_vm(&store, &kept, words->force, &err)
                           : cli_stop_vm(&store, kept.name, &err);
        if (done)
            code = cli_failure(&err);
    }
    win_store_close(&store);
    return code;
}

int cli_stop(const struct cli_words *words)
{
    return for_names(words, false);
}

int cli_delete(const struct cli_words *words)
{
    return for_names(words, true);
}

/* All VMs have the host's network: none of their ports needs to be published. */
int cli_ports(const struct cli_words *words)
{
    struct cli_table table;

    cli_ports_begin(&table, words->json);
    return cli_table_print(&table);
}

/* --- of Linux only ------------------------------------------------------------------------------
 */

static int refuse(const struct cli_words *words)
{
    cli_message("%s", words->command->linux_only);
    return CLI_FAILED;
}

int cli_base(const struct cli_words *words)
{
    return refuse(words);
}

int cli_screenshot(const struct cli_words *words)
{
    return refuse(words);
}

int cli_clip(const struct cli_words *words)
{
    return refuse(words);
}

int cli_view(const struct cli_words *words)
{
    return refuse(words);
}
