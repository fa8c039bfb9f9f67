/* rooms/files/query.c: questions by name, and names in answers. */
#include "core/pe.h"
#include "engine/capture.h"
#include "engine/real.h"
#include "rooms/files/files.h"
#include "rooms/files/device.h"
#include "rooms/files/handlers.h"

#include <string.h>

typedef NTSTATUS(NTAPI *by_name)(OBJECT_ATTRIBUTES *, void *);

static NTSTATUS query_by_name(by_name call, OBJECT_ATTRIBUTES *attr, void *info)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = NULL;
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES there;
    struct files_untouched name;
    struct files_place place;
    NTSTATUS status;

    if (files_is_untouched(&name, attr))
        return call(attr, info);
    scratch = files_scratch_get();
    if (!scratch)
        return STATUS_NO_MEMORY;
    status = files_resolve(&place, scratch, name.cch ? &name.attr : attr, false);
    if (!NT_SUCCESS(status))
        return status;
    if (!place.is_file) {
        struct files_device device;

        status = files_device_attr(&attr, &device, attr, &place, scratch, false);
        return NT_SUCCESS(status) ? call(attr, info) : status;
    }
    files_note_untouched(&name, &place);
    if (place.is_as_given || (place.hit.answer == FVM_INDEX_HOST && !place.needs_name))
        return call(attr, info);
    files_attr(&there, &text, files_is_own(&place) ? place.layer : place.host, place.attributes);
    return call(&there, info);
}

/** Attributes of a file of the VM's view. @source nt:NtQueryAttributesFile */
NTSTATUS NTAPI files_NtQueryAttributesFile(OBJECT_ATTRIBUTES *attr, void *info)
{
    return query_by_name(real.NtQueryAttributesFile, attr, info);
}

/** The same with sizes. @source nt:NtQueryFullAttributesFile */
NTSTATUS NTAPI files_NtQueryFullAttributesFile(OBJECT_ATTRIBUTES *attr, void *info)
{
    return query_by_name(real.NtQueryFullAttributesFile, attr, info);
}

/* --- names in answers -------------------------------------------------------------------- */

/* A UNICODE_STRING with its text behind it: the virtual name is never longer. */
static void unmap_string(UNICODE_STRING *string)
{
    struct fvm_buf text = {string->Buffer, string->Length / sizeof(WCHAR),
                           string->MaximumLength / sizeof(WCHAR)};

    if (!string->Buffer || !files_unmap(&text))
        return;
    string->Length = (USHORT)(text.cch * sizeof(WCHAR));
    if (text.cch < text.cap_cch)
        string->Buffer[text.cch] = 0;
}

/* The name of a host's file that the VM has elsewhere. */
static NTSTATUS put_object_name(UNICODE_STRING *info, ULONG cb, ULONG *needed, struct fvm_str path)
{
    const uint16_t prefix[4] = u"\\??\\";
    ULONG name_cb = (ULONG)((path.cch + ARRAY_LEN(prefix)) * sizeof(WCHAR));
    ULONG all_cb = (ULONG)(sizeof(*info) + name_cb + sizeof(WCHAR));
    WCHAR *text = (WCHAR *)(info + 1);

    if (needed)
        *needed = all_cb;
    if (cb < all_cb)
        return cb < sizeof(*info) ? STATUS_INFO_LENGTH_MISMATCH : STATUS_BUFFER_OVERFLOW;
    *info = (UNICODE_STRING){(USHORT)name_cb, (USHORT)(name_cb + sizeof(WCHAR)), text};
    memcpy(text, prefix, sizeof(prefix));
    memcpy(text + ARRAY_LEN(prefix), path.s, path.cch * sizeof(WCHAR));
    text[ARRAY_LEN(prefix) + path.cch] = 0;
    return STATUS_SUCCESS;
}

/** @source nt:NtQueryObject */
NTSTATUS NTAPI files_NtQueryObject(HANDLE handle, ULONG class, void *info, ULONG cb, ULONG *needed)
{
    enum { NAME = 1 };
    NTSTATUS status = real.NtQueryObject(handle, class, info, cb, needed);
    struct fvm_str moved = {0};

    if (class == NAME)
        moved = files_slot_path(handle);
    if (moved.cch && (NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW))
        return put_object_name(info, cb, needed, moved);
    if (class == NAME && NT_SUCCESS(status))
        unmap_string(info);
    return status;
}

