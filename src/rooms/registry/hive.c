/* rooms/registry/hive.c: NtLoadKey and its kin. A hive from outside would be the host's, so its
 * keys are made here as the VM's own, from the words of the file that the VM sees
 * (core/hiveread.h). What a program then writes there is the VM's and not in the file, as with
 * Wine. Killed meanwhile, some of the keys are there. Windows' own format: not done. */
#include "core/hiveread.h"
#include "rooms/registry/registry.h"

#include "engine/capture.h"
#include "engine/engine.h"
#include "engine/image.h"
#include "engine/real.h"
#include "rooms/registry/handlers.h"

#include <string.h>

enum {
    STANDARD_INFORMATION = 5,
    MAX_FILE_CB = 1 << 28,
    APP_HIVE = 0x10,    /* REG_APP_HIVE */
    WITHOUT_ASKING = 8, /* REG_FORCE_RESTORE */
};

struct loading {
    struct registry_scratch *scratch;
    struct fvm_hiveread read;
    struct fvm_buf path; /* of the last key */
    uint32_t root_cch;   /* of the hive's */
    uint16_t *name;      /* room for an NT name */
    HANDLE key;          /* the last one, once it is made; NULL */
    bool is_due;         /* it is still to be made: class and kind stand behind its name */
    bool is_link;
    UNICODE_STRING class; /* in room of its own */
    char *text;
    SIZE_T text_cb;
};

/* --- the file -----------------------------------------------------------------------------------
 */

/* @param event of its own: what a program waits for on the handle is not told */
static NTSTATUS read_once(struct loading *loading, HANDLE file, HANDLE event, SIZE_T done,
                          SIZE_T *got)
{
    LARGE_INTEGER at = {.QuadPart = (LONGLONG)done};
    IO_STATUS_BLOCK io = {0};
    NTSTATUS status = real.NtReadFile(file, event, NULL, NULL, &io, loading->text + done,
                                      (ULONG)(loading->text_cb - done), &at, NULL);

    if (status == STATUS_PENDING) {
        real.NtWaitForSingleObject(event, FALSE, NULL);
        status = io.Status;
    }
    *got = NT_SUCCESS(status) ? io.Information : 0;
    return status;
}

static NTSTATUS read_all(struct loading *loading, HANDLE file)
{
    HANDLE event;
    NTSTATUS status = real.NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, 0, FALSE);

    if (!NT_SUCCESS(status))
        return status;
    for (SIZE_T done = 0, got; NT_SUCCESS(status) && done < loading->text_cb; done += got) {
        status = read_once(loading, file, event, done, &got);
        if (NT_SUCCESS(status) && !got)
            loading->text_cb = done; /* cut short meanwhile */
    }
    real.NtClose(event);
    return status == STATUS_END_OF_FILE ? STATUS_REGISTRY_CORRUPT : status;
}

/* Read the file, and find out whether it is a hive. */
static NTSTATUS take_file(struct loading *loading, HANDLE file)
{
    struct {
        LARGE_INTEGER allocated, end;
        ULONG links;
        BOOLEAN deleted, directory;
    } standard;
    IO_STATUS_BLOCK io;
    size_t room;
    char *rooms;
    NTSTATUS status =
        real.NtQueryInformationFile(file, &io, &standard, sizeof(standard), STANDARD_INFORMATION);

    if (!NT_SUCCESS(status))
        return status;
    if (standard.end.QuadPart > MAX_FILE_CB)
        return STATUS_INSUFFICIENT_RESOURCES;
    loading->text_cb = (SIZE_T)standard.end.QuadPart;
    room = (fvm_hiveread_room(loading->text_cb) + 7) & ~(size_t)7;
    /* Names, data, a class, the text: most of it is never touched. */
    rooms = fvm_pages(3 * room + loading->text_cb);
    if (!rooms)
        return STATUS_NO_MEMORY;
    loading->text = rooms + 3 * room;
    loading->class.Buffer = (WCHAR *)(void *)(rooms + 2 * room);
    status = read_all(loading, file);
    if (NT_SUCCESS(status) && !fvm_hiveread_begin(&loading->read, loading->text, loading->text_cb,
                                                  (uint8_t *)rooms, (uint8_t *)rooms + room))
        status = STATUS_NOT_REGISTRY_FILE;
    loading->text = rooms; /* what is to be freed */
    return status;
}

