/* rooms/files/files.h: one view of files: the host's, with the VM's own on top. Private to this
 * room.
 */
#pragma once
#include "core/index.h"
#include "core/ntpath.h"
#include "engine/nt.h"
#include "engine/heap.h"
#include "engine/writer.h"
#include "rooms/files/table.h"

/* --- scratch.c: room for long names, since a hook may run on a small stack --------------- */
enum { FILES_NAME_CCH = 32768, FILES_COPY_CB = 65536 };
struct files_scratch {
    uint16_t given[FILES_NAME_CCH];   /* the caller's name, or a root's */
    uint16_t virtual[FILES_NAME_CCH]; /* canonical */
    uint16_t layer[FILES_NAME_CCH];   /* NT path of the private file */
    uint16_t host[FILES_NAME_CCH];    /* NT path of the host's */
    uint16_t other[FILES_NAME_CCH];
    uint8_t bytes[FILES_COPY_CB];
};
/** Take one; give it back with files_scratch_put(). @return NULL no memory */
struct files_scratch *files_scratch_get(void);
void files_scratch_put(struct files_scratch *scratch);
static inline void fvm_cleanup_files_scratch(struct files_scratch **scratch)
{
    files_scratch_put(*scratch);
}

/* --- resolve.c: what a name means -------------------------------------------------------- */
/* A name as it was given, and where its file is. All texts are in the scratch. */
struct files_place {
    bool is_file;           /* else none of this room's: pass the call unchanged */
    bool is_stream;         /* named with a colon: never a directory */
    bool is_as_given;       /* the layer's file, as the caller's own root and name lead to it */
    bool needs_name;        /* the host does not find its file by the caller's root and name */
    bool is_fixed;          /* what the name means depends on its text and the index alone */
    struct fvm_ntpath path; /* virtual */
    struct fvm_index_hit hit;
    struct fvm_str layer; /* NT path below the layer, whether or not something is there */
    struct fvm_str host;  /* NT path on the host; empty where the layer alone decides */
    ULONG attributes;     /* OBJ_... of the caller */
    void *security, *quality;
};
/** Does the layer decide: is what is there, or is not there, all? */
static inline bool files_is_own(const struct files_place *place)
{
    return place->hit.answer == FVM_INDEX_IS_OWN || place->hit.answer == FVM_INDEX_BELOW_OWN;
}
/** Is it a directory of both, in which the host's unmarked names show through? */
static inline bool files_is_merged(const struct files_place *place)
{
    return place->hit.answer == FVM_INDEX_IS_OWN && place->hit.flags & FVM_INDEX_MERGED;
}
/**
 * Find out what a caller's attributes name.
 *
 * @param attr     [in] captured once
 * @param for_open an empty name means the root itself again, of whatever kind it is
 * @return STATUS_SUCCESS; a status as NT gives for the name
 */
NTSTATUS files_resolve(struct files_place *place, struct files_scratch *scratch,
                       const OBJECT_ATTRIBUTES *attr, bool for_open);
/** Find out, or find out again, where the file of place->path is. */
NTSTATUS files_locate(struct files_place *place, struct files_scratch *scratch);
/** The place of a virtual path. @param path [in] copied; in none of the scratch's `virtual`,
 * `layer`, `host` */
NTSTATUS files_place_of(struct files_place *place, struct files_scratch *scratch,
                        struct fvm_str path);
/** The virtual path of an open file. @param out [out] in scratch->other; empty: not a file of ours
 * @param is_private [out] NULL, or for: it lies in the layer */
NTSTATUS files_path_of(struct fvm_str *out, struct files_scratch *scratch, HANDLE handle,
                       bool *is_private);
/** The same as it is told: after a rename through another handle it is the old one, with Wine. */
NTSTATUS files_path_told(struct fvm_str *out, struct files_scratch *scratch, HANDLE handle,
                         bool *is_private);
/** Wine tells the name of an open file without the dots and blanks at its end. */
static inline bool files_is_told_short(struct fvm_str path)
{
    return path.cch && (path.s[path.cch - 1] == '.' || path.s[path.cch - 1] == ' ');
}
/** Something else has come where a directory was that the VM and the host shared, or a copy. */
void files_made_anew(const struct files_place *place);
/** Spell the last component in the layer as the caller did: he may be making it anew. */
void files_respell_layer(struct files_place *place);
/** Turn a real NT name (layer or host) into the virtual one, in place. @return is it another? */
bool files_unmap(struct fvm_buf *name);
/** Attributes that name `path` absolutely. */
void files_attr(OBJECT_ATTRIBUTES *attr, UNICODE_STRING *name, struct fvm_str path,
                ULONG attributes);
