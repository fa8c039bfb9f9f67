/* core/journal.c: see journal.h. */
#include "core/journal.h"

#include <string.h>

/* At the head of each record; all in the machine's order (little endian everywhere FVM runs). */
struct head {
    uint32_t magic, cb, check, kind;
    uint32_t path_cch, to_cch;
};
_Static_assert(sizeof(struct head) == FVM_JOURNAL_HEAD_CB, "no padding");

static uint32_t record_cb(uint32_t path_cch, uint32_t to_cch)
{
    return (FVM_JOURNAL_HEAD_CB + (path_cch + to_cch) * 2 + 7) & ~7u;
}

uint32_t fvm_journal_cb(const struct fvm_journal_record *record)
{
    return record_cb(record->path.cch, record->to.cch);
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

/* Do the head's numbers fit each other? */
static bool is_possible(const struct head *head)
{
    return head->kind >= FVM_JOURNAL_OWN && head->kind <= FVM_JOURNAL_MOVE_MERGED &&
           head->path_cch && head->path_cch <= FVM_JOURNAL_PATH_CCH &&
           head->to_cch <= FVM_JOURNAL_PATH_CCH &&
           (head->kind >= FVM_JOURNAL_MOVE) == !!head->to_cch &&
           head->cb == record_cb(head->path_cch, head->to_cch);
}

/* Did the writer get as far as the end of a block, and no further? Then that is no damage: its
 * process was killed, or its disk was full. */
static bool is_torn(const struct head *head, const uint8_t *data, size_t cb, size_t at)
{
    size_t end = at + head->cb, last = cb < end ? cb : end;

    if (head->magic != FVM_JOURNAL_MAGIC || head->cb % 8 ||
        head->cb > record_cb(FVM_JOURNAL_PATH_CCH, FVM_JOURNAL_PATH_CCH))
        return false;
    while (last > at && !data[last - 1])
        last--;
    last = (last + FVM_JOURNAL_BLOCK_CB - 1) & ~(size_t)(FVM_JOURNAL_BLOCK_CB - 1);
    /* Of a head that goes over a block's end no more than the record's length may be there. */
    return last < end && last <= cb && (last < at + sizeof(*head) || is_possible(head));
}

/* @return FVM_OK a record; FVM_PASS none, but no damage: `head->cb` to go on; as
 * fvm_journal_next() */
static fvm_status look(struct head *head, const uint8_t *data, size_t cb, size_t at)
{
    static const uint8_t zeros[8];
    size_t room = cb - at;

    *head = (struct head){0};
    memcpy(head, data + at, room < sizeof(*head) ? room : sizeof(*head));
    if (!memcmp(head, zeros, sizeof(zeros))) {
        head->cb = sizeof(zeros);
        return FVM_PASS;
    }
    if (room >= head->cb && room >= sizeof(*head) && head->magic == FVM_JOURNAL_MAGIC &&
        is_possible(head) && head->check == sum(data + at, head->cb))
        return FVM_OK;
    if (is_torn(head, data, cb, at))
        return FVM_PASS;
    /* "FJL" and a higher digit. */
    return (head->magic & 0xffffff) == (FVM_JOURNAL_MAGIC & 0xffffff) &&
                   head->magic > FVM_JOURNAL_MAGIC && head->magic >> 24 <= '9'
               ? FVM_NEWER_FORMAT
               : FVM_CORRUPT;
}

fvm_status fvm_journal_next(const uint8_t *data, size_t cb, size_t *at,
                            struct fvm_journal_record *record)
{
    while (*at < cb) {
        struct head head;
        fvm_status status = look(&head, data, cb, *at);
        const uint8_t *text = data + *at + sizeof(head);

        if (fvm_failed(status))
            return status;
        *at += head.cb;
        if (status == FVM_PASS)
            continue;
        record->kind = (enum fvm_journal_kind)head.kind;
        record->path = (struct fvm_str){(const uint16_t *)(const void *)text, head.path_cch};
        record->to = (struct fvm_str){record->path.s + head.path_cch, head.to_cch};
        return FVM_OK;
    }
    return FVM_NOT_FOUND;
}

fvm_status fvm_journal_check(const uint8_t *data, size_t cb, size_t *at)
{
    struct fvm_journal_record record;
    fvm_status status;

    *at = 0;
    do
        status = fvm_journal_next(data, cb, at, &record);
    while (status == FVM_OK);
    return status == FVM_NOT_FOUND ? FVM_OK : status;
}
