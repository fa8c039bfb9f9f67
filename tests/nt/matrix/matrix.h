/* tests/nt/matrix/matrix.h: one mechanism by which a program may reach another one: what offers it,
 * what reaches it, and how it is proved that something came across. */
#pragma once
#include "../nt.h"

#include <stdbool.h>

enum { TOKEN_CCH = 16, PATH_CCH = 1024 };

enum found {
    FOUND_NOTHING, /* not reached */
    FOUND_TOKEN,   /* the offering side's token was read */
    FOUND_ITS,     /* something was seen that only the offering side can have made */
    FOUND_ASK      /* something was sent: the offering side says if it came ("heard") */
};

/* Functions may be NULL. All of one side run in its main thread. */
struct mechanism {
    const char *name;
    const wchar_t *path; /* of the object, where one function serves several mechanisms */
    bool (*offer)(struct mechanism *);
    void (*turn)(struct mechanism *); /* offering side: look whether something came */
    void (*tick)(struct mechanism
                     *); /* offering side: do what others may notice, once for each who reaches */
    void (*end)(struct mechanism *); /* offering side: leave nothing behind */
    enum found (*reach)(struct mechanism *, char *token);
    enum found (*after)(struct mechanism *,
                        char *token); /* after the tick; instead of reach's answer */
    HANDLE handle;                    /* either side's own */
};

/** The offering side's word, or that of this process: "host", "vm1". */
extern char token[TOKEN_CCH];
extern wchar_t self[PATH_CCH]; /* path of this program */

/** Say that something came. Any thread. */
void heard(const char *name);
/** Tell the reaching side a number of this process. */
void tell(const char *name, uint64_t value);
/** What the offering side told last. @return 0: nothing */
uint64_t told(const char *name);
/** Copy a token that was read. @return FOUND_TOKEN; FOUND_NOTHING: it is no token */
enum found read_token(char *out, const void *text, size_t cb);
/** An answer and nothing else: 1 or 0 as FOUND_ITS or FOUND_NOTHING. */
enum found its(bool yes);

/* What can be told of the process that is there to be harmed: it sleeps, in a console of its own.
 */
extern HANDLE victim, victim_job;
/** The victim's program. @param out number of an inherited handle: where the offering side speaks
 */
int be_victim(const wchar_t *out);
/** A service's program. */
int be_service(void);
/** A COM server's program. */
int be_com_server(void);
/** Receive messages that came for this thread's windows. */
void pump(void);

/* Each file's mechanisms; the last one has no name. */
extern struct mechanism object_mechanisms[], object_type_mechanisms[], pipe_mechanisms[],
    rpc_mechanisms[], com_mechanisms[], service_mechanisms[], registry_mechanisms[],
    file_mechanisms[], process_mechanisms[], console_mechanisms[], window_mechanisms[],
    desktop_mechanisms[], network_mechanisms[];
