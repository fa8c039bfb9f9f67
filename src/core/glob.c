/* core/glob.c: see glob.h. */
#include "core/glob.h"
#include "core/fold.h"
#include "core/utf.h"

#include <string.h>

static bool is_separator(char c)
{
    return c == '/' || c == '\\';
}

static uint32_t next_folded(const char **at, const char *end)
{
    uint32_t code = fvm_fold(fvm_utf8_next(at, end));

    return code == '\\' ? '/' : code;
}

/* Only the last `*` needs to be tried again: what stands before it has matched as early as it
 * could. */
bool fvm_glob_match(const char *glob, const char *path)
{
    const char *glob_end = glob + strlen(glob), *path_end = path + strlen(path);
    const char *star = NULL, *retry = NULL;

    if (glob == glob_end)
        return path == path_end;
    while (glob_end > glob && is_separator(glob_end[-1]))
        glob_end--;
    for (;;) {
        if (glob == glob_end && (path == path_end || is_separator(*path)))
            return true;
        if (glob < glob_end && *glob == '*') {
            star = ++glob;
            retry = path;
            continue;
        }
        if (glob < glob_end && path < path_end) {
            const char *glob_next = glob, *path_next = path;
            uint32_t want = next_folded(&glob_next, glob_end),
                     got = next_folded(&path_next, path_end);

            if (want == got || *glob == '?') {
                glob = glob_next;
                path = path_next;
                continue;
            }
        }
        if (!star || retry == path_end)
            return false;
        fvm_utf8_next(&retry, path_end);
        glob = star;
        path = retry;
    }
}
