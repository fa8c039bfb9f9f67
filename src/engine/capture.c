/* engine/capture.c: see capture.h. A vectored handler, first in its list, knows the one instruction
 * that may fault. NtReadVirtualMemory on oneself would do the same for 20 microseconds. */
#include "engine/capture.h"

#include "engine/engine.h"
#include "engine/image.h"
#include "engine/real.h"

FVM_STATE static bool is_guarded; /* the handler is there, or being made */

/* @return 0; 1 fault */
__attribute__((naked)) static int copy(__attribute__((unused)) void *to,
                                       __attribute__((unused)) const void *from,
                                       __attribute__((unused)) size_t cb)
{
#ifdef _WIN64
    __asm__("push %rsi\n"
            "push %rdi\n"
            "mov %rcx, %rdi\n"
            "mov %rdx, %rsi\n"
            "mov %r8, %rcx\n"
            "fvm_guarded:\n"
            "rep movsb\n"
            "xor %eax, %eax\n"
            "fvm_guarded_end:\n"
            "pop %rdi\n"
            "pop %rsi\n"
            "ret\n");
#else
    __asm__("push %esi\n"
            "push %edi\n"
            "mov 12(%esp), %edi\n"
            "mov 16(%esp), %esi\n"
            "mov 20(%esp), %ecx\n"
            "fvm_guarded:\n"
            "rep movsb\n"
            "xor %eax, %eax\n"
            "fvm_guarded_end:\n"
            "pop %edi\n"
            "pop %esi\n"
            "ret\n");
#endif
}
extern const char guarded[] __asm__("fvm_guarded"), guarded_end[] __asm__("fvm_guarded_end");

#ifdef _WIN64
#define INSTRUCTION Rip
#define RESULT      Rax
#else
#define INSTRUCTION Eip
#define RESULT      Eax
#endif

static LONG CALLBACK on_exception(EXCEPTION_POINTERS *info)
{
    if (info->ContextRecord->INSTRUCTION != (ULONG_PTR)guarded)
        return EXCEPTION_CONTINUE_SEARCH;
    info->ContextRecord->INSTRUCTION = (ULONG_PTR)guarded_end;
    info->ContextRecord->RESULT = 1;
    return EXCEPTION_CONTINUE_EXECUTION;
}

/* As soon as the process has a heap, which the list of handlers is kept in. */
static void start_guard(void)
{
    const void *heap = NtCurrentTeb()->ProcessEnvironmentBlock->Reserved4[1]; /* ProcessHeap */

    if (__atomic_load_n(&is_guarded, __ATOMIC_RELAXED) || !heap)
        return;
    if (__atomic_exchange_n(&is_guarded, true, __ATOMIC_ACQ_REL))
        return;
    real.RtlAddVectoredExceptionHandler(1, on_exception);
}

NTSTATUS fvm_copy_guarded(void *to, const void *from, size_t cb)
{
    start_guard();
    return copy(to, from, cb) ? STATUS_ACCESS_VIOLATION : STATUS_SUCCESS;
}
