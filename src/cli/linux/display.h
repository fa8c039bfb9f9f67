/* cli/linux/display.h: a running VM's own display, for the commands about it. Private to the CLI.
 */
#pragma once
#include "cli/linux/cli.h"
#include "launcher/tool.h"

struct cli_screen {
    struct cli_world world;
    struct fvm_vm vm;
    struct fvm_link link; /* a hold */
    struct fvm_terms terms;
};
/**
 * Open the private display of a VM that runs. As root: becomes the VM's user.
 *
 * @param screen [out] to be closed, also if this fails
 * @return 0; -errno with a sentence
 */
int cli_screen_open(struct cli_screen *screen, const char *name, struct fvm_error *err);
void cli_screen_close(struct cli_screen *screen);
/** Let Ctrl-C and its like wait until the display is closed: who dies with a hold on a VM that
 * nobody else holds ends that. For commands that take a moment. */
void cli_screen_defer_signals(void);
/** Is a Debian package's program there? @return 0; -ENOPKG with a sentence that names the package
 */
int cli_need_tool(const char *command, const char *file, const char *package,
                  struct fvm_error *err);
