/* Opening, creating, deleting by name; handles. */
#include "random.h"

#include <string.h>
#include <wchar.h>

static struct target target;

static ACCESS_MASK draw_access(void)
{
    static const ACCESS_MASK masks[] = {
        GENERIC_READ,
        GENERIC_READ,
        GENERIC_READ | DELETE,
        GENERIC_READ | GENERIC_WRITE,
        GENERIC_READ | GENERIC_WRITE,
        GENERIC_READ | GENERIC_WRITE,
        GENERIC_READ | GENERIC_WRITE | DELETE,
        GENERIC_READ | GENERIC_WRITE | DELETE,
        GENERIC_READ | GENERIC_WRITE | DELETE,
        GENERIC_READ | GENERIC_WRITE | DELETE,
        GENERIC_READ | GENERIC_WRITE | DELETE,
        GENERIC_READ | GENERIC_WRITE | DELETE,
        GENERIC_READ | GENERIC_WRITE | DELETE,
        GENERIC_READ | GENERIC_WRITE | DELETE,
        GENERIC_ALL,
        GENERIC_ALL,
        GENERIC_WRITE,
        GENERIC_EXECUTE,
        MAXIMUM_ALLOWED,
        MAXIMUM_ALLOWED,
        MAXIMUM_ALLOWED | FILE_READ_DATA,
        FILE_READ_DATA,
        FILE_WRITE_DATA,
        FILE_APPEND_DATA,
        FILE_READ_DATA | FILE_APPEND_DATA | FILE_READ_ATTRIBUTES,
        DELETE,
        DELETE | FILE_READ_ATTRIBUTES,
        FILE_READ_ATTRIBUTES,
        FILE_WRITE_ATTRIBUTES,
        FILE_WRITE_ATTRIBUTES | FILE_READ_ATTRIBUTES | FILE_READ_DATA,
        FILE_READ_DATA | FILE_WRITE_DATA | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | DELETE,
        READ_CONTROL,
        0,
    };

    return masks[draw(COUNT_OF(masks))] | (often(96) ? SYNCHRONIZE : 0);
}

static ULONG draw_options(bool is_dir)
{
    ULONG options = 0;

    if (often(85))
        options |= NT_SYNCHRONOUS_IO_NONALERT;
    if (often(55))
        options |= is_dir == often(93) ? NT_DIRECTORY_FILE : NT_NON_DIRECTORY_FILE;
    if (often(4))
        options |= NT_DELETE_ON_CLOSE;
    if (often(20))
        options |= NT_OPEN_FOR_BACKUP_INTENT;
    if (often(10))
        options |= NT_SEQUENTIAL_ONLY;
    if (often(5))
        options |= NT_RANDOM_ACCESS;
    if (often(10))
        options |= NT_OPEN_REPARSE_POINT;
    if (often(5))
        options |= NT_WRITE_THROUGH;
    return options;
}

static ULONG draw_attributes(void)
{
    static const ULONG all[] = {
        0,
        FILE_ATTRIBUTE_NORMAL,
        FILE_ATTRIBUTE_NORMAL,
        FILE_ATTRIBUTE_NORMAL,
        FILE_ATTRIBUTE_ARCHIVE,
        FILE_ATTRIBUTE_READONLY,
        FILE_ATTRIBUTE_HIDDEN,
        FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_HIDDEN,
        FILE_ATTRIBUTE_TEMPORARY,
    };

    return all[draw(COUNT_OF(all))];
}

/** Which others may be let in. To read a directory always: a VM that must look for a short name or
 * merge a listing reads it too. */
static ULONG draw_sharing(bool is_dir)
{
    ULONG sharing = often(65) ? 7 : draw(8);

    return is_dir ? sharing | FILE_SHARE_READ : sharing;
}

/** Keep the handle, if there is one, and what is now known of the name. */
static NTSTATUS keep(NTSTATUS status, HANDLE handle, ULONG options)
{
    say_status(status, &io);
    names_missed(target.path, status);
    if (!NT_SUCCESS(status))
        return status;
    if (io.Information == NT_CREATED)
        names_made(target.path, options & NT_DIRECTORY_FILE);
    slot_put(handle, target.path, !(options & (NT_SYNCHRONOUS_IO_NONALERT)));
    return status;
}

/** A directory that is not empty is not opened to be deleted: Wine 8 does that when nobody has it
 * open any more, if it is empty then; NT, and so a VM, looks when this one handle is closed. */
