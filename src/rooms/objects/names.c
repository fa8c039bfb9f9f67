/* rooms/objects/names.c: what a caller names, taken in once and renamed. See objects.h. */
#include "engine/capture.h"
#include "engine/heap.h"
#include "engine/image.h"
#include "engine/own_name.h"
#include "engine/real.h"
#include "rooms/objects/objects.h"

#include <string.h>

FVM_STATE static WCHAR root_text[OBJECTS_ROOT_CCH];
FVM_STATE static uint32_t root_cch;

NTSTATUS objects_start(void)
{
    root_cch = fvm_own_name(root_text, ARRAY_LEN(root_text), "objects");
    return root_cch ? STATUS_SUCCESS : STATUS_NAME_TOO_LONG;
}

struct fvm_str objects_root(void)
{
    return (struct fvm_str){root_text, root_cch};
}

/* --- room for a name ----------------------------------------------------------------------------
 */

static void begin(struct objects_name *name, const OBJECT_ATTRIBUTES *given)
{
    name->attr = (OBJECT_ATTRIBUTES *)(uintptr_t)given;
    name->large = NULL;
    name->text = (UNICODE_STRING){.MaximumLength = sizeof(name->small), .Buffer = name->small};
}

/* @param cch of the whole text; what is there is lost */
static NTSTATUS make_room(struct objects_name *name, size_t cch)
{
    if (cch <= ARRAY_LEN(name->small))
        return STATUS_SUCCESS;
    if (cch > OBJECTS_NAME_CCH)
        return STATUS_NAME_TOO_LONG;
    name->large = fvm_pages(cch * sizeof(WCHAR));
    name->text.Buffer = name->large;
    name->text.MaximumLength = (USHORT)(cch * sizeof(WCHAR));
    return name->large ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

void objects_name_release(struct objects_name *name)
{
    fvm_pages_free(name->large);
}

/* --- renaming ------------------------------------------------------------------------------------
 */

static void count_use(size_t exception)
{
    __atomic_fetch_add(&fvm_engine.block->exception_uses[exception], 1, __ATOMIC_RELAXED);
}

/* The text is virtual and absolute; then it is NT's. */
static NTSTATUS rename_text(struct objects_name *name, bool fold, enum objects_use use)
{
    struct fvm_str given = {name->text.Buffer, name->text.Length / sizeof(WCHAR)};
    struct fvm_objname_verdict verdict = fvm_objname_judge(given, fold);
    struct fvm_str before = objects_root();
    WCHAR *to = name->text.Buffer;

    if (verdict.answer == FVM_OBJNAME_SHARED && use == OBJECTS_CREATE)
        return STATUS_ACCESS_DENIED;
    if (verdict.answer == FVM_OBJNAME_SHARED) {
        count_use(verdict.exception);
        before.cch = 0;
    }
    /* There is room for the root in front: take_text(). */
    memmove(to + before.cch, verdict.name.s, verdict.name.cch * sizeof(*to));
    memcpy(to, before.s, before.cch * sizeof(*to));
    name->text.Length = (USHORT)((before.cch + verdict.name.cch) * sizeof(*to));
    return STATUS_SUCCESS;
}

/* Into our own memory, behind `before` and a backslash. */
static NTSTATUS take_text(struct objects_name *name, struct fvm_str before,
                          const UNICODE_STRING *given)
{
    uint32_t cch = given->Length / (uint32_t)sizeof(WCHAR), at = before.cch;
    NTSTATUS status = make_room(name, root_cch + before.cch + 1 + cch);

    if (!NT_SUCCESS(status))
        return status;
    memcpy(name->text.Buffer, before.s, before.cch * sizeof(WCHAR));
    if (at && before.s[at - 1] != '\\')
        name->text.Buffer[at++] = '\\';
    name->text.Length = (USHORT)((at + cch) * sizeof(WCHAR));
    return fvm_copy_guarded(name->text.Buffer + at, given->Buffer, cch * sizeof(WCHAR));
}

/* Is a text the caller's memory holds absolute? */
static bool is_absolute(const UNICODE_STRING *given)
{
    WCHAR first = 0;

    return given->Length >= sizeof(WCHAR) &&
           NT_SUCCESS(fvm_copy_guarded(&first, given->Buffer, sizeof(first))) && first == '\\';
}

NTSTATUS objects_name_take(struct objects_name *name, const OBJECT_ATTRIBUTES *given,
                           enum objects_use use)
{
    WCHAR above_text[OBJECTS_ROOT_CCH];
    struct fvm_buf above = {above_text, 0, ARRAY_LEN(above_text)};
    UNICODE_STRING text;
    NTSTATUS status;

    begin(name, given);
    if (!given || !NT_SUCCESS(fvm_copy_guarded(&name->renamed, given, sizeof(*given))) ||
        !name->renamed.ObjectName ||
        !NT_SUCCESS(fvm_copy_guarded(&text, name->renamed.ObjectName, sizeof(text))))
        return STATUS_SUCCESS;
    if (use == OBJECTS_CREATE && text.Length && name->renamed.Attributes & OBJ_PERMANENT)
        return STATUS_PRIVILEGE_NOT_HELD;
    if (text.Length % sizeof(WCHAR) ||
        is_absolute(&text) == (name->renamed.RootDirectory != NULL) ||
        (name->renamed.RootDirectory &&
         !objects_root_is_mixed(name->renamed.RootDirectory, &above))) {
        /* NT is given what was looked at, not what it may be by now. */
        name->text = text;
    } else {
        status = take_text(name, fvm_buf_str(&above), &text);
        if (status == STATUS_ACCESS_VIOLATION)
            return STATUS_SUCCESS;
        if (status == STATUS_NAME_TOO_LONG && use == OBJECTS_OPEN)
            return STATUS_OBJECT_NAME_NOT_FOUND; /* nor could it have been made */
        if (NT_SUCCESS(status))
            status = rename_text(name, name->renamed.Attributes & OBJ_CASE_INSENSITIVE, use);
        if (!NT_SUCCESS(status))
            return status;
        name->renamed.RootDirectory = NULL;
    }
    name->renamed.ObjectName = &name->text;
    name->attr = &name->renamed;
    return STATUS_SUCCESS;
}

NTSTATUS objects_target_take(struct objects_name *name, const UNICODE_STRING *given)
{
    NTSTATUS status;
    UNICODE_STRING text;

    begin(name, NULL);
    if (!given)
        return STATUS_ACCESS_VIOLATION;
    status = fvm_copy_guarded(&text, given, sizeof(text));
    if (!NT_SUCCESS(status))
        return status;
    if (is_absolute(&text) && text.MaximumLength && text.Length % sizeof(WCHAR) == 0) {
        status = take_text(name, (struct fvm_str){0}, &text);
        return NT_SUCCESS(status) ? rename_text(name, true, OBJECTS_OPEN) : status;
    }
    name->text = text;
    return STATUS_SUCCESS;
}
