/* Where named pipes are: pipename.h. */
#include "core/block.h"
#include "core/pipename.h"
#include "tap.h"

#include <string.h>

static struct fvm_str text(const uint16_t *s)
{
    uint32_t cch = 0;

    while (s[cch])
        cch++;
    return (struct fvm_str){s, cch};
}

TEST(pipename_knows_what_is_shared)
{
    static const struct {
        const uint16_t *name;
        bool want;
    } cases[] = {
        {u"wine_plugplay", true},
        {u"WINE_PlugPlay", true},
        {u"wine_plugplay2", false},
        {u"wine_plugpla", false},
        {u"", false},
        {u"a\\wine_plugplay", false},
        {u"wine_plugplay\\x", false},
        {u"svcctl", false},
        {u"lrpc\\irpcss", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        ok((fvm_pipename_exception(text(cases[i].name)) >= 0) == cases[i].want, "case %zu", i);
    ok(fvm_pipename_exception_count() <= FVM_EXCEPTIONS, "a counter for each");
    for (size_t i = 0; i < fvm_pipename_exception_count(); i++)
        ok(fvm_pipename_exceptions[i].reason[0], "%s has a reason",
           fvm_pipename_exceptions[i].name);
}

TEST(pipename_maps_back)
{
    static const struct {
        const uint16_t *name, *want; /* NULL: it is as it was */
        uint32_t vm;
    } cases[] = {
        {u"\\Device\\NamedPipe\\__fvm_1\\x", u"\\Device\\NamedPipe\\x", 1},
        {u"\\device\\namedpipe\\__FVM_1\\x\\y", u"\\device\\namedpipe\\x\\y", 1},
        {u"\\Device\\MailSlot\\__fvm_65535\\x", u"\\Device\\MailSlot\\x", 65535},
        {u"\\__fvm_1\\x", u"\\x", 1},
        {u"\\__fvm_12\\x", NULL, 1},
        {u"\\Device\\NamedPipe\\__fvm_2\\x", NULL, 1},
        {u"\\Device\\NamedPipe\\__fvm_1", NULL, 1},
        {u"\\Device\\NamedPipe\\x\\__fvm_1\\x", NULL, 1},
        {u"\\dir\\__fvm_1\\x", NULL, 1},
        {u"", NULL, 1},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fvm_str name = text(cases[i].name);
        uint16_t room[64];
        struct fvm_buf buf = {room, name.cch, ARRAY_LEN(room)};
        bool changed;

        memcpy(room, name.s, name.cch * sizeof(*room));
        changed = fvm_pipename_unmap(&buf, cases[i].vm);
        ok(changed == (cases[i].want != NULL), "case %zu", i);
        ok(fvm_str_eq(fvm_buf_str(&buf), text(cases[i].want ? cases[i].want : cases[i].name)),
           "case %zu: the name", i);
    }
}

TEST(pipename_there_and_back)
{
    uint16_t room[32] = {0};

    for (uint32_t vm = 1; vm <= 65535; vm = vm * 3 + 1) {
        struct fvm_buf buf = {room, 0, ARRAY_LEN(room)};

        fvm_buf_add_unit(&buf, '\\');
        ok(!fvm_failed(fvm_pipename_put_place(&buf, vm)), "VM %u", vm);
        fvm_buf_add_unit(&buf, 'x');
        ok(fvm_pipename_unmap(&buf, vm) && fvm_str_eq(fvm_buf_str(&buf), FVM_STR(u"\\x")),
           "VM %u: back", vm);
    }
    for (uint32_t cap = 0; cap < 8; cap++) {
        struct fvm_buf buf = {room, 0, cap};

        ok(fvm_failed(fvm_pipename_put_place(&buf, 1)) && !buf.cch, "no room: %u", cap);
    }
}
