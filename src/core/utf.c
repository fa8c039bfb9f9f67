/* core/utf.c: see utf.h. */
#include "core/utf.h"

uint32_t fvm_utf8_next(const char **at, const char *end)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t *s = (const uint8_t *)*at;
    size_t cb = s[0] < 0x80   ? 1
                : s[0] < 0xC2 ? 0
                : s[0] < 0xE0 ? 2
                : s[0] < 0xF0 ? 3
                : s[0] < 0xF5 ? 4
                              : 0;
    uint32_t code;

    ++*at;
    if (cb == 1)
        return s[0];
    if (!cb || (size_t)(end - (const char *)s) < cb)
        return FVM_UTF8_BAD | s[0];
    code = s[0] & (0xFFu >> (cb + 1));
    for (size_t i = 1; i < cb; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return FVM_UTF8_BAD | s[0];
        code = code << 6 | (s[i] & 0x3Fu);
    }
    if (code < least[cb] || code > 0x10FFFF)
        return FVM_UTF8_BAD | s[0];
    *at += cb - 1;
    return code;
}

size_t fvm_utf8_put(char *out, uint32_t code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

bool fvm_utf16_from_utf8(uint8_t *le, size_t *cch, const char *s, size_t cb)
{
    const char *end = s + cb;

    *cch = 0;
    while (s < end) {
        uint32_t code = fvm_utf8_next(&s, end);

        if (code & FVM_UTF8_BAD)
            return false;
        if (code >= 0x10000) {
            fvm_utf16_set(le, (*cch)++, 0xD800 | (code - 0x10000) >> 10);
            code = 0xDC00 | (code & 0x3FF);
        }
        fvm_utf16_set(le, (*cch)++, code);
    }
    return true;
}
