/* tests/unit/linux_change_laws_test.c: laws of store/change.h on layers that overlayfs itself made.
 *
 * Random operations run in an overlay mount (user namespace, userxattr) and, once more, on a plain
 * copy of its host; the laws compare. FVM_SEED and FVM_SEQUENCES choose other runs.
 */
#include "linux_change_kit.h"
#include "linux_change_ops.h"
#include "linux_overlay_mount.h"
#include "linux_tree_steps.h"

#include <spawn.h>

enum { DEFAULT_SEQUENCES = 300 };
struct run {
    uint64_t seed;
    struct op ops[MAX_OPS];
    struct kit_laws laws;
    int host, layer;
    uint64_t random;
    int steps; /* of one apply */
};
static unsigned kinds_seen[6], subsets_checked, lists_checked, kills, errors;

/* A copy with all marks. */
static int copy_layer(const char *name)
{
    extern char **environ;
    char from[100], to[100];
    char *argv[] = {"cp", "-aT", "--preserve=all", from, to, NULL};
    int status;
    pid_t pid;

    close(kit_dir(name));
    snprintf(from, sizeof(from), "%s/layer", kit_root());
    snprintf(to, sizeof(to), "%s/%s", kit_root(), name);
    if (posix_spawnp(&pid, "cp", NULL, NULL, argv, environ) || waitpid(pid, &status, 0) < 0 ||
        status)
        kit_die("cp -a", to);
    return open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* --- laws ---------------------------------------------------------------------------------- */

static bool same_text(struct run *run, char *got, const char *want, const char *name)
{
    bool same = kit_same_text(&run->laws, got, want, name);

    free(got);
    return same;
}

static int clone_host(struct run *run, const char *name)
{
    struct fvm_error err = {""};
    int fd = kit_dir(name);

    kit_holds(&run->laws, fvm_tree_clone(run->host, fd, &err) == 0, "clone", &err);
    return fd;
}

/* Laws 1 and 2: applying is running natively; twice is once; the clone's origin stays as it was. */
static void law_apply(struct run *run, const struct fvm_changes *changes, const char *want)
{
    struct fvm_error err = {""};
    struct fvm_changes left = {0};
    char *before = kit_snapshot(run->host);
    int fd = clone_host(run, "applied");

    steps_made = 0;
    kit_holds(&run->laws, fvm_tree_apply(fd, run->layer, changes, &err) == 0, "apply fails", &err);
    run->steps = steps_made;
    same_text(run, kit_snapshot(fd), want, "apply");
    kit_holds(&run->laws, fvm_tree_apply(fd, run->layer, changes, &err) == 0, "second apply", &err);
    same_text(run, kit_snapshot(fd), want, "apply twice");
    same_text(run, kit_snapshot(run->host), before, "the clone's origin changed");
    kit_holds(&run->laws, fvm_tree_diff(&left, fd, run->layer, &err) == 0, "diff after apply",
              &err);
    for (size_t i = 0; i < left.count; i++)
        kit_holds(&run->laws, left.at[i].kind == FVM_REPLACED && left.at[i].node == FVM_DIRECTORY,
                  "changes are left after apply", NULL);
    fvm_changes_free(&left);
    free(before);
    close(fd);
}

/* Law 5: dead or failed at some step, then once more. */
static void law_interrupted(struct run *run, const struct fvm_changes *changes, const char *want)
{
    struct fvm_error err = {""};
    int fd = clone_host(run, "applied"), at, status = 0;
    unsigned steps = (unsigned)run->steps + 1;
    pid_t pid;

    at = (int)draw(&run->random, steps);

    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        steps_left = at;
        step_fails = 0;
        _exit(fvm_tree_apply(fd, run->layer, changes, NULL) ? 1 : 0);
    }
    waitpid(pid, &status, 0);
    kills += WIFSIGNALED(status);
    kit_holds(&run->laws, WIFSIGNALED(status) || WEXITSTATUS(status) == 0, "apply in a child",
              NULL);
    kit_holds(&run->laws, fvm_tree_apply(fd, run->layer, changes, &err) == 0, "apply after a kill",
              &err);
    same_text(run, kit_snapshot(fd), want, "apply after a kill");
    close(fd);

    fd = clone_host(run, "applied");
    steps_left = (int)draw(&run->random, steps);
    step_fails = 1;
    errors += fvm_tree_apply(fd, run->layer, changes, NULL) == -EIO;
    steps_left = -1;
    kit_holds(&run->laws, fvm_tree_apply(fd, run->layer, changes, &err) == 0, "apply after EIO",
              &err);
    same_text(run, kit_snapshot(fd), want, "apply after EIO");
    close(fd);
}

