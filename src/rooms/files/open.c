/* rooms/files/open.c: NtCreateFile and NtOpenFile: where is the file that is meant, and must it
 * become the VM's own first? */
#include "rooms/files/files.h"
#include "rooms/files/device.h"

#include "engine/capture.h"
#include "engine/engine.h"
#include "engine/image.h"
#include "engine/real.h"
#include "rooms/files/handlers.h"
#include "rooms/files/journal.h"

enum { SHARE_ALL = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE };

/* One call, as the caller made it. */
struct opening {
    HANDLE *handle;
    ACCESS_MASK access;
    IO_STATUS_BLOCK *io;
    LARGE_INTEGER *size;
    ULONG attributes, share, disposition, options;
    void *ea;
    ULONG ea_cb;
    bool is_to_delete; /* the engine is to see to it, when the handle is closed */
};

/* Did this process open a directory of the host's that it does not share with all? */
FVM_STATE static bool has_unshared;

/* What the new handle is open on is known until it is closed. A directory's path is kept: names may
 * be given relative to it, and it is looked at when it is listed. */
static void note_handle(const struct opening *opening, const struct files_place *place,
                        enum files_side side)
{
    files_slot_set(*opening->handle, side);
    if (side == FILES_SIDE_HOST && place->hit.answer == FVM_INDEX_BELOW_MOVED)
        files_slot_keep_path(*opening->handle, place->path.path);
    if (side != FILES_SIDE_UNKNOWN &&
        (opening->options & FILE_DIRECTORY_FILE || files_is_merged(place) ||
         place->hit.flags & FVM_INDEX_EMPTIED || files_is_told_short(place->path.path)))
        files_slot_keep_path_now(*opening->handle, place->path.path);
    else if (side == FILES_SIDE_HOST && !(opening->options & FILE_NON_DIRECTORY_FILE))
        files_slot_keep_path_opened(*opening->handle, place->path.path);
    if (side == FILES_SIDE_HOST && !(opening->options & FILE_NON_DIRECTORY_FILE) &&
        opening->share != SHARE_ALL)
        has_unshared = true;
    if (side == FILES_SIDE_HOST && !(opening->options & FILE_DIRECTORY_FILE))
        files_follow_begin(*opening->handle, opening->share, opening->options);
    if (opening->is_to_delete)
        files_slot_delete_at_close(*opening->handle);
}

static NTSTATUS call_real(const struct opening *opening, const struct files_place *place,
                          struct fvm_str name, ULONG disposition)
{
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attr;
    NTSTATUS status;

    files_attr(&attr, &text, name, place->attributes);
    attr.SecurityDescriptor = place->security;
    attr.SecurityQualityOfService = place->quality;
    status = real.NtCreateFile(opening->handle, opening->access, &attr, opening->io, opening->size,
                               opening->attributes, opening->share, disposition, opening->options,
                               opening->ea, opening->ea_cb);
    if (NT_SUCCESS(status))
        note_handle(opening, place, name.s == place->layer.s ? FILES_SIDE_LAYER : FILES_SIDE_HOST);
    return status;
}

/* What the host has at a place, without opening it. */
static NTSTATUS look_at_host(const struct files_place *place, FILE_BASIC_INFORMATION *info)
{
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attr;

    struct fvm_str name = place->host;

    /* A drive without its backslash is the volume. */
    if (place->path.flags & FVM_NTPATH_TRAILING && fvm_ntpath_last(place->path.path).cch)
        name.cch--;
    files_attr(&attr, &text, name, 0);
    return real.NtQueryAttributesFile(&attr, info);
}

/* A directory of both is to go when its handle is closed. @param opening its options are those to
 * open it with */
static NTSTATUS prepare_to_delete(struct opening *opening, const struct files_place *place)
{
    NTSTATUS status;

    /* Without the right to delete, the call itself refuses. */
    if (!(opening->options & FILE_DELETE_ON_CLOSE) || !files_is_merged(place) ||
        !(opening->access & (DELETE | GENERIC_ALL)))
        return STATUS_SUCCESS;
    /* Not empty, it stays if it still is not when the handle is closed; the layer's part of it may
     * be empty. Empty, nothing of the host's may show when it is gone. */
    if (files_check_empty(place, NULL) == STATUS_DIRECTORY_NOT_EMPTY) {
        opening->options &= ~(ULONG)FILE_DELETE_ON_CLOSE;
        opening->is_to_delete = true;
        return STATUS_SUCCESS;
    }
    status = files_journal_opaque(place->path.path);
    if (NT_SUCCESS(status))
        fvm_index_flags(files_index(), place->hit.node, FVM_INDEX_EMPTIED, FVM_INDEX_MERGED, NULL);
    return status;
}

