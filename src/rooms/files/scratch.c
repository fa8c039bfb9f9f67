/* rooms/files/scratch.c: see files.h. A few blocks, taken by bits of one word: no lock, so that a
 * thread that is ended inside a hook leaves nothing behind but its block. */
#include "rooms/files/files.h"

#include "engine/image.h"
#include "engine/real.h"

enum { BLOCKS = 32 };
FVM_STATE static uint32_t taken;
FVM_STATE static struct files_scratch *blocks[BLOCKS];

static void *allocate(void)
{
    void *base = NULL;
    SIZE_T cb = sizeof(struct files_scratch);
    NTSTATUS status = real.NtAllocateVirtualMemory(NT_CURRENT_PROCESS, &base, 0, &cb,
                                                   MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

    return NT_SUCCESS(status) ? base : NULL;
}

struct files_scratch *files_scratch_get(void)
{
    uint32_t seen = __atomic_load_n(&taken, __ATOMIC_RELAXED);

    while (~seen) {
        int at = __builtin_ctz(~seen);

        if (!__atomic_compare_exchange_n(&taken, &seen, seen | 1U << at, false, __ATOMIC_ACQUIRE,
                                         __ATOMIC_RELAXED))
            continue;
        if (!blocks[at])
            blocks[at] = allocate();
        if (!blocks[at])
            __atomic_and_fetch(&taken, ~(1U << at), __ATOMIC_RELEASE);
        return blocks[at];
    }
    return allocate(); /* more calls at once than blocks: one for this call alone */
}

void files_scratch_put(struct files_scratch *scratch)
{
    void *base = scratch;
    SIZE_T cb = 0;

    if (!scratch)
        return;
    for (int at = 0; at < BLOCKS; at++)
        if (blocks[at] == scratch) {
            __atomic_and_fetch(&taken, ~(1U << at), __ATOMIC_RELEASE);
            return;
        }
    real.NtFreeVirtualMemory(NT_CURRENT_PROCESS, &base, &cb, MEM_RELEASE);
}
