/* core/reg_text_write.c: a delta as .reg text that regedit imports. */
#include "core/reg_text.h"
#include "core/reg_tree.h"
#include "core/utf.h"

#include <string.h>

enum { LINE_CB = 77 };

struct writer {
    struct fvm_text *out;
    unsigned flags;
};

/* Can it stand in a line that regedit reads? */
static bool is_plain_name(const char *name, size_t cb)
{
    const char *end = name + cb;

    while (name < end) {
        uint32_t code = reg_name_next(&name, end);

        if (code < 0x20 || code == 0x7F || (code & ~0x7FFu) == 0xD800)
            return false;
    }
    return true;
}

/* @param in_quotes escape quotes and backslashes @param ours %HHHH for what is not plain */
static void put_name(struct fvm_text *out, const char *name, size_t cb, bool in_quotes, bool ours)
{
    const char *end = name + cb;

    while (name < end) {
        const char *start = name;
        uint32_t code = reg_name_next(&name, end);

        if (ours && (code < 0x20 || code == 0x7F || code == '%' || (code & ~0x7FFu) == 0xD800)) {
            fvm_text_printf(out, "%%%04x", (unsigned)code);
            continue;
        }
        if (in_quotes && (code == '"' || code == '\\'))
            fvm_text_putc(out, '\\');
        fvm_text_add(out, start, (size_t)(name - start));
    }
}

/* @return false: the data must be written as bytes */
static bool is_plain_string(const struct writer *w, const struct fvm_reg_value *value)
{
    bool ascii_only = !(w->flags & (FVM_REG_END_MARK | FVM_REG_FOR_IMPORT));
    size_t cch = value->data_cb / 2;

    if (value->type != 1 || value->data_cb < 2 || value->data_cb % 2 ||
        fvm_utf16_at(value->data, cch - 1))
        return false;
    for (size_t i = 0; i + 1 < cch; i++) {
        uint32_t unit = fvm_utf16_at(value->data, i);

        if (unit < 0x20 || unit == 0x7F || (ascii_only && unit > 0x7F))
            return false;
        if ((unit & ~0x3FFu) == 0xD800 && (fvm_utf16_at(value->data, i + 1) & ~0x3FFu) == 0xDC00)
            i++;
        else if ((unit & ~0x7FFu) == 0xD800)
            return false;
    }
    return true;
}

static void put_string(struct fvm_text *out, const struct fvm_reg_value *value)
{
    size_t cch = value->data_cb / 2 - 1, from = 0;

    fvm_text_putc(out, '"');
    for (size_t i = 0; i < cch; i++) {
        uint32_t unit = fvm_utf16_at(value->data, i);

        if (unit != '"' && unit != '\\')
            continue;
        fvm_utf8_from_utf16(out, value->data + 2 * from, i - from);
        fvm_text_putc(out, '\\');
        from = i;
    }
    fvm_utf8_from_utf16(out, value->data + 2 * from, cch - from);
    fvm_text_putc(out, '"');
}

static void put_bytes(struct fvm_text *out, const struct fvm_reg_value *value, size_t column,
                      bool wrap)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < value->data_cb; i++) {
        char group[3] = {digits[value->data[i] >> 4], digits[value->data[i] & 15], ','};

        fvm_text_add(out, group, i + 1 < value->data_cb ? 3 : 2);
        column += 3;
        if (wrap && i + 1 < value->data_cb && column >= LINE_CB) {
            fvm_text_puts(out, "\\\n  ");
            column = 2;
        }
    }
}

static void put_value(struct writer *w, const struct fvm_reg_value *value, bool ours)
{
    struct fvm_text *out = w->out;
    size_t line_start = out->cb, name_cb = strlen(value->name);

    ours = ours || !is_plain_name(value->name, name_cb);
    fvm_text_puts(out, ours ? REG_TEXT_OURS : "");
    fvm_text_puts(out, name_cb ? "\"" : "@");
    put_name(out, value->name, name_cb, true, ours);
    fvm_text_puts(out, name_cb ? "\"=" : "=");
    if (value->mark == FVM_REG_DELETED) {
        fvm_text_putc(out, '-');
    } else if (is_plain_string(w, value)) {
        put_string(out, value);
    } else if (value->type == 4 && value->data_cb == 4) {
        fvm_text_printf(out, "dword:%04x%04x", (unsigned)fvm_utf16_at(value->data, 1),
                        (unsigned)fvm_utf16_at(value->data, 0));
    } else {
        if (value->type == 3)
            fvm_text_puts(out, "hex:");
        else
            fvm_text_printf(out, "hex(%x):", (unsigned)value->type);
        put_bytes(out, value, out->cb - line_start, !ours);
    }
    fvm_text_putc(out, '\n');
}

