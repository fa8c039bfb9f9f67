/* tests/programs/args.h: KEY=VALUE arguments of the programs that play the attacker and the bait.
 */
#pragma once
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char **args; /* set by main() */

/* @return the value; "" if it was not given */
static const char *arg(const char *key)
{
    size_t cb = strlen(key);

    for (char **at = args; *at; at++)
        if (!strncmp(*at, key, cb) && (*at)[cb] == '=')
            return *at + cb + 1;
    return "";
}
