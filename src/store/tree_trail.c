/* store/tree_trail.c: paths below a root, and how they are shown; see tree.h. */
#include "store/tree.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int fvm_trail_push(struct fvm_trail *trail, const char *name)
{
    size_t len = strlen(name), slash = trail->cch ? 1 : 0;

    if (trail->depth >= FVM_TREE_DEPTH)
        return -ELOOP;
    if (trail->cch + slash + len >= sizeof(trail->s))
        return -ENAMETOOLONG;
    if (slash)
        trail->s[trail->cch] = '/';
    memcpy(trail->s + trail->cch + slash, name, len + 1);
    trail->cch += slash + len;
    trail->depth++;
    return 0;
}

void fvm_trail_pop(struct fvm_trail *trail, size_t cch)
{
    trail->cch = cch;
    trail->s[cch] = '\0';
    trail->depth--;
}

bool fvm_path_is_sound(const char *path)
{
    unsigned depth = 0;

    if (strlen(path) >= FVM_PATH_CAP)
        return false;
    for (;;) {
        size_t len = strcspn(path, "/");

        if (len == 0 || len > 255 || ++depth > FVM_TREE_DEPTH)
            return false;
        if (path[0] == '.' && (len == 1 || (len == 2 && path[1] == '.')))
            return false;
        if (!path[len])
            return true;
        path += len + 1;
    }
}

/* Bytes of a printable UTF-8 character, 0: show the byte as \xNN. C1 controls count as odd, since
 * terminals obey them; so do overlong forms and surrogates. */
static size_t printable(const unsigned char *s)
{
    size_t len = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    uint32_t c = s[0];

    if (len == 1)
        return c >= 0x20 && c != 0x7f && c != '\\' ? 1 : 0;
    if (c < 0xc2 || c > 0xf4)
        return 0;
    c &= 0xffU >> (len + 1);
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3f);
    }
    if (c < 0xa0 || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
        return 0;
    if ((len == 3 && c < 0x800) || (len == 4 && c < 0x10000))
        return 0;
    return len;
}

static void show(char *out, size_t cap, const char *path)
{
    const unsigned char *s = (const unsigned char *)path;
    size_t used = 0;

    while (*s && used + 8 < cap) {
        size_t len = printable(s);

        if (len) {
            memcpy(out + used, s, len);
            used += len;
        } else {
            used += (size_t)snprintf(out + used, 5, *s == '\\' ? "\\\\" : "\\x%02x", *s);
            len = 1;
        }
        s += len;
    }
    snprintf(out + used, 4, *s ? "..." : "");
}

int fvm_tree_fail(struct fvm_error *err, int code, const char *what, const char *path)
{
    char shown[600];
    const char *why = strerror(-code);

    show(shown, sizeof(shown), *path ? path : ".");
    if (code == -ELOOP)
        why = "more than 1000 directories deep";
    else if (code == -ENAMETOOLONG)
        why = "the path is longer than 4095 bytes";
    return fvm_fail(err, code, "cannot %s '%s': %s", what, shown, why);
}
