/* engine/stub.c: see stub.h. */
#include "engine/stub.h"

#include <string.h>

void fvm_jump_make(UINT8 *out, uint64_t from, uint64_t to, bool is_64)
{
    static const UINT8 far_jump[] = {0xff, 0x25, 0, 0, 0, 0}; /* jmp [rip+0] */
    enum { NEAR_JUMP_CB = 5 };
    uint32_t distance = (uint32_t)(to - from - NEAR_JUMP_CB);

    if (is_64) {
        memcpy(out, far_jump, sizeof(far_jump));
        memcpy(out + sizeof(far_jump), &to, sizeof(to));
        return;
    }
    out[0] = 0xe9; /* jmp, relative */
    memcpy(out + 1, &distance, sizeof(distance));
}
