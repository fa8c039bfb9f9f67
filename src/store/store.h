/* store/store.h: the store on disk: where it is, its bases with their versions, its VMs. For
 * commands and launcher. */
#pragma once
#include "core/base.h"
#include "core/conf.h"
#include "core/error.h"
#include "core/terms.h"

#define FVM_STORE_FORMAT   1
#define FVM_VM_CONF_MAX_CB ((size_t)1 << 20)
#define FVM_VM_FORMAT      1
#define FVM_BASE_DEFAULT   "default"
#define FVM_USER_CAP       64       /* Windows user name, with its end */
#define FVM_SEALED         "sealed" /* levels of a VM */
#define FVM_SHARED         "shared"

/* clang-format off
 *
 * <store>/format                      "format = 1"
 * <store>/bases/<base>/base.conf      user
 *                      current        number of the version that new starts see
 *                      versions/<n>/  drive_c, system.reg, user.reg, userdef.reg: never changed once current;
 *                                     32bit: its Windows has the part for 32-bit programs
 * <store>/vms/<vm>/vm.conf            level, base, version, created, temporary, folder..., its terms
 *                  conflicts          what VM and base both changed, see update.h
 *                  layers/1/files/C   overlay upper of C:; files/Z/<path> those of shown Linux folders
 *                  layers/1/work/     overlayfs' own
 *                  layers/1/registry.reg
 *                  run/               only while it runs, or after a crash: prefix/ with whole hives, control socket,
 *                                     terms: what it runs on, see core/terms.h
 *                  log/
 *
 * Locks (flock): a VM's directory, exclusively by its supervisor or by whoever changes it at rest; a base's
 * directory, exclusively while its current version changes, shared while a VM picks one.
 *
 * clang-format on */

/**
 * Read one of the store's `key = value` files.
 *
 * @param conf   [out] yours, empty unless 0 is returned
 * @param max_cb larger files are refused
 * @return 0; -EPROTO newer format; -EBADMSG damaged; -errno; sentence names the file
 */
int fvm_conf_load(struct fvm_conf *conf, int dir_fd, const char *name, size_t max_cb,
                  unsigned max_format, struct fvm_error *err);

/** Write such a file, at once whole. @return 0; -errno with a sentence */
int fvm_conf_save(const struct fvm_conf *conf, int dir_fd, const char *name, struct fvm_error *err);

struct fvm_store {
    int fd;     /* the store's directory */
    char *path; /* for sentences only */
};

/** Where the store is: $FVM_HOME, else $XDG_DATA_HOME/fvm, else ~/.local/share/fvm; for root
 * /var/lib/fvm. @return yours; NULL: no place */
char *fvm_store_path(void);
/** Make the store's folder with its parents. @return 0; -errno */
int fvm_store_make(const char *path, struct fvm_error *err);

/** The current folder is the store from now on: fvm_store_open() takes it as it is. */
void fvm_store_entered(void);

/**
 * Open the store; made if it is missing.
 *
 * Also sweeps what crashed commands left: half-made and half-deleted VMs, dead throw-away VMs.
 *
 * @return 0; -errno; -EPROTO newer format; sentence says what and where
 */
int fvm_store_open(struct fvm_store *store, struct fvm_error *err);
void fvm_store_close(struct fvm_store *store);

/* --- bases ---------------------------------------------------------------------------------- */
struct fvm_base {
    int fd; /* its directory; carries the lock */
    char name[80];
    char user[FVM_USER_CAP]; /* Windows user name of the prefix */
    unsigned current;        /* version that new starts see */
};
/**
 * Open a base.
 *
 * @param exclusive true: to change it. The lock is held until fvm_base_close().
 * @return 0; -ENOENT no such base; -EBUSY being updated; -EPERM it belongs to another user; -EPROTO
 * newer format
 */
int fvm_base_open(struct fvm_base *base, const struct fvm_store *store, const char *name,
                  bool exclusive, struct fvm_error *err);
void fvm_base_close(struct fvm_base *base);
static inline void fvm_cleanup_base(struct fvm_base *base)
{
    fvm_base_close(base);
}
/** Open the directory of one version. @return descriptor, yours; -errno with a sentence */
int fvm_base_version(const struct fvm_base *base, unsigned version, struct fvm_error *err);
/** The Windows user name of a base, which never changes: no lock is taken. @param user [out] */
int fvm_base_user(char user[FVM_USER_CAP], const struct fvm_store *store, const char *name,
                  struct fvm_error *err);
/* What a new version begins as. */
enum fvm_draft {
    FVM_DRAFT_EMPTY, /* the first one */
    FVM_DRAFT_LINKS, /* the current one by hard links: for who replaces files */
    FVM_DRAFT_COPY   /* a copy of its own: for who writes into files */
};
/**
 * Begin a new version.
 *
 * @return descriptor of its directory, yours; fvm_base_publish() makes it current, until then it is
 * scrap
 */
