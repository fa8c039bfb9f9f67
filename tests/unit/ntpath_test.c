/* tests/unit/ntpath_test.c: core/ntpath.h. What Wine 8.0 answers to NtCreateFile (64-bit, FILE_OPEN
 * where nothing else is said, a fresh prefix with C:\d\f.txt and C:\d\e\), measured with a program
 * that prints status, file number and NtQueryObject's name:
 *
 *   name                                         Wine 8.0                       here
 *   \??\C:\d\.\f.txt  \??\C:\d\e\..\f.txt        C0000033 (create too)          the same
 *   \??\C:\..\system.reg  \??\C:\d\..            C0000033                       the same
 *   \??\C:\d\\f.txt  \??\C:\d\e\\                C0000033                       the same
 *   \??\C:\\d\f.txt  \??\C:\\                    OPENS C:\d\f.txt, C:\          folded
 *   \??\C:\\\d\f.txt  \??\C:\\..\x               C0000033                       the same
 *   \??\C:\d/f.txt                               C0000033                       the same
 *   \??\C:/d\f.txt                               C000003A                       the same
 *   \??\C:\d\f.txt\                              C0000033 (e\ opens)            TRAILING
 *   a unit 0..1F, " < > | * ?                    C0000033 (7F is allowed)       the same
 *   \??\C:\d\a:s                                 a FILE with ':' in its name    STREAM
 *   \??\C:\d\f.txt::$DATA                        C0000034                       folded
 *   \??\C:\d\e::$INDEX_ALLOCATION                C0000034                       folded
 *   \??\C:\d\f.txt.  and with a blank behind     C0000034: other names          the same
 *   \??\C:\d\x. (create)                         creates x., reports \d\x       other names
 *   \??\C:\d\LONG~NCA.TXT                        OPENS long name file.txt       SHORT
 *   a lone surrogate                             C0000034, create too           left alone
 *   a component of 256 units                     C0000034, create too           NAME_INVALID
 *   a component of 200 U+00E9                    C0000034, create too           left alone
 *   \??\C:                                       opens \Device\HarddiskVolume1  VOLUME
 *   \??\C:d  \??\C:.  \??\C::                    C0000034                       NOT_FOUND; VOLUME
 *   \??\..\system.reg  \??\..\drive_c\d          OPENS: AN ESCAPE               NAME_INVALID
 *   \??\..\evil (create)                         CREATES beside drive_c         NAME_INVALID
 *   \??\.\c:\d  \??\..\dosdevices\c:\d           OPENS C:\d                     NAME_INVALID
 *   \??\.  \??\..                                OPENS dosdevices, the prefix   NAME_INVALID
 *   \??\  \??\\C:\d  \\?\C:\d                    C0000033                       the same
 *   \  \??  \DosDevices                          C0000024                       DEVICE
 *   C:\d\f.txt  d\f.txt (no root)                C000003B                       the same
 *   \dosdevices\c:\d\f.txt                       opens C:\d\f.txt               folded
 *   \GLOBAL??\C:\d  \??\Global\C:\d              C000003A, C0000034             folded as by NT
 *   \??\GLOBALROOT\??\C:\d                       C0000034                       folded
 *   \??\GLOBALROOT\Device\NamedPipe\             opens the root of pipes        PIPE
 *   \Device\HarddiskVolume1, and with \          opens the raw volume           VOLUME; C:\
 *   \Device\HarddiskVolume1\d                    C0000034                       alias
 *   \??\PhysicalDrive0                           opens \Device\Harddisk0        VOLUME
 *   \SystemRoot\win.ini                          C000003A                       alias
 *   \??\UNC\localhost\C$\d                       C000003A                       folded
 *   \??\UNIX\tmp\f  \??\unix\TMP\f               opens; C0000034                alias
 *   \??\unix/tmp//f  unix\/tmp/f  unix\\tmp      OPEN                           folded
 *   \??\unix/tmp/../f  \??\unix/./tmp/f           OPEN                           NAME_INVALID
 *   \??\unix\tmp\..\f                            C0000033                       the same
 *   \??\unix\tmp\a*b  a<01>b                     OPEN, CREATE                   NAME_INVALID
 *   \??\unix                                     C0000034                       Z:\ by alias
 *   \??\Z:\pfx\dosdevices\c:\d                   OPENS C:\d                     alias, else 33
 *   \??\evil (create)  \??\X: (create)           C0000034                       DEVICE; VOLUME
 *   \??\NUL  \??\NUL\  \??\AUX                   open; the last is COM1         DEVICE
 *   root + \f.txt  root + \??\C:\d               C000000D                       the same
 *   root + ..  e\..\f.txt  d\\f.txt  e/x         C0000033                       the same
 *   root + nothing  root + e\                    open                           the same
 *   unix root + a*b                              C0000033                       the same
 */
