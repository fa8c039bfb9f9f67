/* guest/unix/guest.c: decide, once per process, which parts of libfvmguest.so it needs. */
#include "guest/unix/guest.h"
#include <string.h>
#include <sys/auxv.h>

/* glibc hands main's arguments to constructors. Everything here is paid by every process of a VM:
 * no allocation, no file is read. */
__attribute__((constructor)) static void start(int argc, char **argv)
{
    const char *path = (const char *)getauxval(AT_EXECFN);
    const char *name = path ? strrchr(path, '/') : NULL;

    if (!name || argc < 1)
        return;
    name++;
    if (!strcmp(name, "wineserver64")) {
        fvm_save_start();
        fvm_rename_start();
    } else if (!strcmp(name, "wine64") || !strcmp(name, "wine64-preloader")) {
        fvm_layout_start(argv);
        fvm_drivers_start(argv);
    }
}
