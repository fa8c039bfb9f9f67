/* rooms/files/copy.c: bring names of the host into the VM's layer. See files.h.
 *
 * A copy is made whole under work\ of the layer, then renamed, then marked: killed anywhere, the
 * name is the host's or the VM's. Two at once: the first rename wins, both mark. */
#include "rooms/files/files.h"

#include "engine/engine.h"
#include "engine/image.h"
#include "engine/real.h"
#include "rooms/files/journal.h"

#include <string.h>

enum { TEMPORARY_TRIES = 1000 };
enum { BASIC_CLASS = 4, RENAME_CLASS = 10, DISPOSITION_CLASS = 13, NAME_CLASS = 9 };

FVM_STATE static uint32_t copies; /* makes names below work\ */

NTSTATUS files_mark(struct files_place *place, uint32_t flags)
{
    return fvm_index_mark(files_index(), place->path.path, flags | FVM_INDEX_OWN,
                          (struct fvm_str){0}, NULL, NULL);
}

NTSTATUS files_open_real(HANDLE *handle, struct fvm_str name, ACCESS_MASK access, ULONG disposition,
                         ULONG options)
{
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attr;
    IO_STATUS_BLOCK io;

    files_attr(&attr, &text, name, 0);
    return real.NtCreateFile(handle, access | SYNCHRONIZE, &attr, &io, NULL, FILE_ATTRIBUTE_NORMAL,
                             FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, disposition,
                             options | FILE_SYNCHRONOUS_IO_NONALERT | FILE_OPEN_FOR_BACKUP_INTENT,
                             NULL, 0);
}

/* @return were attributes set, not only times? */
static bool copy_basic(HANDLE from, HANDLE to)
{
    FILE_BASIC_INFORMATION basic, now;
    IO_STATUS_BLOCK io;

    /* What has no attributes or times to give keeps those of its making. */
    if (!NT_SUCCESS(real.NtQueryInformationFile(from, &io, &basic, sizeof(basic), BASIC_CLASS)))
        return false;
    if (NT_SUCCESS(real.NtQueryInformationFile(to, &io, &now, sizeof(now), BASIC_CLASS)) &&
        now.FileAttributes == basic.FileAttributes)
        basic.FileAttributes = 0;
    real.NtSetInformationFile(to, &io, &basic, sizeof(basic), BASIC_CLASS);
    return basic.FileAttributes;
}

static struct fvm_str parent_of(const struct files_place *place)
{
    struct fvm_str path = place->layer;

    while (path.cch && path.s[path.cch - 1] != '\\')
        path.cch--;
    path.cch -= path.cch > 0;
    return path;
}

/* A copy that comes into a directory of the layer is no change of the directory. */
static HANDLE open_parent(const struct files_place *place, FILE_BASIC_INFORMATION *times)
{
    IO_STATUS_BLOCK io;
    HANDLE parent;

    /* Wine counts the right to set times as writing, which somebody may not share, and does not ask
     * for it when they are set. */
    if (!NT_SUCCESS(files_open_real(&parent, parent_of(place),
                                    FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES, FILE_OPEN,
                                    FILE_DIRECTORY_FILE)) &&
        !NT_SUCCESS(files_open_real(&parent, parent_of(place), FILE_READ_ATTRIBUTES, FILE_OPEN,
                                    FILE_DIRECTORY_FILE)))
        return NULL;
    if (NT_SUCCESS(real.NtQueryInformationFile(parent, &io, times, sizeof(*times), BASIC_CLASS)))
        return parent;
    real.NtClose(parent);
    return NULL;
}

static void close_parent(HANDLE parent, const struct files_place *place,
                         const FILE_BASIC_INFORMATION *times)
{
    FILE_BASIC_INFORMATION again = *times;
    IO_STATUS_BLOCK io;

    if (!parent)
        return;
    again.FileAttributes = 0; /* as they are */
    files_note(parent_of(place), FILES_NOTE_TOUCH);
    real.NtSetInformationFile(parent, &io, &again, sizeof(again), BASIC_CLASS);
    real.NtClose(parent);
}

