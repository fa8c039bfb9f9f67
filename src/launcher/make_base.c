/* launcher/make_base.c: a fresh Windows for VMs to stand on, or the part for 32-bit programs for
 * one that there is. Made inside a seal, like everything else. See launcher.h. */
#include "core/reg.h"
#include "launcher/launcher.h"
#include "store/change.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SERVICES "HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Services"

struct making {
    const struct fvm_store *store;
    const struct fvm_wine *wine;
    bool wine32; /* with the part for 32-bit programs */
    struct fvm_base base;
    int draft;
    struct fvm_reg *before;     /* the registry that there was; NULL: a fresh Windows */
    int log;                    /* Wine's own words, for whom it goes wrong: bases/NAME/make.log */
    char dir[128], prefix[192]; /* relative to the store */
};

/* A VM of its own whose prefix is the draft itself. */
static int run_in(const struct making *making, char **argv, enum fvm_boot boot,
                  struct fvm_error *err)
{
    struct fvm_start start = {.store = making->store,
                              .wine = making->wine,
                              .base = making->base.name,
                              .vm_dir = making->dir,
                              .prefix = making->prefix,
                              .user = making->base.user,
                              .terms = &fvm_terms_none,
                              .boot = boot,
                              .wine32 = making->wine32};
    struct fvm_program program = {.terms = &fvm_terms_none,
                                  .argv = argv,
                                  .user = making->base.user,
                                  .as_is = true,
                                  .log = making->log};
    struct fvm_link link = {.fd = -1};
    int hold = -1, status = 0, result, run;
    pid_t pid;

    run = fvm_dir_make(making->base.fd, "run", 0700, err);
    if (run < 0)
        return run;
    close(run);
    result = fvm_launch(&start, making->base.fd, &hold, err);
    if (result)
        return result;
    result = fvm_link_open(&link, making->store, making->dir, err);
    fvm_close(hold);
    if (result)
        return result;
    result = fvm_join(&link, making->store, making->wine, &program, &pid, err);
    if (!result && (waitpid(pid, &status, 0) < 0 || status))
        result = fvm_fail(err, -EIO, "'%s' failed (status %#x); what it said is in %s/%s/make.log",
                          argv[0], (unsigned)status, making->store->path, making->dir);
    fvm_link_release(&link);
    fvm_link_await_end(&link);
    fvm_link_close(&link);
    return result;
}

/* Services start on demand; those that there were before, as they did. */
static fvm_status set_services(struct fvm_reg *reg, struct fvm_reg *before)
{
    const size_t services_cb = strlen(SERVICES) + 1;
    fvm_status status = FVM_OK;

    for (size_t i = 0; i < fvm_reg_key_count(reg); i++) {
        const struct fvm_reg_key *service = fvm_reg_key_at(reg, i);
        const struct fvm_reg_key *old;
        const struct fvm_reg_value *start, *was;
        uint8_t wanted;

        if (strncmp(service->path, SERVICES "\\", services_cb) ||
            strchr(service->path + services_cb, '\\'))
            continue;
        start = fvm_reg_find_value(service, "Start");
        if (!start || start->data_cb != 4)
            continue;
        old = before ? fvm_reg_find(before, service->path) : NULL;
        was = old ? fvm_reg_find_value(old, "Start") : NULL;
        wanted = was && was->data_cb == 4 ? was->data[0] : start->data[0] < 3 ? 3 : start->data[0];
        if (wanted != start->data[0] && !fvm_failed(status))
            status = fvm_reg_set_dword(reg, service->path, "Start", wanted);
    }
    return status;
}

/*
 * What a VM's boot need not do: services start on demand, no drivers for devices that a VM lacks,
 * no menus on the host's desktop; windows live without a display unless the VM is given one.
 * A Windows that there was keeps what somebody made otherwise.
 */
static fvm_status make_lean(struct fvm_reg *reg, struct fvm_reg *before)
{
    static const char *const removed[] = {
        "HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Enum\\ROOT\\WINE\\WINEBUS",
        "HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Enum\\ROOT\\WINE\\WINEUSB",
        "HKEY_LOCAL_MACHINE\\Software\\Microsoft\\Windows\\CurrentVersion\\RunServices",
    };
    static const char computer[] =
        "HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Control\\ComputerName\\";
    fvm_status status = set_services(reg, before);
    char key[256];

    for (size_t i = 0; i < ARRAY_LEN(removed) && !fvm_failed(status); i++)
        if (!before || !fvm_reg_find(before, removed[i]))
            status = fvm_reg_remove_key(reg, removed[i]);
    if (before)
        return status;
    snprintf(key, sizeof(key), "%sComputerName", computer);
    if (!fvm_failed(status))
        status = fvm_reg_set_string(reg, key, "ComputerName", "FVM");
    if (!fvm_failed(status))
        status = fvm_reg_set_string(reg, "HKEY_CURRENT_USER\\Software\\Wine\\Drivers", "Graphics",
                                    "null");
    return status;
}

