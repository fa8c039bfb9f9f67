/* store/noise.c: see noise.h. An entry is added only after it was seen in a diff of a program that
 * does nothing. */
#include "store/noise.h"

#include "core/glob.h"

#include <string.h>

#define ENVIRONMENT                                                                                \
    "HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Control\\Session Manager\\Environment"
#define PROCESSORS "each start writes this machine's, which may be others than its base was made on"

static const struct {
    const char *key, *value, *why; /* value NULL: the whole key */
    const uint16_t *data;          /* NULL: whatever it is; else noise only if it is set to that */
    size_t data_cb;
} keys[] = {
    {"HKEY_LOCAL_MACHINE\\System\\MountedDevices", NULL, "mountmgr writes a new id per start", NULL,
     0},
    {"HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Control\\Class\\"
     "{4D36E968-E325-11CE-BFC1-08002BE10318}\\0000",
     NULL, "the display driver's date is the time of the desktop's start", NULL, 0},
    {"HKEY_CURRENT_USER\\Software\\Wine\\Fonts", "Codepages",
     "Wine 8 takes 65001 for the code page of 32-bit programs, and notes what it used last", NULL,
     0},
    {"HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Hardware Profiles\\Current\\Software\\Fonts",
     NULL, "the same: the fonts of that code page", NULL, 0},
    {"HKEY_CURRENT_USER\\Software\\Wine\\Drivers", "Graphics",
     "a VM with a display has another one than its base: guest/pe/wineboot/desktop.c", u"x11",
     sizeof(u"x11")},
    {"HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Enum\\DISPLAY\\*", NULL,
     "monitors are those of the display that a VM is given", NULL, 0},
    {"HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Control\\ServiceCurrent", NULL,
     "counts the service processes that were started; volatile in Wine itself", NULL, 0},
    {ENVIRONMENT, "NUMBER_OF_PROCESSORS", PROCESSORS, NULL, 0},
    {ENVIRONMENT, "PROCESSOR_IDENTIFIER", PROCESSORS, NULL, 0},
    {ENVIRONMENT, "PROCESSOR_LEVEL", PROCESSORS, NULL, 0},
    {ENVIRONMENT, "PROCESSOR_REVISION", PROCESSORS, NULL, 0},
};

bool fvm_noise_registry(void *context, const struct fvm_reg_key *key,
                        const struct fvm_reg_value *value)
{
    (void)context;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (fvm_glob_match(keys[i].key, key->path) &&
            (!keys[i].value || (value && !strcmp(value->name, keys[i].value))) &&
            (!keys[i].data || (value && value->data_cb == keys[i].data_cb &&
                               !memcmp(value->data, keys[i].data, keys[i].data_cb))))
            return true;
    return false;
}
