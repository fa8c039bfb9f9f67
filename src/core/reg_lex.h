/* core/reg_lex.h: the words that hives and .reg text have in common, for reg_hive.c and reg_text.c
 * only. */
#pragma once
#include "core/reg_tree.h"

static inline const char *reg_skip_blanks(const char *s, const char *end)
{
    while (s < end && (*s == ' ' || *s == '\t'))
        s++;
    return s;
}

/** @return 0..15, -1 */
static inline int reg_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool reg_starts_with(const char *s, const char *end, const char *word);

/** Read `N):` of `hex(N):`. @param at [in,out] behind the opening bracket */
bool reg_lex_type(const char **at, const char *end, uint32_t *type);

/** Read 1 to 8 hexadecimal digits as four bytes of data. @return FVM_OK, FVM_CORRUPT, FVM_NO_MEMORY
 */
fvm_status reg_lex_dword(struct fvm_reg *reg, const char *s, const char *end,
                         struct fvm_reg_value *value);

/**
 * Read bytes like `01,a2,\` that go on in the next line wherever a line ends in a backslash.
 *
 * @param at [in,out] is left at the newline behind the list, or at `end` when there is none
 * @return FVM_OK; FVM_CORRUPT; FVM_NO_MEMORY
 */
fvm_status reg_lex_bytes(struct fvm_reg *reg, const char **at, const char *end,
                         struct fvm_reg_value *value);
