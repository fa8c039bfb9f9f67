/* core/ntpath_fold.c: see ntpath_fold.h. Each step makes one rewriting or answers FVM_PASS. */
#include "core/ntpath_fold.h"

enum { MAX_STEPS = 64, DOS_CCH = 4 };

/* Replace `cch` units at `at`. @param with not within the buffer */
static fvm_status splice(struct fvm_buf *buf, uint32_t at, uint32_t cch, struct fvm_str with)
{
    uint32_t tail = buf->cch - at - cch, to = at + with.cch, from = at + cch;

    if (with.cch > cch && with.cch - cch > buf->cap_cch - buf->cch)
        return FVM_NAME_TOO_LONG;
    for (uint32_t i = 0; to < from && i < tail; i++)
        buf->s[to + i] = buf->s[from + i];
    for (uint32_t i = tail; to > from && i > 0; i--)
        buf->s[to + i - 1] = buf->s[from + i - 1];
    for (uint32_t i = 0; i < with.cch; i++)
        buf->s[at + i] = with.s[i];
    buf->cch = to + tail;
    return FVM_OK;
}

bool fvm_ntpath_has_head(struct fvm_str name, struct fvm_str head)
{
    return fvm_str_begins_fold(name, head) && (name.cch == head.cch || name.s[head.cch] == '\\');
}

static struct fvm_str rest_of(const struct fvm_buf *name, uint32_t from)
{
    return fvm_str_sub(fvm_buf_str(name), from, name->cch);
}

static bool is_dos(const struct fvm_buf *name)
{
    return fvm_str_begins_fold(fvm_buf_str(name), FVM_STR(u"\\??\\"));
}

/* Where the component that begins at `at` ends. */
static uint32_t end_of(const struct fvm_buf *name, uint32_t at)
{
    return fvm_str_find(fvm_buf_str(name), '\\', at);
}

static fvm_status fold_namespace(struct fvm_buf *name, const struct fvm_ntpath_env *env)
{
    /* A backslash must follow where `only_as_head`: alone they are directories, not files. */
    static const struct {
        struct fvm_str from, to;
        bool only_as_head;
    } table[] = {{FVM_STR(u"\\DosDevices"), FVM_STR(u"\\??"), true},
                 {FVM_STR(u"\\GLOBAL??"), FVM_STR(u"\\??"), true},
                 {FVM_STR(u"\\??\\Global"), FVM_STR(u"\\??"), true},
                 {FVM_STR(u"\\??\\GLOBALROOT"), FVM_STR(u""), true},
                 {FVM_STR(u"\\Device\\NamedPipe"), FVM_STR(u"\\??\\pipe"), false},
                 {FVM_STR(u"\\Device\\MailSlot"), FVM_STR(u"\\??\\mailslot"), false},
                 {FVM_STR(u"\\Device\\Mup"), FVM_STR(u"\\??\\UNC"), false},
                 {FVM_STR(u"\\Device\\LanmanRedirector"), FVM_STR(u"\\??\\UNC"), false},
                 {FVM_STR(u"\\Device\\WebDavRedirector"), FVM_STR(u"\\??\\UNC"), false},
                 {FVM_STR(u"\\Device\\Null"), FVM_STR(u"\\??\\NUL"), false}};
    static const struct fvm_str volume = FVM_STR(u"\\??\\HarddiskVolume");

    (void)env;
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (fvm_ntpath_has_head(fvm_buf_str(name), table[i].from) &&
            !(table[i].only_as_head && name->cch == table[i].from.cch))
            return splice(name, 0, table[i].from.cch, table[i].to);
    if (fvm_str_begins_fold(fvm_buf_str(name), volume))
        return splice(name, 0, DOS_CCH, FVM_STR(u"\\Device\\"));
    return FVM_PASS;
}

