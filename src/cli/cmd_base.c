/* cli/cmd_base.c: `fvm base`: the Windows that VMs stand on. */
#include "cli/cli.h"
#include "core/json.h"
#include "store/change.h"
#include "store/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int create(struct cli_world *world, const char *name, struct fvm_error *err)
{
    int result = fvm_make_base(&world->store, &world->wine, name, cli_progress, NULL, err);

    if (!result)
        cli_message("base '%s' is ready", name);
    return result;
}

static int list(const struct cli_world *world, bool json, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int bases = fvm_dir_open(world->store.fd, "bases");
    FVM_CLEANUP(names) char **names = NULL;
    FVM_CLEANUP(text) struct fvm_text out = {0};
    struct fvm_json writer = {.text = &out, .indent = 2};

    if (bases < 0 || fvm_dir_names(bases, &names, NULL))
        return fvm_fail(err, -EIO, "cannot list the bases");
    if (json)
        fvm_json_array(&writer, NULL);
    else
        fvm_text_printf(&out, "%-20s %7s  %s\n", "NAME", "VERSION", "USER");
    for (char **name = names; *name; name++) {
        FVM_CLEANUP(base) struct fvm_base base = {.fd = -1};

        if (fvm_base_open(&base, &world->store, *name, false, err))
            continue; /* unfinished, or just being updated */
        if (json) {
            fvm_json_object(&writer, NULL);
            fvm_json_put_string(&writer, "name", base.name);
            fvm_json_put_uint(&writer, "version", base.current);
            fvm_json_put_string(&writer, "user", base.user);
            fvm_json_end_object(&writer);
        } else {
            fvm_text_printf(&out, "%-20s %7u  %s\n", base.name, base.current, base.user);
        }
    }
    if (json) {
        fvm_json_end_array(&writer);
        fvm_text_putc(&out, '\n');
    }
    return cli_print(&out) ? fvm_fail(err, -EIO, "cannot print") : 0;
}

static int base_command(int argc, char **argv)
{
    struct cli_world world = {.store = {.fd = -1}};
    struct fvm_error err = {{0}};
    bool json = false;
    const struct cli_option options[] = {{"json", &json, NULL, NULL}, {0}};
    int at = cli_options(&cli_base, argc, argv, options), result;
    const char *what = at < argc ? argv[at] : "list";
    const char *name = at + 1 < argc ? argv[at + 1] : FVM_BASE_DEFAULT;

    if (at + 2 < argc || (strcmp(what, "list") && strcmp(what, "create")))
        cli_usage_error(&cli_base, "cannot '%s'", what);
    result = cli_open(&world, NULL, strcmp(what, "list") ? CLI_NEEDS_WINE : 0, &err);
    if (!result)
        result = strcmp(what, "list") ? create(&world, name, &err) : list(&world, json, &err);
    cli_close(&world);
    return result ? cli_failure(&err) : CLI_OK;
}

const struct cli_command cli_base = {
    .name = "base",
    .usage = "[--json] [list | create [NAME]]",
    .summary = "list or make the Windows that VMs stand on",
    .help =
        "A base is a Windows (a Wine prefix) that FVM made. VMs see it and never change it; only\n"
        "`fvm commit` does, by a new version, while running VMs keep the one they have.\n"
        "The base 'default' is made by itself when it is first needed.\n\n"
        "  --json   list as an array of {name, version, user}\n",
    .run = base_command,
};
