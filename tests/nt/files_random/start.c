/* The files that were there at the start and that nothing may have changed yet. A VM makes its copy
 * of such a file when it is first opened to be changed, and handles that were open before go on
 * seeing the host's (docs/compat.md): they are closed first. */
#include "random.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_FILES = 160 };

static struct {
    uint64_t id;
    bool is_changed;
} files[MAX_FILES];
static unsigned file_count;

void start_clear(void)
{
    file_count = 0;
}

void start_add(uint64_t id)
{
    if (file_count == MAX_FILES)
        return;
    files[file_count].id = id;
    files[file_count++].is_changed = false;
}

int start_find(uint64_t id)
{
    for (unsigned i = 0; i < file_count; i++)
        if (files[i].id == id && !files[i].is_changed)
            return (int)i;
    return NOT_OF_START;
}

int start_of(HANDLE handle)
{
    LARGE_INTEGER id;
    IO_STATUS_BLOCK answer;

    if (NtQueryInformationFile(handle, &answer, &id, sizeof(id), NT_INTERNAL_INFO))
        return NOT_OF_START;
    return start_find((uint64_t)id.QuadPart);
}

bool start_is_change(ACCESS_MASK access, ULONG options)
{
    const ACCESS_MASK changing = FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_WRITE_EA |
                                 FILE_WRITE_ATTRIBUTES | DELETE | WRITE_DAC | WRITE_OWNER |
                                 GENERIC_WRITE | GENERIC_ALL | MAXIMUM_ALLOWED |
                                 ACCESS_SYSTEM_SECURITY | FILE_DELETE_CHILD;

    return access & changing || options & NT_DELETE_ON_CLOSE;
}

void start_change(int file)
{
    if (file == NOT_OF_START)
        return;
    files[file].is_changed = true;
    views_forget(file);
    slots_forget(file);
}

static bool open_to_look(HANDLE *handle, OBJECT_ATTRIBUTES *attr)
{
    IO_STATUS_BLOCK answer;

    return !NtOpenFile(handle, FILE_READ_ATTRIBUTES | SYNCHRONIZE, attr, &answer, 7,
                       NT_SYNCHRONOUS_IO_NONALERT | NT_OPEN_FOR_BACKUP_INTENT);
}

bool start_change_named(OBJECT_ATTRIBUTES *attr, int *file)
{
    HANDLE handle;

    *file = NOT_OF_START;
    if (!open_to_look(&handle, attr))
        return false;
    *file = start_of(handle);
    start_change(*file);
    NtClose(handle);
    return true;
}

void start_keep(OBJECT_ATTRIBUTES *attr, int file, NTSTATUS status)
{
    LARGE_INTEGER id;
    IO_STATUS_BLOCK answer;
    HANDLE handle;

    if (file == NOT_OF_START)
        return;
    if (status == STATUS_INVALID_HANDLE) { /* its name began at a handle that was closed */
        files[file].is_changed = false;
        return;
    }
    if (!open_to_look(&handle, attr))
        return;
    if (!NtQueryInformationFile(handle, &answer, &id, sizeof(id), NT_INTERNAL_INFO)) {
        files[file].id = (uint64_t)id.QuadPart;
        files[file].is_changed = false;
    }
    NtClose(handle);
}
