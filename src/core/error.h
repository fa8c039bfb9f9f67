/* core/error.h: the sentence that goes with a failed call: what failed, why, what to do. For core,
 * store and launcher. */
#pragma once
#include "core/base.h"

struct fvm_error {
    char text[1024]; /* one line, UTF-8, no "fvm:" in front, no newline at the end */
};

/**
 * Write the sentence of a failure and hand its code through.
 *
 * The innermost function that knows what failed writes the sentence; callers add context with
 * fvm_error_prefix() only where the inner one cannot know it (for instance the file's name).
 *
 * @param err  [out] may be NULL: then only the code is returned
 * @param code the caller's code (fvm_status in core, -errno on the Linux side)
 * @param fmt  printf format of the sentence; a text that does not fit is cut
 * @return code, unchanged, so that a function can end with `return fvm_fail(err, code, ...)`
 */
int fvm_fail(struct fvm_error *err, int code, const char *fmt, ...) FVM_PRINTF(3, 4);

/**
 * Put words in front of a sentence: "what: old sentence".
 *
 * @param err [in,out] may be NULL
 */
void fvm_error_prefix(struct fvm_error *err, const char *fmt, ...) FVM_PRINTF(2, 3);
