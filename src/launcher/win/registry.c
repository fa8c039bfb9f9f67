/* launcher/win/registry.c: the life of a VM's registry. See registry.h. */
#include "launcher/win/registry.h"

#include "core/glob.h"
#include "engine/real.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { LOOK_MS = 400, MAX_DELTA_CB = 1 << 29 };

/* `\REGISTRY\User\S-1-5-...`: the last part. */
static bool find_user(struct win_registry *registry)
{
    typedef NTSTATUS(NTAPI format_path)(UNICODE_STRING *);
    format_path *format = (format_path *)(void *)GetProcAddress(GetModuleHandleW(L"ntdll.dll"),
                                                                "RtlFormatCurrentUserKeyPath");
    UNICODE_STRING path;
    struct fvm_str name;

    if (!format || !NT_SUCCESS(format(&path)))
        return false;
    name = fvm_regview_last((struct fvm_str){path.Buffer, path.Length / (uint32_t)sizeof(WCHAR)});
    if (name.cch > ARRAY_LEN(registry->user_text))
        name.cch = 0;
    memcpy(registry->user_text, name.s, name.cch * sizeof(*name.s));
    registry->user = (struct fvm_str){registry->user_text, name.cch};
    HeapFree(GetProcessHeap(), 0, path.Buffer);
    return name.cch;
}

bool win_registry_host(struct win_registry *registry)
{
    *registry = (struct win_registry){0};
    return find_user(registry);
}

static DWORD prepare(struct win_registry *registry, struct fvm_regview_area *area, uint32_t vm,
                     const wchar_t *layer)
{
    wchar_t name[64];

    *registry = (struct win_registry){.area = area, .vm = vm};
    if (_snwprintf(registry->file, ARRAY_LEN(registry->file), L"%ls\\registry.reg", layer) < 0 ||
        _snwprintf(registry->file_new, ARRAY_LEN(registry->file_new), L"%ls\\registry.reg.new",
                   layer) < 0)
        return ERROR_FILENAME_EXCED_RANGE;
    if (!find_user(registry))
        return ERROR_NO_SUCH_USER;
    _snwprintf(name, ARRAY_LEN(name), L"__fvm_registry_%u", vm);
    registry->lock = CreateMutexW(NULL, FALSE, name);
    return registry->lock ? 0 : GetLastError();
}

/* --- from the file
 * --------------------------------------------------------------------------------- */

/* A service that the VM has made one that starts by itself? */
static bool is_automatic(const struct fvm_reg_key *key)
{
    static const char services[] = "HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Services\\*";
    enum { AUTOMATIC = 2 };
    const struct fvm_reg_value *start = fvm_reg_find_value(key, "Start");

    return start && start->mark == FVM_REG_PRESENT && start->data_cb == 4 &&
           start->data[0] == AUTOMATIC && fvm_glob_match(services, key->path);
}

