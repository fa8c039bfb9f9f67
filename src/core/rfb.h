/* core/rfb.h: what passes between a viewer and a VM's screen (VNC's protocol, RFB 3.8, RFC 6143).
 * The viewer runs outside, and the VM may answer what it likes: only what is known and whole
 * passes. Pictures come as plain pixels within the screen, the other encodings are not asked for;
 * text for either clipboard is dropped; the screen's name is ours. Pure. */
#pragma once
#include "core/error.h"
#include "core/status.h"
#include "core/text.h"

enum { FVM_RFB_HEAD_CB = 24 };

/* One direction: bytes are collected until there are enough to decide. */
struct fvm_rfb_side {
    unsigned state;
    size_t have_cb, want_cb;
    uint8_t head[FVM_RFB_HEAD_CB];
    uint64_t left_cb; /* of a body, before the next head */
    bool dropping;    /* that body does not pass */
};
struct fvm_rfb {
    struct fvm_rfb_side vm, viewer;
    const char *name;       /* what the viewer is told; borrowed */
    unsigned width, height; /* once they were told */
    unsigned boxes;         /* left of a picture */
};

/** Begin a session. @param name at most 200 bytes, borrowed */
void fvm_rfb_begin(struct fvm_rfb *rfb, const char *name);
/**
 * Take what the VM sent, in any parts.
 *
 * @param out [out] what the viewer gets is added
 * @param err [out] what was wrong: the session is over then
 * @return FVM_OK; FVM_INVALID; FVM_NO_MEMORY
 */
fvm_status fvm_rfb_from_vm(struct fvm_rfb *rfb, const uint8_t *data, size_t cb,
                           struct fvm_text *out, struct fvm_error *err);
/** Take what the viewer sent. As fvm_rfb_from_vm(). */
fvm_status fvm_rfb_from_viewer(struct fvm_rfb *rfb, const uint8_t *data, size_t cb,
                               struct fvm_text *out, struct fvm_error *err);
