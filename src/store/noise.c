/* store/noise.c: see noise.h. An entry is added only after it was seen in a diff of a program that
 * does nothing. */
#include "store/noise.h"

#include "core/glob.h"

#include <string.h>

static const struct {
    const char *key, *why;
} keys[] = {
    {"HKEY_LOCAL_MACHINE\\System\\MountedDevices", "mountmgr writes a new id per start"},
    {"HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Control\\Class\\"
     "{4D36E968-E325-11CE-BFC1-08002BE10318}\\0000",
     "the display driver's date is the time of the desktop's start"},
    {"HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Control\\ServiceCurrent",
     "counts the service processes that were started; volatile in Wine itself"},
};

bool fvm_noise_registry(void *context, const struct fvm_reg_key *key,
                        const struct fvm_reg_value *value)
{
    (void)context;
    (void)value;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (fvm_glob_match(keys[i].key, key->path))
            return true;
    return false;
}
