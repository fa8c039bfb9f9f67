/* core/hivetext.h: the words of Wine's hive files, written: for whole registries
 * (reg_hive_write.c), and for a key that a program saves (rooms/registry/save.c). Pure; allocates
 * nothing. The format is told in reg_hive.c. */
#pragma once
#include "core/base.h"

/* Where it goes. */
struct fvm_hivetext {
    /* @param cb at most a few hundred bytes */
    void (*put)(struct fvm_hivetext *to, const char *s, size_t cb);
    uint64_t cb; /* written so far: counted here */
};
/* Characters that are escaped in what stands between them. */
#define FVM_HIVETEXT_QUOTES   "\"\""
#define FVM_HIVETEXT_BRACKETS "[]"
enum { FVM_HIVETEXT_UNIT_CB = 6 };

/** Add bytes as they are. */
void fvm_hivetext_add(struct fvm_hivetext *to, const char *s, size_t cb);
/** Add a NUL-terminated string as it is. */
void fvm_hivetext_puts(struct fvm_hivetext *to, const char *s);
/**
 * Write one UTF-16 unit.
 *
 * @param out      [out] room for FVM_HIVETEXT_UNIT_CB bytes
 * @param next     the unit behind, which must not look like a part of an escape; 0: none
 * @param specials FVM_HIVETEXT_...
 * @return bytes written
 */
size_t fvm_hivetext_unit(char *out, uint32_t unit, uint32_t next, const char *specials);
/** Add UTF-16LE. @param le 2 * cch bytes, any alignment */
void fvm_hivetext_units(struct fvm_hivetext *to, const uint8_t *le, size_t cch,
                        const char *specials);
/** Add a key's time of last write, behind the bracket that ends its name.
 * @param time as NT counts it; before 1970: unknown, none is said */
void fvm_hivetext_time(struct fvm_hivetext *to, uint64_t time);
/** Add the data of a value, behind the equals sign. @param line_start `cb` where its line began */
void fvm_hivetext_data(struct fvm_hivetext *to, uint32_t type, const uint8_t *data, size_t cb,
                       uint64_t line_start);
