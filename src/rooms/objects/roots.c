/* rooms/objects/roots.c: directories that names are relative to. What is known of a handle is asked
 * of NT once and kept by its number until that is closed. See objects.h. */
#include "engine/image.h"
#include "engine/real.h"
#include "rooms/objects/objects.h"

/* One word each, so that threads need no lock. A handle's lowest two bits are free. */
enum { ROOTS = 64, IS_MIXED = 1 };
FVM_STATE static uintptr_t roots[ROOTS];

static uintptr_t *place_of(HANDLE handle)
{
    return &roots[((uintptr_t)handle >> 2) % ROOTS];
}

void objects_root_opened(HANDLE directory, bool is_mixed)
{
    __atomic_store_n(place_of(directory), (uintptr_t)directory | (is_mixed ? IS_MIXED : 0),
                     __ATOMIC_RELEASE);
}

void objects_root_closed(HANDLE handle)
{
    uintptr_t *place = place_of(handle);

    if ((__atomic_load_n(place, __ATOMIC_RELAXED) & ~(uintptr_t)IS_MIXED) == (uintptr_t)handle)
        __atomic_store_n(place, 0, __ATOMIC_RELEASE);
}

/* Its virtual name, if it is a directory. @return is it one in which names are shared? */
static bool ask(HANDLE directory, struct fvm_buf *path)
{
    enum { OBJECT_NAME = 1 };
    struct {
        UNICODE_STRING name;
        WCHAR text[2 * OBJECTS_ROOT_CCH];
    } answer;
    struct fvm_str name;
    struct fvm_objname_verdict verdict;

    if (!NT_SUCCESS(real.NtQueryObject(directory, OBJECT_NAME, &answer, sizeof(answer), NULL)))
        return false; /* too long for a name that is shared */
    name = (struct fvm_str){answer.name.Buffer, answer.name.Length / (uint32_t)sizeof(WCHAR)};
    if (!name.cch || name.s[0] != '\\')
        return false;
    fvm_objname_unmap(&name, objects_root());
    verdict = fvm_objname_judge(name, true);
    return verdict.answer != FVM_OBJNAME_PRIVATE && !fvm_failed(fvm_buf_add(path, name));
}

bool objects_root_is_mixed(HANDLE directory, struct fvm_buf *path)
{
    uintptr_t known = __atomic_load_n(place_of(directory), __ATOMIC_ACQUIRE);
    bool is_mixed;

    if (known == (uintptr_t)directory)
        return false;
    is_mixed = ask(directory, path);
    if (known != ((uintptr_t)directory | IS_MIXED))
        objects_root_opened(directory, is_mixed);
    return is_mixed;
}
