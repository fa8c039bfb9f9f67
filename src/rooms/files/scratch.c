/* rooms/files/scratch.c: see files.h. */
#include "engine/heap.h"
#include "engine/image.h"
#include "rooms/files/files.h"

FVM_STATE static struct fvm_pool pool;

struct files_scratch *files_scratch_get(void)
{
    return fvm_pool_get(&pool, sizeof(struct files_scratch));
}

void files_scratch_put(struct files_scratch *scratch)
{
    fvm_pool_put(&pool, scratch);
}
