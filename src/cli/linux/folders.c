/* cli/linux/folders.c: see folders.h. */
#include "cli/linux/folders.h"

#include "core/share.h"

#include <string.h>

enum fvm_show fvm_judge_folder(const char *folder, const char *home, const char *store)
{
    static const char *const system[] = {"/usr",   "/bin",   "/sbin", "/lib",
                                         "/lib32", "/lib64", "/fvm",  "/prefix"};
    static const char *const never[] = {"/proc", "/sys",      "/dev",     "/etc",
                                        "/boot", "/run/user", "/run/fvm", "/home/fvm"};
    static const char *const roots[] = {"/",     "/home", "/tmp",   "/run", "/var",
                                        "/root", "/mnt",  "/media", "/srv", "/opt"};

    for (size_t i = 0; i < ARRAY_LEN(system); i++)
        if (fvm_path_within(folder, system[i]))
            return FVM_SHOW_ALREADY;
    for (size_t i = 0; i < ARRAY_LEN(never); i++)
        if (fvm_path_within(folder, never[i]))
            return FVM_SHOW_NEVER;
    for (size_t i = 0; i < ARRAY_LEN(roots); i++)
        if (!strcmp(folder, roots[i]))
            return FVM_SHOW_TOO_WIDE;
    if ((home && fvm_path_within(home, folder)) || fvm_path_within(store, folder))
        return FVM_SHOW_TOO_WIDE;
    return fvm_path_within(folder, store) ? FVM_SHOW_NEVER : FVM_SHOW_FOLDER;
}
