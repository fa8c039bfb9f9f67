/* core/limits.h: what control groups are asked for a VM's limits, in both versions of them, and
 * where they are, from what /proc says. Pure; for the launcher. */
#pragma once
#include "core/terms.h"

/* As many threads the kernel counts for each VM without a control group (RLIMIT_NPROC, per user
 * namespace). */
#define FVM_TASKS_MAX 4096u
/* With less a VM does not come up: its Windows needs that before any program begins. */
#define FVM_MEMORY_MIN ((uint64_t)32 << 20)
#define FVM_TASKS_MIN  16u

/* The controllers that limits are kept by. */
enum fvm_control { FVM_CONTROL_MEMORY, FVM_CONTROL_PIDS, FVM_CONTROL_CPU, FVM_CONTROL_COUNT };
/** The kernel's name of a controller, and the option that wants it, for sentences. */
const char *fvm_control_name(enum fvm_control control);
const char *fvm_control_option(enum fvm_control control);
/** Do these terms need a controller? */
bool fvm_control_wanted(enum fvm_control control, const struct fvm_terms *terms);

/* One file of a control group, and what is written to it. */
struct fvm_setting {
    const char *file;
    char value[32];
    bool optional; /* the file is not on every machine, and the limit holds without it */
};
enum { FVM_SETTINGS_MAX = 3 };
/**
 * What a controller is to be told, in order.
 *
 * @param v2 control groups of version 2
 * @return number of settings
 */
size_t fvm_control_settings(struct fvm_setting settings[FVM_SETTINGS_MAX], enum fvm_control control,
                            bool v2, const struct fvm_terms *terms);

/**
 * Where is a hierarchy of control groups mounted?
 *
 * @param place      [out] "MOUNT POINT": of the first mount that is one
 * @param root       [out] which control group is seen there, "/" for the topmost
 * @param mountinfo  text of /proc/self/mountinfo
 * @param controller of version 1; NULL: version 2
 * @return false: nowhere, or a path is too long
 */
bool fvm_cgroup_mount(char *place, char *root, size_t cap, const char *mountinfo,
                      const char *controller);
/** In which control group is a process? @param cgroups text of /proc/PID/cgroup @param controller
 * as above @return false: not told */
bool fvm_cgroup_own(char *path, size_t cap, const char *cgroups, const char *controller);
/**
 * The folder of a control group.
 *
 * @param path of the group, as /proc tells it
 * @return false: it is not below what is mounted
 */
bool fvm_cgroup_dir(char *dir, size_t cap, const char *place, const char *root, const char *path);
/** Is a word in a list that is separated by blanks (cgroup.controllers)? */
bool fvm_has_word(const char *list, const char *word);
/** "name number" in a file of such lines (memory.events, memory.oom_control). @return 0: not there
 */
uint64_t fvm_cgroup_count(const char *text, const char *name);
/** A size as people write it: "512M". @param text [out] at least 32 bytes */
void fvm_size_text(char text[32], uint64_t cb);
