/* launcher/win/objects.c: the VM's own tree of names for kernel objects, as long as it runs: what
 * the root of all names has, with the VM's directories in place of those that programs make objects
 * in. rooms/objects leads names there. */
#include "engine/real.h"
#include "launcher/win/spawn.h"

#include <stdio.h>
#include <wchar.h>

enum { NAME_CCH = 256 };

/* In the order of making. No target: a directory. %lu is the number of the session; a target that
 * begins with a dot is in the VM's tree. */
static const struct entry {
    const wchar_t *name, *target;
    bool is_if_there; /* only if the target exists */
} entries[] = {
    {.name = L""},
    {.name = L"\\BaseNamedObjects"},
    {.name = L"\\RPC Control"},
    {.name = L"\\Sessions"},
    {.name = L"\\Sessions\\BNOLINKS"},
    {.name = L"\\Sessions\\%lu"},
    {.name = L"\\Sessions\\%lu\\BaseNamedObjects"},
    {.name = L"\\Sessions\\%lu\\DosDevices"},
    {.name = L"\\BaseNamedObjects\\Global", .target = L".\\BaseNamedObjects"},
    {.name = L"\\BaseNamedObjects\\Local", .target = L".\\BaseNamedObjects"},
    {.name = L"\\BaseNamedObjects\\Session", .target = L".\\Sessions\\BNOLINKS"},
    {.name = L"\\Sessions\\%lu\\BaseNamedObjects\\Global", .target = L".\\BaseNamedObjects"},
    {.name = L"\\Sessions\\%lu\\BaseNamedObjects\\Local",
     .target = L".\\Sessions\\%lu\\BaseNamedObjects"},
    {.name = L"\\Sessions\\%lu\\BaseNamedObjects\\Session", .target = L".\\Sessions\\BNOLINKS"},
    {.name = L"\\Sessions\\BNOLINKS\\0", .target = L".\\BaseNamedObjects"},
    {.name = L"\\Sessions\\BNOLINKS\\%lu", .target = L".\\Sessions\\%lu\\BaseNamedObjects"},
    {.name = L"\\Sessions\\0"},
    {.name = L"\\Sessions\\0\\BaseNamedObjects", .target = L".\\BaseNamedObjects"},
    {.name = L"\\Sessions\\0\\DosDevices"},
    {.name = L"\\Sessions\\0\\Windows", .target = L"\\Windows", .is_if_there = true},
    /* For listings of the root: names below these do not come this way (rooms/objects). */
    {.name = L"\\??", .target = L"\\??"},
    {.name = L"\\DosDevices", .target = L"\\??"},
    {.name = L"\\Device", .target = L"\\Device"},
    {.name = L"\\Driver", .target = L"\\Driver", .is_if_there = true},
    {.name = L"\\KernelObjects", .target = L"\\KernelObjects", .is_if_there = true},
    {.name = L"\\KnownDlls", .target = L"\\KnownDlls", .is_if_there = true},
    {.name = L"\\NLS", .target = L"\\NLS", .is_if_there = true},
    {.name = L"\\ObjectTypes", .target = L"\\ObjectTypes", .is_if_there = true},
    {.name = L"\\Windows", .target = L"\\Windows", .is_if_there = true},
    {.name = L"\\Sessions\\%lu\\Windows",
     .target = L"\\Sessions\\%lu\\Windows",
     .is_if_there = true},
};
_Static_assert(ARRAY_LEN(entries) <= WIN_OBJECTS, "a handle for each");

static UNICODE_STRING string(wchar_t *text)
{
    USHORT cb = (USHORT)(wcslen(text) * sizeof(*text));

    return (UNICODE_STRING){.Length = cb, .MaximumLength = cb, .Buffer = text};
}

static bool is_there(wchar_t *directory)
{
    UNICODE_STRING name = string(directory);
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr), .ObjectName = &name};
    HANDLE handle;

    if (!NT_SUCCESS(real.NtOpenDirectoryObject(&handle, GENERIC_READ, &attr)))
        return false;
    CloseHandle(handle);
    return true;
}

/* A name of the table, written out. */
static void write_out(wchar_t out[NAME_CCH], const wchar_t *root, const wchar_t *name,
                      DWORD session)
{
    wchar_t pattern[NAME_CCH];

    _snwprintf(pattern, NAME_CCH - 1, L"%ls%ls", root, name);
    pattern[NAME_CCH - 1] = 0;
    _snwprintf(out, NAME_CCH - 1, pattern, session);
    out[NAME_CCH - 1] = 0;
}

static NTSTATUS make(HANDLE *made, const struct entry *entry, const wchar_t *root, DWORD session)
{
    enum { OPENIF = 0x80, LINK_ALL_ACCESS = 0xf0001, DIRECTORY_ALL_ACCESS_ = 0xf000f };
    wchar_t name[NAME_CCH], target[NAME_CCH];
    UNICODE_STRING name_text, target_text;
    OBJECT_ATTRIBUTES attr = {
        .Length = sizeof(attr), .ObjectName = &name_text, .Attributes = OPENIF};

    *made = NULL;
    write_out(name, root, entry->name, session);
    name_text = string(name);
    if (!entry->target)
        return real.NtCreateDirectoryObject(made, DIRECTORY_ALL_ACCESS_, &attr);
    write_out(target, *entry->target == '.' ? root : L"", entry->target + (*entry->target == '.'),
              session);
    if (entry->is_if_there && !is_there(target))
        return STATUS_SUCCESS;
    /* OBJ_OPENIF would follow one that is there. */
    if (NT_SUCCESS(real.NtOpenSymbolicLinkObject(made, LINK_ALL_ACCESS, &attr)))
        return STATUS_SUCCESS;
    target_text = string(target);
    return real.NtCreateSymbolicLinkObject(made, LINK_ALL_ACCESS, &attr, &target_text);
}

DWORD win_objects_make(struct win_vm *vm, const struct win_options *options)
{
    wchar_t root[ARRAY_LEN(vm->name) + 32];
    DWORD session = 0;

    if (!ProcessIdToSessionId(GetCurrentProcessId(), &session)) {
        vm->failed = "cannot find out the session";
        return GetLastError();
    }
    _snwprintf(root, ARRAY_LEN(root), L"\\Sessions\\%lu\\BaseNamedObjects\\__fvm_objects_%lu",
               session, options->vm);
    for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
        HANDLE made;

        if (!session && !wcsncmp(entries[i].name, L"\\Sessions\\0", 11))
            continue; /* it is this one */
        if (!NT_SUCCESS(make(&made, &entries[i], root, session))) {
            vm->failed = "cannot make the VM's directories of named objects";
            return ERROR_INVALID_NAME;
        }
        if (made)
            vm->objects[vm->object_count++] = made;
    }
    return 0;
}
