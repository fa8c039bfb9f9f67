/* engine/real.c: see real.h. */
#include "engine/real.h"

#include "core/base.h"
#include "engine/image.h"

#include <string.h>

FVM_STATE struct fvm_real real;

static const struct {
    const char *name;
    uint16_t offset;
    bool is_optional;
} calls[] = {
#define FVM_REAL_NEEDED(result, name, parameters) {#name, offsetof(struct fvm_real, name), false},
#define FVM_REAL_MAYBE(result, name, parameters)  {#name, offsetof(struct fvm_real, name), true},
    FVM_REAL_CALLS(FVM_REAL_NEEDED) FVM_REAL_OPTIONAL(FVM_REAL_MAYBE)};

static void **slot_at(uint16_t offset)
{
    return (void **)(void *)((char *)&real + offset);
}

NTSTATUS fvm_real_find(const void *ntdll)
{
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        void *found = fvm_image_export(ntdll, calls[i].name);

        if (!found && !calls[i].is_optional)
            return STATUS_ENTRYPOINT_NOT_FOUND;
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
