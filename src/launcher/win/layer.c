/* launcher/win/layer.c: from a VM's folder to its index. See spawn.h. */
#include "launcher/win/spawn.h"

#include "core/index.h"
#include "core/journal.h"
#include "launcher/win/registry.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { PATH_CCH = 2000 };

struct walk {
    struct fvm_index index;
    wchar_t layer[PATH_CCH];   /* Windows path of where we are: <layer>\files\C\dir */
    wchar_t virtual[PATH_CCH]; /* and its virtual path: C:\dir */
    bool failed;
};

static struct fvm_str str(const wchar_t *text)
{
    return (struct fvm_str){(const uint16_t *)text, (uint32_t)wcslen(text)};
}

static bool put(struct fvm_block_path *path, const wchar_t *prefix, const wchar_t *text, size_t cch)
{
    size_t prefix_cch = wcslen(prefix);

    if (prefix_cch + cch > FVM_BLOCK_PATH_CCH)
        return false;
    memcpy(path->s, prefix, prefix_cch * sizeof(*path->s));
    memcpy(path->s + prefix_cch, text, cch * sizeof(*path->s));
    path->cch = (uint32_t)(prefix_cch + cch);
    return true;
}

static bool push(wchar_t path[PATH_CCH], const wchar_t *name)
{
    size_t cch = wcslen(path);

    if (cch + wcslen(name) + 2 > PATH_CCH)
        return false;
    path[cch] = '\\';
    wcscpy(path + cch + 1, name);
    return true;
}

/* `\\?\` keeps Win32 from taking blanks and dots off names. */
static bool host_has_directory(const wchar_t *path)
{
    static wchar_t verbatim[PATH_CCH + 8];
    DWORD attributes;

    swprintf(verbatim, PATH_CCH + 8, L"\\\\?\\%ls", path);
    attributes = GetFileAttributesW(verbatim);
    return attributes != INVALID_FILE_ATTRIBUTES && attributes & FILE_ATTRIBUTE_DIRECTORY;
}

/* Is the path found by its own last name? Wine and Windows find a file by its short name as well.
 */
static bool is_long_name(const wchar_t *path)
{
    static wchar_t verbatim[PATH_CCH + 8];
    const wchar_t *name = wcsrchr(path, '\\') + 1;
    WIN32_FIND_DATAW found;
    bool is_found = false;
    HANDLE find;

    if (!wcschr(name, '~'))
        return true;
    swprintf(verbatim, PATH_CCH + 8, L"\\\\?\\%ls", path);
    find = FindFirstFileW(verbatim, &found);
    if (find == INVALID_HANDLE_VALUE)
        return false;
    do /* one by its name, another by its short name */
        is_found = fvm_str_eq_fold(str(found.cFileName), str(name));
    while (!is_found && FindNextFileW(find, &found));
    FindClose(find);
    return is_found;
}

/* A directory of the layer that nothing was written down about: copied from the host, if the host
 * has one there; new, if not. So the folders that a VM has seen must be there before it begins. */
static bool is_merged(struct walk *walk)
{
    static uint16_t room[PATH_CCH + 1];
    struct fvm_buf host = {room, 0, PATH_CCH};
    struct fvm_index_hit hit;

    if (fvm_failed(fvm_index_lookup(&walk->index, str(walk->virtual), &hit, NULL, &host)) ||
        (hit.answer != FVM_INDEX_HOST && hit.answer != FVM_INDEX_BELOW_MOVED))
        return false;
    room[host.cch] = 0;
    return host_has_directory((const wchar_t *)room) && is_long_name((const wchar_t *)room);
}

static void visit(struct walk *walk);

static void visit_name(struct walk *walk, const WIN32_FIND_DATAW *found)
{
    size_t layer_cch = wcslen(walk->layer), virtual_cch = wcslen(walk->virtual);
    bool is_directory = found->dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY;
    uint32_t flags = FVM_INDEX_OWN;

    if (!push(walk->layer, found->cFileName) || !push(walk->virtual, found->cFileName)) {
        walk->failed = true;
        return;
    }
    if (is_directory)
        flags |= FVM_INDEX_DIRECTORY | (is_merged(walk) ? FVM_INDEX_MERGED : 0);
    walk->failed |= fvm_failed(
        fvm_index_mark(&walk->index, str(walk->virtual), flags, (struct fvm_str){0}, NULL, NULL));
    if (is_directory)
        visit(walk);
    walk->layer[layer_cch] = walk->virtual[virtual_cch] = 0;
}

