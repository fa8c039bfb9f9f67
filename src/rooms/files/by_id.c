/* rooms/files/by_id.c: files by their number. What a listing and a handle tell is the number of the
 * file itself, the layer's or the host's, so it is looked for on both sides. */
#include "engine/capture.h"
#include "engine/real.h"
#include "rooms/files/files.h"

#include <string.h>

enum { BY_ID = FILE_OPEN_BY_FILE_ID | FILE_SYNCHRONOUS_IO_NONALERT | FILE_OPEN_FOR_BACKUP_INTENT };

static bool id_of(uint64_t *id, HANDLE file)
{
    enum { INTERNAL_CLASS = 6 };
    IO_STATUS_BLOCK io;
    LARGE_INTEGER found;
    bool is_known =
        NT_SUCCESS(real.NtQueryInformationFile(file, &io, &found, sizeof(found), INTERNAL_CLASS));

    if (is_known)
        *id = (uint64_t)found.QuadPart;
    return is_known;
}

/* @param name NT path */
static bool id_at(uint64_t *id, struct fvm_str name, ULONG options)
{
    HANDLE file;
    bool is_known;

    if (!NT_SUCCESS(files_open_real(&file, name, FILE_READ_ATTRIBUTES, FILE_OPEN, options)))
        return false;
    is_known = id_of(id, file);
    real.NtClose(file);
    return is_known;
}

bool files_merged_id(uint64_t *id, struct fvm_str path)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = files_scratch_get();
    struct files_place place;

    return scratch && NT_SUCCESS(files_place_of(&place, scratch, path)) &&
           (files_is_merged(&place) || place.hit.flags & FVM_INDEX_EMPTIED) && place.host.cch &&
           id_at(id, place.host, FILE_DIRECTORY_FILE);
}

/* The id that stands where a name would. */
static NTSTATUS read_id(uint64_t *id, const OBJECT_ATTRIBUTES *attr)
{
    UNICODE_STRING name;
    NTSTATUS status = fvm_copy_guarded(&name, attr->ObjectName, sizeof(name));

    if (NT_SUCCESS(status) && name.Length != sizeof(*id))
        status = STATUS_INVALID_PARAMETER;
    return NT_SUCCESS(status) ? fvm_copy_guarded(id, name.Buffer, sizeof(*id)) : status;
}

/* Wine 8 tells of a file found by its id a name without the blanks and dots at its end: that may be
 * another file's. Is it this one's, in the layer or on the host? */
static bool is_name_of(struct fvm_str path, HANDLE found)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = files_scratch_get();
    struct files_place place;
    struct fvm_buf room;
    uint64_t wanted, id;

    if (!scratch || !id_of(&wanted, found))
        return false;
    room = (struct fvm_buf){scratch->given, 0, FILES_NAME_CCH};
    if (!fvm_failed(fvm_ntpath_to_nt(&room, path)) && id_at(&id, fvm_buf_str(&room), 0) &&
        id == wanted)
        return true;
    return NT_SUCCESS(files_place_of(&place, scratch, path)) && id_at(&id, place.layer, 0) &&
           id == wanted;
}

/* @param path [out] in scratch->other */
static NTSTATUS find_below(struct fvm_str *path, struct files_scratch *scratch, HANDLE root,
                           const OBJECT_ATTRIBUTES *attr)
{
    OBJECT_ATTRIBUTES below = *attr;
    IO_STATUS_BLOCK io;
    HANDLE found;
    NTSTATUS status;

    below.RootDirectory = root;
    status = real.NtOpenFile(&found, FILE_READ_ATTRIBUTES | SYNCHRONIZE, &below, &io,
                             FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, BY_ID);
    if (!NT_SUCCESS(status))
        return status;
    status = files_path_of(path, scratch, found, NULL);
    if (NT_SUCCESS(status) && path->cch && !is_name_of(*path, found))
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    real.NtClose(found);
    return NT_SUCCESS(status) && !path->cch ? STATUS_INVALID_PARAMETER : status;
}

static NTSTATUS find_in(struct fvm_str *path, struct files_scratch *scratch, struct fvm_str name,
                        const OBJECT_ATTRIBUTES *attr)
{
    HANDLE root;
    NTSTATUS status = files_open_real(&root, name, FILE_READ_ATTRIBUTES, FILE_OPEN, 0);

    if (!NT_SUCCESS(status))
        return status;
    status = find_below(path, scratch, root, attr);
    real.NtClose(root);
    return status;
}

/* The host has it below a directory that the VM moved: where is it now? Wine also finds what such a
 * directory is in, which on the host is another than in the VM.
 * @return STATUS_SUCCESS; STATUS_OBJECT_NAME_NOT_FOUND it is not below the root */
