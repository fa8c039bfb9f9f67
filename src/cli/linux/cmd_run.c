/* cli/linux/cmd_run.c: `fvm run`: a program in a VM, as if it had been started without FVM. */
#include "cli/linux/cli.h"
#include "cli/linux/folders.h"
#include "launcher/limits.h"
#include "core/share.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct run {
    const char *vm_name, *base, *level, *cwd;
    bool keep;
    char **env;
    struct cli_world world;
    struct fvm_vm vm;
    struct fvm_program program;
    struct fvm_terms terms; /* that the VM runs on */
    char *linux_path;       /* of the program, if it was named by one */
    char *linux_cwd;
    char user[FVM_USER_CAP]; /* Windows user name of the VM's base */
};

static volatile sig_atomic_t program_pid, interrupted;

static void pass_on(int signal_number)
{
    interrupted = 1;
    if (program_pid > 0)
        kill(program_pid, signal_number);
}

static void note(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

/* The terminal gives Ctrl-C to the program itself; what is sent to us alone is handed on. */
static void catch_signals(void)
{
    struct sigaction act = {.sa_handler = note};

    sigaction(SIGINT, &act, NULL);
    sigaction(SIGQUIT, &act, NULL);
    act.sa_handler = pass_on;
    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGHUP, &act, NULL);
}

/* @return exit code; CLI_OK to go on */
static int find_program(struct run *run, const char *name)
{
    struct stat st;
    bool has_slash = strchr(name, '/') != NULL;
    bool is_windows = fvm_has_drive(name);

    if (!*name) {
        cli_message("the program's name is empty");
        return CLI_NOT_FOUND;
    }
    if (is_windows || (!has_slash && (stat(name, &st) || !S_ISREG(st.st_mode))))
        return CLI_OK; /* a Windows path, or a name for the VM's PATH */
    run->linux_path = realpath(name, NULL);
    if (!run->linux_path || stat(run->linux_path, &st)) {
        cli_message("no program '%s': %s", name, strerror(errno));
        return CLI_NOT_FOUND;
    }
    if (!S_ISREG(st.st_mode)) {
        cli_message("'%s' is %s, not a program", name,
                    S_ISDIR(st.st_mode) ? "a folder" : "no regular file");
        return CLI_CANNOT_EXECUTE;
    }
    return CLI_OK;
}

static const char *home_folder(void)
{
    const struct passwd *pw = getpwuid(getuid());
    const char *home = getenv("HOME");

    return home && home[0] == '/' ? home : pw ? pw->pw_dir : NULL;
}

/* @return is it visible in the VM then? */
static bool show(struct run *run, const char *folder, const char *what)
{
    /* All without links: a home or a store that is named by one must not be shown unseen. */
    char *path = fvm_store_path(), *store = path ? realpath(path, NULL) : NULL;
    char *home = home_folder() ? realpath(home_folder(), NULL) : NULL;
    enum fvm_show verdict = fvm_judge_folder(folder, home ? home : home_folder(),
                                             store  ? store
                                             : path ? path
                                                    : "/");

    free(path);
    free(store);
    free(home);
    if (verdict == FVM_SHOW_ALREADY)
        return true;
    if (verdict == FVM_SHOW_FOLDER)
        return !cli_add_folder(&run->world, folder, false);
    if (what)
        cli_message("note: the %s %s is not visible in the VM: %s", what, folder,
                    verdict == FVM_SHOW_TOO_WIDE
                        ? "it would show your home or more; use a folder of its own"
                        : "it belongs to the host's own workings");
    return false;
}

/* In a share a program and a folder are named as the VM sees them: by a Windows path, if the share
 * is not at its own path. @param windows [out] yours; NULL: by the Linux path */
static bool is_shared(const struct run *run, const char *path, char **windows)
{
    FVM_CLEANUP(text) struct fvm_text text = {0};
    const char *rest;
    const struct cli_world *world = &run->world;
    const struct fvm_share *share =
        fvm_share_of(world->runs ? &world->running : &world->terms, path, &rest);

    *windows = NULL;
    if (!share || !share->place)
        return share != NULL;
    fvm_share_windows_path(&text, share, rest);
    *windows = FVM_STEAL(text.s, NULL);
    return *windows && !text.failed;
}

