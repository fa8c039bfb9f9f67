/* core/block.h: what all processes of a VM share, in one named section: layout and the table of
 * members. Pure; offsets only, the same in 32- and 64-bit processes. Any member may write here, so
 * every number that is read is checked. */
#pragma once
#include "core/base.h"
#include "core/regview.h"
#include "core/status.h"
#include "core/str.h"

#define FVM_BLOCK_MAGIC   0x424d5646u /* "FVMB" */
#define FVM_BLOCK_VERSION 4u /* of this layout: an engine of another one refuses to start */

enum { FVM_ENGINE_64, FVM_ENGINE_32, FVM_ENGINES }; /* by bitness of the process */
enum {
    FVM_INDEX_CB = 32 << 20, /* of the overlay index, behind the block */
    FVM_ENGINE_CB = 1 << 20, /* room for each engine, behind the index */
    FVM_BLOCK_AT_INDEX = 1 << 18,
    FVM_BLOCK_AT_ENGINES = FVM_BLOCK_AT_INDEX + FVM_INDEX_CB,
    FVM_BLOCK_AT_REGISTRY = FVM_BLOCK_AT_ENGINES + FVM_ENGINES * FVM_ENGINE_CB,
    /* Bytes of the whole section; pages that nobody touched cost nothing. */
    FVM_BLOCK_CB = FVM_BLOCK_AT_REGISTRY + FVM_REGVIEW_CB,
    FVM_MEMBERS = 4096, /* processes that a VM can have at one time */
    FVM_BLOCK_PATH_CCH = 400,
    FVM_BLOCK_ALIASES = 16,
    FVM_NOTES = 4096,
    FVM_EXCEPTIONS = 32, /* at most: names that all VMs share */
    FVM_PORTS = 65536
};

/* A path of at most FVM_BLOCK_PATH_CCH units. */
struct fvm_block_path {
    uint32_t cch;
    uint16_t s[FVM_BLOCK_PATH_CCH];
};

/* A process of the VM. The creation time tells a member from a later process that got its number.
 */
struct fvm_member {
    uint32_t pid; /* 0: free; FVM_MEMBER_TAKEN: being written */
    uint32_t roles;
    int64_t created_100ns;
};
#define FVM_MEMBER_TAKEN 0xffffffffu
/* What a process is in its VM; most are nothing of this. See rooms/services. */
enum {
    FVM_ROLE_SERVICE = 1, /* does not keep the VM alive, nor does what it starts */
    FVM_ROLE_STARTER = 2, /* starts the VM's service manager */
    FVM_ROLE_MANAGER = 4, /* is the service manager */
};
/** The roles of a process that one with these starts. */
static inline uint32_t fvm_roles_of_child(uint32_t roles)
{
    return (roles & FVM_ROLE_SERVICE) | (roles & FVM_ROLE_STARTER ? FVM_ROLE_MANAGER : 0);
}

/* The engines, laid out as they lie in memory, in the state in which a child gets them. */
enum { FVM_THUNK_CB = 16 };
struct fvm_block_engine {
    uint32_t cb;            /* 0: this one is not there */
    uint32_t divert, start; /* where in it the child's first thread begins; struct fvm_start is */
    uint32_t reserved;
    uint64_t base; /* address that it is linked for */
    /* Where ntdll and its LdrInitializeThunk are, with how that begins: the 64-bit one is in one
     * place in all processes, and a 32-bit process could not look for it. 0: to be looked for. */
    uint64_t ntdll, thunk;
    uint8_t thunk_head[FVM_THUNK_CB];
};

struct fvm_block {
    uint32_t magic, version, cb;
    uint32_t vm;                 /* number of the VM in this Windows, 1.. */
    uint32_t member_high;        /* members[] from here on were never used */
    uint32_t holders;            /* who began the VM and hold it; 0: it is ending */
    uint64_t manager_rounds;     /* how often the service manager was started, or could not be */
    uint64_t journal_cb;         /* where the next record of the layer's journal goes */
    struct fvm_block_path layer; /* NT path of the VM's layer: files\C\..., work\... are below */
    /* core/ntpath.h: what leads to the same place. Ends with an empty `from`. */
    struct {
        struct fvm_block_path from, to;
    } aliases[FVM_BLOCK_ALIASES];
    struct fvm_block_engine engines[FVM_ENGINES];
    struct fvm_member members[FVM_MEMBERS];
    /* What members did that the others shall not take for a change; note N is at N % FVM_NOTES. */
    uint64_t note_count;
    uint64_t notes[FVM_NOTES];
    /* How often each was opened by name. */
    uint32_t exception_uses[FVM_EXCEPTIONS], pipe_exception_uses[FVM_EXCEPTIONS];
    uint32_t served[FVM_PORTS / 32]; /* TCP ports that members have listened on, a bit each */
};

