/* UTF-8 and UTF-16 without loss: utf.h. */
#include "core/utf.h"
#include "tap.h"

#include <string.h>

TEST(utf_every_pair_of_units_round_trips)
{
    static const uint16_t samples[] = {0x20,   0x7F,   0x80,   0x7FF,  0x800,  0xD7FF, 0xD800,
                                       0xDBFF, 0xDC00, 0xDFFF, 0xE000, 0xFFFD, 0xFFFF};

    for (size_t i = 0; i < ARRAY_LEN(samples); i++)
        for (size_t k = 0; k < ARRAY_LEN(samples); k++) {
            FVM_CLEANUP(text) struct fvm_text text = {0};
            uint8_t le[4], back[32];
            size_t cch = 0;

            fvm_utf16_set(le, 0, samples[i]);
            fvm_utf16_set(le, 1, samples[k]);
            fvm_utf8_from_utf16(&text, le, 2);
            ok(fvm_utf16_from_utf8(back, &cch, text.s, text.cb), "%04x %04x decodes", samples[i],
               samples[k]);
            ok(cch == 2 && memcmp(back, le, 4) == 0, "%04x %04x comes back", samples[i],
               samples[k]);
        }
}

TEST(utf_what_a_terminal_would_obey_is_shown)
{
    static const struct {
        const char *name, *want;
    } cases[] = {
        {"plain name.txt", "plain name.txt"},
        {"a\nb\033[2J\x7f", "a\\x0ab\\x1b[2J\\x7f"},
        {"\xC2\x9B"
         "2J",
         "\\xc2\\x9b2J"}, /* C1 */
        {"\x9B"
         "2J",
         "\\x9b2J"},
        {"\xE2\x80\xAE"
         "exe.txt",
         "\\xe2\\x80\\xaeexe.txt"}, /* right to left */
        {"gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        FVM_CLEANUP(text) struct fvm_text text = {0};

        fvm_utf8_add_visible(&text, cases[i].name, strlen(cases[i].name));
        ok(text.s && strcmp(text.s, cases[i].want) == 0, "case %u: %s", (unsigned)i, text.s);
    }
}

TEST(utf_bad_bytes_are_told)
{
    static const struct {
        const char *s;
        size_t cb;
        uint32_t want;
        size_t moves;
    } cases[] = {
        {"A", 1, 'A', 1},
        {"\xC2\xA9", 2, 0xA9, 2},
        {"\xF4\x8F\xBF\xBF", 4, 0x10FFFF, 4},
        {"\xED\xB0\x80", 3, 0xDC00, 3},
        {"\xC2", 1, FVM_UTF8_BAD | 0xC2, 1},
        {"\xC2\xA9", 1, FVM_UTF8_BAD | 0xC2, 1},
        {"\xC0\x80", 2, FVM_UTF8_BAD | 0xC0, 1},
        {"\xE0\x80\x80", 3, FVM_UTF8_BAD | 0xE0, 1},
        {"\xF4\x90\x80\x80", 4, FVM_UTF8_BAD | 0xF4, 1},
        {"\xF8\x88\x80\x80", 4, FVM_UTF8_BAD | 0xF8, 1},
        {"\x80", 1, FVM_UTF8_BAD | 0x80, 1},
        {"\xE2\x28\xA1", 3, FVM_UTF8_BAD | 0xE2, 1},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *at = cases[i].s;
        uint32_t got = fvm_utf8_next(&at, cases[i].s + cases[i].cb);

        ok(got == cases[i].want, "case %u: got %#x", (unsigned)i, (unsigned)got);
        ok((size_t)(at - cases[i].s) == cases[i].moves, "case %u: moved %u", (unsigned)i,
           (unsigned)(at - cases[i].s));
    }
}
