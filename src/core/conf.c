/* core/conf.c: see conf.h. */
#include "core/conf.h"

#include <stdlib.h>
#include <string.h>

static bool is_key_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
}

static bool is_free_key(const char *key)
{
    size_t cb = 0;

    while (is_key_char(key[cb]))
        cb++;
    return cb && !key[cb] && strcmp(key, "format") != 0 && strcmp(key, "end") != 0;
}

/* Takes over both strings; value NULL is memory that ran out before. */
static fvm_status insert_line(struct fvm_conf *conf, size_t index, char *key, char *value)
{
    if (value && conf->count == conf->cap) {
        size_t cap = conf->cap ? conf->cap * 2 : 16;
        struct fvm_conf_line *grown = realloc(conf->lines, cap * sizeof *grown);

        if (grown) {
            conf->lines = grown;
            conf->cap = cap;
        }
    }
    if (!value || conf->count == conf->cap) {
        free(key);
        free(value);
        return FVM_NO_MEMORY;
    }
    memmove(conf->lines + index + 1, conf->lines + index,
            (conf->count - index) * sizeof *conf->lines);
    conf->lines[index] = (struct fvm_conf_line){key, value};
    conf->count++;
    return FVM_OK;
}

static void remove_line(struct fvm_conf *conf, size_t index)
{
    free(conf->lines[index].key);
    free(conf->lines[index].value);
    conf->count--;
    memmove(conf->lines + index, conf->lines + index + 1,
            (conf->count - index) * sizeof *conf->lines);
}

struct reader {
    struct fvm_conf *conf;
    struct fvm_error *err;
    unsigned line, max_format;
    bool ended;
};

static bool unescape(char *s)
{
    char *to = s;

    for (; *s; s++) {
        static const char letters[] = "\\nrst", meanings[] = "\\\n\r \t";
        const char *found;

        if (*s != '\\') {
            *to++ = *s;
            continue;
        }
        found = s[1] ? strchr(letters, s[1]) : NULL;
        if (!found)
            return false;
        *to++ = meanings[found - letters];
        s++;
    }
    *to = 0;
    return true;
}

static fvm_status take_format(struct reader *r, const char *value)
{
    char *end;
    unsigned long format = strtoul(value, &end, 10);

    if (value[0] < '1' || value[0] > '9' || *end)
        return fvm_fail(r->err, FVM_CORRUPT, "line %u: '%.40s' is no format number", r->line,
                        value);
    if (format > r->max_format)
        return fvm_fail(r->err, FVM_NEWER_FORMAT,
                        "made by a newer FVM (format %.40s, this one reads up to %u): update FVM",
                        value, r->max_format);
    r->conf->format = (unsigned)format;
    return FVM_OK;
}

/* Takes over both strings. */
static fvm_status take_pair(struct reader *r, char *key, char *value)
{
    fvm_status status = FVM_OK;

    if (!key || !value)
        status = FVM_NO_MEMORY;
    else if (!unescape(value))
        status =
            fvm_fail(r->err, FVM_CORRUPT, "line %u: a backslash must be written twice", r->line);
    else if ((r->line == 1) != (strcmp(key, "format") == 0))
        status = fvm_fail(r->err, FVM_CORRUPT,
                          "line %u: 'format = N' must be the first line and only there", r->line);
    else if (r->line == 1)
        status = take_format(r, value);
    else if (strcmp(key, "end") != 0)
        return insert_line(r->conf, r->conf->count, key, value);
    else if (strcmp(value, "fvm") != 0)
        status = fvm_fail(r->err, FVM_CORRUPT, "line %u: cut short", r->line);
    else
        r->ended = true;
    free(key);
    free(value);
    return status;
}

