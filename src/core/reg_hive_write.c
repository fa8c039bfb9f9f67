/* core/reg_hive_write.c: a registry as a hive file that wineserver loads. The format is told in
 * reg_hive.c. */
#include "core/reg_tree.h"
#include "core/utf.h"

#include <string.h>

enum { LINE_CB = 76 };

static const char digits[] = "0123456789abcdef";
static const uint64_t ticks_1601_to_1970 = 116444736000000000u;

static bool is_hex_digit(uint32_t unit)
{
    return (unit >= '0' && unit <= '9') || (unit >= 'a' && unit <= 'f') ||
           (unit >= 'A' && unit <= 'F');
}

/* @param next the unit behind, which must not look like part of the escape
 * @param specials one or two characters to escape
 * @return bytes written,
 * at most 6 */
static size_t put_unit(char *out, uint32_t unit, uint32_t next, const char *specials)
{
    static const char letters[] = "\a\b\t\n\v\f\r\033", names[] = "abtnvfre";
    const char *found;
    size_t cb = 0;

    if (unit >= 0x20 && unit < 0x80) {
        if (unit == '\\' || unit == (uint32_t)specials[0] || unit == (uint32_t)specials[1])
            out[cb++] = '\\';
        out[cb++] = (char)unit;
        return cb;
    }
    out[cb++] = '\\';
    if (unit >= 0x80) {
        out[cb++] = 'x';
        for (int shift = 12; shift >= 0; shift -= 4)
            if (unit >> shift || is_hex_digit(next))
                out[cb++] = digits[unit >> shift & 15];
        return cb;
    }
    found = unit ? strchr(letters, (int)unit) : NULL;
    if (found) {
        out[cb++] = names[found - letters];
        return cb;
    }
    if (next >= '0' && next <= '7')
        out[cb++] = '0';
    if (unit >= 8 || cb == 2)
        out[cb++] = digits[unit >> 3];
    out[cb++] = digits[unit & 7];
    return cb;
}

static void put_units(struct fvm_text *out, const uint8_t *le, size_t cch, const char *specials)
{
    char batch[256];
    size_t used = 0;

    for (size_t i = 0; i < cch; i++) {
        uint32_t next = i + 1 < cch ? fvm_utf16_at(le, i + 1) : 0;

        used += put_unit(batch + used, fvm_utf16_at(le, i), next, specials);
        if (used > sizeof batch - 8) {
            fvm_text_add(out, batch, used);
            used = 0;
        }
    }
    fvm_text_add(out, batch, used);
}

static void put_name(struct fvm_text *out, const char *name, size_t cb, const char *specials)
{
    const char *s = name, *end = name + cb;
    uint32_t unit, next;
    char bytes[16];

    while (s < end && (uint8_t)*s >= 0x20 && (uint8_t)*s < 0x80 && *s != '\\' &&
           *s != specials[0] && *s != specials[1])
        s++;
    fvm_text_add(out, name, (size_t)(s - name));
    unit = s < end ? reg_name_next(&s, end) : FVM_UTF8_BAD;
    while (!(unit & FVM_UTF8_BAD)) {
        size_t used = 0;

        next = s < end ? reg_name_next(&s, end) : FVM_UTF8_BAD;
        if (unit >= 0x10000) {
            used = put_unit(bytes, 0xD800 | (unit - 0x10000) >> 10, 0xDC00, specials);
            unit = 0xDC00 | (unit & 0x3FF);
        }
        used += put_unit(bytes + used, unit, next, specials);
        fvm_text_add(out, bytes, used);
        unit = next;
    }
}

static void put_bytes(struct fvm_text *out, const uint8_t *data, size_t cb, size_t column)
{
    static const char fold[] = {'\\', '\n', ' ', ' '};
    char batch[256];
    size_t used = 0;

    for (size_t i = 0; i < cb; i++) {
        batch[used++] = digits[data[i] >> 4];
        batch[used++] = digits[data[i] & 15];
        if (i + 1 == cb)
            break;
        batch[used++] = ',';
        column += 3;
        if (column > LINE_CB) {
            memcpy(batch + used, fold, sizeof fold);
            used += sizeof fold;
            column = 2;
        }
        if (used > sizeof batch - 8) {
            fvm_text_add(out, batch, used);
            used = 0;
        }
    }
    fvm_text_add(out, batch, used);
}

