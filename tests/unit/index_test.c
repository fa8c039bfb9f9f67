/* tests/unit/index_test.c: core/index.h: answers by table, renames, full and bad images. */
#include "core/index.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

enum { CB = 16 << 10 };
static uint64_t memory[CB / 8];

static bool nobody_lives(void *ctx, uint64_t token)
{
    (void)token;
    return ctx && *(int *)ctx > 0;
}
static bool wait_thrice(void *ctx, uint32_t round)
{
    (void)ctx;
    return round < 3;
}
static const struct fvm_index_writer writer = {7, nobody_lives, wait_thrice, NULL};

/* Strings of tables; several results may be in use at once. */
static struct fvm_str str(const char *text)
{
    static uint16_t units[8][256];
    static unsigned turn;
    uint16_t *s = units[turn++ % 8];
    uint32_t cch = 0;

    for (; text && text[cch]; cch++)
        s[cch] = (unsigned char)text[cch];
    return (struct fvm_str){s, cch};
}

static const char *narrow(const struct fvm_buf *buf)
{
    static char text[4][256];
    static unsigned turn;
    char *s = text[turn++ % 4];

    for (uint32_t i = 0; i < buf->cch; i++)
        s[i] = (char)buf->s[i];
    s[buf->cch] = '\0';
    return s;
}

static struct fvm_index fresh(void)
{
    struct fvm_index index = {0};

    memset(memory, 0xA5, sizeof(memory));
    ok(fvm_index_init(&index, memory, CB, 42) == FVM_OK, "init");
    return index;
}

static void mark(const struct fvm_index *index, const char *path, uint32_t flags,
                 const char *origin)
{
    ok(fvm_index_mark(index, str(path), flags, str(origin), &writer, NULL) == FVM_OK, "mark %s",
       path);
}

struct want {
    const char *path;
    enum fvm_index_answer answer;
    uint32_t covered_cch;
    const char *layer, *host; /* NULL: the path */
};

static void check(const struct fvm_index *index, const struct want *wants, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct want *want = &wants[i];
        uint16_t units[2][256];
        struct fvm_buf layer = {units[0], 0, 256}, host = {units[1], 0, 256};
        struct fvm_index_hit hit = {0};
        fvm_status status = fvm_index_lookup(index, str(want->path), &hit, &layer, &host);

        ok(status == FVM_OK && hit.answer == want->answer, "%s: status %#x, answer %d", want->path,
           (unsigned)status, (int)hit.answer);
        ok(hit.covered_cch == want->covered_cch, "%s: covers %u", want->path, hit.covered_cch);
        ok_str(narrow(&layer), want->layer ? want->layer : want->path, want->path);
        ok_str(narrow(&host), want->host ? want->host : want->path, want->path);
    }
    ok(fvm_index_check(index) == FVM_OK, "sound");
}
#define CHECK(index, ...)                                                                          \
    check(index, (const struct want[]){__VA_ARGS__},                                               \
          ARRAY_LEN(((const struct want[]){__VA_ARGS__})))

