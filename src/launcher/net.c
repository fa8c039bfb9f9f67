/* launcher/net.c: the network of a sealed VM. See terms.h. */
#include "launcher/terms.h"

#include <errno.h>

int fvm_net_ready(const struct fvm_terms *terms, struct fvm_error *err)
{
    if (terms->net != FVM_NET_NONE)
        return fvm_fail(err, -ENOTSUP, "--net %s is not offered yet: only 'none'",
                        fvm_conf_get(&terms->said, "net"));
    return 0;
}
