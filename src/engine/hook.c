/* engine/hook.c: see hook.h. */
#include "engine/hook.h"

#include "engine/image.h"
#include "engine/real.h"
#include "engine/stub.h"

#include <string.h>

/* The stubs that are to be diverted lie in [low, high). */
struct plan {
    const void *ntdll;
    char *low, *high;
    size_t count;
};

/* @return the stub; NULL and *status SUCCESS: this ntdll has no such call, and need not */
static char *find_stub(const void *ntdll, const struct fvm_hook *hook, NTSTATUS *status)
{
    char *stub = fvm_image_export(ntdll, hook->name);
    void **slot = fvm_real_slot(hook->name);

    *status = STATUS_SUCCESS;
    if (!slot || (!stub && *slot))
        *status = STATUS_ENTRYPOINT_NOT_FOUND;
    else if (stub && !fvm_stub_is(stub))
        *status = STATUS_INVALID_IMAGE_HASH;
    return stub;
}

static NTSTATUS make_plan(struct plan *plan, const struct fvm_room *const *rooms)
{
    for (; *rooms; rooms++)
        for (const struct fvm_hook *hook = (*rooms)->hooks; hook->name; hook++) {
            NTSTATUS status;
            char *stub = find_stub(plan->ntdll, hook, &status);

            if (!NT_SUCCESS(status))
                return status;
            if (!stub)
                continue;
            if (!plan->count || stub < plan->low)
                plan->low = stub;
            if (!plan->count || stub + FVM_STUB_CB > plan->high)
                plan->high = stub + FVM_STUB_CB;
            plan->count++;
        }
    return STATUS_SUCCESS;
}

static NTSTATUS set_protection(void *at, size_t cb, ULONG protection, ULONG *old)
{
    SIZE_T size = cb;

    return real.NtProtectVirtualMemory(NT_CURRENT_PROCESS, &at, &size, protection, old);
}

/* Copies of the stubs, executable; their addresses go into struct fvm_real. */
static NTSTATUS make_copies(const struct plan *plan, const struct fvm_room *const *rooms,
                            char **copies)
{
    SIZE_T size = plan->count * FVM_STUB_CB;
    void *base = NULL;
    char *copy;
    NTSTATUS status;
    ULONG old;

    status = real.NtAllocateVirtualMemory(NT_CURRENT_PROCESS, &base, 0, &size,
                                          MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (!NT_SUCCESS(status))
        return status;
    copy = *copies = base;
    for (; *rooms; rooms++)
        for (const struct fvm_hook *hook = (*rooms)->hooks; hook->name; hook++) {
            const char *stub = find_stub(plan->ntdll, hook, &status);

            if (!stub)
                continue;
            memcpy(copy, stub, FVM_STUB_CB);
            copy += FVM_STUB_CB;
        }
    return set_protection(base, size, PAGE_EXECUTE_READ, &old);
}

/* The handler that a call has before this hook is set; NULL none. */
static void *handler_before(const struct fvm_room *const *rooms, const struct fvm_hook *hook)
{
    void *handler = NULL;

    for (; *rooms; rooms++)
        for (const struct fvm_hook *other = (*rooms)->hooks; other->name; other++) {
            if (other == hook)
                return handler;
            if (!strcmp(other->name, hook->name))
                handler = other->handler;
        }
    return handler;
}

static void divert_all(const struct plan *plan, const struct fvm_room *const *rooms, char *copy)
{
    const struct fvm_room *const *all = rooms;

    for (; *rooms; rooms++)
        for (const struct fvm_hook *hook = (*rooms)->hooks; hook->name; hook++) {
            char *stub = fvm_image_export(plan->ntdll, hook->name);
            void *before = hook->below ? handler_before(all, hook) : NULL;

            if (!stub)
                continue;
            *fvm_real_slot(hook->name) = copy;
            if (hook->below)
                *hook->below = before ? before : copy;
            fvm_jump_make((UINT8 *)stub, (uintptr_t)stub, (uintptr_t)hook->handler,
                          sizeof(void *) == 8);
            copy += FVM_STUB_CB;
        }
}

NTSTATUS fvm_hooks_install(const void *ntdll, const struct fvm_room *const *rooms)
{
    struct plan plan = {.ntdll = ntdll};
    char *copies;
    ULONG protection, old;
    NTSTATUS status = make_plan(&plan, rooms);

    if (!NT_SUCCESS(status) || !plan.count)
        return status;
    status = make_copies(&plan, rooms, &copies);
    if (NT_SUCCESS(status))
        status = set_protection(plan.low, (size_t)(plan.high - plan.low), PAGE_EXECUTE_READWRITE,
                                &protection);
    if (!NT_SUCCESS(status))
        return status;
    divert_all(&plan, rooms, copies);
    return set_protection(plan.low, (size_t)(plan.high - plan.low), protection, &old);
}
