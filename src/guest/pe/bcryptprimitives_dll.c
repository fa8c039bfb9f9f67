/* guest/pe/bcryptprimitives_dll.c: the one export of bcryptprimitives.dll that programs use.
 *
 * Rust since 1.78, Go since 1.21, Bun and Deno take their random numbers from ProcessPrng, and do
 * not start on Wine 8.0, which lacks the DLL. advapi32 is loaded by the first call, not with us. */
#include <windows.h>

typedef BOOLEAN(WINAPI *random_fn)(void *buffer, ULONG size); /* advapi32.SystemFunction036 */

enum { LARGEST_CB = 1 << 20 };

BOOL WINAPI start(HINSTANCE instance, DWORD reason, void *reserved);
__declspec(dllexport) BOOL WINAPI ProcessPrng(BYTE *buffer, SIZE_T size);

static random_fn find_random(void)
{
    static random_fn found;
    random_fn random = __atomic_load_n(&found, __ATOMIC_ACQUIRE);
    HMODULE module;

    if (random)
        return random;
    module = LoadLibraryW(L"advapi32.dll");
    if (module)
        random = (random_fn)(void *)GetProcAddress(module, "SystemFunction036");
    __atomic_store_n(&found, random, __ATOMIC_RELEASE);
    return random;
}

/**
 * Fill a buffer with random bytes for cryptography.
 *
 * @return TRUE, always, as in Windows: callers do not look. Without a source of random bytes the
 *         process is ended rather than given predictable keys.
 */
BOOL WINAPI ProcessPrng(BYTE *buffer, SIZE_T size)
{
    random_fn random = find_random();

    while (size) {
        ULONG part = size > LARGEST_CB ? LARGEST_CB : (ULONG)size;

        if (!random || !random(buffer, part))
            TerminateProcess(GetCurrentProcess(), 0xc0000001);
        buffer += part;
        size -= part;
    }
    return TRUE;
}

/** Entry point of the DLL. */
BOOL WINAPI start(HINSTANCE instance, DWORD reason, void *reserved)
{
    (void)instance;
    (void)reason;
    (void)reserved;
    return TRUE;
}
