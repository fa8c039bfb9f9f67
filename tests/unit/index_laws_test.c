/* tests/unit/index_laws_test.c: random sequences of core/index.h against a naive model: a flat list
 * of all names. FVM_SEED and FVM_SEQUENCES choose other runs; a failing one is made small. */
#include "core/index.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_OPS = 48,
    DEPTH = 4,
    NAMES = 4,        /* two spellings of each */
    MAX_NAMES = 1024, /* more than the universe has */
    TEXT_CCH = 400,
    CB = 64 << 10,
    SMALL_CB = 1280,
    DEFAULT_SEQUENCES = 600
};
enum kind { MARK, MARK_MOVED, DELETE, FORGET, RENAME, USER, FLAGS, KINDS };
static const char *const kind_names[] = {"mark",   "mark moved", "delete", "forget",
                                         "rename", "user",       "flags"};

struct path {
    uint8_t depth, name[DEPTH]; /* the drive, then names; 2 * name + spelling */
};
struct op {
    enum kind kind;
    bool skip;
    struct path path, other;
    uint32_t value;
};
struct text {
    uint16_t s[TEXT_CCH];
    uint32_t cch;
};
/* One name of the model; every beginning of one is in the list as well. */
struct name {
    struct path path; /* the last component's spelling counts */
    uint32_t flags, user;
    struct text origin;
};
struct run {
    uint64_t seed;
    struct op ops[MAX_OPS];
    struct fvm_index index;
    struct name names[MAX_NAMES];
    size_t count;
    uint32_t random;
    const char *broken;
};

static uint64_t memory[2][CB / 8];
static unsigned statuses[4], answers[4]; /* ok, not found, invalid, full: the tests' own coverage */

static const struct fvm_str spellings[2][2 * NAMES] = {
    {FVM_STR(u"C:"), FVM_STR(u"c:"), FVM_STR(u"D:"), FVM_STR(u"d:"), FVM_STR(u"C:"), FVM_STR(u"c:"),
     FVM_STR(u"D:"), FVM_STR(u"d:")},
    {FVM_STR(u"a"), FVM_STR(u"A"), FVM_STR(u"\u00e4.b"), FVM_STR(u"\u00c4.B"),
     FVM_STR(u"a longer name.txt"), FVM_STR(u"A Longer Name.TXT"), FVM_STR(u"aa"), FVM_STR(u"aA")}};

static uint32_t draw(struct run *run, uint32_t below)
{
    run->random ^= run->random << 13;
    run->random ^= run->random >> 17;
    run->random ^= run->random << 5;
    return run->random % below;
}

static struct path draw_path(struct run *run)
{
    struct path path = {(uint8_t)(1 + draw(run, DEPTH)), {0}};

    path.name[0] = (uint8_t)draw(run, 4);
    for (int i = 1; i < path.depth; i++)
        path.name[i] = (uint8_t)draw(run, 2 * NAMES);
    return path;
}

static void draw_ops(struct run *run)
{
    run->random = (uint32_t)(run->seed * 2654435761U) | 1;
    for (int i = 0; i < MAX_OPS; i++) {
        struct op *op = &run->ops[i];

        *op = (struct op){(enum kind)draw(run, KINDS), false, draw_path(run), draw_path(run),
                          draw(run, 1U << 16)};
        if (i && draw(run, 2)) /* what there is has come up before */
            op->path = draw(run, 2) ? run->ops[draw(run, (uint32_t)i)].path
                                    : run->ops[draw(run, (uint32_t)i)].other;
    }
}

static struct fvm_str part(const struct path *path, int i)
{
    return spellings[i > 0][path->name[i]];
}

static void add(struct text *text, struct fvm_str more)
{
    memcpy(text->s + text->cch, more.s, more.cch * sizeof(*more.s));
    text->cch += more.cch;
}