/** @source nt:NtQueryVirtualMemory */
NTSTATUS NTAPI files_NtQueryVirtualMemory(HANDLE process, const void *at, ULONG class, void *info,
                                          SIZE_T cb, SIZE_T *needed)
{
    enum { MAPPED_FILE_NAME = 2 };
    NTSTATUS status = real.NtQueryVirtualMemory(process, at, class, info, cb, needed);

    if (class == MAPPED_FILE_NAME && NT_SUCCESS(status))
        unmap_string(info);
    return status;
}

/** @source nt:NtQueryInformationProcess */
NTSTATUS NTAPI files_NtQueryInformationProcess(HANDLE process, ULONG class, void *info, ULONG cb,
                                               ULONG *needed)
{
    enum { IMAGE_FILE_NAME = 27, IMAGE_FILE_NAME_WIN32 = 43 };
    NTSTATUS status = real.NtQueryInformationProcess(process, class, info, cb, needed);

    if ((class == IMAGE_FILE_NAME || class == IMAGE_FILE_NAME_WIN32) && NT_SUCCESS(status))
        unmap_string(info);
    return status;
}

/* Write a virtual name where the real one stands. @param name below the drive: \dir\file */
static NTSTATUS put_name(FILE_NAME_INFORMATION *info, ULONG cb, struct fvm_str name,
                         ULONG_PTR *written)
{
    ULONG room = cb - (ULONG)offsetof(FILE_NAME_INFORMATION, FileName);
    ULONG name_cb = name.cch * (ULONG)sizeof(WCHAR), copied = name_cb < room ? name_cb : room;
    ULONG before_cb = info->FileNameLength < room ? info->FileNameLength : room;

    info->FileNameLength = name_cb;
    if (before_cb > copied) /* no trace of where it really is */
        memset((char *)info->FileName + copied, 0, before_cb - copied);
    memcpy(info->FileName, name.s, copied);
    *written = offsetof(FILE_NAME_INFORMATION, FileName) + copied;
    return copied < name_cb ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

enum { BASIC = 4, STANDARD = 5, ALL = 18, NETWORK_OPEN = 34, ATTRIBUTE_TAG = 35 };

/* Where an answer has the file's id; 0: nowhere, or cut off before. */
static ULONG id_end(ULONG class)
{
    enum { INTERNAL = 6, ID = 59 };

    return class == INTERNAL ? 8 : class == ALL ? 72 : class == ID ? 16 : 0;
}

/* The id of a directory that the VM and the host share. Such a one, opened in this process, has its
 * path remembered. */
static void put_merged_id(HANDLE handle, char *info, ULONG end)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = NULL;
    struct files_slot *slot = files_slot(handle, false);
    enum files_side side = slot ? slot->side : FILES_SIDE_UNKNOWN;
    struct fvm_str path = files_slot_path_now(handle);
    uint64_t id;

    if (side == FILES_SIDE_HOST || (side == FILES_SIDE_LAYER && !path.cch))
        return;
    if (!path.cch) {
        scratch = files_scratch_get();
        if (!scratch || !NT_SUCCESS(files_path_of(&path, scratch, handle, NULL)) || !path.cch)
            return;
    }
    if (files_merged_id(&id, path))
        memcpy(info + end - sizeof(id), &id, sizeof(id));
}

/* Does an answer say that it is of a directory? */
static bool is_directory(ULONG class, const char *info)
{
    ULONG attributes = 0;

    switch (class) {
    case BASIC:
    case ALL: /* begins with it */
        memcpy(&attributes, info + offsetof(FILE_BASIC_INFORMATION, FileAttributes),
               sizeof(attributes));
        return attributes & FILE_ATTRIBUTE_DIRECTORY;
    case STANDARD:
        return info[offsetof(FILE_STANDARD_INFORMATION, Directory)];
    case NETWORK_OPEN:
        memcpy(&attributes, info + offsetof(FILE_NETWORK_OPEN_INFORMATION, FileAttributes),
               sizeof(attributes));
        return attributes & FILE_ATTRIBUTE_DIRECTORY;
    case ATTRIBUTE_TAG:
        memcpy(&attributes, info, sizeof(attributes));
        return attributes & FILE_ATTRIBUTE_DIRECTORY;
    default:
        return false;
    }
}

/* A directory that was open on the host's side before the VM changed something in it: its times and
 * attributes are those of the layer's now. */
