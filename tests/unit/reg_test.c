/* The registry as data: hives, .reg text, single values. The algebra is in reg_laws_test.c. */
#include "core/reg.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

#define HKLM "HKEY_LOCAL_MACHINE"
#define HIVE "WINE REGISTRY Version 2\n;; All keys relative to REGISTRY\\\\Machine\n\n"
#define REG  "Windows Registry Editor Version 5.00\n"

static fvm_status add(struct fvm_reg *reg, const char *text, struct fvm_error *err)
{
    return fvm_reg_add_hive(reg, HKLM, text, strlen(text), err);
}

static bool value_is(struct fvm_reg *reg, const char *path, const char *name, uint32_t type,
                     const void *data, size_t cb)
{
    const struct fvm_reg_key *key = fvm_reg_find(reg, path);
    const struct fvm_reg_value *value = key ? fvm_reg_find_value(key, name) : NULL;

    return value && value->type == type && value->data_cb == cb &&
           (!cb || memcmp(value->data, data, cb) == 0);
}

TEST(reg_hive_round_trips_byte_for_byte)
{
    static const char text[] = HIVE
        "#arch=win64\n"
        "\n[] 1795310888\n#time=1dd7a20bb09f378\n@=\"root\"\n"
        "\n[Software\\\\\\[x\\]\\\\\\x444\\x0416a] 1795310888\n#time=1dd7a20bb09f378\n"
        "#class=\"cl\\\"ass\"\n"
        "@=\"\"\n"
        "\"a\"="
        "\"\\a\\b\\t\\n\\v\\f\\r\\e\\0\\1\\0001\\37\\\\\\\"\\xe4\\x00e4a\\xd83d\\xde00\\xd800\"\n"
        "\"b\"=str(2):\"%windir%\"\n"
        "\"c\"=str(7):\"one\\0two\\0\"\n"
        "\"d\"=hex(7):\n"
        "\"e\"=hex(1):61,00,62\n"
        "\"f\"=dword:0000000a\n"
        "\"g\"=hex(4):01\n"
        "\"h\"=hex(ffff0007):01,02\n"
        "\"i\"=hex:00,01,02,03,04,05,06,07,08,09,0a,0b,0c,0d,0e,0f,10,11,12,13,14,15,16,\\\n"
        "  17,18,19\n"
        "\"j\"=hex:\n"
        "\"na\\\"me\\xe4\\0z\"=\"x\"\n"
        "\n[Software\\\\Empty]\n"
        "\n[Software\\\\link]\n#link\n"
        "\"SymbolicLinkValue\"=hex(6):5c,00\n";
    FVM_CLEANUP(reg) struct fvm_reg *reg = fvm_reg_new();
    FVM_CLEANUP(text) struct fvm_text out = {0};
    struct fvm_error err = {""};
    const struct fvm_reg_key *key;

    if (!ok(add(reg, text, &err) == FVM_OK, "reads: %s", err.text))
        return;
    key = fvm_reg_find(reg, HKLM "\\software\\[X]\\\xD1\x84\xD0\x96"
                                 "a");
    if (!ok(key != NULL, "found without case"))
        return;
    ok_str(key->path,
           HKLM "\\Software\\[x]\\\xD1\x84\xD0\x96"
                "a",
           "path");
    ok_str(key->class_name, "cl\"ass", "class");
    ok(value_is(reg, key->path, "F", 4, "\x0a\0\0\0", 4), "dword");
    ok(value_is(reg, key->path, "e", 1, "a\0b", 3), "odd string");
    ok(value_is(reg, key->path, "c", 7, "o\0n\0e\0\0\0t\0w\0o\0\0\0\0\0", 18), "strings");
    ok(value_is(reg, key->path, "na\"me\xC3\xA4\xC0\x80z", 1, "x\0\0", 4), "odd name");
    ok(fvm_reg_find(reg, HKLM "\\Software\\link")->is_link, "link");
    fvm_reg_write_hive(reg, HKLM, "REGISTRY\\\\Machine", &out);
    ok_str(out.s, text, "the same text");
}