static int show_program(struct run *run)
{
    char *folder, *slash, *windows;
    bool visible;

    if (is_shared(run, run->linux_path, &windows)) {
        run->program.linux_path = windows ? NULL : run->linux_path;
        if (windows) {
            free(run->linux_path);
            run->program.argv[0] = run->linux_path = windows;
        }
        return 0;
    }
    folder = strdup(run->linux_path);
    slash = folder ? strrchr(folder, '/') : NULL;
    if (!slash) {
        free(folder);
        return -ENOMEM;
    }
    *(slash == folder ? slash + 1 : slash) = 0;
    visible = show(run, folder, NULL);
    free(folder);
    /* A program in the home itself: only the one file is shown. */
    if (!visible && cli_add_folder(&run->world, run->linux_path, true))
        return -ENOMEM;
    run->program.linux_path = run->linux_path;
    return 0;
}

static int choose_folders(struct run *run)
{
    char *windows;

    run->linux_cwd = realpath(".", NULL);
    if (run->linux_path && show_program(run))
        return -ENOMEM;
    if (run->cwd && !fvm_has_drive(run->cwd)) {
        free(run->linux_cwd);
        run->linux_cwd = realpath(run->cwd, NULL);
        if (!run->linux_cwd) {
            cli_message("no folder '%s': %s", run->cwd, strerror(errno));
            return -ENOENT;
        }
    } else if (run->cwd) {
        run->program.cwd = run->cwd;
        return 0;
    }
    if (run->linux_cwd && is_shared(run, run->linux_cwd, &windows)) {
        if (windows) {
            free(run->linux_cwd);
            run->linux_cwd = windows;
        }
        run->program.cwd = run->linux_cwd;
    } else if (run->linux_cwd && show(run, run->linux_cwd, "current folder")) {
        run->program.cwd = run->linux_cwd;
    }
    return 0;
}

static int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* vm.conf remembers each folder with the moment at which the VM first saw it: what the host changes
 * later conflicts. */
static int remember_folder(struct fvm_vm *vm, const char *path)
{
    char since[32];
    FVM_CLEANUP(text) struct fvm_text line = {0};
    struct fvm_seen seen;
    size_t at = 0;

    while (fvm_seen_next(&vm->conf, &at, &seen))
        if (!strcmp(seen.path, path))
            return 0;
    snprintf(since, sizeof(since), "%lld", (long long)now_ns());
    fvm_text_printf(&line, "%s %s", since, path);
    return line.failed || fvm_failed(fvm_conf_add(&vm->conf, "folder", line.s)) ? -ENOMEM : 1;
}

static unsigned long long path_hash(const char *path)
{
    unsigned long long hash = 14695981039346656037ull;

    for (; *path; path++)
        hash = (hash ^ (unsigned char)*path) * 1099511628211ull;
    return hash;
}

/* The layer's side of a folder: where its overlay keeps what the VM changes. */
static int prepare_folder(const struct run *run, int layer, struct fvm_folder *folder,
                          struct fvm_error *err)
{
    FVM_CLEANUP(fd) int upper = -1;
    FVM_CLEANUP(fd) int work = -1;
    FVM_CLEANUP(text) struct fvm_text name = {0};
    struct stat st;

    if (folder->file_only || run->vm.shared)
        return 0;
    fvm_text_printf(&name, "files/Z%s", folder->path);
    if (name.failed || asprintf(&folder->upper, "%s/layers/1/%s", run->vm.path, name.s) < 0)
        return fvm_fail(err, -ENOMEM, "out of memory");
    upper = fvm_dir_make_path(layer, name.s, 0755, err);
    if (upper < 0)
        return upper;
    if (!fstatat(run->world.store.fd, folder->lower, &st, 0))
        fchmod(upper, (st.st_mode & 0777) | 0700);
    name.cb = 0;
    fvm_text_printf(&name, "work/Z-%016llx", path_hash(folder->path));
    if (name.failed || asprintf(&folder->work, "%s/layers/1/%s", run->vm.path, name.s) < 0)
        return fvm_fail(err, -ENOMEM, "out of memory");
    work = fvm_dir_make_path(layer, name.s, 0700, err);
    return work < 0 ? work : 0;
}

/* @param layer carries the lock between two `fvm run` of one VM: until the folders are mounted */
static int prepare_folders(struct run *run, int layer, struct fvm_error *err)
{
    bool changed = false;
    char name[80];
    int result = layer < 0 ? layer : fvm_lock(layer, true, true);

    if (!result && run->world.folder_count) {
        snprintf(name, sizeof(name), "%s", run->vm.name);
        fvm_vm_close(&run->vm);
        result = fvm_vm_open(&run->vm, &run->world.store, name, err);
    }
    for (size_t i = 0; !result && i < run->world.folder_count; i++) {
        struct fvm_folder *folder = &run->world.folders[i];
        int added;

        result = prepare_folder(run, layer, folder, err);
        added = result || folder->file_only ? 0 : remember_folder(&run->vm, folder->path);
        if (added < 0)
            result = fvm_fail(err, -ENOMEM, "out of memory");
        changed |= added > 0;
    }
    return result || !changed ? result : fvm_vm_save(&run->vm, err);
}

