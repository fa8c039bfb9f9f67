/* tests/unit/linux_layer_test.c: store/layer.h, case by case. Its laws: linux_layer_laws_test.c. */
#include "linux_layer_world.h"

/* --- sessions of the engine ------------------------------------------------------------------ */

static const struct {
    const char *host, *ops, *c, *p, *journal; /* NULL: as the host, empty */
} sessions[] = {
#define D "C/d/ C/d/s/ C/d/s/y=two C/d/x=one "
    /* deletions and new things */
    {"C/Read.Me=one", "rm C/READ.ME", "", NULL, NULL},
    {D, "rm C/D", "", NULL, NULL},
    {D, "rm C/d/S/Y", "C/d/ C/d/s/ C/d/x=one", NULL, NULL},
    {D, "rm C/d; md C/d; w C/d/n=new", "C/d/ C/d/n=new", NULL, NULL},
    {D, "rm C/d; md C/D", "C/D/", NULL, NULL},
    {D, "rm C/d/s; md C/d/s", "C/d/ C/d/s/ C/d/x=one", NULL, NULL},
    {"C/f=one", "rm C/f; md C/f; w C/f/n=new", "C/f/ C/f/n=new", NULL, NULL},
    {D, "rm C/d; w C/d=new", "C/d=new", NULL, NULL},
    {D, "w C/D/X=new", "C/d/ C/d/s/ C/d/s/y=two C/d/x=new", NULL, NULL},
    {"C/f=one", "w C/f=new; rm C/f; w C/F=newer", "C/F=newer", NULL, NULL},
    /* spellings */
    {"C/f=one", "mv C/f C/F", "C/F=one", NULL, NULL},
    {D, "mv C/d C/D", "C/D/ C/D/s/ C/D/s/y=two C/D/x=one", NULL, NULL},
    {D, "mv C/d C/D; rm C/d/x; w C/D/n=new", "C/D/ C/D/n=new C/D/s/ C/D/s/y=two", NULL, NULL},
    {D, "mv C/d/s C/d/S; rm C/d/s/Y", "C/d/ C/d/S/ C/d/x=one", NULL, NULL},
    {D, "mv C/d C/D; mv C/D C/d", "C/d/ C/d/s/ C/d/s/y=two C/d/x=one", NULL, NULL},
    /* files moved */
    {"C/f=one", "mv C/F C/g", "C/g=one", NULL, NULL},
    {"C/f=one C/g=two", "mv C/f C/G", "C/g=one", NULL, NULL},
    {D "C/f=one", "mv C/d/x C/f", "C/d/ C/d/s/ C/d/s/y=two C/f=one", NULL, NULL},
    {D, "mv C/d/s/y C/d/y; mv C/d/y C/d/s/y", "C/d/ C/d/s/ C/d/s/y=two C/d/x=one", NULL, NULL},
    /* directories moved */
    {D, "mv C/d C/e", "C/e/ C/e/s/ C/e/s/y=two C/e/x=one", NULL, NULL},
    {D "C/e/ C/e/z=three", "rm C/e; mv C/d C/e", "C/e/ C/e/s/ C/e/s/y=two C/e/x=one", NULL, NULL},
    {D, "mv C/d C/e; w C/e/X=new", "C/e/ C/e/s/ C/e/s/y=two C/e/x=new", NULL, NULL},
    {D, "mv C/d C/e; rm C/e/x", "C/e/ C/e/s/ C/e/s/y=two", NULL, NULL},
    {D, "rm C/d/x; mv C/d C/e", "C/e/ C/e/s/ C/e/s/y=two", NULL, NULL},
    {D, "mv C/d C/e; rm C/E/S", "C/e/ C/e/x=one", NULL, NULL},
    {D, "mv C/d C/e; w C/e/s/n=new", "C/e/ C/e/s/ C/e/s/n=new C/e/s/y=two C/e/x=one", NULL, NULL},
    {D, "mv C/d C/e; mv C/e/s C/t", "C/e/ C/e/x=one C/t/ C/t/y=two", NULL, NULL},
    {D, "mv C/d/s C/t; mv C/d C/e; mv C/t C/e/t", "C/e/ C/e/t/ C/e/t/y=two C/e/x=one", NULL, NULL},
    {D "C/f=in", "mv C/d C/e; mv C/f C/e/f", "C/e/ C/e/f=in C/e/s/ C/e/s/y=two C/e/x=one", NULL,
     NULL},
    {D, "mv C/d C/e; mv C/e C/g; rm C/g/x", "C/g/ C/g/s/ C/g/s/y=two", NULL, NULL},
    {D "C/o/ C/o/k=four", "mv C/o C/m; mv C/d C/M/d; rm C/m/d/s",
     "C/m/ C/m/d/ C/m/d/x=one C/m/k=four", NULL, NULL},
    {D, "mv C/d C/e; md C/d; w C/d/n=new", "C/d/ C/d/n=new C/e/ C/e/s/ C/e/s/y=two C/e/x=one", NULL,
     NULL},
    {D, "mv C/d C/e; mv C/e C/D; rm C/d/x", "C/D/ C/D/s/ C/D/s/y=two", NULL, NULL},
    {D "C/e/ C/e/z=three", "mv C/d C/t; mv C/e C/d; mv C/t C/e",
     "C/d/ C/d/z=three C/e/ C/e/s/ C/e/s/y=two C/e/x=one", NULL, NULL},
    {D, "md C/n; mv C/d C/n/d; w C/n/d/k=new",
     "C/n/ C/n/d/ C/n/d/k=new C/n/d/s/ C/n/d/s/y=two C/n/d/x=one", NULL, NULL},
    {D, "mv C/d C/e; mv C/e/s C/e/T; rm C/e/t/y", "C/e/ C/e/T/ C/e/x=one", NULL, NULL},
    {D, "mv C/d C/e; rm C/e", "", NULL, NULL},
    {"C/d/ C/d/l>../x C/d/sock/", "mv C/d C/e", "C/e/ C/e/l>../x C/e/sock/", NULL, NULL},
    /* from one lower to another, and over borders */
    {D, "mv C/d Z/p/d; rm Z/p/D/x; w Z/p/d/n=new", "", "Z/p/d/ Z/p/d/n=new Z/p/d/s/ Z/p/d/s/y=two",
     NULL},
    {"Z/p/q/ Z/p/q/x=one C/f=two", "mv Z/p/q C/q; mv C/f Z/p/f", "C/q/ C/q/x=one", "Z/p/f=two",
     NULL},
    {"Z/o/x=one Z/o/d/ Z/o/d/y=two", "rm Z/o/x; mv Z/o/d Z/o/e; w Z/o/e/n=new; w C/f=new",
     "C/f=new", NULL, "1 Z:\\o\\d; 1 Z:\\o\\x; 4 ?\\00000000 Z:\\o\\e; 4 Z:\\o\\d ?\\00000000"},
    {"Z/o/a/ Z/o/a/x=one Z/o/c/ Z/o/c/y=two", "mv Z/o/a Z/o/b; mv Z/o/c Z/o/b/c; rm Z/o/b/x", "",
     NULL, NULL},
    {"Z/o/a/ Z/o/a/x=one Z/o/c/ Z/o/c/y=two", "mv Z/o/a Z/o/t; mv Z/o/c Z/o/a; mv Z/o/t Z/o/c", "",
     NULL, NULL},
    {"Z/o/a/ Z/o/a/x=one Z/o/a/s/ Z/o/a/s/y=two", "mv Z/o/a/s Z/o/s; mv Z/o/a Z/o/A; rm Z/o/a/x",
     "", NULL, NULL},
    {"Z/o/a/ Z/o/a/x=one", "mv Z/o/a Z/o/b; md Z/o/a; w Z/o/a/n=new; rm Z/o/b", "", NULL,
     "1 Z:\\o\\b\\x; 2 Z:\\o\\a; 2 Z:\\o\\b"},
    {D, "rm C/d/x; mv C/d Z/o/d; rm Z/o/d/s", "", NULL, NULL},
    {"Z/o/x=one", "mv Z/o/x C/x", "C/x=one", NULL, "1 Z:\\o\\x"},
#undef D
};

