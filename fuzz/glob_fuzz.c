/* fuzz/glob_fuzz.c: a pattern, a newline, a path: agrees with a plain table of all prefixes. */
#include "core/glob.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t cb);

enum { MAX_CB = 64 };

static char plain(char c)
{
    if (c == '\\')
        return '/';
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* ASCII only. matches[i]: the pattern so far matches the first i bytes of the path. */
static bool expected(const char *glob, size_t glob_cb, const char *path, size_t path_cb)
{
    bool matches[MAX_CB + 1] = {true};

    if (!glob_cb)
        return !path_cb;
    while (glob_cb && plain(glob[glob_cb - 1]) == '/')
        glob_cb--;
    for (size_t g = 0; g < glob_cb; g++) {
        bool before = matches[0];

        matches[0] = before && glob[g] == '*';
        for (size_t i = 1; i <= path_cb; i++) {
            bool here = matches[i];

            if (glob[g] == '*')
                matches[i] = here || matches[i - 1];
            else
                matches[i] = before && (glob[g] == '?' || plain(glob[g]) == plain(path[i - 1]));
            before = here;
        }
    }
    for (size_t i = 0; i <= path_cb; i++)
        if (matches[i] && (i == path_cb || plain(path[i]) == '/'))
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t cb)
{
    const uint8_t *line = cb ? memchr(data, '\n', cb) : NULL;
    size_t glob_cb = line ? (size_t)(line - data) : cb, path_cb = line ? cb - glob_cb - 1 : 0;
    char *glob = calloc(1, glob_cb + 1), *path = calloc(1, path_cb + 1);
    bool ascii = true, got;

    if (!glob || !path)
        abort();
    memcpy(glob, data, glob_cb);
    memcpy(path, data + cb - path_cb, path_cb);
    for (size_t i = 0; i < cb; i++)
        ascii = ascii && data[i] && data[i] < 0x80;
    got = fvm_glob_match(glob, path);
    if (ascii && path_cb <= MAX_CB && got != expected(glob, glob_cb, path, path_cb))
        abort();
    free(glob);
    free(path);
    return 0;
}
