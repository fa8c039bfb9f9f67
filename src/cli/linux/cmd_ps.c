/* cli/linux/cmd_ps.c: `fvm ps`: the processes of running VMs, as the host's /proc tells them. */
#include "cli/linux/cli.h"
#include "cli/show.h"
#include "store/file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct process {
    long host_pid, vm_pid;
    uint64_t rss_cb;
    char command[512];
};

/* "name: value" of /proc/PID/status; for NSpid the last number, the one inside. */
static long status_number(const char *status, const char *name, bool last)
{
    const char *at = strstr(status, name);
    long number = -1;

    if (!at)
        return -1;
    for (at += strlen(name); *at && *at != '\n';) {
        char *end;
        long next = strtol(at, &end, 10);

        if (end == at)
            break;
        number = next;
        at = end;
        if (!last)
            break;
    }
    return number;
}

static void read_command(struct process *process, int dir)
{
    FVM_CLEANUP(fd) int fd = openat(dir, "cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t cb = fd < 0 ? -1 : read(fd, process->command, sizeof(process->command) - 1);

    if (cb <= 0) {
        snprintf(process->command, sizeof(process->command), "-");
        return;
    }
    process->command[cb] = 0;
    for (ssize_t i = 0; i < cb - 1; i++)
        if (iscntrl((unsigned char)process->command[i]))
            process->command[i] = process->command[i] ? '?' : ' ';
}

/* Of which shared VM is a process? The programs of a VM inherit a variable. */
static unsigned number_of(int dir)
{
    static const char variable[] = FVM_NUMBER_VARIABLE "=";
    FVM_CLEANUP(text) struct fvm_text environment = {0};

    if (fvm_file_read(&environment, dir, "environ", 1 << 20, NULL))
        return 0;
    for (size_t at = 0; at < environment.cb; at += strlen(environment.s + at) + 1)
        if (!strncmp(environment.s + at, variable, sizeof(variable) - 1))
            return (unsigned)strtoul(environment.s + at + sizeof(variable) - 1, NULL, 10);
    return 0;
}

static bool look(struct process *process, const char *pid, const struct stat *ns, unsigned number)
{
    FVM_CLEANUP(text) struct fvm_text status = {0};
    FVM_CLEANUP(fd) int dir = -1;
    struct stat st;
    char path[64];

    snprintf(path, sizeof(path), "/proc/%s", pid);
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0 || fstatat(dir, "ns/pid", &st, 0) || st.st_ino != ns->st_ino ||
        st.st_dev != ns->st_dev)
        return false;
    if (number_of(dir) != number)
        return false;
    if (fvm_file_read(&status, dir, "status", 65536, NULL))
        return false;
    process->host_pid = strtol(pid, NULL, 10);
    process->vm_pid = status_number(status.s, "NSpid:", true);
    process->rss_cb = (uint64_t)(status_number(status.s, "VmRSS:", false) + 0) * 1024;
    if (status_number(status.s, "VmRSS:", false) < 0)
        process->rss_cb = 0;
    read_command(process, dir);
    return true;
}

static int add_vm(struct cli_table *table, const struct fvm_store *store, const struct fvm_vm *vm,
                  struct fvm_error *err)
{
    struct fvm_link link;
    struct stat ns;
    struct dirent *entry;
    DIR *proc;
    int result = fvm_link_open(&link, store, vm->path, err);

    if (result)
        return result == -ENOENT ? 0 : result;
    proc = opendir("/proc");
    if (proc && !fstat(link.ns[FVM_NS_PID], &ns))
        while ((entry = readdir(proc))) {
            struct process process;

            if (isdigit((unsigned char)entry->d_name[0]) &&
                look(&process, entry->d_name, &ns, link.number))
                cli_ps_add(table, vm->name,
                           &(struct cli_process){process.host_pid, process.vm_pid, process.rss_cb,
                                                 process.command});
        }
    if (proc)
        closedir(proc);
    fvm_link_release(&link); /* not closed without a word: that would stop a VM held by nobody */
    fvm_link_close(&link);
    return 0;
}

int cli_ps(const struct cli_words *words)
{
    struct cli_table table;

    cli_ps_begin(&table, words->json);
    return cli_print_vms(&table, words, add_vm);
}
