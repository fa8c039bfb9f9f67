/* guest/pe/lib/nt.c: the registry through ntdll alone, because advapi32 costs a start 5 ms. */
#include "guest/pe/lib/nt.h"

static void attributes(OBJECT_ATTRIBUTES *attr, UNICODE_STRING *text, HANDLE root,
                       const WCHAR *name)
{
    RtlInitUnicodeString(text, name);
    InitializeObjectAttributes(attr, text, OBJ_CASE_INSENSITIVE, root, NULL);
}

HANDLE nt_key_open(HANDLE root, const WCHAR *name, ACCESS_MASK access)
{
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attr;
    HANDLE key = NULL;

    attributes(&attr, &text, root, name);
    return NtOpenKey(&key, access, &attr) ? NULL : key;
}

/* Create one key whose parent exists. */
static HANDLE create_one(HANDLE root, UNICODE_STRING *text)
{
    OBJECT_ATTRIBUTES attr;
    HANDLE key = NULL;

    InitializeObjectAttributes(&attr, text, OBJ_CASE_INSENSITIVE, root, NULL);
    return NtCreateKey(&key, KEY_ALL_ACCESS, &attr, 0, NULL, REG_OPTION_VOLATILE, NULL) ? NULL
                                                                                        : key;
}

HANDLE nt_key_create_volatile(HANDLE root, const WCHAR *name)
{
    UNICODE_STRING text;
    HANDLE key;

    RtlInitUnicodeString(&text, name);
    key = create_one(root, &text);
    if (key)
        return key;
    /* NtCreateKey makes the last component only: make the parents, first one first. */
    for (size_t at = 1; at < text.MaximumLength / sizeof(WCHAR); at++) {
        UNICODE_STRING part = {(USHORT)(at * sizeof(WCHAR)), (USHORT)(at * sizeof(WCHAR)),
                               (WCHAR *)name};

        if (name[at] && name[at] != '\\')
            continue;
        if (key)
            NtClose(key);
        key = create_one(root, &part);
    }
    return key;
}

bool nt_value_get(HANDLE key, const WCHAR *name, struct nt_value *out)
{
    UNICODE_STRING text;
    ULONG got;

    RtlInitUnicodeString(&text, name);
    if (NtQueryValueKey(key, &text, NT_KEY_VALUE_PARTIAL, out, sizeof(*out) - sizeof(WCHAR), &got))
        return false;
    out->data[out->length_cb] = out->data[out->length_cb + 1] = 0;
    return true;
}

void nt_value_set(HANDLE key, const WCHAR *name, const WCHAR *text)
{
    struct nt_value old;
    UNICODE_STRING value_name;

    if (nt_value_get(key, name, &old) && !wcscmp((WCHAR *)old.data, text))
        return;
    RtlInitUnicodeString(&value_name, name);
    NtSetValueKey(key, &value_name, 0, REG_SZ, text, (ULONG)((wcslen(text) + 1) * sizeof(WCHAR)));
}

void nt_value_set_dword(HANDLE key, const WCHAR *name, DWORD value)
{
    UNICODE_STRING value_name;

    RtlInitUnicodeString(&value_name, name);
    NtSetValueKey(key, &value_name, 0, REG_DWORD, &value, sizeof(value));
}

ULONG nt_key_value_count(HANDLE key)
{
    struct { /* KEY_FULL_INFORMATION */
        LARGE_INTEGER written;
        ULONG title, class_offset, class_length, sub_keys, max_name, max_class, values;
        ULONG max_value_name, max_value_data;
        WCHAR class_text[64];
    } info = {0};
    ULONG got;
    NTSTATUS status = key ? NtQueryKey(key, NT_KEY_FULL, &info, sizeof(info), &got) : -1;

    /* 0x80000005: buffer overflow, when the class text is longer; the counts are there */
    return NT_SUCCESS(status) || status == (NTSTATUS)0x80000005 ? info.values : 0;
}

bool nt_start_services(bool inherit)
{
    enum { TIMEOUT_MS = 30000 };
    STARTUPINFOW startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION process;
    WCHAR path[MAX_PATH];
    HANDLE wait[2];
    bool ready;

    GetSystemDirectoryW(path, MAX_PATH - 16);
    lstrcatW(path, L"\\services.exe");
    if (!CreateProcessW(path, NULL, NULL, NULL, inherit, DETACHED_PROCESS, NULL, NULL, &startup,
                        &process)) {
        nt_warn("services.exe could not be started\n");
        return false;
    }
    wait[0] = CreateEventW(NULL, TRUE, FALSE, L"__wine_SvcctlStarted");
    wait[1] = process.hProcess;
    ready = WaitForMultipleObjects(2, wait, FALSE, TIMEOUT_MS) == WAIT_OBJECT_0;
    if (!ready)
        nt_warn("services.exe ended or did not become ready\n");
    CloseHandle(wait[0]);
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    return ready;
}

void nt_warn(const char *text)
{
    DWORD length = 0, done;

    while (text[length])
        length++;
    WriteFile(GetStdHandle(STD_ERROR_HANDLE), text, length, &done, NULL);
}
