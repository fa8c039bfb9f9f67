/* tests/programs/window.c: a program with windows that ends by itself: controls, messages, a timer,
 * painting, a menu, a dialog box made in memory. "window FILE" writes what it saw to FILE; exit
 * code 0 when all was as on a desktop. "window notepad FILE TEXT" is the user of another program:
 * types TEXT into Notepad, saves, closes it. */
#include <windows.h>
#include <stdbool.h>
#include <stdio.h>

enum {
    TIMER = 1,
    BUTTON = 10,
    EDIT,
    LIST,
    TICKS = 5,
    WIDTH = 400,
    HEIGHT = 300,
    MENU_ITEM = 20,
    NOTEPAD_SAVE = 0x102
};

static struct {
    int ticks, clicks, commands, paints;
    wchar_t text[64];
    LRESULT items, chosen;
    COLORREF pixel;
    bool dialog;
} seen;

static INT_PTR CALLBACK in_dialog(HWND dialog, UINT message, WPARAM wparam, LPARAM lparam)
{
    (void)lparam;
    if (message == WM_INITDIALOG)
        PostMessageW(dialog, WM_COMMAND, IDOK, 0);
    if (message == WM_COMMAND)
        EndDialog(dialog, LOWORD(wparam));
    return message == WM_INITDIALOG;
}

static bool show_dialog(HWND owner)
{
    static struct {
        DLGTEMPLATE dialog;
        WORD menu, class, title;
    } template = {.dialog = {.style = WS_POPUP | WS_CAPTION | WS_VISIBLE, .cx = 100, .cy = 50}};

    return DialogBoxIndirectParamW(GetModuleHandleW(NULL), &template.dialog, owner, in_dialog, 0) ==
           IDOK;
}

static void paint(HWND window)
{
    PAINTSTRUCT paint;
    HDC screen = BeginPaint(window, &paint), memory = CreateCompatibleDC(screen);
    HBITMAP bitmap = CreateBitmap(WIDTH, HEIGHT, 1, 32, NULL);
    RECT box = {0, 0, WIDTH, HEIGHT};
    HBRUSH brush = CreateSolidBrush(RGB(10, 20, 30));

    SelectObject(memory, bitmap);
    FillRect(memory, &box, brush);
    TextOutW(memory, 100, 100, L"hello", 5);
    BitBlt(screen, 0, 0, WIDTH, HEIGHT, memory, 0, 0, SRCCOPY);
    seen.pixel = GetPixel(memory, 5, 5);
    if (!seen.paints++) { /* for whoever takes the time */
        printf("shown\n");
        fflush(stdout);
    }
    DeleteObject(brush);
    DeleteDC(memory);
    DeleteObject(bitmap);
    EndPaint(window, &paint);
}

static void tick(HWND window)
{
    seen.ticks++;
    if (seen.ticks == 1)
        SendDlgItemMessageW(window, BUTTON, BM_CLICK, 0, 0);
    else if (seen.ticks == 2)
        SendMessageW(window, WM_COMMAND, MENU_ITEM, 0);
    else if (seen.ticks == 3)
        seen.dialog = show_dialog(window);
    else if (seen.ticks == TICKS)
        DestroyWindow(window);
}

static LRESULT CALLBACK on_message(HWND window, UINT message, WPARAM wparam, LPARAM lparam)
{
    switch (message) {
    case WM_TIMER:
        tick(window);
        return 0;
    case WM_PAINT:
        paint(window);
        return 0;
    case WM_COMMAND:
        seen.clicks += LOWORD(wparam) == BUTTON && HIWORD(wparam) == BN_CLICKED;
        seen.commands += LOWORD(wparam) == MENU_ITEM;
        return 0;
    case WM_DESTROY:
        GetDlgItemTextW(window, EDIT, seen.text, 64);
        seen.items = SendDlgItemMessageW(window, LIST, LB_GETCOUNT, 0, 0);
        seen.chosen = SendDlgItemMessageW(window, LIST, LB_GETCURSEL, 0, 0);
        PostQuitMessage(0);
        return 0;
    }
    return DefWindowProcW(window, message, wparam, lparam);
}