/* \Sessions\0\DosDevices\<logon>\C: is where \??\C: of that logon lives. */
static fvm_status fold_session(struct fvm_buf *name, const struct fvm_ntpath_env *env)
{
    static const struct fvm_str sessions = FVM_STR(u"\\Sessions\\");
    uint32_t number, devices, logon;

    (void)env;
    if (!fvm_str_begins_fold(fvm_buf_str(name), sessions))
        return FVM_PASS;
    number = end_of(name, sessions.cch);
    if (!fvm_ntpath_has_head(rest_of(name, number), FVM_STR(u"\\DosDevices")))
        return FVM_PASS;
    devices = end_of(name, number + 1);
    logon = devices < name->cch ? end_of(name, devices + 1) : devices;
    return logon < name->cch ? splice(name, 0, logon, FVM_STR(u"\\??")) : FVM_PASS;
}

/* Wine's own: \??\unix/a//b is \??\unix\a\b (8.0). */
static fvm_status fold_unix(struct fvm_buf *name, const struct fvm_ntpath_env *env)
{
    static const struct fvm_str unix_root = FVM_STR(u"\\??\\unix");
    uint32_t to = unix_root.cch;

    (void)env;
    if (!fvm_str_begins_fold(fvm_buf_str(name), unix_root) || name->cch == to ||
        (name->s[to] != '/' && name->s[to] != '\\'))
        return FVM_PASS;
    for (uint32_t from = to; from < name->cch; from++) {
        uint16_t unit = name->s[from] == '/' ? '\\' : name->s[from];

        if (unit != '\\' || name->s[to - 1] != '\\')
            name->s[to++] = unit;
    }
    name->cch = to;
    return FVM_PASS; /* the same name still, and the same when done again */
}

/* Wine lets a drive's root have two backslashes, not three (8.0). */
static fvm_status fold_drive(struct fvm_buf *name, const struct fvm_ntpath_env *env)
{
    static const struct fvm_str twice = FVM_STR(u":\\\\");

    (void)env;
    if (!is_dos(name) || !fvm_str_begins_fold(rest_of(name, DOS_CCH + 1), twice))
        return FVM_PASS;
    if (name->cch > DOS_CCH + 1 + twice.cch && name->s[DOS_CCH + 1 + twice.cch] == '\\')
        return FVM_PASS; /* read as an empty component */
    return splice(name, DOS_CCH + 2, 1, FVM_STR(u""));
}

static bool is_own_host(struct fvm_str host, const struct fvm_ntpath_env *env)
{
    static const struct fvm_str names[] = {FVM_STR(u"localhost"), FVM_STR(u"::1"),
                                           FVM_STR(u"--1.ipv6-literal.net"),
                                           FVM_STR(u"0--1.ipv6-literal.net")};
    bool is_number = fvm_str_begins_fold(host, FVM_STR(u"127."));

    if (host.cch > 1 && host.s[host.cch - 1] == '.')
        host.cch--; /* DNS: not relative */
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (fvm_str_eq_fold(host, names[i]))
            return true;
    for (uint32_t i = 0; i < host.cch; i++)
        is_number = is_number && (host.s[i] == '.' || (host.s[i] >= '0' && host.s[i] <= '9'));
    return is_number || (env && host.cch && fvm_str_eq_fold(host, env->computer));
}

/* A share of this machine, which begins at `at`. C$ -> \??\C:\ */
static fvm_status fold_share(struct fvm_buf *name, uint32_t at)
{
    static const struct {
        struct fvm_str share, to;
    } table[] = {{FVM_STR(u"pipe"), FVM_STR(u"\\??\\pipe")},
                 {FVM_STR(u"IPC$"), FVM_STR(u"\\??\\pipe")},
                 {FVM_STR(u"mailslot"), FVM_STR(u"\\??\\mailslot")},
                 {FVM_STR(u"ADMIN$"), FVM_STR(u"\\SystemRoot")}};
    uint32_t end = end_of(name, at);
    struct fvm_str share = fvm_str_sub(fvm_buf_str(name), at, end - at);

    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (fvm_str_eq_fold(share, table[i].share))
            return splice(name, 0, end, table[i].to);
    if (share.cch == 2 && share.s[1] == '$' && fvm_ntpath_is_letter(share.s[0])) {
        uint16_t drive[] = {'\\', '?', '?', '\\', share.s[0], ':', '\\'};

        /* The share is the root directory, never the raw volume. */
        return splice(name, 0, end, (struct fvm_str){drive, end == name->cch ? 7 : 6});
    }
    return FVM_PASS;
}

