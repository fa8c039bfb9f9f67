/* tests/programs/hello.c: the smallest program: its start is what is measured. */
#include <windows.h>

int wmain(void)
{
    DWORD done;

    return !WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), "hello\r\n", 7, &done, NULL);
}
