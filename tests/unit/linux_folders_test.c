/* tests/unit/linux_folders_test.c: which folders a VM may see. */
#include "cli/linux/folders.h"
#include "tap.h"

TEST(folders_table)
{
    static const struct {
        const char *folder;
        enum fvm_show want;
    } cases[] = {
        {"/home/me/work", FVM_SHOW_FOLDER},
        {"/home/me/work/deep/er", FVM_SHOW_FOLDER},
        {"/home/me", FVM_SHOW_TOO_WIDE},
        {"/home", FVM_SHOW_TOO_WIDE},
        {"/", FVM_SHOW_TOO_WIDE},
        {"/home/me/.local", FVM_SHOW_TOO_WIDE},
        {"/home/me/.local/share/fvm", FVM_SHOW_TOO_WIDE},
        {"/home/me/.local/share/fvm/vms/x", FVM_SHOW_NEVER},
        {"/home/me/.local/share/fvm2", FVM_SHOW_FOLDER},
        {"/home/other", FVM_SHOW_FOLDER},
        {"/tmp", FVM_SHOW_TOO_WIDE},
        {"/tmp/x", FVM_SHOW_FOLDER},
        {"/usr/share/games", FVM_SHOW_ALREADY},
        {"/usrlocal", FVM_SHOW_FOLDER},
        {"/etc", FVM_SHOW_NEVER},
        {"/etc/ssl", FVM_SHOW_NEVER},
        {"/proc/1", FVM_SHOW_NEVER},
        {"/prefix", FVM_SHOW_ALREADY},
        {"/run/media/me/usb", FVM_SHOW_FOLDER},
        {"/run/user/1000", FVM_SHOW_NEVER},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        enum fvm_show got =
            fvm_judge_folder(cases[i].folder, "/home/me", "/home/me/.local/share/fvm");

        ok(got == cases[i].want, "%s: got %d, want %d", cases[i].folder, (int)got,
           (int)cases[i].want);
    }
    ok(fvm_judge_folder("/srv/x", NULL, "/var/lib/fvm") == FVM_SHOW_FOLDER, "no home");
}
