/* launcher/limits_cgroup.c: a VM's control group: where it can be, making it, removing it. See
 * cage.h. */
#include "launcher/cage.h"
#include "launcher/seal.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Groups of VMs are PREFIX + something; root's are in a folder of FVM's own. */
#define PREFIX      "fvm."
#define ROOT_FOLDER "fvm"
/* Version 2 wants no process where there are groups below: what was there before goes here. */
#define REST_NAME "fvm-rest"
#define TRIES     200
#define STEP_NS   10000000
#define MAX_READ  ((size_t)1 << 20)

/* Where a controller's groups are to be made. */
struct place {
    char path[FVM_CAGE_PATH]; /* parent of the VMs' groups */
    char mount[FVM_CAGE_PATH];
    bool v2;
};

static int read_text(struct fvm_text *text, const char *path)
{
    return fvm_file_read(text, AT_FDCWD, path, MAX_READ, NULL);
}

static int read_below(struct fvm_text *text, const char *dir, const char *name)
{
    FVM_CLEANUP(text) struct fvm_text path = {0};

    fvm_text_printf(&path, "%s/%s", dir, name);
    return path.failed ? -ENOMEM : read_text(text, path.s);
}

static int write_setting(int dir, const char *file, const char *value)
{
    FVM_CLEANUP(fd) int fd = openat(dir, file, O_WRONLY | O_CLOEXEC);
    ssize_t cb = (ssize_t)strlen(value);

    if (fd < 0)
        return -errno;
    return write(fd, value, (size_t)cb) == cb ? 0 : -errno;
}

/* --- where ------------------------------------------------------------------------------------ */

/* The folder of this process' own group. Groups that FVM made room in are left by one step. */
static bool find_own(char *dir, const char *mount, const char *root, const char *controller)
{
    FVM_CLEANUP(text) struct fvm_text text = {0};
    char path[FVM_CAGE_PATH];
    char *last;

    if (read_text(&text, "/proc/self/cgroup") ||
        !fvm_cgroup_own(path, sizeof(path), text.s, controller))
        return false;
    last = strrchr(path, '/');
    if (!controller && last && !strcmp(last + 1, REST_NAME))
        last[last == path] = 0;
    return fvm_cgroup_dir(dir, FVM_CAGE_PATH, mount, root, path);
}

/* @return false: no hierarchy has this controller */
static bool find_place(struct place *place, enum fvm_control control)
{
    const char *name = fvm_control_name(control);
    FVM_CLEANUP(text) struct fvm_text mounts = {0};
    FVM_CLEANUP(text) struct fvm_text offered = {0};
    char root[FVM_CAGE_PATH];
    bool is_root = geteuid() == 0;

    if (read_text(&mounts, "/proc/self/mountinfo"))
        return false;
    place->v2 = !fvm_cgroup_mount(place->mount, root, sizeof(root), mounts.s, name);
    if (place->v2 && !fvm_cgroup_mount(place->mount, root, sizeof(root), mounts.s, NULL))
        return false;
    if (is_root)
        snprintf(place->path, sizeof(place->path), "%s/" ROOT_FOLDER, place->mount);
    else if (!find_own(place->path, place->mount, root, place->v2 ? NULL : name))
        return false;
    if (!place->v2)
        return true;
    return !read_below(&offered, place->mount, "cgroup.controllers") &&
           fvm_has_word(offered.s, name);
}

/* --- is it offered? --------------------------------------------------------------------------- */

static int explain_user(const struct place *place, enum fvm_control control, struct fvm_error *err)
{
    const char *option = fvm_control_option(control);
    unsigned uid = (unsigned)geteuid();

    if (place->v2 && !access("/run/systemd/system", F_OK))
        return fvm_fail(err, -EPERM,
                        "--%s wants a control group, and none is delegated to this session; start "
                        "it with: systemd-run --user --scope -p Delegate=yes fvm run ...",
                        option);
    return fvm_fail(err, -EPERM,
                    "--%s wants a control group, and '%s' is not user %u's; give this shell one "
                    "that is: sudo sh -c \"mkdir -p %s/fvm-%u; chown -R %u %s/fvm-%u; echo $$ "
                    ">%s/fvm-%u/cgroup.procs\"",
                    option, place->path, uid, place->mount, uid, uid, place->mount, uid,
                    place->mount, uid);
}