TEST(index_answers)
{
    struct fvm_index index = fresh();

    CHECK(&index, {"C:\\Windows", FVM_INDEX_HOST, 0, NULL, NULL}, {"x", FVM_INDEX_HOST, 0, 0, 0});
    mark(&index, "C:\\Program Files\\App\\New", FVM_INDEX_OWN, NULL);
    mark(&index, "C:\\Program Files\\Both", FVM_INDEX_OWN | FVM_INDEX_MERGED, NULL);
    mark(&index, "C:\\Moved\\", FVM_INDEX_OWN | FVM_INDEX_MERGED, "D:\\Old\\Place\\");
    mark(&index, "C:\\Moved\\In\\Gone", FVM_INDEX_OWN, NULL);
    mark(&index, "C:\\Moved\\Kept", FVM_INDEX_OWN | FVM_INDEX_MERGED, NULL);
    mark(&index, "C:\\File", FVM_INDEX_OWN, "D:\\File0");
    CHECK(
        &index, {"C:\\", FVM_INDEX_HOST, 2, NULL, NULL}, {"c:", FVM_INDEX_HOST, 2, "C:", NULL},
        {"C:\\Windows\\x", FVM_INDEX_HOST, 2, NULL, NULL},
        {"c:\\PROGRAM files\\x\\Y", FVM_INDEX_HOST, 16, "C:\\Program Files\\x\\Y", NULL},
        {"c:\\program files\\app\\", FVM_INDEX_HOST, 20, "C:\\Program Files\\App\\", NULL},
        {"C:\\Program Files\\App\\new", FVM_INDEX_IS_OWN, 24, "C:\\Program Files\\App\\New", NULL},
        {"C:\\Program Files\\App\\new\\a\\b", FVM_INDEX_BELOW_OWN, 24,
         "C:\\Program Files\\App\\New\\a\\b", ""},
        {"C:\\Program Files\\Both\\a", FVM_INDEX_HOST, 21, NULL, NULL},
        {"C:\\moved", FVM_INDEX_IS_OWN, 8, "C:\\Moved", "D:\\Old\\Place"},
        {"C:\\moved\\", FVM_INDEX_IS_OWN, 8, "C:\\Moved\\", "D:\\Old\\Place\\"},
        {"C:\\moved\\a\\b", FVM_INDEX_BELOW_MOVED, 8, "C:\\Moved\\a\\b", "D:\\Old\\Place\\a\\b"},
        {"C:\\Moved\\IN\\a", FVM_INDEX_BELOW_MOVED, 11, "C:\\Moved\\In\\a",
         "D:\\Old\\Place\\IN\\a"},
        {"C:\\Moved\\In\\Gone", FVM_INDEX_IS_OWN, 16, NULL, "D:\\Old\\Place\\In\\Gone"},
        {"C:\\Moved\\In\\Gone\\x", FVM_INDEX_BELOW_OWN, 16, NULL, ""},
        {"C:\\Moved\\Kept\\x", FVM_INDEX_BELOW_MOVED, 13, NULL, "D:\\Old\\Place\\Kept\\x"},
        {"C:\\File", FVM_INDEX_IS_OWN, 7, NULL, "D:\\File0"},
        {"C:\\File\\x", FVM_INDEX_BELOW_OWN, 7, NULL, ""});
    ok(fvm_index_vm(&index) == 42, "vm");
}

TEST(index_refuses_bad_names_and_calls)
{
    static const struct {
        const char *path;
        fvm_status lookup, mark;
    } cases[] = {{"", FVM_NAME_INVALID, FVM_NAME_INVALID},
                 {"\\", FVM_NAME_INVALID, FVM_NAME_INVALID},
                 {"\\a", FVM_NAME_INVALID, FVM_NAME_INVALID},
                 {"C:\\\\", FVM_NAME_INVALID, FVM_NAME_INVALID},
                 {"C:\\a\\\\b", FVM_NAME_INVALID, FVM_NAME_INVALID},
                 {"D:\\a\\\\b", FVM_OK, FVM_NAME_INVALID}};
    static uint16_t units[FVM_INDEX_PATH_CCH + 1];
    struct fvm_index index = fresh();
    struct fvm_index_hit hit;
    struct fvm_str too_long = {units, ARRAY_LEN(units)};
    struct fvm_buf small = {units, 2, 5}, none = {units, 0, 0};

    mark(&index, "C:\\a", FVM_INDEX_OWN, NULL);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        ok(fvm_index_lookup(&index, str(cases[i].path), &hit, NULL, NULL) == cases[i].lookup,
           "look up %u", (unsigned)i);
        ok(fvm_index_mark(&index, str(cases[i].path), 1, str(""), NULL, NULL) == cases[i].mark,
           "mark %u", (unsigned)i);
        ok(fvm_index_unlink(&index, str(cases[i].path), true, &writer) == cases[i].mark,
           "unlink %u", (unsigned)i);
        ok(fvm_index_rename(&index, str(cases[i].path), str("C:\\b"), &writer) == cases[i].mark,
           "rename %u", (unsigned)i);
        ok(fvm_index_rename(&index, str("C:\\a"), str(cases[i].path), &writer) == cases[i].mark,
           "rename to %u", (unsigned)i);
    }
    ok(fvm_index_lookup(&index, too_long, &hit, NULL, NULL) == FVM_NAME_TOO_LONG, "long path");
    ok(fvm_index_mark(&index, too_long, 1, str(""), NULL, NULL) == FVM_NAME_TOO_LONG, "long mark");
    ok(fvm_index_mark(&index, str("C:"), 1, too_long, &writer, NULL) == FVM_INVALID, "long origin");
    ok(fvm_index_mark(&index, str("C:"), 16, str(""), NULL, NULL) == FVM_INVALID, "flag");
    ok(fvm_index_mark(&index, str("C:"), 1, str("D:"), NULL, NULL) == FVM_INVALID, "no writer");
    ok(fvm_index_unlink(&index, str("C:"), true, NULL) == FVM_INVALID, "no writer");
    hit.answer = FVM_INDEX_HOST;
    ok(fvm_index_lookup(&index, str("C:\\a"), &hit, &small, NULL) == FVM_NAME_TOO_LONG &&
           small.cch == 2 && hit.answer == FVM_INDEX_IS_OWN,
       "layer does not fit");
    ok(fvm_index_lookup(&index, str("C:\\a"), &hit, NULL, &none) == FVM_NAME_TOO_LONG, "host");
}

