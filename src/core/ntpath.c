/* core/ntpath.c: see ntpath.h. The room first holds a whole NT name; namespaces and aliases are
 * folded in it until none is left (ntpath_fold.c), then it is taken apart here. */
#include "core/ntpath.h"

#include "core/ntpath_fold.h"

enum { DOS_CCH = 4, DRIVE_CCH = 2, SHORT_CCH = 12 };

/* The drive letter, where \??\ has it. */
static void raise_letter(struct fvm_buf *text)
{
    if (text->s[DOS_CCH] >= 'a')
        text->s[DOS_CCH] = (uint16_t)(text->s[DOS_CCH] - 'a' + 'A');
}

static bool is_dots(struct fvm_str name)
{
    return name.cch >= 1 && name.cch <= 2 && name.s[0] == '.' && name.s[name.cch - 1] == '.';
}

/* Asked of every unit of every name: a table of bits. */
#define BIT(unit) (1U << (unit) % 32)
static bool is_forbidden(uint16_t unit)
{
    static const uint32_t forbidden[] = {
        ~0U, BIT('"') | BIT('*') | BIT('/') | BIT(':') | BIT('<') | BIT('>') | BIT('?'), BIT('\\'),
        BIT('|')};

    return unit < 128 && forbidden[unit / 32] & BIT(unit);
}

/* A component, or a stream's name: not empty. */
static bool is_name(struct fvm_str name)
{
    if (!name.cch || name.cch > FVM_NTPATH_COMPONENT_CCH || is_dots(name))
        return false;
    for (uint32_t i = 0; i < name.cch; i++)
        if (is_forbidden(name.s[i]))
            return false;
    return true;
}

static struct fvm_str first_of(struct fvm_str text)
{
    return fvm_str_sub(text, 0, fvm_str_find(text, '\\', 0));
}

/* What follows a name's first ':', as NTFS reads it: stream, stream:$DATA, :$DATA,
 * :$INDEX_ALLOCATION or $I30:$INDEX_ALLOCATION. */
static fvm_status read_stream(struct fvm_ntpath *out, struct fvm_str text)
{
    uint32_t colon = fvm_str_find(text, ':', 0);
    struct fvm_str name = fvm_str_sub(text, 0, colon);
    struct fvm_str type = fvm_str_sub(text, colon + 1, text.cch);

    if (colon < text.cch && fvm_str_eq_fold(type, FVM_STR(u"$INDEX_ALLOCATION")) &&
        (!name.cch || fvm_str_eq_fold(name, FVM_STR(u"$I30")))) {
        out->flags |= FVM_NTPATH_AS_DIR;
        return FVM_OK;
    }
    if (colon < text.cch && !fvm_str_eq_fold(type, FVM_STR(u"$DATA")))
        return FVM_NAME_INVALID;
    if (colon < text.cch && !name.cch) {
        out->flags |= FVM_NTPATH_AS_FILE;
        return FVM_OK;
    }
    if (!is_name(name))
        return FVM_NAME_INVALID;
    out->flags |= FVM_NTPATH_STREAM;
    out->stream = name;
    return FVM_OK;
}

/* One component, from `at` on; *keep: how many of its units belong to the path. A directory in the
 * middle may carry its own stream, which is the directory: a second spelling. */
static fvm_status check_component(struct fvm_ntpath *out, struct fvm_str component, bool is_last,
                                  bool is_root, uint32_t *keep)
{
    uint32_t colon = fvm_str_find(component, ':', 0);
    struct fvm_str base = fvm_str_sub(component, 0, colon);
    fvm_status status = FVM_OK;

    *keep = colon;
    if (colon < component.cch)
        status = read_stream(out, fvm_str_sub(component, colon + 1, component.cch));
    if (fvm_failed(status))
        return status;
    /* C:\:stream is the root's. */
    if (!base.cch && is_root && (out->flags & (FVM_NTPATH_STREAM | FVM_NTPATH_AS_DIR)))
        return is_last ? FVM_OK : FVM_NAME_INVALID;
    if (!is_name(base))
        return FVM_NAME_INVALID;
    if (base.cch <= SHORT_CCH && fvm_str_find(base, '~', 0) < base.cch)
        out->flags |= FVM_NTPATH_SHORT;
    if (!is_last && (out->flags & (FVM_NTPATH_STREAM | FVM_NTPATH_AS_FILE)))
        return FVM_NAME_INVALID;
    if (!is_last)
        out->flags &= ~(uint32_t)FVM_NTPATH_AS_DIR;
    return FVM_OK;
}

/* The components of text from `at` on, which ends at `end`; `plain` of them may have no ':'. What
 * is left of them closes up; out->path and out->stream are set. */