static bool is_mine(const char *dir)
{
    struct stat st;

    return !stat(dir, &st) && st.st_uid == geteuid() && !access(dir, W_OK | X_OK);
}

int fvm_cage_offered(enum fvm_control control, struct fvm_error *err)
{
    const char *name = fvm_control_name(control), *option = fvm_control_option(control);
    FVM_CLEANUP(text) struct fvm_text own = {0};
    struct place place;

    if (!find_place(&place, control))
        return fvm_fail(err, -ENOTSUP,
                        "--%s wants the control group controller '%s', which is not here; mount "
                        "it: sudo mount -t cgroup2 none /sys/fs/cgroup (if it is, the kernel was "
                        "started without: see /proc/cgroups)",
                        option, name);
    if (geteuid() == 0 && access(place.mount, W_OK))
        return fvm_fail(err, -errno,
                        "--%s wants a control group, and '%s' cannot be written: %s; a container "
                        "must be given it writable",
                        option, place.mount, strerror(errno));
    if (geteuid() == 0)
        return 0;
    if (!is_mine(place.path))
        return explain_user(&place, control, err);
    if (place.v2 &&
        (read_below(&own, place.path, "cgroup.controllers") || !fvm_has_word(own.s, name)))
        return fvm_fail(err, -EPERM,
                        "--%s wants the control group controller '%s', which '%s' was not given; "
                        "with systemd: sudo systemctl set-property user@%u.service "
                        "Delegate=\"cpu memory pids\", then log in again",
                        option, name, place.path, (unsigned)geteuid());
    return 0;
}

/* --- making it -------------------------------------------------------------------------------- */

static int trouble(struct fvm_error *err, int code, const char *what, const char *where)
{
    return fvm_fail(err, code, "cannot %s control group '%s': %s (see: fvm doctor)", what, where,
                    strerror(-code));
}

/* All that is in a group of version 2 goes into one below it; new ones may come meanwhile. */
static int make_room(int dir)
{
    FVM_CLEANUP(fd) int rest = -1;
    int result = -EBUSY;

    if (mkdirat(dir, REST_NAME, 0755) && errno != EEXIST)
        return -errno;
    rest = openat(dir, REST_NAME, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < TRIES && rest >= 0; i++) {
        FVM_CLEANUP(text) struct fvm_text pids = {0};

        result = fvm_file_read(&pids, dir, "cgroup.procs", MAX_READ, NULL);
        if (result || !pids.cb)
            return result;
        for (char *line = strtok(pids.s, "\n"); line; line = strtok(NULL, "\n")) {
            result = write_setting(rest, "cgroup.procs", line);
            if (result && result != -ESRCH)
                return result;
        }
    }
    return result;
}

/* Let the groups below a folder of version 2 have a controller. */
static int pass_down(int dir, enum fvm_control control)
{
    FVM_CLEANUP(text) struct fvm_text on = {0};
    char word[16];
    int result = fvm_file_read(&on, dir, "cgroup.subtree_control", MAX_READ, NULL);

    if (result || fvm_has_word(on.s, fvm_control_name(control)))
        return result;
    snprintf(word, sizeof(word), "+%s", fvm_control_name(control));
    result = write_setting(dir, "cgroup.subtree_control", word);
    if (result == -EBUSY && geteuid()) {
        result = make_room(dir);
        if (!result)
            result = write_setting(dir, "cgroup.subtree_control", word);
    }
    return result;
}

/* The folder that VMs' groups are made in. Root's own is the VM user's, so that who is root no more
 * can remove groups; it cannot change what they are set to. */
