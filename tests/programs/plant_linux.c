/*
 * plant_linux WHAT KEY=VALUE...: what a hostile program may leave behind in its VM's layer or
 * registry, for the commands that look at it later.
 */
#include "args.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void touch(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

    (void)!write(fd, text, strlen(text));
    close(fd);
}

static void leave_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strcpy(address.sun_path, path);
    (void)!bind(fd, (struct sockaddr *)&address, sizeof(address));
    close(fd);
}

static void plant_names(const char *folder)
{
    static const char *const names[] = {"line\nbreak",
                                        "esc\033[31mred",
                                        "csi\302\2332Jc1",
                                        "raw\233\2332J",
                                        "back\\..\\..\\slash",
                                        "..\\..\\up",
                                        "con.",
                                        "trailing ",
                                        "\342\200\256exe.txt",
                                        ".fvm-00010001",
                                        "%s%n%p",
                                        "-rf",
                                        "user.overlay.opaque"};

    if (chdir(folder))
        return;
    for (size_t i = 0; i < COUNT(names); i++)
        touch(names[i], "x");
}

static void plant_deep(const char *folder, int levels)
{
    if (chdir(folder))
        return;
    for (int i = 0; i < levels; i++)
        if (mkdir("d", 0755) || chdir("d"))
            return;
    touch("end", "x");
}

/* Wine's server would write its own hives: it is stopped meanwhile. (Its death ends the VM at
 * once.) */
static void signal_server(int number)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    char path[300], name[16];

    while (proc && (entry = readdir(proc))) {
        pid_t pid = atoi(entry->d_name);
        int fd;

        snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
        fd = pid > 1 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        if (fd < 0)
            continue;
        memset(name, 0, sizeof(name));
        if (read(fd, name, sizeof(name) - 1) > 0 && !strncmp(name, "wineserver", 10))
            kill(pid, number);
        close(fd);
    }
}

static int make_hive(const char *what)
{
    FILE *file;
    int fd;

    if (unlink("system.reg"))
        return 4;
    if (!strcmp(what, "hive-link"))
        return symlink(arg("out"), "system.reg") ? 5 : 0;
    if (!strcmp(what, "hive-folder"))
        return mkdir("system.reg", 0755) ? 5 : 0;
    if (!strcmp(what, "hive-hole")) {
        fd = open("system.reg", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        return fd < 0 || ftruncate(fd, (off_t)4 << 40) ? 5 : 0;
    }
    file = fopen("system.reg", "w");
    if (!file)
        return 5;
    fputs("WINE REGISTRY Version 2\n;; All keys relative to \\\\Machine\n\n#arch=win64\n", file);
    for (long i = 0; i < atol(arg("keys")); i++)
        fprintf(file, "\n[%lx]\n\"\"=\"\"\n", i);
    return fclose(file) ? 6 : 0;
}

/* In the folder of the hives, which then lets nobody write: the server's own save fails. */
static int plant_hive(const char *what)
{
    int result;

    signal_server(SIGSTOP);
    result = make_hive(what);
    if (chmod(".", 0500))
        result = 7;
    signal_server(SIGCONT);
    return result;
}

static int plant(const char *what)
{
    const char *folder = arg("folder"), *out = arg("out");
    char path[1024];
    int fd;

    if (chdir(folder))
        return 3;
    if (!strcmp(what, "links")) { /* links to folders and files outside, also where a folder of the
                                     base was */
        mkdir("plants", 0755);
        if (chdir("plants") || symlink(out, "folder") || symlink("/", "root") ||
            symlink("../../../../../../..", "up"))
            return 4;
        snprintf(path, sizeof(path), "%s/file", out);
        if (symlink(path, "file") || symlink("/dev/tty", "tty") || symlink("loop", "loop"))
            return 5;
        if (*arg("replace") && (rmdir(arg("replace")) || symlink(out, arg("replace"))))
            return 6;
        leave_socket("socket");
        touch("setuid", "#!/bin/sh\n");
        chmod("setuid", 0777); /* the bit comes from outside: a VM cannot make it */
        mkdir("closed", 0755);
        touch("closed/in", "x");
        chmod("closed", 0);
        touch("locked", "x");
        chmod("locked", 0);
        mkdir("sticky", 0777);
        chmod("sticky", 01777);
        plant_names(".");
        return 0;
    }
    if (!strcmp(what, "deep")) {
        plant_deep(folder, atoi(arg("levels")));
        return 0;
    }
    if (!strcmp(
            what,
            "names")) { /* one file with many names, as big as a file of the base that is gone */
        for (int i = 1; i <= atoi(arg("count")); i++) {
            snprintf(path, sizeof(path), "%s.%d", arg("of"), i);
            if (link(arg("of"), path))
                return 4;
        }
        return unlink(arg("gone")) ? 5 : 0;
    }
    if (!strcmp(what, "sparse")) { /* holes of 4 TB */
        fd = open("sparse", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        if (fd < 0 || ftruncate(fd, (off_t)4 << 40) || pwrite(fd, "x", 1, (off_t)3 << 40) != 1)
            return 4;
        close(fd);
        return 0;
    }
    if (!strncmp(what, "hive-", 5))
        return plant_hive(what);
    return 2;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    args = argv + 2;
    return plant(argv[1]);
}
