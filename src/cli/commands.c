/* cli/commands.c: all commands: names, options, help. A line of help that only one system's command
 * tells is marked, and a string of its own. */
#include "cli/grammar.h"

#include <string.h>

/* Bits of struct cli_command's options, in the order of grammar.c's table. */
enum cli_option {
    OPTION_VM = 1 << 0,
    OPTION_BASE = 1 << 1,
    OPTION_LEVEL = 1 << 2,
    OPTION_CWD = 1 << 3,
    OPTION_ENV = 1 << 4,
    OPTION_ONLY = 1 << 5,
    OPTION_KEEP = 1 << 6,
    OPTION_JSON = 1 << 7,
    OPTION_REG = 1 << 8,
    OPTION_STAT = 1 << 9,
    OPTION_FORCE = 1 << 10,
    OPTION_DRY_RUN = 1 << 11,
    OPTIONS_TERMS = 0x3ff << 12 /* all terms of a VM: core/terms.h */
};

static void check_program(const struct cli_words *words)
{
    if (!words->count)
        cli_usage_error(words->command, "no program given");
    if (words->vm && words->keep)
        cli_usage_error(words->command,
                        "--keep is for a new VM, --vm names one that is kept anyway");
    for (char **env = words->env; env && *env; env++)
        if (!strchr(*env, '=') || **env == '=')
            cli_usage_error(words->command, "--env wants NAME=VALUE, not '%s'", *env);
}

static void check_one_name(const struct cli_words *words)
{
    if (words->count != 1)
        cli_usage_error(words->command, "exactly one NAME is wanted");
    if (words->json + words->reg + words->stat > 1)
        cli_usage_error(words->command, "--json, --reg and --stat exclude each other");
}

static void check_picture(const struct cli_words *words)
{
    if (words->count != 2)
        cli_usage_error(words->command, "a VM's NAME and a FILE are wanted");
}

static void check_clip(const struct cli_words *words)
{
    if (words->count != 2 || (strcmp(words->words[1], "get") && strcmp(words->words[1], "put")))
        cli_usage_error(words->command, "a VM's NAME and 'get' or 'put' are wanted");
}

static void check_names(const struct cli_words *words)
{
    if (!words->count)
        cli_usage_error(words->command, "a VM's NAME is wanted");
}

static void check_no_words(const struct cli_words *words)
{
    if (words->count)
        cli_usage_error(words->command, "no words are wanted behind the options");
}

static void check_any(const struct cli_words *words)
{
    (void)words;
}

static void check_base(const struct cli_words *words)
{
    const char *what = words->count ? words->words[0] : "list";

    if (words->count > 2 || (strcmp(what, "list") != 0 && strcmp(what, "create") != 0 &&
                             strcmp(what, "add-32bit") != 0))
        cli_usage_error(words->command, "cannot '%s'", what);
}

/* A marked line is a string of its own. */
/* clang-format off */
#define TERMS_HELP \
    CLI_ON_LINUX "What opens or narrows the seal, for sealed VMs. It holds from the VM's start to its end; a VM that is\n" \
    CLI_ON_LINUX "kept begins each time with what it was made with, unless the command line says otherwise.\n" \
    CLI_ON_LINUX "\n" \
    CLI_ON_LINUX "  --net KIND       none (default): its own loopback only; private: connections to the outside, not\n" \
    CLI_ON_LINUX "                   to this machine and its neighbours; lan: to the neighbours too; host: the\n" \
    CLI_ON_LINUX "                   network of this machine itself; vm:NAME: the network of another VM that runs\n" \
    CLI_ON_LINUX "  --publish PORTS  [ADDRESS:]HOSTPORT:VMPORT[/udp]: a port of this machine that leads into the VM\n" \
    CLI_ON_LINUX "                   (ADDRESS: 127.0.0.1); may be repeated; needs --net private or lan; UDP at the\n" \
    CLI_ON_LINUX "                   same number on both sides (see: fvm ports)\n" \
    CLI_ON_LINUX "  --display KIND   none (default): windows are there, nobody sees them; private[:WIDTHxHEIGHT]: an X\n" \
    CLI_ON_LINUX "                   server of its own (see: fvm view, fvm screenshot); host: yours, which lets the\n" \
    CLI_ON_LINUX "                   program see and drive all your windows\n" \
    CLI_ON_LINUX "  --sound          sound through your PulseAudio or PipeWire, microphone included\n" \
    CLI_ON_LINUX "  --share FOLDER   FOLDER[:ro|:rw][=D:]: a folder as it is: what the VM does there is done at once, diff\n" \
    CLI_ON_LINUX "                   and discard do not know of it; read-only if not :rw; as a drive, as a folder\n" \
    CLI_ON_LINUX "                   (=C:\\data), or at its own path on drive Z:; may be repeated\n" \
    CLI_ON_LINUX "  --memory SIZE    at most so much memory, such as 512M or 2G (wants a control group: root has one,\n" \
    CLI_ON_LINUX "                   others say: systemd-run --user --scope -p Delegate=yes fvm run ...)\n" \
    CLI_ON_LINUX "  --procs N        at most so many threads of all its programs\n" \
    CLI_ON_LINUX "  --cpus N         at most so much processor time, such as 0.5 or 2 processors (as --memory)\n" \
    CLI_ON_LINUX "  --disk SIZE      at most so much on disk; a VM that has more is ended\n" \
    CLI_ON_LINUX "  --timeout TIME   end the VM after 30s, 5m, 2h; exit code 124\n"
