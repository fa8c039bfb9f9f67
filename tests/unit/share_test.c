/* Which folders may be shared with a VM, and where: core/share.h. */
#include "core/share.h"
#include "tap.h"

#include <string.h>

/* Terms of shares as the user says them. @return false: refused */
static bool take(struct fvm_terms *terms, const char *const *shares, struct fvm_error *err)
{
    *err = (struct fvm_error){{0}};
    for (size_t i = 0; i < 3 && shares[i]; i++)
        if (fvm_failed(fvm_terms_add(terms, "share", shares[i], err)))
            return false;
    return !fvm_failed(fvm_terms_check(terms, err));
}

TEST(places)
{
    static const struct {
        const char *shares[3], *refused; /* by a sentence with this; NULL: taken */
    } cases[] = {
        {{"/w"}, NULL},
        {{"/w=D:"}, NULL},
        {{"/w=d:\\"}, NULL},
        {{"/w=A:"}, NULL},
        {{"/w=C:"}, "drive C:"},
        {{"/w=C:\\"}, "drive C:"},
        {{"/w=z:"}, "drive Z:"},
        {{"/w=C:\\data"}, NULL},
        {{"/w=C:/a b/c.d"}, NULL},
        {{"/w=C:\\x\xc3\xa4"}, NULL},
        {{"/w=D:\\data"}, "on drive C: only"},
        {{"/w=Z:\\data"}, "on drive C: only"},
        {{"/w=C:\\.."}, "'..' cannot"},
        {{"/w=C:\\a\\.\\b"}, "'.' cannot"},
        {{"/w=C:\\a\\..\\..\\b"}, "'..' cannot"},
        {{"/w=C:\\a "}, "'a ' cannot"},
        {{"/w=C:\\a."}, "'a.' cannot"},
        {{"/w=C:\\a:b"}, "'a:b' cannot"},
        {{"/w=C:\\a*"}, "cannot"},
        {{"/w=C:\\a\nb"}, "cannot"},
        {{"/w=C:\\CON"}, "cannot"},
        {{"/w=C:\\x\\nul.txt\\y"}, "cannot"},
        {{"/w=C:\\console"}, NULL},
        {{"/a=D:", "/b=E:", "/c"}, NULL},
        {{"/a=D:", "/a=E:"}, "named twice"},
        {{"/a=D:", "/b=d:"}, "each other's way"},
        {{"/a=C:\\x", "/b=C:\\X"}, "each other's way"},
        {{"/a=C:\\x\\y", "/b=C:\\X"}, "each other's way"},
        {{"/a=C:\\\xc3\x84", "/b=C:\\\xc3\xa4\\b"}, "each other's way"},
        {{"/a=C:\\xy", "/b=C:\\x"}, NULL},
        {{"/a=D:", "/b=C:\\D"}, NULL},
        {{"/a:rw", "/a/b:ro"}, "'/a/b' is to be :ro"},
        {{"/a/b:ro=E:", "/a:rw=D:"}, "'/a/b' is to be :ro"},
        {{"/a:ro", "/a/b:rw"}, NULL},
        {{"/a:rw", "/a/b:rw"}, NULL},
        {{"/a:rw", "/ab:ro"}, NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        FVM_CLEANUP(terms) struct fvm_terms terms = fvm_terms_none;
        struct fvm_error err;
        bool taken = take(&terms, cases[i].shares, &err);

        ok(cases[i].refused ? !taken && strstr(err.text, cases[i].refused) : taken, "%s %s: %s",
           cases[i].shares[0], cases[i].shares[1] ? cases[i].shares[1] : "", err.text);
    }
}

TEST(long_places)
{
    FVM_CLEANUP(terms) struct fvm_terms terms = fvm_terms_none;
    char place[300] = "/w=C:\\";
    struct fvm_error err;

    memset(place + strlen(place), 'x', 250);
    ok(!take(&terms, (const char *const[]){place, NULL}, &err), "%s", err.text);
}

TEST(spelling_of_places)
{
    static const char *const cases[][2] = {
        {"d:", "D:"},         {"d:\\", "D:"},           {"d:///", "D:"}, {"c:/a//b/", "C:\\a\\b"},
        {"C:\\\\a", "C:\\a"}, {"c:\\A b\\", "C:\\A b"}, {"C:\\", "C:"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char place[32];

        strcpy(place, cases[i][0]);
        fvm_share_place_fold(place);
        ok(!strcmp(place, cases[i][1]), "'%s' is '%s'", cases[i][0], place);
    }
}

TEST(folders)
{
    static const struct {
        const char *dir;
        bool taken, taken_as_drive;
    } cases[] = {
        {"/home/me/work", true, true},
        {"/home/me", false, false}, /* with the store in it */
        {"/home/me/fvm", false, false},
        {"/home/me/fvm/vms/x", false, false},
        {"/home/me/fvm2", true, true},
        {"/home/you", true, true},
        {"/home/fvm", false, true}, /* the VM's own */
        {"/home", false, false},
        {"/srv", true, true},
        {"/mnt", true, true},
        {"/root", true, true},
        {"/", false, false},
        {"/etc", false, false},
        {"/etc/x", false, false},
        {"/etcetera", true, true},
        {"/usr/share", false, false},
        {"/proc/1/root", false, false},
        {"/dev/shm", false, false},
        {"/run", false, false},
        {"/run/user/1000", false, false},
        {"/run/media/me/stick", true, true},
        {"/run/fvm", false, true},
        {"/tmp", false, false},
        {"/tmp/x", true, true},
        {"/var", false, false},
        {"/var/www", true, true},
        {"/prefix/x", false, true},
        {"/fvmshare", false, true},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fvm_share share = {.dir = (char *)cases[i].dir};
        struct fvm_error err = {{0}};

        ok(!fvm_failed(fvm_share_judge(&share, "/home/me/fvm", &err)) == cases[i].taken, "%s: %s",
           cases[i].dir, err.text);
        share.place = (char *)"D:";
        ok(!fvm_failed(fvm_share_judge(&share, "/home/me/fvm", &err)) == cases[i].taken_as_drive,
           "%s as a drive: %s", cases[i].dir, err.text);
    }
}

TEST(what_holds_a_path)
{
    static const char *const shares[] = {"/a:rw=D:", "/a/b/c:rw=C:\\x y", "/z", NULL};
    static const struct {
        const char *path, *seen; /* NULL: in none; "": at its own path */
    } cases[] = {{"/a", "D:\\"},
                 {"/a/q.exe", "D:\\q.exe"},
                 {"/a/b/cc", "D:\\b\\cc"},
                 {"/a/b/c", "C:\\x y"},
                 {"/a/b/c/d/e.exe", "C:\\x y\\d\\e.exe"},
                 {"/ab", NULL},
                 {"/", NULL},
                 {"/z/x", ""}};
    FVM_CLEANUP(terms) struct fvm_terms terms = fvm_terms_none;
    struct fvm_error err;

    ok(take(&terms, shares, &err), "three shares %s", err.text);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        FVM_CLEANUP(text) struct fvm_text text = {0};
        const char *rest = NULL;
        const struct fvm_share *share = fvm_share_of(&terms, cases[i].path, &rest);

        if (share && share->place)
            fvm_share_windows_path(&text, share, rest);
        ok(!share == !cases[i].seen && (!share || !strcmp(text.s ? text.s : "", cases[i].seen)),
           "%s is %s", cases[i].path, text.s ? text.s : "as it is");
    }
}
