/* core/reg_lex.h: data of values as hives and .reg text have it, read into a registry: for
 * reg_hive.c and reg_text.c only. */
#pragma once
#include "core/hivelex.h"
#include "core/reg_tree.h"

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
