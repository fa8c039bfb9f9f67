/* tests/programs/escape_linux/calls32.c: tries to get out of a VM by system calls of i386, which
 * 64-bit code makes by `int $0x80`. In a VM that runs 32-bit programs (wine32=1) one of them
 * passes: set_thread_area, which Wine needs. */
#include "try.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SET_THREAD_AREA = 243, TLS_FIRST = 12, TLS_LAST = 14 };

/* Pointers are in the low 4 GB, or there are none. */
static long call(long number, long a, long b, long c, long d)
{
    __asm__ volatile("int $0x80"
                     : "+a"(number)
                     : "b"(a), "c"(b), "d"(c), "S"(d), "D"(0L)
                     : "memory", "r8", "r9", "r10", "r11");
    return number;
}

/* With arguments that do nothing anywhere. */
static const struct {
    const char *name;
    long number, a, b, c, d;
} calls[] = {
    {"getpid", 20, 0, 0, 0, 0},
    {"open", 5, -1, 0, 0, 0},
    {"openat", 295, -1, -1, 0, 0},
    {"write", 4, -1, 0, 0, 0},
    {"execve", 11, -1, 0, 0, 0},
    {"mount", 21, -1, -1, -1, 0},
    {"umount2", 52, -1, 0, 0, 0},
    {"pivot_root", 217, -1, -1, 0, 0},
    {"chroot", 61, -1, 0, 0, 0},
    {"unshare", 310, -1, 0, 0, 0},
    {"setns", 346, -1, 0, 0, 0},
    {"clone3", 435, -1, -1, 0, 0},
    {"ptrace", 26, -1, -1, 0, 0},
    {"process_vm_readv", 347, -1, -1, -1, -1},
    {"socketcall", 102, -1, 0, 0, 0},
    {"socket", 359, -1, 0, 0, 0},
    {"connect", 362, -1, -1, 0, 0},
    {"ipc", 117, -1, 0, 0, 0},
    {"ioctl", 54, -1, 0x5412 /* TIOCSTI */, 0, 0},
    {"prctl", 172, -1, 0, 0, 0},
    {"kill", 37, 0, 0, 0, 0},
    {"keyctl", 288, -1, 0, 0, 0},
    {"bpf", 357, -1, 0, 0, 0},
    {"io_uring_setup", 425, 0, 0, 0, 0},
    {"userfaultfd", 374, -1, 0, 0, 0},
    {"perf_event_open", 336, 0, -1, -1, -1},
    {"modify_ldt", 123, -1, 0, 0, 0},
    {"vm86", 166, -1, 0, 0, 0},
    {"iopl", 110, -1, 0, 0, 0},
    {"get_thread_area", SET_THREAD_AREA + 1, 0, 0, 0, 0},
    {"sched_getaffinity", SET_THREAD_AREA - 1, 0, 0, 0, 0},
    {"set_thread_area as of x32", 0x40000000 | SET_THREAD_AREA, 0, 0, 0, 0},
    {"init_module", 128, -1, 0, 0, 0},
    {"adjtimex", 124, -1, 0, 0, 0},
    {"sigreturn", 119, 0, 0, 0, 0},
    {"number 1000", 1000, 0, 0, 0, 0},
    {"number -1", -1, 0, 0, 0, 0},
};
static size_t trying;
static void try_call(void)
{
    /* sigreturn of nothing is a fault, which is an answer of the kernel's as well. */
    call(calls[trying].number, calls[trying].a, calls[trying].b, calls[trying].c, calls[trying].d);
    _exit(0);
}
static bool killed(int status)
{
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}
static bool refused_calls(void)
{
    char list[400] = "";
    unsigned reached = 0;

    for (trying = 0; trying < COUNT(calls); trying++) {
        if (killed(in_child(try_call)))
            continue;
        reached++;
        if (strlen(list) + 40 < sizeof(list))
            sprintf(list + strlen(list), " %s", calls[trying].name);
    }
    return say(reached, "%u of %zu answered by the kernel:%s", reached, COUNT(calls), list);
}

/* As the kernel has it: asm/ldt.h. */
struct descriptor {
    uint32_t entry, base, limit, flags;
};
enum { SEG_32BIT = 1, CONTENTS = 1 << 1, READ_EXEC_ONLY = 1 << 3, IN_PAGES = 1 << 4 };
enum { NOT_PRESENT = 1 << 5, USEABLE = 1 << 6, LONG_MODE = 1 << 7 };
#define ANY_ENTRY ((uint32_t)-1)

static struct descriptor asked;
static void ask(void)
{
    struct descriptor *low =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    long result;

    if (low == MAP_FAILED)
        _exit(98);
    *low = asked;
    result = call(SET_THREAD_AREA, (long)low, 0, 0, 0);
    asked = *low;
    _exit(result ? 1 : 0);
}
/* Of set_thread_area itself: not more than a data segment in one of the thread's own three places.
 * Without wine32=1 not even that. */
static bool segments(void)
{
    static const struct {
        const char *name;
        uint32_t entry, flags;
        bool is_harmless;
    } cases[] = {
        {"data", ANY_ENTRY, SEG_32BIT | IN_PAGES | USEABLE, true},
        {"16-bit", ANY_ENTRY, IN_PAGES | USEABLE, false},
        {"code", ANY_ENTRY, SEG_32BIT | 2 * CONTENTS | IN_PAGES, false},
        {"conforming code", ANY_ENTRY, SEG_32BIT | 3 * CONTENTS | IN_PAGES, false},
        {"16-bit code", ANY_ENTRY, 2 * CONTENTS | IN_PAGES, false},
        {"not present", ANY_ENTRY, SEG_32BIT | NOT_PRESENT | USEABLE, false},
        {"long mode", ANY_ENTRY, 2 * CONTENTS | LONG_MODE | IN_PAGES, false},
    };
    bool may = *arg("wine32");
    int status;

    for (size_t i = 0; i < COUNT(cases); i++) {
        asked = (struct descriptor){cases[i].entry, 0, 0xfffff, cases[i].flags};
        status = in_child(ask);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && !(may && cases[i].is_harmless))
            return say(true, "%s accepted", cases[i].name);
        if (!killed(status) && !may)
            return say(true, "%s answered", cases[i].name);
    }
    for (uint32_t entry = 0; entry < 64; entry++) {
        asked = (struct descriptor){entry, 0, 0xfffff, SEG_32BIT | IN_PAGES | USEABLE};
        status = in_child(ask);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0 &&
            !(may && entry >= TLS_FIRST && entry <= TLS_LAST))
            return say(true, "entry %u accepted", entry);
    }
    return say(false, may ? "only data in the thread's own entries" : "killed");
}

const struct row calls32_rows[] = {
    {"calls: of i386, one by one", refused_calls, MUST},
    {"calls: set_thread_area of i386", segments, MUST},
    {0},
};
