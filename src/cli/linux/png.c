/* cli/linux/png.c: see png.h. Eight bits of red, green, blue, no filter but the difference to the
 * left: what is on a screen is mostly flat. zlib does the work. */
#include "cli/linux/png.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { LEVEL = 3, FILTER_SUB = 1, RGB_CB = 3, HEAD_CB = 13 };

static void put_word(uint8_t out[4], uint32_t word)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(word >> (24 - 8 * i));
}

static bool put_chunk(FILE *file, const char *type, const uint8_t *data, size_t cb)
{
    uint8_t word[4];
    uLong crc = crc32(0, (const Bytef *)type, 4);

    put_word(word, (uint32_t)cb);
    if (fwrite(word, 1, 4, file) != 4 || fwrite(type, 1, 4, file) != 4 ||
        fwrite(data, 1, cb, file) != cb)
        return false;
    if (cb) /* zlib takes no data for "begin anew" */
        crc = crc32(crc, data, (uInt)cb);
    put_word(word, (uint32_t)crc);
    return fwrite(word, 1, 4, file) == 4;
}

/* Each line: the filter's number, then each byte's difference to the pixel on the left. */
static void fill_line(const struct fvm_picture *picture, unsigned y, uint8_t *rgb, uint8_t *line)
{
    size_t cb = (size_t)picture->width * RGB_CB;

    fvm_xwd_line(picture, y, rgb);
    *line++ = FILTER_SUB;
    for (size_t i = 0; i < cb; i++)
        line[i] = (uint8_t)(rgb[i] - (i < RGB_CB ? 0 : rgb[i - RGB_CB]));
}

/* @param out [out] to be freed @return NULL: out of memory */
static uint8_t *deflate_lines(const struct fvm_picture *picture, size_t *out_cb)
{
    size_t line_cb = (size_t)picture->width * RGB_CB + 1;
    z_stream stream = {0};
    uint8_t *rgb = malloc(line_cb), *line = malloc(line_cb), *out = NULL;
    uLong bound;
    bool good = rgb && line && deflateInit(&stream, LEVEL) == Z_OK;

    if (good) {
        bound = deflateBound(&stream, (uLong)(line_cb * picture->height));
        out = malloc(bound);
        stream.next_out = out;
        stream.avail_out = (uInt)bound;
        good = out && bound <= UINT32_MAX;
        for (unsigned y = 0; good && y < picture->height; y++) {
            fill_line(picture, y, rgb, line);
            stream.next_in = line;
            stream.avail_in = (uInt)line_cb;
            good = deflate(&stream, Z_NO_FLUSH) == Z_OK && !stream.avail_in;
        }
        good = good && deflate(&stream, Z_FINISH) == Z_STREAM_END;
        *out_cb = stream.total_out;
        deflateEnd(&stream);
    }
    free(rgb);
    free(line);
    if (!good)
        free(out);
    return good ? out : NULL;
}

int cli_png_write(FILE *to, const struct fvm_picture *picture, struct fvm_error *err)
{
    static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    uint8_t head[HEAD_CB] = {[8] = 8 /* bits */, 2 /* colours, no palette */};
    size_t cb = 0;
    uint8_t *data = deflate_lines(picture, &cb);
    bool good;

    if (!data)
        return fvm_fail(err, -ENOMEM, "out of memory");
    put_word(head, picture->width);
    put_word(head + 4, picture->height);
    good = fwrite(signature, 1, sizeof(signature), to) == sizeof(signature) &&
           put_chunk(to, "IHDR", head, sizeof(head)) && put_chunk(to, "IDAT", data, cb) &&
           put_chunk(to, "IEND", head, 0) && !fflush(to);
    free(data);
    return good ? 0 : fvm_fail(err, -errno, "cannot write the picture: %s", strerror(errno));
}
