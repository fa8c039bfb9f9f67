/* core/terms.c: see terms.h. */
#include "core/terms.h"

#include "core/name.h"
#include "core/share.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct fvm_terms fvm_terms_none;

enum {
    PERCENT = 100,
    PORT_MAX = 65535,
    SIDE_MIN = 64,
    SIDE_MAX = 16384,
    SECONDS_MAX = 366 * 86400
};

/* Reads the value of one option into the terms, and writes it in its one spelling. */
typedef fvm_status read_term(struct fvm_terms *terms, const char *value, struct fvm_text *said,
                             struct fvm_error *err);

/* --- numbers ---------------------------------------------------------------------------------- */

/* Digits at the beginning. @return false: none, or more than `max` */
static bool take_number(const char **s, uint64_t max, uint64_t *number)
{
    const char *at = *s;

    for (*number = 0; *at >= '0' && *at <= '9'; at++) {
        if (*number > (max - (uint64_t)(*at - '0')) / 10)
            return false;
        *number = *number * 10 + (uint64_t)(*at - '0');
    }
    if (at == *s || *number > max)
        return false;
    *s = at;
    return true;
}

/* A whole number with one of the units, "K" "M" "G" "T" or none. Not 0. */
static bool read_size(const char *value, uint64_t *cb)
{
    static const char units[] = "KMGT";
    const char *unit;
    unsigned shift;

    if (!take_number(&value, UINT64_MAX >> 1, cb) || !*cb)
        return false;
    unit = *value ? strchr(units, *value & ~0x20) : NULL;
    if (!unit)
        return !*value;
    shift = 10 * (unsigned)(unit - units + 1);
    if ((value[1] && ((value[1] | 0x20) != 'b' || value[2])) || *cb > UINT64_MAX >> 1 >> shift)
        return false;
    *cb <<= shift;
    return true;
}

static fvm_status take_size(const char *option, const char *value, uint64_t *cb,
                            struct fvm_text *said, struct fvm_error *err)
{
    if (!read_size(value, cb))
        return fvm_fail(err, FVM_INVALID, "--%s wants a size such as 512M or 2G, not '%s'", option,
                        value);
    fvm_text_printf(said, "%llu", (unsigned long long)*cb);
    return FVM_OK;
}

static fvm_status read_memory(struct fvm_terms *terms, const char *value, struct fvm_text *said,
                              struct fvm_error *err)
{
    return take_size("memory", value, &terms->memory_cb, said, err);
}

static fvm_status read_disk(struct fvm_terms *terms, const char *value, struct fvm_text *said,
                            struct fvm_error *err)
{
    return take_size("disk", value, &terms->disk_cb, said, err);
}

static fvm_status read_procs(struct fvm_terms *terms, const char *value, struct fvm_text *said,
                             struct fvm_error *err)
{
    const char *at = value;
    uint64_t number;

    if (!take_number(&at, INT32_MAX, &number) || *at || !number)
        return fvm_fail(err, FVM_INVALID,
                        "--procs wants the number of threads of all programs, such as 200, not "
                        "'%s'",
                        value);
    terms->procs = (unsigned)number;
    fvm_text_printf(said, "%u", terms->procs);
    return FVM_OK;
}

/* "2", "0.5", "1.25" */
static fvm_status read_cpus(struct fvm_terms *terms, const char *value, struct fvm_text *said,
                            struct fvm_error *err)
{
    const char *at = value;
    uint64_t whole, part = 0;

    if (!take_number(&at, INT32_MAX / PERCENT, &whole))
        goto invalid;
    if (*at == '.') {
        const char *first = ++at;

        if (!take_number(&at, PERCENT - 1, &part) || at - first > 2)
            goto invalid;
        part *= at - first == 1 ? 10 : 1;
    }
    if (*at || !(whole * PERCENT + part))
        goto invalid;
    terms->cpu_percent = (unsigned)(whole * PERCENT + part);
    fvm_text_printf(said, "%u.%02u", terms->cpu_percent / PERCENT, terms->cpu_percent % PERCENT);
    return FVM_OK;
invalid:
    return fvm_fail(err, FVM_INVALID,
                    "--cpus wants a number of processors such as 2 or 0.5, not '%s'", value);
}

static fvm_status read_timeout(struct fvm_terms *terms, const char *value, struct fvm_text *said,
                               struct fvm_error *err)
{
    static const char units[] = "smh";
    static const unsigned seconds[] = {1, 60, 3600};
    const char *at = value;
    const char *unit = NULL;
    uint64_t number;
    bool good = take_number(&at, SECONDS_MAX, &number) && number;

