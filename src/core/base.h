/* core/base.h: the few words every file of FVM uses. Includes no OS header; compiles as ELF and as
 * PE. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* FVM_CLEANUP(free_ptr) char *text = NULL;  -> free_ptr(&text) at the end of the scope. */
#define FVM_CLEANUP(fn) __attribute__((cleanup(fvm_cleanup_##fn)))
/* Hand an owned value over: yields it and leaves `none` behind, so that the cleanup does nothing.
 */
#define FVM_STEAL(var, none)                                                                       \
    __extension__({                                                                                \
        __typeof__(var) stolen_ = (var);                                                           \
        (var) = (none);                                                                            \
        stolen_;                                                                                   \
    })

/* MinGW's own printf knows no %zu; the tests are built with __USE_MINGW_ANSI_STDIO. */
#if defined(__MINGW32__) && !defined(__clang__)
#define FVM_PRINTF_LIKE gnu_printf
#else
#define FVM_PRINTF_LIKE printf
#endif
#define FVM_PRINTF(fmt, args) __attribute__((format(FVM_PRINTF_LIKE, fmt, args)))
#define FVM_NODISCARD         __attribute__((warn_unused_result))