/* Calls as a program makes them, through the rooms of all kinds of names: what is given for a
 * file's may be a pipe's. */
typedef NTSTATUS(NTAPI *open_call)(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *,
                                   ULONG, ULONG);
typedef NTSTATUS(NTAPI *close_call)(HANDLE);

static NTSTATUS open_file(HANDLE *file, OBJECT_ATTRIBUTES *given)
{
    open_call open = (open_call)(uintptr_t)fvm_image_export(fvm_engine.ntdll, "NtOpenFile");
    OBJECT_ATTRIBUTES attr;
    IO_STATUS_BLOCK io;
    NTSTATUS status = fvm_copy_guarded(&attr, given, sizeof(attr)); /* of this Wine says another */

    if (NT_SUCCESS(status))
        status = open ? open(file, GENERIC_READ | SYNCHRONIZE, given, &io, 0,
                             FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE)
                      : STATUS_NOT_IMPLEMENTED;

    return status == STATUS_FILE_IS_A_DIRECTORY ? STATUS_OBJECT_TYPE_MISMATCH : status;
}

static void close_file(HANDLE file)
{
    close_call close = (close_call)(uintptr_t)fvm_image_export(fvm_engine.ntdll, "NtClose");

    if (close)
        close(file);
}

/* --- keys ---------------------------------------------------------------------------------------
 */

/* The key of the path up to a length. */
static NTSTATUS make_one(struct loading *loading, uint32_t cch, UNICODE_STRING *class,
                         ULONG options)
{
    struct registry_name name;
    ULONG disposition;
    NTSTATUS status =
        registry_name_path(&name, loading->name, fvm_str_sub(fvm_buf_str(&loading->path), 0, cch));

    return NT_SUCCESS(status)
               ? registry_NtCreateKey(&loading->key, KEY_ALL_ACCESS | KEY_WOW64_64KEY, &name.attr,
                                      0, class, options, &disposition)
               : status;
}

/* Keys that have nothing to say but subkeys are not in the file. */
static NTSTATUS make_parents(struct loading *loading)
{
    struct fvm_str path = fvm_buf_str(&loading->path);
    NTSTATUS status = STATUS_SUCCESS;

    for (uint32_t cch = loading->root_cch; NT_SUCCESS(status) && cch < path.cch;
         cch = fvm_str_find(path, '\\', cch + 1)) {
        status = make_one(loading, cch, NULL, 0);
        if (NT_SUCCESS(status))
            registry_NtClose(loading->key);
        loading->key = NULL;
    }
    return status;
}

static NTSTATUS make_due(struct loading *loading)
{
    UNICODE_STRING *class = loading->class.Length ? &loading->class : NULL;
    ULONG options = loading->is_link ? REG_OPTION_CREATE_LINK : 0;
    NTSTATUS status;

    if (!loading->is_due)
        return STATUS_SUCCESS;
    loading->is_due = false;
    status = make_one(loading, loading->path.cch, class, options);
    if (status == STATUS_OBJECT_NAME_NOT_FOUND) {
        status = make_parents(loading);
        if (NT_SUCCESS(status))
            status = make_one(loading, loading->path.cch, class, options);
    }
    return status;
}

static NTSTATUS begin_key(struct loading *loading)
{
    struct fvm_str below = {(const uint16_t *)(const void *)loading->read.name,
                            (uint32_t)loading->read.name_cch};
    NTSTATUS status = make_due(loading);

    if (loading->key)
        registry_NtClose(loading->key);
    loading->key = NULL;
    loading->is_due = true;
    loading->is_link = false;
    loading->class.Length = 0;
    loading->path.cch = loading->root_cch;
    if (NT_SUCCESS(status) && below.cch)
        status = fvm_buf_add_unit(&loading->path, '\\');
    return NT_SUCCESS(status) ? fvm_buf_add(&loading->path, below) : status;
}

static NTSTATUS take_class(struct loading *loading)
{
    size_t cb = loading->read.name_cch * sizeof(WCHAR);

    if (cb > UINT16_MAX - 1)
        return STATUS_REGISTRY_CORRUPT;
    memcpy(loading->class.Buffer, loading->read.name, cb);
    loading->class.Length = loading->class.MaximumLength = (USHORT)cb;
    return STATUS_SUCCESS;
}

