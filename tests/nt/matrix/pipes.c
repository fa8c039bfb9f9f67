/* tests/nt/matrix/pipes.c: named pipes in every spelling, and mailslots. */
#include "matrix.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

enum { SERVERS = 4, MESSAGE_CB = 64 };
#define PIPE L"\\\\.\\pipe\\FvmMatrix\\pipe"
#define MAIL L"\\\\.\\mailslot\\FvmMatrix\\mail"

/* --- pipes: who asks is told the token --------------------------------------------------- */

static DWORD CALLBACK serve(void *pipe)
{
    char asked[MESSAGE_CB];
    DWORD cb;

    for (;;) {
        if (!ConnectNamedPipe(pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED)
            return 1;
        if (ReadFile(pipe, asked, sizeof(asked), &cb, NULL) &&
            WriteFile(pipe, token, TOKEN_CCH, &cb, NULL))
            FlushFileBuffers(pipe);
        DisconnectNamedPipe(pipe);
    }
}
static bool offer_pipe(struct mechanism *m)
{
    (void)m;
    for (int i = 0; i < SERVERS; i++) {
        HANDLE pipe =
            CreateNamedPipeW(PIPE, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE,
                             SERVERS, MESSAGE_CB, MESSAGE_CB, 0, NULL);

        if (pipe == INVALID_HANDLE_VALUE || !CreateThread(NULL, 0, serve, pipe, 0, NULL))
            return false;
    }
    return true;
}

static enum found ask(HANDLE pipe, char *out)
{
    char answer[MESSAGE_CB] = "";
    DWORD cb;

    if (WriteFile(pipe, "who", 3, &cb, NULL) && ReadFile(pipe, answer, sizeof(answer), &cb, NULL))
        return read_token(out, answer, cb);
    return FOUND_NOTHING;
}
static enum found reach_pipe(struct mechanism *m, char *out)
{
    HANDLE pipe =
        CreateFileW(m->path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    enum found found = pipe != INVALID_HANDLE_VALUE ? ask(pipe, out) : FOUND_NOTHING;

    CloseHandle(pipe);
    return found;
}
static enum found reach_call(struct mechanism *m, char *out)
{
    char answer[MESSAGE_CB] = "", who[] = "who";
    DWORD cb;

    return CallNamedPipeW(m->path, who, 3, answer, sizeof(answer), &cb, NMPWAIT_NOWAIT)
               ? read_token(out, answer, cb)
               : FOUND_NOTHING;
}
static enum found reach_wait(struct mechanism *m, char *out)
{
    (void)out;
    return its(WaitNamedPipeW(m->path, NMPWAIT_USE_DEFAULT_WAIT));
}

/* By NT's calls. @param root NULL: the name is absolute */
static enum found open_nt(HANDLE root, const wchar_t *name, char *out)
{
    UNICODE_STRING text = {(USHORT)(wcslen(name) * 2), (USHORT)(wcslen(name) * 2),
                           (wchar_t *)(uintptr_t)name};
    OBJECT_ATTRIBUTES attr = {.Length = sizeof(attr),
                              .RootDirectory = root,
                              .ObjectName = &text,
                              .Attributes = NT_CASE_INSENSITIVE};
    IO_STATUS_BLOCK io;
    HANDLE pipe;
    enum found found;

    if (NtOpenFile(&pipe, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attr, &io, 0,
                   NT_SYNCHRONOUS_IO_NONALERT))
        return FOUND_NOTHING;
    found = ask(pipe, out);
    NtClose(pipe);
    return found;
}
static enum found reach_nt(struct mechanism *m, char *out)
{
    return open_nt(NULL, m->path, out);
}
static enum found reach_relative(struct mechanism *m, char *out)
{
    HANDLE root = CreateFileW(L"\\\\.\\pipe\\", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE,
                              NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);

    return root != INVALID_HANDLE_VALUE ? open_nt(root, m->path, out) : FOUND_NOTHING;
}
static enum found reach_listing(struct mechanism *m, char *out)
{
    WIN32_FIND_DATAW entry;
    HANDLE search = FindFirstFileW(m->path, &entry);

    (void)out;
    if (search == INVALID_HANDLE_VALUE)
        return FOUND_NOTHING;
    do {
        if (wcsstr(entry.cFileName, L"FvmMatrix"))
            return FOUND_ITS;
    } while (FindNextFileW(search, &entry));
    return FOUND_NOTHING;
}

/* --- mailslots: one letter for each way to write it -------------------------------------- */

static bool offer_mail(struct mechanism *m)
{
    m->handle = CreateMailslotW(MAIL, MESSAGE_CB, 0, NULL);
    return m->handle != INVALID_HANDLE_VALUE;
}
static void turn_mail(struct mechanism *m)
{
    DWORD next_cb = 0, letters = 0, cb;
    char letter[MESSAGE_CB + 1];

    while (GetMailslotInfo(m->handle, NULL, &next_cb, &letters, NULL) && letters) {
        if (!ReadFile(m->handle, letter, MESSAGE_CB, &cb, NULL))
            return;
        letter[cb] = 0;
        heard(letter);
    }
}
static enum found reach_mail(struct mechanism *m, char *out)
{
    HANDLE mail = CreateFileW(m->path, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                              OPEN_EXISTING, 0, NULL);
    DWORD cb;
    bool sent =
        mail != INVALID_HANDLE_VALUE && WriteFile(mail, m->name, (DWORD)strlen(m->name), &cb, NULL);

    (void)out;
    CloseHandle(mail);
    return sent ? FOUND_ASK : FOUND_NOTHING;
}

struct mechanism pipe_mechanisms[] = {
    {"pipe", PIPE, .offer = offer_pipe, .reach = reach_pipe},
    {"pipe by CallNamedPipe", PIPE, .reach = reach_call},
    {"pipe by WaitNamedPipe", PIPE, .reach = reach_wait},
    {"pipe by \\\\?\\pipe", L"\\\\?\\pipe\\FvmMatrix\\pipe", .reach = reach_pipe},
    {"pipe in other letters", L"\\\\.\\PIPE\\fvmmatrix\\PIPE", .reach = reach_pipe},
    {"pipe by \\\\localhost\\pipe", L"\\\\localhost\\pipe\\FvmMatrix\\pipe", .reach = reach_pipe},
    {"pipe by \\Device\\NamedPipe", L"\\Device\\NamedPipe\\FvmMatrix\\pipe", .reach = reach_nt},
    {"pipe by GLOBALROOT", L"\\\\?\\GLOBALROOT\\Device\\NamedPipe\\FvmMatrix\\pipe",
     .reach = reach_pipe},
    {"pipe relative to the root of pipes", L"FvmMatrix\\pipe", .reach = reach_relative},
    {"listing of pipes", L"\\\\.\\pipe\\*", .reach = reach_listing},
    {"mailslot", MAIL, .offer = offer_mail, .turn = turn_mail, .reach = reach_mail},
    {"mailslot by \\\\?\\mailslot", L"\\\\?\\mailslot\\FvmMatrix\\mail", .reach = reach_mail},
    {"mailslot of all machines", L"\\\\*\\mailslot\\FvmMatrix\\mail", .reach = reach_mail},
    {.name = NULL},
};
