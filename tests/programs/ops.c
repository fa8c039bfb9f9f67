/* tests/programs/ops.c: random operations on files and registry, the same for the same seed: for
 * the law that create VM, run, commit == running natively. usage: ops run SEED COUNT [FIRST END]...
 * operations [FIRST, END) of the sequence only, all if none is given ops dump what Windows sees of
 * the places that `run` works on Only the state that the operations themselves make decides what
 * they do: no clock, no listing order. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>

static uint64_t state;
static unsigned draw(unsigned below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)((state >> 11) % below);
}

/* --- files --------------------------------------------------------------------------------- */

/* Folders of the base and new ones, few names, so that operations meet. No .exe: plain Wine 8 takes
 * the search permission from a folder that loses such a name. */
static const wchar_t *const roots[] = {L"C:\\law", L"C:\\users\\Public\\Documents",
                                       L"C:\\Program Files\\Common Files", L"C:\\ProgramData",
                                       L"C:\\users\\law"};
static const wchar_t *const names[] = {L"a",     L"b.txt",        L"Dir",
                                       L"sub",   L"\u00e4\u00f6", L"long name with spaces.dat",
                                       L"c.bin", L"\u65e5\u672c"};

static void path(wchar_t out[MAX_PATH])
{
    unsigned depth = 1 + draw(3);

    wcscpy(out, roots[draw(5)]);
    while (depth--) {
        wcscat(out, L"\\");
        wcscat(out, names[draw(8)]);
    }
}

static void put(const wchar_t *name, DWORD how, DWORD access, unsigned cb, unsigned seed)
{
    HANDLE file =
        CreateFileW(name, access, FILE_SHARE_READ, NULL, how, FILE_ATTRIBUTE_NORMAL, NULL);
    char block[4096];
    DWORD done;

    if (file == INVALID_HANDLE_VALUE)
        return;
    if (how == OPEN_EXISTING)
        SetFilePointer(file, (LONG)(seed % 3 ? 0 : seed % 5000), NULL,
                       seed % 3 ? FILE_END : FILE_BEGIN);
    for (unsigned i = 0; i < sizeof(block); i++)
        block[i] = (char)(seed * 31 + i * 7);
    while (cb) {
        unsigned part = cb < sizeof(block) ? cb : sizeof(block);

        if (!WriteFile(file, block, part, &done, NULL))
            break;
        cb -= part;
    }
    CloseHandle(file);
}

static void cut(const wchar_t *name, unsigned cb)
{
    HANDLE file = CreateFileW(name, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);

    if (file == INVALID_HANDLE_VALUE)
        return;
    SetFilePointer(file, (LONG)cb, NULL, FILE_BEGIN);
    SetEndOfFile(file);
    CloseHandle(file);
}

static void set_time(const wchar_t *name, unsigned seed)
{
    /* Days in 2001 to 2003: a time of today is known to be no set one. */
    ULARGE_INTEGER when = {.QuadPart = 126227808000000000ull + (seed % 1000) * 864000000000ull};
    FILETIME time = {when.LowPart, when.HighPart};
    HANDLE file = CreateFileW(name, FILE_WRITE_ATTRIBUTES, 7, NULL, OPEN_EXISTING,
                              FILE_FLAG_BACKUP_SEMANTICS, NULL);

    if (file == INVALID_HANDLE_VALUE)
        return;
    SetFileTime(file, NULL, NULL, &time);
    CloseHandle(file);
}

static const wchar_t *file_op(wchar_t *a, wchar_t *b)
{
    static const DWORD sizes[] = {0, 1, 5, 100, 4096, 5000, 70000};
    unsigned what = draw(14), value = draw(1u << 20);

    path(a);
    path(b);
    switch (what) {
    case 0:
    case 1:
        put(a, CREATE_ALWAYS, GENERIC_WRITE, sizes[value % 7], value);
        return L"create";
    case 2:
    case 3:
        put(a, OPEN_EXISTING, GENERIC_WRITE, sizes[value % 6], value);
        return L"write";
    case 4:
        cut(a, value % 6000);
        return L"truncate";
    case 5:
        DeleteFileW(a);
        return L"delete";
    case 6:
        MoveFileExW(a, b, 0);
        return L"rename";
    case 7:
        MoveFileExW(a, b, MOVEFILE_REPLACE_EXISTING | MOVEFILE_COPY_ALLOWED);
        return L"replace";
    case 8:
    case 9:
        CreateDirectoryW(a, NULL);
        return L"mkdir";
    case 10:
        RemoveDirectoryW(a);
        return L"rmdir";
    case 11:
        SetFileAttributesW(a, value & 1   ? FILE_ATTRIBUTE_READONLY
                              : value & 2 ? FILE_ATTRIBUTE_HIDDEN
                              : value & 4 ? FILE_ATTRIBUTE_SYSTEM
                                          : FILE_ATTRIBUTE_NORMAL);
        return L"attributes";
    case 12:
        set_time(a, value);
        return L"time";
    default:
        CopyFileW(a, b, value & 1);
        return L"copy";
    }
}

