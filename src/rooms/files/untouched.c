/* rooms/files/untouched.c: names that were found to be the host's and nothing else. See files.h.
 *
 * Programs ask for one name many times over. What it means depends on its text and on the VM's
 * index alone, so an answer holds until the index changes, in whatever process of the VM. Entries
 * are read without a lock: who meets one that is being written finds nothing. */
#include "engine/capture.h"
#include "engine/image.h"
#include "rooms/files/files.h"

#include <string.h>

enum { ENTRIES = 128, PART_CCH = sizeof(uint64_t) / sizeof(uint16_t) };
struct entry {
    uint32_t turn; /* odd: somebody writes; 0: was never written */
    uint32_t generation, cch;
    uint16_t text[FILES_UNTOUCHED_CCH];
};

_Static_assert(FILES_UNTOUCHED_CCH % PART_CCH == 0, "whole parts");

FVM_STATE static struct entry *entries;

static struct entry *table(void)
{
    struct entry *seen = __atomic_load_n(&entries, __ATOMIC_ACQUIRE), *made;

    if (seen)
        return seen;
    made = fvm_pages(ENTRIES * sizeof(*made));
    if (!__atomic_compare_exchange_n(&entries, &seen, made, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        fvm_pages_free(made);
        return seen;
    }
    return made;
}

/* Four units at a time; what is behind the name is zero. */
static struct entry *entry_of(const struct files_untouched *name)
{
    struct entry *all = table();
    uint64_t hash = name->cch, part;

    for (uint32_t i = 0; i < name->cch; i += PART_CCH) {
        memcpy(&part, name->text + i, sizeof(part));
        hash = (hash ^ part) * 0x9E3779B97F4A7C15U;
        hash ^= hash >> 32;
    }
    return all ? &all[hash % ENTRIES] : NULL;
}

static bool is_entry(const struct entry *entry, const struct files_untouched *name)
{
    uint32_t turn = __atomic_load_n(&entry->turn, __ATOMIC_ACQUIRE);
    bool is_same = !(turn & 1) && entry->generation == name->generation &&
                   entry->cch == name->cch &&
                   !memcmp(entry->text, name->text, name->cch * sizeof(*name->text));

    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return is_same && turn == __atomic_load_n(&entry->turn, __ATOMIC_RELAXED);
}

bool files_is_untouched(struct files_untouched *name, const OBJECT_ATTRIBUTES *attr)
{
    OBJECT_ATTRIBUTES *copy = &name->attr;
    const struct entry *entry;
    UNICODE_STRING text;

    name->cch = 0;
    if (!NT_SUCCESS(fvm_copy_guarded(copy, attr, sizeof(*copy))) || copy->RootDirectory ||
        !copy->ObjectName || !NT_SUCCESS(fvm_copy_guarded(&text, copy->ObjectName, sizeof(text))) ||
        text.Length < sizeof(WCHAR) || text.Length > sizeof(name->text) ||
        text.Length % sizeof(WCHAR))
        return false;
    if (!NT_SUCCESS(fvm_copy_guarded(name->text, text.Buffer, text.Length)))
        return false;
    name->cch = text.Length / (uint32_t)sizeof(WCHAR);
    for (uint32_t i = name->cch; i % PART_CCH; i++)
        name->text[i] = 0;
    name->string = (UNICODE_STRING){text.Length, text.Length, (WCHAR *)name->text};
    copy->ObjectName = &name->string;
    name->generation = fvm_index_generation(files_index());
    entry = entry_of(name);
    return entry && is_entry(entry, name);
}

void files_note_untouched(const struct files_untouched *name, const struct files_place *place)
{
    struct entry *entry;
    uint32_t turn;

    if (!name->cch || !place->is_fixed || place->hit.answer != FVM_INDEX_HOST ||
        place->needs_name || place->hit.flags & FVM_INDEX_EMPTIED ||
        files_is_told_short(place->path.path))
        return;
    entry = entry_of(name);
    turn = entry ? __atomic_load_n(&entry->turn, __ATOMIC_RELAXED) : 1;
    /* Another thread that writes here wins. One that is ended in between leaves the entry unused.
     */
    if (turn & 1 || !__atomic_compare_exchange_n(&entry->turn, &turn, turn + 1, false,
                                                 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return;
    entry->generation = name->generation;
    entry->cch = name->cch;
    memcpy(entry->text, name->text, name->cch * sizeof(*name->text));
    __atomic_store_n(&entry->turn, turn + 2, __ATOMIC_RELEASE);
}
