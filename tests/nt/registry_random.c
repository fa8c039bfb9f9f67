/* tests/nt/registry_random.c: random calls on keys and values, said in a way that is the same
 * wherever they mean the same. For tests/nt/registry_random.t.
 *
 * usage: registry_random fill FROM TO      make a tree for each seed
 *        registry_random run FROM TO OPS   so many calls on each tree
 *        registry_random tree FROM TO      say what the trees have; without volatile keys
 *        registry_random clear FROM TO     remove them
 *
 * Left out are times, and what Wine 8 does wrong to itself: renaming keys, and making one whose
 * name ends in a separator (it makes a nameless key below). */
#include "registry_random/keys.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))
enum { SLOTS = 10, BUFFER_CB = 1 << 18, CASE_INSENSITIVE = 0x40 };

static uint64_t state;
static unsigned draw(unsigned count)
{
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned)(state >> 33) % count;
}

static HANDLE slots[SLOTS];
static bool volatile_slots[SLOTS]; /* opened by a name with a volatile key's in it */
static unsigned char buffer[BUFFER_CB] __attribute__((aligned(8)));
static unsigned char data[BUFFER_CB];
static wchar_t root[64];

static const wchar_t *const names[] = {L"a",        L"A",  L"b",           L"Key C", L"k\x00e9y",
                                       L"K\x00c9Y", L"zz", L"_x",          L"m",     L"vol1",
                                       L"VOL2",     L"Q",  L"\x4e2d\x6587"};
static const wchar_t *const value_names[] = {L"",    L"one",    L"ONE",  L"Two", L"\x00e4",
                                             L"x y", L"\x0416", L"last", L"=",   L"a\\b"};

static UNICODE_STRING text_of(const wchar_t *text)
{
    USHORT cb = (USHORT)(wcslen(text) * sizeof(*text));

    return (UNICODE_STRING){cb, cb, (wchar_t *)text};
}

static void draw_path(wchar_t path[512], unsigned max)
{
    unsigned parts = 1 + draw(max);

    path[0] = 0;
    while (parts--) {
        const wchar_t *name = names[draw(COUNT_OF(names))];

        if (path[0])
            wcscat(path, draw(30) ? L"\\" : L"\\\\");
        wcscat(path, name);
    }
    if (!draw(150)) {
        size_t cch = wcslen(path);

        while (cch < 250)
            path[cch++] = 'l';
        path[cch - draw(60)] = 0;
    }
}

static void say_bytes(const unsigned char *bytes, size_t cb)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < cb; i++)
        hash = (hash ^ bytes[i]) * 16777619u;
    printf(" %08x", hash);
    for (size_t i = 0; i < cb && i < 24; i++)
        printf("%s%02x", i ? "" : ":", bytes[i]);
}

/* --- names ---------------------------------------------------------------------------------- */

struct named {
    wchar_t text[700];
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attr;
};

/* Relative to a slot, or from the top. @param may_be_empty Wine 8 says that it created what is
 * there
 * @return is a volatile key's name in it? */
static bool draw_name(struct named *named, bool may_be_empty)
{
    wchar_t path[512];
    unsigned slot = draw(SLOTS);
    bool is_relative = slots[slot] && draw(2);

    draw_path(path, 3);
    if (!is_relative)
        _snwprintf(named->text, COUNT_OF(named->text), draw(15) ? L"%ls\\%ls" : L"%ls%.0ls", root,
                   path);
    else
        wcscpy(named->text, draw(25) ? path : draw(3) && may_be_empty ? L"" : L"\\bad");
    named->name = text_of(named->text);
    named->attr = (OBJECT_ATTRIBUTES){.Length = sizeof(named->attr),
                                      .RootDirectory = is_relative ? slots[slot] : NULL,
                                      .ObjectName = &named->name,
                                      .Attributes = CASE_INSENSITIVE};
    printf(" %d ", is_relative ? (int)slot : -1);
    for (const wchar_t *at = named->text; *at; at++)
        printf(*at < 127 ? "%c" : "<%x>", *at);
    return wcsstr(named->text, L"vol") || wcsstr(named->text, L"VOL") ||
           (is_relative && volatile_slots[slot]);
}

static unsigned free_slot(void)
{
    unsigned slot = draw(SLOTS);

    if (slots[slot])
        NtClose(slots[slot]);
    slots[slot] = NULL;
    return slot;
}