static void visit(struct walk *walk)
{
    size_t cch = wcslen(walk->layer);
    WIN32_FIND_DATAW found;
    HANDLE find;

    if (!push(walk->layer, L"*")) {
        walk->failed = true;
        return;
    }
    find = FindFirstFileW(walk->layer, &found);
    walk->layer[cch] = 0;
    if (find == INVALID_HANDLE_VALUE)
        return;
    do {
        if (wcscmp(found.cFileName, L".") && wcscmp(found.cFileName, L".."))
            visit_name(walk, &found);
    } while (!walk->failed && FindNextFileW(find, &found));
    FindClose(find);
}

/* --- the journal ------------------------------------------------------------------------- */

/* Without all of it, what the VM deleted would be there again. */
static DWORD replay(uint64_t *journal_cb, struct fvm_index *index, const uint8_t *data, size_t cb)
{
    size_t end;

    switch (fvm_journal_replay(index, data, cb, &end)) {
    case FVM_OK:
        *journal_cb = (end + 7) & ~(size_t)7;
        return 0;
    case FVM_CORRUPT:
        return ERROR_FILE_CORRUPT;
    case FVM_NEWER_FORMAT:
        return ERROR_REVISION_MISMATCH;
    default:
        return ERROR_NOT_ENOUGH_MEMORY;
    }
}

static DWORD read_journal(uint64_t *journal_cb, struct fvm_index *index, const wchar_t *layer)
{
    wchar_t path[PATH_CCH];
    LARGE_INTEGER size = {.QuadPart = 0};
    uint8_t *data;
    HANDLE file;
    DWORD got, error = ERROR_READ_FAULT;

    wcscpy(path, layer);
    if (!push(path, L"journal"))
        return ERROR_FILENAME_EXCED_RANGE;
    *journal_cb = 0;
    /* To look at a VM that runs, too: its programs are writing there. */
    file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                       0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return GetLastError() == ERROR_FILE_NOT_FOUND ? 0 : GetLastError();
    data = GetFileSizeEx(file, &size) && size.QuadPart < 1 << 30 ? malloc((size_t)size.QuadPart + 8)
                                                                 : NULL;
    if (data && ReadFile(file, data, (DWORD)size.QuadPart, &got, NULL) && got == size.QuadPart)
        error = replay(journal_cb, index, data, got);
    free(data);
    CloseHandle(file);
    return error;
}

/* All drives there are (GetLogicalDrives() would ask, and in Wine start, the mount manager). Each
 * drive's folder is made: private files of it have their place then. */
static bool make_drives(const wchar_t *layer)
{
    for (int i = 0; i < 26; i++) {
        wchar_t drive[] = {(wchar_t)('A' + i), 0}, root[] = {drive[0], ':', '\\', 0};
        wchar_t work[PATH_CCH];

        if (!host_has_directory(root))
            continue;
        wcscpy(work, layer);
        if (!push(work, L"files") || (CreateDirectoryW(work, NULL), !push(work, drive)))
            return false;
        CreateDirectoryW(work, NULL);
    }
    return true;
}

static bool visit_drives(struct walk *walk, const wchar_t *layer)
{
    for (int i = 0; i < 26; i++) {
        wchar_t drive[] = {(wchar_t)('A' + i), 0}, work[PATH_CCH];

        wcscpy(work, layer);
        if (!push(work, L"files") || !push(work, drive))
            return false;
        if (!host_has_directory(work))
            continue;
        swprintf(walk->layer, PATH_CCH, L"\\\\?\\%ls", work);
        walk->virtual[0] = drive[0];
        walk->virtual[1] = ':';
        walk->virtual[2] = 0;
        visit(walk);
    }
    return !walk->failed;
}

DWORD win_layer_index(struct fvm_index *index, const wchar_t *layer, uint64_t *journal_cb)
{
    static struct walk walk;
    DWORD error;

    walk.index = *index;
    walk.failed = false;
    error = read_journal(journal_cb, index, layer);
    return error || visit_drives(&walk, layer) ? error : ERROR_NOT_ENOUGH_MEMORY;
}

