/* rooms/processes/members.c: see processes.h. */
#include "rooms/processes/processes.h"

#include "engine/capture.h"
#include "engine/engine.h"
#include "engine/inject.h"
#include "engine/real.h"

enum { BASIC_INFORMATION = 0, TIMES = 4 };

/* Number and creation time of a process. */
static NTSTATUS identify(HANDLE process, DWORD *pid, LONGLONG *created)
{
    NT_PROCESS_BASIC basic;
    NT_PROCESS_TIMES times;
    NTSTATUS status =
        real.NtQueryInformationProcess(process, BASIC_INFORMATION, &basic, sizeof(basic), NULL);

    if (NT_SUCCESS(status))
        status = real.NtQueryInformationProcess(process, TIMES, &times, sizeof(times), NULL);
    if (!NT_SUCCESS(status))
        return status;
    *pid = (DWORD)basic.UniqueProcessId;
    *created = times.CreateTime.QuadPart;
    return STATUS_SUCCESS;
}

/* Does this member still live? */
static bool lives(const struct fvm_member *member)
{
    CLIENT_ID id = {.UniqueProcess = (HANDLE)(ULONG_PTR)member->pid};
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr)};
    HANDLE process;
    LONGLONG created = 0;
    DWORD pid;

    if (!NT_SUCCESS(real.NtOpenProcess(&process, PROCESS_QUERY_LIMITED_INFORMATION, &attr, &id)))
        return false;
    identify(process, &pid, &created);
    real.NtClose(process);
    return created == member->created_100ns;
}

void processes_sweep(void)
{
    struct fvm_block *block = fvm_engine.block;
    uint32_t high = fvm_member_high(block);

    for (uint32_t i = 0; i < high; i++) {
        struct fvm_member member = block->members[i];

        if (member.pid && !lives(&member))
            fvm_member_remove(block, member.pid, member.created_100ns);
    }
}

NTSTATUS processes_adopt(HANDLE process)
{
    uint32_t roles = fvm_roles_of_child(fvm_engine.roles);
    LONGLONG created;
    DWORD pid;
    NTSTATUS status = identify(process, &pid, &created);

    if (!NT_SUCCESS(status))
        return status;
    if (fvm_failed(fvm_member_add(fvm_engine.block, pid, created, roles))) {
        processes_sweep();
        if (fvm_failed(fvm_member_add(fvm_engine.block, pid, created, roles)))
            return STATUS_NO_MEMORY;
    }
    status = fvm_inject(process, fvm_engine.block, fvm_engine.ntdll, fvm_engine.section, roles);
    if (!NT_SUCCESS(status))
        fvm_member_remove(fvm_engine.block, pid, created);
    return status;
}

DWORD processes_number(HANDLE process)
{
    NT_PROCESS_BASIC basic;
    NTSTATUS status =
        real.NtQueryInformationProcess(process, BASIC_INFORMATION, &basic, sizeof(basic), NULL);

    return NT_SUCCESS(status) ? (DWORD)basic.UniqueProcessId : 0;
}

bool processes_is_member_handle(HANDLE process)
{
    LONGLONG created;
    DWORD pid;

    return NT_SUCCESS(identify(process, &pid, &created)) &&
           fvm_member_is(fvm_engine.block, pid, created);
}

NTSTATUS processes_hold(HANDLE *held, const CLIENT_ID *id)
{
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr)};
    CLIENT_ID asked = *id;
    NTSTATUS status;

    status = real.NtOpenProcess(held, PROCESS_QUERY_LIMITED_INFORMATION, &attr, &asked);
    if (NT_SUCCESS(status) && processes_is_member_handle(*held))
        return STATUS_SUCCESS;
    if (NT_SUCCESS(status))
        real.NtClose(*held);
    /* Somebody else's process is not there, also where it is its rights that keep one out. */
    return status == STATUS_ACCESS_DENIED &&
                   fvm_member_is(fvm_engine.block, (DWORD)(ULONG_PTR)id->UniqueProcess, 0)
               ? status
               : STATUS_INVALID_CID;
}

NTSTATUS processes_hold_thread(HANDLE *held, const CLIENT_ID *id)
{
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr)};
    CLIENT_ID asked = *id, owner = {0};
    NT_THREAD_BASIC basic;
    HANDLE process;
    NTSTATUS status = real.NtOpenThread(held, THREAD_QUERY_LIMITED_INFORMATION, &attr, &asked);

    if (!NT_SUCCESS(status))
        return STATUS_INVALID_CID;
    status = real.NtQueryInformationThread(*held, BASIC_INFORMATION, &basic, sizeof(basic), NULL);
    if (NT_SUCCESS(status)) {
        owner.UniqueProcess = basic.ClientId.UniqueProcess;
        status = processes_hold(&process, &owner);
    }
    real.NtClose(NT_SUCCESS(status) ? process : *held);
    return status;
}