/* The program's end is not the VM's: what it left running (an installer's second half) goes on, and
 * we wait. */
static void await_vm(struct run *run, struct fvm_link *link)
{
    struct pollfd wait = {.fd = link->fd, .events = POLLIN};
    bool told = false;

    interrupted = 0;
    if (fvm_link_release(link) && !run->vm.temporary)
        return;
    for (;;) {
        int ready = poll(&wait, 1, told ? -1 : 3000);

        if (ready > 0 && !fvm_link_hear(link))
            return;
        if (interrupted) {
            interrupted = 0;
            fvm_link_stop(&run->world.store, run->vm.path, NULL);
        } else if (!ready && isatty(2)) {
            cli_message(
                "the program has ended; waiting for others that it started in VM '%s' (Ctrl-C ends "
                "them, `fvm ps %s` shows them)",
                run->vm.name, run->vm.name);
        }
        told |= !ready;
    }
}

/* A 32-bit program and a VM that runs none: why, and what to do. */
static int explain_32bit(const struct run *run, struct fvm_error *err)
{
    FVM_CLEANUP(base) struct fvm_base base = {.fd = -1};
    struct fvm_error what = *err;
    const char *name = fvm_conf_get(&run->vm.conf, "base");
    int result = fvm_base_open(&base, &run->world.store, name, false, err);
    bool is_default = !strcmp(base.name, FVM_BASE_DEFAULT);

    if (result)
        return result;
    if (!run->world.wine.pe32_dir[0] || !fvm_base_current_has_32bit(&base))
        return fvm_fail(err, -ENOEXEC,
                        "%s, and VMs of base '%s' run 64-bit ones only so far; add what they lack "
                        "with: fvm base add-32bit%s%s",
                        what.text, base.name, is_default ? "" : " ", is_default ? "" : base.name);
    if (run->vm.shared)
        return fvm_fail(
            err, -ENOEXEC,
            "%s, and the Windows of the shared VMs runs since before it could run such; "
            "end them all first: fvm stop",
            what.text);
    return fvm_fail(err, -ENOEXEC,
                    "%s, and VM '%s' runs since before its base could run such; end it first: fvm "
                    "stop %s",
                    what.text, run->vm.name, run->vm.name);
}

