/* engine/hook.h: divert system-call stubs, all or none. For entry.c; rooms only make tables. */
#pragma once
#include "engine/nt.h"

#include "engine/real.h"

/* One diverted call. A table of them ends with {0}. */
struct fvm_hook {
    const char *name; /* export of ntdll, also a slot of struct fvm_real */
    void *handler;    /* of the same type as the call */
    void **below; /* NULL; of a call that an earlier room may handle too: where its handler goes,
                     which this one calls instead of real.X */
};
/* A handler of another type than the call does not compile. */
#define FVM_HOOK_TYPED(room, call)                                                                 \
    __builtin_choose_expr(                                                                         \
        __builtin_types_compatible_p(__typeof__(&room##_##call),                                   \
                                     __typeof__(((struct fvm_real *)0)->call)),                    \
        (void *)room##_##call, (struct fvm_hook){0})
#define FVM_HOOK(room, call)                                                                       \
    {                                                                                              \
        .name = #call, .handler = FVM_HOOK_TYPED(room, call)                                       \
    }
#define FVM_HOOK_OVER(room, call, below_slot)                                                      \
    {                                                                                              \
        .name = #call, .handler = FVM_HOOK_TYPED(room, call),                                      \
        .below = (void **)(void *)(below_slot)                                                     \
    }

/* A name space and what FVM does with it. */
struct fvm_room {
    const char *name;
    const struct fvm_hook *hooks;
    NTSTATUS (*start)(void); /* in each process, before its hooks live; NULL: nothing to do */
};

/**
 * Divert every call of the rooms' tables that this ntdll has; real.X becomes the undiverted call.
 *
 * Prepared as a whole before the first byte is written: on failure nothing is diverted. Only one
 * thread may exist.
 *
 * @return STATUS_SUCCESS; STATUS_INVALID_IMAGE_HASH a stub has another shape (somebody else hooked
 *         it, or a new Windows); STATUS_NO_MEMORY; STATUS_ENTRYPOINT_NOT_FOUND
 * @source wine-nt: 1; paper:interception
 */
NTSTATUS fvm_hooks_install(const void *ntdll, const struct fvm_room *const *rooms);
