/* tests/unit/linux_index_race_test.c: core/index.h between processes over one memory, some of which
 * are killed at random moments: nothing is lost, nothing doubled, the rest goes on. FVM_SEED and
 * FVM_SEQUENCES (rounds of a killing) choose other runs. The second test kills at chosen
 * instructions.
 */
#include "core/index.h"
#include "tap.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

enum {
    CB = 64 << 20,
    WORKERS = 4,
    PLACES = 4,   /* directories that a worker's ball and tree move between */
    SHARED = 500, /* names that all workers mark */
    LEAVES = 8,   /* marked names below what moves */
    DEFAULT_ROUNDS = 150
};

/* Beside the index: what must be true of it. */
struct notes {
    uint32_t marked[SHARED]; /* set when mark has returned */
    uint32_t rounds[WORKERS], renames, steals, scans, listings;
    uint32_t failed_line; /* the first broken promise, with what it was about */
    uint32_t failed_with;
};

static struct notes *notes;
static void *memory;

static void promise(bool kept, int line, uint32_t with)
{
    uint32_t none = 0;

    if (!kept && __atomic_compare_exchange_n(&notes->failed_line, &none, (uint32_t)line, false,
                                             __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        notes->failed_with = with;
}
#define PROMISE(kept, with) promise((kept), __LINE__, (uint32_t)(with))

static bool is_alive(void *ctx, uint64_t token)
{
    (void)ctx;
    if (kill((pid_t)(token >> 32), 0) == 0 || errno == EPERM)
        return true;
    __atomic_fetch_add(&notes->steals, 1, __ATOMIC_RELAXED);
    return false;
}

static bool wait_a_little(void *ctx, uint32_t round)
{
    struct timespec pause = {0, 50000};

    (void)ctx;
    if (round < 10)
        sched_yield();
    else
        nanosleep(&pause, NULL);
    return round < 200000;
}

static struct fvm_index_writer writer_here(void)
{
    return (struct fvm_index_writer){(uint64_t)getpid() << 32 | 1, is_alive, wait_a_little, NULL};
}

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

struct name {
    uint16_t s[64];
    uint32_t cch;
};
static struct fvm_str name(struct name *out, const char *fmt, int a, int b, int c)
{
    char text[64];

    // cppcheck-suppress wrongPrintfScanfArgNum ; not every name needs three numbers
    snprintf(text, sizeof(text), fmt, a, b, c);
    for (out->cch = 0; text[out->cch]; out->cch++)
        out->s[out->cch] = (unsigned char)text[out->cch];
    return (struct fvm_str){out->s, out->cch};
}

/* Each worker's ball: one node with the worker's number, at one of its places. */
#define BALL     "C:\\place%d\\ball%d"
#define LEAF     "C:\\place%d\\ball%d\\sub\\leaf%d"
#define SHARED_N "C:\\all\\shared%d"

/* @return how many of the places have the ball; *last is one of them */
static int find_ball(const struct fvm_index *index, int worker, int *last)
{
    struct fvm_index_hit hit;
    struct name n;
    int found = 0;

    for (int place = 0; place < PLACES; place++) {
        PROMISE(!fvm_index_lookup(index, name(&n, BALL, place, worker, 0), &hit, NULL, NULL),
                worker);
        if (hit.is_complete && hit.user == (uint32_t)worker + 1) {
            found++;
            *last = place;
        }
    }
    return found;
}

static void check_leaves(const struct fvm_index *index, int worker, int place)
{
    for (int leaf = 0; leaf < LEAVES; leaf++) {
        uint16_t units[2][64];
        struct fvm_buf layer = {units[0], 0, 64}, host = {units[1], 0, 64};
        struct fvm_index_hit hit;
        struct name n;
        struct fvm_str path = name(&n, LEAF, place, worker, leaf);

        PROMISE(!fvm_index_lookup(index, path, &hit, &layer, &host), leaf);
        PROMISE(hit.answer == FVM_INDEX_IS_OWN && hit.user == (uint32_t)(worker * 100 + leaf + 1),
                worker * 100 + leaf);
        PROMISE(fvm_str_eq(fvm_buf_str(&layer), path), leaf);
        /* MERGED, first at place 0: its origin came with the first move and stays */
        PROMISE(fvm_str_eq(fvm_buf_str(&host), name(&n, LEAF, 0, worker, leaf)), leaf);
    }
}

static void move_ball(const struct fvm_index *index, int worker, int to)
{
    struct fvm_index_writer writer = writer_here();
    struct name from_name, to_name;
    int from = -1;

    PROMISE(find_ball(index, worker, &from) == 1, worker);
    if (from < 0 || from == to)
        return;
    PROMISE(!fvm_index_rename(index, name(&from_name, BALL, from, worker, 0),
                              name(&to_name, BALL, to, worker, 0), &writer),
            worker);
    check_leaves(index, worker, to);
    __atomic_fetch_add(&notes->renames, 1, __ATOMIC_RELAXED);
}

/* Twice over the places without a change counted: somewhere it must be. */
static void watch_ball(const struct fvm_index *index, int worker)
{
    uint32_t generation = fvm_index_generation(index);
    int last = 0, found = find_ball(index, worker, &last);

    found += find_ball(index, worker, &last);
    if (fvm_index_generation(index) != generation)
        return;
    PROMISE(found >= 1, worker);
    __atomic_fetch_add(&notes->scans, 1, __ATOMIC_RELAXED);
}

/* Names known to be marked before must come exactly once. */
static void list_shared(const struct fvm_index *index)
{
    static uint32_t before[SHARED];
    uint8_t seen[SHARED] = {0};
    struct fvm_index_cursor cursor = {0};
    struct fvm_index_child child;
    struct fvm_index_hit hit;
    struct name n;
    fvm_status status;

    for (int i = 0; i < SHARED; i++)
        before[i] = __atomic_load_n(&notes->marked[i], __ATOMIC_ACQUIRE);
    PROMISE(!fvm_index_lookup(index, name(&n, "C:\\all", 0, 0, 0), &hit, NULL, NULL), 0);
    if (!hit.is_complete)
        return;
    cursor.node = hit.node;
    while ((status = fvm_index_next_child(index, &cursor, &child)) == FVM_OK) {
        int number = 0;

        for (uint32_t i = 6; i < child.name.cch; i++)
            number = number * 10 + child.name.s[i] - '0';
        PROMISE(number >= 0 && number < SHARED && !seen[number]++, number);
    }
    PROMISE(status == FVM_NOT_FOUND, status);
    for (int i = 0; i < SHARED; i++)
        PROMISE(!before[i] || seen[i] == 1, i);
    __atomic_fetch_add(&notes->listings, 1, __ATOMIC_RELAXED);
}

static void mark_shared(const struct fvm_index *index, int number)
{
    struct name n;
    uint32_t node;

    PROMISE(!fvm_index_mark(index, name(&n, SHARED_N, number, 0, 0), FVM_INDEX_OWN,
                            (struct fvm_str){0}, NULL, &node),
            number);
    PROMISE(!fvm_index_user(index, node, 1U << (number % 32), 0, NULL), number);
    __atomic_store_n(&notes->marked[number], 1, __ATOMIC_RELEASE);
}

/* Names below a directory that others empty: only that nothing breaks. */
static void churn(const struct fvm_index *index, uint32_t value)
{
    struct fvm_index_writer writer = writer_here();
    struct name n, m;
    int a = (int)(value % 5), b = (int)(value / 5 % 5);
    fvm_status status;

    if (value & 0x1000)
        status = fvm_index_mark(index, name(&n, "D:\\x%d\\y%d", a, b, 0), FVM_INDEX_OWN,
                                (struct fvm_str){0}, NULL, NULL);
    else if (value & 0x2000)
        status = fvm_index_unlink(index, name(&n, "D:\\x%d", a, 0, 0), value & 0x4000, &writer);
    else
        status = fvm_index_rename(index, name(&n, "D:\\x%d\\y%d", a, b, 0),
                                  name(&m, "D:\\x%d\\y%d", b, a, 0), &writer);
    PROMISE(status == FVM_OK || status == FVM_NOT_FOUND, status);
}

static void work(int worker, uint32_t seed)
{
    struct fvm_index index;
    struct fvm_index_writer writer = writer_here();
    struct name n;
    uint32_t random = seed | 1;

    PROMISE(fvm_index_attach(&index, memory, CB) == FVM_OK, worker);
    /* One before may have been killed in a rename of this ball: any writer finishes it. */
    PROMISE(fvm_index_unlink(&index, name(&n, "E:\\none", 0, 0, 0), false, &writer) ==
                FVM_NOT_FOUND,
            worker);
    for (;;) {
        uint32_t value = next_random(&random) >> 4;

        switch (value % 8) {
        case 0:
            mark_shared(&index, (int)(value / 8 % SHARED));
            break;
        case 1:
            if (value / 8 % 64 == 0)
                list_shared(&index);
            break;
        case 2:
        case 3:
            watch_ball(&index, (int)(value / 8 % WORKERS));
            break;
        case 4:
            if (value / 8 % 16 == 0)
                churn(&index, value / 128);
            break;
        default:
            move_ball(&index, worker, (int)(value / 8 % PLACES));
        }
        notes->rounds[worker]++;
    }
}

static pid_t start(int worker, uint32_t seed)
{
    pid_t pid = fork();

    if (pid == 0) {
        work(worker, seed);
        _exit(0);
    }
    return pid;
}

static void make_balls(struct fvm_index *index)
{
    struct name n;
    uint32_t node = 0;

    for (int worker = 0; worker < WORKERS; worker++) {
        ok(!fvm_index_mark(index, name(&n, BALL, 0, worker, 0), FVM_INDEX_OWN | FVM_INDEX_MERGED,
                           (struct fvm_str){0}, NULL, &node) &&
               !fvm_index_user(index, node, (uint32_t)worker + 1, 0, NULL),
           "ball %d", worker);
        for (int leaf = 0; leaf < LEAVES; leaf++)
            ok(!fvm_index_mark(index, name(&n, LEAF, 0, worker, leaf), FVM_INDEX_OWN,
                               (struct fvm_str){0}, NULL, &node) &&
                   !fvm_index_user(index, node, (uint32_t)(worker * 100 + leaf + 1), 0, NULL),
               "leaf %d", leaf);
    }
}

static void check_end(const struct fvm_index *index)
{
    struct fvm_index_writer writer = writer_here();
    struct fvm_index_hit hit;
    struct name n;
    int place = 0;

    ok(fvm_index_unlink(index, name(&n, "E:\\none", 0, 0, 0), false, &writer) == FVM_NOT_FOUND,
       "the lock can be had");
    ok(fvm_index_check(index) == FVM_OK, "the index is sound");
    for (int worker = 0; worker < WORKERS; worker++) {
        ok(find_ball(index, worker, &place) == 1, "ball %d is at one place", worker);
        check_leaves(index, worker, place);
        move_ball(index, worker, (place + 1) % PLACES);
    }
    for (int i = 0; i < SHARED; i++) {
        if (!notes->marked[i])
            continue;
        ok(!fvm_index_lookup(index, name(&n, SHARED_N, i, 0, 0), &hit, NULL, NULL) &&
               hit.answer == FVM_INDEX_IS_OWN && hit.user == 1U << (i % 32),
           "shared name %d", i);
    }
    list_shared(index);
}

static void run_and_kill(uint32_t seed, uint32_t rounds)
{
    pid_t pids[WORKERS];
    uint32_t random = seed * 2654435761U | 1;

    for (int worker = 0; worker < WORKERS; worker++)
        pids[worker] = start(worker, next_random(&random));
    for (uint32_t round = 0; round < rounds && !notes->failed_line; round++) {
        int worker = (int)(next_random(&random) / 16 % WORKERS);
        struct timespec pause = {0, 1000000 + next_random(&random) % 10000000};

        nanosleep(&pause, NULL);
        kill(pids[worker], SIGKILL);
        waitpid(pids[worker], NULL, 0);
        pids[worker] = start(worker, next_random(&random));
    }
    for (int worker = 0; worker < WORKERS; worker++) {
        kill(pids[worker], SIGKILL);
        waitpid(pids[worker], NULL, 0);
    }
}

TEST(index_survives_processes_that_race_and_die)
{
    uint32_t seed = (uint32_t)tap_number("FVM_SEED", 1),
             rounds = (uint32_t)tap_number("FVM_SEQUENCES", DEFAULT_ROUNDS), used, rest;
    struct fvm_index index;

    memory = mmap(NULL, CB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    notes = mmap(NULL, sizeof(*notes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!ok(memory != MAP_FAILED && notes != MAP_FAILED, "mmap") ||
        !ok(fvm_index_init(&index, memory, CB, 1) == FVM_OK, "init"))
        return;
    make_balls(&index);
    fflush(stdout);
    run_and_kill(seed, rounds);
    check_end(&index);
    ok(!notes->failed_line, "FVM_SEED=%u: the promise of line %u is broken (%u)", seed,
       notes->failed_line, notes->failed_with);
    fvm_index_usage(&index, &used, &rest);
    printf("# %u renames, %u locks of the dead, %u scans, %u listings, %u KiB used\n",
           notes->renames, notes->steals, notes->scans, notes->listings, used >> 10);
    if (rounds >= DEFAULT_ROUNDS)
        ok(notes->renames > 1000 && notes->scans > 100 && notes->listings > 100, "it all happened");
    munmap(memory, CB);
    munmap(notes, sizeof(*notes));
}

/* --- at every store ----------------------------------------------------------------------------
 */

enum { SMALL_CB = 16 << 10, DIED = 9 };
enum call { RENAMES, MARKS, UNLINKS, CALLS };
enum intrusion { DIES, MARKS_SAME, MARKS_BESIDE, LOOKS, INTRUSIONS };
#define NEW_DIR "C:\\new\\a"
#define NEW_N   "C:\\new\\a\\b%d"

static const struct fvm_index *shared;
static enum intrusion intrusion;
static volatile sig_atomic_t stores_left, stores_done;

static fvm_status mark_new(const struct fvm_index *index, int number)
{
    struct name n;

    return fvm_index_mark(index, name(&n, NEW_N, number, 0, 0), FVM_INDEX_OWN, (struct fvm_str){0},
                          NULL, NULL);
}

/* @return children; none may come twice */
static int count_children(const struct fvm_index *index, struct fvm_str path)
{
    struct fvm_index_cursor cursor = {0};
    struct fvm_index_child child, seen[16];
    struct fvm_index_hit hit;
    int count = 0;

    PROMISE(!fvm_index_lookup(index, path, &hit, NULL, NULL), 0);
    cursor.node = hit.node;
    while (hit.is_complete && count < 16 && !fvm_index_next_child(index, &cursor, &child)) {
        for (int i = 0; i < count; i++)
            PROMISE(!fvm_str_eq_fold(seen[i].name, child.name), i);
        seen[count++] = child;
    }
    return count;
}

static bool is_marked(const struct fvm_index *index, struct fvm_str path, uint32_t user)
{
    struct fvm_index_hit hit;

    return !fvm_index_lookup(index, path, &hit, NULL, NULL) && hit.answer == FVM_INDEX_IS_OWN &&
           hit.user == user;
}

/* The old name first: see index.h. */
static void look(const struct fvm_index *index, int with)
{
    struct name n;
    bool old = is_marked(index, name(&n, BALL, 0, 0, 0), 1),
         new = is_marked(index, name(&n, BALL, 1, 0, 0), 1);

    PROMISE(old || new, with);
    PROMISE(!old || is_marked(index, name(&n, LEAF, 0, 0, 3), 4), with);
    PROMISE(!new || is_marked(index, name(&n, LEAF, 1, 0, 3), 4), with);
    PROMISE(count_children(index, name(&n, NEW_DIR, 0, 0, 0)) <= 2, with);
    PROMISE(fvm_index_check(index) == FVM_OK, with);
}

static void intrude(void)
{
    switch (intrusion) {
    case DIES:
        _exit(DIED);
    case MARKS_SAME:
        PROMISE(mark_new(shared, 0) == FVM_OK, stores_done);
        break;
    case MARKS_BESIDE:
        PROMISE(mark_new(shared, 1) == FVM_OK, stores_done);
        break;
    default:
        look(shared, stores_done);
    }
}

/* The memory is write-protected: this comes before each store. It is then let through alone, by the
 * processor's trap flag, and the memory protected again. */
static void on_store(int signal_number, siginfo_t *info, void *context)
{
    ucontext_t *machine = context;
    uint8_t *at = info->si_addr, *begin = memory;

    (void)signal_number;
    if (at < begin || at >= begin + SMALL_CB || mprotect(memory, SMALL_CB, PROT_READ | PROT_WRITE))
        _exit(DIED + 1);
    stores_done++;
    if (stores_left && !--stores_left)
        intrude();
    machine->uc_mcontext.gregs[REG_EFL] |= 0x100;
}

static void after_store(int signal_number, siginfo_t *info, void *context)
{
    ucontext_t *machine = context;

    (void)signal_number;
    (void)info;
    machine->uc_mcontext.gregs[REG_EFL] &= ~0x100LL;
    if (mprotect(memory, SMALL_CB, PROT_READ))
        _exit(DIED + 1);
}

static fvm_status call_it(const struct fvm_index *index, enum call call)
{
    struct fvm_index_writer writer = writer_here();
    struct name n, m;

    if (call == RENAMES)
        return fvm_index_rename(index, name(&n, BALL, 0, 0, 0), name(&m, BALL, 1, 0, 0), &writer);
    if (call == MARKS)
        return mark_new(index, 0);
    return fvm_index_unlink(index, name(&n, BALL, 0, 1, 0), true, &writer);
}

/* In a child. @return how it ended: 0, DIED; notes->rounds[0]: stores */
static int call_with_stores(enum call call, int store)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        struct sigaction before = {.sa_sigaction = on_store, .sa_flags = SA_SIGINFO},
                         after = {.sa_sigaction = after_store, .sa_flags = SA_SIGINFO};

        sigaction(SIGSEGV, &before, NULL);
        sigaction(SIGTRAP, &after, NULL);
        stores_left = store;
        mprotect(memory, SMALL_CB, PROT_READ);
        PROMISE(call_it(shared, call) == FVM_OK, store);
        notes->rounds[0] = (uint32_t)stores_done;
        _exit(0);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : status;
}

static void check_after(enum call call, int store)
{
    struct fvm_index_writer writer = writer_here();
    struct name n;
    int place = -1,
        children = (call == MARKS || intrusion == MARKS_SAME) + (intrusion == MARKS_BESIDE);

    look(shared, store);
    /* Any writer ends what is half-done; then the same call goes through, if it was not done. */
    ok(fvm_index_unlink(shared, name(&n, "E:\\none", 0, 0, 0), false, &writer) == FVM_NOT_FOUND,
       "the lock");
    ok(find_ball(shared, 0, &place) == 1, "one place");
    if (call != RENAMES || place == 0)
        ok(call_it(shared, call) == FVM_OK, "again");
    look(shared, store);
    ok(find_ball(shared, 0, &place) == 1 && place == (call == RENAMES), "the place");
    check_leaves(shared, 0, place);
    ok(count_children(shared, name(&n, NEW_DIR, 0, 0, 0)) == children, "children");
    ok(call != MARKS || is_marked(shared, name(&n, NEW_N, 0, 0, 0), 0), "mark");
    ok(call != UNLINKS || (is_marked(shared, name(&n, BALL, 0, 1, 0), 0) &&
                           !is_marked(shared, name(&n, LEAF, 0, 1, 3), 104)),
       "unlink");
}

static void try_stores(struct fvm_index *index, enum call call)
{
    int stores = 0;

    for (int store = 0; store <= stores; store++) {
        int end;

        fvm_index_init(index, memory, SMALL_CB, 1);
        make_balls(index);
        end = call_with_stores(call, store);
        if (store == 0)
            stores = (int)notes->rounds[0];
        ok(end == (store && intrusion == DIES ? DIED : 0), "the child ended with %d", end);
        if (store)
            check_after(call, store);
        if (!ok(!notes->failed_line, "line %u (%u)", notes->failed_line, notes->failed_with)) {
            printf("# call %d, intrusion %d at store %d of %d\n", (int)call, (int)intrusion, store,
                   stores);
            return;
        }
    }
    ok(stores > 5 && stores < 500, "call %d: %d stores", (int)call, stores);
}

TEST(index_survives_anything_at_any_store)
{
    struct fvm_index index;

    memory = mmap(NULL, SMALL_CB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    notes = mmap(NULL, sizeof(*notes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!ok(memory != MAP_FAILED && notes != MAP_FAILED, "mmap"))
        return;
    shared = &index;
    fflush(stdout);
    for (enum call call = 0; call < CALLS; call++)
        for (intrusion = 0; intrusion < INTRUSIONS && !notes->failed_line; intrusion++)
            try_stores(&index, call);
    munmap(memory, SMALL_CB);
    munmap(notes, sizeof(*notes));
}
