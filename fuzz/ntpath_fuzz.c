/* fuzz/ntpath_fuzz.c: a name, its root, the computer's name, then pairs of alias texts, a line
 * each. A byte is a unit; 0x7f and two bytes are any unit. What comes out is canonical. */
#include "core/ntpath.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t cb);

enum { MAX_ALIASES = 4, LINES = 3 + 2 * MAX_ALIASES, ROOM_CCH = 4096 };

static void must(bool condition)
{
    if (!condition)
        abort();
}

/* A block of exactly so many units, so that the address sanitizer sees a read past the end. */
static uint16_t *units_new(size_t count)
{
    uint16_t *units = malloc(count ? count * sizeof(*units) : 1);

    must(units != NULL);
    return units;
}

static struct fvm_str next_line(const uint8_t **at, const uint8_t *end)
{
    const uint8_t *start = *at, *stop = memchr(start, '\n', (size_t)(end - start));
    size_t cch = 0;
    uint16_t *units, *copy;

    stop = stop ? stop : end;
    *at = stop < end ? stop + 1 : end;
    units = units_new((size_t)(stop - start) + 1);
    for (const uint8_t *p = start; p < stop; p++) {
        if (*p == 0x7f && stop - p > 2) {
            units[cch++] = (uint16_t)(p[1] | p[2] << 8);
            p += 2;
        } else {
            units[cch++] = *p;
        }
    }
    copy = units_new(cch);
    if (cch)
        memcpy(copy, units, cch * sizeof(*units));
    free(units);
    return (struct fvm_str){copy, (uint32_t)cch};
}

/* The components below the root: none is empty, none leads elsewhere; together they are the path.
 */
static void check_walk(struct fvm_str path)
{
    struct fvm_str component = {0};
    uint32_t at = 0, before = 0;

    while (fvm_ntpath_next(path, &at, &component)) {
        struct fvm_str so_far = fvm_str_sub(path, 0, at);

        must(at > before && component.cch && component.cch <= FVM_NTPATH_COMPONENT_CCH);
        must(component.s[0] != '.' || component.cch > 2 ||
             (component.cch == 2 && component.s[1] != '.'));
        for (uint32_t i = 0; i < component.cch; i++)
            must(component.s[i] >= ' ' && component.s[i] != '/' && component.s[i] != '\\' &&
                 component.s[i] != ':');
        must(component.s + component.cch == path.s + at);
        must(fvm_str_eq(fvm_ntpath_last(so_far), component));
        must(fvm_ntpath_is_below(path, so_far));
        must(fvm_ntpath_is_below(so_far, fvm_ntpath_parent(so_far)));
        must(!fvm_ntpath_is_below(fvm_ntpath_parent(so_far), so_far));
        before = at;
    }
    must(!before || before == path.cch);
}

/* What came out goes in again, without aliases, and comes out the same. */
static void check_again(const struct fvm_ntpath *got)
{
    static uint16_t name_units[ROOM_CCH + 16], again_units[ROOM_CCH + 16];
    struct fvm_buf name = {name_units, 0, ROOM_CCH + 16}, room = {again_units, 0, ROOM_CCH + 16};
    struct fvm_ntpath again;
    fvm_status status = FVM_OK;

    if (got->kind == FVM_NTPATH_PIPE)
        status = fvm_buf_add(&name, FVM_STR(u"\\??\\pipe\\"));
    else if (got->kind == FVM_NTPATH_MAILSLOT)
        status = fvm_buf_add(&name, FVM_STR(u"\\??\\mailslot\\"));
    if (name.cch)
        must(status == FVM_OK && fvm_buf_add(&name, got->path) == FVM_OK);
    else
        must(fvm_ntpath_to_nt(&name, got->path) == FVM_OK);
    if (got->flags & FVM_NTPATH_STREAM)
        must(fvm_buf_add_unit(&name, ':') == FVM_OK && fvm_buf_add(&name, got->stream) == FVM_OK);
    must(fvm_ntpath_parse(&again, &room, fvm_buf_str(&name), FVM_STR(u""), NULL) == FVM_OK);
    must(again.kind == got->kind && fvm_str_eq(again.path, got->path) &&
         fvm_str_eq(again.stream, got->stream));
}

