/* cli/win/win.h: what the commands share on Windows. Private to the CLI. */
#pragma once
#include "cli/grammar.h"
#include "launcher/win/spawn.h"
#include "store/win/winstore.h"

/** Find the VM if it runs. @return number; 0 */
unsigned cli_running_number(const struct win_store *store, const char *name);

/** End all programs of a VM and wait until it is at rest. Does it not run: 0. */
int cli_stop_vm(const struct win_store *store, const char *name, struct fvm_error *err);
/** Folder of the engine's files: beside this program, or its folder `engine`. @return false: they
 * are not there */
bool cli_engine_folder(wchar_t folder[MAX_PATH]);

/* --- hold.c ----------------------------------------------------------------------------------- */
/* First word of a command line that is not the user's: `fvm --hold NAME` holds a VM while it runs.
 * It answers one line on stdout: "ready NUMBER", "busy", or a sentence. */
#define CLI_HOLD L"--hold"
/** Hold a VM. @return exit code */
int cli_hold(const wchar_t *name);
/** Name of the event that ends a VM. */
void cli_stop_event(wchar_t name[64], unsigned number);

/* --- system.c: what differs between Wine and Windows ------------------------------------------ */
/** Other names of drives' places. @param aliases [out] yours, at most WIN_ALIASES @return how many
 */
size_t cli_system_aliases(wchar_t *aliases[WIN_ALIASES]);
/** "Wine 8.0" or "Windows 10.0.19045". */
void cli_system_name(char *text, size_t cap);
/** Is it Wine? */
bool cli_is_wine(void);
