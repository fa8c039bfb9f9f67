/* core/terms.h: the terms that a sealed VM runs on: what it may reach beyond itself, and how much
 * it may use. They are said as options (`--net private`), kept in vm.conf and in a running VM's
 * run/terms as `key = value`, always in one spelling. Pure. */
#pragma once
#include "core/conf.h"
#include "core/error.h"

enum fvm_net {
    FVM_NET_NONE,    /* its own loopback */
    FVM_NET_PRIVATE, /* outgoing connections, but not to this machine and not to its neighbours */
    FVM_NET_LAN,     /* outgoing connections, also to the neighbours */
    FVM_NET_HOST,    /* the host's own network */
    FVM_NET_VM       /* the network of another VM */
};
enum fvm_display {
    FVM_DISPLAY_NONE,
    FVM_DISPLAY_PRIVATE, /* an X server of its own */
    FVM_DISPLAY_HOST     /* the user's: no border for windows, keys and pictures */
};

/* A port of the host's that leads into the VM. */
struct fvm_publish {
    char address[48]; /* where the host listens, IPv4 or (without brackets) IPv6 */
    uint16_t host_port, vm_port;
    bool udp;
};
/* A folder of the host's that the VM sees as it is, not copy-on-write. */
struct fvm_share {
    char *dir;   /* Linux path; absolute in terms that a VM is started with */
    char *place; /* "D:" or "C:\x\y"; NULL: the same path, on drive Z: */
    bool writable;
    char *source; /* where this process reaches it; NULL: by dir */
};

struct fvm_terms {
    struct fvm_conf said; /* one line for each option that was given */
    /* What those mean, and 0 for what was not said. */
    enum fvm_net net;
    char net_vm[80]; /* whose network, of FVM_NET_VM */
    enum fvm_display display;
    unsigned width, height; /* of a private display; 0: not said */
    bool sound;
    uint64_t memory_cb, disk_cb;
    unsigned procs;
    unsigned cpu_percent; /* 100: one processor's whole time */
    unsigned timeout_s;
    struct fvm_publish *publish;
    size_t publish_count;
    struct fvm_share *shares;
    size_t share_count;
};

/* Nothing said. */
extern const struct fvm_terms fvm_terms_none;

/**
 * Say one more.
 *
 * @param key   "net", "publish", "display", "sound", "share", "memory", "procs", "cpus", "disk",
 *              "timeout". "publish" and "share" may be said many times, of the others the last
 *              counts
 * @param value as the user gives it to the option; "yes" for "sound"
 * @param err   [out] sentence that names the option
 * @return FVM_OK; FVM_INVALID; FVM_NOT_FOUND no such key; FVM_NO_MEMORY
 */
fvm_status fvm_terms_add(struct fvm_terms *terms, const char *key, const char *value,
                         struct fvm_error *err);
/**
 * What was not said is as these lines say: a VM's own terms behind those of the command line. Its
 * ports go with its network: who says another one that has none loses them.
 *
 * @param conf lines with other keys are left out of it
 * @return as fvm_terms_add()
 */
fvm_status fvm_terms_add_missing(struct fvm_terms *terms, const struct fvm_conf *conf,
                                 struct fvm_error *err);
/** Write what was said into a configuration, instead of what that said. @return FVM_OK;
 * FVM_NO_MEMORY */
fvm_status fvm_terms_put(const struct fvm_terms *terms, struct fvm_conf *conf);
/** Do they make sense together? @return FVM_OK; FVM_INVALID with a sentence */
fvm_status fvm_terms_check(const struct fvm_terms *terms, struct fvm_error *err);
/**
 * Does a VM that runs already run on what was said?
 *
 * @return NULL: it does; the key of the first option that says otherwise
 */
const char *fvm_terms_differ(const struct fvm_terms *asked, const struct fvm_terms *running);
/** Replace a share's folder, and what was said of it. @param dir copied @return FVM_OK;
 * FVM_NO_MEMORY */
fvm_status fvm_terms_set_dir(struct fvm_terms *terms, size_t share, const char *dir);
/** Forget all. They may be used again. */
void fvm_terms_free(struct fvm_terms *terms);
static inline void fvm_cleanup_terms(struct fvm_terms *terms)
{
    fvm_terms_free(terms);
}