/* Would the host's file let this opener in, beside those that have it open? Nothing is changed.
 * Who is in the way may be another VM that asks the same: that is over at once. */
static NTSTATUS check_sharing(const struct opening *opening, const struct files_place *place)
{
    enum { FIRST_WAIT_100NS = 10000, LAST_WAIT_100NS = 160000 };
    struct opening probe = *opening;
    IO_STATUS_BLOCK io;
    HANDLE handle;
    NTSTATUS status;

    probe.handle = &handle;
    probe.io = &io;
    probe.options &= ~(ULONG)FILE_DELETE_ON_CLOSE;
    for (LARGE_INTEGER wait = {.QuadPart = -FIRST_WAIT_100NS};; wait.QuadPart *= 2) {
        status = call_real(&probe, place, place->host, FILE_OPEN);
        if (status != STATUS_SHARING_VIOLATION || wait.QuadPart < -LAST_WAIT_100NS)
            break;
        real.NtDelayExecution(FALSE, &wait);
    }
    if (NT_SUCCESS(status))
        files_NtClose(handle);
    return status == STATUS_SHARING_VIOLATION ? status : STATUS_SUCCESS;
}

/* A directory of both may be open on the host's side since before the layer had it. It is only
 * looked at where it could matter. */
static NTSTATUS check_merged_sharing(const struct opening *opening, const struct files_place *place)
{
    if (!files_is_merged(place) || !place->host.cch || opening->disposition == FILE_CREATE ||
        (opening->share == SHARE_ALL && !has_unshared))
        return STATUS_SUCCESS;
    return check_sharing(opening, place);
}

/* Open what the layer has, or has not. */
static NTSTATUS open_layer(const struct opening *opening, struct files_place *place)
{
    struct opening once = *opening;
    struct fvm_index_writer writer = files_writer_here();
    NTSTATUS status = check_merged_sharing(opening, place);

    if (NT_SUCCESS(status))
        status = prepare_to_delete(&once, place);
    if (!NT_SUCCESS(status))
        return status;
    if (files_may_create(opening->disposition))
        files_respell_layer(place);
    status = call_real(&once, place, place->layer, opening->disposition);
    /* Deleted, and made again in another spelling. */
    if (status == STATUS_SUCCESS && files_may_create(opening->disposition) &&
        place->hit.answer == FVM_INDEX_IS_OWN && opening->io->Information == FILE_CREATED) {
        files_made_anew(place);
        fvm_index_rename(files_index(), place->path.path, place->path.path, &writer);
    }
    return status;
}

/* A new name: the layer gets it. What the host has above it is there, for the host said so. */
static NTSTATUS create_new(const struct opening *opening, struct files_place *place,
                           struct files_scratch *scratch)
{
    NTSTATUS status = files_check_options(opening->access, opening->disposition, opening->options);

    if (!NT_SUCCESS(status))
        return status;
    if (place->path.flags & FVM_NTPATH_TRAILING && !(opening->options & FILE_DIRECTORY_FILE))
        return STATUS_OBJECT_NAME_INVALID;
    status = files_make_parents(place);
    /* The parents' spelling may be the host's now. */
    if (NT_SUCCESS(status))
        status = files_locate(place, scratch);
    if (NT_SUCCESS(status))
        status = call_real(opening, place, place->layer, opening->disposition);
    if (NT_SUCCESS(status) && status != STATUS_PENDING) {
        bool is_directory = opening->options & FILE_DIRECTORY_FILE;
        NTSTATUS marked = files_mark(place, is_directory ? FVM_INDEX_DIRECTORY : 0);

        if (!NT_SUCCESS(marked)) {
            files_NtClose(*opening->handle);
            return marked;
        }
    }
    return status;
}

/* The host has the name: the VM changes a copy of it. */
static NTSTATUS change_copy(const struct opening *opening, struct files_place *place,
                            struct files_scratch *scratch, const FILE_BASIC_INFORMATION *info)
{
    bool overwrites = files_overwrites(opening->disposition);
    bool is_directory = info->FileAttributes & FILE_ATTRIBUTE_DIRECTORY;
    struct opening once = *opening;
    NTSTATUS status;

