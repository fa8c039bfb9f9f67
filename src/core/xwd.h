/* core/xwd.h: X's window dump, as Xvfb keeps its screen in a file. The file is a VM's: anything may
 * stand in it. Pure. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/status.h"

/* Sides of a screen: X has 16 bits with a sign. */
enum { FVM_XWD_SIDE_MAX = 16384 };

struct fvm_picture {
    unsigned width, height;
    const uint8_t *pixels;              /* in the dump: 4 bytes each */
    size_t line_cb;                     /* from line to line */
    unsigned red_at, green_at, blue_at; /* byte of a pixel */
};

/**
 * Find the picture in a dump.
 *
 * Only what Xvfb writes for a screen of 24 bits is taken: 32 bits per pixel, one byte per colour.
 *
 * @param picture [out] refers to `dump`; each line's 4 * width bytes lie within it
 * @param err     [out] what is wrong with it
 * @return FVM_OK; FVM_INVALID
 */
fvm_status fvm_xwd_read(struct fvm_picture *picture, const uint8_t *dump, size_t cb,
                        struct fvm_error *err);
/** One line as red, green, blue bytes. @param rgb [out] 3 * width bytes @param y below height */
void fvm_xwd_line(const struct fvm_picture *picture, unsigned y, uint8_t *rgb);
/** How many bytes can the dump of such a screen have at most? */
size_t fvm_xwd_max_cb(unsigned width, unsigned height);