static bool put_key_line(struct writer *w, const struct reg_node *node, const char *bracket)
{
    const struct reg_node *names[FVM_REG_MAX_DEPTH];
    size_t count = 0;
    bool ours = false;

    for (; node->parent; node = node->parent) {
        names[count++] = node;
        ours = ours || !is_plain_name(node->name, node->name_cb);
    }
    fvm_text_putc(w->out, '\n');
    fvm_text_puts(w->out, ours ? REG_TEXT_OURS : "");
    fvm_text_puts(w->out, bracket);
    while (count-- > 0) {
        put_name(w->out, names[count]->name, names[count]->name_cb, false, ours);
        fvm_text_puts(w->out, count ? "\\" : "]\n");
    }
    return ours;
}

static void put_key(struct writer *w, const struct reg_node *node)
{
    const struct fvm_reg_key *key = &node->key;
    bool ours;

    if (key->mark != FVM_REG_PRESENT)
        put_key_line(w, node, "[-");
    if (key->mark == FVM_REG_DELETED)
        return;
    ours = put_key_line(w, node, "[");
    if (key->class_name) {
        fvm_text_puts(w->out, REG_TEXT_CLASS "\"");
        put_name(w->out, key->class_name, strlen(key->class_name), true, true);
        fvm_text_puts(w->out, "\"\n");
    }
    if (key->is_link)
        fvm_text_puts(w->out, REG_TEXT_LINK "\n");
    for (size_t i = 0; i < key->value_count; i++)
        put_value(w, &key->values[i], ours);
}

static bool is_ascii(const struct fvm_text *text)
{
    for (size_t i = 0; i < text->cb; i++)
        if ((uint8_t)text->s[i] >= 0x80)
            return false;
    return true;
}

/* Windows line ends; UTF-16LE with byte order mark when there is more than ASCII. */
static void convert_for_import(struct fvm_text *out, const struct fvm_text *text)
{
    const char *s = text->s, *end = s + text->cb;
    bool wide = !is_ascii(text);
    uint8_t le[4];
    char bytes[4];
    size_t cch;

    fvm_text_add(out, "\xFF\xFE", wide ? 2 : 0);
    while (s < end) {
        uint32_t code = fvm_utf8_next(&s, end);

        if (code == '\n')
            fvm_text_add(out, "\r", wide ? 2 : 1);
        if (wide && fvm_utf16_from_utf8(le, &cch, bytes, fvm_utf8_put(bytes, code)))
            fvm_text_add(out, (const char *)le, 2 * cch);
        else
            fvm_text_putc(out, (char)code);
    }
}

fvm_status fvm_reg_write_delta(struct fvm_reg *delta, unsigned flags, struct fvm_text *out)
{
    struct fvm_text text = {0};
    struct writer w = {flags & FVM_REG_FOR_IMPORT ? &text : out, flags};

    fvm_text_puts(w.out, "Windows Registry Editor Version 5.00\n");
    if (flags & FVM_REG_END_MARK)
        fvm_text_printf(w.out, REG_TEXT_FORMAT "%u\n", (unsigned)FVM_REG_TEXT_FORMAT);
    for (const struct reg_node *node = &delta->root; node; node = reg_walk(node, &delta->root))
        if (node->listed)
            put_key(&w, node);
    if (flags & FVM_REG_END_MARK)
        fvm_text_puts(w.out, "\n" REG_TEXT_END "\n");
    if (flags & FVM_REG_FOR_IMPORT) {
        if (text.failed)
            out->failed = true;
        else
            convert_for_import(out, &text);
        fvm_text_free(&text);
    }
    return out->failed ? FVM_NO_MEMORY : FVM_OK;
}