static void one_session(size_t i, const char *run)
{
    struct world w = make_world(sessions[i].host);
    FVM_CLEANUP(str) char *host = tree(w.engine.host), *now = NULL, *journal = NULL;
    FVM_CLEANUP(str) char *o = NULL;

    if (!wake_ok(&w))
        return;
    engine_start(&w.engine);
    run_ops(&w, sessions[i].ops);
    o = seen(&w, "Z/o", false);
    ok_seen(&w, "C", false, sessions[i].c, run);
    engine_stop(&w.engine);
    rest_ok(&w);
    ok_seen(&w, "C", true, sessions[i].c, run);
    ok_seen(&w, "Z/p", true, sessions[i].p ? sessions[i].p : "", run);
    journal = journal_of(&w);
    if (sessions[i].journal)
        ok_str(journal, sessions[i].journal, run);
    wake_ok(&w);
    engine_start(&w.engine);
    ok_seen(&w, "C", false, sessions[i].c, run);
    ok_seen(&w, "Z/o", false, o, run);
    engine_stop(&w.engine);
    rest_ok(&w);
    ok_seen(&w, "C", true, sessions[i].c, run);
    now = tree(w.engine.host);
    ok_str(now, host, "the host");
    free_world(&w);
}

TEST(layer_sessions)
{
    kit_use_memory();
    for (size_t i = 0; i < ARRAY_LEN(sessions); i++)
        one_session(i, sessions[i].ops);
}

