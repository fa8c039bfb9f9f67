/* tests/programs/tree_linux.c: one line per file below a folder, sorted: what two equal trees have
 * in common. usage: tree_linux FOLDER [times]   type, mode, size, hash, DOS attributes, link
 * target, name; with `times` its time too */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static int with_times;

static uint64_t hash_file(const char *path)
{
    FILE *file = fopen(path, "r");
    uint64_t hash = 14695981039346656037ull;
    static uint64_t block[8192];
    size_t got;

    while (file && (got = fread(block, 1, sizeof(block), file))) {
        memset((char *)block + got, 0, (8 - got % 8) % 8);
        for (size_t i = 0; i < (got + 7) / 8; i++)
            hash = (hash ^ block[i] ^ hash >> 29) * 1099511628211ull;
    }
    if (file)
        fclose(file);
    return hash;
}

static void show(const char *path, const char *name, const struct stat *st)
{
    char dos[64] = "", target[1024] = "";
    ssize_t cb = S_ISLNK(st->st_mode) ? 0 : getxattr(path, "user.DOSATTRIB", dos, sizeof(dos) - 1);

    if (S_ISLNK(st->st_mode) && readlink(path, target, sizeof(target) - 1) < 0)
        target[0] = '?';
    printf("%o %llu %016llx %s %s ", st->st_mode,
           S_ISREG(st->st_mode) ? (unsigned long long)st->st_size : 0,
           S_ISREG(st->st_mode) ? (unsigned long long)hash_file(path) : 0, cb > 0 ? dos : "-",
           *target ? target : "-");
    if (with_times)
        printf("%lld.%09ld ", (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
    for (; *name; name++)
        printf(*name > ' ' && *name != '\\' ? "%c" : "\\x%02x", (unsigned char)*name);
    putchar('\n');
}

static int walk(const char *path, size_t root_cb)
{
    struct dirent **names;
    int count = scandir(path, &names, NULL, alphasort);

    if (count < 0)
        return perror(path), 1;
    for (int i = 0; i < count; i++) {
        char below[8192];
        struct stat st;

        if (!strcmp(names[i]->d_name, ".") || !strcmp(names[i]->d_name, ".."))
            continue;
        snprintf(below, sizeof(below), "%s/%s", path, names[i]->d_name);
        if (lstat(below, &st))
            return perror(below), 1;
        show(below, below + root_cb, &st);
        if (S_ISDIR(st.st_mode) && walk(below, root_cb))
            return 1;
        free(names[i]);
    }
    free(names);
    return 0;
}

int main(int argc, char **argv)
{
    with_times = argc > 2;
    return argc < 2 || walk(argv[1], strlen(argv[1]) + 1);
}