/* Only a string with a whole number of units and a NUL at the end can be said as text. */
static bool is_string(const struct fvm_reg_value *value)
{
    return (value->type == 1 || value->type == 2 || value->type == 7) && value->data_cb >= 2 &&
           value->data_cb % 2 == 0 && !fvm_utf16_at(value->data, value->data_cb / 2 - 1);
}

static void put_value(struct fvm_text *out, const struct fvm_reg_value *value)
{
    size_t line_start = out->cb;

    if (*value->name) {
        fvm_text_putc(out, '"');
        put_name(out, value->name, strlen(value->name), "\"");
        fvm_text_puts(out, "\"=");
    } else {
        fvm_text_puts(out, "@=");
    }
    if (is_string(value)) {
        if (value->type != 1)
            fvm_text_printf(out, "str(%x):", (unsigned)value->type);
        fvm_text_putc(out, '"');
        put_units(out, value->data, value->data_cb / 2 - 1, "\"");
        fvm_text_putc(out, '"');
    } else if (value->type == 4 && value->data_cb == 4) {
        fvm_text_printf(out, "dword:%04x%04x", (unsigned)fvm_utf16_at(value->data, 1),
                        (unsigned)fvm_utf16_at(value->data, 0));
    } else {
        if (value->type == 3)
            fvm_text_puts(out, "hex:");
        else
            fvm_text_printf(out, "hex(%x):", (unsigned)value->type);
        put_bytes(out, value->data, value->data_cb, out->cb - line_start);
    }
    fvm_text_putc(out, '\n');
}

static void put_path(struct fvm_text *out, const struct reg_node *node, const struct reg_node *root)
{
    const struct reg_node *names[FVM_REG_MAX_DEPTH];
    size_t count = 0;

    for (; node != root; node = node->parent)
        names[count++] = node;
    while (count-- > 0) {
        put_name(out, names[count]->name, names[count]->name_cb, "[]");
        if (count)
            fvm_text_puts(out, "\\\\");
    }
}

/* A key without time gets the time of loading from wineserver. */
static void put_key(struct fvm_text *out, const struct reg_node *node, const struct reg_node *root)
{
    const struct fvm_reg_key *key = &node->key;

    fvm_text_puts(out, "\n[");
    put_path(out, node, root);
    fvm_text_putc(out, ']');
    if (node->time >= ticks_1601_to_1970)
        fvm_text_printf(out, " %u\n#time=%x%08x\n",
                        (unsigned)((node->time - ticks_1601_to_1970) / 10000000),
                        (unsigned)(node->time >> 32), (unsigned)node->time);
    else
        fvm_text_putc(out, '\n');
    if (key->class_name) {
        fvm_text_puts(out, "#class=\"");
        put_name(out, key->class_name, strlen(key->class_name), "\"");
        fvm_text_puts(out, "\"\n");
    }
    if (key->is_link)
        fvm_text_puts(out, "#link\n");
    for (size_t i = 0; i < key->value_count; i++)
        put_value(out, &key->values[i]);
}

fvm_status fvm_reg_write_hive(struct fvm_reg *reg, const char *root_path, const char *relative,
                              struct fvm_text *out)
{
    const struct reg_node *root = reg_lookup(reg, root_path);

    fvm_text_puts(out, "WINE REGISTRY Version 2\n;; All keys relative to ");
    fvm_text_puts(out, relative);
    fvm_text_putc(out, '\n');
    if (!root || root->arch != FVM_REG_ARCH_NONE)
        fvm_text_puts(out, root && root->arch == FVM_REG_ARCH_WIN32 ? "\n#arch=win32\n"
                                                                    : "\n#arch=win64\n");
    for (const struct reg_node *node = root; node; node = reg_walk(node, root)) {
        const struct fvm_reg_key *key = &node->key;

        /* Keys that only have subkeys come to be with these. */
        if (node->listed && key->mark != FVM_REG_DELETED &&
            (key->value_count || key->class_name || key->is_link || !reg_has_subkeys(node)))
            put_key(out, node, root);
    }
    return out->failed ? FVM_NO_MEMORY : FVM_OK;
}
