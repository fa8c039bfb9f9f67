/* NtNotifyChangeDirectoryFile. A watch is started by one operation and read by a later one. How the
 * changes are cut into answers is a matter of timing, so all answers are put together, until the
 * file that op_poll makes for that purpose is reported, and are printed as a sorted set. Not
 * watched is the tree below: whether a change in a new directory is seen there is a race, by
 * design. */
#include "random.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { WATCHES = 3, CHANGES_CB = 65536, MAX_CHANGES = 400, CHANGE_CCH = 300, PATIENCE_MS = 3000 };

/* What ends a poll: a name that no other poll of the directory has had, for that one's may be among
 * the changes that are told now. */
#define MARK_BEGINS L"~mark"
enum { MARK_BEGINS_CCH = 5, MARK_CCH = 10 };

struct watch {
    HANDLE handle, event; /* handle NULL: free */
    IO_STATUS_BLOCK io;
    ULONG filter;
    wchar_t path[PATH_CCH];
    unsigned char changes[CHANGES_CB] __attribute__((aligned(8)));
};
static struct watch watches[WATCHES];
static wchar_t seen[MAX_CHANGES][CHANGE_CCH]; /* "1name": action and name */
static unsigned seen_count;

static void end(struct watch *watch)
{
    if (watch->handle)
        NtClose(watch->handle);
    watch->handle = NULL;
}

static NTSTATUS start(struct watch *watch)
{
    NTSTATUS status;

    ResetEvent(watch->event);
    status =
        NtNotifyChangeDirectoryFile(watch->handle, watch->event, NULL, NULL, &watch->io,
                                    watch->changes, sizeof(watch->changes), watch->filter, FALSE);
    return status == STATUS_PENDING ? STATUS_SUCCESS : status;
}

/** Watch a directory, chosen by name: the handle must be asynchronous, and is used for that only.
 */
NTSTATUS op_watch(void)
{
    static const ULONG filters[] = {0, FILE_NOTIFY_CHANGE_DIR_NAME, FILE_NOTIFY_CHANGE_ATTRIBUTES,
                                    FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE,
                                    FILE_NOTIFY_CHANGE_DIR_NAME | FILE_NOTIFY_CHANGE_ATTRIBUTES |
                                        FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE};
    struct watch *watch = &watches[draw(WATCHES)];
    NTSTATUS status;

    watch->filter = FILE_NOTIFY_CHANGE_FILE_NAME | filters[draw(COUNT_OF(filters))];
    if (!path_pick(watch->path, often(70) ? WANT_FILE : WANT_DIR) && wcsrchr(watch->path, '\\'))
        *wcsrchr(watch->path, '\\') = 0; /* where a file is, more happens */
    end(watch);
    if (!watch->event)
        watch->event = CreateEventW(NULL, TRUE, FALSE, NULL);
    say(" w%u ", (unsigned)(watch - watches));
    say_name(watch->path, wcslen(watch->path));
    say(" filter=%lx", watch->filter);
    status = tree_open(&watch->handle, watch->path, FILE_LIST_DIRECTORY | SYNCHRONIZE, NT_OPEN,
                       NT_DIRECTORY_FILE, 0);
    say(" open=%08lx", status);
    if (NT_SUCCESS(status))
        status = start(watch);
    else
        watch->handle = NULL;
    return say_status(status, NULL);
}

/** @return the mark has been reported */
static bool collect(const struct watch *watch, const wchar_t *mark)
{
    const unsigned char *at = watch->changes;
    bool marked = false;

    for (;;) {
        const FILE_NOTIFY_INFORMATION *change = (const void *)at;
        int cch = (int)(change->FileNameLength / sizeof(wchar_t));

        if (cch == MARK_CCH && !wmemcmp(change->FileName, MARK_BEGINS, MARK_BEGINS_CCH))
            marked = marked || !wmemcmp(change->FileName, mark, MARK_CCH);
        else if (seen_count < MAX_CHANGES && cch < CHANGE_CCH - 2)
            swprintf(seen[seen_count++], CHANGE_CCH, L"%lu%.*ls", change->Action, cch,
                     change->FileName);
        if (!change->NextEntryOffset)
            return marked;
        at += change->NextEntryOffset;
    }
}

static int compare(const void *a, const void *b)
{
    return wcscmp(a, b);
}

static void say_seen(void)
{
    qsort(seen, seen_count, sizeof(seen[0]), compare);
    for (unsigned i = 0; i < seen_count; i++) {
        if (i && !wcscmp(seen[i], seen[i - 1]))
            continue;
        say(" %c", (char)seen[i][0]);
        say_name(seen[i] + 1, wcslen(seen[i] + 1));
    }
}

/** Make and remove the file that tells when all earlier changes have been reported. Goes by the
 * watch's handle, since its directory may have another name by now. */
static NTSTATUS make_mark(const struct watch *watch, wchar_t *text)
{
    const USHORT cb = MARK_CCH * sizeof(*text);
    UNICODE_STRING name = {cb, cb, text};
    OBJECT_ATTRIBUTES attr = {sizeof(attr), watch->handle, &name, NT_CASE_INSENSITIVE, NULL, NULL};
    IO_STATUS_BLOCK made;
    HANDLE mark;
    NTSTATUS status;

    status = NtCreateFile(&mark, DELETE | SYNCHRONIZE, &attr, &made, NULL, 0, 7, NT_CREATE,
                          NT_DELETE_ON_CLOSE | NT_SYNCHRONOUS_IO_NONALERT, NULL, 0);
    if (NT_SUCCESS(status))
        NtClose(mark);
    return status;
}

static NTSTATUS gather(struct watch *watch, const wchar_t *mark)
{
    bool marked = false;
    NTSTATUS status = STATUS_SUCCESS;

    seen_count = 0;
    while (!marked && NT_SUCCESS(status)) {
        if (WaitForSingleObject(watch->event, PATIENCE_MS))
            return STATUS_TIMEOUT;
        status = watch->io.Status;
        if (status || !watch->io.Information)
            return status; /* more than the buffer holds, or the directory is gone */
        marked = collect(watch, mark);
        status = start(watch);
    }
    return status;
}

NTSTATUS op_poll(void)
{
    unsigned first = draw(WATCHES);

    for (unsigned i = 0; i < WATCHES; i++) {
        struct watch *watch = &watches[(first + i) % WATCHES];
        wchar_t mark[MARK_CCH + 1];
        NTSTATUS status;

        if (!watch->handle)
            continue;
        say(" w%u", (unsigned)(watch - watches));
        swprintf(mark, MARK_CCH + 1, MARK_BEGINS L"%04u~", op_number);
        status = make_mark(watch, mark);
        say(" mark=%08lx", status);
        if (NT_SUCCESS(status))
            status = gather(watch, mark);
        say_status(status, NULL);
        say_seen();
        end(watch);
        return status;
    }
    say(" none");
    return STATUS_UNSUCCESSFUL;
}

void watches_end(void)
{
    for (unsigned i = 0; i < WATCHES; i++)
        end(&watches[i]);
}

/* A file made below such a handle, as the mark is, is deleted by its directory's old name: Wine 8.
 */
void watches_moved(const wchar_t *path)
{
    size_t cch = wcslen(path);

    for (unsigned i = 0; i < WATCHES; i++)
        if (!_wcsnicmp(watches[i].path, path, cch) &&
            (!cch || !watches[i].path[cch] || watches[i].path[cch] == '\\'))
            end(&watches[i]);
}