static ULONG keep_full_directory(OBJECT_ATTRIBUTES *attr, ULONG options)
{
    if (!(options & NT_DELETE_ON_CLOSE) || !is_full_directory(attr))
        return options;
    say(" kept");
    return options & ~(ULONG)NT_DELETE_ON_CLOSE;
}

static void forget_deleted(ULONG options)
{
    if (options & NT_DELETE_ON_CLOSE && target.is_dir)
        slots_forget_directory(NULL, target.path);
}

NTSTATUS op_create(void)
{
    static const ULONG for_dirs[] = {NT_OPEN, NT_OPEN, NT_OPEN, NT_OPEN_IF, NT_OPEN_IF, NT_CREATE};
    bool make = often(25), make_dir = make && often(30);
    ULONG disposition, options, attributes, sharing;
    int file = NOT_OF_START;
    ACCESS_MASK access;
    HANDLE handle = NULL;
    NTSTATUS status;

    target_pick(&target, make ? WANT_NEW : often(35) ? WANT_DIR : WANT_ANY);
    if (make)
        disposition = often(60) ? NT_CREATE : draw(6);
    else if (target.is_dir && often(90))
        disposition = for_dirs[draw(COUNT_OF(for_dirs))];
    else
        disposition = often(60) ? NT_OPEN : draw(6);
    access = draw_access();
    sharing = draw_sharing(target.is_dir);
    options = draw_options(make ? make_dir : target.is_dir);
    if (make_dir)
        options = (options | NT_DIRECTORY_FILE) & ~(ULONG)NT_NON_DIRECTORY_FILE;
    if (has_stream(target.shown))
        options &= ~(ULONG)NT_DIRECTORY_FILE;
    /* Wine 8 opens what the handle is open on, or says what it is, by its name's case; NT says that
     * it is there. */
    if (disposition == NT_CREATE && !target.string.Length)
        disposition = NT_OPEN;
    /* Wine 8 deletes a directory when it refuses to make one in its place. */
    if (target.is_dir && disposition != NT_OPEN && disposition != NT_OPEN_IF)
        options &= ~(ULONG)NT_DELETE_ON_CLOSE;
    options = keep_full_directory(&target.attr, options);
    attributes = draw_attributes();
    say(" access=%lx attr=%lx share=%lx disp=%lx options=%lx", access, attributes, sharing,
        disposition, options);
    if (start_is_change(access, options) ||
        (disposition != NT_OPEN && disposition != NT_OPEN_IF && disposition != NT_CREATE))
        start_change_named(&target.attr, &file);
    forget_deleted(options);
    io_clear();
    status = NtCreateFile(&handle, access, &target.attr, &io, NULL, attributes, sharing,
                          disposition, options, NULL, 0);
    if (!NT_SUCCESS(status))
        start_keep(&target.attr, file, status);
    return keep(status, handle, options);
}

NTSTATUS op_open(void)
{
    ACCESS_MASK access = draw_access();
    ULONG sharing, options;
    int file = NOT_OF_START;
    HANDLE handle = NULL;
    NTSTATUS status;

    target_pick(&target, often(35) ? WANT_DIR : WANT_ANY);
    sharing = draw_sharing(target.is_dir);
    options = keep_full_directory(&target.attr, draw_options(target.is_dir));
    say(" access=%lx share=%lx options=%lx", access, sharing, options);
    if (start_is_change(access, options))
        start_change_named(&target.attr, &file);
    forget_deleted(options);
    io_clear();
    status = NtOpenFile(&handle, access, &target.attr, &io, sharing, options);
    if (!NT_SUCCESS(status))
        start_keep(&target.attr, file, status);
    return keep(status, handle, options);
}

/** Wine 8 finds such a file by its id and then tells another name. */
static bool has_odd_end(const wchar_t *path)
{
    for (size_t i = 0; path[i]; i++)
        if ((path[i] == ' ' || path[i] == '.') && (!path[i + 1] || path[i + 1] == '\\'))
            return true;
    return !*path; /* not known */
}

/** Open what another handle has open, by its id. Not with several names: which of them the new
 * handle has is then a matter of the order of a raw listing. Nor what is to be deleted: Wine 8
 * opens it all the same. */
