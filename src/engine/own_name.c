/* engine/own_name.c: see own_name.h. The names are given by launcher/win/spawn.c. */
#include "engine/own_name.h"

#include "engine/engine.h"

static size_t put(WCHAR *name, size_t cap_cch, size_t cch, const char *text)
{
    while (*text && cch < cap_cch)
        name[cch++] = (WCHAR)*text++;
    return *text ? cap_cch + 1 : cch;
}

uint32_t fvm_own_name(WCHAR *name, size_t cap_cch, const char *what)
{
    char digits[11], *first = digits + sizeof(digits) - 1;
    uint32_t number = fvm_engine.block->vm;
    size_t cch = 0;

    for (size_t i = 0; i < cap_cch && fvm_engine.section[i]; i++) {
        name[i] = fvm_engine.section[i];
        if (name[i] == '\\')
            cch = i + 1;
    }
    *first = 0;
    do
        *--first = (char)('0' + number % 10);
    while (number /= 10);
    cch = put(name, cap_cch, cch, "__fvm_");
    cch = put(name, cap_cch, cch, what);
    cch = put(name, cap_cch, cch, "_");
    cch = put(name, cap_cch, cch, first);
    return cch <= cap_cch ? (uint32_t)cch : 0;
}

void fvm_own_object(struct fvm_own_object *object, const char *what)
{
    USHORT cb = (USHORT)(fvm_own_name(object->text, ARRAY_LEN(object->text), what) * sizeof(WCHAR));

    object->name = (UNICODE_STRING){.Length = cb, .MaximumLength = cb, .Buffer = object->text};
    object->attr = (OBJECT_ATTRIBUTES){.Length = sizeof(object->attr), .ObjectName = &object->name};
}
