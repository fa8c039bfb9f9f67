/* core/block.c: see block.h. */
#include "core/block.h"

void fvm_block_init(struct fvm_block *block, uint32_t vm)
{
    block->version = FVM_BLOCK_VERSION;
    block->cb = FVM_BLOCK_CB;
    block->vm = vm;
    __atomic_store_n(&block->magic, FVM_BLOCK_MAGIC, __ATOMIC_RELEASE);
}

fvm_status fvm_block_check(const struct fvm_block *block)
{
    if (__atomic_load_n(&block->magic, __ATOMIC_ACQUIRE) != FVM_BLOCK_MAGIC)
        return FVM_CORRUPT;
    if (block->version != FVM_BLOCK_VERSION || block->cb != FVM_BLOCK_CB)
        return FVM_NEWER_FORMAT;
    return FVM_OK;
}

struct fvm_str fvm_block_str(const struct fvm_block_path *path)
{
    uint32_t cch = path->cch;

    return (struct fvm_str){path->s, cch <= FVM_BLOCK_PATH_CCH ? cch : 0};
}

uint16_t fvm_block_drive(const struct fvm_block *block, struct fvm_str path, struct fvm_str *rest)
{
    const struct fvm_str nt = FVM_STR(u"\\??\\"), files = FVM_STR(u"\\files\\");
    struct fvm_str layer = fvm_block_str(&block->layer);
    uint32_t at;

    if (!layer.cch)
        return 0;
    if (!fvm_str_begins_fold(path, nt) && fvm_str_begins_fold(layer, nt))
        layer = fvm_str_sub(layer, nt.cch, layer.cch);
    at = layer.cch + files.cch;
    if (path.cch <= at || !fvm_str_begins_fold(path, layer) ||
        !fvm_str_begins_fold(fvm_str_sub(path, layer.cch, files.cch), files))
        return 0;
    if (path.cch > at + 1 && path.s[at + 1] != '\\')
        return 0;
    *rest = fvm_str_sub(path, at + 1, path.cch);
    return path.s[at];
}

uint32_t fvm_member_high(const struct fvm_block *block)
{
    uint32_t high = __atomic_load_n(&block->member_high, __ATOMIC_ACQUIRE);

    return high < FVM_MEMBERS ? high : FVM_MEMBERS;
}

/* The place of a process; FVM_MEMBERS: none. */
static uint32_t find(const struct fvm_block *block, uint32_t pid, int64_t created_100ns)
{
    uint32_t high = fvm_member_high(block);

    for (uint32_t i = 0; i < high; i++) {
        const struct fvm_member *member = &block->members[i];

        if (__atomic_load_n(&member->pid, __ATOMIC_ACQUIRE) == pid &&
            (!created_100ns || member->created_100ns == created_100ns))
            return i;
    }
    return FVM_MEMBERS;
}

static bool take(struct fvm_member *member)
{
    uint32_t none = 0;

    return __atomic_compare_exchange_n(&member->pid, &none, FVM_MEMBER_TAKEN, false,
                                       __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static void raise_high(struct fvm_block *block, uint32_t to)
{
    uint32_t high = fvm_member_high(block);

    while (high < to && !__atomic_compare_exchange_n(&block->member_high, &high, to, false,
                                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        ;
}

fvm_status fvm_member_add(struct fvm_block *block, uint32_t pid, int64_t created_100ns,
                          uint32_t roles)
{
    if (!pid || pid == FVM_MEMBER_TAKEN)
        return FVM_INVALID;
    if (find(block, pid, created_100ns) < FVM_MEMBERS)
        return FVM_OK;
    for (uint32_t i = 0; i < FVM_MEMBERS; i++) {
        struct fvm_member *member = &block->members[i];

        if (!take(member))
            continue;
        /* Killed here, the place stays taken: one of thousands. */
        member->created_100ns = created_100ns;
        member->roles = roles;
        __atomic_store_n(&member->pid, pid, __ATOMIC_RELEASE);
        raise_high(block, i + 1);
        return FVM_OK;
    }
    return FVM_NO_MEMORY;
}

bool fvm_member_is(const struct fvm_block *block, uint32_t pid, int64_t created_100ns)
{
    return pid && pid != FVM_MEMBER_TAKEN && find(block, pid, created_100ns) < FVM_MEMBERS;
}

uint32_t fvm_member_roles(const struct fvm_block *block, uint32_t pid)
{
    uint32_t high = fvm_member_high(block), roles = 0;
    int64_t newest = INT64_MIN;

    if (!pid || pid == FVM_MEMBER_TAKEN)
        return 0;
    for (uint32_t i = 0; i < high; i++) {
        const struct fvm_member *member = &block->members[i];

        if (__atomic_load_n(&member->pid, __ATOMIC_ACQUIRE) != pid ||
            member->created_100ns < newest)
            continue;
        newest = member->created_100ns;
        roles = member->roles;
    }
    return roles;
}

void fvm_member_remove(struct fvm_block *block, uint32_t pid, int64_t created_100ns)
{
    uint32_t at = pid ? find(block, pid, created_100ns) : FVM_MEMBERS;

    if (at < FVM_MEMBERS)
        __atomic_compare_exchange_n(&block->members[at].pid, &pid, 0, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_RELAXED);
}

uint64_t fvm_note_count(const struct fvm_block *block)
{
    return __atomic_load_n(&block->note_count, __ATOMIC_ACQUIRE);
}

uint64_t fvm_note_add(struct fvm_block *block, uint64_t what)
{
    uint64_t number = __atomic_fetch_add(&block->note_count, 1, __ATOMIC_ACQ_REL);

    __atomic_store_n(&block->notes[number % FVM_NOTES], what, __ATOMIC_RELEASE);
    return number;
}

void fvm_note_drop(struct fvm_block *block, uint64_t number, uint64_t what)
{
    __atomic_compare_exchange_n(&block->notes[number % FVM_NOTES], &what, 0, false,
                                __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

uint64_t fvm_note_find(const struct fvm_block *block, uint64_t what, uint64_t since)
{
    uint64_t count = fvm_note_count(block);

    if (count > FVM_NOTES && since < count - FVM_NOTES)
        since = count - FVM_NOTES;
    for (; since < count; since++)
        if (__atomic_load_n(&block->notes[since % FVM_NOTES], __ATOMIC_ACQUIRE) == what)
            return since;
    return FVM_NO_NOTE;
}

void fvm_port_serve(struct fvm_block *block, uint16_t port)
{
    __atomic_fetch_or(&block->served[port / 32], 1U << port % 32, __ATOMIC_RELEASE);
}

bool fvm_port_is_served(const struct fvm_block *block, uint16_t port)
{
    return __atomic_load_n(&block->served[port / 32], __ATOMIC_ACQUIRE) >> port % 32 & 1;
}
