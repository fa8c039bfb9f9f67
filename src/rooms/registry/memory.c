/* rooms/registry/memory.c: see registry.h. */
#include "engine/heap.h"
#include "engine/image.h"
#include "rooms/registry/registry.h"

FVM_STATE static struct fvm_pool pool;

struct registry_scratch *registry_scratch_get(void)
{
    return fvm_pool_get(&pool, sizeof(struct registry_scratch));
}

void registry_scratch_put(struct registry_scratch *scratch)
{
    fvm_pool_put(&pool, scratch);
}
