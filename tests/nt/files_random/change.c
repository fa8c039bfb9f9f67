/* NtSetInformationFile. */
#include "random.h"

#include <string.h>
#include <wchar.h>

static NTSTATUS set(const struct slot *slot, void *info, size_t cb, ULONG class)
{
    io_clear();
    return say_status(NtSetInformationFile(slot->handle, &io, info, (ULONG)cb, class), &io);
}

/* NT asks for the right to change; Wine 8 does not ask for these classes, and a VM does. */
static bool lacks(const struct slot *slot, ACCESS_MASK access)
{
    bool is_lacking = (slot->access & access) != access;

    if (is_lacking)
        say(" left out");
    return is_lacking;
}

NTSTATUS op_set_size(void)
{
    static const ULONG classes[] = {NT_END_OF_FILE_INFO, NT_END_OF_FILE_INFO, NT_END_OF_FILE_INFO,
                                    NT_POSITION_INFO,    NT_POSITION_INFO,    NT_ALLOCATION_INFO};
    static const LONGLONG sizes[] = {0, 1, 10, 4096, 4097, 6000, 150000, -1};
    struct slot *slot = slot_pick(FILE_SLOT, FILE_WRITE_DATA);
    ULONG class = classes[draw(COUNT_OF(classes))];
    LARGE_INTEGER size;

    if (!slot)
        return STATUS_UNSUCCESSFUL;
    size.QuadPart = often(70) ? sizes[draw(COUNT_OF(sizes))] : (LONGLONG)draw(9000);
    if (slot->is_dir &&
        class == NT_POSITION_INFO) /* which positions a directory has depends on the disk */
        class = NT_END_OF_FILE_INFO;
    say(" class=%lu value=%lld", class, size.QuadPart);
    if (class != NT_POSITION_INFO && lacks(slot, FILE_WRITE_DATA))
        return STATUS_UNSUCCESSFUL;
    return set(slot, &size, often(97) ? sizeof(size) : 4, class);
}

/** A time that says "not now" wherever it is seen later: a day in 2001 to 2003; or no change. */
static void draw_time(LARGE_INTEGER *time)
{
    unsigned day = draw(1000);

    if (often(50))
        time->QuadPart = 126227808000000000ll + day * 864000000000ll;
}

NTSTATUS op_set_basic(void)
{
    static const ULONG all[] = {0,
                                0,
                                FILE_ATTRIBUTE_NORMAL,
                                FILE_ATTRIBUTE_NORMAL,
                                FILE_ATTRIBUTE_ARCHIVE,
                                FILE_ATTRIBUTE_READONLY,
                                FILE_ATTRIBUTE_HIDDEN,
                                FILE_ATTRIBUTE_SYSTEM,
                                FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN,
                                FILE_ATTRIBUTE_DIRECTORY,
                                FILE_ATTRIBUTE_TEMPORARY};
    struct slot *slot = slot_pick(ANY_SLOT, FILE_WRITE_ATTRIBUTES);
    struct nt_basic_info basic = {.attributes = all[draw(COUNT_OF(all))]};

    if (!slot)
        return STATUS_UNSUCCESSFUL;
    draw_time(&basic.created);
    draw_time(&basic.accessed);
    draw_time(&basic.written);
    draw_time(&basic.changed);
    say(" attr=%lx created=%lld accessed=%lld written=%lld changed=%lld", basic.attributes,
        basic.created.QuadPart, basic.accessed.QuadPart, basic.written.QuadPart,
        basic.changed.QuadPart);
    if (lacks(slot, FILE_WRITE_ATTRIBUTES))
        return STATUS_UNSUCCESSFUL;
    return set(slot, &basic, sizeof(basic), NT_BASIC_INFO);
}

NTSTATUS op_set_disposition(void)
{
    struct slot *slot = slot_pick(often(70) ? FILE_SLOT : DIR_SLOT, DELETE);
    bool extended = often(12);
    ULONG flags = extended ? draw(32) : draw(3) != 0;
    BOOLEAN plain = (BOOLEAN)flags;
    NTSTATUS status;

    if (!slot)
        return STATUS_UNSUCCESSFUL;
    say(extended ? " ex=%lx" : " delete=%lx", flags);
    /* Wine 8 reads the directory from where it was read before: a second time it is empty. */
    if (slot->is_dir) {
        NtSetInformationFile(slot->handle, &io, &(LARGE_INTEGER){0}, sizeof(LARGE_INTEGER),
                             NT_POSITION_INFO);
        slots_forget_directory(slot, slot->path);
    }
    status = extended ? set(slot, &flags, sizeof(flags), NT_DISPOSITION_EX_INFO)
                      : set(slot, &plain, sizeof(plain), NT_DISPOSITION_INFO);
    if (NT_SUCCESS(status) && slot->is_dir && flags & 1)
        *slot->path = 0; /* Wine 8 still opens it by its id, NT and a VM do not */
    return status;
}