static void fill(HWND window)
{
    HWND list;

    CreateWindowW(L"BUTTON", L"Click", WS_CHILD | WS_VISIBLE, 10, 10, 80, 25, window, (HMENU)BUTTON,
                  NULL, NULL);
    CreateWindowW(L"EDIT", L"", WS_CHILD | WS_VISIBLE, 10, 40, 200, 25, window, (HMENU)EDIT, NULL,
                  NULL);
    list = CreateWindowW(L"LISTBOX", L"", WS_CHILD | WS_VISIBLE, 10, 70, 200, 90, window,
                         (HMENU)LIST, NULL, NULL);
    SetDlgItemTextW(window, EDIT, L"some text");
    for (int i = 0; i < 7; i++)
        SendMessageW(list, LB_ADDSTRING, 0, (LPARAM)L"entry");
    SendMessageW(list, LB_SETCURSEL, 3, 0);
}

static int use_notepad(const wchar_t *file, const wchar_t *text)
{
    STARTUPINFOW startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION process;
    wchar_t line[MAX_PATH + 20];
    HWND window = NULL, edit;
    DWORD code = 99;

    _snwprintf(line, MAX_PATH + 20, L"notepad.exe \"%ls\"", file);
    if (!CreateProcessW(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process))
        return 3;
    for (int ms = 0; ms < 30000 && !window; ms += 50) {
        Sleep(50);
        window = FindWindowW(L"Notepad", NULL);
    }
    WaitForInputIdle(process.hProcess, 30000);
    edit = window ? FindWindowExW(window, NULL, L"Edit", NULL) : NULL;
    if (!edit)
        return 4;
    /* Idle may be before it has read its file, which then would come over our text. */
    for (int ms = 0; ms < 30000 && !SendMessageW(edit, WM_GETTEXTLENGTH, 0, 0); ms += 50)
        Sleep(50);
    SendMessageW(edit, WM_SETTEXT, 0, (LPARAM)text);
    SendMessageW(edit, EM_SETMODIFY, TRUE, 0);
    SendMessageW(window, WM_COMMAND, NOTEPAD_SAVE, 0);
    PostMessageW(window, WM_CLOSE, 0, 0);
    if (WaitForSingleObject(process.hProcess, 30000))
        return 5;
    GetExitCodeProcess(process.hProcess, &code);
    return (int)code;
}

int wmain(int argc, wchar_t **argv)
{
    WNDCLASSW class = {.lpfnWndProc = on_message,
                       .lpszClassName = L"FvmTest",
                       .hInstance = GetModuleHandleW(NULL)};
    HMENU menu = CreateMenu();
    HWND window;
    MSG message;
    FILE *file;
    bool ok;

    if (argc < 2)
        return 2;
    if (argc == 4)
        return use_notepad(argv[2], argv[3]);
    AppendMenuW(menu, MF_STRING, MENU_ITEM, L"Item");
    if (!RegisterClassW(&class))
        return 3;
    window = CreateWindowW(L"FvmTest", L"Title", WS_OVERLAPPEDWINDOW | WS_VISIBLE, 0, 0, WIDTH,
                           HEIGHT, NULL, menu, class.hInstance, NULL);
    if (!window)
        return 4;
    fill(window);
    InvalidateRect(window, NULL, TRUE);
    SetTimer(window, TIMER, 20, NULL);
    while (GetMessageW(&message, NULL, 0, 0) > 0) {
        TranslateMessage(&message);
        DispatchMessageW(&message);
    }
    file = _wfopen(argv[1], L"w");
    if (!file)
        return 5;
    fprintf(file, "ticks %d clicks %d commands %d dialog %d text <%ls> items %d chosen %d\n",
            seen.ticks, seen.clicks, seen.commands, seen.dialog, seen.text, (int)seen.items,
            (int)seen.chosen);
    fclose(file);
    ok = !seen.paints || seen.pixel == RGB(10, 20, 30); /* unseen windows need not be painted */
    return ok ? 0 : 6;
}
