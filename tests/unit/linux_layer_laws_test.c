/* tests/unit/linux_layer_laws_test.c: laws of store/layer.h.
 *
 * Random operations are done by a small engine, on a layer over a host's tree, and by plain calls
 * on a copy of that tree. In the running form the engine must show what the copy shows; at rest an
 * overlay mount must. Rest is killed, or fails, at a random step, and called again. FVM_SEED and
 * FVM_SEQUENCES choose other runs.
 */
#include "linux_layer_show.h"

#include "linux_change_ops.h"
#include "linux_overlay_mount.h"
#include "linux_tree_steps.h"

enum { DEFAULT_SEQUENCES = 30, SESSIONS = 3 };
enum { L_WRITE, L_MKDIR, L_REMOVE, L_RENAME, L_RESPELL, L_KINDS };
static const char *const kind_names[] = {"write", "mkdir", "remove", "rename", "respell"};

struct act {
    int kind;
    char path[32], other[32];
    unsigned value;
    bool skip, result; /* skipped by shrinking; was it done? */
};
struct run {
    uint64_t seed, random;
    struct act ops[MAX_OPS];
    struct engine engine;
    int view;
    struct kit_laws laws;
    bool crosses; /* a directory came from where no lower is */
    struct fvm_lower lowers[2];
};
static bool can_mount;
static unsigned kills, errors, rests, moves, crossings;

static void same_text(struct run *run, struct fvm_text *got, const char *want, const char *name)
{
    kit_same_text(&run->laws, got->s ? got->s : "", want, name);
    fvm_text_free(got);
}

/* --- operations ---------------------------------------------------------------------------- */

static const char *const roots[] = {"C", "C", "C", "Z/p", "Z/p", "Z/o"};

static void draw_name(uint64_t *random, char *path, bool any_case)
{
    static const char *const names[] = {"a", "b", "c", "dd", "\xc3\xa9"};
    const char *name = names[draw(random, ARRAY_LEN(names))];
    bool upper = any_case && draw(random, 3) == 0;

    strcat(path, "/");
    if (upper && name[0] == '\xc3')
        strcat(path, "\xc3\x89");
    else
        strncat(path, (char[]){(char)(upper ? name[0] - 32 : name[0]), name[1], 0}, 2);
}

static void draw_below(uint64_t *random, char path[32], bool any_case)
{
    strcpy(path, roots[draw(random, ARRAY_LEN(roots))]);
    for (unsigned depth = 1 + draw(random, 3); depth; depth--)
        draw_name(random, path, any_case);
}

static void draw_all(struct run *run)
{
    uint64_t random = run->seed * 7919 + 3;

    for (int i = 0; i < MAX_OPS; i++) {
        struct act *op = &run->ops[i];

        *op = (struct act){.value = draw(&random, 1000)};
        op->kind = ((const int[]){L_WRITE, L_WRITE, L_MKDIR, L_REMOVE, L_REMOVE, L_RENAME, L_RENAME,
                                  L_RENAME, L_RESPELL})[draw(&random, 9)];
        draw_below(&random, op->path, true);
        draw_below(&random, op->other, true);
    }
}

static void fill_directory(int root, uint64_t *random, const char *path, unsigned depth)
{
    static const char *const names[] = {"a", "b", "c", "dd", "\xc3\xa9"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        unsigned what = draw(random, 10), value = draw(random, 1000);
        char below[32];

        snprintf(below, sizeof(below), "%s/%s", path, names[i]);
        if (what < 4 && depth < 3) {
            (void)mkdirat(root, below, value % 2 ? 0755 : 0700);
            (void)set_attributes(root, below, value);
            fill_directory(root, random, below, depth + 1);
        } else if (what < 7) {
            (void)write_text(root, below, O_CREAT | O_TRUNC, value);
            (void)touch(root, below, value);
        } else if (what < 8) {
            (void)symlinkat("nowhere/at/all", root, below);
        }
    }
}

static void fill_host(int root, uint64_t seed)
{
    static const char *const all[] = {"C", "Z", "Z/p", "Z/o"};
    uint64_t random = seed * 31 + 5;

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        kit_mkdir(root, all[i]);
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (i != 1)
            fill_directory(root, &random, all[i], 0);
}

static bool exists(const struct run *run, const char *path, char real[ENGINE_PATH])
{
    return find_name(run->view, path, real);
}