static NTSTATUS set_value(struct loading *loading)
{
    size_t cb = loading->read.name_cch * sizeof(WCHAR);
    UNICODE_STRING name = {.Buffer = (WCHAR *)(void *)loading->read.name,
                           .Length = (USHORT)cb,
                           .MaximumLength = (USHORT)cb};
    NTSTATUS status = cb > UINT16_MAX - 1 ? STATUS_REGISTRY_CORRUPT : make_due(loading);

    return NT_SUCCESS(status)
               ? registry_NtSetValueKey(loading->key, &name, 0, loading->read.type,
                                        loading->read.data, (ULONG)loading->read.data_cb)
               : status;
}

/* All keys of the file, below the path. */
static NTSTATUS fill(struct loading *loading)
{
    NTSTATUS status = STATUS_SUCCESS;
    bool is_done = false;

    while (NT_SUCCESS(status) && !is_done) {
        switch (fvm_hiveread_next(&loading->read)) {
        case FVM_HIVE_KEY:
            status = begin_key(loading);
            break;
        case FVM_HIVE_CLASS:
            status = take_class(loading);
            break;
        case FVM_HIVE_LINK:
            loading->is_link = true;
            break;
        case FVM_HIVE_VALUE:
            status = set_value(loading);
            break;
        case FVM_HIVE_END:
            is_done = true;
            break;
        case FVM_HIVE_BAD:
            status = STATUS_REGISTRY_CORRUPT;
        }
    }
    if (NT_SUCCESS(status))
        status = make_due(loading);
    if (loading->key)
        registry_NtClose(loading->key);
    loading->path.cch = loading->root_cch;
    return status;
}

static NTSTATUS begin(struct loading *loading, struct registry_scratch *scratch)
{
    loading->scratch = scratch;
    loading->name = fvm_pages(sizeof(uint16_t) * 2 * REGISTRY_NAME_CCH);
    if (!loading->name)
        return STATUS_NO_MEMORY;
    loading->path = (struct fvm_buf){loading->name + REGISTRY_NAME_CCH, 0, REGISTRY_NAME_CCH};
    return STATUS_SUCCESS;
}

static void end(struct loading *loading)
{
    fvm_pages_free(loading->text);
    fvm_pages_free(loading->name);
}

/* --- loading and unloading ----------------------------------------------------------------------
 */

/* May the caller restore? The host says so before it looks for the key, which nobody has. */
static NTSTATUS check_privilege(void)
{
    static const WCHAR text[] = L"\\Registry\\Machine\\\\\\";
    UNICODE_STRING name = {.Buffer = (WCHAR *)(uintptr_t)text,
                           .Length = sizeof(text) - sizeof(*text),
                           .MaximumLength = sizeof(text)};
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr), .ObjectName = &name};

    return real.NtUnloadKey(&attr) == STATUS_PRIVILEGE_NOT_HELD ? STATUS_PRIVILEGE_NOT_HELD
                                                                : STATUS_SUCCESS;
}

/* The path of a key, of which the name's attributes tell. @param path [out] in room of its own */
static NTSTATUS find_path(struct fvm_buf *path, struct registry_scratch *scratch,
                          OBJECT_ATTRIBUTES *key)
{
    struct registry_place place;
    HANDLE handle;
    NTSTATUS status = registry_resolve(&place, scratch, key, 0, 0);

    if (status != FVM_PASS)
        return NT_SUCCESS(status) ? fvm_buf_add(path, place.path) : status;
    /* What is wrong with the name, the host says. */
    status = real.NtOpenKey(&handle, KEY_READ, key);
    if (!NT_SUCCESS(status))
        return status;
    real.NtClose(handle);
    return STATUS_OBJECT_TYPE_MISMATCH;
}