#include "core/ntpath.h"
#include "tap.h"

static const struct fvm_alias aliases[] = {
    {FVM_STR(u"unix"), FVM_STR(u"Z:")},
    {FVM_STR(u"unix\\opt\\pfx\\drive_c"), FVM_STR(u"C:")},
    {FVM_STR(u"Z:\\opt\\pfx\\drive_c"), FVM_STR(u"C:")},
    {FVM_STR(u"Z:\\opt\\pfx\\dosdevices\\c:"), FVM_STR(u"C:")},
    {FVM_STR(u"\\Device\\HarddiskVolume1"), FVM_STR(u"C:")},
    {FVM_STR(u"Volume{12}"), FVM_STR(u"C:")},
    {FVM_STR(u"\\SystemRoot"), FVM_STR(u"C:\\windows")},
    {FVM_STR(u"S:"), FVM_STR(u"C:\\sub")},
    {FVM_STR(u"UNC\\localhost\\pub"), FVM_STR(u"C:\\pub")},
    {FVM_STR(u"L:"), FVM_STR(u"M:")},
    {FVM_STR(u"M:"), FVM_STR(u"L:")},
    {FVM_STR(u"G:"), FVM_STR(u"G:\\more")},
};
static const struct fvm_ntpath_env env = {aliases, ARRAY_LEN(aliases), FVM_STR(u"MyBox")};

struct good {
    struct fvm_str name, path;
    enum fvm_ntpath_kind kind;
    uint32_t flags;
};
/* path: with ":stream" behind it if there is one */
static void check_good(const struct good *cases, size_t count, struct fvm_str root)
{
    for (size_t i = 0; i < count; i++) {
        uint16_t units[128];
        struct fvm_buf room = {units, 0, ARRAY_LEN(units)};
        struct fvm_ntpath got;
        fvm_status status = fvm_ntpath_parse(&got, &room, cases[i].name, root, &env);
        struct fvm_str want = cases[i].path;

        if (!ok(status == FVM_OK, "case %u: status %#x", (unsigned)i, (unsigned)status))
            continue;
        ok(got.kind == cases[i].kind, "case %u: kind %d", (unsigned)i, (int)got.kind);
        ok(got.flags == cases[i].flags, "case %u: flags %u", (unsigned)i, (unsigned)got.flags);
        if (got.flags & FVM_NTPATH_STREAM) {
            uint32_t colon = want.cch - got.stream.cch;

            ok(fvm_str_eq(got.stream, fvm_str_sub(want, colon, want.cch)), "case %u: stream",
               (unsigned)i);
            want.cch = colon - 1;
        }
        ok(fvm_str_eq(got.path, want), "case %u: path", (unsigned)i);
    }
}

struct bad {
    struct fvm_str name;
    fvm_status status;
};
static void check_bad(const struct bad *cases, size_t count, struct fvm_str root)
{
    for (size_t i = 0; i < count; i++) {
        uint16_t units[128];
        struct fvm_buf room = {units, 0, ARRAY_LEN(units)};
        struct fvm_ntpath got;
        fvm_status status = fvm_ntpath_parse(&got, &room, cases[i].name, root, &env);

        ok(status == cases[i].status, "case %u: status %#x", (unsigned)i, (unsigned)status);
    }
}

static const struct fvm_str none = FVM_STR(u"");

