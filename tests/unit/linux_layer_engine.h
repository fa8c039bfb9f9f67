/* tests/unit/linux_layer_engine.h: what the files room does to a layer, an index and a journal,
 * with Linux' calls. For the tests of store/layer.h.
 *
 * Paths are "C/dir/name", below the host's folder, below files/ of the layer, and, as C:\dir\name,
 * in the VM. Names compare without case, as they do through Wine. */
#pragma once
#include "core/block.h"
#include "core/fold.h"
#include "core/index.h"
#include "core/journal.h"
#include "core/utf.h"
#include "linux_change_kit.h"
#include "store/layer.h"

#include <sys/mman.h>

enum { ENGINE_INDEX_CB = 1 << 20, ENGINE_PATH = 512 };

struct engine {
    int host, layer, files; /* descriptors */
    struct fvm_index index;
    void *memory;
    struct fvm_text journal;
};
struct engine_place {
    struct fvm_index_hit hit;
    bool own;                                   /* the layer decides */
    char layer[ENGINE_PATH], host[ENGINE_PATH]; /* host empty: nothing of it */
};
struct engine_path {
    uint16_t units[ENGINE_PATH];
    struct fvm_str str;
};

/* --- paths --------------------------------------------------------------------------------- */

KIT struct fvm_str to_virtual(struct engine_path *out, const char *path)
{
    size_t cch;

    if (!fvm_utf16_from_utf8((uint8_t *)(out->units + 1), &cch, path, strlen(path)))
        kit_die("utf-8", path);
    out->units[0] = out->units[1];
    out->units[1] = ':';
    for (size_t i = 2; i <= cch; i++)
        if (out->units[i] == '/')
            out->units[i] = '\\';
    return out->str = (struct fvm_str){out->units, (uint32_t)cch + 1};
}

KIT void from_virtual(char out[ENGINE_PATH], struct fvm_str path)
{
    FVM_CLEANUP(text) struct fvm_text text = {0};
    size_t cch = 0;

    fvm_utf8_from_utf16(&text, (const uint8_t *)path.s, path.cch);
    for (size_t i = 0; i < text.cb; i++)
        if (i != 1)
            out[cch++] = (char)(text.s[i] == '\\' ? '/' : text.s[i]);
    out[cch] = 0;
}

/* As Wine looks for a name: the very one, or one that is the same without case.
 * @param real [out] as far as there is something; what is not there as given */
