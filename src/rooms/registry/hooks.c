/* rooms/registry/hooks.c: the table of this room. */
#include "rooms/registry/handlers.h"
#include "rooms/registry/registry.h"
#include "rooms/rooms.h"

static const struct fvm_hook hooks[] = {
    FVM_HOOK(registry, NtOpenKey),
    FVM_HOOK(registry, NtOpenKeyEx),
    FVM_HOOK(registry, NtCreateKey),
    FVM_HOOK(registry, NtCreateKeyTransacted),
    FVM_HOOK(registry, NtOpenKeyTransacted),
    FVM_HOOK(registry, NtOpenKeyTransactedEx),
    FVM_HOOK(registry, NtSetValueKey),
    FVM_HOOK(registry, NtDeleteValueKey),
    FVM_HOOK(registry, NtQueryValueKey),
    FVM_HOOK(registry, NtEnumerateValueKey),
    FVM_HOOK(registry, NtQueryMultipleValueKey),
    FVM_HOOK(registry, NtEnumerateKey),
    FVM_HOOK(registry, NtQueryKey),
    FVM_HOOK(registry, NtDeleteKey),
    FVM_HOOK(registry, NtRenameKey),
    FVM_HOOK(registry, NtLoadKey),
    FVM_HOOK(registry, NtLoadKey2),
    FVM_HOOK(registry, NtLoadKeyEx),
    FVM_HOOK(registry, NtUnloadKey),
    FVM_HOOK(registry, NtRestoreKey),
    FVM_HOOK(registry, NtReplaceKey),
    FVM_HOOK(registry, NtSaveKey),
    FVM_HOOK(registry, NtFlushKey),
    FVM_HOOK(registry, NtSetInformationKey),
    FVM_HOOK(registry, NtSetSecurityObject),
    FVM_HOOK(registry, NtNotifyChangeKey),
    FVM_HOOK(registry, NtNotifyChangeMultipleKeys),
    FVM_HOOK_OVER(registry, NtQueryObject, &registry_object_below),
    FVM_HOOK_OVER(registry, NtDuplicateObject, &registry_duplicate_below),
    FVM_HOOK_OVER(registry, NtClose, &registry_close_below),
    {0}};
const struct fvm_room fvm_room_registry = {
    .name = "registry", .hooks = hooks, .start = registry_start};