/* Components from..depth, each but the first of a path after a backslash. */
static void add_path(struct text *text, const struct path *path, int from)
{
    for (int i = from; i < path->depth; i++) {
        if (i)
            add(text, FVM_STR(u"\\"));
        add(text, part(path, i));
    }
}

static struct fvm_str as_str(const struct text *text)
{
    return (struct fvm_str){text->s, text->cch};
}

/* --- the model -------------------------------------------------------------------------------- */

static bool begins(const struct path *path, const struct path *with)
{
    for (int i = 0; i < with->depth; i++)
        if (i >= path->depth || path->name[i] / 2 != with->name[i] / 2)
            return false;
    return true;
}

static struct name *find(struct run *run, const struct path *path)
{
    for (size_t i = 0; i < run->count; i++)
        if (run->names[i].path.depth == path->depth && begins(&run->names[i].path, path))
            return &run->names[i];
    return NULL;
}

static struct path beginning(const struct path *path, int depth)
{
    struct path shorter = *path;

    shorter.depth = (uint8_t)depth;
    return shorter;
}

static struct name *find_or_add(struct run *run, const struct path *path)
{
    for (int depth = 1; depth <= path->depth; depth++) {
        struct path up = beginning(path, depth);

        if (!find(run, &up))
            run->names[run->count++] = (struct name){.path = up};
    }
    return find(run, path);
}

static void remove_below(struct run *run, const struct path *path, bool and_itself)
{
    size_t kept = 0;

    for (size_t i = 0; i < run->count; i++)
        if (!begins(&run->names[i].path, path) ||
            (!and_itself && run->names[i].path.depth == path->depth))
            run->names[kept++] = run->names[i];
    run->count = kept;
}

struct answer {
    struct fvm_index_hit hit;
    struct text layer, host;
};

/* Where the host has what lies below the first `depth` components: from the nearest upwards. */
static enum fvm_index_answer below(struct run *run, const struct path *path, int depth,
                                   struct text *host)
{
    host->cch = 0;
    for (int d = depth; d >= 1; d--) {
        struct path up = beginning(path, d);
        struct name *name = find(run, &up);

        if (!name || !(name->flags & FVM_INDEX_OWN))
            continue;
        if (!(name->flags & FVM_INDEX_MERGED))
            return FVM_INDEX_BELOW_OWN;
        if (!name->origin.cch)
            continue;
        add(host, as_str(&name->origin));
        add_path(host, path, d);
        return FVM_INDEX_BELOW_MOVED;
    }
    add_path(host, path, 0);
    return FVM_INDEX_HOST;
}

static void model_lookup(struct run *run, const struct path *path, struct answer *answer)
{
    struct name *name = find(run, path), *deepest = NULL;
    int depth = 0;

    memset(answer, 0, sizeof(*answer));
    for (int d = 1; d <= path->depth; d++) {
        struct path up = beginning(path, d);
        struct name *here = find(run, &up);

        if (d > 1)
            add(&answer->layer, FVM_STR(u"\\"));
        add(&answer->layer, part(here ? &here->path : path, d - 1));
        if (here) {
            deepest = here;
            depth = d;
            answer->hit.covered_cch = answer->layer.cch;
        }
    }
    answer->hit.is_complete = depth == path->depth;
    answer->hit.flags = deepest ? deepest->flags : 0;
    answer->hit.user = deepest ? deepest->user : 0;
    if (!name || !(name->flags & FVM_INDEX_OWN)) {
        answer->hit.answer = below(run, path, path->depth, &answer->host);
        return;
    }
    answer->hit.answer = FVM_INDEX_IS_OWN;
    if (name->origin.cch)
        answer->host = name->origin;
    else
        below(run, path, path->depth - 1, &answer->host);
}

