/* What passes between a viewer and a VM's screen: rfb.h. */
#include "core/rfb.h"
#include "tap.h"

#include <string.h>

/* A conversation of which all should pass but the texts and the encodings; screen of 4 x 3. */
#define VM_LOGIN                                                                                   \
    "RFB 003.008\n\1\2"                                                                            \
    "0123456789abcdef"                                                                             \
    "\0\0\0\0"
#define FORMAT   "\x20\x18\0\1\0\xff\0\xff\0\xff\x10\x8\0\0\0\0"
#define VM_INIT  "\0\4\0\3" FORMAT "\0\0\0\5Trick"
#define OUR_INIT "\0\4\0\3" FORMAT "\0\0\0\4Name"
#define BOX                                                                                        \
    "\0\0\0\2\0\1\0\2\0\2\0\1\0\0\0\0"                                                             \
    "12345678"                                                                                     \
    "\0\0\0\0\0\1\0\1\0\0\0\0"                                                                     \
    "abcd"
#define TEXT "\3\0\0\0\0\0\0\6secret"
#define COLOURS                                                                                    \
    "\1\0\0\0\0\2"                                                                                 \
    "redgreenblue"
#define VIEWER_LOGIN                                                                               \
    "RFB 003.008\n\2"                                                                              \
    "fedcba9876543210"                                                                             \
    "\1"
#define ENCODINGS    "\2\0\0\2\0\0\0\7\0\0\0\20"
#define RAW_ONLY     "\2\0\0\1\0\0\0\0"
#define REQUEST      "\3\0\0\0\0\0\0\4\0\3"
#define KEY          "\4\1\0\0\0\0\0a"
#define POINTER      "\5\1\0\2\0\2"
#define CUT          "\6\0\0\0\0\0\0\4host"
#define SET_FORMAT32 "\0\0\0\0" FORMAT
#define SET_FORMAT8  "\0\0\0\0\x8\x8\0\1\0\7\0\7\0\3\0\3\6\0\0\0"

#define BYTES(s) s, sizeof(s) - 1

static fvm_status talk(struct fvm_rfb *rfb, bool vm, const char *s, size_t cb, size_t part,
                       struct fvm_text *out)
{
    fvm_status status = FVM_OK;

    for (size_t at = 0; at < cb && !fvm_failed(status); at += part) {
        size_t now = cb - at < part ? cb - at : part;

        status = (vm ? fvm_rfb_from_vm : fvm_rfb_from_viewer)(rfb, (const uint8_t *)s + at, now,
                                                              out, NULL);
    }
    return status;
}

static bool is_bytes(const struct fvm_text *text, const char *want, size_t cb)
{
    return text->cb == cb && !memcmp(text->s, want, cb);
}

TEST(rfb_passes_what_is_known_in_any_parts)
{
    for (size_t part = 1; part < 40; part++) {
        FVM_CLEANUP(text) struct fvm_text seen = {0};
        FVM_CLEANUP(text) struct fvm_text said = {0};
        struct fvm_rfb rfb;

        fvm_rfb_begin(&rfb, "Name");
        ok(talk(&rfb, true, BYTES(VM_LOGIN VM_INIT BOX TEXT "\2" COLOURS BOX), part, &seen) ==
               FVM_OK,
           "the VM's side, %zu bytes at a time", part);
        ok(is_bytes(&seen, BYTES(VM_LOGIN OUR_INIT BOX "\2" COLOURS BOX)),
           "the viewer gets all but the text, and our name");
        ok(talk(&rfb, false, BYTES(VIEWER_LOGIN ENCODINGS REQUEST KEY CUT POINTER), part, &said) ==
               FVM_OK,
           "the viewer's side, %zu bytes at a time", part);
        ok(is_bytes(&said, BYTES(VIEWER_LOGIN RAW_ONLY REQUEST KEY POINTER)),
           "the VM gets all but the text, and no encodings");
    }
}

/* From which picture on would it hold? Of one that the viewer takes for smaller than it is, the
 * rest would be messages of the VM's choice. */
