/* tests/nt/stubs.c: which code the engine takes for the stub of a system call, of the bitness that
 * this program is built for, and the jumps that it writes. Prints what is wrong, and how much was
 * looked at. */
#include "engine/stub.h"

#include <stdio.h>
#include <string.h>

/* Built into this program: the engine's own parts need no more than <string.h>. */
#include "engine/stub.c"
#include "engine/stub_i386.c"
#include "engine/stub_x64.c"

static const struct {
    const char *what;
    UINT8 code[FVM_STUB_CB];
    bool is_stub;
    int args_cb;
} cases[] = {
#ifdef _WIN64
    {"Wine",
     {0x4c, 0x8b, 0xd1, 0xb8, 0x1d, 0,    0, 0,    0xf6, 0x04, 0x25, 0x08, 0x03, 0xfe, 0x7f, 1,
      0x75, 3,    0x0f, 5,    0xc3, 0xeb, 1, 0xc3, 0xff, 0x14, 0x25, 0,    0x10, 0xfe, 0x7f, 0xc3},
     true,
     -1},
    {"Windows 11",
     {0x4c, 0x8b, 0xd1, 0xb8, 0x55, 0, 0,    0, 0xf6, 0x04, 0x25, 0x08,
      0x03, 0xfe, 0x7f, 1,    0x75, 3, 0x0f, 5, 0xc3, 0xcd, 0x2e, 0xc3},
     true,
     -1},
    {"diverted already", {0xff, 0x25, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8}, false, -1},
    {"plain code", {0x48, 0x83, 0xec, 0x28}, false, -1},
#else
    {"Wine 8",
     {0xb8, 0x80, 0, 0, 0, 0xba, 0x20, 0xc6, 0xc0, 0x7b, 0xff, 0xd2, 0xc2, 0x14, 0, 0x90},
     true,
     20},
    {"nothing to take off", {0xb8, 1, 0, 0, 0, 0xba, 2, 2, 2, 2, 0xff, 0xd2, 0xc3, 0x90}, true, 0},
    {"Wine 10, once",
     {0xb8, 0x19, 0, 0, 0, 0x64, 0xff, 0x15, 0xc0, 0, 0, 0, 0xc2, 0x14, 0},
     true,
     20},
    {"NT 5.2",
     {0xb8, 0x27, 0, 0, 0, 0xba, 0, 3, 0xfe, 0x7f, 0xff, 0x12, 0xc2, 0x2c, 0, 0xb8},
     true,
     44},
    {"diverted already",
     {0xe9, 1, 2, 3, 4, 0xba, 0x20, 0xc6, 0xc0, 0x7b, 0xff, 0xd2, 0xc2, 0x14, 0},
     false,
     -1},
    {"no return", {0xb8, 1, 0, 0, 0, 0xba, 2, 2, 2, 2, 0xff, 0xd2, 0x90}, false, -1},
    {"plain code", {0x8d, 0x4c, 0x24, 4, 0x83, 0xe4, 0xf0}, false, -1},
#endif
};

static int wrong;

static void check(bool is_right, const char *what)
{
    if (!is_right)
        printf("wrong: %s\n", what);
    wrong += !is_right;
}

int wmain(void)
{
    static const UINT8 near_jump[] = {0xe9, 0xfb, 0x0f, 0, 0, 0xcc};
    static const UINT8 back[] = {0xe9, 0xfb, 0xef, 0xff, 0xff, 0xcc};
    static const UINT8 far_jump[] = {0xff, 0x25, 0, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1};
    UINT8 out[FVM_JUMP_CB];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check(!!fvm_stub_is(cases[i].code) == cases[i].is_stub, cases[i].what);
        check(fvm_stub_args_cb(cases[i].code) == cases[i].args_cb, cases[i].what);
    }
    memset(out, 0xcc, sizeof(out));
    fvm_jump_make(out, 0x1000, 0x2000, false);
    check(!memcmp(out, near_jump, sizeof(near_jump)), "a near jump, and no byte more");
    fvm_jump_make(out, 0x2000, 0x1000, false);
    check(!memcmp(out, back, sizeof(back)), "a near jump back");
    fvm_jump_make(out, 0x1000, 0x0102030405060708, true);
    check(!memcmp(out, far_jump, sizeof(far_jump)), "a far jump");
    printf("%u shapes and 3 jumps\n", (unsigned)(sizeof(cases) / sizeof(cases[0])));
    return wrong;
}
