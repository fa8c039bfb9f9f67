/* core/status.h: NT status codes as plain numbers, so that portable code and the NT engine share
 * one currency. */
#pragma once
#include "core/base.h"

typedef int32_t fvm_status;

#define FVM_OK ((fvm_status)0)
/* Customer bit, success: "not ours, call the host unchanged". */
#define FVM_PASS          ((fvm_status)0x20000001)
#define FVM_NO_MEMORY     ((fvm_status)0xC0000017) /* STATUS_NO_MEMORY */
#define FVM_INVALID       ((fvm_status)0xC000000D) /* STATUS_INVALID_PARAMETER */
#define FVM_NAME_INVALID  ((fvm_status)0xC0000033) /* STATUS_OBJECT_NAME_INVALID */
#define FVM_NOT_FOUND     ((fvm_status)0xC0000034) /* STATUS_OBJECT_NAME_NOT_FOUND */
#define FVM_NAME_TOO_LONG ((fvm_status)0xC0000106) /* STATUS_NAME_TOO_LONG */
#define FVM_CORRUPT                                                                                \
    ((fvm_status)0xC0000032) /* STATUS_DISK_CORRUPT_ERROR: text that does not parse */
#define FVM_NEWER_FORMAT                                                                           \
    ((fvm_status)0xC0000059) /* STATUS_REVISION_MISMATCH: made by a newer FVM */

static inline bool fvm_failed(fvm_status status)
{
    return status < 0;
}
