/* guest/pe/wineboot/user.c: where the user's folders are, for the environment of all programs. */
#include "guest/pe/wineboot/boot.h"

#define PROFILE_LIST                                                                               \
    L"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList"
#define SHELL_FOLDERS L"Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\User Shell Folders"

/* The profile folder: <ProfilesDirectory>\<user>; made when the user is new in this base. */
static void profile_folder(WCHAR out[MAX_PATH])
{
    WCHAR user[64] = L"";
    struct nt_value folder;
    HANDLE key = nt_key_open(NULL, PROFILE_LIST, KEY_QUERY_VALUE);

    if (!key || !nt_value_get(key, L"ProfilesDirectory", &folder) ||
        !ExpandEnvironmentStringsW((WCHAR *)folder.data, out, MAX_PATH - ARRAY_LEN(user)))
        lstrcpyW(out, L"C:\\users");
    if (key)
        NtClose(key);
    if (!GetEnvironmentVariableW(L"WINEUSERNAME", user, ARRAY_LEN(user)))
        GetEnvironmentVariableW(L"USERNAME", user, ARRAY_LEN(user));
    lstrcatW(out, L"\\");
    lstrcatW(out, user);
    CreateDirectoryW(out, NULL);
}

/* A folder of User Shell Folders, with all its parents, in the name of the profile given. */
static void shell_folder(HANDLE folders, const WCHAR *name, const WCHAR *fallback,
                         const WCHAR *profile, WCHAR out[MAX_PATH])
{
    static const WCHAR variable[] = L"%USERPROFILE%";
    const WCHAR *text = fallback;
    struct nt_value value;

    if (folders && nt_value_get(folders, name, &value))
        text = (WCHAR *)value.data;
    if (!_wcsnicmp(text, variable, ARRAY_LEN(variable) - 1))
        _snwprintf(out, MAX_PATH, L"%s%s", profile, text + ARRAY_LEN(variable) - 1);
    else
        ExpandEnvironmentStringsW(text, out, MAX_PATH);
    if (GetFileAttributesW(out) != INVALID_FILE_ATTRIBUTES)
        return;
    for (size_t i = 3; out[i]; i++) {
        if (out[i] != '\\')
            continue;
        out[i] = 0;
        CreateDirectoryW(out, NULL);
        out[i] = '\\';
    }
    CreateDirectoryW(out, NULL);
}

/* The base carries these values from its own boot: nt_value_set writes only what differs. */
static void fill_environment(HANDLE key, HANDLE folders)
{
    WCHAR profile[MAX_PATH], path[MAX_PATH], user[64] = L"", computer[20] = L"\\\\";
    DWORD size = MAX_COMPUTERNAME_LENGTH + 1;

    profile_folder(profile);
    shell_folder(folders, L"AppData", L"%USERPROFILE%\\AppData\\Roaming", profile, path);
    nt_value_set(key, L"APPDATA", path);
    shell_folder(folders, L"Local AppData", L"%USERPROFILE%\\AppData\\Local", profile, path);
    nt_value_set(key, L"LOCALAPPDATA", path);
    nt_value_set(key, L"CLIENTNAME", L"Console");
    nt_value_set(key, L"SESSIONNAME", L"Console");
    nt_value_set(key, L"HOMESHARE", L"");
    nt_value_set(key, L"USERPROFILE", profile);
    nt_value_set(key, L"HOMEPATH", profile + 2);
    profile[2] = 0;
    nt_value_set(key, L"HOMEDRIVE", profile);
    if (GetEnvironmentVariableW(L"WINEUSERNAME", user, ARRAY_LEN(user)))
        nt_value_set(key, L"USERNAME", user);
    if (GetComputerNameW(computer + 2, &size)) {
        nt_value_set(key, L"USERDOMAIN", computer + 2);
        nt_value_set(key, L"LOGONSERVER", computer);
    }
}

void boot_user_environment(void)
{
    HANDLE user, key, folders;

    if (RtlOpenCurrentUser(KEY_ALL_ACCESS, &user))
        return;
    key = nt_key_create_volatile(user, L"Volatile Environment");
    folders = nt_key_open(user, SHELL_FOLDERS, KEY_QUERY_VALUE);
    if (key) {
        fill_environment(key, folders);
        NtClose(key);
    }
    if (folders)
        NtClose(folders);
    NtClose(user);
}
