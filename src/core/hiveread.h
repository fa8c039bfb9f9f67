/* core/hiveread.h: a hive file of Wine's, item by item: for a key that a program loads
 * (rooms/registry/hive.c). Pure; allocates nothing. */
#pragma once
#include "core/base.h"

enum fvm_hive_item {
    FVM_HIVE_END,
    FVM_HIVE_KEY,   /* name: the path below the hive's root, "": the root itself */
    FVM_HIVE_CLASS, /* of the last key. name */
    FVM_HIVE_LINK,  /* the last key is a link */
    FVM_HIVE_VALUE, /* of the last key. name, type, data */
    FVM_HIVE_BAD    /* no hive, or no more of one: it ends here */
};

struct fvm_hiveread {
    const char *at, *end;
    bool has_key;
    uint8_t *name; /* UTF-16LE */
    size_t name_cch;
    uint32_t type;
    uint8_t *data;
    size_t data_cb;
};

/** Bytes of room that a text needs for its names, and for its data. */
static inline size_t fvm_hiveread_room(size_t text_cb)
{
    return 2 * text_cb + 2;
}

/**
 * Begin to read.
 *
 * @param text       [in] borrowed, as long as it is read
 * @param name,data  [out] room of fvm_hiveread_room(cb) bytes each, which is touched as far as it
 * is used; the name's aligned for UTF-16
 * @return false: it does not begin as a hive
 */
bool fvm_hiveread_begin(struct fvm_hiveread *read, const char *text, size_t cb, uint8_t *name,
                        uint8_t *data);

/** The next item. What it tells is valid until the one after it. */
enum fvm_hive_item fvm_hiveread_next(struct fvm_hiveread *read);
