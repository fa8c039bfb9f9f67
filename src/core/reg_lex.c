/* core/reg_lex.c: see reg_lex.h. */
#include "core/reg_lex.h"
#include "core/utf.h"

#include <string.h>

bool reg_starts_with(const char *s, const char *end, const char *word)
{
    size_t cb = strlen(word);

    return (size_t)(end - s) >= cb && memcmp(s, word, cb) == 0;
}

bool reg_lex_type(const char **at, const char *end, uint32_t *type)
{
    int digits = 0;

    for (*type = 0; *at < end && reg_hex_digit(**at) >= 0 && digits < 8; digits++)
        *type = *type << 4 | (uint32_t)reg_hex_digit(*(*at)++);
    if (!digits || end - *at < 2 || memcmp(*at, "):", 2) != 0)
        return false;
    *at += 2;
    return true;
}

fvm_status reg_lex_dword(struct fvm_reg *reg, const char *s, const char *end,
                         struct fvm_reg_value *value)
{
    uint32_t number = 0;
    uint8_t *le = reg_alloc(reg, 4);

    if (!le)
        return FVM_NO_MEMORY;
    if (s == end || end - s > 8)
        return FVM_CORRUPT;
    for (; s < end; s++) {
        if (reg_hex_digit(*s) < 0)
            return FVM_CORRUPT;
        number = number << 4 | (uint32_t)reg_hex_digit(*s);
    }
    fvm_utf16_set(le, 0, number & 0xFFFF);
    fvm_utf16_set(le, 1, number >> 16);
    value->data = le;
    value->data_cb = 4;
    return FVM_OK;
}

/* @return the newline behind the list or end; NULL when the text ends in a backslash */
static const char *find_list_end(const char *s, const char *end)
{
    for (;;) {
        const char *eol = memchr(s, '\n', (size_t)(end - s));
        const char *last = eol ? eol : end;

        if (last > s && last[-1] == '\r')
            last--;
        if (last == s || last[-1] != '\\')
            return eol ? eol : end;
        if (!eol || eol + 1 == end)
            return NULL;
        s = eol + 1;
    }
}

fvm_status reg_lex_bytes(struct fvm_reg *reg, const char **at, const char *end,
                         struct fvm_reg_value *value)
{
    const char *s = *at, *list_end = find_list_end(s, end);
    uint8_t *bytes, *to;

    if (!list_end)
        return FVM_CORRUPT;
    bytes = to = reg_alloc(reg, (size_t)(list_end - s) / 2 + 1);
    if (!bytes)
        return FVM_NO_MEMORY;
    while (s < list_end) {
        int high = reg_hex_digit(*s), low = s + 1 < list_end ? reg_hex_digit(s[1]) : -1;

        if (high >= 0) {
            *to++ = (uint8_t)(low < 0 ? high : high << 4 | low);
            s = reg_skip_blanks(s + (low < 0 ? 1 : 2), list_end);
            if (s == list_end)
                break;
            if (*s == ',') {
                s++;
                continue;
            }
        }
        if (*s != '\\' && *s != '\n' && *s != '\r' && *s != ' ' && *s != '\t')
            return FVM_CORRUPT;
        s++;
    }
    value->data = bytes;
    value->data_cb = (size_t)(to - bytes);
    reg_trim(reg, bytes, value->data_cb);
    *at = list_end;
    return FVM_OK;
}
