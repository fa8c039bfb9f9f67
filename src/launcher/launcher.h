/* launcher/launcher.h: a sealed VM as processes: start, join, ask, stop. For the commands;
 * everything else here is private. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/terms.h"
#include "launcher/link.h"
#include "store/collect.h"
#include "store/store.h"

#include <sys/types.h>

/*
 * Processes of a running VM:
 *   supervisor  one per VM, on the host, own session; holds the VM's lock and its namespaces'
 * descriptors init        pid 1 of the VM: mounts the root, starts wineserver, reaps, starts
 * drivers on demand program     child of the `fvm run` that was asked for it (so the terminal is
 * shared), joined to the namespaces The VM ends when no `fvm run` holds it and init has no child
 * left; or by fvm_vm_stop().
 */

struct fvm_wine {
    char loader[256]; /* wine64 */
    char server[256]; /* wineserver64 */
    char pe_dir[256]; /* where the builtin wineboot.exe of this Wine lies */
    char guest[4096]; /* FVM's own guest files */
    /* Wine's libraries for 32-bit programs (a folder i386-windows), of this Wine's version; empty:
     * none. Absolute, or relative to the store. */
    char pe32_dir[4096];
};
/** Find Wine and FVM's guest files. @return 0; -ENOENT: sentence says what to install */
int fvm_wine_find(struct fvm_wine *wine, struct fvm_error *err);
/* Where a VM that runs 32-bit programs finds those libraries; others lack it. */
#define FVM_WINE32     "/fvm32"
#define FVM_WINE32_ENV "WINEDLLPATH=/fvm32"
/* What every process of Wine's in a VM has in its environment; a list of strings. */
#define FVM_WINE_ENV                                                                               \
    "WINEPREFIX=/prefix", "HOME=/home/fvm", "PATH=/usr/bin:/bin", "WINELOADERNOEXEC=1",            \
        "WINEDLLOVERRIDES=mscoree=;mshtml=;winemenubuilder.exe="
/* Where nobody chose a locale: in the POSIX locale Wine has no names but those of ASCII letters. */
#define FVM_LOCALE_ENV "LC_CTYPE=C.UTF-8"

enum fvm_boot {
    FVM_BOOT_LEAN, /* FVM's wineboot: services in the background, drivers on demand */
    FVM_BOOT_FULL  /* Wine's own wineboot: when a base is made */
};

/* A Linux folder that a VM sees at its own path: copy-on-write by an overlay; in a shared VM
 * read-only, and the engine copies. */
struct fvm_folder {
    char *path;            /* absolute, without links */
    char lower[4096 + 64]; /* where this process reaches it: the path itself, or below the store */
    char *upper, *work;    /* relative to the store; NULL in shared VMs */
    bool file_only;        /* path is one file, shown read-only */
    bool writable;         /* as it is: a shared VM's layer */
};
/* What a VM is started from. */
struct fvm_start {
    const struct fvm_store *store;
    const struct fvm_wine *wine;
    const char *base; /* its name, and */
    unsigned
        version; /* which version is below; 0: prefix_dir is the drive itself, written directly */
    const char *vm_dir; /* the VM's folder, relative to the store: "vms/x" */
    const char *prefix; /* folder that becomes WINEPREFIX, relative to the store */
    const char *user;   /* Windows user name */
    const struct fvm_terms *terms;
    enum fvm_boot boot;
    const struct fvm_folder *folders; /* that a shared VM has seen, or is to see */
    size_t folder_count;
    bool wine32; /* it runs 32-bit programs too */
    bool lasts;  /* it ends when nobody holds it, not with its programs */
    bool shared; /* the VM runs inside a Windows that others share; no prefix then */
};

/**
 * Start a VM's supervisor and pid 1.
 *
 * @param lock_fd descriptor that carries the VM's lock; the supervisor keeps a copy
 * @param hold    [out] the VM lives while this descriptor (or another hold) is open; yours
 * @return 0; -errno, nothing is left running
 */
int fvm_launch(const struct fvm_start *start, int lock_fd, int *hold, struct fvm_error *err);

/* In the Linux environment of every process of a shared VM: its number. */
#define FVM_NUMBER_VARIABLE "FVM_VM"

/** Is a path one of Windows' with a drive? @param path may be NULL */
static inline bool fvm_has_drive(const char *path)
{
    return path && path[0] && path[1] == ':';
}
/* A program to be run in a VM. */
struct fvm_program {
    char **argv; /* as the user gave it; argv[0] names the program */
    const char
        *linux_path; /* argv[0] as an absolute Linux path, or NULL: a Windows path or a bare name */
    const char *cwd; /* absolute Linux path or Windows path in the VM; NULL: the user's profile */
    char **env;      /* K=V to set, NULL-terminated */
    struct fvm_folder *folders;
    size_t folder_count;
    const char *user;
    const struct fvm_terms *terms; /* that the VM runs on */
    int log; /* descriptor for its output and error, instead of ours; 0: none */
    /* argv is a Linux program of the machine's, by its path, in a session of its own; in and out
     * are its standard input and output, -1: none. */
    bool tool;
    int in, out;
    bool as_is; /* argv goes to Wine without a search: while a base is made there is nothing to
                   search */
};
/**
 * Start a program in a running VM, as a child of the caller.
 *
 * @param pid [out] host pid, to be waited for
 * @return 0; -ENOENT program not found (exit 127), -ENOEXEC not a Windows program or wrong
 * architecture (exit 126), -ENOPKG the same: a 32-bit one, which this VM does not run; -errno
 */
