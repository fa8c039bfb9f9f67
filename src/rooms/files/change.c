/* rooms/files/change.c: rename, link and delete by handle. What such a handle is open on is in the
 * layer already: opening it with the right to do so made a copy. */
#include "engine/capture.h"
#include "engine/engine.h"
#include "engine/real.h"
#include "rooms/files/files.h"
#include "rooms/files/handlers.h"
#include "rooms/files/journal.h"

#include <string.h>

enum {
    BASIC_CLASS = 4,
    RENAME_CLASS = 10,
    LINK_CLASS = 11,
    DISPOSITION_CLASS = 13,
    POSITION_CLASS = 14,
    COMPLETION_CLASS = 30,
    DISPOSITION_EX_CLASS = 64,
    RENAME_EX_CLASS = 65,
    LINK_EX_CLASS = 72
};

/* --- delete ------------------------------------------------------------------------------ */

static bool may_delete(HANDLE handle)
{
    PUBLIC_OBJECT_BASIC_INFORMATION basic;

    return NT_SUCCESS(real.NtQueryObject(handle, 0, &basic, sizeof(basic), NULL)) &&
           basic.GrantedAccess & DELETE;
}

static NTSTATUS set_disposition(HANDLE handle, IO_STATUS_BLOCK *io, void *info, ULONG cb,
                                ULONG class)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = files_scratch_get();
    FVM_CLEANUP(files_entry) struct files_entry entry = {NULL, 0};
    struct files_place place;
    struct fvm_str path;
    bool deletes = cb && *(const BYTE *)info & 1; /* both forms: the first byte */
    NTSTATUS status;

    if (!scratch)
        return STATUS_NO_MEMORY;
    status = files_path_of(&path, scratch, handle, NULL);
    if (!NT_SUCCESS(status) || !path.cch)
        return real.NtSetInformationFile(handle, io, info, cb, class);
    status = files_place_of(&place, scratch, path);
    if (!NT_SUCCESS(status))
        return status;
    if (!files_is_merged(&place))
        return real.NtSetInformationFile(handle, io, info, cb, class);
    if (deletes && !may_delete(handle))
        return STATUS_ACCESS_DENIED;
    status = deletes ? files_check_empty(&place, handle) : STATUS_SUCCESS;
    if (NT_SUCCESS(status) && deletes)
        status = files_entry_reserve(&entry, place.path.path.cch, 0);
    if (!NT_SUCCESS(status))
        return status;
    status = real.NtSetInformationFile(handle, io, info, cb, class);
    /* When it is gone, nothing of the host's may show in its place. */
    if (NT_SUCCESS(status) && deletes) {
        fvm_index_flags(files_index(), place.hit.node, FVM_INDEX_EMPTIED, FVM_INDEX_MERGED, NULL);
        status =
            files_entry_write(&entry, FVM_JOURNAL_OPAQUE, place.path.path, (struct fvm_str){0});
    }
    return status;
}

void files_delete_at_close(HANDLE handle)
{
    FILE_DISPOSITION_INFORMATION info = {TRUE};
    IO_STATUS_BLOCK io;

    set_disposition(handle, &io, &info, sizeof(info), DISPOSITION_CLASS);
}

/* A file as the root of no name: that is the file itself to NtOpenFile only. */
static bool is_file_itself(const OBJECT_ATTRIBUTES *attr)
{
    OBJECT_ATTRIBUTES copy;
    UNICODE_STRING name;

    return NT_SUCCESS(fvm_copy_guarded(&copy, attr, sizeof(copy))) && copy.RootDirectory &&
           copy.ObjectName && NT_SUCCESS(fvm_copy_guarded(&name, copy.ObjectName, sizeof(name))) &&
           !name.Length && files_kind(copy.RootDirectory) == FILES_FILE;
}

/** Delete by name. @source nt:NtDeleteFile */
NTSTATUS NTAPI files_NtDeleteFile(OBJECT_ATTRIBUTES *attr)
{
    /* Wine's own opens for more than it needs, and so meets what others do not share. */
    ACCESS_MASK access = real.__wine_unix_spawnvp ? GENERIC_READ | GENERIC_WRITE : 0;
    IO_STATUS_BLOCK io;
    HANDLE handle;
    NTSTATUS status;

    if (!attr)
        return STATUS_ACCESS_VIOLATION;
    if (is_file_itself(attr))
        return STATUS_BAD_DEVICE_TYPE;
    status = files_NtCreateFile(&handle, access | DELETE | SYNCHRONIZE, attr, &io, NULL, 0,
                                FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, FILE_OPEN,
                                FILE_DELETE_ON_CLOSE | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);

    return NT_SUCCESS(status) ? files_NtClose(handle) : status;
}

