/* launcher/win/fvmstart.c: start a program in a VM of this Windows, wait for it, give its exit
 * code.
 *
 * usage: fvmstart --vm NUMBER --layer FOLDER [--alias FROM=TO]... PROGRAM [ARG...]
 *
 * FOLDER keeps what the VM changes. An alias says that two names lead to one place, in the words of
 * core/ntpath.h: Z:\\prefix\\drive_c=C: */
#include "launcher/win/spawn.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

enum { EXIT_FVM_FAILED = 125, EXIT_CANNOT_EXECUTE = 126, EXIT_NOT_FOUND = 127 };

static int usage(void)
{
    fprintf(stderr,
            "usage: fvmstart --vm NUMBER --layer FOLDER [--alias FROM=TO]... PROGRAM [ARG...]\n");
    return EXIT_FVM_FAILED;
}

static int fail(const struct win_vm *vm, DWORD error)
{
    fprintf(stderr, "fvmstart: %s: error %lu\n", vm->failed ? vm->failed : "cannot start", error);
    if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND)
        return EXIT_NOT_FOUND;
    return error == ERROR_BAD_EXE_FORMAT || error == ERROR_ACCESS_DENIED ? EXIT_CANNOT_EXECUTE
                                                                         : EXIT_FVM_FAILED;
}

/* The command line behind our own arguments, as it was written: quoting is the program's business.
 */
static wchar_t *rest_of_line(int skip)
{
    wchar_t *at = GetCommandLineW();

    while (skip--) {
        bool quoted = false;

        while (*at && (quoted || (*at != ' ' && *at != '\t')))
            quoted ^= *at++ == '"';
        while (*at == ' ' || *at == '\t')
            at++;
    }
    return at;
}

static bool is(const wchar_t *text, const wchar_t *option)
{
    return !wcscmp(text, option);
}

/* @return index of the program in argv; 0: not understood */
static int read_options(struct win_options *options, int argc, wchar_t **argv)
{
    int at = 1;

    for (; at + 1 < argc && argv[at][0] == '-'; at += 2) {
        if (is(argv[at], L"--vm"))
            options->vm = wcstoul(argv[at + 1], NULL, 10);
        else if (is(argv[at], L"--layer"))
            options->layer = argv[at + 1];
        else if (is(argv[at], L"--alias") && options->alias_count < WIN_ALIASES)
            options->aliases[options->alias_count++] = argv[at + 1];
        else
            return 0;
    }
    return at < argc && options->layer && options->vm && options->vm <= 65535 ? at : 0;
}

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
    struct win_options options = {0};
    struct win_vm vm = {0};
    DWORD error, code = EXIT_FVM_FAILED;
    int program;

    if (argc > 2 && is(argv[1], L"--inside")) /* said by ourselves only */
        return win_start_inside(rest_of_line(2));
    program = read_options(&options, argc, argv);
    if (!program)
        return usage();
    error = win_vm_open(&vm, &options);
    if (!error)
        error = win_vm_run(&vm, rest_of_line(program), &code);
    if (error)
        code = (DWORD)fail(&vm, error);
    win_vm_close(&vm);
    return (int)code;
}
