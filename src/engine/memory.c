/* engine/memory.c: what the compiler calls without being asked, and <string.h> as far as the pure
 * parts use it: the engine has no C library. Compiled so that the compiler does not find a memcpy
 * in these loops, and call it (Makefile). */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t cb);
void *memmove(void *to, const void *from, size_t cb);
void *memset(void *to, int byte, size_t cb);
int memcmp(const void *a, const void *b, size_t cb);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t cb);
size_t strlen(const char *s);
void *memchr(const void *s, int byte, size_t cb);

void *memcpy(void *restrict to, const void *restrict from, size_t cb)
{
    void *at = to;

#ifdef __x86_64__
    __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(cb) : : "memory");
#else
    for (size_t i = 0; i < cb; i++)
        ((char *)at)[i] = ((const char *)from)[i];
#endif
    return to;
}

void *memmove(void *to, const void *from, size_t cb)
{
    if ((size_t)((char *)to - (const char *)from) >= cb)
        return memcpy(to, from, cb);
    while (cb--)
        ((char *)to)[cb] = ((const char *)from)[cb];
    return to;
}

void *memset(void *to, int byte, size_t cb)
{
    for (size_t i = 0; i < cb; i++)
        ((char *)to)[i] = (char)byte;
    return to;
}

int memcmp(const void *a, const void *b, size_t cb)
{
    const unsigned char *left = a, *right = b;

    for (size_t i = 0; i < cb; i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}

int strncmp(const char *a, const char *b, size_t cb)
{
    for (size_t i = 0; i < cb; i++)
        if (a[i] != b[i] || !a[i])
            return (unsigned char)a[i] - (unsigned char)b[i];
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, (size_t)-1);
}

size_t strlen(const char *s)
{
    size_t cb = 0;

    while (s[cb])
        cb++;
    return cb;
}

void *memchr(const void *s, int byte, size_t cb)
{
    const unsigned char *at = s;

    for (size_t i = 0; i < cb; i++)
        if (at[i] == (unsigned char)byte)
            return (void *)(uintptr_t)(at + i);
    return NULL;
}
