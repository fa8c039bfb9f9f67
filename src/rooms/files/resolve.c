/* rooms/files/resolve.c: from a caller's name to the file that is meant. See files.h. */
#include "rooms/files/files.h"
#include "rooms/files/device.h"

#include "engine/capture.h"
#include "engine/engine.h"
#include "engine/image.h"
#include "engine/real.h"

#include <string.h>

enum { OBJECT_NAME_INFORMATION_CLASS = 1, STANDARD_CLASS = 5 };

FVM_STATE static struct fvm_index index;
FVM_STATE static struct fvm_alias aliases[FVM_BLOCK_ALIASES];
FVM_STATE static struct fvm_ntpath_env env;

const struct fvm_index *files_index(void)
{
    return &index;
}

static void release_for_others(struct fvm_file_name *name)
{
    files_scratch_put(name->owner);
    name->owner = NULL;
}

static NTSTATUS find_for_others(struct fvm_file_name *out, UNICODE_STRING *given)
{
    struct files_scratch *scratch = files_scratch_get();
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr), .ObjectName = given};
    struct files_place place;
    NTSTATUS status = scratch ? files_resolve(&place, scratch, &attr, false) : STATUS_NO_MEMORY;

    *out = (struct fvm_file_name){.name = *given, .owner = scratch};
    if (NT_SUCCESS(status) && place.is_file &&
        (place.hit.answer != FVM_INDEX_HOST || place.needs_name))
        files_attr(&attr, &out->name, files_is_own(&place) ? place.layer : place.host, 0);
    if (!NT_SUCCESS(status))
        release_for_others(out);
    return status;
}

NTSTATUS files_start(void)
{
    struct fvm_block *block = fvm_engine.block;

    while (env.alias_count < FVM_BLOCK_ALIASES) {
        struct fvm_str from = fvm_block_str(&block->aliases[env.alias_count].from);

        if (!from.cch)
            break;
        aliases[env.alias_count].from = from;
        aliases[env.alias_count].to = fvm_block_str(&block->aliases[env.alias_count].to);
        env.alias_count++;
    }
    fvm_engine.file_find = find_for_others;
    fvm_engine.file_release = release_for_others;
    fvm_engine.file_follow = files_follow;
    files_device_start();
    env.aliases = aliases;
    return fvm_index_attach(&index, fvm_block_index(block), FVM_INDEX_CB);
}

void files_attr(OBJECT_ATTRIBUTES *attr, UNICODE_STRING *name, struct fvm_str path,
                ULONG attributes)
{
    name->Buffer = (WCHAR *)(uintptr_t)path.s;
    name->Length = name->MaximumLength = (USHORT)(path.cch * sizeof(WCHAR));
    *attr = (OBJECT_ATTRIBUTES){.Length = sizeof(*attr),
                                .ObjectName = name,
                                .Attributes = attributes | OBJ_CASE_INSENSITIVE};
}

/* --- from a real name back --------------------------------------------------------------- */

static struct fvm_str layer_root(void)
{
    return fvm_block_str(&fvm_engine.block->layer);
}

/* <layer>\files\C\dir -> C:\dir; <layer>\files\C -> C:\ */
bool files_unmap(struct fvm_buf *name)
{
    struct fvm_str rest;
    uint16_t drive;

    if (!fvm_str_begins_fold(fvm_buf_str(name), FVM_STR(u"\\??\\")))
        return false;
    drive = fvm_block_drive(fvm_engine.block, fvm_buf_str(name), &rest);
    if (!drive)
        return false;
    if (!rest.cch)
        rest = FVM_STR(u"\\");
    /* "\??\" stays in front; the drive and what follows move to it. */
    name->s[4] = drive;
    name->s[5] = ':';
    memmove(name->s + 6, rest.s, rest.cch * sizeof(*name->s));
    name->cch = 6 + rest.cch;
    return true;
}

enum files_kind files_kind(HANDLE handle)
{
    FILE_STANDARD_INFORMATION standard;
    IO_STATUS_BLOCK io;

    if (!NT_SUCCESS(
            real.NtQueryInformationFile(handle, &io, &standard, sizeof(standard), STANDARD_CLASS)))
        return FILES_UNKNOWN;
    return standard.Directory ? FILES_DIRECTORY : FILES_FILE;
}

/* With Wine a stream is a file of its own, with a colon in its name: it is listed, copied, renamed
 * and deleted as such. */
