/* tests/nt/registry_random/save.c: a key saved to a file, as a number that is the same wherever the
 * file says the same, times aside. */
#include "keys.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const wchar_t file_name[] = L"saved.tmp";

/* A line of the file. */
static uint32_t add_line(uint32_t hash, const char *line, size_t cb)
{
    static const char time[] = "#time=";

    if (cb >= sizeof(time) - 1 && !memcmp(line, time, sizeof(time) - 1))
        return hash;
    if (cb && line[0] == '[')
        while (cb > 1 && line[cb - 1] != ']')
            cb--;
    for (size_t i = 0; i < cb; i++)
        hash = (hash ^ (unsigned char)line[i]) * 16777619u;
    return hash;
}

static uint32_t hash_of(const char *text, size_t cb)
{
    uint32_t hash = 2166136261u;

    for (size_t at = 0, end; at < cb; at = end + 1) {
        const char *found = memchr(text + at, '\n', cb - at);

        end = found ? (size_t)(found - text) : cb;
        hash = add_line(hash, text + at, end - at);
    }
    return hash;
}

void save_begin(void)
{
    TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1,
                               .Privileges = {{.Attributes = SE_PRIVILEGE_ENABLED}}};
    HANDLE token;

    OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token);
    LookupPrivilegeValueW(NULL, SE_BACKUP_NAME, &wanted.Privileges[0].Luid);
    AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL);
    CloseHandle(token);
}

NTSTATUS save_key(HANDLE key, uint32_t *hash)
{
    HANDLE file = CreateFileW(file_name, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                              FILE_FLAG_DELETE_ON_CLOSE, NULL);
    NTSTATUS status = NtSaveKey(key, file);
    DWORD cb = GetFileSize(file, NULL), got = 0;
    char *text = malloc(cb + 1);

    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    if (!text || !ReadFile(file, text, cb, &got, NULL) || got != cb)
        status = STATUS_UNSUCCESSFUL;
    *hash = NT_SUCCESS(status) ? hash_of(text, cb) : 0;
    free(text);
    CloseHandle(file);
    return status;
}