static void put_layer_info(HANDLE handle, char *info, ULONG cb, ULONG class)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = NULL;
    struct files_slot *slot = files_slot(handle, false);
    struct files_place place;
    struct fvm_str path;
    IO_STATUS_BLOCK io;
    HANDLE layer;

    if (!slot || slot->side != FILES_SIDE_HOST || !is_directory(class, info))
        return;
    path = files_slot_directory(handle);
    scratch = path.cch ? files_scratch_get() : NULL;
    if (!scratch || !NT_SUCCESS(files_place_of(&place, scratch, path)) ||
        !files_is_merged(&place) ||
        !NT_SUCCESS(files_open_real(&layer, place.layer, FILE_READ_ATTRIBUTES, FILE_OPEN,
                                    FILE_DIRECTORY_FILE)))
        return;
    if (class == ALL) {
        real.NtQueryInformationFile(layer, &io, info, sizeof(FILE_BASIC_INFORMATION), BASIC);
        real.NtQueryInformationFile(layer, &io, info + sizeof(FILE_BASIC_INFORMATION),
                                    sizeof(FILE_STANDARD_INFORMATION), STANDARD);
    } else {
        real.NtQueryInformationFile(layer, &io, info, cb, class);
    }
    real.NtClose(layer);
}

/* What all that is told of a handle says of its file, if the VM has made its copy since. */
static void put_copy_info(HANDLE handle, char *info)
{
    enum { INTERNAL = 6, ID_AT = 64, POSITION = 14, POSITION_AT = 80 };
    HANDLE copy = files_follow(handle);
    IO_STATUS_BLOCK io;

    if (copy == handle)
        return;
    real.NtQueryInformationFile(copy, &io, info, sizeof(FILE_BASIC_INFORMATION), BASIC);
    real.NtQueryInformationFile(copy, &io, info + sizeof(FILE_BASIC_INFORMATION),
                                sizeof(FILE_STANDARD_INFORMATION), STANDARD);
    real.NtQueryInformationFile(copy, &io, info + ID_AT, sizeof(uint64_t), INTERNAL);
    real.NtQueryInformationFile(copy, &io, info + POSITION_AT, sizeof(uint64_t), POSITION);
}

/** @source nt:NtQueryInformationFile */
NTSTATUS NTAPI files_NtQueryInformationFile(HANDLE handle, IO_STATUS_BLOCK *io, void *info,
                                            ULONG cb, ULONG class)
{
    enum { NAME = 9, NORMALIZED_NAME = 48, ID = 59, ALL_NAME_AT = 96 };
    ULONG at = class == ALL ? ALL_NAME_AT : 0;
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = NULL;
    bool is_named = class == NAME || class == ALL || class == NORMALIZED_NAME;
    HANDLE asked = is_named ? handle : files_follow(handle);
    NTSTATUS status = real.NtQueryInformationFile(asked, io, info, cb, class);
    struct fvm_str path;
    ULONG_PTR written;
    bool is_private;

    if (class == ALL && (NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW))
        put_copy_info(handle, info);
    if (NT_SUCCESS(status) || (status == STATUS_BUFFER_OVERFLOW && class == ALL))
        put_layer_info(handle, info, cb, class);
    if (id_end(class) && cb >= id_end(class) &&
        (NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW))
        put_merged_id(handle, info, id_end(class));
    if (class == ID && NT_SUCCESS(status)) {
        struct files_slot *slot = files_slot(handle, false);
        uint64_t serial;

        if ((!slot || slot->side != FILES_SIDE_HOST || asked != handle) &&
            files_volume_id(asked, &serial))
            memcpy(info, &serial, sizeof(serial));
        return status;
    }
    if (!is_named)
        return status;
    if ((!NT_SUCCESS(status) && status != STATUS_BUFFER_OVERFLOW) ||
        cb < at + offsetof(FILE_NAME_INFORMATION, FileName))
        return status;
    scratch = files_scratch_get();
    if (!scratch)
        return STATUS_NO_MEMORY;
    if (!NT_SUCCESS(files_path_told(&path, scratch, handle, &is_private)) ||
        (!is_private && !files_slot_path(handle).cch))
        return status;
    status = put_name((FILE_NAME_INFORMATION *)(void *)((char *)info + at), cb - at,
                      fvm_str_sub(path, 2, path.cch), &written);
    io->Information = at + written;
    return status;
}
