/* rooms/processes/answers.c: what is told of a process that can be reached: the path of its image,
 * and its parent. */
#include "engine/capture.h"
#include "engine/image.h"
#include "engine/real.h"
#include "rooms/processes/handlers.h"
#include "rooms/processes/processes.h"

#include <string.h>

enum { BASIC = 0, IMAGE_FILE_NAME = 27, IMAGE_FILE_NAME_WIN32 = 43 };
enum { PATH_CCH = 1024 }; /* of an image; a longer one is told as it really is */

FVM_STATE NTSTATUS(NTAPI *processes_query_below)(HANDLE, ULONG, void *, ULONG, ULONG *);

NTSTATUS processes_start(void)
{
    RTL_USER_PROCESS_PARAMETERS *params =
        NtCurrentTeb()->ProcessEnvironmentBlock->ProcessParameters;
    UNICODE_STRING *image = &params->ImagePathName;
    struct fvm_str path = {image->Buffer, image->Length / sizeof(WCHAR)}, rest;
    uint16_t drive = fvm_block_drive(fvm_engine.block, path, &rest);

    if (!drive)
        return STATUS_SUCCESS;
    /* The host wrote down where it found the file. The virtual path is shorter. */
    image->Buffer[0] = drive;
    image->Buffer[1] = ':';
    memmove(image->Buffer + 2, rest.s, rest.cch * sizeof(WCHAR));
    image->Buffer[2 + rest.cch] = 0;
    image->Length = (USHORT)((2 + rest.cch) * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

/* An image's path as Wine gives it: NT path or without what stands in front, no zero behind it. */
static NTSTATUS give_path(uint16_t drive, struct fvm_str rest, ULONG class, void *info, ULONG cb,
                          ULONG *needed)
{
    WCHAR begin[] = {'\\', '?', '?', '\\', drive, ':'};
    ULONG skip_cb = class == IMAGE_FILE_NAME ? 0 : 4 * sizeof(*begin);
    ULONG begin_cb = sizeof(begin) - skip_cb, rest_cb = rest.cch * (ULONG)sizeof(*rest.s);
    char *text = (char *)info + sizeof(UNICODE_STRING);
    UNICODE_STRING name = {.Length = (USHORT)(begin_cb + rest_cb), .Buffer = (WCHAR *)(void *)text};
    ULONG whole_cb = sizeof(name) + name.Length;
    NTSTATUS status = STATUS_SUCCESS;

    name.MaximumLength = name.Length;
    if (needed)
        status = fvm_copy_guarded(needed, &whole_cb, sizeof(whole_cb));
    if (NT_SUCCESS(status) && cb < whole_cb)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (NT_SUCCESS(status))
        status = fvm_copy_guarded(info, &name, sizeof(name));
    if (NT_SUCCESS(status))
        status = fvm_copy_guarded(text, (const char *)begin + skip_cb, begin_cb);
    return NT_SUCCESS(status) ? fvm_copy_guarded(text + begin_cb, rest.s, rest_cb) : status;
}

static NTSTATUS query_path(HANDLE process, ULONG class, void *info, ULONG cb, ULONG *needed)
{
    struct {
        UNICODE_STRING name;
        WCHAR text[PATH_CCH];
    } found;
    struct fvm_str path, rest;
    uint16_t drive = 0;

    if (NT_SUCCESS(real.NtQueryInformationProcess(process, IMAGE_FILE_NAME_WIN32, &found,
                                                  sizeof(found), NULL))) {
        path = (struct fvm_str){found.name.Buffer, found.name.Length / sizeof(WCHAR)};
        drive = fvm_block_drive(fvm_engine.block, path, &rest);
    }
    return drive ? give_path(drive, rest, class, info, cb, needed)
                 : processes_query_below(process, class, info, cb, needed);
}

/**
 * Ask about a process: the virtual path of its image; a parent outside is not told.
 *
 * @source nt:NtQueryInformationProcess; paper:image-paths
 */
NTSTATUS NTAPI processes_NtQueryInformationProcess(HANDLE process, ULONG class, void *info,
                                                   ULONG cb, ULONG *needed)
{
    NT_PROCESS_BASIC *basic = info;
    NTSTATUS status;

    if (class == IMAGE_FILE_NAME || class == IMAGE_FILE_NAME_WIN32)
        return query_path(process, class, info, cb, needed);
    status = processes_query_below(process, class, info, cb, needed);
    if (class == BASIC && NT_SUCCESS(status))
        basic->InheritedFromUniqueProcessId = (ULONG_PTR)processes_shown_parent(
            fvm_engine.block, (HANDLE)basic->InheritedFromUniqueProcessId);
    return status;
}
