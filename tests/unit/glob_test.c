/* Patterns: glob.h. */
#include "core/base.h"
#include "core/glob.h"
#include "tap.h"

#include <string.h>

TEST(glob_matches)
{
    static const struct {
        const char *glob, *path;
        bool want;
    } cases[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "a/b", true},
        {"?", "a", true},
        {"?", "", false},
        {"?", "ab", false},
        {"?", "\xC3\xA4", true}, /* one character of two bytes */
        {"a", "A", true},
        {"a/b", "A\\B", true},
        {"a/b", "a/b/c", true},
        {"a/b", "a/bc", false},
        {"a/b", "a", false},
        {"a/b/", "a/b", true},
        {"a/b/", "a/b/c", true},
        {"a/b//", "a\\b", true},
        {"/", "/a", true},
        {"*.tmp", "C:\\x\\y.TMP", true},
        {"*.tmp", "y.tmp/deep/er", true},
        {"*.tmp", "y.tmpx", false},
        {"*/cache/*", "a/b/Cache/c", true},
        {"*/cache/*", "a/b/Cache", false},
        {"*/cache", "a/b/Cache/c", true},
        {"a*b*c", "aXXbYYc", true},
        {"a*b*c", "aXXbYY", false},
        {"a*bc", "abbc", true},
        {"a*bc", "abcbc", true},
        {"a**c", "abc", true},
        {"HKEY_CURRENT_USER\\Software\\*\\Recent",
         "HKEY_CURRENT_USER\\Software\\Some App\\Recent\\1", true},
        {"\xC3\x84*", "\xC3\xA4rger", true},
        {"\xFF", "\xFF", true},
        {"?", "\xFF", true},
        {"x", "\xFF", false},
        {"[a]", "a", false}, /* no sets */
        {"a?c", "a/c", true},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        ok(fvm_glob_match(cases[i].glob, cases[i].path) == cases[i].want, "'%s' with '%s'",
           cases[i].glob, cases[i].path);
}

TEST(glob_many_stars_do_not_blow_up)
{
    static char glob[2002], path[20002];

    for (size_t i = 0; i + 1 < sizeof glob; i += 2)
        memcpy(glob + i, "*a", 2);
    glob[sizeof glob - 2] = 'b';
    glob[sizeof glob - 1] = 0;
    memset(path, 'a', sizeof path - 1);
    ok(!fvm_glob_match(glob, path), "no match, and soon");
}