static int open_place(const struct place *place, enum fvm_control control, struct fvm_error *err)
{
    FVM_CLEANUP(fd) int mount = -1;
    FVM_CLEANUP(fd) int dir = -1;
    int result = 0;

    if (geteuid() == 0) {
        mount = fvm_dir_open(AT_FDCWD, place->mount);
        if (mount < 0)
            return trouble(err, mount, "open", place->mount);
        if (place->v2)
            result = pass_down(mount, control);
        if (result)
            return trouble(err, result, "use", place->mount);
        if (mkdirat(mount, ROOT_FOLDER, 0700) && errno != EEXIST)
            return trouble(err, -errno, "make", place->path);
    }
    dir = fvm_dir_open(AT_FDCWD, place->path);
    if (dir < 0)
        return trouble(err, dir, "open", place->path);
    if (geteuid() == 0 && fchown(dir, FVM_VM_UID, FVM_VM_UID))
        return trouble(err, -errno, "give away", place->path);
    result = place->v2 ? pass_down(dir, control) : 0;
    if (result)
        return trouble(err, result, "use", place->path);
    return FVM_STEAL(dir, -1);
}

/* A folder that is locked as soon as it is seen by anybody: who sweeps takes what has no lock. */
static int make_locked(struct fvm_cage_part *part)
{
    for (unsigned i = 0; i < TRIES; i++) {
        FVM_CLEANUP(fd) int dir = -1;
        struct stat st, named;

        snprintf(part->name, sizeof(part->name), PREFIX "%d.%u", (int)getpid(), i);
        if (mkdirat(part->place, part->name, 0700)) {
            if (errno == EEXIST)
                continue;
            return -errno;
        }
        dir = fvm_dir_open(part->place, part->name);
        if (dir < 0 || fvm_lock(dir, true, false) || fstat(dir, &st) ||
            fstatat(part->place, part->name, &named, AT_SYMLINK_NOFOLLOW) ||
            st.st_ino != named.st_ino)
            continue; /* swept away already */
        if (geteuid() == 0 && fchown(dir, FVM_VM_UID, FVM_VM_UID))
            return -errno;
        part->dir = FVM_STEAL(dir, -1);
        return 0;
    }
    return -EAGAIN;
}

static struct fvm_cage_part *find_part(struct fvm_cage *cage, const char *path)
{
    for (size_t i = 0; i < cage->count; i++)
        if (!strcmp(cage->parts[i].path, path))
            return &cage->parts[i];
    return NULL;
}

static int add_part(struct fvm_cage *cage, const struct place *place, enum fvm_control control,
                    struct fvm_error *err)
{
    struct fvm_cage_part *part = find_part(cage, place->path);
    int dir = open_place(place, control, err);
    int result;