static NTSTATUS read_head(const UNICODE_STRING *name, UINT8 *head, ULONG cb, ULONG *got)
{
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr),
                              .ObjectName = (UNICODE_STRING *)(ULONG_PTR)name,
                              .Attributes = OBJ_CASE_INSENSITIVE};
    LARGE_INTEGER start = {.QuadPart = 0};
    IO_STATUS_BLOCK io;
    HANDLE file;
    NTSTATUS status = real.NtOpenFile(&file, GENERIC_READ | SYNCHRONIZE, &attr, &io,
                                      FILE_SHARE_READ | FILE_SHARE_DELETE,
                                      FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE);

    if (!NT_SUCCESS(status))
        return status;
    status = real.NtReadFile(file, NULL, NULL, NULL, &io, head, cb, &start, NULL);
    *got = NT_SUCCESS(status) ? (ULONG)io.Information : 0;
    real.NtClose(file);
    return STATUS_SUCCESS;
}

/* Not there, not to be read: the call itself says what is wrong. */
static NTSTATUS check_head(const UNICODE_STRING *name)
{
    UINT8 head[2];
    ULONG got = 0;

    if (!NT_SUCCESS(read_head(name, head, sizeof(head), &got)))
        return STATUS_SUCCESS;
    return got == sizeof(head) && head[0] == 'M' && head[1] == 'Z' ? STATUS_SUCCESS
                                                                   : STATUS_INVALID_IMAGE_NOT_MZ;
}

static bool is_named(const UNICODE_STRING *name, const char *program)
{
    size_t cch = name->Length / sizeof(WCHAR), program_cch = 0;

    while (program[program_cch])
        program_cch++;
    for (size_t i = 1; i <= program_cch; i++) {
        WCHAR unit = i <= cch ? name->Buffer[cch - i] : 0;

        if ((unit >= 'A' && unit <= 'Z' ? unit + 'a' - 'A' : unit) != program[program_cch - i])
            return false;
    }
    return true;
}

/* Programs of Wine's that act for the whole Windows. */
static bool is_refused(const UNICODE_STRING *name)
{
    /* ExitWindowsEx starts it: it ends every program that has a window. */
    return is_named(name, "\\wineboot.exe") ||
           /* Loads drivers, whose devices everybody sees. */
           is_named(name, "\\winedevice.exe");
}

static NTSTATUS find_file(struct processes_image *image, NT_PS_ATTRIBUTE *attribute)
{
    UNICODE_STRING given = {.Length = (USHORT)attribute->Size,
                            .MaximumLength = (USHORT)attribute->Size,
                            .Buffer = attribute->ValuePtr};
    NTSTATUS status = fvm_engine.file_find(&image->name, &given);

    if (!NT_SUCCESS(status))
        return status;
    attribute->ValuePtr = image->name.name.Buffer;
    attribute->Size = image->name.name.Length;
    return is_refused(&image->name.name) ? STATUS_PRIVILEGE_NOT_HELD
                                         : check_head(&image->name.name);
}

static NTSTATUS take_attribute(struct processes_image *image, NT_PS_ATTRIBUTE *attribute)
{
    switch (attribute->Attribute) {
    case PS_ATTRIBUTE_IMAGE_NAME_:
        return image->name.owner ? STATUS_INVALID_PARAMETER : find_file(image, attribute);
    case PS_ATTRIBUTE_PARENT_PROCESS_: /* it gives its job, and its handles */
        image->parent = attribute->ValuePtr;
        return processes_is_member_handle(image->parent) ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
    default:
        return STATUS_SUCCESS;
    }
}

NTSTATUS processes_find_image(struct processes_image *image, const NT_PS_ATTRIBUTE_LIST *attributes)
{
    SIZE_T cb, count;
    NTSTATUS status = fvm_copy_guarded(&cb, &attributes->TotalLength, sizeof(cb));

    image->name.owner = NULL;
    image->parent = NT_CURRENT_PROCESS;
    if (!NT_SUCCESS(status))
        return status;
    count = (cb - sizeof(cb)) / sizeof(image->list.at[0]);
    if (cb < sizeof(cb) || count > ARRAY_LEN(image->list.at))
        return STATUS_INVALID_PARAMETER;
    status =
        fvm_copy_guarded(image->list.at, attributes->Attributes, count * sizeof(image->list.at[0]));
    image->list.cb = cb;
    for (SIZE_T i = 0; NT_SUCCESS(status) && i < count; i++)
        status = take_attribute(image, &image->list.at[i]);
    if (!NT_SUCCESS(status))
        processes_release_image(image);
    return status;
}

void processes_release_image(struct processes_image *image)
{
    if (image->name.owner)
        fvm_engine.file_release(&image->name);
}
