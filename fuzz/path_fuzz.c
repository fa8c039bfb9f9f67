/* fuzz/path_fuzz.c: names and paths that anybody may have chosen: two of them, parted by a newline.
 * Decoding loses nothing, comparing is an order, what is shown is harmless, a VM's name is one. */
#include "core/fold.h"
#include "core/name.h"
#include "core/utf.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t cb);

static void check(bool good)
{
    if (!good)
        abort();
}

static void check_shown(const char *s, size_t cb)
{
    FVM_CLEANUP(text) struct fvm_text shown = {0};

    fvm_utf8_add_visible(&shown, s, cb);
    check(!shown.failed);
    for (size_t i = 0; i < shown.cb; i++)
        check((unsigned char)shown.s[i] >= ' ' && shown.s[i] != 0x7f);
}

static void check_utf16(const char *s, size_t cb)
{
    FVM_CLEANUP(text) struct fvm_text again = {0};
    uint8_t *le = malloc(2 * cb + 1);
    size_t cch;

    check(le != NULL);
    if (fvm_utf16_from_utf8(le, &cch, s, cb)) {
        check(cch <= cb);
        fvm_utf8_from_utf16(&again, le, cch);
        /* Two halves of a pair, each three bytes, come back as one character of four. */
        check(!again.failed && again.cb <= cb);
        check(again.cb != cb || cb == 0 || memcmp(again.s, s, cb) == 0);
    }
    free(le);
}

static void check_name(const char *s, size_t cb)
{
    char *name = calloc(1, cb + 1);
    struct fvm_error err = {{0}};

    check(name != NULL);
    memcpy(name, s, cb);
    if (!fvm_failed(fvm_name_check(name, &err))) {
        size_t cch = strlen(name);

        check(cch >= 1 && cch <= FVM_NAME_MAX_CB && !strchr(name, '/') && !strchr(name, '\\'));
        check(name[0] != '.' && name[0] != '-' && name[cch - 1] != '.');
    } else {
        check(err.text[0] != '\0');
    }
    free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t cb)
{
    const char *a = (const char *)data, *b;
    const char *line = cb ? memchr(data, '\n', cb) : NULL;
    size_t a_cb = line ? (size_t)(line - a) : cb, b_cb = line ? cb - a_cb - 1 : 0;
    int order;

    b = line ? line + 1 : a + cb;
    order = fvm_name_cmp_n(a, a_cb, b, b_cb);
    check((order < 0) == (fvm_name_cmp_n(b, b_cb, a, a_cb) > 0));
    check(fvm_name_cmp_n(a, a_cb, a, a_cb) == 0);
    check_shown(a, a_cb);
    check_utf16(a, a_cb);
    check_name(a, a_cb);
    check_name(b, b_cb);
    return 0;
}
