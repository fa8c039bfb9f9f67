/* rooms/processes/consoles.c: whose console a program of the VM may join by a process' number. */
#include "engine/capture.h"
#include "engine/engine.h"
#include "engine/real.h"
#include "rooms/processes/handlers.h"
#include "rooms/processes/processes.h"

enum {
    /* AttachConsole, as seen in Wine 8.0's kernelbase: the input is a process' number. On Windows
     * the request goes to the console's driver in another form: not seen. */
    CONSOLE_BIND_PID = 0x5000cc
};
#define PARENT 0xffffffffu /* a child of fvmstart's shares its console anyway */

/**
 * Join the console of a process of the VM; any other number is one that does not exist.
 *
 * @source nt:NtDeviceIoControlFile; paper:process-visibility
 */
NTSTATUS NTAPI processes_NtDeviceIoControlFile(HANDLE handle, HANDLE event, void *apc,
                                               void *context, IO_STATUS_BLOCK *io, ULONG code,
                                               void *in, ULONG in_cb, void *out, ULONG out_cb)
{
    UINT32 number;
    CLIENT_ID id = {0};
    HANDLE held;
    NTSTATUS status;

    if (code != CONSOLE_BIND_PID || in_cb != sizeof(number))
        return real.NtDeviceIoControlFile(handle, event, apc, context, io, code, in, in_cb, out,
                                          out_cb);
    status = fvm_copy_guarded(&number, in, sizeof(number));
    if (!NT_SUCCESS(status))
        return status;
    id.UniqueProcess = (HANDLE)(ULONG_PTR)number;
    if (number == PARENT)
        return real.NtDeviceIoControlFile(handle, event, apc, context, io, code, &number,
                                          sizeof(number), out, out_cb);
    status = processes_hold(&held, &id);
    if (!NT_SUCCESS(status))
        return status;
    status = real.NtDeviceIoControlFile(handle, event, apc, context, io, code, &number,
                                        sizeof(number), out, out_cb);
    real.NtClose(held);
    return status;
}