/* --- directories ------------------------------------------------------------------------- */

/* The spelling that the host has for the last component of an open directory. */
static void respell(struct fvm_str path, HANDLE handle, struct files_scratch *scratch)
{
    FILE_NAME_INFORMATION *name = (FILE_NAME_INFORMATION *)(void *)scratch->bytes;
    struct fvm_str last = fvm_ntpath_last(path), real_name;
    IO_STATUS_BLOCK io;

    if (!NT_SUCCESS(
            real.NtQueryInformationFile(handle, &io, name, sizeof(scratch->bytes), NAME_CLASS)))
        return;
    real_name = (struct fvm_str){name->FileName, name->FileNameLength / sizeof(WCHAR)};
    if (real_name.cch < last.cch)
        return;
    real_name = fvm_str_sub(real_name, real_name.cch - last.cch, last.cch);
    if (fvm_str_eq_fold(real_name, last))
        memcpy((uint16_t *)(uintptr_t)last.s, real_name.s, last.cch * sizeof(*last.s));
}

void files_respell(struct files_place *place, struct files_scratch *scratch)
{
    HANDLE host;

    if (!NT_SUCCESS(files_open_real(&host, place->host, FILE_READ_ATTRIBUTES, FILE_OPEN, 0)))
        return;
    respell(place->path.path, host, scratch);
    real.NtClose(host);
}

static NTSTATUS open_new_directory(HANDLE *made, const struct files_place *place)
{
    const ACCESS_MASK access = FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES;
    uint64_t note = files_note(place->layer, FILES_NOTE_COPY);
    NTSTATUS status = files_open_real(made, place->layer, access, FILE_CREATE, FILE_DIRECTORY_FILE);

    if (!NT_SUCCESS(status))
        files_note_drop(place->layer, FILES_NOTE_COPY, note);
    /* Somebody was faster. */
    if (status == STATUS_OBJECT_NAME_COLLISION)
        status = files_open_real(made, place->layer, access, FILE_OPEN, FILE_DIRECTORY_FILE);
    return status;
}

/* Make one directory in the layer beside an open one of the host. */
static NTSTATUS make_directory(struct files_place *place, struct files_scratch *scratch,
                               HANDLE host)
{
    FILE_BASIC_INFORMATION times;
    HANDLE made, parent;
    NTSTATUS status;

    respell(place->path.path, host, scratch);
    status = files_locate(place, scratch);
    parent = NT_SUCCESS(status) ? open_parent(place, &times) : NULL;
    if (NT_SUCCESS(status))
        status = open_new_directory(&made, place);
    close_parent(parent, place, &times);
    if (!NT_SUCCESS(status))
        return status;
    files_note(place->layer, FILES_NOTE_TOUCH);
    if (copy_basic(host, made))
        files_note(place->layer, FILES_NOTE_TOUCH); /* told apart from the times */
    real.NtClose(made);
    return files_mark(place, FVM_INDEX_MERGED | FVM_INDEX_DIRECTORY);
}

/* One of the directories above a place. */
static NTSTATUS make_parent(struct fvm_str path, struct files_scratch *scratch)
{
    struct files_place place;
    HANDLE host;
    NTSTATUS status = files_place_of(&place, scratch, path);

    if (!NT_SUCCESS(status) || files_is_own(&place))
        return status;
    status =
        files_open_real(&host, place.host, FILE_READ_ATTRIBUTES, FILE_OPEN, FILE_DIRECTORY_FILE);
    if (!NT_SUCCESS(status))
        return status;
    status = make_directory(&place, scratch, host);
    real.NtClose(host);
    return status;
}

NTSTATUS files_make_parents(const struct files_place *place)
{
    struct fvm_str path = place->path.path, component;
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = files_scratch_get();
    NTSTATUS status = STATUS_SUCCESS;
    uint32_t at = 0;

    if (!scratch)
        return STATUS_NO_MEMORY;
    while (NT_SUCCESS(status) && fvm_ntpath_next(path, &at, &component) && at < path.cch)
        status = make_parent(fvm_str_sub(path, 0, at), scratch);
    return status;
}