/* What comes out of a program that ended, or of a start that failed. @return exit code; -errno */
static int judge(const struct run *run, const struct fvm_link *link, const struct fvm_terms *terms,
                 int result, int status, struct fvm_error *err)
{
    struct fvm_error limit;
    bool is_hit =
        fvm_limits_explain(link->reason, run->vm.temporary ? NULL : run->vm.name, terms, &limit);

    if (result == -ENOPKG)
        return explain_32bit(run, err);
    if (is_hit && (link->reason == FVM_SAID_TIMEOUT || !result)) {
        cli_failure(&limit);
        if (link->reason == FVM_SAID_TIMEOUT)
            return CLI_TIMED_OUT;
    } else if (is_hit) {
        *err = limit;
    }
    if (result)
        return result;
    /* A program that is ended in a shared Windows leaves as if it had ended well. */
    if (link->number && link->stopped && WIFEXITED(status) && !WEXITSTATUS(status))
        return 128 + SIGKILL;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run_program(struct run *run, struct fvm_error *err)
{
    struct fvm_link link = {.fd = -1, .ns = {-1, -1, -1, -1, -1, -1}};
    int result, layer = -1, status = 0;
    pid_t pid;

    /* A VM that ran was not looked at for its shares: they may not be mounted unseen. */
    bool unseen = run->world.runs && run->world.terms.share_count;

    result = fvm_vm_start(&link, &run->world.store, &run->world.wine, &run->vm,
                          unseen ? NULL : &run->world.terms, &run->world.asked, run->world.folders,
                          run->world.folder_count, run->user, err);
    fvm_limits_drop(); /* it ran already: then our group is not needed */
    if (!result) {
        layer = fvm_vm_layer(&run->vm, err);
        result = prepare_folders(run, layer, err);
        if (!result)
            result = fvm_vm_terms(&run->terms, &run->vm, err);
    }
    if (result) {
        fvm_close(layer);
        fvm_link_release(&link);
        fvm_link_close(&link);
        /* These two would be said of the program: 127, 126. */
        return result == -ENOENT || result == -ENOEXEC ? -EIO : result;
    }
    run->program.terms = &run->terms;
    run->program.user = run->user;
    run->program.env = run->env;
    run->program.folders = run->world.folders;
    run->program.folder_count = run->world.folder_count;
    catch_signals();
    result = fvm_join(&link, &run->world.store, &run->world.wine, &run->program, &pid, err);
    run->program.terms = NULL; /* ours, and we return */
    fvm_close(layer);
    if (!result) {
        program_pid = pid;
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
        program_pid = 0;
    }
    await_vm(run, &link);
    if (link.reason == FVM_SAID_DARK)
        cli_message("the display of VM '%s' died, and the VM with it", run->vm.name);
    result = judge(run, &link, &run->terms, result, status, err);
    fvm_link_close(&link);
    run->program.terms = NULL;
    return result;
}

static int open_vm(struct run *run, struct fvm_error *err)
{
    char name[32];
    int result;

    if (run->vm_name) {
        result = fvm_vm_open(&run->vm, &run->world.store, run->vm_name, err);
        if (!result && run->level && run->vm.shared != !strcmp(run->level, FVM_SHARED))
            result = fvm_fail(err, -EINVAL, "VM '%s' is %s: a VM keeps the level it was made with",
                              run->vm.name, run->vm.shared ? FVM_SHARED : FVM_SEALED);
        if (!result && run->vm.shared && run->world.asked.said.count)
            result = fvm_fail(err, -EINVAL, "VM '%s' is shared; --%s is for sealed VMs",
                              run->vm.name, run->world.asked.said.lines[0].key);
        return result;
    }
    if (!run->level)
        run->level = FVM_SEALED;
    result = cli_need_base(&run->world, run->base, err);
    if (result)
        return result;
    if (!run->keep)
        return fvm_vm_create(&run->vm, &run->world.store, NULL, run->base, run->level, NULL, err);
    for (unsigned i = 1;; i++) {
        snprintf(name, sizeof(name), "vm%u", i);
        result = fvm_vm_create(&run->vm, &run->world.store, name, run->base, run->level,
                               &run->world.terms, err);
        if (result != -EEXIST)
            return result;
        fvm_vm_close(&run->vm);
    }
}

static int exit_code(int result, const struct fvm_error *err)
{
    if (result >= 0)
        return result;
    cli_failure(err);
    return result == -ENOENT ? CLI_NOT_FOUND : result == -ENOEXEC ? CLI_CANNOT_EXECUTE : CLI_FAILED;
}

/* Nothing ran in it: there is nothing to keep. Who has joined it meanwhile keeps it. */
static void forget_vm(struct run *run)
{
    if (!fvm_vm_lock(&run->vm, "delete", NULL))
        run->keep = fvm_vm_delete(&run->world.store, &run->vm, NULL) != 0;
}

/* What is no border any more is said each time. */
static void warn_of(const struct fvm_terms *terms)
{
    if (terms->display == FVM_DISPLAY_HOST)
        cli_message("warning: with --display host the program can see your whole screen, read what "
                    "you type into any window, and type and click as you");
    if (terms->sound)
        cli_message("note: --sound opens your sound server to the program: what plays, and your "
                    "microphone");
}

static int run_all(struct run *run)
{
    struct fvm_error err = {{0}};
    int result;

    result =
        cli_open(&run->world, run->vm_name, CLI_NEEDS_WINE | CLI_STARTS | CLI_SEEN_ABOVE, &err);
    if (!result)
        warn_of(&run->world.terms);
    if (!result)
        result = open_vm(run, &err);
    if (result)
        return cli_failure(&err);
    result = run_program(run, &err);
    if (result < 0 && run->keep)
        forget_vm(run);
    result = exit_code(result, &err);
    if (run->keep)
        cli_message("kept as VM '%s': see `fvm diff %s`, then `fvm commit %s` or `fvm delete %s`",
                    run->vm.name, run->vm.name, run->vm.name, run->vm.name);
    return result;
}

int cli_run(const struct cli_words *words)
{
    struct run run = {.vm_name = words->vm,
                      .base = words->base ? words->base : FVM_BASE_DEFAULT,
                      .level = words->level,
                      .cwd = words->cwd,
                      .keep = words->keep,
                      .env = words->env,
                      .program = {.argv = words->words},
                      .vm = {.fd = -1},
                      .world = {.store = {.fd = -1}}};
    int code = find_program(&run, words->words[0]);
    struct fvm_error err;

    if (!code && cli_ask(&run.world, run.vm_name, &words->terms, &err))
        code = cli_failure(&err);
    if (!code)
        code = choose_folders(&run) ? CLI_FAILED : run_all(&run);
    fvm_vm_close(&run.vm);
    fvm_terms_free(&run.terms);
    cli_close(&run.world);
    free(run.linux_path);
    free(run.linux_cwd);
    return code;
}
