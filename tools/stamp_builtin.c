/* tools/stamp_builtin.c: mark a PE file as one of Wine's own, so that Wine's rule "builtin first"
 * accepts it where one of Wine's programs stood. The mark takes the place of the DOS stub. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MARK_OFFSET = 0x40, LFANEW_OFFSET = 0x3c };
static const char mark[] = "Wine builtin DLL";

int main(int argc, char **argv)
{
    unsigned char head[MARK_OFFSET];
    uint32_t pe_offset;
    FILE *file = argc == 2 ? fopen(argv[1], "r+b") : NULL;
    int failed;

    if (!file || fread(head, sizeof(head), 1, file) != 1 || memcmp(head, "MZ", 2)) {
        fprintf(stderr, "stamp_builtin: %s is no PE file\n", argc == 2 ? argv[1] : "(no name)");
        return 1;
    }
    memcpy(&pe_offset, head + LFANEW_OFFSET, sizeof(pe_offset));
    if (pe_offset < MARK_OFFSET + sizeof(mark)) {
        fprintf(stderr, "stamp_builtin: %s has no room before its PE header\n", argv[1]);
        fclose(file);
        return 1;
    }
    failed = fseek(file, MARK_OFFSET, SEEK_SET) || fwrite(mark, sizeof(mark), 1, file) != 1;
    failed |= fclose(file);
    return failed;
}
