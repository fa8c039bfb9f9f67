/* rooms/files/volume.c: names of volumes by their GUID, \??\Volume{...}\dir\file. The mount manager
 * of the host keeps a link for each such name and for each letter: those of one volume lead to one
 * device. See files.h. */
#include "engine/real.h"
#include "rooms/files/files.h"

#include <string.h>

enum {
    DOS_CCH = 4,
    GUID_NAME_CCH = 44,
    LINK_CCH = 128
}; /* \??\ and Volume{36 digits and dashes} */

static bool read_link(struct fvm_buf *to, struct fvm_str name)
{
    enum { LINK_QUERY = 1 };
    UNICODE_STRING text,
        target = {.Buffer = to->s, .MaximumLength = (USHORT)(to->cap_cch * sizeof(WCHAR))};
    OBJECT_ATTRIBUTES attr;
    NTSTATUS status;
    HANDLE link;

    files_attr(&attr, &text, name, 0);
    if (!NT_SUCCESS(real.NtOpenSymbolicLinkObject(&link, LINK_QUERY, &attr)))
        return false;
    status = real.NtQuerySymbolicLinkObject(link, &target, NULL);
    real.NtClose(link);
    to->cch = target.Length / (uint32_t)sizeof(WCHAR);
    return NT_SUCCESS(status) && to->cch;
}

/* @return 0: no drive is this volume */
static uint16_t find_letter(struct fvm_str volume)
{
    uint16_t device_room[LINK_CCH], drive_room[LINK_CCH], name[] = u"\\??\\A:";
    struct fvm_buf device = {device_room, 0, LINK_CCH}, drive = {drive_room, 0, LINK_CCH};

    if (!read_link(&device, volume))
        return 0;
    for (unsigned letter = 'A'; letter <= 'Z'; letter++) {
        name[DOS_CCH] = (uint16_t)letter;
        if (read_link(&drive, (struct fvm_str){name, DOS_CCH + 2}) &&
            fvm_str_eq_fold(fvm_buf_str(&drive), fvm_buf_str(&device)))
            return name[DOS_CCH];
    }
    return 0;
}

bool files_volume_to_letter(struct fvm_buf *name)
{
    const uint32_t end = DOS_CCH + GUID_NAME_CCH;
    uint16_t letter;

    if (name->cch <= end || name->s[end] != '\\' || name->s[end - 1] != '}' ||
        !fvm_str_begins_fold(fvm_buf_str(name), FVM_STR(u"\\??\\Volume{")))
        return false;
    letter = find_letter(fvm_str_sub(fvm_buf_str(name), 0, end));
    if (!letter)
        return false;
    name->s[DOS_CCH] = letter;
    name->s[DOS_CCH + 1] = ':';
    memmove(name->s + DOS_CCH + 2, name->s + end, (name->cch - end) * sizeof(*name->s));
    name->cch -= GUID_NAME_CCH - 2;
    return true;
}