TEST(reg_hive_reads_other_spellings)
{
    static const char text[] =
        HIVE "[A\\\\B] 1\r\n\"x\" = hex:1,02 , 3,\\\r\n  04\r\n"
             "\"x\"=str:\"last\"\n\"y\"=\"\xC3\xA4\\q\"\n"
             "[a\\\\b\\\\C]\n#unknown\n@=dword:7\n[a]\n\"B\"=\"2\"\n\"a\"=\"1\"\n";
    FVM_CLEANUP(reg) struct fvm_reg *reg = fvm_reg_new();
    FVM_CLEANUP(text) struct fvm_text out = {0};
    struct fvm_error err = {""};

    ok(add(reg, text, &err) == FVM_OK, "reads: %s", err.text);
    ok(fvm_reg_key_count(reg) == 4, "%u keys", (unsigned)fvm_reg_key_count(reg));
    ok(value_is(reg, HKLM "\\A\\B", "X", 1, "l\0a\0s\0t\0\0", 10), "the last one counts");
    ok(value_is(reg, HKLM "\\A\\B", "y", 1, "\xE4\0q\0\0", 6), "UTF-8 in a hive");
    ok(value_is(reg, HKLM "\\A\\B\\C", "", 4, "\7\0\0", 4), "short number");
    ok_str(fvm_reg_find(reg, HKLM "\\A")->values[0].name, "a", "values in order");
    fvm_reg_write_hive(reg, HKLM, "x", &out);
    ok(!strstr(out.s, "#arch"), "no architecture is made up");
}

TEST(reg_hive_refuses)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "no Wine registry"},
        {"WINE REGISTRY Version 3\n", "no Wine registry"},
        {"WINE REGISTRY Version 2", "no Wine registry"},
        {HIVE "[a]\n@=\"x\"", "cut short"},
        {HIVE "[a\n", "line 4"},
        {HIVE "[a\\]\n", "bracket"},
        {HIVE "[a\\\\]\n", "empty"},
        {HIVE "[\\\\a]\n", "empty"},
        {HIVE "[a\\134b]\n", "backslash"},
        {HIVE "@=\"x\"\n", "before the first key"},
        {HIVE "[a]\n@\"x\"\n", "without '='"},
        {HIVE "[a]\n\"x\n", "does not end"},
        {HIVE "[a]\n@=\"x\n", "does not end"},
        {HIVE "[a]\n@=\"x\\\n", "does not end"},
        {HIVE "[a]\n@=\"x\"y\n", "does not end"},
        {HIVE "[a]\n@=\"\xFF\"\n", "decode"},
        {HIVE "[a]\n@=hex:01,0g\n", "list of bytes"},
        {HIVE "[a]\n@=hex:01,\\\n", "list of bytes"},
        {HIVE "[a]\n@=hex(123456789):01\n", "unknown form"},
        {HIVE "[a]\n@=hex():01\n", "unknown form"},
        {HIVE "[a]\n@=dword:\n", "number"},
        {HIVE "[a]\n@=dword:123456789\n", "number"},
        {HIVE "[a]\n@=other\n", "unknown form"},
        {HIVE "[a]\nx\n", "neither"},
        {HIVE "#arch=arm\n", "architecture"},
        {HIVE "[a]\n#class=x\n", "class"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        FVM_CLEANUP(reg) struct fvm_reg *reg = fvm_reg_new();
        struct fvm_error err = {""};

        ok(add(reg, cases[i].text, &err) == FVM_CORRUPT, "case %u is refused", (unsigned)i);
        ok(strstr(err.text, cases[i].says) != NULL, "case %u: %s", (unsigned)i, err.text);
    }
}

TEST(reg_hive_limits)
{
    FVM_CLEANUP(reg) struct fvm_reg *reg = fvm_reg_new();
    FVM_CLEANUP(text) struct fvm_text deep = {0};
    FVM_CLEANUP(text) struct fvm_text wide = {0};
    struct fvm_error err = {""};

    fvm_text_puts(&deep, HIVE "[a");
    for (int i = 0; i < 511; i++)
        fvm_text_puts(&deep, "\\\\a");
    fvm_text_puts(&deep, "]\n");
    ok(add(reg, deep.s, &err) == FVM_CORRUPT, "513 with the root: %s", err.text);
    fvm_text_puts(&wide, HIVE "[");
    for (int i = 0; i < 257; i++)
        fvm_text_puts(&wide, "a");
    fvm_text_puts(&wide, "]\n");
    ok(add(reg, wide.s, &err) == FVM_CORRUPT, "a long name: %s", err.text);
    ok(fvm_reg_set_dword(reg, "a\\\\b", "x", 1) == FVM_NAME_INVALID, "empty name");
    ok(fvm_reg_set_dword(reg, "\xFF", "x", 1) == FVM_NAME_INVALID, "no UTF-8");
    ok(fvm_reg_set_dword(reg, "\xED\xA0\xBD\xED\xB8\x80", "x", 1) == FVM_NAME_INVALID, "halves");
    ok(fvm_reg_set_dword(reg, "\xED\xA0\xBD", "x", 1) == FVM_OK, "one half");
}

