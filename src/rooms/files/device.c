/* rooms/files/device.c: names that are no files', on their way to NT: pipes and mailslots are in a
 * place of the VM's own. For this room's calls, and for the pipes room. */
#include "core/pipename.h"
#include "engine/capture.h"
#include "engine/engine.h"
#include "engine/real.h"
#include "rooms/files/device.h"

/* A name relative to the root of all pipes. @return FVM_PASS: to something else */
static NTSTATUS find_pipe_root(struct fvm_ntpath *path, const OBJECT_ATTRIBUTES *attr,
                               struct files_scratch *scratch)
{
    enum { OBJECT_NAME = 1 };
    struct {
        UNICODE_STRING name;
        WCHAR text[64];
    } answer;
    UNICODE_STRING given;
    struct fvm_str name;

    if (!attr->ObjectName ||
        !NT_SUCCESS(fvm_copy_guarded(&given, attr->ObjectName, sizeof(given))) ||
        given.Length < sizeof(WCHAR) || given.Length % sizeof(WCHAR) ||
        !NT_SUCCESS(
            real.NtQueryObject(attr->RootDirectory, OBJECT_NAME, &answer, sizeof(answer), NULL)))
        return FVM_PASS;
    name = (struct fvm_str){answer.name.Buffer, answer.name.Length / (uint32_t)sizeof(WCHAR)};
    name.cch -= name.cch && name.s[name.cch - 1] == '\\';
    if (fvm_str_eq_fold(name, FVM_STR(u"\\Device\\NamedPipe")))
        path->kind = FVM_NTPATH_PIPE;
    else if (fvm_str_eq_fold(name, FVM_STR(u"\\Device\\MailSlot")))
        path->kind = FVM_NTPATH_MAILSLOT;
    else
        return FVM_PASS;
    path->path = (struct fvm_str){scratch->virtual, given.Length / (uint32_t)sizeof(WCHAR)};
    return fvm_copy_guarded(scratch->virtual, given.Buffer, given.Length);
}

enum { MOST_CCH = 32766 }; /* of a UNICODE_STRING that ends with a zero */

/* Where NT has it. @param creates the VM's own server is to be there */
static NTSTATUS rename_device(struct fvm_buf *out, const struct fvm_ntpath *path, bool creates)
{
    bool is_pipe = path->kind == FVM_NTPATH_PIPE;
    int exception = is_pipe ? fvm_pipename_exception(path->path) : -1;
    fvm_status status =
        fvm_buf_add(out, is_pipe ? FVM_STR(u"\\??\\PIPE\\") : FVM_STR(u"\\??\\MAILSLOT\\"));

    if (exception >= 0 && creates)
        return STATUS_ACCESS_DENIED;
    if (exception >= 0)
        __atomic_fetch_add(&fvm_engine.block->pipe_exception_uses[exception], 1, __ATOMIC_RELAXED);
    else if (!fvm_failed(status))
        status = fvm_pipename_put_place(out, fvm_engine.block->vm);
    if (!fvm_failed(status))
        status = fvm_buf_add(out, path->path);
    return fvm_failed(status) || out->cch > MOST_CCH ? STATUS_OBJECT_NAME_INVALID : STATUS_SUCCESS;
}

NTSTATUS files_device_attr(OBJECT_ATTRIBUTES **out, struct files_device *device,
                           OBJECT_ATTRIBUTES *given, const struct files_place *place,
                           struct files_scratch *scratch, bool creates)
{
    struct fvm_ntpath path = place->path;
    struct fvm_buf room = {scratch->layer, 0, FILES_NAME_CCH};
    NTSTATUS status;

    *out = given;
    if (!NT_SUCCESS(fvm_copy_guarded(&device->attr, given, sizeof(*given))))
        return STATUS_SUCCESS;
    if (device->attr.RootDirectory && !path.path.cch) {
        status = find_pipe_root(&path, &device->attr, scratch);
        if (status == FVM_PASS || !NT_SUCCESS(status))
            return STATUS_SUCCESS; /* NT answers */
    }
    if (!path.path.cch || (path.kind != FVM_NTPATH_PIPE && path.kind != FVM_NTPATH_MAILSLOT))
        return STATUS_SUCCESS;
    status = rename_device(&room, &path, creates);
    if (!NT_SUCCESS(status))
        return status;
    device->text = (UNICODE_STRING){.Length = (USHORT)(room.cch * sizeof(WCHAR)),
                                    .MaximumLength = (USHORT)(room.cch * sizeof(WCHAR)),
                                    .Buffer = room.s};
    device->attr.RootDirectory = NULL;
    device->attr.ObjectName = &device->text;
    *out = &device->attr;
    return STATUS_SUCCESS;
}

static bool has_name(const OBJECT_ATTRIBUTES *given)
{
    OBJECT_ATTRIBUTES attr;
    UNICODE_STRING name;

    return NT_SUCCESS(fvm_copy_guarded(&attr, given, sizeof(attr))) && attr.ObjectName &&
           NT_SUCCESS(fvm_copy_guarded(&name, attr.ObjectName, sizeof(name))) &&
           name.Length % sizeof(WCHAR) == 0;
}

static NTSTATUS find_for_pipes(struct fvm_device_name *out, OBJECT_ATTRIBUTES *given)
{
    struct files_scratch *scratch = files_scratch_get();
    struct files_device device;
    struct files_place place;
    NTSTATUS status = STATUS_NO_MEMORY;

    *out = (struct fvm_device_name){.attr = given, .owner = scratch};
    if (!given || !has_name(given))
        return STATUS_SUCCESS; /* NT says so */
    if (scratch)
        status = files_resolve(&place, scratch, given, true);
    if (NT_SUCCESS(status))
        status = files_device_attr(&out->attr, &device, given, &place, scratch, true);
    if (!NT_SUCCESS(status) || out->attr == given)
        return status;
    out->text = device.text;
    out->renamed = device.attr;
    out->renamed.ObjectName = &out->text;
    out->attr = &out->renamed;
    return STATUS_SUCCESS;
}

static void release_for_pipes(struct fvm_device_name *name)
{
    struct files_scratch *scratch = name->owner;

    fvm_cleanup_files_scratch(&scratch);
}

void files_device_start(void)
{
    fvm_engine.device_find = find_for_pipes;
    fvm_engine.device_release = release_for_pipes;
}
