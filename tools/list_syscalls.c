/* tools/list_syscalls.c: which exports of a PE file are system calls? Prints, sorted, the names of
 * those whose code has the shape of a system call's stub; with --others the remaining Nt*, Zw* and
 * *wine_* names, each with a tab and the reason. Knows the stubs of Wine and of Windows, x64 and
 * i386. For ntdll.dll and win32u.dll; runs none of their code. */
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LFANEW = 0x3c, MAX_FILE = 1 << 28, MAX_NAME = 255, MAX_SECTIONS = 96, CODE = 32 };
enum { MACHINE_I386 = 0x14c, MACHINE_X64 = 0x8664, MAGIC_32 = 0x10b, MAGIC_64 = 0x20b };
enum { SECTION_SIZE = 40, EXPORT_HEADER = 40, EXECUTABLE = 0x20000000 };

struct section {
    uint32_t address, size, file_offset, file_size, flags;
};
struct image {
    unsigned char *data;
    size_t size;
    const char *damage; /* what did not make sense first; NULL: nothing so far */
    bool is_64;
    uint64_t base;
    uint32_t export_address, export_size;
    struct section sections[MAX_SECTIONS];
    unsigned section_count;
};
struct export
{
    char name[MAX_NAME + 1];
    const char *why_not; /* a system call: NULL */
};

static void damaged(struct image *image, const char *what)
{
    if (!image->damage)
        image->damage = what;
}
/* Bytes of the file, or NULL, which is noted as damage. */
static const unsigned char *at_offset(struct image *image, uint64_t offset, uint64_t size)
{
    if (offset <= image->size && size <= image->size - offset)
        return image->data + offset;
    damaged(image, "it is cut off");
    return NULL;
}
static uint32_t number(const unsigned char *bytes, unsigned size)
{
    uint32_t value = 0;

    while (bytes && size--)
        value = value << 8 | bytes[size];
    return value;
}
static const struct section *section_of(const struct image *image, uint64_t address)
{
    for (unsigned i = 0; i < image->section_count; i++) {
        const struct section *section = &image->sections[i];

        if (address >= section->address && address - section->address < section->size)
            return section;
    }
    return NULL;
}
/* Bytes of the loaded image; NULL where the file has none. */
static const unsigned char *at_address(struct image *image, uint64_t address, uint64_t size)
{
    const struct section *section = section_of(image, address);
    uint64_t within = section ? address - section->address : 0;

    if (!section || within > section->file_size || size > section->file_size - within)
        return NULL;
    return at_offset(image, section->file_offset + within, size);
}
static uint32_t number_at(struct image *image, uint64_t address, unsigned size)
{
    const unsigned char *bytes = at_address(image, address, size);

    if (!bytes)
        damaged(image, "its export table leads nowhere");
    return number(bytes, size);
}

static void read_sections(struct image *image, uint64_t offset)
{
    for (unsigned i = 0; i < image->section_count; i++) {
        const unsigned char *header =
            at_offset(image, offset + (uint64_t)i * SECTION_SIZE, SECTION_SIZE);

        if (!header)
            return;
        image->sections[i] = (struct section){.size = number(header + 8, 4),
                                              .address = number(header + 12, 4),
                                              .file_size = number(header + 16, 4),
                                              .file_offset = number(header + 20, 4),
                                              .flags = number(header + 36, 4)};
    }
}
static void read_headers(struct image *image)
{
    const unsigned char *dos = at_offset(image, 0, LFANEW + 4), *pe, *optional;
    uint64_t offset = number(dos ? dos + LFANEW : NULL, 4);
    unsigned optional_size, directories, machine;

    if (!dos || memcmp(dos, "MZ", 2)) {
        image->damage = "it is no PE file";
        return;
    }
    pe = at_offset(image, offset, 24);
    if (!pe)
        return;
    if (memcmp(pe, "PE\0\0", 4)) {
        damaged(image, "it is no PE file");
        return;
    }
    machine = number(pe + 4, 2);
    image->section_count = number(pe + 6, 2);
    optional_size = number(pe + 20, 2);
    optional = at_offset(image, offset + 24, optional_size);
    image->is_64 = machine == MACHINE_X64;
    directories = image->is_64 ? 112 : 96;
    if (machine != MACHINE_X64 && machine != MACHINE_I386)
        damaged(image, "it is neither for x64 nor for i386");
    else if (image->section_count > MAX_SECTIONS || optional_size < directories + 8 ||
             (optional && number(optional, 2) != (image->is_64 ? MAGIC_64 : MAGIC_32)))
        damaged(image, "its headers make no sense");
    else if (optional && number(optional + directories - 4, 4) == 0)
        damaged(image, "it exports nothing");
    if (image->damage)
        return;
    image->base = image->is_64 ? number(optional + 24, 4) | (uint64_t)number(optional + 28, 4) << 32
                               : number(optional + 28, 4);
    image->export_address = number(optional + directories, 4);
    image->export_size = number(optional + directories + 4, 4);
    read_sections(image, offset + 24 + optional_size);
}

