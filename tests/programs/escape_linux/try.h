/* tests/programs/escape_linux/try.h: one try to get out of a VM, for the files that make them. */
#pragma once
#include <stdbool.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Must the same try work outside? Else it would prove nothing. */
enum { ANYWHERE, MUST, MUST_AS_ROOT };
struct row {
    const char *name;
    bool (*reached)(void); /* tells by say() how it ended */
    int must;
};
extern const struct row files_rows[], processes_rows[], sockets_rows[], kernel_rows[], calls_rows[],
    calls32_rows[], shares_rows[], network_rows[];

extern bool outside; /* this is the oracle */

/** Say how a try ended. @return reached */
bool say(bool reached, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** Say "worked", or what errno is. @return reached */
bool refused_errno(bool reached);
/** The value of an argument KEY=VALUE; "" if it was not given. */
const char *arg(const char *key);
/** Run a try in a child that may die. @return its wait status; -1: no child */
int in_child(void (*body)(void));
/** Can the file be opened? Nothing is done with it. */
bool opens(const char *path, int flags);
/** The same, said. */
bool can_open(const char *path, int flags);