static const char run_help[] =
    CLI_ON_LINUX "PROGRAM is a Windows path (C:\\dir\\a.exe), a name on the VM's PATH (cmd, notepad), or a\n"
    CLI_ON_LINUX "Linux path to an .exe, .com, .bat, .cmd or .msi file. Its folder and the current folder are\n"
    CLI_ON_LINUX "visible in the VM at their own paths (drive Z:), copy-on-write; the rest of your home is not.\n"
    CLI_ON_WINDOWS "PROGRAM is a path (C:\\dir\\a.exe) or a name on the PATH (cmd, notepad), as the VM has it. The\n"
    CLI_ON_WINDOWS "whole Windows is visible in the VM, copy-on-write, but for what FVM itself keeps.\n"
    "Standard input, output and error, pipes, Ctrl-C and the exit code are the program's own.\n"
    "\n"
    "Without --vm the program gets a throw-away VM, which is deleted when its last program ends.\n"
    "If the VM runs already, the program joins it.\n"
    "\n"
    "  --vm NAME        run in this VM (see: fvm create)\n"
    "  --keep           keep the new VM: its name is told at the end\n"
    CLI_ON_LINUX "  --base NAME      base of the new VM (default: default)\n"
    CLI_ON_LINUX "  --cwd DIR        folder to start in, a Linux path or a Windows path of the VM\n"
    CLI_ON_LINUX "  --env NAME=VALUE set a variable; of your own environment only language, terminal and time\n"
    CLI_ON_LINUX "                   zone are passed on\n"
    CLI_ON_LINUX "  --level LEVEL    sealed (default): the VM has a Windows of its own, and the kernel holds it\n"
    CLI_ON_LINUX "                   apart; shared: it shares one sealed Windows with the other shared VMs:\n"
    CLI_ON_LINUX "                   files, registry, processes, named objects, pipes and services are its\n"
    CLI_ON_LINUX "                   own, windows are not yet; for programs that mean no harm to other VMs\n"
    CLI_ON_LINUX "\n"
    TERMS_HELP
    CLI_ON_WINDOWS "  --cwd DIR        folder to start in, as the VM has it\n"
    CLI_ON_WINDOWS "  --env NAME=VALUE set a variable; your own environment is passed on\n"
    CLI_ON_WINDOWS "  --level shared   files, registry, processes, named objects and pipes are the VM's own,\n"
    CLI_ON_WINDOWS "                   windows are not yet; for programs that mean no harm (the only choice\n"
    CLI_ON_WINDOWS "                   on Windows)\n"
    CLI_ON_WINDOWS "  --net host       the network is the host's (the only choice so far)\n"
    CLI_ON_WINDOWS "  --display host   windows are on the host's display (the only choice so far)\n"
    "\n"
    "exit code: the program's; 125 fvm failed, 126 no Windows program that can run here, 127 not found\n";

static const char create_help[] =
    CLI_ON_LINUX "The VM begins as an exact copy of its base and costs no more than a few folders.\n"
    CLI_ON_WINDOWS "The VM begins as this Windows is and costs no more than a few folders.\n"
    "Names are letters, digits and . _ - , at most 64, and differ by more than case.\n"
    "\n"
    CLI_ON_LINUX "  --base NAME     what it stands on (default: default; see: fvm base)\n"
    CLI_ON_LINUX "  --level LEVEL   sealed (default) or shared; see: fvm run --help\n"
    CLI_ON_LINUX "\n"
    TERMS_HELP
    CLI_ON_WINDOWS "  --level shared  the only choice on Windows; see: fvm run --help\n";