    if (good && *at) {
        unit = strchr(units, *at);
        good = unit && !at[1];
    }
    if (good && unit)
        number *= seconds[unit - units];
    if (!good || number > SECONDS_MAX)
        return fvm_fail(err, FVM_INVALID, "--timeout wants a time such as 30s, 5m or 2h, not '%s'",
                        value);
    terms->timeout_s = (unsigned)number;
    fvm_text_printf(said, "%u", terms->timeout_s);
    return FVM_OK;
}

/* --- network ---------------------------------------------------------------------------------- */

static fvm_status read_net(struct fvm_terms *terms, const char *value, struct fvm_text *said,
                           struct fvm_error *err)
{
    static const char *const names[] = {[FVM_NET_NONE] = "none",
                                        [FVM_NET_PRIVATE] = "private",
                                        [FVM_NET_LAN] = "lan",
                                        [FVM_NET_HOST] = "host"};

    fvm_text_puts(said, value);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (!strcmp(value, names[i])) {
            terms->net = (enum fvm_net)i;
            return FVM_OK;
        }
    if (strncmp(value, "vm:", 3) != 0)
        return fvm_fail(err, FVM_INVALID,
                        "--net wants none, private, lan, host or vm:NAME, not '%s'", value);
    terms->net = FVM_NET_VM;
    snprintf(terms->net_vm, sizeof(terms->net_vm), "%s", value + 3);
    if (!fvm_failed(fvm_name_check(value + 3, err)))
        return FVM_OK;
    fvm_error_prefix(err, "--net vm:NAME");
    return FVM_INVALID;
}

static bool take_port(const char **s, uint16_t *port)
{
    uint64_t number;

    if (!take_number(s, PORT_MAX, &number) || !number)
        return false;
    *port = (uint16_t)number;
    return true;
}

/* "ADDR:" or nothing. Whether it is an address of this machine is seen when it is used. */
static bool take_address(const char **s, struct fvm_publish *publish)
{
    static const char letters[] = "0123456789abcdefABCDEF.:";
    bool is_v6 = **s == '[';
    const char *from = *s + is_v6;
    const char *end = is_v6 ? strchr(from, ']') : from + strcspn(from, ":");
    size_t cb;

    /* One colon only: no address. */
    if (!is_v6 && !strchr(*end ? end + 1 : end, ':')) {
        snprintf(publish->address, sizeof(publish->address), "127.0.0.1");
        return true;
    }
    cb = end ? (size_t)(end - from) : 0;
    if (!cb || cb >= sizeof(publish->address) || strspn(from, letters) < cb || end[is_v6] != ':')
        return false;
    memcpy(publish->address, from, cb);
    publish->address[cb] = 0;
    *s = end + is_v6 + 1;
    return true;
}

static fvm_status read_publish(struct fvm_terms *terms, const char *value, struct fvm_text *said,
                               struct fvm_error *err)
{
    struct fvm_publish publish = {.udp = false}, *grown;
    const char *at = value;
    bool is_v6;

    if (!take_address(&at, &publish) || !take_port(&at, &publish.host_port) || *at++ != ':' ||
        !take_port(&at, &publish.vm_port) || (*at && strcmp(at, "/udp") && strcmp(at, "/tcp")))
        return fvm_fail(
            err, FVM_INVALID,
            "--publish wants [ADDRESS:]HOSTPORT:VMPORT[/udp], such as 8080:80, not '%s'", value);
    publish.udp = !strcmp(at, "/udp");
    grown = realloc(terms->publish, (terms->publish_count + 1) * sizeof(*grown));
    if (!grown)
        return fvm_fail(err, FVM_NO_MEMORY, "out of memory");
    terms->publish = grown;
    grown[terms->publish_count++] = publish;
    is_v6 = strchr(publish.address, ':') != NULL;
    fvm_text_printf(said, "%s%s%s:%u:%u%s", is_v6 ? "[" : "", publish.address, is_v6 ? "]" : "",
                    publish.host_port, publish.vm_port, publish.udp ? "/udp" : "");
    return FVM_OK;
}

/* --- display, sound, folders ------------------------------------------------------------------ */

static fvm_status read_display(struct fvm_terms *terms, const char *value, struct fvm_text *said,
                               struct fvm_error *err)
{
    uint64_t width, height;
    const char *at = value + strlen("private:");

