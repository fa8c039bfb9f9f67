/* core/reg_hive.c: Wine's hive files, read into a registry. The format is told in hivelex.h; the
 * writer is reg_hive_write.c. */
#include "core/reg_lex.h"
#include "core/reg_tree.h"
#include "core/utf.h"

#include <stdlib.h>
#include <string.h>

struct hive {
    struct fvm_reg *reg;
    struct reg_node *root,
        *node; /* node: the key that the line belongs to, NULL before the first */
    const char *text, *line, *line_end, *next, *end;
    struct fvm_text name;
    const char *key_line; /* of the last key, whose nodes are at hand */
    size_t key_line_cb;
    unsigned depth;
    struct reg_node *nodes[FVM_REG_MAX_DEPTH];
    size_t ends[FVM_REG_MAX_DEPTH]; /* where each name ends in key_line */
    struct fvm_error *err;
};

static fvm_status corrupt(struct hive *h, const char *what)
{
    unsigned line = 1;

    for (const char *s = h->text; s < h->line; s++)
        line += *s == '\n';
    return fvm_fail(h->err, FVM_CORRUPT, "line %u: %s", line, what);
}

/* @return 1: line and line_end are set; 0: end of text; -1: the last line is not complete */
static int next_line(struct hive *h)
{
    const char *eol;

    if (h->next == h->end)
        return 0;
    h->line = h->next;
    eol = memchr(h->line, '\n', (size_t)(h->end - h->line));
    if (!eol)
        return -1;
    h->next = eol + 1;
    h->line_end = eol > h->line && eol[-1] == '\r' ? eol - 1 : eol;
    return 1;
}

/*
 * Decode a name into UTF-8. Plain ASCII is not copied.
 * @param name,name_cb [out] valid until the next call
 */
static fvm_status decode_name(struct hive *h, const char **at, const char *end, char closing,
                              size_t max_cch, const char **name, size_t *name_cb)
{
    const char *s = *at;
    ptrdiff_t cch;
    uint8_t *le;

    while (s < end && *s != '\\' && (uint8_t)*s < 0x80 && (!closing || *s != closing))
        s++;
    *name = *at;
    *name_cb = (size_t)(s - *at);
    if (s < end ? closing && *s == closing : !closing) {
        *at = closing ? s + 1 : s;
        return *name_cb <= max_cch ? FVM_OK : corrupt(h, "name too long");
    }
    le = reg_alloc(h->reg, 2 * (size_t)(end - *at));
    if (!le)
        return FVM_NO_MEMORY;
    cch = fvm_hive_decode(at, end, closing, le);
    h->name.cb = 0;
    if (cch > 0 && (size_t)cch <= max_cch)
        reg_name_from_utf16(&h->name, le, (size_t)cch);
    reg_trim(h->reg, le, 0);
    if (cch < 0)
        return corrupt(h, "a name that does not end or decode");
    if ((size_t)cch > max_cch)
        return corrupt(h, "name too long");
    *name = h->name.cb ? h->name.s : "";
    *name_cb = h->name.cb;
    return h->name.failed ? FVM_NO_MEMORY : FVM_OK;
}

/* @return the end of the path that begins at s, a `]`; NULL when there is none */
static const char *find_bracket(const char *s, const char *end)
{
    for (; s < end && *s != ']'; s++)
        if (*s == '\\')
            s++;
    return s < end ? s : NULL;
}

/* Keep the nodes of the last key as far as both lines begin with the same names. */
static void keep_common_names(struct hive *h, const char *path, size_t cb)
{
    size_t same = 0, least = cb < h->key_line_cb ? cb : h->key_line_cb;
    unsigned depth = 0;

    while (same + 16 <= least && memcmp(path + same, h->key_line + same, 16) == 0)
        same += 16;
    while (same < least && path[same] == h->key_line[same])
        same++;
    while (depth < h->depth && h->ends[depth] + 2 <= same)
        depth++;
    if (depth + 1 == h->depth && same == h->key_line_cb && cb >= same + 2 &&
        memcmp(path + same, "\\\\", 2) == 0)
        depth++;
    h->depth = depth;
    h->key_line = path;
    h->key_line_cb = cb;
}

static const char *find_separator(const char *s, const char *end)
{
    for (; s < end; s++)
        if (*s == '\\') {
            if (s + 1 < end && s[1] == '\\')
                return s;
            s++;
        }
    return end;
}

