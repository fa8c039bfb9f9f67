/* core/reg_hive_write.c: a registry as a hive file that wineserver loads. The format is told in
 * reg_hive.c. */
#include "core/hivetext.h"
#include "core/reg_tree.h"
#include "core/utf.h"

#include <string.h>

/* A text that grows, as where the words go. */
struct writer {
    struct fvm_hivetext to;
    struct fvm_text *out;
};

static void put_text(struct fvm_hivetext *to, const char *s, size_t cb)
{
    fvm_text_add(((struct writer *)(void *)to)->out, s, cb);
}

static void put_name(struct fvm_hivetext *to, const char *name, size_t cb, const char *specials)
{
    const char *s = name, *end = name + cb;
    uint32_t unit, next;
    char bytes[16];

    while (s < end && (uint8_t)*s >= 0x20 && (uint8_t)*s < 0x80 && *s != '\\' &&
           *s != specials[0] && *s != specials[1])
        s++;
    fvm_hivetext_add(to, name, (size_t)(s - name));
    unit = s < end ? reg_name_next(&s, end) : FVM_UTF8_BAD;
    while (!(unit & FVM_UTF8_BAD)) {
        size_t used = 0;

        next = s < end ? reg_name_next(&s, end) : FVM_UTF8_BAD;
        if (unit >= 0x10000) {
            used = fvm_hivetext_unit(bytes, 0xD800 | (unit - 0x10000) >> 10, 0xDC00, specials);
            unit = 0xDC00 | (unit & 0x3FF);
        }
        used += fvm_hivetext_unit(bytes + used, unit, next, specials);
        fvm_hivetext_add(to, bytes, used);
        unit = next;
    }
}

static void put_value(struct fvm_hivetext *to, const struct fvm_reg_value *value)
{
    uint64_t line_start = to->cb;

    if (*value->name) {
        fvm_hivetext_puts(to, "\"");
        put_name(to, value->name, strlen(value->name), FVM_HIVETEXT_QUOTES);
        fvm_hivetext_puts(to, "\"=");
    } else {
        fvm_hivetext_puts(to, "@=");
    }
    fvm_hivetext_data(to, value->type, value->data, value->data_cb, line_start);
}

static void put_path(struct fvm_hivetext *to, const struct reg_node *node,
                     const struct reg_node *root)
{
    const struct reg_node *names[FVM_REG_MAX_DEPTH];
    size_t count = 0;

    for (; node != root; node = node->parent)
        names[count++] = node;
    while (count-- > 0) {
        put_name(to, names[count]->name, names[count]->name_cb, FVM_HIVETEXT_BRACKETS);
        if (count)
            fvm_hivetext_puts(to, "\\\\");
    }
}

/* A key without time gets the time of loading from wineserver. */
static void put_key(struct fvm_hivetext *to, const struct reg_node *node,
                    const struct reg_node *root)
{
    const struct fvm_reg_key *key = &node->key;

    fvm_hivetext_puts(to, "\n[");
    put_path(to, node, root);
    fvm_hivetext_puts(to, "]");
    fvm_hivetext_time(to, node->time);
    if (key->class_name) {
        fvm_hivetext_puts(to, "#class=\"");
        put_name(to, key->class_name, strlen(key->class_name), FVM_HIVETEXT_QUOTES);
        fvm_hivetext_puts(to, "\"\n");
    }
    if (key->is_link)
        fvm_hivetext_puts(to, "#link\n");
    for (size_t i = 0; i < key->value_count; i++)
        put_value(to, &key->values[i]);
}

fvm_status fvm_reg_write_hive(struct fvm_reg *reg, const char *root_path, const char *relative,
                              struct fvm_text *out)
{
    const struct reg_node *root = reg_lookup(reg, root_path);
    struct writer writer = {{.put = put_text}, out};
    struct fvm_hivetext *to = &writer.to;

    fvm_hivetext_puts(to, "WINE REGISTRY Version 2\n;; All keys relative to ");
    fvm_hivetext_puts(to, relative);
    fvm_hivetext_puts(to, "\n");
    if (!root || root->arch != FVM_REG_ARCH_NONE)
        fvm_hivetext_puts(to, root && root->arch == FVM_REG_ARCH_WIN32 ? "\n#arch=win32\n"
                                                                       : "\n#arch=win64\n");
    for (const struct reg_node *node = root; node; node = reg_walk(node, root)) {
        const struct fvm_reg_key *key = &node->key;

        /* Keys that only have subkeys come to be with these. */
        if (node->listed && key->mark != FVM_REG_DELETED &&
            (key->value_count || key->class_name || key->is_link || !reg_has_subkeys(node)))
            put_key(to, node, root);
    }
    return out->failed ? FVM_NO_MEMORY : FVM_OK;
}
