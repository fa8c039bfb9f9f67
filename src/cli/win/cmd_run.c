/* cli/win/cmd_run.c: `fvm run`: a program in a VM, as if it had been started without FVM.
 *
 * The VM is held by a process of its own (hold.c), the program is started by fvmstart.exe, which
 * goes into the VM for that; this process stays outside, waits, and hands the exit code on. */
#include "cli/win/win.h"
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STOPPED = 137, STEP_MS = 10, START_MS = 60000, TELL_MS = 3000 };

struct run {
    const struct cli_words *words;
    struct win_store store;
    struct win_kept kept;
    HANDLE use; /* while it is open the VM does not end */
    unsigned number;
    wchar_t folder[MAX_PATH]; /* of fvmstart.exe */
};

static volatile LONG interrupted;

static BOOL WINAPI note(DWORD event)
{
    if (event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT) {
        interrupted = 1;
        return TRUE;
    }
    return FALSE;
}

/* --- files of FVM's --------------------------------------------------------------------------- */

bool cli_engine_folder(wchar_t folder[MAX_PATH])
{
    static const wchar_t *const places[] = {L"", L"\\engine"};
    wchar_t own[MAX_PATH], file[MAX_PATH * 2];
    wchar_t *slash;
    DWORD cch = GetModuleFileNameW(NULL, own, MAX_PATH);

    slash = cch && cch < MAX_PATH - 16 ? wcsrchr(own, '\\') : NULL;
    if (!slash)
        return false;
    *slash = 0;
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        _snwprintf(file, ARRAY_LEN(file), L"%ls%ls\\fvm64.dll", own, places[i]);
        if (GetFileAttributesW(file) == INVALID_FILE_ATTRIBUTES)
            continue;
        _snwprintf(folder, MAX_PATH, L"%ls%ls", own, places[i]);
        return true;
    }
    return false;
}

/* --- starting or joining the VM ----------------------------------------------------------------
 */