/** What an open handle is. Unknown: it cannot be asked. */
enum files_kind { FILES_UNKNOWN, FILES_FILE, FILES_DIRECTORY };
enum files_kind files_kind(HANDLE handle);
const struct fvm_index *files_index(void);
NTSTATUS files_start(void);

/* --- untouched.c: names that were found to be the host's, while the index stays as it is -- */
enum { FILES_UNTOUCHED_CCH = 120 };
struct files_untouched {
    OBJECT_ATTRIBUTES attr; /* the caller's, with `string` as its name: what is to be resolved */
    UNICODE_STRING string;
    uint32_t generation; /* of the index, from before it is asked */
    uint32_t cch;        /* 0: not a name that could be noted; `attr` is not usable */
    uint16_t text[FILES_UNTOUCHED_CCH]; /* the caller's name, read once */
};
/** Was this name, with no root, noted, and is the index as it was then? Then the host's file of
 * that very name is meant. @param name [out] for files_note_untouched() */
bool files_is_untouched(struct files_untouched *name, const OBJECT_ATTRIBUTES *attr);
/** Note what name->attr was resolved to, if it is the host's file and stays that as long as the
 * index does not change. */
void files_note_untouched(const struct files_untouched *name, const struct files_place *place);

/* --- wow64.c: C:\windows\system32 of a 32-bit program ------------------------------------ */
/** Does the host redirect names that are given like this? @param root virtual path of the caller's
 * root, or empty */
bool files_may_redirect(struct fvm_str given, struct fvm_str root);
/** Come to the path that the host would come to, in place. @return is it another? */
bool files_redirect(struct fvm_ntpath *path);
/** Spell a path of the host so that it is not redirected. @param host C:\dir, in place */
void files_keep_native(struct fvm_buf *host);

/* --- volume.c --------------------------------------------------------------------------- */
/** What is in a volume that is named by its GUID, by its drive letter instead; in place. The volume
 * as a whole, without a backslash behind it, stays as it is. @return is it another? */
bool files_volume_to_letter(struct fvm_buf *name);

/* --- follow.c: handles that were open on a file when it was copied --------------------------- */
/** What tells that a file is the copy of another. @return never 0 */
uint32_t files_follow_sum(HANDLE host, HANDLE copy);
/** A copy has come into the layer and is marked. @param path virtual @param sum 0: nothing is noted
 */
void files_follow_note(struct fvm_str path, uint32_t sum);
/** A handle was opened on the host's file. */
void files_follow_begin(HANDLE handle, ULONG share, ULONG options);
/** What to read through, and to ask for sizes and positions. @return the handle itself; or one on
 * the VM's copy that has come since it was opened, to be closed by nobody */
HANDLE files_follow(HANDLE handle);

/* --- copy.c: bring names into the layer -------------------------------------------------- */
/**
 * Open by a real name, synchronously, sharing all.
 *
 * @param name   NT path, the layer's or the host's
 * @param access SYNCHRONIZE is added
 * @return NT's
 */
NTSTATUS files_open_real(HANDLE *handle, struct fvm_str name, ACCESS_MASK access, ULONG disposition,
                         ULONG options);
/** Make the directories above a place in the layer, as the host has them. */
NTSTATUS files_make_parents(const struct files_place *place);
/**
 * Give the VM its own copy of what the host has at a place.
 *
 * @return STATUS_SUCCESS: the place is the VM's now; NT's status of what failed
 */
NTSTATUS files_copy_up(struct files_place *place, struct files_scratch *scratch);
/** Open the VM's copy of a file, to set its attributes; make it if it is not there.
 * @param path virtual @return NT's */
NTSTATUS files_open_copy(HANDLE *copy, struct fvm_str path, struct files_scratch *scratch);
/** Give an open file another name: call one of NtSetInformationFile's classes with it.
 * @param first ReplaceIfExists, or the flags of the Ex forms @return NT's; STATUS_NAME_TOO_LONG */
