/* rooms/files/names.c: what a caller wants, by his numbers alone. See files.h. */
#include "rooms/files/files.h"

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