/* Names in the worst order: an insertion that moves everything behind it would take minutes. */
TEST(reg_hive_hostile_order_is_no_slower)
{
    FVM_CLEANUP(reg) struct fvm_reg *reg = fvm_reg_new();
    FVM_CLEANUP(text) struct fvm_text text = {0};
    enum { COUNT = 100000 };

    fvm_text_puts(&text, HIVE);
    for (int i = COUNT; i-- > 0;)
        fvm_text_printf(&text, "[k%06d]\n", i);
    fvm_text_puts(&text, "[k]\n");
    for (int i = COUNT; i-- > 0;)
        fvm_text_printf(&text, "\"v%06d\"=dword:1\n", i);
    for (int i = 0; i < 1000; i++)
        fvm_text_puts(&text, "[k]\n\"z\"=\"\"\n[k1]\n\"a\"=\"\"\n");
    ok(add(reg, text.s, NULL) == FVM_OK, "reads");
    ok(fvm_reg_key_count(reg) == COUNT + 3, "all keys");
    ok(fvm_reg_find(reg, HKLM "\\k")->value_count == COUNT + 1, "all values");
}

static struct fvm_reg *read_delta(const char *text, bool need_end, struct fvm_error *err)
{
    struct fvm_reg *delta = NULL;

    fvm_reg_read_delta(&delta, text, strlen(text), need_end, err);
    return delta;
}

TEST(reg_text_writes_what_regedit_reads)
{
    static const char store[] = REG "; fvm-format: 1\n"
                                    "\n[-" HKLM "\\Gone]\n"
                                    "\n[" HKLM "\\New]\n; fvm-class: \"a\\\"b%000a\"\n; fvm-link\n"
                                    "\n; fvm: [" HKLM "\\Odd%000a\\100%0025]\n; fvm: \"v\"=\"x\"\n"
                                    "\n[-" HKLM "\\Other]\n"
                                    "\n[" HKLM "\\Other]\n"
                                    "@=\"a \\\"b\\\" \\\\ c\"\n"
                                    "\"100%\"=-\n"
                                    "\"bin\"=hex:00,01,02,03,04,05,06,07,08,09,0a,0b,0c,0d,0e,0f,"
                                    "10,11,12,13,14,15,16,\\\n  17\n"
                                    "\"dw\"=dword:0000000a\n"
                                    "\"dw5\"=hex(4):01\n"
                                    "\"exp\"=hex(2):25,00,00,00\n"
                                    "\"q\\\"\\\\\"=hex(ffff0001):\n"
                                    "; fvm: \"z%000a%d800\"=hex:00\n"
                                    "\"\xC3\xA4\"=\"\xC3\xB6\xF0\x9F\x98\x80\"\n"
                                    "\n; fvm-end\n";
    struct fvm_error err = {""};
    FVM_CLEANUP(reg) struct fvm_reg *delta = read_delta(store, true, &err);
    FVM_CLEANUP(text) struct fvm_text out = {0};
    FVM_CLEANUP(text) struct fvm_text plain = {0};
    FVM_CLEANUP(text) struct fvm_text wide = {0};
    FVM_CLEANUP(text) struct fvm_text again = {0};
    FVM_CLEANUP(reg) struct fvm_reg *back = NULL;
    char *want = NULL, *minus;

    if (!ok(delta != NULL, "reads: %s", err.text))
        return;
    fvm_reg_write_delta(delta, FVM_REG_END_MARK, &out);
    want = strdup(store);
    minus = strstr(want, "\"100%\"=-\n"); /* says nothing in a key that is replaced */
    memmove(minus, minus + 9, strlen(minus + 9) + 1);
    ok_str(out.s, want, "the same text");
    free(want);
    fvm_reg_write_delta(delta, 0, &plain);
    ok(strstr(plain.s, "=hex(1):f6,00,3d,d8,00,de,00,00\n") != NULL, "only ASCII in strings: %s",
       plain.s);
    fvm_reg_write_delta(delta, FVM_REG_FOR_IMPORT, &wide);
    ok(wide.cb > 4 && memcmp(wide.s, "\xFF\xFEW\0", 4) == 0, "UTF-16 for regedit");
    ok(fvm_reg_read_delta(&back, wide.s, wide.cb, false, &err) == FVM_OK, "reads back: %s",
       err.text);
    if (back)
        fvm_reg_write_delta(back, FVM_REG_END_MARK, &again);
    ok_str(again.s, out.s, "nothing was lost");
}

