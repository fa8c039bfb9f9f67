/* guest/pe/wineboot/pending.c: what programs left for the next start of the system. */
#include "guest/pe/wineboot/boot.h"

#define SESSION_MANAGER L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Session Manager"
#define SERVICES        L"\\Registry\\Machine\\System\\CurrentControlSet\\Services"
#define MACHINE_RUN     L"\\Registry\\Machine\\Software\\Microsoft\\Windows\\CurrentVersion\\"
#define MACHINE_RUN_32                                                                             \
    L"\\Registry\\Machine\\Software\\Wow6432Node\\Microsoft\\Windows\\CurrentVersion\\"
#define USER_RUN L"Software\\Microsoft\\Windows\\CurrentVersion\\"

static const WCHAR *const run_once[] = {MACHINE_RUN L"RunOnce", MACHINE_RUN_32 L"RunOnce"};

static const WCHAR *without_prefix(const WCHAR *path)
{
    return _wcsnicmp(path, L"\\??\\", 4) ? path : path + 4;
}

/* One pair of PendingFileRenameOperations: "!" = replace, empty target = delete. */
static void rename_or_delete(const WCHAR *from, const WCHAR *to)
{
    DWORD flags = 0;

    if (*to == '!') {
        flags = MOVEFILE_REPLACE_EXISTING;
        to++;
    }
    from = without_prefix(from);
    to = without_prefix(to);
    if (*to)
        MoveFileExW(from, to, flags);
    else if (!RemoveDirectoryW(from) && GetLastError() == ERROR_DIRECTORY)
        DeleteFileW(from);
}

/* Execute the list; data is the raw multi-string, empty strings being part of it. */
static void execute_renames(const WCHAR *data, ULONG length_cch)
{
    const WCHAR *end = data + length_cch, *from = data;

    while (from < end && *from) {
        const WCHAR *to = from + wcslen(from) + 1;

        if (to >= end)
            break;
        rename_or_delete(from, to);
        from = to + wcslen(to) + 1;
    }
}

static void pending_file_renames(void)
{
    UNICODE_STRING name;
    struct nt_value *value;
    ULONG size = 0;
    HANDLE key = nt_key_open(NULL, SESSION_MANAGER, KEY_QUERY_VALUE | KEY_SET_VALUE);

    if (!key)
        return;
    RtlInitUnicodeString(&name, L"PendingFileRenameOperations");
    NtQueryValueKey(key, &name, NT_KEY_VALUE_PARTIAL, NULL, 0, &size);
    value = size ? HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, size + 4 * sizeof(WCHAR)) : NULL;
    if (value && !NtQueryValueKey(key, &name, NT_KEY_VALUE_PARTIAL, value, size, &size)) {
        execute_renames((WCHAR *)value->data, value->length_cb / sizeof(WCHAR));
        NtDeleteValueKey(key, &name);
    }
    NtClose(key);
}

/* [rename] of wininit.ini: target=source lines, NUL=file deletes (Windows 9x, still used). */
static void wininit_renames(void)
{
    static WCHAR lines[16384];
    WCHAR file[MAX_PATH], done[MAX_PATH];

    GetWindowsDirectoryW(file, MAX_PATH - 16);
    lstrcpyW(done, file);
    lstrcatW(file, L"\\wininit.ini");
    lstrcatW(done, L"\\wininit.bak");
    if (GetFileAttributesW(file) == INVALID_FILE_ATTRIBUTES)
        return;
    GetPrivateProfileSectionW(L"rename", lines, ARRAY_LEN(lines), file);
    for (WCHAR *line = lines, *next; *line; line = next) {
        WCHAR *from = line;

        next = line + wcslen(line) + 1;
        while (*from && *from != '=')
            from++;
        if (*line == ';' || !*from)
            continue;
        *from++ = 0;
        if (lstrcmpiW(line, L"NUL"))
            MoveFileExW(from, line, MOVEFILE_COPY_ALLOWED | MOVEFILE_REPLACE_EXISTING);
        else
            DeleteFileW(from);
    }
    MoveFileExW(file, done, MOVEFILE_REPLACE_EXISTING);
}

