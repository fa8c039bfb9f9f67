/* launcher/win/exceptions.c: what a VM has shared with its whole Windows so far: `fvmstart
 * --exceptions NUMBER`. See spawn.h. */
#include "core/block.h"
#include "core/objname.h"
#include "core/pipename.h"
#include "launcher/win/spawn.h"

#include <stdio.h>

int win_print_exceptions(unsigned long number)
{
    const struct fvm_block *block = NULL;
    HANDLE section;
    WCHAR name[64];

    _snwprintf(name, ARRAY_LEN(name), L"__fvm_vm_%lu", number);
    section = OpenFileMappingW(FILE_MAP_READ, FALSE, name);
    if (section)
        block = MapViewOfFile(section, FILE_MAP_READ, 0, 0, sizeof(*block));
    if (!block || fvm_failed(fvm_block_check(block))) {
        fprintf(stderr, "fvm: no VM %lu of this version runs here\n", number);
        return 1;
    }
    for (size_t i = 0; i < fvm_objname_exception_count(); i++)
        printf("%lu\t\\%s\t%s\n", (unsigned long)block->exception_uses[i],
               fvm_objname_exceptions[i].name, fvm_objname_exceptions[i].reason);
    for (size_t i = 0; i < fvm_pipename_exception_count(); i++)
        printf("%lu\t\\\\.\\pipe\\%s\t%s\n", (unsigned long)block->pipe_exception_uses[i],
               fvm_pipename_exceptions[i].name, fvm_pipename_exceptions[i].reason);
    return 0;
}
