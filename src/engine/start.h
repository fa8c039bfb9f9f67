/* engine/start.h: what the parent writes into a child's engine before its first instruction. For
 * engine and launcher/win. */
#pragma once
#include "core/block.h"
#include "engine/nt.h"

enum { FVM_SECTION_NAME_CCH = 128 };

/* The same for 32 and 64 bits: the parent may be of the other kind. */
struct fvm_start {
    uint64_t ldr_thunk;        /* first: the assembly jumps through it. ntdll!LdrInitializeThunk */
    uint64_t ntdll;            /* base of ntdll in the child */
    uint64_t image;            /* base of the engine in the child */
    uint64_t roles;            /* FVM_ROLE_... of the child */
    UINT8 saved[FVM_THUNK_CB]; /* the thunk's own first bytes */
    WCHAR section[FVM_SECTION_NAME_CCH]; /* NT name of the VM's block, NUL-terminated */
};
_Static_assert(sizeof(struct fvm_start) == 304, "the same for 32 and 64 bits");
/* In the engine's state section; exported, so that the launcher finds it in the file. */
extern __declspec(dllexport) struct fvm_start fvm_start;
/* Where a child's first thread is diverted to; exported. */
__declspec(dllexport) void fvm_divert(void);