void boot_pending_renames(void)
{
    wininit_renames();
    pending_file_renames();
}

static void run_command(const WCHAR *text, bool wait)
{
    static WCHAR command[4096];
    STARTUPINFOW startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION process;

    ExpandEnvironmentStringsW(text, command, ARRAY_LEN(command));
    if (!CreateProcessW(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process)) {
        nt_warn("wineboot: a program of a Run key could not be started\n");
        return;
    }
    if (wait)
        WaitForSingleObject(process.hProcess, INFINITE);
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
}

struct run_entry { /* KEY_VALUE_FULL_INFORMATION */
    ULONG index, type, data_offset, data_cb, name_cb;
    WCHAR name[4096];
};

/* Run all entries of a key, last one first as Wine does; an entry is deleted before it runs. */
static void run_key(HANDLE root, const WCHAR *name, bool once, bool wait)
{
    static struct run_entry entry;
    HANDLE key = nt_key_open(root, name, KEY_QUERY_VALUE | KEY_SET_VALUE);

    for (ULONG i = nt_key_value_count(key); i-- > 0;) {
        UNICODE_STRING value_name;
        WCHAR *text = NULL;
        ULONG got;

        if (NtEnumerateValueKey(key, i, 1, &entry, sizeof(entry) - sizeof(WCHAR), &got))
            continue;
        text = (WCHAR *)((BYTE *)&entry + entry.data_offset);
        text[entry.data_cb / sizeof(WCHAR)] = 0;
        value_name.Buffer = entry.name;
        value_name.Length = value_name.MaximumLength = (USHORT)entry.name_cb;
        if (once)
            NtDeleteValueKey(key, &value_name);
        if ((entry.type == REG_SZ || entry.type == REG_EXPAND_SZ) && entry.data_cb > 2)
            run_command(text, wait);
    }
    if (key)
        NtClose(key);
}

bool boot_has_run_once(void)
{
    ULONG count = 0;

    for (size_t i = 0; i < ARRAY_LEN(run_once); i++) {
        HANDLE key = nt_key_open(NULL, run_once[i], KEY_QUERY_VALUE);

        count += nt_key_value_count(key);
        if (key)
            NtClose(key);
    }
    return count > 0;
}

bool boot_has_auto_start(void)
{
    struct { /* KEY_BASIC_INFORMATION */
        LARGE_INTEGER written;
        ULONG title, name_cb;
        WCHAR name[256];
    } entry;
    HANDLE services = nt_key_open(NULL, SERVICES, KEY_ENUMERATE_SUB_KEYS);
    bool found = false;
    ULONG got;

    for (ULONG i = 0; services && !found; i++) {
        struct nt_value value;
        HANDLE key;

        if (NtEnumerateKey(services, i, 0, &entry, sizeof(entry) - sizeof(WCHAR), &got))
            break;
        entry.name[entry.name_cb / sizeof(WCHAR)] = 0;
        key = nt_key_open(services, entry.name, KEY_QUERY_VALUE);
        found = key && nt_value_get(key, L"Start", &value) && value.type == REG_DWORD &&
                *(DWORD *)value.data <= SERVICE_AUTO_START;
        if (key)
            NtClose(key);
    }
    if (services)
        NtClose(services);
    return found;
}

void boot_run_once(void)
{
    for (size_t i = 0; i < ARRAY_LEN(run_once); i++)
        run_key(NULL, run_once[i], true, true);
}

void boot_run_in_background(void)
{
    HANDLE user;

    run_key(NULL, MACHINE_RUN L"RunServicesOnce", true, false);
    run_key(NULL, MACHINE_RUN_32 L"RunServicesOnce", true, false);
    run_key(NULL, MACHINE_RUN L"RunServices", false, false);
    if (RtlOpenCurrentUser(KEY_ALL_ACCESS, &user))
        return;
    run_key(user, USER_RUN L"RunOnce", true, false);
    NtClose(user);
}