TEST(index_renames)
{
    struct fvm_index index = fresh();
    uint32_t dir = FVM_INDEX_OWN | FVM_INDEX_MERGED | FVM_INDEX_DIRECTORY;

    mark(&index, "C:\\a\\x", FVM_INDEX_OWN, NULL);
    ok(fvm_index_rename(&index, str("C:\\none"), str("C:\\b"), &writer) == FVM_NOT_FOUND, "none");
    ok(fvm_index_rename(&index, str("C:\\a"), str("C:\\b"), &writer) == FVM_NOT_FOUND, "a link");
    mark(&index, "C:\\a", dir, NULL);
    ok(fvm_index_rename(&index, str("C:\\a"), str("C:\\A\\b"), &writer) == FVM_INVALID, "into it");
    ok(fvm_index_rename(&index, str("C:\\a\\x"), str("C:\\A"), &writer) == FVM_INVALID, "onto it");
    ok(fvm_index_rename(&index, str("C:\\a"), str("D:\\New\\b"), &writer) == FVM_OK, "rename");
    CHECK(&index, {"C:\\a", FVM_INDEX_IS_OWN, 4, NULL, NULL},
          {"C:\\a\\x", FVM_INDEX_BELOW_OWN, 4, NULL, ""},
          {"D:\\New", FVM_INDEX_HOST, 6, NULL, NULL},
          {"D:\\New\\B", FVM_INDEX_IS_OWN, 8, "D:\\New\\b", "C:\\a"},
          {"D:\\New\\b\\x", FVM_INDEX_IS_OWN, 10, NULL, "C:\\a\\x"},
          {"D:\\New\\b\\y\\z", FVM_INDEX_BELOW_MOVED, 8, NULL, "C:\\a\\y\\z"});
    /* a directory of the moved one goes on, with its own place */
    mark(&index, "D:\\New\\b\\Sub", dir, NULL);
    mark(&index, "E:\\there\\below", FVM_INDEX_OWN, NULL);
    ok(fvm_index_rename(&index, str("D:\\New\\b\\Sub"), str("E:\\There"), &writer) == FVM_OK, "on");
    CHECK(&index, {"E:\\there\\q", FVM_INDEX_BELOW_MOVED, 8, "E:\\There\\q", "C:\\a\\Sub\\q"},
          {"E:\\There\\below", FVM_INDEX_BELOW_MOVED, 8, NULL, "C:\\a\\Sub\\below"},
          {"D:\\New\\b\\Sub\\q", FVM_INDEX_BELOW_OWN, 12, NULL, ""});
    ok(fvm_index_rename(&index, str("E:\\There"), str("e:\\THERE"), &writer) == FVM_OK, "spelling");
    ok(fvm_index_rename(&index, str("E:\\There"), str("e:\\THERE"), &writer) == FVM_OK, "again");
    CHECK(&index, {"E:\\there\\q", FVM_INDEX_BELOW_MOVED, 8, "E:\\THERE\\q", "C:\\a\\Sub\\q"});
}