static fvm_status read_components(struct fvm_ntpath *out, struct fvm_buf *text, uint32_t from,
                                  uint32_t at, uint32_t plain)
{
    uint32_t first = at, to = at;

    for (bool is_last = at >= text->cch; !is_last;) {
        struct fvm_str component = first_of(fvm_str_sub(fvm_buf_str(text), at, text->cch));
        uint32_t keep;
        fvm_status status;

        is_last = at + component.cch == text->cch;
        status = check_component(out, component, is_last, at == first && !plain, &keep);
        if (fvm_failed(status))
            return status;
        if (plain && keep < component.cch)
            return FVM_NAME_INVALID;
        plain -= plain > 0;
        for (uint32_t i = 0; i < keep; i++)
            text->s[to + i] = component.s[i];
        to += keep;
        at += component.cch + 1;
        if (!is_last)
            text->s[to++] = '\\';
    }
    if ((out->flags & FVM_NTPATH_TRAILING) &&
        (out->flags & (FVM_NTPATH_STREAM | FVM_NTPATH_AS_FILE)))
        return FVM_NAME_INVALID;
    out->path = fvm_str_sub(fvm_buf_str(text), from, to - from);
    return FVM_OK;
}

/* One backslash at the end, behind the first `least` units, is the flag. */
static void cut_trailing(struct fvm_ntpath *out, struct fvm_buf *text, uint32_t least)
{
    if (text->s[text->cch - 1] != '\\')
        return;
    out->flags |= FVM_NTPATH_TRAILING;
    if (text->cch > least)
        text->cch--;
}

static fvm_status read_file(struct fvm_ntpath *out, struct fvm_buf *text)
{
    uint32_t root = DOS_CCH + DRIVE_CCH + 1;

    out->kind = FVM_NTPATH_FILE;
    cut_trailing(out, text, root);
    return read_components(out, text, DOS_CCH, root, 0);
}

static fvm_status read_unc(struct fvm_ntpath *out, struct fvm_buf *text)
{
    static const uint16_t unc[] = u"UNC";

    out->kind = FVM_NTPATH_UNC;
    for (uint32_t i = 0; i < 3; i++)
        text->s[DOS_CCH + i] = unc[i];
    cut_trailing(out, text, 0);
    if (text->cch == DOS_CCH + 4)
        return FVM_NAME_INVALID; /* UNC and two backslashes */
    /* To everybody's mailslot: that would leave the machine. */
    if (fvm_str_begins_fold(fvm_str_sub(fvm_buf_str(text), DOS_CCH, text->cch),
                            FVM_STR(u"UNC\\*\\mailslot\\")))
        return FVM_PATH_NOT_FOUND;
    return read_components(out, text, DOS_CCH, DOS_CCH + (text->cch > DOS_CCH + 3 ? 4 : 3), 2);
}

/* Behind \??\pipe or \??\mailslot every unit counts: NT keeps such names flat. */
static fvm_status read_flat(struct fvm_ntpath *out, struct fvm_str rest, enum fvm_ntpath_kind kind)
{
    out->kind = kind;
    out->flags |= rest.cch == 1 ? FVM_NTPATH_TRAILING : 0U;
    out->path = fvm_str_sub(rest, 1, rest.cch);
    return FVM_OK;
}

static bool is_volume(struct fvm_str name)
{
    static const struct fvm_str beginnings[] = {
        FVM_STR(u"Harddisk"),   FVM_STR(u"PhysicalDrive"), FVM_STR(u"Volume{"),
        FVM_STR(u"CdRom"),      FVM_STR(u"Floppy"),        FVM_STR(u"RamDisk"),
        FVM_STR(u"BootDevice"), FVM_STR(u"BootPartition"), FVM_STR(u"SystemPartition"),
        FVM_STR(u"STORAGE#")};

    for (size_t i = 0; i < ARRAY_LEN(beginnings); i++)
        if (fvm_str_begins_fold(name, beginnings[i]))
            return true;
    return false;
}

/* A volume that no alias gave a letter: as a whole it is for the engine to judge, what is in it is
 * nowhere in the VM. \Device\Harddisk0\DR0 is a disk as well. */
static fvm_status read_volume(struct fvm_ntpath *out, struct fvm_str path, struct fvm_str volume,
                              struct fvm_str rest)
{
    uint32_t digits = (uint32_t)(sizeof("Harddisk") - 1);

    while (digits < volume.cch && volume.s[digits] >= '0' && volume.s[digits] <= '9')
        digits++;
    if (path.s[0] == '\\' && fvm_str_begins_fold(volume, FVM_STR(u"Harddisk")) &&
        digits == volume.cch && rest.cch > 1)
        rest = fvm_str_sub(rest, 1 + first_of(fvm_str_sub(rest, 1, rest.cch)).cch, rest.cch);
    if (rest.cch)
        return FVM_PATH_NOT_FOUND;
    out->kind = FVM_NTPATH_VOLUME;
    out->path = path;
    return FVM_OK;
}

/* Wine keeps DOS devices in a Unix directory, so that \??\..\system.reg is the prefix's own file
 * and
 * \??\.\c:\x a second C:\x (8.0). */
