/* Chance, paths and output of the differential probe. */
#include "random.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

static uint64_t state;
static wchar_t folder[PATH_CCH]; /* C:\x\y */
static size_t folder_cch;

IO_STATUS_BLOCK io;
unsigned char block[BLOCK_CB];
unsigned op_number;

void chance_start(unsigned long long seed, unsigned number)
{
    op_number = number;
    state = (seed * 1000003ull + number + 1) * 0x9e3779b97f4a7c15ull;
    for (int spin = 0; spin < 4; spin++)
        draw(2);
}

unsigned draw(unsigned below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)((state >> 11) % below);
}

bool often(unsigned percent)
{
    return draw(100) < percent;
}

bool world_start(const wchar_t *path)
{
    if (wcslen(path) >= PATH_CCH / 2 || wcslen(path) < 4 || path[1] != ':' || path[2] != '\\')
        return false;
    wcscpy(folder, path);
    folder_cch = wcslen(folder);
    if (folder[folder_cch - 1] == '\\')
        folder[--folder_cch] = 0;
    return true;
}

void world_expand(wchar_t out[TEXT_CCH], const wchar_t *shown)
{
    bool beside = *shown == 'B',
         path = (beside || *shown == 'F') && (!shown[1] || shown[1] == '\\');

    if (path)
        swprintf(out, TEXT_CCH, L"\\??\\%ls%ls%ls", folder, beside ? L"-beside" : L"", shown + 1);
    else
        wcscpy(out, shown);
}

ULONG world_folder_cb(void)
{
    return (ULONG)(folder_cch - 2) * sizeof(wchar_t);
}

/** @return units before the part of a name that is below FOLDER; 0 if it is not there */
static size_t prefix(const wchar_t *name, size_t cch, bool *beside)
{
    const wchar_t *tail = folder + 2;
    size_t tail_cch = folder_cch - 2;

    for (size_t at = 0; at + tail_cch <= cch; at++) {
        if (_wcsnicmp(name + at, tail, tail_cch))
            continue;
        at += tail_cch;
        *beside = cch - at >= 7 && !_wcsnicmp(name + at, L"-beside", 7);
        return at + (*beside ? 7 : 0);
    }
    return 0;
}

ULONG world_prefix_cb(const wchar_t *name, size_t cch)
{
    bool beside = false;

    return (ULONG)(prefix(name, cch, &beside) * sizeof(wchar_t));
}

void say_full_name(const wchar_t *name, size_t cch)
{
    bool beside = false;
    size_t at = prefix(name, cch, &beside);

    if (at)
        say(beside ? "B" : "F");
    say_name(name + at, cch - at);
}

void say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vprintf(format, args);
    va_end(args);
}

void say_name(const wchar_t *name, size_t cch)
{
    size_t shown = cch > 260 ? 40 : cch;

    putchar('"');
    for (size_t i = 0; i < shown; i++)
        if (name[i] >= ' ' && name[i] < 0x7f && !wcschr(L"\"{}", name[i]))
            putchar(name[i]);
        else
            printf("{%x}", name[i]);
    putchar('"');
    if (shown < cch)
        printf("...%u:%08x", (unsigned)cch, (unsigned)hash_bytes(name, cch * sizeof(*name)));
}

void say_time(LARGE_INTEGER when)
{
    if (when.QuadPart && when.QuadPart < 128000000000000000ll)
        say(" time=%lld", when.QuadPart);
    else
        say(" time=%s", when.QuadPart ? "now" : "0");
}

NTSTATUS say_status(NTSTATUS status, const IO_STATUS_BLOCK *answer)
{
    say(" -> %08lx", status);
    if (answer && answer->Information == INFO_UNSET)
        say(" info=-");
    else if (answer)
        say(" info=%llx", (unsigned long long)answer->Information);
    return status;
}

uint64_t hash_bytes(const void *data, size_t cb)
{
    const unsigned char *at = data;
    uint64_t hash = 14695981039346656037ull;

    while (cb--)
        hash = (hash ^ *at++) * 1099511628211ull;
    return hash ^ hash >> 32;
}

void pattern(unsigned char *data, size_t cb, unsigned number)
{
    for (size_t i = 0; i < cb; i++)
        data[i] = (unsigned char)(number * 31 + i * 7 + (i >> 8));
}

void io_clear(void)
{
    io.Pointer = NULL;
    io.Information = INFO_UNSET;
}
