/* rooms/services/services.h: the VM's own service manager. Private to this room. */
#pragma once
#include "core/str.h"
#include "engine/nt.h"

/* --- manager.c -------------------------------------------------------------------------------- */
/**
 * A pipe is not there: is it the service manager's? Then have it started, and wait until it is.
 *
 * @param path what stands behind \??\pipe\
 * @return true: it may be there now; false: another pipe, or nobody starts it for us
 */
bool services_wake(struct fvm_str path);

/* --- database.c ------------------------------------------------------------------------------- */
extern NTSTATUS(NTAPI *services_query_below)(HANDLE, UNICODE_STRING *, ULONG, void *, ULONG,
                                             ULONG *);
/** What the service manager reads of its database: the host's automatic services are not started
 * with the VM's. @source nt:NtQueryValueKey; paper:services */
NTSTATUS NTAPI services_NtQueryValueKey(HANDLE key, UNICODE_STRING *name, ULONG class, void *info,
                                        ULONG cb, ULONG *needed);
