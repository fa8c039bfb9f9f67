/* launcher/win/fvmstart.c: VMs inside this Windows: begin one, run programs in it.
 *
 * usage: fvmstart --vm NUMBER [--cwd FOLDER] [--] PROGRAM [ARG...]
 *            run a program in a VM that runs; exit code: the program's
 *        fvmstart --vm NUMBER --layer FOLDER [--alias FROM=TO]... [--hide NAME]... PROGRAM [ARG...]
 *            begin a VM, run a program in it, end the VM with all that is left in it, unless others
 *            began it as well
 *        fvmstart --vm NUMBER --layer FOLDER [--alias FROM=TO]... [--hide NAME]... --serve
 *            begin a VM and hold it: see serve()
 *        fvmstart --exceptions NUMBER
 *            what a VM that runs shares with the whole Windows: how often it opened each by name,
 *            the name, why it is shared
 *        fvmstart --services NUMBER
 *            started by the one before: start the VM's service manager
 *
 * FOLDER keeps what the VM changes. An alias says that two names lead to one place, in the words of
 * core/ntpath.h: Z:\\prefix\\drive_c=C: */
#include "launcher/win/environment.h"
#include "launcher/win/services.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

enum { EXIT_FVM_FAILED = 125, EXIT_CANNOT_EXECUTE = 126, EXIT_NOT_FOUND = 127 };

static int usage(void)
{
    fprintf(stderr, "usage: fvmstart --vm NUMBER [--cwd FOLDER] PROGRAM [ARG...]\n"
                    "       fvmstart --vm NUMBER --layer FOLDER [--alias FROM=TO]... "
                    "[--hide NAME]... (PROGRAM [ARG...] | --serve)\n");
    return EXIT_FVM_FAILED;
}

static int fail(const struct win_vm *vm, DWORD error)
{
    fprintf(stderr, "fvm: %s: Windows error %lu\n", vm->failed ? vm->failed : "cannot start",
            error);
    return EXIT_FVM_FAILED;
}

static bool is(const wchar_t *text, const wchar_t *option)
{
    return !wcscmp(text, option);
}

/* @return index of the program in argv; 0: not understood */
static int read_options(struct win_options *options, bool *serves, int argc, wchar_t **argv)
{
    int at = 1;

    for (; at + 1 < argc && argv[at][0] == '-' && !is(argv[at], L"--serve") && !is(argv[at], L"--");
         at += 2) {
        if (is(argv[at], L"--vm"))
            options->vm = wcstoul(argv[at + 1], NULL, 10);
        else if (is(argv[at], L"--layer"))
            options->layer = argv[at + 1];
        else if (is(argv[at], L"--cwd"))
            options->cwd = argv[at + 1];
        else if (is(argv[at], L"--alias") && options->alias_count < WIN_ALIASES)
            options->aliases[options->alias_count++] = argv[at + 1];
        else if (is(argv[at], L"--hide") && options->hidden_count < WIN_HIDDEN)
            options->hidden[options->hidden_count++] = argv[at + 1];
        else
            return 0;
    }
    at += at < argc && is(argv[at], L"--");
    *serves = at < argc && is(argv[at], L"--serve");
    if (at >= argc || !options->vm || options->vm > 65535)
        return 0;
    return *serves && (!options->layer || at + 1 < argc) ? 0 : at;
}

/* Our standard output is a Linux pipe: no C library between. */
static void answer(const char *text, DWORD cb)
{
    DWORD done;

    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, cb, &done, NULL);
}

/* The VM's holder. Whoever began us writes one byte and reads one line: `c`, how many processes
 * does it have; `s`, end them all. When he closes his end, or we are killed, they end as well. */
static int serve(struct win_vm *vm)
{
    char word, line[32];
    DWORD got;

    answer("ready\n", 6);
    while (ReadFile(GetStdHandle(STD_INPUT_HANDLE), &word, 1, &got, NULL) && got) {
        if (word == 's') {
            win_vm_end(vm);
            win_vm_save(vm);
        }
        answer(line, (DWORD)snprintf(line, sizeof(line), "%lu\n", win_vm_count(vm)));
    }
    win_vm_release(vm);
    return 0;
}

