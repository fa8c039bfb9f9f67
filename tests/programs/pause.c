/* tests/programs/pause.c MILLISECONDS: says "ready" and stays. */
#include <windows.h>
#include <stdlib.h>

int wmain(int argc, wchar_t **argv)
{
    DWORD done;

    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), "ready\r\n", 7, &done, NULL);
    Sleep(argc > 1 ? (DWORD)_wtoi(argv[1]) : 1000);
    return 0;
}
