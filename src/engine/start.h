/* engine/start.h: what the parent writes into a child's engine before its first instruction. For
 * engine and launcher/win. */
#pragma once
#include "engine/nt.h"

enum { FVM_START_SAVED_CB = 16, FVM_SECTION_NAME_CCH = 128 };

struct fvm_start {
    void *ldr_thunk;   /* first: the assembly jumps through it. ntdll!LdrInitializeThunk */
    const void *ntdll; /* base of ntdll in the child */
    const void *image; /* base of the engine in the child */
    UINT8 saved[FVM_START_SAVED_CB];     /* the thunk's own first bytes */
    WCHAR section[FVM_SECTION_NAME_CCH]; /* NT name of the VM's block, NUL-terminated */
};
/* In the engine's state section; exported, so that the launcher finds it in the file. */
extern __declspec(dllexport) struct fvm_start fvm_start;
/* Where a child's first thread is diverted to; exported. */
__declspec(dllexport) void fvm_divert(void);