NTSTATUS files_set_name(HANDLE handle, IO_STATUS_BLOCK *io, ULONG first, struct fvm_str name,
                        ULONG class, struct files_scratch *scratch);
/** Spell the last component of the virtual path as the host does. */
void files_respell(struct files_place *place, struct files_scratch *scratch);
/** Mark a place as the VM's. */
NTSTATUS files_mark(struct files_place *place, uint32_t flags);
/** Who writes to the index in this thread. */
static inline struct fvm_index_writer files_writer_here(void)
{
    enum { PATIENCE = 10000 };

    return fvm_writer_here(PATIENCE);
}

/* --- names.c: pure ----------------------------------------------------------------------- */
/** May a file that is opened with this access be changed through the handle? */
bool files_wants_change(ACCESS_MASK access, ULONG options);
/** Are they a combination that NT takes? @return STATUS_SUCCESS; STATUS_INVALID_PARAMETER */
NTSTATUS files_check_options(ACCESS_MASK access, ULONG disposition, ULONG options);
/** What may a code of NtFsControlFile do? */
enum files_control {
    FILES_CONTROL_READS,  /* nothing; or it is none of a file system's (pipes) */
    FILES_CONTROL_WRITES, /* change the file; unknown ones too */
    FILES_CONTROL_OPLOCK, /* make others wait */
    FILES_CONTROL_VOLUME  /* change the volume, or keep others from it */
};
enum files_control files_control_of(ULONG code);
/** Does the disposition empty what is there? */
bool files_overwrites(ULONG disposition);
/** May the disposition change or make something? */
bool files_may_create(ULONG disposition);

/* --- list.c ------------------------------------------------------------------------------ */
void files_listing_free(struct files_listing *listing);
/** Is nothing in a merged directory? @param handle one that is open in the layer; NULL @return
 * STATUS_SUCCESS; STATUS_DIRECTORY_NOT_EMPTY; failures
 */
NTSTATUS files_check_empty(const struct files_place *place, HANDLE handle);

/** The long name that a name in a directory is short for. @param dir virtual path @param room [out]
 * the long name, or `name` itself if it is nobody's short name */
NTSTATUS files_lengthen(struct fvm_buf *room, struct fvm_str dir, struct fvm_str name);

/* --- by_id.c ----------------------------------------------------------------------------- */
/** The virtual path of the file that an id is of. @param path [out] in scratch->other @param attr
 * captured; the name is the id, looked for below the root */
NTSTATUS files_find_id(struct fvm_str *path, struct files_scratch *scratch,
                       const OBJECT_ATTRIBUTES *attr);

/** The id of a directory of both is the host's: the same before and after the VM changed something
 * in it. @param path virtual @param id [out] unchanged if it is no such directory @return it is */
bool files_merged_id(uint64_t *id, struct fvm_str path);

/* --- control.c --------------------------------------------------------------------------- */
/** Serial number of the volume that a file of the layer's is seen on. @return false: no such file
 */
bool files_volume_id(HANDLE handle, uint64_t *serial);
/* change.c */
/** The last handle of a directory that was opened to be deleted is closed: if it is empty, it goes.
 */
void files_delete_at_close(HANDLE handle);
/** @return STATUS_SUCCESS; STATUS_ACCESS_DENIED the handle is on a file of the host's */
NTSTATUS files_check_private(HANDLE handle);

/* --- watch.c ----------------------------------------------------------------------------- */
/** The last handle that watches is closed. */
void files_watch_end(struct files_watch *watch);

/* --- watch_merge.c: what the engine is about to do in the layer, for those that watch ------- */
enum files_note {
    FILES_NOTE_COPY = 1, /* a name comes that was there before */
    FILES_NOTE_TOUCH,    /* a directory's times are set to what they were */
    FILES_NOTE_CHANGE    /* a program sets a directory's times or attributes */
};
/** @param layer NT path @return number of the note, to take it back with */
uint64_t files_note(struct fvm_str layer, enum files_note kind);
void files_note_drop(struct fvm_str layer, enum files_note kind, uint64_t number);

/* --- order.c ----------------------------------------------------------------------------- */
/** Order of a listing: by the names in capital letters; `.` and `..` first. */
int files_name_order(struct fvm_str a, struct fvm_str b);
