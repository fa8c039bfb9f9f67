/* fuzz/hive_fuzz.c: Wine's hives: what was read, written and read again is the same; so is what is
 * read item by item. */
#include "core/hiveread.h"
#include "core/hivetext.h"
#include "core/reg.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t cb);

static void must(bool condition)
{
    if (!condition)
        abort();
}

/* --- item by item -------------------------------------------------------------------------------
 */

struct again {
    struct fvm_hivetext to; /* first: it is given to put() */
    struct fvm_text text;
};

static void put(struct fvm_hivetext *to, const char *s, size_t cb)
{
    fvm_text_add(&((struct again *)(void *)to)->text, s, cb);
}

static void put_value(struct again *again, const struct fvm_hiveread *read)
{
    uint64_t line_start = again->to.cb;

    if (read->name_cch) {
        fvm_hivetext_puts(&again->to, "\"");
        fvm_hivetext_units(&again->to, read->name, read->name_cch, FVM_HIVETEXT_QUOTES);
        fvm_hivetext_puts(&again->to, "\"=");
    } else {
        fvm_hivetext_puts(&again->to, "@=");
    }
    fvm_hivetext_data(&again->to, read->type, read->data, read->data_cb, line_start);
}

/* A path's names are apart by one backslash when they are read, by two when they are written. */
static void put_path(struct again *again, const struct fvm_hiveread *read)
{
    size_t from = 0;

    fvm_hivetext_puts(&again->to, "\n[");
    for (size_t i = 0; i <= read->name_cch; i++) {
        bool is_separator =
            i < read->name_cch && read->name[2 * i] == '\\' && !read->name[2 * i + 1];

        if (i < read->name_cch && !is_separator)
            continue;
        fvm_hivetext_units(&again->to, read->name + 2 * from, i - from, FVM_HIVETEXT_BRACKETS);
        if (is_separator)
            fvm_hivetext_puts(&again->to, "\\\\");
        from = i + 1;
    }
    fvm_hivetext_puts(&again->to, "] 1\n");
}

/* @return the last item */
static enum fvm_hive_item put_all(struct again *again, struct fvm_hiveread *read)
{
    enum fvm_hive_item item;

    fvm_hivetext_puts(&again->to, "WINE REGISTRY Version 2\n");
    while ((item = fvm_hiveread_next(read)) != FVM_HIVE_END && item != FVM_HIVE_BAD) {
        if (item == FVM_HIVE_KEY)
            put_path(again, read);
        if (item == FVM_HIVE_VALUE)
            put_value(again, read);
        if (item == FVM_HIVE_LINK)
            fvm_hivetext_puts(&again->to, "#link\n");
        if (item == FVM_HIVE_CLASS) {
            fvm_hivetext_puts(&again->to, "#class=\"");
            fvm_hivetext_units(&again->to, read->name, read->name_cch, FVM_HIVETEXT_QUOTES);
            fvm_hivetext_puts(&again->to, "\"\n");
        }
    }
    return item;
}

/* @param whole the same text as a registry; NULL: it is none, and whatever is read must not hurt */
static void check_items(const char *root, struct fvm_reg *whole, const char *text, size_t cb)
{
    FVM_CLEANUP(reg) struct fvm_reg *reg = fvm_reg_new();
    FVM_CLEANUP(reg) struct fvm_reg *delta = NULL;
    struct again again = {.to = {.put = put}};
    struct fvm_hiveread read;
    uint8_t *name = malloc(fvm_hiveread_room(cb)), *data = malloc(fvm_hiveread_room(cb));
    bool is_hive = fvm_hiveread_begin(&read, text, cb, name, data);
    enum fvm_hive_item last = is_hive ? put_all(&again, &read) : FVM_HIVE_BAD;

    free(name);
    free(data);
    if (whole) {
        must(last == FVM_HIVE_END);
        must(fvm_reg_add_hive(reg, root, again.text.s, again.text.cb, NULL) == FVM_OK);
        must(fvm_reg_diff(&delta, whole, reg) == FVM_OK && fvm_reg_key_count(delta) == 0);
    }
    fvm_text_free(&again.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t cb)
{
    static const char root[] = "HKEY_LOCAL_MACHINE", relative[] = "REGISTRY\\\\Machine";
    FVM_CLEANUP(reg) struct fvm_reg *reg = fvm_reg_new();
    FVM_CLEANUP(reg) struct fvm_reg *back = fvm_reg_new();
    FVM_CLEANUP(reg) struct fvm_reg *delta = NULL;
    FVM_CLEANUP(text) struct fvm_text text = {0};
    FVM_CLEANUP(text) struct fvm_text again = {0};
    struct fvm_error err = {""};

    if (fvm_reg_add_hive(reg, root, (const char *)data, cb, &err) != FVM_OK) {
        must(err.text[0]);
        check_items(root, NULL, (const char *)data, cb);
        return 0;
    }
    check_items(root, reg, (const char *)data, cb);
    must(fvm_reg_write_hive(reg, root, relative, &text) == FVM_OK);
    must(fvm_reg_add_hive(back, root, text.s, text.cb, NULL) == FVM_OK);
    must(fvm_reg_write_hive(back, root, relative, &again) == FVM_OK);
    must(text.cb == again.cb && memcmp(text.s, again.s, text.cb) == 0);
    must(fvm_reg_diff(&delta, reg, back) == FVM_OK && fvm_reg_key_count(delta) == 0);
    return 0;
}
