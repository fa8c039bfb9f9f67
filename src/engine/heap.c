/* engine/heap.c: see heap.h. */
#include "engine/heap.h"

#include "engine/image.h"
#include "engine/real.h"

FVM_STATE static void *heap;

void *fvm_pages(size_t cb)
{
    void *base = NULL;
    SIZE_T size = cb;
    NTSTATUS status = real.NtAllocateVirtualMemory(NT_CURRENT_PROCESS, &base, 0, &size,
                                                   MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

    return NT_SUCCESS(status) ? base : NULL;
}

void fvm_pages_free(void *pages)
{
    SIZE_T cb = 0;

    if (pages)
        real.NtFreeVirtualMemory(NT_CURRENT_PROCESS, &pages, &cb, MEM_RELEASE);
}

void *fvm_allocate(size_t cb)
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

void fvm_free(void *memory)
{
    if (memory)
        real.RtlFreeHeap(heap, 0, memory);
}

void *fvm_pool_get(struct fvm_pool *pool, size_t cb)
{
    uint32_t seen = __atomic_load_n(&pool->taken, __ATOMIC_RELAXED);

    while (~seen) {
        int at = __builtin_ctz(~seen);

        if (!__atomic_compare_exchange_n(&pool->taken, &seen, seen | 1U << at, false,
                                         __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            continue;
        if (!pool->blocks[at])
            pool->blocks[at] = fvm_pages(cb);
        if (!pool->blocks[at])
            __atomic_and_fetch(&pool->taken, ~(1U << at), __ATOMIC_RELEASE);
        return pool->blocks[at];
    }
    return fvm_pages(cb); /* more calls at once than blocks: one for this call alone */
}

void fvm_pool_put(struct fvm_pool *pool, void *block)
{
    if (!block)
        return;
    for (int at = 0; at < FVM_POOL_BLOCKS; at++)
        if (pool->blocks[at] == block) {
            __atomic_and_fetch(&pool->taken, ~(1U << at), __ATOMIC_RELEASE);
            return;
        }
    fvm_pages_free(block);
}
