/* tests/nt/block.c: reach into what the processes of a VM share, from outside.
 * usage: block VM OFFSET VALUE: put 32 bits into the VM's block, print what stood there
 *        block wait FILE LINE: when there is such a file start a program, print how it ends */
#include <windows.h>

#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

static int wait_and_start(const wchar_t *file, wchar_t *line)
{
    STARTUPINFOW startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION started;
    DWORD code;

    printf("begun\n");
    fflush(stdout);
    for (int i = 0; i < 3000 && GetFileAttributesW(file) == INVALID_FILE_ATTRIBUTES; i++)
        Sleep(10);
    if (!CreateProcessW(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &started)) {
        printf("error %lu\n", GetLastError());
        return 1;
    }
    WaitForSingleObject(started.hProcess, INFINITE);
    GetExitCodeProcess(started.hProcess, &code);
    printf("%lx\n", code);
    return 0;
}

int wmain(int argc, wchar_t **argv)
{
    wchar_t name[64];
    HANDLE section;
    uint8_t *block;
    uint32_t value;

    if (argc != 4)
        return 2;
    if (!wcscmp(argv[1], L"wait"))
        return wait_and_start(argv[2], argv[3]);
    swprintf(name, 64, L"__fvm_vm_%ls", argv[1]);
    section = OpenFileMappingW(FILE_MAP_ALL_ACCESS, FALSE, name);
    block = section ? MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, 0) : NULL;
    if (!block) {
        printf("no block: error %lu\n", GetLastError());
        return 1;
    }
    block += wcstoul(argv[2], NULL, 0);
    memcpy(&value, block, sizeof(value));
    printf("%lu\n", (unsigned long)value);
    value = wcstoul(argv[3], NULL, 0);
    memcpy(block, &value, sizeof(value));
    return 0;
}
