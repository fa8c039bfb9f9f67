/* core/limits.c: see limits.h. */
#include "core/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* cpu.max and its like count microseconds of processor time in each such time. */
enum { CPU_PERIOD_US = 100000 };

static const struct {
    const char *name, *option;
} controls[FVM_CONTROL_COUNT] = {[FVM_CONTROL_MEMORY] = {"memory", "memory"},
                                 [FVM_CONTROL_PIDS] = {"pids", "procs of more than 4096"},
                                 [FVM_CONTROL_CPU] = {"cpu", "cpus"}};

const char *fvm_control_name(enum fvm_control control)
{
    return controls[control].name;
}

const char *fvm_control_option(enum fvm_control control)
{
    return controls[control].option;
}

bool fvm_control_wanted(enum fvm_control control, const struct fvm_terms *terms)
{
    return control == FVM_CONTROL_MEMORY ? terms->memory_cb > 0
           : control == FVM_CONTROL_PIDS ? terms->procs > FVM_TASKS_MAX
                                         : terms->cpu_percent > 0;
}

/* --- settings --------------------------------------------------------------------------------- */

static void set(struct fvm_setting **at, const char *file, bool optional, uint64_t value)
{
    struct fvm_setting *setting = (*at)++;

    setting->file = file;
    setting->optional = optional;
    snprintf(setting->value, sizeof(setting->value), "%llu", (unsigned long long)value);
}

/* Swap counts as memory, or a VM would have as much of that as there is. Version 1 counts both
 * together, where the kernel was told to; where not, the group is kept from swapping. */
static void set_memory(struct fvm_setting **at, bool v2, uint64_t cb)
{
    set(at, v2 ? "memory.max" : "memory.limit_in_bytes", false, cb);
    if (v2) {
        set(at, "memory.swap.max", true, 0);
        return;
    }
    set(at, "memory.memsw.limit_in_bytes", true, cb);
    set(at, "memory.swappiness", true, 0);
}

static void set_cpu(struct fvm_setting **at, bool v2, unsigned percent)
{
    uint64_t quota_us = (uint64_t)percent * CPU_PERIOD_US / 100;

    if (!v2) {
        set(at, "cpu.cfs_period_us", false, CPU_PERIOD_US);
        set(at, "cpu.cfs_quota_us", false, quota_us);
        return;
    }
    set(at, "cpu.max", false, 0);
    snprintf((*at)[-1].value, sizeof((*at)[-1].value), "%llu %u", (unsigned long long)quota_us,
             (unsigned)CPU_PERIOD_US);
}

size_t fvm_control_settings(struct fvm_setting settings[FVM_SETTINGS_MAX], enum fvm_control control,
                            bool v2, const struct fvm_terms *terms)
{
    struct fvm_setting *at = settings;

    if (!fvm_control_wanted(control, terms))
        return 0;
    if (control == FVM_CONTROL_MEMORY)
        set_memory(&at, v2, terms->memory_cb);
    else if (control == FVM_CONTROL_PIDS)
        set(&at, "pids.max", false, terms->procs);
    else
        set_cpu(&at, v2, terms->cpu_percent);
    return (size_t)(at - settings);
}

/* --- what /proc says -------------------------------------------------------------------------- */

/* Is a word in a list with a separator, which ends with the line? */
static bool is_listed(const char *list, size_t cb, char separator, const char *word)
{
    const char *end = list + cb;
    size_t word_cb = strlen(word);

    while (list < end) {
        const char *stop = memchr(list, separator, (size_t)(end - list));

        if (!stop)
            stop = end;
        if ((size_t)(stop - list) == word_cb && !memcmp(list, word, word_cb))
            return true;
        list = stop + 1;
    }
    return false;
}

bool fvm_has_word(const char *list, const char *word)
{
    return is_listed(list, strcspn(list, "\n"), ' ', word);
}

/* The next field of a line of mountinfo. @return false: the line is over */
static bool next_field(const char **at, const char **field, size_t *cb)
{
    const char *s = *at + strspn(*at, " ");

    *field = s;
    *cb = strcspn(s, " \n");
    *at = s + *cb;
    return *cb > 0;
}

