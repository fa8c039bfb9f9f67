/* launcher/cage.h: how the limits of a VM's terms are kept: control groups, and what the
 * supervisor watches. Private to the launcher; what is asked of control groups is core/limits.h. */
#pragma once
#include "core/limits.h"
#include "launcher/launcher.h"
#include "launcher/limits.h"

enum { FVM_CAGE_PATH = 1024, FVM_CAGE_FDS = 3 * FVM_CONTROL_COUNT + 1 };

/* --- control groups (limits_cgroup.c) ------------------------------------------------------------
 * One group per VM; of version 1 one in each hierarchy. Whoever has a part's folder open holds its
 * lock: a group of ours that nobody holds is of a VM that was killed. */
struct fvm_cage {
    struct fvm_cage_part {
        int place, dir;           /* folder of the group's parent; its own, locked */
        int procs;                /* cgroup.procs, opened by whoever may put processes into it */
        bool v2;                  /* of version 2 */
        char name[40];            /* of the group */
        char path[FVM_CAGE_PATH]; /* of the parent: parts with the same one are one group */
    } parts[FVM_CONTROL_COUNT];
    size_t count;
    int ooms; /* descriptor of what counts kills for want of memory; -1: not limited */
};
#define FVM_CAGE_NONE                                                                              \
    {                                                                                              \
        .ooms = -1                                                                                 \
    }

/** Can this process make a group with that controller? Makes nothing. @return 0; -errno, the
 * sentence says why not and what to do */
int fvm_cage_offered(enum fvm_control control, struct fvm_error *err);
/** Make the group that these terms want. @param cage [out] yours; empty if they want none
 * @return 0; -errno, nothing is left */
int fvm_cage_make(struct fvm_cage *cage, const struct fvm_terms *terms, struct fvm_error *err);
/** The files that take who enters it. @param procs [out] borrowed @return their number */
size_t fvm_cage_procs(const struct fvm_cage *cage, int procs[FVM_CONTROL_COUNT]);
/** Put a process into it. @param procs of fvm_cage_procs() @param pid 0: the caller */
int fvm_cage_enter(const int *procs, size_t count, pid_t pid, struct fvm_error *err);
/** What of it must stay open in the supervisor. @param fds [out] at least FVM_CAGE_FDS @return
 * their number */
size_t fvm_cage_fds(const struct fvm_cage *cage, int *fds);
/** How often was a program in it killed because there was no more memory? */
uint64_t fvm_cage_ooms(const struct fvm_cage *cage);
/** Close it; it stays. */
void fvm_cage_close(struct fvm_cage *cage);
/** Remove it, waiting a little for its last processes, and close it. */
void fvm_cage_remove(struct fvm_cage *cage);
/** Remove the groups of VMs that were killed. */
void fvm_cages_sweep(void);

/* --- the group that was made for the VM to be started (limits.c)
 * ---------------------------------- Made as whoever called; as root it is made before root is
 * given up. */
/** The prepared group, if these terms want one; else NULL. Borrowed. */
struct fvm_cage *fvm_limits_cage(const struct fvm_terms *terms);
/** It is the supervisor's from now on. */
void fvm_limits_handed(const struct fvm_terms *terms);

/* --- what the supervisor watches (limits_watch.c)
 * -------------------------------------------------
 */
struct fvm_watch {
    const struct fvm_terms *terms;
    struct fvm_cage *cage;   /* or NULL */
    uint64_t ooms;           /* that were told */
    long long ends_at_ms;    /* 0: never */
    long long kill_at_ms;    /* it was told to end, and must have by then */
    int vm_fd, pid_ns;       /* disk: the VM's folder; its pid namespace */
    long long walk_after_ms; /* not before, unless space runs out */
    long long failed_since_ms;
    uint64_t left_cb, free_cb; /* at the last walk: what the VM might still take, what was free */
};
/** Begin. @param cage borrowed, or NULL @param pid_ns descriptor of the VM's, borrowed @return 0;
 * -errno */
int fvm_watch_begin(struct fvm_watch *watch, const struct fvm_start *start, struct fvm_cage *cage,
                    int pid_ns, struct fvm_error *err);
/** How long may the supervisor sleep? @return milliseconds; -1: for ever */
int fvm_watch_wait_ms(const struct fvm_watch *watch);
/** Look. @return 0; FVM_SAID_TIMEOUT, FVM_SAID_DISK: the VM must end for it, told once;
 * FVM_SAY_STOP: it did not, kill it */
char fvm_watch_look(struct fvm_watch *watch);
/** Was a program killed for want of memory since the last call? */
bool fvm_watch_oom(struct fvm_watch *watch);
/**
 * Has a VM at rest room for a start?
 *
 * @return 0; -EDQUOT it has more on disk than it may
 */
int fvm_disk_fits(int vm_fd, const char *name, const struct fvm_terms *terms,
                  struct fvm_error *err);