/* --- registry --------------------------------------------------------------------------------- */

static const wchar_t *const key_names[] = {L"A",   L"b c", L"\u00dcber",
                                           L"Sub", L"x.y", L"[odd]=\"1\""};
static const wchar_t *const value_names[] = {L"",        L"one", L"Two words", L"\u00e9\u20ac",
                                             L"a\"b\\c", L"n=1"};

static HKEY key_path(wchar_t out[256], unsigned least)
{
    HKEY root = draw(2) ? HKEY_CURRENT_USER : HKEY_LOCAL_MACHINE;
    unsigned depth = least + draw(3);

    wcscpy(out, L"Software\\FvmLaw");
    while (depth--) {
        wcscat(out, L"\\");
        wcscat(out, key_names[draw(6)]);
    }
    return root;
}

static LONG copy_key(HKEY from, HKEY to)
{
    wchar_t name[256];
    BYTE data[70000];

    for (DWORD i = 0;; i++) {
        DWORD cch = 256, cb = sizeof(data), type;

        if (RegEnumValueW(from, i, name, &cch, NULL, &type, data, &cb))
            break;
        RegSetValueExW(to, name, 0, type, data, cb);
    }
    return 0;
}

static const wchar_t *registry_op(wchar_t *a, wchar_t *b)
{
    static const DWORD sizes[] = {0, 1, 2, 3, 4, 7, 8, 30, 300, 5000};
    static const DWORD types[] = {
        REG_NONE, REG_SZ,       REG_EXPAND_SZ,     REG_BINARY, REG_DWORD, REG_DWORD_BIG_ENDIAN,
        REG_LINK, REG_MULTI_SZ, REG_RESOURCE_LIST, REG_QWORD,  0x12345,   REG_SZ,
        REG_DWORD};
    unsigned what = draw(8), value = draw(1u << 20), value_name = draw(6), type = types[draw(13)];
    HKEY key, other, root = key_path(a, what == 6 ? 1 : 0);
    BYTE data[5000];
    DWORD cb = sizes[draw(10)];
    HKEY other_root = key_path(b, 0);

    if (what < 2) {
        if (!RegCreateKeyExW(root, a, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, NULL))
            RegCloseKey(key);
        return L"key";
    }
    if (what == 6) {
        RegDeleteKeyW(root, a);
        return L"delete key";
    }
    if (RegOpenKeyExW(root, a, 0, KEY_ALL_ACCESS, &key) &&
        (what > 4 || RegCreateKeyExW(root, a, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, NULL)))
        return L"no key";
    if (what == 7) {
        if (!RegCreateKeyExW(other_root, b, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &other, NULL)) {
            copy_key(key, other);
            RegCloseKey(other);
        }
    } else if (what == 5) {
        RegDeleteValueW(key, value_names[value_name]);
    } else {
        for (DWORD i = 0; i < cb; i++)
            data[i] = (BYTE)(type == REG_BINARY || value % 4 == 0 ? value + i * 13
                             : i & 1                              ? (value >> i % 20) % 5 == 4
                                     : (unsigned)"Text\\\"\n\x00z\xe9%"[(i / 2 + value) % 10]);
        RegSetValueExW(key, value_names[value_name], 0, type, data, cb);
    }
    RegCloseKey(key);
    return what == 7 ? L"copy key" : what == 5 ? L"delete value" : L"value";
}

static void print(const wchar_t *text)
{
    for (; *text; text++)
        if (*text > ' ' && *text < 0x7f)
            putchar(*text);
        else
            printf("\\u%04x", *text);
}

