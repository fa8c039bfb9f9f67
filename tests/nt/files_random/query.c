/* NtQueryInformationFile, NtQueryObject, NtQueryVolumeInformationFile. Left out of what is printed:
 * times of today, ids, allocated and free space, how long FOLDER's own path is. */
#include "random.h"

#include <string.h>

/* The answer of a query, read by offsets: see the structures in Microsoft's ntifs.h. */
static union {
    unsigned char bytes[4096];
    struct nt_basic_info basic;
    struct nt_standard_info standard;
    struct nt_network_open_info network;
    ULONG ulongs[8];
    uint64_t id;
    struct {
        struct nt_basic_info basic;
        struct nt_standard_info standard;
        uint64_t id;
        ULONG ea_cb, access;
        LARGE_INTEGER position;
        ULONG mode, alignment, name_cb;
        WCHAR name[];
    } all;
    struct {
        ULONG name_cb;
        WCHAR name[];
    } name;
    struct {
        UNICODE_STRING name;
    } object;
} answer;

static void say_standard(const struct nt_standard_info *standard)
{
    if (!standard->directory)
        say(" size=%llx", standard->size_cb.QuadPart);
    say(" links=%lu pending=%u dir=%u", standard->links, standard->delete_pending,
        standard->directory);
}

static void say_basic(const struct nt_basic_info *basic)
{
    say(" attr=%lx", basic->attributes);
    say_time(basic->written);
}

/** A name as far as the buffer had room for it. */
static void say_name_info(const WCHAR *name, ULONG name_cb, size_t room_cb)
{
    size_t cb = name_cb < room_cb ? name_cb : room_cb;

    say(" name_cb=%lx ", name_cb - world_prefix_cb(name, cb / sizeof(*name)));
    say_full_name(name, cb / sizeof(*name));
}

/* A directory's position is what Wine's own reading of it has left, in the file system's own terms.
 */
static void say_position(LARGE_INTEGER position, bool is_dir)
{
    if (!is_dir)
        say(" position=%llx", position.QuadPart);
}

static void say_all(size_t room_cb)
{
    say_basic(&answer.all.basic);
    say_standard(&answer.all.standard);
    say_same_id(answer.all.id);
    say_position(answer.all.position, answer.all.standard.directory);
    say(" ea=%lx access=%lx mode=%lx alignment=%lx", answer.all.ea_cb, answer.all.access,
        answer.all.mode, answer.all.alignment);
    say_name_info(answer.all.name, answer.all.name_cb, room_cb - 100);
}

static void say_info(ULONG class, size_t room_cb, bool is_dir)
{
    switch (class) {
    case NT_BASIC_INFO:
        say_basic(&answer.basic);
        break;
    case NT_STANDARD_INFO:
        say_standard(&answer.standard);
        break;
    case NT_INTERNAL_INFO:
        say_same_id(answer.id);
        break;
    case NT_NAME_INFO:
    case NT_ALTERNATE_NAME_INFO:
        say_name_info(answer.name.name, answer.name.name_cb, room_cb - 4);
        break;
    case NT_POSITION_INFO:
        say_position((LARGE_INTEGER){.QuadPart = (LONGLONG)answer.id}, is_dir);
        break;
    case NT_NETWORK_OPEN_INFO:
        say(" attr=%lx", answer.network.attributes);
        say_time(answer.network.written);
        if (!(answer.network.attributes & FILE_ATTRIBUTE_DIRECTORY))
            say(" size=%llx", answer.network.size_cb.QuadPart);
        break;
    case NT_ATTRIBUTE_TAG_INFO:
        say(" attr=%lx tag=%lx", answer.ulongs[0], answer.ulongs[1]);
        break;
    case NT_ALL_INFO:
        say_all(room_cb);
        break;
    case NT_EA_INFO:
    case NT_ACCESS_INFO:
    case NT_MODE_INFO:
    case NT_ALIGNMENT_INFO:
        say(" value=%lx", answer.ulongs[0]);
        break;
    default: /* 22 streams, 46 links, 48 normalized name, ...: that there is an answer is told */
        break;
    }
}

/** @return the size of an answer of that class without the name at its end */
static ULONG fixed_cb(ULONG class)
{
    switch (class) {
    case NT_ALL_INFO:
        return 100;
    case NT_NAME_INFO:
    case NT_ALTERNATE_NAME_INFO:
        return 4;
    case NT_BASIC_INFO:
        return sizeof(struct nt_basic_info);
    case NT_STANDARD_INFO:
        return sizeof(struct nt_standard_info);
    case NT_NETWORK_OPEN_INFO:
        return sizeof(struct nt_network_open_info);
    default:
        return 8;
    }
}

