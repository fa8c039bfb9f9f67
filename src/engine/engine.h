/* engine/engine.h: what the engine knows in this process. For engine and rooms. */
#pragma once
#include "core/block.h"
#include "engine/nt.h"

struct fvm_engine {
    const void *ntdll, *image;
    struct fvm_block *block; /* shared with the VM's other processes */
    const WCHAR *section;    /* NT name of the block */
    DWORD pid;
};
extern struct fvm_engine fvm_engine;
