/* core/hiveread.c: see hiveread.h. */
#include "core/hiveread.h"

#include "core/hivelex.h"
#include "core/utf.h"

#include <string.h>

/* One line, without blanks before it. @return false: no more, or the last one does not end */
static bool next_line(struct fvm_hiveread *read, const char **line, const char **line_end)
{
    const char *eol = memchr(read->at, '\n', (size_t)(read->end - read->at));

    if (!eol)
        return false;
    *line_end = eol > read->at && eol[-1] == '\r' ? eol - 1 : eol;
    *line = fvm_hive_skip_blanks(read->at, *line_end);
    read->at = eol + 1;
    return true;
}

bool fvm_hiveread_begin(struct fvm_hiveread *read, const char *text, size_t cb, uint8_t *name,
                        uint8_t *data)
{
    static const char magic[] = "WINE REGISTRY Version 2";
    const char *line, *line_end;

    *read = (struct fvm_hiveread){.at = text, .end = text + cb, .name = name, .data = data};
    return next_line(read, &line, &line_end) && line_end - line == sizeof(magic) - 1 &&
           memcmp(line, magic, sizeof(magic) - 1) == 0;
}

static bool take_name(struct fvm_hiveread *read, const char **at, const char *end, char closing)
{
    ptrdiff_t cch = fvm_hive_decode(at, end, closing, read->name);

    read->name_cch = cch < 0 ? 0 : (size_t)cch;
    return cch >= 0;
}

/* A string has a NUL behind it that is not written. */
static bool take_string(struct fvm_hiveread *read, const char *s, const char *end)
{
    ptrdiff_t cch = fvm_hive_decode(&s, end, '"', read->data);

    if (cch < 0 || fvm_hive_skip_blanks(s, end) != end)
        return false;
    fvm_utf16_set(read->data, (size_t)cch, 0);
    read->data_cb = 2 * (size_t)cch + 2;
    return true;
}

/* It may go on in further lines. */
static bool take_bytes(struct fvm_hiveread *read, const char *s)
{
    const char *list_end = fvm_hive_list_end(s, read->end);
    ptrdiff_t cb = list_end && list_end < read->end ? fvm_hive_bytes(s, list_end, read->data) : -1;

    if (cb < 0)
        return false;
    read->data_cb = (size_t)cb;
    read->at = list_end + 1;
    return true;
}

static bool take_data(struct fvm_hiveread *read, const char *s, const char *end)
{
    bool is_string = fvm_hive_starts_with(s, end, "str(");

    read->type = 1;
    if (fvm_hive_starts_with(s, end, "\""))
        return take_string(read, s + 1, end);
    if (fvm_hive_starts_with(s, end, "str:\""))
        return take_string(read, s + 5, end);
    if (fvm_hive_starts_with(s, end, "dword:")) {
        read->type = 4;
        read->data_cb = 4;
        return fvm_hive_dword(s + 6, end, read->data);
    }
    if (fvm_hive_starts_with(s, end, "hex:")) {
        read->type = 3;
        return take_bytes(read, s + 4);
    }
    if (!is_string && !fvm_hive_starts_with(s, end, "hex("))
        return false;
    s += 4;
    if (!fvm_hive_type(&s, end, &read->type))
        return false;
    if (!is_string)
        return take_bytes(read, s);
    return s < end && *s == '"' && take_string(read, s + 1, end);
}

static enum fvm_hive_item take_value(struct fvm_hiveread *read, const char *line, const char *end)
{
    const char *s = line + 1;

    read->name_cch = 0;
    if (!read->has_key || (*line == '"' && !take_name(read, &s, end, '"')))
        return FVM_HIVE_BAD;
    s = fvm_hive_skip_blanks(s, end);
    if (s == end || *s != '=')
        return FVM_HIVE_BAD;
    return take_data(read, fvm_hive_skip_blanks(s + 1, end), end) ? FVM_HIVE_VALUE : FVM_HIVE_BAD;
}

/* @return FVM_HIVE_END: nothing that counts */
static enum fvm_hive_item take_line(struct fvm_hiveread *read, const char *line, const char *end)
{
    const char *s = line + 1;

    if (line == end || *line == ';')
        return FVM_HIVE_END;
    if (*line == '[') {
        read->has_key = take_name(read, &s, end, ']');
        return read->has_key ? FVM_HIVE_KEY : FVM_HIVE_BAD;
    }
    if (*line == '@' || *line == '"')
        return take_value(read, line, end);
    if (*line != '#')
        return FVM_HIVE_BAD;
    if (read->has_key && fvm_hive_starts_with(line, end, "#link"))
        return FVM_HIVE_LINK;
    if (!read->has_key || !fvm_hive_starts_with(line, end, "#class=\""))
        return FVM_HIVE_END;
    s = line + sizeof("#class=\"") - 1;
    return take_name(read, &s, end, '"') ? FVM_HIVE_CLASS : FVM_HIVE_BAD;
}

enum fvm_hive_item fvm_hiveread_next(struct fvm_hiveread *read)
{
    const char *line, *line_end;

    while (next_line(read, &line, &line_end)) {
        enum fvm_hive_item item = take_line(read, line, line_end);

        if (item == FVM_HIVE_BAD)
            read->at = read->end;
        if (item != FVM_HIVE_END)
            return item;
    }
    return read->at == read->end ? FVM_HIVE_END : FVM_HIVE_BAD;
}