static int edit_registry(const struct making *making, struct fvm_error *err)
{
    FVM_CLEANUP(reg) struct fvm_reg *reg = NULL;
    int result = fvm_hives_read(&reg, making->draft, err);

    if (result)
        return result;
    if (fvm_failed(make_lean(reg, making->before)))
        return fvm_fail(err, -ENOMEM, "out of memory");
    return fvm_hives_write(reg, making->draft, err);
}

/* The home of the VM in which a base is made: root.c. */
static bool leads_home(int dir, const char *name)
{
    static const char home[] = "/home/fvm";
    char target[4096];
    ssize_t cb = readlinkat(dir, name, target, sizeof(target));

    return cb >= (ssize_t)strlen(home) && !strncmp(target, home, strlen(home));
}

/* Wine links Desktop, Documents and so on to the Unix home; in a VM they are folders of its own
 * drive. */
static int unlink_home(int dir, unsigned depth, struct fvm_error *err)
{
    FVM_CLEANUP(names) char **names = NULL;
    int result = fvm_dir_names(dir, &names, NULL);

    if (result || depth > 16)
        return result;
    for (char **name = names; *name && !result; name++) {
        struct stat st;

        if (fstatat(dir, *name, &st, AT_SYMLINK_NOFOLLOW))
            continue;
        if (S_ISLNK(st.st_mode) && leads_home(dir, *name)) {
            if (unlinkat(dir, *name, 0) || mkdirat(dir, *name, 0755))
                result =
                    fvm_fail(err, -errno, "cannot make folder '%s': %s", *name, strerror(errno));
        } else if (S_ISDIR(st.st_mode)) {
            FVM_CLEANUP(fd) int below = fvm_dir_open(dir, *name);

            result = below < 0 ? below : unlink_home(below, depth + 1, err);
        }
    }
    return result;
}

/* Wine 8 lacks this library, which programs built by today's Rust and Go load first. */
static int add_random(const struct making *making, const char *folder, const char *guest_name,
                      struct fvm_error *err)
{
    FVM_CLEANUP(fd) int system = -1;
    char path[128], source[4200];

    snprintf(path, sizeof(path), "drive_c/windows/%s", folder);
    system = fvm_dir_open(making->draft, path);
    if (system < 0 || faccessat(system, "ntdll.dll", F_OK, 0))
        return fvm_fail(err, -EIO, "Wine made no complete Windows: no %s (see: fvm doctor)",
                        folder);
    if (!faccessat(system, "bcryptprimitives.dll", F_OK, 0))
        return 0;
    snprintf(source, sizeof(source), "%s/%s", making->wine->guest, guest_name);
    return fvm_file_copy(AT_FDCWD, source, system, "bcryptprimitives.dll", 0644, err);
}

static int finish_files(const struct making *making, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int users = fvm_dir_open(making->draft, "drive_c/users");
    int result;

    if (users < 0)
        return fvm_fail(err, -EIO, "Wine made no complete Windows (see: fvm doctor)");
    result = unlink_home(users, 0, err);
    if (!result)
        result = add_random(making, "system32", "bcryptprimitives.dll", err);
    if (!result && making->wine32)
        result = add_random(making, "syswow64", "bcryptprimitives32.dll", err);
    return result;
}

/* Both kinds of programs are tried before anybody stands on it. */
static int settle(const struct making *making, struct fvm_error *err)
{
    /* Opens a console window: its settings, which the first one ever writes, belong to the base. */
    static char *first[] = {(char *)"start.exe", (char *)"/wait", (char *)"cmd.exe",
                            (char *)"/c",        (char *)"exit",  NULL};
    static char *first32[] = {(char *)"C:\\windows\\syswow64\\cmd.exe", (char *)"/c",
                              (char *)"exit", NULL};
    int result = making->wine32 ? run_in(making, first32, FVM_BOOT_LEAN, err) : 0;

    /* Last: what Wine 8 notes of fonts is otherwise from a 32-bit program, and each first 64-bit
     * one would change it. */
    if (!result)
        result = run_in(making, first, FVM_BOOT_LEAN, err);
    return result || !making->wine32 ? result : fvm_base_note_32bit(making->draft, err);
}