    fvm_text_puts(said, value);
    terms->width = terms->height = 0;
    terms->display = !strcmp(value, "none")   ? FVM_DISPLAY_NONE
                     : !strcmp(value, "host") ? FVM_DISPLAY_HOST
                                              : FVM_DISPLAY_PRIVATE;
    if (terms->display != FVM_DISPLAY_PRIVATE || !strcmp(value, "private"))
        return FVM_OK;
    if (strncmp(value, "private:", strlen("private:")) || !take_number(&at, SIDE_MAX, &width) ||
        *at++ != 'x' || !take_number(&at, SIDE_MAX, &height) || *at || width < SIDE_MIN ||
        height < SIDE_MIN)
        return fvm_fail(err, FVM_INVALID,
                        "--display wants none, private, private:WIDTHxHEIGHT or host, not '%s'",
                        value);
    terms->width = (unsigned)width;
    terms->height = (unsigned)height;
    return FVM_OK;
}

static fvm_status read_sound(struct fvm_terms *terms, const char *value, struct fvm_text *said,
                             struct fvm_error *err)
{
    if (strcmp(value, "yes") && strcmp(value, "no"))
        return fvm_fail(err, FVM_INVALID, "sound is 'yes' or 'no', not '%s'", value);
    terms->sound = !strcmp(value, "yes");
    fvm_text_puts(said, value);
    return FVM_OK;
}

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* Where "=D:" or "=C:\x" begins; the end of the text if nothing like that is there. */
static const char *find_place(const char *value)
{
    const char *found = value + strlen(value);

    for (const char *at = value; (at = strchr(at, '=')); at++)
        if (is_letter(at[1]) && at[2] == ':' && (!at[3] || at[3] == '\\' || at[3] == '/'))
            found = at;
    return found;
}

static fvm_status print_share(const struct fvm_share *share, struct fvm_text *said)
{
    fvm_text_printf(said, "%s:%s%s%s", share->dir, share->writable ? "rw" : "ro",
                    share->place ? "=" : "", share->place ? share->place : "");
    return said->failed ? FVM_NO_MEMORY : FVM_OK;
}

static fvm_status read_share(struct fvm_terms *terms, const char *value, struct fvm_text *said,
                             struct fvm_error *err)
{
    const char *place = find_place(value);
    size_t cb = (size_t)(place - value);
    struct fvm_share share = {.dir = NULL}, *grown;

    if (cb >= 3 && (!strncmp(place - 3, ":rw", 3) || !strncmp(place - 3, ":ro", 3))) {
        share.writable = place[-1] == 'w';
        cb -= 3;
    }
    if (!cb)
        return fvm_fail(err, FVM_INVALID,
                        "--share wants FOLDER[:ro|:rw][=D:], such as ~/work:rw=D:, not '%s'",
                        value);
    grown = realloc(terms->shares, (terms->share_count + 1) * sizeof(*grown));
    if (grown)
        terms->shares = grown;
    share.dir = fvm_text_copy(value, cb);
    share.place = *place ? fvm_text_copy(place + 1, strlen(place + 1)) : NULL;
    if (!grown || !share.dir || (*place && !share.place)) {
        free(share.dir);
        free(share.place);
        return fvm_fail(err, FVM_NO_MEMORY, "out of memory");
    }
    if (share.place)
        fvm_share_place_fold(share.place);
    grown[terms->share_count++] = share;
    return print_share(&share, said);
}

/* --- all of them ------------------------------------------------------------------------------ */

static const struct term {
    const char *key;
    read_term *read;
    bool many;
    const char *unsaid; /* what it means not to say it; NULL: cannot be said */
} all_terms[] = {{"net", read_net, false, "none"},         {"publish", read_publish, true, NULL},
                 {"display", read_display, false, "none"}, {"sound", read_sound, false, "no"},
                 {"share", read_share, true, NULL},        {"memory", read_memory, false, NULL},
                 {"procs", read_procs, false, NULL},       {"cpus", read_cpus, false, NULL},
                 {"disk", read_disk, false, NULL},         {"timeout", read_timeout, false, NULL}};

static const struct term *find_term(const char *key)
{
    for (size_t i = 0; i < ARRAY_LEN(all_terms); i++)
        if (!strcmp(all_terms[i].key, key))
            return &all_terms[i];
    return NULL;
}

fvm_status fvm_terms_add(struct fvm_terms *terms, const char *key, const char *value,
                         struct fvm_error *err)
{
    FVM_CLEANUP(text) struct fvm_text said = {0};
    const struct term *term = find_term(key);
    fvm_status status;

