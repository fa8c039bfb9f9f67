/* cli/linux/cli.c: see cli.h. */
#include "cli/linux/cli.h"

#include "cli/show.h"
#include "core/name.h"
#include "launcher/limits.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int cli_add_folder(struct cli_world *world, const char *path, bool file_only)
{
    struct fvm_folder *grown;

    for (size_t i = 0; i < world->folder_count; i++)
        if (!strcmp(world->folders[i].path, path))
            return 0;
    grown = realloc(world->folders, (world->folder_count + 1) * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    world->folders = grown;
    grown += world->folder_count;
    *grown = (struct fvm_folder){.path = strdup(path), .file_only = file_only};
    if (!grown->path)
        return -ENOMEM;
    world->folder_count++;
    return 0;
}

static bool is_above_any(const struct cli_world *world, const char *path)
{
    size_t cb = strlen(path);

    for (size_t i = 0; i < world->folder_count; i++)
        if (!strncmp(world->folders[i].path, path, cb) && world->folders[i].path[cb] == '/')
            return true;
    return false;
}

static char *path_ahead(const char *vm, const char *file)
{
    FVM_CLEANUP(text) struct fvm_text path = {0};
    char *home = fvm_store_path();

    if (home && !fvm_failed(fvm_name_check(vm, NULL)))
        fvm_text_printf(&path, "%s/vms/%s/%s", home, vm, file);
    free(home);
    return path.failed ? NULL : FVM_STEAL(path.s, NULL);
}

/* As root folders and limits must be made ready before the store's user is anybody: a VM's files
 * are read ahead. They are ours, no VM can write them. @param file "vm.conf", "run/terms" @return
 * empty if there is none: the command itself will say what is wrong */
static struct fvm_conf read_ahead(const char *vm, const char *file)
{
    char *path = path_ahead(vm, file);
    struct fvm_conf conf = {0};

    if (!path || fvm_conf_load(&conf, AT_FDCWD, path, FVM_VM_CONF_MAX_CB, FVM_VM_FORMAT, NULL))
        conf = (struct fvm_conf){0};
    free(path);
    return conf;
}

static bool runs_ahead(const char *vm)
{
    char *path = path_ahead(vm, ".");
    FVM_CLEANUP(fd) int fd = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    free(path);
    return fd >= 0 && fvm_lock(fd, true, false) == -EAGAIN;
}

static int add_seen_folders(struct cli_world *world, const struct fvm_conf *conf, bool only_above)
{
    const char *level = fvm_conf_get(conf, "level");
    struct fvm_seen seen;
    size_t at = 0;

    only_above &= !level || strcmp(level, FVM_SHARED) != 0; /* a shared VM sees them all */
    while (fvm_seen_next(conf, &at, &seen))
        if (!access(seen.path, F_OK) && (!only_above || is_above_any(world, seen.path)) &&
            cli_add_folder(world, seen.path, false))
            return -ENOMEM;
    return 0;
}

/* A folder below another one is seen through that. Two overlays, one within the other, would share
 * a part of the layer. */
static void drop_nested(struct cli_world *world)
{
    for (size_t i = 0; i < world->folder_count; i++)
        for (size_t j = 0; j < world->folder_count; j++) {
            const char *inner = world->folders[i].path, *outer = world->folders[j].path;
            size_t cb = strlen(outer);

            if (i == j || world->folders[j].file_only || strncmp(inner, outer, cb) ||
                inner[cb] != '/')
                continue;
            free(world->folders[i].path);
            memmove(&world->folders[i], &world->folders[i + 1],
                    (--world->folder_count - i) * sizeof(world->folders[0]));
            i = (size_t)-1;
            break;
        }
}

/* What is asked, and behind it what the VM has of its own. */
static int add_terms(struct cli_world *world, const struct fvm_conf *conf, struct fvm_error *err)
{
    return fvm_failed(fvm_terms_add_missing(&world->terms, &world->asked.said, err)) ||
                   fvm_failed(fvm_terms_add_missing(&world->terms, conf, err)) ||
                   fvm_failed(fvm_terms_check(&world->terms, err))
               ? -EINVAL
               : 0;
}

static int add_running(struct cli_world *world, const char *vm, struct fvm_error *err)
{
    FVM_CLEANUP(conf) struct fvm_conf conf = read_ahead(vm, "run/terms");

    return fvm_failed(fvm_terms_add_missing(&world->running, &conf, err)) ? -EINVAL : 0;
}

int cli_ask(struct cli_world *world, const char *vm, const struct fvm_terms *said,
            struct fvm_error *err)
{
    FVM_CLEANUP(conf) struct fvm_conf conf = vm ? read_ahead(vm, "vm.conf") : (struct fvm_conf){0};
    int result;

    if (fvm_failed(fvm_terms_add_missing(&world->asked, &said->said, err)))
        return -EINVAL;
    for (size_t i = 0; i < world->asked.share_count; i++) {
        const char *dir = world->asked.shares[i].dir;
        char *path = realpath(dir, NULL);
        fvm_status status;

        if (!path)
            return fvm_fail(err, -ENOTDIR, "cannot share '%s': %s", dir, strerror(errno));
        status = fvm_terms_set_dir(&world->asked, i, path);
        free(path);
        if (fvm_failed(status))
            return fvm_fail(err, -ENOMEM, "out of memory");
    }
    result = add_terms(world, &conf, err);
    world->runs = !result && vm && runs_ahead(vm);
    return world->runs ? add_running(world, vm, err) : result;
}

int cli_open(struct cli_world *world, const char *vm, unsigned flags, struct fvm_error *err)
{
    FVM_CLEANUP(conf) struct fvm_conf conf = vm ? read_ahead(vm, "vm.conf") : (struct fvm_conf){0};
    int result = flags & CLI_NEEDS_WINE ? fvm_wine_find(&world->wine, err) : 0;

    if (!result && vm && add_seen_folders(world, &conf, flags & CLI_SEEN_ABOVE))
        result = fvm_fail(err, -ENOMEM, "out of memory");
    if (!result && flags & CLI_NEEDS_WINE)
        result = fvm_terms_ready(&world->terms, err);
    if (!result && !world->runs) /* else it has them: their folders may have got other names */
        result = fvm_shares_ready(&world->terms, err);
    fvm_limits_sweep();
    if (!result && flags & CLI_STARTS && !world->runs)
        result = fvm_limits_prepare(&world->terms, err);
    drop_nested(world);
    if (!result)
        result = fvm_become_user(flags & CLI_NEEDS_WINE ? &world->wine : NULL, world->folders,
                                 world->folder_count, world->runs ? NULL : &world->terms, err);
    return result ? result : fvm_store_open(&world->store, err);
}

void cli_close(struct cli_world *world)
{
    for (size_t i = 0; i < world->folder_count; i++) {
        free(world->folders[i].path);
        free(world->folders[i].upper);
        free(world->folders[i].work);
    }
    free(world->folders);
    fvm_limits_drop();
    fvm_terms_free(&world->asked);
    fvm_terms_free(&world->terms);
    fvm_terms_free(&world->running);
    fvm_store_close(&world->store);
}

int cli_open_host(void *context, const char *path)
{
    const struct cli_world *world = context;

    for (size_t i = 0; i < world->folder_count; i++)
        if (!strcmp(world->folders[i].path, path)) {
            int fd = openat(world->store.fd, world->folders[i].lower,
                            O_RDONLY | O_DIRECTORY | O_CLOEXEC);

            return fd < 0 ? -1 : fd;
        }
    return -1;
}

bool cli_is_running(const struct fvm_vm *vm)
{
    FVM_CLEANUP(fd) int fd = fvm_dir_open(vm->fd, "."); /* a lock of our own, gone at once */

    return fd >= 0 && fvm_lock(fd, true, false) == -EAGAIN;
}

void cli_progress(void *context, unsigned step, unsigned steps, const char *what)
{
    (void)context;
    cli_message("base: %u of %u: %s ...", step, steps, what);
}

int cli_need_base(const struct cli_world *world, const char *name, struct fvm_error *err)
{
    FVM_CLEANUP(base) struct fvm_base base = {.fd = -1};
    int result = fvm_base_open(&base, &world->store, name, false, err);

    if (result != -ENOENT || strcmp(name, FVM_BASE_DEFAULT))
        return result;
    fvm_base_close(&base);
    cli_message("making the base that all VMs stand on (once, about 15 seconds)");
    return fvm_make_base(&world->store, &world->wine, name, cli_progress, NULL, err);
}

static int add_named(struct cli_table *table, const struct fvm_store *store, char **names,
                     bool must_exist, cli_add_vm *add, struct fvm_error *err)
{
    for (; *names; names++) {
        FVM_CLEANUP(vm) struct fvm_vm vm = {.fd = -1};
        int result;

        if (**names == '.')
            continue;
        result = fvm_vm_open(&vm, store, *names, err);
        if (result && !must_exist)
            continue;
        if (!result)
            result = add(table, store, &vm, err);
        if (result)
            return result;
    }
    return 0;
}

int cli_print_vms(struct cli_table *table, const struct cli_words *words, cli_add_vm *add)
{
    struct cli_world world = {.store = {.fd = -1}};
    struct fvm_error err = {{0}};
    FVM_CLEANUP(names) char **all = NULL;
    FVM_CLEANUP(fd) int vms = -1;
    int result = cli_open(&world, NULL, 0, &err);

    if (!result) {
        vms = fvm_dir_open(world.store.fd, "vms");
        result = vms < 0 ? vms : fvm_dir_names(vms, &all, NULL);
    }
    if (!result)
        result = add_named(table, &world.store, words->count ? words->words : all, words->count,
                           add, &err);
    cli_close(&world);
    if (result)
        fvm_text_free(&table->out);
    return result ? cli_failure(&err) : cli_table_print(table);
}
