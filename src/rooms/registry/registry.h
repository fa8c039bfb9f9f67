/* rooms/registry/registry.h: one view of the registry: the host's keys, with the VM's own on top.
 * Private to this room. */
#pragma once
#include "core/regview.h"
#include "engine/nt.h"
#include "engine/heap.h"
#include "engine/writer.h"

/* KEY_INFORMATION_CLASS and KEY_VALUE_INFORMATION_CLASS */
enum { KEY_BASIC, KEY_NODE, KEY_FULL, KEY_NAME, KEY_CACHED };
enum { VALUE_BASIC, VALUE_FULL, VALUE_PARTIAL };
typedef struct {
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex, NameLength;
    WCHAR Name[1];
} NT_KEY_BASIC;
typedef struct {
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex, ClassOffset, ClassLength, NameLength;
    WCHAR Name[1];
} NT_KEY_NODE;
typedef struct {
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex, ClassOffset, ClassLength;
    ULONG SubKeys, MaxNameLen, MaxClassLen, Values, MaxValueNameLen, MaxValueDataLen;
    WCHAR Class[1];
} NT_KEY_FULL;
typedef struct {
    ULONG NameLength;
    WCHAR Name[1];
} NT_KEY_NAME;
typedef struct {
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex, SubKeys, MaxNameLen, Values, MaxValueNameLen, MaxValueDataLen, NameLength;
} NT_KEY_CACHED;
typedef struct {
    ULONG TitleIndex, Type, DataOffset, DataLength, NameLength;
    WCHAR Name[1];
} NT_VALUE_FULL;

/* --- memory.c ---------------------------------------------------------------------------- */
enum { REGISTRY_NAME_CCH = 32768, REGISTRY_BYTES_CB = 80 << 10 };
/* Room for long names, since a hook may run on a small stack. */
struct registry_scratch {
    uint16_t given[REGISTRY_NAME_CCH];     /* the caller's name; later the host's spelling */
    uint16_t path[2 * REGISTRY_NAME_CCH];  /* twice: links are followed in it */
    uint16_t real[REGISTRY_NAME_CCH + 64]; /* NT name for a call */
    union {
        uint64_t align;
        uint8_t bytes[REGISTRY_BYTES_CB];
    };
};
/** Take one; give it back with registry_scratch_put(). @return NULL no memory */
struct registry_scratch *registry_scratch_get(void);
void registry_scratch_put(struct registry_scratch *scratch);
static inline void fvm_cleanup_registry_scratch(struct registry_scratch **scratch)
{
    registry_scratch_put(*scratch);
}

/* --- table.c: what is known of handles in this process ------------------------------------- */
struct registry_list;
/* What duplicates of one handle have in common. */
struct registry_key {
    uint32_t refs;       /* handles */
    bool is_private;     /* the handle itself is on a private key */
    bool is_pages;       /* made before there was a heap */
    uint32_t life;       /* of the name when it was opened */
    uint32_t generation; /* of the index, when the host's key was last known to be untouched */
    uint32_t node;       /* of a private key */
    HANDLE own;          /* of a host's key that became the VM's: the private one; NULL */
    HANDLE host;         /* of a key that shows the host's subkeys: the host's, to read; NULL */
    struct registry_list *list;
    uint32_t busy;       /* the list is being used */
    HANDLE watched;      /* the private key whose changes are watched for this one; NULL */
    struct fvm_str path; /* behind this struct */
};
struct registry_slot {
    struct registry_key *key; /* NULL: nothing is known */
    ACCESS_MASK asked;        /* mapped; what the handle may do */
};
/** The slot of a handle. @param make make its page if it is missing @return NULL: none */
struct registry_slot *registry_slot(HANDLE handle, bool make);
/** Note what a new handle is open on. What was known of an earlier one of its number is gone.
 * @return NULL no memory: it will be asked of the handle again */
struct registry_key *registry_note(HANDLE handle, struct fvm_str path, bool is_private,
                                   const struct fvm_regview_hit *hit, ACCESS_MASK asked);
/** The handle is to be closed. */
void registry_forget(HANDLE handle);

