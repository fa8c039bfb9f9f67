/* rooms/files/order.c: order of listings. Pure; see files.h. */
#include "rooms/files/files.h"

static int rank(struct fvm_str name)
{
    if (fvm_str_eq(name, FVM_STR(u".")))
        return 0;
    return fvm_str_eq(name, FVM_STR(u"..")) ? 1 : 2;
}

int files_name_order(struct fvm_str a, struct fvm_str b)
{
    int left = rank(a), right = rank(b);

    return left != right ? left - right : fvm_str_cmp_fold(a, b);
}