TEST(index_unlinks)
{
    struct fvm_index index = fresh();
    uint32_t used[2], rest, before, node, again;

    ok(fvm_index_unlink(&index, str("C:\\t"), false, &writer) == FVM_NOT_FOUND, "none");
    ok(fvm_index_mark(&index, str("C:\\t"), FVM_INDEX_OWN, str(""), NULL, &node) == FVM_OK, "mark");
    ok(fvm_index_user(&index, node, 0xF0, 0, &before) == FVM_OK && before == 0, "set");
    ok(fvm_index_user(&index, node, 1, 0x10, &before) == FVM_OK && before == 0xF0, "change");
    fvm_index_usage(&index, &used[0], &rest);
    for (int i = 0; i < 1000; i++) {
        ok(fvm_index_unlink(&index, str("C:\\t"), i & 1, &writer) == FVM_OK, "unlink");
        ok(fvm_index_mark(&index, str("C:\\T"), FVM_INDEX_OWN, str(""), NULL, &again) == FVM_OK &&
               again == node,
           "mark");
    }
    fvm_index_usage(&index, &used[1], &rest);
    ok(used[0] == used[1] && used[0] + rest < CB, "coming and going takes nothing");
    ok(fvm_index_user(&index, node, 0, 0, &before) == FVM_OK && before == 0, "the caller's went");
    ok(fvm_index_flags(&index, node, 0, 0, &before) == FVM_OK && before == FVM_INDEX_OWN, "flags");
    ok(fvm_index_flags(&index, node, 16, 0, NULL) == FVM_INVALID, "unknown flag");
    ok(fvm_index_user(&index, 3, 0, 0, NULL) == FVM_INVALID, "no such node");
    mark(&index, "C:\\d\\x\\y", FVM_INDEX_OWN, NULL);
    mark(&index, "C:\\d", FVM_INDEX_OWN | FVM_INDEX_MERGED, "E:\\o");
    ok(fvm_index_unlink(&index, str("C:\\d"), true, &writer) == FVM_OK, "with children");
    ok(fvm_index_unlink(&index, str("C:\\n\\m"), true, &writer) == FVM_OK, "deleted the host's");
    CHECK(&index, {"C:\\d\\x\\y", FVM_INDEX_BELOW_OWN, 4, NULL, ""},
          {"C:\\n", FVM_INDEX_HOST, 4, NULL, NULL}, {"C:\\n\\m", FVM_INDEX_IS_OWN, 6, NULL, NULL});
    ok(fvm_index_unlink(&index, str("C:\\d"), false, &writer) == FVM_OK, "forget");
    CHECK(&index, {"C:\\d\\x\\y", FVM_INDEX_HOST, 4, NULL, NULL});
}

TEST(index_lists_children)
{
    struct fvm_index index = fresh();
    struct fvm_index_hit hit;
    struct fvm_index_cursor cursor;
    struct fvm_index_child child;
    unsigned seen = 0, extra = 0;
    char path[] = "C:\\dir\\a";

    for (char c = 'a'; c <= 'h'; c++) {
        path[7] = c;
        mark(&index, path, c & 1 ? FVM_INDEX_OWN : FVM_INDEX_OWN | FVM_INDEX_DIRECTORY, NULL);
    }
    ok(fvm_index_lookup(&index, str("C:\\dir"), &hit, NULL, NULL) == FVM_OK, "look up");
    cursor = (struct fvm_index_cursor){hit.node, 0, 0};
    for (int i = 0; fvm_index_next_child(&index, &cursor, &child) == FVM_OK && i < 99; i++) {
        uint16_t unit = child.name.s[0];

        if (unit < 'a' || unit > 'h') {
            extra++;
            continue;
        }
        ok(!(seen >> (unit - 'a') & 1), "%c twice", unit);
        seen |= 1U << (unit - 'a');
        path[7] = (char)(unit + 10);
        mark(&index, path, FVM_INDEX_OWN, NULL); /* while listing */
        ok(child.flags == (unit & 1 ? FVM_INDEX_OWN : FVM_INDEX_OWN | FVM_INDEX_DIRECTORY),
           "flags");
    }
    ok(seen == 0xFF && extra <= 8, "all: %#x, %u", seen, extra);
    ok(fvm_index_next_child(&index, &cursor, &child) == FVM_NOT_FOUND, "ended");
    cursor = (struct fvm_index_cursor){child.node, 0, 0};
    ok(fvm_index_next_child(&index, &cursor, &child) == FVM_NOT_FOUND &&
           fvm_index_next_child(&index, &cursor, &child) == FVM_NOT_FOUND,
       "no children");
    cursor = (struct fvm_index_cursor){4, 0, 0};
    ok(fvm_index_next_child(&index, &cursor, &child) == FVM_INVALID, "no such node");
}

