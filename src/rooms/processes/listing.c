/* rooms/processes/listing.c: see processes.h. */
#include "rooms/processes/processes.h"

#include <string.h>

bool processes_lists_processes(ULONG class)
{
    enum { PROCESSES = 5, EXTENDED_PROCESSES = 57, FULL_PROCESSES = 148 };

    return class == PROCESSES || class == EXTENDED_PROCESSES || class == FULL_PROCESSES;
}

static bool is_shown(const struct fvm_block *block, const NT_SYSTEM_PROCESS *process)
{
    DWORD pid = (DWORD)(ULONG_PTR)process->UniqueProcessId;

    return !pid || fvm_member_is(block, pid, process->CreateTime.QuadPart);
}

static NT_SYSTEM_PROCESS *next(NT_SYSTEM_PROCESS *process)
{
    return (NT_SYSTEM_PROCESS *)(void *)((char *)process + process->NextEntryOffset);
}

/* Nobody stands before the first entry who could skip it: the first that is shown takes its place.
 */
static void move_to_front(char *list, size_t cb, NT_SYSTEM_PROCESS *process)
{
    size_t offset = (size_t)((char *)process - list);
    size_t entry_cb = process->NextEntryOffset ? process->NextEntryOffset : cb - offset;
    NT_SYSTEM_PROCESS *first = (NT_SYSTEM_PROCESS *)(void *)list;
    ULONG_PTR name = (ULONG_PTR)process->ImageName.Buffer - (ULONG_PTR)process;

    memmove(list, process, entry_cb);
    if (name < entry_cb)
        first->ImageName.Buffer = (WCHAR *)(void *)(list + name);
    if (first->NextEntryOffset)
        first->NextEntryOffset += (ULONG)offset;
}

bool processes_keep_members(const struct fvm_block *block, void *list, size_t cb)
{
    NT_SYSTEM_PROCESS *kept = list, *at = list;

    while (!is_shown(block, at)) {
        if (!at->NextEntryOffset)
            return false;
        at = next(at);
    }
    if (at != list)
        move_to_front(list, cb, at);
    for (at = list; at->NextEntryOffset;) {
        at = next(at);
        if (!is_shown(block, at))
            continue;
        kept->NextEntryOffset = (ULONG)((char *)at - (char *)kept);
        kept = at;
    }
    kept->NextEntryOffset = 0;
    return true;
}
