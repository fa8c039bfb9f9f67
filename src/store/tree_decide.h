/* store/tree_decide.h: PURE: what a name in the host and in the layer means. For the diff, tests
 * and later systems whose layers carry other marks. */
#pragma once
#include "store/change.h"

enum fvm_content { FVM_CONTENT_UNKNOWN, FVM_CONTENT_SAME, FVM_CONTENT_OTHER };

/* All that is known of one name in the two trees. */
struct fvm_pair {
    bool on_host, in_layer; /* is there a node of this name (a deletion mark is one in the layer) */
    bool deletion;          /* the layer's node is a deletion mark */
    bool opaque;            /* the layer's directory hides the host's */
    bool hidden;            /* a directory above hides the host's */
    bool same_metadata;     /* only looked at when the content is the same; always of directories */
    enum fvm_node host, layer;
    enum fvm_content content; /* of files, targets of links, kinds of special nodes */
};

enum fvm_verdict {
    FVM_IS_NO_CHANGE,
    FVM_IS_CHANGE,
    FVM_NEEDS_CONTENT /* compare contents, then ask again */
};

/**
 * Decide what a name in the layer means.
 *
 * @param kind [out] set with FVM_IS_CHANGE only
 */
enum fvm_verdict fvm_decide(const struct fvm_pair *pair, enum fvm_change_kind *kind);
