/* tests/unit/linux_change_kit.h: trees for the tests of store/change.h: make, show, compare. */
#pragma once
#include "core/error.h"
#include "core/text.h"
#include "store/change.h"
#include "tap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define KIT static __attribute__((unused))

KIT void kit_die(const char *what, const char *name)
{
    printf("Bail out! %s %s: %s\n", what, name, strerror(errno));
    fflush(stdout);
    _exit(1);
}

/* A fresh directory below /tmp, removed at the end of the program. */
static char kit_base[64] = "/tmp/fvm-change-XXXXXX";
static bool kit_base_made;

/* Use /dev/shm, where it can keep overlayfs's attributes (Linux 6.6): three times as fast. */
KIT void kit_use_memory(void)
{
    if (!kit_base_made && setxattr("/dev/shm", "user.fvm-test", "", 0, 0) == 0 &&
        removexattr("/dev/shm", "user.fvm-test") == 0)
        strcpy(kit_base, "/dev/shm/fvm-change-XXXXXX");
}

KIT void kit_remove_base(void)
{
    static pid_t owner;

    if (!owner) {
        owner = getpid();
        return;
    }
    if (owner == getpid())
        fvm_tree_remove(AT_FDCWD, kit_base, NULL);
}

KIT const char *kit_root(void)
{
    if (!kit_base_made) {
        kit_base_made = true;
        if (!mkdtemp(kit_base) || chmod(kit_base, 0777))
            kit_die("mkdtemp", kit_base);
        kit_remove_base();
        atexit(kit_remove_base);
    }
    return kit_base;
}

/* An empty directory of that name in the root (what was there is removed). @return descriptor */
KIT int kit_dir(const char *name)
{
    char path[200];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", kit_root(), name);
    if (fvm_tree_remove(AT_FDCWD, path, NULL) || mkdir(path, 0755))
        kit_die("mkdir", path);
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        kit_die("open", path);
    return fd;
}

KIT void kit_mkdir(int root, const char *path)
{
    if (mkdirat(root, path, 0755))
        kit_die("mkdirat", path);
}

/* mtime_s 0: leave it */
KIT void kit_file(int root, const char *path, const char *text, unsigned mode, time_t mtime_s)
{
    struct timespec times[2] = {{mtime_s, 5}, {mtime_s, 7}};
    int fd = openat(root, path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || fchmod(fd, mode) ||
        (mtime_s && futimens(fd, times)))
        kit_die("write", path);
    close(fd);
}

KIT void kit_deletion(int root, const char *path)
{
    if (mknodat(root, path, S_IFCHR, makedev(0, 0)))
        kit_die("mknod", path);
}

KIT void kit_attribute(int root, const char *path, const char *name, const char *value)
{
    int fd = openat(root, path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fsetxattr(fd, name, value, strlen(value), 0))
        kit_die(name, path);
    close(fd);
}