TEST(reg_text_for_import_is_ascii_if_it_can)
{
    FVM_CLEANUP(reg) struct fvm_reg *delta = fvm_reg_new_delta();
    FVM_CLEANUP(text) struct fvm_text out = {0};

    fvm_reg_set_string(delta, HKLM "\\A\\B", "x", "C:\\");
    fvm_reg_remove_value(delta, HKLM "\\A\\B", "y");
    fvm_reg_remove_key(delta, HKLM "\\A\\C");
    fvm_reg_add_key(delta, HKLM "\\A\\D");
    fvm_reg_write_delta(delta, FVM_REG_FOR_IMPORT, &out);
    ok_str(out.s,
           "Windows Registry Editor Version 5.00\r\n\r\n[" HKLM
           "\\A\\B]\r\n\"x\"=\"C:\\\\\"\r\n\"y\"=-\r\n\r\n[-" HKLM "\\A\\C]\r\n\r\n[" HKLM
           "\\A\\D]\r\n",
           "text");
}

TEST(reg_text_order_of_lines_counts)
{
    FVM_CLEANUP(reg)
    struct fvm_reg *delta = read_delta(
        REG "[hklm\\A\\B]\n\"x\"=\"1\"\n\"X\"=\"2\"\n[-HKLM\\a]\n[HKCR\\y]\n[HKLM\\A\\c\\D]\n"
            "\"n\"=-\n[-HKLM\\A\\c\\E]\n[-HKCU\\u]\n[-HKCU\\u\\v]\n[HKU\\.default\\w]\n@=-\n",
        false, NULL);
    FVM_CLEANUP(text) struct fvm_text out = {0};

    if (!ok(delta != NULL, "reads"))
        return;
    fvm_reg_write_delta(delta, 0, &out);
    ok_str(out.s,
           REG "\n[-HKEY_CURRENT_USER\\u]\n\n[-" HKLM "\\A]\n\n[" HKLM "\\A]\n\n[" HKLM
               "\\A\\c]\n\n[" HKLM "\\A\\c\\D]\n\n[" HKLM
               "\\Software\\Classes\\y]\n\n[HKEY_USERS\\.Default\\w]\n@=-\n",
           "text");
}

