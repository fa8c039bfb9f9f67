/* launcher/win/spawn.c: see spawn.h. */
#include "launcher/win/spawn.h"

#include "core/index.h"
#include "engine/image.h"
#include "engine/inject.h"
#include "engine/real.h"
#include "launcher/win/registry.h"
#include "launcher/win/services.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OTHER_VERSION "the VM was started by another version of FVM; stop it, then start it anew"

static DWORD fail(struct win_vm *vm, const char *what)
{
    DWORD error = GetLastError();

    vm->failed = what;
    return error ? error : ERROR_GEN_FAILURE;
}

/* --- the engine's file, laid out as the loader would ------------------------------------- */

static void *read_file(const WCHAR *path, size_t *cb)
{
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    LARGE_INTEGER size;
    void *data = NULL;
    DWORD got;

    if (file == INVALID_HANDLE_VALUE)
        return NULL;
    if (GetFileSizeEx(file, &size) && size.QuadPart > 4096 && size.QuadPart < 1 << 24) {
        *cb = (size_t)size.QuadPart;
        data = HeapAlloc(GetProcessHeap(), 0, *cb);
        if (data && (!ReadFile(file, data, (DWORD)*cb, &got, NULL) || got != *cb)) {
            HeapFree(GetProcessHeap(), 0, data);
            data = NULL;
        }
    }
    CloseHandle(file);
    return data;
}

static bool fits(const IMAGE_SECTION_HEADER *section, size_t file_cb, size_t image_cb)
{
    return (uint64_t)section->PointerToRawData + section->SizeOfRawData <= file_cb &&
           (uint64_t)section->VirtualAddress + section->SizeOfRawData <= image_cb;
}

/* @param image [out] zeroed, FVM_ENGINE_CB bytes */
static bool lay_out(char *image, const void *file, size_t cb)
{
    const IMAGE_NT_HEADERS32 *nt = fvm_image_headers(file);
    size_t image_cb = fvm_image_cb(file);
    const IMAGE_SECTION_HEADER *sections;

    if (!nt || image_cb > FVM_ENGINE_CB || nt->OptionalHeader.SizeOfHeaders > image_cb)
        return false;
    sections = IMAGE_FIRST_SECTION(nt);
    memcpy(image, file, nt->OptionalHeader.SizeOfHeaders);
    for (WORD i = 0; i < nt->FileHeader.NumberOfSections; i++) {
        if (!fits(&sections[i], cb, image_cb))
            return false;
        memcpy(image + sections[i].VirtualAddress,
               (const char *)file + sections[i].PointerToRawData, sections[i].SizeOfRawData);
    }
    return true;
}

/* Of all 64-bit processes: the system lays ntdll out once. */
static bool find_thunk(struct fvm_block_engine *engine)
{
    const void *ntdll = GetModuleHandleW(L"ntdll.dll");
    const void *thunk = fvm_image_export(ntdll, "LdrInitializeThunk");

    if (!thunk)
        return false;
    engine->ntdll = (uintptr_t)ntdll;
    engine->thunk = (uintptr_t)thunk;
    memcpy(engine->thunk_head, thunk, sizeof(engine->thunk_head));
    return true;
}

static bool load_engine(struct fvm_block *block, int kind, const void *file, size_t cb)
{
    struct fvm_block_engine *engine = &block->engines[kind];
    char *image = fvm_block_engine_image(block, kind);
    const char *divert, *start;

    if (!lay_out(image, file, cb) || fvm_image_is_64(image) != (kind == FVM_ENGINE_64))
        return false;
    divert = fvm_image_export(image, "fvm_divert");
    start = fvm_image_export(image, "fvm_start");
    if (!divert || !start || (kind == FVM_ENGINE_64 && !find_thunk(engine)))
        return false;
    engine->divert = (uint32_t)(divert - image);
    engine->start = (uint32_t)(start - image);
    engine->base = fvm_image_base(image);
    engine->cb = (uint32_t)fvm_image_cb(image);
    return true;
}

void win_beside(wchar_t path[MAX_PATH], const wchar_t *folder, const wchar_t *name)
{
    wchar_t self[MAX_PATH] = L"";

    if (!folder) {
        GetModuleFileNameW(NULL, self, MAX_PATH);
        if (wcsrchr(self, '\\'))
            *wcsrchr(self, '\\') = 0;
        folder = self;
    }
    _snwprintf(path, MAX_PATH - 1, L"%ls\\%ls", folder, name);
    path[MAX_PATH - 1] = 0;
}

