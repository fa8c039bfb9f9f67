/* core/rfb.c: see rfb.h. */
#include "core/rfb.h"

#include <string.h>

enum { PIXEL_CB = 4, SIDE_MAX = 16384, TEXT_MAX_CB = 64 << 20, COLOURS_MAX = 256 };

/* The order in which heads come. */
enum vm_state {
    VM_VERSION,
    VM_TYPES,
    VM_CHALLENGE,
    VM_RESULT,
    VM_REFUSED, /* the password was wrong: why does not matter */
    VM_INIT,
    VM_KIND, /* first byte of a message */
    VM_PICTURE,
    VM_BOX,
    VM_COLOURS,
    VM_TEXT
};
enum viewer_state {
    VIEWER_VERSION,
    VIEWER_TYPE,
    VIEWER_RESPONSE,
    VIEWER_INIT,
    VIEWER_KIND,
    VIEWER_FORMAT,
    VIEWER_ENCODINGS,
    VIEWER_REQUEST,
    VIEWER_KEY,
    VIEWER_POINTER,
    VIEWER_TEXT
};
static const uint8_t vm_heads[] = {
    [VM_VERSION] = 12, [VM_TYPES] = 2,   [VM_CHALLENGE] = 16, [VM_RESULT] = 4,
    [VM_REFUSED] = 1,  [VM_INIT] = 24,   [VM_KIND] = 1,       [VM_PICTURE] = 4,
    [VM_BOX] = 12,     [VM_COLOURS] = 6, [VM_TEXT] = 8};
static const uint8_t viewer_heads[] = {
    [VIEWER_VERSION] = 12, [VIEWER_TYPE] = 1,    [VIEWER_RESPONSE] = 16, [VIEWER_INIT] = 1,
    [VIEWER_KIND] = 1,     [VIEWER_FORMAT] = 20, [VIEWER_ENCODINGS] = 4, [VIEWER_REQUEST] = 10,
    [VIEWER_KEY] = 8,      [VIEWER_POINTER] = 6, [VIEWER_TEXT] = 8};

static const char version[] = "RFB 003.008\n";
enum { BY_PASSWORD = 2, RAW = 0 };

