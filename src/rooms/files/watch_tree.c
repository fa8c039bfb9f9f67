/* rooms/files/watch_tree.c: directories below a watched one. See watch.h. */
#include "engine/real.h"
#include "rooms/files/list.h"
#include "rooms/files/watch.h"

#include <string.h>

enum { MOST_DIRECTORIES = 4096 };

/* Directories still to be opened. */
struct waiting {
    struct waiting *next;
    struct fvm_str path; /* behind this struct */
};
struct walk {
    struct fvm_str directory; /* that is listed */
    struct waiting *first;
    unsigned count;
};

static NTSTATUS note_directory(void *context, const NT_DIR_ENTRY *entry)
{
    struct walk *walk = context;
    struct fvm_str name = {entry->FileName, entry->FileNameLength / sizeof(WCHAR)};
    uint32_t cch = walk->directory.cch + 1 + name.cch;
    struct waiting *waiting;
    uint16_t *text;

    if (!(entry->FileAttributes & FILE_ATTRIBUTE_DIRECTORY) ||
        entry->FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT || fvm_str_eq(name, FVM_STR(u".")) ||
        fvm_str_eq(name, FVM_STR(u"..")) || walk->count == MOST_DIRECTORIES)
        return STATUS_SUCCESS;
    waiting = fvm_allocate(sizeof(*waiting) + cch * sizeof(*text));
    if (!waiting)
        return STATUS_NO_MEMORY;
    text = (uint16_t *)(void *)(waiting + 1);
    memcpy(text, walk->directory.s, walk->directory.cch * sizeof(*text));
    text[walk->directory.cch] = '\\';
    memcpy(text + walk->directory.cch + 1, name.s, name.cch * sizeof(*text));
    *waiting = (struct waiting){walk->first, {text, cch}};
    walk->first = waiting;
    walk->count++;
    return STATUS_SUCCESS;
}

void files_watch_open_tree(struct fvm_str directory)
{
    struct walk walk = {.directory = directory};

    if (!real.__wine_unix_spawnvp)
        return;
    files_list_each(directory, (struct fvm_str){0}, note_directory, &walk);
    while (walk.first) {
        struct waiting *next = walk.first;

        walk.first = next->next;
        walk.directory = next->path;
        files_list_each(next->path, (struct fvm_str){0}, note_directory, &walk);
        fvm_free(next);
    }
}