    if (dir < 0 || part) {
        fvm_close(dir);
        return dir < 0 ? dir : 0;
    }
    part = &cage->parts[cage->count];
    *part = (struct fvm_cage_part){.place = dir, .dir = -1, .procs = -1, .v2 = place->v2};
    snprintf(part->path, sizeof(part->path), "%s", place->path);
    result = make_locked(part);
    if (result) {
        close(dir);
        return trouble(err, result, "make one in", place->path);
    }
    cage->count++;
    part->procs = openat(part->dir, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    return part->procs < 0 ? trouble(err, -errno, "open", place->path) : 0;
}

static int add_control(struct fvm_cage *cage, enum fvm_control control,
                       const struct fvm_terms *terms, struct fvm_error *err)
{
    struct fvm_setting settings[FVM_SETTINGS_MAX];
    struct place place;
    struct fvm_cage_part *part;
    size_t count;
    int result = fvm_cage_offered(control, err);

    if (!result && !find_place(&place, control))
        result = fvm_fail(err, -ENOTSUP, "the control groups went away");
    if (!result)
        result = add_part(cage, &place, control, err);
    if (result)
        return result;
    part = find_part(cage, place.path);
    count = fvm_control_settings(settings, control, place.v2, terms);
    for (size_t i = 0; i < count; i++) {
        result = write_setting(part->dir, settings[i].file, settings[i].value);
        if (result && !(settings[i].optional && result == -ENOENT))
            return fvm_fail(err, result, "cannot write '%s' to '%s/%s/%s': %s", settings[i].value,
                            part->path, part->name, settings[i].file, strerror(-result));
    }
    if (control == FVM_CONTROL_MEMORY)
        cage->ooms = openat(part->dir, place.v2 ? "memory.events" : "memory.oom_control",
                            O_RDONLY | O_CLOEXEC);
    return 0;
}

int fvm_cage_make(struct fvm_cage *cage, const struct fvm_terms *terms, struct fvm_error *err)
{
    struct fvm_cage made = FVM_CAGE_NONE;
    int result = 0;

    for (enum fvm_control control = 0; !result && control < FVM_CONTROL_COUNT; control++)
        if (fvm_control_wanted(control, terms))
            result = add_control(&made, control, terms, err);
    if (result)
        fvm_cage_remove(&made);
    *cage = made;
    return result;
}

/* --- using it --------------------------------------------------------------------------------- */

size_t fvm_cage_procs(const struct fvm_cage *cage, int procs[FVM_CONTROL_COUNT])
{
    for (size_t i = 0; cage && i < cage->count; i++)
        procs[i] = cage->parts[i].procs;
    return cage ? cage->count : 0;
}

size_t fvm_cage_fds(const struct fvm_cage *cage, int *fds)
{
    size_t count = 0;

    for (size_t i = 0; cage && i < cage->count; i++) {
        fds[count++] = cage->parts[i].place;
        fds[count++] = cage->parts[i].dir;
        fds[count++] = cage->parts[i].procs;
    }
    if (cage)
        fds[count++] = cage->ooms;
    return count;
}

int fvm_cage_enter(const int *procs, size_t count, pid_t pid, struct fvm_error *err)
{
    char number[16];
    int cb = snprintf(number, sizeof(number), "%d", (int)pid);

    for (size_t i = 0; i < count; i++)
        if (write(procs[i], number, (size_t)cb) != cb)
            return fvm_fail(err, -errno, "cannot enter the VM's control group: %s",
                            strerror(errno));
    return 0;
}

uint64_t fvm_cage_ooms(const struct fvm_cage *cage)
{
    char text[512];
    ssize_t cb = cage->ooms < 0 ? 0 : pread(cage->ooms, text, sizeof(text) - 1, 0);

    text[cb > 0 ? cb : 0] = 0;
    return fvm_cgroup_count(text, "oom_kill");
}

void fvm_cage_close(struct fvm_cage *cage)
{
    for (size_t i = 0; i < cage->count; i++) {
        fvm_close(cage->parts[i].place);
        fvm_close(cage->parts[i].dir);
        fvm_close(cage->parts[i].procs);
    }
    fvm_close(cage->ooms);
    *cage = (struct fvm_cage)FVM_CAGE_NONE;
}

void fvm_cage_remove(struct fvm_cage *cage)
{
    const struct timespec step = {.tv_nsec = STEP_NS};

    for (size_t i = 0; i < cage->count; i++) {
        const struct fvm_cage_part *part = &cage->parts[i];

        /* A helper of join.c may be on its way out. What stays is swept by the next fvm. */
        for (int j = 0; unlinkat(part->place, part->name, AT_REMOVEDIR) && errno == EBUSY; j++) {
            if (j == TRIES)
                break;
            nanosleep(&step, NULL);
        }
    }
    fvm_cage_close(cage);
}

static void sweep(const char *path)
{
    FVM_CLEANUP(fd) int place = fvm_dir_open(AT_FDCWD, path);
    FVM_CLEANUP(names) char **names = NULL;

    if (place < 0 || fvm_dir_names(place, &names, NULL))
        return;
    for (char **name = names; *name; name++) {
        FVM_CLEANUP(fd) int dir = -1;

        if (strncmp(*name, PREFIX, strlen(PREFIX)) != 0)
            continue;
        dir = fvm_dir_open(place, *name);
        if (dir >= 0 && !fvm_lock(dir, true, false))
            unlinkat(place, *name, AT_REMOVEDIR); /* fails while a process is in it */
    }
}

void fvm_cages_sweep(void)
{
    for (enum fvm_control control = 0; control < FVM_CONTROL_COUNT; control++) {
        struct place place;

        if (find_place(&place, control) && (geteuid() == 0 || is_mine(place.path)))
            sweep(place.path);
    }
}