/* --- rename and link --------------------------------------------------------------------- */

/* What is at a name that was given with a backslash at its end? */
static NTSTATUS look_before_trailing(const struct files_place *target, FILE_BASIC_INFORMATION *info)
{
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attr;
    struct fvm_str name = files_is_own(target) ? target->layer : target->host;

    name.cch -= name.cch > 0;
    files_attr(&attr, &text, name, 0);
    return real.NtQueryAttributesFile(&attr, info);
}

/* A link's name with a backslash at its end: NT looks for a directory to link, and says so whatever
 * it finds. */
static NTSTATUS refuse_trailing(const struct files_place *target, HANDLE source, bool replaces)
{
    FILE_BASIC_INFORMATION info;
    NTSTATUS status = look_before_trailing(target, &info);

    if (status != STATUS_OBJECT_PATH_NOT_FOUND && files_kind(source) == FILES_DIRECTORY)
        return STATUS_FILE_IS_A_DIRECTORY;
    if (NT_SUCCESS(status))
        return replaces && info.FileAttributes & FILE_ATTRIBUTE_DIRECTORY
                   ? STATUS_ACCESS_DENIED
                   : STATUS_OBJECT_NAME_COLLISION;
    return status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_NO_SUCH_FILE : status;
}

/* A new name with a backslash at its end is a directory's, and must not be a file's.
 * @param from virtual path of what is renamed */
static NTSTATUS check_trailing(const struct files_place *target, HANDLE source, struct fvm_str from)
{
    struct fvm_str to = target->path.path;
    FILE_BASIC_INFORMATION info;
    NTSTATUS status = look_before_trailing(target, &info);

    if (NT_SUCCESS(status) && info.FileAttributes & FILE_ATTRIBUTE_DIRECTORY)
        return STATUS_SUCCESS;
    if (!NT_SUCCESS(status) && status != STATUS_OBJECT_NAME_NOT_FOUND)
        return status;
    /* That a directory cannot move into itself is seen first. */
    if (fvm_ntpath_is_below(to, from) && to.cch > from.cch && files_kind(source) == FILES_DIRECTORY)
        return STATUS_INVALID_PARAMETER;
    return NT_SUCCESS(status) || files_kind(source) != FILES_DIRECTORY ? STATUS_NOT_A_DIRECTORY
                                                                       : STATUS_SUCCESS;
}

/* May the target be taken? Its parents are in the layer afterwards. */
static NTSTATUS prepare_target(struct files_place *target, struct files_scratch *scratch,
                               HANDLE source, struct fvm_str from, bool replaces, bool is_link)
{
    FILE_BASIC_INFORMATION info;
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attr;
    NTSTATUS status = STATUS_SUCCESS;

    if (!target->is_file)
        return target->path.kind == FVM_NTPATH_DEVICE ? STATUS_BAD_DEVICE_TYPE
                                                      : STATUS_NOT_SAME_DEVICE;
    if (target->is_stream && files_kind(source) == FILES_DIRECTORY)
        return STATUS_OBJECT_NAME_INVALID;
    if (is_link && target->path.flags & FVM_NTPATH_TRAILING)
        return refuse_trailing(target, source, replaces);
    if (target->path.flags & FVM_NTPATH_TRAILING)
        status = check_trailing(target, source, from);
    if (!NT_SUCCESS(status))
        return status;
    if (!files_is_own(target)) {
        files_attr(&attr, &text, target->host, 0);
        status = real.NtQueryAttributesFile(&attr, &info);
        if (is_link && status != STATUS_OBJECT_PATH_NOT_FOUND &&
            files_kind(source) == FILES_DIRECTORY)
            return STATUS_FILE_IS_A_DIRECTORY;
    }
    if (files_is_own(target)) {
        /* What is there keeps its spelling, unless it is the source that gets another. */
        files_attr(&attr, &text, target->layer, 0);
        if (!NT_SUCCESS(real.NtQueryAttributesFile(&attr, &info)) ||
            fvm_str_eq_fold(from, target->path.path))
            files_respell_layer(target);
        return STATUS_SUCCESS;
    }
    if (NT_SUCCESS(status) && !replaces)
        return STATUS_OBJECT_NAME_COLLISION;
    if (NT_SUCCESS(status) && info.FileAttributes & FILE_ATTRIBUTE_DIRECTORY)
        return STATUS_ACCESS_DENIED;
    if (!NT_SUCCESS(status) && status != STATUS_OBJECT_NAME_NOT_FOUND)
        return status;
    if (NT_SUCCESS(status))
        files_respell(target, scratch);
    /* A link replaces: what is replaced is told as removed, so it must be there. */
    if (NT_SUCCESS(status) && is_link)
        return files_copy_up(target, scratch);
    status = files_make_parents(target);
    return NT_SUCCESS(status) ? files_locate(target, scratch) : status;
}