static ACCESS_MASK draw_access(void)
{
    static const ACCESS_MASK all[] = {
        KEY_ALL_ACCESS, KEY_ALL_ACCESS, KEY_ALL_ACCESS,    MAXIMUM_ALLOWED,           KEY_READ,
        KEY_READ,       KEY_WRITE,      KEY_QUERY_VALUE,   KEY_ENUMERATE_SUB_KEYS,    KEY_SET_VALUE,
        GENERIC_READ,   GENERIC_ALL,    KEY_READ | DELETE, KEY_READ | KEY_WOW64_64KEY};

    return all[draw(COUNT_OF(all))];
}

static void op_open(void)
{
    unsigned slot = free_slot();
    ACCESS_MASK access = draw_access();
    struct named named;
    NTSTATUS status;

    printf(" s%u %lx", slot, access);
    volatile_slots[slot] = draw_name(&named, true);
    status = draw(2) ? NtOpenKey(&slots[slot], access, &named.attr)
                     : NtOpenKeyEx(&slots[slot], access, &named.attr, 0);
    if (!NT_SUCCESS(status))
        slots[slot] = NULL;
    printf(" = %lx", status);
}

static bool is_filling; /* the host's keys are none that nobody can tell from volatile ones */

static void op_create(void)
{
    unsigned slot = free_slot();
    ACCESS_MASK access = draw_access();
    UNICODE_STRING class = text_of(L"Class");
    ULONG disposition = 77;
    struct named named;
    bool is_volatile;
    wchar_t last;
    NTSTATUS status;

    printf(" s%u %lx", slot, access);
    /* Wine 8 asks the key that the name is relative to whether a new one must be volatile, NT its
     * parent: here they agree. */
    is_volatile = volatile_slots[slot] = draw_name(&named, false);
    printf(is_volatile ? " volatile" : "");
    last = named.name.Length ? named.text[named.name.Length / 2 - 1] | 0x20 : 0;
    status = NtCreateKey(&slots[slot], access, &named.attr, 0,
                         last == 'q' || last == 'm' ? &class : NULL, /* Wine 8 changes an old one */
                         is_volatile && !is_filling ? REG_OPTION_VOLATILE : 0,
                         draw(5) ? &disposition : NULL);
    if (!NT_SUCCESS(status))
        slots[slot] = NULL;
    printf(" = %lx %lu", status, disposition);
}

static void op_duplicate(void)
{
    unsigned from = draw(SLOTS), to = free_slot();
    ULONG options = draw(3) ? DUPLICATE_SAME_ACCESS : 0;
    ACCESS_MASK access = draw(2) ? KEY_READ : KEY_QUERY_VALUE;
    NTSTATUS status;

    printf(" s%u s%u %lx", from, to, options);
    if (!slots[from])
        return;
    status = NtDuplicateObject(GetCurrentProcess(), slots[from], GetCurrentProcess(), &slots[to],
                               access, 0, options);
    if (!NT_SUCCESS(status))
        slots[to] = NULL;
    volatile_slots[to] = volatile_slots[from];
    printf(" = %lx", status);
}

/* --- values ---------------------------------------------------------------------------------- */

static const wchar_t *draw_value_name(void)
{
    static wchar_t longest[17000];

    if (draw(120))
        return value_names[draw(COUNT_OF(value_names))];
    for (size_t i = 0; i + 1 < COUNT_OF(longest); i++)
        longest[i] = 'v';
    longest[100 + draw(16500)] = 0;
    return longest;
}

static void op_set(void)
{
    static const ULONG types[] = {REG_SZ,       REG_DWORD, REG_BINARY,    REG_NONE,
                                  REG_MULTI_SZ, 0x12345,   REG_EXPAND_SZ, 0xffffffff};
    unsigned slot = draw(SLOTS);
    UNICODE_STRING name = text_of(draw_value_name());
    ULONG cb = draw(12) ? draw(40) : draw(8) ? draw(5000) : draw(BUFFER_CB / 2);
    ULONG type = types[draw(COUNT_OF(types))];

    for (ULONG i = 0; i < cb; i++)
        data[i] = (unsigned char)draw(256);
    printf(" s%u %u %lx %lu", slot, name.Length, type, cb);
    if (slots[slot])
        printf(" = %lx", NtSetValueKey(slots[slot], &name, 0, type, data, cb));
}

