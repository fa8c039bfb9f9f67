/* core/hivelex.c: see hivelex.h. */
#include "core/hivelex.h"
#include "core/utf.h"

#include <string.h>

bool fvm_hive_starts_with(const char *s, const char *end, const char *word)
{
    size_t cb = strlen(word);

    return (size_t)(end - s) >= cb && memcmp(s, word, cb) == 0;
}

bool fvm_hive_type(const char **at, const char *end, uint32_t *type)
{
    int digits = 0;

    for (*type = 0; *at < end && fvm_hive_hex_digit(**at) >= 0 && digits < 8; digits++)
        *type = *type << 4 | (uint32_t)fvm_hive_hex_digit(*(*at)++);
    if (!digits || end - *at < 2 || memcmp(*at, "):", 2) != 0)
        return false;
    *at += 2;
    return true;
}

bool fvm_hive_dword(const char *s, const char *end, uint8_t *le)
{
    uint32_t number = 0;

    if (s == end || end - s > 8)
        return false;
    for (; s < end; s++) {
        if (fvm_hive_hex_digit(*s) < 0)
            return false;
        number = number << 4 | (uint32_t)fvm_hive_hex_digit(*s);
    }
    fvm_utf16_set(le, 0, number & 0xFFFF);
    fvm_utf16_set(le, 1, number >> 16);
    return true;
}

const char *fvm_hive_list_end(const char *s, const char *end)
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

ptrdiff_t fvm_hive_bytes(const char *s, const char *list_end, uint8_t *bytes)
{
    uint8_t *to = bytes;

    while (s < list_end) {
        int high = fvm_hive_hex_digit(*s), low = s + 1 < list_end ? fvm_hive_hex_digit(s[1]) : -1;

        if (high >= 0) {
            *to++ = (uint8_t)(low < 0 ? high : high << 4 | low);
            s = fvm_hive_skip_blanks(s + (low < 0 ? 1 : 2), list_end);
            if (s == list_end)
                break;
            if (*s == ',') {
                s++;
                continue;
            }
        }
        if (*s != '\\' && *s != '\n' && *s != '\r' && *s != ' ' && *s != '\t')
            return -1;
        s++;
    }
    return to - bytes;
}

/* --- text --------------------------------------------------------------------------------------
 */

/* *at is behind the backslash. @return UTF-16 unit, or -1 for a character that stands for itself */
static int32_t escape(const char **at, const char *end)
{
    static const char letters[] = "abefnrtv", meanings[] = "\a\b\033\f\n\r\t\v";
    const char *found = memchr(letters, **at, sizeof letters - 1);
    int32_t unit = 0;

    if (found) {
        ++*at;
        return meanings[found - letters];
    }
    if (**at == 'x' && *at + 1 < end && fvm_hive_hex_digit((*at)[1]) >= 0) {
        ++*at;
        for (int i = 0; i < 4 && *at < end && fvm_hive_hex_digit(**at) >= 0; i++)
            unit = unit << 4 | fvm_hive_hex_digit(*(*at)++);
        return unit;
    }
    if (**at < '0' || **at > '7')
        return -1;
    for (int i = 0; i < 3 && *at < end && **at >= '0' && **at <= '7'; i++)
        unit = unit << 3 | (*(*at)++ - '0');
    return unit;
}

ptrdiff_t fvm_hive_decode(const char **at, const char *end, char closing, uint8_t *le)
{
    const char *s = *at;
    size_t cch = 0;

    while (s < end && (!closing || *s != closing)) {
        uint32_t code = (uint8_t)*s;

        if (code < 0x80 && code != '\\') { /* most of a hive */
            fvm_utf16_set(le, cch++, code);
            s++;
            continue;
        }
        if (*s == '\\') {
            int32_t unit;

            if (++s == end)
                return -1;
            unit = escape(&s, end);
            if (unit >= 0) {
                fvm_utf16_set(le, cch++, (uint32_t)unit);
                continue;
            }
            code = (uint8_t)*s;
        }
        if (code < 0x80) {
            s++;
        } else {
            code = fvm_utf8_next(&s, end);
            if (code & FVM_UTF8_BAD)
                return -1;
            if (code >= 0x10000)
                fvm_utf16_set(le, cch++, 0xD800 | (code - 0x10000) >> 10);
            code = code >= 0x10000 ? 0xDC00 | (code & 0x3FF) : code;
        }
        fvm_utf16_set(le, cch++, code);
    }
    *at = closing ? s + 1 : s;
    return closing && s == end ? -1 : (ptrdiff_t)cch;
}