/* --- resolve.c: what a name means ---------------------------------------------------------- */
struct registry_place {
    struct fvm_str path; /* in scratch->path */
    struct fvm_regview_hit hit;
    ULONG attributes; /* OBJ_... of the caller */
    void *security;
};
/**
 * Find out what a caller's attributes name.
 *
 * @param attr       [in] the caller's; captured once
 * @param attributes OBJ_... beyond those in attr
 * @param access     its KEY_WOW64_... count
 * @return STATUS_SUCCESS; FVM_PASS no name of a key, or the root is no key: the call itself says
 *         what is wrong; a status as NT gives for the name
 */
NTSTATUS registry_resolve(struct registry_place *place, struct registry_scratch *scratch,
                          const OBJECT_ATTRIBUTES *attr, ULONG attributes, ACCESS_MASK access);
/** The place of a path. @param path [in] copied; may be in scratch->path */
NTSTATUS registry_place_of(struct registry_place *place, struct registry_scratch *scratch,
                           struct fvm_str path);
/** Open the host's key of a path. To read only: with no more rights than that, whatever `access`
 * says. @param attributes OBJ_... @return NT's */
NTSTATUS registry_open_host(HANDLE *key, struct registry_scratch *scratch, struct fvm_str path,
                            ACCESS_MASK access, ULONG attributes);
/** Open the private key of a path. */
NTSTATUS registry_open_private(HANDLE *key, struct registry_scratch *scratch, struct fvm_str path,
                               ACCESS_MASK access, ULONG attributes);
/** Rights in NT's words: generic ones mapped, those for WOW64 taken off. */
ACCESS_MASK registry_map_access(ACCESS_MASK access);
#define REGISTRY_READ_RIGHTS (KEY_READ | SYNCHRONIZE)

/* What a call by handle works on. */
struct registry_use {
    struct registry_key *key;
    HANDLE handle; /* to be given to the real call; borrowed */
    bool is_private;
    struct fvm_regview_hit hit; /* of the key's path, as far as it was asked for */
};
/**
 * Find out what a handle works on now, and make it the VM's own if it is to be changed.
 *
 * @param need   the rights of the call
 * @param writes is the key to be changed?
 * @return STATUS_SUCCESS; FVM_PASS no key, or no memory while reading: the call itself; what NT
 *         says of a deleted key or missing rights; failures
 */
NTSTATUS registry_use(struct registry_use *use, HANDLE handle, ACCESS_MASK need, bool writes);
/** Is the key that a handle was opened on still there? Its name may be another key's by now.
 * @return STATUS_SUCCESS; STATUS_KEY_DELETED */
NTSTATUS registry_check_alive(const struct registry_key *key);
/** What is known of a handle, found out if it must be. @return STATUS_SUCCESS; FVM_PASS no key */
NTSTATUS registry_know(struct registry_slot **slot, HANDLE handle);

const struct fvm_index *registry_index(void);
struct fvm_regview_area *registry_area(void);
static inline struct fvm_index_writer registry_writer_here(void)
{
    enum { PATIENCE = 30000 }; /* longer than for files: a copied key is written under the lock */

    return fvm_writer_here(PATIENCE);
}
NTSTATUS registry_start(void);

/* --- wow64.c: names as 32-bit programs give them --------------------------------------------- */
/** Does the host redirect names that are given with this access? */
bool registry_is_redirected(ACCESS_MASK access);
/** Come to the path that the host would come to. @param path [out] @param full [in] without
 * redirection; its first root_cch units are of the key that the name was relative to */
fvm_status registry_redirect(struct fvm_buf *path, struct fvm_str full, uint32_t root_cch,
                             ACCESS_MASK access);

/** Where a link leads to the shared part as a whole, the host opens what is above. @param given
 * name */
void registry_unshare(struct fvm_buf *path, struct fvm_str given);

/* --- copy.c: private keys, made and removed --------------------------------------------------- */
/** Give the VM its own copy of the host's key at a path. @return STATUS_SUCCESS: it is the VM's;
 * STATUS_KEY_DELETED; failures */
