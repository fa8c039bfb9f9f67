/* tests/nt/badinput.c: calls of the files room with arguments that no sane program gives. It
 * expects nothing: what is answered outside is right, and a run inside must print the same.
 * usage: badinput FOLDER (C:\x, with a file "file" and a directory "dir" in it)
 *        badinput race FOLDER: names that change while they are read */
#include "nt.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

NT_CALL NtFsControlFile(HANDLE, HANDLE event, nt_apc, void *, IO_STATUS_BLOCK *, ULONG code, void *,
                        ULONG, void *, ULONG);

static wchar_t folder[300], file_path[300], dir_path[300];
static char *bad; /* an address where nothing is */
static HANDLE file, dir, event, none = (HANDLE)(ULONG_PTR)0x7770;
static char buffer[1024];
static IO_STATUS_BLOCK io;

#define TRY(call) printf("%s: %08lx\n", #call, (unsigned long)(call))

static UNICODE_STRING string(const wchar_t *text)
{
    USHORT cb = (USHORT)(wcslen(text) * sizeof(*text));

    return (UNICODE_STRING){cb, cb, (WCHAR *)(ULONG_PTR)text};
}

/* What is asked with a name that is given here. */
static void ask(const char *what, OBJECT_ATTRIBUTES *attr)
{
    struct nt_basic_info basic;
    struct nt_network_open_info full;
    NTSTATUS status[5];
    HANDLE handle = NULL;

    status[0] = NtOpenFile(&handle, FILE_READ_ATTRIBUTES | SYNCHRONIZE, attr, &io, 7,
                           NT_SYNCHRONOUS_IO_NONALERT);
    if (NT_SUCCESS(status[0]))
        NtClose(handle);
    status[1] = NtCreateFile(&handle, FILE_WRITE_DATA | SYNCHRONIZE, attr, &io, NULL, 0, 7, NT_OPEN,
                             NT_SYNCHRONOUS_IO_NONALERT, NULL, 0);
    if (NT_SUCCESS(status[1]))
        NtClose(handle);
    status[2] = NtQueryAttributesFile(attr, &basic);
    status[3] = NtQueryFullAttributesFile(attr, &full);
    status[4] = NtDeleteFile(attr);
    printf("%s: open %08lx create %08lx attributes %08lx full %08lx delete %08lx\n", what,
           (unsigned long)status[0], (unsigned long)status[1], (unsigned long)status[2],
           (unsigned long)status[3], (unsigned long)status[4]);
}

static void names(void)
{
    static wchar_t overlong[32768];
    UNICODE_STRING name = string(dir_path);
    OBJECT_ATTRIBUTES attr = {
        .Length = sizeof(attr), .ObjectName = &name, .Attributes = NT_CASE_INSENSITIVE};

    ask("no attributes", NULL);
    ask("attributes nowhere", (OBJECT_ATTRIBUTES *)(void *)bad);
    attr.ObjectName = NULL;
    ask("no name", &attr);
    attr.ObjectName = (UNICODE_STRING *)(void *)bad;
    ask("name nowhere", &attr);
    attr.ObjectName = &name;
    name.Buffer = (WCHAR *)(void *)bad;
    ask("letters nowhere", &attr);
    name = string(dir_path);
    name.Length = name.MaximumLength = (USHORT)(name.Length + 1 - 2 * sizeof(WCHAR));
    ask("odd length", &attr);
    name = string(L"");
    ask("empty name", &attr);
    name.Buffer = NULL;
    ask("empty name without letters", &attr);
    for (size_t i = 0; i < 32767; i++)
        overlong[i] = i < wcslen(folder) ? folder[i] : i % 100 ? 'x' : '\\';
    name = (UNICODE_STRING){65534, 65534, overlong};
    ask("32767 letters", &attr);
    for (size_t i = wcslen(folder) + 1; i < 400; i++)
        overlong[i] = 'x';
    overlong[400] = 0;
    name = string(overlong);
    ask("a component of hundreds of letters", &attr);
    name = string(L"file");
    ask("relative to nothing", &attr);
    attr.RootDirectory = none;
    ask("relative to no handle", &attr);
    attr.RootDirectory = event;
    ask("relative to an event", &attr);
    attr.RootDirectory = GetCurrentProcess();
    ask("relative to a process", &attr);
}

