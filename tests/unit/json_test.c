/* JSON writer: json.h. */
#include "core/json.h"
#include "tap.h"

#include <string.h>

TEST(json_strings_are_escaped)
{
    static const struct {
        const char *in;
        size_t cb;
        const char *want;
    } cases[] = {
        {"", 0, "\"\""},
        {"a\"b\\c/", 6, "\"a\\\"b\\\\c/\""},
        {"\n\r\t\b\f", 5, "\"\\n\\r\\t\\b\\f\""},
        {"\0\x1f\x7f", 3, "\"\\u0000\\u001f\\u007f\""},
        {"\xC3\xA4\xF0\x9F\x98\x80", 6, "\"\xC3\xA4\xF0\x9F\x98\x80\""},
        {"\xED\xA0\xBD", 3, "\"\\ud83d\""},
        {"a\xFF\xC3", 3, "\"a\xEF\xBF\xBD\xEF\xBF\xBD\""},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        FVM_CLEANUP(text) struct fvm_text text = {0};

        fvm_json_string(&text, cases[i].in, cases[i].cb);
        ok_str(text.s, cases[i].want, "string");
    }
}

static void write_sample(struct fvm_json *json)
{
    fvm_json_object(json, NULL);
    fvm_json_put_string(json, "name", "x");
    fvm_json_put_string(json, "none", NULL);
    fvm_json_put_int(json, "less", -5);
    fvm_json_put_uint(json, "more", UINT64_MAX);
    fvm_json_put_double(json, "half", 0.5, 2);
    fvm_json_put_bool(json, "yes", true);
    fvm_json_array(json, "list");
    fvm_json_put_int(json, NULL, 1);
    fvm_json_object(json, NULL);
    fvm_json_end_object(json);
    fvm_json_array(json, NULL);
    fvm_json_put_null(json, NULL);
    fvm_json_end_array(json);
    fvm_json_end_array(json);
    fvm_json_end_object(json);
}

TEST(json_commas_and_lines)
{
    FVM_CLEANUP(text) struct fvm_text compact = {0};
    FVM_CLEANUP(text) struct fvm_text indented = {0};
    struct fvm_json json = {.text = &compact};

    write_sample(&json);
    ok_str(compact.s,
           "{\"name\":\"x\",\"none\":null,\"less\":-5,\"more\":18446744073709551615,\"half\":0.50,"
           "\"yes\":true,\"list\":[1,{},[null]]}",
           "compact");
    json = (struct fvm_json){.text = &indented, .indent = 2};
    write_sample(&json);
    ok_str(indented.s,
           "{\n  \"name\": \"x\",\n  \"none\": null,\n  \"less\": -5,\n  \"more\": "
           "18446744073709551615,\n  \"half\": 0.50,\n  \"yes\": true,\n  \"list\": [\n    1,\n    "
           "{},\n    [\n      null\n    ]\n  ]\n}",
           "indented");
}
