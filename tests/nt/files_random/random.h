/* tests/nt/files_random/random.h: what the parts of the differential probe share. */
#pragma once
#include "../nt.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { SLOTS = 12, PATH_CCH = 1200, TEXT_CCH = 32000, BLOCK_CB = 70000, MAX_KNOWN = 160 };

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* world.c: chance, paths, output ------------------------------------------------------------ */

/** Start the chance of one operation: it depends on nothing that happened before. */
void chance_start(unsigned long long seed, unsigned number);
/** @return 0 .. below - 1 */
unsigned draw(unsigned below);
/** @return true in percent of 100 cases */
bool often(unsigned percent);

/* A path is "F\x\y" (below FOLDER) or "B\x\y" (below the folder beside it). */

/** Open the two worlds. @param folder DOS path, absolute. @return false: no such path */
bool world_start(const wchar_t *folder);
/** Turn a path into an NT path, or a name relative to a handle into itself. */
void world_expand(wchar_t out[TEXT_CCH], const wchar_t *shown);
/** Print a name that the system gave: the part below FOLDER if it is there, quoted. */
void say_full_name(const wchar_t *name, size_t cch);
/** @return bytes of a volume-relative name that are FOLDER's, so depend on where it is */
ULONG world_prefix_cb(const wchar_t *name, size_t cch);
/** @return bytes of FOLDER without its drive */
ULONG world_folder_cb(void);

/** Print part of the line of an operation. */
void say(const char *format, ...) __attribute__((format(__MINGW_PRINTF_FORMAT, 1, 2)));
/** Print a name quoted, ASCII only; long ones shortened. */
void say_name(const wchar_t *name, size_t cch);
/** Print " time=" and the value if a program set it (before 2006); a time of today is "now". */
void say_time(LARGE_INTEGER when);
/** Print " -> status info=n"; n is "-" if the call has not set it. @return status */
NTSTATUS say_status(NTSTATUS status, const IO_STATUS_BLOCK *io);
uint64_t hash_bytes(const void *data, size_t cb);
/** Fill with bytes that depend on the number. */
void pattern(unsigned char *data, size_t cb, unsigned number);

extern IO_STATUS_BLOCK io;            /* static: a call that stays pending may still write it */
extern unsigned char block[BLOCK_CB]; /* for whichever call runs */
extern unsigned op_number;
enum { INFO_UNSET = 0x7ead7ead };
void io_clear(void); /* before a call */

/* names.c: which names the operations use ---------------------------------------------------- */

enum want { WANT_ANY, WANT_FILE, WANT_DIR, WANT_NEW };
struct target {
    wchar_t path[PATH_CCH]; /* what it should be, "" if the name is odd */
    bool is_dir;            /* was one when last seen */
    wchar_t shown[TEXT_CCH], text[TEXT_CCH];
    UNICODE_STRING string;
    OBJECT_ATTRIBUTES attr;
};

/** Take in all names below FOLDER, and choose the few that most operations will use. */
void names_start(unsigned long long seed);
/** Choose a name in any of its forms; prints it. */
extern bool target_is_absolute; /* no RootDirectory, please */
void target_pick(struct target *target, enum want want);
/** Choose a path without any odd form. @return it is a directory */
bool path_pick(wchar_t out[PATH_CCH], enum want want);
/** Now and then turn a path into an odd form of itself. @return it is odd */
bool name_vary(wchar_t shown[TEXT_CCH]);
/** Does a path name a stream, `x:s`? Wine 8 makes directories of such names, NT and a VM do not. */
bool has_stream(const wchar_t *shown);
/** Remember that this path now exists. */
void names_made(const wchar_t *path, bool is_dir);
/** Forget a path that was not there, if that is what the status says; sometimes, or always if its
 * directory was not there: else more and more operations would fail. */
void names_missed(const wchar_t *path, NTSTATUS status);

/* start.c: files of the start that are as they were ------------------------------------------- */

enum { NOT_OF_START = -1 };
void start_clear(void);
void start_add(uint64_t id);
/** @return number of the file, if it is one of the start and nothing may have changed it */
int start_find(uint64_t id);
int start_of(HANDLE handle);
/** May a handle that is opened like this change the file? */
bool start_is_change(ACCESS_MASK access, ULONG options);
/** A file may be changed from now on: close what is open on it. @param file may be NOT_OF_START */
void start_change(int file);
/** The same by name. @param file [out] @return there is something of that name */
bool start_change_named(OBJECT_ATTRIBUTES *attr, int *file);
/** It was not to be: the file is as it was, though a VM may have made a copy. @param status why */
void start_keep(OBJECT_ATTRIBUTES *attr, int file, NTSTATUS status);
/** Is it a directory that is not empty? */
bool is_full_directory(OBJECT_ATTRIBUTES *attr); /* tree.c */

