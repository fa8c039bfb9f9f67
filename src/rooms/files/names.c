/* rooms/files/names.c: what a caller wants, by his numbers alone. See files.h. */
#include "rooms/files/files.h"

enum { FILE_DEVICE_FILE_SYSTEM_ = 9 };

bool files_wants_change(ACCESS_MASK access, ULONG options)
{
    /* Who asks for all that he may gets a copy as well: he may write later. */
    const ACCESS_MASK changing = FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_WRITE_EA |
                                 FILE_WRITE_ATTRIBUTES | DELETE | WRITE_DAC | WRITE_OWNER |
                                 GENERIC_WRITE | GENERIC_ALL | MAXIMUM_ALLOWED |
                                 ACCESS_SYSTEM_SECURITY | FILE_DELETE_CHILD;

    return access & changing || options & FILE_DELETE_ON_CLOSE;
}

bool files_overwrites(ULONG disposition)
{
    return disposition == FILE_SUPERSEDE || disposition == FILE_OVERWRITE ||
           disposition == FILE_OVERWRITE_IF;
}

NTSTATUS files_check_options(ACCESS_MASK access, ULONG disposition, ULONG options)
{
    if (options & FILE_DIRECTORY_FILE &&
        (files_overwrites(disposition) || options & FILE_NON_DIRECTORY_FILE))
        return STATUS_INVALID_PARAMETER;
    if (options & FILE_DELETE_ON_CLOSE && !(access & (DELETE | GENERIC_ALL)))
        return STATUS_INVALID_PARAMETER;
    return disposition > FILE_OVERWRITE_IF ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

bool files_may_create(ULONG disposition)
{
    return disposition != FILE_OPEN;
}

/* Codes of file systems, by their function number: names as in Microsoft's winioctl.h. */
static const uint16_t reading[] = {
    10,  /* IS_VOLUME_MOUNTED */
    11,  /* IS_PATHNAME_VALID */
    14,  /* QUERY_RETRIEVAL_POINTERS */
    15,  /* GET_COMPRESSION */
    22,  /* QUERY_FAT_BPB */
    24,  /* FILESYSTEM_GET_STATISTICS */
    25,  /* GET_NTFS_VOLUME_DATA */
    27,  /* GET_VOLUME_BITMAP */
    28,  /* GET_RETRIEVAL_POINTERS */
    30,  /* IS_VOLUME_DIRTY */
    39,  /* GET_OBJECT_ID */
    42,  /* GET_REPARSE_POINT */
    51,  /* QUERY_ALLOCATED_RANGES */
    58,  /* READ_FILE_USN_DATA */
    61,  /* QUERY_USN_JOURNAL */
    141, /* GET_RETRIEVAL_POINTER_BASE */
    159, /* GET_INTEGRITY_INFORMATION */
    161, /* QUERY_FILE_REGIONS */
};
static const uint16_t oplocks[] = {0, 1, 2, 3, 4, 5, 20, 23, 144};
static const uint16_t volume[] = {
    6,  /* LOCK_VOLUME */
    7,  /* UNLOCK_VOLUME */
    8,  /* DISMOUNT_VOLUME */
    12, /* MARK_VOLUME_DIRTY */
    21, /* INVALIDATE_VOLUMES */
    29, /* MOVE_FILE */
    57, /* CREATE_USN_JOURNAL */
    60, /* EXTEND_VOLUME */
    62, /* DELETE_USN_JOURNAL */
};

static bool has(const uint16_t *list, size_t count, ULONG number)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == number)
            return true;
    return false;
}

enum files_control files_control_of(ULONG code)
{
    ULONG number = code >> 2 & 0xfff;

    if (code >> 16 != FILE_DEVICE_FILE_SYSTEM_)
        return FILES_CONTROL_READS;
    if (has(reading, ARRAY_LEN(reading), number))
        return FILES_CONTROL_READS;
    if (has(oplocks, ARRAY_LEN(oplocks), number))
        return FILES_CONTROL_OPLOCK;
    return has(volume, ARRAY_LEN(volume), number) ? FILES_CONTROL_VOLUME : FILES_CONTROL_WRITES;
}
