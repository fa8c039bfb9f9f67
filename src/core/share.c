/* core/share.c: see share.h. */
#include "core/share.h"

#include "core/fold.h"
#include "core/name.h"

#include <string.h>

enum { PLACE_MAX_CB = 200, NAME_MAX_CB = 255 };

bool fvm_path_within(const char *inner, const char *outer)
{
    size_t cb = strlen(outer);

    if (cb == 1)
        return true;
    return !strncmp(inner, outer, cb) && (!inner[cb] || inner[cb] == '/');
}

/* --- places ----------------------------------------------------------------------------------- */

void fvm_share_place_fold(char *place)
{
    char *to = place;

    for (const char *from = place; *from; from++) {
        char c = (char)(*from == '/' ? '\\' : from == place ? *from & ~0x20 : *from);

        if (c != '\\' || to[-1] != '\\')
            *to++ = c;
    }
    if (to > place + 2 && to[-1] == '\\')
        to--;
    *to = 0;
}

/* Windows can open no file of such a name. */
static bool is_bad_name(const char *name, size_t cb)
{
    if (!cb || cb > NAME_MAX_CB || name[cb - 1] == '.' || name[cb - 1] == ' ')
        return true;
    for (size_t i = 0; i < cb; i++)
        if ((unsigned char)name[i] < ' ' || strchr("<>:\"|?*", name[i]))
            return true;
    return fvm_name_is_device(name, cb);
}

static fvm_status check_place(const char *place, struct fvm_error *err)
{
    if (!place[2] && (place[0] == 'C' || place[0] == 'Z'))
        return fvm_fail(err, FVM_INVALID,
                        "--share: drive %c: is the VM's own; take another letter, or a folder such "
                        "as =C:\\data",
                        place[0]);
    if (!place[2])
        return FVM_OK;
    if (place[0] != 'C')
        return fvm_fail(err, FVM_INVALID,
                        "--share: '%s' is no place: a folder can be put on drive C: only, such as "
                        "=C:\\data, or be a drive, such as =%c:",
                        place, place[0]);
    if (strlen(place) > PLACE_MAX_CB)
        return fvm_fail(err, FVM_INVALID, "--share: a place has at most %d bytes", PLACE_MAX_CB);
    for (const char *name = place + 3, *end; name; name = *end ? end + 1 : NULL) {
        end = name + strcspn(name, "\\");
        if (is_bad_name(name, (size_t)(end - name)))
            return fvm_fail(err, FVM_INVALID,
                            "--share: '%s' is no place: '%.*s' cannot be a name on Windows", place,
                            (int)(end - name), name);
    }
    return FVM_OK;
}

/* Is one the place of the other, or in it? */
static bool places_meet(const char *a, const char *b)
{
    size_t a_cb = strlen(a), b_cb = strlen(b), cb = a_cb < b_cb ? a_cb : b_cb;
    char behind = a_cb < b_cb ? b[cb] : a[cb];

    return !fvm_name_cmp_n(a, cb, b, cb) && (!behind || behind == '\\');
}

static fvm_status check_pair(const struct fvm_share *a, const struct fvm_share *b,
                             struct fvm_error *err)
{
    if (!strcmp(a->dir, b->dir))
        return fvm_fail(err, FVM_INVALID, "--share: the folder '%s' is named twice", a->dir);
    if (a->place && b->place && places_meet(a->place, b->place))
        return fvm_fail(err, FVM_INVALID,
                        "--share: the places '%s' and '%s' are in each other's way", b->place,
                        a->place);
    /* What is in a writable folder can be written, whatever is said of it elsewhere. */
    if ((a->writable && !b->writable && fvm_path_within(b->dir, a->dir)) ||
        (b->writable && !a->writable && fvm_path_within(a->dir, b->dir)))
        return fvm_fail(err, FVM_INVALID,
                        "--share: '%s' is to be :ro, and is in '%s', which is :rw",
                        a->writable ? b->dir : a->dir, a->writable ? a->dir : b->dir);
    return FVM_OK;
}

fvm_status fvm_shares_check(const struct fvm_terms *terms, struct fvm_error *err)
{
    for (size_t i = 0; i < terms->share_count; i++) {
        const struct fvm_share *share = &terms->shares[i];
        fvm_status status = share->place ? check_place(share->place, err) : FVM_OK;

        for (size_t j = 0; !fvm_failed(status) && j < i; j++)
            status = check_pair(share, &terms->shares[j], err);
        if (fvm_failed(status))
            return status;
    }
    return FVM_OK;
}

/* --- folders ---------------------------------------------------------------------------------- */

static bool is_any(const char *dir, const char *const *list, size_t count,
                   bool (*is)(const char *dir, const char *entry))
{
    for (size_t i = 0; i < count; i++)
        if (is(dir, list[i]))
            return true;
    return false;
}

static bool is_same(const char *dir, const char *entry)
{
    return !strcmp(dir, entry);
}

static bool meets(const char *dir, const char *entry)
{
    return fvm_path_within(dir, entry) || fvm_path_within(entry, dir);
}

fvm_status fvm_share_judge(const struct fvm_share *share, const char *store, struct fvm_error *err)
{
    /* Settings and programs of the host, and where its servers listen: a socket in a shared folder
     * leads to who made it. */
    static const char *const hosts[] = {"/bin",   "/boot", "/dev",      "/etc",  "/lib", "/lib32",
                                        "/lib64", "/proc", "/run/user", "/sbin", "/sys", "/usr"};
    static const char *const roots[] = {"/", "/run", "/tmp", "/var", "/var/lib"};
    static const char *const vms[] = {"/prefix",   "/fvm",     "/fvm32",
                                      "/fvmshare", "/run/fvm", "/home/fvm"};

    if (is_any(share->dir, hosts, ARRAY_LEN(hosts), fvm_path_within) ||
        is_any(share->dir, roots, ARRAY_LEN(roots), is_same))
        return fvm_fail(err, FVM_INVALID,
                        "cannot share '%s': it belongs to the host's own workings; share a folder "
                        "of yours",
                        share->dir);
    if (meets(share->dir, store))
        return fvm_fail(err, FVM_INVALID,
                        "cannot share '%s': FVM keeps its VMs in '%s'; share a folder beside it",
                        share->dir, store);
    if (!share->place && is_any(share->dir, vms, ARRAY_LEN(vms), meets))
        return fvm_fail(
            err, FVM_INVALID,
            "cannot share '%s' at its own path, where every VM has something; give it a "
            "drive: --share '%s=D:'",
            share->dir, share->dir);
    return FVM_OK;
}

const struct fvm_share *fvm_share_of(const struct fvm_terms *terms, const char *path,
                                     const char **rest)
{
    const struct fvm_share *found = NULL;

    for (size_t i = 0; i < terms->share_count; i++) {
        const struct fvm_share *share = &terms->shares[i];

        if (fvm_path_within(path, share->dir) &&
            (!found || strlen(share->dir) > strlen(found->dir)))
            found = share;
    }
    if (found && rest)
        *rest = path + strlen(found->dir);
    return found;
}

void fvm_share_windows_path(struct fvm_text *out, const struct fvm_share *share, const char *rest)
{
    fvm_text_puts(out, share->place);
    if (!share->place[2] && !*rest)
        fvm_text_putc(out, '\\');
    for (; *rest; rest++)
        fvm_text_putc(out, *rest == '/' ? '\\' : *rest);
}
