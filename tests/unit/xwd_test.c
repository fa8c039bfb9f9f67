/* A screen's dump, whole and damaged: xwd.h. */
#include "core/xwd.h"
#include "tap.h"

#include <string.h>

enum { HEAD = 100, NAME = 8, COLOURS = 2, WIDE = 3, HIGH = 2, LINE = 16, BEGIN = HEAD + NAME + 24 };

static void put(uint8_t *dump, unsigned word, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        dump[word * 4 + i] = (uint8_t)(value >> (24 - 8 * i));
}

/* What Xvfb writes for a screen of 3 x 2, its lines a pixel longer. */
static size_t make(uint8_t dump[256])
{
    static const uint32_t words[25] = {
        HEAD + NAME, 7,        2,      24,   WIDE, HIGH, 0,       0,    32,   0, 32, 32, LINE,
        4,           0xff0000, 0xff00, 0xff, 8,    256,  COLOURS, WIDE, HIGH, 0, 0,  0};

    memset(dump, 0xee, 256);
    for (unsigned i = 0; i < ARRAY_LEN(words); i++)
        put(dump, i, words[i]);
    for (unsigned i = 0; i < LINE * HIGH; i++)
        dump[BEGIN + i] = (uint8_t)i;
    return BEGIN + LINE * HIGH;
}

TEST(xwd_lines_are_red_green_blue)
{
    static const uint8_t want[] = {18, 17, 16, 22, 21, 20, 26, 25, 24};
    static const uint8_t turned[] = {17, 18, 19, 21, 22, 23, 25, 26, 27};
    uint8_t dump[256], rgb[WIDE * 3];
    struct fvm_picture picture;
    size_t cb = make(dump);

    ok(fvm_xwd_read(&picture, dump, cb, NULL) == FVM_OK, "a whole dump");
    ok(picture.width == WIDE && picture.height == HIGH, "its size");
    fvm_xwd_line(&picture, 1, rgb);
    ok(!memcmp(rgb, want, sizeof(want)), "the second line");
    put(dump, 7, 1);
    ok(fvm_xwd_read(&picture, dump, cb, NULL) == FVM_OK, "the other byte order");
    fvm_xwd_line(&picture, 1, rgb);
    ok(!memcmp(rgb, turned, sizeof(turned)), "the second line");
    ok(cb <= fvm_xwd_max_cb(WIDE, HIGH), "no larger than was said");
}

TEST(xwd_what_is_damaged_is_refused)
{
    static const struct {
        unsigned word;
        uint32_t value;
    } cases[] = {{0, 99},          {0, 0xffffffff}, {1, 6},      {2, 1},          {3, 8},
                 {4, 0},           {4, 5},          {4, 16385},  {5, 0},          {5, 3},
                 {5, 0xffffffff},  {6, 1},          {7, 2},      {11, 24},        {12, 11},
                 {12, 0x80000000}, {12, 17},        {14, 0},     {14, 0x7f0000},  {15, 0xff000},
                 {16, 0xffffffff}, {19, 3},         {19, 70000}, {19, 0xfffffff0}};
    uint8_t dump[256];
    struct fvm_picture picture;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fvm_error err = {""};
        size_t cb = make(dump);

        put(dump, cases[i].word, cases[i].value);
        ok(fvm_xwd_read(&picture, dump, cb, &err) == FVM_INVALID && err.text[0],
           "word %u is %u: %s", cases[i].word, cases[i].value, err.text);
    }
}

TEST(xwd_every_cut_is_refused)
{
    uint8_t dump[256];
    struct fvm_picture picture;
    size_t cb = make(dump), taken = 0;

    for (size_t i = 0; i < cb; i++)
        taken += fvm_xwd_read(&picture, dump, i, NULL) == FVM_OK;
    ok(taken == 0, "%zu dumps that were cut are taken", taken);
}
