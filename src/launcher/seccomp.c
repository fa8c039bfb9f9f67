/* launcher/seccomp.c: installs the system call filters that launcher/filter/rules.c made, and says
 * what of i386 passes. */
#include "launcher/seal.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "filter.h" /* made: refused_filter, allowed_filter */

/* The number of set_thread_area() for i386 code. As x86-64's it is another call. */
#define I386_SET_THREAD_AREA 243

/*
 * Stands before a filter where 32-bit programs run. ntdll.so gives a 32-bit thread its segment by
 * `int $0x80`, which is a call of i386 whoever makes it; x86-64 has no call for that. Of i386 this
 * one passes, every other one ends the process; all else goes on to the filter, whose first
 * instruction is the next.
 */
static const struct sock_filter i386_gate[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_I386, 0, 4),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, I386_SET_THREAD_AREA, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
};

static int load(const struct sock_filter *code, size_t count, bool wine32)
{
    struct sock_filter whole[ARRAY_LEN(i386_gate) + ARRAY_LEN(refused_filter) +
                             ARRAY_LEN(allowed_filter)]; /* enough for either */
    size_t gate = wine32 ? ARRAY_LEN(i386_gate) : 0;
    struct sock_fprog program = {.len = (unsigned short)(gate + count), .filter = whole};

    memcpy(whole, i386_gate, gate * sizeof(*whole));
    memcpy(whole + gate, code, count * sizeof(*whole));
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) ? -errno : 0;
}

int fvm_seal_filter(bool wine32, struct fvm_error *err)
{
    int result = load(refused_filter, ARRAY_LEN(refused_filter), wine32);

    if (!result)
        result = load(allowed_filter, ARRAY_LEN(allowed_filter), wine32);
    if (result)
        return fvm_fail(err, result, "cannot install the system call filter: %s",
                        strerror(-result));
    return 0;
}
