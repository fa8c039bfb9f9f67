/* unix_exec PATH [ARG...]: a Windows program that starts a native Linux program and waits for it,
 * as a hostile one would: by a call that Wine's ntdll exports. Exit code: the program's. */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

typedef LONG __cdecl spawn_function(char *const argv[], int wait);

int wmain(int argc, wchar_t **argv)
{
    spawn_function *spawn = (spawn_function *)(void *)GetProcAddress(GetModuleHandleW(L"ntdll.dll"),
                                                                     "__wine_unix_spawnvp");
    char **unix_argv = calloc((size_t)argc, sizeof(*unix_argv));

    if (!spawn || !unix_argv || argc < 2) {
        printf("unix_exec: %s\n",
               argc < 2 ? "no program given" : "this is no Wine that can start Linux programs");
        return 200;
    }
    for (int i = 1; i < argc; i++) {
        unix_argv[i - 1] = malloc(4096);
        if (!unix_argv[i - 1] ||
            !WideCharToMultiByte(CP_UTF8, 0, argv[i], -1, unix_argv[i - 1], 4096, NULL, NULL))
            return 201;
    }
    fflush(stdout);
    return (int)spawn(unix_argv, 1);
}