/* slots.c: open handles ---------------------------------------------------------------------- */

struct slot {
    HANDLE handle; /* NULL: free */
    bool is_dir, is_async;
    ACCESS_MASK access;     /* granted */
    wchar_t path[PATH_CCH]; /* as it was opened; "" if unknown */
    unsigned number;        /* no other handle ever had it */
    int start;              /* what start_of() said when it was opened */
};
extern struct slot slots[SLOTS];

enum { ANY_SLOT = 0, FILE_SLOT = 1, DIR_SLOT = 2 };
/** Choose an open handle and print it; mostly of that kind and with that access, so that more calls
 * succeed. NULL: none is open, and that is said. */
struct slot *slot_pick(unsigned kind, ACCESS_MASK access);
/** The same, nothing printed. */
struct slot *slot_find(unsigned kind, ACCESS_MASK access);
/** @return an open directory that has the path below it, as far as is known; NULL if none */
struct slot *slot_above(const wchar_t *path);
/** Put a new handle into a slot drawn; what was there is closed. @param path may be "" */
void slot_put(HANDLE handle, const wchar_t *path, bool is_async);
/** @param has_event the call on this handle was given slot_event()
 *  @return what the call says in the end */
NTSTATUS slot_settle(const struct slot *slot, NTSTATUS status, bool has_event);
/** @return event to give to the call: NULL if the handle is synchronous */
HANDLE slot_event(const struct slot *slot);
/** Print the open handles whose file has this id. */
void say_same_id(uint64_t id);
unsigned slot_index(const struct slot *slot);
/** Close all. Some of what matters happens only when the last handle goes: deleting, for one. */
void slots_end(void);
/** A file or directory has another name: close what else is open on it, and below it, for Wine 8
 * goes by their old names from then on. @param path the old name, for a directory */
void slots_moved(const struct slot *moved, const wchar_t *path);
/** Close those on a file of the start. */
void slots_forget(int file);
/** A directory may be deleted: as long as another handle is open on it, Wine 8 still shows it.
 * Close those. @param but NULL, or a handle that stays */
void slots_forget_directory(const struct slot *but, const wchar_t *path);
void views_forget(int file);
void locks_end(void);   /* data.c: forget the locks */
void views_end(void);   /* view.c: give back the views */
void watches_end(void); /* watch.c: watch nothing any more */
/** A directory has another name: what is watched in it or below is watched no more. */
void watches_moved(const wchar_t *path);

/* The operations: each prints its arguments and results. @return its status -------------------- */
NTSTATUS op_create(void); /* open.c */
NTSTATUS op_open(void);
NTSTATUS op_open_by_id(void);
NTSTATUS op_delete(void);
NTSTATUS op_close(void);
NTSTATUS op_duplicate(void);
NTSTATUS op_query_path(void);
NTSTATUS op_read(void); /* data.c */
NTSTATUS op_write(void);
NTSTATUS op_lock(void);
NTSTATUS op_unlock(void);
NTSTATUS op_flush(void);
NTSTATUS op_section(void); /* view.c */
NTSTATUS op_view(void);
NTSTATUS op_set_size(void); /* change.c */
NTSTATUS op_set_basic(void);
NTSTATUS op_set_disposition(void);
NTSTATUS op_rename(void);
NTSTATUS op_link(void);
NTSTATUS op_query(void); /* query.c */
NTSTATUS op_object_name(void);
NTSTATUS op_volume(void);
NTSTATUS op_list(void);  /* list.c */
NTSTATUS op_watch(void); /* watch.c */
NTSTATUS op_poll(void);

/* tree.c --------------------------------------------------------------------------------------- */

/** One entry of a folder; name is not terminated. */
struct entry {
    const wchar_t *name;
    size_t name_cch;
    const wchar_t *short_name;
    size_t short_cch;
    ULONG attributes;
    uint64_t id;
};
typedef void (*entry_fn)(const struct entry *entry, void *context);
/** Call fn for each entry of a folder but . and .., in the order of the names. */
void tree_list(const wchar_t *path, entry_fn fn, void *context);
/** Open a file by path, sharing all. */
NTSTATUS tree_open(HANDLE *handle, const wchar_t *path, ACCESS_MASK access, ULONG disposition,
                   ULONG options, ULONG attributes);
void tree_dump(void);
void tree_fill(unsigned long long seed);