int fvm_base_begin(struct fvm_base *base, enum fvm_draft draft, struct fvm_error *err);
int fvm_base_publish(struct fvm_base *base, struct fvm_error *err);
/** Has a version's Windows the part for 32-bit programs? */
bool fvm_base_has_32bit(int version_fd);
/** The same of the current version. */
bool fvm_base_current_has_32bit(const struct fvm_base *base);
/** Write down that a draft has it. @return 0; -errno with a sentence */
int fvm_base_note_32bit(int draft_fd, struct fvm_error *err);
/** Remove versions that are neither current nor named by a VM's vm.conf. Needs the exclusive lock.
 */
int fvm_base_collect(const struct fvm_store *store, struct fvm_base *base, struct fvm_error *err);
/** Make an empty base directory (locked exclusively, not listed until its first version is
 * published). */
int fvm_base_create(struct fvm_base *base, const struct fvm_store *store, const char *name,
                    const char *user, struct fvm_error *err);

/* --- VMs -------------------------------------------------------------------------------------- */
struct fvm_vm {
    int fd; /* its directory; a lock, if taken, belongs to this descriptor */
    char name[80];
    char path[90]; /* its directory, relative to the store: "vms/<name>" */
    struct fvm_conf conf;
    bool temporary;
    bool shared;      /* its level */
    bool windows;     /* the one that shared VMs run in */
    unsigned version; /* of the base, that the layer was last seen over */
};
/**
 * Make a VM with an empty layer over the base's current version.
 *
 * @param name  NULL: a throw-away VM with a name of its own choice
 * @param level FVM_SEALED, FVM_SHARED
 * @param terms that it runs on where nothing else is said, or NULL
 * @return 0, vm locked exclusively; -EEXIST (without case); -EINVAL bad name; -errno
 */
int fvm_vm_create(struct fvm_vm *vm, const struct fvm_store *store, const char *name,
                  const char *base, const char *level, const struct fvm_terms *terms,
                  struct fvm_error *err);
/**
 * Open, or make, the throw-away sealed VM in which all shared VMs over one version of a base run.
 *
 * @return 0, vm locked if it was made; -EBUSY the base has moved on meanwhile; -errno
 */
int fvm_vm_windows(struct fvm_vm *vm, const struct fvm_store *store, const char *base,
                   unsigned version, struct fvm_error *err);
/**
 * Open a VM.
 *
 * @return 0; -ENOENT unknown (sentence lists near names); -EPROTO newer format; -EBADMSG vm.conf
 * damaged
 */
int fvm_vm_open(struct fvm_vm *vm, const struct fvm_store *store, const char *name,
                struct fvm_error *err);
void fvm_vm_close(struct fvm_vm *vm);
static inline void fvm_cleanup_vm(struct fvm_vm *vm)
{
    fvm_vm_close(vm);
}
/** Take the VM for oneself, to change it at rest. @return 0; -EBUSY it runs or another fvm works on
 * it */
int fvm_vm_lock(struct fvm_vm *vm, const char *to_do_what, struct fvm_error *err);
/** Is a locked VM still the one of its name? Whoever had the lock before may have deleted it. */
bool fvm_vm_is_there(const struct fvm_store *store, const struct fvm_vm *vm);
int fvm_vm_save(struct fvm_vm *vm, struct fvm_error *err);
/** Remove a locked VM: renamed away first, so that it is gone at once or there whole. */
int fvm_vm_delete(const struct fvm_store *store, struct fvm_vm *vm, struct fvm_error *err);
/** Open the base version that a VM stands on. @return descriptor, yours; -errno with a sentence */
int fvm_vm_version(const struct fvm_store *store, const struct fvm_vm *vm, struct fvm_error *err);
/** Descriptor of the writable layer. @return yours; -errno */
int fvm_vm_layer(const struct fvm_vm *vm, struct fvm_error *err);

/* --- registry of a VM (hives.c) --------------------------------------------------------------- */
/**
 * Put the hives of base and layer together in run/prefix, for wineserver. The VM is locked.
 *
 * @param version_fd the base version's directory
 */
int fvm_hives_prepare(const struct fvm_vm *vm, int version_fd, struct fvm_error *err);
/**
 * After the VM has ended, or died: write what its hives say beyond the base to the layer's
 * registry.reg, remove run/.
 *
 * May be repeated. Without run/ it does nothing.
 */
int fvm_hives_fold(const struct fvm_vm *vm, int version_fd, struct fvm_error *err);
struct fvm_reg;
/**
 * The VM's registry delta: registry.reg, or, while it runs, what its hives on disk say.
 *
 * @param delta [out] yours
 */
int fvm_hives_delta(struct fvm_reg **delta, const struct fvm_vm *vm, int version_fd,
                    struct fvm_error *err);
/** Replace the layer's registry.reg (an empty delta removes it). The VM is locked and at rest. */
int fvm_hives_save_delta(const struct fvm_vm *vm, struct fvm_reg *delta, struct fvm_error *err);
/** Read the three hives of a directory. @param reg [out] yours */
int fvm_hives_read(struct fvm_reg **reg, int dir_fd, struct fvm_error *err);
int fvm_hives_write(struct fvm_reg *reg, int dir_fd, struct fvm_error *err);
