/* rooms/services/manager.c: have the VM's service manager started. A process of a VM cannot do that
 * itself: the manager would be its child, with its handles, its folder and its environment. The
 * VM's holder waits for an event (launcher/win/services.c), starts the manager and counts the round
 * in the block. See README.md. */
#include "engine/engine.h"
#include "engine/own_name.h"
#include "engine/real.h"
#include "rooms/services/services.h"

enum { WAIT_100NS = 20000, PATIENCE = 20000 /* waits */ };

/* Signalled, the holder begins a round. */
static NTSTATUS open_request(HANDLE *event)
{
    struct fvm_own_object object;

    fvm_own_object(&object, "manager");
    return real.NtOpenEvent(event, EVENT_MODIFY_STATE, &object.attr);
}

static uint64_t rounds(void)
{
    return __atomic_load_n(&fvm_engine.block->manager_rounds, __ATOMIC_ACQUIRE);
}

bool services_wake(struct fvm_str path)
{
    LARGE_INTEGER wait = {.QuadPart = -WAIT_100NS};
    uint64_t before = rounds();
    HANDLE request;
    NTSTATUS status;

    /* Those who start it would wait for themselves. */
    if (!fvm_str_eq_fold(path, FVM_STR(u"svcctl")) ||
        fvm_engine.roles & (FVM_ROLE_STARTER | FVM_ROLE_MANAGER) ||
        !NT_SUCCESS(open_request(&request)))
        return false;
    status = real.NtSetEvent(request, NULL);
    real.NtClose(request);
    if (!NT_SUCCESS(status))
        return false;
    for (int i = 0; rounds() == before; i++) {
        if (i == PATIENCE)
            return false;
        real.NtDelayExecution(FALSE, &wait);
    }
    return true;
}