/* The holder must get none of our handles but one: a pipe that it kept would never end. */
static void keep_standard_handles(bool inherited)
{
    static const DWORD which[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    static DWORD before[ARRAY_LEN(which)];

    for (size_t i = 0; i < ARRAY_LEN(which); i++) {
        HANDLE handle = GetStdHandle(which[i]);

        if (!inherited && !GetHandleInformation(handle, &before[i]))
            before[i] = 0;
        SetHandleInformation(handle, HANDLE_FLAG_INHERIT,
                             inherited ? before[i] & HANDLE_FLAG_INHERIT : 0);
    }
}

static bool start_holder(wchar_t *line, HANDLE out)
{
    /* Out of a job that would end it with us; not all jobs let go. */
    static const DWORD flags[] = {DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP |
                                      CREATE_BREAKAWAY_FROM_JOB,
                                  DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP};
    STARTUPINFOW startup = {
        .cb = sizeof(startup), .dwFlags = STARTF_USESTDHANDLES, .hStdOutput = out};
    PROCESS_INFORMATION started;

    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        if (CreateProcessW(NULL, line, NULL, NULL, TRUE, flags[i], NULL, NULL, &startup,
                           &started)) {
            CloseHandle(started.hThread);
            CloseHandle(started.hProcess);
            return true;
        }
    return false;
}

/* @param answer [out] the one line that the holder says */
static int begin(const struct run *run, char *answer, DWORD cap, struct fvm_error *err)
{
    SECURITY_ATTRIBUTES inherit = {.nLength = sizeof(inherit), .bInheritHandle = TRUE};
    wchar_t own[MAX_PATH], line[MAX_PATH + 120];
    HANDLE in, out;
    DWORD got, total = 0;
    bool started;

    GetModuleFileNameW(NULL, own, MAX_PATH);
    _snwprintf(line, ARRAY_LEN(line), L"\"%ls\" " CLI_HOLD L" %hs", own, run->kept.name);
    if (!CreatePipe(&in, &out, &inherit, 0))
        return fvm_fail(err, -EIO, "cannot make a pipe: Windows error %lu", GetLastError());
    SetHandleInformation(in, HANDLE_FLAG_INHERIT, 0);
    keep_standard_handles(false);
    started = start_holder(line, out);
    keep_standard_handles(true);
    CloseHandle(out);
    while (started && total < cap - 1 &&
           ReadFile(in, answer + total, cap - 1 - total, &got, NULL) && got)
        total += got;
    CloseHandle(in);
    answer[total] = 0;
    if (total && answer[total - 1] == '\n')
        answer[total - 1] = 0;
    return total ? 0
                 : fvm_fail(err, -EIO, "VM '%s': the process that holds it does not start",
                            run->kept.name);
}

/* Use the VM first: it does not end any more. Then it runs, or is begun. */
static int enter(struct run *run, struct fvm_error *err)
{
    char answer[1200];
    int result;

    for (int waited = 0; waited < START_MS; waited += STEP_MS, Sleep(STEP_MS)) {
        if (!run->use)
            run->use = win_use(&run->store, run->kept.name);
        if (!run->use)
            continue; /* it is just ending */
        if (win_is_locked(&run->store, run->kept.name, &run->number)) {
            /* What a dead holder had written is still there while somebody else looks. */
            if (run->number && win_vm_is_taken(run->number))
                return 0;
            continue; /* it is beginning, or worked on */
        }
        result = begin(run, answer, sizeof(answer), err);
        if (result)
            return result;
        if (sscanf(answer, "ready %u", &run->number) == 1)
            return 0;
        if (strcmp(answer, "busy") != 0)
            return fvm_fail(err, -EIO, "%s", answer);
    }
    return fvm_fail(err, -EBUSY,
                    "cannot run VM '%s' while another fvm works on it; try again when it is done",
                    run->kept.name);
}

/* --- the program -------------------------------------------------------------------------------
 */

/* Quoted, a backslash at the end would quote the quote. */
static void add_cwd(wchar_t *line, const wchar_t *cwd)
{
    wcscat(line, L" --cwd \"");
    wcscat(line, cwd);
    if (*cwd && cwd[wcslen(cwd) - 1] == '\\')
        wcscat(line, L"\\");
    wcscat(line, L"\"");
}

static wchar_t *command_line(const struct run *run, const wchar_t *cwd)
{
    const wchar_t *program = win_rest_of_line(run->words->at);
    size_t cch = wcslen(run->folder) + wcslen(program) + (cwd ? wcslen(cwd) : 0) + 100;
    wchar_t *line = malloc(cch * sizeof(*line));

    if (!line)
        return NULL;
    _snwprintf(line, cch, L"\"%ls\\fvmstart.exe\" --vm %u", run->folder, run->number);
    if (cwd)
        add_cwd(line, cwd);
    wcscat(line, L" -- ");
    wcscat(line, program);
    return line;
}

static int set_variables(const struct cli_words *words, struct fvm_error *err)
{
    /* The store is not there for the VM. */
    SetEnvironmentVariableW(L"FVM_HOME", NULL);
    for (char **env = words->env; env && *env; env++) {
        FVM_CLEANUP(wide) wchar_t *name = win_wide(*env);
        wchar_t *value = name ? wcschr(name, '=') : NULL;

        if (!value)
            return win_no_memory(err);
        *value++ = 0;
        if (!SetEnvironmentVariableW(name, value))
            return fvm_fail(err, -EINVAL, "cannot set variable '%s': Windows error %lu", *env,
                            GetLastError());
    }
    return 0;
}

/* Was the VM ended under its program? Its block then says that it ends. */
static bool was_stopped(const struct win_vm *vm, DWORD code)
{
    return code == ERROR_PROCESS_ABORTED && !__atomic_load_n(&vm->block->holders, __ATOMIC_ACQUIRE);
}

static int run_program(struct run *run, int *code, struct fvm_error *err)
{
    FVM_CLEANUP(wide) wchar_t *cwd = NULL;
    FVM_CLEANUP(wide) wchar_t *line = NULL;
    struct win_options options = {.vm = run->number};
    struct win_vm vm = {0};
    DWORD error, got = CLI_FAILED;
    int result = set_variables(run->words, err);

    if (result)
        return result;
    if (run->words->cwd && !(cwd = win_wide(run->words->cwd)))
        return win_no_memory(err);
    line = command_line(run, cwd);
    if (!line)
        return win_no_memory(err);
    error = win_vm_find(&vm, &options);
    if (vm.job) /* or it would not end while we look */
        CloseHandle(FVM_STEAL(vm.job, NULL));
    SetConsoleCtrlHandler(note, TRUE);
    if (!error)
        error = win_run(line, &got);
    if (error)
        result = fvm_fail(err, -EIO, "VM '%s': %s: Windows error %lu", run->kept.name,
                          vm.failed ? vm.failed
                                    : "cannot start fvmstart.exe, which belongs beside "
                                      "fvm64.dll",
                          error);
    else
        *code = was_stopped(&vm, got) ? STOPPED : (int)got;
    win_vm_close(&vm);
    return result;
}

/* The program's end is not the VM's: what it left running (an installer's second half) goes on, and
 * we wait, unless another `fvm run` does. */
static void await_vm(struct run *run)
{
    unsigned number;
    int waited = 0;

    interrupted = 0;
    CloseHandle(FVM_STEAL(run->use, NULL));
    /* While it is ending, its registry is being written. */
    for (; win_is_locked(&run->store, run->kept.name, &number) &&
           (number == run->number || win_is_ending(&run->store, run->kept.name));
         waited += STEP_MS, Sleep(STEP_MS)) {
        if (!run->kept.temporary) {
            FVM_CLEANUP(handle) HANDLE alone = win_use_alone(&run->store, run->kept.name);
            FVM_CLEANUP(handle) HANDLE other = alone ? NULL : win_use(&run->store, run->kept.name);

            if (!alone && other)
                return;
        }
        if (interrupted) {
            interrupted = 0;
            cli_stop_vm(&run->store, run->kept.name, NULL);
        } else if (waited == TELL_MS &&
                   GetFileType(GetStdHandle(STD_ERROR_HANDLE)) == FILE_TYPE_CHAR) {
            cli_message("the program has ended; waiting for others that it started in VM '%s' "
                        "(Ctrl-C ends them, `fvm ps %s` shows them)",
                        run->kept.name, run->kept.name);
        }
    }
}

/* --- the VM ------------------------------------------------------------------------------------
 */

static int open_vm(struct run *run, struct fvm_error *err)
{
    char name[32];
    int result;

    if (run->words->vm)
        return win_kept_open(&run->kept, &run->store, run->words->vm, err);
    if (!run->words->keep)
        return win_kept_create(&run->kept, &run->store, NULL, err);
    for (unsigned i = 1;; i++) {
        snprintf(name, sizeof(name), "vm%u", i);
        result = win_kept_create(&run->kept, &run->store, name, err);
        if (result != -EEXIST)
            return result;
        win_kept_close(&run->kept);
    }
}

/* A new VM's lock goes to its holder; used by us from before, nobody sweeps it. */
static void hand_over(struct run *run)
{
    if (!run->kept.lock)
        return;
    run->use = win_use(&run->store, run->kept.name);
    win_unlock(FVM_STEAL(run->kept.lock, NULL), &run->store, run->kept.name, false);
}

int cli_run(const struct cli_words *words)
{
    struct run run = {.words = words};
    struct fvm_error err = {{0}};
    int code = CLI_FAILED, result;

    if (!words->words[0][0]) {
        cli_message("the program's name is empty");
        return CLI_NOT_FOUND;
    }
    result = win_store_open(&run.store, &err);
    if (!result && !cli_engine_folder(run.folder))
        result = fvm_fail(&err, -ENOENT,
                          "fvm64.dll is missing: it belongs beside fvm.exe or in its "
                          "folder engine");
    if (!result)
        result = open_vm(&run, &err);
    if (!result) {
        hand_over(&run);
        result = enter(&run, &err);
        if (!result)
            result = run_program(&run, &code, &err);
        if (run.number)
            await_vm(&run);
    }
    if (result)
        code = cli_failure(&err);
    else if (words->keep)
        cli_message("kept as VM '%s': see `fvm diff %s`, then `fvm commit %s` or `fvm delete %s`",
                    run.kept.name, run.kept.name, run.kept.name, run.kept.name);
    if (run.use)
        CloseHandle(run.use);
    win_kept_close(&run.kept);
    win_store_close(&run.store);
    return code;
}