NTSTATUS files_set_name(HANDLE handle, IO_STATUS_BLOCK *io, ULONG first, struct fvm_str name,
                        ULONG class, struct files_scratch *scratch)
{
    FILE_RENAME_INFORMATION *info = (FILE_RENAME_INFORMATION *)(void *)scratch->bytes;
    ULONG cb = (ULONG)(offsetof(FILE_RENAME_INFORMATION, FileName) + name.cch * sizeof(WCHAR));

    if (cb > sizeof(scratch->bytes))
        return STATUS_NAME_TOO_LONG;
    memset(info, 0, sizeof(*info));
    memcpy(info, &first, sizeof(first)); /* ReplaceIfExists, or the flags of the Ex forms */
    info->FileNameLength = name.cch * (ULONG)sizeof(WCHAR);
    memcpy(info->FileName, name.s, info->FileNameLength);
    return real.NtSetInformationFile(handle, io, info, cb, class);
}

/* After the layer has the new name. */
static NTSTATUS note(const struct files_entry *entry, struct fvm_str from,
                     const struct files_place *target, bool is_rename)
{
    struct fvm_index_writer writer = files_writer_here();
    struct fvm_index_hit hit;
    fvm_status status;

    if (!is_rename) {
        files_made_anew(target);
        status = files_entry_write(entry, FVM_JOURNAL_OWN, target->path.path, (struct fvm_str){0});
        return fvm_failed(status) ? status
                                  : fvm_index_mark(files_index(), target->path.path, FVM_INDEX_OWN,
                                                   (struct fvm_str){0}, NULL, NULL);
    }
    status = fvm_index_lookup(files_index(), from, &hit, NULL, NULL);
    if (fvm_failed(status))
        return status;
    status = files_entry_write(entry,
                               hit.answer == FVM_INDEX_IS_OWN && hit.flags & FVM_INDEX_MERGED
                                   ? FVM_JOURNAL_MOVE_MERGED
                                   : FVM_JOURNAL_MOVE,
                               from, target->path.path);
    if (!fvm_failed(status) && hit.answer != FVM_INDEX_IS_OWN)
        status =
            fvm_index_mark(files_index(), from, FVM_INDEX_OWN, (struct fvm_str){0}, NULL, NULL);
    return fvm_failed(status) ? status
                              : fvm_index_rename(files_index(), from, target->path.path, &writer);
}

/* @return must handles be told that there is another name, because Wine does not tell it? */
static bool remember_name(HANDLE handle, struct fvm_str from, struct fvm_str to)
{
    if (files_kind(handle) == FILES_DIRECTORY)
        return true;
    if (!files_is_told_short(from) && !files_is_told_short(to))
        return false;
    files_slot_keep_path_now(handle, from);
    return true;
}

