/* tests/unit/linux_layer_hostile_test.c: store/layer.h against layers and journals that want to do
 * harm, and hosts that do not let everything happen. */
#include "linux_layer_world.h"

#include <time.h>

static int rest_as_user(void *context)
{
    struct world *w = context;
    struct fvm_error err = {""};
    int rc = rest(w, &err);

    if (rc)
        printf("# %s\n", err.text);
    if (rc != -EACCES)
        return rc ? 9 : 0;
    return strstr(err.text, "'e/s/y'") ? 1 : strstr(err.text, "'e/s'") ? 2 : 9;
}

static void own(int root, const char *path)
{
    if (geteuid() == 0 && fchownat(root, path, 65534, 65534, AT_SYMLINK_NOFOLLOW))
        kit_die("chown", path);
}

/* What is moved comes as it is, though nobody may write there; what cannot be read is not lost. */
TEST(layer_locked_names)
{
    static const char *const all[] = {".",       "C",     "C/d", "C/d/x", "C/d/s",
                                      "C/d/s/y", "C/d/f", "C/r", "C/r/k"};
    struct world w = make_world("C/d/ C/d/x=one C/d/s/ C/d/s/y=two C/r/ C/r/k=k");
    FVM_CLEANUP(str) char *before = NULL, *now = NULL;
    struct stat st, st_now;

    if (mkfifoat(w.engine.host, "C/d/f", 0600))
        kit_die("FIFO", "C/d/f");
    make_nodes(w.engine.files, "C/e/ C/r/");
    make_journal(&w, "4 C/d C/e; 1 C/r/k");
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        own(w.engine.host, all[i]);
    for (size_t i = 0; i < 2; i++)
        own(w.engine.layer, i ? "." : "journal");
    own(w.engine.files, ".");
    own(w.engine.files, "C");
    own(w.engine.files, "C/e");
    own(w.engine.files, "C/r");
    fchmodat(w.engine.host, "C/d/x", 0444, 0);
    fchmodat(w.engine.host, "C/d/s", 0555, 0);
    fchmodat(w.engine.host, "C/d/s/y", 0, 0);
    fchmodat(w.engine.files, "C/r", 0555, 0);
    before = tree(w.engine.host);
    ok(kit_as_nobody(rest_as_user, &w) == 1, "an unreadable file");
    ok(kit_has(w.engine.layer, "journal"), "the journal is gone");
    now = tree(w.engine.host);
    ok_str(now, before, "the host");
    fchmodat(w.engine.host, "C/d/s/y", 0400, 0);
    fchmodat(w.engine.host, "C/d/s", 0, 0);
    fstatat(w.engine.host, "C/d/s", &st, 0);
    ok(kit_as_nobody(rest_as_user, &w) == 2, "an unreadable directory");
    fstatat(w.engine.host, "C/d/s", &st_now, 0);
    ok(st.st_ctim.tv_sec == st_now.st_ctim.tv_sec && st.st_ctim.tv_nsec == st_now.st_ctim.tv_nsec,
       "the host's directory was unlocked");
    fchmodat(w.engine.host, "C/d/s", 0555, 0);
    ok(kit_as_nobody(rest_as_user, &w) == 0, "made readable");
    fvm_cleanup_str(&now);
    now = tree(w.engine.files);
    ok(strstr(now, "./C/e/s/ 500\n") && strstr(now, "./C/r/ 500\n") && !strstr(now, "./C/e/f") &&
           strstr(now, "./C/d special") && strstr(now, "./C/r/k special"),
       "the layer: %s", now);
    free_world(&w);
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

static const char hostile_host[] =
    "C/d/ C/d/x=one C/d/s/ C/d/s/y=two C/e/ C/e/z=three Z/o/secret=s Z/p/f=four";
static const char hostile_journal[] =
    "1 C/d/x; 4 C/d C/m; 2 C/e; 1 C/m/s/y; 4 C/m/s Z/p/s; 3 C/f C/g; 1 Z/o/secret; 4 Z/o C/o";

/* Ends with 0 or a sentence; the host and what lies beside the layer are as they were. */
static void survives(struct world *w, const char *host, const char *what)
{
    FVM_CLEANUP(str) char *now = NULL;
    struct fvm_error err = {""};
    int rc = rest(w, &err);

    ok((rc == 0) == !err.text[0] && rc <= 0, "%s: %d '%s'", what, rc, err.text);
    err.text[0] = 0;
    rc = fvm_layer_wake(w->engine.layer, &err);
    ok((rc == 0) == !err.text[0] && rc <= 0, "%s: wake %d '%s'", what, rc, err.text);
    now = tree(w->engine.host);
    if (strcmp(now, host))
        printf("# in: %s\n", what);
    ok_str(now, host, "the host");
}

TEST(layer_damaged_journals)
{
    uint32_t random = (uint32_t)tap_number("FVM_SEED", 1);

    for (int i = 0; i < 60; i++) {
        struct world w = make_world(hostile_host);
        FVM_CLEANUP(str) char *host = tree(w.engine.host);
        FVM_CLEANUP(text) struct fvm_text journal = {0};

        make_nodes(w.engine.files, "C/m/ C/m/s/ C/g=new C/o/ Z/ Z/p/ Z/p/s/ Z/p/s/n=new");
        make_journal(&w, hostile_journal);
        if (fvm_file_read(&journal, w.engine.layer, "journal", 1 << 20, NULL))
            kit_die("read", "journal");
        for (uint32_t flips = 1 + next_random(&random) % 4; flips; flips--)
            journal.s[next_random(&random) % journal.cb] ^= (char)(1u << next_random(&random) % 8);
        write_journal(&w, journal.s, i % 2 ? next_random(&random) % journal.cb : journal.cb);
        survives(&w, host, "damaged");
        free_world(&w);
    }
}

/* Refused by name and with nothing changed? @return false: brought to rest */
static bool is_refused(struct world *w, const struct fvm_text *journal)
{
    FVM_CLEANUP(text) struct fvm_text journal_now = {0};
    FVM_CLEANUP(str) char *before = tree(w->engine.files), *now = NULL;
    struct fvm_error err = {""};
    int rc = rest(w, &err);

    if (!rc)
        return false;
    now = tree(w->engine.files);
    ok(rc == -EBADMSG && strstr(err.text, "layers/1/journal"), "%d '%s'", rc, err.text);
    ok_str(now, before, "the layer");
    ok(!fvm_file_read(&journal_now, w->engine.layer, "journal", 1 << 20, NULL) &&
           journal_now.cb == journal->cb && !memcmp(journal_now.s, journal->s, journal->cb),
       "the journal is as it was");
    return true;
}

/* A journal cut (way 0) or with one byte changed: all that stands before a cut is done, or nothing.
 */
static void damage_at(const struct fvm_text *whole, size_t at, bool is_cut)
{
    static const size_t ends[] = {0, 40, 72};
    struct world w = make_world("C/d/ C/d/x=one C/d/y=two C/e/ C/e/z=three");
    struct fvm_text journal = {.s = whole->s, .cb = is_cut ? at : whole->cb};
    bool is_end = is_cut && (at == ends[0] || at == ends[1] || at == ends[2]);

    make_nodes(w.engine.files, "C/m/");
    whole->s[at] ^= is_cut ? 0 : 0x20;
    write_journal(&w, journal.s, journal.cb);
    ok(is_refused(&w, &journal) != is_end, "byte %zu, cut %d", at, is_cut);
    whole->s[at] ^= is_cut ? 0 : 0x20;
    if (is_end)
        ok(kit_has(w.engine.files, "C/d/x") == (at >= ends[1]) &&
               kit_has(w.engine.files, "C/e") == (at >= ends[2]),
           "cut at %zu: what stands before it is done", at);
    free_world(&w);
}

TEST(layer_every_byte_of_a_journal)
{
    struct world w = make_world("");
    FVM_CLEANUP(text) struct fvm_text whole = {0};

    kit_use_memory();
    make_journal(&w, "1 C/d/x; 1 C/e; 4 C/d C/m");
    if (fvm_file_read(&whole, w.engine.layer, "journal", 1 << 20, NULL))
        kit_die("read", "journal");
    ok(whole.cb == 112, "%zu bytes", whole.cb);
    for (size_t i = 0; i < whole.cb; i++) {
        damage_at(&whole, i, true);
        damage_at(&whole, i, false);
    }
    free_world(&w);
}

TEST(layer_journals_that_lead_out)
{
    static const char *const names[] = {"..",     ".",     "a/b", "../Z/o/secret", "", "C:x",
                                        "\xff\\", "x\x01", "CON"};
    struct world w = make_world(hostile_host);
    FVM_CLEANUP(str) char *host = tree(w.engine.host);

    for (size_t i = 0; i < ARRAY_LEN(names) * ARRAY_LEN(names); i++) {
        char path[100];
        uint16_t units[2][100];
        struct fvm_journal_record record = {.kind = FVM_JOURNAL_OWN + i % 4};
        struct fvm_str *parts[] = {&record.path, &record.to};

        snprintf(path, sizeof(path), "C:\\%s\\%s\\d", names[i % ARRAY_LEN(names)],
                 names[i / ARRAY_LEN(names)]);
        for (int part = 0; part < (record.kind >= FVM_JOURNAL_MOVE ? 2 : 1); part++) {
            for (size_t k = 0; k <= strlen(path); k++)
                units[part][k] = (uint8_t)path[k];
            *parts[part] = (struct fvm_str){units[part], (uint32_t)strlen(path)};
            memcpy(path, "Z:\\p", 4);
        }
        engine_append(&w.engine, &record);
    }
    make_nodes(w.engine.files, "Z/ Z/p/ C/d/ C/x>../../../host/Z/o");
    write_journal(&w, w.engine.journal.s, w.engine.journal.cb);
    survives(&w, host, "names");
    free_world(&w);
}

TEST(layer_links_and_devices_in_place_of_directories)
{
    static const char *const places[] = {"C", "C/m", "C/m/s", "Z", "Z/p", "Z/p/s", "C/o", "C/g"};

    for (size_t i = 0; i < ARRAY_LEN(places) * 2; i++) {
        const char *place = places[i / 2];
        struct world w = make_world(hostile_host);
        FVM_CLEANUP(str) char *host = tree(w.engine.host);

        make_nodes(w.engine.files, "C/m/ C/m/s/ C/m/s/z=z C/g=new C/o/ Z/ Z/p/ Z/p/s/");
        if (fvm_tree_remove(w.engine.files, place, NULL) ||
            (i % 2 ? symlinkat("/proc/self/cwd", w.engine.files, place)
                   : mknodat(w.engine.files, place, S_IFIFO | 0600, 0)))
            kit_die("node", place);
        if (i % 2 && unlinkat(w.engine.files, place, 0) == 0) {
            char to[100];

            snprintf(to, sizeof(to), "%s/host/Z/o", kit_root());
            if (symlinkat(to, w.engine.files, place))
                kit_die("symlink", place);
        }
        make_journal(&w, hostile_journal);
        survives(&w, host, place);
        free_world(&w);
    }
}

TEST(layer_journal_that_is_no_file)
{
    struct world w = make_world(hostile_host);
    FVM_CLEANUP(str) char *host = tree(w.engine.host);

    ok(mknodat(w.engine.layer, "journal", S_IFIFO | 0600, 0) == 0, "FIFO");
    survives(&w, host, "FIFO");
    unlinkat(w.engine.layer, "journal", 0);
    ok(symlinkat("../host/Z/o/secret", w.engine.layer, "journal") == 0, "link");
    survives(&w, host, "link");
    free_world(&w);
}

/* Every level a move: the walk must neither run out of stack nor of descriptors. */
TEST(layer_deep_and_many)
{
    struct world w = make_world(hostile_host);
    FVM_CLEANUP(str) char *host = tree(w.engine.host);
    uint16_t units[2][ENGINE_PATH * 4];
    struct fvm_buf deep = {units[0], 0, ENGINE_PATH * 4};
    int at_layer = openat(w.engine.files, "C", O_RDONLY | O_CLOEXEC);
    struct timespec from, to;

    fvm_buf_add(&deep, FVM_STR(u"C:\\m"));
    for (int i = 0; i < 900; i++) {
        struct fvm_journal_record record = {.kind = FVM_JOURNAL_MOVE_MERGED};
        int next;

        record.path = FVM_STR(u"C:\\d");
        record.to = fvm_buf_str(&deep);
        engine_append(&w.engine, &record);
        fvm_buf_add(&deep, FVM_STR(u"\\a"));
        mkdirat(at_layer, i ? "a" : "m", 0755);
        next = openat(at_layer, i ? "a" : "m", O_RDONLY | O_CLOEXEC);
        close(at_layer);
        at_layer = next;
    }
    close(at_layer);
    write_journal(&w, w.engine.journal.s, w.engine.journal.cb);
    survives(&w, host, "deep");
    fvm_text_free(&w.engine.journal);
    free_world(&w);

    w = make_world("C/d/");
    for (int i = 0; i < 5000; i++) {
        char name[40];

        snprintf(name, sizeof(name), "C/d/name-%05d", i);
        kit_file(w.engine.host, name, "", 0644, 0);
        snprintf(name, sizeof(name), "C/e/NAME-%05d", i);
        if (i % 2)
            engine_record(&w.engine, FVM_JOURNAL_OWN, name, NULL);
        if (i == 0)
            engine_record(&w.engine, FVM_JOURNAL_MOVE_MERGED, "C/d", "C/e");
    }
    kit_mkdir(w.engine.files, "C/e");
    write_journal(&w, w.engine.journal.s, w.engine.journal.cb);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    rest_ok(&w);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    ok(to.tv_sec - from.tv_sec < 5, "%ld s for 5000 names", (long)(to.tv_sec - from.tv_sec));
    ok(kit_has(w.engine.files, "C/e/name-04998") && !kit_has(w.engine.files, "C/e/name-04999"),
       "filled");
    free_world(&w);
}
