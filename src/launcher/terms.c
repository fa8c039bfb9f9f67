/* launcher/terms.c: can this machine give a VM what its terms say? Each part of them answers for
 * itself. See launcher.h. */
#include "launcher/terms.h"

#include <errno.h>

int fvm_terms_ready(const struct fvm_terms *terms, struct fvm_error *err)
{
    int result = fvm_net_ready(terms, err);

    if (!result)
        result = fvm_display_ready(terms, err);
    if (!result)
        result = fvm_limits_ready(terms, err);
    return result;
}
