/* rooms/services/database.c: the database of services as the VM's own manager reads it. It is the
 * VM's view of the registry; but what the host starts with itself runs already, on the host, and
 * would make the first use in each VM slow: the VM's manager takes those services for ones whose
 * start is delayed, for good, and starts them when they are asked for. What the VM itself made
 * automatic is started at once. See README.md. */
#include "core/regview.h"
#include "engine/capture.h"
#include "engine/engine.h"
#include "engine/image.h"
#include "engine/real.h"
#include "rooms/services/services.h"

#include <string.h>

enum { PARTIAL_CLASS = 2, NAME_CLASS = 3, NAME_CCH = 600, FOR_GOOD_MS = 0x7fffffff };
enum { BY_ITSELF = 2 /* with the machine (0), the system (1), the manager (2) */, NEVER = 4 };

/* KEY_VALUE_PARTIAL_INFORMATION of a DWORD. */
struct dword_value {
    ULONG TitleIndex, Type, DataLength, Data;
};

FVM_STATE NTSTATUS(NTAPI *services_query_below)(HANDLE, UNICODE_STRING *, ULONG, void *, ULONG,
                                                ULONG *);

/* @return the value "Start" of a service; NEVER: there is none */
static ULONG read_start(NTSTATUS(NTAPI *query)(HANDLE, UNICODE_STRING *, ULONG, void *, ULONG,
                                               ULONG *),
                        HANDLE key)
{
    WCHAR name[] = {'S', 't', 'a', 'r', 't'};
    UNICODE_STRING text = {.Length = sizeof(name), .MaximumLength = sizeof(name), .Buffer = name};
    struct dword_value value = {0};
    ULONG cb;

    return NT_SUCCESS(query(key, &text, PARTIAL_CLASS, &value, sizeof(value), &cb)) &&
                   value.Type == REG_DWORD && value.DataLength == sizeof(value.Data)
               ? value.Data
               : NEVER;
}

/* KEY_NAME_INFORMATION */
struct key_name {
    ULONG cb;
    WCHAR text[NAME_CCH];
};

/* The service that a key belongs to. @param service [out] in `room` */
static bool find_service(struct fvm_str *service, HANDLE key, struct key_name *room)
{
    struct fvm_str path;
    ULONG cb;

    if (!NT_SUCCESS(real.NtQueryKey(key, NAME_CLASS, room, sizeof(*room), &cb)))
        return false;
    path = (struct fvm_str){room->text, room->cb / (uint32_t)sizeof(WCHAR)};
    *service = fvm_regview_last(path);
    return fvm_str_eq_fold(fvm_regview_last(fvm_regview_parent(path)), FVM_STR(u"Services"));
}

/* When does the host start its service of this name? NEVER: it has none. */
static ULONG start_on_host(struct fvm_str service)
{
    static const WCHAR services[] = L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\";
    WCHAR text[NAME_CCH + ARRAY_LEN(services)];
    UNICODE_STRING name = {.Buffer = text};
    OBJECT_ATTRIBUTES attr = {
        .Length = sizeof(attr), .ObjectName = &name, .Attributes = OBJ_CASE_INSENSITIVE};
    HANDLE key;
    ULONG start;

    memcpy(text, services, sizeof(services) - sizeof(WCHAR));
    memcpy(text + ARRAY_LEN(services) - 1, service.s, service.cch * sizeof(WCHAR));
    name.Length = (USHORT)(sizeof(services) - sizeof(WCHAR) + service.cch * sizeof(WCHAR));
    name.MaximumLength = name.Length;
    if (!NT_SUCCESS(real.NtOpenKey(&key, KEY_QUERY_VALUE | KEY_WOW64_64KEY, &attr)))
        return NEVER;
    start = read_start(real.NtQueryValueKey, key);
    real.NtClose(key);
    return start;
}

/* Does the host start this service by itself, and has the VM left that as it is? */
static bool is_hosts(HANDLE key, struct fvm_str service)
{
    ULONG start = read_start(services_query_below, key);

    return start <= BY_ITSELF && start_on_host(service) == start;
}

static NTSTATUS answer_dword(DWORD data, void *info, ULONG cb, ULONG *needed)
{
    const struct dword_value value = {.Type = REG_DWORD, .DataLength = sizeof(DWORD), .Data = data};
    ULONG value_cb = sizeof(value);
    NTSTATUS status = fvm_copy_guarded(needed, &value_cb, sizeof(value_cb));

    if (!NT_SUCCESS(status))
        return status;
    if (cb < offsetof(struct dword_value, Data))
        return STATUS_BUFFER_TOO_SMALL;
    status = fvm_copy_guarded(info, &value, cb < value_cb ? cb : value_cb);
    if (!NT_SUCCESS(status))
        return status;
    return cb < value_cb ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

/* Apart, for its stack: the others' calls come this way too. */
__attribute__((noinline)) static NTSTATUS query_as_manager(HANDLE key, UNICODE_STRING *name,
                                                           void *info, ULONG cb, ULONG *needed)
{
    UNICODE_STRING given;
    WCHAR text[16];
    struct fvm_str asked = {text, 0}, service;
    struct key_name room;

    if (NT_SUCCESS(fvm_copy_guarded(&given, name, sizeof(given))) && given.Length <= sizeof(text) &&
        NT_SUCCESS(fvm_copy_guarded(text, given.Buffer, given.Length)))
        asked.cch = given.Length / (uint32_t)sizeof(WCHAR);
    if (fvm_str_eq_fold(asked, FVM_STR(u"AutoStartDelay")))
        return answer_dword(FOR_GOOD_MS, info, cb, needed);
    if (fvm_str_eq_fold(asked, FVM_STR(u"DelayedAutoStart")) && find_service(&service, key, &room))
        return answer_dword(is_hosts(key, service), info, cb, needed);
    return services_query_below(key, name, PARTIAL_CLASS, info, cb, needed);
}

NTSTATUS NTAPI services_NtQueryValueKey(HANDLE key, UNICODE_STRING *name, ULONG class, void *info,
                                        ULONG cb, ULONG *needed)
{
    return fvm_engine.roles & FVM_ROLE_MANAGER && class == PARTIAL_CLASS
               ? query_as_manager(key, name, info, cb, needed)
               : services_query_below(key, name, class, info, cb, needed);
}
