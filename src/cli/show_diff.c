/* cli/show_diff.c: what a VM changed, files and registry, for people, for programs, for regedit;
 * see show.h. */
#include "cli/show.h"
#include "core/reg.h"
#include "core/utf.h"

#include <string.h>

static const struct {
    const char *word;
    char sign;
} kinds[] = {
    [FVM_CREATED] = {"created", '+'},   [FVM_CHANGED] = {"changed", '~'},
    [FVM_METADATA] = {"metadata", '.'}, [FVM_DELETED] = {"deleted", '-'},
    [FVM_REPLACED] = {"replaced", '!'}, [FVM_RENAMED] = {"renamed", '>'},
};
static const char *const nodes[] = {[FVM_FILE] = "file",
                                    [FVM_DIRECTORY] = "directory",
                                    [FVM_SYMLINK] = "link",
                                    [FVM_SPECIAL] = "special"};

static void add_path(struct fvm_text *out, const struct fvm_tree *tree, const char *path,
                     enum fvm_node node)
{
    FVM_CLEANUP(text) struct fvm_text shown = {0};

    fvm_shown_path(&shown, tree, path);
    if (shown.failed)
        out->failed = true;
    else
        fvm_utf8_add_visible(out, shown.s, shown.cb);
    if (node == FVM_DIRECTORY)
        fvm_text_putc(out, '\\');
}

static void add_file_line(struct fvm_text *out, const struct fvm_tree *tree,
                          const struct fvm_change *change)
{
    fvm_text_printf(out, "  %c ", kinds[change->kind].sign);
    if (change->from) {
        add_path(out, tree, change->from, change->node);
        fvm_text_puts(out, " -> ");
    }
    add_path(out, tree, change->path, change->node);
    if (change->node == FVM_SYMLINK || change->node == FVM_SPECIAL)
        fvm_text_printf(out, "  (%s)", nodes[change->node]);
    if (change->node == FVM_FILE && change->kind == FVM_CREATED) {
        fvm_text_puts(out, "  ");
        cli_add_size(out, change->cb_after);
    } else if (change->node == FVM_FILE && change->kind == FVM_CHANGED) {
        fvm_text_puts(out, "  ");
        cli_add_size(out, change->cb_before);
        fvm_text_puts(out, " -> ");
        cli_add_size(out, change->cb_after);
    } else if (change->kind == FVM_METADATA) {
        fvm_text_puts(out, "  (only its time, mode or attributes)");
    }
    fvm_text_putc(out, '\n');
}

static void add_utf16(struct fvm_text *out, const uint8_t *data, size_t cb)
{
    for (size_t i = 0; i + 1 < cb; i += 2) {
        unsigned unit = (unsigned)data[i] | (unsigned)data[i + 1] << 8;

        if (!unit && i + 2 >= cb)
            break;
        if (unit >= ' ' && unit < 0x7f)
            fvm_text_putc(out, (char)unit);
        else
            fvm_text_printf(out, "\\u%04x", unit);
        if (i > 160) {
            fvm_text_puts(out, "...");
            break;
        }
    }
}

static void add_data(struct fvm_text *out, const struct fvm_reg_value *value)
{
    enum { REG_SZ = 1, REG_EXPAND_SZ = 2, REG_DWORD = 4, REG_MULTI_SZ = 7 };

    if (value->type == REG_DWORD && value->data_cb == 4) {
        fvm_text_printf(out, "0x%08x",
                        (unsigned)value->data[0] | (unsigned)value->data[1] << 8 |
                            (unsigned)value->data[2] << 16 | (unsigned)value->data[3] << 24);
    } else if (value->type == REG_SZ || value->type == REG_EXPAND_SZ ||
               value->type == REG_MULTI_SZ) {
        fvm_text_putc(out, '"');
        add_utf16(out, value->data, value->data_cb);
        fvm_text_putc(out, '"');
    } else {
        fvm_text_printf(out, "type %u, %zu bytes", value->type, value->data_cb);
    }
}

struct registry_walk {
    struct fvm_collection *all;
    struct fvm_text *out;
    struct fvm_json *json;
    size_t created, changed, deleted;
};

static void add_entry(struct registry_walk *walk, char sign, const struct fvm_reg_key *key,
                      const struct fvm_reg_value *value)
{
    const char *word = sign == '+'   ? "created"
                       : sign == '-' ? "deleted"
                       : sign == '!' ? "replaced"
                                     : "changed";

    walk->created += sign == '+';
    walk->deleted += sign == '-';
    walk->changed += sign != '+' && sign != '-';
    if (walk->json) {
        fvm_json_object(walk->json, NULL);
        fvm_json_put_string(walk->json, "change", word);
        fvm_json_put_string(walk->json, "key", key->path);
        if (value) {
            fvm_json_put_string(walk->json, "value", value->name);
            if (value->mark != FVM_REG_DELETED)
                fvm_json_put_uint(walk->json, "type", value->type);
        }
        fvm_json_end_object(walk->json);
    } else if (walk->out) {
        fvm_text_printf(walk->out, "  %c ", sign);
        fvm_utf8_add_visible(walk->out, key->path, strlen(key->path));
        if (value) {
            fvm_text_puts(walk->out, value->name[0] ? "  \"" : "  (default)");
            fvm_utf8_add_visible(walk->out, value->name, strlen(value->name));
            fvm_text_puts(walk->out, value->name[0] ? "\"" : "");
        } else {
            fvm_text_putc(walk->out, '\\');
        }
        if (value && value->mark != FVM_REG_DELETED) {
            fvm_text_puts(walk->out, " = ");
            add_data(walk->out, value);
        }
        fvm_text_putc(walk->out, '\n');
    }
}

