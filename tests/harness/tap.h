/* tests/harness/tap.h: the test harness: Wine's vocabulary, TAP output, no library. Builds as ELF
 * and as PE. */
#pragma once
#include "core/base.h"
#include <stdbool.h>
#include <stdio.h>

/* TEST(name) { ok(cond, "what %d", n); }  registers itself; run by tap.c's main(), or one by name:
 * ./x_test name */
struct tap_test {
    const char *name;
    void (*run)(void);
    struct tap_test *next;
};
void tap_register(struct tap_test *test);

#define TEST(fn)                                                                                   \
    static void fn(void);                                                                          \
    static struct tap_test tap_entry_##fn = {#fn, fn, 0};                                          \
    __attribute__((constructor)) static void tap_add_##fn(void)                                    \
    {                                                                                              \
        tap_register(&tap_entry_##fn);                                                             \
    }                                                                                              \
    static void fn(void)

/* Each returns the condition, so that a test can stop: if (!ok(...)) return; */
bool tap_ok(bool passed, const char *file, int line, const char *fmt, ...) FVM_PRINTF(4, 5);
#define ok(cond, ...) tap_ok((cond), __FILE__, __LINE__, __VA_ARGS__)
bool tap_str_eq(const char *got, const char *want, const char *file, int line, const char *what);
#define ok_str(got, want, what) tap_str_eq((got), (want), __FILE__, __LINE__, (what))
/** A number that who runs the test may give, such as a seed. @param variable its name there */
uint64_t tap_number(const char *variable, uint64_t otherwise);
/* A skip is a failure when FVM_MUST_RUN=1 (CI sets it). */
void tap_skip(const char *fmt, ...) FVM_PRINTF(1, 2);
