/* engine/writer.c: see writer.h. */
#include "engine/writer.h"

#include "engine/engine.h"
#include "engine/real.h"

static bool is_alive(void *patience, uint64_t token)
{
    CLIENT_ID id = {.UniqueProcess = (HANDLE)(ULONG_PTR)(token >> 32),
                    .UniqueThread = (HANDLE)(ULONG_PTR)(uint32_t)token};
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr)};
    HANDLE thread;
    NTSTATUS status = real.NtOpenThread(&thread, THREAD_QUERY_LIMITED_INFORMATION, &attr, &id);

    (void)patience;
    if (NT_SUCCESS(status))
        real.NtClose(thread);
    return status != STATUS_INVALID_CID;
}

static bool wait_a_little(void *patience, uint32_t round)
{
    LARGE_INTEGER time = {.QuadPart = round < 10 ? 0 : -10000};

    real.NtDelayExecution(FALSE, &time);
    return round < (uint32_t)(uintptr_t)patience;
}

struct fvm_index_writer fvm_writer_here(uint32_t patience)
{
    uint32_t thread = (uint32_t)(ULONG_PTR)NtCurrentTeb()->Reserved1[9]; /* ClientId.UniqueThread */

    return (struct fvm_index_writer){.token = (uint64_t)fvm_engine.pid << 32 | thread,
                                     .is_alive = is_alive,
                                     .wait = wait_a_little,
                                     .ctx = (void *)(uintptr_t)patience};
}
