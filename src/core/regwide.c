/* core/regwide.c: see regwide.h. */
#include "core/regwide.h"

#include "core/reg_tree.h"
#include "core/utf.h"

#include <string.h>

static const struct {
    struct fvm_str view; /* with the user's key behind it, if needs_user */
    bool needs_user;
    const char *path;
} roots[] = {
    {{u"R\\Machine", 9}, false, "HKEY_LOCAL_MACHINE"},
    {{u"R\\User\\.Default", 15}, false, "HKEY_USERS\\.Default"},
    {{u"R\\User\\", 7}, true, "HKEY_CURRENT_USER"},
};

/* Units of `path` that lead to a root; 0: it is not in there. */
static uint32_t root_cch(size_t root, struct fvm_str path, struct fvm_str user)
{
    uint32_t cch = roots[root].view.cch;

    if (!fvm_str_begins_fold(path, roots[root].view))
        return 0;
    if (roots[root].needs_user) {
        if (!fvm_str_begins_fold(fvm_str_sub(path, cch, path.cch), user))
            return 0;
        cch += user.cch;
    }
    return path.cch == cch || path.s[cch] == '\\' ? cch : 0;
}

static void add_utf16(struct fvm_text *out, struct fvm_str str)
{
    for (uint32_t i = 0; i < str.cch; i++) {
        uint8_t le[4];
        uint32_t count = 1;

        fvm_utf16_set(le, 0, str.s[i]);
        if ((str.s[i] & 0xFC00) == 0xD800 && i + 1 < str.cch && (str.s[i + 1] & 0xFC00) == 0xDC00) {
            fvm_utf16_set(le, 1, str.s[++i]);
            count = 2;
        }
        reg_name_from_utf16(out, le, count);
    }
}

bool fvm_regwide_from_view(struct fvm_text *out, struct fvm_str path, struct fvm_str user)
{
    out->cb = 0;
    for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
        uint32_t cch = root_cch(i, path, user);

        if (!cch)
            continue;
        fvm_text_puts(out, roots[i].path);
        add_utf16(out, fvm_str_sub(path, cch, path.cch));
        return true;
    }
    return false;
}

fvm_status fvm_regwide_name(struct fvm_buf *out, const char *name)
{
    const char *end = name + strlen(name);
    fvm_status status = FVM_OK;

    while (!fvm_failed(status) && name < end) {
        uint32_t code = reg_name_next(&name, end);

        if (code & FVM_UTF8_BAD)
            return FVM_NAME_INVALID;
        if (code >= 0x10000) {
            status = fvm_buf_add_unit(out, (uint16_t)(0xD800 | (code - 0x10000) >> 10));
            code = 0xDC00 | (code & 0x3FF);
        }
        if (!fvm_failed(status))
            status = fvm_buf_add_unit(out, (uint16_t)code);
    }
    return status;
}

fvm_status fvm_regwide_to_view(struct fvm_buf *out, const char *path, struct fvm_str user)
{
    out->cch = 0;
    for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
        size_t cb = strlen(roots[i].path);
        fvm_status status;

        if (strncmp(path, roots[i].path, cb) != 0 || (path[cb] && path[cb] != '\\'))
            continue;
        status = fvm_buf_add(out, roots[i].view);
        if (!fvm_failed(status) && roots[i].needs_user)
            status = fvm_buf_add(out, user);
        return fvm_failed(status) ? status : fvm_regwide_name(out, path + cb);
    }
    return FVM_NAME_INVALID;
}

fvm_status fvm_regwide_add_key(struct fvm_reg *reg, const char *path, struct fvm_str class_name,
                               bool is_link)
{
    FVM_CLEANUP(text) struct fvm_text class_text = {0};
    struct fvm_reg_key nature = {.is_link = is_link};
    fvm_status status = fvm_reg_add_key(reg, path);
    struct reg_node *node;

    if (fvm_failed(status))
        return status;
    add_utf16(&class_text, class_name);
    node = reg_lookup(reg, path);
    if (!node || class_text.failed)
        return FVM_NO_MEMORY;
    node->key.value_count = 0;
    node->key.class_name = NULL;
    node->key.is_link = false;
    nature.class_name = class_text.s;
    return reg_copy_nature(reg, node, &nature) ? FVM_OK : FVM_NO_MEMORY;
}

fvm_status fvm_regwide_set(struct fvm_reg *reg, const char *path, struct fvm_str name,
                           uint32_t type, const void *data, size_t data_cb)
{
    FVM_CLEANUP(text) struct fvm_text text = {0};

    fvm_text_puts(&text, "");
    add_utf16(&text, name);
    if (text.failed)
        return FVM_NO_MEMORY;
    return fvm_reg_set(reg, path, text.s ? text.s : "", type, data, data_cb);
}
