/* tests/nt/files_table.c: NtCreateFile with every disposition on everything that may stand under a
 * name, asking for a directory, for a file and for either. It expects nothing: what a plain folder
 * outside of a VM answers is right, and a run inside must print the same (TAP, one line each).
 * usage: files_table setup FOLDER   make FOLDER (absolute, C:\x\y) with what stands under the names
 *        files_table FOLDER         the test; makes what setup has not made
 * With setup outside, all of it lies in the VM's lower layer; without, in the upper one. */
#include "nt.h"

#include <stdbool.h>
#include <stdio.h>
#include <wchar.h>

enum { PATH_CCH = 600 };

enum state { ABSENT, PARENT_ABSENT, A_FILE, READ_ONLY, EMPTY_DIR, FULL_DIR, HELD, PENDING, STATES };
static const char *const state_names[STATES] = {
    "absent",          "parent absent",  "file",      "read-only file",
    "empty directory", "full directory", "held file", "delete-pending file"};
static const char *const dispositions[] = {"supersede", "open",      "create",
                                           "open-if",   "overwrite", "overwrite-if"};
static const struct {
    const char *name;
    ULONG options;
} kinds[] = {{"any", 0}, {"directory", NT_DIRECTORY_FILE}, {"file", NT_NON_DIRECTORY_FILE}};

static wchar_t folder[PATH_CCH];
static unsigned number;

static NTSTATUS open_name(HANDLE *handle, const wchar_t *name, ACCESS_MASK access, ULONG attributes,
                          ULONG sharing, ULONG disposition, ULONG options, IO_STATUS_BLOCK *io)
{
    wchar_t path[PATH_CCH];
    UNICODE_STRING string = {.Buffer = path};
    OBJECT_ATTRIBUTES attr = {
        .Length = sizeof(attr), .ObjectName = &string, .Attributes = NT_CASE_INSENSITIVE};

    swprintf(path, PATH_CCH, L"\\??\\%ls\\%ls", folder, name);
    if (!*name)
        path[wcslen(path) - 1] = 0;
    string.Length = string.MaximumLength = (USHORT)(wcslen(path) * sizeof(*path));
    return NtCreateFile(handle, access | SYNCHRONIZE, &attr, io, NULL, attributes, sharing,
                        disposition, options | NT_SYNCHRONOUS_IO_NONALERT, NULL, 0);
}

static NTSTATUS make(const wchar_t *name, ULONG attributes, ULONG options)
{
    IO_STATUS_BLOCK io;
    HANDLE handle = NULL;
    NTSTATUS status = open_name(&handle, name, FILE_READ_ATTRIBUTES | FILE_WRITE_DATA, attributes,
                                7, NT_OPEN_IF, options, &io);

    if (NT_SUCCESS(status) && io.Information == NT_CREATED && !(options & NT_DIRECTORY_FILE))
        NtWriteFile(handle, NULL, NULL, NULL, &io, "content", 7, NULL, NULL);
    if (NT_SUCCESS(status))
        NtClose(handle);
    return status;
}

static void name_of(wchar_t name[100], enum state state, ULONG disposition, unsigned kind)
{
    const char *missing = state == PARENT_ABSENT ? "nowhere\\" : "";

    swprintf(name, 100, L"%hs%u-%lu-%u", missing, (unsigned)state, disposition, (unsigned)kind);
}

/** Make what stands under the name, if it is not there. */
static void set_up(const wchar_t *name, enum state state)
{
    wchar_t below[PATH_CCH];

    if (state == EMPTY_DIR || state == FULL_DIR)
        make(name, 0, NT_DIRECTORY_FILE);
    else if (state > PARENT_ABSENT)
        make(name, state == READ_ONLY ? FILE_ATTRIBUTE_READONLY : 0, NT_NON_DIRECTORY_FILE);
    swprintf(below, PATH_CCH, L"%ls\\below", name);
    if (state == FULL_DIR)
        make(below, 0, NT_NON_DIRECTORY_FILE);
}

