/* engine/real.c: see real.h. */
#include "engine/real.h"

#include "core/base.h"
#include "engine/image.h"
#include "engine/stub.h"

#include <string.h>

FVM_STATE struct fvm_real real;

/* Bytes of a list of parameters on the stack of i386. */
#define CB(type) ((sizeof(type) + 3) & ~(size_t)3)
/* clang-format off */
#define SUM_1(t)       CB(t)
#define SUM_2(t, ...)  CB(t) + SUM_1(__VA_ARGS__)
#define SUM_3(t, ...)  CB(t) + SUM_2(__VA_ARGS__)
#define SUM_4(t, ...)  CB(t) + SUM_3(__VA_ARGS__)
#define SUM_5(t, ...)  CB(t) + SUM_4(__VA_ARGS__)
#define SUM_6(t, ...)  CB(t) + SUM_5(__VA_ARGS__)
#define SUM_7(t, ...)  CB(t) + SUM_6(__VA_ARGS__)
#define SUM_8(t, ...)  CB(t) + SUM_7(__VA_ARGS__)
#define SUM_9(t, ...)  CB(t) + SUM_8(__VA_ARGS__)
#define SUM_10(t, ...) CB(t) + SUM_9(__VA_ARGS__)
#define SUM_11(t, ...) CB(t) + SUM_10(__VA_ARGS__)
#define SUM_12(t, ...) CB(t) + SUM_11(__VA_ARGS__)
#define PICK(a, b, c, d, e, f, g, h, i, j, k, l, which, ...) which
#define SUM(...)                                                                                   \
    PICK(__VA_ARGS__, SUM_12, SUM_11, SUM_10, SUM_9, SUM_8, SUM_7, SUM_6, SUM_5, SUM_4, SUM_3, SUM_2,      \
         SUM_1, 0)(__VA_ARGS__)
/* clang-format on */

static const struct {
    const char *name;
    uint16_t offset;
    uint8_t args_cb;
    bool is_optional;
} calls[] = {
#define FVM_REAL_ROW(name, parameters, is_optional)                                                \
    {#name, offsetof(struct fvm_real, name), SUM parameters, is_optional},
#define FVM_REAL_NEEDED(result, name, parameters) FVM_REAL_ROW(name, parameters, false)
#define FVM_REAL_MAYBE(result, name, parameters)  FVM_REAL_ROW(name, parameters, true)
    FVM_REAL_CALLS(FVM_REAL_NEEDED) FVM_REAL_OPTIONAL(FVM_REAL_MAYBE)};

static void **slot_at(uint16_t offset)
{
    return (void **)(void *)((char *)&real + offset);
}

NTSTATUS fvm_real_find(const void *ntdll)
{
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        void *found = fvm_image_export(ntdll, calls[i].name);

        int args_cb = found ? fvm_stub_args_cb(found) : -1;

        if (!found && !calls[i].is_optional)
            return STATUS_ENTRYPOINT_NOT_FOUND;
        /* A call of i386 that takes more or less off the stack than it was given. */
        if (args_cb >= 0 && args_cb != calls[i].args_cb)
            return STATUS_INVALID_IMAGE_HASH;
        *slot_at(calls[i].offset) = found;
    }
    return STATUS_SUCCESS;
}

void **fvm_real_slot(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(calls); i++)
        if (!strcmp(calls[i].name, name))
            return slot_at(calls[i].offset);
    return NULL;
}