static fvm_status take_key(struct hive *h)
{
    const char *path = h->line + 1, *end = find_bracket(path, h->line_end), *s;

    if (!end)
        return corrupt(h, "a key without closing bracket");
    keep_common_names(h, path, (size_t)(end - path));
    s = path + (h->depth ? h->ends[h->depth - 1] + 2 : 0);
    h->node = h->depth ? h->nodes[h->depth - 1] : h->root;
    while (path < end) {
        const char *name, *name_end = find_separator(s, end);
        fvm_status status;
        size_t name_cb;

        if (h->depth == FVM_REG_MAX_DEPTH)
            return corrupt(h, "a key below more than 512 others");
        h->ends[h->depth] = (size_t)(name_end - path);
        status = decode_name(h, &s, name_end, 0, FVM_REG_MAX_NAME_CCH, &name, &name_cb);
        if (fvm_failed(status))
            return status;
        if (!name_cb || memchr(name, '\\', name_cb))
            return corrupt(h, "a key whose name is empty or has a backslash");
        h->node = reg_make_child(h->reg, h->node, name, name_cb);
        if (!h->node)
            return h->reg->failed ? FVM_NO_MEMORY : corrupt(h, "a key below more than 512 others");
        h->nodes[h->depth++] = h->node;
        if (name_end == end)
            break;
        s = name_end + 2;
    }
    reg_list(h->reg, h->node);
    return FVM_OK;
}

static fvm_status take_class(struct hive *h, const char *s)
{
    uint8_t *le;
    ptrdiff_t cch;

    if (s == h->line_end || *s++ != '"')
        return corrupt(h, "a class without quotes");
    le = reg_alloc(h->reg, 2 * (size_t)(h->line_end - s) + 1);
    if (!le)
        return FVM_NO_MEMORY;
    cch = fvm_hive_decode(&s, h->line_end, '"', le);
    h->name.cb = 0;
    if (cch > 0)
        reg_name_from_utf16(&h->name, le, (size_t)cch);
    reg_trim(h->reg, le, 0);
    if (cch < 0)
        return corrupt(h, "a class that does not end or decode");
    h->node->key.class_name = h->name.cb ? reg_copy(h->reg, h->name.s, h->name.cb) : NULL;
    return h->reg->failed || h->name.failed ? FVM_NO_MEMORY : FVM_OK;
}

static fvm_status take_option(struct hive *h)
{
    const char *s = h->line, *end = h->line_end;

    if (!h->node) {
        if (!fvm_hive_starts_with(s, end, "#arch="))
            return FVM_OK;
        if (end - s != 11 || (memcmp(s + 6, "win32", 5) != 0 && memcmp(s + 6, "win64", 5) != 0))
            return corrupt(h, "unknown architecture");
        h->root->arch = s[9] == '3' ? FVM_REG_ARCH_WIN32 : FVM_REG_ARCH_WIN64;
        return FVM_OK;
    }
    if (fvm_hive_starts_with(s, end, "#time=")) {
        h->node->time = 0;
        for (s += 6; s < end && fvm_hive_hex_digit(*s) >= 0; s++)
            h->node->time = h->node->time << 4 | (uint64_t)fvm_hive_hex_digit(*s);
        return FVM_OK;
    }
    if (fvm_hive_starts_with(s, end, "#class="))
        return take_class(h, s + 7);
    if (fvm_hive_starts_with(s, end, "#link"))
        h->node->key.is_link = true;
    return FVM_OK;
}

static fvm_status take_string(struct hive *h, const char *s, struct fvm_reg_value *value)
{
    uint8_t *le = reg_alloc(h->reg, 2 * (size_t)(h->line_end - s) + 2);
    ptrdiff_t cch;

    if (!le)
        return FVM_NO_MEMORY;
    cch = fvm_hive_decode(&s, h->line_end, '"', le);
    if (cch < 0 || fvm_hive_skip_blanks(s, h->line_end) != h->line_end)
        return corrupt(h, "a string that does not end or decode");
    fvm_utf16_set(le, (size_t)cch, 0);
    value->data = le;
    value->data_cb = 2 * (size_t)cch + 2;
    reg_trim(h->reg, le, value->data_cb);
    return FVM_OK;
}

/* A list may go on in further lines. */
static fvm_status take_bytes(struct hive *h, const char *s, struct fvm_reg_value *value)
{
    fvm_status status = reg_lex_bytes(h->reg, &s, h->end, value);

    if (status == FVM_CORRUPT)
        return corrupt(h, "a list of bytes that is cut short or has something else in it");
    h->next = s < h->end ? s + 1 : h->end - 1; /* no newline: next_line() finds that */
    return status;
}

static fvm_status take_dword(struct hive *h, const char *s, struct fvm_reg_value *value)
{
    fvm_status status = reg_lex_dword(h->reg, s, h->line_end, value);

    return status == FVM_CORRUPT ? corrupt(h, "a number that is not 1 to 8 hexadecimal digits")
                                 : status;
}