const char *win_layer_failed(DWORD error)
{
    return error == ERROR_FILE_CORRUPT
               ? "the file 'journal' in the VM's layer is damaged; put it back from a backup"
           : error == ERROR_REVISION_MISMATCH
               ? "the file 'journal' in the VM's layer is of another version of FVM"
               : "cannot open the VM's layer";
}

static bool put_aliases(struct fvm_block *block, const struct win_options *options)
{
    static const wchar_t *const always[] = {L"unix=Z:", L"unix\\proc\\self\\root=Z:",
                                            L"Z:\\proc\\self\\root=Z:",
                                            L"\\SystemRoot=C:\\windows"};

    for (size_t i = 0; i < ARRAY_LEN(always) + options->alias_count; i++) {
        const wchar_t *alias =
            i < ARRAY_LEN(always) ? always[i] : options->aliases[i - ARRAY_LEN(always)];
        const wchar_t *to = wcschr(alias, '=');

        if (!to || !put(&block->aliases[i].from, L"", alias, (size_t)(to - alias)) ||
            !put(&block->aliases[i].to, L"", to + 1, wcslen(to + 1)))
            return false;
    }
    return true;
}

static bool hide(struct fvm_index *index, const wchar_t *path)
{
    return !fvm_failed(
        fvm_index_mark(index, str(path), FVM_INDEX_OWN, (struct fvm_str){0}, NULL, NULL));
}

/* This Windows' hives lie beside its drive C, if that is known by another name. */
static const wchar_t *find_hives(wchar_t folder[PATH_CCH], const struct win_options *options)
{
    static const wchar_t tail[] = L"\\drive_c=C:";

    for (size_t i = 0; i < options->alias_count; i++) {
        size_t cch = wcslen(options->aliases[i]), tail_cch = ARRAY_LEN(tail) - 1;

        if (cch > tail_cch && cch - tail_cch < PATH_CCH &&
            !_wcsicmp(options->aliases[i] + cch - tail_cch, tail)) {
            wmemcpy(folder, options->aliases[i], cch - tail_cch);
            folder[cch - tail_cch] = 0;
            return folder;
        }
    }
    return NULL;
}

static DWORD open_registry(struct win_vm *vm, const struct win_options *options,
                           const wchar_t *layer)
{
    static wchar_t folder[PATH_CCH];

    vm->failed = "cannot make the VM's registry";
    vm->registry = calloc(1, sizeof(*vm->registry));
    return vm->registry
               ? win_registry_begin(vm->registry, fvm_block_registry(vm->block),
                                    (uint32_t)options->vm, layer, find_hives(folder, options))
               : ERROR_NOT_ENOUGH_MEMORY;
}

DWORD win_layer_open(struct win_vm *vm, const struct win_options *options)
{
    wchar_t layer[PATH_CCH], work[PATH_CCH];
    DWORD cch = GetFullPathNameW(options->layer, PATH_CCH, layer, NULL), error;
    struct fvm_index index;

    vm->failed = "cannot open the VM's layer";
    if (!cch || cch >= PATH_CCH || !host_has_directory(layer))
        return ERROR_PATH_NOT_FOUND;
    wcscpy(work, layer);
    if (!push(work, L"work"))
        return ERROR_FILENAME_EXCED_RANGE;
    CreateDirectoryW(work, NULL);
    if (!put(&vm->block->layer, L"\\??\\", layer, cch) || !put_aliases(vm->block, options))
        return ERROR_FILENAME_EXCED_RANGE;
    if (!make_drives(layer) || fvm_failed(fvm_index_init(&index, fvm_block_index(vm->block),
                                                         FVM_INDEX_CB, (uint32_t)options->vm)))
        return ERROR_NOT_ENOUGH_MEMORY;
    error = win_layer_index(&index, layer, &vm->block->journal_cb);
    if (error) {
        vm->failed = win_layer_failed(error);
        return error;
    }
    /* The layer itself is a name of the VM's own, where nothing is. */
    if (!hide(&index, layer))
        return ERROR_NOT_ENOUGH_MEMORY;
    for (size_t i = 0; i < options->hidden_count; i++)
        if (!hide(&index, options->hidden[i]))
            return ERROR_NOT_ENOUGH_MEMORY;
    error = open_registry(vm, options, layer);
    if (!error)
        fvm_block_init(vm->block, (uint32_t)options->vm);
    return error;
}
