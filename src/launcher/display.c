/* launcher/display.c: display and sound of a sealed VM. See terms.h. */
#include "launcher/terms.h"

#include <errno.h>

int fvm_display_ready(const struct fvm_terms *terms, struct fvm_error *err)
{
    if (terms->display != FVM_DISPLAY_NONE)
        return fvm_fail(err, -ENOTSUP, "--display %s is not offered yet: only 'none'",
                        fvm_conf_get(&terms->said, "display"));
    if (terms->sound)
        return fvm_fail(err, -ENOTSUP, "--sound is not offered yet");
    return 0;
}
