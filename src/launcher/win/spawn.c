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

/* The job ends all its processes when the last handle to it is closed; none can leave it. */
static DWORD make_job(struct win_vm *vm, unsigned number)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {
        .BasicLimitInformation = {.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE}};
    WCHAR name[64];

    _snwprintf(name, 64, L"__fvm_job_%u", number);
    vm->job = CreateJobObjectW(NULL, name);
    if (!vm->job || !SetInformationJobObject(vm->job, JobObjectExtendedLimitInformation, &limits,
                                             sizeof(limits)))
        return fail(vm, "cannot make the VM's job");
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

static DWORD make_block(struct win_vm *vm, const struct win_options *options)
{
    unsigned number = (unsigned)options->vm;
    WCHAR name[64];
    DWORD session = 0, error = 0;
    bool is_new;

    _snwprintf(name, 64, L"__fvm_vm_%u", number);
    vm->section =
        CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, FVM_BLOCK_CB, name);
    if (!vm->section)
        return fail(vm, "cannot make the VM's block");
    is_new = GetLastError() != ERROR_ALREADY_EXISTS;
    vm->block = MapViewOfFile(vm->section, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    if (!vm->block)
        return fail(vm, "cannot map the VM's block");
    if (is_new)
        error = win_layer_open(vm, options);
    else if (!is_ready(vm->block))
        return SetLastError(ERROR_REVISION_MISMATCH), fail(vm, "the VM runs with another FVM");
    if (!ProcessIdToSessionId(GetCurrentProcessId(), &session))
        return fail(vm, "cannot find out the session");
    _snwprintf(vm->name, ARRAY_LEN(vm->name), L"\\Sessions\\%lu\\BaseNamedObjects\\%ls", session,
               name);
    return error;
}

DWORD win_vm_open(struct win_vm *vm, const struct win_options *options)
{
    DWORD error;

    if (!NT_SUCCESS(fvm_real_find(GetModuleHandleW(L"ntdll.dll"))))
        return SetLastError(ERROR_PROC_NOT_FOUND), fail(vm, "this ntdll lacks a call");
    error = load_engine(vm);
    if (!error)
        error = make_block(vm, options);
    return error ? error : make_job(vm, (unsigned)options->vm);
}

/* --- a program -------------------------------------------------------------------------------- */

/* It works as a process of the VM, and is none that the others see: it is in no table of members.
 */
static DWORD adopt(struct win_vm *vm, const PROCESS_INFORMATION *started)
{
    NTSTATUS status;

    if (!AssignProcessToJobObject(vm->job, started->hProcess))
        return fail(vm, "cannot put the program into the VM's job");
    status = fvm_inject(started->hProcess, vm->engine, GetModuleHandleW(L"ntdll.dll"), vm->name);
    if (NT_SUCCESS(status))
        return 0;
    fprintf(stderr, "fvmstart: injection: status %08lx\n", (unsigned long)status);
    return SetLastError(ERROR_BAD_EXE_FORMAT), fail(vm, "cannot put the engine into the program");
}

/* What win_start_inside() says by its exit code: this and a Windows error, or a process' number. */
enum { NOT_STARTED = 0x40000000 };

/* This program once more, as the VM's first process. @return its exit code in *code */
static DWORD run_starter(struct win_vm *vm, const wchar_t *command_line, DWORD *code)
{
    STARTUPINFOW startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION started;
    static WCHAR line[32767]; /* the longest that there is; too much for a stack */
    WCHAR self[MAX_PATH];
    DWORD error = 0;

    if (!GetModuleFileNameW(NULL, self, MAX_PATH) ||
        _snwprintf(line, ARRAY_LEN(line), L"fvmstart --inside %ls", command_line) < 0 ||
        !CreateProcessW(self, line, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &startup,
                        &started))
        return fail(vm, "cannot start the program that starts yours");
    error = adopt(vm, &started);
    if (error || ResumeThread(started.hThread) == (DWORD)-1) {
        error = error ? error : fail(vm, "cannot let the program run");
        TerminateProcess(started.hProcess, 1);
    } else {
        WaitForSingleObject(started.hProcess, INFINITE);
        GetExitCodeProcess(started.hProcess, code);
    }
    CloseHandle(started.hThread);
    CloseHandle(started.hProcess);
    return error;
}

int win_start_inside(wchar_t *command_line)
{
    STARTUPINFOW startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION started;

    /* Suspended it outlives this process, and whoever waits for it cannot come too late. */
    if (!CreateProcessW(NULL, command_line, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL,
                        &startup, &started))
        return (int)(NOT_STARTED | (GetLastError() & 0xffff));
    return (int)started.dwProcessId;
}

DWORD win_vm_run(struct win_vm *vm, const wchar_t *command_line, DWORD *code)
{
    HANDLE process;
    DWORD number = 0, error = run_starter(vm, command_line, &number);

    if (error)
        return error;
    if (number & NOT_STARTED || number & 0x80000000)
        return SetLastError(number & NOT_STARTED ? number & 0xffff : ERROR_BAD_EXE_FORMAT),
               fail(vm, "cannot start the program");
    process = OpenProcess(SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_SUSPEND_RESUME,
                          FALSE, number);
    if (!process || !NT_SUCCESS(real.NtResumeProcess(process)))
        return fail(vm, "cannot let the program run");
    WaitForSingleObject(process, INFINITE);
    GetExitCodeProcess(process, code);
    CloseHandle(process);
    return 0;
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