static fvm_status take_data(struct hive *h, const char *s, struct fvm_reg_value *value)
{
    const char *end = h->line_end;

    value->type = 1;
    if (fvm_hive_starts_with(s, end, "\""))
        return take_string(h, s + 1, value);
    if (fvm_hive_starts_with(s, end, "str:\""))
        return take_string(h, s + 5, value);
    if (fvm_hive_starts_with(s, end, "str(")) {
        s += 4;
        if (fvm_hive_type(&s, end, &value->type) && s < end && *s == '"')
            return take_string(h, s + 1, value);
    } else if (fvm_hive_starts_with(s, end, "dword:")) {
        value->type = 4;
        return take_dword(h, s + 6, value);
    } else if (fvm_hive_starts_with(s, end, "hex:")) {
        value->type = 3;
        return take_bytes(h, s + 4, value);
    } else if (fvm_hive_starts_with(s, end, "hex(")) {
        s += 4;
        if (fvm_hive_type(&s, end, &value->type))
            return take_bytes(h, s, value);
    }
    return corrupt(h, "a value of unknown form");
}

static fvm_status take_value(struct hive *h)
{
    struct fvm_reg_value value = {.name = "", .mark = FVM_REG_PRESENT};
    const char *s = h->line + 1, *name = "";
    size_t name_cb = 0;
    fvm_status status = FVM_OK;

    if (!h->node)
        return corrupt(h, "a value before the first key");
    if (*h->line == '"')
        status = decode_name(h, &s, h->line_end, '"', FVM_REG_MAX_VALUE_CCH, &name, &name_cb);
    if (fvm_failed(status))
        return status;
    if (name_cb && !(value.name = reg_copy(h->reg, name, name_cb)))
        return FVM_NO_MEMORY;
    s = fvm_hive_skip_blanks(s, h->line_end);
    if (s == h->line_end || *s != '=')
        return corrupt(h, "a value's name without '='");
    status = take_data(h, fvm_hive_skip_blanks(s + 1, h->line_end), &value);
    if (fvm_failed(status))
        return status;
    return reg_append_value(h->reg, h->node, &value) ? FVM_OK : FVM_NO_MEMORY;
}

static fvm_status take_line(struct hive *h)
{
    h->line = fvm_hive_skip_blanks(h->line, h->line_end);
    if (h->line == h->line_end)
        return FVM_OK;
    switch (*h->line) {
    case ';':
        return FVM_OK;
    case '#':
        return take_option(h);
    case '[':
        return take_key(h);
    case '@':
    case '"':
        return take_value(h);
    default:
        return corrupt(h, "neither a key nor a value");
    }
}

static fvm_status read_lines(struct hive *h)
{
    static const char magic[] = "WINE REGISTRY Version 2";
    fvm_status status = FVM_OK;
    int more = next_line(h);

    if (more != 1 || h->line_end - h->line != sizeof magic - 1 ||
        memcmp(h->line, magic, sizeof magic - 1) != 0)
        return fvm_fail(h->err, FVM_CORRUPT, "no Wine registry file, or one of another version");
    if (memchr(h->text, 0, (size_t)(h->end - h->text)))
        return fvm_fail(h->err, FVM_CORRUPT, "it has bytes of value 0, so it is no registry file");
    while (!fvm_failed(status) && (more = next_line(h)) == 1)
        status = take_line(h);
    return !fvm_failed(status) && more < 0 ? corrupt(h, "cut short: the last line does not end")
                                           : status;
}

fvm_status fvm_reg_add_hive(struct fvm_reg *reg, const char *root, const char *text, size_t cb,
                            struct fvm_error *err)
{
    struct hive *h;
    fvm_status status;

    if (!reg_path_valid(root))
        return fvm_fail(err, FVM_NAME_INVALID, "no place in the registry to put a hive");
    h = malloc(sizeof *h);
    if (!h)
        return FVM_NO_MEMORY;
    *h = (struct hive){
        .reg = reg, .text = text, .line = text, .next = text, .end = text + cb, .err = err};
    h->root = reg_make_path(reg, root);
    if (h->root) {
        reg_list(reg, h->root);
        h->root->arch = FVM_REG_ARCH_NONE;
        status = read_lines(h);
        if (!reg_settle(reg) && !fvm_failed(status))
            status = FVM_NO_MEMORY;
    } else {
        status = FVM_NO_MEMORY;
    }
    fvm_text_free(&h->name);
    free(h);
    return status == FVM_NO_MEMORY ? fvm_fail(err, status, "out of memory") : status;
}
