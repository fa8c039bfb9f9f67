/* core/journal.c: see journal.h. */
#include "core/journal.h"

#include <string.h>

/* At the head of each record; all in the machine's order (little endian everywhere FVM runs). */
struct head {
    uint32_t magic, cb, check, kind;
    uint32_t path_cch, to_cch;
};
_Static_assert(sizeof(struct head) == FVM_JOURNAL_HEAD_CB, "no padding");

uint32_t fvm_journal_cb(const struct fvm_journal_record *record)
{
    uint32_t text_cb = (record->path.cch + record->to.cch) * 2;

    return (FVM_JOURNAL_HEAD_CB + text_cb + 7) & ~7u;
}

/* Over everything but the magic and the sum itself. */
static uint32_t sum(const uint8_t *record, uint32_t cb)
{
    uint32_t hash = 2166136261u;

    for (uint32_t i = 4; i < cb; i++)
        if (i < 8 || i >= 12)
            hash = (hash ^ record[i]) * 16777619u;
    return hash;
}

void fvm_journal_write(uint8_t *out, const struct fvm_journal_record *record)
{
    struct head head = {.magic = FVM_JOURNAL_MAGIC,
                        .cb = fvm_journal_cb(record),
                        .kind = record->kind,
                        .path_cch = record->path.cch,
                        .to_cch = record->to.cch};
    size_t path_cb = record->path.cch * sizeof(uint16_t);
    size_t to_cb = record->to.cch * sizeof(uint16_t);

    memset(out, 0, head.cb);
    memcpy(out, &head, sizeof(head));
    memcpy(out + sizeof(head), record->path.s, path_cb);
    if (to_cb)
        memcpy(out + sizeof(head) + path_cb, record->to.s, to_cb);
    head.check = sum(out, head.cb);
    memcpy(out, &head, sizeof(head));
}

static bool is_sound(const struct head *head, const uint8_t *at, size_t room)
{
    size_t text_cb;

    if (head->magic != FVM_JOURNAL_MAGIC || head->cb > room || head->cb % 8 ||
        head->kind < FVM_JOURNAL_OWN || head->kind > FVM_JOURNAL_MOVE_MERGED)
        return false;
    if (!head->path_cch || head->path_cch > FVM_JOURNAL_PATH_CCH ||
        head->to_cch > FVM_JOURNAL_PATH_CCH || (head->kind >= FVM_JOURNAL_MOVE) != !!head->to_cch)
        return false;
    text_cb = ((size_t)head->path_cch + head->to_cch) * sizeof(uint16_t);
    return head->cb == ((sizeof(*head) + text_cb + 7) & ~(size_t)7) &&
           head->check == sum(at, head->cb);
}

bool fvm_journal_next(const uint8_t *data, size_t cb, size_t *at, struct fvm_journal_record *record)
{
    while (*at + sizeof(struct head) <= cb) {
        const uint8_t *here = data + *at;
        struct head head;

        memcpy(&head, here, sizeof(head));
        if (!is_sound(&head, here, cb - *at)) {
            *at += 8;
            continue;
        }
        record->kind = (enum fvm_journal_kind)head.kind;
        record->path =
            (struct fvm_str){(const uint16_t *)(const void *)(here + sizeof(head)), head.path_cch};
        record->to = (struct fvm_str){record->path.s + head.path_cch, head.to_cch};
        *at += head.cb;
        return true;
    }
    return false;
}