int fvm_join(const struct fvm_link *link, const struct fvm_store *store,
             const struct fvm_wine *wine, const struct fvm_program *program, pid_t *pid,
             struct fvm_error *err);

/* --- VMs of the store (start.c, make_base.c)
 * ------------------------------------------------------ */
/**
 * Make sure that a VM runs, and hold it.
 *
 * Starts it over the base's current version; recovers what a crash left; joins it if it runs
 * already.
 *
 * @param vm      [in,out] may be locked (just created); is not afterwards
 * @param folders what a shared VM sees from its beginning on: all that it has ever seen, so that it
 *                finds its changes in them
 * @param terms   that it is to run on, if it does not run yet; checked with fvm_terms_ready();
 * NULL: they were not, for it ran
 * @param asked   what was said on the command line: a VM that runs already must run on that
 * @param user    [out] Windows user name, at least 64 bytes
 * @return 0; -EBUSY another fvm works on it for long; -ESTALE it was just deleted; -EPERM it runs
 * on other terms; -errno
 */
int fvm_vm_start(struct fvm_link *link, const struct fvm_store *store, const struct fvm_wine *wine,
                 struct fvm_vm *vm, const struct fvm_terms *terms, const struct fvm_terms *asked,
                 const struct fvm_folder *folders, size_t folder_count, char *user,
                 struct fvm_error *err);
/**
 * Can this machine give a VM what its terms say? Before anything is made, as whoever called.
 *
 * @return 0; -errno: a package is missing (which one), the kernel does not offer it, the folder is
 * not there ...
 */
int fvm_terms_ready(const struct fvm_terms *terms, struct fvm_error *err);
/** The same of their shared folders: before a start only, since a VM that runs has them. */
int fvm_shares_ready(const struct fvm_terms *terms, struct fvm_error *err);
/** Can a folder be shared for writing? @param dir absolute, without links @return 0; -errno */
int fvm_shares_offered(const char *dir, struct fvm_error *err);
/** The terms that a VM runs on. @param terms [out] yours @return 0; -ENOENT it does not run; -errno
 */
int fvm_vm_terms(struct fvm_terms *terms, const struct fvm_vm *vm, struct fvm_error *err);
/**
 * After a VM's end, or a crash of everything: write what the hives of a dead VM say to its layer,
 * bring the layer of a shared one to rest. The VM is locked.
 *
 * @param opener as fvm_vm_rest()
 * @return 0 (also when there is nothing to recover)
 */
int fvm_vm_recover(const struct fvm_store *store, const struct fvm_vm *vm, fvm_host_opener *opener,
                   void *context, struct fvm_error *err);

/** Called with each step of long work: "installing Windows", 1 of 4. */
typedef void fvm_progress(void *context, unsigned step, unsigned steps, const char *what);
enum { FVM_BASE_STEPS = 5 }; /* of making a base; fetching what it needs is step 0 */
/**
 * Fetch Wine's libraries for 32-bit programs into the store, unless they are on this machine.
 *
 * Debian's package of them, by tools/get-wine32.sh: 95 MB by network, 550 MB on disk.
 *
 * @param wine [in,out] pe32_dir is set
 * @return 0; -ENOENT FVM_WINE32 names no such folder; -EIO: sentence has the script's own words
 */
int fvm_wine_get_32bit(struct fvm_wine *wine, const struct fvm_store *store, fvm_progress *progress,
                       void *context, struct fvm_error *err);
/** Make a base: a fresh Windows 10 (by its version) that FVM's lean boot suits. Takes about 10 s.
 */
int fvm_make_base(const struct fvm_store *store, const struct fvm_wine *wine, const char *name,
                  fvm_progress *progress, void *context, struct fvm_error *err);
/**
 * Make a new version of a base, with the part for 32-bit programs.
 *
 * Wine's own update of a prefix in a copy of the current version: what was committed stays.
 *
 * @param wine has pe32_dir
 * @return 0, also if the current version has it; -ENOENT no such base; -EBUSY; -errno
 */
int fvm_make_base_32bit(const struct fvm_store *store, const struct fvm_wine *wine,
                        const char *name, fvm_progress *progress, void *context,
                        struct fvm_error *err);

/* --- root and the machine (privilege.c) ---------------------------------------------------------
 */
/**
 * Started by root: become the unprivileged user that VMs of root belong to.
 *
 * Before that, in a mount namespace of its own: gives the store to that user, and shows it FVM's
 * guest files and each folder below the store; folders by idmapped mounts, in which their owner's
 * files appear as the VM user's own. Not started by root: only sets each folder's `lower`.
 *
 * @param wine    [in,out] guest becomes the shown path
 * @param folders [in,out] path given, lower set
 * @param terms   [in,out] their shares are made reachable too; NULL: none
 * @return 0; -EPERM the store belongs to somebody else; -errno
 */
int fvm_become_user(struct fvm_wine *wine, struct fvm_folder *folders, size_t count,
                    struct fvm_terms *terms, struct fvm_error *err);
/** Does this kernel let an ordinary user make the namespaces? @return 0; -errno, sentence says what
 * to enable */
int fvm_check_namespaces(struct fvm_error *err);
