/* launcher/seal.h: the steps that turn a process of ours into one of a VM's. Private to the
 * launcher. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "launcher/launcher.h"

/**
 * Give up everything for good: capabilities, bounding set, new privileges; limits; then the system
 * call filter.
 *
 * Called by each process that enters a VM, after its mounts and before anything of the VM runs.
 *
 * @param wine32 the VM runs 32-bit programs: Wine may make the one call of i386 that it needs
 */
int fvm_seal_process(bool wine32, struct fvm_error *err);
/** Close every descriptor from 3 up but the listed ones. */
void fvm_seal_close(const int *keep, size_t count);
/** Install the system call filter (seccomp.c). @param wine32 as fvm_seal_process() */
int fvm_seal_filter(bool wine32, struct fvm_error *err);

/* root.c: the VM's root file system. The caller is in the new user and mount namespace, its current
 * folder is the store. */
int fvm_root_build(const struct fvm_start *start, struct fvm_error *err);

/* overlay.c */
struct fvm_overlay {
    const char *lower, *upper, *work; /* relative to the current folder */
};
/** Make an overlay file system that is mounted nowhere yet. @return descriptor for
 * fvm_overlay_place(), yours; -errno */
int fvm_overlay_make(const struct fvm_overlay *overlay, struct fvm_error *err);
/** Mount it. @param path absolute, or relative to the current folder; exists */
int fvm_overlay_place(int mount_fd, const char *path, struct fvm_error *err);

/* init.c: pid 1. Never returns. @param link to the supervisor */
_Noreturn void fvm_init_main(const struct fvm_start *start, int link);

/* warden.c: stands for pid 1 of a shared VM. Never returns. @param windows, number from
 * fvm_windows_enter() @param link to the supervisor */
_Noreturn void fvm_warden_main(const struct fvm_start *start, const struct fvm_link *windows,
                               unsigned number, int link);

/* windows.c: the Windows that shared VMs run in. */
/**
 * Make sure that the Windows of a shared VM runs, hold it, and take a number in it.
 *
 * @param windows [out] a hold; yours
 * @param slot    [out] descriptor that keeps the number ours while it is open; yours
 * @return the number, 1..65535; -errno
 */
int fvm_windows_enter(struct fvm_link *windows, int *slot, const struct fvm_start *start,
                      struct fvm_error *err);
/** Where the layer of a VM is in its Windows. */
void fvm_windows_layer(char path[32], unsigned number);
/** Take a VM's layer out of its Windows. */
void fvm_windows_remove_layer(const struct fvm_link *windows, unsigned number);

/* supervisor.c's words to init and back, one byte each. */
enum {
    FVM_SAY_HELD = 'h',
    FVM_SAY_FREE = 'f',
    FVM_SAY_STOP = 's',
    FVM_SAID_HELD = 'H',
    FVM_SAID_DARK = 'D' /* of its end, also by the supervisor to who waits: the display died */
};
/* First message of init, and of the supervisor to whoever started it: did it work? */
struct fvm_report {
    int32_t code; /* 0 or -errno */
    struct fvm_error error;
};