static fvm_status take_line(struct reader *r, const char *s, size_t cb)
{
    const char *end = s + cb, *key = s, *key_end;

    while (key < end && (*key == ' ' || *key == '\t'))
        key++;
    while (end > key && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
        end--;
    if (r->ended && key < end)
        return fvm_fail(r->err, FVM_CORRUPT, "line %u: text after 'end = fvm'", r->line);
    if (r->ended)
        return FVM_OK;
    if (r->line > 1 && (key == end || *key == '#'))
        return insert_line(r->conf, r->conf->count, NULL, fvm_text_copy(key, (size_t)(end - key)));
    for (key_end = key; key_end < end && is_key_char(*key_end);)
        key_end++;
    s = key_end;
    while (s < end && (*s == ' ' || *s == '\t'))
        s++;
    if (key_end == key || s == end || *s != '=')
        return fvm_fail(r->err, FVM_CORRUPT, "line %u: not 'key = value'", r->line);
    s++;
    while (s < end && (*s == ' ' || *s == '\t'))
        s++;
    return take_pair(r, fvm_text_copy(key, (size_t)(key_end - key)),
                     fvm_text_copy(s, (size_t)(end - s)));
}

fvm_status fvm_conf_read(struct fvm_conf *out, const char *text, size_t cb, unsigned max_format,
                         struct fvm_error *err)
{
    struct reader r = {.conf = out, .err = err, .max_format = max_format};
    const char *end = text + cb;
    fvm_status status = FVM_OK;

    *out = (struct fvm_conf){0};
    if (cb && memchr(text, 0, cb))
        return fvm_fail(err, FVM_CORRUPT, "it has bytes of value 0, so it is no text");
    while (text < end && !fvm_failed(status)) {
        const char *eol = memchr(text, '\n', (size_t)(end - text));

        if (!eol)
            eol = end;
        r.line++;
        status = take_line(&r, text, (size_t)(eol - text));
        text = eol < end ? eol + 1 : end;
    }
    if (!fvm_failed(status) && !r.ended)
        status = fvm_fail(err, FVM_CORRUPT, "cut short: the last line is not 'end = fvm'");
    if (fvm_failed(status))
        fvm_conf_free(out);
    return status;
}

static void write_value(struct fvm_text *text, const char *value)
{
    size_t last = strlen(value);

    for (size_t i = 0; value[i]; i++) {
        bool at_end = i == 0 || i + 1 == last;

        if (value[i] == '\\')
            fvm_text_puts(text, "\\\\");
        else if (value[i] == '\n')
            fvm_text_puts(text, "\\n");
        else if (value[i] == '\r')
            fvm_text_puts(text, "\\r");
        else if (value[i] == ' ' && at_end)
            fvm_text_puts(text, "\\s");
        else if (value[i] == '\t' && at_end)
            fvm_text_puts(text, "\\t");
        else
            fvm_text_putc(text, value[i]);
    }
}

fvm_status fvm_conf_write(const struct fvm_conf *conf, struct fvm_text *text)
{
    fvm_text_printf(text, "format = %u\n", conf->format ? conf->format : 1);
    for (size_t i = 0; i < conf->count; i++) {
        const struct fvm_conf_line *line = &conf->lines[i];

        if (line->key) {
            fvm_text_puts(text, line->key);
            fvm_text_puts(text, *line->value ? " = " : " =");
            write_value(text, line->value);
        } else {
            fvm_text_puts(text, line->value);
        }
        fvm_text_putc(text, '\n');
    }
    fvm_text_puts(text, "end = fvm\n");
    return text->failed ? FVM_NO_MEMORY : FVM_OK;
}

const char *fvm_conf_get_next(const struct fvm_conf *conf, const char *key, size_t *at)
{
    while (*at < conf->count) {
        const struct fvm_conf_line *line = &conf->lines[(*at)++];

        if (line->key && strcmp(line->key, key) == 0)
            return line->value;
    }
    return NULL;
}

const char *fvm_conf_get(const struct fvm_conf *conf, const char *key)
{
    size_t at = 0;

    return fvm_conf_get_next(conf, key, &at);
}

fvm_status fvm_conf_set(struct fvm_conf *conf, const char *key, const char *value)
{
    size_t at = 0;
    char *copy;

    if (!fvm_conf_get_next(conf, key, &at))
        return fvm_conf_add(conf, key, value);
    copy = fvm_text_copy(value, strlen(value));
    if (!copy)
        return FVM_NO_MEMORY;
    free(conf->lines[at - 1].value);
    conf->lines[at - 1].value = copy;
    while (fvm_conf_get_next(conf, key, &at))
        remove_line(conf, --at);
    return FVM_OK;
}

fvm_status fvm_conf_add(struct fvm_conf *conf, const char *key, const char *value)
{
    size_t index = conf->count, at = 0;
    char *key_copy;

    if (!is_free_key(key))
        return FVM_INVALID;
    while (fvm_conf_get_next(conf, key, &at))
        index = at;
    key_copy = fvm_text_copy(key, strlen(key));
    if (!key_copy)
        return FVM_NO_MEMORY;
    return insert_line(conf, index, key_copy, fvm_text_copy(value, strlen(value)));
}

size_t fvm_conf_remove(struct fvm_conf *conf, const char *key, const char *value)
{
    size_t removed = 0, at = 0;
    const char *found;

    while ((found = fvm_conf_get_next(conf, key, &at)))
        if (!value || strcmp(value, found) == 0) {
            remove_line(conf, --at);
            removed++;
        }
    return removed;
}

void fvm_conf_free(struct fvm_conf *conf)
{
    for (size_t i = 0; i < conf->count; i++) {
        free(conf->lines[i].key);
        free(conf->lines[i].value);
    }
    free(conf->lines);
    *conf = (struct fvm_conf){0};
}
