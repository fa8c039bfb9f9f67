/* rooms/files/table.h: what is known of handles in this process. All of it can be found out again
 * from the handle; table.c. Private to this room. */
#pragma once
#include "core/str.h"
#include "engine/nt.h"

struct files_listing;
/* A virtual path that is remembered; never changed. */
struct files_path {
    struct files_path *before; /* that it took the place of: somebody may still read it */
    struct fvm_str path;       /* behind this struct */
};
/* What duplicates of one handle have in common, made when it is needed. */
struct files_shared {
    uint32_t refs;             /* handles, and calls that use it just now */
    struct files_path *told;   /* virtual path of a host's file below a directory that the VM moved,
                                  for the host has it under another name; NULL: its name tells it */
    struct files_path *now;    /* where it is, renames through other handles included; NULL: not
                                  remembered. A directory's, so that the server is not asked; a
                                  file's whose name Wine would not tell to its end */
    struct files_path *opened; /* of a host's file that may be a directory: where it was opened */
    struct files_listing *listing;
    struct files_watch *watch;
    bool is_to_delete; /* a directory of both: when it is closed, if it is empty then */
    HANDLE copy;       /* what the handle is read through since the VM made its copy; NULL none */
    HANDLE locks;      /* the file of the layer's that the host's file is locked in; NULL none */
    HANDLE port;       /* a directory's completion port: own duplicate, NULL none */
    ULONG_PTR key;
};
enum files_side { FILES_SIDE_UNKNOWN, FILES_SIDE_HOST, FILES_SIDE_LAYER };
struct files_slot {
    enum files_side side : 8; /* where what it is open on lies */
    bool may_list : 1;        /* NT has let it list */
    bool may_follow : 1;      /* it was opened here, synchronous, on the host's file: follow.c */
    uint8_t share;            /* what it shares then, */
    uint32_t seen;            /* and how far the index was when the copy was last looked for */
    struct files_shared *shared;
};
/** The slot of a handle. @param make make its page if it is missing @return NULL: none */
struct files_slot *files_slot(HANDLE handle, bool make);
/** Note where a new handle's file is. What was known of an earlier one of its number is gone. */
void files_slot_set(HANDLE handle, enum files_side side);
/** Remember the virtual path of a handle, where the name of the host's file does not tell it. */
void files_slot_keep_path(HANDLE handle, struct fvm_str path);
/** That path, for answers. @return cch 0: none is remembered */
struct fvm_str files_slot_path(HANDLE handle);
/** Remember where the directory is that a handle, opened in this process, is open on. */
void files_slot_keep_path_now(HANDLE handle, struct fvm_str path);
/** Remember where a file of the host's was opened that may be a directory. */
void files_slot_keep_path_opened(HANDLE handle, struct fvm_str path);
/** The engine is to delete the directory when its last handle is closed. */
void files_slot_delete_at_close(HANDLE handle);
/** Where the directory is now that is open on the host's side. @return cch 0: not remembered */
struct fvm_str files_slot_directory(HANDLE handle);
/** Where the file is now. @return cch 0: none is remembered */
struct fvm_str files_slot_path_now(HANDLE handle);
/** A directory got another name: tell this process' handles on it and below it, which Wine does
 * not. */
void files_slots_moved(struct fvm_str from, struct fvm_str to);
/** What the handle shares with its duplicates; made if it is not there. @return NULL no memory */
struct files_shared *files_shared(struct files_slot *slot);
/** One handle, or one call, less. @param shared may be NULL */
void files_shared_put(struct files_shared *shared);
/** The handle is to be closed: forget what is known of it. */
void files_slot_drop(struct files_slot *slot);