TEST(index_full_changes_nothing)
{
    struct fvm_index index = fresh();
    uint32_t used, rest, generation;
    char path[] = "C:\\full\\000";
    fvm_status status = FVM_OK;
    unsigned count = 0;

    for (; count < 1000 && status == FVM_OK; count++) {
        snprintf(path, sizeof(path), "C:\\full\\%03u", count % 1000);
        status = fvm_index_mark(&index, str(path), FVM_INDEX_OWN, str(""), NULL, NULL);
    }
    fvm_index_usage(&index, &used, &rest);
    ok(status == FVM_NO_MEMORY && rest < FVM_INDEX_ENTRY_CB(3) &&
           count - 1 <= used / FVM_INDEX_ENTRY_CB(3),
       "full after %u, %u left", count, rest);
    generation = fvm_index_generation(&index);
    ok(fvm_index_mark(&index, str("D:\\a\\b"), 1, str(""), NULL, NULL) == FVM_NO_MEMORY, "mark");
    ok(fvm_index_mark(&index, str("C:"), 1, str("D:\\an origin that is quite long"), &writer,
                      NULL) == FVM_NO_MEMORY,
       "origin");
    ok(fvm_index_rename(&index, str("C:\\full\\000"), str("D:\\000000000000000000000000000000"),
                        &writer) == FVM_NO_MEMORY,
       "rename");
    ok(generation == fvm_index_generation(&index), "nothing changed");
    CHECK(&index, {"D:\\a", FVM_INDEX_HOST, 0, NULL, NULL},
          {"C:\\full\\000", FVM_INDEX_IS_OWN, 11, NULL, NULL});
    ok(fvm_index_unlink(&index, str("C:\\full\\000"), false, &writer) == FVM_OK, "unlink goes");
}

TEST(index_counts_changes)
{
    struct fvm_index index = fresh();
    uint32_t before = fvm_index_generation(&index), after;

    mark(&index, "C:\\a", FVM_INDEX_OWN, NULL);
    ok((after = fvm_index_generation(&index)) != before, "a new name");
    mark(&index, "C:\\a", FVM_INDEX_OWN, NULL);
    ok(fvm_index_generation(&index) == after, "nothing new");
    mark(&index, "C:\\a", FVM_INDEX_EMPTIED, NULL);
    ok(fvm_index_generation(&index) != after, "a flag");
}

/* Field offsets of the header, as they must stay: 32-bit words. */
enum {
    MAGIC,
    VERSION,
    SIZE,
    VM,
    BUCKETS,
    ARENA,
    CHECK_SUM,
    ARENA_END = 16,
    OWNER = 18,
    INTENT = 20
};