/* Without fvm32.dll a VM runs 64-bit programs only. */
static DWORD load_engines(struct win_vm *vm, const wchar_t *folder)
{
    static const WCHAR *const names[] = {
        [FVM_ENGINE_64] = L"fvm64.dll", [FVM_ENGINE_32] = L"fvm32.dll"};
    WCHAR path[MAX_PATH];

    for (int kind = 0; kind < FVM_ENGINES; kind++) {
        size_t cb;
        void *file;
        bool is_loaded;

        win_beside(path, folder, names[kind]);
        file = read_file(path, &cb);
        if (!file && kind == FVM_ENGINE_32 && GetLastError() == ERROR_FILE_NOT_FOUND)
            continue;
        is_loaded = file && load_engine(vm->block, kind, file, cb);
        if (file)
            HeapFree(GetProcessHeap(), 0, file);
        if (!is_loaded)
            return fail(vm, kind == FVM_ENGINE_64
                                ? "cannot load fvm64.dll, which belongs beside this program"
                                : "cannot load fvm32.dll");
    }
    return 0;
}

/* --- block and job ----------------------------------------------------------------------- */

static void name_of(WCHAR name[64], const char *what, unsigned long number)
{
    _snwprintf(name, 64, L"__fvm_%hs_%lu", what, number);
}

/* The job ends all its processes when the last handle to it is closed; none can leave it. */
static DWORD make_job(struct win_vm *vm, const struct win_options *options)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {
        .BasicLimitInformation = {.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE}};
    WCHAR name[64];

    name_of(name, "job", options->vm);
    vm->job = CreateJobObjectW(NULL, name);
    if (!vm->job || !SetInformationJobObject(vm->job, JobObjectExtendedLimitInformation, &limits,
                                             sizeof(limits)))
        return fail(vm, "cannot make the VM's job");
    return 0;
}

static DWORD map_block(struct win_vm *vm, const WCHAR *name)
{
    DWORD session = 0;

    vm->block = MapViewOfFile(vm->section, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    if (!vm->block)
        return fail(vm, "cannot map the VM's block");
    if (!ProcessIdToSessionId(GetCurrentProcessId(), &session))
        return fail(vm, "cannot find out the session");
    _snwprintf(vm->name, ARRAY_LEN(vm->name), L"\\Sessions\\%lu\\BaseNamedObjects\\%ls", session,
               name);
    return 0;
}

static DWORD find_calls(struct win_vm *vm)
{
    if (!NT_SUCCESS(fvm_real_find(GetModuleHandleW(L"ntdll.dll"))))
        return SetLastError(ERROR_PROC_NOT_FOUND), fail(vm, "this ntdll lacks a call");
    return 0;
}

/* Whoever made the section fills it; he needs as long as his layer is large. */
static bool is_ready(const struct fvm_block *block)
{
    fvm_status status = fvm_block_check(block);

    for (int i = 0; status == FVM_CORRUPT && i < 3000; i++) {
        Sleep(10);
        status = fvm_block_check(block);
    }
    return !fvm_failed(status);
}

/* @return did the VM take us as another holder? Not when it is ending. */
static bool hold(struct fvm_block *block)
{
    uint32_t holders = __atomic_load_n(&block->holders, __ATOMIC_RELAXED);

    while (holders && !__atomic_compare_exchange_n(&block->holders, &holders, holders + 1, false,
                                                   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
    }
    return holders;
}

/* Others began the VM, and may end before us. */
static DWORD share_registry(struct win_vm *vm, const struct win_options *options)
{
    DWORD error;

    vm->registry = calloc(1, sizeof(*vm->registry));
    error = vm->registry ? win_registry_attach(vm->registry, fvm_block_registry(vm->block),
                                               (uint32_t)options->vm, options->layer)
                         : ERROR_NOT_ENOUGH_MEMORY;
    if (error)
        vm->failed = "cannot share the VM's registry";
    return error;
}

static DWORD begin(struct win_vm *vm, const struct win_options *options)
{
    DWORD error;
    WCHAR name[64];
    bool exists;

    name_of(name, "vm", options->vm);
    vm->section =
        CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, FVM_BLOCK_CB, name);
    exists = GetLastError() == ERROR_ALREADY_EXISTS;
    if (!vm->section)
        return fail(vm, "cannot make the VM's block");
    if (exists && !options->may_run)
        return SetLastError(ERROR_ALREADY_EXISTS), fail(vm, "a VM of this number runs");
    error = map_block(vm, name);
    if (error)
        return error;
    if (exists && !is_ready(vm->block))
        return SetLastError(ERROR_REVISION_MISMATCH), fail(vm, OTHER_VERSION);
    if (exists && !hold(vm->block))
        return SetLastError(ERROR_ALREADY_EXISTS), fail(vm, "a VM of this number is ending");
    error = make_job(vm, options);
    if (!error)
        error = win_objects_make(vm, options);
    if (error || exists)
        return error ? error : share_registry(vm, options);
    vm->block->holders = 1;
    error = load_engines(vm, options->engines);
    return error ? error : win_layer_open(vm, options);
}

DWORD win_vm_begin(struct win_vm *vm, const struct win_options *options)
{
    DWORD error = find_calls(vm);

    if (error)
        return error;
    /* What had this number may be ending: its processes hold the block until they are gone. */
    for (int i = 0; (error = begin(vm, options)) == ERROR_ALREADY_EXISTS && i < 500; i++) {
        win_vm_close(vm);
        Sleep(10);
    }
    if (!error && (error = win_registry_serve(vm->registry)) != 0)
        vm->failed = "cannot watch the VM's registry";
    return error ? error : win_services_serve(vm, options);
}

bool win_vm_is_taken(unsigned long number)
{
    WCHAR name[64];
    HANDLE section, job;

    name_of(name, "vm", number);
    section = OpenFileMappingW(FILE_MAP_READ, FALSE, name);
    /* A job is there as long as somebody has a handle of one of its dead processes. */
    name_of(name, "job", number);
    job = OpenJobObjectW(JOB_OBJECT_QUERY, FALSE, name);
    if (section)
        CloseHandle(section);
    if (job)
        CloseHandle(job);
    return section || job;
}

/* A process that was being started when its parent was killed never has a thread: in Wine 8 it has
 * ended then, and stays in its job. */
static bool lives(DWORD pid)
{
    HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, pid);
    bool is_alive = process && WaitForSingleObject(process, 0) == WAIT_TIMEOUT;

    if (process)
        CloseHandle(process);
    return is_alive;
}

