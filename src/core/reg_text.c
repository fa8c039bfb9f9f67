/* core/reg_text.c: .reg text, read as a delta. The writer is reg_text_write.c. */
#include "core/fold.h"
#include "core/reg_lex.h"
#include "core/reg_text.h"
#include "core/utf.h"

#include <stdlib.h>
#include <string.h>

struct reader {
    struct fvm_reg *reg;
    struct reg_node
        *node; /* the key that the line belongs to; NULL before the first and in a deleted one */
    const char *text, *line, *at, *end;
    bool need_end, ended;
    struct fvm_text name;
    struct fvm_error *err;
};

static fvm_status corrupt(struct reader *r, const char *what)
{
    unsigned line = 1;

    for (const char *s = r->text; s < r->line; s++)
        line += *s == '\n';
    return fvm_fail(r->err, FVM_CORRUPT, "line %u: %s", line, what);
}

static const char *line_end(const char *s, const char *end)
{
    const char *eol = memchr(s, '\n', (size_t)(end - s));

    eol = eol ? eol : end;
    while (eol > s && (eol[-1] == '\r' || eol[-1] == ' ' || eol[-1] == '\t'))
        eol--;
    return eol;
}

/* %HHHH in the names of lines that only FVM reads. */
static bool add_unit(struct fvm_text *name, const char *s, const char *end)
{
    uint32_t unit = 0;
    uint8_t le[2];

    if (end - s < 5)
        return false;
    for (int i = 1; i < 5; i++) {
        if (fvm_hive_hex_digit(s[i]) < 0)
            return false;
        unit = unit << 4 | (uint32_t)fvm_hive_hex_digit(s[i]);
    }
    fvm_utf16_set(le, 0, unit);
    reg_name_from_utf16(name, le, 1);
    return true;
}

/*
 * Read a name up to an unescaped `closing`, or to the end when that is 0, into r->name.
 * @param ours the line is for FVM only: %HHHH counts
 */
static fvm_status take_name(struct reader *r, const char **at, const char *end, char closing,
                            bool ours)
{
    const char *s = *at, *plain;

    r->name.cb = 0;
    fvm_text_add(&r->name, "", 0);
    while (s < end && (!closing || *s != closing)) {
        if (ours && *s == '%') {
            if (!add_unit(&r->name, s, end))
                return corrupt(r, "a name with a bad % escape");
            s += 5;
            continue;
        }
        if (closing && *s == '\\' && (++s == end || (*s != '\\' && *s != closing)))
            return corrupt(r, "a backslash in quotes must be written twice");
        plain = s++;
        while (s < end && (!closing || (*s != closing && *s != '\\')) && !(ours && *s == '%'))
            s++;
        fvm_text_add(&r->name, plain, (size_t)(s - plain));
    }
    if (closing && s == end)
        return corrupt(r, "a name in quotes that does not end");
    *at = closing ? s + 1 : s;
    return r->name.failed ? FVM_NO_MEMORY : FVM_OK;
}

/* Replace the short and the derived roots. @return false: a root that FVM does not know */
static bool make_root_canonical(struct fvm_text *path)
{
    static const struct {
        const char *is, *becomes;
    } roots[] = {
        {"HKEY_LOCAL_MACHINE", "HKEY_LOCAL_MACHINE"},
        {"HKEY_CURRENT_USER", "HKEY_CURRENT_USER"},
        {"HKEY_USERS\\.Default", "HKEY_USERS\\.Default"},
        {"HKEY_CLASSES_ROOT", "HKEY_LOCAL_MACHINE\\Software\\Classes"},
        {"HKEY_CURRENT_CONFIG",
         "HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Hardware Profiles\\Current"},
        {"HKLM", "HKEY_LOCAL_MACHINE"},
        {"HKCU", "HKEY_CURRENT_USER"},
        {"HKU\\.Default", "HKEY_USERS\\.Default"},
        {"HKCR", "HKEY_LOCAL_MACHINE\\Software\\Classes"},
    };

    for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
        size_t cb = strlen(roots[i].is);
        struct fvm_text full = {0};

        if (path->cb < cb || fvm_name_cmp_n(path->s, cb, roots[i].is, cb) != 0 ||
            (path->s[cb] && path->s[cb] != '\\'))
            continue;
        fvm_text_puts(&full, roots[i].becomes);
        fvm_text_puts(&full, path->s + cb);
        full.failed |= path->failed;
        fvm_text_free(path);
        *path = full;
        return true;
    }
    return false;
}

