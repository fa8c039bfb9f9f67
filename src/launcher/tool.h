/* launcher/tool.h: FVM's own work inside a running VM: Linux programs, and where the display is.
 * For the commands. */
#pragma once
#include "core/text.h"
#include "launcher/launcher.h"

/* A Linux program that works for FVM inside a VM: what is given to it, or taken from it. */
struct fvm_tool {
    const char *const *argv;       /* argv[0]: its path, below /usr */
    const struct fvm_terms *terms; /* that the VM runs on */
    const char *in;                /* bytes for its standard input; NULL: its output is taken */
    size_t in_cb, max_cb;
};
enum { FVM_TOOL_PATIENCE_MS = 20000 };
/**
 * Run it to its end, sealed.
 *
 * @param out [out] what it wrote; yours, also if this fails
 * @return its exit code, 128 + signal; -EFBIG more than max_cb; -ETIMEDOUT it was killed; -errno
 */
int fvm_tool_run(const struct fvm_link *link, const struct fvm_store *store,
                 const struct fvm_tool *tool, struct fvm_text *out, struct fvm_error *err);

/* Where a VM with a private display has what is on it: X's window dump, core/xwd.h. */
#define FVM_SCREEN_FILE "/run/fvm/display/Xvfb_screen0"
/** How big is a private display? */
void fvm_display_size(const struct fvm_terms *terms, unsigned *width, unsigned *height);
