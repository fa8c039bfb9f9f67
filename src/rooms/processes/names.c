/* rooms/processes/names.c: the names of FVM's own objects, the VM's block and its job. For programs
 * they do not exist. The rest of an object's name is for the objects room, which is not there yet.
 */
#include "engine/capture.h"
#include "engine/real.h"
#include "rooms/processes/handlers.h"
#include "rooms/processes/processes.h"

/* Reads a name part by part: it may be long, and the stack short. */
struct scan {
    bool is_start; /* of a component */
    uint8_t matched;
};

static bool scan_part(struct scan *scan, const WCHAR *text, size_t cch)
{
    static const char own[] = "__fvm_";

    for (size_t i = 0; i < cch; i++) {
        WCHAR unit = text[i] >= 'A' && text[i] <= 'Z' ? text[i] + ('a' - 'A') : text[i];

        if (scan->is_start && unit == (WCHAR)own[scan->matched]) {
            if (!own[++scan->matched])
                return true;
            continue;
        }
        scan->is_start = unit == '\\';
        scan->matched = 0;
    }
    return false;
}

static bool is_fvm_text(const UNICODE_STRING *given)
{
    struct scan scan = {.is_start = true};
    UNICODE_STRING name;
    WCHAR part[64];

    if (!given || !NT_SUCCESS(fvm_copy_guarded(&name, given, sizeof(name))))
        return false;
    for (size_t at = 0, cch = name.Length / sizeof(WCHAR); at < cch; at += ARRAY_LEN(part)) {
        size_t part_cch = cch - at < ARRAY_LEN(part) ? cch - at : ARRAY_LEN(part);

        if (!NT_SUCCESS(fvm_copy_guarded(part, name.Buffer + at, part_cch * sizeof(WCHAR))))
            return false;
        if (scan_part(&scan, part, part_cch))
            return true;
    }
    return false;
}

bool processes_is_fvm_name(const OBJECT_ATTRIBUTES *given)
{
    OBJECT_ATTRIBUTES attr;

    return given && NT_SUCCESS(fvm_copy_guarded(&attr, given, sizeof(attr))) &&
           is_fvm_text(attr.ObjectName);
}

/** Make a section; not under FVM's names. @source nt:NtCreateSection */
NTSTATUS NTAPI processes_NtCreateSection(HANDLE *handle, ACCESS_MASK access,
                                         OBJECT_ATTRIBUTES *attr, LARGE_INTEGER *size,
                                         ULONG protection, ULONG flags, HANDLE file)
{
    if (processes_is_fvm_name(attr))
        return STATUS_ACCESS_DENIED;
    return real.NtCreateSection(handle, access, attr, size, protection, flags, file);
}

/** Open a section; FVM's are not there. @source nt:NtOpenSection */
NTSTATUS NTAPI processes_NtOpenSection(HANDLE *handle, ACCESS_MASK access,
                                       const OBJECT_ATTRIBUTES *attr)
{
    if (processes_is_fvm_name(attr))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    return real.NtOpenSection(handle, access, attr);
}

/** Make a link between names; none leads to FVM's. @source nt:NtCreateSymbolicLinkObject */
NTSTATUS NTAPI processes_NtCreateSymbolicLinkObject(HANDLE *handle, ACCESS_MASK access,
                                                    OBJECT_ATTRIBUTES *attr, UNICODE_STRING *target)
{
    if (processes_is_fvm_name(attr) || is_fvm_text(target))
        return STATUS_ACCESS_DENIED;
    return real.NtCreateSymbolicLinkObject(handle, access, attr, target);
}