/* Processes in the VM's job. @param ignored FVM_ROLE_...: who has one of these does not count */
static DWORD count_members(const struct win_vm *vm, uint32_t ignored)
{
    enum { FEW = 8 }; /* of so many it is asked whether they live */
    size_t cb = sizeof(JOBOBJECT_BASIC_PROCESS_ID_LIST) + FVM_MEMBERS * sizeof(ULONG_PTR);
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION info = {.ActiveProcesses = 1};
    JOBOBJECT_BASIC_PROCESS_ID_LIST *list;
    DWORD count, all;

    QueryInformationJobObject(vm->job, JobObjectBasicAccountingInformation, &info, sizeof(info),
                              NULL);
    count = all = info.ActiveProcesses;
    list = all ? malloc(cb) : NULL;
    if (list &&
        QueryInformationJobObject(vm->job, JobObjectBasicProcessIdList, list, (DWORD)cb, NULL)) {
        count = all = list->NumberOfProcessIdsInList;
        for (DWORD i = 0; i < all; i++) {
            DWORD pid = (DWORD)list->ProcessIdList[i];

            count -= fvm_member_roles(vm->block, pid) & ignored || (all <= FEW && !lives(pid));
        }
    }
    free(list);
    return count;
}

void win_vm_shut(const struct win_vm *vm)
{
    __atomic_store_n(&vm->block->holders, 0, __ATOMIC_SEQ_CST);
    /* What was being started while we ended the others comes into the job later. */
    for (int i = 0; i < 20 && (!i || count_members(vm, 0)); i++)
        win_vm_end(vm);
    win_registry_end(vm->registry, true);
}

void win_vm_release(const struct win_vm *vm)
{
    bool is_last = __atomic_sub_fetch(&vm->block->holders, 1, __ATOMIC_ACQ_REL) == 0;

    if (is_last)
        win_vm_end(vm);
    win_registry_end(vm->registry, is_last);
}

DWORD win_vm_save(const struct win_vm *vm)
{
    return win_registry_save(vm->registry);
}

