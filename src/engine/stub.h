/* engine/stub.h: the shape of a system-call stub, one body per processor (stub_x64.c, stub_x86.c).
 */
#pragma once
#include "engine/nt.h"

#ifdef _WIN64
enum { FVM_STUB_CB = 32, FVM_JUMP_CB = 14 };
#else
enum { FVM_STUB_CB = 16, FVM_JUMP_CB = 5 };
#endif

/** Is this code a system-call stub as Wine or Windows has it? Its first FVM_STUB_CB bytes can be
 * copied anywhere then. */
BOOL fvm_stub_is(const void *code);
/** Write a jump of FVM_JUMP_CB bytes. @param code where it will be run is where it is written (x86)
 */
void fvm_stub_write_jump(void *code, const void *to);