static const char commit_help[] =
    CLI_ON_LINUX "Files, deletions and registry of drive C: go into the base as one step; changes in folders of yours\n"
    CLI_ON_LINUX "(drive Z:) go into these folders. The VM keeps only what was not committed. The VM must not run; others\n"
    CLI_ON_LINUX "of the base may: they keep the version that they were started on, their next start sees the new one.\n"
    CLI_ON_WINDOWS "Files and deletions go into this Windows, each as one step. The VM keeps only what was not\n"
    CLI_ON_WINDOWS "committed. The VM must not run; others may: they see what is committed at once.\n"
    "If the host changed the same thing since the VM first saw it, nothing is done and the conflicts are\n"
    "listed. Killed half-way, say it again: it finishes.\n"
    "\n"
    "  --only GLOB   only what matches; * and ? match \\ too; a folder or key stands for all below it\n"
    CLI_ON_LINUX "                (C:\\users\\*, HKCU\\Software\\Foo, Z:\\home\\me\\work\\*.txt); may be repeated\n"
    CLI_ON_WINDOWS "                (C:\\users\\*, D:\\work\\*.txt); may be repeated\n"
    "  --dry-run     say what would be done\n"
    "  --force       in a conflict the VM wins\n";

static const char diff_help[] =
    "  + created   ~ changed   . only time, mode or attributes   - deleted   ! replaced   > renamed\n"
    "\n"
    CLI_ON_LINUX "Compared with the version of the base that the VM stands on; folders of yours that it saw (drive Z:)\n"
    CLI_ON_LINUX "with what is in them now. What Wine's own start changes is left out.\n"
    CLI_ON_WINDOWS "Compared with this Windows as it is now.\n"
    "\n"
    "  --json   {vm, running, files: [{change, node, path, from, size_before, size_after}],\n"
    "            registry: [{change, key, value, type}]}; change is created, changed, metadata, deleted,\n"
    "            replaced or renamed; node is file, directory, link or special; an entry without `value`\n"
    "            is the key itself\n"
    "  --reg    the registry's changes as a .reg file that regedit imports\n"
    "  --stat   counts only\n";

static const char list_help[] =
    "FILES is the size of what a VM keeps of its own; the base is shared.\n"
    "\n"
    "  --json   an array of {name, state (running, stopped, damaged), level, base, version, temporary,\n"
    "           created, bytes, files; error if damaged}\n";

static const char ps_help[] =
    CLI_ON_LINUX "PID is the process' number inside its VM (1 is FVM's own), HOSTPID outside.\n"
    CLI_ON_WINDOWS "PID is the process' number inside its VM, HOSTPID outside: the same at the level shared.\n"
    "\n"
    "  --json   an array of {vm, pid, host_pid, rss (bytes), command}\n";

static const char ports_help[] =
    "Ports of this machine that lead into running VMs: --publish of `fvm run` and `fvm create`. One that\n"
    "listens at 127.0.0.1 is reached from this machine only.\n"
    "\n"
    "  --json   an array of {vm, address, host_port, vm_port, protocol (tcp, udp)}\n";

static const char stop_help[] =
    CLI_ON_LINUX "Programs are ended without being asked; what they had written is kept, the registry too.\n"
    CLI_ON_WINDOWS "Programs are ended without being asked; what they had written is kept.\n"
    "A VM that does not run is left as it is.\n";

static const char delete_help[] =
    "There is no way back. A damaged VM (see: fvm list) is removed by deleting its folder.\n"
    "\n"
    "  --force   stop it first if it runs\n";

static const char discard_help[] =
    "The host's files and registry values shine through again. The VM must not run.\n"
    "\n"
    "  --only GLOB   only what matches, as for `fvm commit`; may be repeated\n"
    "  --dry-run     say what would be done\n";

static const char doctor_help[] =
    "ok: enforced or in order; less: works, with a limit that is named; BAD: no VM runs here until it is\n"
    "mended. Exit code 125 if anything is BAD.\n"
    "\n"
    "  --json   an array of {what, verdict, text}\n";

static const char no_displays[] = "VMs have no displays of their own on Windows";
static const char screenshot_help[] =
    "Of a VM that runs with --display private. FILE is a PNG; one that is there is replaced.\n";

static const char view_help[] =
    "Of a VM that runs with --display private. On a desktop a window opens, if xtigervncviewer is there;\n"
    "else it is told how a VNC viewer reaches it: a port on 127.0.0.1 and a password, good until Ctrl-C or\n"
    "the VM's end. Keys and mouse go in, pictures come out, no clipboard passes (see: fvm clip). Being\n"
    "looked at does not keep a VM running.\n";

static const char clip_help[] =
    "Of a VM that runs with --display private: its clipboard is no part of yours, and nothing passes\n"
    "by itself. put gives it the text of standard input, get prints what a program in it copied. Text\n"
    "only, at most 1 MB.\n";