NTSTATUS registry_copy_up(struct registry_scratch *scratch, struct fvm_str path);
/** Make a key that was not there.
 * @param place   its hit is found out again under the lock
 * @param opened  [out] somebody was faster: it is there
 * @return NT's for the name's parent; failures */
NTSTATUS registry_make(struct registry_place *place, struct registry_scratch *scratch,
                       UNICODE_STRING *class, ULONG options, bool *opened);
/** The key of a path, which has no subkeys, is there no more. Under the lock. */
NTSTATUS registry_remove(struct registry_scratch *scratch, struct fvm_str path);
/** Open the private key of a path; made if it is not there, and says nothing yet. Under the lock.
 */
NTSTATUS registry_make_private(HANDLE *key, struct registry_scratch *scratch, struct fvm_str path);
/** Remove a private key with all below it. Not there: no error. */
NTSTATUS registry_clear_private(struct registry_scratch *scratch, struct fvm_str path);

/* --- list.c: subkeys of both sides ------------------------------------------------------------ */
void registry_list_free(struct registry_list *list);
/** Must subkeys be listed from both sides? @param hit the key's */
bool registry_is_merged(const struct fvm_regview_hit *hit);
/** Counts of a merged key's subkeys. @param max_name_cb, max_class_cb [out] bytes */
NTSTATUS registry_count(struct registry_key *key, const struct fvm_regview_hit *hit, ULONG *count,
                        ULONG *max_name_cb, ULONG *max_class_cb);
/** Bits of KEY_FULL_INFORMATION and KEY_CACHED_INFORMATION that tell of subkeys: put right what
 * one side said. */
NTSTATUS registry_mend_counts(const struct registry_use *use, ULONG class, void *info, ULONG cb);

/* --- tree.c: keys of the VM's view by their paths, for calls on whole trees --------------------
 */
struct registry_name {
    OBJECT_ATTRIBUTES attr;
    UNICODE_STRING text;
};
/** Attributes that name the very key of a path, be it a link. To be given with KEY_WOW64_64KEY: for
 * 32-bit programs, too, it is that key and no other. @param room REGISTRY_NAME_CCH units, in use as
 * long as the name */
NTSTATUS registry_name_path(struct registry_name *name, uint16_t *room, struct fvm_str path);
/** Open the very key of a path, as a program of the VM opens it. @param room as above @return NT's
 */
NTSTATUS registry_open_path(HANDLE *key, uint16_t *room, struct fvm_str path, ACCESS_MASK access);
/** Add the name of a subkey to the path of its parent. @return NT's; STATUS_NO_MORE_ENTRIES: there
 * is none at this index */
NTSTATUS registry_enter(struct fvm_buf *path, struct registry_scratch *scratch, HANDLE key,
                        ULONG at);
/** Delete the key of a path with all below it. @param path [in,out] used for the keys below, then
 * as it was @param room as above @return NT's; STATUS_OBJECT_NAME_NOT_FOUND there is none */
NTSTATUS registry_delete_tree(struct fvm_buf *path, struct registry_scratch *scratch,
                              uint16_t *room);
/** @param value borrowed; may be in scratch->bytes @return STATUS_SUCCESS: go on; else that ends it
 */
typedef NTSTATUS registry_value_fn(void *context, const NT_VALUE_FULL *value);
/** All values of a key that a program of the VM has open. */
NTSTATUS registry_each_value(HANDLE key, struct registry_scratch *scratch, registry_value_fn *fn,
                             void *context);

/* --- answers.c ---------------------------------------------------------------------------------
 */
/** The name of the key that a private key stands for, as NtQueryKey() gives it. */
NTSTATUS registry_query_name(HANDLE key, void *info, ULONG cb, ULONG *needed);

/* --- calls below this room's --------------------------------------------------------------------
 */
extern NTSTATUS(NTAPI *registry_close_below)(HANDLE);
extern NTSTATUS(NTAPI *registry_duplicate_below)(HANDLE, HANDLE, HANDLE, HANDLE *, ACCESS_MASK,
                                                 ULONG, ULONG);
extern NTSTATUS(NTAPI *registry_object_below)(HANDLE, ULONG, void *, ULONG, ULONG *);
