/* cli/win/system.c: what differs between Windows and Wine. Nothing else here may ask which it is.
 */
#include "cli/win/win.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef char *__cdecl unix_name_of(const wchar_t *path);
typedef const char *__cdecl wine_version(void);

static FARPROC export_of(const wchar_t *module, const char *name)
{
    return GetProcAddress(GetModuleHandleW(module), name);
}

bool cli_is_wine(void)
{
    return export_of(L"ntdll.dll", "wine_get_version");
}

void cli_system_name(char *text, size_t cap)
{
    wine_version *version = (wine_version *)(void *)export_of(L"ntdll.dll", "wine_get_version");
    OSVERSIONINFOW info = {.dwOSVersionInfoSize = sizeof(info)};
    LONG(WINAPI * get)
    (OSVERSIONINFOW *) =
        (LONG(WINAPI *)(OSVERSIONINFOW *))(void *)export_of(L"ntdll.dll", "RtlGetVersion");

    if (version) {
        snprintf(text, cap, "Wine %s", version());
        return;
    }
    if (get)
        get(&info);
    snprintf(text, cap, "Windows %lu.%lu.%lu", info.dwMajorVersion, info.dwMinorVersion,
             info.dwBuildNumber);
}

/* In Wine a drive is a folder of Linux, and drive Z: shows that too: Z:\prefix\drive_c is C:.
 * @param unix_path of the drive's root: /prefix/dosdevices/c:/ */
static size_t add_aliases(wchar_t *aliases[WIN_ALIASES], size_t count, wchar_t drive,
                          const char *unix_path)
{
    FVM_CLEANUP(wide) wchar_t *path = win_wide(unix_path);
    static const wchar_t devices[] = L"\\dosdevices\\";
    wchar_t *at, alias[MAX_PATH + 16];

    if (!path)
        return count;
    for (wchar_t *c = path; *c; c++)
        if (*c == '/')
            *c = '\\';
    at = wcsstr(path, devices);
    if (!at || wcslen(path) > MAX_PATH - 32)
        return count;
    *at = 0;
    for (int way = 0; way < 2 && count < WIN_ALIASES; way++) {
        if (way)
            _snwprintf(alias, ARRAY_LEN(alias), L"Z:%ls\\drive_%lc=%lc:", path, drive | 32, drive);
        else
            _snwprintf(alias, ARRAY_LEN(alias), L"Z:%ls%ls%lc:=%lc:", path, devices, drive | 32,
                       drive);
        if (way && drive != 'C') /* others have no folder of their own in the prefix */
            break;
        aliases[count] = _wcsdup(alias);
        count += aliases[count] != NULL;
    }
    return count;
}

size_t cli_system_aliases(wchar_t *aliases[WIN_ALIASES])
{
    unix_name_of *name_of =
        (unix_name_of *)(void *)export_of(L"kernel32.dll", "wine_get_unix_file_name");
    size_t count = 0;

    for (wchar_t drive = 'C'; name_of && drive < 'Z'; drive++) {
        wchar_t root[] = {drive, ':', '\\', 0};
        char *unix_path;

        if (GetFileAttributesW(root) == INVALID_FILE_ATTRIBUTES)
            continue;
        unix_path = name_of(root);
        if (unix_path)
            count = add_aliases(aliases, count, drive, unix_path);
        HeapFree(GetProcessHeap(), 0, unix_path);
    }
    return count;
}