/* What the VM would see with that layer. */
static char *view(const char *host, const char *layer)
{
    int fd = mount_overlay(host, layer);
    char *text;

    if (fd < 0)
        kit_die("mount", layer);
    text = kit_snapshot(fd);
    unmount_overlay(fd);
    return text;
}

/* Law 3: without all changes the host is what one sees. */
static void law_forget_all(struct run *run, const struct fvm_changes *changes)
{
    struct fvm_error err = {""};
    int fd = copy_layer("forgotten");
    char *host = kit_snapshot(run->host);

    kit_holds(&run->laws, fvm_tree_forget(fd, run->host, changes, &err) == 0, "forget all", &err);
    same_text(run, kit_diff(run->host, fd), "", "forget all leaves a diff");
    same_text(run, view("host", "forgotten"), host, "forget all: what the VM sees");
    kit_holds(&run->laws, fvm_tree_forget(fd, run->host, changes, &err) == 0, "forget all twice",
              &err);
    same_text(run, kit_diff(run->host, fd), "", "forget all twice leaves a diff");
    free(host);
    close(fd);
}

static bool is_below(const char *path, const char *dir)
{
    size_t cch = strlen(dir);

    return strncmp(path, dir, cch) == 0 && path[cch] == '/';
}

static bool is_host_directory(const struct run *run, const char *path)
{
    struct stat st;

    return fstatat(run->host, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* Split changes into picked and kept; directories that hold something kept are kept as well, if
 * nothing could hold it without them. */
static void split(struct run *run, const struct fvm_changes *all, struct fvm_changes *picked,
                  struct fvm_changes *kept)
{
    bool *pick = calloc(all->count + 1, sizeof(*pick));

    for (size_t i = 0; i < all->count; i++)
        pick[i] = draw(&run->random, 2);
    for (size_t i = 0; i < all->count; i++)
        if (pick[i])
            picked->at[picked->count++] = all->at[i];
    for (size_t i = 0; i < all->count; i++) {
        const struct fvm_change *dir = &all->at[i];
        bool holds_all = dir->node == FVM_DIRECTORY && !is_host_directory(run, dir->path);
        bool keep = !pick[i];

        for (size_t j = i + 1; holds_all && j < all->count; j++)
            if (!pick[j] && all->at[j].kind != FVM_DELETED && is_below(all->at[j].path, dir->path))
                keep = true;
        if (keep)
            kept->at[kept->count++] = *dir;
    }
    free(pick);
}

static int by_line(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A list as a set of lines in which renames are a creation and a deletion, and directories that
 * hide the host's are left out, or differ from it in attributes: the first can become the second.
 * NULL: there is a renamed directory, which stands for too much. */
static char *plain_list(const struct run *run, const struct fvm_changes *changes)
{
    char **lines = calloc(changes->count * 2 + 1, sizeof(*lines)), *out = NULL;
    struct fvm_text text = {0};
    size_t count = 0;

    for (size_t i = 0; i < changes->count; i++) {
        const struct fvm_change *c = &changes->at[i];
        bool is_renamed = c->kind == FVM_RENAMED;

        if (is_renamed && c->node == FVM_DIRECTORY)
            goto done;
        if ((c->kind == FVM_REPLACED || c->kind == FVM_METADATA) && c->node == FVM_DIRECTORY &&
            is_host_directory(run, c->path))
            continue;
        if (asprintf(&lines[count++], "%s %d %s\n", is_renamed ? "created" : kit_kind(c->kind),
                     (int)c->node, c->path) < 0 ||
            (is_renamed && asprintf(&lines[count++], "deleted %d %s\n", (int)c->node, c->from) < 0))
            kit_die("asprintf", c->path);
    }
    qsort(lines, count, sizeof(*lines), by_line);
    for (size_t i = 0; i < count; i++)
        fvm_text_puts(&text, lines[i]);
    out = text.s ? text.s : strdup("");
done:
    for (size_t i = 0; i < count; i++)
        free(lines[i]);
    free(lines);
    return out;
}

/* Law 4: without some changes, what one sees and what is listed are the others. */
static void law_forget_some(struct run *run, const struct fvm_changes *changes)
{
    struct fvm_change *room = calloc(changes->count * 2 + 1, sizeof(*room));
    struct fvm_changes picked = {.at = room}, kept = {.at = room + changes->count}, left = {0};
    struct fvm_error err = {""};
    int fd = copy_layer("forgotten"), rest;
    char *want, *listed, *expected;

    split(run, changes, &picked, &kept);
    rest = clone_host(run, "rest");
    kit_holds(&run->laws, fvm_tree_apply(rest, run->layer, &kept, &err) == 0, "apply the rest",
              &err);
    want = kit_snapshot(rest);
    kit_holds(&run->laws, fvm_tree_forget(fd, run->host, &picked, &err) == 0, "forget some", &err);
    same_text(run, view("host", "forgotten"), want, "forget some: what the VM sees");
    kit_holds(&run->laws, fvm_tree_diff(&left, run->host, fd, &err) == 0, "diff of the rest", &err);
    listed = plain_list(run, &left);
    expected = plain_list(run, &kept);
    subsets_checked++;
    if (listed && expected) {
        lists_checked++;
        same_text(run, strdup(listed), expected, "forget some: what is listed");
    }
    fvm_changes_free(&left);
    free(listed);
    free(expected);
    free(want);
    free(room);
    close(rest);
    close(fd);
}

/* What stands where the change needs a directory is refused (-ENOTDIR), unless that is picked too.
 */
static bool stands_on_other(const struct run *run, const struct fvm_changes *picked,
                            const struct fvm_change *change)
{
    for (const char *slash = strchr(change->path, '/'); slash; slash = strchr(slash + 1, '/')) {
        char above[64];
        struct stat st;
        bool is_picked = false;

        snprintf(above, sizeof(above), "%.*s", (int)(slash - change->path), change->path);
        for (size_t i = 0; i < picked->count; i++)
            is_picked |= picked->at[i].kind == FVM_REPLACED && !strcmp(picked->at[i].path, above);
        if (!is_picked && fstatat(run->host, above, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            !S_ISDIR(st.st_mode))
            return true;
    }
    return false;
}

/* Law 6: to commit some changes is nothing that the VM sees, and what is left is what was not
 * committed; all of them, and nothing is left. */
static void law_commit(struct run *run, const struct fvm_changes *changes, const char *want,
                       bool all)
{
    struct fvm_changes picked = {.at = calloc(changes->count + 1, sizeof(*picked.at))}, left = {0};
    struct fvm_error err = {""};
    int layer = copy_layer("committed"), host = clone_host(run, "applied");

    for (size_t i = 0; i < changes->count; i++)
        if (all || (draw(&run->random, 2) && !stands_on_other(run, &picked, &changes->at[i])))
            picked.at[picked.count++] = changes->at[i];
    kit_holds(&run->laws, fvm_tree_apply(host, run->layer, &picked, &err) == 0, "commit: apply",
              &err);
    kit_holds(&run->laws, fvm_tree_forget(layer, host, &picked, &err) == 0, "commit: forget", &err);
    same_text(run, view("applied", "committed"), want,
              all ? "commit all: what the VM sees" : "commit some: what the VM sees");
    kit_holds(&run->laws, fvm_tree_diff(&left, host, layer, &err) == 0, "commit: diff", &err);
    if (all)
        same_text(run, kit_list(&left), "", "commit all leaves a diff");
    fvm_changes_free(&left);
    free(picked.at);
    close(layer);
    close(host);
}

/* --- sequences ----------------------------------------------------------------------------- */

/* Renames of a directory of the host, and of one name of a copied-up file to its other name. */
static bool only_overlayfs_refuses(const struct op *op)
{
    return op->result == -EXDEV || (op->kind == OP_RENAME && op->result == -ESTALE);
}

/* Run the operations in the overlay, then natively; those that only overlayfs refuses are skipped.
 */
static bool make_layer(struct run *run)
{
    int merged, native = kit_dir("native");

    run->host = kit_dir("host");
    run->layer = kit_dir("layer");
    make_host(run->host, run->seed);
    make_host(native, run->seed);
    merged = mount_overlay("host", "layer");
    if (merged < 0)
        return false;
    for (int i = 0; i < MAX_OPS; i++)
        if (!run->ops[i].skip)
            run->ops[i].result = run_op(merged, &run->ops[i]);
    unmount_overlay(merged);
    for (int i = 0; i < MAX_OPS; i++) {
        struct op *op = &run->ops[i];
        int rc = op->skip || only_overlayfs_refuses(op) ? op->result : run_op(native, op);

        kit_holds(&run->laws, rc == op->result, "an operation has another result in the overlay",
                  NULL);
    }
    close(native);
    return true;
}

static bool run_sequence(struct run *run)
{
    struct fvm_changes changes = {0};
    struct fvm_error err = {""};
    char path[100], *want;
    int native;

    run->laws.broken = NULL;
    run->random = run->seed + 99;
    if (!make_layer(run))
        kit_die("mount", "overlay");
    snprintf(path, sizeof(path), "%s/native", kit_root());
    native = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    want = kit_snapshot(native);
    close(native);
    kit_holds(&run->laws, fvm_tree_diff(&changes, run->host, run->layer, &err) == 0, "diff", &err);
    for (size_t i = 0; i < changes.count; i++)
        kinds_seen[changes.at[i].kind]++;
    law_apply(run, &changes, want);
    law_interrupted(run, &changes, want);
    law_forget_all(run, &changes);
    law_forget_some(run, &changes);
    law_commit(run, &changes, want, true);
    law_commit(run, &changes, want, false);
    if (run->laws.loud) {
        char *list = kit_list(&changes);

        printf("# the diff was:\n");
        for (char *line = strtok(list, "\n"); line; line = strtok(NULL, "\n"))
            printf("#   %s\n", line);
        free(list);
    }
    fvm_changes_free(&changes);
    free(want);
    close(run->host);
    close(run->layer);
    return !run->laws.broken;
}

static void report(struct run *run)
{
    for (int size = MAX_OPS / 2; size >= 1; size /= 2) {
        for (int at = 0; at < MAX_OPS; at += size) {
            struct op saved[MAX_OPS];

            memcpy(saved, run->ops, sizeof(saved));
            for (int i = at; i < at + size && i < MAX_OPS; i++)
                run->ops[i].skip = true;
            if (run_sequence(run))
                memcpy(run->ops, saved, sizeof(saved));
        }
    }
    printf("# seed %llu, operations that are needed:\n", (unsigned long long)run->seed);
    for (int i = 0; i < MAX_OPS; i++)
        if (!run->ops[i].skip)
            printf("#   %s '%s' '%s' %u = %d\n", op_names[run->ops[i].kind], run->ops[i].path,
                   run->ops[i].other, run->ops[i].value, run->ops[i].result);
    run->laws.loud = true;
    run_sequence(run);
    fflush(stdout);
}

TEST(change_laws_hold_for_layers_of_overlayfs)
{
    const char *missing;
    uint64_t seed = tap_number("FVM_SEED", 1),
             count = tap_number("FVM_SEQUENCES", DEFAULT_SEQUENCES);
    int probe;

    kit_use_memory();
    missing = enter_namespace();
    if (missing) {
        tap_skip("no %s here: %s", missing, strerror(errno));
        return;
    }
    close(kit_dir("host"));
    close(kit_dir("layer"));
    probe = mount_overlay("host", "layer");
    if (probe < 0) {
        tap_skip("overlayfs cannot be mounted in a user namespace: %s", strerror(errno));
        return;
    }
    unmount_overlay(probe);
    for (uint64_t i = 0; i < count; i++) {
        struct run run = {.seed = seed + i};

        draw_ops(run.ops, run.seed);
        bool good = run_sequence(&run);

        if (!ok(good, "sequence with FVM_SEED=%llu FVM_SEQUENCES=1: %s",
                (unsigned long long)run.seed, run.laws.broken)) {
            report(&run);
            return;
        }
    }
    if (count < DEFAULT_SEQUENCES)
        return;
    for (int kind = 0; kind < 6; kind++)
        ok(kinds_seen[kind] >= count / 20, "only %u of kind %s were met", kinds_seen[kind],
           kit_kind((enum fvm_change_kind)kind));
    ok(lists_checked >= subsets_checked / 2, "%u of %u lists compared", lists_checked,
       subsets_checked);
    ok(kills >= count / 2 && errors >= count / 2, "%u kills, %u errors", kills, errors);
}
