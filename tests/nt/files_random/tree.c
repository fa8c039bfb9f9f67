/* The start tree, and the dump of a tree. */
#include "random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

NTSTATUS tree_open(HANDLE *handle, const wchar_t *path, ACCESS_MASK access, ULONG disposition,
                   ULONG options, ULONG attributes)
{
    static wchar_t text[TEXT_CCH];
    UNICODE_STRING name = {.Buffer = text};
    OBJECT_ATTRIBUTES attr = {
        .Length = sizeof(attr), .ObjectName = &name, .Attributes = NT_CASE_INSENSITIVE};
    IO_STATUS_BLOCK made;

    world_expand(text, path);
    name.Length = name.MaximumLength = (USHORT)(wcslen(text) * sizeof(*text));
    return NtCreateFile(handle, access, &attr, &made, NULL, attributes, 7, disposition,
                        options | NT_OPEN_FOR_BACKUP_INTENT, NULL, 0);
}

/* --- listing ---------------------------------------------------------------------------------- */

enum { LIST_CB = 65536, LIST_ENTRIES = 512 };

static int compare_entries(const void *a, const void *b)
{
    const struct entry *one = a, *two = b;
    size_t cch = one->name_cch < two->name_cch ? one->name_cch : two->name_cch;
    int order = wmemcmp(one->name, two->name, cch);

    return order ? order : (int)one->name_cch - (int)two->name_cch;
}

/** Add the entries of one answer (FileIdBothDirectoryInformation). */
static size_t add_entries(struct entry *list, size_t count, const unsigned char *at)
{
    for (;;) {
        ULONG next = *(const ULONG *)(const void *)at;
        struct entry entry = {
            .name = (const wchar_t *)(const void *)(at + 104),
            .name_cch = *(const ULONG *)(const void *)(at + 60) / sizeof(wchar_t),
            .short_name = (const wchar_t *)(const void *)(at + 70),
            .short_cch = at[68] / sizeof(wchar_t),
            .attributes = *(const ULONG *)(const void *)(at + 56),
            .id = *(const uint64_t *)(const void *)(at + 96),
        };
        bool dots = entry.name[0] == '.' &&
                    (entry.name_cch == 1 || (entry.name_cch == 2 && entry.name[1] == '.'));

        if (!dots && count < LIST_ENTRIES)
            list[count++] = entry;
        if (!next)
            return count;
        at += next;
    }
}

void tree_list(const wchar_t *path, entry_fn fn, void *context)
{
    enum { PAGES = 8 };
    unsigned char *room = malloc(PAGES * LIST_CB);
    struct entry *list = malloc(LIST_ENTRIES * sizeof(*list));
    size_t count = 0;
    IO_STATUS_BLOCK answer;
    HANDLE handle;

    if (room && list &&
        NT_SUCCESS(tree_open(&handle, path, FILE_LIST_DIRECTORY | SYNCHRONIZE, NT_OPEN,
                             NT_DIRECTORY_FILE | NT_SYNCHRONOUS_IO_NONALERT, 0))) {
        for (unsigned page = 0; page < PAGES; page++) {
            unsigned char *at = room + page * LIST_CB;

            if (NtQueryDirectoryFile(handle, NULL, NULL, NULL, &answer, at, LIST_CB, 37, FALSE,
                                     NULL, page == 0))
                break;
            count = add_entries(list, count, at);
        }
        NtClose(handle);
    }
    if (count)
        qsort(list, count, sizeof(*list), compare_entries);
    for (size_t i = 0; i < count; i++)
        fn(&list[i], context);
    free(list);
    free(room);
}

bool is_full_directory(OBJECT_ATTRIBUTES *attr)
{
    static unsigned char room[LIST_CB] __attribute__((aligned(8)));
    struct entry one;
    IO_STATUS_BLOCK answer;
    bool is_full = false;
    HANDLE handle;

    if (!NT_SUCCESS(NtOpenFile(&handle, FILE_LIST_DIRECTORY | SYNCHRONIZE, attr, &answer, 7,
                               NT_DIRECTORY_FILE | NT_SYNCHRONOUS_IO_NONALERT)))
        return false;
    for (bool first = true; !is_full; first = false) {
        if (!NT_SUCCESS(NtQueryDirectoryFile(handle, NULL, NULL, NULL, &answer, room, LIST_CB, 37,
                                             TRUE, NULL, first)))
            break;
        is_full = add_entries(&one, 0, room);
    }
    NtClose(handle);
    return is_full;
}

/* --- dump ------------------------------------------------------------------------------------- */

static void dump_content(HANDLE handle)
{
    struct nt_basic_info basic = {0};
    struct nt_standard_info standard = {0};
    uint64_t hash = 0;
    IO_STATUS_BLOCK answer;

    NtQueryInformationFile(handle, &answer, &basic, sizeof(basic), NT_BASIC_INFO);
    NtQueryInformationFile(handle, &answer, &standard, sizeof(standard), NT_STANDARD_INFO);
    say_time(basic.written);
    if (standard.directory)
        return;
    say(" size=%lld links=%lu", standard.size_cb.QuadPart, standard.links);
    while (!NtReadFile(handle, NULL, NULL, NULL, &answer, block, 4096, NULL, NULL))
        hash = hash * 31 + hash_bytes(block, answer.Information);
    say(" data=%016llx", (unsigned long long)hash);
}

