/* store/win/locks.c: who may do what with a VM, by the share modes of open files; see winstore.h.
 */
#include "store/win/winstore.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* <store>\locks\<name><ending> */
static bool lock_path(struct win_path *path, const struct win_store *store, const char *name,
                      const wchar_t *ending)
{
    wchar_t file[100];

    _snwprintf(file, ARRAY_LEN(file), L"locks\\%hs%ls", name, ending);
    win_path_set(path, store->path.s);
    return win_path_push(path, file);
}

static HANDLE open_lock(const struct win_store *store, const char *name, const wchar_t *ending,
                        DWORD access, DWORD share, DWORD disposition)
{
    FVM_CLEANUP(win_path) struct win_path path = {0};
    HANDLE file;

    if (!lock_path(&path, store, name, ending))
        return NULL;
    file = CreateFileW(path.s, access, share, NULL, disposition, 0, NULL);
    return file == INVALID_HANDLE_VALUE ? NULL : file;
}

static HANDLE open_alone(const struct win_store *store, const char *name, DWORD disposition)
{
    /* Others may read it, and then mind neither our writing nor our removing it. */
    return open_lock(store, name, L".lock", GENERIC_READ | GENERIC_WRITE | DELETE, FILE_SHARE_READ,
                     disposition);
}

HANDLE win_lock(const struct win_store *store, const char *name)
{
    HANDLE lock = open_alone(store, name, OPEN_ALWAYS);

    /* Somebody may only be looking, see win_is_locked(). */
    for (int i = 0; !lock && i < 5; i++) {
        Sleep(10);
        lock = open_alone(store, name, OPEN_ALWAYS);
    }
    if (lock)
        SetEndOfFile(lock); /* what a dead one said */
    return lock;
}

void win_unlock(HANDLE lock, const struct win_store *store, const char *name, bool forget)
{
    FILE_DISPOSITION_INFO info = {.DeleteFile = TRUE};
    FVM_CLEANUP(win_path) struct win_path users = {0};

    if (!lock)
        return;
    if (forget) {
        if (lock_path(&users, store, name, L".users"))
            DeleteFileW(users.s);
        SetFileInformationByHandle(lock, FileDispositionInfo, &info, sizeof(info));
    }
    CloseHandle(lock);
}

/* @param text [out] what the holder has told; "": nothing */
static bool is_locked(const struct win_store *store, const char *name, char text[16])
{
    FVM_CLEANUP(handle) HANDLE file = NULL;
    HANDLE lock = open_alone(store, name, OPEN_EXISTING);
    DWORD error = GetLastError(), got = 0;

    if (lock) {
        CloseHandle(lock);
        return false;
    }
    if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND)
        return false;
    file = open_lock(store, name, L".lock", GENERIC_READ,
                     FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, OPEN_EXISTING);
    if (!file || !ReadFile(file, text, 15, &got, NULL))
        got = 0;
    text[got] = 0;
    return true;
}

bool win_is_locked(const struct win_store *store, const char *name, unsigned *number)
{
    char text[16] = "";
    bool locked = is_locked(store, name, text);

    *number = (unsigned)strtoul(text, NULL, 10);
    return locked;
}

bool win_is_ending(const struct win_store *store, const char *name)
{
    char text[16] = "";

    return is_locked(store, name, text) && text[0] == '0';
}

bool win_lock_tell(HANDLE lock, unsigned number)
{
    char text[16];
    DWORD cb = (DWORD)snprintf(text, sizeof(text), "%u\n", number), done;

    SetFilePointer(lock, 0, NULL, FILE_BEGIN);
    return SetEndOfFile(lock) && WriteFile(lock, text, cb, &done, NULL) && done == cb;
}

HANDLE win_use(const struct win_store *store, const char *name)
{
    return open_lock(store, name, L".users", GENERIC_READ, FILE_SHARE_READ, OPEN_ALWAYS);
}

HANDLE win_use_alone(const struct win_store *store, const char *name)
{
    return open_lock(store, name, L".users", GENERIC_READ, 0, OPEN_ALWAYS);
}

int win_kept_lock(struct win_kept *kept, const struct win_store *store, const char *to_do_what,
                  struct fvm_error *err)
{
    kept->lock = win_lock(store, kept->name);
    if (kept->lock)
        return 0;
    return fvm_fail(
        err, -EBUSY,
        "cannot %s VM '%s' while it runs or another fvm works on it; stop it with: fvm stop %s",
        to_do_what, kept->name, kept->name);
}