static fvm_status model_rename(struct run *run, const struct path *from, const struct path *to)
{
    struct name *name = find(run, from);
    struct text host;
    struct path old;
    uint8_t spelling = to->name[to->depth - 1];

    if (!name || !(name->flags & FVM_INDEX_OWN))
        return FVM_NOT_FOUND;
    old = name->path;
    if (from->depth == to->depth && begins(from, to)) {
        name->path.name[to->depth - 1] = spelling;
        return FVM_OK;
    }
    if (begins(from, to) ? find(run, to) != NULL : begins(to, from))
        return FVM_INVALID;
    if (name->flags & FVM_INDEX_MERGED && !name->origin.cch &&
        below(run, from, from->depth - 1, &host) != FVM_INDEX_BELOW_OWN)
        name->origin = host;
    find_or_add(run, to);
    remove_below(run, to, true);
    for (size_t i = 0; i < run->count; i++) {
        struct path moved = *to, *path = &run->names[i].path;

        if (!begins(path, from))
            continue;
        for (int d = from->depth; d < path->depth && moved.depth < DEPTH; d++)
            moved.name[moved.depth++] = path->name[d];
        *path = moved;
    }
    run->names[run->count++] = (struct name){.path = old, .flags = FVM_INDEX_OWN};
    return FVM_OK;
}

static fvm_status model_unlink(struct run *run, const struct path *path, bool stays_own)
{
    struct name *name = stays_own ? find_or_add(run, path) : find(run, path);

    if (!name)
        return FVM_NOT_FOUND;
    name->flags = stays_own ? FVM_INDEX_OWN : 0;
    name->user = name->origin.cch = 0;
    remove_below(run, path, false);
    return FVM_OK;
}

static void origin_of(uint32_t value, struct text *text)
{
    static const struct path places[] = {{2, {2, 0}}, {3, {0, 2, 5}}, {1, {3}}, {2, {0, 6}}};

    text->cch = 0;
    add_path(text, &places[value % ARRAY_LEN(places)], 0);
}

static fvm_status model(struct run *run, const struct op *op)
{
    struct name *name;

    switch (op->kind) {
    case MARK:
    case MARK_MOVED:
        name = find_or_add(run, &op->path);
        name->flags |= op->value & 15;
        if (op->kind == MARK_MOVED)
            origin_of(op->value >> 4, &name->origin);
        return FVM_OK;
    case DELETE:
    case FORGET:
        return model_unlink(run, &op->path, op->kind == DELETE);
    case RENAME:
        return model_rename(run, &op->path, &op->other);
    default:
        name = find(run, &op->path);
        if (!name)
            return FVM_NOT_FOUND;
        if (op->kind == USER)
            name->user = (name->user & ~(op->value >> 8)) | (op->value & 255);
        else
            name->flags = (name->flags & ~(op->value >> 4 & 15)) | (op->value & 15);
        return FVM_OK;
    }
}

/* --- the index -------------------------------------------------------------------------------- */

static fvm_status perform(struct run *run, const struct op *op)
{
    struct text path = {.cch = 0}, other = {.cch = 0}, origin = {.cch = 0};
    struct fvm_index_hit hit;
    fvm_status status;

    add_path(&path, &op->path, 0);
    add_path(&other, &op->other, 0);
    switch (op->kind) {
    case MARK:
    case MARK_MOVED:
        if (op->kind == MARK_MOVED)
            origin_of(op->value >> 4, &origin);
        return fvm_index_mark(&run->index, as_str(&path), op->value & 15, as_str(&origin),
                              &fvm_index_alone, NULL);
    case DELETE:
    case FORGET:
        return fvm_index_unlink(&run->index, as_str(&path), op->kind == DELETE, &fvm_index_alone);
    case RENAME:
        return fvm_index_rename(&run->index, as_str(&path), as_str(&other), &fvm_index_alone);
    default:
        status = fvm_index_lookup(&run->index, as_str(&path), &hit, NULL, NULL);
        if (fvm_failed(status) || !hit.is_complete)
            return fvm_failed(status) ? status : FVM_NOT_FOUND;
        if (op->kind == USER)
            return fvm_index_user(&run->index, hit.node, op->value & 255, op->value >> 8, NULL);
        return fvm_index_flags(&run->index, hit.node, op->value & 15, op->value >> 4 & 15, NULL);
    }
}