static void take_stream_as_name(struct fvm_ntpath *path)
{
    uint16_t *text = (uint16_t *)(uintptr_t)path->path.s;

    if (!real.__wine_unix_spawnvp || !(path->flags & FVM_NTPATH_STREAM))
        return;
    /* What is between them was the colon at least, so nothing is lost. */
    memmove(text + path->path.cch + 1, path->stream.s, path->stream.cch * sizeof(*text));
    text[path->path.cch] = ':';
    path->path.cch += 1 + path->stream.cch;
    path->stream = (struct fvm_str){0};
    path->flags &= ~(uint32_t)FVM_NTPATH_STREAM;
}

/* A path that is remembered. @return there is one */
static bool take_path(struct fvm_str *out, struct files_scratch *scratch, struct fvm_str path)
{
    if (path.cch)
        memcpy(scratch->other, path.s, path.cch * sizeof(*path.s));
    *out = (struct fvm_str){scratch->other, path.cch};
    return path.cch;
}

NTSTATUS files_path_told(struct fvm_str *out, struct files_scratch *scratch, HANDLE handle,
                         bool *is_private)
{
    UNICODE_STRING *name = (UNICODE_STRING *)(void *)scratch->bytes;
    struct fvm_buf text = {scratch->given, 0, FILES_NAME_CCH};
    struct fvm_buf room = {scratch->other, 0, FILES_NAME_CCH};
    struct fvm_ntpath path;
    ULONG got;
    bool found;
    NTSTATUS status;

    if (is_private)
        *is_private = false;
    if (take_path(out, scratch, files_slot_path(handle)))
        return STATUS_SUCCESS;
    status = real.NtQueryObject(handle, OBJECT_NAME_INFORMATION_CLASS, name, sizeof(scratch->bytes),
                                &got);
    if (!NT_SUCCESS(status))
        return status;
    status = fvm_buf_add(&text, (struct fvm_str){name->Buffer, name->Length / sizeof(WCHAR)});
    if (!NT_SUCCESS(status) || !text.cch)
        return status;
    found = files_unmap(&text);
    if (is_private)
        *is_private = found;
    if (fvm_failed(fvm_ntpath_parse(&path, &room, fvm_buf_str(&text), (struct fvm_str){0}, &env)))
        return STATUS_SUCCESS; /* no file, so no path */
    take_stream_as_name(&path);
    if (path.kind == FVM_NTPATH_FILE || path.kind == FVM_NTPATH_UNC)
        *out = path.path;
    return STATUS_SUCCESS;
}

NTSTATUS files_path_of(struct fvm_str *out, struct files_scratch *scratch, HANDLE handle,
                       bool *is_private)
{
    struct files_slot *slot = files_slot(handle, false);

    if (!take_path(out, scratch, files_slot_path_now(handle)))
        return files_path_told(out, scratch, handle, is_private);
    if (is_private)
        *is_private = slot && slot->side == FILES_SIDE_LAYER;
    return STATUS_SUCCESS;
}

/* --- forward ----------------------------------------------------------------------------- */

/* NT path in the layer: <layer>\files\C\dir, from the layer's spelling `C:\dir`. A stream is a part
 * of the name, as Wine keeps it. */
static NTSTATUS make_layer_name(struct files_place *place, struct fvm_buf *out,
                                struct fvm_str spelled)
{
    struct fvm_buf text = *out;
    fvm_status status;

    text.cch = 0;
    status = fvm_buf_add(&text, layer_root());
    if (!fvm_failed(status))
        status = fvm_buf_add(&text, FVM_STR(u"\\files\\"));
    if (!fvm_failed(status))
        status = fvm_buf_add(&text, fvm_str_sub(spelled, 0, 1));
    if (!fvm_failed(status) && spelled.cch > 3)
        status = fvm_buf_add(&text, fvm_str_sub(spelled, 2, spelled.cch));
    place->layer = fvm_buf_str(&text);
    return status;
}

/* Put the stream back behind a name, and the backslash that stood at its end. */
static NTSTATUS add_rest(struct fvm_str *name, const struct fvm_ntpath *path)
{
    struct fvm_buf text = {(uint16_t *)(uintptr_t)name->s, name->cch, FILES_NAME_CCH};
    fvm_status status = FVM_OK;

    if (!name->cch)
        return STATUS_SUCCESS;
    if (path->flags & FVM_NTPATH_STREAM) {
        status = fvm_buf_add_unit(&text, ':');
        if (!fvm_failed(status))
            status = fvm_buf_add(&text, path->stream);
    }
    if (!fvm_failed(status) && path->flags & FVM_NTPATH_TRAILING && text.s[text.cch - 1] != '\\')
        status = fvm_buf_add_unit(&text, '\\');
    *name = fvm_buf_str(&text);
    return status;
}

