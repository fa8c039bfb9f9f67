/* store/layer_keep.c: the journal of what marks cannot tell: names over no lower, moved directories
 * whose content is there. See layer_walk.h.
 *
 * It is written anew from the index, for records tell steps: without those that became marks, the
 * others would start from something else. First all moved directories go from where the host has
 * them to names that no program can say, those below others first; from there to where they are,
 * those above others first; then what else is the VM's is said. */
#include "store/layer_walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct moved {
    uint16_t *text; /* the path, then the origin */
    uint32_t path_cch, origin_cch;
    uint32_t number; /* of the name between */
};
struct keep {
    const struct fvm_rest *rest;
    struct fvm_text *names; /* records of the third part */
    struct moved *moved;
    size_t count, cap;
    struct fvm_buf path;
    unsigned depth;
    uint16_t path_units[FVM_PATH_CAP], origin_units[FVM_INDEX_PATH_CCH];
};

void fvm_rest_record(struct fvm_text *journal, const struct fvm_journal_record *record)
{
    static const char zeros[64];
    uint32_t cb = fvm_journal_cb(record), left = cb;

    for (; left; left -= left < sizeof(zeros) ? left : (uint32_t)sizeof(zeros))
        fvm_text_add(journal, zeros, left < sizeof(zeros) ? left : sizeof(zeros));
    if (!journal->failed)
        fvm_journal_write((uint8_t *)journal->s + journal->cb - cb, record);
}

static int add_moved(struct keep *keep, struct fvm_str origin)
{
    struct fvm_str path = fvm_buf_str(&keep->path);
    uint16_t *text;

    if (keep->count == keep->cap) {
        size_t cap = keep->cap ? keep->cap * 2 : 16;
        struct moved *grown = realloc(keep->moved, cap * sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        keep->moved = grown;
        keep->cap = cap;
    }
    text = malloc((size_t)(path.cch + origin.cch) * sizeof(*text));
    if (!text)
        return -ENOMEM;
    memcpy(text, path.s, path.cch * sizeof(*text));
    memcpy(text + path.cch, origin.s, origin.cch * sizeof(*text));
    keep->moved[keep->count++] =
        (struct moved){.text = text, .path_cch = path.cch, .origin_cch = origin.cch};
    return 0;
}

static int say(struct keep *keep, const struct fvm_index_child *child)
{
    struct fvm_str path = fvm_buf_str(&keep->path);
    struct fvm_journal_record record = {.kind = FVM_JOURNAL_OWN, .path = path};
    struct fvm_buf host = {keep->origin_units, 0, FVM_INDEX_PATH_CCH};
    struct fvm_index_hit hit;

    if (child->flags & FVM_INDEX_DIRECTORY)
        record.kind = FVM_JOURNAL_OPAQUE;
    if (child->flags & FVM_INDEX_MERGED &&
        !fvm_failed(fvm_index_lookup(&keep->rest->index, path, &hit, NULL, &host)) && host.cch) {
        if (!fvm_str_eq_fold(fvm_buf_str(&host), path))
            return add_moved(keep, fvm_buf_str(&host));
        /* Only its spelling is another. */
        record.kind = FVM_JOURNAL_MOVE_MERGED;
        record.to = path;
    }
    fvm_rest_record(keep->names, &record);
    return 0;
}

static int visit(struct keep *keep, uint32_t node, bool kept)
{
    struct fvm_index_cursor cursor = {.node = node};
    struct fvm_index_child child;
    int result = 0;

    /* Deeper and longer than anything that a file system of Linux shows to programs. */
    if (keep->depth >= FVM_TREE_DEPTH)
        return 0;
    keep->depth++;
    while (!result && !fvm_failed(fvm_index_next_child(&keep->rest->index, &cursor, &child))) {
        uint32_t cch = keep->path.cch;
        struct fvm_str below;
        bool keeps;

        if (cch == 0 && (child.name.cch != 2 || child.name.s[1] != ':'))
            continue;
        if ((!cch || !fvm_buf_add_unit(&keep->path, '\\')) &&
            !fvm_buf_add(&keep->path, child.name)) {
            keeps = kept || child.user & FVM_REST_KEPT ||
                    !fvm_rest_lower_of(keep->rest, fvm_buf_str(&keep->path), &below);
            if (keeps && child.flags & FVM_INDEX_OWN)
                result = say(keep, &child);
            if (!result)
                result = visit(keep, child.node, kept || child.user & FVM_REST_KEPT);
        }
        keep->path.cch = cch;
    }
    keep->depth--;
    return result;
}

static int deepest_origin_first(const void *a, const void *b)
{
    uint32_t a_cch = ((const struct moved *)a)->origin_cch,
             b_cch = ((const struct moved *)b)->origin_cch;

    return a_cch < b_cch ? 1 : -(a_cch > b_cch);
}

static int shortest_path_first(const void *a, const void *b)
{
    uint32_t a_cch = ((const struct moved *)a)->path_cch,
             b_cch = ((const struct moved *)b)->path_cch;

    return a_cch < b_cch ? -1 : a_cch > b_cch;
}

/* "?\<number>": no drive is called so. */
static struct fvm_str aside(uint16_t units[16], uint32_t number)
{
    struct fvm_buf name = {units, 0, 16};

    fvm_buf_add(&name, FVM_STR(u"?\\"));
    for (int shift = 28; shift >= 0; shift -= 4)
        fvm_buf_add_unit(&name, u"0123456789abcdef"[number >> shift & 15]);
    return fvm_buf_str(&name);
}

static void say_moved(struct keep *keep, struct fvm_text *journal)
{
    struct fvm_journal_record record = {.kind = FVM_JOURNAL_MOVE_MERGED};
    uint16_t units[16];

    if (keep->count > 1)
        qsort(keep->moved, keep->count, sizeof(*keep->moved), deepest_origin_first);
    for (size_t i = 0; i < keep->count; i++) {
        keep->moved[i].number = (uint32_t)i;
        record.path = (struct fvm_str){keep->moved[i].text + keep->moved[i].path_cch,
                                       keep->moved[i].origin_cch};
        record.to = aside(units, (uint32_t)i);
        fvm_rest_record(journal, &record);
    }
    if (keep->count > 1)
        qsort(keep->moved, keep->count, sizeof(*keep->moved), shortest_path_first);
    for (size_t i = 0; i < keep->count; i++) {
        record.path = aside(units, keep->moved[i].number);
        record.to = (struct fvm_str){keep->moved[i].text, keep->moved[i].path_cch};
        fvm_rest_record(journal, &record);
    }
}

int fvm_rest_keep(const struct fvm_rest *rest, struct fvm_text *journal)
{
    FVM_CLEANUP(text) struct fvm_text names = {0};
    struct keep *keep = calloc(1, sizeof(*keep));
    struct fvm_index_hit root;
    int result = keep ? 0 : -ENOMEM;

    /* What has no node leads to the root's. */
    if (!keep || fvm_failed(fvm_index_lookup(&rest->index, FVM_STR(u"*"), &root, NULL, NULL)))
        goto done;
    keep->rest = rest;
    keep->names = &names;
    keep->path = (struct fvm_buf){keep->path_units, 0, ARRAY_LEN(keep->path_units)};
    result = visit(keep, root.node, false);
    if (!result)
        say_moved(keep, journal);
    fvm_text_add(journal, names.s ? names.s : "", names.cb);
    if (!result && (names.failed || journal->failed))
        result = -ENOMEM;
    for (size_t i = 0; i < keep->count; i++)
        free(keep->moved[i].text);
    free(keep->moved);
done:
    free(keep);
    return result;
}
