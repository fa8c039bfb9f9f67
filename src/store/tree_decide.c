/* store/tree_decide.c: see tree_decide.h. */
#include "store/tree_decide.h"

static enum fvm_verdict is(enum fvm_change_kind *kind, enum fvm_change_kind value)
{
    *kind = value;
    return FVM_IS_CHANGE;
}

static enum fvm_verdict decide_same_node(const struct fvm_pair *pair, enum fvm_change_kind *kind)
{
    if (pair->layer == FVM_DIRECTORY) {
        /* Below a hidden directory all are hidden: said once, at the top. */
        if (pair->opaque && !pair->hidden)
            return is(kind, FVM_REPLACED);
        return pair->same_metadata ? FVM_IS_NO_CHANGE : is(kind, FVM_METADATA);
    }
    if (pair->content == FVM_CONTENT_UNKNOWN)
        return FVM_NEEDS_CONTENT;
    if (pair->content == FVM_CONTENT_OTHER)
        return is(kind, pair->layer == FVM_SPECIAL ? FVM_REPLACED : FVM_CHANGED);
    if (pair->layer == FVM_FILE && !pair->same_metadata)
        return is(kind, FVM_METADATA);
    return FVM_IS_NO_CHANGE;
}

enum fvm_verdict fvm_decide(const struct fvm_pair *pair, enum fvm_change_kind *kind)
{
    if (!pair->in_layer)
        return pair->on_host && pair->hidden ? is(kind, FVM_DELETED) : FVM_IS_NO_CHANGE;
    if (pair->deletion)
        return pair->on_host ? is(kind, FVM_DELETED) : FVM_IS_NO_CHANGE;
    if (!pair->on_host)
        return is(kind, FVM_CREATED);
    if (pair->host != pair->layer)
        return is(kind, FVM_REPLACED);
    return decide_same_node(pair, kind);
}
