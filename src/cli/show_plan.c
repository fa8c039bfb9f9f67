/* cli/show_plan.c: what a commit or a discard takes, and what it tells; see show.h. */
#include "cli/show.h"
#include "core/reg.h"
#include "core/utf.h"

#include <errno.h>
#include <string.h>

void cli_show_plan(const struct fvm_collection *picked, const char *verb)
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

int cli_refuse_conflicts(char *const *names, size_t count, const char *vm, struct fvm_error *err)
{
    for (size_t i = 0; i < count; i++)
        cli_message("conflict: %s", names[i]);
    return fvm_fail(
        err, -EEXIST,
        "the host changed %zu of these since VM '%s' first saw them; nothing was committed "
        "(--only picks others, --force lets the VM win)",
        count, vm);
}

void cli_tell_done(const char *verb, size_t count, const char *vm)
{
    cli_message("%s %zu change%s of VM '%s'", verb, count, count == 1 ? "" : "s", vm);
}

int cli_pick_changes(struct fvm_collection *picked, struct fvm_reg **rest, char *const *only,
                     struct fvm_error *err)
{
    const char *unmatched = NULL;
    size_t count = 0;
    int missed;

    while (only && only[count])
        count++;
    if (!count) {
        *rest = fvm_reg_new();
        return *rest ? 0 : fvm_fail(err, -ENOMEM, "out of memory");
    }
    missed = fvm_collection_split(picked, only, count, rest, &unmatched);
    if (missed < 0)
        return fvm_fail(err, missed, "out of memory");
    if (missed)
        return fvm_fail(err, -ENOENT, "--only '%s' matches no change; see: fvm diff", unmatched);
    return 0;
}
