/* core/objname.c: see objname.h. */
#include "core/objname.h"

/* At most FVM_EXCEPTIONS (block.h). A VM can open what is below these, and make nothing there. */
const struct fvm_objname_exception fvm_objname_exceptions[] = {
    {"??", "drives and devices; the files and pipes rooms rename what is behind them"},
    {"DosDevices", "the same"},
    {"GLOBAL??", "the same"},
    {"Device", "the same"},
    {"Driver", "drivers exist once in a Windows"},
    {"FileSystem", "the same"},
    {"KernelObjects", "the machine's memory conditions, which are only to be waited for"},
    {"KnownDlls", "images of the system's DLLs, read only"},
    {"KnownDlls32", "the same"},
    {"NLS", "tables of characters, read only"},
    {"ObjectTypes", "the kernel's types"},
    {"REGISTRY", "the registry room's"},
    {"SystemRoot", "the files room's"},
    {"Windows", "window stations, and the ports of the session's own server"},
    {"Sessions\\*\\Windows", "the same"},
};

size_t fvm_objname_exception_count(void)
{
    return ARRAY_LEN(fvm_objname_exceptions);
}

static struct fvm_str component(struct fvm_str path, uint32_t at)
{
    return fvm_str_sub(path, at, fvm_str_find(path, '\\', at) - at);
}

static bool is_text(struct fvm_str name, const char *text, uint32_t text_cch, bool fold)
{
    if (name.cch != text_cch)
        return false;
    for (uint32_t i = 0; i < text_cch; i++) {
        uint16_t given = name.s[i], wanted = (uint16_t)text[i];

        if (fold ? fvm_unit_fold(given) != fvm_unit_fold(wanted) : given != wanted)
            return false;
    }
    return true;
}

static uint32_t text_end(const char *text)
{
    uint32_t cch = 0;

    while (text[cch] && text[cch] != '\\')
        cch++;
    return cch;
}

/* Does a path lead to this pattern, or through it? Or, as far as it goes, towards it? */
static enum fvm_objname_answer compare(struct fvm_str path, const char *pattern, bool fold)
{
    uint32_t at = 1; /* behind the first backslash */

    for (;;) {
        struct fvm_str name = component(path, at);
        uint32_t cch = text_end(pattern);

        if (at >= path.cch)
            return FVM_OBJNAME_ABOVE;
        if (!is_text(name, pattern, cch, fold) && pattern[0] != '*')
            return FVM_OBJNAME_PRIVATE;
        pattern += cch;
        if (!*pattern)
            return FVM_OBJNAME_SHARED;
        pattern++;
        at += name.cch + 1;
    }
}

/* \??\GLOBALROOT is the root of all names. @return false: the path does not lead over it */
static bool skip_globalroot(struct fvm_str *path)
{
    struct fvm_str name = component(*path, 1);
    uint32_t at = 2 + name.cch;

    if (!is_text(name, "??", 2, true) && !is_text(name, "DosDevices", 10, true) &&
        !is_text(name, "GLOBAL??", 8, true))
        return false;
    for (;;) {
        name = component(*path, at);
        at += name.cch;
        /* Alone it is a link, which can be opened itself; a directory it leads to can be told by
         * its name. */
        if (is_text(name, "GLOBALROOT", 10, true) && at < path->cch) {
            *path = fvm_str_sub(*path, at, path->cch - at);
            return true;
        }
        if (!is_text(name, "Global", 6, true)) /* a link back to \?? */
            return false;
        at++;
    }
}

struct fvm_objname_verdict fvm_objname_judge(struct fvm_str name, bool fold)
{
    struct fvm_objname_verdict verdict = {.answer = FVM_OBJNAME_PRIVATE};

    while (name.cch && skip_globalroot(&name)) {
    }
    if (name.cch == 1)
        name.cch = 0;
    verdict.name = name;
    while (name.cch && name.s[name.cch - 1] == '\\')
        name.cch--;
    for (size_t i = 0; i < ARRAY_LEN(fvm_objname_exceptions); i++) {
        enum fvm_objname_answer answer = compare(name, fvm_objname_exceptions[i].name, fold);

        if (answer == FVM_OBJNAME_PRIVATE)
            continue;
        verdict.answer = answer;
        verdict.exception = i;
        if (answer == FVM_OBJNAME_SHARED)
            break;
    }
    return verdict;
}

bool fvm_objname_unmap(struct fvm_str *name, struct fvm_str root)
{
    if (!fvm_str_begins_fold(*name, root) || (name->cch > root.cch && name->s[root.cch] != '\\'))
        return false;
    *name = fvm_str_sub(*name, root.cch, name->cch - root.cch);
    if (!name->cch)
        *name = FVM_STR(u"\\");
    return true;
}
