/* launcher/win/fvmstart.c: start a program in a VM of this Windows, wait for it, give its exit
 * code.
 *
 * usage: fvmstart --vm NUMBER PROGRAM [ARG...] */
#include "launcher/win/spawn.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

enum { EXIT_FVM_FAILED = 125, EXIT_CANNOT_EXECUTE = 126, EXIT_NOT_FOUND = 127 };

static int usage(void)
{
    fprintf(stderr, "usage: fvmstart --vm NUMBER PROGRAM [ARG...]\n");
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

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
    struct win_vm vm = {0};
    DWORD error, code = EXIT_FVM_FAILED;
    unsigned long number;

    if (argc < 4 || wcscmp(argv[1], L"--vm"))
        return usage();
    number = wcstoul(argv[2], NULL, 10);
    if (!number || number > 65535)
        return usage();
    error = win_vm_open(&vm, (unsigned)number);
    if (!error)
        error = win_vm_run(&vm, rest_of_line(3), &code);
    if (error)
        code = (DWORD)fail(&vm, error);
    win_vm_close(&vm);
    return (int)code;
}
