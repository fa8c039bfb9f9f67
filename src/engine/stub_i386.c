/* engine/stub_i386.c: system-call stubs of i386; see stub.h. Shapes: wine-nt 1 and 11. */
#ifndef _WIN64
#include "engine/stub.h"

#include <string.h>

/* ret, or ret n: of a stub that stands alone, in 16 bytes or less. */
static bool is_return(const UINT8 *code)
{
    return code[0] == 0xc3 || (code[0] == 0xc2 && code[2] == 0);
}

/* 0: mov eax,number; then one of these, all of them absolute; then the return. */
BOOL fvm_stub_is(const void *code)
{
    static const UINT8 thunk[] = {0xff, 0xd2}; /* call edx, behind 5: mov edx,address. Windows 10
                                                  and 11, Wine */
    static const UINT8 gate[] = {0x64, 0xff, 0x15, 0xc0, 0, 0, 0}; /* call fs:[c0]. Wine 10, once */
    static const UINT8 shared[] = {0xba, 0, 0x03, 0xfe, 0x7f, 0xff, 0x12}; /* NT 5.2 */
    const UINT8 *at = code;

    if (at[0] != 0xb8)
        return false;
    if (at[5] == 0xba && !memcmp(at + 10, thunk, sizeof(thunk)))
        return is_return(at + 12);
    return (!memcmp(at + 5, gate, sizeof(gate)) || !memcmp(at + 5, shared, sizeof(shared))) &&
           is_return(at + 12);
}

int fvm_stub_args_cb(const void *code)
{
    const UINT8 *at = (const UINT8 *)code + 12;

    if (!fvm_stub_is(code))
        return -1;
    return at[0] == 0xc2 ? at[1] : 0;
}
#endif
