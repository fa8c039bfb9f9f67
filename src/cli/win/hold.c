/* cli/win/hold.c: the process that holds a VM while it runs: its lock, its block and its job. It is
 * nobody's child: `fvm run` may be killed, the VM goes on and `fvm stop` ends it. When it is killed
 * itself, the job ends all programs of the VM. */
#include "cli/win/win.h"

#include "store/lists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBERS = 65535, TRIES = 200, LOOK_MS = 100, TAIL_MS = 10 };

struct hold {
    struct win_store store;
    struct win_kept kept;
    struct win_vm vm;
    unsigned number;
    HANDLE stop;
    HANDLE port;  /* told when the last process has ended */
    HANDLE alone; /* nobody uses the VM any more */
};

void cli_stop_event(wchar_t name[64], unsigned number)
{
    _snwprintf(name, 64, L"__fvm_stop_%u", number);
}

/* One line to whoever began us, who waits for the end of our output. */
static void answer(const char *fmt, ...) FVM_PRINTF(1, 2);
static void answer(const char *fmt, ...)
{
    HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);
    char line[1200];
    va_list args;
    DWORD done;

    va_start(args, fmt);
    vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    WriteFile(out, line, (DWORD)strlen(line), &done, NULL);
    CloseHandle(out);
}

/* Numbers are common to all stores of a session: the first one that is free, from a place of the
 * VM's own on. */
static DWORD begin(struct hold *hold, struct win_options *options)
{
    uint64_t hash = fvm_hash_bytes(hold->kept.path.s, hold->kept.path.cch * sizeof(wchar_t));
    DWORD error = ERROR_ALREADY_EXISTS;

    for (unsigned i = 0; i < TRIES && error == ERROR_ALREADY_EXISTS; i++) {
        hold->number = (unsigned)((hash + i) % NUMBERS) + 1;
        options->vm = hold->number;
        if (win_vm_is_taken(hold->number))
            continue;
        error = win_vm_begin(&hold->vm, options);
        if (error)
            win_vm_close(&hold->vm);
    }
    return error;
}

/* A VM that has changed nothing yet sees the host as it is now. */
static int note_time(struct hold *hold, struct fvm_error *err)
{
    FVM_CLEANUP(win_path) struct win_path files = {0};
    FVM_CLEANUP(win_entries) struct win_entries drives = {0};
    size_t cch;

    if (hold->vm.block->journal_cb || win_kept_has_registry(&hold->kept) ||
        win_kept_layer(&files, &hold->kept, err) || !win_path_push(&files, L"files") ||
        win_list(&drives, &files))
        return 0;
    cch = files.cch;
    for (size_t i = 0; i < drives.count; i++) {
        FVM_CLEANUP(win_entries) struct win_entries names = {0};

        if (!win_path_push(&files, drives.at[i].name) || win_list(&names, &files) || names.count)
            return 0;
        win_path_pop(&files, cch);
    }
    return win_kept_sees_now(&hold->kept, err);
}

static int start(struct hold *hold, struct fvm_error *err)
{
    FVM_CLEANUP(win_path) struct win_path layer = {0};
    wchar_t *aliases[WIN_ALIASES], folder[MAX_PATH], event[64];
    struct win_options options = {.engines = folder};
    JOBOBJECT_ASSOCIATE_COMPLETION_PORT port = {.CompletionKey = NULL};
    int result = win_kept_mend(&hold->kept, err);
    DWORD error;

    if (!result)
        result = win_kept_layer(&layer, &hold->kept, err);
    if (result)
        return result;
    if (!cli_engine_folder(folder))
        return fvm_fail(err, -1,
                        "fvm64.dll is missing: it belongs beside fvm.exe or in its folder "
                        "engine");
    options.layer = win_path_plain(&layer);
    options.hidden[options.hidden_count++] = win_path_plain(&hold->store.path);
    options.alias_count = cli_system_aliases(aliases);
    memcpy(options.aliases, aliases, options.alias_count * sizeof(*aliases));
    error = begin(hold, &options);
    if (error)
        return fvm_fail(err, -1, "VM '%s': %s: Windows error %lu", hold->kept.name,
                        hold->vm.failed ? hold->vm.failed : "cannot start", error);
    cli_stop_event(event, hold->number);
    hold->stop = CreateEventW(NULL, TRUE, FALSE, event);
    hold->port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    port.CompletionPort = hold->port;
    if (!hold->stop || !hold->port ||
        !SetInformationJobObject(hold->vm.job, JobObjectAssociateCompletionPortInformation, &port,
                                 sizeof(port)))
        return fvm_fail(err, -1, "VM '%s': cannot watch its programs: Windows error %lu",
                        hold->kept.name, GetLastError());
    result = note_time(hold, err);
    if (!result && !win_lock_tell(hold->kept.lock, hold->number))
        result = fvm_fail(err, -1, "VM '%s': cannot write its lock: Windows error %lu",
                          hold->kept.name, GetLastError());
    return result;
}