    if (!term)
        return fvm_fail(err, FVM_NOT_FOUND, "no option '%s' of a VM", key);
    status = term->read(terms, value, &said, err);
    if (fvm_failed(status))
        return status;
    if (said.failed ||
        fvm_failed((term->many ? fvm_conf_add : fvm_conf_set)(&terms->said, key, said.s)))
        return fvm_fail(err, FVM_NO_MEMORY, "out of memory");
    return FVM_OK;
}

static bool can_publish(const struct fvm_terms *terms)
{
    return terms->net == FVM_NET_PRIVATE || terms->net == FVM_NET_LAN;
}

fvm_status fvm_terms_add_missing(struct fvm_terms *terms, const struct fvm_conf *conf,
                                 struct fvm_error *err)
{
    bool missing[ARRAY_LEN(all_terms)];
    fvm_status status = FVM_OK;

    for (size_t i = 0; i < ARRAY_LEN(all_terms); i++)
        missing[i] = !fvm_conf_get(&terms->said, all_terms[i].key) &&
                     (all_terms[i].read != read_publish || can_publish(terms) ||
                      !fvm_conf_get(&terms->said, "net"));
    for (size_t i = 0; i < ARRAY_LEN(all_terms); i++) {
        const char *value;
        size_t at = 0;

        while (missing[i] && !fvm_failed(status) &&
               (value = fvm_conf_get_next(conf, all_terms[i].key, &at)))
            status = fvm_terms_add(terms, all_terms[i].key, value, err);
    }
    return status;
}

fvm_status fvm_terms_put(const struct fvm_terms *terms, struct fvm_conf *conf)
{
    fvm_status status = FVM_OK;

    for (size_t i = 0; i < ARRAY_LEN(all_terms); i++)
        fvm_conf_remove(conf, all_terms[i].key, NULL);
    for (size_t i = 0; i < terms->said.count && !fvm_failed(status); i++)
        status = fvm_conf_add(conf, terms->said.lines[i].key, terms->said.lines[i].value);
    return status;
}

fvm_status fvm_terms_check(const struct fvm_terms *terms, struct fvm_error *err)
{
    if (terms->publish_count && !can_publish(terms))
        return fvm_fail(err, FVM_INVALID, "--publish needs --net private or --net lan%s",
                        terms->net == FVM_NET_HOST ? ": with --net host its ports are the host's"
                                                   : "");
    return fvm_shares_check(terms, err);
}

/* Do the lines of a key say the same? */
static bool say_same(const struct fvm_conf *a, const struct fvm_conf *b, const struct term *term)
{
    size_t at = 0, other_at = 0;
    const char *one = fvm_conf_get_next(a, term->key, &at);
    const char *other = fvm_conf_get_next(b, term->key, &other_at);

    if (!other)
        other = term->unsaid;
    while (one && other && !strcmp(one, other)) {
        one = fvm_conf_get_next(a, term->key, &at);
        other = fvm_conf_get_next(b, term->key, &other_at);
    }
    return !one && !other;
}

const char *fvm_terms_differ(const struct fvm_terms *asked, const struct fvm_terms *running)
{
    for (size_t i = 0; i < asked->said.count; i++) {
        const char *key = asked->said.lines[i].key;

        if (!say_same(&asked->said, &running->said, find_term(key)))
            return key;
    }
    return NULL;
}

fvm_status fvm_terms_set_dir(struct fvm_terms *terms, size_t share, const char *dir)
{
    FVM_CLEANUP(text) struct fvm_text said = {0};
    char *copy = fvm_text_copy(dir, strlen(dir)), *line = NULL;
    size_t at = 0;

    if (!copy)
        return FVM_NO_MEMORY;
    free(terms->shares[share].dir);
    terms->shares[share].dir = copy;
    if (fvm_failed(print_share(&terms->shares[share], &said)) ||
        !(line = fvm_text_copy(said.s, said.cb)))
        return FVM_NO_MEMORY;
    for (size_t i = 0; i <= share; i++)
        fvm_conf_get_next(&terms->said, "share", &at);
    free(terms->said.lines[at - 1].value);
    terms->said.lines[at - 1].value = line;
    return FVM_OK;
}

void fvm_terms_free(struct fvm_terms *terms)
{
    for (size_t i = 0; i < terms->share_count; i++) {
        free(terms->shares[i].dir);
        free(terms->shares[i].place);
        free(terms->shares[i].source);
    }
    free(terms->shares);
    free(terms->publish);
    fvm_conf_free(&terms->said);
    *terms = fvm_terms_none;
}
