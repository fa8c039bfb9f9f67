/* cli/win/main.c: where `fvm.exe` begins, and what is so on Windows. */
#include "cli/win/win.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_level(const char *level)
{
    return !strcmp(level, FVM_SHARED);
}

const struct cli_host cli_host = {
    .mark = CLI_ON_WINDOWS[0],
    .levels = "'" FVM_SHARED "'",
    .only_net = "host",
    .no_sealed = "--level sealed needs Linux: on Windows nothing below a program can seal it, only "
                 "'shared' is offered",
    .no_bases = "there are no bases on Windows: all VMs stand on this Windows itself",
    .is_level = is_level,
};

/* A console takes UTF-16; a pipe or a file gets the bytes as they are. */
const char *cli_put(bool is_error, const char *s, size_t cb)
{
    HANDLE to = GetStdHandle(is_error ? STD_ERROR_HANDLE : STD_OUTPUT_HANDLE);
    DWORD mode, done = 0, error;
    bool ok;

    if (!cb)
        return NULL;
    if (to && GetConsoleMode(to, &mode)) {
        FVM_CLEANUP(wide) wchar_t *wide = win_wide(s);

        ok = wide && WriteConsoleW(to, wide, (DWORD)wcslen(wide), &done, NULL);
    } else {
        ok = WriteFile(to, s, (DWORD)cb, &done, NULL) && done == cb;
    }
    if (ok)
        return NULL;
    error = GetLastError();
    return error == ERROR_NO_DATA || error == ERROR_BROKEN_PIPE ? ""
           : error == ERROR_DISK_FULL                           ? "the disk is full"
                                                                : "it cannot be written to";
}

static void free_words(char **words, int count)
{
    for (int i = 0; words && i < count; i++)
        free(words[i]);
    free(words);
}

/* What stands behind a program's name is its own: the C library's wildcards are off. */
int _CRT_glob = 0;
int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
    char **words;
    int code;

    if (argc == 3 && !wcscmp(argv[1], CLI_HOLD))
        return cli_hold(argv[2]);
    words = calloc((size_t)argc + 1, sizeof(*words));
    for (int i = 0; words && i < argc; i++) {
        words[i] = win_utf8(argv[i]);
        if (!words[i]) {
            free_words(words, argc);
            words = NULL;
        }
    }
    if (!words) {
        cli_message("out of memory");
        return CLI_FAILED;
    }
    code = cli_main(argc, words);
    free_words(words, argc);
    return code;
}