static unsigned half(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static uint32_t word(const uint8_t *at)
{
    return (uint32_t)half(at) << 16 | half(at + 2);
}

static void put_word(struct fvm_text *out, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        fvm_text_putc(out, (char)(value >> shift));
}

/* The next head, of which `have` bytes are there already. */
static void expect(struct fvm_rfb_side *side, const uint8_t *heads, unsigned state, size_t have_cb)
{
    side->state = state;
    side->want_cb = heads[state];
    side->have_cb = have_cb;
}

static void pass(struct fvm_rfb_side *side, struct fvm_text *out)
{
    fvm_text_add(out, (const char *)side->head, side->have_cb);
}

static void body(struct fvm_rfb_side *side, uint64_t cb, bool dropping)
{
    side->left_cb = cb;
    side->dropping = dropping;
}

/* --- from the VM --------------------------------------------------------------------------------
 */

/* 32 bits with a byte for each colour: nothing else is on a screen of 24 bits. */
static bool is_our_format(const uint8_t *format)
{
    if (format[0] != 32 || format[1] > 32 || format[2] || !format[3])
        return false;
    for (int i = 0; i < 3; i++)
        if (half(format + 4 + 2 * (size_t)i) != 255 || format[10 + i] > 24 || format[10 + i] % 8)
            return false;
    return true;
}

/* Width, height, format, length of the name. */
static const char *take_init(struct fvm_rfb *rfb, struct fvm_text *out)
{
    struct fvm_rfb_side *side = &rfb->vm;

    rfb->width = half(side->head);
    rfb->height = half(side->head + 2);
    if (!rfb->width || rfb->width > SIDE_MAX || !rfb->height || rfb->height > SIDE_MAX)
        return "a screen of no size";
    if (!is_our_format(side->head + 4))
        return "a screen of unknown colours";
    if (word(side->head + 20) > TEXT_MAX_CB)
        return "a name without end";
    side->head[7] = 1; /* "true": libvncserver says 255 */
    fvm_text_add(out, (const char *)side->head, 20);
    put_word(out, (uint32_t)strlen(rfb->name));
    fvm_text_puts(out, rfb->name);
    body(side, word(side->head + 20), true);
    expect(side, vm_heads, VM_KIND, 0);
    return NULL;
}

static const char *take_box(struct fvm_rfb *rfb, struct fvm_text *out)
{
    struct fvm_rfb_side *side = &rfb->vm;
    unsigned width = half(side->head + 4), height = half(side->head + 6);

    if (word(side->head + 8) != RAW)
        return "a picture that was not asked for";
    if (half(side->head) + width > rfb->width || half(side->head + 2) + height > rfb->height)
        return "a picture beside the screen";
    pass(side, out);
    body(side, (uint64_t)width * height * PIXEL_CB, false);
    expect(side, vm_heads, --rfb->boxes ? VM_BOX : VM_KIND, 0);
    return NULL;
}

static const char *take_kind(struct fvm_rfb *rfb, struct fvm_text *out)
{
    static const uint8_t states[] = {VM_PICTURE, VM_COLOURS, VM_KIND /* a bell */, VM_TEXT};
    struct fvm_rfb_side *side = &rfb->vm;

    if (side->head[0] >= ARRAY_LEN(states))
        return "an unknown message";
    if (states[side->head[0]] == VM_KIND) {
        pass(side, out);
        side->have_cb = 0;
    }
    expect(side, vm_heads, states[side->head[0]], side->have_cb);
    return NULL;
}

static const char *take_message(struct fvm_rfb *rfb, struct fvm_text *out)
{
    struct fvm_rfb_side *side = &rfb->vm;

    switch (side->state) {
    case VM_PICTURE:
        rfb->boxes = half(side->head + 2);
        pass(side, out);
        expect(side, vm_heads, rfb->boxes ? VM_BOX : VM_KIND, 0);
        return NULL;
    case VM_COLOURS:
        if (half(side->head + 2) + half(side->head + 4) > COLOURS_MAX)
            return "too many colours";
        pass(side, out);
        body(side, (uint64_t)half(side->head + 4) * 6, false);
        break;
    case VM_TEXT:
        if (word(side->head + 4) > TEXT_MAX_CB)
            return "a text without end";
        body(side, word(side->head + 4), true);
        break;
    default:
        return side->state == VM_BOX ? take_box(rfb, out) : take_kind(rfb, out);
    }
    expect(side, vm_heads, VM_KIND, 0);
    return NULL;
}

/* @return what is wrong, or NULL */
static const char *take_vm_head(struct fvm_rfb *rfb, struct fvm_text *out)
{
    struct fvm_rfb_side *side = &rfb->vm;
    unsigned next = side->state + 1;

    switch (side->state) {
    case VM_VERSION:
        if (memcmp(side->head, version, 12) != 0)
            return "another version of the protocol";
        break;
    case VM_TYPES:
        if (side->head[0] != 1 || side->head[1] != BY_PASSWORD)
            return "another way to log in";
        break;
    case VM_CHALLENGE:
        break;
    case VM_RESULT:
        next = word(side->head) ? VM_REFUSED : VM_INIT;
        break;
    case VM_REFUSED:
        return "word that the password was wrong";
    case VM_INIT:
        return take_init(rfb, out);
    default:
        return take_message(rfb, out);
    }
    pass(side, out);
    expect(side, vm_heads, next, 0);
    return NULL;
}

/* --- from the viewer ----------------------------------------------------------------------------
 */

static const char *take_viewer_kind(struct fvm_rfb_side *side)
{
    static const uint8_t states[] = {
        VIEWER_FORMAT, VIEWER_KIND /* none */, VIEWER_ENCODINGS, VIEWER_REQUEST,
        VIEWER_KEY,    VIEWER_POINTER,         VIEWER_TEXT};
    unsigned kind = side->head[0];

    if (kind >= ARRAY_LEN(states) || states[kind] == VIEWER_KIND)
        return "an unknown message";
    expect(side, viewer_heads, states[kind], side->have_cb);
    return NULL;
}

static const char *take_viewer_message(struct fvm_rfb *rfb, struct fvm_text *out)
{
    struct fvm_rfb_side *side = &rfb->viewer;

    switch (side->state) {
    case VIEWER_FORMAT:
        /* Nobody tells from which picture on another size holds: the rest of one that the viewer
         * takes for smaller than we would be messages of the VM's choice. */
        if (side->head[4] != 8 * PIXEL_CB)
            return "colours of less than 32 bits, which are not passed on; set it to full colour";
        pass(side, out);
        break;
    case VIEWER_ENCODINGS:
        fvm_text_add(out, "\2\0\0\1\0\0\0\0", 8);
        body(side, (uint64_t)half(side->head + 2) * 4, true);
        break;
    case VIEWER_TEXT:
        if (word(side->head + 4) > TEXT_MAX_CB)
            return "a text without end";
        body(side, word(side->head + 4), true);
        break;
    default:
        pass(side, out);
        break;
    }
    expect(side, viewer_heads, VIEWER_KIND, 0);
    return NULL;
}

static const char *take_viewer_head(struct fvm_rfb *rfb, struct fvm_text *out)
{
    struct fvm_rfb_side *side = &rfb->viewer;

    if (side->state == VIEWER_KIND)
        return take_viewer_kind(side);
    if (side->state > VIEWER_KIND)
        return take_viewer_message(rfb, out);
    if (side->state == VIEWER_VERSION && memcmp(side->head, version, 12) != 0)
        return "an old version of the protocol";
    if (side->state == VIEWER_TYPE && side->head[0] != BY_PASSWORD)
        return "another way to log in";
    pass(side, out);
    expect(side, viewer_heads, side->state + 1, 0);
    return NULL;
}

/* --- both ---------------------------------------------------------------------------------------
 */

static fvm_status take(struct fvm_rfb *rfb, struct fvm_rfb_side *side, const uint8_t *data,
                       size_t cb, struct fvm_text *out, struct fvm_error *err)
{
    bool is_vm = side == &rfb->vm;

    while (cb) {
        const char *wrong = NULL;
        size_t part = side->left_cb ? side->left_cb : side->want_cb - side->have_cb;

        part = part < cb ? part : cb;
        if (side->left_cb) {
            if (!side->dropping)
                fvm_text_add(out, (const char *)data, part);
            side->left_cb -= part;
        } else {
            memcpy(side->head + side->have_cb, data, part);
            side->have_cb += part;
            if (side->have_cb == side->want_cb)
                wrong = is_vm ? take_vm_head(rfb, out) : take_viewer_head(rfb, out);
        }
        data += part;
        cb -= part;
        if (wrong)
            return fvm_fail(err, FVM_INVALID, "%s sent %s", is_vm ? "the VM" : "the viewer", wrong);
    }
    return out->failed ? fvm_fail(err, FVM_NO_MEMORY, "out of memory") : FVM_OK;
}

void fvm_rfb_begin(struct fvm_rfb *rfb, const char *name)
{
    *rfb = (struct fvm_rfb){.name = name};
    expect(&rfb->vm, vm_heads, VM_VERSION, 0);
    expect(&rfb->viewer, viewer_heads, VIEWER_VERSION, 0);
}

fvm_status fvm_rfb_from_vm(struct fvm_rfb *rfb, const uint8_t *data, size_t cb,
                           struct fvm_text *out, struct fvm_error *err)
{
    return take(rfb, &rfb->vm, data, cb, out, err);
}

fvm_status fvm_rfb_from_viewer(struct fvm_rfb *rfb, const uint8_t *data, size_t cb,
                               struct fvm_text *out, struct fvm_error *err)
{
    return take(rfb, &rfb->viewer, data, cb, out, err);
}