static void op_delete_value(void)
{
    unsigned slot = draw(SLOTS);
    UNICODE_STRING name = text_of(draw_value_name());

    printf(" s%u %u", slot, name.Length);
    if (slots[slot])
        printf(" = %lx", NtDeleteValueKey(slots[slot], &name));
}

static ULONG draw_size(void)
{
    static const ULONG sizes[] = {0, 4, 8, 12, 16, 20, 24, 40, 44, 48, 60, 80, 200};

    return draw(3) ? BUFFER_CB : sizes[draw(COUNT_OF(sizes))];
}

static void say_answer(NTSTATUS status, ULONG needed, ULONG cb, ULONG from)
{
    ULONG end = needed < cb ? needed : cb;

    printf(" = %lx %lu", status, needed);
    if ((NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW) && end > from && end <= BUFFER_CB)
        say_bytes(buffer + from, end - from);
}

static void op_query_value(void)
{
    unsigned slot = draw(SLOTS);
    UNICODE_STRING name = text_of(draw_value_name());
    ULONG class = draw(3), cb = draw_size(), needed = 0;

    printf(" s%u %u %lu %lu", slot, name.Length, class, cb);
    memset(buffer, 0xaa, 512);
    if (slots[slot]) {
        NTSTATUS status = NtQueryValueKey(slots[slot], &name, class, buffer, cb, &needed);

        say_answer(status, needed, cb, 0);
    }
}

static void op_list_values(void)
{
    unsigned slot = draw(SLOTS);
    ULONG class = draw(2), needed = 0, cb = BUFFER_CB;

    printf(" s%u %lu", slot, class);
    for (ULONG at = 0; slots[slot]; at++) {
        NTSTATUS status = NtEnumerateValueKey(slots[slot], at, class, buffer, cb, &needed);

        if (!NT_SUCCESS(status)) {
            printf(" = %lx", status);
            break;
        }
        say_bytes(buffer, needed);
    }
}

/* --- keys ------------------------------------------------------------------------------------- */

static void op_query_key(void)
{
    unsigned slot = draw(SLOTS);
    ULONG class = draw(5), cb = draw_size(), needed = 0;

    if (class == 3 && cb < 8) /* Wine 8 says then that the name has no length */
        cb = 8;
    printf(" s%u %lu %lu", slot, class, cb);
    memset(buffer, 0xaa, 512);
    if (slots[slot]) {
        NTSTATUS status = NtQueryKey(slots[slot], class, buffer, cb, &needed);

        if (class == 4) /* what follows the last number is anything */
            cb = cb < 36 ? cb : 36;
        say_answer(status, needed, cb, class == 3 ? 0 : 8);
    }
}

static void op_list_one(void)
{
    unsigned slot = draw(SLOTS);
    ULONG class = draw(3), cb = draw_size(), at = draw(6), needed = 0;

    printf(" s%u %lu %lu %lu", slot, at, class, cb);
    memset(buffer, 0xaa, 512);
    if (slots[slot]) {
        NTSTATUS status = NtEnumerateKey(slots[slot], at, class, buffer, cb, &needed);

        say_answer(status, needed, cb, 8);
    }
}

static void op_list(void)
{
    unsigned slot = draw(SLOTS);
    ULONG class = draw(3), needed = 0;

    printf(" s%u %lu", slot, class);
    for (ULONG at = 0; slots[slot]; at++) {
        NTSTATUS status = NtEnumerateKey(slots[slot], at, class, buffer, BUFFER_CB, &needed);

        if (!NT_SUCCESS(status)) {
            printf(" = %lx", status);
            break;
        }
        say_bytes(buffer + 8, needed - 8);
    }
}

static void op_list_and_delete(void)
{
    unsigned slot = draw(SLOTS);
    ULONG at = 0, needed = 0;

    printf(" s%u", slot);
    while (slots[slot] && at < 20) {
        NTSTATUS status = NtEnumerateKey(slots[slot], at, 0, buffer, BUFFER_CB, &needed);
        ULONG name_cb;
        UNICODE_STRING name;
        OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr),
                                  .RootDirectory = slots[slot],
                                  .ObjectName = &name,
                                  .Attributes = CASE_INSENSITIVE};
        HANDLE key;

        printf(" %lx", status);
        if (!NT_SUCCESS(status))
            break;
        memcpy(&name_cb, buffer + 12, sizeof(name_cb));
        name = (UNICODE_STRING){(USHORT)name_cb, (USHORT)name_cb, (wchar_t *)(buffer + 16)};
        say_bytes(buffer + 16, name_cb);
        status = NtOpenKey(&key, DELETE, &attr);
        if (NT_SUCCESS(status)) {
            status = NtDeleteKey(key);
            NtClose(key);
        }
        printf(" %lx", status);
        at += !NT_SUCCESS(status);
    }
}

