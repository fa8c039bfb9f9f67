/* rooms/files/watch_merge.c: which changes of the two directories are changes of the VM's view. See
 * watch.h. */
#include "engine/engine.h"
#include "rooms/files/watch.h"

#include <string.h>

/* --- notes: what the engine is about to do in the layer ------------------------------------- */

static uint64_t note_of(struct fvm_str path, enum files_note kind)
{
    struct fvm_str text = path;

    text.cch -= text.cch && text.s[text.cch - 1] == '\\';
    return (uint64_t)fvm_str_hash_fold(text, (uint32_t)kind) << 32 |
           fvm_str_hash_fold(text, 0x9e3779b9U + (uint32_t)kind);
}

uint64_t files_note(struct fvm_str layer, enum files_note kind)
{
    return fvm_note_add(fvm_engine.block, note_of(layer, kind));
}

void files_note_drop(struct fvm_str layer, enum files_note kind, uint64_t number)
{
    fvm_note_drop(fvm_engine.block, number, note_of(layer, kind));
}

/* Is this change one that a note tells of? Each note is good for one. */
static bool was_noted(struct files_watch *watch, struct fvm_str path, enum files_note kind)
{
    uint64_t what = note_of(path, kind), number = watch->since;

    for (;;) {
        number = fvm_note_find(fvm_engine.block, what, number);
        if (number == FVM_NO_NOTE)
            return false;
        if (watch->used[number % FVM_NOTES] != (uint32_t)(number + 1)) {
            watch->used[number % FVM_NOTES] = (uint32_t)(number + 1);
            return true;
        }
        number++;
    }
}

/* --- changes -------------------------------------------------------------------------------- */

static bool make_path(struct fvm_buf *path, struct fvm_str directory, struct fvm_str name)
{
    path->cch = 0;
    return !fvm_failed(fvm_buf_add(path, directory)) &&
           (path->s[path->cch - 1] == '\\' || !fvm_failed(fvm_buf_add_unit(path, '\\'))) &&
           !fvm_failed(fvm_buf_add(path, name));
}

/* Is a name of the host's seen in the VM? */
static bool is_visible(struct fvm_str path)
{
    struct fvm_index_hit hit;

    if (fvm_failed(fvm_index_lookup(files_index(), path, &hit, NULL, NULL)))
        return true;
    return hit.answer == FVM_INDEX_HOST || hit.answer == FVM_INDEX_BELOW_MOVED ||
           (hit.answer == FVM_INDEX_IS_OWN && !hit.is_complete);
}

/* The kernel makes one event of several that say the same of one name: the engine's own touch may
 * be one with what a program did right after it, and a note of a touch may be left without an
 * event. So what a program did is noted as well; however often, it is told once. */
static bool was_changed(struct files_watch *watch, struct fvm_str path)
{
    bool changed = false;

    while (was_noted(watch, path, FILES_NOTE_CHANGE))
        changed = true;
    return changed;
}

static bool is_shown(struct files_watch *watch, bool is_host, ULONG action, struct fvm_str name,
                     struct files_scratch *scratch)
{
    struct fvm_buf path = {scratch->virtual, 0, FILES_NAME_CCH};

    if (is_host)
        return !make_path(&path, watch->path, name) || is_visible(fvm_buf_str(&path));
    if (!make_path(&path, watch->layer, name))
        return true;
    if (action == FILE_ACTION_ADDED)
        return !was_noted(watch, fvm_buf_str(&path), FILES_NOTE_COPY);
    return action != FILE_ACTION_MODIFIED || was_changed(watch, fvm_buf_str(&path)) ||
           !was_noted(watch, fvm_buf_str(&path), FILES_NOTE_TOUCH);
}

static bool grow(struct files_watch *watch, uint32_t cb)
{
    uint32_t cap = watch->cap_cb ? watch->cap_cb : 4096;
    uint8_t *grown;

    while (cap < cb)
        cap *= 2;
    if (cap > FILES_WATCH_MAX_CB)
        return false;
    grown = fvm_allocate(cap);
    if (!grown)
        return false;
    if (watch->cb)
        memcpy(grown, watch->records, watch->cb);
    fvm_free(watch->records);
    watch->records = grown;
    watch->cap_cb = cap;
    return true;
}

/* Under the lock. */
static void append(struct files_watch *watch, ULONG action, struct fvm_str name)
{
    uint32_t at = (watch->cb + 3) & ~3U, name_cb = name.cch * (uint32_t)sizeof(WCHAR);
    uint32_t end = at + (uint32_t)offsetof(FILE_NOTIFY_INFORMATION, FileName) + name_cb;
    FILE_NOTIFY_INFORMATION *record;

    if (end > watch->cap_cb && !grow(watch, end)) {
        watch->is_missed = true;
        return;
    }
    if (watch->cb) {
        record = (FILE_NOTIFY_INFORMATION *)(void *)(watch->records + watch->last_at);
        record->NextEntryOffset = at - watch->last_at;
    }
    record = (FILE_NOTIFY_INFORMATION *)(void *)(watch->records + at);
    record->NextEntryOffset = 0;
    record->Action = action;
    record->FileNameLength = name_cb;
    memcpy(record->FileName, name.s, name_cb);
    watch->last_at = at;
    watch->cb = end;
}

static void take_one(struct files_watch *watch, bool is_host, const FILE_NOTIFY_INFORMATION *change,
                     struct files_scratch *scratch)
{
    struct fvm_str name = {change->FileName, change->FileNameLength / (ULONG)sizeof(WCHAR)};

    if (!is_shown(watch, is_host, change->Action, name, scratch) || !files_watch_lock())
        return;
    append(watch, change->Action, name);
    files_watch_unlock();
}

void files_watch_take(struct files_watch *watch, struct files_watch_side *side,
                      const IO_STATUS_BLOCK *answer)
{
    FVM_CLEANUP(files_scratch) struct files_scratch *scratch = files_scratch_get();
    bool is_host = side == &watch->sides[FILES_WATCH_HOST];
    const uint8_t *at = side->changes;
    const FILE_NOTIFY_INFORMATION *change;

    /* The thread that made the call has ended, and its call with it: nothing was missed. */
    if (answer->Status == STATUS_CANCELLED)
        return;
    if (answer->Status != STATUS_SUCCESS || !answer->Information || !scratch) {
        if (files_watch_lock()) {
            watch->is_missed = true;
            files_watch_unlock();
        }
        return;
    }
    do {
        change = (const FILE_NOTIFY_INFORMATION *)(const void *)at;
        take_one(watch, is_host, change, scratch);
        at += change->NextEntryOffset;
    } while (change->NextEntryOffset);
}