static bool holds(struct run *run, bool condition, const char *law)
{
    if (!condition && !run->broken)
        run->broken = law;
    return condition;
}

static bool check_children(struct run *run, const struct path *path, uint32_t node)
{
    struct fvm_index_cursor cursor = {node, 0, 0};
    struct fvm_index_child child;
    size_t listed = 0, wanted = 0;
    fvm_status status;

    for (size_t i = 0; i < run->count; i++)
        wanted += run->names[i].path.depth == path->depth + 1 && begins(&run->names[i].path, path);
    while ((status = fvm_index_next_child(&run->index, &cursor, &child)) == FVM_OK &&
           listed++ <= wanted) {
        bool known = false;

        for (size_t i = 0; i < run->count; i++) {
            const struct name *name = &run->names[i];

            known = known || (name->path.depth == path->depth + 1 && begins(&name->path, path) &&
                              fvm_str_eq(part(&name->path, path->depth), child.name) &&
                              name->flags == child.flags && name->user == child.user);
        }
        if (!holds(run, known, "a listing has a wrong child"))
            return false;
    }
    return holds(run, status == FVM_NOT_FOUND && listed == wanted, "a listing lacks children");
}

static void check_path(struct run *run, const struct path *path)
{
    struct text text = {.cch = 0}, layer, host;
    struct fvm_buf layer_buf = {layer.s, 0, TEXT_CCH}, host_buf = {host.s, 0, TEXT_CCH};
    struct fvm_index_hit hit;
    struct answer want;

    add_path(&text, path, 0);
    if (!holds(run, !fvm_index_lookup(&run->index, as_str(&text), &hit, &layer_buf, &host_buf),
               "a lookup fails"))
        return;
    model_lookup(run, path, &want);
    if (want.hit.answer == FVM_INDEX_BELOW_OWN)
        want.host.cch = 0;
    if (want.hit.answer == FVM_INDEX_IS_OWN && !find(run, path)->origin.cch) {
        struct text unused;

        if (below(run, path, path->depth - 1, &unused) == FVM_INDEX_BELOW_OWN)
            want.host.cch = 0;
    }
    answers[hit.answer]++;
    holds(run, hit.answer == want.hit.answer, "another answer");
    holds(run,
          hit.is_complete == want.hit.is_complete && hit.flags == want.hit.flags &&
              hit.user == want.hit.user && hit.covered_cch == want.hit.covered_cch,
          "another hit");
    holds(run, fvm_str_eq(fvm_buf_str(&layer_buf), as_str(&want.layer)), "another layer spelling");
    holds(run, fvm_str_eq(fvm_buf_str(&host_buf), as_str(&want.host)), "another host name");
    if (hit.is_complete)
        check_children(run, path, hit.node);
}

static void check_all(struct run *run)
{
    holds(run, fvm_index_check(&run->index) == FVM_OK, "the check finds damage");
    for (uint32_t i = 0; i < 2U * NAMES * NAMES * NAMES * 5 && !run->broken; i++) {
        struct path path = {(uint8_t)(1 + i % 4), {(uint8_t)draw(run, 4)}};

        for (int d = 1; d < DEPTH; d++)
            path.name[d] = (uint8_t)draw(run, 2 * NAMES);
        check_path(run, &path);
    }
    for (size_t i = 0; i < run->count && !run->broken; i++)
        check_path(run, &run->names[i].path);
}

static void count_status(fvm_status status)
{
    statuses[status == FVM_OK ? 0 : status == FVM_NOT_FOUND ? 1 : status == FVM_INVALID ? 2 : 3]++;
}