static void walk_registry(struct registry_walk *walk)
{
    for (size_t i = 0; i < fvm_reg_key_count(walk->all->registry); i++) {
        const struct fvm_reg_key *key = fvm_reg_key_at(walk->all->registry, i);
        const struct fvm_reg_key *host = fvm_reg_find(walk->all->host_registry, key->path);

        if (key->mark == FVM_REG_DELETED)
            add_entry(walk, '-', key, NULL);
        else if (key->mark == FVM_REG_REPLACED)
            add_entry(walk, '!', key, NULL);
        else if (!host)
            add_entry(walk, '+', key, NULL);
        for (size_t v = 0; v < key->value_count; v++) {
            const struct fvm_reg_value *value = &key->values[v];
            bool was = host && fvm_reg_find_value(host, value->name);

            add_entry(walk, value->mark == FVM_REG_DELETED ? '-' : was ? '~' : '+', key, value);
        }
    }
}

static size_t count_files(const struct fvm_collection *all)
{
    size_t count = 0;

    for (size_t i = 0; i < all->tree_count; i++)
        count += all->trees[i].changes.count;
    return count;
}

static void add_people(struct fvm_text *out, struct fvm_collection *all)
{
    struct registry_walk walk = {.all = all, .out = out};
    size_t files = count_files(all);

    if (files)
        fvm_text_puts(out, "files\n");
    for (size_t i = 0; i < all->tree_count; i++)
        for (size_t j = 0; j < all->trees[i].changes.count; j++)
            add_file_line(out, &all->trees[i], &all->trees[i].changes.at[j]);
    if (fvm_reg_key_count(all->registry))
        fvm_text_puts(out, "registry\n");
    walk_registry(&walk);
    if (!files && !fvm_reg_key_count(all->registry))
        fvm_text_puts(out, "nothing changed\n");
}

static void add_stat(struct fvm_text *out, struct fvm_collection *all)
{
    struct registry_walk walk = {.all = all};
    size_t count[ARRAY_LEN(kinds)] = {0};
    uint64_t cb = 0;

    for (size_t i = 0; i < all->tree_count; i++)
        for (size_t j = 0; j < all->trees[i].changes.count; j++) {
            const struct fvm_change *change = &all->trees[i].changes.at[j];

            count[change->kind]++;
            cb += change->cb_after;
        }
    walk_registry(&walk);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        fvm_text_printf(out, "%s%s %zu", i ? ", " : "files: ", kinds[i].word, count[i]);
    fvm_text_puts(out, ", now ");
    cli_add_size(out, cb);
    fvm_text_printf(out, "\nregistry: created %zu, changed %zu, deleted %zu\n", walk.created,
                    walk.changed, walk.deleted);
}

static void add_json(struct fvm_text *out, const char *vm, bool running, struct fvm_collection *all)
{
    struct fvm_json json = {.text = out, .indent = 2};
    struct registry_walk walk = {.all = all, .json = &json};

    fvm_json_object(&json, NULL);
    fvm_json_put_string(&json, "vm", vm);
    fvm_json_put_bool(&json, "running", running);
    fvm_json_array(&json, "files");
    for (size_t i = 0; i < all->tree_count; i++)
        for (size_t j = 0; j < all->trees[i].changes.count; j++) {
            FVM_CLEANUP(text) struct fvm_text path = {0};
            const struct fvm_change *change = &all->trees[i].changes.at[j];

            fvm_json_object(&json, NULL);
            fvm_json_put_string(&json, "change", kinds[change->kind].word);
            fvm_json_put_string(&json, "node", nodes[change->node]);
            fvm_shown_path(&path, &all->trees[i], change->path);
            fvm_json_put_bytes(&json, "path", path.s, path.cb);
            if (change->from) {
                path.cb = 0;
                fvm_shown_path(&path, &all->trees[i], change->from);
                fvm_json_put_bytes(&json, "from", path.s, path.cb);
            }
            out->failed |= path.failed;
            fvm_json_put_uint(&json, "size_before", change->cb_before);
            fvm_json_put_uint(&json, "size_after", change->cb_after);
            fvm_json_end_object(&json);
        }
    fvm_json_end_array(&json);
    fvm_json_array(&json, "registry");
    walk_registry(&walk);
    fvm_json_end_array(&json);
    fvm_json_end_object(&json);
    fvm_text_putc(out, '\n');
}

int cli_show_changes(const struct cli_words *words, const char *vm, bool running,
                     struct fvm_collection *all)
{
    FVM_CLEANUP(text) struct fvm_text out = {0};

    if (words->json)
        add_json(&out, vm, running, all);
    else if (words->stat)
        add_stat(&out, all);
    else if (words->reg)
        out.failed |= fvm_failed(fvm_reg_write_delta(all->registry, FVM_REG_FOR_IMPORT, &out));
    else
        add_people(&out, all);
    return cli_print(&out);
}

size_t cli_count_changes(const struct fvm_collection *all)
{
    return count_files(all) + fvm_reg_key_count(all->registry);
}