_Static_assert(offsetof(struct fvm_block, engines) == 26576, "the same for 32 and 64 bits");
_Static_assert(sizeof(struct fvm_block) <= FVM_BLOCK_AT_INDEX, "the index is behind it");

/** A path as a string, whatever stands in its length. */
struct fvm_str fvm_block_str(const struct fvm_block_path *path);
/**
 * Which place of which drive is this place of the layer?
 *
 * @param path NT path, or one without its "\??\"
 * @param rest [out] borrowed: what stands behind the drive's "C:", perhaps nothing
 * @return letter of the drive; 0: it is not in the layer
 */
uint16_t fvm_block_drive(const struct fvm_block *block, struct fvm_str path, struct fvm_str *rest);
/** Where the index of core/index.h lies: FVM_INDEX_CB bytes. */
static inline void *fvm_block_index(struct fvm_block *block)
{
    return (char *)block + FVM_BLOCK_AT_INDEX;
}
/** Where an engine lies: FVM_ENGINE_CB bytes. */
static inline void *fvm_block_engine_image(struct fvm_block *block, int engine)
{
    return (char *)block + FVM_BLOCK_AT_ENGINES + (size_t)engine * FVM_ENGINE_CB;
}
/** Where the view of the registry lies: FVM_REGVIEW_CB bytes. */
static inline struct fvm_regview_area *fvm_block_registry(struct fvm_block *block)
{
    return (struct fvm_regview_area *)(void *)((char *)block + FVM_BLOCK_AT_REGISTRY);
}
/** Make an empty block. @param block zeroed memory of FVM_BLOCK_CB bytes */
void fvm_block_init(struct fvm_block *block, uint32_t vm);
/** Is it a block that this engine can work with? @return FVM_OK; FVM_NEWER_FORMAT another version;
 * FVM_CORRUPT no block */
fvm_status fvm_block_check(const struct fvm_block *block);

/**
 * Add a process to the VM. Lock-free; the same process twice is one member.
 *
 * @param created_100ns as SystemProcessInformation and ProcessTimes give it
 * @param roles         FVM_ROLE_...
 * @return FVM_OK; FVM_NO_MEMORY all places are taken: sweep, try again
 */
fvm_status fvm_member_add(struct fvm_block *block, uint32_t pid, int64_t created_100ns,
                          uint32_t roles);
/** Roles of the newest member of a number; 0: it has none, or is none. */
uint32_t fvm_member_roles(const struct fvm_block *block, uint32_t pid);
/** Is this process a member? @param created_100ns 0: not known, the number alone decides */
bool fvm_member_is(const struct fvm_block *block, uint32_t pid, int64_t created_100ns);
/** Free the place of a process that has ended. */
void fvm_member_remove(struct fvm_block *block, uint32_t pid, int64_t created_100ns);
/** Write a note, before what it tells of can be seen. Lock-free. @param what not 0 @return its
 * number */
uint64_t fvm_note_add(struct fvm_block *block, uint64_t what);
/** Take it back: nothing was done. */
void fvm_note_drop(struct fvm_block *block, uint64_t number, uint64_t what);
/** The oldest note of this kind that is not older than `since`. @return its number; FVM_NO_NOTE */
uint64_t fvm_note_find(const struct fvm_block *block, uint64_t what, uint64_t since);
/** The number that the next note gets. */
uint64_t fvm_note_count(const struct fvm_block *block);
#define FVM_NO_NOTE UINT64_MAX
/** Members listen on this TCP port, of the VM's own address. Lock-free. */
void fvm_port_serve(struct fvm_block *block, uint16_t port);
/** Did a member ever listen on it? */
bool fvm_port_is_served(const struct fvm_block *block, uint16_t port);
/** How many places were ever used; walk members[0..n) to sweep. */
uint32_t fvm_member_high(const struct fvm_block *block);
