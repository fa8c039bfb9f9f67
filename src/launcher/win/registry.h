/* launcher/win/registry.h: a VM's registry while it runs: private keys in this Windows' registry,
 * and the view that says which count. The holder's part: from the layer's registry.reg and back.
 * For launcher/win. */
#pragma once
#include "core/reg.h"
#include "core/regview.h"
#include "engine/nt.h"

enum { WIN_KEY_CCH = 32768 };
struct win_registry {
    struct fvm_index index;
    struct fvm_regview_area *area;
    uint32_t vm;
    struct fvm_str user; /* name of the user's key */
    uint16_t user_text[256];
    wchar_t file[2100], file_new[2100]; /* registry.reg */
    struct fvm_reg *before, *after;     /* keys that the VM touched: the host's, its own; NULL */
    HANDLE lock;                        /* mutex: who writes registry.reg */
    HANDLE stop, thread;
    bool has_automatic; /* services of the VM's own that start with it */
    bool is_first;      /* all of the view is to be read, not what changed only */
};

/**
 * Make the registry of a VM that begins: its view, its private keys.
 *
 * @param layer Windows path of the layer's folder
 * @param hives Windows path of the folder with this Windows' hives; NULL: not known, links of the
 *              host's are not followed
 * @return 0; a Windows error: ERROR_FILE_CORRUPT registry.reg cannot be read
 */
DWORD win_registry_begin(struct win_registry *registry, struct fvm_regview_area *area, uint32_t vm,
                         const wchar_t *layer, const wchar_t *hives);
/** Another holder of a VM that runs. As win_registry_begin(). */
DWORD win_registry_attach(struct win_registry *registry, struct fvm_regview_area *area, uint32_t vm,
                          const wchar_t *layer);
/** From now on changes are written to registry.reg, within a second. @return 0; a Windows error */
DWORD win_registry_serve(struct win_registry *registry);
/** Write now, if anything has changed. @return 0; a Windows error */
DWORD win_registry_save(struct win_registry *registry);
/** Know the user's hive only, to look at this Windows' keys without a VM. @return false: there is
 * none */
bool win_registry_host(struct win_registry *registry);
/** Stop writing. @param is_last the VM has ended: write a last time, remove the private keys */
void win_registry_end(struct win_registry *registry, bool is_last);

/* --- private keys (keys.c) ---------------------------------------------------------------------
 */
struct win_key { /* what one key has, read at once */
    struct fvm_str class_name;
    bool is_link;
    int64_t written; /* when it, or the list of its subkeys, was last changed: 100 ns since 1601 */
    uint32_t count;
    struct win_value {
        struct fvm_str name;
        uint32_t type, cb;
        const uint8_t *data;
    } * values;
    void *memory; /* of all that; free() */
};
/** Open a key of the host's, or the private one of a path. @return NT's */
NTSTATUS win_key_open(HANDLE *key, const struct win_registry *registry, struct fvm_str path,
                      bool is_private, ACCESS_MASK access);
/** Make a private key with its parents. @param class_name cch 0: none */
NTSTATUS win_key_make(HANDLE *key, const struct win_registry *registry, struct fvm_str path,
                      struct fvm_str class_name);
/** Read all values. @param read [out] end with win_key_free() @return NT's */
NTSTATUS win_key_read(struct win_key *read, HANDLE key);
void win_key_free(struct win_key *read);
NTSTATUS win_key_set(HANDLE key, struct fvm_str name, uint32_t type, const void *data, uint32_t cb);
/** Delete a value. Not there: STATUS_SUCCESS. */
NTSTATUS win_key_unset(HANDLE key, struct fvm_str name);
/** Name of a subkey. @param name [out] added to @return STATUS_NO_MORE_ENTRIES */
NTSTATUS win_key_subkey(struct fvm_buf *name, HANDLE key, uint32_t at);
/** Make a key of the host's with its parents, or open the one that is there. @param class_name of a
 * new one */
NTSTATUS win_key_make_host(HANDLE *key, const struct win_registry *registry, struct fvm_str path,
                           struct fvm_str class_name, bool is_link);
/** Remove a key with all below it. Not there: STATUS_SUCCESS. @return NT's */
NTSTATUS win_key_remove(const struct win_registry *registry, struct fvm_str path, bool is_private);

/* --- hives.c -------------------------------------------------------------------------------------
 */
/** Note the links in this Windows' hives, and where there are keys for 32-bit programs.
 * @return FVM_OK; FVM_NO_MEMORY; what cannot be read is left out */
fvm_status win_hives_scan(const struct win_registry *registry, const wchar_t *folder);

/* --- reading.c: keys into struct fvm_reg --------------------------------------------------------
 */
struct win_reading {
    const struct win_registry *registry;
    struct fvm_buf path;  /* of the key that is read; of WIN_KEY_CCH units */
    struct fvm_text text; /* of the path, for struct fvm_reg */
    int depth;
};
/**
 * Add a key as it is, without what is below it. What no hive could keep is left out.
 *
 * @param open [out] the key, yours; NULL: not wanted
 * @return NT's: STATUS_OBJECT_NAME_NOT_FOUND there is no such key
 */
NTSTATUS win_reading_key(struct win_reading *reading, struct fvm_reg *to, bool is_private,
                         HANDLE *open);
/** Add a key of the host's with all that is below it. Not there: STATUS_SUCCESS. */
NTSTATUS win_reading_tree(struct win_reading *reading, struct fvm_reg *to);

/* --- delta.c -------------------------------------------------------------------------------------
 */
/** Make the private keys that a delta says. @return 0; a Windows error */
DWORD win_delta_load(struct win_registry *registry, struct fvm_reg *delta);
/** What the VM has changed. @param delta [out] yours @return 0; a Windows error */
DWORD win_delta_make(struct fvm_reg **delta, struct win_registry *registry);
