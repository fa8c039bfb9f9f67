/* engine/heap.h: memory of the engine's own in a process of a VM. For rooms. */
#pragma once
#include "engine/nt.h"

#include <stdint.h>

/** Memory by whole pages, zeroed; the only kind before the process has a heap. To be freed with
 * fvm_pages_free(). @return NULL no memory */
void *fvm_pages(size_t cb);
/** @param pages may be NULL */
void fvm_pages_free(void *pages);

/** Memory from a heap of the engine's own, not zeroed. To be freed with fvm_free(). @return NULL no
 * memory, or the process has no heap yet */
void *fvm_allocate(size_t cb);
/** @param memory may be NULL */
void fvm_free(void *memory);

/* A few blocks of one size, kept for the next call. They are taken by bits of one word: no lock, so
 * that a thread that is ended inside a hook leaves nothing behind but its block. */
enum { FVM_POOL_BLOCKS = 32 };
struct fvm_pool {
    uint32_t taken;
    void *blocks[FVM_POOL_BLOCKS];
};
/** Take a block. @param cb the same in each call @return NULL no memory */
void *fvm_pool_get(struct fvm_pool *pool, size_t cb);
/** Give it back. @param block may be NULL */
void fvm_pool_put(struct fvm_pool *pool, void *block);
