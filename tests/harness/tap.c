/* tests/harness/tap.c: see tap.h. One TAP line per TEST, diagnostics for each failed ok(). */
#include "tap.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static struct tap_test *first, **last = &first;
static unsigned failures_here, checks_here;
static bool skipped_here;

void tap_register(struct tap_test *test)
{
    *last = test;
    last = &test->next;
}

bool tap_ok(bool passed, const char *file, int line, const char *fmt, ...)
{
    va_list args;

    checks_here++;
    if (passed)
        return true;
    failures_here++;
    printf("# %s:%d: ", file, line);
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    putchar('\n');
    return false;
}

bool tap_str_eq(const char *got, const char *want, const char *file, int line, const char *what)
{
    bool same = got && want ? strcmp(got, want) == 0 : got == want;

    return tap_ok(same, file, line, "%s: got [%s], want [%s]", what, got ? got : "(null)",
                  want ? want : "(null)");
}

uint64_t tap_number(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);

    return text ? strtoull(text, NULL, 10) : otherwise;
}

void tap_skip(const char *fmt, ...)
{
    const char *must = getenv("FVM_MUST_RUN");
    va_list args;

    skipped_here = true;
    if (must && strcmp(must, "1") == 0)
        failures_here++;
    printf("# skipped: ");
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    putchar('\n');
}

static bool run_one(struct tap_test *test, unsigned number)
{
    failures_here = checks_here = 0;
    skipped_here = false;
    test->run();
    if (!checks_here && !skipped_here) {
        printf("# %s checked nothing\n", test->name);
        failures_here++;
    }
    printf("%sok %u - %s%s\n", failures_here ? "not " : "", number, test->name,
           skipped_here ? " # SKIP" : "");
    fflush(stdout);
    return failures_here == 0;
}

int main(int argc, char **argv)
{
    unsigned count = 0, failed = 0;

    for (struct tap_test *t = first; t; t = t->next)
        count += argc < 2 || strcmp(argv[1], t->name) == 0;
    printf("1..%u\n", count);
    count = 0;
    for (struct tap_test *t = first; t; t = t->next)
        if (argc < 2 || strcmp(argv[1], t->name) == 0)
            failed += !run_one(t, ++count);
    return failed ? 1 : 0;
}