/* --- journals by hand ------------------------------------------------------------------------ */

static const struct {
    const char *host, *layer, *journal, *want; /* below C */
} journals[] = {
    {"C/d/ C/d/s/ C/d/s/f=one C/d/s/g=two", "", "1 C/D/S/F", "C/d/ C/d/s/ C/d/s/g=two"},
    {"C/n=one C/N=two C/m=three", "", "1 C/n", "C/m=three"},
    {"C/n=one C/N=two", "C/N=new", "1 C/n", "C/N=new"},
    {"C/d/ C/D/ C/d/f=one C/D/f=two", "C/d/", "1 C/d/f", "C/D/ C/D/f=two C/d/"},
    {"C/d/ C/d/f=one", "C/d/ C/d/f=new C/d/g=more", "1 C/d/f", "C/d/ C/d/f=new C/d/g=more"},
    {"C/d/ C/d/f=one", "", "1 C/d/f/x/y; 1 C/none/x", "C/d/ C/d/f=one"},
    {"C/d/ C/d/f=one", "C/e/", "4 C/d C/e; 1 C/e/f/x", "C/e/ C/e/f=one"},
    {"C/d/ C/d/f=one", "C/e/", "4 C/d C/e; 4 C/e C/e/x; 4 C/x/y C/e", "C/e/"},
    {"C/f=one", "C/e/", "4 C/f C/e", "C/e/"},
    {"C/f=one", "C/e/", "4 C/gone C/e", "C/e/ C/f=one"},
    {"C/f=one", "C/e/ C/e/x=new", "2 C/e; 3 C/e C/gone", "C/e/ C/e/x=new C/f=one"},
    {"C/d/ C/d/\xff=one C/d/s/ C/d/s/\xfe>\xfd", "C/e/", "4 C/d C/e; 1 C/e/s/n",
     "C/e/ C/e/s/ C/e/s/\xfe>\xfd C/e/\xff=one"},
    /* the lower itself */
    {"C/f=one C/d/ C/d/x=two", "C/d/ C/d/n=new", "2 C", "C/d/ C/d/n=new"},
    {"C/f=one Z/p/d/ Z/p/d/x=two", "", "4 C Z/o/c; 4 Z/p/d C", "C/x=two"},
};

TEST(layer_journals_by_hand)
{
    for (size_t i = 0; i < ARRAY_LEN(journals); i++) {
        struct world w = make_world(journals[i].host);
        FVM_CLEANUP(str) char *before = tree(w.engine.host), *first = NULL, *after = NULL;

        make_nodes(w.engine.files, journals[i].layer);
        make_journal(&w, journals[i].journal);
        rest_ok(&w);
        ok_seen(&w, "C", true, journals[i].want, journals[i].journal);
        first = tree(w.engine.files);
        make_journal(&w, journals[i].journal);
        rest_ok(&w);
        after = tree(w.engine.files);
        ok_str(after, first, journals[i].journal);
        fvm_cleanup_str(&after);
        after = tree(w.engine.host);
        ok_str(after, before, "the host");
        free_world(&w);
    }
}

