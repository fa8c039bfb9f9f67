/* tests/nt/procs/lists.c: numbers and lists. See procs.h. */
#include "procs.h"

#include <tlhelp32.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- by number -------------------------------------------------------------------------------- */

static void print_open(const char *what, ACCESS_MASK access, DWORD pid, DWORD tid, BOOL is_thread)
{
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr)};
    CLIENT_ID id = {(HANDLE)(ULONG_PTR)pid, (HANDLE)(ULONG_PTR)tid};
    HANDLE handle = NULL;
    NTSTATUS status = is_thread ? NtOpenThread(&handle, access, &attr, &id)
                                : NtOpenProcess(&handle, access, &attr, &id);

    printf("%s %lx: %lx\n", what, access, (unsigned long)status);
    if (NT_SUCCESS(status))
        NtClose(handle);
}

int test_ids(DWORD pid, DWORD tid)
{
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr)};
    HANDLE handle;
    static const ACCESS_MASK process_rights[] = {
        1,     2,     8,      0x10,  0x20,     0x40,        0x200,
        0x400, 0x800, 0x1000, 0x1f3, 0x1fffff, SYNCHRONIZE, MAXIMUM_ALLOWED};
    static const ACCESS_MASK thread_rights[] = {
        1, 2, 8, 0x10, 0x20, 0x200, 0x800, 0x1fffff, SYNCHRONIZE, MAXIMUM_ALLOWED};

    for (size_t i = 0; i < sizeof(process_rights) / sizeof(*process_rights); i++)
        print_open("process", process_rights[i], pid, 0, FALSE);
    for (size_t i = 0; i < sizeof(thread_rights) / sizeof(*thread_rights); i++)
        print_open("thread", thread_rights[i], 0, tid, TRUE);
    print_open("number + 1", 0x1000, pid + 1, 0, FALSE);
    print_open("with its thread", 0x1000, pid, tid, FALSE);
    print_open("with another thread", 0x1000, pid, GetCurrentThreadId(), FALSE);
    print_open("thread alone", 0x1000, 0, tid, FALSE);
    print_open("thread as process", 0x1000, tid, 0, FALSE);
    print_open("process as thread", 0x800, 0, pid, TRUE);
    print_open("thread with its process", 0x800, pid, tid, TRUE);
    print_open("thread with another process", 0x800, GetCurrentProcessId(), tid, TRUE);
    print_open("number 0", 0x1000, 0, 0, FALSE);
    print_open("no such number", 0x1000, 0x7ffffffc, 0, FALSE);
    printf("no id: %lx\n", (unsigned long)NtOpenProcess(&handle, 0x1000, &attr, NULL));
    return 0;
}

/* --- lists ------------------------------------------------------------------------------------ */

struct process_entry {
    ULONG next, threads;
    LARGE_INTEGER reserved[3], created, user, kernel;
    UNICODE_STRING name;
    LONG priority;
    HANDLE pid, parent;
};
struct handle_entry {
    USHORT pid, trace;
    UCHAR type, flags;
    USHORT handle;
    void *object;
    ULONG access;
};
struct handle_entry_ex {
    void *object;
    ULONG_PTR pid, handle;
    ULONG access;
    USHORT trace, type;
    ULONG flags, reserved;
};

/* Whose entries are these? Printed once each, with names if they have one. */
static void print_processes(const char *list, ULONG cb)
{
    ULONG at = 0;

    for (;;) {
        const struct process_entry *entry = (const void *)(list + at);
        ULONG_PTR name = (ULONG_PTR)((const char *)entry->name.Buffer - list);

        printf(" %lu", (unsigned long)(ULONG_PTR)entry->pid);
        if (name < at || name + entry->name.Length > cb)
            printf(" (its name is outside of the list)");
        else
            printf(" %.*ls", (int)(entry->name.Length / sizeof(WCHAR)), entry->name.Buffer);
        if (!entry->next || at + entry->next > cb - sizeof(*entry))
            break;
        at += entry->next;
    }
}

