/* launcher/link.h: a command's connection to a running VM: join it, hold it, let go, end it. For
 * the commands. */
#pragma once
#include "core/error.h"
#include "store/store.h"

#include <sys/types.h>

/* Namespaces of a VM, in the order in which their descriptors are handed over. */
enum fvm_ns {
    FVM_NS_USER,
    FVM_NS_MNT,
    FVM_NS_IPC,
    FVM_NS_UTS,
    FVM_NS_NET,
    FVM_NS_PID,
    FVM_NS_COUNT
};

/* Why FVM ends a VM, or the kernel a program of it, as the supervisor says it: a limit of the VM's
 * was hit, its display died. */
enum { FVM_SAID_TIMEOUT = 't', FVM_SAID_MEMORY = 'm', FVM_SAID_DISK = 'd', FVM_SAID_DARK = 'D' };

/* A connection to a running VM's supervisor. */
struct fvm_link {
    int fd; /* hold: the VM does not end by itself while this is open */
    int ns[FVM_NS_COUNT];
    pid_t init;   /* host pid of pid 1 */
    bool stopped; /* known after the release: the VM's end did not wait for us */
    char reason;  /* why it was ended, or a program in it: FVM_SAID_TIMEOUT ...; 0: not by FVM */
    int cage[3];  /* files of the VM's control group that take who enters it */
    size_t cage_count;
    unsigned number; /* of a shared VM in its Windows, 1..; 0: a sealed VM */
};
/** Join a running VM. @return 0; -ENOENT it does not run (or is just ending): start it, or try
 * again */
int fvm_link_open(struct fvm_link *link, const struct fvm_store *store, const char *vm_dir,
                  struct fvm_error *err);
void fvm_link_close(struct fvm_link *link);
/**
 * Hold the VM no longer: it may end. The link stays open and is readable (end of file) when the VM
 * is at rest.
 *
 * @return 0 nobody else holds it; 1 another `fvm run` does
 */
int fvm_link_release(struct fvm_link *link);
/** Wait until the VM is at rest: everything ended, its registry written to the layer, or all of it
 * deleted. */
void fvm_link_await_end(struct fvm_link *link);
/** Hear, without waiting, what the supervisor says. @return false: the VM is at rest */
bool fvm_link_hear(struct fvm_link *link);
/** End a running VM: wineserver saves, then everything is killed. @return 0; -ENOENT it does not
 * run */
int fvm_link_stop(const struct fvm_store *store, const char *vm_dir, struct fvm_error *err);
