/* guest/pe/wineboot/desktop.c: windows on a display. */
#include "guest/pe/wineboot/boot.h"

/* What pid 1 of the VM says of the display: "1024x768", or "host". @return false: there is none */
static bool read_screen(WCHAR screen[16])
{
    char text[16];
    DWORD got = 0;
    HANDLE file = CreateFileW(L"\\\\?\\unix\\run\\fvm\\screen", GENERIC_READ, FILE_SHARE_READ, NULL,
                              OPEN_EXISTING, 0, NULL);

    if (file == INVALID_HANDLE_VALUE)
        return false;
    if (!ReadFile(file, text, sizeof(text) - 1, &got, NULL))
        got = 0;
    CloseHandle(file);
    for (DWORD i = 0; i < got; i++)
        screen[i] = (WCHAR)text[i];
    screen[got] = 0;
    return got > 0;
}

/* On a private display there is no window manager: Wine's own desktop gives windows their frames
 * and the keyboard. In keys that end with the VM: how it is shown is nothing that it changed. What
 * a user of winecfg chose before stays. */
static void make_desktop(HANDLE user, const WCHAR *size)
{
    static const WCHAR explorer[] = L"Software\\Wine\\Explorer";
    static const WCHAR desktops[] = L"Software\\Wine\\Explorer\\Desktops";
    HANDLE key = nt_key_open(user, explorer, KEY_QUERY_VALUE);

    if (!key) {
        key = nt_key_create_volatile(user, desktops);
        if (key) {
            nt_value_set(key, L"Default", size);
            NtClose(key);
        }
        key = nt_key_create_volatile(user, explorer);
        if (key)
            nt_value_set(key, L"Desktop", L"Default");
    }
    if (key)
        NtClose(key);
}

/* A base is made without a display, and says so. */
void boot_desktop(void)
{
    WCHAR screen[16];
    HANDLE user, key;

    if (!read_screen(screen) || RtlOpenCurrentUser(KEY_ALL_ACCESS, &user))
        return;
    key = nt_key_open(user, L"Software\\Wine\\Drivers", KEY_QUERY_VALUE | KEY_SET_VALUE);
    if (key) {
        nt_value_set(key, L"Graphics", L"x11");
        NtClose(key);
    }
    if (screen[0] >= '0' && screen[0] <= '9')
        make_desktop(user, screen);
    NtClose(user);
}
