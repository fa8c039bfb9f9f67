/* rooms/files/control.c: what can be asked of a file besides reading and writing it: control codes,
 * locks, extended attributes, its volume. A handle on the host's file changes nothing by them. */
#include "engine/engine.h"
#include "engine/real.h"
#include "rooms/files/files.h"
#include "rooms/files/handlers.h"

#include <string.h>

/**
 * Control a file.
 *
 * @return NT's; STATUS_ACCESS_DENIED what would change the host's file or volume;
 *         STATUS_OPLOCK_NOT_GRANTED the host's own users would have to wait for the VM
 * @source nt:NtFsControlFile; paper:files
 */
NTSTATUS NTAPI files_NtFsControlFile(HANDLE handle, HANDLE event, void *apc, void *context,
                                     IO_STATUS_BLOCK *io, ULONG code, void *in, ULONG in_cb,
                                     void *out, ULONG out_cb)
{
    enum files_control control = files_control_of(code);
    NTSTATUS status = STATUS_SUCCESS;

    if (control == FILES_CONTROL_VOLUME)
        return STATUS_ACCESS_DENIED;
    if (control != FILES_CONTROL_READS)
        status = files_check_private(handle);
    if (status == STATUS_ACCESS_DENIED && control == FILES_CONTROL_OPLOCK)
        return STATUS_OPLOCK_NOT_GRANTED;
    if (!NT_SUCCESS(status))
        return status;
    return real.NtFsControlFile(handle, event, apc, context, io, code, in, in_cb, out, out_cb);
}

/** @source nt:NtSetEaFile; paper:files */
NTSTATUS NTAPI files_NtSetEaFile(HANDLE handle, IO_STATUS_BLOCK *io, void *ea, ULONG cb)
{
    NTSTATUS status = files_check_private(handle);

    return NT_SUCCESS(status) ? real.NtSetEaFile(handle, io, ea, cb) : status;
}

/* --- locks: of the host's file, in a file of the layer's that stands for it ---------------------
 */

/* <layer>\work\lock-<hash of the virtual path>: one for all handles and processes of the VM. */
static NTSTATUS open_lock_file(HANDLE *file, struct fvm_str path, struct files_scratch *scratch)
{
    struct fvm_buf text = {scratch->layer, 0, FILES_NAME_CCH};
    uint64_t hash =
        (uint64_t)fvm_str_hash_fold(path, 1) << 32 | fvm_str_hash_fold(path, 0x9e3779b9U);
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attr;
    IO_STATUS_BLOCK io;

    fvm_buf_add(&text, fvm_block_str(&fvm_engine.block->layer));
    fvm_buf_add(&text, FVM_STR(u"\\work\\lock-"));
    for (int shift = 60; shift >= 0; shift -= 4)
        fvm_buf_add_unit(&text, u"0123456789abcdef"[hash >> shift & 15]);
    files_attr(&attr, &name, fvm_buf_str(&text), 0);
    return real.NtCreateFile(file, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attr, &io, NULL,
                             FILE_ATTRIBUTE_NORMAL,
                             FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, FILE_OPEN_IF,
                             FILE_NON_DIRECTORY_FILE, NULL, 0);
}

/* The handle that locks are taken through. @param make open the file that stands for the host's
 * @return the caller's own, or that; NULL no memory */
static HANDLE find_locks(HANDLE handle, bool make)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = NULL;
    struct files_slot *slot = files_slot(handle, true);
    struct files_shared *shared = slot ? slot->shared : NULL;
    HANDLE opened, none = NULL;
    struct fvm_str path;

    if (shared && shared->locks)
        return shared->locks;
    opened = files_follow(handle);
    if (opened != handle)
        return opened;
    /* A directory cannot be locked: the call itself says so. */
    if (!make || !slot || files_check_private(handle) != STATUS_ACCESS_DENIED ||
        files_kind(handle) == FILES_DIRECTORY)
        return handle;
    shared = files_shared(slot);
    scratch = files_scratch_get();
    if (!shared || !scratch || !NT_SUCCESS(files_path_of(&path, scratch, handle, NULL)) ||
        !NT_SUCCESS(open_lock_file(&opened, path, scratch)))
        return NULL;
    if (!__atomic_compare_exchange_n(&shared->locks, &none, opened, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE))
        real.NtClose(opened);
    return shared->locks;
}

