/* launcher/win/environment.c: see environment.h. */
#include "launcher/win/environment.h"

#include "launcher/win/registry.h"

#include "engine/real.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

enum { MOST_CCH = 32767 }; /* of a variable's value, Windows' own limit */

static struct win_variable *find(const struct win_environment *environment, const wchar_t *name)
{
    for (size_t i = 0; i < environment->count; i++)
        if (!_wcsicmp(environment->at[i].name, name))
            return &environment->at[i];
    return NULL;
}

static wchar_t *copy_of(const void *text, size_t cch)
{
    wchar_t *copy = malloc((cch + 1) * sizeof(*copy));

    if (copy) {
        memcpy(copy, text, cch * sizeof(*copy));
        copy[cch] = 0;
    }
    return copy;
}

static wchar_t *expanded(const wchar_t *text)
{
    DWORD cch = ExpandEnvironmentStringsW(text, NULL, 0);
    wchar_t *out = cch && cch <= MOST_CCH ? malloc(cch * sizeof(*out)) : NULL;

    if (out && !ExpandEnvironmentStringsW(text, out, cch)) {
        free(out);
        return NULL;
    }
    return out;
}

static wchar_t *joined(const wchar_t *first, const wchar_t *second)
{
    size_t cch = wcslen(first) + wcslen(second) + 2;
    wchar_t *out = malloc(cch * sizeof(*out));

    if (out)
        _snwprintf(out, cch, L"%ls;%ls", first, second);
    return out;
}

/* @return it is kept */
static bool add(struct win_environment *environment, wchar_t *name, wchar_t *value)
{
    struct win_variable *grown =
        realloc(environment->at, (environment->count + 1) * sizeof(*grown));

    if (!grown)
        return false;
    environment->at = grown;
    environment->at[environment->count++] = (struct win_variable){name, value};
    return true;
}

/* @param name, value yours no longer; NULL: no memory, left out */
static void put(struct win_environment *environment, wchar_t *name, wchar_t *value)
{
    struct win_variable *there;
    wchar_t *both;

    if (!name || !value) {
        free(name);
        free(value);
        return;
    }
    there = find(environment, name);
    if (!there && add(environment, name, value))
        return;
    if (there) {
        both = _wcsicmp(name, L"PATH") ? NULL : joined(there->value, value);
        free(there->value);
        there->value = both ? both : FVM_STEAL(value, NULL);
    }
    free(name);
    free(value);
}

static void read_value(struct win_environment *environment, const struct win_value *value)
{
    size_t cch = value->cb / sizeof(wchar_t);
    wchar_t *text;

    if ((value->type != REG_SZ && value->type != REG_EXPAND_SZ) || !value->name.cch)
        return;
    text = copy_of(value->data, cch); /* its end is marked, or not */
    if (text && value->type == REG_EXPAND_SZ) {
        wchar_t *whole = expanded(text);

        free(text);
        text = whole;
    }
    put(environment, copy_of(value->name.s, value->name.cch), text);
}

static void read_key(struct win_environment *environment, const struct win_registry *registry,
                     struct fvm_str path)
{
    struct win_key read;
    HANDLE key;

    if (!NT_SUCCESS(win_key_open(&key, registry, path, false, KEY_READ)))
        return;
    if (NT_SUCCESS(win_key_read(&read, key))) {
        for (uint32_t i = 0; i < read.count; i++)
            read_value(environment, &read.values[i]);
        win_key_free(&read);
    }
    real.NtClose(key);
}

void win_environment_read(struct win_environment *environment)
{
    uint16_t text[300];
    struct fvm_buf user = {text, 0, ARRAY_LEN(text)};
    struct win_registry *registry = calloc(1, sizeof(*registry));

    *environment = (struct win_environment){0};
    if (!registry || !win_registry_host(registry)) {
        free(registry);
        return;
    }
    read_key(environment, registry,
             FVM_STR(u"R\\Machine\\System\\CurrentControlSet\\Control\\Session "
                     u"Manager\\Environment"));
    if (!fvm_failed(fvm_buf_add(&user, FVM_STR(u"R\\User\\"))) &&
        !fvm_failed(fvm_buf_add(&user, registry->user)) &&
        !fvm_failed(fvm_buf_add(&user, FVM_STR(u"\\Environment"))))
        read_key(environment, registry, fvm_buf_str(&user));
    free(registry);
}

void win_environment_free(struct win_environment *environment)
{
    for (size_t i = 0; i < environment->count; i++) {
        free(environment->at[i].name);
        free(environment->at[i].value);
    }
    free(environment->at);
    *environment = (struct win_environment){0};
}

/* Is the variable as a registry gives it? @param value NULL: not at all */
static bool is_set_as(const wchar_t *name, const wchar_t *value)
{
    DWORD cch = GetEnvironmentVariableW(name, NULL, 0);
    wchar_t *now;
    bool same;

    if (!cch || !value)
        return !cch && !value && GetLastError() == ERROR_ENVVAR_NOT_FOUND;
    now = malloc(cch * sizeof(*now));
    same = now && GetEnvironmentVariableW(name, now, cch) == cch - 1 && !wcscmp(now, value);
    free(now);
    return same;
}

static void change(const wchar_t *name, const wchar_t *from, const wchar_t *to)
{
    if ((!from || !to ? from != to : wcscmp(from, to) != 0) && is_set_as(name, from))
        SetEnvironmentVariableW(name, to);
}

void win_environment_change(const struct win_environment *from, const struct win_environment *to)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct win_variable *now = find(to, from->at[i].name);

        change(from->at[i].name, from->at[i].value, now ? now->value : NULL);
    }
    for (size_t i = 0; i < to->count; i++)
        if (!find(from, to->at[i].name))
            change(to->at[i].name, NULL, to->at[i].value);
}