NTSTATUS op_query(void)
{
    static const ULONG classes[] = {NT_BASIC_INFO,
                                    NT_BASIC_INFO,
                                    NT_STANDARD_INFO,
                                    NT_STANDARD_INFO,
                                    NT_STANDARD_INFO,
                                    NT_INTERNAL_INFO,
                                    NT_INTERNAL_INFO,
                                    NT_INTERNAL_INFO,
                                    NT_EA_INFO,
                                    NT_ACCESS_INFO,
                                    NT_ACCESS_INFO,
                                    NT_NAME_INFO,
                                    NT_NAME_INFO,
                                    NT_NAME_INFO,
                                    NT_POSITION_INFO,
                                    NT_MODE_INFO,
                                    NT_ALIGNMENT_INFO,
                                    NT_ALL_INFO,
                                    NT_ALL_INFO,
                                    NT_ALL_INFO,
                                    NT_NETWORK_OPEN_INFO,
                                    NT_NETWORK_OPEN_INFO,
                                    NT_ATTRIBUTE_TAG_INFO,
                                    NT_ALTERNATE_NAME_INFO,
                                    22,
                                    46,
                                    48,
                                    59,
                                    68,
                                    71};
    struct slot *slot = slot_pick(ANY_SLOT, FILE_READ_ATTRIBUTES);
    ULONG class = classes[draw(COUNT_OF(classes))], room_cb = sizeof(answer), cut = draw(30);
    bool named = class == NT_ALL_INFO || class == NT_NAME_INFO, is_short = often(12);
    NTSTATUS status;

    if (!slot)
        return STATUS_UNSUCCESSFUL;
    if (is_short) /* room for a part of the name behind FOLDER's; or too little for any answer */
        room_cb = fixed_cb(class) + (named && cut > 5 ? world_folder_cb() + cut : 0) - (cut < 3);
    say(" class=%lu", class);
    if (is_short)
        say(" short=%lu", cut);
    memset(&answer, 0, sizeof(answer));
    io_clear();
    status = NtQueryInformationFile(slot->handle, &io, &answer, room_cb, class);
    if (named && io.Information != INFO_UNSET && io.Information > world_folder_cb())
        io.Information -= world_folder_cb();
    say_status(status, class >= 22 && class != NT_NETWORK_OPEN_INFO ? NULL : &io);
    if (NT_SUCCESS(status) || (named && status == STATUS_BUFFER_OVERFLOW && cut > 5))
        say_info(class, room_cb, slot->is_dir);
    return status;
}

NTSTATUS op_object_name(void)
{
    struct slot *slot = slot_pick(ANY_SLOT, 0);
    bool is_short = often(15);
    ULONG needed = 0;
    NTSTATUS status;

    if (!slot)
        return STATUS_UNSUCCESSFUL;
    memset(&answer, 0, sizeof(answer));
    status = NtQueryObject(slot->handle, 1, &answer, is_short ? 20 : sizeof(answer), &needed);
    say(is_short ? " short" : "");
    say_status(status, NULL);
    if (!NT_SUCCESS(status))
        return status;
    say(" ");
    say_full_name(answer.object.name.Buffer, answer.object.name.Length / sizeof(WCHAR));
    return status;
}

/** Volume: what a program may hold on to. Not the label and serial number, which are the base's,
 * nor sizes. */
NTSTATUS op_volume(void)
{
    enum { VOLUME = 1, SIZE = 3, DEVICE = 4, ATTRIBUTE = 5, FULL_SIZE = 7 };
    static const ULONG classes[] = {VOLUME, SIZE, DEVICE, ATTRIBUTE, ATTRIBUTE, FULL_SIZE, 11};
    struct slot *slot = slot_pick(ANY_SLOT, FILE_READ_ATTRIBUTES);
    ULONG class = classes[draw(COUNT_OF(classes))], room_cb = often(20) ? 14 : sizeof(answer);
    const ULONG *value = answer.ulongs;
    NTSTATUS status;

    if (!slot)
        return STATUS_UNSUCCESSFUL;
    say(" class=%lu room=%lu", class, room_cb);
    memset(&answer, 0, sizeof(answer));
    io_clear();
    status = NtQueryVolumeInformationFile(slot->handle, &io, &answer, room_cb, class);
    say_status(status, class == VOLUME ? NULL : &io);
    if (!NT_SUCCESS(status))
        return status;
    if (class == DEVICE)
        say(" type=%lx characteristics=%lx", value[0], value[1]);
    else if (class == ATTRIBUTE) {
        say(" flags=%lx longest=%lu ", value[0], value[1]);
        say_name((const wchar_t *)(value + 3), value[2] / sizeof(wchar_t));
    } else if (class == SIZE)
        say(" sectors=%lu bytes=%lu", value[4], value[5]);
    return status;
}
