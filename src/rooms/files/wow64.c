/* rooms/files/wow64.c: what a 32-bit program beside 64-bit ones means by a name in C:\windows. See
 * files.h. The host redirects below this engine, by the name that it is given: the VM's path must
 * be the one that it would come to, and a path that it is given be one that it leaves where it is.
 *
 * As wow64.dll of Wine 8 does it, which knows C:\windows alone. */
#include "engine/engine.h"
#include "engine/nt.h"
#include "rooms/files/files.h"

#include <string.h>

#define WINDOWS u"C:\\windows\\"
enum { AT_NAME = ARRAY_LEN(WINDOWS) - 1 };

/* Are the components behind C:\windows\ these? */
static bool is_at(struct fvm_str path, struct fvm_str name)
{
    uint32_t end = AT_NAME + name.cch;

    return fvm_str_begins_fold(path, FVM_STR(WINDOWS)) &&
           fvm_str_begins_fold(fvm_str_sub(path, AT_NAME, path.cch), name) &&
           (path.cch == end || path.s[end] == '\\');
}

/* What Wow64DisableWow64FsRedirection() sets, for this thread. */
static bool is_off(void)
{
    enum { TEB_AT_TEB64 = 0xf70, TEB64_AT_TLS = 0x1480, FILE_REDIRECTION_SLOT = 8 };
    const char *teb = (const char *)NtCurrentTeb(), *teb64;

    memcpy(&teb64, teb + TEB_AT_TEB64, sizeof(teb64));
    return teb64 && ((const uint64_t *)(const void *)(teb64 + TEB64_AT_TLS))[FILE_REDIRECTION_SLOT];
}

/* Another name in the place of one: what follows moves, a stream behind the path too. */
static void replace(struct fvm_ntpath *path, uint32_t old_cch, struct fvm_str name)
{
    uint16_t *at = (uint16_t *)(uintptr_t)path->path.s + AT_NAME;
    const uint16_t *end = path->flags & FVM_NTPATH_STREAM ? path->stream.s + path->stream.cch
                                                          : path->path.s + path->path.cch;

    memmove(at + name.cch, at + old_cch, (size_t)((const char *)end - (char *)(at + old_cch)));
    memcpy(at, name.s, name.cch * sizeof(*at));
    path->path.cch += name.cch - old_cch;
    if (path->flags & FVM_NTPATH_STREAM)
        path->stream.s += (ptrdiff_t)name.cch - (ptrdiff_t)old_cch;
}

bool files_may_redirect(struct fvm_str given, struct fvm_str root)
{
    if (!fvm_engine.is_wow64 || !given.cch)
        return false;
    if (!root.cch)
        return fvm_str_begins_fold(given, FVM_STR(u"\\??\\" WINDOWS));
    return fvm_str_eq_fold(root, FVM_STR(u"C:\\windows")) ||
           fvm_str_eq_fold(root, FVM_STR(u"C:\\windows\\system32"));
}

bool files_redirect(struct fvm_ntpath *path)
{
    static const struct {
        const uint16_t *s;
        uint32_t cch;
    } not_redirected[] = {{u"system32\\catroot", 16},     {u"system32\\catroot2", 17},
                          {u"system32\\driverstore", 20}, {u"system32\\drivers\\etc", 20},
                          {u"system32\\logfiles", 17},    {u"system32\\spool", 14}};
    const struct fvm_str native = FVM_STR(u"sysnative"), own = FVM_STR(u"system32"),
                         regedit = FVM_STR(u"regedit.exe");

    if (is_at(path->path, native)) {
        replace(path, native.cch, own);
        return true;
    }
    if (is_off())
        return false;
    for (size_t i = 0; i < ARRAY_LEN(not_redirected); i++)
        if (is_at(path->path, (struct fvm_str){not_redirected[i].s, not_redirected[i].cch}))
            return false;
    if (is_at(path->path, own)) {
        replace(path, own.cch, FVM_STR(u"syswow64"));
        return true;
    }
    if (!is_at(path->path, regedit))
        return false;
    replace(path, regedit.cch, FVM_STR(u"syswow64\\regedit.exe"));
    return true;
}

void files_keep_native(struct fvm_buf *host)
{
    const struct fvm_str own = FVM_STR(u"system32"), native = FVM_STR(u"sysnative");
    uint32_t end = AT_NAME + own.cch;

    if (!fvm_engine.is_wow64 || !is_at(fvm_buf_str(host), own) || host->cch == host->cap_cch)
        return;
    memmove(host->s + AT_NAME + native.cch, host->s + end, (host->cch - end) * sizeof(*host->s));
    memcpy(host->s + AT_NAME, native.s, native.cch * sizeof(*native.s));
    host->cch++;
}
