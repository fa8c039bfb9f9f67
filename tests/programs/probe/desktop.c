/* tests/programs/probe/desktop.c: windows, text and the clipboard. See probe.h. */
#include "probe.h"

#include <string.h>

static LRESULT CALLBACK window_proc(HWND window, UINT message, WPARAM wp, LPARAM lp)
{
    if (message != WM_APP)
        return DefWindowProcW(window, message, wp, lp);
    PostQuitMessage((int)wp);
    return 0;
}

bool check_window(void)
{
    WNDCLASSW class = {.lpfnWndProc = window_proc, .lpszClassName = L"FvmProbe"};
    MSG message;
    HWND window;

    class.hInstance = GetModuleHandleW(NULL);
    RegisterClassW(&class);
    window = CreateWindowW(class.lpszClassName, L"probe", WS_OVERLAPPEDWINDOW | WS_VISIBLE, 0, 0,
                           300, 200, NULL, NULL, class.hInstance, NULL);
    if (!window)
        return say(false, "CreateWindow");
    PostMessageW(window, WM_APP, 42, 0);
    while (GetMessageW(&message, NULL, 0, 0) > 0)
        DispatchMessageW(&message);
    DestroyWindow(window);
    return say(message.wParam == 42, "message loop ended with %d", (int)message.wParam);
}

bool check_text(void)
{
    HDC dc = CreateCompatibleDC(NULL);
    BITMAPINFO info = {{sizeof(info.bmiHeader), 64, 32, 1, 32, BI_RGB, 0, 0, 0, 0, 0},
                       {{0, 0, 0, 0}}};
    DWORD *pixels = NULL, dark = 0;
    HBITMAP bitmap = CreateDIBSection(dc, &info, DIB_RGB_COLORS, (void **)&pixels, NULL, 0);
    SIZE size = {0};
    bool ok;

    if (!bitmap)
        return say(false, "CreateDIBSection");
    SelectObject(dc, bitmap);
    PatBlt(dc, 0, 0, 64, 32, WHITENESS);
    ok = TextOutW(dc, 2, 2, L"Probe", 5) && GetTextExtentPoint32W(dc, L"Probe", 5, &size);
    GdiFlush();
    for (int i = 0; i < 64 * 32; i++)
        dark += (pixels[i] & 0xffffff) != 0xffffff;
    DeleteDC(dc);
    DeleteObject(bitmap);
    return say(ok && size.cx > 0 && dark > 0, "%ldx%ld, %lu dark pixels", size.cx, size.cy, dark);
}

bool check_clipboard(void)
{
    HGLOBAL text = GlobalAlloc(GMEM_MOVEABLE, 8);
    const char *read;
    bool ok;

    strcpy(GlobalLock(text), "probe");
    GlobalUnlock(text);
    ok = OpenClipboard(NULL) && EmptyClipboard() && SetClipboardData(CF_TEXT, text) &&
         CloseClipboard();
    ok = ok && OpenClipboard(NULL);
    read = ok ? GetClipboardData(CF_TEXT) : NULL;
    read = read ? GlobalLock((HGLOBAL)read) : NULL;
    ok = read && !strcmp(read, "probe");
    say(ok, "%s", read ? read : "nothing");
    CloseClipboard();
    return ok;
}
