/* core/pipename.c: see pipename.h. */
#include "core/pipename.h"

#include <string.h>

const struct fvm_pipename_exception fvm_pipename_exceptions[] = {
    {"wine_plugplay", "tells of devices, which are the machine's"},
};

size_t fvm_pipename_exception_count(void)
{
    return ARRAY_LEN(fvm_pipename_exceptions);
}

static bool matches(struct fvm_str path, const char *pattern)
{
    uint32_t i = 0;

    for (; pattern[i] && pattern[i] != '*'; i++)
        if (i == path.cch || fvm_unit_fold(path.s[i]) != fvm_unit_fold((uint16_t)pattern[i]))
            return false;
    return pattern[i] == '*' || i == path.cch;
}

int fvm_pipename_exception(struct fvm_str path)
{
    for (size_t i = 0; i < ARRAY_LEN(fvm_pipename_exceptions); i++)
        if (matches(path, fvm_pipename_exceptions[i].name))
            return (int)i;
    return -1;
}

fvm_status fvm_pipename_put_place(struct fvm_buf *out, uint32_t vm)
{
    uint16_t text[24] = u"__fvm_", digits[10];
    struct fvm_str place = {text, 6};
    uint32_t count = 0;

    do
        digits[count++] = (uint16_t)('0' + vm % 10);
    while (vm /= 10);
    while (count)
        text[place.cch++] = digits[--count];
    text[place.cch++] = '\\';
    return fvm_buf_add(out, place);
}

bool fvm_pipename_unmap(struct fvm_buf *name, uint32_t vm)
{
    static const struct fvm_str devices[] = {FVM_STR(u"\\Device\\NamedPipe\\"),
                                             FVM_STR(u"\\Device\\MailSlot\\"), FVM_STR(u"\\")};
    uint16_t room[24];
    struct fvm_buf place = {room, 0, ARRAY_LEN(room)};
    struct fvm_str text = fvm_buf_str(name);

    if (fvm_failed(fvm_pipename_put_place(&place, vm)))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(devices); i++) {
        uint32_t at = devices[i].cch;

        if (!fvm_str_begins_fold(text, devices[i]) ||
            !fvm_str_begins_fold(fvm_str_sub(text, at, text.cch), fvm_buf_str(&place)))
            continue;
        memmove(name->s + at, name->s + at + place.cch,
                (name->cch - at - place.cch) * sizeof(*name->s));
        name->cch -= place.cch;
        return true;
    }
    return false;
}
