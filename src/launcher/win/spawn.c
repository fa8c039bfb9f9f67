/* launcher/win/spawn.c: see spawn.h. */
#include "launcher/win/spawn.h"

#include "engine/image.h"
#include "engine/inject.h"
#include "engine/real.h"

#include <stdio.h>
#include <string.h>

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

static void *lay_out(const void *file, size_t cb)
{
    const IMAGE_NT_HEADERS *nt = fvm_image_headers(file);
    size_t image_cb = fvm_image_cb(file);
    char *image =
        image_cb ? VirtualAlloc(NULL, image_cb, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) : NULL;
    const IMAGE_SECTION_HEADER *sections;

    if (!image)
        return NULL;
    sections = IMAGE_FIRST_SECTION(nt);
    memcpy(image, file, nt->OptionalHeader.SizeOfHeaders);
    for (WORD i = 0; i < nt->FileHeader.NumberOfSections; i++) {
        if (!fits(&sections[i], cb, image_cb))
            return NULL;
        memcpy(image + sections[i].VirtualAddress,
               (const char *)file + sections[i].PointerToRawData, sections[i].SizeOfRawData);
    }
    if (!NT_SUCCESS(fvm_image_relocate(image, image - (char *)nt->OptionalHeader.ImageBase)))
        return NULL;
    return image;
}

static DWORD load_engine(struct win_vm *vm)
{
    WCHAR path[MAX_PATH + 16];
    DWORD cch = GetModuleFileNameW(NULL, path, MAX_PATH);
    size_t cb;
    void *file;

    while (cch && path[cch - 1] != '\\')
        cch--;
    memcpy(path + cch, L"fvm64.dll", sizeof(L"fvm64.dll"));
    file = read_file(path, &cb);
    vm->engine = file ? lay_out(file, cb) : NULL;
    if (file)
        HeapFree(GetProcessHeap(), 0, file);
    return vm->engine ? 0 : fail(vm, "cannot load fvm64.dll, which belongs beside this program");
}

/* --- block and job ----------------------------------------------------------------------- */

static void name_of(WCHAR name[64], const char *what, const struct win_options *options)
{
    _snwprintf(name, 64, L"__fvm_%hs_%lu", what, options->vm);
}

/* The job ends all its processes when the last handle to it is closed; none can leave it. */
static DWORD make_job(struct win_vm *vm, const struct win_options *options)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {
        .BasicLimitInformation = {.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE}};
    WCHAR name[64];

    name_of(name, "job", options);
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
    return load_engine(vm);
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

DWORD win_vm_begin(struct win_vm *vm, const struct win_options *options)
{
    DWORD error = find_calls(vm);
    WCHAR name[64];
    bool exists;

    if (error)
        return error;
    name_of(name, "vm", options);
    vm->section =
        CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, FVM_BLOCK_CB, name);
    exists = GetLastError() == ERROR_ALREADY_EXISTS;
    if (!vm->section || (exists && !options->may_run))
        return fail(vm, "cannot make the VM's block");
    error = make_job(vm, options);
    if (!error)
        error = map_block(vm, name);
    if (error)
        return error;
    if (!exists)
        return win_layer_open(vm, options);
    return is_ready(vm->block)
               ? 0
               : (SetLastError(ERROR_REVISION_MISMATCH), fail(vm, "the VM runs with another FVM"));
}

DWORD win_vm_find(struct win_vm *vm, const struct win_options *options)
{
    DWORD error = find_calls(vm);
    WCHAR name[64];

    if (error)
        return error;
    name_of(name, "job", options);
    vm->job = OpenJobObjectW(JOB_OBJECT_ASSIGN_PROCESS, FALSE, name);
    name_of(name, "vm", options);
    vm->section = OpenFileMappingW(FILE_MAP_ALL_ACCESS, FALSE, name);
    if (!vm->section || !vm->job)
        return fail(vm, "this VM does not run");
    error = map_block(vm, name);
    if (!error && fvm_failed(fvm_block_check(vm->block)))
        return SetLastError(ERROR_REVISION_MISMATCH), fail(vm, "the VM runs with another FVM");
    return error;
}

DWORD win_vm_count(const struct win_vm *vm)
{
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION info = {.ActiveProcesses = 1};

    QueryInformationJobObject(vm->job, JobObjectBasicAccountingInformation, &info, sizeof(info),
                              NULL);
    return info.ActiveProcesses;
}

void win_vm_end(const struct win_vm *vm)
{
    TerminateJobObject(vm->job, ERROR_PROCESS_ABORTED);
    for (int i = 0; i < 300 && win_vm_count(vm); i++)
        Sleep(10);
}

void win_vm_close(struct win_vm *vm)
{
    if (vm->block)
        UnmapViewOfFile(vm->block);
    if (vm->section)
        CloseHandle(vm->section);
    if (vm->job)
        CloseHandle(vm->job);
    *vm = (struct win_vm){0};
}

/* --- programs ------------------------------------------------------------------------------- */

static DWORD WINAPI nothing(void *context)
{
    (void)context;
    return 0;
}

/* The engine runs in the next thread that begins, before the thread's own code. */
static DWORD start_engine(struct win_vm *vm)
{
    NTSTATUS status =
        fvm_inject(GetCurrentProcess(), vm->engine, GetModuleHandleW(L"ntdll.dll"), vm->name);
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

DWORD win_vm_enter(struct win_vm *vm)
{
    FILETIME created, other;
    int64_t when;

    if (!AssignProcessToJobObject(vm->job, GetCurrentProcess()))
        return fail(vm, "cannot enter the VM's job");
    if (!GetProcessTimes(GetCurrentProcess(), &created, &other, &other, &other))
        return fail(vm, "cannot ask for the program's start");
    when = (int64_t)created.dwHighDateTime << 32 | created.dwLowDateTime;
    if (fvm_failed(fvm_member_add(vm->block, GetCurrentProcessId(), when)))
        return SetLastError(ERROR_TOO_MANY_TCBS), fail(vm, "the VM has too many processes");
    return start_engine(vm);
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
