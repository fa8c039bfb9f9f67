/* rooms/files/watch.h: notifications of changes in a directory that the VM and the host share.
 * Private to the room's watch*.c.
 *
 * The directory is watched twice, in the layer and on the host, through handles of the engine's
 * own. A thread of the engine's, there as long as something is watched, takes what both tell,
 * leaves out what is no change of the VM's view, and answers the caller's calls in their order. For
 * each of those a call stands in on the caller's own handle: NT says through it whether the call is
 * right at all, and ending it signals the handle, which nothing else could do. */
#pragma once
#include "core/block.h"
#include "rooms/files/files.h"

enum { FILES_WATCH_CB = 65536, FILES_WATCH_MAX_CB = 1 << 20 };

/* A call of the caller's that waits for a change. */
struct files_request {
    struct files_request *next;
    uint32_t answering;   /* the thread that writes the answer; 0: it waits */
    HANDLE handle;        /* the caller's */
    HANDLE event, thread; /* own duplicates; no event: NULL */
    ULONG_PTR thread_id;
    HANDLE port; /* borrowed from what the handle shares with its duplicates; NULL: none */
    ULONG_PTR key;
    void *apc, *context;
    IO_STATUS_BLOCK *io; /* the caller's memory, and so is the buffer */
    void *buffer;
    ULONG cb;
    IO_STATUS_BLOCK stand_in; /* of the call on the caller's handle; still written after an end */
};

/* One of the two directories. */
struct files_watch_side {
    HANDLE directory; /* NULL: there is none */
    IO_STATUS_BLOCK io;
    bool is_armed; /* a call of ours waits for a change */
    uint8_t changes[FILES_WATCH_CB] __attribute__((aligned(8)));
};
enum { FILES_WATCH_LAYER, FILES_WATCH_HOST, FILES_WATCH_SIDES };

/* What a handle and its duplicates watch. The first call decides what; NT's way. */
struct files_watch {
    struct files_watch *next;
    struct files_watch_side sides[FILES_WATCH_SIDES];
    ULONG filter;
    bool tree, is_ending;
    bool is_released; /* the thread that watches was told so: nothing more comes of this watch */
    bool is_missed;   /* there was more than the records hold */
    uint8_t *records; /* FILE_NOTIFY_INFORMATION, not told yet */
    uint32_t cb, cap_cb, last_at;
    struct files_request *first;
    uint64_t since;             /* notes of the block from here on are looked at */
    uint32_t used[FVM_NOTES];   /* 1 + number of the note that was seen come true, by its place */
    struct fvm_str path, layer; /* of the directory: virtual, and NT path; behind this struct */
};

/* --- watch.c: calls and their answers ------------------------------------------------------ */
/** Answer the calls that wait, as far as there is something to tell. */
void files_watch_deliver(struct files_watch *watch);
/** Free what has been answered. For the worker. */
void files_watch_bury(void);

/* --- watch_worker.c ------------------------------------------------------------------------ */
/** Begin to watch what a handle is open on. @return STATUS_SUCCESS; FVM_PASS: the caller's own call
 * tells it as well; NT's for what cannot be watched */
NTSTATUS files_watch_begin(struct files_watch **watch, HANDLE handle, ULONG filter, bool tree);
/** Let the worker end it, after its calls were answered. */
void files_watch_release(struct files_watch *watch);
/** Guard lists of this process. @return false: whoever had it was ended; leave all as it is */
bool files_watch_lock(void);
void files_watch_unlock(void);

/* --- watch_tree.c -------------------------------------------------------------------------- */
/** Make the host hear of the directories below a watched one: Wine 8 hears of those that were
 * opened or made since the watch began. On Windows there is nothing to do. */
void files_watch_open_tree(struct fvm_str directory);

/* --- watch_merge.c ------------------------------------------------------------------------- */
/** Take in what one side told. @param answer of the call that told it */
void files_watch_take(struct files_watch *watch, struct files_watch_side *side,
                      const IO_STATUS_BLOCK *answer);
