/* core/pe.h: what kind of program a file is, from its first bytes. Pure. */
#pragma once
#include "core/base.h"

enum fvm_pe_kind {
    FVM_PE_NONE, /* no Windows program */
    FVM_PE_DOS,  /* "MZ" without a Windows part */
    FVM_PE_WIN16,
    FVM_PE_X64,
    FVM_PE_I386,
    FVM_PE_ARM64,
    FVM_PE_OTHER,  /* another processor */
    FVM_PE_LIBRARY /* a DLL or driver: cannot be started */
};
#define FVM_PE_HEAD_CB 4096

/**
 * Look at a file's beginning.
 *
 * @param head the first bytes; FVM_PE_HEAD_CB are enough for every linker seen
 * @param cb   how many there are (a shorter file gives fewer)
 */
enum fvm_pe_kind fvm_pe_kind(const uint8_t *head, size_t cb);
/** How long a program's file must be for what its headers promise, alignment of its end not
 * counted. @return bytes; for a head of kind FVM_PE_X64 or
 * FVM_PE_I386 only */
uint64_t fvm_pe_least_cb(const uint8_t *head, size_t cb);
