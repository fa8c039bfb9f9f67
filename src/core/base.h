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

/* gnu_printf: %zu and %lld on Windows too, where they are built with __USE_MINGW_ANSI_STDIO. */
#define FVM_PRINTF(fmt, args) __attribute__((format(gnu_printf, fmt, args)))
#define FVM_NODISCARD         __attribute__((warn_unused_result))