/* --- files ------------------------------------------------------------------------------- */

static NTSTATUS copy_data(HANDLE from, HANDLE to, uint8_t *bytes)
{
    LARGE_INTEGER at = {.QuadPart = 0};
    IO_STATUS_BLOCK io;

    for (;;) {
        NTSTATUS status =
            real.NtReadFile(from, NULL, NULL, NULL, &io, bytes, FILES_COPY_CB, &at, NULL);
        ULONG got = (ULONG)io.Information;

        if (status == STATUS_END_OF_FILE || (NT_SUCCESS(status) && !got))
            return STATUS_SUCCESS;
        for (ULONG put = 0; NT_SUCCESS(status) && put < got; put += (ULONG)io.Information) {
            status = real.NtWriteFile(to, NULL, NULL, NULL, &io, bytes + put, got - put, &at, NULL);
            /* A full disk takes a part, and then nothing. */
            if (NT_SUCCESS(status) && !io.Information)
                status = STATUS_DISK_FULL;
            at.QuadPart += NT_SUCCESS(status) ? (LONGLONG)io.Information : 0;
        }
        if (!NT_SUCCESS(status))
            return status;
    }
}

static void add_number(struct fvm_buf *text, uint32_t number)
{
    for (int shift = 28; shift >= 0; shift -= 4)
        fvm_buf_add_unit(text, u"0123456789abcdef"[number >> shift & 15]);
}

/* <layer>\work\<pid>-<count> */
static struct fvm_str temporary_name(struct fvm_buf *text)
{
    text->cch = 0;
    fvm_buf_add(text, fvm_block_str(&fvm_engine.block->layer));
    fvm_buf_add(text, FVM_STR(u"\\work\\"));
    add_number(text, fvm_engine.pid);
    fvm_buf_add_unit(text, '-');
    add_number(text, __atomic_add_fetch(&copies, 1, __ATOMIC_RELAXED));
    return fvm_buf_str(text);
}

static void remove_temporary(struct fvm_str name)
{
    FILE_DISPOSITION_INFORMATION info = {.DoDeleteFile = TRUE};
    IO_STATUS_BLOCK io;
    HANDLE handle;

    if (!NT_SUCCESS(files_open_real(&handle, name, DELETE, FILE_OPEN, 0)))
        return;
    real.NtSetInformationFile(handle, &io, &info, sizeof(info), DISPOSITION_CLASS);
    real.NtClose(handle);
}

/* A process of the same number may have been killed here and have left its own. */
static NTSTATUS open_temporary(HANDLE *copy, struct fvm_buf *text)
{
    NTSTATUS status = STATUS_OBJECT_NAME_COLLISION;

    for (int i = 0; i < TEMPORARY_TRIES && status == STATUS_OBJECT_NAME_COLLISION; i++)
        status = files_open_real(copy, temporary_name(text), GENERIC_WRITE | FILE_READ_ATTRIBUTES,
                                 FILE_CREATE, FILE_NON_DIRECTORY_FILE);
    return status;
}

/* Give the whole copy its name. Somebody else who copies may open it by that name at once: what
 * this handle may do must be in nobody's way. NT wants the right to delete for it, Wine none. */
static NTSTATUS put_in_place(const struct files_place *place, struct fvm_str temporary,
                             struct files_scratch *scratch, HANDLE host, uint32_t *sum)
{
    const ACCESS_MASK rename = real.__wine_unix_spawnvp ? 0 : DELETE;
    IO_STATUS_BLOCK io;
    HANDLE copy;
    uint64_t note;
    NTSTATUS status =
        files_open_real(&copy, temporary, FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | rename,
                        FILE_OPEN, FILE_NON_DIRECTORY_FILE);

    if (!NT_SUCCESS(status))
        return status;
    note = files_note(place->layer, FILES_NOTE_COPY);
    copy_basic(host, copy);
    *sum = files_follow_sum(host, copy);
    status = files_set_name(copy, &io, 0, place->layer, RENAME_CLASS, scratch);
    if (!NT_SUCCESS(status)) {
        files_note_drop(place->layer, FILES_NOTE_COPY, note);
        *sum = 0;
    }
    real.NtClose(copy);
    return status;
}

