/* rooms/services/hooks.c: the table of this room. */
#include "engine/engine.h"
#include "rooms/rooms.h"
#include "rooms/services/services.h"

static NTSTATUS start(void)
{
    fvm_engine.pipe_wake = services_wake;
    return STATUS_SUCCESS;
}

static const struct fvm_hook hooks[] = {
    FVM_HOOK_OVER(services, NtQueryValueKey, &services_query_below), {0}};
const struct fvm_room fvm_room_services = {.name = "services", .hooks = hooks, .start = start};
