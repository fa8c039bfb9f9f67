/* launcher/terms.h: the parts of a VM's terms (core/terms.h), one file each. Private to the
 * launcher.
 *
 * X_ready  in the command, before anything was made, as whoever called: is the package there, does
 *          the kernel offer it, is the folder there? 0; -errno with a sentence that says what to
 * do.
 */
#pragma once
#include "core/error.h"
#include "core/terms.h"
#include "launcher/launcher.h"

/* net.c */
int fvm_net_ready(const struct fvm_terms *terms, struct fvm_error *err);
/* display.c: display and sound */
int fvm_display_ready(const struct fvm_terms *terms, struct fvm_error *err);
/* limits.c: memory, procs, cpus, disk, timeout; what keeps them is in limits.h */
#define FVM_XVFB "/usr/bin/Xvfb"
/* In the VM: the X server's picture of the screen and its log. */
#define FVM_DISPLAY_DIR "/run/fvm/display"
enum { FVM_DISPLAY_ENV = 6 };
/** What programs find in their environment. @param env [out] room for FVM_DISPLAY_ENV strings, none
 * of them yours @return how many */
size_t fvm_display_env(char **env, const struct fvm_terms *terms);
/* The X server of a private display, of pid 1. */
struct fvm_screen {
    pid_t server; /* 0: there is none */
    int ready;    /* readable when it takes connections; -1: nobody waits */
    int name;     /* keeps the display's abstract name from others; -1 */
};
/** Start it, in the VM's root and sealed. @param screen [out] also if there is none to be started
 */
int fvm_screen_start(struct fvm_screen *screen, const struct fvm_terms *terms,
                     struct fvm_error *err);
/** Wait until programs can use it. @return 0; -EIO it ended, -ETIMEDOUT */
int fvm_screen_await(struct fvm_screen *screen, struct fvm_error *err);
/* host_display.c: the user's own display and sound. */
/** Can programs use the display that $DISPLAY names? @return 0; -errno with a sentence */
int fvm_host_display_ready(struct fvm_error *err);
int fvm_host_sound_ready(struct fvm_error *err);
/** As root, in the mount namespace of the VM's user: keep what was found within his reach. */
int fvm_host_keep(struct fvm_error *err);
/** Pid 1, before it enters the VM's root at mnt/: show what the terms say. */
int fvm_host_show(const struct fvm_terms *terms, struct fvm_error *err);
int fvm_limits_ready(const struct fvm_terms *terms, struct fvm_error *err);
/* shares.c; fvm_shares_ready() is in launcher.h */
/**
 * As root, with the store as current folder and in a mount namespace of one's own: make the folders
 * reachable for the VM's user, as if he were their owner. Sets each share's source.
 */
int fvm_shares_map(struct fvm_terms *terms, struct fvm_error *err);
/**
 * Pid 1, while it builds the root: make the mount points on drive C: that the base and the VM's
 * layer lack, in a folder of the VM's run/ that becomes the lowest layer of the drive. So the VM's
 * diff does not have them.
 *
 * @param drive the drive's overlay without that layer, not mounted yet; gone afterwards if there
 * are such mount points
 * @param below [out] that folder, relative to the store; empty: there are none
 * @return 0; -errno: a file is in the way ...
 */
int fvm_shares_below(const struct fvm_start *start, int *drive, char below[128],
                     struct fvm_error *err);
/** Pid 1, when drive C: is there: show the shares, all of them below FVM_SHARES as well. @param
 * root where the VM's root is mounted */
int fvm_shares_show(const struct fvm_start *start, const char *root, struct fvm_error *err);
/** The helper of a join, in the VM, when a folder has been shown: what is shared of it is to be
 * seen in it as it is. */
int fvm_shares_show_in(const struct fvm_terms *terms, const char *folder, struct fvm_error *err);
/* Where a VM has all of its shares, by their numbers. */
#define FVM_SHARES "/fvmshare"

/* privilege.c */
/**
 * A user namespace that exists only as a mapping: what `owner` and `group` have on disk is the VM
 * user's for whoever looks through an idmapped mount with it.
 *
 * @return descriptor, yours; -errno with a sentence
 */
int fvm_map_owner(unsigned owner, unsigned group, struct fvm_error *err);