static void op_delete(void)
{
    unsigned slot = draw(SLOTS);

    printf(" s%u", slot);
    if (slots[slot])
        printf(" = %lx", NtDeleteKey(slots[slot]));
}

static void op_object(void)
{
    unsigned slot = draw(SLOTS);
    ULONG needed = 0, cb = draw(4) ? 2000 : draw(200);
    NTSTATUS status;

    printf(" s%u %lu", slot, cb);
    if (!slots[slot])
        return;
    status = NtQueryObject(slots[slot], 1, buffer, cb, &needed);
    printf(" = %lx %lu", status, needed);
    if (NT_SUCCESS(status))
        say_bytes(buffer + sizeof(UNICODE_STRING), needed - sizeof(UNICODE_STRING));
    status = NtQueryObject(slots[slot], 0, buffer, 56, &needed);
    if (NT_SUCCESS(status))
        printf(" %lx", *(ULONG *)(void *)(buffer + 4));
}

static void op_save(void)
{
    unsigned slot = draw(SLOTS);
    uint32_t hash = 0;

    printf(" s%u", slot);
    if (slots[slot])
        printf(" = %lx", save_key(slots[slot], &hash));
    printf(" %08x", hash);
}

static const struct {
    const char *name;
    void (*run)(void);
    unsigned weight;
} ops[] = {{"open", op_open, 18},
           {"create", op_create, 20},
           {"duplicate", op_duplicate, 3},
           {"set", op_set, 16},
           {"delete-value", op_delete_value, 6},
           {"query-value", op_query_value, 10},
           {"list-values", op_list_values, 3},
           {"query-key", op_query_key, 8},
           {"list-one", op_list_one, 6},
           {"list", op_list, 5},
           {"list-and-delete", op_list_and_delete, 2},
           {"delete", op_delete, 8},
           {"object", op_object, 3},
           {"save", op_save, 1}};

static void begin(unsigned seed)
{
    state = seed * 7919ull + 17;
    _snwprintf(root, COUNT_OF(root), L"\\Registry\\Machine\\Software\\FvmDiffer\\%u", seed);
}

static HANDLE open_root(ACCESS_MASK access)
{
    UNICODE_STRING name = text_of(root);
    OBJECT_ATTRIBUTES attr = {sizeof(attr), NULL, &name, CASE_INSENSITIVE, NULL, NULL};
    HANDLE key;
    NTSTATUS status = access ? NtOpenKey(&key, access, &attr)
                             : NtCreateKey(&key, KEY_ALL_ACCESS, &attr, 0, NULL, 0, NULL);

    return NT_SUCCESS(status) ? key : NULL;
}

static void close_all(void)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        if (slots[i])
            NtClose(slots[i]);
        slots[i] = NULL;
        volatile_slots[i] = false;
    }
}

static void fill(unsigned seed)
{
    begin(seed);
    slots[0] = open_root(0);
    is_filling = true;
    state += 12345;
    for (int i = 0; i < 60; i++) {
        op_create();
        op_set();
        op_set();
    }
    close_all();
}

static void run(unsigned seed, unsigned count)
{
    unsigned total = 0;

    begin(seed);
    for (size_t i = 0; i < COUNT_OF(ops); i++)
        total += ops[i].weight;
    slots[0] = open_root(KEY_ALL_ACCESS);
    for (unsigned i = 0; i < count; i++) {
        unsigned at = draw(total), op = 0;

        while (at >= ops[op].weight)
            at -= ops[op++].weight;
        printf("%u.%u %s", seed, i, ops[op].name);
        ops[op].run();
        printf("\n");
    }
    close_all();
}

/* --- trees --------------------------------------------------------------------------------------
 */

static void remove_tree(HANDLE key, bool with_values);

