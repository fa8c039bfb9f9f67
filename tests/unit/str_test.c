/* tests/unit/str_test.c: core/str.h. */
#include "core/str.h"
#include "tap.h"

TEST(str_compares_without_case)
{
    static const struct {
        struct fvm_str a, b;
        int order;
    } cases[] = {{FVM_STR(u""), FVM_STR(u""), 0},
                 {FVM_STR(u"a"), FVM_STR(u""), 1},
                 {FVM_STR(u"Abc"), FVM_STR(u"aBC"), 0},
                 {FVM_STR(u"ab"), FVM_STR(u"abc"), -1},
                 {FVM_STR(u"a_b"), FVM_STR(u"aBb"), -1},
                 {FVM_STR(u"\u00dc"), FVM_STR(u"\u00fc"), 0},
                 {FVM_STR(u"\u00e4"), FVM_STR(u"z"), 1},
                 {FVM_STR(u"\u212a"), FVM_STR(u"k"), 1},
                 {FVM_STR(u"\u0394"), FVM_STR(u"\u03b4"), 0}};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int order = fvm_str_cmp_fold(cases[i].a, cases[i].b);

        ok((order > 0) - (order < 0) == cases[i].order, "case %zu: order %d", i, order);
        order = fvm_str_cmp_fold(cases[i].b, cases[i].a);
        ok((order < 0) - (order > 0) == cases[i].order, "case %zu, turned", i);
        ok(fvm_str_eq_fold(cases[i].a, cases[i].b) == !cases[i].order, "case %zu: equal", i);
        ok(cases[i].order || fvm_str_hash_fold(cases[i].a, 5) == fvm_str_hash_fold(cases[i].b, 5),
           "case %zu: equal names, other hashes", i);
    }
    ok(fvm_str_hash_fold(FVM_STR(u"a"), 1) != fvm_str_hash_fold(FVM_STR(u"a"), 2), "seed");
    ok(!fvm_str_eq(FVM_STR(u"A"), FVM_STR(u"a")) && fvm_str_eq(FVM_STR(u"a"), FVM_STR(u"a")),
       "with case");
    ok(fvm_str_begins_fold(FVM_STR(u"Windows\\x"), FVM_STR(u"WINDOWS")) &&
           !fvm_str_begins_fold(FVM_STR(u"Win"), FVM_STR(u"WINDOWS")),
       "begins");
}

TEST(str_parts_and_rooms)
{
    uint16_t room[4];
    struct fvm_buf buf = {room, 0, ARRAY_LEN(room)};
    struct fvm_str text = FVM_STR(u"a\\bc");

    ok(fvm_str_eq(fvm_str_sub(text, 2, 9), FVM_STR(u"bc")), "cut off");
    ok(fvm_str_sub(text, 9, 1).cch == 0, "behind the end");
    ok(fvm_str_find(text, '\\', 0) == 1 && fvm_str_find(text, '\\', 2) == 4, "find");
    ok(fvm_buf_add(&buf, text) == FVM_OK && fvm_buf_add_unit(&buf, 'x') == FVM_NAME_TOO_LONG,
       "room for four");
    ok(fvm_str_eq(fvm_buf_str(&buf), text), "nothing was added");
    buf.cch = 1;
    ok(fvm_buf_add(&buf, FVM_STR(u"1234")) == FVM_NAME_TOO_LONG && buf.cch == 1, "all or nothing");
}
