/* store/pick.c: PURE: which changes a list of globs names, and how they are shown. See collect.h.
 */
#include "core/glob.h"
#include "core/text.h"
#include "store/collect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void fvm_shown_path(struct fvm_text *text, const struct fvm_tree *tree, const char *path)
{
    fvm_text_puts(text, tree->shown);
    fvm_text_putc(text, '\\');
    for (; *path; path++)
        fvm_text_putc(text, *path == '/' ? '\\' : *path);
}

struct picking {
    char *const *globs;
    size_t count;
    bool *used;
    bool failed;
};

static bool picked(struct picking *picking, const char *path)
{
    bool hit = false;

    for (size_t i = 0; i < picking->count; i++)
        if (fvm_glob_match(picking->globs[i], path))
            hit = picking->used[i] = true;
    return hit;
}

static bool pick_entry(void *context, const struct fvm_reg_key *key,
                       const struct fvm_reg_value *value)
{
    static const char *const names[][2] = {
        {"HKEY_LOCAL_MACHINE", "HKLM"}, {"HKEY_CURRENT_USER", "HKCU"}, {"HKEY_USERS", "HKU"}};
    FVM_CLEANUP(text) struct fvm_text path = {0};
    struct picking *picking = context;
    bool hit;

    fvm_text_puts(&path, key->path);
    if (value)
        fvm_text_printf(&path, "\\%s", value->name);
    if (path.failed) {
        picking->failed = true;
        return false;
    }
    hit = picked(picking, path.s);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        size_t cb = strlen(names[i][0]), short_cb = strlen(names[i][1]);

        if (strncmp(path.s, names[i][0], cb) || (path.s[cb] && path.s[cb] != '\\'))
            continue;
        memcpy(path.s + cb - short_cb, names[i][1], short_cb);
        hit |= picked(picking, path.s + cb - short_cb);
        break;
    }
    return hit;
}

static void pick_files(struct fvm_tree *tree, struct picking *picking)
{
    size_t kept = 0;

    for (size_t i = 0; i < tree->changes.count; i++) {
        FVM_CLEANUP(text) struct fvm_text path = {0};
        struct fvm_change *change = &tree->changes.at[i];
        bool hit;

        fvm_shown_path(&path, tree, change->path);
        picking->failed |= path.failed;
        hit = !path.failed && picked(picking, path.s);
        if (change->from && !path.failed) {
            path.cb = 0;
            fvm_shown_path(&path, tree, change->from);
            hit |= !path.failed && picked(picking, path.s);
        }
        if (hit) {
            tree->changes.at[kept++] = *change;
        } else {
            free(change->path);
            free(change->from);
        }
    }
    tree->changes.count = kept;
}

int fvm_collection_split(struct fvm_collection *collection, char *const *globs, size_t glob_count,
                         struct fvm_reg **rest, const char **unmatched)
{
    struct picking picking = {.globs = globs, .count = glob_count};
    struct fvm_reg *kept = NULL;
    int missed = 0;

    picking.used = calloc(glob_count, sizeof(*picking.used));
    if (!picking.used)
        return -ENOMEM;
    for (size_t i = 0; i < collection->tree_count; i++)
        pick_files(&collection->trees[i], &picking);
    if (fvm_failed(fvm_reg_split(&kept, rest, collection->registry, pick_entry, &picking)))
        picking.failed = true;
    else
        fvm_reg_free(FVM_STEAL(collection->registry, kept));
    for (size_t i = 0; i < glob_count && !picking.failed; i++)
        if (!picking.used[i]) {
            *unmatched = globs[i];
            missed++;
        }
    free(picking.used);
    return picking.failed ? -ENOMEM : missed;
}
