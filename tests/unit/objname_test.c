/* Names of kernel objects: objname.h. */
#include "core/block.h"
#include "core/objname.h"
#include "tap.h"

static struct fvm_str text(const uint16_t *s)
{
    uint32_t cch = 0;

    while (s[cch])
        cch++;
    return (struct fvm_str){s, cch};
}

TEST(objname_judges_names)
{
    static const struct {
        const uint16_t *name, *judged; /* NULL: as it was given */
        enum fvm_objname_answer fold, exact;
    } cases[] = {
        {u"\\BaseNamedObjects\\x", NULL, FVM_OBJNAME_PRIVATE, FVM_OBJNAME_PRIVATE},
        {u"\\Sessions\\1\\BaseNamedObjects\\x", NULL, FVM_OBJNAME_PRIVATE, FVM_OBJNAME_PRIVATE},
        {u"\\RPC Control\\x", NULL, FVM_OBJNAME_PRIVATE, FVM_OBJNAME_PRIVATE},
        {u"\\x", NULL, FVM_OBJNAME_PRIVATE, FVM_OBJNAME_PRIVATE},
        {u"\\", u"", FVM_OBJNAME_ABOVE, FVM_OBJNAME_ABOVE},
        {u"\\\\", NULL, FVM_OBJNAME_ABOVE, FVM_OBJNAME_ABOVE},
        {u"\\Sessions", NULL, FVM_OBJNAME_ABOVE, FVM_OBJNAME_ABOVE},
        {u"\\Sessions\\7", NULL, FVM_OBJNAME_ABOVE, FVM_OBJNAME_ABOVE},
        {u"\\Sessions\\7\\", NULL, FVM_OBJNAME_ABOVE, FVM_OBJNAME_ABOVE},
        {u"\\Sessions\\7\\Windows", NULL, FVM_OBJNAME_SHARED, FVM_OBJNAME_SHARED},
        {u"\\Sessions\\7\\Windows\\WindowStations", NULL, FVM_OBJNAME_SHARED, FVM_OBJNAME_SHARED},
        {u"\\Sessions\\7\\Windows2", NULL, FVM_OBJNAME_PRIVATE, FVM_OBJNAME_PRIVATE},
        {u"\\sessions\\7\\WINDOWS\\x", NULL, FVM_OBJNAME_SHARED, FVM_OBJNAME_PRIVATE},
        {u"\\knowndlls\\kernel32.dll", NULL, FVM_OBJNAME_SHARED, FVM_OBJNAME_PRIVATE},
        {u"\\KnownDlls", NULL, FVM_OBJNAME_SHARED, FVM_OBJNAME_SHARED},
        {u"\\KnownDll", NULL, FVM_OBJNAME_PRIVATE, FVM_OBJNAME_PRIVATE},
        {u"\\KnownDlls3", NULL, FVM_OBJNAME_PRIVATE, FVM_OBJNAME_PRIVATE},
        {u"\\??\\C:", NULL, FVM_OBJNAME_SHARED, FVM_OBJNAME_SHARED},
        {u"\\??\\GLOBALROOT", NULL, FVM_OBJNAME_SHARED, FVM_OBJNAME_SHARED},
        {u"\\??\\GLOBALROOT\\", u"", FVM_OBJNAME_ABOVE, FVM_OBJNAME_ABOVE},
        {u"\\??\\GLOBALROOT\\??\\GLOBALROOT", u"\\??\\GLOBALROOT", FVM_OBJNAME_SHARED,
         FVM_OBJNAME_SHARED},
        {u"\\??\\GLOBALROOTx\\y", NULL, FVM_OBJNAME_SHARED, FVM_OBJNAME_SHARED},
        {u"\\??\\globalroot\\BaseNamedObjects\\x", u"\\BaseNamedObjects\\x", FVM_OBJNAME_PRIVATE,
         FVM_OBJNAME_PRIVATE},
        {u"\\DosDevices\\Global\\GLOBALROOT\\??\\Global\\Global\\GlobalRoot\\NLS\\", u"\\NLS\\",
         FVM_OBJNAME_SHARED, FVM_OBJNAME_SHARED},
        {u"\\GLOBAL??\\GLOBALROOT\\x", u"\\x", FVM_OBJNAME_PRIVATE, FVM_OBJNAME_PRIVATE},
        {u"\\Global\\GLOBALROOT\\NLS", NULL, FVM_OBJNAME_PRIVATE, FVM_OBJNAME_PRIVATE},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fvm_str name = text(cases[i].name);
        struct fvm_str want = text(cases[i].judged ? cases[i].judged : cases[i].name);
        struct fvm_objname_verdict fold = fvm_objname_judge(name, true);
        struct fvm_objname_verdict exact = fvm_objname_judge(name, false);

        ok(fold.answer == cases[i].fold, "case %zu: %d", i, (int)fold.answer);
        ok(exact.answer == cases[i].exact, "case %zu, exact: %d", i, (int)exact.answer);
        ok(fvm_str_eq(fold.name, want), "case %zu: its name", i);
        if (fold.answer == FVM_OBJNAME_SHARED)
            ok(fold.exception < fvm_objname_exception_count(), "case %zu: its number", i);
    }
}

TEST(objname_unmaps_names)
{
    static const struct {
        const uint16_t *name, *want; /* NULL: not below the root */
    } cases[] = {
        {u"\\Sessions\\1\\BaseNamedObjects\\__fvm_objects_1", u"\\"},
        {u"\\Sessions\\1\\BaseNamedObjects\\__fvm_objects_1\\x", u"\\x"},
        {u"\\sessions\\1\\basenamedobjects\\__FVM_objects_1\\x\\y", u"\\x\\y"},
        {u"\\Sessions\\1\\BaseNamedObjects\\__fvm_objects_12\\x", NULL},
        {u"\\Sessions\\1\\BaseNamedObjects\\x", NULL},
        {u"", NULL},
    };
    const struct fvm_str root = FVM_STR(u"\\Sessions\\1\\BaseNamedObjects\\__fvm_objects_1");

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fvm_str name = text(cases[i].name);
        bool found = fvm_objname_unmap(&name, root);

        ok(found == (cases[i].want != NULL), "case %zu", i);
        ok(fvm_str_eq(name, text(cases[i].want ? cases[i].want : cases[i].name)),
           "case %zu: its name", i);
    }
}

TEST(objname_exceptions_have_a_reason_and_a_counter)
{
    ok(fvm_objname_exception_count() <= FVM_EXCEPTIONS, "%zu", fvm_objname_exception_count());
    for (size_t i = 0; i < fvm_objname_exception_count(); i++)
        ok(fvm_objname_exceptions[i].name[0] && fvm_objname_exceptions[i].reason[0], "%zu", i);
}