static NTSTATUS move_path(struct fvm_str *path, struct files_scratch *scratch,
                          const struct files_place *root)
{
    struct fvm_buf text = {scratch->given, 0, FILES_NAME_CCH};
    struct fvm_buf host_room = {scratch->layer, 0, FILES_NAME_CCH};
    struct fvm_index_hit hit;
    fvm_status status = fvm_index_lookup(files_index(), root->path.path, &hit, NULL, &host_room);
    struct fvm_str host = fvm_buf_str(&host_room);

    if (fvm_failed(status) || fvm_str_eq_fold(host, root->path.path))
        return status;
    if (!fvm_ntpath_is_below(*path, host))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    status = fvm_buf_add(&text, root->path.path);
    if (!fvm_failed(status))
        status = fvm_buf_add(&text, fvm_str_sub(*path, host.cch, path->cch));
    if (fvm_failed(status))
        return status;
    memcpy(scratch->other, text.s, text.cch * sizeof(*text.s));
    *path = (struct fvm_str){scratch->other, text.cch};
    return STATUS_SUCCESS;
}

/* The root itself, or what it is in: the layer knows neither by the host's id. */
static bool is_known(struct fvm_str *path, struct files_scratch *scratch, struct fvm_str root,
                     const OBJECT_ATTRIBUTES *attr)
{
    uint64_t id, wanted;

    if (!NT_SUCCESS(read_id(&wanted, attr)))
        return false;
    if (!files_merged_id(&id, root) || id != wanted) {
        root = fvm_ntpath_parent(root);
        if (!root.cch || !files_merged_id(&id, root) || id != wanted)
            return false;
    }
    memcpy(scratch->other, root.s, root.cch * sizeof(*root.s));
    *path = (struct fvm_str){scratch->other, root.cch};
    return true;
}

static bool is_directory(struct fvm_str name)
{
    FILE_BASIC_INFORMATION info;
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attr;

    files_attr(&attr, &text, name, 0);
    return NT_SUCCESS(real.NtQueryAttributesFile(&attr, &info)) &&
           info.FileAttributes & FILE_ATTRIBUTE_DIRECTORY;
}

/* Has the VM something else where the host has what was found? Of a file it may be the copy. */
static bool is_hidden(struct fvm_str path, bool is_host_directory)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = files_scratch_get();
    struct files_place place;

    return scratch && NT_SUCCESS(files_place_of(&place, scratch, path)) && files_is_own(&place) &&
           !files_is_merged(&place) && (is_host_directory || is_directory(place.layer));
}

/* On the host, where the VM shows it. */
static NTSTATUS find_on_host(struct fvm_str *path, struct files_scratch *scratch,
                             const struct files_place *root, const OBJECT_ATTRIBUTES *attr)
{
    struct fvm_buf room = {scratch->given, 0, FILES_NAME_CCH};
    bool is_host_directory;
    NTSTATUS status = find_in(path, scratch, root->host, attr);

    if (!NT_SUCCESS(status))
        return status;
    is_host_directory =
        !fvm_failed(fvm_ntpath_to_nt(&room, *path)) && is_directory(fvm_buf_str(&room));
    status = move_path(path, scratch, root);
    return NT_SUCCESS(status) && is_hidden(*path, is_host_directory) ? STATUS_OBJECT_NAME_NOT_FOUND
                                                                     : status;
}

/* --- below directories that the VM moved ------------------------------------------------- */

enum { MAX_DEPTH = 48 }; /* of the directories in which the VM changed something */

struct moved_search {
    struct files_scratch *scratch; /* of the caller's, for the result */
    struct files_scratch *own;     /* `other` is the directory that is looked at */
    const OBJECT_ATTRIBUTES *attr;
    uint64_t wanted;
    struct fvm_str *path; /* [out] in scratch->other */
};

/* Where the host has a directory's children. @param room [out] @return there is such a place */
static bool host_of(struct fvm_str path, struct fvm_buf *room, struct fvm_index_hit *hit)
{
    room->cch = 0;
    return !fvm_failed(fvm_index_lookup(files_index(), path, hit, NULL, room)) && room->cch &&
           hit->is_complete && (hit->answer == FVM_INDEX_HOST || hit->flags & FVM_INDEX_MERGED);
}

