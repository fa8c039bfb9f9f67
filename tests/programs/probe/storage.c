/* tests/programs/probe/storage.c: files, drives and volumes. See probe.h. */
#include "probe.h"

#include <stdio.h>
#include <string.h>

bool check_files(void)
{
    wchar_t folder[MAX_PATH], path[MAX_PATH], moved[MAX_PATH];
    char text[8] = "";
    DWORD done = 0;
    HANDLE file;
    bool ok;

    GetTempPathW(MAX_PATH, folder);
    GetTempFileNameW(folder, L"prb", 0, path);
    file = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    ok = file != INVALID_HANDLE_VALUE && WriteFile(file, "probe", 5, &done, NULL);
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    ok = ok && ReadFile(file, text, 5, &done, NULL) && !strcmp(text, "probe");
    CloseHandle(file);
    swprintf(moved, MAX_PATH, L"%ls.moved", path);
    ok = ok && MoveFileW(path, moved) && DeleteFileW(moved);
    return say(ok, "%ls", path);
}

bool check_drive_type(void)
{
    UINT type = GetDriveTypeW(L"C:\\");

    return say(type == DRIVE_FIXED, "C: is %u", type);
}

bool check_disk_free(void)
{
    ULARGE_INTEGER available, total;
    bool ok = GetDiskFreeSpaceExW(L"C:\\", &available, &total, NULL);

    return say(ok && total.QuadPart, "%llu of %llu MB", available.QuadPart >> 20,
               total.QuadPart >> 20);
}

bool check_logical_drives(void)
{
    DWORD mask = GetLogicalDrives();

    return say(mask & 4, "%#lx", mask);
}

bool check_drive_strings(void)
{
    wchar_t text[256] = L"";
    DWORD length = GetLogicalDriveStringsW(256, text);

    for (DWORD i = 0; i < length && i < 255; i += 4)
        if (text[i] == 'C')
            return say(true, "%lu characters", length);
    return say(false, "%lu characters", length);
}

bool check_query_dos_device(void)
{
    wchar_t text[512] = L"";
    DWORD length = QueryDosDeviceW(L"C:", text, 512);

    return say(length > 0, "%ls", text);
}

bool check_volume_information(void)
{
    wchar_t label[64] = L"", system[64] = L"";
    DWORD serial = 0, component = 0, flags = 0;
    bool ok = GetVolumeInformationW(L"C:\\", label, 64, &serial, &component, &flags, system, 64);

    return say(ok && *system, "%ls, serial %lx", system, serial);
}

bool check_find_volume(void)
{
    wchar_t name[128] = L"";
    HANDLE find = FindFirstVolumeW(name, 128);

    say(find != INVALID_HANDLE_VALUE, "%ls", name);
    if (find == INVALID_HANDLE_VALUE)
        return false;
    FindVolumeClose(find);
    return true;
}

bool check_volume_name(void)
{
    wchar_t name[128] = L"";
    bool ok = GetVolumeNameForVolumeMountPointW(L"C:\\", name, 128);

    return say(ok, "%ls", name);
}