static NTSTATUS set_name(HANDLE handle, IO_STATUS_BLOCK *io, void *info, ULONG cb, ULONG class)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *source = files_scratch_get();
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = files_scratch_get();
    FVM_CLEANUP(files_entry) struct files_entry entry = {NULL, 0};
    FILE_RENAME_INFORMATION head;
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr), .ObjectName = &name};
    bool is_rename = class == RENAME_CLASS || class == RENAME_EX_CLASS, is_remembered = false;
    struct files_place target;
    struct fvm_str from;
    NTSTATUS status;
    ULONG first;

    if (!scratch || !source)
        return STATUS_NO_MEMORY;
    if (cb < sizeof(head)) /* the host says how it calls that */
        return real.NtSetInformationFile(handle, io, info, 0, class);
    status = fvm_copy_guarded(&head, info, sizeof(head));
    if (NT_SUCCESS(status))
        status = files_path_of(&from, source, handle, NULL);
    if (!NT_SUCCESS(status))
        return status;
    if (!from.cch) /* a pipe or the like */
        return real.NtSetInformationFile(handle, io, info, cb, class);
    memcpy(&first, &head, sizeof(first));
    if (head.FileNameLength > cb - offsetof(FILE_RENAME_INFORMATION, FileName))
        return STATUS_INVALID_PARAMETER;
    attr.RootDirectory = head.RootDirectory;
    name.Buffer = ((FILE_RENAME_INFORMATION *)info)->FileName;
    name.Length = name.MaximumLength = (USHORT)head.FileNameLength;
    status = files_resolve(&target, scratch, &attr, false);
    if (NT_SUCCESS(status))
        status = prepare_target(&target, scratch, handle, from, first & 1, !is_rename);
    if (NT_SUCCESS(status))
        status = files_entry_reserve(&entry, is_rename ? from.cch : target.path.path.cch,
                                     is_rename ? target.path.path.cch : 0);
    if (NT_SUCCESS(status) && is_rename)
        is_remembered = remember_name(handle, from, target.path.path);
    if (NT_SUCCESS(status))
        status = files_set_name(handle, io, first, target.layer, class, scratch);
    if (NT_SUCCESS(status))
        status = note(&entry, from, &target, is_rename);
    if (NT_SUCCESS(status) && is_remembered)
        files_slots_moved(from, target.path.path);
    return status;
}

/* As the call itself would have left it. */
static NTSTATUS answer(IO_STATUS_BLOCK *io, NTSTATUS status)
{
    IO_STATUS_BLOCK wanted = {.Status = status};

    if (status != STATUS_INFO_LENGTH_MISMATCH)
        fvm_copy_guarded(io, &wanted, sizeof(wanted));
    return status;
}

static bool changes(ULONG class)
{
    enum { ALLOCATION = 19, END_OF_FILE = 20, VALID_DATA = 39, CASE_SENSITIVE = 71 };

    switch (class) {
    case ALLOCATION:
    case END_OF_FILE:
    case VALID_DATA:
    case CASE_SENSITIVE:
    case DISPOSITION_CLASS:
    case DISPOSITION_EX_CLASS:
    case RENAME_CLASS:
    case RENAME_EX_CLASS:
        return true;
    default:
        return false;
    }
}

/* A handle that is open on the host's file was opened without any right to change it; NT would say
 * so, Wine 8 does not ask for these classes. */
NTSTATUS files_check_private(HANDLE handle)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = NULL;
    struct files_slot *slot = files_slot(handle, false);
    struct fvm_str path;
    bool is_private;
    NTSTATUS status;

    if (slot && slot->side == FILES_SIDE_LAYER)
        return STATUS_SUCCESS;
    scratch = files_scratch_get();
    if (!scratch)
        return STATUS_NO_MEMORY;
    status = files_path_of(&path, scratch, handle, &is_private);
    if (!NT_SUCCESS(status))
        return status;
    return path.cch && !is_private ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

/* Wine's SetFileAttributes and CreateHardLink open a file with no right to change it, and its
 * NtSetInformationFile does not ask for one: what is the host's is copied here, not when it was
 * opened.
 * @param copy [out] NULL: the handle itself will do; else to be used in its place, and closed */
static NTSTATUS find_copy(HANDLE *copy, HANDLE handle)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = NULL;
    NTSTATUS status = files_check_private(handle);
    struct fvm_str path;

    *copy = NULL;
    if (status != STATUS_ACCESS_DENIED || !real.__wine_unix_spawnvp)
        return status;
    scratch = files_scratch_get();
    status = scratch ? files_path_of(&path, scratch, handle, NULL) : STATUS_NO_MEMORY;
    return NT_SUCCESS(status) ? files_open_copy(copy, path, scratch) : status;
}

/* Times or attributes of a directory: who watches what it is in is to be told of that, and not of
 * the engine's own. Of directories the paths are kept, so nothing is asked of the server. */
