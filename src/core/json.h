/* core/json.h: writes JSON, commas and escapes included. Reading is not needed. Pure. */
#pragma once
#include "core/text.h"

enum { FVM_JSON_DEPTH = 32 };

/* Declare as {.text = &text, .indent = 2}; indent 0 is one line. Functions take key NULL inside an
 * array and at the top. */
struct fvm_json {
    struct fvm_text *text;          /* where to; its failed flag tells of lost memory */
    int indent;                     /* spaces per level; 0: compact */
    int depth;                      /* open objects and arrays, at most FVM_JSON_DEPTH */
    bool has_items[FVM_JSON_DEPTH]; /* of each open one */
};

/**
 * Add a string in quotes.
 *
 * The result is pure JSON whatever the bytes: an unpaired surrogate (WTF-8) becomes \udXXX, other
 * bytes that are no UTF-8 become U+FFFD, control characters are escaped.
 */
void fvm_json_string(struct fvm_text *text, const char *utf8, size_t cb);

/** Open an object: `{`. Close with fvm_json_end_object(). */
void fvm_json_object(struct fvm_json *json, const char *key);
void fvm_json_end_object(struct fvm_json *json);
/** Open an array: `[`. Close with fvm_json_end_array(). */
void fvm_json_array(struct fvm_json *json, const char *key);
void fvm_json_end_array(struct fvm_json *json);
/** Add a member or item. @param value NULL gives null */
void fvm_json_put_string(struct fvm_json *json, const char *key, const char *value);
void fvm_json_put_bytes(struct fvm_json *json, const char *key, const char *value, size_t cb);
void fvm_json_put_int(struct fvm_json *json, const char *key, int64_t value);
void fvm_json_put_uint(struct fvm_json *json, const char *key, uint64_t value);
/** Add a number with a fraction. @param decimals digits after the point, 0..17; not finite gives
 * null */
void fvm_json_put_double(struct fvm_json *json, const char *key, double value, int decimals);
void fvm_json_put_bool(struct fvm_json *json, const char *key, bool value);
void fvm_json_put_null(struct fvm_json *json, const char *key);