TEST(rfb_the_size_of_a_pixel_stays)
{
    FVM_CLEANUP(text) struct fvm_text out = {0};
    struct fvm_rfb rfb;

    fvm_rfb_begin(&rfb, "Name");
    ok(!talk(&rfb, true, BYTES(VM_LOGIN VM_INIT "\0\0\0\1"), 99, &out), "a picture begins");
    ok(!talk(&rfb, false, BYTES(VIEWER_LOGIN SET_FORMAT32), 99, &out), "other shades of 32 bits");
    out.cb = 0;
    ok(talk(&rfb, false, BYTES(SET_FORMAT8), 99, &out) && !out.cb, "eight bits are refused");
}

TEST(rfb_refuses_what_is_not_known)
{
    static const struct {
        const char *s, *what;
        size_t cb;
    } cases[] = {
#define CASE(s, what) {s, what, sizeof(s) - 1}
        CASE("RFB 003.889\n", "a version"),
        CASE("RFB 003.008\n\1\1", "no password"),
        CASE("RFB 003.008\n\2\2\1", "two ways in"),
        CASE("RFB 003.008\n\1\2"
             "0123456789abcdef"
             "\0\0\0\1\0",
             "a wrong password"),
        CASE(VM_LOGIN "\0\0\0\3" FORMAT "\0\0\0\0", "no width"),
        CASE(VM_LOGIN "\x40\1\0\3" FORMAT "\0\0\0\0", "too wide"),
        CASE(VM_LOGIN "\0\4\0\3\x20\x18\0\1\0\xff\0\xff\0\xff\x10\x8\x3\0\0\0\0\0\0\0", "a shift"),
        CASE(VM_LOGIN "\0\4\0\3\x20\x18\0\1\1\xff\0\xff\0\xff\x10\x8\0\0\0\0\0\0\0\0", "a maximum"),
        CASE(VM_LOGIN "\0\4\0\3\x18\x18\0\1\0\xff\0\xff\0\xff\x10\x8\0\0\0\0\0\0\0\0", "24 bits"),
        CASE(VM_LOGIN "\0\4\0\3" FORMAT "\xff\0\0\0", "a name without end"),
        CASE(VM_LOGIN VM_INIT "\0\0\0\1\0\1\0\0\0\4\0\1\0\0\0\0", "right of the screen"),
        CASE(VM_LOGIN VM_INIT "\0\0\0\1\0\0\0\1\0\1\0\3\0\0\0\0", "below the screen"),
        CASE(VM_LOGIN VM_INIT "\0\0\0\1\xff\xff\0\0\0\2\0\1\0\0\0\0", "far right"),
        CASE(VM_LOGIN VM_INIT "\0\0\0\1\0\0\0\0\0\1\0\1\0\0\0\7", "an encoding"),
        CASE(VM_LOGIN VM_INIT "\0\0\0\1\0\0\0\0\0\1\0\1\xff\xff\xff\x21", "a new screen"),
        CASE(VM_LOGIN VM_INIT "\1\0\0\1\1\0", "colours"),
        CASE(VM_LOGIN VM_INIT "\3\0\0\0\xff\xff\xff\xff", "a text without end"),
        CASE(VM_LOGIN VM_INIT "\4", "a message"),
        CASE(VM_LOGIN VM_INIT "\xff", "another message"),
    };
    static const struct {
        const char *s, *what;
        size_t cb;
    } viewer[] = {
        CASE("RFB 003.003\n", "an old viewer"),
        CASE("RFB 003.008\n\1", "no password"),
        CASE(VIEWER_LOGIN "\0\0\0\0\x18\x18\0\1\0\xff\0\xff\0\xff\x10\x8\0\0\0\0", "24 bits"),
        CASE(VIEWER_LOGIN "\1", "a message that is none"),
        CASE(VIEWER_LOGIN "\7", "a message"),
        CASE(VIEWER_LOGIN "\6\0\0\0\xff\0\0\0", "a text without end")};

    for (size_t i = 0; i < ARRAY_LEN(cases) + ARRAY_LEN(viewer); i++) {
        bool vm = i < ARRAY_LEN(cases);
        size_t at = vm ? i : i - ARRAY_LEN(cases);
        FVM_CLEANUP(text) struct fvm_text out = {0};
        struct fvm_rfb rfb;

        fvm_rfb_begin(&rfb, "Name");
        ok(talk(&rfb, vm, vm ? cases[at].s : viewer[at].s, vm ? cases[at].cb : viewer[at].cb, 1,
                &out) == FVM_INVALID,
           "%s", vm ? cases[at].what : viewer[at].what);
    }
}