static int run(int argc, wchar_t **argv)
{
    unsigned count = (unsigned)wcstoul(argv[3], NULL, 10);

    CreateDirectoryW(L"C:\\law", NULL);
    CreateDirectoryW(L"C:\\users\\law", NULL);
    for (unsigned i = 0; i < count; i++) {
        wchar_t a[MAX_PATH] = L"", b[MAX_PATH] = L"";
        const wchar_t *what;
        DWORD code;
        int wanted = argc < 6;

        for (int arg = 4; arg + 1 < argc; arg += 2)
            if (i >= wcstoul(argv[arg], NULL, 10) && i < wcstoul(argv[arg + 1], NULL, 10))
                wanted = 1;
        if (!wanted)
            continue;
        state = (wcstoul(argv[2], NULL, 10) * 1000003ull + i + 1) * 0x9e3779b97f4a7c15ull;
        for (int spin = 0; spin < 4; spin++)
            draw(2);
        SetLastError(0);
        what = draw(3) ? file_op(a, b) : registry_op(a, b);
        code = GetLastError();
        printf("%u %ls ", i, what);
        print(a);
        printf(" ");
        print(b);
        printf(" %lu\n", code);
    }
    return 0;
}

/* --- dump ------------------------------------------------------------------------------------- */

static uint64_t hash_file(const wchar_t *name)
{
    HANDLE file = CreateFileW(name, GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    uint64_t hash = 14695981039346656037ull;
    BYTE block[4096];
    DWORD got;

    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    while (ReadFile(file, block, sizeof(block), &got, NULL) && got)
        for (DWORD i = 0; i < got; i++)
            hash = (hash ^ block[i]) * 1099511628211ull;
    CloseHandle(file);
    return hash;
}

static void dump_folder(const wchar_t *folder)
{
    WIN32_FIND_DATAW found;
    wchar_t name[1000];
    HANDLE find;

    swprintf(name, 1000, L"%ls\\*", folder);
    find = FindFirstFileW(name, &found);
    if (find == INVALID_HANDLE_VALUE)
        return;
    do {
        ULARGE_INTEGER when = {.LowPart = found.ftLastWriteTime.dwLowDateTime,
                               .HighPart = found.ftLastWriteTime.dwHighDateTime};

        if (!wcscmp(found.cFileName, L".") || !wcscmp(found.cFileName, L".."))
            continue;
        swprintf(name, 1000, L"%ls\\%ls", folder, found.cFileName);
        printf("file ");
        print(name);
        printf(" %lx", found.dwFileAttributes);
        if (found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) {
            printf("\n");
            dump_folder(name);
            continue;
        }
        printf(" %lu %016llx", found.nFileSizeLow, (unsigned long long)hash_file(name));
        if (when.QuadPart < 128000000000000000ull) /* 2006: it was set */
            printf(" time %llu", (unsigned long long)when.QuadPart);
        printf("\n");
    } while (FindNextFileW(find, &found));
    FindClose(find);
}

static void dump_key(HKEY root, const wchar_t *root_name, const wchar_t *name)
{
    wchar_t child[1000], value[256];
    BYTE data[70000];
    HKEY key;

    if (RegOpenKeyExW(root, name, 0, KEY_READ, &key))
        return;
    printf("key %ls ", root_name);
    print(name);
    printf("\n");
    for (DWORD i = 0;; i++) {
        DWORD cch = 256, cb = sizeof(data), type;

        if (RegEnumValueW(key, i, value, &cch, NULL, &type, data, &cb))
            break;
        printf("value %ls ", root_name);
        print(name);
        printf(" ");
        print(value);
        printf(" type %lx ", type);
        for (DWORD at = 0; at < cb; at++)
            printf("%02x", data[at]);
        printf("\n");
    }
    for (DWORD i = 0;; i++) {
        DWORD cch = 256;

        if (RegEnumKeyExW(key, i, value, &cch, NULL, NULL, NULL, NULL))
            break;
        swprintf(child, 1000, L"%ls\\%ls", name, value);
        dump_key(root, root_name, child);
    }
    RegCloseKey(key);
}

int wmain(int argc, wchar_t **argv)
{
    if (argc >= 4 && !wcscmp(argv[1], L"run"))
        return run(argc, argv);
    for (int i = 0; i < 5; i++)
        dump_folder(roots[i]);
    dump_key(HKEY_CURRENT_USER, L"HKCU", L"Software\\FvmLaw");
    dump_key(HKEY_LOCAL_MACHINE, L"HKLM", L"Software\\FvmLaw");
    return 0;
}
