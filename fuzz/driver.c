/* fuzz/driver.c: replays the files given as arguments through a fuzz target, with any compiler. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t cb);

/* @return the same bytes in a block of cb; the program ends if there is none */
static uint8_t *resize(uint8_t *data, size_t cb)
{
    uint8_t *resized = realloc(data, cb);

    if (!resized)
        abort();
    return resized;
}

static int replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t cb = 0, cap = 1 << 16, got;
    uint8_t *data = malloc(cap);

    if (!file || !data) {
        perror(path);
        return 1;
    }
    while ((got = fread(data + cb, 1, cap - cb, file)) > 0) {
        cb += got;
        if (cb == cap)
            data = resize(data, cap *= 2);
    }
    fclose(file);
    /* An allocation of exactly the size lets the address sanitizer see a read past the end. */
    if (cb)
        data = resize(data, cb);
    LLVMFuzzerTestOneInput(data, cb);
    free(data);
    return 0;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (replay(argv[i]))
            return 1;
    printf("%d inputs\n", argc - 1);
    return argc > 1 ? 0 : 1;
}
