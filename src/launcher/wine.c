/* launcher/wine.c: where Wine is on this machine, and FVM's own guest files. See launcher.h. */
#include "launcher/launcher.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Below the store: what fvm_wine_get_32bit() fetched. */
#define STORE_PE32 "wine32/i386-windows"

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

/*
 * Are the libraries those of this Wine? Its 64-bit Unix side works for both kinds, so another
 * version's would crash. Debian gives all files of a version one time, whatever the architecture.
 */
static bool is_of(const struct fvm_wine *wine, int dir_fd, const char *pe32_dir)
{
    char ours[sizeof(wine->pe_dir) + 16], theirs[PATH_MAX];
    struct stat a, b;

    snprintf(ours, sizeof(ours), "%s/ntdll.dll", wine->pe_dir);
    snprintf(theirs, sizeof(theirs), "%s/ntdll.dll", pe32_dir);
    return !stat(ours, &a) && !fstatat(dir_fd, theirs, &b, 0) && a.st_mtime == b.st_mtime;
}

/* FVM_WINE32 says where they are, else they are in the store or where Debian has them. */
static void find_32bit(struct fvm_wine *wine, const char *debian)
{
    const char *given = getenv("FVM_WINE32");
    char *store = fvm_store_path();
    char path[sizeof(wine->pe32_dir)] = "";

    if (given && *given) {
        snprintf(path, sizeof(path), "%s/i386-windows", given);
        debian = path;
    } else if (store) {
        snprintf(path, sizeof(path), "%s/" STORE_PE32, store);
    }
    free(store);
    for (int i = 0; i < 2 && !wine->pe32_dir[0]; i++) {
        const char *place = i ? debian : path;

        /* From elsewhere a relative path would lead elsewhere. */
        if (*place == '/' && is_of(wine, AT_FDCWD, place))
            snprintf(wine->pe32_dir, sizeof(wine->pe32_dir), "%s", place);
    }
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
        find_32bit(wine, places[i].pe32_dir);
        return find_guest(wine->guest, sizeof(wine->guest), err);
    }
    return fvm_fail(err, -ENOENT, "Wine is not installed; on Debian: sudo apt install wine64");
}

/* The script's last line says what is wrong. */
static void read_last_line(int fd, char *line, size_t cap)
{
    enum { KEPT = 2048 };
    char text[2 * KEPT];
    const char *last;
    size_t cb = 0;
    ssize_t got;

    while ((got = read(fd, text + cb, sizeof(text) - 1 - cb)) > 0) {
        cb += (size_t)got;
        if (cb > KEPT) {
            memmove(text, text + cb - KEPT, KEPT);
            cb = KEPT;
        }
    }
    while (cb && text[cb - 1] == '\n')
        cb--;
    text[cb] = 0;
    last = strrchr(text, '\n');
    snprintf(line, cap, "%s", last ? last + 1 : text);
}

/* @param words [out] the script's last ones */
static int run_script(const char *script, const char *target, char *words, size_t cap)
{
    int pair[2], status = -1;
    pid_t pid;

    if (pipe2(pair, O_CLOEXEC))
        return -errno;
    pid = fork();
    if (!pid) {
        FVM_CLEANUP(fd) int null = open("/dev/null", O_RDWR | O_CLOEXEC);

        dup2(null, 0);
        dup2(null, 1);
        dup2(pair[1], 2);
        execl(script, script, target, (char *)NULL);
        dprintf(2, "cannot run %s: %s\n", script, strerror(errno));
        _exit(127);
    }
    close(pair[1]);
    read_last_line(pair[0], words, cap);
    close(pair[0]);
    if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status))
        return -EIO;
    return 0;
}

int fvm_wine_get_32bit(struct fvm_wine *wine, const struct fvm_store *store, fvm_progress *progress,
                       void *context, struct fvm_error *err)
{
    char script[sizeof(wine->guest) + 32], target[4096], words[512];
    const char *given = getenv("FVM_WINE32");

    if (wine->pe32_dir[0])
        return 0;
    if (given && *given)
        return fvm_fail(err, -ENOENT,
                        "FVM_WINE32=%s is no folder with libraries of this Wine's version for "
                        "32-bit programs; make one with tools/get-wine32.sh, or unset it",
                        given);
    progress(context, 0, FVM_BASE_STEPS,
             "fetching Wine's libraries for 32-bit programs, once, 95 MB");
    snprintf(script, sizeof(script), "%s/get-wine32.sh", wine->guest);
    snprintf(target, sizeof(target), "%s/wine32", store->path);
    if (run_script(script, target, words, sizeof(words)))
        return fvm_fail(err, -EIO, "cannot get Wine's libraries for 32-bit programs: %s", words);
    if (!is_of(wine, store->fd, STORE_PE32))
        return fvm_fail(err, -EIO,
                        "what was fetched for 32-bit programs is of another version than Wine; "
                        "bring it up to date: apt upgrade");
    snprintf(wine->pe32_dir, sizeof(wine->pe32_dir), STORE_PE32);
    return 0;
}
