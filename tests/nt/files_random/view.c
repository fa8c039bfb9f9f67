/* Sections of files: views used at once and given back, and a few kept while other operations go
 * on. */
#include "random.h"

#include <string.h>

enum { VIEWS = 3, PAGE_CB = 4096, SHOWN_CB = 65536 };

struct view {
    unsigned char *base; /* NULL: free */
    size_t cb;           /* of the file when it was mapped */
    bool is_writable;
    int start; /* the file's, as in a slot */
};
static struct view views[VIEWS];

/* A page of a view may be gone (the file was cut): the access must not end the program. Where a
 * fault goes on: behind RtlCaptureContext in touch(). */
static CONTEXT before;
static volatile bool is_touching, has_faulted;

static LONG NTAPI on_fault(EXCEPTION_POINTERS *fault)
{
    if (!is_touching || (fault->ExceptionRecord->ExceptionCode != (DWORD)STATUS_ACCESS_VIOLATION &&
                         fault->ExceptionRecord->ExceptionCode != (DWORD)STATUS_IN_PAGE_ERROR))
        return EXCEPTION_CONTINUE_SEARCH;
    has_faulted = true;
    *fault->ContextRecord = before;
    return EXCEPTION_CONTINUE_EXECUTION;
}

/** Copy from or to a view. @return false: a page of it is not there */
static __attribute__((noinline)) bool touch(void *to, const void *from, size_t cb)
{
    static bool is_ready;

    if (!is_ready)
        AddVectoredExceptionHandler(1, on_fault);
    is_ready = true;
    has_faulted = false;
    RtlCaptureContext(&before);
    if (!has_faulted) {
        is_touching = true;
        memcpy(to, from, cb);
    }
    is_touching = false;
    return !has_faulted;
}

static void say_view(const struct view *view)
{
    size_t cb = view->cb < SHOWN_CB ? view->cb : SHOWN_CB, at = 0;

    memset(block, 0, cb);
    for (; at < cb; at += PAGE_CB)
        if (!touch(block + at, view->base + at, cb - at < PAGE_CB ? cb - at : PAGE_CB))
            break;
    say(" view=%016llx", (unsigned long long)hash_bytes(block, cb));
    if (at < cb)
        say(" gone-at=%llx", (unsigned long long)at);
}

/** Write one byte at the begin of a page: inside the file, or in a page that is not there. What is
 * behind a file's end in its last page would be anybody's guess. */
static void write_view(const struct view *view)
{
    size_t at = draw((unsigned)(view->cb / PAGE_CB) + 1) * PAGE_CB;
    unsigned char byte = (unsigned char)op_number;

    if (at >= view->cb)
        at = 0;
    say(" write at=%llx%s", (unsigned long long)at,
        touch(view->base + at, &byte, 1) ? "" : " gone");
}

static void drop(struct view *view)
{
    say(" unmapped=%08lx", NtUnmapViewOfSection(GetCurrentProcess(), view->base));
    view->base = NULL;
}

static NTSTATUS map(HANDLE file, ULONG protection, struct view *view)
{
    HANDLE section = NULL, self = GetCurrentProcess();
    ACCESS_MASK access = protection == PAGE_READWRITE ? SECTION_ALL_ACCESS : SECTION_MAP_READ;
    struct nt_standard_info standard = {0};
    LARGE_INTEGER size = {0};
    SIZE_T cb = 0;
    void *base = NULL;
    NTSTATUS status;

    NtQueryInformationFile(file, &io, &standard, sizeof(standard), NT_STANDARD_INFO);
    if (often(10)) /* a section may be larger than the file: which grows, if it may be written */
        size.QuadPart = standard.size_cb.QuadPart + draw(9000);
    say(" protection=%lx cb=%llx", protection, size.QuadPart);
    status = NtCreateSection(&section, access, NULL, size.QuadPart ? &size : NULL, protection,
                             SEC_COMMIT, file);
    say_status(status, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = NtMapViewOfSection(section, self, &base, 0, 0, NULL, &cb, 1, 0, protection);
    say(" map=%08lx", status);
    NtClose(section);
    NtQueryInformationFile(file, &io, &standard, sizeof(standard), NT_STANDARD_INFO);
    *view = (struct view){NT_SUCCESS(status) ? base : NULL, (size_t)standard.size_cb.QuadPart,
                          protection != PAGE_READONLY, start_of(file)};
    return status;
}

/** Map a file; read or write through the view; read by handle what the view wrote. */
NTSTATUS op_section(void)
{
    static const ULONG protections[] = {PAGE_READONLY, PAGE_READWRITE, PAGE_READWRITE,
                                        PAGE_WRITECOPY};
    ULONG protection = protections[draw(4)];
    struct slot *slot =
        slot_pick(FILE_SLOT,
                  protection == PAGE_READWRITE ? FILE_READ_DATA | FILE_WRITE_DATA : FILE_READ_DATA);
    struct view *view = &views[draw(VIEWS)];
    LARGE_INTEGER begin = {0};
    bool keep = often(60);
    NTSTATUS status;

    if (!slot)
        return STATUS_UNSUCCESSFUL;
    if (view->base)
        drop(view);
    status = map(slot->handle, protection, view);
    if (!NT_SUCCESS(status))
        return status;
    say_view(view);
    if (view->is_writable) {
        write_view(view);
        io_clear();
        status =
            NtReadFile(slot->handle, slot_event(slot), NULL, NULL, &io, block, 8192, &begin, NULL);
        say(" read=%08lx", slot_settle(slot, status, true));
        if (NT_SUCCESS(io.Status) && io.Information <= 8192)
            say(" data=%016llx", (unsigned long long)hash_bytes(block, io.Information));
    }
    if (!keep)
        drop(view);
    return STATUS_SUCCESS;
}

/** Use a view that was kept. */
NTSTATUS op_view(void)
{
    unsigned first = draw(VIEWS), how = draw(3);

    for (unsigned i = 0; i < VIEWS; i++) {
        struct view *view = &views[(first + i) % VIEWS];

        if (!view->base)
            continue;
        say(" v%u", (first + i) % VIEWS);
        if (how == 1 && view->is_writable)
            write_view(view);
        say_view(view);
        if (how == 2)
            drop(view);
        return STATUS_SUCCESS;
    }
    say(" none");
    return STATUS_UNSUCCESSFUL;
}

void views_forget(int file)
{
    for (unsigned i = 0; i < VIEWS; i++)
        if (views[i].base && views[i].start == file) {
            say(" forgets v%u", i);
            drop(&views[i]);
        }
}

void views_end(void)
{
    for (unsigned i = 0; i < VIEWS; i++)
        if (views[i].base) {
            say("end v%u", i);
            drop(&views[i]);
            say("\n");
        }
}