static void opens(void)
{
    UNICODE_STRING name = string(file_path);
    OBJECT_ATTRIBUTES attr = {
        .Length = sizeof(attr), .ObjectName = &name, .Attributes = NT_CASE_INSENSITIVE};
    HANDLE handle;

#define OPEN(out, access, status_block, disposition, options, ea, ea_cb)                           \
    TRY(NtCreateFile(out, access, &attr, status_block, NULL, 0, 7, disposition, options, ea, ea_cb))
    OPEN(NULL, FILE_READ_DATA, &io, NT_OPEN, 0, NULL, 0);
    OPEN((HANDLE *)(void *)bad, FILE_READ_DATA, &io, NT_OPEN, 0, NULL, 0);
    OPEN(&handle, FILE_READ_DATA, (IO_STATUS_BLOCK *)(void *)bad, NT_OPEN, 0, NULL, 0);
    OPEN(&handle, FILE_READ_DATA, &io, 77, 0, NULL, 0);
    OPEN(&handle, FILE_WRITE_DATA, &io, NT_OPEN, NT_DIRECTORY_FILE, NULL, 0);
    OPEN(&handle, FILE_WRITE_DATA, &io, NT_OPEN, NT_DIRECTORY_FILE | NT_NON_DIRECTORY_FILE, NULL,
         0);
    OPEN(&handle, FILE_READ_DATA, &io, NT_OPEN, 0, bad, 64);
    TRY(NtQueryAttributesFile(&attr, NULL));
    TRY(NtQueryAttributesFile(&attr, (struct nt_basic_info *)(void *)bad));
    TRY(NtQueryFullAttributesFile(&attr, (struct nt_network_open_info *)(void *)bad));
}

static void listings(void)
{
#define LIST(handle, status_block, out, cb, class, mask)                                           \
    TRY(NtQueryDirectoryFile(handle, NULL, NULL, NULL, status_block, out, cb, class, 0, mask, 1))
    LIST(none, &io, buffer, sizeof(buffer), 1, NULL);
    LIST(event, &io, buffer, sizeof(buffer), 1, NULL);
    LIST(file, &io, buffer, sizeof(buffer), 1, NULL);
    LIST(dir, &io, buffer, sizeof(buffer), 99, NULL);
    LIST(dir, &io, buffer, 0, 1, NULL);
    LIST(dir, &io, buffer, 13, 1, NULL);
    LIST(dir, &io, buffer + 1, sizeof(buffer) - 1, 1, NULL);
#define WATCH(handle, out, cb)                                                                     \
    TRY(NtNotifyChangeDirectoryFile(handle, event, NULL, NULL, &io, out, cb, 1, 0))
    WATCH(none, buffer, sizeof(buffer));
    WATCH(event, buffer, sizeof(buffer));
    WATCH(file, buffer, sizeof(buffer));
}

