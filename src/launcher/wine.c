/* launcher/wine.c: where Wine is on this machine, and FVM's own guest files. See launcher.h. */
#include "launcher/launcher.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Debian's wine and wineserver are shell scripts that cost 20 ms: the programs behind them are
 * used. */
static const struct {
    const char *loader, *server, *pe_dir, *pe32_dir;
} places[] = {
    {"/usr/lib/wine/wine64", "/usr/lib/wine/wineserver64",
     "/usr/lib/x86_64-linux-gnu/wine/x86_64-windows", "/usr/lib/i386-linux-gnu/wine/i386-windows"},
    {"/usr/bin/wine64", "/usr/bin/wineserver", "/usr/lib/wine/x86_64-windows",
     "/usr/lib32/wine/i386-windows"},
};

static int find_guest(char *guest, size_t cap, struct fvm_error *err)
{
    static const char *const beside[] = {"guest", "../lib/fvm", "../libexec/fvm"};
    char self[PATH_MAX], file[PATH_MAX + 64];
    ssize_t cb = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash;

    if (cb <= 0)
        return fvm_fail(err, -errno, "cannot find the fvm program itself: %s (is /proc mounted?)",
                        strerror(errno));
    self[cb] = 0;
    slash = strrchr(self, '/');
    *slash = 0;
    for (size_t i = 0; i < ARRAY_LEN(beside); i++) {
        snprintf(file, sizeof(file), "%s/%s/wineboot.exe", self, beside[i]);
        if (access(file, R_OK))
            continue;
        snprintf(guest, cap, "%s/%s", self, beside[i]);
        return 0;
    }
    return fvm_fail(err, -ENOENT,
                    "FVM's guest files are missing beside '%s'; build them with: make", self);
}

int fvm_wine_find(struct fvm_wine *wine, struct fvm_error *err)
{
    *wine = (struct fvm_wine){0};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        if (access(places[i].loader, X_OK) || access(places[i].server, X_OK) ||
            access(places[i].pe_dir, X_OK))
            continue;
        snprintf(wine->loader, sizeof(wine->loader), "%s", places[i].loader);
        snprintf(wine->server, sizeof(wine->server), "%s", places[i].server);
        snprintf(wine->pe_dir, sizeof(wine->pe_dir), "%s", places[i].pe_dir);
        wine->has_32bit = access(places[i].pe32_dir, X_OK) == 0;
        return find_guest(wine->guest, sizeof(wine->guest), err);
    }
    return fvm_fail(err, -ENOENT, "Wine is not installed; on Debian: sudo apt install wine64");
}