KIT bool kit_has(int root, const char *path)
{
    struct stat st;

    return fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* The content of a small file; "(none)" when there is none. */
KIT const char *kit_text(int root, const char *path)
{
    static char buf[4][256];
    static unsigned turn;
    char *out = buf[turn++ % 4];
    int fd = openat(root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, out, 255);

    if (fd >= 0)
        close(fd);
    if (got < 0)
        return "(none)";
    out[got] = '\0';
    return out;
}

KIT void kit_show_attributes(struct fvm_text *out, int fd)
{
    char value[16];
    ssize_t cb = fgetxattr(fd, "user.DOSATTRIB", value, sizeof(value));

    if (cb >= 0)
        fvm_text_printf(out, " [%.*s]", (int)cb, value);
}

KIT void kit_show_file(struct fvm_text *out, int fd, const struct stat *st)
{
    char buf[4096];
    uint64_t hash = 1469598103934665603U;
    ssize_t got;

    while (fd >= 0 && (got = read(fd, buf, sizeof(buf))) > 0)
        for (ssize_t i = 0; i < got; i++)
            hash = (hash ^ (unsigned char)buf[i]) * 1099511628211U;
    fvm_text_printf(out, " file %lld %016llx %03o %lld.%09ld", (long long)st->st_size,
                    (unsigned long long)hash, (unsigned)st->st_mode & 0700,
                    (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
    kit_show_attributes(out, fd);
    fvm_text_puts(out, "\n");
}

KIT int kit_by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* One line for each node below: name, kind, content, and owner's mode, DOS attributes, of files
 * mtime. Written without any of the code under test. */
KIT void kit_show(struct fvm_text *out, int dir_fd, const char *prefix)
{
    struct dirent **list = NULL;
    int count = scandirat(dir_fd, ".", &list, NULL, kit_by_name);

    for (int i = 0; i < count; i++) {
        const char *name = list[i]->d_name;
        char path[4096], target[4096] = "";
        struct stat st;
        int fd;

        snprintf(path, sizeof(path), "%s%s", prefix, name);
        if (strcmp(name, ".") && strcmp(name, "..") &&
            fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
            fvm_text_puts(out, path);
            if (S_ISDIR(st.st_mode)) {
                fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                fvm_text_printf(out, "/ %03o", (unsigned)st.st_mode & 0700);
                kit_show_attributes(out, fd);
                fvm_text_puts(out, "\n");
                strcat(path, "/");
                kit_show(out, fd, path);
                close(fd);
            } else if (S_ISREG(st.st_mode)) {
                fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
                kit_show_file(out, fd, &st);
                close(fd);
            } else if (readlinkat(dir_fd, name, target, sizeof(target) - 1) >= 0) {
                fvm_text_printf(out, " -> %s\n", target);
            } else {
                fvm_text_printf(out, " special %o\n", (unsigned)st.st_mode);
            }
        }
        free(list[i]);
    }
    free(list);
}

KIT char *kit_snapshot(int fd)
{
    struct fvm_text text = {0};

    fvm_text_puts(&text, "");
    kit_show(&text, fd, "");
    if (!text.s)
        text.s = strdup("");
    return text.s;
}

KIT const char *kit_kind(enum fvm_change_kind kind)
{
    static const char *const names[] = {"created", "changed",  "metadata",
                                        "deleted", "replaced", "renamed"};

    return names[kind];
}

KIT void kit_show_change(struct fvm_text *out, const struct fvm_change *change)
{
    static const char nodes[] = "fdls";

    fvm_text_printf(out, "%s %c %s", kit_kind(change->kind), nodes[change->node], change->path);
    if (change->from)
        fvm_text_printf(out, " <- %s", change->from);
    if (change->cb_before || change->cb_after)
        fvm_text_printf(out, " %llu>%llu", (unsigned long long)change->cb_before,
                        (unsigned long long)change->cb_after);
    fvm_text_puts(out, "\n");
}

/* A list as text, one change a line. */
KIT char *kit_list(const struct fvm_changes *changes)
{
    struct fvm_text text = {0};

    for (size_t i = 0; i < changes->count; i++)
        kit_show_change(&text, &changes->at[i]);
    return text.s ? text.s : strdup("");
}

/* diff as text; on failure "error -N: sentence" */
KIT char *kit_diff(int host, int layer)
{
    struct fvm_changes changes;
    struct fvm_error err = {""};
    int rc = fvm_tree_diff(&changes, host, layer, &err);
    struct fvm_text text = {0};
    char *out;

    if (rc) {
        fvm_text_printf(&text, "error %d: %s\n", rc, err.text);
        return text.s;
    }
    out = kit_list(&changes);
    fvm_changes_free(&changes);
    return out;
}

/* Print both texts' first differing line. */
KIT void kit_explain(const char *got, const char *want)
{
    size_t line = 0;

    for (size_t i = 0; got[i] && got[i] == want[i]; i++)
        if (got[i] == '\n')
            line = i + 1;
    printf("#   got:  %.*s\n#   want: %.*s\n", (int)strcspn(got + line, "\n"), got + line,
           (int)strcspn(want + line, "\n"), want + line);
}

/* What one run of a random law test found: the first law that does not hold is told. */
struct kit_laws {
    bool loud;
    const char *broken; /* NULL: none */
};
KIT bool kit_holds(struct kit_laws *laws, bool law, const char *name, const struct fvm_error *err)
{
    if (law || laws->broken)
        return law;
    laws->broken = name;
    if (laws->loud)
        printf("# law broken: %s%s%s\n", name, err && err->text[0] ? ": " : "",
               err ? err->text : "");
    return false;
}

KIT bool kit_same_text(struct kit_laws *laws, const char *got, const char *want, const char *name)
{
    bool same = strcmp(got, want) == 0;

    if (!same && laws->loud && !laws->broken)
        kit_explain(got, want);
    return kit_holds(laws, same, name, NULL);
}

/* Run as an ordinary user, since root may do everything. @return what `work` does */
KIT int kit_as_nobody(int (*work)(void *context), void *context)
{
    int status = -1;
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        int result = 99;

        if (geteuid() || !(setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534)))
            result = work(context);
        fflush(stdout);
        _exit(result);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static inline void fvm_cleanup_str(char **s)
{
    free(*s);
}
#define OK_DIFF(host, layer, want)                                                                 \
    do {                                                                                           \
        FVM_CLEANUP(str) char *got_ = kit_diff(host, layer);                                       \
        ok_str(got_, want, "diff");                                                                \
    } while (0)
