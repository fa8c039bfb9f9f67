/* core/name.c: see name.h. */
#include "core/name.h"
#include "core/fold.h"

#include <string.h>

static bool is_letter_or_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Windows looks only at what stands before the first dot. */
bool fvm_name_is_device(const char *name, size_t cb)
{
    static const char *const devices[] = {"con",  "prn",  "aux",  "nul",  "com0", "com1",
                                          "com2", "com3", "com4", "com5", "com6", "com7",
                                          "com8", "com9", "lpt0", "lpt1", "lpt2", "lpt3",
                                          "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9"};
    const char *dot = memchr(name, '.', cb);
    size_t stem_cb = dot ? (size_t)(dot - name) : cb;

    for (size_t i = 0; i < ARRAY_LEN(devices); i++)
        if (fvm_name_cmp_n(name, stem_cb, devices[i], strlen(devices[i])) == 0)
            return true;
    return false;
}

fvm_status fvm_name_check(const char *name, struct fvm_error *err)
{
    static const char rule[] =
        "use 1 to 64 letters, digits, '.', '_' or '-', a letter or digit first and no '.' last";
    size_t cb = strlen(name);

    if (cb == 0)
        return fvm_fail(err, FVM_NAME_INVALID, "a VM needs a name: %s", rule);
    if (cb > FVM_NAME_MAX_CB)
        return fvm_fail(err, FVM_NAME_INVALID, "the name is %u bytes long: %s", (unsigned)cb, rule);
    for (size_t i = 0; i < cb; i++)
        if (!is_letter_or_digit(name[i]) && !strchr("._-", name[i]))
            return fvm_fail(err, FVM_NAME_INVALID, "byte %u of the name is not allowed: %s",
                            (unsigned)i + 1, rule);
    if (!is_letter_or_digit(name[0]) || name[cb - 1] == '.')
        return fvm_fail(err, FVM_NAME_INVALID, "'%s' is no VM name: %s", name, rule);
    if (fvm_name_is_device(name, cb))
        return fvm_fail(err, FVM_NAME_INVALID, "'%s' is a device on Windows: choose another name",
                        name);
    return FVM_OK;
}