static NTSTATUS load_file(struct loading *loading, OBJECT_ATTRIBUTES *key)
{
    HANDLE there;
    NTSTATUS status = find_path(&loading->path, loading->scratch, key);

    if (!NT_SUCCESS(status))
        return status;
    loading->root_cch = loading->path.cch;
    status = registry_open_path(&there, loading->name, fvm_buf_str(&loading->path), KEY_READ);
    if (NT_SUCCESS(status)) {
        registry_NtClose(there);
        return STATUS_OBJECT_NAME_COLLISION;
    }
    status = make_one(loading, loading->root_cch, NULL, 0);
    if (!NT_SUCCESS(status))
        return status;
    registry_NtClose(loading->key);
    loading->key = NULL;
    status = fill(loading);
    if (!NT_SUCCESS(status))
        registry_delete_tree(&loading->path, loading->scratch, loading->name);
    return status;
}

static NTSTATUS load(OBJECT_ATTRIBUTES *key, OBJECT_ATTRIBUTES *given)
{
    FVM_CLEANUP(registry_scratch) struct registry_scratch *scratch = registry_scratch_get();
    struct loading loading = {0};
    HANDLE file;
    NTSTATUS status = scratch ? open_file(&file, given) : STATUS_NO_MEMORY;

    if (!NT_SUCCESS(status))
        return status;
    status = check_privilege();
    if (NT_SUCCESS(status))
        status = begin(&loading, scratch);
    if (NT_SUCCESS(status))
        status = take_file(&loading, file);
    close_file(file);
    if (NT_SUCCESS(status))
        status = load_file(&loading, key);
    end(&loading);
    return status;
}

/**
 * Load a file's keys as a key that is not there yet.
 *
 * @return STATUS_OBJECT_NAME_COLLISION the key is there; STATUS_NOT_REGISTRY_FILE; STATUS_REGISTRY_
 *         CORRUPT it begins as a hive and does not go on so: nothing is loaded;
 * STATUS_NOT_SUPPORTED the file's name is relative; NT's for the file and the key
 * @source nt:NtLoadKey; paper:registry
 */
NTSTATUS NTAPI registry_NtLoadKey(OBJECT_ATTRIBUTES *key, OBJECT_ATTRIBUTES *file)
{
    return load(key, file);
}
/** The same. @source nt:NtLoadKey2; paper:registry */
NTSTATUS NTAPI registry_NtLoadKey2(OBJECT_ATTRIBUTES *key, OBJECT_ATTRIBUTES *file, ULONG flags)
{
    (void)flags;
    return load(key, file);
}
/**
 * The same.
 *
 * @param flags REG_APP_HIVE, a hive below \Registry\A that only this process sees:
 *              STATUS_NOT_SUPPORTED
 * @return STATUS_INVALID_PARAMETER_7: a handle is wanted, which only such hives give
 * @source nt:NtLoadKeyEx; paper:registry
 */
NTSTATUS NTAPI registry_NtLoadKeyEx(OBJECT_ATTRIBUTES *key, OBJECT_ATTRIBUTES *file, ULONG flags,
                                    HANDLE trust, HANDLE event, ACCESS_MASK access, HANDLE *root,
                                    IO_STATUS_BLOCK *io)
{
    (void)trust, (void)event, (void)access, (void)io;
    if (flags & APP_HIVE)
        return STATUS_NOT_SUPPORTED;
    return root ? STATUS_INVALID_PARAMETER_7 : load(key, file);
}

/* Has somebody else a private key open? */
static NTSTATUS check_unused(struct loading *loading)
{
    PUBLIC_OBJECT_BASIC_INFORMATION basic = {0};
    struct registry_slot *slot;
    HANDLE key;
    NTSTATUS status =
        registry_open_path(&key, loading->name, fvm_buf_str(&loading->path), KEY_READ);

    if (!NT_SUCCESS(status))
        return status;
    slot = registry_slot(key, false);
    if (slot && slot->key && slot->key->is_private)
        registry_object_below(key, 0, &basic, sizeof(basic), NULL);
    registry_NtClose(key);
    return basic.HandleCount > 1 ? STATUS_CANNOT_DELETE : STATUS_SUCCESS;
}

/**
 * Remove a key that was loaded; any other, too, as Wine does.
 *
 * @return STATUS_CANNOT_DELETE it is open; STATUS_OBJECT_NAME_NOT_FOUND; NT's
 * @source nt:NtUnloadKey; paper:registry
 */