KIT bool find_name(int root, const char *path, char real[ENGINE_PATH])
{
    bool found = true;

    real[0] = 0;
    for (const char *at = path; *at; at += strcspn(at, "/"), at += *at == '/') {
        char part[256], *end = real + strlen(real);
        struct dirent **list = NULL;
        int fd = -1, count = 0;

        snprintf(part, sizeof(part), "%.*s", (int)strcspn(at, "/"), at);
        snprintf(end, (size_t)(real + ENGINE_PATH - end), "%s%s", end == real ? "" : "/", part);
        if (!found || kit_has(root, real))
            continue;
        *end = 0;
        fd = openat(root, end == real ? "." : real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        count = fd < 0 ? 0 : scandirat(fd, ".", &list, NULL, kit_by_name);
        snprintf(end, (size_t)(real + ENGINE_PATH - end), "%s%s", end == real ? "" : "/", part);
        for (int i = 0; i < count; i++) {
            if (!fvm_name_cmp(list[i]->d_name, part))
                memcpy(end + (end != real), list[i]->d_name, strlen(list[i]->d_name));
            free(list[i]);
        }
        free(list);
        found = kit_has(root, real);
        if (fd >= 0)
            close(fd);
    }
    return found;
}

KIT void parent_of(char out[ENGINE_PATH], const char *path)
{
    const char *slash = strrchr(path, '/');

    snprintf(out, ENGINE_PATH, "%.*s", (int)(slash ? slash - path : 0), path);
}

KIT bool is_directory(int root, const char *path)
{
    struct stat st;

    return fstatat(root, path, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

/* The last name of `real` in place of the last of `path`: the same but for case. */
KIT void respell(char *path, const char *real)
{
    char *to = strrchr(path, '/');
    const char *from = strrchr(real, '/');

    if (to && from && strlen(to) == strlen(from))
        memcpy(to, from, strlen(from));
}

/* --- the engine ---------------------------------------------------------------------------- */

KIT void must(fvm_status status, const char *path)
{
    if (fvm_failed(status)) {
        printf("# %s: %#x\n", path, (unsigned)status);
        kit_die("index", path);
    }
}

KIT void engine_mark(struct engine *engine, const char *path, uint32_t flags)
{
    struct engine_path virtual = {.str = {0}};

    must(fvm_index_mark(&engine->index, to_virtual(&virtual, path), flags | FVM_INDEX_OWN,
                        (struct fvm_str){0}, NULL, NULL),
         path);
}

KIT void engine_append(struct engine *engine, const struct fvm_journal_record *record)
{
    static const char zeros[8];
    uint32_t cb = fvm_journal_cb(record);

    for (uint32_t left = cb; left; left -= 8)
        fvm_text_add(&engine->journal, zeros, 8);
    fvm_journal_write((uint8_t *)engine->journal.s + engine->journal.cb - cb, record);
}

KIT void engine_record(struct engine *engine, enum fvm_journal_kind kind, const char *path,
                       const char *to)
{
    struct engine_path a = {.str = {0}}, b = {.str = {0}};
    struct fvm_journal_record record = {.kind = kind, .path = to_virtual(&a, path)};

    if (to)
        record.to = to_virtual(&b, to);
    engine_append(engine, &record);
}

KIT struct engine_place engine_place(const struct engine *engine, const char *path)
{
    uint16_t units[2][ENGINE_PATH];
    struct fvm_buf layer = {units[0], 0, ENGINE_PATH}, host = {units[1], 0, ENGINE_PATH};
    struct engine_place place = {.own = false};
    struct engine_path virtual = {.str = {0}};

    must(fvm_index_lookup(&engine->index, to_virtual(&virtual, path), &place.hit, &layer, &host),
         path);
    place.own = place.hit.answer == FVM_INDEX_IS_OWN || place.hit.answer == FVM_INDEX_BELOW_OWN;
    from_virtual(place.layer, fvm_buf_str(&layer));
    if (host.cch)
        from_virtual(place.host, fvm_buf_str(&host));
    return place;
}

KIT bool is_merged(const struct engine_place *place)
{
    return place->hit.answer == FVM_INDEX_IS_OWN && place->hit.flags & FVM_INDEX_MERGED;
}

/* All of the layer is the VM's. */
KIT void engine_scan(struct engine *engine, const char *dir)
{
    int fd = openat(engine->files, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct dirent **list = NULL;
    int count = scandirat(fd, ".", &list, NULL, kit_by_name);

    for (int i = 0; i < count; i++) {
        char path[ENGINE_PATH], real[ENGINE_PATH];
        struct engine_place place;
        uint32_t flags = 0;

        snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
        if (strcmp(list[i]->d_name, ".") && strcmp(list[i]->d_name, "..")) {
            place = engine_place(engine, path);
            if (is_directory(engine->files, path)) {
                flags = FVM_INDEX_DIRECTORY;
                if ((place.hit.answer == FVM_INDEX_HOST ||
                     place.hit.answer == FVM_INDEX_BELOW_MOVED) &&
                    find_name(engine->host, place.host, real) && is_directory(engine->host, real))
                    flags |= FVM_INDEX_MERGED;
            }
            engine_mark(engine, path, flags);
            if (flags & FVM_INDEX_DIRECTORY)
                engine_scan(engine, path);
        }
        free(list[i]);
    }
    free(list);
    close(fd);
}

/* From a layer in the running form. */
KIT void engine_start(struct engine *engine)
{
    uint64_t end = 0;
    size_t at;
    int fd = openat(engine->layer, "journal", O_RDONLY | O_CLOEXEC);
    char block[4096];
    ssize_t got;

    while (fd >= 0 && (got = read(fd, block, sizeof(block))) > 0)
        fvm_text_add(&engine->journal, block, (size_t)got);
    if (fd >= 0)
        close(fd);
    while (engine->journal.cb % 8)
        fvm_text_add(&engine->journal, (char *)&end, 1);
    engine->memory = aligned_alloc(8, ENGINE_INDEX_CB);
    must(fvm_index_init(&engine->index, engine->memory, ENGINE_INDEX_CB, 1), "start");
    must(fvm_journal_replay(&engine->index, (const uint8_t *)engine->journal.s, engine->journal.cb,
                            &at),
         "replay");
    for (const char *drive = "CZ"; *drive; drive++) {
        char name[] = {*drive, 0};

        mkdirat(engine->files, name, 0755);
        engine_scan(engine, name);
    }
}

/* The journal is written; the index is gone. */
KIT void engine_stop(struct engine *engine)
{
    int fd = openat(engine->layer, "journal", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (write(fd, engine->journal.s ? engine->journal.s : "", engine->journal.cb) !=
        (ssize_t)engine->journal.cb)
        kit_die("write", "journal");
    close(fd);
    fvm_text_free(&engine->journal);
    free(engine->memory);
    engine->memory = NULL;
}

KIT void copy_attributes(int from, int to, bool with_time)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_OMIT}};
    char value[16];
    ssize_t cb = fgetxattr(from, "user.DOSATTRIB", value, sizeof(value));
    struct stat st;

    fstat(from, &st);
    times[1] = with_time ? st.st_mtim : times[1];
    if ((cb >= 0 && fsetxattr(to, "user.DOSATTRIB", value, (size_t)cb, 0)) ||
        fchmod(to, st.st_mode & 0777) || futimens(to, times))
        kit_die("attributes", "of a copy");
}

KIT void copy_file(int from_root, const char *from, int to_root, const char *to)
{
    int in = openat(from_root, from, O_RDONLY | O_CLOEXEC), out;
    char block[4096];
    ssize_t got;

    if (in < 0 && (got = readlinkat(from_root, from, block, sizeof(block) - 1)) > 0) {
        block[got] = 0; /* a link that leads nowhere */
        if (symlinkat(block, to_root, to))
            kit_die("symlink", to);
        return;
    }
    out = openat(to_root, to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (in < 0 || out < 0)
        kit_die("copy", to);
    while ((got = read(in, block, sizeof(block))) > 0)
        if (write(out, block, (size_t)got) != got)
            kit_die("write", to);
    copy_attributes(in, out, true);
    close(in);
    close(out);
}

/* One directory of the host's, without what is in it. */
KIT void engine_copy_directory(struct engine *engine, char *path, const char *host)
{
    char real[ENGINE_PATH];
    struct engine_place place;
    int from, to;

    respell(path, host);
    place = engine_place(engine, path);
    find_name(engine->files, place.layer, real);
    if (mkdirat(engine->files, real, 0755) && errno != EEXIST)
        kit_die("mkdir", real);
    from = openat(engine->host, host, O_RDONLY | O_CLOEXEC);
    to = openat(engine->files, real, O_RDONLY | O_CLOEXEC);
    copy_attributes(from, to, false);
    close(from);
    close(to);
    engine_mark(engine, path, FVM_INDEX_MERGED | FVM_INDEX_DIRECTORY);
}

KIT bool engine_make_parents(struct engine *engine, const char *path)
{
    for (const char *slash = strchr(path + 2, '/'); slash; slash = strchr(slash + 1, '/')) {
        char above[ENGINE_PATH], host[ENGINE_PATH];
        struct engine_place place;

        snprintf(above, sizeof(above), "%.*s", (int)(slash - path), path);
        place = engine_place(engine, above);
        if (place.own)
            continue;
        if (!find_name(engine->host, place.host, host) || !is_directory(engine->host, host))
            return false;
        engine_copy_directory(engine, above, host);
    }
    return true;
}

KIT bool engine_copy_up(struct engine *engine, char *path)
{
    struct engine_place place = engine_place(engine, path);
    char host[ENGINE_PATH], real[ENGINE_PATH];

    if (!find_name(engine->host, place.host, host) || !engine_make_parents(engine, path))
        return false;
    if (is_directory(engine->host, host)) {
        engine_copy_directory(engine, path, host);
        return true;
    }
    respell(path, host);
    place = engine_place(engine, path);
    find_name(engine->files, place.layer, real);
    copy_file(engine->host, host, engine->files, real);
    engine_mark(engine, path, 0);
    engine_record(engine, FVM_JOURNAL_OWN, path, NULL);
    return true;
}

/* Where the file is that a program means. @param real [out] below *root @return is it there? */
KIT bool engine_find(const struct engine *engine, const char *path, int *root,
                     char real[ENGINE_PATH])
{
    struct engine_place place = engine_place(engine, path);

    *root = place.own ? engine->files : engine->host;
    return find_name(*root, place.own ? place.layer : place.host, real);
}

/* Make the layer ready for a name that can be changed or made. @return the layer has it now, or
 * could get it */
KIT bool engine_prepare(struct engine *engine, char *path, char real[ENGINE_PATH])
{
    struct engine_place place = engine_place(engine, path);
    char host[ENGINE_PATH];

    if (!place.own && find_name(engine->host, place.host, host) && !engine_copy_up(engine, path))
        return false;
    place = engine_place(engine, path);
    if (!place.own && !engine_make_parents(engine, path))
        return false;
    place = engine_place(engine, path);
    if (!find_name(engine->files, place.layer, real))
        respell(real, path);
    return true;
}

KIT void engine_made(struct engine *engine, const char *path, uint32_t flags)
{
    struct engine_place place = engine_place(engine, path);
    struct engine_path virtual = {.str = {0}};

    if (!place.own)
        engine_mark(engine, path, flags);
    else if (place.hit.answer == FVM_INDEX_IS_OWN)
        must(fvm_index_rename(&engine->index, to_virtual(&virtual, path), virtual.str,
                              &fvm_index_alone),
             path);
}

KIT bool engine_write(struct engine *engine, const char *given, const char *text, time_t mtime_s)
{
    char path[ENGINE_PATH], real[ENGINE_PATH];
    bool is_new;

    strcpy(path, given);
    if (!engine_prepare(engine, path, real))
        return false;
    is_new = !kit_has(engine->files, real);
    kit_file(engine->files, real, text, 0644, mtime_s);
    if (is_new)
        engine_made(engine, path, 0);
    return true;
}

KIT bool engine_mkdir(struct engine *engine, const char *given)
{
    char path[ENGINE_PATH], real[ENGINE_PATH];

    strcpy(path, given);
    if (!engine_prepare(engine, path, real) || mkdirat(engine->files, real, 0755))
        return false;
    engine_made(engine, path, FVM_INDEX_DIRECTORY);
    return true;
}

/* The names that a directory shows, sorted, one after the other, "" at the end. */
KIT char *engine_list(const struct engine *engine, const char *path)
{
    struct engine_place place = engine_place(engine, path);
    struct fvm_text all = {0};
    char *names[2000], real[ENGINE_PATH];
    size_t count = 0;

    for (int side = 0; side < 2; side++) {
        int root = side ? engine->files : engine->host;
        const char *where = side ? place.layer : place.host;
        struct dirent **list = NULL;
        int fd, entries;

        if (!where[0] || (!side && place.own && !is_merged(&place)) ||
            !find_name(root, where, real))
            continue;
        fd = openat(root, real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        entries = fd < 0 ? 0 : scandirat(fd, ".", &list, NULL, kit_by_name);
        for (int i = 0; i < entries; i++) {
            char below[ENGINE_PATH];

            snprintf(below, sizeof(below), "%s/%s", path, list[i]->d_name);
            if (strcmp(list[i]->d_name, ".") && strcmp(list[i]->d_name, "..") &&
                (side || engine_place(engine, below).hit.answer != FVM_INDEX_IS_OWN))
                names[count++] = strdup(list[i]->d_name);
            free(list[i]);
        }
        free(list);
        if (fd >= 0)
            close(fd);
    }
    for (size_t i = 0; i < count; i++) { /* few names */
        size_t least = i;
        char *swap = names[i];

        for (size_t j = i + 1; j < count; j++)
            if (strcmp(names[j], names[least]) < 0)
                least = j;
        names[i] = names[least];
        names[least] = swap;
        fvm_text_add(&all, names[i], strlen(names[i]) + 1);
        free(names[i]);
    }
    fvm_text_add(&all, "", 1);
    return all.s;
}

KIT bool engine_remove(struct engine *engine, const char *given)
{
    char path[ENGINE_PATH], real[ENGINE_PATH];
    struct engine_place place;
    int root;

    strcpy(path, given);
    if (!engine_find(engine, path, &root, real))
        return false;
    if (is_directory(root, real)) {
        char *names = engine_list(engine, path);

        for (const char *name = names; *name; name += strlen(name) + 1) {
            char below[ENGINE_PATH];

            snprintf(below, sizeof(below), "%s/%s", path, name);
            if (!engine_remove(engine, below))
                return false;
        }
        free(names);
    }
    if (root == engine->host && !engine_copy_up(engine, path))
        return false;
    if (!engine_find(engine, path, &root, real) || root != engine->files)
        return false;
    place = engine_place(engine, path);
    if (unlinkat(engine->files, real, is_directory(root, real) ? AT_REMOVEDIR : 0))
        return false;
    if (is_merged(&place)) {
        fvm_index_flags(&engine->index, place.hit.node, 0, FVM_INDEX_MERGED, NULL);
        engine_record(engine, FVM_JOURNAL_OPAQUE, path, NULL);
    }
    return true;
}

/* To a free name, to that of a file, or to another spelling of its own. */
KIT bool engine_rename(struct engine *engine, const char *from_given, const char *to_given)
{
    char from[ENGINE_PATH], to[ENGINE_PATH], source[ENGINE_PATH], target[ENGINE_PATH],
        host[ENGINE_PATH];
    struct engine_path from_virtual_path = {.str = {0}}, to_virtual_path = {.str = {0}};
    struct engine_place place;
    struct fvm_index_hit hit;
    int root;

    strcpy(from, from_given);
    strcpy(to, to_given);
    if (!engine_find(engine, from, &root, source) ||
        (root == engine->host && !engine_copy_up(engine, from)) ||
        !engine_find(engine, from, &root, source) || root != engine->files)
        return false;
    strcpy(from, source);
    place = engine_place(engine, to);
    if (!place.own) {
        if (find_name(engine->host, place.host, host))
            respell(to, host);
        if (!engine_make_parents(engine, to))
            return false;
        place = engine_place(engine, to);
    }
    if (!find_name(engine->files, place.layer, target) || !fvm_name_cmp(target, source))
        respell(target, to);
    if (renameat(engine->files, source, engine->files, target))
        return false;
    to_virtual(&from_virtual_path, from);
    to_virtual(&to_virtual_path, to);
    must(fvm_index_lookup(&engine->index, from_virtual_path.str, &hit, NULL, NULL), from);
    engine_record(engine,
                  hit.answer == FVM_INDEX_IS_OWN && hit.flags & FVM_INDEX_MERGED
                      ? FVM_JOURNAL_MOVE_MERGED
                      : FVM_JOURNAL_MOVE,
                  from, to);
    if (hit.answer != FVM_INDEX_IS_OWN)
        engine_mark(engine, from, 0);
    must(fvm_index_rename(&engine->index, from_virtual_path.str, to_virtual_path.str,
                          &fvm_index_alone),
         to);
    return true;
}
