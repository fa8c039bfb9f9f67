/*
 * tests/programs/shift_so.c: a library that moves the heap of a process onto KUSER_SHARED_DATA,
 * once: before any constructor runs, as the kernel does it to one process in some thousands.
 * FVM_SHIFT names a file that is made by the first process; later ones are left alone.
 */
#include <elf.h>
#include <fcntl.h>
#include <sys/syscall.h>

extern char **environ;
void shift_anchor(void);

static long call(long number, long a, long b, long c)
{
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
}

/* libc is not ready: the environment is read where the kernel put it. */
static int is_first(void)
{
    static char text[4096];
    long fd = call(SYS_open, (long)"/proc/self/environ", O_RDONLY, 0);
    long cb = fd < 0 ? 0 : call(SYS_read, fd, (long)text, sizeof(text) - 1);
    static const char name[] = "FVM_SHIFT=";

    call(SYS_close, fd, 0, 0);
    for (long i = 0, start = 0; i < cb; i++) {
        long j = 0;

        if (text[i])
            continue;
        while (name[j] && text[start + j] == name[j])
            j++;
        if (!name[j]) {
            fd = call(SYS_open, (long)(text + start + j), O_CREAT | O_EXCL | O_WRONLY, 0600);
            return fd >= 0 && !call(SYS_close, fd, 0, 0);
        }
        start = i + 1;
    }
    return 0;
}

static void nothing(void)
{
}

__attribute__((used)) static void (*resolve(void))(void)
{
    unsigned long end = (unsigned long)call(SYS_brk, 0, 0, 0);

    if (end < 0x7ffe0000 && is_first())
        call(SYS_brk, 0x7ffe4000, 0, 0);
    return nothing;
}

void shift_anchor(void) __attribute__((ifunc("resolve")));
/* A pointer to it has to be resolved while the library is loaded. */
void (*const shift_used)(void) = shift_anchor;
