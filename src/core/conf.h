/* core/conf.h: `key = value` text with a first and a last line that tell format and completeness.
 * Pure. */
#pragma once
#include "core/error.h"
#include "core/status.h"
#include "core/text.h"

/*
 * format = 1
 * # a comment; blank lines are kept too
 * share = C:\data
 * share = D:\more
 * end = fvm
 *
 * Keys are [A-Za-z0-9_.-]+ and may be repeated. A value is any bytes; in the text `\\`, `\n`, `\r`
 * and (at its ends)
 * `\s` for a space and `\t` stand for what they look like. Not before `format`, nothing after
 * `end`.
 */
struct fvm_conf_line {
    char *key;   /* NULL: a comment or blank line, kept as it is in value */
    char *value; /* unescaped */
};
struct fvm_conf {
    unsigned format; /* of the text that was read; 0 is written as 1 */
    struct fvm_conf_line *lines;
    size_t count, cap;
};

/**
 * Read such text.
 *
 * @param out  [out] yours on success, empty on failure; what it held before is not freed
 * @param text,cb the file's bytes
 * @param max_format the newest format that the caller understands
 * @param err  [out] sentence with the line's number (not the file's name)
 * @return FVM_OK; FVM_CORRUPT text that does not parse or is cut short; FVM_NEWER_FORMAT;
 * FVM_NO_MEMORY
 */
fvm_status fvm_conf_read(struct fvm_conf *out, const char *text, size_t cb, unsigned max_format,
                         struct fvm_error *err);

/** Add the text of a configuration, every line in the order read or added. @return FVM_OK,
 * FVM_NO_MEMORY */
fvm_status fvm_conf_write(const struct fvm_conf *conf, struct fvm_text *text);

/** The first value of a key. @return NULL when there is none; borrowed until the next change */
const char *fvm_conf_get(const struct fvm_conf *conf, const char *key);

/**
 * Walk through the values of a repeated key.
 *
 * @param at [in,out] start with 0
 * @return the next value, borrowed; NULL after the last
 */
const char *fvm_conf_get_next(const struct fvm_conf *conf, const char *key, size_t *at);

/**
 * Give a key one value: the first line of that key is changed, further ones go.
 *
 * @return FVM_OK; FVM_INVALID no valid key, or `format` or `end`; FVM_NO_MEMORY
 */
fvm_status fvm_conf_set(struct fvm_conf *conf, const char *key, const char *value);
/** Add one more value behind those that the key has. @return as fvm_conf_set() */
fvm_status fvm_conf_add(struct fvm_conf *conf, const char *key, const char *value);
/** Remove a key. @param value NULL: all its lines; else only those with this value @return number
 * of lines removed */
size_t fvm_conf_remove(struct fvm_conf *conf, const char *key, const char *value);

void fvm_conf_free(struct fvm_conf *conf);
static inline void fvm_cleanup_conf(struct fvm_conf *conf)
{
    fvm_conf_free(conf);
}
