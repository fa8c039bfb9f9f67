/* `key = value` text: conf.h. */
#include "core/conf.h"
#include "tap.h"

#include <string.h>

static fvm_status read_text(struct fvm_conf *conf, const char *text, struct fvm_error *err)
{
    return fvm_conf_read(conf, text, strlen(text), 2, err);
}

TEST(conf_reads_and_writes)
{
    static const char text[] = "format = 2\n"
                               "# comment\n"
                               "\n"
                               "name = a \\\\ b\n"
                               "share = one\n"
                               "other.key-1 = \\s x=y # no comment \\t\n"
                               "share = two\n"
                               "empty =\n"
                               "end = fvm\n";
    FVM_CLEANUP(conf) struct fvm_conf conf = {0};
    FVM_CLEANUP(text) struct fvm_text out = {0};
    struct fvm_error err = {""};
    size_t at = 0;

    if (!ok(read_text(&conf, text, &err) == FVM_OK, "reads: %s", err.text))
        return;
    ok(conf.format == 2, "format %u", conf.format);
    ok_str(fvm_conf_get(&conf, "name"), "a \\ b", "escaped backslash");
    ok_str(fvm_conf_get(&conf, "other.key-1"), "  x=y # no comment \t", "blanks at the ends");
    ok_str(fvm_conf_get(&conf, "empty"), "", "empty");
    ok_str(fvm_conf_get(&conf, "none"), NULL, "none");
    ok_str(fvm_conf_get_next(&conf, "share", &at), "one", "first");
    ok_str(fvm_conf_get_next(&conf, "share", &at), "two", "second");
    ok_str(fvm_conf_get_next(&conf, "share", &at), NULL, "third");
    ok(fvm_conf_write(&conf, &out) == FVM_OK, "writes");
    ok(strstr(out.s, "\\s x=y # no comment \\t\n") != NULL, "blanks are escaped: %s", out.s);
    ok_str(out.s, text, "the same text");
}

TEST(conf_changes)
{
    FVM_CLEANUP(conf) struct fvm_conf conf = {0};
    FVM_CLEANUP(text) struct fvm_text out = {0};

    ok(fvm_conf_set(&conf, "a", "1\n2\r\\") == FVM_OK, "set");
    ok(fvm_conf_set(&conf, "b", "x") == FVM_OK, "set");
    ok(fvm_conf_add(&conf, "a", " ") == FVM_OK, "add goes behind its like");
    ok(fvm_conf_add(&conf, "b", "y") == FVM_OK, "add");
    ok(fvm_conf_add(&conf, "b", "z") == FVM_OK, "add");
    ok(fvm_conf_set(&conf, "format", "1") == FVM_INVALID, "format is not free");
    ok(fvm_conf_add(&conf, "end", "1") == FVM_INVALID, "end is not free");
    ok(fvm_conf_add(&conf, "a b", "1") == FVM_INVALID, "blank in key");
    ok(fvm_conf_add(&conf, "", "1") == FVM_INVALID, "no key");
    ok(fvm_conf_remove(&conf, "b", "y") == 1, "one line goes");
    ok(fvm_conf_remove(&conf, "b", "y") == 0, "none is left");
    ok(fvm_conf_write(&conf, &out) == FVM_OK, "writes");
    ok_str(out.s, "format = 1\na = 1\\n2\\r\\\\\na = \\s\nb = x\nb = z\nend = fvm\n", "text");
    ok(fvm_conf_set(&conf, "b", "new") == FVM_OK, "set makes one of many");
    ok(fvm_conf_remove(&conf, "b", NULL) == 1, "one");
    ok(fvm_conf_remove(&conf, "a", NULL) == 2, "two");
    ok(conf.count == 0, "nothing left");
}

TEST(conf_refuses)
{
    static const struct {
        const char *text;
        fvm_status status;
        const char *says;
    } cases[] = {
        {"", FVM_CORRUPT, "cut short"},
        {"format = 1\n", FVM_CORRUPT, "cut short"},
        {"end = fvm\n", FVM_CORRUPT, "line 1"},
        {"\nformat = 1\nend = fvm\n", FVM_CORRUPT, "line 1"},
        {"format = 3\nwhat is this\n", FVM_NEWER_FORMAT, "update FVM"},
        {"format = 99999999999999999999999\n", FVM_NEWER_FORMAT, "update FVM"},
        {"format = 0\nend = fvm\n", FVM_CORRUPT, "format number"},
        {"format = x\nend = fvm\n", FVM_CORRUPT, "format number"},
        {"format = 1\nformat = 1\nend = fvm\n", FVM_CORRUPT, "line 2"},
        {"format = 1\nend = fvm\nx = y\n", FVM_CORRUPT, "line 3"},
        {"format = 1\nnothing\nend = fvm\n", FVM_CORRUPT, "line 2"},
        {"format = 1\na = \\q\nend = fvm\n", FVM_CORRUPT, "line 2"},
        {"format = 1\na = \\\nend = fvm\n", FVM_CORRUPT, "line 2"},
        {"format = 1\r\na = b\r\nend = fvm\r\n\r\n", FVM_OK, ""},
        {"format = 1\nend = fvm", FVM_OK, ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        FVM_CLEANUP(conf) struct fvm_conf conf = {0};
        struct fvm_error err = {""};
        fvm_status got = read_text(&conf, cases[i].text, &err);

        ok(got == cases[i].status, "case %u: %#x %s", (unsigned)i, (unsigned)got, err.text);
        ok(strstr(err.text, cases[i].says) != NULL, "case %u: %s", (unsigned)i, err.text);
        ok(got == FVM_OK || conf.count == 0, "case %u: nothing is left", (unsigned)i);
    }
}

TEST(conf_cut_at_every_byte_is_refused)
{
    static const char text[] = "format = 1\nend-of = x\nend = fvmx\nend = fvm\n";
    static const char good[] = "format = 1\nname = a\n# end = fvm\nlast = end = fvm\nend = fvm\n";
    FVM_CLEANUP(conf) struct fvm_conf wrong = {0};

    ok(read_text(&wrong, text, NULL) == FVM_CORRUPT, "another end");
    for (size_t cb = 0; cb < sizeof good; cb++) {
        FVM_CLEANUP(conf) struct fvm_conf conf = {0};
        bool complete = cb + 2 >= sizeof good;

        ok((fvm_conf_read(&conf, good, cb, 1, NULL) == FVM_OK) == complete, "%u bytes",
           (unsigned)cb);
    }
    ok(fvm_conf_read(&wrong, good, sizeof good, 1, NULL) == FVM_CORRUPT, "a byte of value 0");
}
