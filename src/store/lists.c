/* store/lists.c: see lists.h and change.h. */
#include "store/lists.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void free_change(struct fvm_change *change)
{
    free(change->path);
    free(change->from);
}

void fvm_changes_free(struct fvm_changes *changes)
{
    for (size_t i = 0; i < changes->count; i++)
        free_change(&changes->at[i]);
    free(changes->at);
    *changes = (struct fvm_changes){0};
}

int fvm_changes_add(struct fvm_changes *changes, const struct fvm_change *change)
{
    struct fvm_change copy = *change;

    if (changes->count == changes->cap) {
        size_t cap = changes->cap ? changes->cap * 2 : 64;
        struct fvm_change *at = realloc(changes->at, cap * sizeof(*at));

        if (!at)
            return -ENOMEM;
        changes->at = at;
        changes->cap = cap;
    }
    copy.path = strdup(change->path);
    copy.from = change->from ? strdup(change->from) : NULL;
    if (!copy.path || (change->from && !copy.from)) {
        free_change(&copy);
        return -ENOMEM;
    }
    changes->at[changes->count++] = copy;
    return 0;
}

void fvm_changes_drop(struct fvm_changes *changes, const bool *drop)
{
    size_t kept = 0;

    for (size_t i = 0; i < changes->count; i++) {
        if (drop[i])
            free_change(&changes->at[i]);
        else
            changes->at[kept++] = changes->at[i];
    }
    changes->count = kept;
}

/* --- paths ----------------------------------------------------------------------------------- */

static unsigned path_byte(char c)
{
    if (c == '\0')
        return 0;
    return c == '/' ? 1 : (unsigned)(unsigned char)c + 1;
}

int fvm_path_cmp(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return (int)path_byte(*a) - (int)path_byte(*b);
}

bool fvm_path_is_below(const char *path, const char *dir)
{
    size_t len = strlen(dir);

    return strncmp(path, dir, len) == 0 && path[len] == '/';
}

size_t fvm_path_parent(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? (size_t)(slash - path) : 0;
}

const char *fvm_path_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* --- hashes ---------------------------------------------------------------------------------- */

uint64_t fvm_hash_mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15U;
    return hash ^ hash >> 32;
}

uint64_t fvm_hash_bytes(const void *s, size_t cb)
{
    const unsigned char *at = s;
    uint64_t hash = cb, word;

    for (; cb >= sizeof(word); at += sizeof(word), cb -= sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        hash = fvm_hash_mix(hash, word);
    }
    word = 0;
    memcpy(&word, at, cb);
    return fvm_hash_mix(hash, word);
}

/* --- names of files that are being put in place ---------------------------------------------- */

/* Four digits number, four check it, so that a file of somebody else is not taken for ours. */
static unsigned check_digits(unsigned number)
{
    return (number * 40503U >> 3 ^ number ^ 0xf5a1U) & 0xffffU;
}

bool fvm_put_is_temporary(const char *name)
{
    unsigned number = 0, check = 0;
    char again[FVM_TEMP_CAP];

    if (strncmp(name, ".fvm-", 5) != 0 || strlen(name) != FVM_TEMP_CAP - 1 ||
        sscanf(name + 5, "%4x%4x", &number, &check) != 2)
        return false;
    snprintf(again, sizeof(again), ".fvm-%04x%04x", number & 0xffffU,
             check_digits(number) & 0xffffU);
    return strcmp(name, again) == 0;
}

void fvm_put_temporary(char name[FVM_TEMP_CAP], unsigned number)
{
    snprintf(name, FVM_TEMP_CAP, ".fvm-%04x%04x", number & 0xffffU, check_digits(number & 0xffffU));
}