/* clang-format off */
TEST(ntpath_files)
{
    static const struct good cases[] = {
        {FVM_STR(u"\\??\\c:\\Dir\\file"), FVM_STR(u"C:\\Dir\\file"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\??\\C:\\"), FVM_STR(u"C:\\"), FVM_NTPATH_FILE, FVM_NTPATH_TRAILING},
        {FVM_STR(u"\\??\\C:\\dir\\"), FVM_STR(u"C:\\dir"), FVM_NTPATH_FILE, FVM_NTPATH_TRAILING},
        {FVM_STR(u"\\??\\C:\\\\dir"), FVM_STR(u"C:\\dir"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\??\\C:\\\\"), FVM_STR(u"C:\\"), FVM_NTPATH_FILE, FVM_NTPATH_TRAILING},
        {FVM_STR(u"\\dosdevices\\C:\\x"), FVM_STR(u"C:\\x"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\GLOBAL??\\C:\\x"), FVM_STR(u"C:\\x"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\??\\Global\\C:\\x"), FVM_STR(u"C:\\x"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\??\\GlobalRoot\\??\\GLOBALROOT\\DosDevices\\Global\\C:\\x"),
            FVM_STR(u"C:\\x"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\Sessions\\1\\DosDevices\\00000000-000003e7\\c:\\x"), FVM_STR(u"C:\\x"),
            FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\Device\\HarddiskVolume1\\x"), FVM_STR(u"C:\\x"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\??\\GLOBALROOT\\device\\harddiskvolume1\\x"), FVM_STR(u"C:\\x"),
            FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\??\\HarddiskVolume1\\x"), FVM_STR(u"C:\\x"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\Device\\HarddiskVolume1\\"), FVM_STR(u"C:\\"), FVM_NTPATH_FILE,
            FVM_NTPATH_TRAILING},
        {FVM_STR(u"\\??\\volume{12}\\x"), FVM_STR(u"C:\\x"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\SystemRoot\\win.ini"), FVM_STR(u"C:\\windows\\win.ini"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\SystemRoot"), FVM_STR(u"C:\\windows"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\??\\S:\\x"), FVM_STR(u"C:\\sub\\x"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\??\\S:"), FVM_STR(u"C:\\sub"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\??\\C:\\PROGRA~1\\x"), FVM_STR(u"C:\\PROGRA~1\\x"), FVM_NTPATH_FILE,
            FVM_NTPATH_SHORT},
        {FVM_STR(u"\\??\\C:\\no short~name"), FVM_STR(u"C:\\no short~name"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\??\\C:\\NUL"), FVM_STR(u"C:\\NUL"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\??\\C:\\... \\.x\\x.\\x "), FVM_STR(u"C:\\... \\.x\\x.\\x "),
            FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\??\\C:\\\x7f\xd800"), FVM_STR(u"C:\\\x7f\xd800"), FVM_NTPATH_FILE, 0},
    };

    check_good(cases, ARRAY_LEN(cases), none);
}

TEST(ntpath_unix)
{
    static const struct good cases[] = {
        {FVM_STR(u"\\??\\UNIX\\Opt\\PFX\\drive_C\\x"), FVM_STR(u"C:\\x"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\??\\unix/opt//pfx\\/drive_c/x"), FVM_STR(u"C:\\x"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\??\\Z:\\\\opt\\pfx\\drive_c\\x"), FVM_STR(u"C:\\x"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\??\\z:\\opt\\pfx\\dosdevices\\C:\\x"), FVM_STR(u"C:\\x"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\??\\unix\\opt\\pfx\\drive_c"), FVM_STR(u"C:\\"), FVM_NTPATH_FILE,
            FVM_NTPATH_TRAILING},
        {FVM_STR(u"\\??\\Z:\\opt\\pfx\\drive_c\\"), FVM_STR(u"C:\\"), FVM_NTPATH_FILE,
            FVM_NTPATH_TRAILING},
        {FVM_STR(u"\\??\\unix"), FVM_STR(u"Z:\\"), FVM_NTPATH_FILE, FVM_NTPATH_TRAILING},
        {FVM_STR(u"\\??\\unix/"), FVM_STR(u"Z:\\"), FVM_NTPATH_FILE, FVM_NTPATH_TRAILING},
        {FVM_STR(u"\\DosDevices\\unix/etc/"), FVM_STR(u"Z:\\etc"), FVM_NTPATH_FILE,
            FVM_NTPATH_TRAILING},
        {FVM_STR(u"\\??\\Z:\\opt\\pfx\\drive_c2"), FVM_STR(u"Z:\\opt\\pfx\\drive_c2"),
            FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\??\\unixx"), FVM_STR(u"unixx"), FVM_NTPATH_DEVICE, 0},
    };

    check_good(cases, ARRAY_LEN(cases), none);
}

TEST(ntpath_streams)
{
    static const struct good cases[] = {
        {FVM_STR(u"\\??\\C:\\f:s"), FVM_STR(u"C:\\f:s"), FVM_NTPATH_FILE, FVM_NTPATH_STREAM},
        {FVM_STR(u"\\??\\C:\\f:s:$data"), FVM_STR(u"C:\\f:s"), FVM_NTPATH_FILE, FVM_NTPATH_STREAM},
        {FVM_STR(u"\\??\\C:\\f::$DATA"), FVM_STR(u"C:\\f"), FVM_NTPATH_FILE, FVM_NTPATH_AS_FILE},
        {FVM_STR(u"\\??\\C:\\d::$INDEX_ALLOCATION"), FVM_STR(u"C:\\d"), FVM_NTPATH_FILE,
            FVM_NTPATH_AS_DIR},
        {FVM_STR(u"\\??\\C:\\d:$i30:$index_allocation\\"), FVM_STR(u"C:\\d"), FVM_NTPATH_FILE,
            FVM_NTPATH_AS_DIR | FVM_NTPATH_TRAILING},
        {FVM_STR(u"\\??\\C:\\d:$I30:$INDEX_ALLOCATION\\e::$INDEX_ALLOCATION\\f:s"),
            FVM_STR(u"C:\\d\\e\\f:s"), FVM_NTPATH_FILE, FVM_NTPATH_STREAM},
        {FVM_STR(u"\\??\\C:\\:s"), FVM_STR(u"C:\\:s"), FVM_NTPATH_FILE, FVM_NTPATH_STREAM},
        {FVM_STR(u"\\??\\UNC\\h\\s\\f:s"), FVM_STR(u"UNC\\h\\s\\f:s"), FVM_NTPATH_UNC,
            FVM_NTPATH_STREAM},
    };
    static const struct bad bad[] = {
        {FVM_STR(u"\\??\\C:\\f:"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\C:\\f::"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\C:\\f:s:"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\C:\\f:s:$BITMAP"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\C:\\f:s:$INDEX_ALLOCATION"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\C:\\f:s:$DATA:"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\C:\\f:s\\"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\C:\\f::$DATA\\"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\C:\\f:s\\x"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\C:\\f::$DATA\\x"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\C:\\d\\:s"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\C:\\:s\\x"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\C:\\::$DATA"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\C:\\f:a?b"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\C:\\f:.."), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\UNC\\h:s\\s"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\UNC\\*\\mailslot\\x"), FVM_PATH_NOT_FOUND},
        {FVM_STR(u"\\??\\UNC\\*\\share\\x"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\UNC\\h::$INDEX_ALLOCATION\\s"), FVM_NAME_INVALID},
    };

    check_good(cases, ARRAY_LEN(cases), none);
    check_bad(bad, ARRAY_LEN(bad), none);
}

TEST(ntpath_other_kinds)
{
    static const struct good cases[] = {
        {FVM_STR(u"\\??\\c:"), FVM_STR(u"C:"), FVM_NTPATH_VOLUME, 0},
        {FVM_STR(u"\\??\\c::"), FVM_STR(u"C::"), FVM_NTPATH_VOLUME, 0},
        {FVM_STR(u"\\Device\\HarddiskVolume1"), FVM_STR(u"C:"), FVM_NTPATH_VOLUME, 0},
        {FVM_STR(u"\\??\\Volume{12}"), FVM_STR(u"C:"), FVM_NTPATH_VOLUME, 0},
        {FVM_STR(u"\\Device\\HarddiskVolume2"), FVM_STR(u"\\Device\\HarddiskVolume2"),
            FVM_NTPATH_VOLUME, 0},
        {FVM_STR(u"\\??\\PhysicalDrive0"), FVM_STR(u"PhysicalDrive0"), FVM_NTPATH_VOLUME, 0},
        {FVM_STR(u"\\Device\\Harddisk0\\DR0"), FVM_STR(u"\\Device\\Harddisk0\\DR0"),
            FVM_NTPATH_VOLUME, 0},
        {FVM_STR(u"\\??\\PIPE\\a\\\\..\\b*"), FVM_STR(u"a\\\\..\\b*"), FVM_NTPATH_PIPE, 0},
        {FVM_STR(u"\\Device\\NamedPipe\\x"), FVM_STR(u"x"), FVM_NTPATH_PIPE, 0},
        {FVM_STR(u"\\Device\\NamedPipe"), FVM_STR(u""), FVM_NTPATH_PIPE, 0},
        {FVM_STR(u"\\??\\pipe\\"), FVM_STR(u""), FVM_NTPATH_PIPE, FVM_NTPATH_TRAILING},
        {FVM_STR(u"\\??\\UNC\\localhost\\pipe\\x"), FVM_STR(u"x"), FVM_NTPATH_PIPE, 0},
        {FVM_STR(u"\\Device\\Mup\\mybox\\IPC$\\x"), FVM_STR(u"x"), FVM_NTPATH_PIPE, 0},
        {FVM_STR(u"\\Device\\MailSlot\\x"), FVM_STR(u"x"), FVM_NTPATH_MAILSLOT, 0},
        {FVM_STR(u"\\??\\UNC\\127.0.0.1\\mailslot\\x"), FVM_STR(u"x"), FVM_NTPATH_MAILSLOT, 0},
        {FVM_STR(u"\\??\\NUL"), FVM_STR(u"NUL"), FVM_NTPATH_DEVICE, 0},
        {FVM_STR(u"\\Device\\Null"), FVM_STR(u"NUL"), FVM_NTPATH_DEVICE, 0},
        {FVM_STR(u"\\Device\\ConDrv\\Connect"), FVM_STR(u"\\Device\\ConDrv\\Connect"),
            FVM_NTPATH_DEVICE, 0},
        {FVM_STR(u"\\Device\\Afd\\Endpoint"), FVM_STR(u"\\Device\\Afd\\Endpoint"),
            FVM_NTPATH_DEVICE, 0},
        {FVM_STR(u"\\"), FVM_STR(u"\\"), FVM_NTPATH_DEVICE, 0},
        {FVM_STR(u"\\??"), FVM_STR(u"\\??"), FVM_NTPATH_DEVICE, 0},
    };

    check_good(cases, ARRAY_LEN(cases), none);
}

TEST(ntpath_unc)
{
    static const struct good cases[] = {
        {FVM_STR(u"\\??\\unc\\Server\\Share\\x"), FVM_STR(u"UNC\\Server\\Share\\x"),
            FVM_NTPATH_UNC, 0},
        {FVM_STR(u"\\Device\\Mup\\;LanmanRedirector\\;Z:0001\\h\\s\\x\\"), FVM_STR(u"UNC\\h\\s\\x"),
            FVM_NTPATH_UNC, FVM_NTPATH_TRAILING},
        {FVM_STR(u"\\??\\UNC\\h\\pipe\\x"), FVM_STR(u"UNC\\h\\pipe\\x"), FVM_NTPATH_UNC, 0},
        {FVM_STR(u"\\??\\UNC\\"), FVM_STR(u"UNC"), FVM_NTPATH_UNC, FVM_NTPATH_TRAILING},
        {FVM_STR(u"\\??\\UNC\\localhost\\c$\\x"), FVM_STR(u"C:\\x"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\??\\UNC\\LOCALHOST.\\C$"), FVM_STR(u"C:\\"), FVM_NTPATH_FILE,
            FVM_NTPATH_TRAILING},
        {FVM_STR(u"\\??\\UNC\\127.1.2.3\\C$\\x"), FVM_STR(u"C:\\x"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\??\\UNC\\::1\\C$\\x"), FVM_STR(u"C:\\x"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\Device\\LanmanRedirector\\--1.ipv6-literal.net\\C$\\x"), FVM_STR(u"C:\\x"),
            FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\??\\UNC\\mYbOX\\z$\\opt\\pfx\\drive_c\\x"), FVM_STR(u"C:\\x"),
            FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\??\\UNC\\mybox\\ADMIN$\\x"), FVM_STR(u"C:\\windows\\x"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\??\\UNC\\mybox\\pub\\x"), FVM_STR(u"C:\\pub\\x"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u"\\??\\UNC\\mybox\\other\\x"), FVM_STR(u"UNC\\localhost\\other\\x"),
            FVM_NTPATH_UNC, 0},
        {FVM_STR(u"\\??\\UNC\\127.x\\C$"), FVM_STR(u"UNC\\127.x\\C$"), FVM_NTPATH_UNC, 0},
    };

    check_good(cases, ARRAY_LEN(cases), none);
}

TEST(ntpath_refused)
{
    static const struct bad cases[] = {
        {FVM_STR(u""), FVM_PATH_SYNTAX_BAD},
        {FVM_STR(u"C:\\x"), FVM_PATH_SYNTAX_BAD},
        {FVM_STR(u"\\??\\"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\\\C:\\x"), FVM_NAME_INVALID},
        {FVM_STR(u"\\\\?\\C:\\x"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\..\\system.reg"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\.\\c:\\x"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\..\\drive_c\\x"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\.."), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\foo\\..\\c:\\x"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\./c:/x"), FVM_NOT_FOUND},
        {FVM_STR(u"\\??\\./c/x"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\foo\\a/../b"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\unix\\tmp/../x"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\unix\\opt\\pfx\\.\\drive_c\\x"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\unix\\opt\\pfx\\drive_c\\..\\x"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\unix\\a*b"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\C:\\d\\\\f"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\C:\\d\\\\"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\C:\\\\\\f"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\C:\\\\\\"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\C:\\d\\.\\f"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\C:\\d\\.."), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\C:\\..::$INDEX_ALLOCATION\\f"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\C:\\d/f"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\C:\\d\0f"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\C:\\d\x1f"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\C:\\d\""), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\C:\\d|"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\UNC\\.\\pipe\\x"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\UNC\\\\h\\s"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\UNC\\\\"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\UNC\\h\\s\\\\"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\C:f"), FVM_NOT_FOUND},
        {FVM_STR(u"\\??\\C:/f"), FVM_NOT_FOUND},
        {FVM_STR(u"\\??\\C:.\\f"), FVM_PATH_NOT_FOUND},
        {FVM_STR(u"\\??\\\x130:\\f"), FVM_PATH_NOT_FOUND},
        {FVM_STR(u"\\??\\NUL:"), FVM_NOT_FOUND},
        {FVM_STR(u"\\??\\C::\\f"), FVM_PATH_NOT_FOUND},
        {FVM_STR(u"\\Device\\HarddiskVolume2\\f"), FVM_PATH_NOT_FOUND},
        {FVM_STR(u"\\Device\\HarddiskVolumeShadowCopy1\\"), FVM_PATH_NOT_FOUND},
        {FVM_STR(u"\\Device\\Harddisk0\\Partition1\\f"), FVM_PATH_NOT_FOUND},
        {FVM_STR(u"\\??\\Volume{13}\\f"), FVM_PATH_NOT_FOUND},
        {FVM_STR(u"\\ArcName\\multi(0)disk(0)\\f"), FVM_PATH_NOT_FOUND},
        {FVM_STR(u"\\??\\L:\\f"), FVM_REPARSE_LOOP},
        {FVM_STR(u"\\??\\G:\\f"), FVM_NAME_TOO_LONG},
    };

    check_bad(cases, ARRAY_LEN(cases), none);
}

TEST(ntpath_relative)
{
    static const struct good cases[] = {
        {FVM_STR(u""), FVM_STR(u"C:\\d"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u"f"), FVM_STR(u"C:\\d\\f"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u"e\\"), FVM_STR(u"C:\\d\\e"), FVM_NTPATH_FILE, FVM_NTPATH_TRAILING},
        {FVM_STR(u":s"), FVM_STR(u"C:\\d:s"), FVM_NTPATH_FILE, FVM_NTPATH_STREAM},
    };
    static const struct bad bad[] = {
        {FVM_STR(u"\\f"), FVM_INVALID},
        {FVM_STR(u"\\??\\C:\\d\\f"), FVM_INVALID},
        {FVM_STR(u".."), FVM_NAME_INVALID},
        {FVM_STR(u"e\\..\\f"), FVM_NAME_INVALID},
        {FVM_STR(u"e/f"), FVM_NAME_INVALID},
        {FVM_STR(u"C:\\d\\f"), FVM_NAME_INVALID},
        {FVM_STR(u"e\\\\"), FVM_NAME_INVALID},
    };
    static const struct good at_root[] = {
        {FVM_STR(u""), FVM_STR(u"C:\\"), FVM_NTPATH_FILE, FVM_NTPATH_TRAILING},
        {FVM_STR(u"f"), FVM_STR(u"C:\\f"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u":s"), FVM_STR(u"C:\\:s"), FVM_NTPATH_FILE, FVM_NTPATH_STREAM},
    };
    static const struct good at_pipes[] = {
        {FVM_STR(u""), FVM_STR(u""), FVM_NTPATH_PIPE, 0},
        {FVM_STR(u"x\\y"), FVM_STR(u"x\\y"), FVM_NTPATH_PIPE, 0},
    };
    static const struct good at_z[] = {
        {FVM_STR(u"pfx\\drive_c\\f"), FVM_STR(u"C:\\f"), FVM_NTPATH_FILE, 0},
        {FVM_STR(u"pfx\\drive_c"), FVM_STR(u"C:\\"), FVM_NTPATH_FILE, FVM_NTPATH_TRAILING},
    };

    check_good(cases, ARRAY_LEN(cases), FVM_STR(u"C:\\d"));
    check_bad(bad, ARRAY_LEN(bad), FVM_STR(u"C:\\d"));
    check_good(at_root, ARRAY_LEN(at_root), FVM_STR(u"C:\\"));
    check_good(at_pipes, ARRAY_LEN(at_pipes), FVM_STR(u"pipe"));
    check_good(at_z, ARRAY_LEN(at_z), FVM_STR(u"Z:\\opt"));
}
/* clang-format on */

TEST(ntpath_lengths)
{
    static uint16_t name[FVM_NTPATH_MAX_CCH + 1], units[FVM_NTPATH_MAX_CCH];
    struct fvm_buf room = {units, 0, ARRAY_LEN(units)}, text = {name, 0, ARRAY_LEN(name)};
    struct fvm_ntpath got;

    ok(fvm_buf_add(&text, FVM_STR(u"\\??\\C:\\")) == FVM_OK, "a drive");
    for (uint32_t i = text.cch; i < ARRAY_LEN(name); i++)
        name[i] = 'x';
    text.cch = 7 + FVM_NTPATH_COMPONENT_CCH;
    ok(fvm_ntpath_parse(&got, &room, fvm_buf_str(&text), none, NULL) == FVM_OK, "255 units");
    text.cch++;
    ok(fvm_ntpath_parse(&got, &room, fvm_buf_str(&text), none, NULL) == FVM_NAME_INVALID,
       "256 units");
    for (uint32_t i = 8; i < ARRAY_LEN(name); i += 2)
        name[i] = '\\';
    text.cch = FVM_NTPATH_MAX_CCH;
    ok(fvm_ntpath_parse(&got, &room, fvm_buf_str(&text), none, NULL) == FVM_OK &&
           got.path.cch == FVM_NTPATH_MAX_CCH - 4 - !!(got.flags & FVM_NTPATH_TRAILING),
       "the longest name");
    text.cch++;
    ok(fvm_ntpath_parse(&got, &room, fvm_buf_str(&text), none, NULL) == FVM_NAME_TOO_LONG,
       "a unit more");
    text.cch = FVM_NTPATH_MAX_CCH;
    ok(fvm_ntpath_parse(&got, &room, fvm_str_sub(fvm_buf_str(&text), 7, 40000), FVM_STR(u"C:\\abc"),
                        NULL) == FVM_NAME_TOO_LONG,
       "too long with its root");
    room.cap_cch = 8;
    ok(fvm_ntpath_parse(&got, &room, FVM_STR(u"\\??\\C:\\ab"), none, NULL) == FVM_NAME_TOO_LONG,
       "a small room");
}

TEST(ntpath_without_aliases)
{
    static const struct bad cases[] = {
        {FVM_STR(u"\\??\\unix\\tmp\\x"), FVM_PATH_NOT_FOUND},
        {FVM_STR(u"\\SystemRoot\\win.ini"), FVM_PATH_NOT_FOUND},
        {FVM_STR(u"\\Device\\HarddiskVolume1\\x"), FVM_PATH_NOT_FOUND},
        {FVM_STR(u"\\??\\UNC\\localhost\\ADMIN$\\x"), FVM_PATH_NOT_FOUND},
        {FVM_STR(u"\\??\\Z:\\opt\\pfx\\dosdevices\\c:\\x"), FVM_NAME_INVALID},
        {FVM_STR(u"\\??\\UNC\\mybox\\C$\\x"), FVM_OK},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint16_t units[64];
        struct fvm_buf room = {units, 0, ARRAY_LEN(units)};
        struct fvm_ntpath got;
        fvm_status status = fvm_ntpath_parse(&got, &room, cases[i].name, none, NULL);

        ok(status == cases[i].status, "case %u: status %#x", (unsigned)i, (unsigned)status);
        ok(status != FVM_OK || got.kind == FVM_NTPATH_UNC, "another machine's share");
    }
}

TEST(ntpath_walks)
{
    static const struct {
        struct fvm_str path, parent, last;
        uint32_t count;
    } cases[] = {
        {FVM_STR(u"C:\\"), FVM_STR(u""), FVM_STR(u""), 0},
        {FVM_STR(u"C:\\a"), FVM_STR(u"C:\\"), FVM_STR(u"a"), 1},
        {FVM_STR(u"C:\\a\\bc"), FVM_STR(u"C:\\a"), FVM_STR(u"bc"), 2},
        {FVM_STR(u"UNC\\h\\s"), FVM_STR(u""), FVM_STR(u""), 0},
        {FVM_STR(u"UNC\\h\\s\\a"), FVM_STR(u"UNC\\h\\s"), FVM_STR(u"a"), 1},
        {FVM_STR(u"UNC\\h\\s\\a\\b"), FVM_STR(u"UNC\\h\\s\\a"), FVM_STR(u"b"), 2},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fvm_str component = FVM_STR(u"");
        uint32_t at = 0, count = 0;

        while (fvm_ntpath_next(cases[i].path, &at, &component))
            count++;
        ok(count == cases[i].count, "case %u: %u components", (unsigned)i, (unsigned)count);
        ok(fvm_str_eq(component, cases[i].last), "case %u: the last one walked", (unsigned)i);
        ok(!count || at == cases[i].path.cch, "case %u: down to the end", (unsigned)i);
        ok(fvm_str_eq(fvm_ntpath_last(cases[i].path), cases[i].last), "case %u: last", (unsigned)i);
        ok(fvm_str_eq(fvm_ntpath_parent(cases[i].path), cases[i].parent), "case %u: parent",
           (unsigned)i);
    }
}

TEST(ntpath_below_and_back)
{
    uint16_t units[16];
    struct fvm_buf out = {units, 0, ARRAY_LEN(units)};

    ok(fvm_ntpath_is_below(FVM_STR(u"C:\\Dir\\x"), FVM_STR(u"c:\\dIR")), "without case");
    ok(fvm_ntpath_is_below(FVM_STR(u"C:\\dir"), FVM_STR(u"C:\\dir")), "itself");
    ok(fvm_ntpath_is_below(FVM_STR(u"C:\\dir"), FVM_STR(u"C:\\")), "a root");
    ok(!fvm_ntpath_is_below(FVM_STR(u"C:\\dirs"), FVM_STR(u"C:\\dir")), "whole components");
    ok(!fvm_ntpath_is_below(FVM_STR(u"C:\\"), FVM_STR(u"C:\\dir")), "above");
    ok(!fvm_ntpath_is_below(FVM_STR(u"C:\\"), FVM_STR(u"")), "nothing is below nothing");
    ok(fvm_ntpath_to_nt(&out, FVM_STR(u"C:\\x")) == FVM_OK &&
           fvm_str_eq(fvm_buf_str(&out), FVM_STR(u"\\??\\C:\\x")),
       "a file");
    ok(fvm_ntpath_to_nt(&out, FVM_STR(u"C:\\xyz")) == FVM_NAME_TOO_LONG && out.cch == 8,
       "all or nothing");
    out.cch = 0;
    ok(fvm_ntpath_to_nt(&out, FVM_STR(u"\\Device\\Afd")) == FVM_OK && out.cch == 11, "native");
}
