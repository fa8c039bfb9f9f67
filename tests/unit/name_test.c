/* Names of VMs: name.h. */
#include "core/name.h"
#include "tap.h"

#include <string.h>

TEST(name_rules)
{
    static const struct {
        const char *name;
        bool good;
    } cases[] = {
        {"a", true},         {"Office-2019", true}, {"7zip", true},     {"a.b_c-d", true},
        {"console", true},   {"com10", true},       {"my.con", true},   {"nul-1", true},
        {"", false},         {".", false},          {"..", false},      {".hidden", false},
        {"-x", false},       {"_x", false},         {"a/b", false},     {"a\\b", false},
        {"a b", false},      {"a\n", false},        {"con", false},     {"NUL", false},
        {"Com1", false},     {"lpt9.txt", false},   {"aux.", false},    {"a.", false},
        {"\xC3\xA4", false}, {"a\x7F", false},      {"prn.a.b", false}, {"a:b", false},
    };
    char longest[66];

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fvm_error err = {""};
        fvm_status status = fvm_name_check(cases[i].name, &err);

        ok(status == (cases[i].good ? FVM_OK : FVM_NAME_INVALID), "'%s'", cases[i].name);
        ok(cases[i].good == !err.text[0], "'%s' has a sentence: %s", cases[i].name, err.text);
    }
    memset(longest, 'a', sizeof longest);
    longest[64] = 0;
    ok(fvm_name_check(longest, NULL) == FVM_OK, "64 bytes");
    longest[64] = 'a';
    longest[65] = 0;
    ok(fvm_name_check(longest, NULL) == FVM_NAME_INVALID, "65 bytes");
}
