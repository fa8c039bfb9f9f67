/* rooms/files/table.c: what this process knows of its handles. See files.h. All of it can be found
 * out again from the handle: a process that inherited one knows nothing here. */
#include "rooms/files/files.h"

#include "engine/image.h"
#include "engine/real.h"

enum { PAGES = 256, SLOTS = 4096 }; /* handles up to 4 million; others have no slot */
FVM_STATE static struct files_slot *pages[PAGES];
FVM_STATE static void *heap;

struct files_slot *files_slot(HANDLE handle, bool make)
{
    ULONG_PTR number = (ULONG_PTR)handle >> 2;
    struct files_slot **page = &pages[number / SLOTS % PAGES], *none = NULL;
    void *base = NULL;
    SIZE_T cb = SLOTS * sizeof(**page);

    if (number >= (ULONG_PTR)PAGES * SLOTS)
        return NULL;
    if (!*page && make &&
        NT_SUCCESS(real.NtAllocateVirtualMemory(NT_CURRENT_PROCESS, &base, 0, &cb,
                                                MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE)) &&
        !__atomic_compare_exchange_n(page, &none, base, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        cb = 0;
        real.NtFreeVirtualMemory(NT_CURRENT_PROCESS, &base, &cb, MEM_RELEASE);
    }
    return *page ? &(*page)[number % SLOTS] : NULL;
}

void *files_allocate(size_t cb)
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

void files_free(void *memory)
{
    if (memory)
        real.RtlFreeHeap(heap, 0, memory);
}