static void dump_entry(const struct entry *entry, void *context)
{
    const wchar_t *parent = context;
    bool is_dir = entry->attributes & FILE_ATTRIBUTE_DIRECTORY;
    wchar_t path[PATH_CCH * 2];
    HANDLE handle;
    NTSTATUS status;

    swprintf(path, PATH_CCH * 2, L"%ls\\%.*ls", parent, (int)entry->name_cch, entry->name);
    say_name(path, wcslen(path));
    say(" short=");
    say_name(entry->short_name, entry->short_cch);
    say(" attr=%lx", entry->attributes);
    status = tree_open(&handle, path, GENERIC_READ, NT_OPEN, NT_SYNCHRONOUS_IO_NONALERT, 0);
    if (NT_SUCCESS(status)) {
        dump_content(handle);
        NtClose(handle);
    } else {
        say(" unreadable=%08lx", status);
    }
    say("\n");
    if (is_dir && wcslen(path) < PATH_CCH)
        tree_list(path, dump_entry, path);
}

void tree_dump(void)
{
    tree_list(L"F", dump_entry, L"F");
    tree_list(L"B", dump_entry, L"B");
}

/* --- start tree ------------------------------------------------------------------------------- */

/* Files need no .exe: plain Wine 8 takes the search permission from a folder that loses such a
 * name. */
static const wchar_t *const dir_names[] = {L"Sub Folder", L"docs",        L"Data.dir",
                                           L"\u00dcbung", L"x",           L"MixedCase",
                                           L"old.files",  L"\u6587\u4ef6"};
static const wchar_t *const file_names[] = {
    L"a",
    L"b.txt",
    L"README.TXT",
    L"c.bin",
    L"Long File Name With Spaces.document",
    L"long file name with dots.1.2.3",
    L"\u00e4\u00f6\u00fc.txt",
    L"\u65e5\u672c\u8a9e.dat",
    L"MixedCase.Txt",
    L"EIGHT123.DAT",
    L"empty",
    L".dotfile",
    L"percent%20 & co (1).txt",
    L"x~1.txt",
    L"a name of a hundred and twenty characters, which is far longer than what any short form of "
    L"it "
    L"would hold, to be sure.text",
};

static void make_file(const wchar_t *path, ULONG attributes)
{
    static const ULONG sizes[] = {0, 1, 20, 300, 4096, 5000, 9000, 20, 600, 100000};
    ULONG left = sizes[draw(COUNT_OF(sizes))];
    LARGE_INTEGER day = {.QuadPart = 126227808000000000ll + draw(1000) * 864000000000ll};
    struct nt_basic_info basic = {.attributes = 0};
    HANDLE handle;

    if (often(30))
        basic.written = day;
    if (!NT_SUCCESS(tree_open(&handle, path, GENERIC_WRITE | SYNCHRONIZE, NT_OVERWRITE_IF,
                              NT_NON_DIRECTORY_FILE | NT_SYNCHRONOUS_IO_NONALERT, attributes)))
        return;
    pattern(block, sizeof(block), draw(1000));
    while (left) {
        ULONG part = left < sizeof(block) ? left : sizeof(block);

        NtWriteFile(handle, NULL, NULL, NULL, &io, block, part, NULL, NULL);
        left -= part;
    }
    NtSetInformationFile(handle, &io, &basic, sizeof(basic), NT_BASIC_INFO);
    NtClose(handle);
}

static ULONG draw_fill_attributes(void)
{
    static const ULONG all[] = {FILE_ATTRIBUTE_READONLY, FILE_ATTRIBUTE_HIDDEN,
                                FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM};

    return often(80) ? FILE_ATTRIBUTE_NORMAL : all[draw(3)];
}

static void fill_folder(const wchar_t *path, unsigned depth, unsigned *left)
{
    unsigned files = 2 + draw(4), dirs = depth < 4 ? 1 + draw(depth == 0 ? 4 : 2) : 0;
    unsigned first = draw(COUNT_OF(file_names));
    wchar_t below[PATH_CCH];
    HANDLE handle;

    if (!NT_SUCCESS(tree_open(&handle, path, FILE_LIST_DIRECTORY | SYNCHRONIZE, NT_OPEN_IF,
                              NT_DIRECTORY_FILE | NT_SYNCHRONOUS_IO_NONALERT, 0)))
        return;
    NtClose(handle);
    for (unsigned i = 0; i < files && *left; i++, (*left)--) {
        swprintf(below, PATH_CCH, L"%ls\\%ls", path,
                 file_names[(first + i) % COUNT_OF(file_names)]);
        make_file(below, draw_fill_attributes());
    }
    for (unsigned i = 0; i < dirs && *left; i++) {
        (*left)--;
        swprintf(below, PATH_CCH, L"%ls\\%ls", path, dir_names[(first + i) % COUNT_OF(dir_names)]);
        fill_folder(below, depth + 1, left);
    }
}

void tree_fill(unsigned long long seed)
{
    unsigned left = 48, left_beside = 6;

    chance_start(seed, 0);
    fill_folder(L"F", 0, &left);
    fill_folder(L"F\\docs", 2, &left); /* so that there are 30 at least */
    fill_folder(L"F\\x", 1, &left);
    fill_folder(L"B", 2, &left_beside);
}
