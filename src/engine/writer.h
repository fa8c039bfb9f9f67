/* engine/writer.h: this thread as the writer of an index that a VM's processes share. For rooms. */
#pragma once
#include "core/index.h"

/** @param patience how many times to wait for the lock, a millisecond each but for the first ten */
struct fvm_index_writer fvm_writer_here(uint32_t patience);
