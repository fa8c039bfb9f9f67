/* cli/linux/cmd_base.c: `fvm base`: the Windows that VMs stand on. */
#include "cli/linux/cli.h"
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
        cli_message("base '%s' is ready%s", name,
                    world->wine.pe32_dir[0] ? ", with 32-bit programs" : "");
    return result;
}

static int add_32bit(struct cli_world *world, const char *name, struct fvm_error *err)
{
    int result = fvm_wine_get_32bit(&world->wine, &world->store, cli_progress, NULL, err);

    if (!result)
        result = cli_need_base(world, name, err);
    if (!result)
        result = fvm_make_base_32bit(&world->store, &world->wine, name, cli_progress, NULL, err);
    if (!result)
        cli_message("base '%s' runs 32-bit programs: so do its VMs from their next start on", name);
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
        fvm_text_printf(&out, "%-20s %7s  %-6s  %s\n", "NAME", "VERSION", "32-BIT", "USER");
    for (char **name = names; *name; name++) {
        FVM_CLEANUP(base) struct fvm_base base = {.fd = -1};
        bool has_32bit;

        if (fvm_base_open(&base, &world->store, *name, false, err))
            continue; /* unfinished, or just being updated */
        has_32bit = fvm_base_current_has_32bit(&base);
        if (json) {
            fvm_json_object(&writer, NULL);
            fvm_json_put_string(&writer, "name", base.name);
            fvm_json_put_uint(&writer, "version", base.current);
            fvm_json_put_string(&writer, "user", base.user);
            fvm_json_put_bool(&writer, "32bit", has_32bit);
            fvm_json_end_object(&writer);
        } else {
            fvm_text_printf(&out, "%-20s %7u  %-6s  %s\n", base.name, base.current,
                            has_32bit ? "yes" : "no", base.user);
        }
    }
    if (json) {
        fvm_json_end_array(&writer);
        fvm_text_putc(&out, '\n');
    }
    return cli_print(&out) ? fvm_fail(err, -EIO, "cannot print") : 0;
}

int cli_base(const struct cli_words *words)
{
    struct cli_world world = {.store = {.fd = -1}};
    struct fvm_error err = {{0}};
    const char *what = words->count ? words->words[0] : "list";
    const char *name = words->count > 1 ? words->words[1] : FVM_BASE_DEFAULT;
    int result = cli_open(&world, NULL, strcmp(what, "list") ? CLI_NEEDS_WINE : 0, &err);

    if (!result && !strcmp(what, "list"))
        result = list(&world, words->json, &err);
    else if (!result)
        result =
            strcmp(what, "create") ? add_32bit(&world, name, &err) : create(&world, name, &err);
    cli_close(&world);
    return result ? cli_failure(&err) : CLI_OK;
}
