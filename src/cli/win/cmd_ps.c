/* cli/win/cmd_ps.c: `fvm ps`: the members of running VMs, as their blocks name them. */
#include "cli/show.h"
#include "cli/win/win.h"

#include <psapi.h>
#include <stdlib.h>
#include <string.h>
#include <winternl.h>

/* Where a 64-bit process keeps its command line; the other fields are of no interest. */
struct peb {
    uint8_t before[0x20];
    uint64_t parameters;
};
struct parameters {
    uint8_t before[0x70];
    uint16_t cb, max_cb;
    uint32_t gap;
    uint64_t line;
};

static bool read_there(HANDLE process, uint64_t at, void *to, size_t cb)
{
    SIZE_T got;

    return ReadProcessMemory(process, (const void *)(uintptr_t)at, to, cb, &got) && got == cb;
}

/* @return yours; NULL: it has none yet, or lets nobody look */
static char *command_of(HANDLE process)
{
    PROCESS_BASIC_INFORMATION basic;
    struct peb peb;
    struct parameters parameters;
    FVM_CLEANUP(wide) wchar_t *line = NULL;

    if (NtQueryInformationProcess(process, ProcessBasicInformation, &basic, sizeof(basic), NULL) ||
        !read_there(process, (uintptr_t)basic.PebBaseAddress, &peb, sizeof(peb)) ||
        !read_there(process, peb.parameters, &parameters, sizeof(parameters)))
        return NULL;
    line = calloc(parameters.cb / 2 + 1u, sizeof(*line));
    if (!line || !read_there(process, parameters.line, line, parameters.cb & ~1u))
        return NULL;
    return win_utf8(line);
}

static char *image_of(HANDLE process)
{
    wchar_t path[1024];
    DWORD cch = ARRAY_LEN(path);

    return QueryFullProcessImageNameW(process, 0, path, &cch) ? win_utf8(path) : NULL;
}

static bool began_at(HANDLE process, int64_t when)
{
    FILETIME created, ended, kernel, user;

    return GetProcessTimes(process, &created, &ended, &kernel, &user) &&
           (int64_t)((uint64_t)created.dwHighDateTime << 32 | created.dwLowDateTime) == when;
}

static void add_member(struct cli_table *table, const char *vm, const struct fvm_member *member)
{
    FVM_CLEANUP(handle)
    HANDLE process = OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE, member->pid);
    PROCESS_MEMORY_COUNTERS memory = {.cb = sizeof(memory)};
    struct cli_process row = {.host_pid = (long)member->pid, .vm_pid = (long)member->pid};
    FVM_CLEANUP(chars) char *command = NULL;
    DWORD code;

    if (!process || !began_at(process, member->created_100ns) ||
        (GetExitCodeProcess(process, &code) && code != STILL_ACTIVE))
        return;
    command = command_of(process);
    if (!command)
        command = image_of(process);
    row.command = command ? command : "?";
    if (GetProcessMemoryInfo(process, &memory, sizeof(memory)))
        row.rss_cb = memory.WorkingSetSize;
    cli_ps_add(table, vm, &row);
}

static void add_vm(struct cli_table *table, const struct win_store *store, const char *name)
{
    struct win_options options = {.vm = cli_running_number(store, name)};
    struct win_vm vm = {0};

    if (options.vm && !win_vm_find(&vm, &options))
        for (uint32_t i = 0; i < fvm_member_high(vm.block); i++) {
            struct fvm_member member = vm.block->members[i];

            if (member.pid && member.pid != FVM_MEMBER_TAKEN)
                add_member(table, name, &member);
        }
    win_vm_close(&vm);
}

int cli_ps(const struct cli_words *words)
{
    FVM_CLEANUP(win_entries) struct win_entries names = {0};
    struct win_store store;
    struct cli_table table;
    struct fvm_error err = {{0}};
    int result = win_store_open(&store, &err);

    cli_ps_begin(&table, words->json);
    if (!result && !words->count)
        result = win_store_names(&names, &store, &err);
    for (size_t i = 0; !result && i < names.count; i++)
        add_vm(&table, &store, names.at[i].utf8);
    for (int i = 0; !result && i < words->count; i++) {
        FVM_CLEANUP(win_kept) struct win_kept kept = {0};

        result = win_kept_open(&kept, &store, words->words[i], &err);
        if (!result)
            add_vm(&table, &store, kept.name);
    }
    win_store_close(&store);
    if (!result)
        return cli_table_print(&table);
    fvm_text_free(&table.out);
    return cli_failure(&err);
}