/* Until it is to stop, or has no process and no user. */
static void wait_for_end(struct hold *hold)
{
    for (DWORD wait = LOOK_MS;;) {
        ULONG_PTR key;
        OVERLAPPED *overlapped;
        DWORD what;

        GetQueuedCompletionStatus(hold->port, &what, &key, &overlapped, wait);
        if (WaitForSingleObject(hold->stop, 0) == WAIT_OBJECT_0)
            return;
        wait = LOOK_MS;
        if (win_vm_count(&hold->vm))
            continue;
        hold->alone = win_use_alone(&hold->store, hold->kept.name);
        if (!hold->alone) {
            wait = TAIL_MS; /* an `fvm run` is on its way in or out */
            continue;
        }
        /* Between our look and this, it may have begun something and gone. */
        if (!win_vm_count(&hold->vm))
            return;
        CloseHandle(FVM_STEAL(hold->alone, NULL));
    }
}

/* In this order: nobody finds a number in the lock and no VM of that number. */
static void end(struct hold *hold)
{
    if (hold->kept.lock)
        win_lock_tell(hold->kept.lock, 0);
    if (hold->vm.block)
        win_vm_shut(&hold->vm);
    win_vm_close(&hold->vm);
    if (hold->kept.temporary && hold->kept.lock) {
        if (hold->alone) /* its file goes too, and nobody else wants this VM */
            CloseHandle(FVM_STEAL(hold->alone, NULL));
        win_kept_delete(&hold->kept, &hold->store, NULL);
    }
    /* The lock first: whoever waits for the other one then finds the VM at rest. */
    win_unlock(FVM_STEAL(hold->kept.lock, NULL), &hold->store, hold->kept.name, false);
    if (hold->alone)
        CloseHandle(hold->alone);
}

int cli_hold(const wchar_t *wide_name)
{
    FVM_CLEANUP(chars) char *name = win_utf8(wide_name);
    struct hold hold = {0};
    struct fvm_error err = {{0}};
    wchar_t windows[MAX_PATH];
    int result = name ? win_store_open(&hold.store, &err) : win_no_memory(&err);

    /* The folder that `fvm run` was started in is nothing to us; held, it could not be removed. */
    if (GetWindowsDirectoryW(windows, MAX_PATH))
        SetCurrentDirectoryW(windows);
    if (!result)
        result = win_kept_open(&hold.kept, &hold.store, name, &err);
    if (!result) {
        hold.kept.lock = win_lock(&hold.store, name);
        if (!hold.kept.lock) {
            answer("busy\n");
            return CLI_FAILED;
        }
        /* Whoever had it may have changed or deleted the VM. */
        result = win_kept_reload(&hold.kept, &err);
    }
    if (!result)
        result = start(&hold, &err);
    if (result) {
        answer("%s\n", err.text);
    } else {
        answer("ready %u\n", hold.number);
        wait_for_end(&hold);
    }
    end(&hold);
    return result ? CLI_FAILED : CLI_OK;
}