/* Over no lower: at rest the layer cannot show it, woken the VM has it. */
TEST(layer_keeps_what_marks_cannot_tell)
{
    struct world w = make_world("Z/o/d/ Z/o/d/x=one Z/o/d/s/ Z/o/d/s/y=two C/d/ C/d/old=old");
    FVM_CLEANUP(str) char *journal = NULL;

    engine_start(&w.engine);
    run_ops(&w, "rm C/d; mv Z/o/d C/d; rm C/d/x; w C/d/n=new; mv C/d/s Z/p/s; w C/f=new");
    engine_stop(&w.engine);
    for (int i = 0; i < 3; i++) {
        rest_ok(&w);
        ok_seen(&w, "C", true, "C/d/ C/d/n=new C/f=new", "at rest");
        ok_seen(&w, "Z/p", true, "Z/p/s/", "at rest");
        fvm_cleanup_str(&journal);
        journal = journal_of(&w);
        ok_str(journal,
               i ? "1 C:\\d\\n; 1 C:\\d\\s; 1 C:\\d\\x; 1 Z:\\o\\d; 4 ?\\00000000 Z:\\p\\s; "
                   "4 ?\\00000001 C:\\d; 4 Z:\\o\\d ?\\00000001; 4 Z:\\o\\d\\s ?\\00000000"
                 : "1 C:\\d\\s; 1 C:\\d\\x; 1 Z:\\o\\d; 4 ?\\00000000 Z:\\p\\s; "
                   "4 ?\\00000001 C:\\d; 4 Z:\\o\\d ?\\00000001; 4 Z:\\o\\d\\s ?\\00000000",
               "journal");
        wake_ok(&w);
        engine_start(&w.engine);
        ok_seen(&w, "C", false, "C/d/ C/d/n=new C/f=new", "woken");
        ok_seen(&w, "Z/p", false, "Z/p/s/ Z/p/s/y=two", "woken");
        ok_seen(&w, "Z/o", false, "", "woken");
        engine_stop(&w.engine);
    }
    free_world(&w);
}

/* Windows programs see a link to a directory as the directory: what they deleted there is nothing
 * that marks could tell. */
TEST(layer_links_of_the_host_are_not_followed)
{
    struct world w = make_world("Z/o/docs/ Z/o/docs/x=one Z/o/docs/y=two C/l>../Z/o/docs");
    FVM_CLEANUP(str) char *before = tree(w.engine.host), *now = NULL;

    engine_start(&w.engine);
    run_ops(&w, "rm C/l/x; w C/l/n=new");
    engine_stop(&w.engine);
    rest_ok(&w);
    ok_seen(&w, "C", true, "C/l/ C/l/n=new", "at rest");
    wake_ok(&w);
    engine_start(&w.engine);
    ok_seen(&w, "C", false, "C/l/ C/l/n=new C/l/y=two", "woken");
    engine_stop(&w.engine);
    rest_ok(&w);
    now = tree(w.engine.host);
    ok_str(now, before, "the host");
    free_world(&w);
}

/* --- a layer of a sealed VM ------------------------------------------------------------------ */

static struct world make_sealed(void)
{
    struct world w = make_world("C/a=one C/d/ C/d/x=two C/d/y=three C/o/ C/o/z=four C/g/ C/g/k=k");

    make_nodes(w.engine.files, "C/new=new C/d/ C/o/ C/o/n=new C/g>nowhere Z/ Z/p/ C/b\\s=odd");
    kit_deletion(w.engine.files, "C/a");
    kit_deletion(w.engine.files, "C/d/x");
    kit_deletion(w.engine.files, "C/d/\xff");
    kit_attribute(w.engine.files, "C/o", "user.overlay.opaque", "y");
    kit_attribute(w.engine.files, "C/d", "user.DOSATTRIB", "0x2");
    kit_attribute(w.engine.files, "C/new", "user.DOSATTRIB", "0x4");
    fchmodat(w.engine.files, "C/o", 0500, 0);
    return w;
}

TEST(layer_wakes_and_rests_as_it_was)
{
    struct world w = make_sealed();
    FVM_CLEANUP(str) char *before = tree(w.engine.files), *now = NULL, *journal = NULL;

    wake_ok(&w);
    now = tree(w.engine.files);
    ok(!strstr(now, "C/a special") && !strstr(now, "opaque") && strstr(now, "\xff special"),
       "awake: %s", now);
    journal = journal_of(&w);
    ok_str(journal, "1 C:\\a; 1 C:\\d\\x; 1 C:\\g; 1 C:\\new; 1 C:\\o\\n; 2 C:\\o", "journal");
    wake_ok(&w); /* nobody used it */
    fvm_cleanup_str(&journal);
    journal = journal_of(&w);
    ok_str(journal, "1 C:\\a; 1 C:\\d\\x; 1 C:\\g; 1 C:\\new; 1 C:\\o\\n; 2 C:\\o", "journal");
    rest_ok(&w);
    fvm_cleanup_str(&now);
    now = tree(w.engine.files);
    ok_str(now, before, "at rest again");
    ok(!kit_has(w.engine.layer, "journal"), "the journal is left");
    rest_ok(&w);
    free_world(&w);
}
