/* rooms/processes/listing.c: see processes.h. */
#include "rooms/processes/processes.h"

#include <string.h>

enum processes_answer processes_judge(ULONG class)
{
    enum {
        PROCESSES = 5,
        HANDLES = 16,
        OBJECTS = 22, /* with the handles to each */
        SESSION_PROCESSES = 53,
        EXTENDED_PROCESSES = 57,
        EXTENDED_HANDLES = 64,
        PROCESS_ID = 88, /* the image of any number */
        FULL_PROCESSES = 148,
        BASIC_PROCESSES = 252 /* another layout; Windows 11 */
    };

    switch (class) {
    case PROCESSES:
    case EXTENDED_PROCESSES:
    case FULL_PROCESSES:
        return PROCESSES_LISTED;
    case HANDLES:
        return PROCESSES_HANDLES;
    case EXTENDED_HANDLES:
        return PROCESSES_HANDLES_EX;
    case OBJECTS:
    case SESSION_PROCESSES:
    case PROCESS_ID:
    case BASIC_PROCESSES:
        return PROCESSES_HIDDEN;
    default:
        return PROCESSES_NOT_THERE;
    }
}

/* --- processes ----------------------------------------------------------------------------------
 */

static bool is_shown(const struct fvm_block *block, const NT_SYSTEM_PROCESS *process)
{
    DWORD pid = (DWORD)(ULONG_PTR)process->UniqueProcessId;

    return !pid || fvm_member_is(block, pid, process->CreateTime.QuadPart);
}

/* Move an entry to the front; the name's text is inside it. */
static NT_SYSTEM_PROCESS *move(char *to, const NT_SYSTEM_PROCESS *process, size_t cb)
{
    ULONG_PTR name = (ULONG_PTR)process->ImageName.Buffer - (ULONG_PTR)process;
    NT_SYSTEM_PROCESS *moved = (NT_SYSTEM_PROCESS *)(void *)to;

    memmove(to, process, cb);
    if (name < cb)
        moved->ImageName.Buffer = (WCHAR *)(void *)(to + name);
    moved->NextEntryOffset = (ULONG)cb;
    return moved;
}

size_t processes_keep_members(const struct fvm_block *block, void *list, size_t cb)
{
    char *from = list, *to = list, *end = from + cb;
    NT_SYSTEM_PROCESS *last = NULL;

    while ((size_t)(end - from) >= sizeof(*last)) {
        const NT_SYSTEM_PROCESS *process = (const NT_SYSTEM_PROCESS *)(const void *)from;
        size_t offset = process->NextEntryOffset, left = (size_t)(end - from);
        size_t entry_cb = offset && offset < left ? offset : left;

        if (is_shown(block, process)) {
            last = move(to, process, entry_cb);
            last->InheritedFromUniqueProcessId =
                processes_shown_parent(block, last->InheritedFromUniqueProcessId);
            to += entry_cb;
        }
        from += entry_cb;
    }
    if (last)
        last->NextEntryOffset = 0;
    memset(to, 0, (size_t)(end - to));
    return last ? (size_t)(to - (char *)list) : 0;
}

HANDLE processes_shown_parent(const struct fvm_block *block, HANDLE pid)
{
    return fvm_member_is(block, (DWORD)(ULONG_PTR)pid, 0) ? pid : NULL;
}

/* --- handles ------------------------------------------------------------------------------------
 */

/* Whose handle is it? The old list has but 16 bits: handles of a process with a longer number are
 * nobody's, and so are not shown. */
static DWORD holder(const void *entry, bool is_extended)
{
    return is_extended ? (DWORD)((const NT_SYSTEM_HANDLE_EX *)entry)->UniqueProcessId
                       : ((const NT_SYSTEM_HANDLE *)entry)->UniqueProcessId;
}

size_t processes_keep_handles(const struct fvm_block *block, bool is_extended, void *list,
                              size_t cb)
{
    size_t head_cb = is_extended ? 2 * sizeof(ULONG_PTR) : sizeof(ULONG_PTR);
    size_t entry_cb = is_extended ? sizeof(NT_SYSTEM_HANDLE_EX) : sizeof(NT_SYSTEM_HANDLE);
    ULONG kept = 0, count; /* of the extended list: the low half, which is all there is */
    char *to = (char *)list + head_cb, *from = to, *end = (char *)list + cb;

    if (cb < head_cb)
        return cb;
    memcpy(&count, list, sizeof(count));
    for (ULONG left = count; left && (size_t)(end - from) >= entry_cb; left--, from += entry_cb) {
        if (!fvm_member_is(block, holder(from, is_extended), 0))
            continue;
        memmove(to, from, entry_cb);
        to += entry_cb;
        kept++;
    }
    memcpy(list, &kept, sizeof(kept));
    memset(to, 0, (size_t)(end - to));
    return (size_t)(to - (char *)list);
}
