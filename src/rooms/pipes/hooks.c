/* rooms/pipes/hooks.c: named pipes and mailslots. See README.md. */
#include "core/pipename.h"
#include "engine/capture.h"
#include "engine/engine.h"
#include "engine/image.h"
#include "engine/real.h"
#include "rooms/rooms.h"

#include <string.h>

FVM_STATE static NTSTATUS(NTAPI *control_below)(HANDLE, HANDLE, void *, void *, IO_STATUS_BLOCK *,
                                                ULONG, void *, ULONG, void *, ULONG);
FVM_STATE static NTSTATUS(NTAPI *query_below)(HANDLE, IO_STATUS_BLOCK *, void *, ULONG, ULONG);

/* FVM_CLEANUP(device_name) struct fvm_device_name name; */
static void fvm_cleanup_device_name(struct fvm_device_name *name)
{
    fvm_engine.device_release(name);
}

/**
 * Make a named pipe of the VM's.
 *
 * @return as NT; STATUS_ACCESS_DENIED a name that the whole Windows shares
 * @source nt:NtCreateNamedPipeFile; paper:pipes
 */
static NTSTATUS NTAPI pipes_NtCreateNamedPipeFile(HANDLE *handle, ACCESS_MASK access,
                                                  OBJECT_ATTRIBUTES *attr, IO_STATUS_BLOCK *io,
                                                  ULONG share, ULONG disposition, ULONG options,
                                                  ULONG type, ULONG read_mode, ULONG completion,
                                                  ULONG most, ULONG in_cb, ULONG out_cb,
                                                  LARGE_INTEGER *wait)
{
    FVM_CLEANUP(device_name) struct fvm_device_name name;
    NTSTATUS status = fvm_engine.device_find(&name, attr);

    return NT_SUCCESS(status) ? real.NtCreateNamedPipeFile(handle, access, name.attr, io, share,
                                                           disposition, options, type, read_mode,
                                                           completion, most, in_cb, out_cb, wait)
                              : status;
}

/** Make a mailslot of the VM's. @source nt:NtCreateMailslotFile; paper:pipes */
static NTSTATUS NTAPI pipes_NtCreateMailslotFile(HANDLE *handle, ACCESS_MASK access,
                                                 OBJECT_ATTRIBUTES *attr, IO_STATUS_BLOCK *io,
                                                 ULONG options, ULONG quota_cb, ULONG most_cb,
                                                 LARGE_INTEGER *wait)
{
    FVM_CLEANUP(device_name) struct fvm_device_name name;
    NTSTATUS status = fvm_engine.device_find(&name, attr);

    return NT_SUCCESS(status) ? real.NtCreateMailslotFile(handle, access, name.attr, io, options,
                                                          quota_cb, most_cb, wait)
                              : status;
}

/* --- waiting for a pipe of a name ------------------------------------------------------------- */

enum { FSCTL_PIPE_WAIT_ = 0x110018, NAME_CCH = 512 };

/* What FSCTL_PIPE_WAIT is given: FILE_PIPE_WAIT_FOR_BUFFER. */
struct pipe_wait {
    LARGE_INTEGER timeout;
    ULONG name_cb;
    BOOLEAN has_timeout;
    WCHAR name[NAME_CCH];
};

/* The caller's, with the real name. @param given [out] the name as it was
 * @return its bytes; 0: NT refuses it as it is */
static ULONG make_wait(struct pipe_wait *wait, struct fvm_buf *given, const void *in, ULONG in_cb)
{
    enum { LEAST_CB = 16 }; /* FILE_PIPE_WAIT_FOR_BUFFER with a name of one letter */
    ULONG cb;
    struct fvm_buf name = {wait->name, 0, NAME_CCH};

    if (in_cb < offsetof(struct pipe_wait, name) ||
        !NT_SUCCESS(fvm_copy_guarded(wait, in, offsetof(struct pipe_wait, name))) ||
        wait->name_cb % sizeof(WCHAR) || wait->name_cb > given->cap_cch * sizeof(WCHAR) ||
        wait->name_cb > in_cb - offsetof(struct pipe_wait, name) ||
        !NT_SUCCESS(fvm_copy_guarded(given->s, (const char *)in + offsetof(struct pipe_wait, name),
                                     wait->name_cb)))
        return 0;
    given->cch = wait->name_cb / (uint32_t)sizeof(WCHAR);
    if (given->cch && fvm_pipename_exception(fvm_buf_str(given)) < 0 &&
        fvm_failed(fvm_pipename_put_place(&name, fvm_engine.block->vm)))
        return 0;
    if (fvm_failed(fvm_buf_add(&name, fvm_buf_str(given))))
        return 0;
    wait->name_cb = name.cch * (ULONG)sizeof(WCHAR);
    cb = (ULONG)offsetof(struct pipe_wait, name) + wait->name_cb;
    return cb < LEAST_CB ? LEAST_CB : cb;
}

