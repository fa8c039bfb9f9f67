/* tests/unit/linux_change_ops.h: random operations on a tree, for the laws of store/change.h. */
#pragma once
#include "linux_change_kit.h"

enum { MAX_OPS = 40 };
enum op_kind {
    OP_CREATE,
    OP_APPEND,
    OP_TRUNCATE,
    OP_UNLINK,
    OP_MKDIR,
    OP_RMTREE,
    OP_RENAME,
    OP_CHMOD,
    OP_TOUCH,
    OP_SYMLINK,
    OP_TO_DIR,
    OP_TO_FILE,
    OP_REMAKE,
    OP_LINK,
    OP_HIDE,
    OP_KINDS
};
static const char *const op_names[] = {"create", "append",  "truncate", "unlink", "mkdir",
                                       "rmtree", "rename",  "chmod",    "touch",  "symlink",
                                       "to-dir", "to-file", "remake",   "link",   "hide"};
struct op {
    enum op_kind kind;
    char path[32], other[32];
    unsigned value;
    bool skip; /* by shrinking */
    int result;
};
KIT unsigned draw(uint64_t *state, unsigned below)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(*state >> 33) % below;
}

KIT void draw_path(uint64_t *random, char path[32])
{
    static const char *const names[] = {"a", "b", "c", "d e", "\xff\"\n"};
    unsigned depth = 1 + draw(random, 3);

    path[0] = '\0';
    for (unsigned i = 0; i < depth; i++) {
        if (i)
            strcat(path, "/");
        strcat(path, names[draw(random, i == 0 ? 5 : 4)]);
    }
}

KIT void draw_ops(struct op *ops, uint64_t seed)
{
    uint64_t random = seed * 7919 + 1;

    for (int i = 0; i < MAX_OPS; i++) {
        struct op *op = &ops[i];

        *op = (struct op){.kind = (enum op_kind)draw(&random, OP_KINDS)};
        draw_path(&random, op->path);
        draw_path(&random, op->other);
        op->value = draw(&random, 1000);
    }
}

KIT int write_text(int root, const char *path, int flags, unsigned value)
{
    static const char *const texts[] = {"", "one", "two", "one", "a longer text", "three"};
    const char *text = texts[value % 6];
    int fd = openat(root, path, flags | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644);

    if (fd < 0)
        return -errno;
    if (write(fd, text, strlen(text)) < 0)
        kit_die("write", path);
    close(fd);
    return 0;
}

/* mtimes depend on the operation alone, so that both runs agree; few, so that some are equal */
KIT int touch(int root, const char *path, unsigned value)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
                                {1000000 + value % 3, (long)(value % 2) * 100}};

    return utimensat(root, path, times, AT_SYMLINK_NOFOLLOW) ? -errno : 0;
}

KIT int remove_tree(int root, const char *path)
{
    struct dirent **list = NULL;
    int fd, count;

    if (unlinkat(root, path, 0) == 0)
        return 0;
    if (errno != EISDIR)
        return -errno;
    fd = openat(root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    count = scandirat(fd, ".", &list, NULL, NULL);
    for (int i = 0; i < count; i++) {
        if (strcmp(list[i]->d_name, ".") && strcmp(list[i]->d_name, ".."))
            remove_tree(fd, list[i]->d_name);
        free(list[i]);
    }
    free(list);
    close(fd);
    return unlinkat(root, path, AT_REMOVEDIR) ? -errno : 0;
}

KIT int change_mode(int root, const char *path, unsigned value)
{
    static const mode_t file_modes[] = {0644, 0600, 0444, 0755, 0000, 04755};
    static const mode_t dir_modes[] = {0755, 0700, 0500, 0000};
    struct stat st;

    if (fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW))
        return -errno;
    if (S_ISLNK(st.st_mode))
        return -ELOOP;
    return fchmodat(root, path, S_ISDIR(st.st_mode) ? dir_modes[value % 4] : file_modes[value % 6],
                    0)
               ? -errno
               : 0;
}

/* As Wine keeps "hidden" and "system"; none: no attribute at all. */
KIT int set_attributes(int root, const char *path, unsigned value)
{
    static const char *const values[] = {"0x2", "0x4", ""};
    int fd = openat(root, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), rc = 0;

    value %= 3;
    if (fd < 0)
        return -errno;
    if (values[value][0] ? fsetxattr(fd, "user.DOSATTRIB", values[value], 3, 0)
                         : fremovexattr(fd, "user.DOSATTRIB"))
        rc = -errno;
    close(fd);
    return rc;
}

KIT int make_filled(int root, const char *path, unsigned value)
{
    char below[64];
    int rc = mkdirat(root, path, 0755) ? -errno : 0;

    snprintf(below, sizeof(below), "%s/a", path);
    if (!rc && value % 2)
        rc = write_text(root, below, O_CREAT, value / 2);
    return !rc && value % 2 ? touch(root, below, value) : rc;
}

KIT int run_op(int root, const struct op *op)
{
    int rc;

    switch (op->kind) {
    case OP_CREATE:
        rc = write_text(root, op->path, O_CREAT | O_TRUNC, op->value);
        return rc ? rc : touch(root, op->path, op->value);
    case OP_APPEND:
        rc = write_text(root, op->path, O_APPEND, op->value);
        return rc ? rc : touch(root, op->path, op->value);
    case OP_TRUNCATE:
        rc = write_text(root, op->path, O_TRUNC, op->value);
        return rc ? rc : touch(root, op->path, op->value);
    case OP_UNLINK:
        return unlinkat(root, op->path, 0) ? -errno : 0;
    case OP_MKDIR:
        return make_filled(root, op->path, op->value);
    case OP_RMTREE:
        return remove_tree(root, op->path);
    case OP_RENAME:
        return renameat(root, op->path, root, op->other) ? -errno : 0;
    case OP_CHMOD:
        return change_mode(root, op->path, op->value);
    case OP_TOUCH:
        return touch(root, op->path, op->value);
    case OP_SYMLINK:
        /* Operations follow links in the middle of a path: never let one lead out of the tree. */
        return symlinkat(op->value % 2 ? "/nowhere/at/all" : "a/b", root, op->path) ? -errno : 0;
    case OP_HIDE:
        return set_attributes(root, op->path, op->value);
    case OP_LINK:
        return linkat(root, op->path, root, op->other, 0) ? -errno : 0;
    case OP_TO_FILE:
        rc = remove_tree(root, op->path);
        rc = rc ? rc : write_text(root, op->path, O_CREAT, op->value);
        return rc ? rc : touch(root, op->path, op->value);
    default: /* OP_TO_DIR, OP_REMAKE */
        rc = remove_tree(root, op->path);
        return rc ? rc : make_filled(root, op->path, op->value);
    }
}

KIT void make_host(int root, uint64_t seed)
{
    uint64_t random = seed * 31 + 5;

    for (int i = 0; i < 30; i++) {
        struct op op = {.kind = draw(&random, 3) ? OP_CREATE : OP_MKDIR};

        draw_path(&random, op.path);
        op.value = draw(&random, 1000);
        if (i == 20)
            op.kind = OP_SYMLINK;
        if (i >= 27)
            op.kind = OP_HIDE;
        (void)run_op(root, &op);
    }
}
