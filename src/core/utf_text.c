/* core/utf_text.c: what of utf.h writes text, which allocates: apart, for the engine does not. */
#include "core/utf.h"

static bool is_visible(uint32_t code)
{
    return code >= ' ' && (code < 0x7f || code >= 0xa0) && !(code & FVM_UTF8_BAD) &&
           !(code >= 0x200e && code <= 0x200f) && !(code >= 0x2028 && code <= 0x202e) &&
           !(code >= 0x2066 && code <= 0x2069) && !(code >= 0xd800 && code < 0xe000);
}

void fvm_utf8_add_visible(struct fvm_text *out, const char *s, size_t cb)
{
    const char *end = s + cb;

    while (s < end) {
        const char *next = s;

        if (is_visible(fvm_utf8_next(&next, end)))
            fvm_text_add(out, s, (size_t)(next - s));
        else
            for (const char *at = s; at < next; at++)
                fvm_text_printf(out, "\\x%02x", (unsigned char)*at);
        s = next;
    }
}

void fvm_utf8_from_utf16(struct fvm_text *out, const uint8_t *le, size_t cch)
{
    char bytes[4];

    for (size_t i = 0; i < cch; i++) {
        uint32_t code = fvm_utf16_at(le, i);

        if ((code & 0xFC00) == 0xD800 && i + 1 < cch &&
            (fvm_utf16_at(le, i + 1) & 0xFC00) == 0xDC00)
            code = 0x10000 + ((code & 0x3FF) << 10) + (fvm_utf16_at(le, ++i) & 0x3FF);
        fvm_text_add(out, bytes, fvm_utf8_put(bytes, code));
    }
}