static void tree(HANDLE key, const wchar_t *path)
{
    static unsigned char bytes[BUFFER_CB];
    ULONG needed;

    if (NT_SUCCESS(NtQueryKey(key, 2, bytes, sizeof(bytes), &needed))) {
        printf("key ");
        for (const wchar_t *at = path; *at; at++)
            printf(*at < 127 ? "%c" : "<%x>", *at);
        printf(" class %lu\n", *(ULONG *)(void *)(bytes + 16));
    }
    for (ULONG at = 0; NT_SUCCESS(NtEnumerateValueKey(key, at, 1, bytes, sizeof(bytes), &needed));
         at++) {
        ULONG name_cb = *(ULONG *)(void *)(bytes + 16);

        for (ULONG i = 20; i < 20 + name_cb; i++)
            bytes[i] =
                (unsigned char)(bytes[i] >= 'A' && bytes[i] <= 'Z' ? bytes[i] | 0x20 : bytes[i]);
        printf("value");
        say_bytes(bytes, needed);
        printf("\n");
    }
    for (ULONG at = 0; NT_SUCCESS(NtEnumerateKey(key, at, 0, bytes, sizeof(bytes), &needed));
         at++) {
        ULONG cb = *(ULONG *)(void *)(bytes + 12);
        wchar_t below[300], full[2000];
        UNICODE_STRING name;
        OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr),
                                  .RootDirectory = key,
                                  .ObjectName = &name,
                                  .Attributes = CASE_INSENSITIVE};
        HANDLE child;

        memcpy(below, bytes + 16, cb);
        below[cb / 2] = 0;
        for (wchar_t *c = below; *c; c++)
            *c = *c == 0xc9 ? 0xe9 : *c >= 'A' && *c <= 'Z' ? *c | 0x20 : *c;
        if ((below[0] | 0x20) == 'v')
            continue;
        name = text_of(below);
        _snwprintf(full, COUNT_OF(full), L"%ls\\%ls", path, below);
        if (!NT_SUCCESS(NtOpenKey(&child, KEY_READ, &attr))) {
            printf("cannot open %ls\n", full);
            continue;
        }
        tree(child, full);
        NtClose(child);
    }
}

static void remove_tree(HANDLE key, bool with_key)
{
    ULONG needed;
    unsigned char bytes[700];

    while (NT_SUCCESS(NtEnumerateKey(key, 0, 0, bytes, sizeof(bytes), &needed))) {
        ULONG cb = *(ULONG *)(void *)(bytes + 12);
        UNICODE_STRING name = {(USHORT)cb, (USHORT)cb, (wchar_t *)(void *)(bytes + 16)};
        OBJECT_ATTRIBUTES attr = {
            .Length = sizeof(attr), .RootDirectory = key, .ObjectName = &name};
        HANDLE child;

        if (!NT_SUCCESS(NtOpenKey(&child, KEY_ALL_ACCESS, &attr)))
            break;
        remove_tree(child, true);
        NtClose(child);
    }
    if (with_key)
        NtDeleteKey(key);
}

int wmain(int argc, wchar_t **argv)
{
    const wchar_t *verb = argc > 3 ? argv[1] : L"";
    unsigned from = argc > 3 ? (unsigned)_wtoi(argv[2]) : 1, to = argc > 3 ? _wtoi(argv[3]) : 0;
    HANDLE key;

    save_begin();
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    if (!wcscmp(verb, L"fill")) {
        wcscpy(root, L"\\Registry\\Machine\\Software\\FvmDiffer");
        key = open_root(0);
        if (!key)
            return 1;
        NtClose(key);
    }
    for (unsigned seed = from; seed <= to; seed++) {
        begin(seed);
        if (!wcscmp(verb, L"fill"))
            fill(seed);
        else if (!wcscmp(verb, L"run") && argc > 4)
            run(seed, (unsigned)_wtoi(argv[4]));
        else if (!wcscmp(verb, L"tree") && (key = open_root(KEY_READ)) != NULL)
            tree(key, root);
        else if (!wcscmp(verb, L"clear") && (key = open_root(KEY_ALL_ACCESS)) != NULL)
            remove_tree(key, true);
        else
            printf("%u: nothing there\n", seed);
    }
    if (!wcscmp(verb, L"clear")) {
        wcscpy(root, L"\\Registry\\Machine\\Software\\FvmDiffer");
        key = open_root(KEY_ALL_ACCESS);
        if (key)
            remove_tree(key, true);
    }
    return 0;
}
