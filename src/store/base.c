/* store/base.c: bases: immutable versions of a Wine prefix and a pointer to the current one. See
 * store.h. */
#include "core/name.h"
#include "core/text.h"
#include "store/change.h"
#include "store/file.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The next version while it is being made: one at a time, under the exclusive lock. */
#define DRAFT "versions/.draft"

static int read_current(struct fvm_base *base, struct fvm_error *err)
{
    FVM_CLEANUP(text) struct fvm_text text = {0};
    char *end;
    unsigned long number;
    int result = fvm_file_read(&text, base->fd, "current", 64, err);

    if (result) {
        fvm_error_prefix(err, "base '%s'", base->name);
        return result;
    }
    errno = 0;
    number = strtoul(text.s, &end, 10);
    if (errno || end == text.s || strcmp(end, "\n") || !number || number > UINT32_MAX)
        return fvm_fail(err, -EBADMSG,
                        "base '%s': its file 'current' is damaged: it must hold the number of a "
                        "folder below versions/",
                        base->name);
    base->current = (unsigned)number;
    return 0;
}

static int read_user(char user[FVM_USER_CAP], int base_fd, const char *base, struct fvm_error *err)
{
    FVM_CLEANUP(conf) struct fvm_conf conf = {0};
    const char *found;
    int result = fvm_conf_load(&conf, base_fd, "base.conf", 65536, FVM_STORE_FORMAT, err);

    if (result) {
        fvm_error_prefix(err, "base '%s'", base);
        return result;
    }
    found = fvm_conf_get(&conf, "user");
    snprintf(user, FVM_USER_CAP, "%s", found ? found : "user");
    return 0;
}

int fvm_base_user(char user[FVM_USER_CAP], const struct fvm_store *store, const char *name,
                  struct fvm_error *err)
{
    FVM_CLEANUP(fd) int bases = fvm_dir_open(store->fd, "bases");
    FVM_CLEANUP(fd) int base = bases < 0 ? bases : fvm_dir_open(bases, name);

    if (base < 0)
        return fvm_fail(err, base, "cannot open base '%s': %s", name, strerror(-base));
    return read_user(user, base, name, err);
}

/* Starts hold the lock for milliseconds, a commit for a second or so: worth waiting for. */
static int lock_patiently(int fd, bool exclusive)
{
    const struct timespec step = {.tv_nsec = 50000000};
    int result = fvm_lock(fd, exclusive, false);

    for (int i = 0; result == -EAGAIN && i < 60; i++) {
        nanosleep(&step, NULL);
        result = fvm_lock(fd, exclusive, false);
    }
    return result;
}

int fvm_base_open(struct fvm_base *base, const struct fvm_store *store, const char *name,
                  bool exclusive, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int bases = fvm_dir_open(store->fd, "bases");
    struct stat st;
    int result;

    *base = (struct fvm_base){.fd = -1};
    if (fvm_failed(fvm_name_check(name, err)))
        return -EINVAL;
    snprintf(base->name, sizeof(base->name), "%s", name);
    base->fd = bases < 0 ? bases : fvm_dir_open(bases, name);
    if (base->fd == -ENOENT)
        return fvm_fail(err, -ENOENT, "no base '%s'; make it with: fvm base create%s%s", name,
                        strcmp(name, FVM_BASE_DEFAULT) ? " " : "",
                        strcmp(name, FVM_BASE_DEFAULT) ? name : "");
    if (base->fd < 0)
        return fvm_fail(err, base->fd, "cannot open base '%s': %s", name, strerror(-base->fd));
    if (fstat(base->fd, &st) || st.st_uid != geteuid())
        return fvm_fail(
            err, -EPERM,
            "base '%s' belongs to another user (uid %u, you are %u); use a store of your own", name,
            (unsigned)st.st_uid, (unsigned)geteuid());
    if (lock_patiently(base->fd, exclusive))
        return fvm_fail(err, -EBUSY, "base '%s' is %s by another fvm; try again in a moment", name,
                        exclusive ? "in use" : "being updated");
    if (!fvm_exists(base->fd, "current"))
        return fvm_fail(err, -ENOENT,
                        "base '%s' was never finished; make it with: fvm base create %s", name,
                        name);
    result = read_user(base->user, base->fd, name, err);
    return result ? result : read_current(base, err);
}

void fvm_base_close(struct fvm_base *base)
{
    fvm_close(base->fd);
    base->fd = -1;
}

int fvm_base_version(const struct fvm_base *base, unsigned version, struct fvm_error *err)
{
    char name[64];
    int fd;

    snprintf(name, sizeof(name), "versions/%u", version);
    fd = fvm_dir_open(base->fd, name);
    if (fd < 0)
        return fvm_fail(err, fd, "base '%s' lacks its version %u: %s", base->name, version,
                        strerror(-fd));
    return fd;
}