static NTSTATUS set_basic(HANDLE handle, IO_STATUS_BLOCK *io, void *info, ULONG cb)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = NULL;
    struct fvm_str path = files_slot_directory(handle);
    struct files_place place = {.layer.cch = 0};
    uint64_t number = 0;
    NTSTATUS status;

    if (path.cch)
        scratch = files_scratch_get();
    if (scratch && NT_SUCCESS(files_place_of(&place, scratch, path)))
        number = files_note(place.layer, FILES_NOTE_CHANGE);
    status = real.NtSetInformationFile(handle, io, info, cb, BASIC_CLASS);
    if (!NT_SUCCESS(status) && place.layer.cch)
        files_note_drop(place.layer, FILES_NOTE_CHANGE, number);
    return status;
}

/* Classes that Wine's kernelbase sets without the right. */
static NTSTATUS set_in_copy(HANDLE handle, IO_STATUS_BLOCK *io, void *info, ULONG cb, ULONG class)
{
    HANDLE copy;
    NTSTATUS status = find_copy(&copy, handle);

    if (!NT_SUCCESS(status))
        return status;
    if (copy)
        handle = copy;
    status = class == BASIC_CLASS ? set_basic(handle, io, info, cb)
                                  : set_name(handle, io, info, cb, class);
    if (copy)
        real.NtClose(copy);
    return status;
}

/* Does this host have the class at all? */
static NTSTATUS has_class(HANDLE handle, void *info, ULONG class)
{
    IO_STATUS_BLOCK none;
    NTSTATUS status;

    if (class != DISPOSITION_EX_CLASS && class != RENAME_EX_CLASS && class != LINK_EX_CLASS)
        return STATUS_SUCCESS;
    status = real.NtSetInformationFile(handle, &none, info, 0, class);
    return status == STATUS_NOT_IMPLEMENTED || status == STATUS_INVALID_INFO_CLASS ? status
                                                                                   : STATUS_SUCCESS;
}

/* What a directory's changes are to be told to: the engine tells them. */
static void keep_port(HANDLE handle, const void *info)
{
    struct {
        HANDLE port;
        ULONG_PTR key;
    } completion;
    struct files_slot *slot = files_slot(handle, false);
    struct files_shared *shared;
    HANDLE port;

    if (!slot || slot->side == FILES_SIDE_UNKNOWN || files_kind(handle) != FILES_DIRECTORY ||
        !NT_SUCCESS(fvm_copy_guarded(&completion, info, sizeof(completion))))
        return;
    shared = files_shared(slot);
    if (!shared || shared->port ||
        !NT_SUCCESS(real.NtDuplicateObject(NT_CURRENT_PROCESS, completion.port, NT_CURRENT_PROCESS,
                                           &port, 0, 0, DUPLICATE_SAME_ACCESS)))
        return;
    shared->key = completion.key;
    shared->port = port;
}

/** @source nt:NtSetInformationFile; paper:files */
NTSTATUS NTAPI files_NtSetInformationFile(HANDLE handle, IO_STATUS_BLOCK *io, void *info, ULONG cb,
                                          ULONG class)
{
    NTSTATUS status = has_class(handle, info, class);

    if (NT_SUCCESS(status) && changes(class))
        status = files_check_private(handle);
    if (!NT_SUCCESS(status))
        return answer(io, status);
    switch (class) {
    case BASIC_CLASS:
    case LINK_CLASS:
    case LINK_EX_CLASS:
        return answer(io, set_in_copy(handle, io, info, cb, class));
    case DISPOSITION_CLASS:
    case DISPOSITION_EX_CLASS:
        return answer(io, set_disposition(handle, io, info, cb, class));
    case RENAME_CLASS:
    case RENAME_EX_CLASS:
        return answer(io, set_name(handle, io, info, cb, class));
    case POSITION_CLASS:
        return real.NtSetInformationFile(files_follow(handle), io, info, cb, class);
    case COMPLETION_CLASS:
        status = real.NtSetInformationFile(handle, io, info, cb, class);
        if (NT_SUCCESS(status))
            keep_port(handle, info);
        return status;
    default:
        return real.NtSetInformationFile(handle, io, info, cb, class);
    }
}

/** Forget what is known of a handle. @source nt:NtClose */
NTSTATUS NTAPI files_NtClose(HANDLE handle)
{
    struct files_slot *slot = files_slot(handle, false);

    if (slot && slot->shared && slot->shared->is_to_delete &&
        __atomic_load_n(&slot->shared->refs, __ATOMIC_ACQUIRE) == 1)
        files_delete_at_close(handle);
    if (slot)
        files_slot_drop(slot);
    return real.NtClose(handle);
}
