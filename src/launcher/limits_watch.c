/* launcher/limits_watch.c: what a VM's supervisor looks at while it runs: time, disk, kills for
 * want of memory. See cage.h. */
#include "launcher/cage.h"
#include "launcher/seal.h"
#include "store/change.h"
#include "store/file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

/* How often the file system is asked what is free, and the VM's folder is counted, at least. A
 * count that takes long is made less often. */
#define LOOK_MS    100
#define WALK_MS    3000
#define WALK_SHARE 20
/* A folder that cannot be counted for so long: then all that was taken meanwhile counts as its. */
#define PATIENCE_MS 3000
/* pid 1 gives wineserver 3 s (init.c); where processor time is short, this. */
#define END_MS 15000
/* poll() does not count further than some weeks. */
#define LONG_SLEEP_MS 86400000

static long long now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* --- files without a name --------------------------------------------------------------------- */

struct nameless {
    struct node {
        dev_t dev;
        ino_t ino;
        uint64_t cb;
    } * nodes;
    size_t count, cap;
};

static int compare_nodes(const void *a, const void *b)
{
    const struct node *one = a, *other = b;

    if (one->dev != other->dev)
        return one->dev < other->dev ? -1 : 1;
    return one->ino < other->ino ? -1 : one->ino > other->ino;
}

static void add_nameless(struct nameless *all, const struct stat *st)
{
    if (all->count == all->cap) {
        size_t cap = all->cap ? all->cap * 2 : 64;
        struct node *grown = realloc(all->nodes, cap * sizeof(*grown));

        if (!grown)
            return;
        all->nodes = grown;
        all->cap = cap;
    }
    all->nodes[all->count++] = (struct node){st->st_dev, st->st_ino, (uint64_t)st->st_blocks * 512};
}

/* Of one process of the VM: what it has open and nobody finds any more. In memory is not on disk.
 */
static void look_at_process(struct nameless *all, const char *pid, const struct stat *ns)
{
    char path[64];
    struct stat st;
    struct dirent *entry;
    DIR *dir;

    snprintf(path, sizeof(path), "/proc/%s/ns/pid", pid);
    if (stat(path, &st) || st.st_ino != ns->st_ino || st.st_dev != ns->st_dev)
        return;
    snprintf(path, sizeof(path), "/proc/%s/fd", pid);
    dir = opendir(path);
    while (dir && (entry = readdir(dir))) {
        struct statfs fs;
        FVM_CLEANUP(fd) int fd = -1;

        if (fstatat(dirfd(dir), entry->d_name, &st, 0) || !S_ISREG(st.st_mode) || st.st_nlink)
            continue;
        fd = openat(dirfd(dir), entry->d_name, O_PATH | O_CLOEXEC);
        if (fd >= 0 && !fstatfs(fd, &fs) && fs.f_type != TMPFS_MAGIC)
            add_nameless(all, &st);
    }
    if (dir)
        closedir(dir);
}

static uint64_t sum_nameless(struct nameless *all)
{
    uint64_t sum = 0;

    if (all->count)
        qsort(all->nodes, all->count, sizeof(*all->nodes), compare_nodes);
    for (size_t i = 0; i < all->count; i++)
        if (!i || compare_nodes(&all->nodes[i - 1], &all->nodes[i]) != 0)
            sum += all->nodes[i].cb;
    free(all->nodes);
    return sum;
}

/* Files that were deleted and are still open take their place, and no folder has them. */
static uint64_t nameless_cb(int pid_ns)
{
    struct nameless all = {.count = 0};
    struct dirent *entry;
    struct stat ns;
    DIR *proc = fstat(pid_ns, &ns) ? NULL : opendir("/proc");

    while (proc && (entry = readdir(proc)))
        if (isdigit((unsigned char)entry->d_name[0]))
            look_at_process(&all, entry->d_name, &ns);
    if (proc)
        closedir(proc);
    return sum_nameless(&all);
}

/* --- disk ------------------------------------------------------------------------------------- */

static uint64_t free_cb(int fd)
{
    struct statvfs space;

    return fstatvfs(fd, &space) ? 0 : (uint64_t)space.f_bfree * space.f_frsize;
}