NTSTATUS op_open_by_id(void)
{
    ACCESS_MASK access = draw_access();
    struct slot *slot = slot_pick(ANY_SLOT, 0), *any = slot_pick(DIR_SLOT, 0);
    struct slot *root = slot ? slot_above(slot->path) : NULL;
    ULONG options = draw_options(slot && slot->is_dir) | NT_OPEN_BY_FILE_ID;
    struct nt_standard_info standard;
    LARGE_INTEGER id;
    UNICODE_STRING name = {sizeof(id), sizeof(id), (WCHAR *)&id};
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr), .ObjectName = &name};
    HANDLE handle = NULL;
    NTSTATUS status;

    if (!slot || !any)
        return STATUS_UNSUCCESSFUL;
    if (!root || often(20)) /* NT takes any file of the volume as root, Wine one above the file */
        root = any;
    if (NtQueryInformationFile(slot->handle, &io, &standard, sizeof(standard), NT_STANDARD_INFO) ||
        NtQueryInformationFile(slot->handle, &io, &id, sizeof(id), NT_INTERNAL_INFO) ||
        (!standard.directory && standard.links != 1) || has_odd_end(slot->path)) {
        say(" left out");
        return STATUS_UNSUCCESSFUL;
    }
    wcscpy(target.path, slot->path);
    if (standard.directory)
        options &= ~(ULONG)NT_DELETE_ON_CLOSE;
    attr.RootDirectory = root->handle;
    say(" root=h%u access=%lx options=%lx", slot_index(root), access, options);
    if (start_is_change(access, options))
        start_change(start_find((uint64_t)id.QuadPart));
    io_clear();
    status = NtOpenFile(&handle, access, &attr, &io, 7, options);
    return keep(status, handle, options);
}

NTSTATUS op_delete(void)
{
    NTSTATUS status;
    int file;

    target_pick(&target, often(80) ? WANT_FILE : WANT_ANY);
    if (!keep_full_directory(&target.attr, NT_DELETE_ON_CLOSE))
        return STATUS_UNSUCCESSFUL;
    start_change_named(&target.attr, &file);
    forget_deleted(NT_DELETE_ON_CLOSE);
    status = NtDeleteFile(&target.attr);
    if (!NT_SUCCESS(status))
        start_keep(&target.attr, file, status);
    names_missed(target.path, status);
    return say_status(status, NULL);
}

NTSTATUS op_close(void)
{
    struct slot *slot = slot_pick(ANY_SLOT, 0);
    NTSTATUS status;

    if (!slot)
        return STATUS_UNSUCCESSFUL;
    status = NtClose(slot->handle);
    slot->handle = NULL;
    return say_status(status, NULL);
}

NTSTATUS op_duplicate(void)
{
    struct slot *slot = slot_pick(ANY_SLOT, 0);
    bool same = often(70);
    ULONG options = (same ? DUPLICATE_SAME_ACCESS : 0) | (often(15) ? DUPLICATE_CLOSE_SOURCE : 0);
    ACCESS_MASK access = same ? 0 : draw_access();
    HANDLE self = GetCurrentProcess(), handle = NULL;
    NTSTATUS status;

    if (!slot)
        return STATUS_UNSUCCESSFUL;
    /* No more than it has: Wine 8 gives more, to a handle that was not opened for it. */
    MapGenericMask(&access, &(GENERIC_MAPPING){FILE_GENERIC_READ, FILE_GENERIC_WRITE,
                                               FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS});
    access &= slot->access;
    say(" access=%lx options=%lx", access, options);
    status = NtDuplicateObject(self, slot->handle, self, &handle, access, 0, options);
    if (options & DUPLICATE_CLOSE_SOURCE)
        slot->handle = NULL;
    say_status(status, NULL);
    if (NT_SUCCESS(status))
        slot_put(handle, slot->path, slot->is_async);
    return status;
}

NTSTATUS op_query_path(void)
{
    struct nt_basic_info basic = {0};
    struct nt_network_open_info full = {0};
    bool ask_full = often(50);
    NTSTATUS status;

    target_is_absolute = true; /* Wine 8 finds nothing by these two calls below a root */
    target_pick(&target, WANT_ANY);
    target_is_absolute = false;
    status = ask_full ? NtQueryFullAttributesFile(&target.attr, &full)
                      : NtQueryAttributesFile(&target.attr, &basic);
    say(ask_full ? " full" : " basic");
    say_status(status, NULL);
    names_missed(target.path, status);
    if (!NT_SUCCESS(status))
        return status;
    say(" attr=%lx", ask_full ? full.attributes : basic.attributes);
    say_time(ask_full ? full.written : basic.written);
    if (ask_full && !(full.attributes & FILE_ATTRIBUTE_DIRECTORY))
        say(" size=%llx", full.size_cb.QuadPart);
    return status;
}
