/* core/text.h: a growing byte buffer, for everything that builds text. Owner: whoever declares it.
 */
#pragma once
#include "core/base.h"
#include "core/status.h"

struct fvm_text {
    char *s;     /* NUL-terminated once anything was added; NULL while empty */
    size_t cb;   /* bytes used, the NUL not counted */
    size_t cap;  /* bytes allocated */
    bool failed; /* memory ran out: all later additions are ignored; check once at the end */
};

/** Add bytes. @param text [in,out] @param s [in] need not be NUL-terminated @param cb bytes */
void fvm_text_add(struct fvm_text *text, const char *s, size_t cb);
/** Add a NUL-terminated string. */
void fvm_text_puts(struct fvm_text *text, const char *s);
/** Add one byte. */
void fvm_text_putc(struct fvm_text *text, char c);
/** Add formatted text. */
void fvm_text_printf(struct fvm_text *text, const char *fmt, ...) FVM_PRINTF(2, 3);
/** Copy bytes into a string. @return yours, NUL-terminated; NULL no memory */
char *fvm_text_copy(const char *s, size_t cb);
/** Free the memory; the text is empty and usable afterwards. */
void fvm_text_free(struct fvm_text *text);

static inline void fvm_cleanup_text(struct fvm_text *text)
{
    fvm_text_free(text);
}