NTSTATUS files_locate(struct files_place *place, struct files_scratch *scratch)
{
    /* The layer's spelling passes through `other`, which is free again afterwards. */
    struct fvm_buf spelled = {scratch->other, 0, FILES_NAME_CCH};
    struct fvm_buf layer = {scratch->layer, 0, FILES_NAME_CCH - 16};
    struct fvm_buf host = {scratch->host + 4, 0, FILES_NAME_CCH - 16};
    fvm_status status = fvm_index_lookup(&index, place->path.path, &place->hit, &spelled, &host);

    if (fvm_failed(status))
        return status;
    place->host = (struct fvm_str){0};
    files_keep_native(&host);
    if (host.cch) {
        memcpy(scratch->host, u"\\??\\", 4 * sizeof(*scratch->host));
        place->host = (struct fvm_str){scratch->host, host.cch + 4};
    }
    status = make_layer_name(place, &layer, fvm_buf_str(&spelled));
    if (!fvm_failed(status))
        status = add_rest(&place->layer, &place->path);
    return fvm_failed(status) ? status : add_rest(&place->host, &place->path);
}

NTSTATUS files_place_of(struct files_place *place, struct files_scratch *scratch,
                        struct fvm_str path)
{
    memcpy(scratch->virtual, path.s, path.cch * sizeof(*path.s));
    *place = (struct files_place){.is_file = true, .path.path = {scratch->virtual, path.cch}};
    return files_locate(place, scratch);
}

void files_made_anew(const struct files_place *place)
{
    if (place->hit.is_complete && place->hit.flags & FVM_INDEX_EMPTIED)
        fvm_index_flags(&index, place->hit.node, 0, FVM_INDEX_EMPTIED, NULL);
    if (place->hit.is_complete && place->hit.user)
        fvm_index_user(&index, place->hit.node, 0, UINT32_MAX, NULL);
}

void files_respell_layer(struct files_place *place)
{
    struct fvm_str given = fvm_ntpath_last(place->path.path);
    uint32_t end = place->layer.cch;

    /* What follows the name is there twice as well: a stream, a backslash. */
    if (place->path.flags & FVM_NTPATH_TRAILING)
        end--;
    if (place->path.flags & FVM_NTPATH_STREAM)
        end -= place->path.stream.cch + 1;
    if (given.cch && given.cch <= end)
        memcpy((uint16_t *)(uintptr_t)place->layer.s + end - given.cch, given.s,
               given.cch * sizeof(*given.s));
}

/* The caller's structures, read once. */
static NTSTATUS capture(struct fvm_buf *name, OBJECT_ATTRIBUTES *copy,
                        const OBJECT_ATTRIBUTES *attr)
{
    UNICODE_STRING text;
    NTSTATUS status = fvm_copy_guarded(copy, attr, sizeof(*copy));

    name->cch = 0;
    if (!NT_SUCCESS(status) || !copy->ObjectName)
        return status;
    status = fvm_copy_guarded(&text, copy->ObjectName, sizeof(text));
    if (!NT_SUCCESS(status))
        return status;
    name->cch = text.Length / sizeof(WCHAR);
    return fvm_copy_guarded(name->s, text.Buffer, name->cch * sizeof(WCHAR));
}

/* The root's path, where the parser wants it. @param name what is relative to it
 * @return FVM_PASS: the root is no file */
static NTSTATUS find_root(struct fvm_str *root, struct files_scratch *scratch, HANDLE handle,
                          struct fvm_str name, bool for_open, bool *is_private)
{
    bool may_be_file = for_open && !name.cch;
    enum files_kind kind = FILES_UNKNOWN;
    NTSTATUS status;

    if (!handle)
        return STATUS_SUCCESS;
    if (name.cch && name.s[0] == '\\') /* before anything is asked of the handle */
        return STATUS_INVALID_PARAMETER;
    if (!may_be_file)
        kind = files_kind(handle);
    status = files_path_of(root, scratch, handle, is_private);
    if (status == STATUS_OBJECT_PATH_INVALID) /* an unnamed pipe: NT finds its other end */
        return FVM_PASS;
    if (!NT_SUCCESS(status))
        return status;
    if (!root->cch)
        return FVM_PASS; /* a pipe without a name is a FILE as well */
    if (kind == FILES_FILE)
        return for_open ? STATUS_OBJECT_PATH_NOT_FOUND : STATUS_BAD_DEVICE_TYPE;
    if (kind == FILES_DIRECTORY)
        files_slot_keep_path_now(handle, *root); /* the server is asked once */
    memcpy(scratch->host, root->s, root->cch * sizeof(*root->s));
    root->s = scratch->host;
    return STATUS_SUCCESS;
}