static fvm_status take_key(struct reader *r, const char *s, const char *end, bool ours)
{
    bool deletes = end - s > 1 && s[1] == '-';
    struct reg_node *node;
    fvm_status status;

    if (end - s < 3 || end[-1] != ']')
        return corrupt(r, "a key without closing bracket");
    s += deletes ? 2 : 1;
    status = take_name(r, &s, end - 1, 0, ours);
    if (fvm_failed(status))
        return status;
    if (!make_root_canonical(&r->name))
        return corrupt(
            r, "only keys in HKEY_LOCAL_MACHINE, HKEY_CURRENT_USER and HKEY_USERS\\.Default");
    if (r->name.failed)
        return FVM_NO_MEMORY;
    if (strlen(r->name.s) != r->name.cb || !reg_path_valid(r->name.s))
        return corrupt(
            r, "a key with an empty, too long or wrongly encoded name, or more than 512 deep");
    node = reg_make_path(r->reg, r->name.s);
    if (!node)
        return FVM_NO_MEMORY;
    if (deletes)
        reg_delete(r->reg, node);
    else
        reg_list(r->reg, node);
    r->node = deletes ? NULL : node;
    return FVM_OK;
}

/* @param end the last byte that the string may have; a real newline in it is kept, as regedit does
 */
static fvm_status take_string(struct reader *r, const char **at, const char *end,
                              struct fvm_reg_value *value)
{
    const char *s = *at, *close = s;
    size_t cch = 0, part;
    uint8_t *le;

    while (close < end && *close != '"')
        close += *close == '\\' && close + 1 < end ? 2 : 1;
    if (close >= end)
        return corrupt(r, "a string that does not end");
    le = reg_alloc(r->reg, 2 * (size_t)(close - s) + 2);
    if (!le)
        return FVM_NO_MEMORY;
    while (s < close) {
        const char *plain = *s == '\\' ? ++s : s;

        if (plain > *at && plain[-1] == '\\' && *s != '\\' && *s != '"')
            return corrupt(r, "a backslash in quotes must be written twice");
        for (s++; s < close && *s != '\\';)
            s++;
        if (!fvm_utf16_from_utf8(le + 2 * cch, &part, plain, (size_t)(s - plain)))
            return corrupt(r, "a string that is not UTF-8");
        cch += part;
    }
    fvm_utf16_set(le, cch, 0);
    value->type = 1;
    value->data = le;
    value->data_cb = 2 * cch + 2;
    reg_trim(r->reg, le, value->data_cb);
    *at = close + 1;
    return FVM_OK;
}

/* @param end of the line if nothing may go on in the next one, else of the text */
static fvm_status take_data(struct reader *r, const char **at, const char *end,
                            struct fvm_reg_value *value)
{
    const char *eol = line_end(*at, end);
    fvm_status status = FVM_CORRUPT;

    if (fvm_hive_starts_with(*at, eol, "\"")) {
        ++*at;
        return take_string(r, at, end, value);
    }
    if (eol - *at == 1 && **at == '-') {
        value->mark = FVM_REG_DELETED;
        value->type = 0;
        *at = eol;
        return FVM_OK;
    }
    if (fvm_hive_starts_with(*at, eol, "dword:")) {
        value->type = 4;
        status = reg_lex_dword(r->reg, *at + 6, eol, value);
        *at = eol;
    } else if (fvm_hive_starts_with(*at, eol, "hex:")) {
        value->type = 3;
        *at += 4;
        status = reg_lex_bytes(r->reg, at, end, value);
    } else if (fvm_hive_starts_with(*at, eol, "hex(")) {
        *at += 4;
        if (fvm_hive_type(at, eol, &value->type))
            status = reg_lex_bytes(r->reg, at, end, value);
    }
    return status == FVM_CORRUPT ? corrupt(r, "a value of unknown form") : status;
}

