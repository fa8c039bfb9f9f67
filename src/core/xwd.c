/* core/xwd.c: see xwd.h. */
#include "core/xwd.h"

/* Words of the header, big-endian: XWDFile.h's struct. */
enum {
    HEADER_CB,
    VERSION,
    FORMAT,
    DEPTH,
    WIDTH,
    HEIGHT,
    X_OFFSET,
    BYTE_ORDER,
    BITS_PER_PIXEL = 11,
    LINE_CB,
    RED_MASK = 14,
    GREEN_MASK,
    BLUE_MASK,
    COLOURS = 19
};
enum {
    HEAD_MIN_CB = 25 * 4,
    Z_PIXMAP = 2,
    PIXEL_CB = 4,
    COLOUR_CB = 12,
    NAME_MAX_CB = 4096,
    COLOURS_MAX = 4096
};

static uint32_t word(const uint8_t *dump, unsigned index)
{
    const uint8_t *at = dump + (size_t)index * 4;

    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Which byte of a pixel has a colour? @return false: it is not one byte */
static bool find_byte(uint32_t mask, bool big_endian, unsigned *at)
{
    for (unsigned i = 0; i < 4; i++)
        if (mask == (uint32_t)0xff << (8 * i)) {
            *at = big_endian ? 3 - i : i;
            return true;
        }
    return false;
}

static const char *judge(struct fvm_picture *picture, const uint8_t *dump, size_t cb)
{
    size_t begin;

    if (cb < HEAD_MIN_CB || word(dump, VERSION) != 7)
        return "it is no window dump of version 7";
    if (word(dump, FORMAT) != Z_PIXMAP || word(dump, DEPTH) != 24 ||
        word(dump, BITS_PER_PIXEL) != 8 * PIXEL_CB || word(dump, X_OFFSET) ||
        word(dump, BYTE_ORDER) > 1)
        return "it is no picture of 24 bits in 32";
    picture->width = word(dump, WIDTH);
    picture->height = word(dump, HEIGHT);
    picture->line_cb = word(dump, LINE_CB);
    if (!picture->width || picture->width > FVM_XWD_SIDE_MAX || !picture->height ||
        picture->height > FVM_XWD_SIDE_MAX)
        return "its size is none of a screen";
    if (picture->line_cb < (size_t)picture->width * PIXEL_CB ||
        picture->line_cb > (size_t)FVM_XWD_SIDE_MAX * PIXEL_CB * 2)
        return "its lines are shorter than it is wide";
    if (!find_byte(word(dump, RED_MASK), word(dump, BYTE_ORDER), &picture->red_at) ||
        !find_byte(word(dump, GREEN_MASK), word(dump, BYTE_ORDER), &picture->green_at) ||
        !find_byte(word(dump, BLUE_MASK), word(dump, BYTE_ORDER), &picture->blue_at))
        return "its colours are not one byte each";
    if (word(dump, HEADER_CB) < HEAD_MIN_CB || word(dump, HEADER_CB) > HEAD_MIN_CB + NAME_MAX_CB ||
        word(dump, COLOURS) > COLOURS_MAX)
        return "its header is too long or too short";
    begin = (size_t)word(dump, HEADER_CB) + (size_t)word(dump, COLOURS) * COLOUR_CB;
    if (begin > cb || (cb - begin) / picture->line_cb < picture->height)
        return "it is shorter than it says";
    picture->pixels = dump + begin;
    return NULL;
}

fvm_status fvm_xwd_read(struct fvm_picture *picture, const uint8_t *dump, size_t cb,
                        struct fvm_error *err)
{
    const char *wrong = judge(picture, dump, cb);

    return wrong ? fvm_fail(err, FVM_INVALID, "the screen's picture cannot be read: %s", wrong)
                 : FVM_OK;
}

void fvm_xwd_line(const struct fvm_picture *picture, unsigned y, uint8_t *rgb)
{
    const uint8_t *at = picture->pixels + y * picture->line_cb;

    for (unsigned x = 0; x < picture->width; x++, at += PIXEL_CB) {
        *rgb++ = at[picture->red_at];
        *rgb++ = at[picture->green_at];
        *rgb++ = at[picture->blue_at];
    }
}

size_t fvm_xwd_max_cb(unsigned width, unsigned height)
{
    /* Lines may be padded. */
    return HEAD_MIN_CB + NAME_MAX_CB + (size_t)COLOURS_MAX * COLOUR_CB +
           ((size_t)width + 16) * PIXEL_CB * height;
}