/* Has the host this directory elsewhere than in what the host has of the one above? */
static bool is_moved(const struct moved_search *search, struct fvm_str path)
{
    struct fvm_buf above = {search->own->given, 0, FILES_NAME_CCH};
    struct fvm_buf here = {search->own->layer, 0, FILES_NAME_CCH};
    struct fvm_str last = fvm_ntpath_last(path);
    struct fvm_index_hit hit;

    if (!host_of(path, &here, &hit) || !(hit.flags & FVM_INDEX_MERGED))
        return false;
    if (!host_of(fvm_ntpath_parent(path), &above, &hit))
        return true;
    if (above.s[above.cch - 1] != '\\')
        fvm_buf_add_unit(&above, '\\');
    fvm_buf_add(&above, last);
    return !fvm_str_eq_fold(fvm_buf_str(&above), fvm_buf_str(&here));
}

/* Is it that directory, or below it? */
static bool find_in_moved(struct moved_search *search, struct fvm_str dir)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = files_scratch_get();
    struct files_place place;
    uint64_t id;

    if (!scratch)
        return false;
    if (files_merged_id(&id, dir) && id == search->wanted) {
        memcpy(search->scratch->other, dir.s, dir.cch * sizeof(*dir.s));
        *search->path = (struct fvm_str){search->scratch->other, dir.cch};
        return true;
    }
    return NT_SUCCESS(files_place_of(&place, scratch, dir)) && place.host.cch &&
           NT_SUCCESS(find_on_host(search->path, search->scratch, &place, search->attr));
}

static bool find_moved(struct moved_search *search, uint32_t dir_cch, uint32_t node, unsigned depth)
{
    struct fvm_index_cursor cursor = {.node = node};
    struct fvm_index_child child;

    while (!fvm_failed(fvm_index_next_child(files_index(), &cursor, &child))) {
        struct fvm_buf path = {search->own->other, dir_cch, FILES_NAME_CCH};
        struct fvm_str name = child.name;

        if ((path.s[dir_cch - 1] != '\\' && fvm_failed(fvm_buf_add_unit(&path, '\\'))) ||
            fvm_failed(fvm_buf_add(&path, name)))
            continue;
        if (is_moved(search, fvm_buf_str(&path)) && find_in_moved(search, fvm_buf_str(&path)))
            return true;
        if (depth < MAX_DEPTH && find_moved(search, path.cch, child.node, depth + 1))
            return true;
    }
    return false;
}

static bool find_in_all_moved(struct fvm_str *path, struct files_scratch *scratch,
                              const struct files_place *root, const OBJECT_ATTRIBUTES *attr)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *own = files_scratch_get();
    struct moved_search search = {scratch, own, attr, 0, path};

    if (!own || !root->hit.is_complete || !NT_SUCCESS(read_id(&search.wanted, attr)))
        return false;
    memcpy(own->other, root->path.path.s, root->path.path.cch * sizeof(*own->other));
    return find_moved(&search, root->path.path.cch, root->hit.node, 0);
}

NTSTATUS files_find_id(struct fvm_str *path, struct files_scratch *scratch,
                       const OBJECT_ATTRIBUTES *attr)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *of_root = files_scratch_get();
    struct files_place root;
    struct fvm_str at = {0};
    NTSTATUS status = of_root ? STATUS_SUCCESS : STATUS_NO_MEMORY, in_host;

    if (NT_SUCCESS(status) && attr->RootDirectory && files_kind(attr->RootDirectory) == FILES_FILE)
        return find_below(path, scratch, attr->RootDirectory, attr); /* NT says what is wrong */
    if (NT_SUCCESS(status) && attr->RootDirectory)
        status = files_path_of(&at, of_root, attr->RootDirectory, NULL);
    if (NT_SUCCESS(status) && at.cch)
        status = files_place_of(&root, of_root, at);
    if (!NT_SUCCESS(status))
        return status;
    if (!at.cch || (root.hit.answer == FVM_INDEX_HOST && !root.hit.is_complete))
        return find_below(path, scratch, attr->RootDirectory, attr);
    /* Something of the VM's is in it or below. Its part is looked at first, for it is smaller. */
    status = root.hit.is_complete || files_is_own(&root) ? find_in(path, scratch, root.layer, attr)
                                                         : STATUS_NOT_FOUND;
    if (!NT_SUCCESS(status) && (is_known(path, scratch, root.path.path, attr) ||
                                find_in_all_moved(path, scratch, &root, attr)))
        return STATUS_SUCCESS;
    /* What the host has of the name of a directory that the VM made is another one. */
    if (NT_SUCCESS(status) || !root.host.cch || (files_is_own(&root) && !files_is_merged(&root)))
        return status;
    in_host = find_on_host(path, scratch, &root, attr);
    return NT_SUCCESS(in_host) || !files_is_own(&root) ? in_host : status;
}