/* Blanks and the like are there as \040. */
static bool copy_path(char *out, size_t cap, const char *s, size_t cb)
{
    size_t used = 0;

    for (size_t i = 0; i < cb; i++) {
        char c = s[i];

        if (used + 1 >= cap)
            return false;
        if (c == '\\' && i + 3 < cb) {
            c = (char)((s[i + 1] - '0') * 64 + (s[i + 2] - '0') * 8 + (s[i + 3] - '0'));
            i += 3;
        }
        out[used++] = c;
    }
    out[used] = 0;
    return true;
}

/* "ID PARENT DEVICE ROOT PLACE OPTIONS [MORE...] - TYPE SOURCE OPTIONS" */
static bool read_mount(const char *line, char *place, char *root, size_t cap,
                       const char *controller)
{
    const char *type = controller ? "cgroup" : "cgroup2";
    const char *field, *where = NULL, *what = NULL;
    size_t cb = 0, where_cb = 0, what_cb = 0;

    for (int i = 0; i < 5; i++) {
        if (!next_field(&line, &field, &cb))
            return false;
        if (i == 3)
            what = field, what_cb = cb;
    }
    where = field, where_cb = cb;
    do {
        if (!next_field(&line, &field, &cb))
            return false;
    } while (cb != 1 || *field != '-');
    if (!next_field(&line, &field, &cb) || cb != strlen(type) || memcmp(field, type, cb) != 0 ||
        !next_field(&line, &field, &cb) || !next_field(&line, &field, &cb))
        return false;
    return (!controller || is_listed(field, cb, ',', controller)) &&
           copy_path(place, cap, where, where_cb) && copy_path(root, cap, what, what_cb);
}

bool fvm_cgroup_mount(char *place, char *root, size_t cap, const char *mountinfo,
                      const char *controller)
{
    for (const char *line = mountinfo; *line;) {
        if (read_mount(line, place, root, cap, controller))
            return true;
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    return false;
}

/* "NUMBER:CONTROLLER,CONTROLLER:PATH"; version 2 has the number 0 and no controllers. */
bool fvm_cgroup_own(char *path, size_t cap, const char *cgroups, const char *controller)
{
    for (const char *line = cgroups; *line;) {
        size_t cb = strcspn(line, "\n");
        const char *names = memchr(line, ':', cb);
        const char *end = names ? memchr(names + 1, ':', (size_t)(line + cb - names - 1)) : NULL;

        if (end) {
            size_t names_cb = (size_t)(end - ++names), path_cb = (size_t)(line + cb - ++end);
            bool is_it = controller ? is_listed(names, names_cb, ',', controller)
                                    : !names_cb && !strncmp(line, "0:", 2);

            if (is_it && path_cb < cap) {
                memcpy(path, end, path_cb);
                path[path_cb] = 0;
                return true;
            }
        }
        line += cb;
        line += *line == '\n';
    }
    return false;
}

bool fvm_cgroup_dir(char *dir, size_t cap, const char *place, const char *root, const char *path)
{
    size_t cb = strcmp(root, "/") ? strlen(root) : 0;
    int length;

    /* "/..": above what this process is to see */
    if (strncmp(path, root, cb) || (path[cb] && path[cb] != '/') || !strncmp(path, "/..", 3))
        return false;
    path += cb;
    length = snprintf(dir, cap, "%s%s", place, strcmp(path, "/") ? path : "");
    return length > 0 && (size_t)length < cap;
}

uint64_t fvm_cgroup_count(const char *text, const char *name)
{
    size_t cb = strlen(name);

    for (const char *line = text; *line;) {
        if (!strncmp(line, name, cb) && line[cb] == ' ')
            return strtoull(line + cb, NULL, 10);
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    return 0;
}

void fvm_size_text(char text[32], uint64_t cb)
{
    static const char units[][2] = {"", "K", "M", "G", "T"};
    size_t unit = 0;

    while (cb && cb % 1024 == 0 && unit + 1 < ARRAY_LEN(units)) {
        cb /= 1024;
        unit++;
    }
    snprintf(text, 32, "%llu%s", (unsigned long long)cb, units[unit]);
}