/* Wine itself brings a prefix up to date whose time stamp is not that of its own files. Not by -u,
 * which also starts what was installed to start with Windows. */
static int install(struct making *making, struct fvm_error *err)
{
    static char *fresh[] = {(char *)"wineboot.exe", (char *)"-u", NULL};
    static char *again[] = {(char *)"wineboot.exe", (char *)"--init", NULL};

    if (making->before && unlinkat(making->draft, ".update-timestamp", 0) && errno != ENOENT)
        return fvm_fail(err, -errno, "cannot remove .update-timestamp: %s", strerror(errno));
    return run_in(making, making->before ? again : fresh, FVM_BOOT_FULL, err);
}

static int make(struct making *making, fvm_progress *progress, void *context, struct fvm_error *err)
{
    static char *version[] = {(char *)"winecfg.exe", (char *)"-v", (char *)"win10", NULL};
    int result;

    progress(context, 2, FVM_BASE_STEPS,
             making->wine32 ? "installing Windows, with 32-bit programs" : "installing Windows");
    result = install(making, err);
    if (result)
        return result;
    progress(context, 3, FVM_BASE_STEPS, "setting its version to Windows 10");
    result = run_in(making, version, FVM_BOOT_FULL, err);
    if (result)
        return result;
    progress(context, 4, FVM_BASE_STEPS, "making it light");
    result = edit_registry(making, err);
    if (!result)
        result = finish_files(making, err);
    if (!result)
        result = settle(making, err);
    if (result)
        return result;
    progress(context, 5, FVM_BASE_STEPS, "publishing");
    fvm_tree_remove(making->base.fd, "run", NULL);
    return fvm_base_publish(&making->base, err);
}

static void user_name(char *name, size_t cap)
{
    const struct passwd *pw = getpwuid(getuid());

    snprintf(name, cap, "%s", pw && pw->pw_name[0] ? pw->pw_name : "user");
}

/* The base is open, locked exclusively. Closes it. */
static int make_version(struct making *making, enum fvm_draft begin, fvm_progress *progress,
                        void *context, struct fvm_error *err)
{
    const char *name = making->base.name;
    int result;

    making->wine32 = making->wine->pe32_dir[0];
    snprintf(making->dir, sizeof(making->dir), "bases/%s", name);
    snprintf(making->prefix, sizeof(making->prefix), "bases/%s/versions/.draft", name);
    making->log =
        openat(making->base.fd, "make.log", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    progress(context, 1, FVM_BASE_STEPS,
             begin == FVM_DRAFT_EMPTY ? "preparing" : "copying what there is");
    making->draft = fvm_base_begin(&making->base, begin, err);
    result = making->draft < 0 ? making->draft : 0;
    if (!result && begin != FVM_DRAFT_EMPTY)
        result = fvm_hives_read(&making->before, making->draft, err);
    if (!result)
        result = make(making, progress, context, err);
    if (result)
        fvm_error_prefix(err, "cannot make base '%s'", name);
    else
        fvm_base_collect(making->store, &making->base, NULL);
    fvm_reg_free(making->before);
    fvm_close(making->draft);
    fvm_close(making->log);
    fvm_base_close(&making->base);
    return result;
}

int fvm_make_base(const struct fvm_store *store, const struct fvm_wine *wine, const char *name,
                  fvm_progress *progress, void *context, struct fvm_error *err)
{
    struct making making = {.store = store, .wine = wine, .draft = -1};
    char user[64];
    int result;

    user_name(user, sizeof(user));
    result = fvm_base_create(&making.base, store, name, user, err);
    if (result) {
        fvm_base_close(&making.base);
        return result;
    }
    return make_version(&making, FVM_DRAFT_EMPTY, progress, context, err);
}

int fvm_make_base_32bit(const struct fvm_store *store, const struct fvm_wine *wine,
                        const char *name, fvm_progress *progress, void *context,
                        struct fvm_error *err)
{
    struct making making = {.store = store, .wine = wine, .draft = -1};
    int result = fvm_base_open(&making.base, store, name, true, err);

    if (result || fvm_base_current_has_32bit(&making.base)) {
        fvm_base_close(&making.base);
        return result;
    }
    return make_version(&making, FVM_DRAFT_COPY, progress, context, err);
}