static int cannot_start(const wchar_t *program, DWORD error)
{
    switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_NAME:
        fprintf(stderr, "fvm: no program '%ls' in the VM\n", program);
        return EXIT_NOT_FOUND;
    case ERROR_BAD_EXE_FORMAT:
    case ERROR_EXE_MACHINE_TYPE_MISMATCH:
        fprintf(stderr, "fvm: '%ls' is not a Windows program that can run here\n", program);
        return EXIT_CANNOT_EXECUTE;
    case ERROR_ACCESS_DENIED:
        fprintf(stderr, "fvm: cannot execute '%ls': access is denied\n", program);
        return EXIT_CANNOT_EXECUTE;
    default:
        fprintf(stderr, "fvm: cannot start '%ls': Windows error %lu\n", program, error);
        return EXIT_FVM_FAILED;
    }
}

static int run_inside(struct win_vm *vm, const struct win_options *options, const wchar_t *program,
                      wchar_t *command_line)
{
    FVM_CLEANUP(win_environment) struct win_environment host = {0};
    FVM_CLEANUP(win_environment) struct win_environment own = {0};
    wchar_t here[MAX_PATH] = L".";
    const wchar_t *cwd = options->cwd ? options->cwd : here;
    DWORD error, code = EXIT_FVM_FAILED;

    win_environment_read(&host);
    error = win_vm_enter(vm, 0);
    if (error)
        return fail(vm, error);
    win_environment_read(&own);
    win_environment_change(&host, &own);
    CloseHandle(vm->job); /* or the VM would not end while we live */
    vm->job = NULL;
    /* The VM's folder of the name, not the host's. Ours may be gone there: then it is the host's
     * in name only, as for a program whose folder is removed. */
    if (!options->cwd)
        GetCurrentDirectoryW(MAX_PATH, here);
    if (!SetCurrentDirectoryW(cwd) && options->cwd) {
        fprintf(stderr, "fvm: cannot enter '%ls' in the VM: Windows error %lu\n", cwd,
                GetLastError());
        return EXIT_FVM_FAILED;
    }
    win_ignore_interrupts();
    error = win_run(command_line, &code);
    return error ? cannot_start(program, error) : (int)code;
}

/* Another process of this program goes in: this one has to outlive the VM. */
static int run_and_end(struct win_vm *vm, const struct win_options *options, wchar_t *program)
{
    DWORD code = EXIT_FVM_FAILED, error;
    size_t cch = wcslen(program) + MAX_PATH + 64;
    wchar_t *line = malloc(cch * sizeof(*line)), self[MAX_PATH] = L"";

    GetModuleFileNameW(NULL, self, MAX_PATH);
    if (line)
        _snwprintf(line, cch, L"\"%ls\" --vm %lu %ls", self, options->vm, program);
    error = line ? win_run(line, &code) : ERROR_NOT_ENOUGH_MEMORY;
    free(line);
    win_vm_release(vm);
    return error ? fail(vm, error) : (int)code;
}

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
    struct win_options options = {0};
    struct win_vm vm = {0};
    bool serves;
    DWORD error;
    int program, code;

    if (argc == 3 && is(argv[1], L"--services"))
        return win_services_start(wcstoul(argv[2], NULL, 10));
    if (argc == 3 && is(argv[1], L"--exceptions"))
        return win_print_exceptions(wcstoul(argv[2], NULL, 10));
    program = read_options(&options, &serves, argc, argv);
    if (!program)
        return usage();
    options.may_run = !serves;
    error = options.layer ? win_vm_begin(&vm, &options) : win_vm_find(&vm, &options);
    if (error)
        code = fail(&vm, error);
    else if (serves)
        code = serve(&vm);
    else if (options.layer)
        code = run_and_end(&vm, &options, win_rest_of_line(program));
    else
        code = run_inside(&vm, &options, argv[program], win_rest_of_line(program));
    win_vm_close(&vm);
    return code;
}