int fvm_base_begin(struct fvm_base *base, enum fvm_draft how, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int draft = -1;
    FVM_CLEANUP(fd) int from = -1;
    int result = fvm_tree_remove(base->fd, DRAFT, err);

    if (result)
        return result;
    draft = fvm_dir_make_path(base->fd, DRAFT, 0700, err);
    if (draft < 0 || how == FVM_DRAFT_EMPTY)
        return FVM_STEAL(draft, -1);
    from = fvm_base_version(base, base->current, err);
    if (from < 0)
        return from;
    result =
        how == FVM_DRAFT_COPY ? fvm_tree_copy(from, draft, err) : fvm_tree_clone(from, draft, err);
    return result ? result : FVM_STEAL(draft, -1);
}

/* In the version's folder, so that it comes and goes with the version by one rename. */
#define HAS_32BIT "32bit"

bool fvm_base_has_32bit(int version_fd)
{
    return fvm_exists(version_fd, HAS_32BIT);
}

bool fvm_base_current_has_32bit(const struct fvm_base *base)
{
    struct fvm_error err;
    FVM_CLEANUP(fd) int version = fvm_base_version(base, base->current, &err);

    return version >= 0 && fvm_base_has_32bit(version);
}

int fvm_base_note_32bit(int draft_fd, struct fvm_error *err)
{
    static const char text[] = "format = 1\nend = fvm\n";

    return fvm_file_write(draft_fd, HAS_32BIT, text, sizeof(text) - 1, 0644, err);
}

int fvm_base_publish(struct fvm_base *base, struct fvm_error *err)
{
    char name[64], number[32];
    unsigned next = base->current + 1;
    int result;

    /* Not this number if a crash left one between rename and pointer: versions never change. */
    snprintf(name, sizeof(name), "versions/%u", next);
    result = fvm_tree_remove(base->fd, name, err);
    if (result)
        return result;
    if (renameat(base->fd, DRAFT, base->fd, name))
        return fvm_fail(err, -errno, "cannot publish a version of base '%s': %s", base->name,
                        strerror(errno));
    snprintf(number, sizeof(number), "%u\n", next);
    result = fvm_file_write(base->fd, "current", number, strlen(number), 0644, err);
    if (!result)
        base->current = next;
    return result;
}

static bool version_in_use(const struct fvm_store *store, const char *base, unsigned version)
{
    FVM_CLEANUP(fd) int vms = fvm_dir_open(store->fd, "vms");
    FVM_CLEANUP(names) char **names = NULL;

    if (vms < 0 || fvm_dir_names(vms, &names, NULL))
        return true; /* cannot know: keep it */
    for (char **name = names; *name; name++) {
        FVM_CLEANUP(vm) struct fvm_vm vm = {.fd = -1};
        const char *its_base;

        if (**name == '.')
            continue;
        if (fvm_vm_open(&vm, store, *name, NULL))
            return true;
        its_base = fvm_conf_get(&vm.conf, "base");
        if (vm.version == version && its_base && !strcmp(its_base, base))
            return true;
    }
    return false;
}

int fvm_base_collect(const struct fvm_store *store, struct fvm_base *base, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int versions = fvm_dir_open(base->fd, "versions");
    FVM_CLEANUP(names) char **names = NULL;
    int result = versions < 0 ? versions : fvm_dir_names(versions, &names, NULL);

    if (result)
        return fvm_fail(err, result, "cannot list the versions of base '%s'", base->name);
    for (char **name = names; *name; name++) {
        unsigned long number = strtoul(*name, NULL, 10);

        if (number == base->current || version_in_use(store, base->name, (unsigned)number))
            continue;
        result = fvm_tree_remove(versions, *name, err);
        if (result)
            return result;
    }
    return 0;
}

int fvm_base_create(struct fvm_base *base, const struct fvm_store *store, const char *name,
                    const char *user, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int bases = fvm_dir_open(store->fd, "bases");
    FVM_CLEANUP(text) struct fvm_text text = {0};

    *base = (struct fvm_base){.fd = -1};
    if (fvm_failed(fvm_name_check(name, err)))
        return -EINVAL;
    snprintf(base->name, sizeof(base->name), "%s", name);
    snprintf(base->user, sizeof(base->user), "%s", user);
    base->fd = bases < 0 ? bases : fvm_dir_make(bases, name, 0700, err);
    if (base->fd < 0)
        return base->fd;
    if (fvm_lock(base->fd, true, true))
        return fvm_fail(err, -EBUSY, "cannot lock base '%s'", name);
    if (fvm_exists(base->fd, "current"))
        return fvm_fail(err, -EEXIST, "base '%s' exists already", name);
    fvm_text_printf(&text, "format = 1\nuser = %s\nend = fvm\n", user);
    return text.failed ? fvm_fail(err, -ENOMEM, "out of memory")
                       : fvm_file_write(base->fd, "base.conf", text.s, text.cb, 0644, err);
}
