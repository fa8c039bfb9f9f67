/* Reading, writing, locking. */
#include "random.h"

#include <string.h>

static const ULONG sizes[] = {0, 1, 5, 16, 100, 1000, 4096, 5000, 4096, 1, 100, 65536};

/** Choose where to read or write. @return NULL for the handle's own position */
static LARGE_INTEGER *draw_offset(LARGE_INTEGER *offset, const struct slot *slot)
{
    unsigned how = draw(100);

    if (how < 22 && (!slot->is_async || how < 3))
        return NULL;
    if (how < 62)
        offset->QuadPart = 0;
    else if (how < 80)
        offset->QuadPart = draw(6000);
    else if (how < 84)
        offset->QuadPart = draw(300000);
    else if (how < 91)
        offset->QuadPart = -1; /* high -1, low -1: the end; an error when reading */
    else if (how < 96)
        offset->QuadPart = -2; /* the handle's own position */
    else
        offset->QuadPart = how < 98 ? -5 : 4096;
    return offset;
}

static void say_offset(const LARGE_INTEGER *at, ULONG cb)
{
    if (at)
        say(" at=%lld cb=%lu", at->QuadPart, cb);
    else
        say(" at=- cb=%lu", cb);
}

NTSTATUS op_read(void)
{
    struct slot *slot = slot_pick(FILE_SLOT, FILE_READ_DATA);
    LARGE_INTEGER offset, *at;
    ULONG cb = sizes[draw(COUNT_OF(sizes))];
    NTSTATUS status;

    if (!slot)
        return STATUS_UNSUCCESSFUL;
    at = draw_offset(&offset, slot);
    say_offset(at, cb);
    if (slot->is_dir) { /* Wine 8 says another thing after it was asked to delete the directory */
        say(" left out");
        return STATUS_UNSUCCESSFUL;
    }
    io_clear();
    status = NtReadFile(slot->handle, slot_event(slot), NULL, NULL, &io, block, cb, at, NULL);
    status = slot_settle(slot, status, true);
    say_status(status, &io);
    if (NT_SUCCESS(status) && io.Information <= BLOCK_CB)
        say(" data=%016llx", (unsigned long long)hash_bytes(block, io.Information));
    return status;
}

NTSTATUS op_write(void)
{
    struct slot *slot = slot_pick(FILE_SLOT, FILE_WRITE_DATA);
    LARGE_INTEGER offset, *at;
    ULONG cb = sizes[draw(COUNT_OF(sizes))];
    NTSTATUS status;

    if (!slot)
        return STATUS_UNSUCCESSFUL;
    at = draw_offset(&offset, slot);
    say_offset(at, cb);
    pattern(block, cb, op_number);
    io_clear();
    status = NtWriteFile(slot->handle, slot_event(slot), NULL, NULL, &io, block, cb, at, NULL);
    status = slot_settle(slot, status, true);
    return say_status(status, &io);
}

/* Few ranges, so that they meet and that an unlock finds its lock. */
static void draw_range(LARGE_INTEGER *from, LARGE_INTEGER *cb)
{
    static const LONGLONG from_all[] = {0, 0, 0, 10, 0x7fffffff00000000ll};
    static const LONGLONG cb_all[] = {10, 10, 10, 100, 0};

    from->QuadPart = from_all[draw(5)];
    cb->QuadPart = cb_all[draw(5)];
    say(" from=%llx cb=%llx", from->QuadPart, cb->QuadPart);
}

/* The last locks, so that most unlocks find one. */
static struct held_lock {
    struct slot *slot; /* NULL: free */
    unsigned number;   /* of the handle in it */
    LARGE_INTEGER from, cb;
} locks[4];

void locks_end(void)
{
    memset(locks, 0, sizeof(locks));
}

/** @return a lock whose handle is still open; NULL if there is none */
static const struct held_lock *find_lock(void)
{
    unsigned first = draw(COUNT_OF(locks));

    for (unsigned i = 0; i < COUNT_OF(locks); i++) {
        const struct held_lock *one = &locks[(first + i) % COUNT_OF(locks)];

        if (one->slot && one->slot->handle && one->slot->number == one->number)
            return one;
    }
    return NULL;
}

/** As NT has it; but Wine 8 takes neither a key nor an IO_STATUS_BLOCK, and says so. */
static NTSTATUS lock(struct slot *slot, LARGE_INTEGER *from, LARGE_INTEGER *cb, ULONG *key,
                     BOOLEAN exclusive)
{
    HANDLE event = slot_event(slot);
    NTSTATUS status =
        NtLockFile(slot->handle, event, NULL, NULL, &io, from, cb, key, TRUE, exclusive);

    if (status == STATUS_NOT_IMPLEMENTED)
        status = NtLockFile(slot->handle, event, NULL, NULL, NULL, from, cb, NULL, TRUE, exclusive);
    return slot_settle(slot, status, event);
}

NTSTATUS op_lock(void)
{
    struct slot *slot = slot_pick(FILE_SLOT, FILE_READ_DATA);
    BOOLEAN exclusive = (BOOLEAN)draw(2);
    LARGE_INTEGER from, cb;
    ULONG key = draw(30);
    NTSTATUS status;

    if (!slot)
        return STATUS_UNSUCCESSFUL;
    draw_range(&from, &cb);
    say(" key=%lu exclusive=%u", key, exclusive);
    io_clear();
    status = lock(slot, &from, &cb, key < 2 ? &key : NULL, exclusive);
    if (NT_SUCCESS(status))
        locks[op_number % COUNT_OF(locks)] = (struct held_lock){slot, slot->number, from, cb};
    return say_status(status, &io);
}

NTSTATUS op_unlock(void)
{
    struct slot *slot = slot_pick(FILE_SLOT, FILE_READ_DATA);
    const struct held_lock *held = find_lock();
    bool use_held = often(80);
    LARGE_INTEGER from, cb;
    ULONG key = draw(30);
    NTSTATUS status;

    if (!slot)
        return STATUS_UNSUCCESSFUL;
    draw_range(&from, &cb);
    if (use_held && held) {
        slot = held->slot;
        from = held->from;
        cb = held->cb;
        say(" or rather h%u from=%llx cb=%llx", slot_index(slot), from.QuadPart, cb.QuadPart);
    }
    say(" key=%lu", key);
    io_clear();
    status = NtUnlockFile(slot->handle, &io, &from, &cb, key < 2 ? &key : NULL);
    if (status == STATUS_NOT_IMPLEMENTED) /* Wine 8, as above */
        status = NtUnlockFile(slot->handle, NULL, &from, &cb, NULL);
    return say_status(status, &io);
}

NTSTATUS op_flush(void)
{
    struct slot *slot = slot_pick(FILE_SLOT, FILE_WRITE_DATA);

    if (!slot)
        return STATUS_UNSUCCESSFUL;
    io_clear();
    return say_status(NtFlushBuffersFile(slot->handle, &io), &io);
}