/* Room for a name; its members are those of nt_rename_info. */
static union {
    struct nt_rename_info info;
    unsigned char room[sizeof(struct nt_rename_info) + TEXT_CCH * sizeof(wchar_t)];
} rename_room;

/** Choose the new name: a new one, that of something else, the own one in other case; absolute,
 * relative to a directory, or (as Windows has it) a bare name that stays in its directory.
 * @param path [out] what it is then called; "" if that is not plain */
static size_t draw_new_name(const struct slot *slot, wchar_t path[PATH_CCH])
{
    static wchar_t shown[TEXT_CCH], text[TEXT_CCH];
    unsigned what = draw(100), form = draw(100);
    struct nt_rename_info *info = &rename_room.info;
    const struct slot *root = NULL;
    size_t cch;

    path_pick(path, what < 60 ? WANT_NEW : slot->is_dir && what < 75 ? WANT_DIR : WANT_FILE);
    if (what >= 95)
        wcscpy(path, slot->path);
    wcscpy(shown, path);
    if (form < 20 && (root = slot_find(DIR_SLOT, 0)) != NULL) {
        cch = wcslen(root->path);
        if (wcsrchr(path, '\\'))
            wcscpy(shown, wcsrchr(path, '\\') + 1);
        if (cch + wcslen(shown) + 2 < PATH_CCH)
            swprintf(path, PATH_CCH, L"%ls\\%ls", root->path, shown);
    } else if (form < 27 && wcsrchr(path, '\\')) {
        wcscpy(shown, wcsrchr(path, '\\') + 1);
        *path = 0;
    }
    if (name_vary(shown) || (root && !*root->path))
        *path = 0;
    if (slot->is_dir && has_stream(shown))
        *wcschr(shown, ':') = 0;
    world_expand(text, shown);
    info->root = root ? root->handle : NULL;
    info->name_cb = (ULONG)(wcslen(text) * sizeof(wchar_t));
    memcpy(info->name, text, info->name_cb);
    if (root)
        say(" h%u:", slot_index(root));
    else
        say(" ");
    say_name(shown, wcslen(shown));
    return offsetof(struct nt_rename_info, name) + info->name_cb;
}

/** What has that name goes, if it may. Not for a directory: Wine 8 removes the file and then finds
 * that a directory cannot be moved into itself. */
static NTSTATUS set_new_name(const struct slot *slot, size_t cb, ULONG class)
{
    int file;
    USHORT name_cb = (USHORT)rename_room.info.name_cb;
    UNICODE_STRING name = {name_cb, name_cb, rename_room.info.name};
    OBJECT_ATTRIBUTES attr = {sizeof(attr), rename_room.info.root, &name, NT_CASE_INSENSITIVE, NULL,
                              NULL};
    NTSTATUS status;

    if (start_change_named(&attr, &file) && slot->is_dir)
        rename_room.info.replace = 0;
    status = set(slot, &rename_room, cb, class);
    if (!NT_SUCCESS(status))
        start_keep(&attr, file, status);
    return status;
}

static NTSTATUS rename_or_link(ULONG class, ULONG class_ex, unsigned file_percent)
{
    struct slot *slot = slot_pick(often(file_percent) ? FILE_SLOT : DIR_SLOT, DELETE);
    bool extended = often(5), replace = often(55);
    wchar_t path[PATH_CCH];
    NTSTATUS status;
    size_t cb;

    if (!slot)
        return STATUS_UNSUCCESSFUL;
    rename_room.info.replace = extended ? draw(4) | (draw(8) ? 0 : 0x40) : replace;
    cb = draw_new_name(slot, path);
    say(" %s=%lx", extended ? "flags" : "replace", rename_room.info.replace);
    if (lacks(slot, class == NT_RENAME_INFO ? DELETE : FILE_WRITE_ATTRIBUTES))
        return STATUS_UNSUCCESSFUL;
    status = set_new_name(slot, cb, extended ? class_ex : class);
    if (NT_SUCCESS(status) && class == NT_RENAME_INFO)
        slots_moved(slot, slot->path);
    if (NT_SUCCESS(status) && slot->is_dir)
        watches_moved(slot->path);
    if (NT_SUCCESS(status)) {
        names_made(path, slot->is_dir);
        if (class == NT_RENAME_INFO)
            wcscpy(slot->path, path);
    }
    return status;
}

NTSTATUS op_rename(void)
{
    return rename_or_link(NT_RENAME_INFO, NT_RENAME_EX_INFO, 80);
}

NTSTATUS op_link(void)
{
    return rename_or_link(NT_LINK_INFO, NT_LINK_EX_INFO, 95);
}
