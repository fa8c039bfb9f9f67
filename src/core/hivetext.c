/* core/hivetext.c: see hivetext.h. */
#include "core/hivetext.h"

#include "core/utf.h"

#include <string.h>

enum { LINE_CB = 76 };

static const char digits[] = "0123456789abcdef";
static const uint64_t ticks_1601_to_1970 = 116444736000000000u;

void fvm_hivetext_add(struct fvm_hivetext *to, const char *s, size_t cb)
{
    to->put(to, s, cb);
    to->cb += cb;
}

void fvm_hivetext_puts(struct fvm_hivetext *to, const char *s)
{
    size_t cb = 0;

    while (s[cb])
        cb++;
    fvm_hivetext_add(to, s, cb);
}

/* @param least how many digits at least */
static void put_hex(struct fvm_hivetext *to, uint32_t number, int least)
{
    char text[8];
    size_t cb = 0;

    for (int at = 7; at >= 0; at--)
        if (number >> 4 * at || at < least)
            text[cb++] = digits[number >> 4 * at & 15];
    fvm_hivetext_add(to, text, cb);
}

/* --- strings ------------------------------------------------------------------------------------
 */

static bool is_hex_digit(uint32_t unit)
{
    return (unit >= '0' && unit <= '9') || (unit >= 'a' && unit <= 'f') ||
           (unit >= 'A' && unit <= 'F');
}

size_t fvm_hivetext_unit(char *out, uint32_t unit, uint32_t next, const char *specials)
{
    static const char letters[] = "\a\b\t\n\v\f\r\033", names[] = "abtnvfre";
    size_t cb = 0;

    if (unit >= 0x20 && unit < 0x80) {
        if (unit == '\\' || unit == (uint32_t)specials[0] || unit == (uint32_t)specials[1])
            out[cb++] = '\\';
        out[cb++] = (char)unit;
        return cb;
    }
    out[cb++] = '\\';
    if (unit >= 0x80) {
        out[cb++] = 'x';
        for (int shift = 12; shift >= 0; shift -= 4)
            if (unit >> shift || is_hex_digit(next))
                out[cb++] = digits[unit >> shift & 15];
        return cb;
    }
    for (size_t i = 0; i < sizeof letters - 1; i++)
        if (unit == (uint32_t)letters[i]) {
            out[cb++] = names[i];
            return cb;
        }
    if (next >= '0' && next <= '7')
        out[cb++] = '0';
    if (unit >= 8 || cb == 2)
        out[cb++] = digits[unit >> 3];
    out[cb++] = digits[unit & 7];
    return cb;
}

void fvm_hivetext_units(struct fvm_hivetext *to, const uint8_t *le, size_t cch,
                        const char *specials)
{
    char batch[256];
    size_t used = 0;

    for (size_t i = 0; i < cch; i++) {
        uint32_t next = i + 1 < cch ? fvm_utf16_at(le, i + 1) : 0;

        used += fvm_hivetext_unit(batch + used, fvm_utf16_at(le, i), next, specials);
        if (used > sizeof batch - FVM_HIVETEXT_UNIT_CB) {
            fvm_hivetext_add(to, batch, used);
            used = 0;
        }
    }
    fvm_hivetext_add(to, batch, used);
}

/* --- keys and values
 * ------------------------------------------------------------------------------
 */

/* By hand: where there is no C library, a 32-bit compiler cannot divide 64 bits.
 * @return seconds since 1970, the low 32 bits */
static uint32_t seconds_of(uint64_t time)
{
    uint64_t rest = time - ticks_1601_to_1970;
    uint32_t seconds = 0;

    for (int bit = 40; bit >= 0; bit--)
        if (rest >= (uint64_t)10000000 << bit) {
            rest -= (uint64_t)10000000 << bit;
            seconds |= bit < 32 ? (uint32_t)1 << bit : 0;
        }
    return seconds;
}

void fvm_hivetext_time(struct fvm_hivetext *to, uint64_t time)
{
    char text[10];
    size_t at = sizeof text;
    uint32_t seconds;

    if (time < ticks_1601_to_1970) {
        fvm_hivetext_puts(to, "\n");
        return;
    }
    seconds = seconds_of(time);
    do
        text[--at] = digits[seconds % 10];
    while (seconds /= 10);
    fvm_hivetext_puts(to, " ");
    fvm_hivetext_add(to, text + at, sizeof text - at);
    fvm_hivetext_puts(to, "\n#time=");
    put_hex(to, (uint32_t)(time >> 32), 1);
    put_hex(to, (uint32_t)time, 8);
    fvm_hivetext_puts(to, "\n");
}

static void put_bytes(struct fvm_hivetext *to, const uint8_t *data, size_t cb, uint64_t column)
{
    static const char fold[] = {'\\', '\n', ' ', ' '};
    char batch[256];
    size_t used = 0;

    for (size_t i = 0; i < cb; i++) {
        batch[used++] = digits[data[i] >> 4];
        batch[used++] = digits[data[i] & 15];
        if (i + 1 == cb)
            break;
        batch[used++] = ',';
        column += 3;
        if (column > LINE_CB) {
            memcpy(batch + used, fold, sizeof fold);
            used += sizeof fold;
            column = 2;
        }
        if (used > sizeof batch - 8) {
            fvm_hivetext_add(to, batch, used);
            used = 0;
        }
    }
    fvm_hivetext_add(to, batch, used);
}

void fvm_hivetext_data(struct fvm_hivetext *to, uint32_t type, const uint8_t *data, size_t cb,
                       uint64_t line_start)
{
    /* Only a string with a whole number of units and a NUL at the end can be said as text. */
    bool is_string = (type == 1 || type == 2 || type == 7) && cb >= 2 && cb % 2 == 0 &&
                     !fvm_utf16_at(data, cb / 2 - 1);

    if (is_string) {
        if (type != 1) {
            fvm_hivetext_puts(to, "str(");
            put_hex(to, type, 1);
            fvm_hivetext_puts(to, "):");
        }
        fvm_hivetext_puts(to, "\"");
        fvm_hivetext_units(to, data, cb / 2 - 1, FVM_HIVETEXT_QUOTES);
        fvm_hivetext_puts(to, "\"\n");
        return;
    }
    if (type == 4 && cb == 4) {
        fvm_hivetext_puts(to, "dword:");
        put_hex(to, fvm_utf16_at(data, 1) << 16 | fvm_utf16_at(data, 0), 8);
    } else {
        fvm_hivetext_puts(to, type == 3 ? "hex:" : "hex(");
        if (type != 3) {
            put_hex(to, type, 1);
            fvm_hivetext_puts(to, "):");
        }
        put_bytes(to, data, cb, to->cb - line_start);
    }
    fvm_hivetext_puts(to, "\n");
}