/* @return is it more than it may be? */
static bool walk(struct fvm_watch *watch, long long now)
{
    const uint64_t most = watch->terms->disk_cb;
    uint64_t free_before = free_cb(watch->vm_fd), cb;
    uint64_t taken = watch->free_cb > free_before ? watch->free_cb - free_before : 0;
    int result = fvm_tree_used(watch->vm_fd, most, &cb);
    long long took;

    if (cb <= most)
        cb += nameless_cb(watch->pid_ns);
    took = now_ms() - now;
    watch->walk_after_ms = now + took + (took * WALK_SHARE > WALK_MS ? took * WALK_SHARE : WALK_MS);
    if (cb > most)
        return true;
    if (result) {
        if (!watch->failed_since_ms)
            watch->failed_since_ms = now;
        watch->walk_after_ms = now + LOOK_MS;
        return now - watch->failed_since_ms > PATIENCE_MS && taken > watch->left_cb;
    }
    watch->failed_since_ms = 0;
    watch->left_cb = most - cb;
    watch->free_cb = free_before;
    return false;
}

/* The file system's own count costs nothing; only when the VM could have used up what it had left,
 * by that, its folder is counted. Others who free space meanwhile could hide it: so now and then.
 */
static bool is_over_disk(struct fvm_watch *watch, long long now)
{
    uint64_t there = free_cb(watch->vm_fd);
    bool may_be = watch->free_cb > there && watch->free_cb - there >= watch->left_cb;

    return (may_be || now >= watch->walk_after_ms) && walk(watch, now);
}

int fvm_disk_fits(int vm_fd, const char *name, const struct fvm_terms *terms, struct fvm_error *err)
{
    char size[32];
    uint64_t cb;
    int result = terms->disk_cb ? fvm_tree_used(vm_fd, terms->disk_cb, &cb) : 0;

    if (!terms->disk_cb || (!result && cb <= terms->disk_cb))
        return 0;
    fvm_size_text(size, terms->disk_cb);
    if (result && cb <= terms->disk_cb)
        return fvm_fail(
            err, result, "cannot count what VM '%s' has on disk, so not hold it to --disk %s: %s",
            name, size, result == -ELOOP ? "folders more than 300 deep" : strerror(-result));
    return fvm_fail(err, -EDQUOT,
                    "VM '%s' has more than its --disk %s already; look with fvm diff %s, make room "
                    "with fvm discard %s, or say a larger --disk",
                    name, size, name, name);
}

/* --- all of it -------------------------------------------------------------------------------- */

int fvm_watch_begin(struct fvm_watch *watch, const struct fvm_start *start, struct fvm_cage *cage,
                    int pid_ns, struct fvm_error *err)
{
    const struct fvm_terms *terms = start->terms;
    long long now = now_ms();

    *watch = (struct fvm_watch){.terms = terms, .cage = cage, .vm_fd = -1, .pid_ns = pid_ns};
    if (terms->timeout_s)
        watch->ends_at_ms = now + terms->timeout_s * 1000LL;
    if (terms->disk_cb)
        watch->vm_fd = fvm_dir_open(start->store->fd, start->vm_dir);
    return terms->disk_cb && watch->vm_fd < 0
               ? fvm_fail(err, watch->vm_fd, "cannot watch the VM's folder: %s",
                          strerror(-watch->vm_fd))
               : 0;
}

int fvm_watch_wait_ms(const struct fvm_watch *watch)
{
    long long at = watch->kill_at_ms ? watch->kill_at_ms : watch->ends_at_ms;
    long long left = at ? at - now_ms() : -1;

    if (at && left < 0)
        left = 0;
    if (left > LONG_SLEEP_MS)
        left = LONG_SLEEP_MS;
    if (watch->terms->disk_cb && !watch->kill_at_ms && (left < 0 || left > LOOK_MS))
        left = LOOK_MS;
    return (int)left;
}

char fvm_watch_look(struct fvm_watch *watch)
{
    long long now = now_ms();
    char said = 0;

    if (watch->kill_at_ms && now < watch->kill_at_ms)
        return 0;
    if (watch->kill_at_ms) {
        watch->kill_at_ms = now + END_MS;
        return FVM_SAY_STOP;
    }
    if (watch->ends_at_ms && now >= watch->ends_at_ms)
        said = FVM_SAID_TIMEOUT;
    else if (watch->terms->disk_cb && is_over_disk(watch, now))
        said = FVM_SAID_DISK;
    if (said)
        watch->kill_at_ms = now + END_MS;
    return said;
}

bool fvm_watch_oom(struct fvm_watch *watch)
{
    uint64_t ooms = watch->cage ? fvm_cage_ooms(watch->cage) : 0;
    bool is_new = ooms > watch->ooms;

    watch->ooms = ooms;
    return is_new;
}