static bool step(struct run *run, const struct op *op)
{
    uint32_t generation = fvm_index_generation(&run->index);
    fvm_status got = perform(run, op);

    count_status(got);
    if (got == FVM_NO_MEMORY)
        holds(run, fvm_index_generation(&run->index) == generation, "full, but something changed");
    else
        holds(run, got == model(run, op), "another status");
    for (int i = 0; i < 6 && !run->broken; i++) {
        struct path path = draw_path(run);

        check_path(run, i == 0 ? &op->path : i == 1 ? &op->other : &path);
    }
    return !run->broken;
}

/* The model keeps no more than DEPTH components: a move that needs more is left out. */
static bool fits(struct run *run, const struct op *op)
{
    if (op->kind != RENAME)
        return true;
    for (size_t i = 0; i < run->count; i++) {
        const struct path *path = &run->names[i].path;

        if (begins(path, &op->path) && path->depth - op->path.depth + op->other.depth > DEPTH)
            return false;
    }
    return true;
}

static bool run_sequence(struct run *run)
{
    uint32_t cb = run->seed % 3 ? CB : SMALL_CB + (uint32_t)(run->seed % 32) * 56;

    run->broken = NULL;
    run->count = 0;
    run->random = (uint32_t)run->seed * 7919 + 1;
    fvm_index_init(&run->index, memory[0], cb, 1);
    for (int i = 0; i < MAX_OPS && !run->broken; i++)
        if (!run->ops[i].skip && fits(run, &run->ops[i]))
            step(run, &run->ops[i]);
    if (run->broken)
        return false;
    check_all(run);
    /* The same at another address. */
    memcpy(memory[1], memory[0], sizeof(memory[0]));
    memset(memory[0], 0xEE, sizeof(memory[0]));
    if (holds(run, fvm_index_attach(&run->index, memory[1], cb) == FVM_OK, "attach"))
        check_all(run);
    return !run->broken;
}

static const char *show(const struct path *path)
{
    static char text[2][200];
    static unsigned turn;
    char *s = text[turn++ % 2];
    size_t cb = 0;

    for (int d = 0; d < path->depth; d++) {
        struct fvm_str name = part(path, d);

        if (d)
            s[cb++] = '\\';
        for (uint32_t i = 0; i < name.cch; i++)
            s[cb++] = name.s[i] < 0x80 ? (char)name.s[i] : '?';
    }
    s[cb] = '\0';
    return s;
}

static void report(struct run *run)
{
    for (int size = MAX_OPS / 2; size >= 1; size /= 2)
        for (int at = 0; at < MAX_OPS; at += size) {
            struct op saved[MAX_OPS];

            memcpy(saved, run->ops, sizeof(saved));
            for (int i = at; i < at + size && i < MAX_OPS; i++)
                run->ops[i].skip = true;
            if (run_sequence(run))
                memcpy(run->ops, saved, sizeof(saved));
        }
    run_sequence(run);
    printf("# seed %llu: %s; operations that are needed:\n", (unsigned long long)run->seed,
           run->broken ? run->broken : "gone");
    for (int i = 0; i < MAX_OPS; i++)
        if (!run->ops[i].skip)
            printf("#   %s '%s' '%s' %#x\n", kind_names[run->ops[i].kind], show(&run->ops[i].path),
                   show(&run->ops[i].other), run->ops[i].value);
}

TEST(index_is_as_a_flat_list_of_names)
{
    static struct run run;
    uint64_t seed = tap_number("FVM_SEED", 1),
             count = tap_number("FVM_SEQUENCES", DEFAULT_SEQUENCES);

    for (uint64_t i = 0; i < count; i++) {
        run.seed = seed + i;
        draw_ops(&run);
        if (!ok(run_sequence(&run), "sequence with FVM_SEED=%llu FVM_SEQUENCES=1: %s",
                (unsigned long long)run.seed, run.broken)) {
            report(&run);
            return;
        }
    }
    for (int i = 0; i < 4 && count >= DEFAULT_SEQUENCES; i++)
        ok(statuses[i] > count / 10 && answers[i] > count, "status %d: %u, answer %d: %u", i,
           statuses[i], i, answers[i]);
}
