/* rooms/registry/memory.c: see registry.h. Blocks are taken by bits of one word: no lock, so that a
 * thread that is ended inside a hook leaves nothing behind but its block. */
#include "rooms/registry/registry.h"

#include "engine/image.h"
#include "engine/real.h"

enum { BLOCKS = 32 };
FVM_STATE static uint32_t taken;
FVM_STATE static struct registry_scratch *blocks[BLOCKS];
FVM_STATE static void *heap;

void *registry_pages(size_t cb)
{
    void *base = NULL;
    SIZE_T size = cb;
    NTSTATUS status = real.NtAllocateVirtualMemory(NT_CURRENT_PROCESS, &base, 0, &size,
                                                   MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

    return NT_SUCCESS(status) ? base : NULL;
}

void registry_pages_free(void *pages)
{
    SIZE_T cb = 0;

    if (pages)
        real.NtFreeVirtualMemory(NT_CURRENT_PROCESS, &pages, &cb, MEM_RELEASE);
}

struct registry_scratch *registry_scratch_get(void)
{
    uint32_t seen = __atomic_load_n(&taken, __ATOMIC_RELAXED);

    while (~seen) {
        int at = __builtin_ctz(~seen);

        if (!__atomic_compare_exchange_n(&taken, &seen, seen | 1U << at, false, __ATOMIC_ACQUIRE,
                                         __ATOMIC_RELAXED))
            continue;
        if (!blocks[at])
            blocks[at] = registry_pages(sizeof(*blocks[at]));
        if (!blocks[at])
            __atomic_and_fetch(&taken, ~(1U << at), __ATOMIC_RELEASE);
        return blocks[at];
    }
    return registry_pages(sizeof(struct registry_scratch)); /* more calls at once than blocks */
}

void registry_scratch_put(struct registry_scratch *scratch)
{
    if (!scratch)
        return;
    for (int at = 0; at < BLOCKS; at++)
        if (blocks[at] == scratch) {
            __atomic_and_fetch(&taken, ~(1U << at), __ATOMIC_RELEASE);
            return;
        }
    registry_pages_free(scratch);
}

void *registry_allocate(size_t cb)
{
    const void *process_heap = NtCurrentTeb()->ProcessEnvironmentBlock->Reserved4[1];
    void *none = NULL, *made;

    if (!process_heap)
        return NULL;
    if (!__atomic_load_n(&heap, __ATOMIC_ACQUIRE)) {
        made = real.RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
        /* Two at once: one heap too many, and no more than that. */
        __atomic_compare_exchange_n(&heap, &none, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    }
    return heap ? real.RtlAllocateHeap(heap, 0, cb) : NULL;
}

void registry_free(void *memory)
{
    if (memory)
        real.RtlFreeHeap(heap, 0, memory);
}
