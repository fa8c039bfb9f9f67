/* store/win/store.c: where the store is, its format, the sweep; see winstore.h. */
#include "core/name.h"
#include "store/store.h"
#include "store/win/winstore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* FVM_HOME may be relative; a variable that is empty is not set. */
static bool place(struct win_path *path)
{
    wchar_t value[1024], full[1024];
    DWORD cch = GetEnvironmentVariableW(L"FVM_HOME", value, ARRAY_LEN(value));

    if (cch >= ARRAY_LEN(value))
        return false;
    if (!cch) {
        cch = GetEnvironmentVariableW(L"LOCALAPPDATA", value, ARRAY_LEN(value));
        if (!cch || cch + 5 > ARRAY_LEN(value))
            return false;
        wcscat(value, L"\\fvm");
    }
    cch = GetFullPathNameW(value, ARRAY_LEN(full), full, NULL);
    if (!cch || cch >= ARRAY_LEN(full))
        return false;
    win_path_set(path, full);
    return !path->failed;
}

static int check_format(struct win_store *store, struct fvm_error *err)
{
    static const char ours[] = "format = 1\nend = fvm\n";
    FVM_CLEANUP(text) struct fvm_text text = {0};
    FVM_CLEANUP(conf) struct fvm_conf conf = {0};
    FVM_CLEANUP(win_path) struct win_path path = {0};
    fvm_status status;
    int result;

    win_path_set(&path, store->path.s);
    if (!win_path_push(&path, L"format"))
        return win_no_memory(err);
    if (win_attributes(&path) == INVALID_FILE_ATTRIBUTES)
        return win_write(&path, ours, sizeof(ours) - 1, err);
    result = win_read(&text, &path, 4096, err);
    if (result)
        return result;
    status = fvm_conf_read(&conf, text.s ? text.s : "", text.cb, FVM_STORE_FORMAT, err);
    if (!fvm_failed(status))
        return 0;
    win_prefix(err, &path);
    return status == FVM_NEWER_FORMAT ? -EPROTO : -EBADMSG;
}

static int make_folder(struct win_store *store, const wchar_t *name, struct fvm_error *err)
{
    size_t cch = store->path.cch;
    int result;

    if (!win_path_push(&store->path, name))
        return win_no_memory(err);
    result = win_make_directories(&store->path, err);
    win_path_pop(&store->path, cch);
    return result;
}

static bool begins(const char *name, const char *with)
{
    return !strncmp(name, with, strlen(with));
}

/* Whoever makes a VM, or has a throw-away one, holds its lock or uses it. */
static void sweep_one(struct win_store *store, struct win_path *path, const struct win_entry *entry)
{
    bool is_draft = begins(entry->utf8, ".new-"), is_gone = begins(entry->utf8, ".del-");
    const char *name = is_draft ? entry->utf8 + 5 : entry->utf8;
    FVM_CLEANUP(handle) HANDLE alone = NULL;
    HANDLE lock = NULL;
    size_t cch = path->cch;

    if (!is_draft && !is_gone && (!begins(name, "tmp-") || strlen(name) > FVM_NAME_MAX_CB))
        return; /* nothing of ours */
    if (!is_gone && strlen(name) <= FVM_NAME_MAX_CB) {
        lock = win_lock(store, name);
        alone = lock ? win_use_alone(store, name) : NULL;
    }
    if ((is_gone || alone) && win_path_push(path, entry->name)) {
        win_remove_tree(path, NULL);
        win_path_pop(path, cch);
    }
    if (alone)
        CloseHandle(FVM_STEAL(alone, NULL));
    win_unlock(lock, store, name, true);
}

static void sweep(struct win_store *store)
{
    FVM_CLEANUP(win_entries) struct win_entries names = {0};
    FVM_CLEANUP(win_path) struct win_path vms = {0};

    win_path_set(&vms, store->path.s);
    if (!win_path_push(&vms, L"vms") || win_list(&names, &vms))
        return;
    for (size_t i = 0; i < names.count; i++)
        sweep_one(store, &vms, &names.at[i]);
}

int win_store_open(struct win_store *store, struct fvm_error *err)
{
    int result;

    *store = (struct win_store){{0}};
    if (!place(&store->path))
        return fvm_fail(err, -ENOENT, "no place for the store: set FVM_HOME to a folder");
    result = win_make_directories(&store->path, err);
    if (!result)
        result = check_format(store, err);
    if (!result)
        result = make_folder(store, L"vms", err);
    if (!result)
        result = make_folder(store, L"locks", err);
    if (!result)
        sweep(store);
    return result;
}

void win_store_close(struct win_store *store)
{
    win_path_free(&store->path);
}

int win_store_names(struct win_entries *names, const struct win_store *store, struct fvm_error *err)
{
    FVM_CLEANUP(win_path) struct win_path vms = {0};
    size_t kept = 0;

    win_path_set(&vms, store->path.s);
    if (!win_path_push(&vms, L"vms"))
        return win_no_memory(err);
    if (win_list(names, &vms))
        return win_fail(err, "list", &vms);
    for (size_t i = 0; i < names->count; i++) {
        if (names->at[i].utf8[0] != '.') {
            names->at[kept++] = names->at[i];
            continue;
        }
        free(names->at[i].name);
        free(names->at[i].utf8);
    }
    names->count = kept;
    return 0;
}
