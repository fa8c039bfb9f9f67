/* launcher/net.h: the parts of a sealed VM's network. Private to net*.c, and to the processes that
 * make and join VMs.
 *
 * A VM with --net private or lan has one interface, a tap. Behind it, outside, a program of this
 * machine's (pasta, else slirp4netns) turns its packets into connections of the user's. What may
 * leave is decided before that, by a packet filter that the kernel runs on the tap: the VM has
 * nothing by which it could take it off.
 */
#pragma once
#include "core/error.h"
#include "core/terms.h"
#include "launcher/launcher.h"

#include <linux/filter.h>
#include <netinet/in.h>

/* What the VM has; the same in every VM, since no two of them see each other. */
#define FVM_NET_INTERFACE "eth0"
#define FVM_NET_ADDRESS   "10.0.2.15"
#define FVM_NET_GATEWAY   "10.0.2.2"
#define FVM_NET_DNS       "10.0.2.3"
#define FVM_NET_MASK      "255.255.255.0"

/* --- net_nets.c: what is near ----------------------------------------------------------------- */
enum { FVM_NETS_MAX = 900 };
/* Networks that a VM must not reach; addresses in the machine's own byte order. */
struct fvm_nets {
    struct fvm_subnet {
        uint32_t address, mask;
    } nets[FVM_NETS_MAX];
    size_t count;
};
/**
 * Find what this machine's own addresses are, and, for --net private, its neighbours'.
 *
 * Of the network namespace of the caller, as it is now.
 *
 * @return 0; -E2BIG more than FVM_NETS_MAX; -errno
 */
int fvm_nets_find(struct fvm_nets *nets, bool neighbours, struct fvm_error *err);
/** A socket that is readable when that may have changed. @return descriptor, yours; -errno */
int fvm_nets_watch(void);

/* --- net_names.c: names -------------------------------------------------------------------------
 */
enum { FVM_QUESTIONS_MAX = 64 };
struct fvm_names {
    int door; /* where the VM asks; FVM_NET_DNS in its network */
    struct fvm_question {
        int fd; /* to the host's resolver; -1: none */
        struct sockaddr_in from;
    } questions[FVM_QUESTIONS_MAX];
    size_t next;
};
/** Open the door, by a process in the VM's network. @return descriptor, yours; -errno */
int fvm_names_open(void);
/** There is a question at the door: pass it on to the resolver that this machine has now. */
void fvm_names_ask(struct fvm_names *names);
/** There is an answer to one of the questions. */
void fvm_names_answer(struct fvm_names *names, size_t number);

/* --- net_filter.c: what may leave ---------------------------------------------------------------
 */
enum { FVM_FILTER_MAX = FVM_NETS_MAX * 4 + 64 };
struct fvm_net_filter {
    struct sock_filter code[FVM_FILTER_MAX];
    unsigned short count;
};
/**
 * Make the filter of a tap: Ethernet frames that the VM sends.
 *
 * ARP and IPv4 pass, but of what goes to one of `nets` only answers of TCP: the other side began.
 */
void fvm_net_filter_make(struct fvm_net_filter *filter, const struct fvm_nets *nets);

/* --- net_keeper.c: the process that keeps a VM's tap and what is behind it ----------------------
 */
struct fvm_net_keeper {
    pid_t pid; /* 0: none */
    int link;  /* closed: it ends */
};
/**
 * Give the VM its network.
 *
 * The keeper is a child of the caller's and pid 1 of a pid namespace, so that what is behind the
 * tap ends with it; it ends with the caller.
 *
 * @param ns the VM's namespaces
 * @return 0 the network works; -errno
 */
int fvm_net_keep(struct fvm_net_keeper *keeper, const int ns[FVM_NS_COUNT],
                 const struct fvm_start *start, struct fvm_error *err);
/** End it; its ports are free when this returns. */
void fvm_net_keeper_end(struct fvm_net_keeper *keeper);

/* --- net_backend.c: the program behind the tap --------------------------------------------------
 */
enum { FVM_PUBLISH_MAX = 100 }; /* ports of one VM */
struct fvm_net_backend {
    char path[4096];
    bool is_slirp;
};
/** Find pasta, else slirp4netns. @return 0; -ENOENT: sentence names the package */
int fvm_net_backend_find(struct fvm_net_backend *backend, struct fvm_error *err);
/**
 * Start it, and wait until it works. The caller has the VM's user namespace and all capabilities in
 * it, and the host's network namespace.
 *
 * @param net_ns descriptor of the VM's network namespace
 * @param run    descriptor of the VM's run folder
 * @return its pid; -errno
 */
pid_t fvm_net_backend_start(const struct fvm_net_backend *backend, int net_ns, int run,
                            const struct fvm_terms *terms, struct fvm_error *err);

/* --- net.c: in the processes of a VM ------------------------------------------------------------
 */
struct fvm_network {
    struct fvm_net_keeper keeper;
    struct fvm_link other; /* of --net vm:NAME: a hold on that VM */
};
#define FVM_NET_UNUSED                                                                             \
    {                                                                                              \
        .keeper = {.link = -1}, .other = {.fd = -1, .ns = {-1, -1, -1, -1, -1, -1} }               \
    }
/** In the supervisor, before anything is made: ports are free, the other VM runs, and is held from
 * now on. */
int fvm_net_prepare(struct fvm_network *net, const struct fvm_start *start, struct fvm_error *err);
/**
 * clone(), for pid 1.
 *
 * @param flags namespaces to be made; that of the network is among them if it is the VM's own
 * @param map   writes the new process' user; called by a process that may
 * @return as fork(); -1 with a sentence
 */
pid_t fvm_net_clone(const struct fvm_network *net, const struct fvm_terms *terms, int flags,
                    int (*map)(pid_t pid, struct fvm_error *err), struct fvm_error *err);
/** In the supervisor, when pid 1 is there and has not gone on: give the VM its tap. */
int fvm_net_connect(struct fvm_network *net, const int ns[FVM_NS_COUNT],
                    const struct fvm_start *start, struct fvm_error *err);
/** The VM is over, or did not come into being. */
void fvm_net_end(struct fvm_network *net);
/**
 * A process that joins a VM: enter its network and its user namespace.
 *
 * The network may belong to another VM, or be the host's.
 */
int fvm_net_enter(const int ns[FVM_NS_COUNT], struct fvm_error *err);
/** In pid 1, before it builds its root: any program may serve any port, as on Windows, where the
 * network is the VM's own. */
void fvm_net_open_ports(const struct fvm_terms *terms);
/* Puts a text at a path of the VM's. */
typedef int fvm_net_write(const char *inside, const char *text, struct fvm_error *err);
/** In pid 1: write what names are resolved by. It is in the VM's network already. */
int fvm_net_show_etc(const struct fvm_terms *terms, fvm_net_write *write, struct fvm_error *err);

/* --- net_scope.c: abstract sockets, which belong to a network, not to a VM ----------------------
 */
/**
 * Make what keeps the processes of a VM from abstract sockets of others.
 *
 * @return descriptor for fvm_net_scope(), yours; -1 nothing of the kind is needed, or to be had
 * where it is not required; -errno < -1
 */
int fvm_net_scope_make(const struct fvm_terms *terms);
/** Put this process, and all that it starts, under it. After its mounts. @return 0; -errno */
int fvm_net_scope(int scope);