    if (opening->disposition == FILE_CREATE)
        return STATUS_OBJECT_NAME_COLLISION;
    /* A backslash at the end names a directory. */
    if (place->path.flags & FVM_NTPATH_TRAILING && !is_directory)
        return STATUS_OBJECT_NAME_INVALID;
    /* What cannot succeed shall not leave a copy behind. */
    if (is_directory && (overwrites || opening->options & FILE_NON_DIRECTORY_FILE))
        return overwrites && !(opening->options & FILE_NON_DIRECTORY_FILE)
                   ? STATUS_OBJECT_NAME_COLLISION
                   : STATUS_FILE_IS_A_DIRECTORY;
    if (!is_directory && opening->options & FILE_DIRECTORY_FILE)
        return STATUS_NOT_A_DIRECTORY;
    status = check_sharing(opening, place);
    if (NT_SUCCESS(status))
        /* With its content, even to be overwritten: the call may still fail (a read-only file), and
         * then the file is as it was. */
        status = files_copy_up(place, scratch);
    if (NT_SUCCESS(status))
        status = files_locate(place, scratch);
    if (NT_SUCCESS(status))
        status = prepare_to_delete(&once, place);
    if (!NT_SUCCESS(status))
        return status;
    return call_real(&once, place, place->layer, opening->disposition);
}

static NTSTATUS open_host(const struct opening *opening, struct files_place *place,
                          struct files_scratch *scratch)
{
    bool changes = files_wants_change(opening->access, opening->options);
    FILE_BASIC_INFORMATION info;
    NTSTATUS status;

    if (!changes && opening->disposition == FILE_OPEN)
        return call_real(opening, place, place->host, FILE_OPEN);
    if (!changes && opening->disposition == FILE_OPEN_IF) {
        status = call_real(opening, place, place->host, FILE_OPEN);
        if (status != STATUS_OBJECT_NAME_NOT_FOUND)
            return status;
    }
    status = look_at_host(place, &info);
    if (NT_SUCCESS(status)) {
        if (opening->disposition != FILE_CREATE) /* is told of the name before all else */
            status = files_check_options(opening->access, opening->disposition, opening->options);
        return NT_SUCCESS(status) ? change_copy(opening, place, scratch, &info) : status;
    }
    if (status != STATUS_OBJECT_NAME_NOT_FOUND || opening->disposition == FILE_OPEN ||
        opening->disposition == FILE_OVERWRITE)
        return call_real(opening, place, place->host, FILE_OPEN);
    return create_new(opening, place, scratch);
}

static NTSTATUS open_place(const struct opening *opening, OBJECT_ATTRIBUTES *attr);

/* The caller's own words, of which nothing has to be changed. NtOpenFile is no other call. */
static NTSTATUS call_as_given(const struct opening *opening, OBJECT_ATTRIBUTES *attr,
                              const struct files_place *place, enum files_side side)
{
    NTSTATUS status = real.NtCreateFile(
        opening->handle, opening->access, attr, opening->io, opening->size, opening->attributes,
        opening->share, opening->disposition, opening->options, opening->ea, opening->ea_cb);

    if (NT_SUCCESS(status))
        note_handle(opening, place, side);
    if (NT_SUCCESS(status) && (place->hit.flags & FVM_INDEX_EMPTIED || place->hit.user) &&
        opening->io->Information == FILE_CREATED)
        files_made_anew(place);
    return status;
}

/* What is asked of an id is asked of its name, for that may be the host's own. */
static NTSTATUS open_by_id(const struct opening *opening, const OBJECT_ATTRIBUTES *attr)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = files_scratch_get();
    struct opening by_name = *opening;
    struct fvm_buf room;
    OBJECT_ATTRIBUTES given, named;
    UNICODE_STRING text;
    struct fvm_str path;
    NTSTATUS status = scratch ? fvm_copy_guarded(&given, attr, sizeof(given)) : STATUS_NO_MEMORY;

    if (NT_SUCCESS(status))
        status = files_find_id(&path, scratch, &given);
    if (!NT_SUCCESS(status))
        return status;
    room = (struct fvm_buf){scratch->given, 0, FILES_NAME_CCH};
    if (fvm_failed(fvm_ntpath_to_nt(&room, path)))
        return STATUS_NAME_TOO_LONG;
    files_attr(&named, &text, fvm_buf_str(&room), given.Attributes);
    by_name.options &= ~(ULONG)FILE_OPEN_BY_FILE_ID;
    return open_place(&by_name, &named);
}