TEST(index_refuses_bad_images)
{
    static const struct {
        unsigned word;
        fvm_status status;
    } cases[] = {{MAGIC, FVM_CORRUPT},     {VERSION, FVM_NEWER_FORMAT}, {SIZE, FVM_CORRUPT},
                 {VM, FVM_CORRUPT},        {BUCKETS, FVM_CORRUPT},      {ARENA, FVM_CORRUPT},
                 {CHECK_SUM, FVM_CORRUPT}, {ARENA_END, FVM_CORRUPT}};
    struct fvm_index index = fresh(), other;
    uint32_t *words = (uint32_t *)(void *)memory;

    ok(fvm_index_attach(&other, memory, CB) == FVM_OK && fvm_index_vm(&other) == 42, "sound");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (int kind = 0; kind < 3; kind++) {
            uint32_t was = words[cases[i].word];

            words[cases[i].word] = kind == 0 ? was + 1 : kind == 1 ? 0 : 0xFFFFFFF8;
            ok(fvm_index_attach(&other, memory, CB) == cases[i].status, "case %u.%d", (unsigned)i,
               kind);
            words[cases[i].word] = was;
        }
    ok(fvm_index_attach(&other, memory, CB / 2) == FVM_CORRUPT, "other size");
    ok(fvm_index_attach(&other, memory, FVM_INDEX_MIN_CB - 1) == FVM_INVALID, "small");
    ok(fvm_index_attach(&other, (uint8_t *)memory + 4, CB - 8) == FVM_INVALID, "not aligned");
    ok(fvm_index_init(&other, NULL, CB, 0) == FVM_INVALID, "no memory");
    ok(fvm_index_init(&other, memory, 0xFFFFFFFF, 0) == FVM_INVALID, "big");
    mark(&index, "C:\\a\\b", FVM_INDEX_OWN, NULL);
    words[ARENA_END] = 0xFFFFFFF0;
    ok(fvm_index_mark(&index, str("C:\\c"), 1, str(""), NULL, NULL) == FVM_CORRUPT, "bad end");
    fvm_index_usage(&index, words, words + 1);
}

TEST(index_chains_that_ring_end)
{
    struct fvm_index index = fresh();
    struct fvm_index_hit hit;
    struct fvm_index_child child;
    struct fvm_index_cursor cursor;
    uint32_t *words = (uint32_t *)(void *)memory, entry;
    fvm_status status = FVM_OK;

    mark(&index, "C:", FVM_INDEX_OWN, NULL);
    entry = words[ARENA] + 16; /* behind the root */
    for (uint32_t b = 0; b < words[BUCKETS]; b++)
        words[32 + b] = entry;
    words[entry / 4] = words[entry / 4 + 1] = entry; /* next, sibling */
    ok(fvm_index_lookup(&index, str("D:\\a"), &hit, NULL, NULL) == FVM_CORRUPT, "bucket");
    ok(fvm_index_check(&index) == FVM_CORRUPT, "check");
    cursor = (struct fvm_index_cursor){words[ARENA], 0, 0};
    for (int i = 0; i < CB && status == FVM_OK; i++)
        status = fvm_index_next_child(&index, &cursor, &child);
    ok(status == FVM_CORRUPT, "siblings");
}

TEST(index_lock_of_the_dead_and_the_living)
{
    struct fvm_index index = fresh();
    uint32_t *words = (uint32_t *)(void *)memory, from;
    int lives = 1;
    struct fvm_index_writer other = {9, nobody_lives, wait_thrice, &lives};
    struct fvm_index_hit hit;

    mark(&index, "C:\\a", FVM_INDEX_OWN, NULL);
    words[OWNER] = 5;
    words[OWNER + 1] = 1;
    ok(fvm_index_unlink(&index, str("C:\\a"), true, &other) == FVM_INDEX_BUSY, "gives up");
    lives = 0;
    ok(fvm_index_unlink(&index, str("C:\\a"), true, &other) == FVM_OK, "took over");
    ok(words[OWNER] == 0 && words[OWNER + 1] == 0, "free");
    /* A half-done rename: both names made, nothing stored. */
    mark(&index, "C:\\b\\x", FVM_INDEX_OWN, NULL);
    mark(&index, "C:\\c", 0, NULL);
    ok(fvm_index_lookup(&index, str("C:\\b"), &hit, NULL, NULL) == FVM_OK, "b");
    from = hit.node - 24; /* its link lies before it */
    words[INTENT + 1] = from;
    words[INTENT + 3] = hit.node;
    ok(fvm_index_lookup(&index, str("C:\\c"), &hit, NULL, NULL) == FVM_OK, "c");
    words[INTENT + 2] = hit.node - 24;
    words[INTENT + 4] = hit.node; /* as the fresh node, to see it */
    words[INTENT] = 1;
    words[OWNER] = 5;
    ok(fvm_index_unlink(&index, str("C:\\none"), false, &other) == FVM_NOT_FOUND, "any writer");
    CHECK(&index, {"C:\\c\\x", FVM_INDEX_IS_OWN, 6, NULL, NULL},
          {"C:\\b\\x", FVM_INDEX_HOST, 4, NULL, NULL});
    ok(words[INTENT] == 0, "done");
}
