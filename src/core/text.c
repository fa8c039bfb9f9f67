/* core/text.c: see text.h. */
#include "core/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(struct fvm_text *text, size_t more_cb)
{
    size_t need = text->cb + more_cb + 1;
    size_t cap = text->cap ? text->cap : 64;
    char *grown;

    if (text->failed || need < more_cb)
        return false;
    if (need <= text->cap)
        return true;
    while (cap < need)
        cap *= 2;
    grown = realloc(text->s, cap);
    if (!grown) {
        text->failed = true;
        return false;
    }
    text->s = grown;
    text->cap = cap;
    return true;
}

void fvm_text_add(struct fvm_text *text, const char *s, size_t cb)
{
    if (!make_room(text, cb))
        return;
    if (cb)
        memcpy(text->s + text->cb, s, cb);
    text->cb += cb;
    text->s[text->cb] = 0;
}

void fvm_text_puts(struct fvm_text *text, const char *s)
{
    fvm_text_add(text, s, strlen(s));
}

void fvm_text_putc(struct fvm_text *text, char c)
{
    fvm_text_add(text, &c, 1);
}

void fvm_text_printf(struct fvm_text *text, const char *fmt, ...)
{
    va_list args;
    int cch;

    va_start(args, fmt);
    cch = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (cch < 0 || !make_room(text, (size_t)cch)) {
        text->failed = true;
        return;
    }
    va_start(args, fmt);
    vsnprintf(text->s + text->cb, (size_t)cch + 1, fmt, args);
    va_end(args);
    text->cb += (size_t)cch;
}

char *fvm_text_copy(const char *s, size_t cb)
{
    char *copy = malloc(cb + 1);

    if (copy) {
        memcpy(copy, s, cb);
        copy[cb] = 0;
    }
    return copy;
}

void fvm_text_free(struct fvm_text *text)
{
    free(text->s);
    *text = (struct fvm_text){0};
}
