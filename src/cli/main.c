/* cli/main.c: `fvm COMMAND ...`: finds the command, or helps. */
#include "cli/cli.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct cli_command *const commands[] = {
    &cli_run,  &cli_create, &cli_list,    &cli_ps,     &cli_stop, &cli_delete,
    &cli_diff, &cli_commit, &cli_discard, &cli_doctor, &cli_base,
};

static void print_help(void)
{
    printf(
        "fvm %s: a Windows of its own for any Windows program, on Linux with Wine\n\n"
        "The program sees the host's files, registry and programs; what it changes is private to\n"
        "its VM, and nothing it says leaves the VM.\n\n"
        "usage: fvm COMMAND [OPTION...]\n\n",
        FVM_VERSION);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        printf("  %-8s %s\n", commands[i]->name, commands[i]->summary);
    printf("\n`fvm COMMAND --help` tells all about one. Two to begin with:\n\n"
           "  fvm run ./setup.exe                  try it, keep nothing\n"
           "  fvm create box; fvm run --vm box ./setup.exe; fvm diff box\n\n"
           "environment: FVM_HOME  where bases and VMs are kept (default ~/.local/share/fvm;\n"
           "                       started by root: /var/lib/fvm)\n"
           "exit codes: the program's own; 125 fvm failed, 126 cannot execute, 127 not found\n");
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "--help";

    /* A standard stream that we were started without must not be a file of ours by accident. */
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            return CLI_FAILED;
    signal(SIGPIPE,
           SIG_IGN); /* a reader that has gone is an error of write(), told like any other */
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (!strcmp(name, commands[i]->name))
            return commands[i]->run(argc - 1, argv + 1);
    if (!strcmp(name, "--version")) {
        printf("fvm %s\n", FVM_VERSION);
        return CLI_OK;
    }
    if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
        for (size_t i = 0; argc > 2 && i < ARRAY_LEN(commands); i++)
            if (!strcmp(argv[2], commands[i]->name))
                return commands[i]->run(2, (char *[]){argv[2], (char *)"--help", NULL});
        print_help();
        return argc > 1 ? CLI_OK : CLI_FAILED;
    }
    cli_message("unknown command '%s'; see: fvm --help", name);
    return CLI_FAILED;
}
