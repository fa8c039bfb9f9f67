/* Which names the operations use: those that are there at the start, a few of them most of the
 * time, those that operations have made, and new ones; in all forms that NT takes or must refuse.
 */
#include "random.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

enum { HOT = 14, MADE = 24 };

struct known {
    wchar_t path[PATH_CCH]; /* "": free */
    wchar_t short_name[14];
    bool is_dir;
};
/* Fixed places, so that an operation left out moves no other's choice: first what is there at the
 * start, then what operation n has made at n modulo MADE. */
static struct known known[MAX_KNOWN + MADE];
static unsigned known_count, hot[HOT];

static const wchar_t *const new_names[] = {
    L"a",        L"b.txt",          L"New Folder",
    L"new.dat",  L"\u00c4rger.txt", L"another long name with spaces.data",
    L"c.bin",    L"\u65e5\u672c",   L".dot",
    L"UPPER.TXT"};

static void remember(const struct entry *entry, void *context)
{
    const wchar_t *parent = context;
    struct known *one = &known[known_count];
    wchar_t path[PATH_CCH];

    if (known_count == MAX_KNOWN || wcslen(parent) + entry->name_cch + 2 > PATH_CCH)
        return;
    known_count++;
    swprintf(one->path, PATH_CCH, L"%ls\\%.*ls", parent, (int)entry->name_cch, entry->name);
    wmemcpy(one->short_name, entry->short_name, entry->short_cch);
    one->is_dir = entry->attributes & FILE_ATTRIBUTE_DIRECTORY;
    wcscpy(path, one->path);
    if (one->is_dir)
        tree_list(path, remember, path);
    else
        start_add(entry->id);
}

void names_start(unsigned long long seed)
{
    memset(known, 0, sizeof(known));
    known_count = 0;
    start_clear();
    tree_list(L"F", remember, L"F");
    tree_list(L"B", remember, L"B");
    chance_start(seed, 1u << 30);
    for (unsigned i = 0; i < HOT; i++)
        hot[i] = known_count ? draw(known_count) : 0;
}

void names_made(const wchar_t *path, bool is_dir)
{
    struct known *one = &known[MAX_KNOWN + op_number % MADE];

    if (!*path)
        return;
    wcscpy(one->path, path);
    one->short_name[0] = 0;
    one->is_dir = is_dir;
}

void names_missed(const wchar_t *path, NTSTATUS status)
{
    if (status != STATUS_OBJECT_PATH_NOT_FOUND &&
        (status != STATUS_OBJECT_NAME_NOT_FOUND || op_number % 2))
        return;
    for (unsigned i = 0; i < COUNT_OF(known); i++)
        if (!wcscmp(known[i].path, path))
            known[i].path[0] = 0;
}

static const struct known *known_pick(enum want want)
{
    unsigned which = draw(100);
    unsigned first = which < 55   ? hot[draw(HOT)]
                     : which < 75 ? draw(known_count + 1)
                                  : MAX_KNOWN + draw(MADE);

    for (unsigned step = 0; step < COUNT_OF(known); step++) {
        const struct known *one = &known[(first + step) % COUNT_OF(known)];

        if (*one->path && (want == WANT_ANY || one->is_dir == (want == WANT_DIR)))
            return one;
    }
    return NULL;
}

bool path_pick(wchar_t out[PATH_CCH], enum want want)
{
    const struct known *one = known_pick(want == WANT_NEW ? WANT_DIR : want);
    const wchar_t *name = new_names[draw(COUNT_OF(new_names))];

    wcscpy(out, one ? one->path : L"F");
    if (want != WANT_NEW)
        return one ? one->is_dir : true;
    if (often(20))
        wcscpy(out, often(70) ? L"F" : L"B");
    if (wcslen(out) + wcslen(name) + 2 < PATH_CCH) {
        wcscat(out, L"\\");
        wcscat(out, name);
    }
    return false;
}

bool has_stream(const wchar_t *shown)
{
    return wcschr(shown, ':') != NULL;
}

static void flip_case(wchar_t *text)
{
    for (; *text; text++)
        if (often(60)) {
            wchar_t upper = RtlUpcaseUnicodeChar(*text);

            *text = upper != *text                 ? upper
                    : *text >= 'A' && *text <= 'Z' ? (wchar_t)(*text | 0x20)
                                                   : *text;
        }
}