/**
 * Wait until a pipe of this name can be opened; all other control codes are the files room's.
 *
 * @return as NT; STATUS_INVALID_PARAMETER what is in the buffer is none, or a name too long for any
 *         pipe
 * @source nt:FSCTL_PIPE_WAIT; paper:pipes
 */
static NTSTATUS NTAPI pipes_NtFsControlFile(HANDLE handle, HANDLE event, void *apc, void *context,
                                            IO_STATUS_BLOCK *io, ULONG code, void *in, ULONG in_cb,
                                            void *out, ULONG out_cb)
{
    struct pipe_wait wait;
    WCHAR text[NAME_CCH];
    struct fvm_buf given = {text, 0, NAME_CCH};
    NTSTATUS status;
    ULONG cb;

    if (code != FSCTL_PIPE_WAIT_)
        return control_below(handle, event, apc, context, io, code, in, in_cb, out, out_cb);
    cb = make_wait(&wait, &given, in, in_cb);
    if (!cb)
        return STATUS_INVALID_PARAMETER;
    status = control_below(handle, event, apc, context, io, code, &wait, cb, out, out_cb);
    return status == STATUS_OBJECT_NAME_NOT_FOUND && fvm_engine.pipe_wake(fvm_buf_str(&given))
               ? control_below(handle, event, apc, context, io, code, &wait, cb, out, out_cb)
               : status;
}

/* --- names in answers ----------------------------------------------------------------------- */

/* The name in an answer of this class; NULL: there is none. */
static FILE_NAME_INFORMATION *name_in(void *info, ULONG class)
{
    enum { NAME = 9, ALL = 18, NORMALIZED_NAME = 48 };

    if (class == ALL)
        return &((FILE_ALL_INFORMATION *)info)->NameInformation;
    return class == NAME || class == NORMALIZED_NAME ? info : NULL;
}

/* As much of a pipe's name as there is room for. @param info [out] FILE_NAME_INFORMATION */
static NTSTATUS put_part(HANDLE handle, IO_STATUS_BLOCK *io, FILE_NAME_INFORMATION *info, ULONG cb,
                         NTSTATUS status)
{
    enum { NAME = 9 };
    struct {
        ULONG cb;
        WCHAR text[1024];
    } whole;
    IO_STATUS_BLOCK own_io;
    struct fvm_buf name;
    ULONG head_cb = (ULONG)offsetof(FILE_NAME_INFORMATION, FileName), name_cb;

    if (query_below(handle, &own_io, &whole, sizeof(whole), NAME) != STATUS_SUCCESS)
        return status;
    name = (struct fvm_buf){whole.text, whole.cb / (uint32_t)sizeof(WCHAR), 0};
    if (!fvm_pipename_unmap(&name, fvm_engine.block->vm))
        return status;
    name_cb = name.cch * (ULONG)sizeof(WCHAR);
    if (head_cb + name_cb <= cb) {
        status = STATUS_SUCCESS;
        cb = head_cb + name_cb;
    }
    info->FileNameLength = name_cb;
    memcpy(info->FileName, name.s, cb - head_cb);
    *io = (IO_STATUS_BLOCK){.Status = status, .Information = cb};
    return status;
}

/**
 * Ask about an open file or pipe; a pipe's name is the virtual one.
 *
 * @return as NT; where a pipe's real name does not fit and the virtual one does, STATUS_SUCCESS
 * @source nt:NtQueryInformationFile; paper:pipes
 */
static NTSTATUS NTAPI pipes_NtQueryInformationFile(HANDLE handle, IO_STATUS_BLOCK *io, void *info,
                                                   ULONG cb, ULONG class)
{
    NTSTATUS status = query_below(handle, io, info, cb, class);
    FILE_NAME_INFORMATION *told = name_in(info, class);
    ULONG before;
    struct fvm_buf name;

    if (told && status == STATUS_BUFFER_OVERFLOW && (void *)told == info)
        return put_part(handle, io, told, cb, status);
    if (!told || status != STATUS_SUCCESS)
        return status;
    name = (struct fvm_buf){told->FileName, told->FileNameLength / (uint32_t)sizeof(WCHAR), 0};
    before = told->FileNameLength;
    if (!fvm_pipename_unmap(&name, fvm_engine.block->vm))
        return status;
    told->FileNameLength = name.cch * (ULONG)sizeof(WCHAR);
    io->Information -= before - told->FileNameLength;
    return status;
}

static const struct fvm_hook hooks[] = {FVM_HOOK(pipes, NtCreateNamedPipeFile),
                                        FVM_HOOK(pipes, NtCreateMailslotFile),
                                        FVM_HOOK_OVER(pipes, NtFsControlFile, &control_below),
                                        FVM_HOOK_OVER(pipes, NtQueryInformationFile, &query_below),
                                        {0}};
const struct fvm_room fvm_room_pipes = {.name = "pipes", .hooks = hooks};