static fvm_status read_device(struct fvm_ntpath *out, struct fvm_str path)
{
    uint32_t at = 0;

    out->kind = FVM_NTPATH_DEVICE;
    out->path = path;
    if (path.s[0] == '\\')
        return FVM_OK;
    if (!is_name(first_of(path)))
        return FVM_NAME_INVALID;
    while (at < path.cch) {
        struct fvm_str component = first_of(fvm_str_sub(path, at, path.cch));

        if (is_dots(component) || fvm_str_find(component, '/', 0) < component.cch)
            return FVM_NAME_INVALID;
        at += component.cch + 1;
    }
    return FVM_OK;
}

static fvm_status read_dos(struct fvm_ntpath *out, struct fvm_buf *text)
{
    struct fvm_str path = fvm_str_sub(fvm_buf_str(text), DOS_CCH, text->cch);
    struct fvm_str first = first_of(path), rest = fvm_str_sub(path, first.cch, path.cch);

    if (!first.cch)
        return FVM_NAME_INVALID;
    if (fvm_ntpath_is_letter(first.s[0]) && first.cch >= DRIVE_CCH && first.s[1] == ':') {
        raise_letter(text);
        if (first.cch == DRIVE_CCH)
            return rest.cch ? read_file(out, text) : read_volume(out, path, first, rest);
        /* C:: is the link by which Wine finds a drive's raw device. */
        if (first.cch == DRIVE_CCH + 1 && first.s[2] == ':')
            return read_volume(out, path, first, rest);
    }
    /* C:/x is a name of no device; something behind it is below nothing. */
    if (fvm_str_find(first, ':', 0) < first.cch)
        return rest.cch ? FVM_PATH_NOT_FOUND : FVM_NOT_FOUND;
    if (fvm_str_eq_fold(first, FVM_STR(u"pipe")))
        return read_flat(out, rest, FVM_NTPATH_PIPE);
    if (fvm_str_eq_fold(first, FVM_STR(u"mailslot")))
        return read_flat(out, rest, FVM_NTPATH_MAILSLOT);
    if (fvm_str_eq_fold(first, FVM_STR(u"UNC")))
        return read_unc(out, text);
    if (fvm_str_eq_fold(first, FVM_STR(u"unix")))
        return FVM_PATH_NOT_FOUND;
    if (is_volume(first))
        return is_name(first) ? read_volume(out, path, first, rest) : FVM_NAME_INVALID;
    return read_device(out, path);
}

static fvm_status read_native(struct fvm_ntpath *out, struct fvm_str path)
{
    static const struct fvm_str device = FVM_STR(u"\\Device\\");
    struct fvm_str name = fvm_str_sub(path, device.cch, path.cch);

    if (path.cch > 1 && path.s[1] == '\\')
        return FVM_NAME_INVALID;
    if (fvm_ntpath_has_head(path, FVM_STR(u"\\SystemRoot")) ||
        fvm_ntpath_has_head(path, FVM_STR(u"\\ArcName")))
        return FVM_PATH_NOT_FOUND;
    if (fvm_str_begins_fold(path, device) && is_volume(first_of(name)))
        return read_volume(out, path, first_of(name),
                           fvm_str_sub(name, first_of(name).cch, name.cch));
    return read_device(out, path);
}

/* The whole name, into the room. */
static fvm_status join(struct fvm_buf *room, struct fvm_str name, struct fvm_str root)
{
    fvm_status status;

    if (!root.cch)
        return name.cch && name.s[0] == '\\' ? fvm_buf_add(room, name) : FVM_PATH_SYNTAX_BAD;
    if (name.cch && name.s[0] == '\\')
        return FVM_INVALID;
    status = fvm_ntpath_to_nt(room, root);
    /* A stream of the root itself has no backslash before it. */
    if (!fvm_failed(status) && name.cch && name.s[0] != ':' && root.s[root.cch - 1] != '\\')
        status = fvm_buf_add_unit(room, '\\');
    return fvm_failed(status) ? status : fvm_buf_add(room, name);
}

fvm_status fvm_ntpath_parse(struct fvm_ntpath *out, struct fvm_buf *room, struct fvm_str name,
                            struct fvm_str root, const struct fvm_ntpath_env *env)
{
    fvm_status status;

    *out = (struct fvm_ntpath){0};
    room->cch = 0;
    if (name.cch > FVM_NTPATH_MAX_CCH || root.cch > FVM_NTPATH_MAX_CCH)
        return FVM_NAME_TOO_LONG;
    status = join(room, name, root);
    if (fvm_failed(status))
        return status;
    if (room->cch > FVM_NTPATH_MAX_CCH)
        return FVM_NAME_TOO_LONG;
    status = fvm_ntpath_fold(room, env);
    if (fvm_failed(status))
        return status;
    if (fvm_str_begins_fold(fvm_buf_str(room), FVM_STR(u"\\??\\")))
        return read_dos(out, room);
    return read_native(out, fvm_buf_str(room));
}
