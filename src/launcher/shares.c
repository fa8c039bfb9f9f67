/* launcher/shares.c: folders of the host's that a sealed VM sees as they are. See terms.h. */
#include "launcher/terms.h"

#include <errno.h>

int fvm_shares_ready(const struct fvm_terms *terms, struct fvm_error *err)
{
    return terms->share_count ? fvm_fail(err, -ENOTSUP, "--share is not offered yet") : 0;
}