static const char base_help[] =
    "A base is a Windows (a Wine prefix) that FVM made. VMs see it and never change it; only\n"
    "`fvm commit` does, by a new version, while running VMs keep the one they have.\n"
    "The base 'default' is made by itself when it is first needed.\n"
    "\n"
    "add-32bit makes a new version of a base whose VMs run 32-bit programs too: 0.6 GB more. If the\n"
    "libraries that Wine needs for that are not on this machine, Debian's are fetched into the store\n"
    "(95 MB, 0.6 GB on disk). FVM_WINE32 may name a folder that tools/get-wine32.sh made. Where they\n"
    "are, create makes bases with 32-bit programs at once.\n"
    "\n"
    "  --json   list as an array of {name, version, user, 32bit}\n";
/* clang-format on */

const struct cli_command cli_commands[] = {
    {
        .name = "run",
        .usage = "[OPTION...] [--] PROGRAM [ARG...]",
        .summary = "run a Windows program in a VM",
        .help = run_help,
        .options = OPTION_VM | OPTION_KEEP | OPTION_BASE | OPTION_CWD | OPTION_ENV | OPTION_LEVEL |
                   OPTIONS_TERMS,
        .check = check_program,
        .act = cli_run,
    },
    {
        .name = "create",
        .usage = "[OPTION...] NAME",
        .summary = "make a VM that is kept",
        .help = create_help,
        .options = OPTION_BASE | OPTION_LEVEL | OPTIONS_TERMS,
        .check = check_one_name,
        .act = cli_create,
    },
    {
        .name = "list",
        .usage = "[--json]",
        .summary = "list the VMs",
        .help = list_help,
        .options = OPTION_JSON,
        .check = check_no_words,
        .act = cli_list,
    },
    {
        .name = "ps",
        .usage = "[--json] [NAME...]",
        .summary = "list the processes of running VMs",
        .help = ps_help,
        .options = OPTION_JSON,
        .check = check_any,
        .act = cli_ps,
    },
    {
        .name = "ports",
        .usage = "[--json] [NAME...]",
        .summary = "list the ports that running VMs publish",
        .help = ports_help,
        .options = OPTION_JSON,
        .check = check_any,
        .act = cli_ports,
    },
    {
        .name = "stop",
        .usage = "NAME...",
        .summary = "end all programs of a VM",
        .help = stop_help,
        .check = check_names,
        .act = cli_stop,
    },
    {
        .name = "delete",
        .usage = "[--force] NAME...",
        .summary = "delete a VM with all that it changed",
        .help = delete_help,
        .options = OPTION_FORCE,
        .check = check_names,
        .act = cli_delete,
    },
    {
        .name = "diff",
        .usage = "[--json | --reg | --stat] NAME",
        .summary = "show what a VM changed, files and registry",
        .help = diff_help,
        .options = OPTION_JSON | OPTION_REG | OPTION_STAT,
        .check = check_one_name,
        .act = cli_diff,
    },
    {
        .name = "commit",
        .usage = "[--only GLOB]... [--dry-run] [--force] NAME",
        .summary = "merge what a VM changed into its base",
        .help = commit_help,
        .options = OPTION_ONLY | OPTION_DRY_RUN | OPTION_FORCE,
        .check = check_one_name,
        .act = cli_commit,
    },
    {
        .name = "discard",
        .usage = "[--only GLOB]... [--dry-run] NAME",
        .summary = "drop what a VM changed",
        .help = discard_help,
        .options = OPTION_ONLY | OPTION_DRY_RUN,
        .check = check_one_name,
        .act = cli_discard,
    },
    {
        .name = "doctor",
        .usage = "[--json]",
        .summary = "tell what this machine enforces, and what not",
        .help = doctor_help,
        .options = OPTION_JSON,
        .check = check_no_words,
        .act = cli_doctor,
    },
    {
        .name = "screenshot",
        .usage = "NAME FILE",
        .summary = "save what is on a VM's private display as a picture",
        .help = screenshot_help,
        .linux_only = no_displays,
        .check = check_picture,
        .act = cli_screenshot,
    },
    {
        .name = "view",
        .usage = "NAME",
        .summary = "see and use a VM's private display",
        .help = view_help,
        .linux_only = no_displays,
        .check = check_one_name,
        .act = cli_view,
    },
    {
        .name = "clip",
        .usage = "NAME get|put",
        .summary = "carry text from or to a VM's clipboard",
        .help = clip_help,
        .linux_only = no_displays,
        .check = check_clip,
        .act = cli_clip,
    },
    {
        .name = "base",
        .usage = "[--json] [list | create [NAME] | add-32bit [NAME]]",
        .summary = "list or make the Windows that VMs stand on",
        .help = base_help,
        .options = OPTION_JSON,
        .linux_only = "there are no bases on Windows: all VMs stand on this Windows itself",
        .check = check_base,
        .act = cli_base,
    }};
const size_t cli_command_count = ARRAY_LEN(cli_commands);