/* @param sum [out] for files_follow_note() */
static NTSTATUS copy_file(struct files_place *place, struct files_scratch *scratch, HANDLE host,
                          uint32_t *sum)
{
    struct fvm_buf text = {scratch->other, 0, FILES_NAME_CCH};
    HANDLE copy;
    NTSTATUS status = open_temporary(&copy, &text);

    if (!NT_SUCCESS(status))
        return status;
    status = copy_data(host, copy, scratch->bytes);
    real.NtClose(copy);
    if (NT_SUCCESS(status))
        status = put_in_place(place, fvm_buf_str(&text), scratch, host, sum);
    if (!NT_SUCCESS(status))
        remove_temporary(fvm_buf_str(&text));
    /* Somebody was faster: his copy is as good. */
    return status == STATUS_OBJECT_NAME_COLLISION ? STATUS_SUCCESS : status;
}

/* Its parents are in the layer. */
static NTSTATUS copy_up_file(struct files_place *place, struct files_scratch *scratch, HANDLE host)
{
    FVM_CLEANUP(files_entry) struct files_entry entry = {NULL, 0};
    FILE_BASIC_INFORMATION times;
    uint32_t sum = 0;
    NTSTATUS status;

    respell(place->path.path, host, scratch);
    status = files_locate(place, scratch);
    if (NT_SUCCESS(status))
        status = files_entry_reserve(&entry, place->path.path.cch, 0);
    if (NT_SUCCESS(status)) {
        HANDLE parent = open_parent(place, &times);

        status = copy_file(place, scratch, host, &sum);
        close_parent(parent, place, &times);
    }
    if (NT_SUCCESS(status))
        status = files_mark(place, 0);
    if (NT_SUCCESS(status))
        files_follow_note(place->path.path, sum);
    /* The copy itself says so, as long as it is there. */
    if (NT_SUCCESS(status))
        status = files_entry_write(&entry, FVM_JOURNAL_OWN, place->path.path, (struct fvm_str){0});
    return status;
}

NTSTATUS files_copy_up(struct files_place *place, struct files_scratch *scratch)
{
    /* Without it, a name's parent and what watchers are told are found by its last backslash. */
    uint32_t trailing = place->path.flags & FVM_NTPATH_TRAILING;
    HANDLE host;
    NTSTATUS status =
        files_open_real(&host, place->host, FILE_READ_ATTRIBUTES | FILE_READ_DATA, FILE_OPEN, 0);

    /* What is in a directory is not read: somebody may keep others from that. */
    if (status == STATUS_SHARING_VIOLATION)
        status = files_open_real(&host, place->host, FILE_READ_ATTRIBUTES, FILE_OPEN,
                                 FILE_DIRECTORY_FILE) == STATUS_SUCCESS
                     ? STATUS_SUCCESS
                     : status;
    if (!NT_SUCCESS(status))
        return status;
    place->path.flags &= ~trailing;
    status = files_make_parents(place);
    /* The parents have the host's spelling now. */
    if (NT_SUCCESS(status))
        status = files_kind(host) == FILES_DIRECTORY ? make_directory(place, scratch, host)
                                                     : copy_up_file(place, scratch, host);
    place->path.flags |= trailing;
    real.NtClose(host);
    return status;
}

NTSTATUS files_open_copy(HANDLE *copy, struct fvm_str path, struct files_scratch *scratch)
{
    struct files_place place;
    NTSTATUS status = files_place_of(&place, scratch, path);

    if (NT_SUCCESS(status) && !files_is_own(&place))
        status = files_copy_up(&place, scratch);
    if (NT_SUCCESS(status))
        status = files_locate(&place, scratch);
    return NT_SUCCESS(status)
               ? files_open_real(copy, place.layer, FILE_WRITE_ATTRIBUTES, FILE_OPEN, 0)
               : status;
}
