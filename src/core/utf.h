/* core/utf.h: between UTF-8 and UTF-16LE without loss: unpaired surrogates are three bytes (WTF-8).
 * Pure. */
#pragma once
#include "core/base.h"
#include "core/text.h"

/* What fvm_utf8_next() gives for a byte that is no UTF-8, with the byte in the low eight bits:
 * compares as itself. */
#define FVM_UTF8_BAD 0x80000000u

/**
 * Decode one code point and move on.
 *
 * Surrogates are let through; overlong forms and anything above U+10FFFF are bad bytes.
 *
 * @param at  [in,out] not at the end; moves by 1 to 4 bytes, by 1 for a bad byte
 * @return the code point, or FVM_UTF8_BAD | byte
 */
uint32_t fvm_utf8_next(const char **at, const char *end);

/** Encode one code point (surrogates too). @param out [out] room for 4 bytes @return bytes
 * written, 1..4 */
size_t fvm_utf8_put(char *out, uint32_t code);

/** Add a name that anybody may have chosen, so that a terminal shows it and does not obey it:
 * controls (C0, C1), marks that turn the direction of writing, and bytes that are no UTF-8 become
 * \xNN. */
void fvm_utf8_add_visible(struct fvm_text *out, const char *s, size_t cb);

/** Add UTF-16LE to a text as UTF-8. @param le [in] 2 * cch bytes, any alignment */
void fvm_utf8_from_utf16(struct fvm_text *out, const uint8_t *le, size_t cch);

/**
 * Turn UTF-8 into UTF-16LE.
 *
 * @param le [out] room for 2 * cb bytes
 * @param cch [out] UTF-16 units written
 * @return false when a byte is bad
 */
bool fvm_utf16_from_utf8(uint8_t *le, size_t *cch, const char *s, size_t cb);

static inline uint32_t fvm_utf16_at(const uint8_t *le, size_t index)
{
    return (uint32_t)le[2 * index] | (uint32_t)le[2 * index + 1] << 8;
}
static inline void fvm_utf16_set(uint8_t *le, size_t index, uint32_t unit)
{
    le[2 * index] = (uint8_t)unit;
    le[2 * index + 1] = (uint8_t)(unit >> 8);
}