/** Put more text before the last part of a path, or in front of a name that has one part. */
static void put_before_last(wchar_t *shown, const wchar_t *more)
{
    wchar_t *slash = wcsrchr(shown, '\\'), *at = slash ? slash + 1 : shown;

    if ((*shown == 'F' || *shown == 'B') && !shown[1])
        return;
    wmemmove(at + wcslen(more), at, wcslen(at) + 1);
    wmemcpy(at, more, wcslen(more));
}

static void lengthen(wchar_t *shown, size_t cch, bool one_part)
{
    size_t at = wcslen(shown);

    for (size_t i = 0; i < cch; i++)
        shown[at++] = i == 0 || (!one_part && i % 9 == 0) ? '\\' : 'x';
    shown[at] = 0;
}

/** @return the name is still one of an ordinary file: another name of the same thing */
static bool vary(wchar_t *shown, unsigned how)
{
    static const wchar_t *const ends[] = {L"*", L"?", L"<", L">",  L"\"",
                                          L"|", L".", L" ", L":s", L"\x01"};
    size_t cch = wcslen(shown);

    if (how < 9) {
        flip_case(shown + (cch > 1 && shown[1] == '\\' ? 2 : 0));
        return true;
    }
    if (how < 11)
        wcscat(shown, L"\\");
    else if (how < 13)
        wcscat(shown, ends[draw(COUNT_OF(ends))]);
    else if (how < 15)
        put_before_last(shown, L".\\");
    else if (how < 16)
        put_before_last(shown, L"x\\..\\");
    else if (how < 17)
        wcscat(shown, often(50) ? L"\\." : L"\\..");
    else if (how < 18)
        lengthen(shown, often(50) ? 300 : 20000, false); /* one of over 255 units: Wine calls it
                                                           missing, NT a wrong name, as a VM does */
    else if (how < 19)
        put_before_last(shown, L"nowhere\\");
    else if (how < 20)
        put_before_last(shown, L"\\");
    else
        wcscat(shown, L"\\below");
    return false;
}

bool name_vary(wchar_t shown[TEXT_CCH])
{
    unsigned how = draw(100);

    if (how >= 22 || !*shown)
        return false;
    return !vary(shown, how);
}

/** Use the short name of the last part, if one is known. */
static void use_short_name(wchar_t *shown, const wchar_t *path)
{
    for (unsigned i = 0; i < known_count; i++)
        if (!wcscmp(known[i].path, path) && known[i].short_name[0] && wcsrchr(shown, '\\'))
            wcscpy(wcsrchr(shown, '\\') + 1, known[i].short_name);
}

bool target_is_absolute;

void target_pick(struct target *target, enum want want)
{
    unsigned form = draw(100);
    const struct slot *root = NULL;

    target->is_dir = path_pick(target->path, want);
    wcscpy(target->shown, target->path);
    if (target_is_absolute) {
        form = 99;
    } else if (form < 3 && (root = slot_find(ANY_SLOT, 0)) != NULL) {
        wcscpy(target->path, root->path);
        target->is_dir = root->is_dir;
        target->shown[0] = 0;
    } else if (form < 35 && (root = slot_above(target->path)) != NULL) {
        wcscpy(target->shown, target->path + wcslen(root->path) + 1);
    }
    if (form % 25 == 7)
        use_short_name(target->shown, target->path);
    if (name_vary(target->shown))
        target->path[0] = 0;
    if (root)
        wcscpy(target->text, target->shown);
    else
        world_expand(target->text, target->shown);
    target->string.Buffer = target->text;
    target->string.Length = (USHORT)(wcslen(target->text) * sizeof(wchar_t));
    target->string.MaximumLength = target->string.Length;
    target->attr = (OBJECT_ATTRIBUTES){.Length = sizeof(OBJECT_ATTRIBUTES),
                                       .RootDirectory = root ? root->handle : NULL,
                                       .ObjectName = &target->string,
                                       .Attributes = often(96) ? NT_CASE_INSENSITIVE : 0};
    if (root)
        say(" h%u:", slot_index(root));
    else
        say(" ");
    say_name(target->shown, wcslen(target->shown));
    if (!target->attr.Attributes)
        say(" case-sensitive");
}
