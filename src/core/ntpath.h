/* core/ntpath.h: every spelling of a file name that NT takes, folded into one virtual path, for the
 * engine's file calls. Pure; allocates nothing. What Wine 8 answers: tests/unit/ntpath_test.c. */
#pragma once
#include "core/str.h"

#define FVM_PATH_NOT_FOUND  ((fvm_status)0xC000003A) /* STATUS_OBJECT_PATH_NOT_FOUND */
#define FVM_PATH_SYNTAX_BAD ((fvm_status)0xC000003B) /* STATUS_OBJECT_PATH_SYNTAX_BAD */
#define FVM_REPARSE_LOOP    ((fvm_status)0xC0000280) /* STATUS_REPARSE_POINT_NOT_RESOLVED */

/* A UNICODE_STRING holds no more units. A room of this size serves unless aliases lengthen. */
#define FVM_NTPATH_MAX_CCH       32767
#define FVM_NTPATH_COMPONENT_CCH 255

enum fvm_ntpath_kind {
    FVM_NTPATH_FILE,     /* path: C:\dir\file, or C:\ ; the letter is upper case */
    FVM_NTPATH_VOLUME,   /* the raw volume or disk. path: C:, PhysicalDrive0, \Device\CdRom0 */
    FVM_NTPATH_PIPE,     /* path: what follows \??\pipe\ as it is; empty: the root itself */
    FVM_NTPATH_MAILSLOT, /* path: what follows \??\mailslot\ */
    FVM_NTPATH_UNC,      /* path: UNC\server\share\dir\file; this machine is "localhost" */
    FVM_NTPATH_DEVICE    /* path: NUL, COM1, or a whole name that begins with a backslash */
};
enum fvm_ntpath_flags {
    FVM_NTPATH_TRAILING = 1, /* a backslash stood at the end: only a directory will do */
    FVM_NTPATH_STREAM = 2,  /* `stream` is set: on Wine that is a file of its own, named with ':' */
    FVM_NTPATH_AS_FILE = 4, /* ::$DATA was given: a directory will not do */
    FVM_NTPATH_AS_DIR = 8,  /* ::$INDEX_ALLOCATION was given: only a directory will do */
    FVM_NTPATH_SHORT = 16   /* a component fits 8.3 and has a '~': it may be another file's short
                             * name, which Wine too opens (LONG~NCA.TXT): ask the directory */
};
struct fvm_ntpath {
    enum fvm_ntpath_kind kind;
    uint32_t flags;        /* of enum fvm_ntpath_flags */
    struct fvm_str path;   /* in the room; letter case as it was given */
    struct fvm_str stream; /* in the room, behind path; without ":$DATA" */
};

/**
 * A name that stands for another: one leads to the other's place.
 *
 * Each is a DOS name without `\??\` (u"Z:\\opt\\pfx\\drive_c", u"unix", u"Volume{...}", u"S:") or a
 * whole native name (u"\\Device\\HarddiskVolume1", u"\\SystemRoot"); no backslash at the end.
 * `from` in the spelling that folding leaves: UNC\..., not \Device\Mup\...; backslashes only.
 */
struct fvm_alias {
    struct fvm_str from, to;
};
/* What names mean on this machine; borrowed for the call. */
struct fvm_ntpath_env {
    const struct fvm_alias *aliases;
    size_t alias_count;
    struct fvm_str computer; /* own NetBIOS or DNS name, beside localhost; may be empty */
};

/**
 * Fold a name, as a caller gave it to NtCreateFile and its like, into one virtual path.
 *
 * Folded: `\DosDevices`, `\GLOBAL??`, `\??\Global`, `\??\GLOBALROOT`, a session's DosDevices, the
 * redirectors' device names, the unix namespace with its slashes, admin shares and pipes of the own
 * machine, aliases (whole components, without case, the longest first, until none fits). Not
 * folded, for only the file system knows: 8.3 names, symbolic links, mount points that no alias
 * tells.
 *
 * @param out  [out] unspecified unless FVM_OK
 * @param room [in,out] emptied, then holds the texts of *out; cap_cch FVM_NTPATH_MAX_CCH is enough
 * @param name [in]  the object name, not within room; any units
 * @param root [in]  what RootDirectory is: a `path` of FVM_NTPATH_FILE, VOLUME, UNC or DEVICE, or
 *                   pipe\x and mailslot\x; empty: there is none. Not within room
 * @param env  [in]  may be NULL: no aliases, no computer name
 * @return FVM_OK
 *         FVM_NAME_INVALID    a component is empty, `.`, `..`, longer than 255 units or has a unit
 *                             that NT forbids; a stream's syntax is wrong; Wine would take some
 *         FVM_PATH_SYNTAX_BAD no root, and the name does not begin with a backslash
 *         FVM_INVALID         there is a root, and the name begins with a backslash
 *         FVM_NOT_FOUND       no such DOS device can be: `C:file`
 *         FVM_PATH_NOT_FOUND  a place within a volume, or the unix namespace, that no alias gives a
 *                             drive: it is not part of the VM
 *         FVM_NAME_TOO_LONG   more than FVM_NTPATH_MAX_CCH units, or the room is too small
 *         FVM_REPARSE_LOOP    the aliases lead nowhere
 * @source nt:OBJECT_ATTRIBUTES; measured on Wine 8.0
 */
FVM_NODISCARD fvm_status fvm_ntpath_parse(struct fvm_ntpath *out, struct fvm_buf *room,
                                          struct fvm_str name, struct fvm_str root,
                                          const struct fvm_ntpath_env *env);

/**
 * Give a canonical path back as an absolute NT name: `C:\x` -> `\??\C:\x`.
 *
 * @param out  [in,out] added to
 * @param path [in]  of FVM_NTPATH_FILE, VOLUME, UNC or DEVICE; a native name stays as it is
 * @return FVM_OK; FVM_NAME_TOO_LONG: does not fit, nothing is added
 */
FVM_NODISCARD fvm_status fvm_ntpath_to_nt(struct fvm_buf *out, struct fvm_str path);

/**
 * Walk the components of a path of FVM_NTPATH_FILE or UNC below its root (`C:\`,
 * `UNC\server\share`).
 *
 * @param at        [in,out] 0 at first; then the index behind the component, so that the first *at
 *                  units are the path down to it
 * @param component [out] borrowed from path; unchanged if there is none
 * @return whether there was one
 */
bool fvm_ntpath_next(struct fvm_str path, uint32_t *at, struct fvm_str *component);
/** The directory a path of FVM_NTPATH_FILE or UNC lies in, borrowed; empty for a root. */
struct fvm_str fvm_ntpath_parent(struct fvm_str path);
/** The last component of such a path, borrowed; empty for a root. */
struct fvm_str fvm_ntpath_last(struct fvm_str path);
/** Is `path` the directory `dir` or below it? Both canonical, of one kind; without case. */
bool fvm_ntpath_is_below(struct fvm_str path, struct fvm_str dir);
