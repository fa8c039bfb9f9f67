/* NtQueryDirectoryFile: all classes that old programs use, page by page and while the directory
 * changes. */
#include "random.h"

#include <string.h>
#include <wchar.h>

enum { DIRECTORY = 1, FULL = 2, BOTH = 3, NAMES = 12, ID_BOTH = 37, ID_FULL = 38 };

/* Where the members of an entry are: all classes but NAMES begin alike. */
struct layout {
    ULONG class, name, short_name_cb, short_name, id; /* offsets; 0: there is none */
};
static const struct layout layouts[] = {
    {DIRECTORY, 64, 0, 0, 0}, {FULL, 68, 0, 0, 0},        {BOTH, 94, 68, 70, 0},
    {NAMES, 12, 0, 0, 0},     {ID_BOTH, 104, 68, 70, 96}, {ID_FULL, 80, 0, 0, 72},
};

static unsigned char entries[65536] __attribute__((aligned(8)));

static ULONG ulong_at(const unsigned char *at)
{
    ULONG value;

    memcpy(&value, at, sizeof(value));
    return value;
}

static uint64_t u64_at(const unsigned char *at)
{
    uint64_t value;

    memcpy(&value, at, sizeof(value));
    return value;
}

static void say_entry(const unsigned char *entry, const struct layout *layout, bool id)
{
    bool names_only = layout->class == NAMES;
    ULONG attributes = names_only ? 0 : ulong_at(entry + 56);
    LARGE_INTEGER written = {.QuadPart = names_only ? 0 : (LONGLONG)u64_at(entry + 24)};
    ULONG name_cb = ulong_at(entry + (names_only ? 8 : 60));

    say(" ");
    say_name((const wchar_t *)(entry + layout->name), name_cb / sizeof(wchar_t));
    /* `..` of a directory that nothing was changed in tells what the host has above it. */
    if (names_only || (name_cb == 4 && !memcmp(entry + layout->name, L"..", 4)))
        return;
    say("/%lx", attributes);
    if (!(attributes & FILE_ATTRIBUTE_DIRECTORY))
        say("/%llx", (unsigned long long)u64_at(entry + 40));
    if (written.QuadPart < 128000000000000000ll)
        say_time(written);
    if (layout->short_name && entry[layout->short_name_cb]) {
        say("/");
        say_name((const wchar_t *)(entry + layout->short_name),
                 entry[layout->short_name_cb] / sizeof(wchar_t));
    }
    if (id)
        say_same_id(u64_at(entry + layout->id));
}

static void say_entries(const struct layout *layout)
{
    const unsigned char *entry = entries;
    bool id = layout->id && often(60);

    for (;; entry += ulong_at(entry)) {
        say_entry(entry, layout, id);
        if (!ulong_at(entry))
            break;
    }
}

static const wchar_t *draw_mask(void)
{
    static const wchar_t *const masks[] = {L"*",   L"*.*", L"*.txt", L"<.txt",  L"a*",  L"?",
                                           L"*a*", L"<",   L"b.txt", L"b\"txt", L">>>", L"none",
                                           L"",    L"*.",  L"B.TXT", L"*~*"};

    return often(60) ? NULL : masks[draw(COUNT_OF(masks))];
}

/** One call. @return its status */
static NTSTATUS list_once(HANDLE handle, const struct layout *layout, const wchar_t *mask,
                          ULONG room_cb, BOOLEAN single, BOOLEAN restart, const struct slot *slot)
{
    UNICODE_STRING name = {.Buffer = (WCHAR *)mask};
    NTSTATUS status;

    if (mask)
        name.Length = name.MaximumLength = (USHORT)(wcslen(mask) * sizeof(*mask));
    say(" room=%lu single=%u restart=%u", room_cb, single, restart);
    memset(entries, 0, room_cb);
    io_clear();
    /* No event, even if the handle is asynchronous: Wine 8 refuses the call with one. */
    status = NtQueryDirectoryFile(handle, NULL, NULL, NULL, &io, entries, room_cb, layout->class,
                                  single, mask ? &name : NULL, restart);
    status = slot_settle(slot, status, false);
    say_status(status, &io);
    if (NT_SUCCESS(status))
        say_entries(layout);
    return status;
}

/** Wine 8 opens a deleted directory again by a handle on it, and finds nothing in it. */
static bool is_deleted(const struct slot *slot)
{
    static wchar_t text[TEXT_CCH];
    UNICODE_STRING name = {.Buffer = text};
    OBJECT_ATTRIBUTES attr = {sizeof(attr), NULL, &name, NT_CASE_INSENSITIVE, NULL, NULL};
    struct nt_basic_info basic;

    if (!*slot->path)
        return false;
    world_expand(text, slot->path);
    name.Length = name.MaximumLength = (USHORT)(wcslen(text) * sizeof(*text));
    return NtQueryAttributesFile(&attr, (void *)&basic) != 0;
}

/** The directory again: Wine 8 keeps, with the handle, a picture of what was there when it was
 * first listed, and shows it beside what is there now. */
static NTSTATUS open_again(HANDLE *handle, const struct slot *slot)
{
    UNICODE_STRING name = {0, 0, (WCHAR *)L""};
    OBJECT_ATTRIBUTES attr = {sizeof(attr), slot->handle, &name, NT_CASE_INSENSITIVE, NULL, NULL};

    io_clear();
    return NtOpenFile(handle,
                      slot->access & FILE_LIST_DIRECTORY ? FILE_LIST_DIRECTORY | SYNCHRONIZE
                                                         : FILE_READ_ATTRIBUTES,
                      &attr, &io, 7,
                      NT_DIRECTORY_FILE | (slot->is_async ? 0 : NT_SYNCHRONOUS_IO_NONALERT));
}

/** List a directory in a few calls of different kinds, the last ones through a duplicate. */
NTSTATUS op_list(void)
{
    static const ULONG rooms[] = {
        sizeof(entries), sizeof(entries), sizeof(entries), 1024, 400, 120, 20};
    struct slot *slot = slot_pick(DIR_SLOT, FILE_LIST_DIRECTORY);
    const wchar_t *mask = draw_mask();
    unsigned calls = 1 + draw(5), until_copy = draw(8);
    HANDLE self = GetCurrentProcess(), handle, copy;
    NTSTATUS status;

    if (!slot)
        return STATUS_UNSUCCESSFUL;
    if (is_deleted(slot)) {
        say(" left out");
        return STATUS_UNSUCCESSFUL;
    }
    status = open_again(&handle, slot);
    say(" open=%08lx mask=", status);
    say_name(mask ? mask : L"-", wcslen(mask ? mask : L"-"));
    if (!NT_SUCCESS(status))
        return say_status(status, NULL);
    for (unsigned i = 0; i < calls; i++) {
        const struct layout *layout = &layouts[draw(COUNT_OF(layouts))];

        if (i == until_copy && !NtDuplicateObject(self, handle, self, &copy, 0, 0,
                                                  DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE))
            handle = copy;
        say(" class=%lu", layout->class);
        status = list_once(handle, layout, mask, rooms[draw(COUNT_OF(rooms))], (BOOLEAN)often(15),
                           (BOOLEAN)(i == 0 || often(15)), slot);
    }
    NtClose(handle);
    return status;
}
