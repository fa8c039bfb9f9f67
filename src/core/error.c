/* core/error.c: see error.h. */
#include "core/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int fvm_fail(struct fvm_error *err, int code, const char *fmt, ...)
{
    if (err) {
        va_list args;

        va_start(args, fmt);
        vsnprintf(err->text, sizeof(err->text), fmt, args);
        va_end(args);
    }
    return code;
}

void fvm_error_prefix(struct fvm_error *err, const char *fmt, ...)
{
    struct fvm_error old;
    va_list args;
    int used;

    if (!err)
        return;
    old = *err;
    va_start(args, fmt);
    used = vsnprintf(err->text, sizeof(err->text), fmt, args);
    va_end(args);
    if (used < 0 || (size_t)used >= sizeof(err->text) - 3)
        return;
    snprintf(err->text + used, sizeof(err->text) - (size_t)used, ": %s", old.text);
}