/** @return handle that keeps the name in its state, NULL if none is needed */
static HANDLE hold(const wchar_t *name, enum state state)
{
    IO_STATUS_BLOCK io;
    HANDLE handle = NULL;
    BOOLEAN delete = TRUE;

    if (state != HELD && state != PENDING)
        return NULL;
    open_name(&handle, name, GENERIC_READ | DELETE, 0, state == HELD ? 0 : 7, NT_OPEN, 0, &io);
    if (state == PENDING)
        NtSetInformationFile(handle, &io, &delete, sizeof(delete), NT_DISPOSITION_INFO);
    return handle;
}

/** Print what is there afterwards. */
static void say_after(const wchar_t *name)
{
    struct nt_network_open_info info = {0};
    wchar_t path[PATH_CCH];
    UNICODE_STRING string = {.Buffer = path};
    OBJECT_ATTRIBUTES attr = {
        .Length = sizeof(attr), .ObjectName = &string, .Attributes = NT_CASE_INSENSITIVE};
    NTSTATUS status;

    swprintf(path, PATH_CCH, L"\\??\\%ls\\%ls", folder, name);
    string.Length = string.MaximumLength = (USHORT)(wcslen(path) * sizeof(*path));
    status = NtQueryFullAttributesFile(&attr, &info);
    printf(" after=%08lx", status);
    if (!NT_SUCCESS(status))
        return;
    printf(" attr=%lx", info.attributes);
    if (!(info.attributes & FILE_ATTRIBUTE_DIRECTORY))
        printf(" size=%lld", info.size_cb.QuadPart);
}

static void test(enum state state, ULONG disposition, unsigned kind)
{
    IO_STATUS_BLOCK io = {.Information = 0x7ead};
    HANDLE holder, handle = NULL;
    wchar_t name[100];
    NTSTATUS status;

    name_of(name, state, disposition, kind);
    set_up(name, state);
    holder = hold(name, state);
    status = open_name(&handle, name, GENERIC_READ | FILE_WRITE_DATA, FILE_ATTRIBUTE_NORMAL, 7,
                       disposition, kinds[kind].options, &io);
    printf("ok %u - %s, %s, as %s: %08lx", ++number, state_names[state], dispositions[disposition],
           kinds[kind].name, status);
    if (io.Information == 0x7ead)
        printf(" info=-");
    else
        printf(" info=%lx", (ULONG)io.Information);
    if (NT_SUCCESS(status))
        NtClose(handle);
    say_after(name);
    if (holder) {
        NtClose(holder);
        printf(" released");
        say_after(name);
    }
    printf("\n");
}

static void set_up_one(enum state state, ULONG disposition, unsigned kind)
{
    wchar_t name[100];

    name_of(name, state, disposition, kind);
    set_up(name, state);
}

int wmain(int argc, wchar_t **argv)
{
    bool is_setup = argc == 3 && !wcscmp(argv[1], L"setup");
    void (*each)(enum state, ULONG, unsigned) = is_setup ? set_up_one : test;
    NTSTATUS status;

    if (argc != 2 + is_setup || wcslen(argv[argc - 1]) > PATH_CCH / 2) {
        fprintf(stderr, "usage: files_table [setup] FOLDER\n");
        return 2;
    }
    wcscpy(folder, argv[argc - 1]);
    status = make(L"", 0, NT_DIRECTORY_FILE);
    if (!NT_SUCCESS(status)) {
        printf("Bail out! cannot make the folder: %08lx\n", status);
        return 1;
    }
    if (!is_setup)
        printf("1..%u\n", (unsigned)(STATES * 6 * 3));
    for (enum state state = 0; state < STATES; state++)
        for (ULONG disposition = 0; disposition < 6; disposition++)
            for (unsigned kind = 0; kind < 3; kind++)
                each(state, disposition, kind);
    return 0;
}