/* A shape is the bytes in hexadecimal; ".." is any byte. */
static bool has_shape(const unsigned char *code, const char *shape)
{
    for (; *shape; shape += 2, code++) {
        char byte[3] = {shape[0], shape[1], 0};

        if (shape[0] != '.' && *code != strtoul(byte, NULL, 16))
            return false;
    }
    return true;
}
static bool is_stub(const struct image *image, const unsigned char *code)
{
    static const char *const x64[] = {
        "4c8bd1b8........f604250803fe7f0175030f05c3eb01c3ff14250010fe7fc3", /* Wine */
        "4c8bd1b8........f604250803fe7f0175030f05c3cd2ec3",                 /* Windows 10, 11 */
    };
    static const char *const x86[] = {
        "b8........ba........ffd2c2..00", "b8........ba........ffd2c3", /* Wine, Windows 10, 11 */
        "b8........64ff15c0000000c2..00", "b8........64ff15c0000000c3", /* one call of Wine 10 */
        "b8........ba0003fe7fff12c2..00", "b8........ba0003fe7fff12c3", /* NT 5.2 */
    };
    size_t count = image->is_64 ? sizeof(x64) / sizeof(*x64) : sizeof(x86) / sizeof(*x86);

    while (count--) {
        if (has_shape(code, image->is_64 ? x64[count] : x86[count]))
            return true;
    }
    return false;
}
/* Does the address hold this text? */
static bool holds(struct image *image, uint64_t address, const char *text)
{
    const unsigned char *found = at_address(image, address, strlen(text) + 1);

    return found && !memcmp(found, text, strlen(text) + 1);
}
/* Wine's stand-in for what it lacks: hands its file's name and its own to a function that raises an
 * exception. */
static bool is_unimplemented(struct image *image, uint32_t address, const unsigned char *code,
                             const char *name)
{
    if (image->is_64)
        return has_shape(code, "4883ec28488d0d........488d15........e8") &&
               holds(image, (address + 18 + number(code + 14, 4)) & UINT32_MAX, name);
    return has_shape(code, "90909090909090909083ec0cc7442404........c70424........e8") &&
           holds(image, (number(code + 16, 4) - image->base) & UINT32_MAX, name);
}
/* NULL: it is a system call. */
static const char *why_no_call(struct image *image, uint32_t address, const char *name)
{
    const struct section *section = section_of(image, address);
    const unsigned char *bytes;
    unsigned char code[CODE] = {0};
    uint64_t size;

    if (address - image->export_address < image->export_size)
        return "forwarded to another file";
    if (!section || !(section->flags & EXECUTABLE))
        return "data";
    size = section->file_size -
           (uint64_t)(address - section->address); /* not negative: checked below */
    bytes = at_address(image, address, 1);
    if (bytes)
        bytes = at_address(image, address, size < CODE ? size : CODE);
    if (!bytes)
        return "no code in the file";
    memcpy(code, bytes, size < CODE ? (size_t)size : CODE);
    if (is_stub(image, code))
        return NULL;
    return is_unimplemented(image, address, code, name) ? "unimplemented" : "plain code";
}

