/* store/win/kept.c: making, opening and removing VMs at rest; see winstore.h. */
#include "core/fold.h"
#include "core/name.h"
#include "store/lists.h"
#include "store/store.h"
#include "store/win/winstore.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_CCH = 100 };

static bool vm_path(struct win_path *path, const struct win_store *store, const char *before,
                    const char *name)
{
    wchar_t below[NAME_CCH + 20];

    _snwprintf(below, ARRAY_LEN(below), L"vms\\%hs%hs", before, name);
    win_path_set(path, store->path.s);
    return win_path_push(path, below);
}

static bool name_taken(const struct win_store *store, const char *name, char found[80])
{
    FVM_CLEANUP(win_entries) struct win_entries names = {0};

    if (win_store_names(&names, store, NULL))
        return false;
    for (size_t i = 0; i < names.count; i++)
        if (!fvm_name_cmp(names.at[i].utf8, name)) {
            snprintf(found, 80, "%s", names.at[i].utf8);
            return true;
        }
    return false;
}

/* --- vm.conf --------------------------------------------------------------------------------- */

static int64_t now_ns(void)
{
    FILETIME now;

    GetSystemTimeAsFileTime(&now);
    return win_unix_ns((int64_t)((uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime));
}

int win_kept_save(struct win_kept *kept, struct fvm_error *err)
{
    FVM_CLEANUP(text) struct fvm_text text = {0};
    size_t cch = kept->path.cch;
    int result;

    if (fvm_failed(fvm_conf_write(&kept->conf, &text)) || text.failed ||
        !win_path_push(&kept->path, L"vm.conf"))
        return win_no_memory(err);
    result = win_write(&kept->path, text.s, text.cb, err);
    win_path_pop(&kept->path, cch);
    return result;
}

static bool set_since(struct win_kept *kept)
{
    char text[32];

    snprintf(text, sizeof(text), "%lld", (long long)now_ns());
    return !fvm_failed(fvm_conf_set(&kept->conf, "since", text));
}

int win_kept_sees_now(struct win_kept *kept, struct fvm_error *err)
{
    return set_since(kept) ? win_kept_save(kept, err) : win_no_memory(err);
}

int64_t win_kept_since_ns(const struct win_kept *kept)
{
    const char *since = fvm_conf_get(&kept->conf, "since");

    return since ? strtoll(since, NULL, 10) : 0;
}

static int make_conf(struct win_kept *kept, struct fvm_error *err)
{
    char when[32];
    SYSTEMTIME utc;
    bool ok;

    GetSystemTime(&utc);
    snprintf(when, sizeof(when), "%04u-%02u-%02uT%02u:%02u:%02uZ", utc.wYear, utc.wMonth, utc.wDay,
             utc.wHour, utc.wMinute, utc.wSecond);
    ok = !fvm_failed(fvm_conf_set(&kept->conf, "level", FVM_SHARED)) &&
         !fvm_failed(fvm_conf_set(&kept->conf, "base", WIN_BASE)) &&
         !fvm_failed(fvm_conf_set(&kept->conf, "created", when)) &&
         (!kept->temporary || !fvm_failed(fvm_conf_set(&kept->conf, "temporary", "yes"))) &&
         !fvm_failed(fvm_conf_set(&kept->conf, "version", "1"));
    return ok ? win_kept_sees_now(kept, err) : win_no_memory(err);
}

int win_kept_reload(struct win_kept *kept, struct fvm_error *err)
{
    FVM_CLEANUP(text) struct fvm_text text = {0};
    size_t cch = kept->path.cch;
    const char *level, *version;
    fvm_status status;
    int result;

    fvm_conf_free(&kept->conf);
    kept->conf = (struct fvm_conf){0};
    if (!win_path_push(&kept->path, L"vm.conf"))
        return win_no_memory(err);
    result = win_read(&text, &kept->path, FVM_VM_CONF_MAX_CB, err);
    win_path_pop(&kept->path, cch);
    if (!result) {
        status = fvm_conf_read(&kept->conf, text.s ? text.s : "", text.cb, FVM_VM_FORMAT, err);
        if (fvm_failed(status)) {
            fvm_error_prefix(err, "vm.conf");
            result = status == FVM_NEWER_FORMAT ? -EPROTO : -EBADMSG;
        }
    }
    if (result) {
        fvm_error_prefix(err, "VM '%s'", kept->name);
        return result;
    }
    kept->temporary = fvm_conf_get(&kept->conf, "temporary") != NULL;
    level = fvm_conf_get(&kept->conf, "level");
    version = fvm_conf_get(&kept->conf, "version");
    if (!fvm_conf_get(&kept->conf, "base") || !version || !strtoul(version, NULL, 10))
        return fvm_fail(err, -EBADMSG, "VM '%s': vm.conf lacks 'base' or 'version'", kept->name);
    if (!level || strcmp(level, FVM_SHARED) != 0)
        return fvm_fail(err, -EBADMSG, "VM '%s' is %s: on Windows there are only shared VMs",
                        kept->name, level ? level : "of no level");
    return 0;
}

/* --- making ---------------------------------------------------------------------------------- */

static int make_folders(const struct win_path *at, struct fvm_error *err)
{
    static const wchar_t *const folders[] = {L"log", L"layers\\1\\files\\C", L"layers\\1\\work"};
    FVM_CLEANUP(win_path) struct win_path path = {0};
    int result = 0;

    for (size_t i = 0; !result && i < ARRAY_LEN(folders); i++) {
        win_path_set(&path, at->s);
        result = win_path_push(&path, folders[i]) ? win_make_directories(&path, err)
                                                  : win_no_memory(err);
    }
    return result;
}

/* Whole under a name that the sweep knows, then renamed: a VM is there whole or not at all. */
static int build(struct win_kept *kept, const struct win_store *store, struct fvm_error *err)
{
    FVM_CLEANUP(win_path) struct win_path final = {0};
    int result;

    if (!vm_path(&final, store, "", kept->name) ||
        !vm_path(&kept->path, store, ".new-", kept->name))
        return win_no_memory(err);
    result = win_remove_tree(&kept->path, err);
    if (!result)
        result = make_folders(&kept->path, err);
    if (!result)
        result = make_conf(kept, err);
    if (!result && !MoveFileExW(kept->path.s, final.s, 0))
        result = win_fail(err, "create the VM", &final);
    if (result)
        win_remove_tree(&kept->path, NULL);
    win_path_set(&kept->path, final.s);
    return result;
}

static void temporary_name(char *name, size_t cap)
{
    static unsigned count;
    LARGE_INTEGER ticks;
    uint64_t hash;

    QueryPerformanceCounter(&ticks);
    hash = fvm_hash_mix((uint64_t)ticks.QuadPart, GetCurrentProcessId());
    snprintf(name, cap, "tmp-%08x", (unsigned)fvm_hash_mix(hash, ++count));
}

int win_kept_create(struct win_kept *kept, const struct win_store *store, const char *name,
                    struct fvm_error *err)
{
    char other[80];
    int result;

    *kept = (struct win_kept){.temporary = !name};
    if (name && fvm_failed(fvm_name_check(name, err)))
        return -EINVAL;
    if (name && !_strnicmp(name, "tmp-", 4))
        return fvm_fail(err, -EINVAL, "'%s': names that begin with 'tmp-' are for throw-away VMs",
                        name);
    if (name)
        snprintf(kept->name, sizeof(kept->name), "%s", name);
    else
        temporary_name(kept->name, sizeof(kept->name));
    if (name_taken(store, kept->name, other))
        return fvm_fail(err, -EEXIST, "VM '%s' exists already", other);
    kept->lock = win_lock(store, kept->name);
    if (!kept->lock)
        return fvm_fail(err, -EBUSY, "VM '%s' is just being made by another fvm", kept->name);
    /* Whoever had the lock before us may have made it. */
    result = name_taken(store, kept->name, other)
                 ? fvm_fail(err, -EEXIST, "VM '%s' exists already", other)
                 : build(kept, store, err);
    if (result)
        win_unlock(FVM_STEAL(kept->lock, NULL), store, kept->name, result != -EEXIST);
    return result;
}

/* --- opening --------------------------------------------------------------------------------- */

int win_kept_open(struct win_kept *kept, const struct win_store *store, const char *name,
                  struct fvm_error *err)
{
    char other[80];
    DWORD attributes;

    *kept = (struct win_kept){0};
    if (fvm_failed(fvm_name_check(name, err)))
        return -EINVAL;
    snprintf(kept->name, sizeof(kept->name), "%s", name);
    if (!vm_path(&kept->path, store, "", name))
        return win_no_memory(err);
    attributes = win_attributes(&kept->path);
    /* Windows finds it in any case; the name is what was given. */
    if (attributes == INVALID_FILE_ATTRIBUTES || !(attributes & FILE_ATTRIBUTE_DIRECTORY) ||
        !name_taken(store, name, other))
        return fvm_fail(err, -ENOENT, "no VM '%s'; see: fvm list", name);
    if (strcmp(other, name) != 0)
        return fvm_fail(err, -ENOENT, "no VM '%s'; there is one named '%s'", name, other);
    return win_kept_reload(kept, err);
}

void win_kept_close(struct win_kept *kept)
{
    if (kept->lock)
        CloseHandle(kept->lock);
    fvm_conf_free(&kept->conf);
    win_path_free(&kept->path);
    *kept = (struct win_kept){0};
}

int win_kept_layer(struct win_path *path, const struct win_kept *kept, struct fvm_error *err)
{
    win_path_set(path, kept->path.s);
    return win_path_push(path, L"layers\\1") ? 0 : win_no_memory(err);
}

bool win_kept_has_registry(const struct win_kept *kept)
{
    FVM_CLEANUP(win_path) struct win_path path = {0};
    FVM_CLEANUP(handle) HANDLE file = NULL;
    char head[1024];
    DWORD got = 0;

    if (win_kept_layer(&path, kept, NULL) || !win_path_push(&path, WIN_REGISTRY))
        return false;
    file = CreateFileW(path.s, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                       NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE || !ReadFile(file, head, sizeof(head), &got, NULL))
        got = 0;
    return memchr(head, '[', got) != NULL; /* the first key stands right behind the heading */
}

/* --- changing -------------------------------------------------------------------------------- */

int win_kept_mend(const struct win_kept *kept, struct fvm_error *err)
{
    FVM_CLEANUP(win_path) struct win_path layers = {0};
    FVM_CLEANUP(win_entries) struct win_entries names = {0};
    size_t cch;

    win_path_set(&layers, kept->path.s);
    if (!win_path_push(&layers, L"layers"))
        return win_no_memory(err);
    cch = layers.cch;
    if (!win_list(&names, &layers))
        for (size_t i = 0; i < names.count; i++)
            if (!strncmp(names.at[i].utf8, ".old-", 5) &&
                win_path_push(&layers, names.at[i].name)) {
                win_remove_tree(&layers, NULL);
                win_path_pop(&layers, cch);
            }
    return make_folders(&kept->path, err);
}

int win_kept_empty(const struct win_kept *kept, struct fvm_error *err)
{
    FVM_CLEANUP(win_path) struct win_path layer = {0};
    FVM_CLEANUP(win_path) struct win_path away = {0};
    wchar_t name[32];
    int result = win_kept_layer(&layer, kept, err);

    _snwprintf(name, ARRAY_LEN(name), L"layers\\.old-%lu", GetCurrentProcessId());
    win_path_set(&away, kept->path.s);
    if (!win_path_push(&away, name))
        result = win_no_memory(err);
    if (!result)
        result = win_remove_tree(&away, err);
    if (!result && !MoveFileExW(layer.s, away.s, 0))
        result = win_fail(err, "drop the layer", &layer);
    return result ? result : win_kept_mend(kept, err);
}

int win_kept_delete(struct win_kept *kept, const struct win_store *store, struct fvm_error *err)
{
    FVM_CLEANUP(win_path) struct win_path gone = {0};
    char before[32];

    snprintf(before, sizeof(before), ".del-%lu-", GetCurrentProcessId());
    if (!vm_path(&gone, store, before, kept->name))
        return win_no_memory(err);
    if (!MoveFileExW(kept->path.s, gone.s, 0))
        return win_fail(err, "delete the VM", &kept->path);
    win_unlock(FVM_STEAL(kept->lock, NULL), store, kept->name, true);
    return win_remove_tree(&gone, err);
}
