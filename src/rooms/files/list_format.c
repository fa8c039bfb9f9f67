/* rooms/files/list_format.c: entries in the layouts of NtQueryDirectoryFile. See list.h. */
#include "engine/capture.h"
#include "rooms/files/list.h"

#include <string.h>

/* Where the parts of an entry stand in a class; 0: it has none. */
struct layout {
    UCHAR class, name, name_length, common, ea, short_name, id;
};
static const struct layout layouts[] = {
    {.class = 1, .name = 64, .name_length = 60, .common = 60},
    {.class = 2, .name = 68, .name_length = 60, .common = 60, .ea = 64},
    {.class = 3, .name = 94, .name_length = 60, .common = 60, .ea = 64, .short_name = 68},
    {.class = 12, .name = 12, .name_length = 8, .common = 8},
    {.class = 37,
     .name = 104,
     .name_length = 60,
     .common = 60,
     .ea = 64,
     .short_name = 68,
     .id = 96},
    {.class = 38, .name = 80, .name_length = 60, .common = 60, .ea = 64, .id = 72},
};

static const struct layout *find(ULONG class)
{
    for (size_t i = 0; i < ARRAY_LEN(layouts); i++)
        if (layouts[i].class == class)
            return &layouts[i];
    return NULL;
}

ULONG files_list_least_cb(ULONG class)
{
    const struct layout *layout = find(class);

    return layout ? (layout->name + (ULONG)sizeof(WCHAR) + 7) & ~7U : 0;
}

/* One entry. @param fixed room for the part before the name @return bytes of it */
static ULONG write_fixed(const struct layout *layout, const NT_DIR_ENTRY *entry, UINT8 fixed[104])
{
    memset(fixed, 0, layout->name);
    /* Up to the attributes all classes but "names" agree with each other. */
    memcpy(fixed, entry, layout->common);
    memcpy(fixed + layout->name_length, &entry->FileNameLength, sizeof(ULONG));
    if (layout->ea)
        memcpy(fixed + layout->ea, &entry->EaSize, sizeof(ULONG));
    if (layout->short_name) {
        fixed[layout->short_name] = (UINT8)entry->ShortNameLength;
        memcpy(fixed + layout->short_name + 2, entry->ShortName, sizeof(entry->ShortName));
    }
    if (layout->id)
        memcpy(fixed + layout->id, &entry->FileId, sizeof(entry->FileId));
    memset(fixed, 0, 2 * sizeof(ULONG)); /* NextEntryOffset, FileIndex */
    return layout->name;
}

static NTSTATUS write_entry(const struct layout *layout, const NT_DIR_ENTRY *entry, char *to,
                            ULONG room, ULONG *used)
{
    UINT8 fixed[104];
    ULONG fixed_cb = write_fixed(layout, entry, fixed), name_cb = entry->FileNameLength;
    NTSTATUS status;

    if (fixed_cb + name_cb > room)
        name_cb = room - fixed_cb;
    status = fvm_copy_guarded(to, fixed, fixed_cb);
    if (NT_SUCCESS(status))
        status = fvm_copy_guarded(to + fixed_cb, entry->FileName, name_cb);
    *used = fixed_cb + name_cb;
    if (NT_SUCCESS(status) && name_cb < entry->FileNameLength)
        status = STATUS_BUFFER_OVERFLOW;
    return status;
}

/* @param path virtual path of the directory, with room behind it */
static void put_id(const struct layout *layout, struct fvm_buf path, const UINT8 *entry, char *at)
{
    uint16_t text[FVM_NTPATH_COMPONENT_CCH];
    struct fvm_str name = {text, 0};
    ULONG name_cb, attributes;
    uint64_t id;

    memcpy(&attributes, entry + 56, sizeof(attributes));
    memcpy(&name_cb, entry + layout->name_length, sizeof(name_cb));
    if (!(attributes & FILE_ATTRIBUTE_DIRECTORY) || name_cb > sizeof(text) ||
        !NT_SUCCESS(fvm_copy_guarded(text, at + layout->name, name_cb)))
        return;
    name.cch = name_cb / sizeof(*text);
    if (fvm_str_eq(name, FVM_STR(u".."))) {
        path.cch = fvm_ntpath_parent(fvm_buf_str(&path)).cch;
    } else if (!fvm_str_eq(name, FVM_STR(u"."))) {
        if ((path.s[path.cch - 1] != '\\' && fvm_failed(fvm_buf_add_unit(&path, '\\'))) ||
            fvm_failed(fvm_buf_add(&path, name)))
            return;
    }
    if (path.cch && files_merged_id(&id, fvm_buf_str(&path)))
        fvm_copy_guarded(at + layout->id, &id, sizeof(id));
}

void files_list_put_ids(HANDLE handle, void *info, ULONG cb, ULONG class)
{
    const struct layout *layout = find(class);
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = NULL;
    struct fvm_str path;
    UINT8 fixed[104];
    ULONG at = 0, next;

    if (!layout || !layout->id)
        return;
    scratch = files_scratch_get();
    if (!scratch || !NT_SUCCESS(files_path_of(&path, scratch, handle, NULL)) || !path.cch)
        return;
    do {
        if (cb < layout->name || at > cb - layout->name ||
            !NT_SUCCESS(fvm_copy_guarded(fixed, (char *)info + at, layout->name)))
            return;
        put_id(layout, (struct fvm_buf){scratch->other, path.cch, FILES_NAME_CCH}, fixed,
               (char *)info + at);
        memcpy(&next, fixed, sizeof(next));
        at += next;
    } while (next);
}

NTSTATUS files_list_format(struct files_listing *listing, void *info, ULONG cb, ULONG class,
                           bool single, ULONG_PTR *written)
{
    const struct layout *layout = find(class);
    ULONG at = 0, last = 0;

    *written = 0;
    if (!layout)
        return STATUS_INVALID_INFO_CLASS;
    if (cb < files_list_least_cb(class))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (listing->at >= listing->count) {
        NTSTATUS status = listing->had_any ? STATUS_NO_MORE_FILES : STATUS_NO_SUCH_FILE;

        listing->had_any = true;
        return status;
    }
    while (listing->at < listing->count) {
        const NT_DIR_ENTRY *entry = listing->entries[listing->at];
        ULONG next = *written ? (at + 7) & ~7U : 0, used;
        NTSTATUS status;

        if (*written && (next >= cb || cb - next < layout->name + entry->FileNameLength))
            break;
        status = write_entry(layout, entry, (char *)info + next, cb - next, &used);
        if (!NT_SUCCESS(status) && status != STATUS_BUFFER_OVERFLOW)
            return status;
        if (*written) {
            ULONG offset = next - last;

            fvm_copy_guarded((char *)info + last, &offset, sizeof(offset));
        }
        last = next;
        at = next + used;
        *written = at;
        listing->at++;
        listing->had_any = true;
        if (single || status == STATUS_BUFFER_OVERFLOW)
            return status;
    }
    return STATUS_SUCCESS;
}