/* @param at [in,out] at `"` or `@`; is left at the end of the line */
static fvm_status take_value(struct reader *r, const char **at, const char *end, bool ours)
{
    struct fvm_reg_value value = {.name = "", .mark = FVM_REG_PRESENT};
    const char *s = *at + 1, *eol = line_end(*at, end);
    fvm_status status;

    if (!r->node)
        return corrupt(r, "a value that belongs to no key");
    if (**at == '"') {
        status = take_name(r, &s, eol, '"', ours);
        if (fvm_failed(status))
            return status;
        if (!reg_name_valid(r->name.s, r->name.cb, FVM_REG_MAX_VALUE_CCH) ||
            strlen(r->name.s) != r->name.cb)
            return corrupt(r, "a value whose name is too long or wrongly encoded");
        value.name = reg_copy(r->reg, r->name.s, r->name.cb);
        if (!value.name)
            return FVM_NO_MEMORY;
    }
    s = fvm_hive_skip_blanks(s, eol);
    if (s >= eol || *s != '=')
        return corrupt(r, "a value's name without '='");
    s = fvm_hive_skip_blanks(s + 1, eol);
    status = take_data(r, &s, end, &value);
    if (fvm_failed(status))
        return status;
    if (line_end(s, end) != s)
        return corrupt(r, "something behind a value");
    *at = s;
    return reg_append_value(r->reg, r->node, &value) ? FVM_OK : FVM_NO_MEMORY;
}

static fvm_status take_class(struct reader *r, const char *s, const char *end)
{
    fvm_status status;

    if (!r->node || s == end || *s++ != '"')
        return corrupt(r, "a class that belongs to no key or has no quotes");
    status = take_name(r, &s, end, '"', true);
    if (fvm_failed(status))
        return status;
    if (s != end || !reg_name_valid(r->name.s, r->name.cb, SIZE_MAX) ||
        strlen(r->name.s) != r->name.cb)
        return corrupt(r, "a class that is wrongly encoded");
    r->node->key.class_name = r->name.cb ? reg_copy(r->reg, r->name.s, r->name.cb) : NULL;
    return r->reg->failed ? FVM_NO_MEMORY : FVM_OK;
}

static fvm_status take_format(struct reader *r, const char *s, const char *end)
{
    unsigned format = 0;

    for (; s < end && *s >= '0' && *s <= '9' && format < 1000000; s++)
        format = format * 10 + (unsigned)(*s - '0');
    if (s != end || !format)
        return corrupt(r, "no format number");
    if (format > FVM_REG_TEXT_FORMAT)
        return fvm_fail(
            r->err, FVM_NEWER_FORMAT,
            "made by a newer FVM (registry format %u, this one reads up to %u): update FVM", format,
            (unsigned)FVM_REG_TEXT_FORMAT);
    return FVM_OK;
}

/* A comment to regedit. */
static fvm_status take_comment(struct reader *r, const char *s, const char *end)
{
    if (fvm_hive_starts_with(s, end, REG_TEXT_FORMAT))
        return take_format(r, s + strlen(REG_TEXT_FORMAT), end);
    if (fvm_hive_starts_with(s, end, REG_TEXT_CLASS))
        return take_class(r, s + strlen(REG_TEXT_CLASS), end);
    if (fvm_hive_starts_with(s, end, REG_TEXT_OURS)) {
        s += strlen(REG_TEXT_OURS);
        if (s < end && *s == '[')
            return take_key(r, s, end, true);
        if (s < end && (*s == '"' || *s == '@'))
            return take_value(r, &s, end, true);
        return corrupt(r, "a line for FVM that is neither a key nor a value");
    }
    if ((size_t)(end - s) == strlen(REG_TEXT_LINK) && fvm_hive_starts_with(s, end, REG_TEXT_LINK)) {
        if (!r->node)
            return corrupt(r, "a link that belongs to no key");
        r->node->key.is_link = true;
    }
    if ((size_t)(end - s) == strlen(REG_TEXT_END) && fvm_hive_starts_with(s, end, REG_TEXT_END))
        r->ended = true;
    return FVM_OK;
}