static DWORD load(struct win_registry *registry)
{
    HANDLE file =
        CreateFileW(registry->file, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    LARGE_INTEGER size = {.QuadPart = 0};
    struct fvm_reg *delta = NULL;
    struct fvm_error error;
    fvm_status status;
    DWORD got = 0, result = ERROR_NOT_ENOUGH_MEMORY;
    char *text = NULL;

    if (file == INVALID_HANDLE_VALUE)
        return GetLastError() == ERROR_FILE_NOT_FOUND ? 0 : GetLastError();
    if (GetFileSizeEx(file, &size) && size.QuadPart < MAX_DELTA_CB)
        text = malloc((size_t)size.QuadPart + 1);
    if (text && ReadFile(file, text, (DWORD)size.QuadPart, &got, NULL)) {
        status = fvm_reg_read_delta(&delta, text, got, true, &error);
        result = status == FVM_NEWER_FORMAT ? ERROR_REVISION_MISMATCH
                 : status == FVM_NO_MEMORY  ? ERROR_NOT_ENOUGH_MEMORY
                 : fvm_failed(status)       ? ERROR_FILE_CORRUPT
                                            : win_delta_load(registry, delta);
    }
    for (size_t i = 0; !result && i < fvm_reg_key_count(delta); i++)
        registry->has_automatic |= is_automatic(fvm_reg_key_at(delta, i));
    CloseHandle(file);
    fvm_reg_free(delta);
    free(text);
    return result;
}

/* What holds the private keys of all VMs is no key that a VM has. */
static fvm_status hide_private(const struct win_registry *registry)
{
    uint32_t node;
    fvm_status status = fvm_index_mark(&registry->index, FVM_STR(u"R\\Machine\\__fvm"),
                                       FVM_INDEX_OWN, (struct fvm_str){0}, NULL, &node);

    return fvm_failed(status) ? status
                              : fvm_index_user(&registry->index, node, FVM_REGVIEW_HIDDEN, 0, NULL);
}

DWORD win_registry_begin(struct win_registry *registry, struct fvm_regview_area *area, uint32_t vm,
                         const wchar_t *layer, const wchar_t *hives)
{
    DWORD error = prepare(registry, area, vm, layer);
    UNICODE_STRING name = {.Buffer = (WCHAR *)L"\\Registry\\Machine\\__fvm", .Length = 46};
    OBJECT_ATTRIBUTES attr = {
        .Length = sizeof(attr), .ObjectName = &name, .Attributes = OBJ_CASE_INSENSITIVE};
    HANDLE key;
    ULONG disposition;

    if (error)
        return error;
    win_key_remove(registry, FVM_STR(u"R"), true); /* of a VM that was killed */
    if (!NT_SUCCESS(real.NtCreateKey(&key, KEY_ALL_ACCESS | KEY_WOW64_64KEY, &attr, 0, NULL,
                                     REG_OPTION_VOLATILE, &disposition)))
        return ERROR_ACCESS_DENIED;
    real.NtClose(key);
    if (fvm_failed(
            fvm_index_init(&registry->index, fvm_regview_index(area), FVM_REGVIEW_INDEX_CB, vm)) ||
        fvm_failed(hide_private(registry)) ||
        (hives && fvm_failed(win_hives_scan(registry, hives))) ||
        !NT_SUCCESS(win_key_make(&key, registry, FVM_STR(u"R"), (struct fvm_str){0})))
        return ERROR_NOT_ENOUGH_MEMORY;
    real.NtClose(key);
    return load(registry);
}

DWORD win_registry_attach(struct win_registry *registry, struct fvm_regview_area *area, uint32_t vm,
                          const wchar_t *layer)
{
    DWORD error = prepare(registry, area, vm, layer);

    if (!error && fvm_failed(fvm_index_attach(&registry->index, fvm_regview_index(area),
                                              FVM_REGVIEW_INDEX_CB)))
        error = ERROR_REVISION_MISMATCH;
    return error;
}

/* --- to the file
 * ------------------------------------------------------------------------------------ */

static DWORD write_file(const struct win_registry *registry, struct fvm_reg *delta)
{
    FVM_CLEANUP(text) struct fvm_text text = {0};
    DWORD done, error = 0;
    HANDLE file;

    if (!fvm_reg_key_count(delta))
        return DeleteFileW(registry->file) || GetLastError() == ERROR_FILE_NOT_FOUND
                   ? 0
                   : GetLastError();
    if (fvm_failed(fvm_reg_write_delta(delta, FVM_REG_END_MARK, &text)) || text.failed)
        return ERROR_NOT_ENOUGH_MEMORY;
    file = CreateFileW(registry->file_new, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    if (!WriteFile(file, text.s, (DWORD)text.cb, &done, NULL) || done != text.cb ||
        !FlushFileBuffers(file))
        error = GetLastError() ? GetLastError() : ERROR_DISK_FULL;
    CloseHandle(file);
    if (!error && !MoveFileExW(registry->file_new, registry->file, MOVEFILE_REPLACE_EXISTING))
        error = GetLastError();
    return error;
}

/* What was read before is good unless another holder has written meanwhile. */
static void begin_writing(struct win_registry *registry)
{
    uint32_t self = (uint32_t)GetCurrentProcessId();

    if (__atomic_exchange_n(&registry->area->writer, self, __ATOMIC_ACQ_REL) == self)
        return;
    fvm_reg_free(registry->before);
    fvm_reg_free(registry->after);
    registry->before = registry->after = NULL;
}

/* The mutex is ours. */
static DWORD save(struct win_registry *registry)
{
    uint32_t changes = __atomic_load_n(&registry->area->changes, __ATOMIC_ACQUIRE);
    struct fvm_reg *delta;
    DWORD error;

    if (changes == __atomic_load_n(&registry->area->saved, __ATOMIC_ACQUIRE))
        return 0;
    error = win_delta_make(&delta, registry);
    if (!error)
        error = write_file(registry, delta);
    fvm_reg_free(delta);
    if (!error)
        __atomic_store_n(&registry->area->saved, changes, __ATOMIC_RELEASE);
    return error;
}

/* One holder writes, with what it has read before in mind, until it lets go or dies. */
static DWORD WINAPI write_on(void *context)
{
    struct win_registry *registry = context;
    HANDLE either[] = {registry->stop, registry->lock};

    if (WaitForMultipleObjects(2, either, FALSE, INFINITE) == WAIT_OBJECT_0)
        return 0;
    begin_writing(registry);
    while (WaitForSingleObject(registry->stop, LOOK_MS) == WAIT_TIMEOUT)
        save(registry);
    ReleaseMutex(registry->lock);
    return 0;
}

DWORD win_registry_serve(struct win_registry *registry)
{
    registry->stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (registry->stop)
        registry->thread = CreateThread(NULL, 0, write_on, registry, 0, NULL);
    return registry->thread ? 0 : GetLastError();
}

static void stop_writing(struct win_registry *registry)
{
    if (!registry->thread)
        return;
    SetEvent(registry->stop);
    WaitForSingleObject(registry->thread, INFINITE);
    CloseHandle(registry->thread);
    CloseHandle(registry->stop);
    registry->thread = registry->stop = NULL;
}

DWORD win_registry_save(struct win_registry *registry)
{
    bool serves = registry->thread;
    DWORD error;

    stop_writing(registry);
    WaitForSingleObject(registry->lock, INFINITE);
    begin_writing(registry);
    error = save(registry);
    ReleaseMutex(registry->lock);
    if (!error && serves)
        error = win_registry_serve(registry);
    return error;
}

void win_registry_end(struct win_registry *registry, bool is_last)
{
    if (!registry->lock)
        return;
    stop_writing(registry);
    if (is_last) {
        win_registry_save(registry);
        win_key_remove(registry, FVM_STR(u"R"), true);
    }
    fvm_reg_free(registry->before);
    fvm_reg_free(registry->after);
    CloseHandle(registry->lock);
    registry->before = registry->after = NULL;
    registry->lock = NULL;
}
