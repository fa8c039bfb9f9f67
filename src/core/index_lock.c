/* core/index_lock.c: see index.h. The writer lock, and a rename's stores, which outlive their
 * process. */
#include "core/index_image.h"

static bool swap_owner(const struct fvm_index *index, index_token *expected, uint64_t token)
{
    return __atomic_compare_exchange_n(&index_header(index)->owner, expected, token, false,
                                       __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* Again and again with the same result, by the one who meant it or by the next owner. The links
 * cannot have gone elsewhere in between: only owners move them, and each begins with this. A
 * hostile intent is followed as far as it stays in the memory. */
static void follow_intent(const struct fvm_index *index)
{
    struct index_intent *intent = &index_header(index)->intent;
    uint32_t node = index_load(&intent->node), fresh = index_load(&intent->fresh),
             spelling = index_load(&intent->spelling);
    struct index_link *from = index_link_at(index, index_load(&intent->from)),
                      *to = index_link_at(index, index_load(&intent->to));
    struct fvm_str text;

    index_count_change(index);
    if (from && to && index_node_at(index, node) && index_node_at(index, fresh)) {
        if (index_string(index, spelling, &text))
            index_store(&to->name, spelling);
        index_store(&to->node, node);
        index_store(&from->node, fresh);
    }
    index_count_change(index);
    index_store(&intent->is_set, 0);
}

void index_relink(const struct fvm_index *index, const struct index_intent *wanted)
{
    struct index_intent *intent = &index_header(index)->intent;

    index_store(&intent->from, wanted->from);
    index_store(&intent->to, wanted->to);
    index_store(&intent->node, wanted->node);
    index_store(&intent->fresh, wanted->fresh);
    index_store(&intent->spelling, wanted->spelling);
    index_store(&intent->is_set, 1);
    follow_intent(index);
}

static bool nobody_lives(void *ctx, uint64_t token)
{
    (void)ctx;
    (void)token;
    return false;
}

/* No wait: it is for who meets a living owner. */
const struct fvm_index_writer fvm_index_alone = {.token = 1, .is_alive = nobody_lives};

fvm_status index_lock(const struct fvm_index *index, const struct fvm_index_writer *writer)
{
    if (!writer || !writer->token)
        return FVM_INVALID;
    for (uint32_t round = 0;;) {
        index_token owner = 0;

        if (swap_owner(index, &owner, writer->token))
            break;
        if (owner == writer->token || !writer->is_alive(writer->ctx, owner)) {
            if (swap_owner(index, &owner, writer->token))
                break;
        } else if (!writer->wait(writer->ctx, round++)) {
            return FVM_INDEX_BUSY;
        }
    }
    if (index_load(&index_header(index)->intent.is_set))
        follow_intent(index);
    return FVM_OK;
}

void index_unlock(const struct fvm_index *index, const struct fvm_index_writer *writer)
{
    index_token owner = writer->token;

    swap_owner(index, &owner, 0); /* or it was taken for dead: then it is not ours to free */
}
