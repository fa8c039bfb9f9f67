/* core/fold.h: names without case, as NT and wineserver compare them. Pure. */
#pragma once
#include "core/base.h"

/**
 * Fold the case of one code point.
 *
 * Covered: the simple lower case mappings of the whole Basic Multilingual Plane (Latin with all
 * extensions, Greek, Cyrillic, Armenian, Georgian, Cherokee, Glagolitic, Coptic, roman numerals,
 * circled and fullwidth letters), which is what wineserver folds by. As there, title case letters
 * (U+01C5 ...), U+1E9E, the Kelvin, Angstrom and Ohm signs and everything above U+FFFF stand for
 * themselves, and final sigma differs from sigma.
 */
uint32_t fvm_fold(uint32_t code);

/**
 * Compare two UTF-8 names without case.
 *
 * A byte that is no UTF-8 counts as a character of its own, above all others. A name that begins
 * another is less.
 *
 * @return < 0, 0, > 0
 */
int fvm_name_cmp(const char *a, const char *b);
/** The same for counted strings. */
int fvm_name_cmp_n(const char *a, size_t a_cb, const char *b, size_t b_cb);
