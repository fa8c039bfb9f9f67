/* The open handles of the differential probe. */
#include "random.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

struct slot slots[SLOTS];
static HANDLE event;
static unsigned handle_count;

unsigned slot_index(const struct slot *slot)
{
    return (unsigned)(slot - slots);
}

/** How well a handle suits: 0 not at all, 3 in kind and access. */
static unsigned suits(const struct slot *slot, unsigned kind, ACCESS_MASK access)
{
    bool right_kind = kind == ANY_SLOT || slot->is_dir == (kind == DIR_SLOT);

    if (!slot->handle)
        return 0;
    return !right_kind ? 1 : (slot->access & access) == access ? 3 : 2;
}

struct slot *slot_find(unsigned kind, ACCESS_MASK access)
{
    unsigned first = draw(SLOTS), best = 0, luck = draw(100);
    struct slot *found = NULL;

    if (luck < 4)
        kind = ANY_SLOT;
    if (luck < 12)
        access = 0;
    for (unsigned i = 0; i < SLOTS; i++) {
        struct slot *slot = &slots[(first + i) % SLOTS];
        unsigned fit = suits(slot, kind, access);

        if (fit > best) {
            best = fit;
            found = slot;
        }
    }
    return found;
}

struct slot *slot_pick(unsigned kind, ACCESS_MASK access)
{
    struct slot *slot = slot_find(kind, access);

    if (slot)
        say(" h%u", slot_index(slot));
    else
        say(" no handle");
    return slot;
}

struct slot *slot_above(const wchar_t *path)
{
    unsigned first = draw(SLOTS);

    for (unsigned i = 0; i < SLOTS; i++) {
        struct slot *slot = &slots[(first + i) % SLOTS];
        size_t cch = wcslen(slot->path);

        if (slot->handle && slot->is_dir && cch && !wcsncmp(path, slot->path, cch) &&
            path[cch] == '\\')
            return slot;
    }
    return NULL;
}

void slot_put(HANDLE handle, const wchar_t *path, bool is_async)
{
    struct slot *slot = &slots[draw(SLOTS)];
    struct nt_standard_info standard = {0};
    ULONG access = 0;

    say(" h%u", slot_index(slot));
    if (slot->handle)
        say(" closed=%08lx", NtClose(slot->handle));
    io_clear();
    NtQueryInformationFile(handle, &io, &standard, sizeof(standard), NT_STANDARD_INFO);
    NtQueryInformationFile(handle, &io, &access, sizeof(access), NT_ACCESS_INFO);
    slot->handle = handle;
    slot->number = ++handle_count;
    slot->is_dir = standard.directory;
    slot->is_async = is_async;
    slot->access = access;
    slot->start = standard.directory ? NOT_OF_START : start_of(handle);
    if (path != slot->path) /* a duplicate in its own place */
        wcscpy(slot->path, path);
}

HANDLE slot_event(const struct slot *slot)
{
    if (!slot->is_async)
        return NULL;
    if (!event)
        event = CreateEventW(NULL, TRUE, FALSE, NULL);
    ResetEvent(event);
    return event;
}

NTSTATUS slot_settle(const struct slot *slot, NTSTATUS status, bool has_event)
{
    if (status != STATUS_PENDING)
        return status;
    if (!slot->is_async || WaitForSingleObject(has_event ? event : slot->handle, 5000)) {
        say(" STILL PENDING");
        return STATUS_TIMEOUT;
    }
    return io.Status;
}

void say_same_id(uint64_t id)
{
    /* FILES_RANDOM_WITHOUT=...,ids: a copy has another id than what it is a copy of. */
    const char *before = " same-id=", *without = getenv("FILES_RANDOM_WITHOUT");

    if (without && strstr(without, "ids"))
        return;
    for (unsigned i = 0; i < SLOTS; i++) {
        LARGE_INTEGER other;
        IO_STATUS_BLOCK answer;

        if (!slots[i].handle ||
            NtQueryInformationFile(slots[i].handle, &answer, &other, sizeof(other),
                                   NT_INTERNAL_INFO) ||
            (uint64_t)other.QuadPart != id)
            continue;
        say("%sh%u", before, i);
        before = ",";
    }
}

static uint64_t id_of(const struct slot *slot)
{
    LARGE_INTEGER id = {.QuadPart = 0};
    IO_STATUS_BLOCK answer;

    NtQueryInformationFile(slot->handle, &answer, &id, sizeof(id), NT_INTERNAL_INFO);
    return (uint64_t)id.QuadPart;
}

/** Does a slot's handle go by a name that is an old one now? */
static bool is_outdated(const struct slot *slot, const struct slot *moved, const wchar_t *path)
{
    size_t cch = wcslen(path);

    if (slot == moved || !slot->handle)
        return false;
    /* In a VM a handle on the host's file and one on its copy tell two ids. */
    if (!moved->is_dir)
        return id_of(slot) == id_of(moved) || (*slot->path && !_wcsicmp(slot->path, moved->path));
    return !*slot->path || !cch ||
           (!_wcsnicmp(slot->path, path, cch) && (!slot->path[cch] || slot->path[cch] == '\\'));
}

void slots_moved(const struct slot *moved, const wchar_t *path)
{
    for (unsigned i = 0; i < SLOTS; i++)
        if (is_outdated(&slots[i], moved, path)) {
            say(" forgets h%u=%08lx", i, NtClose(slots[i].handle));
            slots[i].handle = NULL;
        }
}

void slots_forget(int file)
{
    for (unsigned i = 0; i < SLOTS; i++)
        if (slots[i].handle && slots[i].start == file) {
            say(" forgets h%u=%08lx", i, NtClose(slots[i].handle));
            slots[i].handle = NULL;
        }
}

void slots_forget_directory(const struct slot *but, const wchar_t *path)
{
    for (unsigned i = 0; i < SLOTS; i++)
        if (slots[i].handle && &slots[i] != but && slots[i].is_dir &&
            (!*slots[i].path || !*path || !_wcsicmp(slots[i].path, path))) {
            say(" forgets h%u=%08lx", i, NtClose(slots[i].handle));
            slots[i].handle = NULL;
        }
}

void slots_end(void)
{
    for (unsigned i = 0; i < SLOTS; i++)
        if (slots[i].handle)
            say("end h%u close=%08lx\n", i, NtClose(slots[i].handle));
    memset(slots, 0, sizeof(slots));
}