static void handles(void)
{
    struct nt_rename_info *rename = (struct nt_rename_info *)(void *)buffer;
    HANDLE all[] = {none, event, GetCurrentProcess(), NULL};
    HANDLE movable =
        CreateFileW(file_path + 4, GENERIC_READ | DELETE, 7, NULL, OPEN_EXISTING, 0, NULL);

    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        printf("handle %d\n", (int)i);
        TRY(NtQueryInformationFile(all[i], &io, buffer, sizeof(buffer), NT_NAME_INFO));
        TRY(NtQueryInformationFile(all[i], &io, buffer, sizeof(buffer), NT_STANDARD_INFO));
        TRY(NtSetInformationFile(all[i], &io, buffer, 1, NT_DISPOSITION_INFO));
        TRY(NtQueryVolumeInformationFile(all[i], &io, buffer, sizeof(buffer), 1));
        TRY(NtFsControlFile(all[i], NULL, NULL, NULL, &io, 0x900a8, NULL, 0, buffer, 100));
        TRY(NtClose(all[i]));
    }
    TRY(NtQueryInformationFile(file, &io, buffer, 0, NT_NAME_INFO));
    TRY(NtQueryInformationFile(file, &io, buffer, 3, NT_NAME_INFO));
    TRY(NtQueryInformationFile(file, &io, buffer, 9, NT_NAME_INFO));
    TRY(NtQueryInformationFile(file, &io, bad, 500, NT_NAME_INFO));
    TRY(NtQueryInformationFile(file, &io, buffer, 500, 999));
    TRY(NtQueryInformationFile(file, &io, buffer, 3, NT_BASIC_INFO));
    TRY(NtQueryObject(file, 1, buffer, 3, NULL));
    TRY(NtQueryObject(file, 1, bad, 500, NULL));
    TRY(NtSetInformationFile(file, &io, bad, 40, NT_BASIC_INFO));
    TRY(NtSetInformationFile(file, &io, buffer, 3, NT_BASIC_INFO));
    TRY(NtSetInformationFile(file, &io, buffer, 8, 999));
    memset(buffer, 0, sizeof(buffer));
    rename->name_cb = 0x7ffffff0;
    TRY(NtSetInformationFile(movable, &io, buffer, 40, NT_RENAME_INFO));
    rename->name_cb = 7;
    TRY(NtSetInformationFile(movable, &io, buffer, 3, NT_RENAME_INFO));
    TRY(NtSetInformationFile(movable, &io, bad, 60, NT_RENAME_INFO));
    TRY(NtSetInformationFile(movable, &io, bad, 60, NT_LINK_INFO));
    CloseHandle(movable);
    TRY(NtReadFile(file, NULL, NULL, NULL, &io, bad, 4, NULL, NULL));
    TRY(NtReadFile(none, NULL, NULL, NULL, &io, buffer, 4, NULL, NULL));
}

/* --- a name that changes while the call reads it ---------------------------------------------- */

static UNICODE_STRING moving;
static wchar_t letters[300];
static volatile LONG over;

static DWORD WINAPI change_name(void *context)
{
    wchar_t other[300];
    USHORT cb = moving.Length;

    (void)context;
    swprintf(other, 300, L"%ls\\nowhere\\at\\all", folder);
    for (unsigned i = 0; !over; i++) {
        memcpy(letters, i % 2 ? other : file_path, sizeof(letters));
        moving.Length = i % 3 ? cb : 65534;
        moving.Buffer = i % 7 ? letters : (WCHAR *)(void *)bad;
    }
    return 0;
}

static int race(void)
{
    OBJECT_ATTRIBUTES attr = {
        .Length = sizeof(attr), .ObjectName = &moving, .Attributes = NT_CASE_INSENSITIVE};
    unsigned opened = 0, refused = 0;
    HANDLE thread, handle;

    memcpy(letters, file_path, sizeof(letters));
    moving = string(letters);
    moving.MaximumLength = 65534;
    thread = CreateThread(NULL, 0, change_name, NULL, 0, NULL);
    for (int i = 0; i < 3000; i++)
        if (NT_SUCCESS(NtOpenFile(&handle, FILE_READ_ATTRIBUTES | SYNCHRONIZE, &attr, &io, 7,
                                  NT_SYNCHRONOUS_IO_NONALERT))) {
            opened++;
            NtClose(handle);
        } else {
            refused++;
        }
    over = 1;
    WaitForSingleObject(thread, INFINITE);
    fprintf(stderr, "%u opened, %u refused\n", opened, refused);
    printf("%s\n", opened + refused == 3000 ? "survived" : "lost count");
    return 0;
}

int wmain(int argc, wchar_t **argv)
{
    if (argc < 2)
        return 2;
    setvbuf(stdout, NULL, _IONBF, 0); /* what hangs shows where */
    swprintf(folder, 300, L"\\??\\%ls", argv[argc - 1]);
    swprintf(file_path, 300, L"%ls\\file", folder);
    swprintf(dir_path, 300, L"%ls\\dir", folder);
    bad = VirtualAlloc(NULL, 65536, MEM_RESERVE, PAGE_NOACCESS);
    event = CreateEventW(NULL, TRUE, FALSE, NULL);
    file = CreateFileW(file_path + 4, GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    dir = CreateFileW(dir_path + 4, GENERIC_READ, 7, NULL, OPEN_EXISTING,
                      FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (argc > 2)
        return race();
    names();
    opens();
    listings();
    handles();
    /* Last: Wine 8 keeps its lock on listings when it meets such a buffer, or such a mask. */
    LIST(dir, &io, bad, sizeof(buffer), 1, NULL);
    return 0;
}
