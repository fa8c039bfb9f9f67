/* stop_server_linux: a native program in a VM that stops (SIGSTOP) the VM's wineserver, which runs
 * under the same user. Exit code: 0 it was stopped, 1 there is none. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_server(const char *pid)
{
    char path[300], comm[32] = "";
    int fd;

    snprintf(path, sizeof(path), "/proc/%s/comm", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    if (read(fd, comm, sizeof(comm) - 1) < 0)
        comm[0] = '\0';
    close(fd);
    return !strncmp(comm, "wineserver", 10);
}

int main(void)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;

    while (proc && (entry = readdir(proc)))
        if (is_server(entry->d_name) && !kill(atoi(entry->d_name), SIGSTOP)) {
            puts("stopped");
            fflush(stdout);
            return 0;
        }
    return 1;
}