static fvm_status take_line(struct reader *r)
{
    const char *s = fvm_hive_skip_blanks(r->at, r->end), *end = line_end(s, r->end);
    fvm_status status = FVM_OK;

    r->line = s;
    r->at = end;
    if (s == end)
        return FVM_OK;
    if (r->ended && r->need_end)
        return corrupt(r, "text behind the end mark");
    if (*s == ';') {
        status = take_comment(r, s, end);
    } else if (*s == '[') {
        status = take_key(r, s, end, false);
    } else if (*s == '"' || *s == '@') {
        status = take_value(r, &s, r->end, false);
        r->at = s;
    } else {
        status = corrupt(r, "neither a key nor a value");
    }
    return status;
}

static fvm_status read_lines(struct reader *r)
{
    static const char magic[] = "Windows Registry Editor Version 5.00";
    const char *end;
    fvm_status status = FVM_OK;

    if (fvm_hive_starts_with(r->at, r->end, "\xEF\xBB\xBF"))
        r->at += 3;
    end = line_end(r->at, r->end);
    if ((size_t)(end - r->at) != sizeof magic - 1 || memcmp(r->at, magic, sizeof magic - 1) != 0)
        return fvm_fail(r->err, FVM_CORRUPT, "the first line is not '%s'", magic);
    if (memchr(r->text, 0, (size_t)(r->end - r->text)))
        return fvm_fail(r->err, FVM_CORRUPT, "it has bytes of value 0, so it is no .reg text");
    r->at = end;
    while (!fvm_failed(status)) {
        const char *eol = memchr(r->at, '\n', (size_t)(r->end - r->at));

        if (!eol)
            break;
        r->at = eol + 1;
        status = take_line(r);
    }
    if (!fvm_failed(status) && r->need_end && !r->ended)
        return fvm_fail(r->err, FVM_CORRUPT, "cut short: the last line is not '%s'", REG_TEXT_END);
    return status;
}

static fvm_status read_utf8(struct fvm_reg **out, const char *text, size_t cb, bool need_end,
                            struct fvm_error *err)
{
    struct reader r = {
        .text = text, .line = text, .at = text, .end = text + cb, .need_end = need_end, .err = err};
    fvm_status status;

    r.reg = reg_new(false);
    if (!r.reg)
        return FVM_NO_MEMORY;
    status = read_lines(&r);
    if (!fvm_failed(status) && !reg_settle(r.reg))
        status = FVM_NO_MEMORY;
    fvm_text_free(&r.name);
    if (fvm_failed(status))
        fvm_reg_free(r.reg);
    else
        *out = r.reg;
    return status;
}

fvm_status fvm_reg_read_delta(struct fvm_reg **out, const char *text, size_t cb, bool need_end,
                              struct fvm_error *err)
{
    struct fvm_text utf8 = {0};
    fvm_status status;

    *out = NULL;
    if (cb < 2 || memcmp(text, "\xFF\xFE", 2) != 0) {
        status = read_utf8(out, text, cb, need_end, err);
    } else if (cb % 2) {
        status = fvm_fail(err, FVM_CORRUPT, "cut short: UTF-16 with an odd number of bytes");
    } else {
        fvm_utf8_from_utf16(&utf8, (const uint8_t *)text + 2, cb / 2 - 1);
        status = utf8.failed ? FVM_NO_MEMORY
                             : read_utf8(out, utf8.s ? utf8.s : "", utf8.cb, need_end, err);
        fvm_text_free(&utf8);
    }
    return status == FVM_NO_MEMORY ? fvm_fail(err, status, "out of memory") : status;
}