/* A pipe, a mailslot, a device. */
static NTSTATUS open_device(const struct opening *opening, OBJECT_ATTRIBUTES *attr,
                            const struct files_place *place, struct files_scratch *scratch)
{
    struct files_device device;
    NTSTATUS status = files_device_attr(&attr, &device, attr, place, scratch, false);

    if (NT_SUCCESS(status))
        status = call_as_given(opening, attr, place, FILES_SIDE_UNKNOWN);
    /* Its server may be one that the VM starts when it is asked for. */
    if (status == STATUS_OBJECT_NAME_NOT_FOUND && place->path.kind == FVM_NTPATH_PIPE &&
        fvm_engine.pipe_wake(place->path.path))
        status = call_as_given(opening, attr, place, FILES_SIDE_UNKNOWN);
    return status;
}

static NTSTATUS open_place(const struct opening *opening, OBJECT_ATTRIBUTES *attr)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = NULL;
    bool only_looks =
        opening->disposition == FILE_OPEN && !files_wants_change(opening->access, opening->options);
    struct files_untouched name;
    struct files_place place = {.hit.answer = FVM_INDEX_HOST};
    NTSTATUS status;

    if (!attr)
        return STATUS_INVALID_PARAMETER;
    if (opening->options & FILE_OPEN_BY_FILE_ID)
        return open_by_id(opening, attr);
    /* Of what may be a directory the path is kept: it has to be found out. */
    name.cch = 0;
    if (only_looks && opening->options & FILE_NON_DIRECTORY_FILE && files_is_untouched(&name, attr))
        return call_as_given(opening, attr, &place, FILES_SIDE_HOST);
    scratch = files_scratch_get();
    if (!scratch)
        return STATUS_NO_MEMORY;
    status = files_resolve(&place, scratch, name.cch ? &name.attr : attr, true);
    if (!NT_SUCCESS(status))
        return status;
    /* The raw volume, which all files of the host's are on. */
    if (!place.is_file && place.path.kind == FVM_NTPATH_VOLUME &&
        files_wants_change(opening->access, opening->options))
        return STATUS_ACCESS_DENIED;
    if (!place.is_file)
        return open_device(opening, attr, &place, scratch);
    /* Wine 8 would make one, in which a VM finds nothing: names with a colon lead nowhere. */
    if (place.is_stream && opening->disposition != FILE_OPEN &&
        opening->options & FILE_DIRECTORY_FILE)
        return STATUS_NOT_A_DIRECTORY;
    if (place.is_as_given && !files_is_merged(&place))
        return call_as_given(opening, attr, &place, FILES_SIDE_LAYER);
    if (files_is_own(&place))
        return open_layer(opening, &place);
    files_note_untouched(&name, &place);
    /* Nothing is changed, and nothing was moved. */
    if (place.hit.answer == FVM_INDEX_HOST && !place.needs_name && only_looks)
        return call_as_given(opening, attr, &place, FILES_SIDE_HOST);
    return open_host(opening, &place, scratch);
}

/**
 * Open or create a file of the VM's view.
 *
 * @return NT's status for the place where the file is; a copy's failure (STATUS_DISK_FULL, ...)
 * @source nt:NtCreateFile; paper:files
 */
NTSTATUS NTAPI files_NtCreateFile(HANDLE *handle, ACCESS_MASK access, OBJECT_ATTRIBUTES *attr,
                                  IO_STATUS_BLOCK *io, LARGE_INTEGER *size, ULONG attributes,
                                  ULONG share, ULONG disposition, ULONG options, void *ea,
                                  ULONG ea_cb)
{
    struct opening opening = {handle,      access,  io, size,  attributes, share,
                              disposition, options, ea, ea_cb, false};

    return open_place(&opening, attr);
}

/** Open a file of the VM's view. @source nt:NtOpenFile; paper:files */
NTSTATUS NTAPI files_NtOpenFile(HANDLE *handle, ACCESS_MASK access, OBJECT_ATTRIBUTES *attr,
                                IO_STATUS_BLOCK *io, ULONG share, ULONG options)
{
    struct opening opening = {handle,    access,  io,   NULL, 0,    share,
                              FILE_OPEN, options, NULL, 0,    false};

    return open_place(&opening, attr);
}