DWORD win_vm_find(struct win_vm *vm, const struct win_options *options)
{
    DWORD error = find_calls(vm);
    struct fvm_index index;
    WCHAR name[64];

    if (error)
        return error;
    name_of(name, "job", options->vm);
    vm->job = OpenJobObjectW(JOB_OBJECT_ASSIGN_PROCESS, FALSE, name);
    name_of(name, "vm", options->vm);
    vm->section = OpenFileMappingW(FILE_MAP_ALL_ACCESS, FALSE, name);
    if (!vm->section || !vm->job)
        return fail(vm, "this VM does not run");
    error = map_block(vm, name);
    if (error)
        return error;
    if (fvm_failed(fvm_block_check(vm->block)))
        return SetLastError(ERROR_REVISION_MISMATCH), fail(vm, OTHER_VERSION);
    /* The engine would end us, and could not say why. */
    if (fvm_failed(fvm_index_attach(&index, fvm_block_index(vm->block), FVM_INDEX_CB)))
        return SetLastError(ERROR_FILE_CORRUPT),
               fail(vm, "the VM's overlay index is damaged; stop the VM and start it again");
    return 0;
}

DWORD win_vm_count(const struct win_vm *vm)
{
    return count_members(vm, FVM_ROLE_SERVICE);
}

void win_vm_end(const struct win_vm *vm)
{
    TerminateJobObject(vm->job, ERROR_PROCESS_ABORTED);
    for (int i = 0; i < 300 && count_members(vm, 0); i++)
        Sleep(10);
}

void win_vm_close(struct win_vm *vm)
{
    win_services_end(vm);
    if (vm->registry)
        win_registry_end(vm->registry, false);
    free(vm->registry);
    if (vm->block)
        UnmapViewOfFile(vm->block);
    if (vm->section)
        CloseHandle(vm->section);
    if (vm->job)
        CloseHandle(vm->job);
    while (vm->object_count)
        CloseHandle(vm->objects[--vm->object_count]);
    *vm = (struct win_vm){0};
}

/* --- programs ------------------------------------------------------------------------------- */

static DWORD WINAPI nothing(void *context)
{
    (void)context;
    return 0;
}

/* The engine runs in the next thread that begins, before the thread's own code. */
static DWORD start_engine(struct win_vm *vm, uint32_t roles)
{
    NTSTATUS status =
        fvm_inject(GetCurrentProcess(), vm->block, GetModuleHandleW(L"ntdll.dll"), vm->name, roles);
    HANDLE thread;

    if (!NT_SUCCESS(status))
        return SetLastError(ERROR_BAD_EXE_FORMAT), fail(vm, "cannot put the engine into a process");
    thread = CreateThread(NULL, 0, nothing, NULL, 0, NULL);
    if (!thread)
        return fail(vm, "cannot start a thread");
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    return 0;
}

DWORD win_vm_enter(struct win_vm *vm, uint32_t roles)
{
    if (!AssignProcessToJobObject(vm->job, GetCurrentProcess()))
        return fail(vm, "cannot enter the VM's job");
    /* Whoever ends the VM says so before he looks who is in it: see win_vm_shut(). */
    if (!__atomic_load_n(&vm->block->holders, __ATOMIC_SEQ_CST))
        return SetLastError(ERROR_PROCESS_ABORTED), fail(vm, "the VM is ending");
    return start_engine(vm, roles);
}

/* Backslashes count only before a quote, as for CommandLineToArgvW. */
wchar_t *win_rest_of_line(int skip)
{
    wchar_t *at = GetCommandLineW();

    while (skip--) {
        size_t slashes = 0;

        for (bool quoted = false; *at && (quoted || (*at != ' ' && *at != '\t')); at++) {
            if (*at == '"' && !(slashes & 1))
                quoted = !quoted;
            slashes = *at == '\\' ? slashes + 1 : 0;
        }
        while (*at == ' ' || *at == '\t')
            at++;
    }
    return at;
}

static BOOL WINAPI leave_it(DWORD event)
{
    return event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT;
}

void win_ignore_interrupts(void)
{
    SetConsoleCtrlHandler(leave_it, TRUE);
}

DWORD win_run(wchar_t *command_line, DWORD *code)
{
    STARTUPINFOW startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION started;

    if (!CreateProcessW(NULL, command_line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &started))
        return GetLastError();
    CloseHandle(started.hThread);
    WaitForSingleObject(started.hProcess, INFINITE);
    GetExitCodeProcess(started.hProcess, code);
    CloseHandle(started.hProcess);
    return 0;
}
