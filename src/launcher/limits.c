/* launcher/limits.c: how much a sealed VM may use: can this machine hold it to that? See terms.h.
 */
#include "launcher/cage.h"
#include "launcher/terms.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define MB ((uint64_t)1 << 20)

/* With less a VM ends before its first program begins: hives, laid out, take most of it. */
#define DISK_MIN (16 * MB)

/* Of the VM that this command is to start. */
static struct fvm_cage prepared = FVM_CAGE_NONE;

/* --- how much there is ------------------------------------------------------------------------ */

static uint64_t memory_there(void)
{
    struct sysinfo info;

    return sysinfo(&info) ? UINT64_MAX : (uint64_t)info.totalram * info.mem_unit;
}

static uint64_t number_in(const char *path)
{
    FVM_CLEANUP(text) struct fvm_text text = {0};

    return fvm_file_read(&text, AT_FDCWD, path, 64, NULL) ? UINT64_MAX : strtoull(text.s, NULL, 10);
}

static uint64_t tasks_there(void)
{
    uint64_t threads = number_in("/proc/sys/kernel/threads-max");
    uint64_t numbers = number_in("/proc/sys/kernel/pid_max");

    return threads < numbers ? threads : numbers;
}

/* The file system of the store, or of the folder that it will be made in. */
static uint64_t disk_there(void)
{
    char *path = fvm_store_path();
    struct statvfs space;
    int result = -1;

    for (char *end = path ? path + strlen(path) : NULL; end && end > path;
         end = strrchr(path, '/')) {
        *end = 0;
        result = statvfs(*path ? path : "/", &space);
        if (!result)
            break;
    }
    free(path);
    return result ? UINT64_MAX : (uint64_t)space.f_blocks * space.f_frsize;
}

/* --- is it too much, or too little? ----------------------------------------------------------- */

static int check_size(const char *option, uint64_t asked, uint64_t least, uint64_t there,
                      struct fvm_error *err)
{
    char want[32], bound[32];

    if (asked >= least && asked <= there)
        return 0;
    fvm_size_text(want, asked);
    if (asked < least) {
        fvm_size_text(bound, least);
        return fvm_fail(err, -EINVAL, "--%s %s is too little: a VM needs at least %s", option, want,
                        bound);
    }
    fvm_size_text(bound, there / MB * MB);
    return fvm_fail(err, -EINVAL, "--%s %s is more than there is: %s", option, want, bound);
}

static int check_procs(unsigned procs, struct fvm_error *err)
{
    uint64_t there = tasks_there();

    if (procs < FVM_TASKS_MIN)
        return fvm_fail(err, -EINVAL, "--procs %u is too little: a VM needs at least %u", procs,
                        FVM_TASKS_MIN);
    if (procs > there)
        return fvm_fail(err, -EINVAL, "--procs %u is more than there is: %llu", procs,
                        (unsigned long long)there);
    return 0;
}

static int check_cpus(unsigned percent, struct fvm_error *err)
{
    long there = sysconf(_SC_NPROCESSORS_ONLN);

    if (there > 0 && percent > 100 * (unsigned long)there)
        return fvm_fail(err, -EINVAL, "--cpus %u.%02u is more than there is: %ld", percent / 100,
                        percent % 100, there);
    return 0;
}

static int check_amounts(const struct fvm_terms *terms, struct fvm_error *err)
{
    int result = 0;

    if (terms->memory_cb)
        result = check_size("memory", terms->memory_cb, FVM_MEMORY_MIN, memory_there(), err);
    if (!result && terms->procs)
        result = check_procs(terms->procs, err);
    if (!result && terms->cpu_percent)
        result = check_cpus(terms->cpu_percent, err);
    if (!result && terms->disk_cb)
        result = check_size("disk", terms->disk_cb, DISK_MIN, disk_there(), err);
    return result;
}

int fvm_limits_ready(const struct fvm_terms *terms, struct fvm_error *err)
{
    int result = check_amounts(terms, err);

    for (enum fvm_control control = 0; !result && control < FVM_CONTROL_COUNT; control++)
        if (fvm_control_wanted(control, terms))
            result = fvm_cage_offered(control, err);
    return result;
}

int fvm_limits_offered(unsigned which, const char **option, struct fvm_error *err)
{
    if (which >= FVM_CONTROL_COUNT)
        return -ENOENT;
    *option = fvm_control_option((enum fvm_control)which);
    return fvm_cage_offered((enum fvm_control)which, err);
}

/* --- the group of the VM to be started -------------------------------------------------------- */

int fvm_limits_prepare(const struct fvm_terms *terms, struct fvm_error *err)
{
    return fvm_cage_make(&prepared, terms, err);
}

void fvm_limits_drop(void)
{
    fvm_cage_remove(&prepared);
}

void fvm_limits_sweep(void)
{
    fvm_cages_sweep();
}

struct fvm_cage *fvm_limits_cage(const struct fvm_terms *terms)
{
    for (enum fvm_control control = 0; control < FVM_CONTROL_COUNT; control++)
        if (fvm_control_wanted(control, terms))
            return &prepared;
    return NULL;
}

void fvm_limits_handed(const struct fvm_terms *terms)
{
    struct fvm_cage *cage = fvm_limits_cage(terms);

    if (cage)
        fvm_cage_close(cage);
}

bool fvm_limits_explain(char said, const char *vm, const struct fvm_terms *terms,
                        struct fvm_error *sentence)
{
    char size[32], name[96] = "the VM", look[120] = "";

    fvm_size_text(size, said == FVM_SAID_DISK ? terms->disk_cb : terms->memory_cb);
    if (vm) {
        snprintf(name, sizeof(name), "VM '%s'", vm);
        snprintf(look, sizeof(look), "; what it wrote: fvm diff %s", vm);
    }
    if (said == FVM_SAID_TIMEOUT)
        fvm_fail(sentence, 0, "%s was ended after its --timeout of %u s", name, terms->timeout_s);
    else if (said == FVM_SAID_MEMORY)
        fvm_fail(sentence, 0,
                 "%s ran out of its --memory %s, and the kernel killed a program in it", name,
                 size);
    else if (said == FVM_SAID_DISK)
        fvm_fail(sentence, 0, "%s used more than its --disk %s and was ended%s", name, size, look);
    return said == FVM_SAID_TIMEOUT || said == FVM_SAID_MEMORY || said == FVM_SAID_DISK;
}