static void print_holders(const char *list, ULONG cb, BOOL is_extended)
{
    size_t head = is_extended ? 16 : 8,
           size = is_extended ? sizeof(struct handle_entry_ex) : sizeof(struct handle_entry);
    ULONG count = *(const ULONG *)(const void *)list, last = 0;

    if (cb != head + count * size)
        printf(" (%lu handles in %lu bytes)", count, cb);
    for (ULONG i = 0; i < count; i++) {
        const char *at = list + head + i * size;
        ULONG pid = is_extended ? (ULONG)((const struct handle_entry_ex *)(const void *)at)->pid
                                : ((const struct handle_entry *)(const void *)at)->pid;

        if (pid != last)
            printf(" %lu", pid);
        last = pid;
    }
}

/* Does any of this text stand anywhere in the buffer, even where no entry is? */
static BOOL contains(const char *buffer, size_t cb, const wchar_t *text)
{
    size_t text_cb = wcslen(text) * sizeof(*text);

    for (size_t at = 0; at + text_cb <= cb; at += 2)
        if (!memcmp(buffer + at, text, text_cb))
            return TRUE;
    return FALSE;
}

static char list[1 << 22];

int test_lists(void)
{
    static const ULONG classes[] = {5, 57, 16, 64, 22, 53, 88, 148, 252};

    for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
        ULONG class = classes[i], none = 0, few = 0, used = 0;
        NTSTATUS at_none = NtQuerySystemInformation(class, list, 0, &none);
        NTSTATUS at_few = NtQuerySystemInformation(class, list, 32, &few);
        NTSTATUS status;

        memset(list, 0, sizeof(list));
        status = NtQuerySystemInformation(class, list, sizeof(list), &used);
        printf("class %lu: %lx %lx %lx", class, (unsigned long)at_none, (unsigned long)at_few,
               (unsigned long)status);
        if (class == 5 && (none < used || few < used))
            printf(" (asks for %lu and %lu, fills %lu)", none, few, used);
        if (!status && (class == 5 || class == 57))
            print_processes(list, used);
        if (!status && (class == 16 || class == 64))
            print_holders(list, used, class == 64);
        if (class == 5 && !status)
            printf(contains(list, sizeof(list), L"services.exe") ? ", services.exe"
                                                                 : ", no services.exe");
        printf("\n");
    }
    return 0;
}

int test_walk(void)
{
    NTSTATUS(NTAPI * next)(HANDLE, ACCESS_MASK, ULONG, ULONG, HANDLE *);
    HANDLE process = NULL;

    next = (NTSTATUS(NTAPI *)(HANDLE, ACCESS_MASK, ULONG, ULONG, HANDLE *))(void *)GetProcAddress(
        GetModuleHandleW(L"ntdll"), "NtGetNextProcess");
    if (!next)
        return printf("absent\n"), 0;
    while (NT_SUCCESS(next(process, PROCESS_QUERY_LIMITED_INFORMATION, 0, 0, &process)))
        printf("%lu\n", GetProcessId(process));
    return 0;
}

int test_parent(void)
{
    struct {
        NTSTATUS exit;
        void *peb;
        ULONG_PTR affinity;
        LONG priority;
        ULONG_PTR pid, parent;
    } basic;
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    PROCESSENTRY32W entry = {.dwSize = sizeof(entry)};

    NtQueryInformationProcess(GetCurrentProcess(), 0, &basic, sizeof(basic), NULL);
    printf("%lu", (unsigned long)basic.parent);
    for (BOOL more = Process32FirstW(snapshot, &entry); more;
         more = Process32NextW(snapshot, &entry))
        if (entry.th32ProcessID == GetCurrentProcessId())
            printf(" %lu", entry.th32ParentProcessID);
    printf(" of %lu\n", GetCurrentProcessId());
    return 0;
}
