/* Names without case: fold.h. */
#include "core/fold.h"
#include "tap.h"

static int sign(int x)
{
    return (x > 0) - (x < 0);
}

TEST(fold_compares_names)
{
    static const struct {
        const char *a, *b;
        int want;
    } cases[] = {
        {"", "", 0},
        {"abc", "ABC", 0},
        {"abc", "abcd", -1},
        {"b", "ABC", 1},
        {"a_b", "aab", -1},                  /* '_' is less than any letter, as in wineserver */
        {"\xC3\x84", "\xC3\xA4", 0},         /* A umlaut */
        {"\xC3\x97", "\xC3\xB7", -1},        /* multiplication and division sign are no pair */
        {"\xC5\xB8", "\xC3\xBF", 0},         /* Y diaeresis: 178, FF */
        {"\xC4\x80", "\xC4\x81", 0},         /* Latin Extended-A: 100, 101 */
        {"\xC5\xBD", "\xC5\xBE", 0},         /* 17D, 17E */
        {"\xC4\xB1", "I", 1},                /* dotless i stays apart */
        {"\xCE\xA9", "\xCF\x89", 0},         /* Greek omega */
        {"\xCF\x82", "\xCF\x83", -1},        /* final sigma is not sigma */
        {"\xD0\x96", "\xD0\xB6", 0},         /* Cyrillic zhe */
        {"\xD0\x81", "\xD1\x91", 0},         /* Cyrillic io */
        {"\xD4\xB1", "\xD5\xA1", 0},         /* Armenian ayb */
        {"\xEF\xBC\xA1", "\xEF\xBD\x81", 0}, /* fullwidth A */
        {"\xE2\x84\xAA", "k", 1},            /* Kelvin sign stays apart */
        {"\xF0\x90\x90\x80", "\xF0\x90\x90\xA8", -1}, /* Deseret: not folded */
        {"\xED\xA0\x80", "\xED\xA0\x80", 0},          /* unpaired surrogate */
        {"\xFF", "\xFF", 0},
        {"\xFF", "\xF0\x90\x90\x80", 1}, /* bad bytes come last */
        {"\xC3", "\xC3\x84", 1},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        ok(sign(fvm_name_cmp(cases[i].a, cases[i].b)) == cases[i].want, "case %u", (unsigned)i);
        ok(sign(fvm_name_cmp(cases[i].b, cases[i].a)) == -cases[i].want, "case %u reversed",
           (unsigned)i);
    }
}

TEST(fold_is_stable)
{
    for (uint32_t code = 0; code < 0x20000; code++) {
        uint32_t folded = fvm_fold(code);

        ok(fvm_fold(folded) == folded, "U+%04X folds to U+%04X, which folds again", (unsigned)code,
           (unsigned)folded);
    }
}
