/*
 * guest/unix/layout.c: start a loader again whose heap lies where Windows wants its shared data.
 *
 * KUSER_SHARED_DATA must be at 0x7ffe0000. wine64 is linked at 0x7d000000 and has no preloader in
 * Debian; the kernel puts its heap anywhere in the gigabyte above (arch_randomize_brk). One start
 * in some thousands meets that page: Wine 8 then ends without a word, CreateProcess fails in the
 * parent with ERROR_INTERNAL_ERROR. (Seen as Node.js' "spawn UNKNOWN", and forced in layout.t.)
 */
#include "guest/unix/guest.h"

#include <sys/auxv.h>
#include <unistd.h>

#define SHARED_DATA    0x7ffe0000UL
#define SHARED_DATA_CB 0x10000UL /* as Windows reserves it */
/* The heap began at most this far below its end of now, and may grow this far until Wine maps. */
#define BEGAN_CB 0x100000UL
#define GROWS_CB 0x800000UL

bool fvm_heap_in_the_way(uintptr_t heap_end)
{
    return heap_end + GROWS_CB > SHARED_DATA && heap_end < SHARED_DATA + SHARED_DATA_CB + BEGAN_CB;
}

void fvm_layout_start(char *const *argv)
{
    const char *path = (const char *)getauxval(AT_EXECFN);

    /* Another layout each time. Where nothing is random the heap begins right behind the loader,
     * far below: this cannot go on for ever. If exec fails, Wine may still be lucky. */
    if (fvm_heap_in_the_way((uintptr_t)sbrk(0)))
        execve(path, argv, environ);
}