/* The same name in other letters. */
static void check_case(const struct fvm_ntpath *got, fvm_status want, struct fvm_str name,
                       struct fvm_str root, const struct fvm_ntpath_env *env)
{
    static uint16_t other_units[ROOM_CCH];
    uint16_t *flipped = units_new(name.cch);
    struct fvm_buf room = {other_units, 0, ROOM_CCH};
    struct fvm_ntpath other;

    for (uint32_t i = 0; i < name.cch; i++) {
        uint16_t low = name.s[i] | 0x20;

        flipped[i] = low >= 'a' && low <= 'z' && name.s[i] < 0x80 ? name.s[i] ^ 0x20 : name.s[i];
    }
    must(fvm_ntpath_parse(&other, &room, (struct fvm_str){flipped, name.cch}, root, env) == want);
    if (want == FVM_OK)
        must(other.kind == got->kind && other.flags == got->flags &&
             fvm_str_eq_fold(other.path, got->path) && fvm_str_eq_fold(other.stream, got->stream));
    free(flipped);
}

/* A room too small is never overrun, and never gives another answer. */
static void check_small_room(const struct fvm_ntpath *got, struct fvm_str name, struct fvm_str root,
                             const struct fvm_ntpath_env *env)
{
    for (uint32_t cap = 0; cap < 2 * (name.cch + root.cch) && cap < 64; cap += 3) {
        uint16_t *units = units_new(cap);
        struct fvm_buf room = {units, 0, cap};
        struct fvm_ntpath other;
        fvm_status status = fvm_ntpath_parse(&other, &room, name, root, env);

        must(status == FVM_NAME_TOO_LONG || status == FVM_OK);
        must(status != FVM_OK || (other.kind == got->kind && fvm_str_eq(other.path, got->path)));
        free(units);
    }
}

static void check(const struct fvm_str *lines)
{
    static uint16_t units[ROOM_CCH];
    struct fvm_alias aliases[MAX_ALIASES];
    struct fvm_ntpath_env env = {aliases, MAX_ALIASES, lines[2]};
    struct fvm_buf room = {units, 0, ROOM_CCH};
    struct fvm_ntpath got;
    fvm_status status;

    for (size_t i = 0; i < MAX_ALIASES; i++)
        aliases[i] = (struct fvm_alias){lines[3 + 2 * i], lines[4 + 2 * i]};
    status = fvm_ntpath_parse(&got, &room, lines[0], lines[1], &env);
    check_case(&got, status, lines[0], lines[1], &env);
    if (status != FVM_OK) {
        must(fvm_failed(status));
        return;
    }
    must(got.path.cch <= room.cch && got.stream.cch <= FVM_NTPATH_COMPONENT_CCH);
    must(!!(got.flags & FVM_NTPATH_STREAM) == (got.stream.cch > 0));
    if (got.kind == FVM_NTPATH_FILE)
        must(got.path.cch >= 3 && got.path.s[0] >= 'A' && got.path.s[0] <= 'Z' &&
             got.path.s[1] == ':' && got.path.s[2] == '\\');
    if (got.kind == FVM_NTPATH_FILE || got.kind == FVM_NTPATH_UNC)
        check_walk(got.path);
    check_again(&got);
    check_small_room(&got, lines[0], lines[1], &env);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t cb)
{
    struct fvm_str lines[LINES];
    const uint8_t *at = data;

    if (!cb || cb > 1024)
        return 0;
    for (size_t i = 0; i < LINES; i++)
        lines[i] = next_line(&at, data + cb);
    check(lines);
    for (size_t i = 0; i < LINES; i++)
        free((void *)(uintptr_t)lines[i].s);
    return 0;
}