static const char *text_of(unsigned value)
{
    static const char *const texts[] = {"", "one", "two", "a longer text", "three"};

    return texts[value % ARRAY_LEN(texts)];
}

static bool may_move(const struct run *run, const char *from, const char *to, const char *target)
{
    char parent[ENGINE_PATH];
    size_t cch = strlen(from);

    parent_of(parent, target);
    if (!is_directory(run->view, parent) || !fvm_name_cmp(from, to) ||
        (!fvm_name_cmp_n(from, cch, to, strlen(to) < cch ? strlen(to) : cch) && to[cch] == '/'))
        return false;
    if (!kit_has(run->view, target))
        return true;
    return !is_directory(run->view, target) && !is_directory(run->view, from);
}

/* Both sides do it, or none. @return did they? */
static bool do_rename(struct run *run, struct act *op)
{
    char from[ENGINE_PATH], to[ENGINE_PATH], target[ENGINE_PATH];

    if (!exists(run, op->path, from))
        return false;
    strcpy(to, op->kind == L_RESPELL ? op->path : op->other);
    if (op->kind == L_RESPELL) {
        char *last = strrchr(to, '/') + 1;

        *last = (char)(*last >= 'a' && *last <= 'z' ? *last - 32 : *last);
    }
    (void)exists(run, to, target);
    if (op->kind == L_RESPELL) {
        if (strlen(target) == strlen(to))
            respell(target, to);
    } else if (!may_move(run, from, to, target)) {
        return false;
    }
    if (is_directory(run->view, from)) {
        bool out = !strncmp(target, "Z/o", 3), was_out = !strncmp(from, "Z/o", 3);

        moves++;
        crossings += out != was_out;
        run->crosses |= was_out && !out;
    }
    if (renameat(run->view, from, run->view, target))
        kit_die("rename", from);
    return kit_holds(&run->laws, engine_rename(&run->engine, op->path, to), "the engine renames",
                     NULL);
}