static void read_name(struct image *image, uint64_t address, char *name)
{
    for (unsigned i = 0; i <= MAX_NAME; i++) {
        const unsigned char *byte = at_address(image, address + i, 1);

        if (!byte || (*byte && !isgraph(*byte)))
            break;
        name[i] = (char)*byte;
        if (!*byte && i)
            return;
    }
    name[0] = '\0';
    damaged(image, "the name of an export makes no sense");
}
static int by_name(const void *left, const void *right)
{
    return strcmp(((const struct export *)left)->name, ((const struct export *)right)->name);
}
/* @param count [out] number of exports; meaningless when the image turns out to be damaged
 * @return for free(); NULL: damaged, or no memory */
static struct export *read_exports(struct image *image, uint32_t *count)
{
    uint64_t table = image->export_address;
    uint32_t functions = number_at(image, table + 20, 4), names = number_at(image, table + 24, 4);
    uint64_t function_table = number_at(image, table + 28, 4),
             name_table = number_at(image, table + 32, 4);
    uint64_t ordinal_table = number_at(image, table + 36, 4);
    struct export *exports;

    if (!at_address(image, table, EXPORT_HEADER) || names > UINT16_MAX + 1)
        damaged(image, "its export table makes no sense");
    if (image->damage)
        return NULL;
    exports = calloc((size_t)names + 1, sizeof(*exports));
    if (!exports)
        damaged(image, "there is no memory for it");
    for (uint32_t i = 0; i < names && !image->damage; i++) {
        uint32_t ordinal = number_at(image, ordinal_table + 2 * (uint64_t)i, 2);
        uint32_t address = number_at(image, function_table + 4 * (uint64_t)ordinal, 4);

        if (ordinal >= functions)
            damaged(image, "its export table makes no sense");
        read_name(image, number_at(image, name_table + 4 * (uint64_t)i, 4), exports[i].name);
        exports[i].why_not = why_no_call(image, address, exports[i].name);
    }
    *count = names;
    if (exports && !image->damage)
        qsort(exports, names, sizeof(*exports), by_name);
    return exports;
}

static void load(struct image *image, const char *path)
{
    FILE *file = fopen(path, "rb");
    long size = -1;

    if (file && !fseek(file, 0, SEEK_END))
        size = ftell(file);
    if (size < 0 || size > MAX_FILE || fseek(file, 0, SEEK_SET)) {
        image->damage = "it cannot be read";
    } else {
        image->size = (size_t)size;
        image->data = malloc(image->size + 1);
        if (!image->data || fread(image->data, 1, image->size, file) != image->size)
            image->damage = "it cannot be read";
    }
    if (file)
        fclose(file);
}
static bool of_interest(const char *name)
{
    return !strncmp(name, "Nt", 2) || !strncmp(name, "Zw", 2) || strstr(name, "wine_");
}
static int print(const struct export *exports, uint32_t count, bool others)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!others && !exports[i].why_not)
            puts(exports[i].name);
        else if (others && exports[i].why_not && of_interest(exports[i].name))
            printf("%s\t%s\n", exports[i].name, exports[i].why_not);
    }
    return fflush(stdout) || ferror(stdout);
}

int main(int argc, char **argv)
{
    struct image image = {0};
    struct export *exports = NULL;
    bool others = argc == 3 && !strcmp(argv[1], "--others");
    uint32_t count = 0;
    int failed;

    if (argc != 2 + others || argv[argc - 1][0] == '-') {
        fprintf(stderr, "usage: list_syscalls [--others] FILE\n");
        return 2;
    }
    load(&image, argv[argc - 1]);
    if (!image.damage)
        read_headers(&image);
    if (!image.damage)
        exports = read_exports(&image, &count);
    if (image.damage)
        fprintf(stderr, "list_syscalls: %s: %s\n", argv[argc - 1], image.damage);
    failed = image.damage || print(exports, count, others);
    free(exports);
    free(image.data);
    return failed;
}
