/* rooms/processes/stack.c: the stack of a new thread. Wine 8 writes zeros over 960 kB of it before
 * the thread begins, which then are memory of the machine's: 10 MB of a service manager's 13. They
 * are given back. Windows commits a stack page by page: there is nothing to give there. */
#include "engine/capture.h"
#include "engine/engine.h"
#include "engine/real.h"
#include "rooms/processes/handlers.h"

enum {
    KEPT_CB = 0x8000, /* below where the thread is: for this call, and what it begins with */
    WORTH_CB = 0x10000,
    PAGE_CB = 0x1000
};

#ifdef _WIN64
#define PLACE_OF(context) ((uintptr_t)(context)->Rip)
#define STACK_OF(context) ((uintptr_t)(context)->Rsp)
#else
#define PLACE_OF(context) ((uintptr_t)(context)->Eip)
#define STACK_OF(context) ((uintptr_t)(context)->Esp)
#endif

/* Is it how ntdll begins a thread, whose CONTEXT lies on its own stack? */
static bool begins(const CONTEXT *context, const NT_TIB *stack)
{
    uintptr_t at = (uintptr_t)context;

    return at >= (uintptr_t)stack->StackLimit &&
           at + sizeof(*context) <= (uintptr_t)stack->StackBase &&
           PLACE_OF(context) == (uintptr_t)real.RtlUserThreadStart;
}

static void give_back(const NT_TIB *stack, uintptr_t used)
{
    uintptr_t end = (used - KEPT_CB) & ~(uintptr_t)(PAGE_CB - 1);
    void *from = stack->StackLimit;
    SIZE_T cb = end - (uintptr_t)from;

    if (used > KEPT_CB && end > (uintptr_t)from && cb >= WORTH_CB)
        real.NtAllocateVirtualMemory(NT_CURRENT_PROCESS, &from, 0, &cb, MEM_RESET, PAGE_READWRITE);
}

/**
 * Go on somewhere else: the last step of each exception and of each thread's begin.
 *
 * @return does not, but with NT's status
 * @source nt:NtContinue
 */
NTSTATUS NTAPI processes_NtContinue(CONTEXT *context, BOOLEAN alertable)
{
    const NT_TIB *stack = (const NT_TIB *)(const void *)NtCurrentTeb();

    uintptr_t used = (uintptr_t)__builtin_frame_address(0);

    /* Where the thread goes on may be further down, in a program that prepared that by itself. */
    if (alertable && begins(context, stack))
        give_back(stack, STACK_OF(context) < used ? STACK_OF(context) : used);
    return real.NtContinue(context, alertable);
}
