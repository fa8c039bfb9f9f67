/* rooms/files/by_id.c: files by their number. What a listing and a handle tell is the number of the
 * file itself, the layer's or the host's, so it is looked for on both sides. */
#include "engine/real.h"
#include "rooms/files/files.h"

#include <string.h>

enum { BY_ID = FILE_OPEN_BY_FILE_ID | FILE_SYNCHRONOUS_IO_NONALERT | FILE_OPEN_FOR_BACKUP_INTENT };

/* @param path [out] in scratch->other */
static NTSTATUS find_below(struct fvm_str *path, struct files_scratch *scratch, HANDLE root,
                           const OBJECT_ATTRIBUTES *attr)
{
    OBJECT_ATTRIBUTES below = *attr;
    IO_STATUS_BLOCK io;
    HANDLE found;
    NTSTATUS status;

    below.RootDirectory = root;
    status = real.NtOpenFile(&found, FILE_READ_ATTRIBUTES | SYNCHRONIZE, &below, &io,
                             FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, BY_ID);
    if (!NT_SUCCESS(status))
        return status;
    status = files_path_of(path, scratch, found, NULL);
    real.NtClose(found);
    return NT_SUCCESS(status) && !path->cch ? STATUS_INVALID_PARAMETER : status;
}

static NTSTATUS find_in(struct fvm_str *path, struct files_scratch *scratch, struct fvm_str name,
                        const OBJECT_ATTRIBUTES *attr)
{
    HANDLE root;
    NTSTATUS status = files_open_real(&root, name, FILE_READ_ATTRIBUTES, FILE_OPEN, 0);

    if (!NT_SUCCESS(status))
        return status;
    status = find_below(path, scratch, root, attr);
    real.NtClose(root);
    return status;
}

/* The host has it below a directory that the VM moved: where is it now? */
static NTSTATUS move_path(struct fvm_str *path, struct files_scratch *scratch,
                          const struct files_place *root)
{
    struct fvm_buf text = {scratch->given, 0, FILES_NAME_CCH};
    struct fvm_str host = fvm_str_sub(root->host, 4, root->host.cch); /* without \??\ */
    fvm_status status;

    if (fvm_str_eq_fold(host, root->path.path) || !fvm_str_begins_fold(*path, host))
        return STATUS_SUCCESS;
    status = fvm_buf_add(&text, root->path.path);
    if (!fvm_failed(status))
        status = fvm_buf_add(&text, fvm_str_sub(*path, host.cch, path->cch));
    if (fvm_failed(status))
        return status;
    memcpy(scratch->other, text.s, text.cch * sizeof(*text.s));
    *path = (struct fvm_str){scratch->other, text.cch};
    return STATUS_SUCCESS;
}

NTSTATUS files_find_id(struct fvm_str *path, struct files_scratch *scratch,
                       const OBJECT_ATTRIBUTES *attr)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *of_root = files_scratch_get();
    struct files_place root;
    struct fvm_str at = {0};
    NTSTATUS status = of_root ? STATUS_SUCCESS : STATUS_NO_MEMORY, in_host;

    if (NT_SUCCESS(status) && attr->RootDirectory)
        status = files_path_of(&at, of_root, attr->RootDirectory, NULL);
    if (NT_SUCCESS(status) && at.cch)
        status = files_place_of(&root, of_root, at);
    if (!NT_SUCCESS(status))
        return status;
    if (!at.cch || root.hit.answer == FVM_INDEX_HOST)
        return find_below(path, scratch, attr->RootDirectory, attr);
    status = files_is_own(&root) ? find_in(path, scratch, root.layer, attr) : STATUS_NOT_FOUND;
    if (NT_SUCCESS(status) || !root.host.cch)
        return status;
    in_host = find_in(path, scratch, root.host, attr);
    if (NT_SUCCESS(in_host))
        return move_path(path, scratch, &root);
    return files_is_own(&root) ? status : in_host;
}
