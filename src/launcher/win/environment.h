/* launcher/win/environment.h: variables that Windows' registry gives to whoever logs on. A program
 * that is started in a VM gets the VM's. */
#pragma once
#include "core/base.h"

#include <wchar.h>

struct win_variable {
    wchar_t *name, *value; /* expanded */
};
struct win_environment {
    struct win_variable *at;
    size_t count;
};
/**
 * Read the machine's variables and then the user's, which go before them, but for PATH, where they
 * stand behind: as this process sees the registry, so the VM's once the engine is in it.
 *
 * What cannot be read is left out.
 *
 * @param environment [out] end with win_environment_free()
 * @source wine-quirk: Wine does so for the first process of a Windows only
 */
void win_environment_read(struct win_environment *environment);
void win_environment_free(struct win_environment *environment);
static inline void fvm_cleanup_win_environment(struct win_environment *environment)
{
    win_environment_free(environment);
}
/**
 * Change this process' variables, and so those of its children, from what one registry gives to
 * what another does. A variable that is not as the first one gives it was set by somebody, and
 * stays.
 */
void win_environment_change(const struct win_environment *from, const struct win_environment *to);
