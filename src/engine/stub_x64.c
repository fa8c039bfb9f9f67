/* engine/stub_x64.c: system-call stubs of x86-64; see stub.h. Shapes: wine-nt 1. */
#ifdef _WIN64
#include "engine/stub.h"

#include <string.h>

/*   0: mov r10,rcx;  3: mov eax,number;  8: test byte [7ffe0308],1;  16: jne +3;  18: syscall; ret;
 * then, in Wine, a call through [7ffe1000], in Windows int 2e: relative to nothing, either way. */
BOOL fvm_stub_is(const void *code)
{
    static const UINT8 head[] = {0x4c, 0x8b, 0xd1, 0xb8};
    static const UINT8 tail[] = {0xf6, 0x04, 0x25, 0x08, 0x03, 0xfe, 0x7f,
                                 0x01, 0x75, 0x03, 0x0f, 0x05, 0xc3};

    return !memcmp(code, head, sizeof(head)) && !memcmp((const char *)code + 8, tail, sizeof(tail));
}

int fvm_stub_args_cb(const void *code)
{
    (void)code;
    return -1;
}
#endif