/* Would NT let this handle lock? It must read or write, and be a file. */
static NTSTATUS check_lock(HANDLE handle)
{
    PUBLIC_OBJECT_BASIC_INFORMATION basic;
    NTSTATUS status = real.NtQueryObject(handle, 0, &basic, sizeof(basic), NULL);

    if (NT_SUCCESS(status) && !(basic.GrantedAccess & (FILE_READ_DATA | FILE_WRITE_DATA)))
        status = STATUS_ACCESS_DENIED;
    return status;
}

/**
 * Lock a part of a file. Of the host's file it is a lock among the VM's programs.
 *
 * @source nt:NtLockFile; paper:files
 */
NTSTATUS NTAPI files_NtLockFile(HANDLE handle, HANDLE event, void *apc, void *context,
                                IO_STATUS_BLOCK *io, LARGE_INTEGER *at, LARGE_INTEGER *cb,
                                ULONG *key, BOOLEAN at_once, BOOLEAN exclusive)
{
    HANDLE locks = find_locks(handle, true);
    /* Wine asks for no right. */
    bool is_checked = locks != handle && !real.__wine_unix_spawnvp;
    NTSTATUS status = is_checked ? check_lock(handle) : STATUS_SUCCESS;

    if (!locks)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!NT_SUCCESS(status))
        return status;
    return real.NtLockFile(locks, event, apc, context, io, at, cb, key, at_once, exclusive);
}

/** @source nt:NtUnlockFile; paper:files */
NTSTATUS NTAPI files_NtUnlockFile(HANDLE handle, IO_STATUS_BLOCK *io, LARGE_INTEGER *at,
                                  LARGE_INTEGER *cb, ULONG *key)
{
    return real.NtUnlockFile(find_locks(handle, false), io, at, cb, key);
}

/* --- volumes ----------------------------------------------------------------------------- */

/* The root of the host's drive that a file of the layer's is seen on. @return NULL: of none */
static HANDLE open_root(HANDLE handle)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = files_scratch_get();
    uint16_t root[] = u"\\??\\C:\\";
    struct fvm_str path;
    bool is_private;
    HANDLE opened;

    if (!scratch || !NT_SUCCESS(files_path_of(&path, scratch, handle, &is_private)) ||
        !is_private || path.cch < 3)
        return NULL;
    root[4] = path.s[0];
    if (!NT_SUCCESS(files_open_real(&opened, (struct fvm_str){root, ARRAY_LEN(root) - 1},
                                    FILE_READ_ATTRIBUTES, FILE_OPEN, FILE_DIRECTORY_FILE)))
        return NULL;
    return opened;
}

/**
 * The volume of a file: of the VM's own, that which the host has the drive on.
 *
 * @source nt:NtQueryVolumeInformationFile; paper:files
 */
NTSTATUS NTAPI files_NtQueryVolumeInformationFile(HANDLE handle, IO_STATUS_BLOCK *io, void *info,
                                                  ULONG cb, ULONG class)
{
    enum { DEVICE = 4 };
    struct files_slot *slot = files_slot(handle, false);
    NTSTATUS status = real.NtQueryVolumeInformationFile(handle, io, info, cb, class);
    HANDLE root;

    /* The kind of device is the same, and asked for of every standard handle. */
    if (class == DEVICE || (slot && slot->side == FILES_SIDE_HOST) ||
        (!NT_SUCCESS(status) && status != STATUS_BUFFER_OVERFLOW))
        return status;
    root = open_root(handle);
    if (!root)
        return status;
    status = real.NtQueryVolumeInformationFile(root, io, info, cb, class);
    real.NtClose(root);
    return status;
}

/** A volume is the host's. @source nt:NtSetVolumeInformationFile; paper:files */
NTSTATUS NTAPI files_NtSetVolumeInformationFile(HANDLE handle, IO_STATUS_BLOCK *io, void *info,
                                                ULONG cb, ULONG class)
{
    (void)handle, (void)io, (void)info, (void)cb, (void)class;
    return STATUS_ACCESS_DENIED;
}

bool files_volume_id(HANDLE handle, uint64_t *serial)
{
    enum { ID_CLASS = 59 };
    struct {
        uint64_t serial, id[2];
    } info;
    IO_STATUS_BLOCK io;
    HANDLE root = open_root(handle);
    bool found =
        root && NT_SUCCESS(real.NtQueryInformationFile(root, &io, &info, sizeof(info), ID_CLASS));

    if (root)
        real.NtClose(root);
    if (found)
        *serial = info.serial;
    return found;
}