NTSTATUS NTAPI registry_NtUnloadKey(OBJECT_ATTRIBUTES *key)
{
    FVM_CLEANUP(registry_scratch) struct registry_scratch *scratch = registry_scratch_get();
    struct loading loading = {0};
    NTSTATUS status = scratch ? begin(&loading, scratch) : STATUS_NO_MEMORY;

    if (NT_SUCCESS(status))
        status = check_privilege();
    if (NT_SUCCESS(status))
        status = find_path(&loading.path, scratch, key);
    if (NT_SUCCESS(status))
        status = check_unused(&loading);
    if (NT_SUCCESS(status))
        status = registry_delete_tree(&loading.path, scratch, loading.name);
    end(&loading);
    return status;
}

/* --- a key's content from a file ----------------------------------------------------------------
 */

/* All that is in a key. @param key open with all rights */
static NTSTATUS empty(struct loading *loading, HANDLE key)
{
    const struct {
        ULONG title, type, name_cb;
        WCHAR name[1];
    } *value = (const void *)loading->scratch->bytes;
    NTSTATUS status = STATUS_SUCCESS;
    ULONG got;

    while (NT_SUCCESS(status)) {
        status = registry_enter(&loading->path, loading->scratch, key, 0);
        if (NT_SUCCESS(status))
            status = registry_delete_tree(&loading->path, loading->scratch, loading->name);
        loading->path.cch = loading->root_cch;
    }
    if (status == STATUS_NO_MORE_ENTRIES)
        status = STATUS_SUCCESS;
    while (NT_SUCCESS(status)) {
        UNICODE_STRING name;

        status = registry_NtEnumerateValueKey(key, 0, VALUE_BASIC, loading->scratch->bytes,
                                              REGISTRY_BYTES_CB, &got);
        name = (UNICODE_STRING){.Buffer = (WCHAR *)(uintptr_t)value->name,
                                .Length = (USHORT)value->name_cb,
                                .MaximumLength = (USHORT)value->name_cb};
        if (NT_SUCCESS(status))
            status = registry_NtDeleteValueKey(key, &name);
    }
    return status == STATUS_NO_MORE_ENTRIES ? STATUS_SUCCESS : status;
}

static NTSTATUS restore(struct loading *loading, struct fvm_str path)
{
    HANDLE key;
    NTSTATUS status = fvm_buf_add(&loading->path, path);

    loading->root_cch = loading->path.cch;
    if (NT_SUCCESS(status))
        status = registry_open_path(&key, loading->name, path, KEY_ALL_ACCESS);
    if (!NT_SUCCESS(status))
        return status;
    status = empty(loading, key);
    registry_NtClose(key);
    return NT_SUCCESS(status) ? fill(loading) : status;
}

/**
 * Put a file's keys and values in the place of a key's own. Wine 8 says that it does, and does not.
 *
 * @param flags 0; REG_FORCE_RESTORE, which is no different here; others: STATUS_NOT_SUPPORTED
 * @source nt:NtRestoreKey; paper:registry
 */
NTSTATUS NTAPI registry_NtRestoreKey(HANDLE handle, HANDLE file, ULONG flags)
{
    FVM_CLEANUP(registry_scratch) struct registry_scratch *scratch = registry_scratch_get();
    struct loading loading = {0};
    struct registry_use use;
    NTSTATUS status = scratch ? registry_use(&use, handle, 0, false) : STATUS_NO_MEMORY;

    if (status == FVM_PASS)
        return STATUS_INVALID_HANDLE;
    if (NT_SUCCESS(status))
        status = registry_check_alive(use.key);
    if (NT_SUCCESS(status))
        status = check_privilege();
    if (NT_SUCCESS(status) && flags & ~(ULONG)WITHOUT_ASKING)
        status = STATUS_NOT_SUPPORTED;
    if (NT_SUCCESS(status))
        status = begin(&loading, scratch);
    if (NT_SUCCESS(status))
        status = take_file(&loading, fvm_engine.file_follow(file));
    if (NT_SUCCESS(status))
        status = restore(&loading, use.key->path);
    end(&loading);
    return status;
}

/** What is exchanged at the next start would be the host's. @source nt:NtReplaceKey; paper:registry
 */
NTSTATUS NTAPI registry_NtReplaceKey(OBJECT_ATTRIBUTES *file, HANDLE handle, OBJECT_ATTRIBUTES *old)
{
    (void)file, (void)handle, (void)old;
    return STATUS_PRIVILEGE_NOT_HELD;
}
