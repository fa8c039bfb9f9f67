/* engine/stub.h: system-call stubs, and the jumps that are written over code. For hook.c, inject.c.
 */
#pragma once
#include "engine/nt.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef _WIN64
enum { FVM_STUB_CB = 32 };
#else
enum { FVM_STUB_CB = 16 };
#endif
enum { FVM_JUMP_CB = 14 }; /* the longer of the two kinds */

/** Is this code a system-call stub as Wine or Windows has it? Its first FVM_STUB_CB bytes can be
 * copied anywhere then. One body per processor: stub_x64.c, stub_i386.c. */
BOOL fvm_stub_is(const void *code);
/** Bytes of parameters that a stub takes off the stack. @return -1: it is for its caller to do, or
 * the code is no stub */
int fvm_stub_args_cb(const void *code);
/**
 * Make a jump.
 *
 * @param out  [out] FVM_JUMP_CB bytes; what the jump does not need of them stays as it was
 * @param from where the jump will be run
 */
void fvm_jump_make(UINT8 *out, uint64_t from, uint64_t to, bool is_64);
