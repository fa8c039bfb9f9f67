/* core/hivelex.h: the words of Wine's hive files, read: for whole registries (reg_hive.c, and
 * reg_text.c, whose .reg text has the most in common), and for a hive that a program loads
 * (hiveread.c). Pure; allocates nothing. hivetext.h is how they are written. */
#pragma once
#include "core/base.h"

/*
 * WINE REGISTRY Version 2
 * ;; All keys relative to REGISTRY\\Machine
 *
 * #arch=win64
 *
 * [Software\\Wine] 1795310888          seconds since 1970
 * #time=1dd7a20bb09f378                100 ns since 1601
 * #class="..."                         #link
 * @="text"                             "name"=str(2):"text"  "name"=dword:00000001
 * "name"=hex(3):01,02,\ 03
 *
 * In names and strings a backslash begins \a \b \e \f \n \r \t \v, \x and 1..4 hex digits, 1..3
 * octal digits, or stands before the character it means. A string has a NUL behind it that is not
 * written.
 */

static inline const char *fvm_hive_skip_blanks(const char *s, const char *end)
{
    while (s < end && (*s == ' ' || *s == '\t'))
        s++;
    return s;
}

/** @return 0..15, -1 */
static inline int fvm_hive_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool fvm_hive_starts_with(const char *s, const char *end, const char *word);

/** Read `N):` of `hex(N):`. @param at [in,out] behind the opening bracket */
bool fvm_hive_type(const char **at, const char *end, uint32_t *type);

/** Read 1 to 8 hexadecimal digits as four bytes of data. @param le [out] room for 4 */
bool fvm_hive_dword(const char *s, const char *end, uint8_t *le);

/** @return the newline behind a list of bytes that goes on in the next line wherever a line ends in
 * a backslash, or end; NULL: the text ends in a backslash */
const char *fvm_hive_list_end(const char *s, const char *end);

/**
 * Read bytes like `01,a2,\`.
 *
 * @param list_end of fvm_hive_list_end()
 * @param bytes    [out] room for one per two characters, and one more
 * @return how many; -1: something else is in it
 */
ptrdiff_t fvm_hive_bytes(const char *s, const char *list_end, uint8_t *bytes);

/**
 * Decode up to `closing`, or to the end when that is 0.
 *
 * @param at [in,out] is left behind `closing`
 * @param le [out] room for 2 bytes per byte of input
 * @return UTF-16 units; -1: no closing character, bad escape or bad UTF-8
 */
ptrdiff_t fvm_hive_decode(const char **at, const char *end, char closing, uint8_t *le);
