/* store/store.c: where the store is, its format, and the sweep of what crashed commands left. See
 * store.h. */
#include "store/store.h"

#include "core/text.h"
#include "store/change.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static char *joined(const char *a, const char *b)
{
    char *path = NULL;

    return asprintf(&path, "%s%s", a, b) < 0 ? NULL : path;
}

/* Started by root, the VMs belong to an unprivileged user that has no home: a place of the
 * machine's. */
char *fvm_store_path(void)
{
    static bool as_root, asked;
    const char *home = getenv("FVM_HOME");
    struct passwd *pw;

    /* Root becomes somebody else on the way; the store stays the one that it began with. */
    as_root = asked ? as_root : geteuid() == 0;
    asked = true;
    if (home && *home)
        return home[0] == '/' ? strdup(home) : realpath(home, NULL);
    if (as_root)
        return strdup("/var/lib/fvm");
    home = getenv("XDG_DATA_HOME");
    if (home && home[0] == '/')
        return joined(home, "/fvm");
    home = getenv("HOME");
    if (!home || home[0] != '/') {
        pw = getpwuid(getuid());
        home = pw ? pw->pw_dir : NULL;
    }
    return home ? joined(home, "/.local/share/fvm") : NULL;
}

static int make_parents(const char *path, struct fvm_error *err)
{
    FVM_CLEANUP(text) struct fvm_text part = {0};

    for (const char *at = path + 1; (at = strchr(at, '/')); at++) {
        part.cb = 0;
        fvm_text_add(&part, path, (size_t)(at - path));
        if (part.failed)
            return fvm_fail(err, -ENOMEM, "out of memory");
        if (mkdir(part.s, 0755) && errno != EEXIST && errno != EROFS && errno != EACCES)
            return fvm_fail(err, -errno, "cannot make folder '%s': %s", part.s, strerror(errno));
    }
    return 0;
}

int fvm_store_make(const char *path, struct fvm_error *err)
{
    int result = make_parents(path, err);

    if (!result && mkdir(path, 0700) && errno != EEXIST)
        result = fvm_fail(err, -errno,
                          "cannot make the store '%s': %s (set FVM_HOME to a folder you can write)",
                          path, strerror(errno));
    return result;
}

int fvm_conf_save(const struct fvm_conf *conf, int dir_fd, const char *name, struct fvm_error *err)
{
    FVM_CLEANUP(text) struct fvm_text text = {0};

    if (fvm_failed(fvm_conf_write(conf, &text)) || text.failed)
        return fvm_fail(err, -ENOMEM, "out of memory");
    return fvm_file_write(dir_fd, name, text.s, text.cb, 0600, err);
}

int fvm_conf_load(struct fvm_conf *conf, int dir_fd, const char *name, size_t max_cb,
                  unsigned max_format, struct fvm_error *err)
{
    FVM_CLEANUP(text) struct fvm_text text = {0};
    int result = fvm_file_read(&text, dir_fd, name, max_cb, err);
    fvm_status status;

    if (result)
        return result;
    status = fvm_conf_read(conf, text.s, text.cb, max_format, err);
    if (!fvm_failed(status))
        return 0;
    fvm_error_prefix(err, "%s", name);
    return status == FVM_NEWER_FORMAT ? -EPROTO : -EBADMSG;
}

static int check_format(const struct fvm_store *store, struct fvm_error *err)
{
    FVM_CLEANUP(conf) struct fvm_conf conf = {0};
    static const char ours[] = "format = 1\nend = fvm\n";
    int result;

    if (!fvm_exists(store->fd, "format"))
        return fvm_file_write(store->fd, "format", ours, sizeof(ours) - 1, 0644, err);
    result = fvm_conf_load(&conf, store->fd, "format", 4096, FVM_STORE_FORMAT, err);
    if (result)
        fvm_error_prefix(err, "%s", store->path);
    return result;
}

/* Whoever makes or removes a VM holds its lock: a name of these kinds that nobody holds is scrap.
 */
static void sweep(const struct fvm_store *store)
{
    FVM_CLEANUP(fd) int vms = fvm_dir_open(store->fd, "vms");
    FVM_CLEANUP(names) char **names = NULL;

    if (vms < 0 || fvm_dir_names(vms, &names, NULL))
        return;
    for (char **name = names; *name; name++) {
        FVM_CLEANUP(fd) int fd = -1;
        bool scrap;

        if (strncmp(*name, ".new-", 5) && strncmp(*name, ".del-", 5) && strncmp(*name, "tmp-", 4))
            continue;
        /* Nobody is between making a draft and locking it while we hold this. */
        if (fvm_lock(vms, true, false))
            return;
        fd = fvm_dir_open(vms, *name);
        scrap = fd >= 0 && !fvm_lock(fd, true, false);
        flock(vms, LOCK_UN);
        if (scrap)
            fvm_tree_remove(vms, *name, NULL);
    }
}

/* Set while the current folder is the store: the way to it may be closed to the user that root
 * became. */
static bool is_entered;

void fvm_store_entered(void)
{
    is_entered = true;
}

int fvm_store_open(struct fvm_store *store, struct fvm_error *err)
{
    int result, part;

    *store = (struct fvm_store){.fd = -1, .path = fvm_store_path()};
    if (!store->path)
        return fvm_fail(err, -ENOENT, "no place for the store: set FVM_HOME to a folder");
    result = is_entered ? 0 : fvm_store_make(store->path, err);
    if (result)
        return result;
    store->fd = open(is_entered ? "." : store->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->fd < 0)
        return fvm_fail(err, -errno, "cannot open the store '%s': %s", store->path,
                        strerror(errno));
    result = check_format(store, err);
    if (result)
        return result;
    for (size_t i = 0; i < 2; i++) {
        part = fvm_dir_make(store->fd, i ? "vms" : "bases", 0700, err);
        if (part < 0) {
            fvm_error_prefix(err, "store '%s'", store->path);
            return part;
        }
        close(part);
    }
    sweep(store);
    return 0;
}

void fvm_store_close(struct fvm_store *store)
{
    fvm_close(store->fd);
    free(store->path);
    *store = (struct fvm_store){.fd = -1};
}