TEST(reg_text_refuses)
{
    static const struct {
        const char *text;
        fvm_status status;
        const char *says;
    } cases[] = {
        {"", FVM_CORRUPT, "first line"},
        {"REGEDIT4\n", FVM_CORRUPT, "first line"},
        {REG, FVM_OK, ""},
        {REG "; fvm-format: 2\nwhat is this", FVM_NEWER_FORMAT, "update FVM"},
        {REG "; fvm-format: x\n", FVM_CORRUPT, "format number"},
        {REG "[HKLM\\a\n", FVM_CORRUPT, "line 2"},
        {REG "[]\n", FVM_CORRUPT, "bracket"},
        {REG "[-]\n", FVM_CORRUPT, "only keys in"},
        {REG "[HKEY_USERS\\S-1-5-18]\n", FVM_CORRUPT, "only keys in"},
        {REG "[HKLMX]\n", FVM_CORRUPT, "only keys in"},
        {REG "[HKLM\\]\n", FVM_CORRUPT, "empty"},
        {REG "[HKLM\\\xFF]\n", FVM_CORRUPT, "encoded"},
        {REG "@=\"x\"\n", FVM_CORRUPT, "no key"},
        {REG "[-HKLM\\a]\n@=\"x\"\n", FVM_CORRUPT, "no key"},
        {REG "[HKLM\\a]\n@=\"x\n", FVM_CORRUPT, "does not end"},
        {REG "[HKLM\\a]\n@=\"x\\y\"\n", FVM_CORRUPT, "twice"},
        {REG "[HKLM\\a]\n@=\"x\" y\n", FVM_CORRUPT, "behind"},
        {REG "[HKLM\\a]\n@=\"\xFF\"\n", FVM_CORRUPT, "UTF-8"},
        {REG "[HKLM\\a]\n\"x=\"\n", FVM_CORRUPT, "'='"},
        {REG "[HKLM\\a]\n\"\\x\"=\"\"\n", FVM_CORRUPT, "twice"},
        {REG "[HKLM\\a]\n@=dword:1g\n", FVM_CORRUPT, "form"},
        {REG "[HKLM\\a]\n@=hex:0,\\", FVM_CORRUPT, "form"},
        {REG "[HKLM\\a]\n@=--\n", FVM_CORRUPT, "form"},
        {REG "[HKLM\\a]\n; fvm: x\n", FVM_CORRUPT, "neither"},
        {REG "; fvm: [HKLM\\a%00]\n", FVM_CORRUPT, "%"},
        {REG "; fvm: [HKLM\\a%00zz]\n", FVM_CORRUPT, "%"},
        {REG "; fvm: [HKLM\\a]\n; fvm: @=hex:00,\\\n01\n", FVM_CORRUPT, "form"},
        {REG "; fvm-link\n", FVM_CORRUPT, "no key"},
        {REG "[HKLM\\a]\n; fvm-class: \"x\n", FVM_CORRUPT, "does not end"},
        {REG "[HKLM\\a]\n; fvm-class: x\n", FVM_CORRUPT, "quotes"},
        {REG "[HKLM\\a]\n; any comment\n@=\"two\nlines\"\n", FVM_OK, ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        FVM_CLEANUP(reg) struct fvm_reg *delta = NULL;
        struct fvm_error err = {""};
        fvm_status got =
            fvm_reg_read_delta(&delta, cases[i].text, strlen(cases[i].text), false, &err);

        ok(got == cases[i].status, "case %u: %#x %s", (unsigned)i, (unsigned)got, err.text);
        ok(strstr(err.text, cases[i].says) != NULL, "case %u: %s", (unsigned)i, err.text);
        ok((got == FVM_OK) == (delta != NULL), "case %u: out", (unsigned)i);
    }
}

TEST(reg_text_cut_at_every_byte_is_refused)
{
    static const char text[] =
        REG "; fvm-format: 1\n\n[" HKLM "\\A]\n@=\"; fvm-end\"\n\"b\"=hex:00,\\\n  01\n"
            "\n[-" HKLM "\\B]\n\n[" HKLM "\\B]\n; fvm-class: \"x\"\n; fvm-link\n"
            "\n; fvm: [" HKLM "\\C%0000]\n; fvm-en\n\n; fvm-end\n";

    for (size_t cb = 0; cb < sizeof text; cb++) {
        FVM_CLEANUP(reg) struct fvm_reg *delta = NULL;
        fvm_status status = fvm_reg_read_delta(&delta, text, cb, true, NULL);

        ok(status == (cb + 2 >= sizeof text ? FVM_OK : FVM_CORRUPT), "%u bytes: %#x", (unsigned)cb,
           (unsigned)status);
    }
}

TEST(reg_set_find_remove)
{
    FVM_CLEANUP(reg) struct fvm_reg *reg = fvm_reg_new();

    ok(fvm_reg_set_string(reg, HKLM "\\A\\B", "x", "\xC3\xA4") == FVM_OK, "set");
    ok(fvm_reg_set_dword(reg, HKLM "\\a\\b", "X", 0x01020304) == FVM_OK, "set again");
    ok(fvm_reg_set_string(reg, HKLM "\\A\\B", "a", "") == FVM_OK, "set another");
    ok(fvm_reg_set_string(reg, HKLM "\\A\\B", "b", "\xFF") == FVM_INVALID, "no UTF-8");
    ok(fvm_reg_key_count(reg) == 3, "parents are there");
    ok_str(fvm_reg_key_at(reg, 2)->path, HKLM "\\A\\B", "first spelling");
    ok(fvm_reg_key_at(reg, 3) == NULL, "end");
    ok(fvm_reg_find(reg, HKLM "\\A\\B")->value_count == 2, "two values");
    ok(value_is(reg, HKLM "\\A\\B", "x", 4, "\4\3\2\1", 4), "number");
    ok(fvm_reg_remove_value(reg, HKLM "\\A\\B", "X") == FVM_OK, "remove value");
    ok(fvm_reg_find(reg, HKLM "\\A\\B")->value_count == 1, "one value");
    ok(fvm_reg_remove_value(reg, HKLM "\\none", "X") == FVM_OK, "nothing to remove");
    ok(fvm_reg_remove_key(reg, HKLM "\\A") == FVM_OK, "remove key");
    ok(fvm_reg_remove_key(reg, HKLM "\\none") == FVM_OK, "nothing to remove");
    ok(fvm_reg_key_count(reg) == 1, "only the root");
    ok(fvm_reg_find(reg, HKLM "\\A\\B") == NULL, "gone");
    ok(fvm_reg_add_key(reg, HKLM "\\a\\C") == FVM_OK, "again");
    ok_str(fvm_reg_key_at(reg, 2)->path, HKLM "\\a\\C", "new spelling");
}