static bool has_long_component(struct fvm_str name)
{
    uint32_t from = 0;

    while (from < name.cch) {
        uint32_t end = fvm_str_find(name, '\\', from);

        if (end - from > FVM_NTPATH_COMPONENT_CCH)
            return true;
        from = end + 1;
    }
    return false;
}

/* Write out the short names in a path: two names of one file would be two files. */
static NTSTATUS lengthen(struct files_place *place, struct files_scratch *scratch)
{
    struct fvm_buf text = {scratch->host, 0, FILES_NAME_CCH}, room = {scratch->given, 0, 260};
    struct fvm_str path = place->path.path, component;
    NTSTATUS status = fvm_buf_add(&text, fvm_str_sub(path, 0, 2));
    uint32_t at = 0;

    while (NT_SUCCESS(status) && fvm_ntpath_next(path, &at, &component)) {
        room.cch = 0;
        if (fvm_str_find(component, '~', 0) < component.cch)
            status = files_lengthen(&room, fvm_buf_str(&text), component);
        else
            status = fvm_buf_add(&room, component);
        if (NT_SUCCESS(status))
            status = fvm_buf_add_unit(&text, '\\');
        if (NT_SUCCESS(status))
            status = fvm_buf_add(&text, fvm_buf_str(&room));
    }
    if (!NT_SUCCESS(status) || text.cch == 2)
        return status;
    /* The stream moves with it. */
    memcpy(scratch->other, place->path.stream.s, place->path.stream.cch * sizeof(uint16_t));
    memcpy(scratch->virtual, text.s, text.cch * sizeof(uint16_t));
    memcpy(scratch->virtual + text.cch, scratch->other, place->path.stream.cch * sizeof(uint16_t));
    place->path.path = (struct fvm_str){scratch->virtual, text.cch};
    place->path.stream.s = scratch->virtual + text.cch;
    return STATUS_SUCCESS;
}

NTSTATUS files_resolve(struct files_place *place, struct files_scratch *scratch,
                       const OBJECT_ATTRIBUTES *attr, bool for_open)
{
    struct fvm_buf given = {scratch->layer, 0, FILES_NAME_CCH};
    struct fvm_buf room = {scratch->virtual, 0, FILES_NAME_CCH};
    struct fvm_str root = {0};
    bool in_layer = false, is_elsewhere, is_volume, is_short;
    OBJECT_ATTRIBUTES copy;
    NTSTATUS status = capture(&given, &copy, attr);

    *place = (struct files_place){0};
    if (NT_SUCCESS(status))
        status =
            find_root(&root, scratch, copy.RootDirectory, fvm_buf_str(&given), for_open, &in_layer);
    if (!NT_SUCCESS(status) || status == FVM_PASS)
        return status == FVM_PASS ? STATUS_SUCCESS : status;
    is_volume = !root.cch && files_volume_to_letter(&given);
    status = fvm_ntpath_parse(&place->path, &room, fvm_buf_str(&given), root, &env);
    if (status == FVM_NAME_INVALID && has_long_component(fvm_buf_str(&given)))
        return STATUS_SUCCESS; /* no file system has such a name: the call itself says how */
    if (!NT_SUCCESS(status))
        return status;
    if (place->path.kind != FVM_NTPATH_FILE)
        return STATUS_SUCCESS;
    place->is_stream = place->path.flags & FVM_NTPATH_STREAM;
    take_stream_as_name(&place->path);
    is_elsewhere = files_may_redirect(fvm_buf_str(&given), root);
    is_short = place->path.flags & FVM_NTPATH_SHORT;
    place->is_fixed = !copy.RootDirectory && !is_volume && !is_elsewhere && !is_short;
    if (is_short)
        status = lengthen(place, scratch);
    if (!NT_SUCCESS(status))
        return status;
    is_elsewhere = is_elsewhere && files_redirect(&place->path);
    place->is_file = true;
    place->attributes = copy.Attributes & ~(ULONG)OBJ_CASE_INSENSITIVE;
    place->security = copy.SecurityDescriptor;
    place->quality = copy.SecurityQualityOfService;
    status = files_locate(place, scratch);
    place->needs_name = in_layer || is_volume;
    place->is_as_given = in_layer && files_is_own(place) && !is_elsewhere;
    return status;
}