static fvm_status fold_host(struct fvm_buf *name, const struct fvm_ntpath_env *env)
{
    static const struct fvm_str unc = FVM_STR(u"\\??\\UNC\\"), localhost = FVM_STR(u"localhost");
    uint32_t end;
    struct fvm_str host;
    fvm_status status = FVM_PASS;

    if (!fvm_str_begins_fold(fvm_buf_str(name), unc))
        return FVM_PASS;
    end = end_of(name, unc.cch);
    host = fvm_str_sub(fvm_buf_str(name), unc.cch, end - unc.cch);
    /* A redirector's notes: \Device\Mup\;LanmanRedirector\;Z:0000\server\share */
    if (host.cch && host.s[0] == ';')
        return splice(name, unc.cch - 1, 1 + host.cch, FVM_STR(u""));
    if (!is_own_host(host, env))
        return FVM_PASS;
    if (end < name->cch)
        status = fold_share(name, end + 1);
    if (status == FVM_PASS && !fvm_str_eq(host, localhost))
        status = splice(name, unc.cch, host.cch, localhost);
    return status;
}

/* Is this a place within a file system? Then a bare drive in its stead is that drive's root. */
static bool is_within(struct fvm_str from)
{
    return from.cch && from.s[0] != '\\' &&
           (fvm_str_find(from, '\\', 0) < from.cch || fvm_str_eq_fold(from, FVM_STR(u"unix")));
}

/* Where a name would begin that an alias is compared with. */
static uint32_t alias_at(const struct fvm_alias *alias)
{
    return alias->from.s[0] == '\\' ? 0 : DOS_CCH;
}

static const struct fvm_alias *find_alias(const struct fvm_buf *name,
                                          const struct fvm_ntpath_env *env)
{
    const struct fvm_alias *best = NULL;

    for (size_t i = 0; env && i < env->alias_count; i++) {
        const struct fvm_alias *alias = &env->aliases[i];

        if (alias->from.cch && (alias_at(alias) == 0 || is_dos(name)) &&
            fvm_ntpath_has_head(rest_of(name, alias_at(alias)), alias->from) &&
            (!best || alias->from.cch > best->from.cch))
            best = alias;
    }
    return best;
}

static fvm_status fold_alias(struct fvm_buf *name, const struct fvm_ntpath_env *env)
{
    const struct fvm_alias *alias = find_alias(name, env);
    uint32_t end = alias ? alias_at(alias) + alias->from.cch : 0;
    bool is_root = alias && end == name->cch && is_within(alias->from) && alias->to.cch == 2 &&
                   alias->to.s[1] == ':';
    fvm_status status;

    if (!alias)
        return FVM_PASS;
    status = splice(name, 0, end, alias->to);
    if (!fvm_failed(status) && is_root)
        status = fvm_buf_add_unit(name, '\\');
    if (!fvm_failed(status) && !(alias->to.cch && alias->to.s[0] == '\\'))
        status = splice(name, 0, 0, FVM_STR(u"\\??\\"));
    return status;
}

/* \??\C:... as nearly all names are: none of the steps before fold_drive knows such a one. */
static bool is_on_drive(const struct fvm_buf *name)
{
    return name->cch > DOS_CCH + 1 && name->s[DOS_CCH + 1] == ':' &&
           fvm_ntpath_is_letter(name->s[DOS_CCH]) && is_dos(name);
}

fvm_status fvm_ntpath_fold(struct fvm_buf *name, const struct fvm_ntpath_env *env)
{
    static fvm_status (*const steps[])(struct fvm_buf *, const struct fvm_ntpath_env *) = {
        fold_namespace, fold_session, fold_unix, fold_drive, fold_host, fold_alias};
    enum { FOLD_DRIVE = 3 };

    for (int i = 0; i < MAX_STEPS; i++) {
        fvm_status status = FVM_PASS;

        for (size_t step = is_on_drive(name) ? FOLD_DRIVE : 0;
             status == FVM_PASS && step < ARRAY_LEN(steps); step++)
            status = steps[step](name, env);
        if (status != FVM_OK)
            return status == FVM_PASS ? FVM_OK : status;
    }
    return FVM_REPARSE_LOOP;
}
