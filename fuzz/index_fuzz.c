/* fuzz/index_fuzz.c: a damaged image of the overlay index: attaching refuses, or every call stays
 * inside the memory and ends. Input: 16 bytes, then pairs (place, value) that are written over a
 * small index: place 0 mod 4 hits the header's words that attaching does not check, else the rest.
 * The 16 bytes choose the calls. */
#include "core/index.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t cb);

enum { IMAGE_CB = 4096, HEADER_CB = 128, ARENA_END_AT = 64, CALLS_CB = 16, PATCH_CB = 6 };

static bool is_alive(void *ctx, uint64_t token)
{
    (void)ctx;
    return token & 1;
}
static bool wait_once(void *ctx, uint32_t round)
{
    (void)ctx;
    return round < 1;
}
static const struct fvm_index_writer writer = {2, is_alive, wait_once, NULL};

static const struct fvm_str paths[] = {
    FVM_STR(u"C:\\a\\b\\c"),   FVM_STR(u"C:\\A\\moved"),   FVM_STR(u"C:\\a\\moved\\x\\y"),
    FVM_STR(u"D:\\\u00e4\\q"), FVM_STR(u"D:\\\u00c4"),     FVM_STR(u"C:"),
    FVM_STR(u"E:\\new\\name"), FVM_STR(u"C:\\a\\b\\c\\d"),
};

static void must(fvm_status status)
{
    if (fvm_failed(status))
        abort();
}

static void build(uint8_t *image, struct fvm_index *index)
{
    struct fvm_str none = {0}, origin = FVM_STR(u"F:\\from");

    memset(image, 0, IMAGE_CB);
    must(fvm_index_init(index, image, IMAGE_CB, 1));
    must(fvm_index_mark(index, paths[0], 1, none, NULL, NULL));
    must(fvm_index_mark(index, paths[1], 3, origin, &writer, NULL));
    must(fvm_index_mark(index, paths[3], 1, none, NULL, NULL));
    must(fvm_index_mark(index, paths[4], 3, none, NULL, NULL));
    must(fvm_index_rename(index, paths[4], FVM_STR(u"D:\\other"), &writer));
    must(fvm_index_unlink(index, FVM_STR(u"D:\\other"), true, &writer));
}

/* A patch: u16 place, u32 value. Small values become offsets near what is there. */
static void damage(uint8_t *image, const uint8_t *data, size_t cb)
{
    for (; cb >= PATCH_CB; data += PATCH_CB, cb -= PATCH_CB) {
        uint16_t place;
        uint32_t value, at;

        memcpy(&place, data, 2);
        memcpy(&value, data + 2, 4);
        at = place % 4 ? HEADER_CB + place % (IMAGE_CB - HEADER_CB)
                       : ARENA_END_AT + place / 4 % (HEADER_CB - ARENA_END_AT);
        at &= ~3U;
        memcpy(image + at, &value, 4);
    }
}

static void list(const struct fvm_index *index, uint32_t node)
{
    struct fvm_index_cursor cursor = {.node = node};
    struct fvm_index_child child;
    volatile uint32_t sum = 0; /* touch what was handed out */

    for (int i = 0; !fvm_failed(fvm_index_next_child(index, &cursor, &child)); i++) {
        for (uint32_t k = 0; k < child.name.cch; k++)
            sum = sum + child.name.s[k];
        if (i > IMAGE_CB)
            abort();
    }
}

static void look_up(const struct fvm_index *index, struct fvm_str path)
{
    uint16_t units[2][300];
    struct fvm_buf layer = {units[0], 0, 300}, host = {units[1], 0, 300};
    struct fvm_index_hit hit;
    fvm_status status = fvm_index_lookup(index, path, &hit, &layer, &host);

    if (layer.cch > 300 || host.cch > 300)
        abort();
    if (status == FVM_OK) {
        if (hit.covered_cch > path.cch)
            abort();
        list(index, hit.node);
        fvm_index_user(index, hit.node, 5, 3, NULL);
    }
}

static void call(const struct fvm_index *index, uint8_t what)
{
    struct fvm_str path = paths[what / 4 % ARRAY_LEN(paths)],
                   other = paths[what / 32 % ARRAY_LEN(paths)];

    switch (what % 4) {
    case 0:
        fvm_index_mark(index, path, what >> 5 & 3, what & 128 ? other : (struct fvm_str){0},
                       &writer, NULL);
        break;
    case 1:
        fvm_index_rename(index, path, other, &writer);
        break;
    case 2:
        fvm_index_unlink(index, path, what & 128, &writer);
        break;
    default:
        list(index, what * 8U);
        fvm_index_check(index);
    }
    look_up(index, path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t cb)
{
    uint8_t *image = aligned_alloc(64, IMAGE_CB);
    struct fvm_index index, other;
    uint32_t used, rest;

    if (!image || cb < CALLS_CB) {
        free(image);
        return 0;
    }
    build(image, &index);
    damage(image, data + CALLS_CB, cb - CALLS_CB);
    fvm_index_attach(&other, image, IMAGE_CB);
    for (int i = 0; i < CALLS_CB; i++) /* attached before the damage: the harder case */
        call(&index, data[i]);
    fvm_index_usage(&index, &used, &rest);
    if (used > IMAGE_CB || rest > IMAGE_CB)
        abort();
    /* Whatever bytes: attaching looks at them only. */
    memcpy(image, data, cb < IMAGE_CB ? cb : IMAGE_CB);
    fvm_index_attach(&other, image, IMAGE_CB);
    free(image);
    return 0;
}