static bool is_file(int root, const char *path)
{
    struct stat st;

    return fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

static bool do_op(struct run *run, struct act *op)
{
    char real[ENGINE_PATH], parent[ENGINE_PATH];
    uint64_t random = op->value;
    time_t time = 1000000 + op->value % 5;
    bool there = exists(run, op->path, real);

    for (int i = 0; i < 10 && op->kind >= L_REMOVE && !there; i++) {
        draw_below(&random, op->path, true);
        there = exists(run, op->path, real);
    }
    parent_of(parent, real);
    switch (op->kind) {
    case L_WRITE:
        if (!is_directory(run->view, parent) || (there && !is_file(run->view, real)))
            return false;
        kit_file(run->view, real, text_of(op->value), 0644, time);
        return kit_holds(&run->laws, engine_write(&run->engine, op->path, text_of(op->value), time),
                         "the engine writes", NULL);
    case L_MKDIR:
        if (there || !is_directory(run->view, parent))
            return false;
        kit_mkdir(run->view, real);
        return kit_holds(&run->laws, engine_mkdir(&run->engine, op->path), "the engine makes",
                         NULL);
    case L_REMOVE:
        if (!there)
            return false;
        remove_tree(run->view, real);
        return kit_holds(&run->laws, engine_remove(&run->engine, op->path), "the engine removes",
                         NULL);
    default:
        return do_rename(run, op);
    }
}

/* --- laws ---------------------------------------------------------------------------------- */

static char *view_text(const struct run *run, const char *path)
{
    struct fvm_text text = {0};
    int fd = openat(run->view, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    fvm_text_puts(&text, "");
    kit_show(&text, fd, "");
    close(fd);
    return text.s ? text.s : strdup("");
}

static void law_engine(struct run *run, const char *name)
{
    static const char *const all[] = {"C", "Z/p", "Z/o"};

    for (size_t i = 0; i < ARRAY_LEN(all) && !run->laws.broken; i++) {
        struct fvm_text got = {0};
        char *want = view_text(run, all[i]);

        engine_show(&got, &run->engine, all[i], "");
        same_text(run, &got, want, name);
        free(want);
    }
}

/* The naive overlay is what the tests believe; overlayfs must agree with it. */
static void law_mount(struct run *run, const char *lower, const char *want)
{
    char host[100], layer[100];
    struct fvm_text got = {0};
    int merged;

    snprintf(host, sizeof(host), "host/%s", lower);
    snprintf(layer, sizeof(layer), "layer/files/%s", lower);
    if (!can_mount || !kit_has(run->engine.files, lower))
        return;
    merged = mount_overlay(host, layer);
    if (merged < 0)
        kit_die("mount", layer);
    fvm_text_puts(&got, "");
    kit_show(&got, merged, "");
    unmount_overlay(merged);
    same_text(run, &got, want, "what overlayfs shows");
}

/* At rest: what a sealed VM sees. */
static void law_overlay(struct run *run, const char *name)
{
    for (size_t i = 0; i < 2 && !run->laws.broken && !run->crosses; i++) {
        struct fvm_text got = {0};
        char *want = view_text(run, run->lowers[i].name);

        overlay_show(&got, run->engine.host, run->engine.files, run->lowers[i].name, "");
        same_text(run, &got, want, name);
        law_mount(run, run->lowers[i].name, want);
        free(want);
    }
}

static int rest(struct run *run, struct fvm_error *err)
{
    return fvm_layer_rest(run->engine.layer, run->lowers, 2, err);
}

/* Dead or failed at some step; then once more, or woken as it is. @return is it at rest? */
static bool interrupt(struct run *run)
{
    unsigned how = draw(&run->random, 4);
    int at = (int)draw(&run->random, 30), status, rc;
    pid_t pid;

    if (how == 0)
        return true;
    if (how == 1) {
        fflush(stdout);
        pid = fork();
        if (pid == 0) {
            steps_left = at;
            step_fails = 0;
            _exit(rest(run, NULL) ? 1 : 0);
        }
        waitpid(pid, &status, 0);
        kills += WIFSIGNALED(status);
        return kit_holds(&run->laws, WIFSIGNALED(status) || WEXITSTATUS(status) == 0,
                         "rest in a child", NULL);
    }
    steps_left = at;
    step_fails = 1;
    rc = rest(run, NULL);
    steps_left = -1;
    errors += rc == -EIO;
    kit_holds(&run->laws, rc == 0 || rc == -EIO, "rest fails otherwise", NULL);
    return how == 2 || rc == 0;
}

/* A folder was not there at first; perhaps the VM ran without it meanwhile. */
static void rest_partly(struct run *run)
{
    struct fvm_error err = {""};
    bool first = draw(&run->random, 2);

    kit_holds(&run->laws, fvm_layer_rest(run->engine.layer, &run->lowers[first], 1, &err) == 0,
              "rest over one lower", &err);
    if (draw(&run->random, 2))
        return;
    kit_holds(&run->laws, fvm_layer_wake(run->engine.layer, &err) == 0, "wake over one lower",
              &err);
    engine_start(&run->engine);
    law_engine(run, "what programs see after rest over one lower");
    engine_stop(&run->engine);
}

/* Killed on the way, it is woken, or brought to rest, again. */
static void wake_killed(struct run *run)
{
    int at = (int)draw(&run->random, 12), status;
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        steps_left = at;
        step_fails = 0;
        _exit(fvm_layer_wake(run->engine.layer, NULL) ? 1 : 0);
    }
    waitpid(pid, &status, 0);
    kills += WIFSIGNALED(status);
    kit_holds(&run->laws, WIFSIGNALED(status) || WEXITSTATUS(status) == 0, "wake in a child", NULL);
}

static void law_same_layer(struct run *run)
{
    struct fvm_text before = {0}, after = {0};
    struct fvm_error err = {""};
    unsigned how = draw(&run->random, 4);

    layer_show(&before, run->engine.files, ".");
    if (how < 2)
        wake_killed(run);
    if (how)
        kit_holds(&run->laws, fvm_layer_wake(run->engine.layer, &err) == 0, "wake for nothing",
                  &err);
    kit_holds(&run->laws, rest(run, &err) == 0, "rest from nothing", &err);
    layer_show(&after, run->engine.files, ".");
    same_text(run, &after, before.s ? before.s : "", "wake and rest change the layer");
    fvm_text_free(&before);
}

static void session(struct run *run, int number)
{
    struct fvm_error err = {""};
    bool rests_now;

    kit_holds(&run->laws, fvm_layer_wake(run->engine.layer, &err) == 0, "wake", &err);
    kit_holds(&run->laws, !has_links(run->engine.files, "."), "a link in an awake layer", NULL);
    engine_start(&run->engine);
    law_engine(run, "what programs see after waking");
    for (int i = number * MAX_OPS / SESSIONS; i < (number + 1) * MAX_OPS / SESSIONS; i++)
        if (!run->ops[i].skip && !run->laws.broken) {
            run->ops[i].result = do_op(run, &run->ops[i]);
            if (run->laws.loud && run->ops[i].result)
                law_engine(run, "what programs see");
        }
    law_engine(run, "what programs see at the end");
    engine_stop(&run->engine);
    rests_now = interrupt(run) || number == SESSIONS - 1;
    if (!rests_now || run->laws.broken)
        return;
    rests++;
    if (draw(&run->random, 3) == 0)
        rest_partly(run);
    kit_holds(&run->laws, rest(run, &err) == 0, "rest", &err);
    law_overlay(run, "what is seen at rest");
    if (!run->laws.broken)
        law_same_layer(run);
    law_overlay(run, "what is seen at rest again");
}

static bool run_sequence(struct run *run)
{
    struct fvm_text host = {0}, now = {0};

    run->laws.broken = NULL;
    run->crosses = false;
    run->random = run->seed + 99;
    run->engine = (struct engine){.host = kit_dir("host"), .layer = kit_dir("layer")};
    run->view = kit_dir("view");
    kit_mkdir(run->engine.layer, "files");
    run->engine.files = openat(run->engine.layer, "files", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    fill_host(run->engine.host, run->seed);
    fill_host(run->view, run->seed);
    run->lowers[0] = (struct fvm_lower){"C", openat(run->engine.host, "C", O_RDONLY | O_CLOEXEC)};
    run->lowers[1] =
        (struct fvm_lower){"Z/p", openat(run->engine.host, "Z/p", O_RDONLY | O_CLOEXEC)};
    layer_show(&host, run->engine.host, ".");
    for (int i = 0; i < SESSIONS && !run->laws.broken; i++)
        session(run, i);
    layer_show(&now, run->engine.host, ".");
    same_text(run, &now, host.s, "the host");
    fvm_text_free(&host);
    free(run->engine.memory);
    fvm_text_free(&run->engine.journal);
    close(run->lowers[0].fd);
    close(run->lowers[1].fd);
    close(run->engine.files);
    close(run->engine.host);
    close(run->engine.layer);
    close(run->view);
    return !run->laws.broken;
}

static void report(struct run *run)
{
    for (int size = MAX_OPS / 2; size >= 1; size /= 2)
        for (int at = 0; at < MAX_OPS; at += size) {
            struct act saved[MAX_OPS];

            memcpy(saved, run->ops, sizeof(saved));
            for (int i = at; i < at + size && i < MAX_OPS; i++)
                run->ops[i].skip = true;
            if (run_sequence(run))
                memcpy(run->ops, saved, sizeof(saved));
        }
    run->laws.loud = true;
    run_sequence(run);
    printf("# seed %llu, operations that are needed:\n", (unsigned long long)run->seed);
    for (int i = 0; i < MAX_OPS; i++)
        if (!run->ops[i].skip)
            printf("#   %d: %s '%s' '%s' %u = %d\n", i * SESSIONS / MAX_OPS,
                   kind_names[run->ops[i].kind], run->ops[i].path, run->ops[i].other,
                   run->ops[i].value, run->ops[i].result);
    fflush(stdout);
}

TEST(layer_laws_hold_for_random_sessions)
{
    uint64_t seed = tap_number("FVM_SEED", 1),
             count = tap_number("FVM_SEQUENCES", DEFAULT_SEQUENCES);

    int probe = -1;

    kit_use_memory();
    kit_root();
    if (!enter_namespace()) {
        close(kit_dir("host"));
        close(kit_dir("layer"));
        probe = mount_overlay("host", "layer");
    }
    can_mount = probe >= 0;
    if (can_mount)
        unmount_overlay(probe);
    else
        tap_skip("no overlay mounts here: %s", strerror(errno));
    for (uint64_t i = 0; i < count; i++) {
        struct run run = {.seed = seed + i};
        bool good;

        draw_all(&run);
        good = run_sequence(&run);
        if (!ok(good, "sequence with FVM_SEED=%llu FVM_SEQUENCES=1: %s",
                (unsigned long long)run.seed, run.laws.broken)) {
            report(&run);
            return;
        }
    }
    if (count < DEFAULT_SEQUENCES)
        return;
    ok(kills >= count / 10 && errors >= count / 10, "%u kills, %u errors", kills, errors);
    ok(rests >= count && moves >= count && crossings >= count / 10,
       "%u rests, %u directories moved, %u of them over a border", rests, moves, crossings);
}
